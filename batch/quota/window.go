package quota

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Throttling is implemented by errors that can say that a quota was exceeded.
type Throttling interface {
	error
	// Throttling reports whether the call failed because the quota was exceeded, and how long the
	// server asks to wait, or 0 if it gave no hint.
	Throttling() (wait time.Duration, throttled bool)
}

// Window is the quota of one API in one region, as used by one process. It is safe for concurrent use.
type Window struct {
	limits Limits
	keeper Keeper
	key    Key
	clock  clock

	turn    chan struct{} // held by the waiter who is next
	wake    chan struct{} // wakes that waiter
	timer   *time.Timer   // wakes the waiter later; used by the holder of the turn
	flush   *time.Timer   // begins an exchange
	waiting atomic.Int32  // callers of Acquire

	exchanges sync.WaitGroup

	mu      sync.Mutex
	hand    hand
	busy    bool          // an exchange is in progress
	urgent  bool          // an exchange must begin at once
	flushAt time.Duration // when flush begins an exchange
	err     error
}

// New makes a quota for this process alone. A burst of 0 means a fifth of the rate, but at least 1; the
// zero rate means no limit.
func New(r Rate, burst int) *Window {
	c := systemClock()
	return newWindow(&Memory{clock: c}, Key{}, Limits{Rate: r, Burst: burst}, c)
}

func newWindow(k Keeper, key Key, l Limits, c clock) *Window {
	if l.Rate.N == 0 {
		return &Window{}
	}
	l = l.withDefaults()
	w := &Window{
		limits: l, keeper: k, key: key, clock: c,
		turn: make(chan struct{}, 1), wake: make(chan struct{}, 1),
		hand: hand{limits: l, process: newProcess(), seen: c.now()},
	}
	// Timers with a function instead of a channel: in virtual time under the race
	// detector the runtime (Go 1.26) crashes on a channel timer that expires before
	// anyone waits for it.
	w.timer = time.AfterFunc(time.Hour, w.wakeWaiter)
	w.timer.Stop()
	w.flush = time.AfterFunc(time.Hour, w.flushNow)
	w.flush.Stop()
	return w
}

// Acquire waits until one request may be sent. The caller then sends it and calls done with the error
// of the call; calling done again has no effect. Callers take turns: the one whose turn it is waits
// for a token and for its time. After an error nothing may be sent: it is the context's, or the
// keeper's, in which case every later call fails too.
func (w *Window) Acquire(ctx context.Context) (done func(error), err error) {
	if w.limits.Rate.N == 0 {
		return func(error) {}, ctx.Err()
	}
	w.waiting.Add(1)
	defer w.leave()
	select {
	case w.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-w.turn }()
	defer w.timer.Stop()
	for {
		t, now, wait, err := w.claim()
		switch {
		case err != nil:
			return nil, err
		case wait == 0:
			var once sync.Once
			return func(err error) { once.Do(func() { w.done(t, now, err) }) }, nil
		case wait > 0:
			w.timer.Reset(wait)
		}
		select {
		case <-w.wake:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// leave ends the wait of one caller. After the last one, no one needs the tokens.
func (w *Window) leave() {
	if w.waiting.Add(-1) == 0 {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.settle()
	}
}

// claim uses a token, or returns how long to wait before asking again; if that is below 0, the end of an
// exchange will wake the caller.
func (w *Window) claim() (t token, now, wait time.Duration, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return token{}, 0, 0, w.err
	}
	now = w.hand.read(w.clock.now())
	t, ok, wait := w.hand.claim(now)
	waiting := max(1, int(w.waiting.Load())) // includes the caller
	if ok {
		waiting--
	}
	if !w.busy && w.hand.next <= now && w.hand.low() && w.hand.wanted(now, waiting) > 0 {
		w.begin(waiting)
	}
	switch {
	case ok:
		return t, now, 0, nil
	case wait > 0:
		return t, now, wait, nil
	case w.busy:
		return t, now, -1, nil
	}
	return t, now, w.hand.next - now, nil
}

// wakeWaiter wakes the waiter whose turn it is. It may do so once more than necessary.
func (w *Window) wakeWaiter() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// begin begins an exchange with the keeper, which gives back answers and gets new tokens. The caller
// holds the mutex.
func (w *Window) begin(waiting int) {
	w.busy = true
	w.exchanges.Go(func() {
		defer w.guard()
		w.exchange(waiting)
	})
}

// guard turns a panic into the error of every later call. The value may quote anything, so it is not
// shown.
func (w *Window) guard() {
	p := recover()
	if p == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy, w.err = false, fmt.Errorf("the quota panicked: %T", p)
	w.wakeWaiter()
}

// ask makes the ask for the keeper.
func (w *Window) ask(waiting int) Ask {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.hand.ask(w.clock.now(), waiting)
}

func (w *Window) exchange(waiting int) {
	ask := w.ask(waiting)
	// The grant must not be lost when a caller leaves, so the caller's context is not used.
	g, err := w.keeper.Take(context.Background(), w.key, ask)
	w.mu.Lock()
	defer w.wakeWaiter()
	defer w.mu.Unlock()
	w.busy = false
	if err == nil {
		w.hand.granted(w.clock.now(), ask.Want, g)
	} else if w.err == nil {
		w.err = err
	}
	w.settle()
}

// settle schedules giving back: at once after a throttling answer, otherwise when flush says. The caller
// holds the mutex.
func (w *Window) settle() {
	if w.err != nil || w.busy {
		return
	}
	waiting := int(w.waiting.Load())
	if w.urgent {
		w.urgent = false
		w.begin(waiting)
		return
	}
	now := w.clock.now().run
	if after := w.hand.flush(waiting); after > 0 && (w.flushAt <= now || now+after < w.flushAt) {
		w.flushAt = now + after
		w.flush.Reset(after)
	}
}

// done records the answer to a request that was released at the given time.
func (w *Window) done(t token, released time.Duration, err error) {
	var failed Throttling
	var hint time.Duration
	throttled := false
	if errors.As(err, &failed) {
		hint, throttled = failed.Throttling()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hand.finished(t, released, w.hand.read(w.clock.now()), throttled, hint)
	w.urgent = w.urgent || throttled
	w.settle()
}

// flushNow begins an exchange, unless there has just been one.
func (w *Window) flushNow() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flushAt = 0
	after := w.hand.flush(int(w.waiting.Load()))
	w.urgent = w.urgent || !w.busy && w.clock.now().run-w.hand.asked.run >= after/2
	w.settle()
}

// errClosed is the error of a quota that was closed.
var errClosed = errors.New("the quota is closed")

// Close gives back everything that is held. Later calls to Acquire fail.
func (w *Window) Close() {
	if w.limits.Rate.N == 0 {
		return
	}
	w.mu.Lock()
	failed := w.err
	if failed == nil {
		w.err = errClosed
	}
	w.flush.Stop()
	w.mu.Unlock()
	w.exchanges.Wait() // none begins after this
	if failed != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if ask := w.hand.ask(w.clock.now(), 0); len(ask.Returns) > 0 {
		_, _ = w.keeper.Take(context.Background(), w.key, ask) // if it fails, the grants expire
	}
}

// peak is the most requests in one window.
func (w *Window) peak() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.hand.peak
}

// Slowed lists when the quota was below its rate because of throttling answers, up to
// now, in order and without overlaps.
func (w *Window) Slowed() []Span {
	if w.limits.Rate.N == 0 {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.clock.now()
	spans := make([]Span, 0, len(w.hand.slow))
	for _, s := range w.hand.slow {
		spans = append(spans, Span{From: now.at(s.from), To: now.at(min(s.to, now.run))})
	}
	return spans
}
