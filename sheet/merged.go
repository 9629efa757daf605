package sheet

import "sort"

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
