package sheet

import (
	"cmp"
	"slices"
	"sort"
	"strings"
)

// cellAt is a cell of the sheet at hand.
type cellAt struct{ row, col int }

// merged tells of the cells of data that lie under a merged range: only its first cell
// has the value that a reader sees in all. That a covered cell is empty is no news then.
func (d *decoder) merged(l *layout, first int) {
	ranges := d.book.Merged(l.table.Sheet)
	if len(ranges) == 0 {
		return
	}
	covered := map[cellAt]bool{}
	var added []Problem
	for i := range d.cells {
		f := &d.cells[i]
		if f.col.Sheet != l.id || f.at.Col == 0 {
			continue
		}
		for _, u := range d.under(ranges, l.id, f.at.Col) {
			covered[u.cell] = true
			added = append(added, Problem{At: Ref{Sheet: f.at.Sheet, Row: u.cell.row, Col: f.at.Col}, Also: Ref{Sheet: f.at.Sheet, Row: u.first.row, Col: u.first.col}, Column: f.header})
		}
	}
	told := slices.DeleteFunc(d.w.Problems[first:], func(p Problem) bool {
		return covered[cellAt{p.At.Row, p.At.Col}] && strings.HasSuffix(p.Code, "-missing")
	})
	d.w.Problems = d.w.Problems[:first+len(told)]
	for _, p := range added {
		d.add(&cellMerged, p)
		d.invalidate(l.id, p.At.Row)
	}
}

// underMerge is a cell that a merged range covers, and the range's first cell.
type underMerge struct{ cell, first cellAt }

// under lists the cells of one column that ranges cover, in rows that were read. Each
// cell is listed once, so that overlapping ranges cost no more than their rows.
func (d *decoder) under(ranges []Range, id SheetID, col int) (cells []underMerge) {
	var here []Range
	for _, r := range ranges {
		if col >= r.Col1 && col <= r.Col2 && (r.Row1 != r.Row2 || r.Col1 != r.Col2) {
			here = append(here, r)
		}
	}
	slices.SortFunc(here, func(a, b Range) int { return cmp.Compare(a.Row1, b.Row1) })
	count, row := d.rows(id)
	done := 0
	for _, r := range here {
		i := sort.Search(count, func(i int) bool { return row(i) >= max(r.Row1, done+1) })
		for ; i < count && row(i) <= r.Row2; i++ {
			done = row(i)
			if cell := (cellAt{row(i), col}); cell != (cellAt{r.Row1, r.Col1}) {
				cells = append(cells, underMerge{cell, cellAt{r.Row1, r.Col1}})
			}
		}
	}
	return cells
}

// rows gives how many rows of a sheet were read, and the number of each.
func (d *decoder) rows(id SheetID) (int, func(int) int) {
	if id == CircuitsSheet {
		return len(d.w.Circuits), func(i int) int { return d.w.Circuits[i].Row }
	}
	return len(d.w.Engineers), func(i int) int { return d.w.Engineers[i].Row }
}

// invalidate makes a row invalid.
func (d *decoder) invalidate(id SheetID, number int) {
	count, row := d.rows(id)
	i := sort.Search(count, func(i int) bool { return row(i) >= number })
	if id == CircuitsSheet {
		d.w.Circuits[i].Invalid = true
	} else {
		d.w.Engineers[i].Invalid = true
	}
}
