package xlsx

import (
	"bytes"
	"encoding/xml"
	"slices"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
	"github.com/xuri/excelize/v2"
)

func TestTableTakesInTheResults(t *testing.T) {
	const open = `<table xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" id="1" displayName="Made"`
	tests := []struct{ name, in, want string }{
		{"that covers the data", open + ` ref="A1:B2"><autoFilter ref="A1:B2"/><tableColumns count="2"><tableColumn id="1" name="a"/><tableColumn id="5" name="b"/></tableColumns></table>`,
			open + ` ref="A1:C2"><autoFilter ref="A1:C2"/><tableColumns count="3"><tableColumn id="1" name="a"/><tableColumn id="5" name="b"/><tableColumn id="6" name="Result"/></tableColumns></table>`},
		{"with a row of totals", open + ` ref="A1:B3" totalsRowCount="1"><autoFilter ref="A1:B2"/><tableColumns><tableColumn id="1" name="a"/><tableColumn id="2" name="b"/></tableColumns></table>`,
			open + ` ref="A1:C3" totalsRowCount="1"><autoFilter ref="A1:C2"/><tableColumns count="3"><tableColumn id="1" name="a"/><tableColumn id="2" name="b"/><tableColumn id="3" name="Result"/></tableColumns></table>`},
		{"that an earlier run widened", open + ` ref="A1:C2"><tableColumns count="3"><tableColumn id="1" name="a"/><tableColumn id="2" name="b"/><tableColumn id="3" name="RESULT"/></tableColumns></table>`,
			open + ` ref="A1:C2"><tableColumns count="3"><tableColumn id="1" name="a"/><tableColumn id="2" name="b"/><tableColumn id="3" name="Result"/></tableColumns></table>`},
		{"that does not reach them", open + ` ref="A1:A2"><tableColumns count="1"><tableColumn id="1" name="a"/></tableColumns></table>`, ""},
		{"that a query fills", open + ` ref="A1:B2" tableType="queryTable"><tableColumns count="2"><tableColumn id="1" name="a"/><tableColumn id="2" name="b"/></tableColumns></table>`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out := copied(t, xlsxtest.WithTable(t, test.in), smallPatch(2))
			want := test.want
			if want == "" {
				want = test.in
			}
			if got := xlsxtest.PartOf(t, out, "xl/tables/table1.xml"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if got := xlsxtest.PartOf(t, out, "xl/worksheets/sheet1.xml"); strings.Contains(got, "autoFilter") {
				t.Errorf("the sheet got a filter, too: %s", got)
			}
		})
	}
}

func TestTableInTheWay(t *testing.T) {
	file := xlsxtest.WithTable(t, `<table xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" id="1" displayName="Made" ref="C2:D4"><tableColumns count="2"><tableColumn id="1" name="a"/><tableColumn id="2" name="b"/></tableColumns></table>`)
	err := Copy(&bytes.Buffer{}, bytes.NewReader(file), int64(len(file)), smallPatch(2))
	if got := xlsxtest.CodeOf(t, err); got != "copy-table-in-the-way" {
		t.Errorf("error is %v", err)
	}
}

func TestCalculationChainFollows(t *testing.T) {
	const open = `<calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">`
	rels := xlsxtest.RelsPart("worksheet", "worksheets/sheet1.xml", "styles", "styles.xml", "sharedStrings", "sharedStrings.xml", "calcChain", "calcChain.xml")
	types := strings.Replace(xlsxtest.TypesXML, "</Types>", `<Override PartName="/xl/calcChain.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"/></Types>`, 1)
	for _, test := range []struct{ name, in, want string }{
		{"without entries of ours", `<c r="A1" i="1"/><c r="C9"/>`, `<c r="A1" i="1"/><c r="C9"/>`},
		{"the first entry of a sheet goes", `<c r="C2" i="1" l="1"/><c r="B2"/><c r="C1"/><c r="A2" s="1"/><c r="C2" i="2"/>`, `<c r="B2" i="1"/><c r="A2" s="1"/><c r="C2" i="2"/>`},
		{"all go", `<c r="C2" i="1"/><c r="C1"/>`, "-"},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := copied(t, xlsxtest.Zipped(t, xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/worksheets/sheet1.xml", Content: xlsxtest.SheetOpen + xlsxtest.DataRows + `</worksheet>`},
				xlsxtest.Part{Name: "xl/_rels/workbook.xml.rels", Content: rels}, xlsxtest.Part{Name: opc.ContentTypesPart, Content: types}, xlsxtest.Part{Name: "xl/calcChain.xml", Content: open + test.in + `</calcChain>`})), smallPatch(2))
			if test.want == "-" {
				if xlsxtest.ZipEntry(xlsxtest.ZipOf(t, out), "xl/calcChain.xml") != nil || strings.Contains(xlsxtest.PartOf(t, out, "xl/_rels/workbook.xml.rels")+xlsxtest.PartOf(t, out, opc.ContentTypesPart), "calcChain") {
					t.Error("an empty chain is left behind")
				}
				return
			}
			if got := xlsxtest.PartOf(t, out, "xl/calcChain.xml"); got != open+test.want+`</calcChain>` {
				t.Errorf("chain is %s", got)
			}
		})
	}
}

func TestAddedSheetsAreReplaced(t *testing.T) {
	first := copied(t, xlsxtest.WithSheet(t, xlsxtest.DataRows), resultPatch("Circuits", 2, 2))
	second := copied(t, first, resultPatch("Circuits", 2, 2))
	if !bytes.Equal(first, second) {
		for _, f := range xlsxtest.ZipOf(t, second).File {
			if g := xlsxtest.ZipEntry(xlsxtest.ZipOf(t, first), f.Name); g == nil || g.CRC32 != f.CRC32 {
				t.Errorf("the copy of the copy differs in %s", f.Name)
			}
		}
	}
}

func TestUsersOwnSheetsStay(t *testing.T) {
	f := excelize.NewFile()
	defer f.Close()
	for _, name := range []string{"Errors", "summary"} {
		if _, err := f.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		if err := f.SetCellStr(name, "A1", "the user's own"); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.SetCellStr("Sheet1", "A1", "Instance ID"); err != nil {
		t.Fatal(err)
	}
	var in bytes.Buffer
	if err := f.Write(&in); err != nil {
		t.Fatal(err)
	}
	file := in.Bytes()
	for range 2 {
		file = copied(t, file, resultPatch("Sheet1", 1, 1))
		g, err := excelize.OpenReader(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(g.GetSheetList(), ", "); got != "Sheet1, Errors, summary, Errors (loabatch), Summary (loabatch)" {
			t.Errorf("sheets are %s", got)
		}
		if got, _ := g.GetCellValue("Errors", "A1"); got != "the user's own" {
			t.Errorf("the user's sheet contains %q", got)
		}
		g.Close()
	}
}

// TestPartNamesAreFree gives the only sheet the highest ID, and its part the name that the
// part of a new sheet would get.
func TestPartNamesAreFree(t *testing.T) {
	file := xlsxtest.Zipped(t, xlsxtest.PlainParts(
		xlsxtest.Part{Name: "xl/worksheets/sheet1.xml", Content: "-"},
		xlsxtest.Part{Name: "xl/Worksheets/Sheet2.xml", Content: xlsxtest.SheetOpen + xlsxtest.DataRows + `</worksheet>`},
		xlsxtest.Part{Name: opc.ContentTypesPart, Content: strings.Replace(xlsxtest.TypesXML, "/xl/worksheets/sheet1.xml", "/xl/Worksheets/Sheet2.xml", 1)},
		xlsxtest.Part{Name: "xl/_rels/workbook.xml.rels", Content: xlsxtest.RelsPart("worksheet", "Worksheets/Sheet2.xml", "styles", "styles.xml")},
		xlsxtest.Part{Name: "xl/workbook.xml", Content: strings.Replace(xlsxtest.BookXML, `sheetId="1"`, `sheetId="65534"`, 1)},
	))
	out := copied(t, file, resultPatch("Circuits", 1, 2))
	if got := xlsxtest.PartOf(t, out, "xl/workbook.xml"); !strings.Contains(got, `name="Errors" sheetId="1"`) || !strings.Contains(got, `name="Summary" sheetId="2"`) {
		t.Errorf("workbook is %s", got)
	}
	for _, name := range []string{"xl/worksheets/sheet1.xml", "xl/worksheets/sheet3.xml"} {
		if xlsxtest.ZipEntry(xlsxtest.ZipOf(t, out), name) == nil {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestStylesAreAdded(t *testing.T) {
	const main = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	for _, test := range []struct{ name, in string }{
		{"counts that lie", `<styleSheet ` + main + `><fonts count="7"><font><sz val="10"/><name val="Made"/></font></fonts><fills><fill/><fill/></fills><borders count="0"><border/></borders><cellXfs count="99"><xf/></cellXfs></styleSheet>`},
		{"empty", `<styleSheet ` + main + `/>`},
		{"lists that close themselves", `<styleSheet ` + main + `><fonts/><fills count="0"/><cellXfs/><dxfs count="0"/><extLst/></styleSheet>`},
		{"with a prefix", `<x:styleSheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:fonts><x:font><x:sz val="10"/></x:font></x:fonts><x:colors/></x:styleSheet>`},
		{"missing", "-"},
	} {
		t.Run(test.name, func(t *testing.T) {
			parts := xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/styles.xml", Content: test.in}, xlsxtest.Part{Name: "xl/worksheets/sheet1.xml", Content: xlsxtest.SheetOpen + xlsxtest.DataRows + `</worksheet>`})
			if test.in == "-" {
				parts = xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/styles.xml", Content: "-"}, xlsxtest.Part{Name: "xl/worksheets/sheet1.xml", Content: xlsxtest.SheetOpen + xlsxtest.DataRows + `</worksheet>`},
					xlsxtest.Part{Name: "xl/_rels/workbook.xml.rels", Content: xlsxtest.RelsPart("worksheet", "worksheets/sheet1.xml")},
					xlsxtest.Part{Name: opc.ContentTypesPart, Content: strings.ReplaceAll(xlsxtest.TypesXML, "/xl/styles.xml", "/xl/none.xml")})
			}
			out := copied(t, xlsxtest.Zipped(t, parts), resultPatch("Circuits", 1, 2))
			f, err := excelize.OpenReader(bytes.NewReader(out))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			id, err := f.GetCellStyle("Errors", "A2")
			if err != nil {
				t.Fatal(err)
			}
			if fill, font := coloursOf(t, xlsxtest.PartOf(t, out, "xl/styles.xml"), id); fill != "FFFFC7CE" || font != "FF9C0006" {
				t.Errorf("an error is shown in %s on %s", font, fill)
			}
		})
	}
}

// coloursOf returns the colours of a cell format, read independently of the codec.
func coloursOf(t *testing.T, part string, id int) (fill, font string) {
	t.Helper()
	type color struct {
		RGB string `xml:"rgb,attr"`
	}
	var styles struct {
		Fonts []struct {
			Color color `xml:"color"`
		} `xml:"fonts>font"`
		Fills []struct {
			Color color `xml:"patternFill>fgColor"`
		} `xml:"fills>fill"`
		Xfs []struct {
			Font int `xml:"fontId,attr"`
			Fill int `xml:"fillId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := xml.Unmarshal([]byte(part), &styles); err != nil {
		t.Fatal(err)
	}
	xf := styles.Xfs[id]
	return styles.Fills[xf.Fill].Color.RGB, styles.Fonts[xf.Font].Color.RGB
}

func TestStrictFormStays(t *testing.T) {
	strict := func(s string) string {
		return strings.NewReplacer("http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main",
			"http://schemas.openxmlformats.org/officeDocument/2006/relationships", "http://purl.oclc.org/ooxml/officeDocument/relationships").Replace(s)
	}
	var parts []xlsxtest.Part
	for _, p := range xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/worksheets/sheet1.xml", Content: xlsxtest.SheetOpen + xlsxtest.DataRows + `</worksheet>`}) {
		parts = append(parts, xlsxtest.Part{Name: p.Name, Content: strict(p.Content)})
	}
	out := copied(t, xlsxtest.Zipped(t, parts), resultPatch("Circuits", 1, 2))
	for _, f := range xlsxtest.ZipOf(t, out).File {
		b := string(xlsxtest.Unpacked(t, f))
		if strings.HasPrefix(f.Name, "xl/") && strings.Contains(strings.ReplaceAll(b, "http://schemas.openxmlformats.org/package/", ""), "schemas.openxmlformats.org") {
			t.Errorf("%s contains names of the Transitional form: %s", f.Name, b)
		}
		if strings.Contains(f.Name, "vml") {
			t.Errorf("the Strict form has no %s", f.Name)
		}
	}
}

func TestObstacles(t *testing.T) {
	engineers := xlsxtest.SheetOpen + xlsxtest.DataRows + `<mergeCells><mergeCell ref="B2:D2"/></mergeCells></worksheet>`
	book := strings.Replace(xlsxtest.BookXML, "</sheets>", `<sheet name="Engineers" sheetId="2" r:id="rId2"/></sheets>`, 1)
	base := []xlsxtest.Part{
		{Name: "xl/workbook.xml", Content: book}, {Name: "xl/worksheets/sheet2.xml", Content: engineers},
		{Name: "xl/worksheets/sheet1.xml", Content: xlsxtest.SheetOpen + xlsxtest.DataRows + `</worksheet>`},
		{Name: "xl/_rels/workbook.xml.rels", Content: xlsxtest.RelsPart("worksheet", "worksheets/sheet1.xml", "worksheet", "worksheets/sheet2.xml", "styles", "styles.xml")},
	}
	atB2 := []sheet.Problem{{Code: "made", Severity: sheet.Error, At: sheet.Ref{Sheet: "Circuits", Row: 2, Col: 2}}}
	drawings := []xlsxtest.Part{
		{Name: "xl/worksheets/_rels/sheet1.xml.rels", Content: xlsxtest.RelsPart("vmlDrawing", "../drawings/vmlDrawing1.vml")},
		{Name: "xl/drawings/vmlDrawing1.vml", Content: `<xml><p>a control<br></xml>`},
	}
	for _, test := range []struct {
		name  string
		more  []xlsxtest.Part
		last  int // column of the data
		want  string
		found []sheet.Problem
	}{
		{"merged cells", nil, 2, "note copy-merged-cut", nil},
		{"none", nil, 4, "", atB2},
		{"no free columns", nil, sheet.MaxCol - 7, "error copy-no-free-columns", nil},
		{"locked structure", []xlsxtest.Part{{Name: "xl/workbook.xml", Content: strings.Replace(book, "<sheets>", `<workbookProtection lockStructure="1"/><sheets>`, 1)}}, 4, "note copy-structure-locked", nil},
		{"signed", []xlsxtest.Part{{Name: "_rels/.rels", Content: strings.Replace(xlsxtest.TopRelsXML, "</Rel", `<Relationship Id="rId9" Type="http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/origin" Target="_xmlsignatures/origin.sigs"/></Rel`, 1)}}, 4, "warning copy-signed", nil},
		{"drawings", drawings, 4, "note copy-no-notes", atB2},
		{"drawings and a note of the user's", append(slices.Clone(drawings),
			xlsxtest.Part{Name: "xl/worksheets/_rels/sheet1.xml.rels", Content: xlsxtest.RelsPart("vmlDrawing", "../drawings/vmlDrawing1.vml", "comments", "../comments1.xml")},
			xlsxtest.Part{Name: "xl/comments1.xml", Content: `<comments xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><authors><author>Op</author></authors><commentList><comment ref="A2" authorId="0"><text><t>mine</t></text></comment></commentList></comments>`},
		), 4, "note copy-no-notes", atB2},
		{"drawings and nothing to note", drawings, 4, "", nil},
		{"array formula beside the data", []xlsxtest.Part{{Name: "xl/worksheets/sheet1.xml", Content: xlsxtest.SheetOpen + `<sheetData><row r="1"/><row r="2"><c r="B2"><f t="array" ref="B2:F2">A2:E2</f><v>1</v></c></row></sheetData></worksheet>`}}, 4, "error copy-formula-in-the-way", nil},
		{"damage", []xlsxtest.Part{{Name: "xl/worksheets/sheet2.xml", Content: xlsxtest.SheetOpen + `<sheetData><row r="1">`}}, 4, "error part-truncated", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := xlsxtest.Zipped(t, xlsxtest.PlainParts(append(slices.Clone(base), test.more...)...))
			w := &sheet.Workbook{
				CircuitsTable:  sheet.Table{Sheet: "Circuits", HeaderRow: 1, LastRow: 2, LastCol: test.last},
				EngineersTable: sheet.Table{Sheet: "Engineers", HeaderRow: 1, LastRow: 2, LastCol: test.last},
				Problems:       test.found,
			}
			var got []string
			for _, p := range Obstacles(bytes.NewReader(file), int64(len(file)), w) {
				got = append(got, p.Severity.String()+" "+p.Code)
			}
			if strings.Join(got, ", ") != test.want {
				t.Errorf("obstacles are %q, want %q", got, test.want)
			}
		})
	}
}
