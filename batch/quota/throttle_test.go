package quota

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// refusal is an answer that says the quota was exceeded.
type refusal struct{ wait time.Duration }

func (refusal) Error() string { return "throttled" }

func (r refusal) Throttling() (time.Duration, bool) { return r.wait, true }

func TestThrottleHalvesOnceForAllThatWereInFlight(t *testing.T) {
	const window = 8 * time.Second
	var h throttle
	for range 5 {
		h.answer(time.Second, 2*time.Second, 0, window)
	}
	if got := h.share(2*time.Second, window); got != 0.5 {
		t.Errorf("share %v after five answers to requests in flight together, want a half", got)
	}
	h.answer(2*time.Second+1, 3*time.Second-1, 0, window)
	if got := h.share(3*time.Second-1, window); got != 0.25 {
		t.Errorf("share %v after a request that was released below the cut pace was throttled, want a quarter", got)
	}
	for range 20 {
		h.answer(h.cut+1, h.cut+2, 0, window)
	}
	if got := h.share(h.cut, window); got != leastPart {
		t.Errorf("share %v, want the least", got)
	}
}

func TestThrottleRecoversStepByStep(t *testing.T) {
	const window = 8 * time.Second
	var h throttle
	var slow stretches
	cut := func(released, now time.Duration) {
		h.answer(released, now, 0, window)
		slow.add(now, h.recovers(window))
	}
	cut(0, time.Second)
	for step := range 12 {
		want := min(1, 0.5+float64(step)/16)
		for _, into := range []time.Duration{0, 999 * time.Millisecond} {
			if got := h.share(time.Second+time.Duration(step)*time.Second+into, window); got != want {
				t.Errorf("share %v after %d steps and %v, want %v", got, step, into, want)
			}
		}
	}
	if len(slow) != 1 || slow[0] != (stretch{time.Second, 9 * time.Second}) {
		t.Errorf("slow %v, want 1s to 9s", slow)
	}
	cut(5*time.Second, 6*time.Second) // cut again before it recovered: one stretch
	if end := h.recovers(window); end <= 9*time.Second || slow[0].to != end {
		t.Errorf("slow %v, want until %v", slow, end)
	}
	cut(time.Minute, time.Minute) // and much later: another
	if len(slow) != 2 || slow[1].from != time.Minute {
		t.Errorf("slow %v", slow)
	}
}

func TestThrottleHintHoldsEveryCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(Rate{100, time.Second}, 0)
		start := time.Now()
		done, _ := q.Acquire(t.Context())
		done(refusal{3 * time.Second})
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				done, err := q.Acquire(t.Context())
				if err != nil || time.Since(start) < 3*time.Second {
					t.Errorf("released after %v, error %v", time.Since(start), err)
				}
				done(nil)
			})
		}
		all.Wait()
		if spans := q.Slowed(); len(spans) != 1 || Total(spans) < time.Second {
			t.Errorf("slowed %v", spans)
		}
	})
}

// A second user of the same account takes half of the quota for a while. The pace drops, and recovers
// when the other is gone.
func TestThrottlePaceDropsAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := Rate{60, 6 * time.Second}
		q := New(r, 0)
		var ours, refused []time.Time
		start := time.Now()
		for time.Since(start) < 2*time.Minute {
			done, err := q.Acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			now := time.Now()
			allowed := 60
			if at := now.Sub(start); at > 20*time.Second && at < 60*time.Second {
				allowed = 30
			}
			recent := 0
			for i := len(ours) - 1; i >= 0 && now.Sub(ours[i]) < r.Per; i-- {
				recent++
			}
			if recent >= allowed {
				refused = append(refused, now)
				done(refusal{})
				continue
			}
			ours = append(ours, now)
			done(nil)
		}
		last := 0
		for _, at := range ours {
			if time.Since(at) < 12*time.Second {
				last++
			}
		}
		if last < 116 {
			t.Errorf("%d requests in the last two windows, want nearly 120", last)
		}
		if share := float64(len(refused)) / float64(len(ours)); len(refused) == 0 || share > 0.1 {
			t.Errorf("%d of %d requests were throttled", len(refused), len(ours))
		}
	})
}
