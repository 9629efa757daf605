package sheet

import (
	"cmp"
	"slices"
	"sort"
)

// rowIndex finds an index by a row's number.
type rowIndex []int32

// indexRows makes the index of so many rows.
func indexRows(count int, row func(int) int) rowIndex {
	last := 0
	for i := range count {
		last = max(last, row(i))
	}
	index := make(rowIndex, last+1)
	for i := range count {
		index[row(i)] = int32(i) + 1
	}
	return index
}

// at gives the index of a row.
func (x rowIndex) at(row int) (int, bool) {
	if row < 0 || row >= len(x) || x[row] == 0 {
		return 0, false
	}
	return int(x[row]) - 1, true
}

// rowErrors finds the errors of a row among the problems of a workbook.
type rowErrors struct {
	problems []Problem
	list     []int32 // indexes of one sheet's errors, by row
}

// errorsOf lists the errors of a sheet by row.
func errorsOf(problems []Problem, sheet string) rowErrors {
	x := rowErrors{problems: problems}
	for i := range problems {
		if problems[i].Severity == Error && problems[i].At.Sheet == sheet {
			x.list = append(x.list, int32(i))
		}
	}
	slices.SortStableFunc(x.list, func(a, b int32) int { return cmp.Compare(x.row(a), x.row(b)) })
	return x
}

func (x *rowErrors) row(i int32) int { return x.problems[i].At.Row }

// at gives the errors of a row, by their indexes.
func (x *rowErrors) at(row int) []int32 {
	from := sort.Search(len(x.list), func(i int) bool { return x.row(x.list[i]) >= row })
	to := from
	for to < len(x.list) && x.row(x.list[to]) == row {
		to++
	}
	return x.list[from:to]
}
