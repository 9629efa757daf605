package batch

import "time"

// clock is how a quota sees time.
type clock interface{ now() moment }

// moment is one look at the clock: how long the run has run, by a clock that only goes
// forward, and what a clock on the wall shows.
type moment struct {
	run  time.Duration
	wall time.Time
}

// jumpBound is how far the two clocks may part between two looks before one of them
// must have jumped: the machine was suspended, or its clock was set.
const jumpBound = time.Second

// jumped reports whether one clock jumped since an earlier look.
func (m moment) jumped(earlier moment) bool {
	return (m.wall.Sub(earlier.wall) - (m.run - earlier.run)).Abs() > jumpBound
}

// at gives the wall's time of a moment of the run.
func (m moment) at(run time.Duration) time.Time { return m.wall.Add(run - m.run) }

// epoch is where the token buckets count from; they never see a clock on the wall.
var epoch = time.Unix(0, 0)

// system is the machine's clock.
type system struct{ start time.Time }

func systemClock() clock { return system{start: time.Now()} }

func (s system) now() moment {
	t := time.Now()
	return moment{run: t.Sub(s.start), wall: t.Round(0)}
}
