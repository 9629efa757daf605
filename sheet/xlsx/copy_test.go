package xlsx

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
	"github.com/xuri/excelize/v2"
)

// resultPatch puts all result columns behind lastCol into the rows from 2 to lastRow,
// and adds an Errors and a Summary sheet with a chart.
func resultPatch(name string, lastCol, lastRow int) sheet.Patch {
	sp := sheet.SheetPatch{Sheet: name, HeaderRow: 1, LastRow: lastRow, LastCol: lastCol + len(sheet.ResultHeaders)}
	for i, h := range sheet.ResultHeaders {
		sp.Columns = append(sp.Columns, sheet.PutColumn{Col: lastCol + 1 + i, Header: h, Width: 16})
	}
	cells := make([]sheet.PutCell, len(sheet.ResultHeaders))
	sp.Row = func(n int) []sheet.PutCell {
		if n < 2 || n > lastRow {
			return nil
		}
		for i := range cells {
			cells[i] = sheet.PutCell{Text: fmt.Sprintf("%s of row %d", sheet.ResultHeaders[i], n)}
		}
		cells[sheet.ColResult] = sheet.PutCell{Text: string(sheet.AllResults[n%len(sheet.AllResults)]), Style: sheet.Style(n % styleCount)}
		cells[sheet.ColMessage].Text = "a <made> & \"odd\" message _x0041_\nwith a second line\x01"
		cells[sheet.ColAttempts] = sheet.PutCell{Number: float64(n % 5), IsNumber: true}
		cells[sheet.ColLOAStatus] = sheet.PutCell{}
		return cells
	}
	sp.Rows = max(lastRow-1, 0)
	if lastRow >= 2 {
		sp.Marks = []sheet.Mark{{Row: 2, Col: 1, Style: sheet.StyleBad, Note: "this is wrong"}, {Row: 2, Col: 2, Style: sheet.StyleWarn, Note: "this is odd"}}
	}
	return sheet.Patch{Sheets: []sheet.SheetPatch{sp}, Added: addedSheets(name)}
}

// addedSheets are an Errors sheet with links and a filter, and a Summary with a chart.
func addedSheets(name string) []sheet.AddedSheet {
	errors := [][]sheet.PutCell{
		{{Text: "Severity", Style: sheet.StyleHeader}, {Text: "Cell", Style: sheet.StyleHeader}, {Text: "Problem", Style: sheet.StyleHeader}},
		{{Text: "error", Style: sheet.StyleBad}, {Text: "A2", Style: sheet.StyleLink, Link: sheet.Ref{Sheet: name, Row: 2, Col: 1}}, {Text: "this is wrong"}},
		{{Text: "warning", Style: sheet.StyleWarn}, {Text: "B2", Style: sheet.StyleLink, Link: sheet.Ref{Sheet: name, Row: 2, Col: 2}}, {Text: "this is odd"}},
	}
	summary := [][]sheet.PutCell{{{Text: "Made-up run", Style: sheet.StyleTitle}}, {}}
	for i, r := range sheet.AllResults {
		summary = append(summary, []sheet.PutCell{{Text: string(r), Style: sheet.Style(2 + i%4)}, {Number: float64(i), IsNumber: true}})
	}
	chart := &sheet.Chart{
		Title:      "Rows by result",
		Categories: sheet.Range{Row1: 3, Col1: 1, Row2: len(summary), Col2: 1},
		Values:     sheet.Range{Row1: 3, Col1: 2, Row2: len(summary), Col2: 2},
		At:         sheet.Ref{Row: 2, Col: 4},
	}
	return []sheet.AddedSheet{
		{Name: "Errors", Widths: []float64{12, 10, 60}, Freeze: 1, Filter: true, Rows: slices.Values(errors), Count: len(errors)},
		{Name: "Summary", Widths: []float64{30, 12, 40, 40}, Rows: slices.Values(summary), Count: len(summary), Chart: chart},
	}
}

// copied gives the copy of a file with a patch.
func copied(t testing.TB, file []byte, p sheet.Patch) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := Copy(&out, bytes.NewReader(file), int64(len(file)), p); err != nil {
		t.Fatal(err)
	}
	if err := Verify(bytes.NewReader(out.Bytes()), int64(out.Len()), bytes.NewReader(file), int64(len(file)), p); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestCopyIsReadByExcelize(t *testing.T) {
	out := copied(t, xlsxtest.WithSheet(t, `<dimension ref="A1:B2"/><sheetData><row r="1" spans="1:2"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c></row></sheetData>`), resultPatch("Circuits", 2, 2))
	f, err := excelize.OpenReader(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := strings.Join(f.GetSheetList(), " "); got != "Circuits Errors Summary" {
		t.Errorf("sheets are %s", got)
	}
	rows, err := f.GetRows("Circuits")
	if err != nil {
		t.Fatal(err)
	}
	if got := rows[0][2]; got != "Result" {
		t.Errorf("header is %q", got)
	}
	if got := rows[1][3]; got != "a <made> & \"odd\" message _x0041_\nwith a second line\x01" {
		t.Errorf("message is %q", got)
	}
	if dim, _ := f.GetSheetDimension("Circuits"); dim != "A1:J2" {
		t.Errorf("dimension is %s", dim)
	}
	if ok, at, _ := f.GetCellHyperLink("Errors", "B2"); !ok || at != "'Circuits'!A2" {
		t.Errorf("link leads to %q", at)
	}
}
