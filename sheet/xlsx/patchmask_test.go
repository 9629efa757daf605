package xlsx

import (
	"bytes"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
)

// TestMaskedColumnsHoldNoPersonalData has personal data in every form that a cell can
// have: none of it is anywhere in the copy.
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
