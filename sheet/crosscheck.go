package sheet

import (
	"cmp"
	"slices"
)

// mostEngineers is what one application takes (API page: PMInfo.1 to PMInfo.16).
const mostEngineers = 16

// crossCheck joins engineers to circuits and applies the rules that look at more than
// one row.
func (d *decoder) crossCheck() {
	d.byID, d.twins = d.once(&circuitInstanceTwice, CircuitInstanceID, func(c *Circuit) string { return c.InstanceID })
	d.once(&circuitTokenTwice, CircuitClientToken, func(c *Circuit) string { return c.ClientToken })
	d.join()
	d.engineersOnce()
	for i := range d.w.Circuits {
		c := &d.w.Circuits[i]
		c.Invalid = c.Invalid || slices.ContainsFunc(c.Engineers, func(e int32) bool { return d.w.Engineers[e].Invalid })
	}
}

// sortRows gives the rows of a sheet in the order of their numbers, which odd files do
// not keep.
func (d *decoder) sortRows(id SheetID) {
	if id == CircuitsSheet {
		d.w.Circuits = d.circuits.take()
		sortStable(d.w.Circuits, func(a, b *Circuit) int { return cmp.Compare(a.Row, b.Row) })
		return
	}
	d.w.Engineers = d.engineers.take()
	sortStable(d.w.Engineers, func(a, b *Engineer) int { return cmp.Compare(a.Row, b.Row) })
}

// ref gives the cell of a column in a row.
func (d *decoder) ref(id ColumnID, row int) Ref {
	r := d.cells[id].at
	r.Row = row
	return r
}

// clash tells of two cells that must not be equal, at the first of them.
func (d *decoder) clash(r *Rule, id ColumnID, row, other int, value string) {
	f := &d.cells[id]
	d.add(r, Problem{At: d.ref(id, row), Also: d.ref(id, other), Column: f.header, Value: d.show(f, value)})
}

// filled guesses how many circuits have a value in a column.
func (d *decoder) filled(id ColumnID) int {
	if columnOf(id).Required {
		return len(d.w.Circuits)
	}
	return 0
}

// once tells of equal values of a column in the circuits, at each of them: which one is
// meant cannot be known. It gives the first circuit of every value, and the further
// ones of those.
func (d *decoder) once(r *Rule, id ColumnID, value func(*Circuit) string) (first map[string]int32, twins map[int32][]int32) {
	rows := d.w.Circuits
	first, twins = make(map[string]int32, d.filled(id)), map[int32][]int32{}
	for i := range rows {
		v := value(&rows[i])
		if v == "" {
			continue
		}
		j, seen := first[v]
		if !seen {
			first[v] = int32(i)
			continue
		}
		if twins[j] == nil {
			d.clash(r, id, rows[j].Row, rows[i].Row, v)
			rows[j].Invalid = true
		}
		twins[j] = append(twins[j], int32(i))
		d.clash(r, id, rows[i].Row, rows[j].Row, v)
		rows[i].Invalid = true
	}
	return first, twins
}
