package sheet

import (
	"slices"
	"strings"
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

// pair says that an engineer works on a circuit, by their indexes.
type pair struct{ circuit, engineer int32 }

// join gives every circuit its engineers, in sheet order, and counts them. Its cost is
// in proportion to the IDs named; circuits that only have the engineers of every
// circuit share one list.
func (d *decoder) join() {
	pairs, everywhere := d.pairs()
	if len(d.w.Circuits) > 0 {
		d.everywhere = everywhere
	}
	counts := make([]int32, len(d.w.Circuits))
	for _, p := range pairs {
		counts[p.circuit]++
	}
	arena := make([]int32, 0, len(pairs)+len(everywhere))
	lists := make([][]int32, len(counts))
	for i, n := range counts {
		end := len(arena) + int(n)
		lists[i] = arena[len(arena):len(arena):end]
		arena = arena[:end]
	}
	for _, p := range pairs {
		lists[p.circuit] = append(lists[p.circuit], p.engineer)
	}
	for i := range d.w.Circuits {
		c := &d.w.Circuits[i]
		d.countEngineers(c, len(lists[i])+len(everywhere))
		switch {
		case len(lists[i]) == 0:
			c.Engineers = slices.Clip(everywhere)
		case len(everywhere) == 0:
			c.Engineers = lists[i]
		default:
			c.Engineers = mergeSorted(lists[i], everywhere[:min(len(everywhere), mostEngineers+1)])
		}
	}
}

// pairs resolves what the engineers' rows name, and lists the engineers of every circuit.
func (d *decoder) pairs() (pairs []pair, everywhere []int32) {
	for e := range d.w.Engineers {
		g := &d.w.Engineers[e]
		if g.All {
			everywhere = append(everywhere, int32(e))
		}
		for _, id := range g.Circuits {
			i, found := d.byID[id]
			if !found {
				d.unknownCircuit(g, id)
				continue
			}
			pairs = append(pairs, pair{i, int32(e)})
			for _, twin := range d.twins[i] {
				pairs = append(pairs, pair{twin, int32(e)})
			}
		}
	}
	return pairs, everywhere
}

// mergeSorted merges two rising lists into a new one.
func mergeSorted(a, b []int32) []int32 {
	out := make([]int32, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0] < b[0] {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// sameness finds equal certificates among the engineers of a circuit, in one step for
// each engineer, however many there are.
type sameness struct {
	number []int32 // by engineer: its certificate's number, or -1 without one
	last   []int32 // by certificate's number: the engineer seen last
	round  []int32 // by certificate's number: in which round that was
	now    int32
	told   []bool // by engineer
	tell   func(a, b int32)
}

func certificates(engineers []Engineer) *sameness {
	type certificate struct{ kind, number string }
	s := &sameness{number: make([]int32, len(engineers))}
	ids := make(map[certificate]int32, len(engineers)/2)
	for i := range engineers {
		e := &engineers[i]
		s.number[i] = -1
		if e.CertificateType == "" || e.CertificateNo == "" {
			continue
		}
		key := certificate{e.CertificateType, strings.ToUpper(e.CertificateNo.Reveal())}
		id, seen := ids[key]
		if !seen {
			id = int32(len(ids))
			ids[key] = id
		}
		s.number[i] = id
	}
	s.last, s.round = make([]int32, len(ids)), make([]int32, len(ids))
	return s
}

// check looks at the engineers of one circuit.
func (s *sameness) check(list []int32) {
	s.now++
	for _, e := range list {
		n := s.number[e]
		if n < 0 {
			continue
		}
		if s.round[n] == s.now {
			s.tellOnce(e, s.last[n])
			s.tellOnce(s.last[n], e)
		}
		s.last[n], s.round[n] = e, s.now
	}
}

func (s *sameness) tellOnce(a, b int32) {
	if !s.told[a] {
		s.told[a] = true
		s.tell(a, b)
	}
}
