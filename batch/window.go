package batch

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// window is a quota that one run has to itself: a bound and a pace within it.
//
// The bound holds by construction: a request is released only when the N-th before it
// was answered or given up at least one window ago. A request reaches the server
// after its release and before its answer, so of any N+1 requests the first reached
// it at least one window before the last, whatever the network does in between.
//
// The pace is a token bucket of N per window with a burst, so that a small workbook
// goes out at once and a large one evenly. A throttling answer halves the pace, and
// each eighth of a window without one gives a sixteenth of the full pace back.
type window struct {
	rate  Rate
	guard time.Duration // Rate.Per and a margin for clocks that do not run alike
	burst int
	clock clock

	turn chan struct{} // held by the one waiter who is next
	wake chan struct{} // tells the next waiter to look again

	mu       sync.Mutex
	pace     *rate.Limiter
	released int             // requests
	finished []time.Duration // when the last N were answered, as a ring
	count    int             // requests answered
	seen     moment          // the last look at the clock
	throttle throttle
}

var _ Quota = (*window)(nil)

// NewQuota makes the quota of one API in one region that nobody else draws on. A burst
// of 0 is a fifth of the rate, and at least 1; the zero rate is no limit.
func NewQuota(r Rate, burst int) Quota {
	if r.N == 0 {
		return unlimited{}
	}
	return newWindow(r, burst, systemClock())
}

func newWindow(r Rate, burst int, c clock) *window {
	if burst <= 0 {
		burst = r.N / 5
	}
	burst = min(max(burst, 1), r.N)
	return &window{
		rate: r, guard: r.Per + max(r.Per/1000, time.Millisecond), burst: burst, clock: c,
		turn: make(chan struct{}, 1), wake: make(chan struct{}, 1),
		pace: rate.NewLimiter(rate.Limit(r.perSecond()), burst),
		seen: c.now(), throttle: newThrottle(r),
	}
}

// Acquire implements Quota. Waiters take turns; the one whose turn it is waits for the
// bound, the server's hint and the pace, and all others wait for the turn.
func (w *window) Acquire(ctx context.Context) (func(error), error) {
	select {
	case w.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-w.turn }()
	alarm := newAlarm()
	defer alarm.stop()
	for {
		wait, now := w.release()
		if wait <= 0 {
			var once sync.Once
			return func(err error) { once.Do(func() { w.done(now, err) }) }, nil
		}
		alarm.set(wait)
		select {
		case <-alarm.rings:
		case <-w.wake:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// release releases one request now, or tells how long to wait before asking again.
func (w *window) release() (time.Duration, time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.look()
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

// bound is how long the N-th request before the next forbids it. One that has no
// answer yet forbids it until its answer wakes the waiter.
func (w *window) bound(now time.Duration) time.Duration {
	before := w.released - w.rate.N
	if before < 0 {
		return 0
	}
	if before >= w.count {
		return w.guard
	}
	return w.finished[before%w.rate.N] + w.guard - now
}

// done takes the answer of a request that was released then.
func (w *window) done(released time.Duration, err error) {
	w.mu.Lock()
	now := w.look()
	if len(w.finished) < w.rate.N {
		w.finished = append(w.finished, now)
	} else {
		w.finished[w.count%w.rate.N] = now
	}
	w.count++
	var call *CallError
	if errors.As(err, &call) && call.Throttled {
		w.throttle.answer(released, now, call.Wait)
		w.setPace(now)
	}
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// setPace gives the token bucket the pace that holds now.
func (w *window) setPace(now time.Duration) {
	share, burst := w.throttle.share(now), w.burst
	if share < 1 {
		burst = 1
	}
	at, limit := epoch.Add(now), rate.Limit(w.rate.perSecond()*share)
	if w.pace.Limit() != limit {
		w.pace.SetLimitAt(at, limit)
	}
	if w.pace.Burst() != burst {
		w.pace.SetBurstAt(at, burst)
	}
}

// look reads the clock. When this machine was suspended, or its clock set, the tokens
// that seem to have gathered meanwhile are dropped, so that no burst follows.
func (w *window) look() time.Duration {
	now := w.clock.now()
	if now.jumped(w.seen) {
		at := epoch.Add(now.run)
		w.pace.AllowN(at, int(w.pace.TokensAt(at)))
	}
	w.seen = now
	return now.run
}

// Slowed implements Quota.
func (w *window) Slowed() []Span {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.clock.now()
	spans := make([]Span, 0, len(w.throttle.slow))
	for _, s := range w.throttle.slow {
		spans = append(spans, Span{From: now.at(s.from), To: now.at(min(s.to, now.run))})
	}
	return spans
}

// unlimited is the quota of a service that has none.
type unlimited struct{}

// Acquire implements Quota.
func (unlimited) Acquire(ctx context.Context) (func(error), error) {
	return func(error) {}, ctx.Err()
}

// Slowed implements Quota.
func (unlimited) Slowed() []Span { return nil }
