package xlsx

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/edit"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
	"github.com/xuri/excelize/v2"
)

// resultPatch puts all result columns after lastCol into the rows from 2 to lastRow,
// and adds an Errors and a Summary sheet with a chart.
func resultPatch(name string, lastCol, lastRow int) sheet.Patch {
	sp := sheet.SheetPatch{Sheet: name, HeaderRow: 1, LastRow: lastRow, LastCol: lastCol + len(sheet.ResultHeaders)}
	for i, h := range sheet.ResultHeaders {
		sp.Columns = append(sp.Columns, sheet.PutColumn{Col: lastCol + 1 + i, Header: h, Width: 16, Wrap: i == int(sheet.ColMessage), Print: i < 3})
	}
	sp.Columns[0].Shades = []sheet.Shade{{Style: sheet.StyleGood, Texts: []string{"SUBMITTED", "ALREADY"}}, {Style: sheet.StyleBad, Texts: []string{"INVALID"}}}
	sp.KeyCol, sp.First, sp.Tab = 1, lastRow, sheet.StyleBad
	cells := make([]sheet.PutCell, len(sheet.ResultHeaders))
	sp.Row = func(n int) []sheet.PutCell {
		if n < 2 || n > lastRow {
			return nil
		}
		for i := range cells {
			cells[i] = sheet.PutCell{Text: fmt.Sprintf("%s of row %d", sheet.ResultHeaders[i], n)}
		}
		cells[sheet.ColResult] = sheet.PutCell{Text: string(sheet.AllResults[n%len(sheet.AllResults)]), Style: sheet.Style(n % (int(sheet.StyleTitle) + 1))}
		cells[sheet.ColMessage].Text = "a <made> & \"odd\" message _x0041_\nwith a second line\x01"
		cells[sheet.ColAttempts] = sheet.PutCell{Number: float64(n % 5), IsNumber: true}
		cells[sheet.ColLOAStatus] = sheet.PutCell{}
		cells[sheet.ColSubmittedAt] = sheet.PutCell{Time: time.Date(2026, 11, 24, 2, 0, n%60, 0, time.UTC)}
		if n%2 == 0 {
			cells[sheet.ColResult].Link, cells[sheet.ColResult].LinkTo = sheet.Ref{Sheet: "Errors", Row: 2, Col: 1}, "Errors"
		}
		return cells
	}
	sp.Rows = max(lastRow-1, 0)
	if lastRow >= 2 {
		sp.Marks = []sheet.Mark{{Row: 2, Col: 1, Style: sheet.StyleBad, Note: "this is wrong"}, {Row: 2, Col: 2, Style: sheet.StyleWarn, Note: "this is odd"}}
	}
	return sheet.Patch{Sheets: []sheet.SheetPatch{sp}, Added: addedSheets(name), Open: "Summary"}
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

// copied returns the copy of a file with a patch.
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
	if dim, _ := f.GetSheetDimension("Circuits"); dim != "A1:L2" {
		t.Errorf("dimension is %s", dim)
	}
	if ok, at, _ := f.GetCellHyperLink("Errors", "B2"); !ok || at != "'Circuits'!A2" {
		t.Errorf("link leads to %q", at)
	}
}

// TestCopyMemoryIsFlat limits the memory that a copy keeps alive, for few rows and for many:
// it must not grow with the rows.
func TestCopyMemoryIsFlat(t *testing.T) {
	const bound = 8 << 20
	for _, rows := range []int{100, 30_000} {
		file := xlsxtest.LargeBook(t, rows)
		p := resultPatch("Circuits", 10, rows)
		w := &heapWatcher{base: liveHeap()}
		if err := Copy(w, bytes.NewReader(file), int64(len(file)), p); err != nil {
			t.Fatal(err)
		}
		if w.samples < 3 {
			t.Errorf("the heap was sampled only %d times", w.samples)
		}
		if w.most > bound {
			t.Errorf("copying %d rows keeps %d bytes alive, want at most %d", rows, w.most, bound)
		}
	}
}

// heapWatcher discards a copy, and samples the heap while it is written.
type heapWatcher struct {
	base, most int64
	samples    int
	since      int
}

// Write implements io.Writer.
func (w *heapWatcher) Write(b []byte) (int, error) {
	const every = 128 << 10 // bytes
	if w.since += len(b); w.samples < 3 || w.since >= every {
		w.since = 0
		w.samples++
		w.most = max(w.most, liveHeap()-w.base)
	}
	return len(b), nil
}

// liveHeap returns the bytes that are in use.
func liveHeap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// FuzzPatch patches any worksheet part that can be read: the copy has the new cells, every
// other cell is unchanged, and a second copy is identical to the first.
func FuzzPatch(f *testing.F) {
	for _, inner := range []string{
		xlsxtest.DataRows,
		`<dimension ref="A1"/><cols><col min="1" max="9" width="3"/></cols><sheetData><row><c><v>1</v></c></row><row r="3" spans="1:2"><c r="B3" t="inlineStr"><is><t>x</t></is></c><c/><c t="b"><v>1</v></c></row></sheetData><autoFilter ref="A1:B3"/><mergeCells><mergeCell ref="B3:E3"/></mergeCells>`,
		`<sheetData><row r="2"/><row r="1"><c r="B1"><f>1</f></c></row></sheetData><conditionalFormatting sqref="A1"/><legacyDrawing/>`,
	} {
		f.Add([]byte(xlsxtest.SheetOpen + inner + `</worksheet>`))
	}
	for _, part := range xlsxtest.SeedParts(f, "worksheets/sheet") {
		f.Add(part)
	}
	f.Fuzz(func(t *testing.T, sheetPart []byte) {
		file := xlsxtest.Zipped(t, xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/worksheets/sheet1.xml", Content: string(sheetPart)}))
		copyAnything(t, file)
	})
}

// FuzzCopy reads and copies any file at all.
func FuzzCopy(f *testing.F) {
	f.Add(xlsxtest.Zipped(f, xlsxtest.PlainParts()))
	for _, file := range xlsxtest.SeedFiles(f) {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) { copyAnything(t, file) })
}

// copyAnything copies a file that may not be a workbook. What can be read can be copied, or
// the copy fails with an InputError.
func copyAnything(t *testing.T, file []byte) {
	p, ok := corpusPatch(file)
	if !ok {
		mustNotPanic(t, file)
		return
	}
	var out bytes.Buffer
	err := Copy(&out, bytes.NewReader(file), int64(len(file)), p)
	if in := (*sheet.InputError)(nil); errors.As(err, &in) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := Verify(bytes.NewReader(out.Bytes()), int64(out.Len()), bytes.NewReader(file), int64(len(file)), p); err != nil {
		t.Fatal(err)
	}
	col := p.Sheets[0].Columns[0].Col
	if was, is := cellsBefore(t, file, p.Sheets[0].Sheet, col), cellsBefore(t, out.Bytes(), p.Sheets[0].Sheet, col); was != is {
		t.Fatalf("cells were\n%s\nare\n%s", was, is)
	}
	var again bytes.Buffer
	if err := Copy(&again, bytes.NewReader(out.Bytes()), int64(out.Len()), p); err != nil {
		t.Fatalf("the copy cannot be copied: %v", err)
	}
	if err := Verify(bytes.NewReader(again.Bytes()), int64(again.Len()), bytes.NewReader(out.Bytes()), int64(out.Len()), p); err != nil {
		t.Fatal(err)
	}
}

// cellsBefore lists the cells of a sheet left of a column.
func cellsBefore(t *testing.T, file []byte, name string, col int) string {
	b, err := Open(bytes.NewReader(file), int64(len(file)), edit.CopyLimits)
	if err != nil {
		t.Fatal(err)
	}
	var list strings.Builder
	for row, err := range b.Rows(name) {
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range row.Cells {
			if c.Col < col {
				fmt.Fprintln(&list, row.Number, row.Hidden, c)
			}
		}
	}
	return list.String()
}
