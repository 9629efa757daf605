package xlsx

import (
	"bytes"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
)

// The secrets of the workbook: a phone number and an identity number, which are recognised
// everywhere, and the contents of its masked column.
var secrets = []string{"%E5%B0%8F", "812345", "9900101", "testa personson", "Personson", "王小样", "made-up@example", "X765432"}

// staffRows is a sheet of engineers whose names, contacts and numbers are in column B.
const staffRows = `<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>Instance ID</t></is></c><c r="B1" t="inlineStr"><is><t>Name</t></is></c></row>` +
	`<row r="2"><c r="A2" t="inlineStr"><is><t>pc-made0001</t></is></c><c r="B2" t="inlineStr"><is><t>Testa Personson</t></is></c></row>` +
	`<row r="3"><c r="B3" t="inlineStr"><is><t>王小样</t></is></c></row><row r="4"><c r="B4" t="inlineStr"><is><t>made-up@example.com</t></is></c></row>` +
	`<row r="5"><c r="B5" t="inlineStr"><is><t>X765432</t></is></c></row><row r="6"><c r="B6" t="inlineStr"><is><t>Wu</t></is></c></row></sheetData>`

// redactedPatch masks column B of Circuits, and redacts the copy.
func redactedPatch(name string) sheet.Patch {
	p := resultPatch(name, 3, 2)
	p.Sheets[0].Masked, p.Redact = []int{2}, true
	return p
}

// sheetPart is the first sheet with more rows, and with something after its rows.
func sheetPart(rows, after string) xlsxtest.Part {
	return xlsxtest.Part{Name: "xl/worksheets/sheet1.xml", Content: xlsxtest.SheetOpen + strings.Replace(staffRows, "</sheetData>", rows+"</sheetData>", 1) + after + `</worksheet>`}
}

// otherSheet is a second sheet, which the patch does not touch.
func otherSheet(content string) []xlsxtest.Part {
	return []xlsxtest.Part{
		{Name: "xl/workbook.xml", Content: strings.Replace(xlsxtest.BookXML, "</sheets>", `<sheet name="Other" sheetId="2" r:id="rId4"/></sheets>`, 1)},
		{Name: "xl/_rels/workbook.xml.rels", Content: strings.Replace(xlsxtest.RelsXML, "</Rel", `<Relationship Id="rId4" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/other.xml"/></Rel`, 1)},
		{Name: "xl/worksheets/other.xml", Content: xlsxtest.SheetOpen + content + `</worksheet>`},
	}
}

// TestRedactedCopies puts personal data into every place of a package where a user can type
// it, and finds none of it in the redacted copy.
func TestRedactedCopies(t *testing.T) {
	const sheet1, other, book = "xl/worksheets/sheet1.xml", "xl/worksheets/other.xml", "xl/workbook.xml"
	part := func(name, content string) []xlsxtest.Part { return []xlsxtest.Part{{Name: name, Content: content}} }
	rows := func(s string) []xlsxtest.Part { return []xlsxtest.Part{sheetPart(s, "")} }
	after := func(s string) []xlsxtest.Part { return []xlsxtest.Part{sheetPart("", s)} }
	const dml = ` xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"`
	for _, test := range []struct {
		name  string
		parts []xlsxtest.Part
		part  string
		want  string
	}{
		{"number", rows(`<row r="9"><c r="C9" s="1"><v>13812345678</v></c></row>`), sheet1, `<c r="C9" s="1" t="str"><v>13*******78</v></c>`},
		{"exponent", rows(`<row r="9"><c r="C9"><v>1.3812345678E10</v></c></row>`), sheet1, `t="str"`},
		{"text of a formula", rows(`<row r="9"><c r="C9" t="str"><f>IF(A1="13812345678","Testa Personson","王小样")</f><v>王小样</v></c></row>`), sheet1, `<f>IF(A1="13*******78","Te***********on","王**")</f><v>王**</v>`},
		{"number in a formula", rows(`<row r="9"><c r="C9"><f>SUM(A2:A1048576)+13812345678</f><v>13812345678</v></c></row>`), sheet1, `<c r="C9" t="str"><f>SUM(A2:A1048576)+13000000078</f><v>13*******78</v>`},
		{"signed number in a formula", rows(`<row r="9"><c r="C9"><f>+8613812345678</f><v>8613812345678</v></c></row>`), sheet1, `<f>+8000000000078</f>`},
		{"runs", rows(`<row r="9"><c r="C9" t="inlineStr"><is><r><t>138123</t></r><r><rPr><b/></rPr><t>45678</t></r><rPh sb="0" eb="1"><t>812345</t></rPh></is></c></row>`), sheet1, `<is><r><t>13****</t></r><r><rPr><b/></rPr><t>***78</t></r><rPh sb="0" eb="1"><t>******</t></rPh></is>`},
		{"escapes", rows(`<row r="9"><c r="C9" t="inlineStr"><is><t>13_x0038_12345678 &amp; _x0041_</t></is></c></row>`), sheet1, `<t>13*******78 &amp; A</t>`},
		{"words that are not personal", rows(`<row r="9"><c r="C9" t="inlineStr"><is><t>Wu Networks, E12 &amp; 无锡</t></is></c></row>`), sheet1, `<t>Wu Networks, E12 &amp; 无锡</t>`},
		{"shared strings", part("xl/sharedStrings.xml", `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>TESTA PERSONSON, 999999199001011234</t></si><si><r><t>王小</t></r><r><t>样 works</t></r></si></sst>`), "xl/sharedStrings.xml", `<si><t>TE***********ON, 99**************34</t></si><si><r><t>王*</t></r><r><t>* works</t></r></si>`},
		{"another sheet", otherSheet(`<sheetData><row r="1"><c r="A1"><v>13812345678</v></c><c r="B1" t="inlineStr"><is><t>made-up@example.com</t></is></c><c r="C1"><f>"X765432"&amp;A1</f></c><c r="D1" t="inlineStr"><is><t>Wu</t></is></c><c r="E1"><v>46402.5</v></c></row></sheetData>`), other, `<c r="A1" t="str"><v>13*******78</v></c><c r="B1" t="inlineStr"><is><t>ma***************om</t></is></c><c r="C1"><f>"X******"&amp;A1</f></c><c r="D1" t="inlineStr"><is><t>W*</t></is></c><c r="E1"><v>46402.5</v></c>`},
		{"prefixed sheet", otherSheetAs(`<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData><x:row r="1"><x:c r="A1"><x:v>13812345678</x:v></x:c></x:row></x:sheetData></x:worksheet>`), other, `<x:c r="A1" t="str"><x:v>13*******78</x:v></x:c>`},
		{"conditional format", after(`<conditionalFormatting sqref="A2:A1048576"><cfRule type="containsText" priority="1" operator="containsText" text="13812345678"><formula>NOT(ISERROR(SEARCH("13812345678",A2)))</formula></cfRule></conditionalFormatting>`), sheet1, `sqref="A2:A1048576"><cfRule type="containsText" priority="1" operator="containsText" text="13*******78"><formula>NOT(ISERROR(SEARCH("13*******78",A2)))`},
		{"validation", after(`<dataValidations count="1"><dataValidation type="list" prompt="ask Testa Personson" promptTitle="13812345678" error="13812345678" sqref="C2:C1048576"><formula1>"13812345678,王小样"</formula1></dataValidation></dataValidations>`), sheet1, `prompt="ask Te***********on" promptTitle="13*******78" error="13*******78" sqref="C2:C1048576"><formula1>"13*******78,王**"</formula1>`},
		{"validation of an extension", after(`<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"><x14:dataValidations xmlns:x14="made" xmlns:xm="made2"><x14:dataValidation><x14:formula1><xm:f>"13812345678"</xm:f></x14:formula1><xm:sqref>E1048576</xm:sqref></x14:dataValidation></x14:dataValidations></ext></extLst>`), sheet1, `<xm:f>"13*******78"</xm:f></x14:formula1><xm:sqref>E1048576<`},
		{"link", append(after(`<hyperlinks><hyperlink xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" ref="A2" r:id="rId1" tooltip='13812345678' display="Testa Personson" location="Circuits!E1048576"/></hyperlinks>`),
			xlsxtest.Part{Name: "xl/worksheets/_rels/sheet1.xml.rels", Content: strings.Replace(xlsxtest.RelsPart("hyperlink", "tel:+8613812345678"), "/></Rel", ` TargetMode="External"/></Rel`, 1)}), "xl/worksheets/_rels/sheet1.xml.rels", `Target="tel:+8`},
		{"escaped link", append(after(`<hyperlinks><hyperlink xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" ref="A2" r:id="rId1"/></hyperlinks>`),
			xlsxtest.Part{Name: "xl/worksheets/_rels/sheet1.xml.rels", Content: strings.Replace(xlsxtest.RelsPart("hyperlink", "mailto:x@example.com?subject=%E7%8E%8B%E5%B0%8F%E6%A0%B7%20here"), "/></Rel", ` TargetMode="External"/></Rel`, 1)}), "xl/worksheets/_rels/sheet1.xml.rels", `subject=王**%20here"`},
		{"lost digits", rows(`<row r="9"><c r="C9"><v>9.9999919900101101E+17</v></c></row>`), sheet1, `<c r="C9" t="str"><v>9.******************17</v></c>`},
		{"header and footer", after(`<pageMargins left="1" right="1" top="1" bottom="1" header="1" footer="1"/><headerFooter><oddHeader>&amp;L13812345678&amp;RTesta Personson</oddHeader></headerFooter>`), sheet1, `<oddHeader>&amp;L13*******78&amp;RTe***********on</oddHeader>`},
		{"filter", otherSheet(`<sheetData/><autoFilter ref="A1:A9"><filterColumn colId="0"><filters><filter val="13812345678"/></filters></filterColumn></autoFilter>`), other, `<filter val="13*******78"/>`},
		{"defined name", part(book, strings.Replace(xlsxtest.BookXML, "</workbook>", `<definedNames><definedName name="tel13812345678" comment="of Testa Personson">"13812345678"</definedName><definedName name="TEL13812345679">tel13812345678</definedName></definedNames></workbook>`, 1)), book, `<definedName name="tel13_______78" comment="of Te***********on">"13*******78"</definedName><definedName name="TEL13_______79">tel13_______78</definedName>`},
		{"path of the file", part(book, strings.Replace(xlsxtest.BookXML, "<sheets>", `<x15ac:absPath xmlns:x15ac="made" url="C:\Users\Testa Personson\"/><sheets>`, 1)), book, `url="C:\Users\Te***********on\"`},
		{"properties", append(part("docProps/core.xml", `<cp:coreProperties xmlns:cp="made" xmlns:dc="made2"><dc:creator>Testa Personson</dc:creator><cp:keywords>13812345678</cp:keywords></cp:coreProperties>`), xlsxtest.Part{Name: "docProps/custom.xml", Content: `<Properties xmlns:vt="made"><property pid="2" name="13812345678"><vt:i4>13812345678</vt:i4></property></Properties>`}), "docProps/custom.xml", `name="13*******78"><vt:i4>13000000078</vt:i4>`},
		{"comments", append(part("xl/comments1.xml", `<comments xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><authors><author>Testa Personson</author></authors><commentList><comment ref="A9" authorId="0"><text><r><t>call 138</t></r><r><t>12345678</t></r></text></comment></commentList></comments>`),
			xlsxtest.Part{Name: "xl/worksheets/_rels/sheet1.xml.rels", Content: xlsxtest.RelsPart("comments", "../comments1.xml", "vmlDrawing", "../drawings/vmlDrawing1.vml")},
			xlsxtest.Part{Name: "xl/drawings/vmlDrawing1.vml", Content: `<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:x="urn:schemas-microsoft-com:office:excel"><v:shape id="_x0000_s1025" alt="13812345678"><v:textbox><div>13812345678</div></v:textbox><x:ClientData ObjectType="Note"><x:Row>8</x:Row><x:Column>0</x:Column></x:ClientData></v:shape></xml>`}),
			"xl/comments1.xml", `<comment ref="A9" authorId="0"><text><r><t>call 13*</t></r><r><t>******78</t></r></text>`},
		{"drawing that is not XML", part("xl/drawings/vmlDrawing1.vml", `<xml><v:textbox><div>Testa Personson<br>13812345678</div></v:textbox></xml>`), "xl/drawings/vmlDrawing1.vml", `<div>Te***********on<br>13*******78</div>`},
		{"threaded comments", append(part("xl/threadedComments/threadedComment1.xml", `<ThreadedComments xmlns="made"><threadedComment ref="A1" id="{0}"><text>王小样 13812345678</text></threadedComment></ThreadedComments>`), xlsxtest.Part{Name: "xl/persons/person.xml", Content: `<personList xmlns="made"><person displayName="Testa Personson" id="{1}" userId="made-up@example.com" providerId="AD"/></personList>`}), "xl/threadedComments/threadedComment1.xml", `<text>王** 13*******78</text>`},
		{"text box", part("xl/drawings/drawing1.xml", `<xdr:wsDr xmlns:xdr="made"`+dml+`><xdr:sp><xdr:cNvPr id="2" name="13812345678" descr="Testa Personson"/><a:p><a:r><a:t>138123</a:t></a:r><a:r><a:t>45678</a:t></a:r></a:p></xdr:sp></xdr:wsDr>`), "xl/drawings/drawing1.xml", `<a:t>13****</a:t></a:r><a:r><a:t>***78</a:t>`},
		{"chart", part("xl/charts/chart1.xml", `<c:chartSpace`+dml+`><c:f>Circuits!$A$2:$A$1048576</c:f><c:strCache><c:pt idx="0"><c:v>13812345678</c:v></c:pt></c:strCache><c:numCache><c:pt idx="0"><c:v>13812345678</c:v></c:pt></c:numCache></c:chartSpace>`), "xl/charts/chart1.xml", `<c:strCache><c:pt idx="0"><c:v>13*******78</c:v></c:pt></c:strCache><c:numCache><c:pt idx="0"><c:v>13000000078</c:v>`},
		{"table", []xlsxtest.Part{sheetPart(`<row r="8"><c r="A8" t="inlineStr"><is><t>13812345678</t></is></c></row><row r="9"><c r="C9"><f>SUM(T13812345678[13812345678])</f></c></row>`, ""),
			{Name: "xl/worksheets/_rels/sheet1.xml.rels", Content: xlsxtest.RelsPart("table", "../tables/table1.xml")},
			{Name: "xl/tables/table1.xml", Content: `<table xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" id="1" name="T13812345678" displayName="T13812345678" ref="A8:A9"><tableColumns count="1"><tableColumn id="1" name="13812345678"/></tableColumns></table>`}},
			"xl/tables/table1.xml", `name="T13_______78" displayName="T13_______78" ref="A8:A9"><tableColumns count="1"><tableColumn id="1" name="13*******78"/>`},
		{"pivot cache", append(part("xl/pivotCache/pivotCacheDefinition1.xml", `<pivotCacheDefinition><cacheField name="王小样"><sharedItems containsNumber="1" minValue="13812345678"><s v="13812345678"/><n v="13812345678"/></sharedItems></cacheField></pivotCacheDefinition>`), xlsxtest.Part{Name: "xl/pivotCache/pivotCacheRecords1.xml", Content: `<pivotCacheRecords><r><n v="13812345678"/><s v="Testa Personson"/></r></pivotCacheRecords>`}), "xl/pivotCache/pivotCacheDefinition1.xml", `<cacheField name="王**"><sharedItems containsNumber="1" minValue="13000000078"><s v="13*******78"/><n v="13000000078"/>`},
		{"another workbook", part("xl/externalLinks/externalLink1.xml", `<externalLink><externalBook><sheetNames><sheetName val="13812345678"/></sheetNames><sheetDataSet><sheetData><row r="1"><cell r="A1"><v>13812345678</v></cell></row></sheetData></sheetDataSet></externalBook></externalLink>`), "xl/externalLinks/externalLink1.xml", `<sheetName val="13_______78"/></sheetNames><sheetDataSet><sheetData><row r="1"><cell r="A1"><v>13`},
		{"added XML", part("customXml/item1.xml", `<made><a b="13812345678"/>王小样</made>`), "customXml/item1.xml", `王**</made>`},
		{"in UTF-16", part("customXml/item1.xml", "\xff\xfe"+string(xlsxtest.UTF16(`<?xml version="1.0" encoding="UTF-16"?><made>13812345678</made>`, false))), "customXml/item1.xml", `<made>13*******78</made>`},
		{"picture of the first page", append(part("_rels/.rels", strings.Replace(xlsxtest.TopRelsXML, "</Rel", `<Relationship Id="rId9" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/thumbnail" Target="docProps/thumbnail.jpeg"/></Rel`, 1)), xlsxtest.Part{Name: "docProps/thumbnail.jpeg", Content: "812345"}), "_rels/.rels", `Target="xl/workbook.xml"/></Relationships>`},
	} {
		t.Run(test.name, func(t *testing.T) {
			parts := append([]xlsxtest.Part{sheetPart("", "")}, test.parts...)
			types := xlsxtest.Part{Name: "[Content_Types].xml", Content: strings.Replace(xlsxtest.TypesXML, "<Override", `<Default Extension="vml" ContentType="made"/><Default Extension="jpeg" ContentType="image/jpeg"/><Override`, 1)}
			file := xlsxtest.Zipped(t, xlsxtest.PlainParts(append(parts, types)...))
			out := copied(t, file, redactedPatch("Circuits"))
			noSecrets(t, out)
			if got := xlsxtest.PartOf(t, out, test.part); !strings.Contains(got, test.want) {
				t.Errorf("%s is %s, want %s", test.part, got, test.want)
			}
			again := copied(t, out, redactedPatch("Circuits"))
			if got := xlsxtest.PartOf(t, again, test.part); !strings.Contains(got, test.want) {
				t.Errorf("in the copy of the copy %s is %s", test.part, got)
			}
		})
	}
}

// otherSheetAs is otherSheet with the whole part.
func otherSheetAs(content string) []xlsxtest.Part {
	parts := otherSheet("")
	parts[2].Content = content
	return parts
}

// noSecrets looks for the secrets in every part.
func noSecrets(t *testing.T, file []byte) {
	t.Helper()
	for _, f := range xlsxtest.ZipOf(t, file).File {
		content := xlsxtest.Unpacked(t, f)
		for _, secret := range secrets {
			if i := bytes.Index(content, []byte(secret)); i >= 0 {
				t.Errorf("%s has %s: %s", f.Name, secret, content[max(0, i-80):min(len(content), i+60)])
			}
		}
	}
}

// TestRedactedNames redacts workbooks whose sheets are named after a person: every reference
// to them follows, and no two get the same name.
func TestRedactedNames(t *testing.T) {
	const first, second = "List 13812345678", "List 13812345778"
	names := strings.NewReplacer(`name="Circuits"`, `name="`+first+`"`, `name="Other"`, `name="`+second+`"`,
		"</workbook>", `<definedNames><definedName name="here" localSheetId="0">'`+first+`'!$A$1</definedName><definedName name="_xlnm.Print_Area" localSheetId="1">'`+second+`'!$A$1:$B$9</definedName></definedNames></workbook>`)
	parts := otherSheet(`<sheetData><row r="1"><c r="A1"><f>'` + first + `'!A2&amp;INDIRECT("'` + first + `'!A2")&amp;SUM('` + first + ":" + second + `'!B1)</f></c></row></sheetData>` +
		`<hyperlinks><hyperlink ref="A1" location="'` + first + `'!A1" display="'` + first + `'!A1"/></hyperlinks>`)
	parts[0].Content = names.Replace(parts[0].Content)
	parts = append(parts, sheetPart("", ""),
		xlsxtest.Part{Name: "docProps/app.xml", Content: `<Properties xmlns:vt="made"><TitlesOfParts><vt:lpstr>` + first + `</vt:lpstr><vt:lpstr>'` + second + `'!Print_Area</vt:lpstr></TitlesOfParts></Properties>`},
		xlsxtest.Part{Name: "xl/pivotCache/pivotCacheDefinition1.xml", Content: `<pivotCacheDefinition><worksheetSource ref="A1:B9" sheet="` + first + `"/></pivotCacheDefinition>`},
		xlsxtest.Part{Name: "xl/ctrlProps/ctrlProp1.xml", Content: `<formControlPr fmlaLink="'` + first + `'!$A$1"/>`})
	file := xlsxtest.Zipped(t, xlsxtest.PlainParts(parts...))
	out := copied(t, file, redactedPatch(first))
	noSecrets(t, out)
	const one, two = "List 13_______78", "List 13_______78_2"
	for part, wants := range map[string][]string{
		"xl/workbook.xml":                         {`<sheet name="` + one + `"`, `<sheet name="` + two + `"`, `>'` + one + `'!$A$1<`, `>'` + two + `'!$A$1:$B$9<`, `>'` + one + `'!$A$1:$M$2<`},
		"xl/worksheets/other.xml":                 {`<f>'` + one + `'!A2&amp;INDIRECT("'` + one + `'!A2")&amp;SUM('` + one + ":" + two + `'!B1)</f>`, `location="'` + one + `'!A1"`},
		"xl/worksheets/sheet2.xml":                {`location="'` + one + `'!A2"`},
		"docProps/app.xml":                        {`<vt:lpstr>` + one + `</vt:lpstr><vt:lpstr>'` + two + `'!Print_Area</vt:lpstr>`},
		"xl/ctrlProps/ctrlProp1.xml":              {`fmlaLink="'` + one + `'!$A$1"`},
		"xl/pivotCache/pivotCacheDefinition1.xml": {`sheet="` + one + `"`},
	} {
		got := xlsxtest.PartOf(t, out, part)
		for _, want := range wants {
			if !strings.Contains(got, want) {
				t.Errorf("%s has no %s: %s", part, want, got)
			}
		}
	}
	if twice := copied(t, out, redactedPatch(one)); len(twice) == 0 {
		t.Error("the copy cannot be copied")
	}
}

// TestRedactionLeavesOtherPartsAlone redacts a workbook without personal data elsewhere: its
// other parts keep their packed bytes.
func TestRedactionLeavesOtherPartsAlone(t *testing.T) {
	parts := append(otherSheet(`<sheetData><row r="1"><c r="A1"><f>SUM(Circuits!A2:A1048576)</f><v>0.13812345678901</v></c></row></sheetData>`), sheetPart("", ""),
		xlsxtest.Part{Name: "customXml/item1.xml", Content: "<made ref='E1048576'>pc-made0001\r\n</made>"})
	file := xlsxtest.Zipped(t, xlsxtest.PlainParts(parts...))
	out := copied(t, file, redactedPatch("Circuits"))
	for _, name := range []string{"xl/worksheets/other.xml", "xl/sharedStrings.xml", "customXml/item1.xml", "_rels/.rels"} {
		was, is := xlsxtest.ZipEntry(xlsxtest.ZipOf(t, file), name), xlsxtest.ZipEntry(xlsxtest.ZipOf(t, out), name)
		if !bytes.Equal(xlsxtest.Packed(t, was), xlsxtest.Packed(t, is)) && !bytes.Equal(xlsxtest.Unpacked(t, was), xlsxtest.Unpacked(t, is)) {
			t.Errorf("%s became %s", name, xlsxtest.Unpacked(t, is))
		}
	}
}
