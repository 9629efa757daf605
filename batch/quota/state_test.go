package quota

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// world is a machine with processes that share a quota, and the server that counts their requests. It
// runs in virtual time, one event after another.
type world struct {
	*testing.T
	rand                 *rand.Rand
	limits               Limits
	now                  time.Duration // of the server, excluding the time that the machine was suspended
	asleep               time.Duration
	events               eventHeap
	stored               [][]byte // the state after each take, latest last
	line                 int
	booted, asleepAtBoot time.Duration
	speed                float64 // of the keeper's clock
	latency              time.Duration
	callers              int
	hanging              bool          // some requests take as long as they may
	late                 time.Duration // how late timers fire, at most
	remote               bool          // the keeper is on another machine, which is never suspended
	trips                time.Duration // of an ask, at most

	processes []*actor
	arrivals  []time.Duration
	asks      int
	sizes     int // largest stored state
}

type event struct {
	at time.Duration
	do func()
}

type eventHeap []event

func (h eventHeap) Len() int           { return len(h) }
func (h eventHeap) Less(i, j int) bool { return h[i].at < h[j].at }
func (h eventHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *eventHeap) Push(x any)        { *h = append(*h, x.(event)) }
func (h *eventHeap) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	*h = (*h)[:last]
	return e
}

func (w *world) after(d time.Duration, do func()) { heap.Push(&w.events, event{w.now + d, do}) }

func (w *world) run(until time.Duration) {
	for len(w.events) > 0 && w.events[0].at <= until {
		e := heap.Pop(&w.events).(event)
		w.now = e.at
		e.do()
	}
	w.now = until
}

// some returns a random duration up to d.
func (w *world) some(d time.Duration) time.Duration {
	return time.Duration(w.rand.Int64N(int64(d) + 1))
}

// take is the keeper: it reads the stored state, takes, and stores it.
func (w *world) take(ask Ask) Grant {
	var s State
	if n := len(w.stored); n > 0 {
		if err := s.UnmarshalBinary(w.stored[n-1]); err != nil {
			w.Fatal(err)
		}
	}
	now := time.Duration(float64(w.now-w.booted) * w.speed)
	if w.remote {
		now += w.asleep - w.asleepAtBoot
	}
	g := s.Take(Time{Line: fmt.Sprint(w.line), Now: now, Up: now}, ask)
	b, err := s.AppendBinary(nil)
	if err != nil {
		w.Fatal(err)
	}
	w.stored = append(w.stored, b)
	w.asks++
	w.sizes = max(w.sizes, len(b))
	return g
}

// arrive counts a request that arrives sometime between its start and its end, often at one of the two.
// What is on its way to the server is not suspended.
func (w *world) arrive(latency time.Duration) {
	there := []time.Duration{0, latency, w.some(latency)}[w.rand.IntN(3)]
	w.arrivals = append(w.arrivals, w.now+w.asleep+there)
}

// actor is one process: the hand of a Window, with callers that always have something to send.
type actor struct {
	*world
	hand    hand
	born    time.Duration
	speed   float64
	wall    time.Duration // how far its wall clock was set
	stopped time.Duration // until then it does not run
	waiting int
	timer   int // number of the only valid one
	busy    bool
	dead    bool
}

func (w *world) start() *actor {
	p := &actor{world: w, born: w.now, speed: 1 + (w.rand.Float64()-0.5)/2000, waiting: w.callers}
	p.hand = hand{limits: w.limits, process: w.rand.Uint64(), seen: p.clock()}
	w.processes = append(w.processes, p)
	w.after(0, p.step)
	return p
}

func (p *actor) clock() moment {
	return moment{
		run:  time.Duration(float64(p.now-p.born) * p.speed),
		wall: time.Unix(1800000000, 0).Add(p.now + p.asleep + p.wall),
	}
}

// then runs do after a while, unless the process is dead, and later if it is stopped.
func (p *actor) then(d time.Duration, do func()) {
	p.after(d, func() {
		switch {
		case p.dead:
		case p.stopped > p.now:
			p.then(p.stopped-p.now, do)
		default:
			do()
		}
	})
}

// step does what Window.Acquire does for all callers.
func (p *actor) step() {
	for p.waiting > 0 {
		now := p.hand.read(p.clock())
		t, ok, wait := p.hand.claim(now)
		if ok {
			p.waiting--
		}
		if !p.busy && p.hand.next <= now && p.hand.low() && p.hand.wanted(now, p.waiting) > 0 {
			p.exchange(p.waiting)
		}
		if !ok {
			if wait == 0 && !p.busy {
				wait = p.hand.next - now
			}
			if wait > 0 {
				p.timer++
				timer := p.timer
				p.then(wait+p.some(p.late), func() {
					if timer == p.timer {
						p.step()
					}
				})
			}
			return
		}
		p.send(t, now)
	}
}

// send sends one request. The process may be scheduled late, which is part of the latency.
func (p *actor) send(t token, started time.Duration) {
	latency := p.latency/2 + p.some(p.latency)
	if p.hanging && p.rand.IntN(20) == 0 {
		latency = p.limits.Life
	}
	p.arrive(latency)
	p.then(latency, func() {
		p.hand.finished(t, started, p.hand.read(p.clock()), false, 0)
		p.waiting++
		p.step()
		p.flushLater()
	})
}

func (p *actor) flushLater() {
	after := p.hand.flush(p.waiting)
	p.then(after, func() {
		if !p.busy && p.hand.flush(p.waiting) > 0 && p.clock().run-p.hand.asked.run >= after/2 {
			p.exchange(p.waiting)
		}
	})
}

// exchange reaches the keeper after a while, and its grant arrives after another.
func (p *actor) exchange(waiting int) {
	p.busy = true
	ask := p.hand.ask(p.clock(), waiting)
	p.after(p.some(p.trips/2), func() { // a process that dies from now on has asked
		g := p.take(ask)
		p.then(p.some(p.trips/2), func() {
			p.busy = false
			p.hand.granted(p.clock(), ask.Want, g)
			p.flushLater()
			p.step()
		})
	})
}

// trouble makes something go wrong from time to time.
func (w *world) trouble() {
	w.after(w.some(2*w.limits.Rate.Per), func() {
		defer w.trouble()
		i := w.rand.IntN(len(w.processes))
		p := w.processes[i]
		switch w.rand.IntN(6) {
		case 0: // killed, and started again
			p.dead = true
			w.processes = slices.Delete(w.processes, i, i+1)
			w.start()
		case 1: // another one
			if len(w.processes) < 6 {
				w.start()
			}
		case 2: // the wall clock is set, for all
			by := w.some(4*time.Hour) - 2*time.Hour
			for _, p := range w.processes {
				p.wall += by
			}
		case 3: // stopped for a while
			p.stopped = w.now + w.some(6*time.Second)
		case 4: // the machine is suspended
			w.asleep += w.some(3 * w.limits.Rate.Per)
		case 5: // the keeper loses its latest takes, and perhaps the processes too
			w.stored = w.stored[:min(len(w.stored), max(1, len(w.stored)-w.rand.IntN(100)))] // the first is durable
			w.line++
			w.booted, w.asleepAtBoot = w.now, w.asleep
			if w.rand.IntN(2) == 0 {
				for _, p := range w.processes {
					p.dead = true
				}
				w.processes = nil
				w.start()
			}
		}
	})
}

func newWorld(t *testing.T, seed uint64, r Rate) *world {
	return &world{
		T: t, rand: rand.New(rand.NewPCG(seed, 9)), limits: Limits{Rate: r}.withDefaults(),
		speed: 1, latency: 20 * time.Millisecond, callers: 8, trips: 4 * time.Millisecond,
	}
}

// fullestOf is the largest number of arrivals in any window, both ends included.
func (w *world) fullest() int {
	at := make([]time.Time, len(w.arrivals))
	slices.Sort(w.arrivals)
	for i, a := range w.arrivals {
		at[i] = epoch.Add(a)
	}
	return fullest(at, w.limits.Rate.Per)
}

// TestTakeHoldsTheBound shares quotas among processes that are started, killed, stopped and lose power,
// and whose clocks run at different speeds and are set. The server never sees more than the quota
// in any window.
func TestTakeHoldsTheBound(t *testing.T) {
	seeds := 200
	if testing.Short() {
		seeds = 20
	}
	rates := []Rate{{1, time.Second}, {5, time.Second}, {20, 2 * time.Second}, {100, 10 * time.Second}, {200, time.Second}}
	for seed := range uint64(seeds) {
		w := newWorld(t, seed, rates[seed%uint64(len(rates))])
		w.speed = 1 + (w.rand.Float64()-0.5)/2000
		w.latency = []time.Duration{time.Millisecond, 30 * time.Millisecond, time.Second}[w.rand.IntN(3)]
		w.trips = []time.Duration{time.Millisecond, 20 * time.Millisecond, 3 * time.Second}[w.rand.IntN(3)]
		w.late = []time.Duration{0, 50 * time.Millisecond, 3 * time.Second}[w.rand.IntN(3)]
		w.limits.Life = 2 * w.latency
		w.limits.Burst = 1 + w.rand.IntN(w.limits.Rate.N)
		w.callers = 1 + w.rand.IntN(16)
		w.hanging = w.rand.IntN(2) == 0
		w.remote = w.rand.IntN(2) == 0
		for range 1 + w.rand.IntN(4) {
			w.start()
		}
		w.trouble()
		w.run(time.Minute + w.some(2*time.Minute))
		if most := w.fullest(); most > w.limits.Rate.N {
			t.Fatalf("seed %d: %d requests within %v, allowed are %d", seed, most, w.limits.Rate.Per, w.limits.Rate.N)
		}
	}
}

// TestTakeWastesNothing shares quotas among processes that do not die. On the whole they use at least
// 97 % of the burst and the pace after it, with about ten asks a second, and fifteen at most.
func TestTakeWastesNothing(t *testing.T) {
	var table strings.Builder
	for _, r := range []Rate{{20, 2 * time.Second}, {100, 10 * time.Second}, {300, time.Minute}} {
		for _, n := range []int{1, 2, 3, 4, 8} {
			w := newWorld(t, 1, r)
			w.latency = 10 * time.Millisecond
			for range n {
				w.start()
			}
			length := 12 * r.Per
			w.run(length)
			promised := float64(w.limits.Burst) + r.PerSecond()*length.Seconds()
			used := float64(len(w.arrivals)) / promised
			asks := float64(w.asks) / length.Seconds()
			fmt.Fprintf(&table, "%8v %d: %3d in a window, %.1f %%, %.1f asks/s, %d bytes\n", r, n, w.fullest(), 100*used, asks, w.sizes)
			if most := w.fullest(); most > r.N {
				t.Errorf("%v, %d processes: %d requests in a window", r, n, most)
			}
			if used < 0.97 {
				t.Errorf("%v, %d processes: %.1f %% used", r, n, 100*used)
			}
			if asks > 15 {
				t.Errorf("%v, %d processes: %.1f asks a second", r, n, asks)
			}
		}
	}
	t.Logf("\n%s", &table)
}

// Each process counts everyone's requests in its own window, even if another's was shorter.
func TestTakeKeepsTheQuotaOfEachProcess(t *testing.T) {
	for _, test := range []struct {
		name        string
		short, long Rate
		least, most int // requests within half a minute after the change
	}{
		{"some of the long window is left", Rate{2, time.Second}, DefaultRate, 130, 160},
		{"the long window is full", Rate{50, time.Second}, Rate{100, 20 * time.Second}, 50, 110},
		{"nobody knows how full the long window is", Rate{50, time.Second}, Rate{100, 3 * time.Minute}, 0, 8},
	} {
		w := newWorld(t, 1, test.short)
		w.start()
		w.run(70 * time.Second)
		w.processes[0].dead = true
		before := len(w.arrivals)
		w.limits = Limits{Rate: test.long}.withDefaults()
		w.start()
		w.run(100 * time.Second)
		if n := len(w.arrivals) - before; n < test.least || n > test.most {
			t.Errorf("%s: %d requests in half a minute, want %d to %d", test.name, n, test.least, test.most)
		}
	}
}

// Processes that want the same number get the same number, whoever asks first.
func TestTakeGivesEqualShares(t *testing.T) {
	var s State
	now, held, got := time.Duration(0), map[uint64][]time.Duration{}, map[uint64]int{}
	ask := func(process uint64) {
		held[process] = slices.DeleteFunc(held[process], func(start time.Duration) bool { return start <= now })
		g := s.Take(Time{Now: now, Up: now}, Ask{Process: process, Rate: Rate{100, 10 * time.Second}, Burst: 20, Life: time.Second, Want: 8, Held: len(held[process])})
		got[process] += len(g.Starts)
		for _, offset := range g.Starts {
			held[process] = append(held[process], now+offset)
		}
	}
	for range 40 {
		ask(1)
		ask(2)
		ask(3)
		now += 200 * time.Millisecond
	}
	for _, n := range got {
		if n < 25 || n > 42 {
			t.Errorf("100 requests were shared as %v", got)
		}
	}
}

// A throttling answer to one process slows down all, apart from what another already holds and starts.
func TestTakeThrottlesAllProcesses(t *testing.T) {
	var s State
	r := Rate{100, 10 * time.Second}
	base := Ask{Rate: r, Burst: 20, Life: time.Second, Want: 8}
	take := func(now time.Duration, process uint64, back ...Return) Grant {
		a := base
		a.Process, a.Number, a.Returns = process, uint64(now)+1, back
		return s.Take(Time{Now: now, Up: now}, a)
	}
	take(0, 1)
	take(time.Millisecond, 1, Return{Ask: 1, Sent: true, Started: time.Millisecond, Throttled: true, Hint: 3 * time.Second})
	if g := take(2*time.Millisecond, 2); len(g.Starts) != 0 || g.Share != 0.5 || g.Wait < 1900*time.Millisecond || g.Recovers < 9*time.Second {
		t.Errorf("the other process got %+v, want nothing for 3s", g)
	}
	if g := take(2500*time.Millisecond, 2); len(g.Starts) == 0 || g.Starts[0] < 500*time.Millisecond || len(g.Starts) > 4 {
		t.Errorf("half a second before the hint is over: %+v", g)
	}
}

func TestStateReadsBack(t *testing.T) {
	w := newWorld(t, 3, Rate{100, 10 * time.Second})
	w.hanging = true
	w.start()
	w.start()
	w.trouble()
	w.run(time.Minute)
	for _, b := range w.stored {
		var s State
		if err := s.UnmarshalBinary(b); err != nil {
			t.Fatal(err)
		}
		if again, _ := s.AppendBinary(nil); string(again) != string(b) {
			t.Fatalf("%x reads back as %x", b, again)
		}
	}
	last := w.stored[len(w.stored)-1]
	var s State
	for n := 1; n < len(last); n++ {
		if err := s.UnmarshalBinary(last[:n]); err == nil {
			t.Errorf("the first %d of %d bytes are read", n, len(last))
		}
	}
	if err := s.UnmarshalBinary(append([]byte{stateVersion + 1}, last[1:]...)); err == nil {
		t.Error("another version is read")
	}
}

func FuzzState(f *testing.F) {
	f.Add([]byte{})
	var s State
	s.Take(Time{Now: time.Hour}, Ask{Rate: DefaultRate, Burst: 60, Want: 3, Process: 1})
	b, _ := s.AppendBinary(nil)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		var s State
		if s.UnmarshalBinary(b) != nil {
			return
		}
		again, _ := s.AppendBinary(nil)
		var read State
		if err := read.UnmarshalBinary(again); err != nil {
			t.Fatal(err)
		}
		s.Take(Time{Line: "x", Now: time.Hour}, Ask{Rate: DefaultRate, Burst: 60, Want: 3})
	})
}

// A grant that was on its way when the machine was suspended is of unknown age.
func TestHandDropsAGrantOfUnknownAge(t *testing.T) {
	c := &handClock{moment{wall: time.Date(2027, 1, 15, 2, 0, 0, 0, time.UTC)}}
	h := hand{limits: Limits{Rate: DefaultRate}.withDefaults(), seen: c.moment}
	h.ask(c.moment, 1)
	c.pass(time.Millisecond, time.Hour)
	h.read(c.moment)
	h.granted(c.moment, 1, Grant{Starts: []time.Duration{0}, Share: 1})
	if _, ok, _ := h.claim(c.run); ok || len(h.back) != 1 || h.back[0].sent {
		t.Errorf("claimed %v, given back %+v", ok, h.back)
	}
}

// After a restart of the machine, a throttling answer counts as if it had come at the last reading of
// the clock before.
func TestTakeRecoversAfterARestart(t *testing.T) {
	var s State
	a := Ask{Process: 1, Number: 1, Rate: Rate{100, 10 * time.Second}, Burst: 20, Life: time.Second, Want: 8}
	before := 100 * time.Second
	s.Take(Time{Line: "before", Now: before, Up: before}, a)
	a.Number, a.Returns = 2, []Return{{Ask: 1, Sent: true, Throttled: true, Hint: 20 * time.Second}}
	s.Take(Time{Line: "before", Now: before + time.Millisecond, Up: before + time.Millisecond}, a)
	for _, test := range []struct {
		now     time.Duration
		slow    bool
		granted bool
	}{{15 * time.Second, false, false}, {60 * time.Second, false, true}} {
		after := s
		after.grants = slices.Clone(s.grants)
		g := after.Take(Time{Line: "after", Now: test.now, Up: test.now}, Ask{Process: 2, Number: 1, Rate: a.Rate, Burst: a.Burst, Life: a.Life, Want: 8})
		if (g.Share < 1) != test.slow || (len(g.Starts) > 0) != test.granted {
			t.Errorf("%v after the restart: %+v", test.now, g)
		}
	}
}
