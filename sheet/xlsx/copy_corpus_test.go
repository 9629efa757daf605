package xlsx

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/edit"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
	"github.com/xuri/excelize/v2"
)

// TestCopyIsFaithful copies every workbook of the corpus with results on its first sheet
// with rows. Every part that is not patched keeps its packed bytes. The others keep every
// element, attribute and text, in the same order, except those that sameButOurs names. And
// excelize opens the copy.
func TestCopyIsFaithful(t *testing.T) {
	copies := 0
	for name, file := range xlsxtest.Corpus(t) {
		t.Run(name, func(t *testing.T) {
			p, ok := corpusPatch(file)
			if !ok {
				mustNotPanic(t, file)
				return
			}
			var out bytes.Buffer
			if err := Copy(&out, bytes.NewReader(file), int64(len(file)), p); err != nil {
				t.Fatal(err)
			}
			copies++
			if err := Verify(bytes.NewReader(out.Bytes()), int64(out.Len()), bytes.NewReader(file), int64(len(file)), p); err != nil {
				t.Error(err)
			}
			compareParts(t, file, out.Bytes(), p)
			openedByExcelize(t, file, out.Bytes(), p)
		})
	}
	if copies < 250 {
		t.Errorf("only %d workbooks were copied", copies)
	}
}

// mustNotPanic copies a workbook that the reader rejects: copying may fail, but only with
// an InputError.
func mustNotPanic(t *testing.T, file []byte) {
	err := Copy(io.Discard, bytes.NewReader(file), int64(len(file)), resultPatch("Sheet1", 3, 1))
	if in := (*sheet.InputError)(nil); err != nil && !errors.As(err, &in) {
		t.Errorf("the error is not an InputError: %v", err)
	}
}

// corpusPatch returns a patch for the first sheet with rows: results after its last
// column. It reports false if the workbook cannot be read or has no such sheet.
func corpusPatch(file []byte) (sheet.Patch, bool) {
	b, err := Open(bytes.NewReader(file), int64(len(file)), Limits{})
	if err != nil || b.CheckRest() != nil {
		return sheet.Patch{}, false
	}
	for _, s := range b.Sheets() {
		numbers := map[int]bool{}
		first, last, lastCol := 0, 0, 1
		for row, err := range b.Rows(s.Name) {
			if err != nil {
				return sheet.Patch{}, false
			}
			numbers[row.Number] = true
			if first == 0 {
				first = row.Number
			}
			last = max(last, row.Number)
			lastCol = max(lastCol, row.Cells[len(row.Cells)-1].Col)
		}
		if first == 0 || lastCol+len(sheet.ResultHeaders) > sheet.MaxCol {
			continue
		}
		p := resultPatch(s.Name, lastCol, last)
		sp := &p.Sheets[0]
		sp.HeaderRow = first
		delete(numbers, first)
		row := sp.Row
		sp.Row = func(n int) []sheet.PutCell {
			if !numbers[n] {
				return nil
			}
			return row(max(n, 2))
		}
		sp.Rows = len(numbers)
		if last < 2 {
			sp.Row, sp.Rows = func(int) []sheet.PutCell { return nil }, 0
		}
		return p, true
	}
	return sheet.Patch{}, false
}

// compareParts compares the parts of a copy with those of its source.
func compareParts(t *testing.T, file, out []byte, p sheet.Patch) {
	src, dst := xlsxtest.ZipOf(t, file), xlsxtest.ZipOf(t, out)
	c, err := opc.Open(bytes.NewReader(file), int64(len(file)), edit.CopyLimits)
	if err != nil {
		t.Fatal(err)
	}
	w, err := read.FindWorkbook(c)
	if err != nil {
		t.Fatal(err)
	}
	patched, _ := w.Sheet(p.Sheets[0].Sheet)
	edited := map[string]bool{opc.PartKey(w.Part): true, opc.PartKey(opc.RelsPart(w.Part)): true, opc.PartKey(opc.ContentTypesPart): true, opc.PartKey(w.Styles): true,
		opc.PartKey(patched.Part): true, opc.PartKey(opc.RelsPart(patched.Part)): true}
	rels, err := c.Relationships(patched.Part)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range w.Sheets {
		if f := xlsxtest.ZipEntry(src, s.Part); f != nil && strings.Contains(string(xlsxtest.Unpacked(t, f)), "tabSelected") {
			edited[opc.PartKey(s.Part)] = true
		}
	}
	for _, r := range rels {
		if r.Kind == "table" || r.Kind == "comments" || r.Kind == "vmlDrawing" {
			edited[opc.PartKey(r.Target)] = true
		}
	}
	for _, f := range src.File {
		g := xlsxtest.ZipEntry(dst, f.Name)
		if g == nil {
			t.Errorf("%s is lost", f.Name)
			continue
		}
		if g.CRC32 == f.CRC32 && bytes.Equal(xlsxtest.Packed(t, f), xlsxtest.Packed(t, g)) && f.ModifiedDate == g.ModifiedDate && f.ModifiedTime == g.ModifiedTime {
			continue
		}
		if !edited[opc.PartKey(f.Name)] {
			t.Errorf("%s is not copied unchanged", f.Name)
			continue
		}
		sameButOurs(t, path.Base(f.Name), xlsxtest.Unpacked(t, f), xlsxtest.Unpacked(t, g), p, opc.PartKey(f.Name) == opc.PartKey(patched.Part))
	}
}

// sameButOurs checks that everything in a part is in its copy, in the same order. What may
// differ: how the workbook opens, links and formats of ours, counts of lists, the used range, filter and table ranges, the lists of columns
// and of merged ranges, spans of rows, the text of the filter's name, and cells in the
// result columns.
func sameButOurs(t *testing.T, name string, was, is []byte, p sheet.Patch, isSheet bool) {
	before, ok := pieces(was, p, isSheet)
	after, ok2 := pieces(is, p, isSheet)
	if !ok || !ok2 {
		if !ok2 && ok {
			t.Errorf("%s is no longer well-formed", name)
		}
		return
	}
	i := 0
	for _, piece := range after {
		if i < len(before) && before[i] == piece {
			i++
		}
	}
	if i < len(before) {
		t.Errorf("%s: %q is lost", name, before[i])
	}
	if isSheet && len(after)-len(before) > 120 {
		t.Errorf("%s: %d more pieces than before", name, len(after)-len(before))
	}
}

// pieces returns the elements, attributes and texts of a part, except those that may differ.
// It reports false for a part in UTF-16.
func pieces(part []byte, p sheet.Patch, isSheet bool) ([]string, bool) {
	d := xml.NewDecoder(bytes.NewReader(part))
	var list []string
	col := 0
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return list, true
		}
		if err != nil {
			return nil, false
		}
		switch el := tok.(type) {
		case xml.StartElement:
			switch el.Name.Local {
			case "cols", "legacyDrawing", "sheetView":
				if isSheet {
					d.Skip()
					continue
				}
			case "row":
				col = 0
			case "c":
				if col++; isSheet && inResults(el, &col, p) {
					d.Skip()
					continue
				}
			case "hyperlink":
				if strings.Contains(fmt.Sprint(el.Attr), "'Errors'!A2") {
					d.Skip()
					continue
				}
			case "mergeCells":
				if isSheet {
					d.Skip()
					continue
				}
			case "definedName":
				if name := fmt.Sprint(el.Attr); strings.Contains(name, "_FilterDatabase") || strings.Contains(name, "_xlnm.Print_") {
					d.Skip()
					continue
				}
			}
			list = append(list, "<"+el.Name.Space+" "+el.Name.Local)
			for _, a := range el.Attr {
				switch a.Name.Local {
				case "count", "spans", "ref", "tabSelected", "activeTab":
				case "ht": // of a row that grows
				default:
					list = append(list, fmt.Sprint("@", a.Name, a.Value))
				}
			}
		case xml.EndElement:
			list = append(list, "</"+el.Name.Local)
		case xml.CharData:
			list = append(list, string(el))
		case xml.Comment:
			list = append(list, "<!"+string(el))
		}
	}
}

// inResults reports whether a cell's element is in a result column.
func inResults(el xml.StartElement, col *int, p sheet.Patch) bool {
	for _, a := range el.Attr {
		if a.Name.Local == "r" {
			_, *col, _ = read.ParseRef([]byte(a.Value))
		}
	}
	return slices.ContainsFunc(p.Sheets[0].Columns, func(c sheet.PutColumn) bool { return c.Col == *col })
}

// openedByExcelize checks that excelize opens a copy if it opens the source.
func openedByExcelize(t *testing.T, file, out []byte, p sheet.Patch) {
	was, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		return
	}
	defer was.Close()
	is, err := excelize.OpenReader(bytes.NewReader(out))
	if err != nil {
		t.Errorf("excelize opens the source but not the copy: %v", err)
		return
	}
	defer is.Close()
	if a, b := len(was.GetSheetList()), len(is.GetSheetList()); b != a+len(p.Added) {
		t.Errorf("excelize sees %d sheets, %d before", b, a)
	}
	sp := &p.Sheets[0]
	at, _ := excelize.CoordinatesToCellName(sp.Columns[0].Col, sp.HeaderRow)
	if got, err := is.GetCellValue(sp.Sheet, at); got != "Result" {
		t.Errorf("excelize reads %q in %s: %v", got, at, err)
	}
	for _, name := range was.GetSheetList() {
		rows, err1 := was.GetRows(name)
		again, err2 := is.GetRows(name)
		if (err1 == nil) != (err2 == nil) {
			t.Errorf("%s: excelize returned %v for the source, %v for the copy", name, err1, err2)
		}
		for i, row := range rows {
			for j, cell := range row {
				if name == sp.Sheet && j+1 >= sp.Columns[0].Col {
					break
				}
				if i >= len(again) || j >= len(again[i]) || again[i][j] != cell {
					t.Fatalf("%s: the cell in row %d, column %d changed", name, i+1, j+1)
				}
			}
		}
	}
}
