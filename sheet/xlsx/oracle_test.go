package xlsx

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
	"github.com/xuri/excelize/v2"
)

// refused lists the workbooks of the corpus that Open or Rows refuses, by the end of their
// names, with the codes of the errors.
var refused = map[string]string{
	"extenxls_pwd123.xlsx":                 "file-encrypted",
	"poifs_protect.xlsx":                   "file-encrypted",
	"protected_passtika.xlsx":              "file-encrypted",
	"~$LoadPivotTables.xlsx":               "file-lock",
	"poc-xmlbomb-empty.xlsx":               "part-dtd",
	"XLSX2CSVFuzzer-6594557414080512.xlsx": "file-truncated",
	"POIXSSFFuzzer-5089447305609216.xlsx":  "file-truncated",
	"POIXSSFFuzzer-6123461607817216.xlsx":  "file-truncated",
	"POIXSSFFuzzer-6419366255919104.xlsx":  "file-truncated",
	"POIXSSFFuzzer-4828727001088000.xlsx":  "zip-directory",
}

// differences are the ways in which our cells differ from excelize's raw values, each with
// the reason why ours are right.
var differences = []struct {
	name string
	is   func(c sheet.Cell, theirs string) bool
}{
	// ST_CellType b: excelize returns the digit, which looks like a number
	{"truth values are words", func(c sheet.Cell, theirs string) bool {
		return c.Type == sheet.BoolCell && (c.Value == "TRUE" && theirs == "1" || c.Value == "FALSE" && theirs == "0")
	}},
	// v is an ST_Xstring, but excelize resolves its escapes in shared and inline strings only
	{"escapes of formula strings are resolved", func(c sheet.Cell, theirs string) bool {
		return c.Type == sheet.TextCell && c.Formula && theirs != c.Value && xmltok.UnescapeXString(theirs) == c.Value
	}},
}

type place struct{ row, col int }

// TestCorpusOracle compares every cell of the corpus with excelize.
func TestCorpusOracle(t *testing.T) {
	files, cells, known := 0, 0, map[string]int{}
	for name, b := range xlsxtest.Corpus(t) {
		ours, err := ourCells(b)
		if err != nil {
			if code := xlsxtest.CodeOf(t, err); code != refusedCode(name) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if refusedCode(name) != "" {
			t.Errorf("%s: is read, though it is listed as refused", name)
		}
		theirs, err := excelizeCells(b)
		if err != nil {
			t.Logf("%s: excelize cannot open it: %v", name, err)
			continue
		}
		files++
		for sheetName, cells := range ours {
			if theirs[sheetName] == nil && len(cells) > 0 {
				t.Errorf("%s: excelize does not read %s", name, sheetName)
			}
		}
		for sheetName, want := range theirs {
			got := ours[sheetName]
			for p, c := range got {
				cells++
				if c.Value == want[p] {
					continue
				}
				if d := differenceOf(c, want[p]); d != "" {
					known[d]++
				} else {
					t.Errorf("%s: %s: ours %+v, excelize's %q", name, sheet.Ref{Sheet: sheetName, Row: p.row, Col: p.col}, c, want[p])
				}
			}
			for p, v := range want {
				if _, ok := got[p]; !ok {
					t.Errorf("%s: %s: ours none, excelize's %q", name, sheet.Ref{Sheet: sheetName, Row: p.row, Col: p.col}, v)
				}
			}
		}
	}
	t.Logf("%d workbooks, %d cells, differences %v", files, cells, known)
}

func refusedCode(name string) string {
	for end, code := range refused {
		if strings.HasSuffix(name, end) {
			return code
		}
	}
	return ""
}

func differenceOf(c sheet.Cell, theirs string) string {
	for _, d := range differences {
		if d.is(c, theirs) {
			return d.name
		}
	}
	return ""
}

// ourCells reads all sheets of a workbook, blank formulas left out.
func ourCells(b []byte) (map[string]map[place]sheet.Cell, error) {
	book, err := Open(bytes.NewReader(b), int64(len(b)), Limits{})
	if err != nil {
		return nil, err
	}
	all := map[string]map[place]sheet.Cell{}
	for _, s := range book.Sheets() {
		cells := map[place]sheet.Cell{}
		for row, err := range book.Rows(s.Name) {
			if err != nil {
				return nil, err
			}
			for _, c := range row.Cells {
				if c.Value != "" {
					cells[place{row.Number, c.Col}] = c
				}
			}
		}
		all[s.Name] = cells
	}
	return all, book.CheckRest()
}

// excelizeCells reads all worksheets of a workbook through excelize.
func excelizeCells(b []byte) (map[string]map[place]string, error) {
	f, err := excelize.OpenReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all := map[string]map[place]string{}
	for _, name := range f.GetSheetList() {
		rows, err := f.GetRows(name, excelize.Options{RawCellValue: true})
		if err != nil {
			continue // not a worksheet
		}
		cells := map[place]string{}
		for i, row := range rows {
			for j, v := range row {
				if v != "" {
					cells[place{i + 1, j + 1}] = v
				}
			}
		}
		all[name] = cells
	}
	return all, nil
}

// TestCorpusShape compares what is known besides the values of cells with excelize:
// the 1904 flag, hidden sheets, rows and columns, and merged ranges.
func TestCorpusShape(t *testing.T) {
	hidden, merged := 0, 0
	for name, b := range xlsxtest.Corpus(t) {
		book, err := Open(bytes.NewReader(b), int64(len(b)), Limits{})
		if err != nil {
			continue // see TestCorpusOracle
		}
		f, err := excelize.OpenReader(bytes.NewReader(b))
		if err != nil {
			continue
		}
		if props, err := f.GetWorkbookProps(); err == nil && props.Date1904 != nil && *props.Date1904 != book.Date1904() {
			t.Errorf("%s: 1904 is %v", name, book.Date1904())
		}
		for _, s := range book.Sheets() {
			if visible, err := f.GetSheetVisible(s.Name); err == nil && visible == s.Hidden {
				t.Errorf("%s: %s: hidden is %v", name, s.Name, s.Hidden)
			}
			hidden += checkHidden(t, name, book, f, s.Name)
			ours, theirs := mergedOf(book.Merged(s.Name)), mergedByExcelize(f, s.Name)
			merged += len(ours)
			if !slices.Equal(ours, theirs) {
				t.Errorf("%s: %s: merged %v, excelize's %v", name, s.Name, ours, theirs)
			}
		}
		f.Close()
	}
	t.Logf("%d hidden rows and columns, %d merged ranges", hidden, merged)
}

// checkHidden compares the visibility of every row and column that has a value, and
// counts the hidden ones.
func checkHidden(t *testing.T, file string, book *Book, f *excelize.File, name string) (hidden int) {
	columns := map[int]bool{}
	for row, err := range book.Rows(name) {
		if err != nil {
			t.Errorf("%s: %v", file, err)
			return
		}
		if visible, err := f.GetRowVisible(name, row.Number); err == nil && visible == row.Hidden {
			t.Errorf("%s: %s row %d: hidden is %v", file, name, row.Number, row.Hidden)
		}
		if row.Hidden {
			hidden++
		}
		for _, c := range row.Cells {
			columns[c.Col] = c.HiddenCol
		}
	}
	for col, is := range columns {
		if visible, err := f.GetColVisible(name, sheet.ColName(col)); err == nil && visible == is {
			t.Errorf("%s: %s column %s: hidden is %v", file, name, sheet.ColName(col), is)
		}
		if is {
			hidden++
		}
	}
	return hidden
}

func mergedOf(ranges []sheet.Range) (list []string) {
	for _, r := range ranges {
		list = append(list, fmt.Sprintf("%s%d:%s%d", sheet.ColName(r.Col1), r.Row1, sheet.ColName(r.Col2), r.Row2))
	}
	slices.Sort(list)
	return list
}

func mergedByExcelize(f *excelize.File, name string) (list []string) {
	cells, err := f.GetMergeCells(name, true)
	if err != nil {
		return nil
	}
	for _, c := range cells {
		list = append(list, c.GetStartAxis()+":"+c.GetEndAxis())
	}
	slices.Sort(list)
	return list
}
