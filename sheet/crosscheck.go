package sheet

import (
	"cmp"
	"slices"
)

// crossCheck joins engineers to circuits and applies the rules that look at more than
// one row.
func (d *decoder) crossCheck() {
	d.byID, d.twins = d.once(circuitInstanceTwice, CircuitInstanceID, func(c *Circuit) string { return c.InstanceID })
	d.once(circuitTokenTwice, CircuitClientToken, func(c *Circuit) string { return c.ClientToken })
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
