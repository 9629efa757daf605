package read

import (
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

func TestDateFormat(t *testing.T) {
	dates := []string{"yyyy-mm-dd", `yyyy\-mm\-dd`, "d/m/yy h:mm", "[h]:mm", "[mm]", "[SS].000", "[$-409]mmmm d, yyyy;@", `[$-F800]dddd\,\ mmmm\ dd\,\ yyyy`,
		`yyyy"年"m"月"d"日"`, `[DBNum1][$-804]yyyy"年"m"月"`, "e", "ge.m.d", "h:mm AM/PM", "a/p", "bbbb", `"at "hh`, "[Red]yyyy", "_(d_)"}
	for _, code := range dates {
		if !dateFormat(code) {
			t.Errorf("%q is not seen as a date", code)
		}
	}
	numbers := []string{"General", "0", "0.00E+00", "##0.0e-0", "@", `"day "0`, `0\d`, "[Red]0", "[$-409]0", "_d0", "*s0", "0;yyyy", "[Blue]General", `#,##0.00 "zł"`, "", `"`, "[", "[$€-407]0", "[>100]0", "[]0"}
	for _, code := range numbers {
		if dateFormat(code) {
			t.Errorf("%q is seen as a date", code)
		}
	}
}

const compat = "http://schemas.openxmlformats.org/markup-compatibility/2006"

// either returns a date format followed by alternatives, in a list unless they are nested.
func either(choice, fallback string) string {
	block := func(c, f string) string {
		return `<mc:AlternateContent xmlns:mc="` + compat + `"><mc:Choice xmlns:hs="urn:made" Requires="hs">` + c + `</mc:Choice><mc:Fallback>` + f + `</mc:Fallback></mc:AlternateContent>`
	}
	return `<cellXfs><xf numFmtId="14"/>` + block(choice, strings.NewReplacer(`<cellXfs><xf numFmtId="14"/>`, "", "</cellXfs>", "").Replace(fallback)) + `</cellXfs>`
}

func TestFormats(t *testing.T) {
	const open = `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">`
	tests := []struct {
		name, xml string
		want      []numberFormat
	}{
		{"built in and custom", `<numFmts><numFmt numFmtId="164" formatCode="yyyy"/><numFmt numFmtId="165" formatCode="0"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="31"/></cellXfs>`,
			[]numberFormat{{}, {date: true}, {true, "yyyy"}, {false, "0"}, {date: true}}},
		{"custom over built in", `<numFmts><numFmt numFmtId="14" formatCode="0.00"/></numFmts><cellXfs><xf numFmtId="14"/></cellXfs>`, []numberFormat{{false, "0.00"}}},
		{"only of cells", `<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf/><xf numFmtId="22"><alignment/></xf></cellXfs><dxfs><dxf><numFmt numFmtId="0" formatCode="d"/></dxf></dxfs>`, []numberFormat{{}, {date: true}}},
		{"escaped code", `<numFmts><numFmt numFmtId="170" formatCode="&quot;d&quot;0"/></numFmts><cellXfs><xf numFmtId="170"/></cellXfs>`, []numberFormat{{false, `"d"0`}}},
		{"built in for numbers", `<cellXfs><xf numFmtId="1"/><xf numFmtId="9"/><xf numFmtId="44"/><xf numFmtId="49"/><xf numFmtId="x"/></cellXfs>`,
			[]numberFormat{{false, "0"}, {false, "0%"}, {false, "¤#,##0.00"}, {}, {}}},
		{"empty", `<cellXfs/>`, nil},
		{"alternatives", either(`<xf/><xf/>`, `<xf numFmtId="14"/>`), []numberFormat{{date: true}, {date: true}}},
		{"nested alternatives", either(`<xf/>`, either(`<xf/><xf/>`, `<xf numFmtId="9"/>`)), []numberFormat{{date: true}, {false, "0%"}}},
		{"alternatives without a fallback", `<cellXfs><mc:AlternateContent xmlns:mc="` + compat + `"><mc:Choice Requires="hs"><xf/></mc:Choice></mc:AlternateContent><xf numFmtId="14"/></cellXfs>`, []numberFormat{{date: true}}},
		{"an alternative that is understood", `<cellXfs><mc:AlternateContent xmlns:mc="` + compat + `" xmlns:m="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><mc:Choice Requires="hs m"><xf/></mc:Choice><mc:Choice Requires="m"><xf numFmtId="14"/></mc:Choice><mc:Fallback><xf/><xf/></mc:Fallback></mc:AlternateContent></cellXfs>`, []numberFormat{{date: true}}},
		{"alternative codes", `<numFmts><mc:AlternateContent xmlns:mc="` + compat + `"><mc:Choice Requires="hs"><numFmt numFmtId="164" formatCode="0"/></mc:Choice><mc:Fallback><numFmt numFmtId="164" formatCode="yyyy"/></mc:Fallback></mc:AlternateContent></numFmts><cellXfs><xf numFmtId="164"/></cellXfs>`, []numberFormat{{true, "yyyy"}}},
		{"alternative lists", `<mc:AlternateContent xmlns:mc="` + compat + `"><mc:Choice Requires="hs"><cellXfs><xf/></cellXfs></mc:Choice><mc:Fallback><cellXfs><xf numFmtId="14"/></cellXfs></mc:Fallback></mc:AlternateContent>`, []numberFormat{{date: true}}},
		{"empty alternatives", `<cellXfs><mc:AlternateContent xmlns:mc="` + compat + `"/><mc:AlternateContent xmlns:mc="` + compat + `"><mc:Choice Requires="hs"/><mc:Fallback/></mc:AlternateContent><xf numFmtId="14"/></cellXfs>`, []numberFormat{{date: true}}},
	}
	for _, test := range tests {
		got, err := parseFormats(xmltok.New(strings.NewReader(open+test.xml+"</styleSheet>"), "p"))
		if err != nil || len(got) != len(test.want) {
			t.Errorf("%s: got %v, %v; want %v", test.name, got, err, test.want)
			continue
		}
		for i, want := range test.want {
			if got.at(i) != want {
				t.Errorf("%s: format %d is %v, want %v", test.name, i, got.at(i), want)
			}
		}
		if got.at(len(test.want)) != (numberFormat{}) || got.at(-1) != (numberFormat{}) {
			t.Errorf("%s: a missing format is not General", test.name)
		}
	}
}

func TestFormatsRefuse(t *testing.T) {
	tests := []struct{ name, xml, code string }{
		{"another root", "<other/>", "part-wrong-root"},
		{"bad entity", `<styleSheet><cellXfs><xf numFmtId="&no;"/></cellXfs></styleSheet>`, "part-malformed"},
		{"too many", "<styleSheet><cellXfs>" + strings.Repeat("<xf/>", maxFormats+1) + "</cellXfs></styleSheet>", "part-many-formats"},
		{"cut short", "<styleSheet><cellXfs>", "part-truncated"},
	}
	for _, test := range tests {
		_, err := parseFormats(xmltok.New(strings.NewReader(test.xml), "p"))
		if code := xlsxtest.CodeOf(t, err); code != test.code {
			t.Errorf("%s: got %q, want %q", test.name, code, test.code)
		}
	}
}

func TestParseRef(t *testing.T) {
	tests := []struct {
		ref      string
		row, col int
		ok       bool
	}{
		{"A1", 1, 1, true}, {"F12", 12, 6, true}, {"XFD1048576", 1048576, 16384, true}, {"aa10", 10, 27, true},
		{"XFE1", 0, 0, false}, {"A1048577", 0, 0, false}, {"A0", 0, 0, false}, {"3A", 0, 0, false}, {"A", 0, 0, false}, {"12", 0, 0, false},
		{"", 0, 0, false}, {"A-1", 0, 0, false}, {"A1B", 0, 0, false}, {"$A$1", 0, 0, false}, {"AAAAA1", 0, 0, false}, {"A99999999999", 0, 0, false},
	}
	for _, test := range tests {
		row, col, ok := ParseRef([]byte(test.ref))
		if ok != test.ok || ok && (row != test.row || col != test.col) {
			t.Errorf("%q: got %d, %d, %v", test.ref, row, col, ok)
		}
	}
}

func TestIsNumber(t *testing.T) {
	for _, s := range []string{"0", "-1", "+1", "1.5", ".5", "5.", "1E5", "1.1010119900101101E+17", "-0.5e-300", "123456789012345678"} {
		if !isNumber([]byte(s)) {
			t.Errorf("%q is not seen as a number", s)
		}
	}
	for _, s := range []string{"", "-", ".", "e5", "1e", "1e+", "1.2.3", "1 2", "NaN", "INF", "0x10", "1,5", "--1", "1e5.5", "½"} {
		if isNumber([]byte(s)) {
			t.Errorf("%q is seen as a number", s)
		}
	}
}
