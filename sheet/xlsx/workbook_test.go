package xlsx

import (
	"fmt"
	"strings"
	"testing"
)

// swapped replaces words of a text, as strings.NewReplacer does.
func swapped(s string, oldnew ...string) string { return strings.NewReplacer(oldnew...).Replace(s) }

// TestPartsAreFoundByRelationships opens workbooks whose parts stand elsewhere, in
// other forms and under other names than usual.
func TestPartsAreFoundByRelationships(t *testing.T) {
	const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	moved := func(s string) string {
		return swapped(s, "sheet1.xml", "data.bin", "worksheets/", "", "sharedStrings.xml", "texts", "/xl/", "/some%20where/", `"xl/`, `"some%20where/`)
	}
	strict := func(s string) string {
		return swapped(s, main, "http://purl.oclc.org/ooxml/spreadsheetml/main",
			"http://schemas.openxmlformats.org/officeDocument/2006/relationships", "http://purl.oclc.org/ooxml/officeDocument/relationships")
	}
	prefixed := swapped(sheetXML, "<?xml", "<?xml", "xmlns=", "xmlns:x=", "</", "</x:", "<", "<x:")
	prefixed = swapped(prefixed, "<x:?", "<?")
	tests := []struct {
		name  string
		parts []part
	}{
		{"plain", plainParts()},
		{"elsewhere", []part{{contentTypesPart, moved(typesXML)}, {"_rels/.rels", moved(topRelsXML)}, {"some where/workbook.xml", bookXML},
			{"some where/_rels/workbook.xml.rels", moved(relsXML)}, {"some where/styles.xml", stylesXML}, {"some where/texts", stringsXML}, {"some where/data.bin", sheetXML}}},
		{"absolute targets", plainParts(part{"xl/_rels/workbook.xml.rels", swapped(relsXML, `Target="`, `Target="/xl/`)})},
		{"targets with dots", plainParts(part{"xl/_rels/workbook.xml.rels", swapped(relsXML, `Target="`, `Target="../xl/./`)})},
		{"targets with backslashes", plainParts(part{"xl/_rels/workbook.xml.rels", swapped(relsXML, `worksheets/`, `worksheets\`)})},
		{"targets in other case", plainParts(part{"xl/_rels/workbook.xml.rels", swapped(relsXML, `worksheets/`, `WorkSheets/`)})},
		{"Strict", []part{{contentTypesPart, typesXML}, {"_rels/.rels", strict(topRelsXML)}, {"xl/workbook.xml", strict(bookXML)}, {"xl/_rels/workbook.xml.rels", strict(relsXML)},
			{"xl/styles.xml", strict(stylesXML)}, {"xl/sharedStrings.xml", strict(stringsXML)}, {"xl/worksheets/sheet1.xml", strict(sheetXML)}}},
		{"prefixed", plainParts(part{"xl/worksheets/sheet1.xml", prefixed})},
		{"no namespace", plainParts(part{"xl/worksheets/sheet1.xml", swapped(sheetXML, ` xmlns="`+main+`"`, "")})},
		{"UTF-16", plainParts(part{"xl/worksheets/sheet1.xml", string(inUTF16("\ufeff"+swapped(sheetXML, "UTF-8", "UTF-16"), false))},
			part{"xl/sharedStrings.xml", string(inUTF16("\ufeff"+stringsXML, true))}, part{"xl/workbook.xml", string(inUTF16(bookXML, false))})},
		{"with byte order mark", plainParts(part{"xl/worksheets/sheet1.xml", "\ufeff" + sheetXML}, part{"xl/workbook.xml", "\ufeff" + bookXML})},
		{"macros", plainParts(part{contentTypesPart, swapped(typesXML, "vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", "vnd.ms-excel.sheet.macroEnabled.main+xml")})},
		{"other prefix for relationships", plainParts(part{"xl/workbook.xml", swapped(bookXML, "xmlns:r=", "xmlns:q=", "r:id", "q:id")})},
	}
	const want = "1 A=t:Instance ID\n2 A=t:pc-made0001 B=n:45000/date\n"
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b, err := openBytes(zipped(t, test.parts))
			if err != nil {
				t.Fatal(err)
			}
			got, err := show(b, "Circuits")
			if err != nil || got != want {
				t.Errorf("got %v\n%s", err, got)
			}
			if b.parts.strict != (test.name == "Strict") {
				t.Errorf("strict is %v", b.parts.strict)
			}
			if err := b.CheckRest(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestNoStylesNoStrings opens a workbook that has neither part, as some programs write.
func TestNoStylesNoStrings(t *testing.T) {
	rels := relsXML[:strings.Index(relsXML, `<Relationship Id="rId2"`)] + "</Relationships>"
	b, err := openBytes(zipped(t, plainParts(part{"xl/_rels/workbook.xml.rels", rels}, part{"xl/styles.xml", "-"}, part{"xl/sharedStrings.xml", "-"},
		part{"xl/worksheets/sheet1.xml", sheetOpen + `<sheetData><row><c s="7"><v>45000</v></c><c t="inlineStr"><is><t>x</t></is></c></row></sheetData></worksheet>`})))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := show(b, "Circuits"); err != nil || got != "1 A=n:45000 B=t:x\n" {
		t.Errorf("got %v\n%s", err, got)
	}
}

func TestSheets(t *testing.T) {
	book := swapped(bookXML, "<sheets>", `<workbookPr date1904="1"/><sheets><sheet name="Chart" sheetId="9" r:id="rId9"/>`,
		"</sheets>", `<sheet name="R&amp;D _x0041_" sheetId="2" state="veryHidden" r:id="rId2"/></sheets>`)
	rels := swapped(relsXML, "<Relationship Id=\"rId2\"", `<Relationship Id="rId9" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/chartsheet" Target="chart.xml"/><Relationship Id="rId2"`,
		"/styles\"", "/worksheet\"", "styles.xml", "worksheets/sheet1.xml")
	b, err := openBytes(zipped(t, plainParts(part{"xl/workbook.xml", book}, part{"xl/_rels/workbook.xml.rels", rels}, part{"xl/chart.xml", "<chartsheet/>"})))
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
		if _, err := show(b, name); codeOf(t, err) != "sheet-not-listed" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWorkbookRefuses(t *testing.T) {
	const sheetEntry = `<sheet name="Circuits" sheetId="1" r:id="rId1"/>`
	tests := []struct {
		name  string
		parts []part
		code  string
	}{
		{"no workbook part", plainParts(part{"xl/workbook.xml", "-"}), "part-missing"},
		{"no top relationships", plainParts(part{"_rels/.rels", "-"}), "file-other-format"},
		{"no content types", plainParts(part{contentTypesPart, "-"}), "file-other-format"},
		{"no sheets", plainParts(part{"xl/workbook.xml", swapped(bookXML, sheetEntry, "")}), "workbook-no-sheets"},
		{"another root", plainParts(part{"xl/workbook.xml", "<worksheet/>"}), "part-wrong-root"},
		{"sheet twice", plainParts(part{"xl/workbook.xml", swapped(bookXML, sheetEntry, sheetEntry+swapped(sheetEntry, "Circuits", "CIRCUITS"))}), "workbook-sheet-twice"},
		{"sheet without a name", plainParts(part{"xl/workbook.xml", swapped(bookXML, `name="Circuits"`, "")}), "workbook-sheet-entry"},
		{"sheet without a relationship", plainParts(part{"xl/workbook.xml", swapped(bookXML, "rId1", "rId99")}), "workbook-sheet-lost"},
		{"sheet without a part", plainParts(part{"xl/worksheets/sheet1.xml", "-"}), "workbook-sheet-lost"},
		{"sheet outside", plainParts(part{"xl/_rels/workbook.xml.rels", swapped(relsXML, "worksheets/", "../../../worksheets/")}), "workbook-sheet-lost"},
		{"external sheet", plainParts(part{"xl/_rels/workbook.xml.rels", swapped(relsXML, `Target="worksheets/sheet1.xml"`, `TargetMode="External" Target="http://made.up/"`)}), "workbook-sheet-lost"},
		{"relationship twice", plainParts(part{"xl/_rels/workbook.xml.rels", swapped(relsXML, "rId3", "rId2")}), "part-relationship"},
		{"endless relationships", plainParts(part{"xl/_rels/workbook.xml.rels", manyRelationships(maxListed + 1)}), "part-list-long"},
		{"relationships cut short", plainParts(part{"xl/_rels/workbook.xml.rels", relsXML[:100]}), "part-truncated"},
		{"shared strings lost", plainParts(part{"xl/sharedStrings.xml", "-"}), "part-missing"},
		{"styles lost", plainParts(part{"xl/styles.xml", "-"}), "part-missing"},
		{"shared strings are a sheet", plainParts(part{"xl/sharedStrings.xml", sheetXML}), "part-wrong-root"},
		{"entity bomb", plainParts(part{"xl/sharedStrings.xml", `<!DOCTYPE a [<!ENTITY b "ha">]>` + stringsXML}), "part-dtd"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := openBytes(zipped(t, test.parts))
			if code := codeOf(t, err); code != test.code {
				t.Errorf("got %q (%v), want %q", code, err, test.code)
			}
		})
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
