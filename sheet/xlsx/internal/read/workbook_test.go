package read

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
)

// swapped replaces words of a text, like strings.NewReplacer.
func swapped(s string, oldnew ...string) string { return strings.NewReplacer(oldnew...).Replace(s) }

// TestPartsAreFoundByRelationships opens workbooks whose parts are in unusual places and
// forms and have unusual names.
func TestPartsAreFoundByRelationships(t *testing.T) {
	const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	moved := func(s string) string {
		return swapped(s, "sheet1.xml", "data.bin", "worksheets/", "", "sharedStrings.xml", "texts", "/xl/", "/some%20where/", `"xl/`, `"some%20where/`)
	}
	strict := func(s string) string {
		return swapped(s, main, "http://purl.oclc.org/ooxml/spreadsheetml/main",
			"http://schemas.openxmlformats.org/officeDocument/2006/relationships", "http://purl.oclc.org/ooxml/officeDocument/relationships")
	}
	prefixed := swapped(xlsxtest.SheetXML, "<?xml", "<?xml", "xmlns=", "xmlns:x=", "</", "</x:", "<", "<x:")
	prefixed = swapped(prefixed, "<x:?", "<?")
	tests := []struct {
		name  string
		parts []xlsxtest.Part
	}{
		{"plain", xlsxtest.PlainParts()},
		{"elsewhere", []xlsxtest.Part{{Name: opc.ContentTypesPart, Content: moved(xlsxtest.TypesXML)}, {Name: "_rels/.rels", Content: moved(xlsxtest.TopRelsXML)}, {Name: "some where/workbook.xml", Content: xlsxtest.BookXML},
			{Name: "some where/_rels/workbook.xml.rels", Content: moved(xlsxtest.RelsXML)}, {Name: "some where/styles.xml", Content: xlsxtest.StylesXML}, {Name: "some where/texts", Content: xlsxtest.StringsXML}, {Name: "some where/data.bin", Content: xlsxtest.SheetXML}}},
		{"absolute targets", xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/_rels/workbook.xml.rels", Content: swapped(xlsxtest.RelsXML, `Target="`, `Target="/xl/`)})},
		{"targets with dots", xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/_rels/workbook.xml.rels", Content: swapped(xlsxtest.RelsXML, `Target="`, `Target="../xl/./`)})},
		{"targets with backslashes", xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/_rels/workbook.xml.rels", Content: swapped(xlsxtest.RelsXML, `worksheets/`, `worksheets\`)})},
		{"targets in other case", xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/_rels/workbook.xml.rels", Content: swapped(xlsxtest.RelsXML, `worksheets/`, `WorkSheets/`)})},
		{"Strict", []xlsxtest.Part{{Name: opc.ContentTypesPart, Content: xlsxtest.TypesXML}, {Name: "_rels/.rels", Content: strict(xlsxtest.TopRelsXML)}, {Name: "xl/workbook.xml", Content: strict(xlsxtest.BookXML)}, {Name: "xl/_rels/workbook.xml.rels", Content: strict(xlsxtest.RelsXML)},
			{Name: "xl/styles.xml", Content: strict(xlsxtest.StylesXML)}, {Name: "xl/sharedStrings.xml", Content: strict(xlsxtest.StringsXML)}, {Name: "xl/worksheets/sheet1.xml", Content: strict(xlsxtest.SheetXML)}}},
		{"prefixed", xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/worksheets/sheet1.xml", Content: prefixed})},
		{"no namespace", xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/worksheets/sheet1.xml", Content: swapped(xlsxtest.SheetXML, ` xmlns="`+main+`"`, "")})},
		{"UTF-16", xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/worksheets/sheet1.xml", Content: string(xlsxtest.UTF16("\ufeff"+swapped(xlsxtest.SheetXML, "UTF-8", "UTF-16"), false))},
			xlsxtest.Part{Name: "xl/sharedStrings.xml", Content: string(xlsxtest.UTF16("\ufeff"+xlsxtest.StringsXML, true))}, xlsxtest.Part{Name: "xl/workbook.xml", Content: string(xlsxtest.UTF16(xlsxtest.BookXML, false))})},
		{"with byte order mark", xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/worksheets/sheet1.xml", Content: "\ufeff" + xlsxtest.SheetXML}, xlsxtest.Part{Name: "xl/workbook.xml", Content: "\ufeff" + xlsxtest.BookXML})},
		{"macros", xlsxtest.PlainParts(xlsxtest.Part{Name: opc.ContentTypesPart, Content: swapped(xlsxtest.TypesXML, "vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", "vnd.ms-excel.sheet.macroEnabled.main+xml")})},
		{"other prefix for relationships", xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/workbook.xml", Content: swapped(xlsxtest.BookXML, "xmlns:r=", "xmlns:q=", "r:id", "q:id")})},
	}
	const want = "1 A=t:Instance ID\n2 A=t:pc-made0001 B=n:45000/date\n"
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b, err := openBytes(xlsxtest.Zipped(t, test.parts))
			if err != nil {
				t.Fatal(err)
			}
			got, err := show(b, "Circuits")
			if err != nil || got != want {
				t.Errorf("got %v\n%s", err, got)
			}
			if b.parts.Strict != (test.name == "Strict") {
				t.Errorf("strict is %v", b.parts.Strict)
			}
			if err := b.CheckRest(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestNoStylesNoStrings opens a workbook that has neither part, as some programs write.
func TestNoStylesNoStrings(t *testing.T) {
	rels := xlsxtest.RelsXML[:strings.Index(xlsxtest.RelsXML, `<Relationship Id="rId2"`)] + "</Relationships>"
	b, err := openBytes(xlsxtest.Zipped(t, xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/_rels/workbook.xml.rels", Content: rels}, xlsxtest.Part{Name: "xl/styles.xml", Content: "-"}, xlsxtest.Part{Name: "xl/sharedStrings.xml", Content: "-"},
		xlsxtest.Part{Name: "xl/worksheets/sheet1.xml", Content: xlsxtest.SheetOpen + `<sheetData><row><c s="7"><v>45000</v></c><c t="inlineStr"><is><t>x</t></is></c></row></sheetData></worksheet>`})))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := show(b, "Circuits"); err != nil || got != "1 A=n:45000 B=t:x\n" {
		t.Errorf("got %v\n%s", err, got)
	}
}

func TestSheets(t *testing.T) {
	book := swapped(xlsxtest.BookXML, "<sheets>", `<workbookPr date1904="1"/><sheets><sheet name="Chart" sheetId="9" r:id="rId9"/>`,
		"</sheets>", `<sheet name="R&amp;D _x0041_" sheetId="2" state="veryHidden" r:id="rId2"/></sheets>`)
	rels := swapped(xlsxtest.RelsXML, "<Relationship Id=\"rId2\"", `<Relationship Id="rId9" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/chartsheet" Target="chart.xml"/><Relationship Id="rId2"`,
		"/styles\"", "/worksheet\"", "styles.xml", "worksheets/sheet1.xml")
	b, err := openBytes(xlsxtest.Zipped(t, xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/workbook.xml", Content: book}, xlsxtest.Part{Name: "xl/_rels/workbook.xml.rels", Content: rels}, xlsxtest.Part{Name: "xl/chart.xml", Content: "<chartsheet/>"})))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(b.Sheets()); got != "[{Circuits false} {R&D A true}]" {
		t.Errorf("got %s", got)
	}
	if !b.Date1904() {
		t.Error("not 1904")
	}
	for _, name := range []string{"Chart", "Nowhere"} {
		if _, err := show(b, name); xlsxtest.CodeOf(t, err) != "sheet-not-listed" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWorkbookRefuses(t *testing.T) {
	const sheetEntry = `<sheet name="Circuits" sheetId="1" r:id="rId1"/>`
	tests := []struct {
		name  string
		parts []xlsxtest.Part
		code  string
	}{
		{"no workbook part", xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/workbook.xml", Content: "-"}), "part-missing"},
		{"no top relationships", xlsxtest.PlainParts(xlsxtest.Part{Name: "_rels/.rels", Content: "-"}), "file-other-format"},
		{"no content types", xlsxtest.PlainParts(xlsxtest.Part{Name: opc.ContentTypesPart, Content: "-"}), "file-other-format"},
		{"no sheets", xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/workbook.xml", Content: swapped(xlsxtest.BookXML, sheetEntry, "")}), "workbook-no-sheets"},
		{"another root", xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/workbook.xml", Content: "<worksheet/>"}), "part-wrong-root"},
		{"sheet twice", xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/workbook.xml", Content: swapped(xlsxtest.BookXML, sheetEntry, sheetEntry+swapped(sheetEntry, "Circuits", "CIRCUITS"))}), "workbook-sheet-twice"},
		{"sheet without a name", xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/workbook.xml", Content: swapped(xlsxtest.BookXML, `name="Circuits"`, "")}), "workbook-sheet-entry"},
		{"sheet without a relationship", xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/workbook.xml", Content: swapped(xlsxtest.BookXML, "rId1", "rId99")}), "workbook-sheet-lost"},
		{"sheet without a part", xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/worksheets/sheet1.xml", Content: "-"}), "workbook-sheet-lost"},
		{"sheet outside", xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/_rels/workbook.xml.rels", Content: swapped(xlsxtest.RelsXML, "worksheets/", "../../../worksheets/")}), "workbook-sheet-lost"},
		{"external sheet", xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/_rels/workbook.xml.rels", Content: swapped(xlsxtest.RelsXML, `Target="worksheets/sheet1.xml"`, `TargetMode="External" Target="http://made.up/"`)}), "workbook-sheet-lost"},
		{"relationship twice", xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/_rels/workbook.xml.rels", Content: swapped(xlsxtest.RelsXML, "rId3", "rId2")}), "part-relationship"},
		{"endless relationships", xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/_rels/workbook.xml.rels", Content: manyRelationships(50_001)}), "part-list-long"},
		{"relationships cut short", xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/_rels/workbook.xml.rels", Content: xlsxtest.RelsXML[:100]}), "part-truncated"},
		{"visible sheet without an ID", xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/workbook.xml", Content: swapped(xlsxtest.BookXML, ` r:id="rId1"`, "")}), "workbook-sheet-lost"},
		{"hidden sheet without a part", xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/workbook.xml", Content: swapped(xlsxtest.BookXML, "r:id", `state="hidden" r:id`)}, xlsxtest.Part{Name: "xl/worksheets/sheet1.xml", Content: "-"}), "workbook-sheet-lost"},
		{"shared strings are a sheet", xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/sharedStrings.xml", Content: xlsxtest.SheetXML}), "part-wrong-root"},
		{"entity bomb", xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/sharedStrings.xml", Content: `<!DOCTYPE a [<!ENTITY b "ha">]>` + xlsxtest.StringsXML}), "part-dtd"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := openBytes(xlsxtest.Zipped(t, test.parts))
			if code := xlsxtest.CodeOf(t, err); code != test.code {
				t.Errorf("got %q (%v), want %q", code, err, test.code)
			}
		})
	}
}

// TestSheetsWithoutAPart lists module sheets of old macros, which are never read.
func TestSheetsWithoutAPart(t *testing.T) {
	for _, attrs := range []string{`state="veryHidden" r:id=""`, `state="hidden" r:id=""`, `r:id=""`, `state="veryHidden"`, `state="veryHidden" r:id="rId99"`} {
		book := swapped(xlsxtest.BookXML, "<sheets>", `<sheets><sheet name="Module1" sheetId="7" `+attrs+`/>`)
		b, err := openBytes(xlsxtest.Zipped(t, xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/workbook.xml", Content: book})))
		if err != nil {
			t.Errorf("%s: %v", attrs, err)
			continue
		}
		if got := fmt.Sprint(b.Sheets()); got != "[{Circuits false}]" {
			t.Errorf("%s: got %s", attrs, got)
		}
		if _, err := show(b, "Module1"); xlsxtest.CodeOf(t, err) != "sheet-not-listed" {
			t.Errorf("%s: %v", attrs, err)
		}
	}
}

// TestMissingParts reads workbooks without the part of their shared strings or styles:
// only a cell that needs it is an error.
func TestMissingParts(t *testing.T) {
	strs, styles := xlsxtest.Part{Name: "xl/sharedStrings.xml", Content: "-"}, xlsxtest.Part{Name: "xl/styles.xml", Content: "-"}
	for _, test := range []struct {
		name, cells, code string
		lost              xlsxtest.Part
	}{
		{"shared strings", `<c r="A2" s="1"><v>1</v></c><c r="B2" t="inlineStr"><is><t>x</t></is></c>`, "", strs},
		{"shared strings of a cell", `<c r="A2" t="s"><v>0</v></c>`, "part-missing", strs},
		{"styles", `<c r="A2"><v>1</v></c><c r="B2" t="s" s="0"><v>0</v></c>`, "", styles},
		{"styles of a number", `<c r="A2" s="1"><v>1</v></c>`, "part-missing", styles},
		{"styles of a text", `<c r="A2" t="s" s="2"><v>0</v></c>`, "part-missing", styles},
	} {
		sheet := xlsxtest.Part{Name: "xl/worksheets/sheet1.xml", Content: xlsxtest.SheetOpen + `<sheetData><row r="2">` + test.cells + `</row></sheetData></worksheet>`}
		b, err := openBytes(xlsxtest.Zipped(t, xlsxtest.PlainParts(test.lost, sheet)))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if _, err := show(b, "Circuits"); xlsxtest.CodeOf(t, err) != test.code {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func manyRelationships(n int) string {
	var b strings.Builder
	b.WriteString(`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`)
	for i := range n {
		fmt.Fprintf(&b, `<Relationship Id="r%d" Type="t" Target="a"/>`, i)
	}
	b.WriteString("</Relationships>")
	return b.String()
}

// TestTables finds the tables of a sheet, and how many of their rows are totals.
func TestTables(t *testing.T) {
	const open = `<table xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" id="1" displayName="Made"`
	for _, test := range []struct{ table, want string }{
		{open + ` ref="A1:C5"/>`, "[{{1 1 5 3} 0}]"},
		{open + ` ref="A1:C5" totalsRowCount="0" totalsRowShown="1"/>`, "[{{1 1 5 3} 0}]"}, // it used to be shown
		{open + ` ref="A1:C5" totalsRowCount="1"/>`, "[{{1 1 5 3} 1}]"},
		{open + ` ref="B2:C3" totalsRowCount="9"/>`, "[{{2 2 3 3} 9}]"},
		{open + ` totalsRowCount="1"/>`, "part-wrong-root"},
	} {
		file := xlsxtest.WithTable(t, test.table)
		book, err := Open(bytes.NewReader(file), int64(len(file)), opc.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		tables, err := book.Tables("CIRCUITS")
		if got := fmt.Sprint(tables); err == nil && got != test.want || err != nil && !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s\ngot %s, %v; want %s", test.table, got, err, test.want)
		}
	}
}

// TestHiddenColumns finds hidden columns, even those without cells, once the first row is read.
func TestHiddenColumns(t *testing.T) {
	file := xlsxtest.Zipped(t, xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/worksheets/sheet1.xml",
		Content: xlsxtest.SheetOpen + `<cols><col min="7" max="8" hidden="1"/><col min="9" max="9"/></cols>` + xlsxtest.DataRows + `</worksheet>`}))
	book, err := Open(bytes.NewReader(file), int64(len(file)), opc.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for range book.Rows("Circuits") {
		break
	}
	for col, want := range map[int]bool{6: false, 7: true, 8: true, 9: false, sheet.MaxCol: false} {
		if got := book.HiddenColumn("circuits", col); got != want {
			t.Errorf("column %d: got %v", col, got)
		}
	}
}
