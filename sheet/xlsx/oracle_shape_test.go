package xlsx

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
	"github.com/xuri/excelize/v2"
)

// TestCorpusShape holds what is told beside the values of cells against excelize:
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
