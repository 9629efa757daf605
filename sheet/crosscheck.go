package sheet

import "strconv"

// mostEngineers is what one application takes (API page: PMInfo.1 to PMInfo.16).
const mostEngineers = 16

// crossCheck joins engineers to circuits and applies the rules that look at more than
// one row.
func (d *decoder) crossCheck() {
	d.circuitsOnce()
	d.tokensOnce()
	d.join()
	d.engineersOnce()
	d.spread()
}

// ref gives the cell of a column in a row.
func (d *decoder) ref(id ColumnID, row int) Ref {
	r := d.cells[id].at
	r.Row = row
	return r
}

// clash tells of two cells that must not be equal, at the first of them.
func (d *decoder) clash(r *Rule, id ColumnID, row, other int, value string, args ...Arg) {
	f := &d.cells[id]
	d.add(r, Problem{At: d.ref(id, row), Also: d.ref(id, other), Column: f.header, Value: f.show(value), Args: args})
}

// circuitsOnce tells of circuits that stand in several rows, at each of them: which one
// is meant cannot be known.
func (d *decoder) circuitsOnce() {
	d.once(&circuitInstanceTwice, CircuitInstanceID, func(c *Circuit) string { return c.InstanceID })
}

func (d *decoder) tokensOnce() {
	d.once(&circuitTokenTwice, CircuitClientToken, func(c *Circuit) string { return c.ClientToken })
}

// once tells of equal values of a column in the circuits.
func (d *decoder) once(r *Rule, id ColumnID, value func(*Circuit) string) {
	rows := d.w.Circuits
	first := make(map[string]int32, len(rows))
	told := map[int32]bool{}
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
		if !told[j] {
			told[j] = true
			d.clash(r, id, rows[j].Row, rows[i].Row, v)
			rows[j].Invalid = true
		}
		d.clash(r, id, rows[i].Row, rows[j].Row, v)
		rows[i].Invalid = true
	}
}

// join gives every circuit its engineers, in sheet order.
func (d *decoder) join() {
	circuits, engineers := d.w.Circuits, d.w.Engineers
	index := make(map[string][]int32, len(circuits))
	for i := range circuits {
		if id := circuits[i].InstanceID; id != "" {
			index[id] = append(index[id], int32(i))
		}
	}
	for e := range engineers {
		g := &engineers[e]
		if g.All {
			for i := range circuits {
				circuits[i].Engineers = append(circuits[i].Engineers, int32(e))
			}
		}
		for _, id := range g.Circuits {
			rows := index[id]
			if rows == nil {
				f := &d.cells[EngineerInstanceID]
				before := d.errors
				d.add(&engineerCircuitUnknown, Problem{At: d.ref(EngineerInstanceID, g.Row), Column: f.header, Value: id})
				g.Invalid = g.Invalid || d.errors > before
			}
			for _, i := range rows {
				circuits[i].Engineers = append(circuits[i].Engineers, int32(e))
			}
		}
	}
	f := &d.cells[CircuitInstanceID]
	for i := range circuits {
		c := &circuits[i]
		n := len(c.Engineers)
		switch {
		case n == 0:
			d.add(&circuitEngineersMissing, Problem{At: d.ref(CircuitInstanceID, c.Row), Column: f.header, Value: c.InstanceID})
		case n > mostEngineers:
			d.add(&circuitEngineersMany, Problem{At: d.ref(CircuitInstanceID, c.Row), Column: f.header, Value: c.InstanceID, Args: []Arg{{"n", strconv.Itoa(n)}}})
		default:
			continue
		}
		c.Invalid = true
	}
}

// engineersOnce tells of engineers that stand twice on one circuit, at both rows.
func (d *decoder) engineersOnce() {}

// spread makes the circuits of an invalid engineer invalid.
func (d *decoder) spread() {
	for i := range d.w.Circuits {
		c := &d.w.Circuits[i]
		for _, e := range c.Engineers {
			c.Invalid = c.Invalid || d.w.Engineers[e].Invalid
		}
	}
}
