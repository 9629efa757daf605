package batch

import (
	"cmp"
	"slices"
	"sync"

	"github.com/loabatch/loabatch/sheet"
)

// canary sends the first rows of a run before all others, across all its regions and accounts.
// Once enough of them are accepted, the rest may go. A row that ends in any other way stops
// the run, unless it says nothing about new applications: nothing was sent for it, or its
// circuit turned out to have an LOA already. The next row in sheet order then takes its
// place. A nil canary holds up nothing.
type canary struct {
	group *group
	need  int // rows that have to be accepted, or all if there are fewer

	mu        sync.Mutex
	rows      []int  // sheet rows that have an application, in order
	gone      []bool // of rows: it ended before its turn
	admitted  int    // how many of rows have had their turn
	underWay  int    // of those
	accepted  int    // of those
	over      bool   // the rest may go
	failed    bool   // one of them keeps the rest from being sent
	listeners []chan<- struct{}
}

// newCanary makes the canary of a run that consists of these parts, or nil for none.
func newCanary(g *group, need int, parts []Part) *canary {
	c := &canary{group: g, need: need}
	for _, p := range parts {
		if p.Plan.DryRun || need <= 0 {
			return nil
		}
		for i := range p.Plan.Applications {
			c.rows = append(c.rows, p.Plan.Applications[i].Row)
		}
	}
	slices.SortFunc(c.rows, cmp.Compare)
	c.gone = make([]bool, len(c.rows))
	c.admit()
	return c
}

// listen makes a channel receive a value whenever more rows may be sent.
func (c *canary) listen(to chan<- struct{}) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listeners = append(c.listeners, to)
}

// passed reports whether all rows may be sent.
func (c *canary) passed() bool {
	if c == nil {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.over
}

// admits reports whether a row may be sent.
func (c *canary) admits(row int) bool {
	if c == nil {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.over || c.admitted > 0 && row <= c.rows[c.admitted-1]
}

// ended takes the outcome of a row, and stops the run if the rest must not be sent.
func (c *canary) ended(o *Outcome) {
	if c == nil {
		return
	}
	if c.count(o) {
		c.group.halt(StopCanary)
	}
}

// count counts the outcome of a row, and reports whether it stops the run.
func (c *canary) count(o *Outcome) (stops bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over || c.failed {
		return false
	}
	place, found := slices.BinarySearch(c.rows, o.Row)
	if !found || c.gone[place] {
		return false
	}
	c.gone[place] = true
	if place >= c.admitted {
		return false
	}
	c.underWay--
	switch {
	case o.Result == sheet.Submitted:
		c.accepted++
	case o.Attempts > 0 && o.Result != sheet.Already:
		c.failed = true // another row may end before the run has stopped
		return true
	}
	c.admit()
	return false
}

// admit gives as many rows their turn as are needed to reach the number. The caller holds the mutex,
// or has the only reference.
func (c *canary) admit() {
	for c.admitted < len(c.rows) && c.accepted+c.underWay < c.need {
		if !c.gone[c.admitted] {
			c.underWay++
		}
		c.admitted++
	}
	c.over = c.accepted >= c.need || c.admitted == len(c.rows) && c.underWay == 0
	for _, l := range c.listeners {
		select {
		case l <- struct{}{}:
		default: // it has yet to receive the last one
		}
	}
}
