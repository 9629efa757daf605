package edit

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

func TestCellTextFits(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"short", "建设公司", "建设公司"},
		{"bound", strings.Repeat("x", maxCellText), strings.Repeat("x", maxCellText)},
		{"one more", strings.Repeat("x", maxCellText+1), strings.Repeat("x", maxCellText-1) + "…"},
		{"pair at the end", strings.Repeat("x", maxCellText-2) + "😀😀", strings.Repeat("x", maxCellText-2) + "…"},
		{"invalid UTF-8", "a\xffb", "a\uFFFDb"},
	} {
		got := cellText(test.in)
		if got != test.want {
			t.Errorf("%s: %d bytes, want %d", test.name, len(got), len(test.want))
		}
		if n := len(utf16.Encode([]rune(got))); n > maxCellText {
			t.Errorf("%s: %d units", test.name, n)
		}
	}
}

// FuzzStyles adds the formats to any styles part that can be read: the entries that
// were there come first, those that were added follow, and nothing is added
// again.
func FuzzStyles(f *testing.F) {
	f.Add([]byte(xlsxtest.StylesXML))
	f.Add([]byte(blankStyles(spacesOf(true).main)))
	f.Add([]byte(`<styleSheet><unknown/><cellXfs/><fonts><font/></fonts><fonts><font><b/></font></fonts></styleSheet>`))
	f.Add([]byte(`<styleSheet xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:AlternateContent><mc:Choice Requires="z"><cellXfs><xf/></cellXfs></mc:Choice><mc:Fallback><cellXfs><xf/><mc:AlternateContent><mc:Fallback><xf/></mc:Fallback></mc:AlternateContent></cellXfs></mc:Fallback></mc:AlternateContent><dxfs/></styleSheet>`))
	for _, part := range xlsxtest.SeedParts(f, "styles.xml") {
		f.Add(part)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		before, err := scanStyles(xmltok.New(bytes.NewReader(content), "styles"))
		if err != nil {
			return
		}
		counts := before.counts
		p, err := newStylePatch(before)
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := rewriteStyles(xmltok.NewEditor(xmltok.New(bytes.NewReader(content), "styles"), &out), before.prefix, p); err != nil {
			t.Fatal(err)
		}
		after, err := scanStyles(xmltok.New(bytes.NewReader(out.Bytes()), "styles"))
		if err != nil {
			t.Fatalf("%v in %s", err, out.Bytes())
		}
		for list := range counts {
			if want := counts[list] + len(p.added[list]); after.counts[list] != want {
				t.Fatalf("%d %s, want %d in %s", after.counts[list], listNames[list].list, want, out.Bytes())
			}
		}
	})
}

// TestRelTarget checks that parts are named as by Office, relative to the folder of the part that has the
// relationship.
func TestRelTarget(t *testing.T) {
	for _, c := range [][3]string{
		{"xl/workbook.xml", "xl/worksheets/sheet3.xml", "worksheets/sheet3.xml"},
		{"xl/worksheets/sheet3.xml", "xl/drawings/drawing1.xml", "../drawings/drawing1.xml"},
		{"xl/worksheets/sheet3.xml", "xl/worksheets/sheet4.xml", "sheet4.xml"},
		{"xl/drawings/drawing1.xml", "xl/charts/chart1.xml", "../charts/chart1.xml"},
		{"xl/worksheets/sheet1.xml", "comments1.xml", "../../comments1.xml"},
		{"workbook.xml", "worksheets/sheet1.xml", "worksheets/sheet1.xml"},
		{"workbook.xml", "styles.xml", "styles.xml"},
		{"a/b.xml", "c/d.xml", "../c/d.xml"},
	} {
		got := relTarget(c[0], c[1])
		if got != c[2] || opc.Resolve(c[0], got) != c[1] {
			t.Errorf("%s of %s is named %s, want %s", c[1], c[0], got, c[2])
		}
	}
}

// TestOutlinesOfSheetsReadAgain reads a sheet twice while its elements are followed: the second reading starts
// over.
func TestOutlinesOfSheetsReadAgain(t *testing.T) {
	file := xlsxtest.WithSheet(t, xlsxtest.DataRows+`<mergeCells count="1"><mergeCell ref="A5:A6"/></mergeCells>`)
	cp, err := Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	book, err := read.NewBook(cp.Container, cp.book)
	if err != nil {
		t.Fatal(err)
	}
	v := &verifier{copy: cp, book: book, source: cp}
	v.watch()
	for range 2 {
		for _, err := range book.Rows("Circuits") {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for part, o := range v.outlines {
		if o.end(); len(o.found) > 0 {
			t.Errorf("%s has %v", part, o.found)
		}
	}
	if len(v.outlines) != 1 {
		t.Errorf("%d sheets were followed", len(v.outlines))
	}
}

// FuzzRedactedFormulas masks personal data in anything that could be a formula. Its text has
// as many characters as before, unless a name in it is replaced.
func FuzzRedactedFormulas(f *testing.F) {
	for _, s := range []string{`SUM(A1:A1048576)`, `'List 1'!A1&"it's ""13812345678"""`, `T[[#Headers],[13812345678]]`, `"`, `'`, `[`, `+8613812345678`, `张三!A1+'[1]张三'!B2`, `IF(A1="Testa Personson",1,2)`} {
		f.Add(s)
	}
	r := &redaction{masks: sheet.NewRedactor(), names: map[string]string{"张三": "张_"}}
	r.masks.Learn("Testa Personson")
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		got := r.formula(s)
		if utf8.RuneCountInString(got) != utf8.RuneCountInString(s) && !strings.Contains(s, "张三") {
			t.Errorf("%q became %q", s, got)
		}
		if strings.Contains(got, "Testa Personson") && strings.Contains(s, `"Testa Personson"`) && strings.Count(s, `"`) == 2 && !strings.ContainsAny(s, "'[") {
			t.Errorf("%q became %q", s, got)
		}
	})
}

// TestLines checks into how many lines texts are wrapped, as LibreOffice does in Carlito, which has the widths
// of Calibri.
func TestLines(t *testing.T) {
	for _, c := range []struct {
		text  string
		width float64
		lines int
		tall  bool
	}{
		{"", 60, 1, false},
		{"accepted by the API", 60, 1, false},
		{"B80: unknown region cn-hangzou; the closest match is cn-hangzhou", 60, 1, false},
		{"Correct it; if the region is new, allow it with --severity circuit-region-unknown=warning.", 60, 2, false},
		{"one\ntwo\n\nfour", 60, 4, false},
		{strings.Repeat("x", 60), 60, 2, false},
		{strings.Repeat("x", 118), 60, 2, false},
		{strings.Repeat("x", 119), 60, 3, false},
		{strings.Repeat("WWWW ", 12), 60, 2, false},
		{"IncorrectStatus.PhysicalConnection", 22, 2, false},
		{"该专线的状态不允许申请", 60, 1, true},
		{strings.Repeat("专", 28), 60, 1, true},
		{strings.Repeat("专", 29), 60, 2, true},
		{"short", 0, 3, false},
	} {
		if lines, tall := linesOf(c.text, c.width); lines != c.lines || tall != c.tall {
			t.Errorf("%q in %g: %d lines, tall %v; want %d, %v", c.text, c.width, lines, tall, c.lines, c.tall)
		}
	}
}
