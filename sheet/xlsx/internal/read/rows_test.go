package read

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// openBytes opens a made file.
func openBytes(b []byte) (*Book, error) { return Open(bytes.NewReader(b), int64(len(b)), opc.Limits{}) }

// show lists the rows of a sheet, one a line: its number, then its cells as position,
// type, value, and what else is known of them.
func show(b *Book, name string) (string, error) {
	var out strings.Builder
	for row, err := range b.Rows(name) {
		if err != nil {
			return out.String(), err
		}
		fmt.Fprintf(&out, "%d", row.Number)
		if row.Hidden {
			out.WriteString(" hidden")
		}
		for _, c := range row.Cells {
			fmt.Fprintf(&out, " %s=%c:%s", sheet.ColName(c.Col), "-tnbed"[c.Type], c.Value)
			for _, mark := range []struct {
				on   bool
				word string
			}{{c.Formula, "formula"}, {c.DateStyle, "date"}, {c.Rich, "rich"}, {c.HiddenCol, "hidden"}} {
				if mark.on {
					out.WriteString("/" + mark.word)
				}
			}
			if c.Format != "" {
				out.WriteString("/" + c.Format)
			}
		}
		out.WriteString("\n")
	}
	return out.String(), nil
}

func TestRows(t *testing.T) {
	tests := []struct{ name, xml, want string }{
		{"types", `<sheetData><row r="1"><c r="A1"><v>1.50</v></c><c r="B1" t="n"><v>2</v></c><c r="C1" t="s"><v>1</v></c><c r="D1" t="str"><v>x</v></c>` +
			`<c r="E1" t="inlineStr"><is><t>y</t></is></c><c r="F1" t="b"><v>1</v></c><c r="G1" t="b"><v>false</v></c><c r="H1" t="e"><v>#REF!</v></c><c r="I1" t="d"><v>2027-01-15</v></c></row></sheetData>`,
			"1 A=n:1.50 B=n:2 C=t:pc-made0001 D=t:x E=t:y F=b:TRUE G=b:FALSE H=e:#REF! I=d:2027-01-15\n"},
		{"formulas", `<sheetData><row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f>"a"</f><v>a</v></c><c r="C1"><f>1+1</f></c><c r="D1" t="str"><f>""</f><v></v></c><c r="E1"><f t="shared" si="0"/><v>3</v></c></row></sheetData>`,
			"1 A=n:2/formula B=t:a/formula C=-:/formula D=t:/formula E=n:3/formula\n"},
		{"only a formula", `<sheetData><row r="4"><c r="A4"><f>A1</f></c></row></sheetData>`, "4 A=-:/formula\n"},
		{"date formats", `<sheetData><row r="1"><c r="A1" s="1"><v>45000</v></c><c r="B1" s="2"><v>45000.5</v></c><c r="C1" s="0"><v>45000</v></c></row></sheetData>`,
			"1 A=n:45000/date B=n:45000.5/date/yyyy\\-mm\\-dd C=n:45000\n"},
		{"rich shared", `<sheetData><row r="1"><c r="A1" t="s"><v>2</v></c></row></sheetData>`, "1 A=t:made up/rich\n"},
		{"rich inline", `<sheetData><row r="1"><c r="A1" t="inlineStr"><is><r><t>a </t></r><r><t>b</t></r><rPh><t>no</t></rPh></is></c></row></sheetData>`, "1 A=t:a b/rich\n"},
		{"inline without a type", `<sheetData><row r="1"><c r="A1"><is><t>a</t></is></c></row></sheetData>`, "1 A=t:a\n"},
		{"escapes", `<sheetData><row r="1"><c r="A1" t="str"><v>a_x000D_&amp;&#10;b</v></c><c r="B1" t="inlineStr"><is><t>_x005F_x0041_</t></is></c></row></sheetData>`, "1 A=t:a\r&\nb B=t:_x0041_\n"},
		{"CDATA and comments", `<sheetData><!-- <row r="9"/> --><row r="1"><c r="A1" t="str"><v>a<![CDATA[<b>]]><!-- no -->c</v></c></row></sheetData>`, "1 A=t:a<b>c\n"},
		{"white space around", `<sheetData><row r="1"><c r="A1"><v> 12
</v></c><c r="B1" t="s"><v> 1 </v></c><c r="C1" t="str"><v> x </v></c></row></sheetData>`, "1 A=n:12 B=t:pc-made0001 C=t: x \n"},
		{"blank cells left out", `<sheetData><row r="1"><c r="A1" s="1"/><c r="B1"><v/></c><c r="C1" t="s"><v></v></c><c r="D1"><v>1</v></c></row></sheetData>`, "1 D=n:1\n"},
		{"blank rows passed over", `<sheetData><row r="1"/><row r="2"><c r="A2" s="1"/></row><row r="1000000"><c r="A1000000"><v>1</v></c></row></sheetData>`, "1000000 A=n:1\n"},
		{"no r anywhere", `<sheetData><row><c><v>1</v></c><c/><c><v>3</v></c></row><row><c><v>4</v></c></row></sheetData>`, "1 A=n:1 C=n:3\n2 A=n:4\n"},
		{"r now and then", `<sheetData><row r="5"><c r="C5"><v>1</v></c><c><v>2</v></c></row><row><c r="B6"><v>3</v></c></row></sheetData>`, "5 C=n:1 D=n:2\n6 B=n:3\n"},
		{"rows out of order", `<sheetData><row r="3"><c r="A3"><v>3</v></c></row><row r="1"><c r="A1"><v>1</v></c></row></sheetData>`, "3 A=n:3\n1 A=n:1\n"},
		{"cells out of order", `<sheetData><row r="1"><c r="C1"><v>3</v></c><c r="A1" t="str"><v>1</v></c><c r="B1" t="s"><v>1</v></c></row></sheetData>`, "1 A=t:1 B=t:pc-made0001 C=n:3\n"},
		{"hidden", `<cols><col min="1" max="1"/><col min="2" max="3" hidden="1"/></cols><sheetData><row r="1" hidden="true"><c r="A1"><v>1</v></c><c r="C1"><v>3</v></c></row></sheetData>`, "1 hidden A=n:1 C=n:3/hidden\n"},
		{"foreign elements", `<sheetData><row r="1"><y:c xmlns:y="urn:y" r="A1"><v>9</v></y:c><c r="A1"><y:v xmlns:y="urn:y">8</y:v><v>1</v><extLst><ext><v>7</v></ext></extLst></c></row></sheetData><y:sheetData xmlns:y="urn:y"><row r="2"><c r="A2"><v>2</v></c></row></y:sheetData>`, "1 A=n:1\n"},
		{"nothing", ``, ""},
		{"no rows", `<sheetData/>`, ""},
		{"long digits stay", `<sheetData><row r="1"><c r="A1"><v>1.1010119900101101E+17</v></c><c r="B1"><v>110101199001011000</v></c></row></sheetData>`, "1 A=n:1.1010119900101101E+17 B=n:110101199001011000\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b, err := openBytes(xlsxtest.WithSheet(t, test.xml))
			if err != nil {
				t.Fatal(err)
			}
			got, err := show(b, "Circuits")
			if err != nil || got != test.want {
				t.Errorf("got %v\n%s\nwant\n%s", err, got, test.want)
			}
		})
	}
}

func TestRowsRefuse(t *testing.T) {
	const ok = `<row r="1"><c r="A1"><v>1</v></c></row>`
	tests := []struct{ name, xml, code, place string }{
		{"row twice", ok + `<row r="2"/>` + ok, "row-twice", "Circuits!1:1"},
		{"empty row twice", `<row r="7"/><row r="8"/><row r="7"/>`, "row-twice", "Circuits!7:7"},
		{"row 0", `<row r="0"/>`, "row-number", "Circuits"},
		{"row too far", ok + `<row r="1048577"/>`, "row-number", "Circuits!1:1"},
		{"row beyond the last", `<row r="1048576"/><row/>`, "row-number", "Circuits!1048576:1048576"},
		{"row no number", `<row r="one"/>`, "row-number", "Circuits"},
		{"cell twice", `<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>`, "cell-twice", "Circuits!A1"},
		{"cell in another row", `<row r="1"><c r="A2"><v>1</v></c></row>`, "cell-reference", "Circuits!1:1"},
		{"cell turned round", `<row r="3"><c r="3A"><v>1</v></c></row>`, "cell-reference", "Circuits!3:3"},
		{"cell beyond the last column", `<row r="1"><c r="XFD1"/><c><v>1</v></c></row>`, "cell-reference", "Circuits!1:1"},
		{"unknown type", `<row r="1"><c r="B1" t="x"><v>1</v></c></row>`, "cell-type", "Circuits!B1"},
		{"style no number", `<row r="1"><c r="B1" s="x"><v>1</v></c></row>`, "cell-style", "Circuits!B1"},
		{"string out of range", `<row r="1"><c r="B1" t="s"><v>3</v></c></row>`, "cell-string-index", "Circuits!B1"},
		{"string below range", `<row r="1"><c r="B1" t="s"><v>-1</v></c></row>`, "cell-string-index", "Circuits!B1"},
		{"string index too great", `<row r="1"><c r="B1" t="s"><v>99999999999999999999</v></c></row>`, "cell-string-index", "Circuits!B1"},
		{"not a number", `<row r="1"><c r="B1"><v>1x</v></c></row>`, "cell-number", "Circuits!B1"},
		{"not a boolean", `<row r="1"><c r="B1" t="b"><v>2</v></c></row>`, "cell-bool", "Circuits!B1"},
		{"two values", `<row r="1"><c r="B1"><v>1</v><v>2</v></c></row>`, "cell-value-twice", "Circuits!B1"},
		{"value and inline", `<row r="1"><c r="B1"><v>1</v><is><t>2</t></is></c></row>`, "cell-value-twice", "Circuits!B1"},
		{"too long", `<row r="1"><c r="B1" t="str"><v>` + xlsxtest.Counted(xmltok.LongestText+1) + `</v></c></row>`, "cell-long", "Circuits!B1"},
		{"more cells than columns", `<row r="1">` + strings.Repeat(`<c r="A1"><v>1</v></c>`, sheet.MaxCol+1) + `</row>`, "cell-twice", "Circuits!A1"},
		{"too long in pieces", `<row r="1"><c r="B1" t="inlineStr"><is>` + strings.Repeat("<r><t>"+xlsxtest.Counted(1<<15)+"</t></r>", 33) + `</is></c></row>`, "part-token-long", ""},
		{"bad entity", `<row r="1"><c r="B1" t="str"><v>&no;</v></c></row>`, "part-malformed", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b, err := openBytes(xlsxtest.WithSheet(t, "<sheetData>"+test.xml+"</sheetData>"))
			if err != nil {
				t.Fatal(err)
			}
			_, err = show(b, "circuits")
			if code := xlsxtest.CodeOf(t, err); code != test.code {
				t.Fatalf("got %q (%v), want %q", code, err, test.code)
			}
			var in *sheet.InputError
			errors.As(err, &in)
			if test.place != "" && in.Problems[0].Arg("place") != test.place {
				t.Errorf("place is %q, want %q", in.Problems[0].Arg("place"), test.place)
			}
			if in.Problems[0].Arg("part") == "" {
				t.Error("no part is named")
			}
		})
	}
}

func TestSheetRefuses(t *testing.T) {
	tests := []struct{ name, xml, code string }{
		{"cut short", xlsxtest.SheetOpen + `<sheetData><row r="1"><c r="A1"><v>1</v></c></row>`, "part-truncated"},
		{"cut within a cell", xlsxtest.SheetOpen + `<sheetData><row r="1"><c r="A1"><v>1`, "part-truncated"},
		{"another root", `<chartsheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>`, "part-wrong-root"},
		{"another namespace", `<worksheet xmlns="urn:other"/>`, "part-wrong-root"},
		{"columns", xlsxtest.SheetOpen + `<cols><col min="3" max="2" hidden="1"/></cols></worksheet>`, "sheet-columns"},
		{"merged", xlsxtest.SheetOpen + `<mergeCells><mergeCell ref="A1:"/></mergeCells></worksheet>`, "sheet-merged"},
		{"nothing", "", "part-truncated"},
	}
	for _, test := range tests {
		b, err := openBytes(xlsxtest.Zipped(t, xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/worksheets/sheet1.xml", Content: test.xml})))
		if err != nil {
			t.Fatal(err)
		}
		_, err = show(b, "Circuits")
		if code := xlsxtest.CodeOf(t, err); code != test.code {
			t.Errorf("%s: got %q, want %q", test.name, code, test.code)
		}
	}
}

func TestMerged(t *testing.T) {
	b, err := openBytes(xlsxtest.WithSheet(t, `<sheetData/><mergeCells count="2"><mergeCell ref="A1:C2"/><mergeCell ref="D5:D4"/></mergeCells>`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := show(b, "CIRCUITS"); err != nil {
		t.Fatal(err)
	}
	want := []sheet.Range{{Row1: 1, Col1: 1, Row2: 2, Col2: 3}, {Row1: 4, Col1: 4, Row2: 5, Col2: 4}}
	if got := b.Merged("Circuits"); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestExtent reads the used range that a sheet states, which may be wrong or missing.
func TestExtent(t *testing.T) {
	for _, test := range []struct{ xml, want string }{
		{`<dimension ref="A1:I9"/><sheetData><row><c><v>1</v></c></row></sheetData>`, "{1 1 9 9}"},
		{`<dimension ref="B2"/><sheetData><row><c><v>1</v></c></row></sheetData>`, "{2 2 2 2}"},
		{`<dimension ref="all of it"/><sheetData><row><c><v>1</v></c></row></sheetData>`, "{0 0 0 0}"},
		{`<sheetData><row><c><v>1</v></c></row></sheetData>`, "{0 0 0 0}"},
	} {
		b, err := openBytes(xlsxtest.WithSheet(t, test.xml))
		if err != nil {
			t.Fatal(err)
		}
		for range b.Rows("Circuits") {
			break
		}
		if got := fmt.Sprint(b.Extent("CIRCUITS")); got != test.want {
			t.Errorf("%s: got %s, want %s", test.xml, got, test.want)
		}
	}
}

// TestRowsStop leaves the iteration early and reads the sheet again from its start.
func TestRowsStop(t *testing.T) {
	b, err := openBytes(xlsxtest.WithSheet(t, `<sheetData><row><c><v>1</v></c></row><row><c><v>2</v></c></row></sheetData>`))
	if err != nil {
		t.Fatal(err)
	}
	for row, err := range b.Rows("Circuits") {
		if err != nil || row.Number != 1 {
			t.Fatal(row, err)
		}
		break
	}
	if got, err := show(b, "Circuits"); err != nil || got != "1 A=n:1\n2 A=n:2\n" {
		t.Errorf("got %v\n%s", err, got)
	}
}

// TestValuesMayBeKept keeps values beyond their row.
func TestValuesMayBeKept(t *testing.T) {
	b, err := openBytes(xlsxtest.WithSheet(t, `<sheetData><row><c t="str"><v>first</v></c></row><row><c t="str"><v>other</v></c></row></sheetData>`))
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for row, err := range b.Rows("Circuits") {
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, row.Cells[0].Value)
	}
	if fmt.Sprint(kept) != "[first other]" {
		t.Errorf("got %v", kept)
	}
}
