package quota

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Key names one quota. The service counts the requests of an account in one region to one
// API, whoever makes them.
type Key struct {
	Scope  string // the service and the account
	Region string
	API    string
}

// InUse is how many requests of a quota count now, over all processes that share it.
type InUse struct {
	Key      Key
	Requests int
}

// Keeper keeps the states of quotas for all who share them. A ledger is one; [Memory] is another. It
// is safe for concurrent use.
type Keeper interface {
	// Take applies [State.Take] to the state of a quota, atomically for all processes. If there is
	// an error, nothing is granted, and it is unknown whether what was given back was received:
	// none of it may be given back again.
	Take(context.Context, Key, Ask) (Grant, error)
}

// Memory keeps quotas for one process. The zero Memory is ready for use.
type Memory struct {
	mu     sync.Mutex
	clock  clock
	states map[Key]*State
}

var _ Keeper = (*Memory)(nil)

// Take implements [Keeper]. Its error is always nil.
func (m *Memory) Take(_ context.Context, key Key, ask Ask) (Grant, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.clock == nil {
		m.clock = systemClock()
	}
	if m.states[key] == nil {
		if m.states == nil {
			m.states = map[Key]*State{}
		}
		m.states[key] = &State{}
	}
	now := m.clock.now().run
	return m.states[key].Take(Time{Now: now, Up: now}, ask), nil
}

// Set is the quotas of one process under one keeper, each made on first use. It is safe for concurrent
// use.
type Set struct {
	keeper Keeper
	scope  string
	limits Limits

	mu      sync.Mutex
	windows map[Key]*Window
}

// Limits are the quota of each API in each region, as the user states it.
type Limits struct {
	Rate  Rate          // zero means no limit
	Burst int           // how many of a window's requests may be sent at once; 0 means a fifth, but at least 1
	Life  time.Duration // a request is answered or given up at most this long after it started; 0 means 15 s
}

// defaultLife is how long a request takes at most, by default.
const defaultLife = 15 * time.Second

func (l Limits) withDefaults() Limits {
	l.Life = cmp.Or(l.Life, defaultLife)
	if l.Burst <= 0 {
		l.Burst = l.Rate.N / 5
	}
	l.Burst = min(max(l.Burst, 1), max(l.Rate.N, 1))
	return l
}

// NewSet makes a set whose keys have the given scope.
func NewSet(k Keeper, scope string, l Limits) *Set {
	return &Set{keeper: k, scope: scope, limits: l, windows: map[Key]*Window{}}
}

// Window returns the quota of one API in one region.
func (s *Set) Window(region, api string) *Window {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := Key{Scope: s.scope, Region: region, API: api}
	if s.windows[key] == nil {
		s.windows[key] = newWindow(s.keeper, key, s.limits, systemClock())
	}
	return s.windows[key]
}

// Use is how much of one quota was used while the process asked for it.
type Use struct {
	Key  Key
	Rate Rate
	Peak int // most requests in one window, over all processes that share the quota
}

// Uses lists the quotas that the process used, sorted by region and API.
func (s *Set) Uses() []Use {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Use
	for key, w := range s.windows {
		if peak := w.peak(); peak > 0 {
			list = append(list, Use{Key: key, Rate: s.limits.Rate, Peak: peak})
		}
	}
	slices.SortFunc(list, func(a, b Use) int {
		return cmp.Or(cmp.Compare(a.Key.Region, b.Key.Region), cmp.Compare(a.Key.API, b.Key.API))
	})
	return list
}

// Close gives back what the process holds of every quota. It is called before the keeper is closed;
// without it, the others get what was held once it expires.
func (s *Set) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.windows {
		w.Close()
	}
}

// newProcess returns a number that no other process has.
func newProcess() uint64 { return rand.Uint64() }

// clock is a process's view of time.
type clock interface{ now() moment }

// moment is one reading of the clock.
type moment struct {
	run  time.Duration // since the start, by a monotonic clock
	wall time.Time
}

// jumpBound is how far the two clocks may diverge between two readings before one of them must have
// jumped: the machine was suspended, or its clock was set.
const jumpBound = time.Second

// jumped reports whether one clock jumped since an earlier reading.
func (m moment) jumped(earlier moment) bool {
	return (m.wall.Sub(earlier.wall) - (m.run - earlier.run)).Abs() > jumpBound
}

// at converts a time of the run's clock to wall time.
func (m moment) at(run time.Duration) time.Time { return m.wall.Add(run - m.run) }

// epoch is the origin of the token buckets' time; they never see the wall clock.
var epoch = time.Unix(0, 0)

// system is the machine's clock.
type system struct{ start time.Time }

func systemClock() clock { return system{start: time.Now()} }

func (s system) now() moment {
	t := time.Now()
	return moment{run: t.Sub(s.start), wall: t.Round(0)}
}
