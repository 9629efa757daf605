package xlsx

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"io"
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
				t.Errorf("the sheet got a filter of its own: %s", got)
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
			t.Errorf("the user's sheet holds %q", got)
		}
		g.Close()
	}
}

// TestPartNamesAreFree gives the only sheet the highest ID, and its part the name that a new
// sheet would get by its ID.
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
			t.Errorf("%s is not there", name)
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

// coloursOf returns the colours of a cell format by a reader of its own.
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
			t.Errorf("%s holds names of the Transitional form: %s", f.Name, b)
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

// typesOf lists the part names of Overrides in a list of content types, and whether it has
// a Default for relationships.
func typesOf(t *testing.T, file []byte) (overrides map[string]int, rels bool) {
	t.Helper()
	var list struct {
		Defaults []struct {
			Extension string `xml:",attr"`
		} `xml:"Default"`
		Overrides []struct {
			PartName string `xml:",attr"`
		} `xml:"Override"`
	}
	if err := xml.Unmarshal([]byte(xlsxtest.PartOf(t, file, opc.ContentTypesPart)), &list); err != nil {
		t.Fatal(err)
	}
	overrides = map[string]int{}
	for _, o := range list.Overrides {
		overrides[strings.ToLower(o.PartName)]++
	}
	for _, d := range list.Defaults {
		rels = rels || strings.EqualFold(d.Extension, "rels")
	}
	return overrides, rels
}

// TestAddedRelationshipsHaveAType copies workbooks whose content types name each list of
// relationships, or none.
func TestAddedRelationshipsHaveAType(t *testing.T) {
	const relsType = "application/vnd.openxmlformats-package.relationships+xml"
	const def = `<Default Extension="rels" ContentType="` + relsType + `"/>`
	override := func(part, typ string) string { return `<Override PartName="` + part + `" ContentType="` + typ + `"/>` }
	for _, test := range []struct{ name, types string }{
		{"by override", override("/_rels/.rels", relsType) + override("/xl/_rels/workbook.xml.rels", relsType)},
		{"none", ""},
		{"of another type", `<Default Extension="RELS" ContentType="application/xml"/>`},
		{"of a part to come", override("/xl/worksheets/_rels/sheet1.xml.rels", relsType)},
		{"of a part to come, wrongly", override("/xl/worksheets/_rels/Sheet1.xml.rels", "application/xml")},
		{"by default", def},
		{"by default in capitals", strings.Replace(def, `"rels"`, `"Rels"`, 1)},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := xlsxtest.Zipped(t, xlsxtest.PlainParts(xlsxtest.Part{Name: opc.ContentTypesPart, Content: strings.Replace(xlsxtest.TypesXML, def, test.types, 1)}))
			out := copied(t, copied(t, file, resultPatch("Circuits", 2, 2)), resultPatch("Circuits", 2, 2))
			was := xlsxtest.ZipOf(t, file)
			overrides, _ := typesOf(t, out)
			c, err := opc.Open(bytes.NewReader(out), int64(len(out)), opc.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			types, err := c.ContentTypes()
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range xlsxtest.ZipOf(t, out).File {
				if strings.HasSuffix(f.Name, ".rels") && xlsxtest.ZipEntry(was, f.Name) == nil && types.Of(f.Name) != relsType {
					t.Errorf("%s has the type %q", f.Name, types.Of(f.Name))
				}
			}
			for part, n := range overrides {
				if n > 1 {
					t.Errorf("%s has %d types", part, n)
				}
			}
		})
	}
}

// TestMissingPartsAreNotFound names parts that are not there in each way that a package
// can, and checks that none of them is there in the copy.
func TestMissingPartsAreNotFound(t *testing.T) {
	rel := func(target string) string { return xlsxtest.RelsPart("drawing", target) }
	types := func(part string) xlsxtest.Part {
		return xlsxtest.Part{Name: opc.ContentTypesPart, Content: strings.Replace(xlsxtest.TypesXML, "</Types>", `<Override PartName="`+part+`" ContentType="application/vnd.openxmlformats-officedocument.drawing+xml"/></Types>`, 1)}
	}
	for _, test := range []struct {
		name, missing string
		part          xlsxtest.Part
	}{
		{"content type", "xl/drawings/drawing1.xml", types("/xl/drawings/drawing1.xml")},
		{"content type in capitals", "xl/charts/chart1.xml", types("/XL/Charts/CHART1.XML")},
		{"content type of a sheet", "xl/worksheets/sheet2.xml", types("/xl/worksheets/sheet2.xml")},
		{"content type of notes", "xl/comments1.xml", types("/xl/comments1.xml")},
		{"relationship of the package", "xl/drawings/drawing1.xml", xlsxtest.Part{Name: "_rels/.rels", Content: strings.Replace(xlsxtest.TopRelsXML, "</Rel", `<Relationship Id="rId9" Type="made" Target="/xl/drawings/drawing1.xml"/></Rel`, 1)}},
		{"relationship of a sheet", "xl/drawings/drawing1.xml", xlsxtest.Part{Name: "xl/worksheets/_rels/sheet1.xml.rels", Content: rel("../drawings/drawing1.xml")}},
		{"relationship in capitals", "xl/drawings/vmldrawing1.vml", xlsxtest.Part{Name: "xl/worksheets/_rels/sheet1.xml.rels", Content: rel("../Drawings/vmlDrawing1.VML")}},
		{"relationship with an escape", "xl/drawings/drawing1.xml", xlsxtest.Part{Name: "xl/worksheets/_rels/sheet1.xml.rels", Content: rel("../drawings/drawing%31.xml")}},
		{"relationship of another part", "xl/comments1.xml", xlsxtest.Part{Name: "xl/theme/_rels/theme1.xml.rels", Content: rel("/xl/comments1.xml")}},
		{"relationships of a missing part", "xl/drawings/drawing1.xml", xlsxtest.Part{Name: "xl/drawings/_rels/drawing1.xml.rels", Content: rel("a.png")}},
		{"damaged relationships", "xl/drawings/drawing1.xml", xlsxtest.Part{Name: "xl/theme/_rels/theme1.xml.rels", Content: `<Relationships><Relationship Target="/xl/drawings/drawing1.xml"/><Relationship`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := xlsxtest.Zipped(t, xlsxtest.PlainParts(test.part))
			var out bytes.Buffer
			if err := Copy(&out, bytes.NewReader(file), int64(len(file)), resultPatch("Circuits", 2, 2)); err != nil {
				t.Fatal(err)
			}
			names := map[string]int{}
			for _, f := range xlsxtest.ZipOf(t, out.Bytes()).File {
				names[strings.ToLower(f.Name)]++
				if strings.EqualFold(f.Name, test.missing) || names[strings.ToLower(f.Name)] > 1 {
					t.Errorf("%s was added", f.Name)
				}
			}
			overrides, _ := typesOf(t, out.Bytes())
			for part, n := range overrides {
				if n > 1 {
					t.Errorf("%s has %d types", part, n)
				}
			}
		})
	}
}

// TestMissingStylesAreMade copies a workbook whose styles are named and missing.
func TestMissingStylesAreMade(t *testing.T) {
	const stylesType = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
	data := xlsxtest.Part{Name: "xl/worksheets/sheet1.xml", Content: xlsxtest.SheetOpen + xlsxtest.DataRows + `</worksheet>`}
	for _, test := range []struct{ name, was, is string }{
		{"with a type", "", ""},
		{"without a type", `<Override PartName="/xl/styles.xml" ContentType="` + stylesType + `"/>`, ""},
		{"with another type", stylesType, "application/xml"},
	} {
		types := xlsxtest.Part{Name: opc.ContentTypesPart, Content: strings.Replace(xlsxtest.TypesXML, test.was, test.is, 1)}
		file := xlsxtest.Zipped(t, xlsxtest.PlainParts(data, types, xlsxtest.Part{Name: "xl/styles.xml", Content: "-"}, xlsxtest.Part{Name: "xl/sharedStrings.xml", Content: "-"}))
		out := copied(t, file, resultPatch("Circuits", 2, 2))
		if got := xlsxtest.PartOf(t, out, "xl/styles.xml"); !strings.Contains(got, "<cellXfs") {
			t.Errorf("%s: styles are %s", test.name, got)
		}
		if got := xlsxtest.PartOf(t, out, "xl/_rels/workbook.xml.rels"); strings.Count(got, "/styles\"") != 1 {
			t.Errorf("%s: relationships are %s", test.name, got)
		}
		if got := xlsxtest.PartOf(t, out, opc.ContentTypesPart); strings.Count(got, stylesType) != 1 || strings.Count(got, "/xl/styles.xml") != 1 {
			t.Errorf("%s: types are %s", test.name, got)
		}
	}
}

// TestModuleSheetsStay copies a workbook with a sheet that has no part, between others.
func TestModuleSheetsStay(t *testing.T) {
	const module = `<sheet name="Summary" sheetId="99" state="veryHidden" r:id=""/>`
	book := xlsxtest.Part{Name: "xl/workbook.xml", Content: strings.Replace(xlsxtest.BookXML, "<sheets>", "<sheets>"+module, 1)}
	out := copied(t, xlsxtest.Zipped(t, xlsxtest.PlainParts(book)), resultPatch("Circuits", 2, 2))
	out = copied(t, out, resultPatch("Circuits", 2, 2))
	got := xlsxtest.PartOf(t, out, "xl/workbook.xml")
	for _, want := range []string{module, `name="Errors" sheetId="100"`, `name="Summary (loabatch)" sheetId="101"`, `localSheetId="2"`, `localSheetId="3"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
}

// TestPackedFoldersStay copies folder entries as the zip writers of other languages pack
// them, byte for byte.
func TestPackedFoldersStay(t *testing.T) {
	var in bytes.Buffer
	z := zip.NewWriter(&in)
	folder := func(name string, method, flags uint16, packed string) {
		out := &zip.FileHeader{Name: name + "_", Method: method, Flags: flags, CompressedSize64: uint64(len(packed)), Extra: []byte{0xfe, 0xca, 0, 0}}
		w, err := z.CreateRaw(out)
		if err != nil {
			t.Fatal(err)
		}
		out.Name = name + "/"
		if _, err := io.WriteString(w, packed); err != nil {
			t.Fatal(err)
		}
	}
	folder("xl", zip.Deflate, 0, "\x03\x00")
	for i, p := range xlsxtest.PlainParts() {
		w, err := z.Create(p.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, p.Content); err != nil {
			t.Fatal(err)
		}
		switch i {
		case 1:
			folder("xl/worksheets", zip.Deflate, 8, "\x03\x00")
		case 3:
			folder("xl/theme", zip.Store, 8, "")
		case 6:
			folder("xl/media", zip.Store, 0, "")
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	file := in.Bytes()
	for _, name := range []string{"xl", "xl/worksheets", "xl/theme", "xl/media"} {
		file = bytes.ReplaceAll(file, []byte(name+"_"), []byte(name+"/")) // in the local headers
	}
	out := copied(t, file, resultPatch("Circuits", 2, 2))
	had, have := xlsxtest.ZipOf(t, file), xlsxtest.ZipOf(t, out)
	for _, f := range had.File {
		if !strings.HasSuffix(f.Name, "/") {
			continue
		}
		g := xlsxtest.ZipEntry(have, f.Name)
		if g == nil {
			t.Errorf("%s is lost", f.Name)
			continue
		}
		if g.Method != f.Method || g.Flags != f.Flags || !bytes.Equal(g.Extra, f.Extra) || !bytes.Equal(xlsxtest.Packed(t, f), xlsxtest.Packed(t, g)) {
			t.Errorf("%s became %+v", f.Name, g.FileHeader)
		}
	}
	if bytes.Contains(out, []byte("xl_")) || bytes.Contains(out, []byte("worksheets_")) {
		t.Error("a folder has another name")
	}
}
