package xlsx

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
)

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

// TestMissingPartsAreNotFound refers to missing parts in each way that a package can, and
// checks that the copy does not have them either.
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

// TestMissingStylesAreMade copies a workbook that refers to missing styles.
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
	const module = `<sheet name="Summary" sheetId="99" state="veryHidden" r:id="rId4"/>`
	book := xlsxtest.Part{Name: "xl/workbook.xml", Content: strings.NewReplacer("<sheets>", "<sheets>"+module, "</sheets>", `</sheets><externalReferences><externalReference r:id="rId6"/></externalReferences>`).Replace(xlsxtest.BookXML)}
	out := copied(t, xlsxtest.Zipped(t, xlsxtest.PlainParts(book)), resultPatch("Circuits", 2, 2))
	out = copied(t, out, resultPatch("Circuits", 2, 2))
	got := xlsxtest.PartOf(t, out, "xl/workbook.xml")
	for _, want := range []string{module, `name="Errors" sheetId="100"`, `name="Summary (loabatch)" sheetId="101"`, `localSheetId="2"`, `localSheetId="3"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
	if rels := xlsxtest.PartOf(t, out, "xl/_rels/workbook.xml.rels"); strings.Contains(rels, `"rId4"`) || strings.Contains(rels, `"rId6"`) {
		t.Errorf("a dangling reference got a part: %s", rels)
	}
}

// TestPackedFoldersStay copies folder entries that other languages' zip writers have
// compressed, byte for byte.
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

// TestStylesWithAlternatives adds formats to lists with alternative entries: the counts and
// the indexes are what a consumer without extensions sees.
func TestStylesWithAlternatives(t *testing.T) {
	const entry = `<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>`
	either := func(choice, fallback string) string {
		return `<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice xmlns:hs="urn:made" Requires="hs">` + choice + `</mc:Choice>` + fallback + `</mc:AlternateContent>`
	}
	fallback := func(s string) string { return `<mc:Fallback>` + s + `</mc:Fallback>` }
	for _, test := range []struct {
		name, xfs, fonts string
		xf, font         int // how many a consumer sees
	}{
		{"none", entry + entry, `<font/>`, 2, 1},
		{"of one entry", entry + either(entry, fallback(entry)) + entry, `<font/>`, 3, 1},
		{"without a fallback", entry + either(entry, ""), either("<font/>", "") + "<font/>", 1, 1},
		{"of several entries", either(entry+entry, fallback(entry+entry+entry)), either("<font/>", fallback("<font/><font><b/></font>")), 3, 2},
		{"nested", entry + either(entry, fallback(entry+either(entry+entry, fallback(entry)))), `<font/>`, 3, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			styles := `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><fonts count="9">` + test.fonts + `</fonts><fills count="2"><fill/><fill/></fills><borders count="1"><border/></borders><cellXfs count="9">` + test.xfs + `</cellXfs></styleSheet>`
			file := xlsxtest.Zipped(t, xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/styles.xml", Content: styles}))
			out := copied(t, file, resultPatch("Circuits", 2, 2))
			got := xlsxtest.PartOf(t, out, "xl/styles.xml")
			again := xlsxtest.PartOf(t, copied(t, out, resultPatch("Circuits", 2, 2)), "xl/styles.xml")
			if again != got {
				t.Errorf("the copy of the copy has other styles: %s", again)
			}
			for _, list := range []struct {
				name, was, child string
				had              int
			}{{"cellXfs", test.xfs, "<xf ", test.xf}, {"fonts", test.fonts, "<font>", test.font}} {
				_, rest, _ := strings.Cut(got, "<"+list.name+` count="`)
				count, rest, _ := strings.Cut(rest, `">`)
				added, ok := strings.CutPrefix(rest, list.was)
				added, _, _ = strings.Cut(added, "</"+list.name)
				if want := list.had + strings.Count(added, list.child); !ok || count != strconv.Itoa(want) {
					t.Errorf("%s counts %s, want %d: %s", list.name, count, want, got)
				}
				if list.name != "cellXfs" {
					continue
				}
				header := strings.Count(added[:strings.Index(added, `vertical="center"/>`)], "<xf ") - 1 + list.had
				if part := xlsxtest.PartOf(t, out, "xl/worksheets/sheet1.xml"); !strings.Contains(part, `<c r="C1" s="`+strconv.Itoa(header)+`"`) {
					t.Errorf("the header is not of format %d: %s", header, part)
				}
			}
		})
	}
}

// TestMissingDrawingsAreNotFound adds notes to a sheet whose drawing has no relationship.
func TestMissingDrawingsAreNotFound(t *testing.T) {
	const drawing = `<drawing xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rId1"/>`
	out := copied(t, xlsxtest.WithSheet(t, xlsxtest.DataRows+drawing), resultPatch("Circuits", 2, 2))
	if got := xlsxtest.PartOf(t, out, "xl/worksheets/_rels/sheet1.xml.rels"); strings.Contains(got, `"rId1"`) {
		t.Errorf("the drawing got a part: %s", got)
	}
}
