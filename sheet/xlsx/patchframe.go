package xlsx

import (
	"cmp"
	"slices"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// patchFrame is where a patch stands in its sheet.
type patchFrame struct {
	headerRow, lastRow int
	firstCol, lastCol  int // the first result column; the right edge of data and result columns
}

// frameOf gives a patch's frame; one without columns has the zero frame.
func frameOf(p *sheet.SheetPatch) patchFrame {
	if len(p.Columns) == 0 {
		return patchFrame{}
	}
	f := patchFrame{headerRow: p.HeaderRow, lastRow: max(p.LastRow, p.HeaderRow), lastCol: p.LastCol}
	for i, c := range p.Columns {
		f.lastCol = max(f.lastCol, c.Col)
		if i == 0 || c.Col < f.firstCol {
			f.firstCol = c.Col
		}
	}
	return f
}

// cells gives the range from the first result column's header to the last cell.
func (f patchFrame) cells() sheet.Range {
	return sheet.Range{Row1: f.headerRow, Col1: f.firstCol, Row2: f.lastRow, Col2: f.lastCol}
}

// firstWithin gives the first result column that a range reaches, or 0: the columns need
// not stand side by side, where a person has moved those of an earlier run.
func firstWithin(cols []putColumn, r sheet.Range) int {
	for _, c := range cols {
		if c.Col >= r.Col1 && c.Col <= r.Col2 {
			return c.Col
		}
	}
	return 0
}

// placesOf gives the columns of a patch in the order of the sheet, or says why they
// are none: two in one place, or beyond the last column.
func placesOf(p *sheet.SheetPatch) ([]putColumn, error) {
	cols := make([]putColumn, len(p.Columns))
	for i, c := range p.Columns {
		cols[i] = putColumn{c, i}
	}
	slices.SortFunc(cols, func(a, b putColumn) int { return cmp.Compare(a.Col, b.Col) })
	for i, c := range cols {
		if c.Col < 1 || c.Col > sheet.MaxCol || i > 0 && c.Col == cols[i-1].Col {
			return nil, xmltok.NewErrorAt(sheet.Ref{Sheet: p.Sheet}, "copy-no-free-columns", "sheet", p.Sheet)
		}
	}
	return cols, nil
}
