package xlsx

import (
	"bytes"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
	"github.com/xuri/excelize/v2"
)

// TestCopyOpensOnOneSheet copies a workbook whose second sheet is selected: the copy opens
// on its Summary, and no other sheet is selected with it.
func TestCopyOpensOnOneSheet(t *testing.T) {
	const tail = `<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData><!-- as it was --></worksheet>`
	for _, test := range []struct{ name, views string }{
		{"active", `<bookViews><workbookView xWindow="5" activeTab="1"/></bookViews>`},
		{"without views", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := xlsxtest.Zipped(t, xlsxtest.PlainParts(
				xlsxtest.Part{Name: "xl/workbook.xml", Content: strings.Replace(strings.Replace(xlsxtest.BookXML, "</sheets>", `<sheet name="Mine" sheetId="2" r:id="rId4"/></sheets>`, 1), "<sheets>", test.views+"<sheets>", 1)},
				xlsxtest.Part{Name: "xl/_rels/workbook.xml.rels", Content: xlsxtest.RelsPart("worksheet", "worksheets/sheet1.xml", "styles", "styles.xml", "sharedStrings", "sharedStrings.xml", "worksheet", "worksheets/sheet2.xml")},
				xlsxtest.Part{Name: opc.ContentTypesPart, Content: strings.Replace(xlsxtest.TypesXML, "</Types>", `<Override PartName="/xl/worksheets/sheet2.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`, 1)},
				xlsxtest.Part{Name: "xl/worksheets/sheet2.xml", Content: xlsxtest.SheetOpen + `<sheetViews><sheetView tabSelected="1" workbookViewId="0"/><sheetView tabSelected="1" workbookViewId="1"/></sheetViews>` + tail},
			))
			p := resultPatch("Circuits", 2, 2)
			out := copied(t, file, p)
			if got, want := xlsxtest.PartOf(t, out, "xl/worksheets/sheet2.xml"), xlsxtest.SheetOpen+`<sheetViews><sheetView workbookViewId="0"/><sheetView tabSelected="1" workbookViewId="1"/></sheetViews>`+tail; got != want {
				t.Errorf("the user's sheet became %s", got)
			}
			if got := xlsxtest.PartOf(t, out, "xl/worksheets/sheet4.xml"); !strings.Contains(got, `tabSelected="1"`) {
				t.Error("the Summary is not selected")
			}
			if got := xlsxtest.PartOf(t, out, "xl/workbook.xml"); !strings.Contains(got, `activeTab="3"`) || strings.Count(got, "<workbookView ") != 1 {
				t.Errorf("the workbook is %s", got)
			}
			selected := damaged(t, out, "xl/worksheets/sheet2.xml", `<sheetView workbookViewId="0"/>`, `<sheetView tabSelected="1" workbookViewId="0"/>`)
			if got := codeOf(verified(selected, file, p)); got != "copy-opening-differs" {
				t.Errorf("with two selected sheets the error is %s", got)
			}
			if again := copied(t, out, p); !bytes.Equal(out, again) {
				t.Error("the copy of the copy differs")
			}
		})
	}
}

// TestSheetOpensAtTheResults freezes the key column and the header if nothing is frozen, and
// keeps what the user has frozen or scrolled.
func TestSheetOpensAtTheResults(t *testing.T) {
	const rows = `<sheetData><row r="1"/><row r="2"><c r="A2"><v>1</v></c></row></sheetData>`
	view := func(s string) string { return `<sheetViews><sheetView workbookViewId="0"` + s + `</sheetViews>` }
	const ours = `><pane xSplit="1" ySplit="1" topLeftCell="H2" activePane="bottomRight" state="frozen"/><selection pane="topRight"/><selection pane="bottomLeft"/><selection pane="bottomRight" activeCell="H2" sqref="H2"/></sheetView>`
	const scrolled = `><pane xSplit="1" ySplit="1" topLeftCell="D40" activePane="bottomRight" state="frozen"/></sheetView>`
	const onlyRows = `><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft" activeCell="B9" sqref="B9"/></sheetView>`
	const split = `><pane xSplit="1200" topLeftCell="B1"/></sheetView>`
	for _, test := range []struct{ name, in, want string }{
		{"none", "", view(ours)},
		{"empty", view(`/>`), view(ours)},
		{"scrolled", view(` topLeftCell="A30"><selection activeCell="A31" sqref="A31"/></sheetView>`), view(ours)},
		{"of the template", view(`><pane xSplit="1" ySplit="1" topLeftCell="B2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft" activeCell="A2" sqref="A2"/></sheetView>`), view(ours)},
		{"of an earlier run", view(strings.ReplaceAll(ours, "H2", "H60")), view(ours)},
		{"frozen and scrolled", view(scrolled), view(scrolled)},
		{"frozen rows", view(onlyRows), view(onlyRows)},
		{"split", view(split), view(split)},
		{"page layout", view(` view="pageLayout"/>`), view(` view="pageLayout"/>`)},
	} {
		out := copied(t, xlsxtest.WithSheet(t, test.in+rows), resultPatch("Circuits", 7, 2))
		if got := xlsxtest.PartOf(t, out, "xl/worksheets/sheet1.xml"); !strings.Contains(got, test.want) {
			t.Errorf("%s: the sheet is %s", test.name, got[:strings.Index(got, "<sheetData>")])
		}
	}
}

// TestLinksOfTheUserStay replaces the links of an earlier run, and no others.
func TestLinksOfTheUserStay(t *testing.T) {
	const own = `<hyperlink ref="A2" location="'Circuits'!A1"/>`
	file := xlsxtest.WithSheet(t, xlsxtest.DataRows+`<hyperlinks>`+own+`<hyperlink ref="C2" location="'Errors'!A9"/></hyperlinks>`)
	p := resultPatch("Circuits", 2, 2)
	out := copied(t, copied(t, file, p), p)
	links := `<hyperlinks>` + own + `<hyperlink ref="C2" location="'Errors'!A2" display="VALID"/></hyperlinks>`
	if got := xlsxtest.PartOf(t, out, "xl/worksheets/sheet1.xml"); !strings.Contains(got, links) {
		_, after, _ := strings.Cut(got, "</sheetData>")
		t.Errorf("the sheet ends %s", after)
	}
	lost := damaged(t, out, "xl/worksheets/sheet1.xml", links, `<hyperlinks>`+own+`</hyperlinks>`)
	if got := codeOf(verified(lost, file, p)); got != "copy-links-differ" {
		t.Errorf("with a link lost the error is %s", got)
	}
	p.Sheets[0].Row, p.Sheets[0].Rows = func(int) []sheet.PutCell { return nil }, 0
	if got := xlsxtest.PartOf(t, copied(t, out, p), "xl/worksheets/sheet1.xml"); !strings.Contains(got, `<hyperlinks>`+own+`</hyperlinks>`) {
		t.Errorf("without results the sheet is %s", got)
	}
}

// TestLinksToFiles links result cells to files, once in a copy and once in its copy, and does
// not touch the cells of a column that stay.
func TestLinksToFiles(t *testing.T) {
	const own = `<hyperlink ref="A2" r:id="rIdOwn"/>`
	file := xlsxtest.Zipped(t, xlsxtest.PlainParts(
		xlsxtest.Part{Name: "xl/worksheets/sheet1.xml", Content: `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">` + xlsxtest.DataRows + `<hyperlinks>` + own + `</hyperlinks></worksheet>`},
		xlsxtest.Part{Name: "xl/worksheets/_rels/sheet1.xml.rels", Content: strings.NewReplacer("rId1", "rIdOwn", "/></Rel", ` TargetMode="External"/></Rel`).Replace(xlsxtest.RelsPart("hyperlink", "https://example.com/"))}))
	letter := func(name string) sheet.Patch {
		p := resultPatch("Circuits", 2, 2)
		s := &p.Sheets[0]
		cells := s.Row
		last := len(s.Columns) - 1
		s.Columns[last].Letters = true
		s.Row = func(n int) []sheet.PutCell {
			put := cells(n)
			if put != nil {
				put[last] = sheet.PutCell{Text: name, Style: sheet.StyleLink}
				put[sheet.ColMessage] = sheet.PutCell{Stays: name != "a.pdf"}
			}
			return put
		}
		s.Files = []sheet.FileLink{{Row: 2, Col: s.Columns[last].Col, Target: name}}
		return p
	}
	first := copied(t, file, letter("a.pdf"))
	second := copied(t, first, letter("b%20c.pdf"))
	for name, out := range map[string][]byte{"a.pdf": first, "b%20c.pdf": second} {
		rels := xlsxtest.PartOf(t, out, "xl/worksheets/_rels/sheet1.xml.rels")
		if strings.Count(rels, `TargetMode="External"`) != 2 || !strings.Contains(rels, `Id="rIdLetter`) || !strings.Contains(rels, `Target="`+name+`" TargetMode="External"`) || !strings.Contains(rels, "example.com") {
			t.Errorf("%s: the relationships are %s", name, rels)
		}
		f, err := excelize.OpenReader(bytes.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		if found, target, err := f.GetCellHyperLink("Circuits", sheet.ColName(2+len(sheet.ResultHeaders))+"2"); err != nil || !found || target != name {
			t.Errorf("%s: the cell leads to %v %s %v", name, found, target, err)
		}
		f.Close()
	}
	if a, b := cellText(t, first, "D2"), cellText(t, second, "D2"); a != b {
		t.Errorf("a message that must stay was %q and is %q", a, b)
	}
	if got := xlsxtest.PartOf(t, copied(t, second, resultPatch("Circuits", 2, 2)), "xl/worksheets/sheet1.xml"); strings.Contains(got, "rIdLetter") {
		t.Errorf("a result column without letters has a link to one")
	}
	_, link, _ := strings.Cut(xlsxtest.PartOf(t, second, "xl/worksheets/sheet1.xml"), own)
	link = link[:strings.Index(link, "</hyperlinks>")]
	if got := codeOf(verified(damaged(t, second, "xl/worksheets/sheet1.xml", link, ""), first, letter("b%20c.pdf"))); got != "copy-links-differ" {
		t.Errorf("with a link lost the error is %s", got)
	}
}

// cellText returns the text of a cell of the circuits as excelize reads it.
func cellText(t *testing.T, file []byte, cell string) string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := f.GetCellValue("Circuits", cell)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestOtherPartsMustBeTheSame damages a part that is copied unchanged.
func TestOtherPartsMustBeTheSame(t *testing.T) {
	file := xlsxtest.WithSheet(t, xlsxtest.DataRows)
	p := resultPatch("Circuits", 2, 2)
	out := copied(t, file, p)
	if got := codeOf(verified(damaged(t, out, "xl/sharedStrings.xml", "pc-made0001", "pc-made0002"), file, p)); got != "copy-part-differs" {
		t.Errorf("the error is %s", got)
	}
}

// TestColoursGoWhenMended computes the condition of each mark in excelize: it is true for the
// cell, false for another value, and never contains the value.
func TestColoursGoWhenMended(t *testing.T) {
	for _, test := range []struct{ name, cell, mended string }{
		{"shared text", `<c r="A2" t="s"><v>1</v></c>`, "pc-made0002"},
		{"swapped digits", `<c r="A2" t="inlineStr"><is><t>990101199901010017</t></is></c>`, "990101199901010071"},
		{"Chinese text", `<c r="A2" t="inlineStr"><is><t>建设公司 no. 1</t></is></c>`, "建设公司 no. 2"},
		{"formatted runs", `<c r="A2" t="s"><v>2</v></c>`, "made"},
		{"number", `<c r="A2"><v>20480</v></c>`, "x"},
		{"lost digits", `<c r="A2"><v>1.1010119900101101E+17</v></c>`, "990101199901010017"},
		{"blank", `<c r="A2"/>`, "made"},
		{"missing", ``, "made"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := resultPatch("Circuits", 2, 2)
			p.Sheets[0].Marks = []sheet.Mark{{Row: 2, Col: 1, Style: sheet.StyleBad}}
			out := copied(t, xlsxtest.WithSheet(t, `<sheetData><row r="1"/><row r="2">`+test.cell+`</row></sheetData>`), p)
			f, err := excelize.OpenReader(bytes.NewReader(out))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			formats, err := f.GetConditionalFormats("Circuits")
			if err != nil || len(formats["A2"]) != 1 {
				t.Fatalf("formats %v: %v", formats, err)
			}
			formula := formats["A2"][0].Criteria
			if value, _ := f.GetCellValue("Circuits", "A2"); value != "" && strings.Contains(formula, value) {
				t.Errorf("%s contains the value", formula)
			}
			holds := func() string {
				if err := f.SetCellFormula("Circuits", "Z9", formula); err != nil {
					t.Fatal(err)
				}
				got, _ := f.CalcCellValue("Circuits", "Z9")
				return got
			}
			if got := holds(); got != "TRUE" {
				t.Errorf("%s is %s", formula, got)
			}
			if err := f.SetCellStr("Circuits", "A2", test.mended); err != nil {
				t.Fatal(err)
			}
			if got := holds(); got == "TRUE" {
				t.Errorf("%s is still true for %q", formula, test.mended)
			}
		})
	}
}

// TestDatesFollowTheWorkbook writes a date in either date system.
func TestDatesFollowTheWorkbook(t *testing.T) {
	for _, test := range []struct{ properties, serial string }{{"", "46350.08335648148"}, {`<workbookPr date1904="1"/>`, "44888.08335648148"}} {
		file := xlsxtest.Zipped(t, xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/workbook.xml", Content: strings.Replace(xlsxtest.BookXML, "<sheets>", test.properties+"<sheets>", 1)}))
		out := copied(t, file, resultPatch("Circuits", 2, 2))
		if got := xlsxtest.PartOf(t, out, "xl/worksheets/sheet1.xml"); !strings.Contains(got, "<v>"+test.serial+"</v>") {
			t.Errorf("%q: the sheet is %s", test.properties, got)
		}
		f, err := excelize.OpenReader(bytes.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := f.GetCellValue("Circuits", "G2"); got != "2026-11-24 02:00:02" {
			t.Errorf("%q: excelize reads %q: %v", test.properties, got, err)
		}
		f.Close()
	}
}

// TestResultsArePrinted sets up the printing of the results unless the user has.
func TestResultsArePrinted(t *testing.T) {
	names := func(s string) string {
		return strings.Replace(xlsxtest.BookXML, "</sheets>", "</sheets><definedNames>"+s+"</definedNames>", 1)
	}
	const area, titles = `<definedName name="_xlnm.Print_Area" localSheetId="0">`, `<definedName name="_xlnm.Print_Titles" localSheetId="0">`
	const end = `</definedName>`
	const ourArea, ourTitles = area + `'Circuits'!$H$1:$J$2` + end, titles + `'Circuits'!$A:$A,'Circuits'!$1:$1` + end
	for _, test := range []struct {
		name, in string
		want     []string
	}{
		{"none", xlsxtest.BookXML, []string{ourArea, ourTitles}},
		{"titles of the template", names(titles + `Circuits!$1:$1` + end), []string{ourArea, ourTitles}},
		{"of an earlier run, saved by LibreOffice", names(area + `Circuits!$H$1:$J$9` + end + titles + `Circuits!$A:$A,Circuits!$1:$1` + end), []string{ourArea, ourTitles}},
		{"an area of the user", names(area + `Circuits!$A$1:$C$9` + end), []string{area + `Circuits!$A$1:$C$9` + end}},
		{"titles of the user", names(titles + `Circuits!$1:$3` + end), []string{titles + `Circuits!$1:$3` + end}},
	} {
		out := copied(t, xlsxtest.Zipped(t, xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/workbook.xml", Content: test.in})), resultPatch("Circuits", 7, 2))
		got := xlsxtest.PartOf(t, out, "xl/workbook.xml")
		for _, want := range test.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: there is no %s in %s", test.name, want, got)
			}
		}
		if n := strings.Count(got, `Print_Area" localSheetId="0"`) + strings.Count(got, `Print_Titles" localSheetId="0"`); n != len(test.want) {
			t.Errorf("%s: %d names in %s", test.name, n, got)
		}
	}
}

// TestTabsAreColoured colours the tab of a sheet unless the user has.
func TestTabsAreColoured(t *testing.T) {
	const ours = `<sheetPr><tabColor rgb="FFC0392B"/></sheetPr>`
	for _, test := range []struct{ in, want string }{
		{"", ours},
		{`<sheetPr/>`, ours},
		{`<sheetPr><tabColor rgb="FF2E8B57"/></sheetPr>`, ours}, // of an earlier run
		{`<sheetPr><tabColor theme="4"/></sheetPr>`, `<sheetPr><tabColor theme="4"/></sheetPr>`},
		{`<sheetPr filterMode="1"><outlinePr/><pageSetUpPr fitToPage="1"/></sheetPr>`, `<sheetPr filterMode="1"><tabColor rgb="FFC0392B"/><outlinePr/><pageSetUpPr fitToPage="1"/></sheetPr>`},
	} {
		out := copied(t, xlsxtest.WithSheet(t, test.in+xlsxtest.DataRows), resultPatch("Circuits", 2, 2))
		if got := xlsxtest.PartOf(t, out, "xl/worksheets/sheet1.xml"); !strings.Contains(got, test.want) || strings.Count(got, "<sheetPr") != 1 {
			t.Errorf("%s became %s", test.in, got[:strings.Index(got, "<sheetData>")])
		}
	}
}

// TestRowsGrowWithTheirText gives a row the height that its wrapped message needs, unless
// the user has set one.
func TestRowsGrowWithTheirText(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{`<row r="2"/>`, `<row r="2" ht="75">`},
		{`<row r="2" ht="14.4" spans="1:2"/>`, `<row r="2" ht="72">`},
		{`<row r="2" ht="20" customHeight="1"/>`, `<row r="2" ht="20" customHeight="1">`},
	} {
		out := copied(t, xlsxtest.WithSheet(t, `<sheetData><row r="1"/>`+test.in+`</sheetData>`), resultPatch("Circuits", 2, 2))
		if got := xlsxtest.PartOf(t, out, "xl/worksheets/sheet1.xml"); !strings.Contains(got, test.want) {
			t.Errorf("%s: there is no %s in %s", test.in, test.want, got)
		}
	}
}
