package sheet

import (
	"slices"
	"strings"
)

// crossCheck assigns engineers to circuits and applies the rules that involve more than
// one row.
func (d *decoder) crossCheck() {
	d.unique(circuitTokenTwice, CircuitClientToken, func(c *Circuit) string { return c.ClientToken })
	d.personalTokens()
	d.join()
	d.checkRequests()
	d.uniqueEngineers()
	for i := range d.w.Circuits {
		c := &d.w.Circuits[i]
		c.Invalid = c.Invalid || slices.ContainsFunc(c.Engineers, func(e int32) bool { return d.w.Engineers[e].Invalid })
	}
}

// clash reports, at the first of two circuits, that their cells of a column must not be equal.
func (d *decoder) clash(r *Rule, id ColumnID, c, other *Circuit, value string) {
	before, f := d.errors, &d.cells[id]
	d.record(r, Problem{At: d.ref(id, c.Row), Also: d.ref(id, other.Row), Column: f.header, Value: d.show(f, value)})
	if d.errors > before {
		c.invalidate(stageOf(id), d.opts.Purpose)
	}
}

// filled estimates how many circuits have a value in a column.
func (d *decoder) filled(id ColumnID) int {
	if columnOf(id).Required {
		return len(d.w.Circuits)
	}
	return 0
}

// pair assigns an engineer to a circuit, by their indexes.
type pair struct{ circuit, engineer int32 }

// join assigns the engineers to their circuits, in sheet order, and checks their number.
// The cost is proportional to the number of IDs named: circuits that have only the
// engineers of every circuit share one list.
func (d *decoder) join() {
	pairs, onAll := d.pairs()
	if len(d.w.Circuits) > 0 {
		d.onAll = onAll
	}
	counts := make([]int32, len(d.w.Circuits))
	for _, p := range pairs {
		counts[p.circuit]++
	}
	arena := make([]int32, 0, len(pairs)+len(onAll))
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
		d.countEngineers(c, len(lists[i])+len(onAll))
		switch {
		case len(lists[i]) == 0:
			c.Engineers = slices.Clip(onAll)
		case len(onAll) == 0:
			c.Engineers = lists[i]
		default:
			c.Engineers = mergeSorted(lists[i], onAll[:min(len(onAll), maxEngineers+1)])
		}
	}
}

// pairs resolves the IDs named by engineers, and lists those who work on every circuit.
func (d *decoder) pairs() (pairs []pair, onAll []int32) {
	for e := range d.w.Engineers {
		g := &d.w.Engineers[e]
		if g.All {
			onAll = append(onAll, int32(e))
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
	return pairs, onAll
}

// mergeSorted merges two ascending lists into a new one.
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

// duplicateFinder finds equal certificates among the engineers of a circuit, in time
// linear in their number.
type duplicateFinder struct {
	number   []int32 // by engineer: an index for the certificate, or -1 without one
	last     []int32 // by certificate: the engineer seen last
	round    []int32 // by certificate: the round in which that was
	now      int32
	reported []bool // by engineer
	report   func(a, b int32)
}

func newDuplicateFinder(engineers []Engineer, report func(a, b int32)) *duplicateFinder {
	type certificate struct{ kind, number string }
	s := &duplicateFinder{number: make([]int32, len(engineers)), reported: make([]bool, len(engineers)), report: report}
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

// check compares the engineers of one circuit.
func (s *duplicateFinder) check(list []int32) {
	s.now++
	for _, e := range list {
		n := s.number[e]
		if n < 0 {
			continue
		}
		if s.round[n] == s.now {
			s.reportOnce(e, s.last[n])
			s.reportOnce(s.last[n], e)
		}
		s.last[n], s.round[n] = e, s.now
	}
}

func (s *duplicateFinder) reportOnce(a, b int32) {
	if !s.reported[a] {
		s.reported[a] = true
		s.report(a, b)
	}
}
