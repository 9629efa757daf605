package sheet

import "slices"

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
