// Package quota paces requests to an API that allows N of them in any window of a given
// length, counted per account, region and API.
//
// A [Window] has a bound and a pace within it. The bound holds by construction: a
// request is released only when the N-th before it was answered or given up at least one
// window ago. A request reaches the server after its release and before its answer, so
// it arrives at least one window after the N-th request before it, whatever the network
// does in between.
//
// The pace is a token bucket of N per window with a burst, so a small workbook is sent at
// once and a large one evenly. A throttling answer halves the pace, and each eighth of a
// window without one restores a sixteenth of the full pace.
//
// The package imports none of ours. It learns about failed calls through [Throttling].
package quota

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Throttling is implemented by errors that can say that a quota was exceeded.
type Throttling interface {
	error
	// Throttling reports whether the call failed because the quota was exceeded, and
	// how long the server asks to wait; 0 when it gave no hint.
	Throttling() (wait time.Duration, throttled bool)
}

// Window is the quota of one API in one region, used by this process alone. It is safe
// for any number of goroutines.
type Window struct {
	rate  Rate
	guard time.Duration // Rate.Per and a margin for clocks that run at different speeds
	burst int
	clock clock

	turn  chan struct{} // held by the waiter who is next
	wake  chan struct{} // wakes that waiter
	timer *time.Timer   // does so at a later time; used by the holder of the turn

	mu       sync.Mutex
	pace     *rate.Limiter
	released int             // requests
	finished []time.Duration // when the last N were answered, as a ring
	count    int             // requests answered
	seen     moment          // the last reading of the clock
	throttle throttle
}

// New makes a quota. A burst of 0 is a fifth of the rate, and at least 1; the zero rate
// means no limit.
func New(r Rate, burst int) *Window { return newWindow(r, burst, systemClock()) }

func newWindow(r Rate, burst int, c clock) *Window {
	if r.N == 0 {
		return &Window{}
	}
	if burst <= 0 {
		burst = r.N / 5
	}
	burst = min(max(burst, 1), r.N)
	w := &Window{
		rate: r, guard: r.Per + max(r.Per/1000, time.Millisecond), burst: burst, clock: c,
		turn: make(chan struct{}, 1), wake: make(chan struct{}, 1),
		pace: rate.NewLimiter(rate.Limit(r.PerSecond()), burst),
		seen: c.now(), throttle: newThrottle(r),
	}
	// A timer with a function instead of a channel: in virtual time under the race
	// detector the runtime (Go 1.26) crashes on a channel timer that expires before
	// anyone waits for it.
	w.timer = time.AfterFunc(time.Hour, w.wakeWaiter)
	w.timer.Stop()
	return w
}

// Acquire waits until one request may be sent. The caller then sends it and calls done
// with the error of the call; calling it again has no effect. Callers take turns: the
// one whose turn it is waits for the bound, the server's hint and the pace. The error is
// the context's, and then nothing may be sent.
func (w *Window) Acquire(ctx context.Context) (done func(error), err error) {
	if w.rate.N == 0 {
		return func(error) {}, ctx.Err()
	}
	select {
	case w.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-w.turn }()
	defer w.timer.Stop()
	for {
		wait, now := w.release()
		if wait <= 0 {
			var once sync.Once
			return func(err error) { once.Do(func() { w.done(now, err) }) }, nil
		}
		w.timer.Reset(wait)
		select {
		case <-w.wake:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// wakeWaiter wakes the waiter whose turn it is. It may do so once more than necessary.
func (w *Window) wakeWaiter() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// release releases one request now, or returns how long to wait before asking again.
func (w *Window) release() (wait, now time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now = w.readClock()
	if wait := max(w.bound(now), w.throttle.hold-now); wait > 0 {
		return wait, now
	}
	w.setPace(now)
	at := epoch.Add(now)
	if !w.pace.AllowN(at, 1) {
		missing := (1 - w.pace.TokensAt(at)) / float64(w.pace.Limit())
		return max(time.Duration(missing*float64(time.Second)), time.Microsecond) + 1, now
	}
	w.released++
	return 0, now
}

// bound returns how long the N-th request before the next one delays it. If that has no
// answer yet, its answer will wake the waiter.
func (w *Window) bound(now time.Duration) time.Duration {
	before := w.released - w.rate.N
	if before < 0 {
		return 0
	}
	if before >= w.count {
		return w.guard
	}
	return w.finished[before%w.rate.N] + w.guard - now
}

// done records the answer to a request that was released at the given time.
func (w *Window) done(released time.Duration, err error) {
	w.mu.Lock()
	now := w.readClock()
	if len(w.finished) < w.rate.N {
		w.finished = append(w.finished, now)
	} else {
		w.finished[w.count%w.rate.N] = now
	}
	w.count++
	var failed Throttling
	if errors.As(err, &failed) {
		if wait, throttled := failed.Throttling(); throttled {
			w.throttle.answer(released, now, wait)
			w.setPace(now)
		}
	}
	w.mu.Unlock()
	w.wakeWaiter()
}

// setPace gives the token bucket the current pace.
func (w *Window) setPace(now time.Duration) {
	share, burst := w.throttle.share(now), w.burst
	if share < 1 {
		burst = 1
	}
	at, limit := epoch.Add(now), rate.Limit(w.rate.PerSecond()*share)
	if w.pace.Limit() != limit {
		w.pace.SetLimitAt(at, limit)
	}
	if w.pace.Burst() != burst {
		w.pace.SetBurstAt(at, burst)
	}
}

// readClock reads the clock. If the machine was suspended or its clock set, the tokens
// that seem to have accumulated in the meantime are dropped, so no burst follows.
func (w *Window) readClock() time.Duration {
	now := w.clock.now()
	if now.jumped(w.seen) {
		at := epoch.Add(now.run)
		w.pace.AllowN(at, int(w.pace.TokensAt(at)))
	}
	w.seen = now
	return now.run
}

// Slowed lists when the quota was below its rate because of throttling answers, up to
// now, in order and without overlaps.
func (w *Window) Slowed() []Span {
	w.mu.Lock()
	defer w.mu.Unlock()
	spans := make([]Span, 0, len(w.throttle.slow))
	for _, s := range w.throttle.slow {
		now := w.clock.now()
		spans = append(spans, Span{From: now.at(s.from), To: now.at(min(s.to, now.run))})
	}
	return spans
}

// clock is how a quota sees time.
type clock interface{ now() moment }

// moment is one reading of the clock.
type moment struct {
	run  time.Duration // since the start, by a clock that only goes forward
	wall time.Time
}

// jumpBound is how far the two clocks may diverge between two readings before one of them
// must have jumped: the machine was suspended, or its clock was set.
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
