package xlsx

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// smallPatch puts one result column into column C of Circuits: ok in rows 2 to last.
func smallPatch(last int) sheet.Patch {
	sp := sheet.SheetPatch{Sheet: "Circuits", HeaderRow: 1, LastRow: last, LastCol: 3,
		Columns: []sheet.PutColumn{{Col: 3, Header: "Result", Width: 16}}}
	sp.Row = func(n int) []sheet.PutCell {
		if n < 2 || n > last {
			return nil
		}
		return []sheet.PutCell{{Text: "ok", Style: sheet.StyleGood}}
	}
	sp.Rows = last - 1
	return sheet.Patch{Sheets: []sheet.SheetPatch{sp}}
}

// brief shortens what a patch writes: [C2 ok] is one of our cells.
func brief(s string) string {
	s = regexp.MustCompile(`<(x:)?c r="([A-Z]+\d+)" s="\d+" t="inlineStr"><(?:x:)?is><(?:x:)?t xml:space="preserve">([^<]*)</(?:x:)?t></(?:x:)?is></(?:x:)?c>`).ReplaceAllString(s, "[$1$2 $3]")
	return s
}

func TestPatchOfASheet(t *testing.T) {
	const head = `<row r="1"><c r="A1" t="s"><v>0</v></c></row>`
	const headIs = `<row r="1"><c r="A1" t="s"><v>0</v></c>[C1 Result]</row>`
	const cols = `<cols><col min="3" max="3" width="16" customWidth="1"/></cols>`
	const filter = `<autoFilter ref="A1:C2"/>`
	tests := []struct{ name, in, want string }{
		{"row with spans", `<sheetData>` + head + `<row r="2" spans="1:2" ht="20"><c r="A2"><v>1</v></c></row></sheetData>`,
			cols + `<sheetData>` + headIs + `<row r="2" ht="20"><c r="A2"><v>1</v></c>[C2 ok]</row></sheetData>` + filter},
		{"row that closes itself", `<sheetData>` + head + `<row r='2' s="4" customFormat="1" /></sheetData>`,
			cols + `<sheetData>` + headIs + `<row r='2' s="4" customFormat="1">[C2 ok]</row></sheetData>` + filter},
		{"earlier result goes", `<sheetData>` + head + `<row r="2"><c r="B2"><v>1</v></c><c r="C2" t="str"><f>1&amp;2</f><v>12</v></c><c r="D2"><v>4</v></c></row></sheetData>`,
			cols + `<sheetData>` + headIs + `<row r="2"><c r="B2"><v>1</v></c>[C2 ok]<c r="D2"><v>4</v></c></row></sheetData>` + filter},
		{"cell without references", `<sheetData><row><c><v>0</v></c></row><row><c><v>1</v></c><c/><c><v>3</v></c><c><v>4</v></c></row></sheetData>`,
			cols + `<sheetData><row><c><v>0</v></c>[C1 Result]</row><row><c><v>1</v></c><c/>[C2 ok]<c r="D2"><v>4</v></c></row></sheetData>` + filter},
		{"gap before a cell without a reference", `<sheetData>` + head + `<row r="2"><c r="D2"><v>4</v></c><c><v>5</v></c></row></sheetData>`,
			cols + `<sheetData>` + headIs + `<row r="2">[C2 ok]<c r="D2"><v>4</v></c><c r="E2"><v>5</v></c></row></sheetData>` + filter},
		{"rows beyond the data stay", `<sheetData>` + head + `<row r="2"><c r="A2"><v>1</v></c></row><row r="9" spans="1:3"><c r="C9"><v>9</v></c></row></sheetData>`,
			cols + `<sheetData>` + headIs + `<row r="2"><c r="A2"><v>1</v></c>[C2 ok]</row><row r="9" spans="1:3"><c r="C9"><v>9</v></c></row></sheetData>` + filter},
		{"used range and space", "<dimension ref=\"A1:B2\"/>\n<sheetData>\n " + head + "\n<row r=\"2\"><!-- made --><c r=\"A2\"><v>1</v></c>\n</row><extLst/></sheetData>",
			"<dimension ref=\"A1:C2\"/>\n" + cols + "<sheetData>\n " + headIs + "\n<row r=\"2\"><!-- made --><c r=\"A2\"><v>1</v></c>\n[C2 ok]</row><extLst/></sheetData>" + filter},
		{"what is in the row behind its cells", `<sheetData>` + head + `<row r="2"><c r="A2"><v>1</v></c><extLst><ext uri="made"/></extLst></row></sheetData>`,
			cols + `<sheetData>` + headIs + `<row r="2"><c r="A2"><v>1</v></c>[C2 ok]<extLst><ext uri="made"/></extLst></row></sheetData>` + filter},
		{"something else before a cell without a reference", `<sheetData>` + head + `<row r="2"><made/><c><v>1</v></c></row></sheetData>`,
			cols + `<sheetData>` + headIs + `<row r="2">[C2 ok]<made/><c r="A2"><v>1</v></c></row></sheetData>` + filter},
		{"elements of others", `<cols><col min="3" max="3" width="44"/></cols><mc:AlternateContent xmlns:mc="made"><mc:Choice/></mc:AlternateContent><sheetData>` + head + `<row r="2"/></sheetData><mc:AlternateContent xmlns:mc="made"/>`,
			`<cols><col min="3" max="3" width="44"/></cols><mc:AlternateContent xmlns:mc="made"><mc:Choice/></mc:AlternateContent><sheetData>` + headIs + `<row r="2">[C2 ok]</row></sheetData>` + filter + `<mc:AlternateContent xmlns:mc="made"/>`},
		{"columns split", `<cols><col min="1" max="1" width="9"/><col min="2" max="16384" width="20" style="3" hidden="1"/></cols><sheetData>` + head + `<row r="2"/></sheetData>`,
			`<cols><col min="1" max="1" width="9"/><col min="2" max="2" width="20" style="3" hidden="1"/><col min="3" max="3" width="16" style="3" customWidth="1"/><col min="4" max="16384" width="20" style="3" hidden="1"/></cols><sheetData>` + headIs + `<row r="2">[C2 ok]</row></sheetData>` + filter},
		{"column of an earlier run stays", `<cols><col min="3" max="3" width="44" customWidth="1"/></cols><sheetData>` + head + `<row r="2"/></sheetData>`,
			`<cols><col min="3" max="3" width="44" customWidth="1"/></cols><sheetData>` + headIs + `<row r="2">[C2 ok]</row></sheetData>` + filter},
		{"column between others", `<cols><col min="2" max="2" width="9"/><col min="5" max="6" width="9"/></cols><sheetData>` + head + `<row r="2"/></sheetData>`,
			`<cols><col min="2" max="2" width="9"/><col min="3" max="3" width="16" customWidth="1"/><col min="5" max="6" width="9"/></cols><sheetData>` + headIs + `<row r="2">[C2 ok]</row></sheetData>` + filter},
		{"filter widened, criteria kept", `<sheetData>` + head + `<row r="2"/></sheetData><sheetProtection sheet="1"/><autoFilter ref="A1:B2"><filterColumn colId="1"><filters><filter val="x"/></filters></filterColumn></autoFilter>`,
			cols + `<sheetData>` + headIs + `<row r="2">[C2 ok]</row></sheetData><sheetProtection sheet="1"/><autoFilter ref="A1:C2"><filterColumn colId="1"><filters><filter val="x"/></filters></filterColumn></autoFilter>`},
		{"filter elsewhere stays", `<sheetData>` + head + `<row r="2"/></sheetData><autoFilter ref="A1:A2"/>`,
			cols + `<sheetData>` + headIs + `<row r="2">[C2 ok]</row></sheetData><autoFilter ref="A1:A2"/>`},
		{"merged ranges cut", `<sheetData>` + head + `<row r="2"/></sheetData><mergeCells count="4"><mergeCell ref="A9:Z9"/><mergeCell ref="A2:C2"/><mergeCell ref="C1:D1"/><mergeCell ref="A1:B1"/></mergeCells><pageMargins/>`,
			cols + `<sheetData>` + headIs + `<row r="2">[C2 ok]</row></sheetData>` + filter + `<mergeCells><mergeCell ref="A9:Z9"/><mergeCell ref="A2:B2"/><mergeCell ref="A1:B1"/></mergeCells><pageMargins/>`},
		{"no merged range left", `<sheetData>` + head + `<row r="2"/></sheetData><mergeCells count="1"><mergeCell ref="B2:C2"/></mergeCells><pageMargins/>`,
			cols + `<sheetData>` + headIs + `<row r="2">[C2 ok]</row></sheetData>` + filter + `<pageMargins/>`},
		{"validations and formats stay", `<sheetData>` + head + `<row r="2"/></sheetData><conditionalFormatting sqref="A1:C9"><cfRule type="expression" priority="7"><formula>1</formula></cfRule></conditionalFormatting><dataValidations count="1"><dataValidation sqref="A2"/></dataValidations>`,
			cols + `<sheetData>` + headIs + `<row r="2">[C2 ok]</row></sheetData>` + filter + `<conditionalFormatting sqref="A1:C9"><cfRule type="expression" priority="7"><formula>1</formula></cfRule></conditionalFormatting><dataValidations count="1"><dataValidation sqref="A2"/></dataValidations>`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out := copied(t, xlsxtest.WithSheet(t, test.in), smallPatch(2))
			if got := brief(xlsxtest.PartOf(t, out, "xl/worksheets/sheet1.xml")); got != xlsxtest.SheetOpen+test.want+"</worksheet>" {
				t.Errorf("got\n%s\nwant\n%s", strings.TrimPrefix(got, xlsxtest.SheetOpen), test.want)
			}
		})
	}
}

func TestPatchKeepsPrefixAndEncoding(t *testing.T) {
	const in = `<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData><x:row r="1"/><x:row r="2"><x:c r="A2"><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>`
	const want = `<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:cols><x:col min="3" max="3" width="16" customWidth="1"/></x:cols><x:sheetData><x:row r="1">[x:C1 Result]</x:row><x:row r="2"><x:c r="A2"><x:v>1</x:v></x:c>[x:C2 ok]</x:row></x:sheetData><x:autoFilter ref="A1:C2"/></x:worksheet>`
	utf16 := func(s string) string {
		b := []byte{0xFF, 0xFE}
		for _, c := range []byte(s) {
			b = append(b, c, 0)
		}
		return string(b)
	}
	for _, test := range []struct{ name, part, want string }{
		{"plain", in, want},
		{"byte order mark", "\xEF\xBB\xBF" + in, "\xEF\xBB\xBF" + want},
		{"UTF-16", utf16(`<?xml version="1.0" encoding="UTF-16"?>` + in), xmltok.Declaration + want},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := copied(t, xlsxtest.Zipped(t, xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/worksheets/sheet1.xml", Content: test.part})), smallPatch(2))
			if got := brief(xlsxtest.PartOf(t, out, "xl/worksheets/sheet1.xml")); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestMarksAreColouredByAFormat(t *testing.T) {
	p := smallPatch(6)
	for _, row := range []int{4, 2, 3, 6} {
		p.Sheets[0].Marks = append(p.Sheets[0].Marks, sheet.Mark{Row: row, Col: 1, Style: sheet.StyleBad})
	}
	p.Sheets[0].Marks = append(p.Sheets[0].Marks, sheet.Mark{Row: 3, Col: 2, Style: sheet.StyleWarn})
	rows := `<sheetData><row r="1"/><row r="2"/><row r="3"/><row r="4"/><row r="5"/><row r="6"/></sheetData>`
	own := `<conditionalFormatting sqref="A1:C9"><cfRule type="expression" priority="7"><formula>1</formula></cfRule></conditionalFormatting>`
	out := copied(t, xlsxtest.WithSheet(t, rows+own+`<pageMargins/>`), p)
	want := own + `<conditionalFormatting sqref="A2:A4"><cfRule type="expression" dxfId="0" priority="8"><formula>AND("loabatch"&lt;&gt;"",LEN(TRIM(A2))=0)</formula></cfRule></conditionalFormatting>` +
		`<conditionalFormatting sqref="A6"><cfRule type="expression" dxfId="0" priority="9"><formula>AND("loabatch"&lt;&gt;"",LEN(TRIM(A6))=0)</formula></cfRule></conditionalFormatting>` +
		`<conditionalFormatting sqref="B3"><cfRule type="expression" dxfId="1" priority="10"><formula>AND("loabatch"&lt;&gt;"",LEN(TRIM(B3))=0)</formula></cfRule></conditionalFormatting><pageMargins/>`
	if got := xlsxtest.PartOf(t, out, "xl/worksheets/sheet1.xml"); !strings.HasSuffix(got, want+`</worksheet>`) {
		t.Errorf("the sheet ends\n%s\nwant\n%s", got[strings.Index(got, "</sheetData>"):], want)
	}
	again := copied(t, out, p)
	if !bytes.Equal(out, again) {
		for _, f := range xlsxtest.ZipOf(t, again).File {
			if a, b := xlsxtest.PartOf(t, out, f.Name), xlsxtest.PartOf(t, again, f.Name); a != b {
				t.Errorf("the copy of the copy differs in %s: %s became %s", f.Name, a, b)
			}
		}
	}
}

// TestMarksLeaveTheFormatsOfOthers removes the marks of an earlier run from a format that
// another program has merged with the user's, because both had the same range.
func TestMarksLeaveTheFormatsOfOthers(t *testing.T) {
	const rows = `<sheetData><row r="1"/><row r="2"/></sheetData>`
	const own = `<cfRule type="expression" priority="1"><formula>A2="x"</formula></cfRule>`
	const ours = `<cfRule type="expression" dxfId="0" priority="2"><formula>&quot;loabatch&quot;&lt;&gt;&quot;&quot;</formula></cfRule>`
	const open, end = `<conditionalFormatting sqref="A2">`, `</conditionalFormatting>`
	for _, test := range []struct{ in, want string }{
		{open + own + ours + end, open + own + end},
		{open + ours + own + end, open + own + end},
		{open + ours + end, ""},
		{open + own + end, open + own + end},
	} {
		out := copied(t, xlsxtest.WithSheet(t, rows+test.in+`<pageMargins/>`), smallPatch(2))
		_, got, _ := strings.Cut(xlsxtest.PartOf(t, out, "xl/worksheets/sheet1.xml"), `<autoFilter ref="A1:C2"/>`)
		if want := test.want + `<pageMargins/></worksheet>`; got != want {
			t.Errorf("%s became\n%s\nwant\n%s", test.in, got, want)
		}
	}
}

// TestMergedRangesBetweenResultColumns moves a result column of an earlier run among the
// data: merged ranges that reach none of the result columns stay.
func TestMergedRangesBetweenResultColumns(t *testing.T) {
	p := smallPatch(3)
	sp := &p.Sheets[0]
	sp.Columns = []sheet.PutColumn{{Col: 2, Header: "Result", Width: 16}, {Col: 6, Header: "Message", Width: 60}}
	sp.LastCol = 6
	sp.Row = func(n int) []sheet.PutCell {
		if n < 2 || n > 3 {
			return nil
		}
		return []sheet.PutCell{{Text: "ok"}, {Text: "fine"}}
	}
	const rows = `<sheetData><row r="1"/><row r="2"/><row r="3"/></sheetData>`
	out := copied(t, xlsxtest.WithSheet(t, rows+`<mergeCells count="3"><mergeCell ref="C2:C3"/><mergeCell ref="D2:E2"/><mergeCell ref="D3:F3"/></mergeCells>`), p)
	if got, want := xlsxtest.PartOf(t, out, "xl/worksheets/sheet1.xml"), `<mergeCells><mergeCell ref="C2:C3"/><mergeCell ref="D2:E2"/><mergeCell ref="D3:E3"/></mergeCells>`; !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant in it\n%s", got, want)
	}
}

// TestFormulasOutsideStay copies array formulas outside the result cells, which stay, and
// one inside, which goes.
func TestFormulasOutsideStay(t *testing.T) {
	for _, cells := range []string{
		`<c r="A2"><f t="array" ref="A2:B2">D2:E2</f><v>1</v></c>`,
		`<c r="A2"><f t="array" ref="A2">1</f><v>1</v></c>`,
		`<c r="A2"><f t="shared" ref="A2:C2" si="0">D2</f><v>1</v></c>`,
		`<c r="C2"><f t="array" ref="C2">1</f><v>1</v></c>`,
		`<c r="D2"><f t="dataTable" ref="D2:E9"/><v>1</v></c>`,
	} {
		out := copied(t, xlsxtest.WithSheet(t, `<sheetData><row r="1"/><row r="2">`+cells+`</row></sheetData>`), smallPatch(2))
		if got := xlsxtest.PartOf(t, out, "xl/worksheets/sheet1.xml"); strings.Contains(got, cells) == strings.Contains(cells, `"C2"`) {
			t.Errorf("%s became %s", cells, got)
		}
	}
}

func TestCopyRefuses(t *testing.T) {
	twoRows := `<sheetData><row r="1"/><row r="2"><c r="C2"><f t="shared" ref="C2:D2" si="0">A2</f><v>1</v></c></row></sheetData>`
	lost := smallPatch(3)
	far := smallPatch(2)
	far.Sheets[0].Columns[0].Col = sheet.MaxCol + 1
	twice := smallPatch(2)
	twice.Sheets = append(twice.Sheets, twice.Sheets[0])
	other := smallPatch(2)
	other.Sheets[0].Sheet = "Else"
	lower := smallPatch(3)
	lower.Sheets[0].HeaderRow, lower.Sheets[0].Rows = 2, 1
	masking := smallPatch(2)
	masking.Sheets[0].Masked = []int{1}
	for _, test := range []struct {
		name, sheet string
		patch       sheet.Patch
		code        string
	}{
		{"row is lost", `<sheetData><row r="1"/><row r="2"/></sheetData>`, lost, "copy-rows-differ"},
		{"no column is free", twoRows, far, "copy-no-free-columns"},
		{"sheet twice", twoRows, twice, "copy-sheet-twice"},
		{"no such sheet", twoRows, other, "sheet-not-listed"},
		{"formula of others", twoRows, smallPatch(2), "copy-formula-in-the-way"},
		{"formula of cells below the data", strings.Replace(twoRows, "C2:D2", "C2:C3", 1), smallPatch(2), "copy-formula-in-the-way"},
		{"array formula beside the results", `<sheetData><row r="1"/><row r="2"><c r="A2"><f t="array" ref="A2:C2">D2:F2</f><v>1</v></c><c r="B2"><v>1</v></c></row></sheetData>`, smallPatch(2), "copy-formula-in-the-way"},
		{"array formula above the results", `<sheetData><row r="1"><c r="C1"><f t="array" ref="C1:C9">D1:D9</f><v>1</v></c></row><row r="2"/></sheetData>`, smallPatch(2), "copy-formula-in-the-way"},
		{"array formula above the header", `<sheetData><row r="1"><c><f t="array" ref="A1:F9">1</f><v>1</v></c></row><row r="2"/><row r="3"/></sheetData>`, lower, "copy-formula-in-the-way"},
		{"array formula in a masked column", `<sheetData><row r="1"/><row r="2"><c r="A2"><f t="array" ref="A2:C2">1</f><v>1</v></c></row></sheetData>`, masking, "copy-formula-in-the-way"},
		{"data table", `<sheetData><row r="1"/><row r="2"><c r="B2"><f t="dataTable" ref="B2:C4" dt2D="1" dtr="1" r1="E1" r2="E2"/><v>1</v></c></row></sheetData>`, smallPatch(2), "copy-formula-in-the-way"},
		{"bad row number", `<sheetData><row r="x"/></sheetData>`, smallPatch(2), "copy-row-number"},
		{"bad reference", `<sheetData><row r="2"><c r="A7"/></row></sheetData>`, smallPatch(2), "copy-cell-reference"},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := xlsxtest.WithSheet(t, test.sheet)
			err := Copy(io.Discard, bytes.NewReader(file), int64(len(file)), test.patch)
			if got := xlsxtest.CodeOf(t, err); got != test.code {
				t.Errorf("error is %v, want %s", err, test.code)
			}
		})
	}
}

// TestMaskedColumnsHoldNoPersonalData masks personal data in every form of a cell, and finds
// none of it anywhere in the copy.
func TestMaskedColumnsHoldNoPersonalData(t *testing.T) {
	file := xlsxtest.Zipped(t, xlsxtest.PlainParts(
		xlsxtest.Part{Name: "xl/sharedStrings.xml", Content: `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>Name</t></si><si><r><t>Made</t></r><r><t xml:space="preserve"> Upperson</t></r></si><si><t>stays</t></si></sst>`},
		xlsxtest.Part{Name: "xl/worksheets/sheet1.xml", Content: xlsxtest.SheetOpen + `<sheetData><row r="1"><c r="B1" t="s"><v>0</v></c></row>` +
			`<row r="2"><c r="A2" t="s"><v>2</v></c><c r="B2" s="1" t="s"><v>1</v></c></row>` +
			`<row r="3"><c r="B3"><v>999999199001011234</v></c></row>` +
			`<row r="4"><c r="A4" t="inlineStr"><is><t>Slipped over</t></is></c><c r="B4" t="inlineStr"><is><t>Inline</t></is></c></row>` +
			`<row r="7"><c r="B7" t="str"><f>"For"&amp;"mula"</f><v>Formula</v></c></row></sheetData></worksheet>`},
	))
	p := smallPatch(4)
	p.Sheets[0].Masked, p.Sheets[0].MaskedCells = []int{2}, []sheet.Ref{{Sheet: "Circuits", Row: 4, Col: 1}}
	out := copied(t, file, p)
	for _, f := range xlsxtest.ZipOf(t, out).File {
		for _, secret := range []string{"Upperson", "9999991990", "Inline", "Formula", "mula", "Slipped"} {
			if strings.Contains(string(xlsxtest.Unpacked(t, f)), secret) {
				t.Errorf("%s holds %s", f.Name, secret)
			}
		}
	}
	b, err := Open(bytes.NewReader(out), int64(len(out)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for row, err := range b.Rows("Circuits") {
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range row.Cells {
			if c.Col < 3 {
				got = append(got, c.Value)
			}
		}
	}
	if got, want := strings.Join(got, ", "), "Name, stays, Ma*********on, 99**************34, Sl********er, I*****, F******"; got != want {
		t.Errorf("cells are %s, want %s", got, want)
	}
}

// TestMaskNumbers puts personal numbers into every form of a cell, above, in and below the
// headers: none is anywhere in the copy, and everything else is unchanged.
func TestMaskNumbers(t *testing.T) {
	file := xlsxtest.Zipped(t, xlsxtest.PlainParts(
		xlsxtest.Part{Name: "xl/sharedStrings.xml", Content: `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>Call 13812345678</t></si><si><r><t>13912</t></r><r><t>345678, please</t></r></si><si><r><t>stays</t></r></si></sst>`},
		xlsxtest.Part{Name: "xl/worksheets/sheet1.xml", Content: xlsxtest.SheetOpen + `<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>` +
			`<row r="2"><c r="A2" t="s"><v>2</v></c><c r="B2"><v>13712345678</v></c></row>` +
			`<row r="3"><c r="A3" t="inlineStr"><is><t>999999199001011234</t></is></c><c r="B3"><f>B2+1</f><v>13712345679</v></c></row>` +
			`<row r="4"><c r="A4"><v>46402.5</v></c><c r="B4" t="b"><v>1</v></c></row></sheetData></worksheet>`},
	))
	p := smallPatch(4)
	p.Redact = true
	out := copied(t, file, p)
	for _, f := range xlsxtest.ZipOf(t, out).File {
		for _, secret := range []string{"12345678", "2345678", "345678", "123456", "9001011"} {
			if strings.Contains(string(xlsxtest.Unpacked(t, f)), secret) {
				t.Errorf("%s holds %s", f.Name, secret)
			}
		}
	}
	b, err := Open(bytes.NewReader(out), int64(len(out)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for row, err := range b.Rows("Circuits") {
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range row.Cells {
			if c.Col < 3 {
				got = append(got, fmt.Sprint(c.Value, map[bool]string{true: " by formula"}[c.Formula]))
			}
		}
	}
	want := "Call 13*******78, 13*******78, please, stays, 13*******78, 99**************34, 13*******79 by formula, 46402.5, TRUE"
	if got := strings.Join(got, ", "); got != want {
		t.Errorf("cells are %s, want %s", got, want)
	}
	if sheet1 := xlsxtest.PartOf(t, out, "xl/worksheets/sheet1.xml"); !strings.Contains(sheet1, "<f>B2+1</f>") || !strings.Contains(xlsxtest.PartOf(t, out, "xl/sharedStrings.xml"), "<si><r><t>stays</t></r></si>") {
		t.Errorf("what is not personal has changed: %s", sheet1)
	}
}
