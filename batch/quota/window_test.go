package quota

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// fullest returns the largest number of sorted arrivals in any window of the given length, both ends
// included: stricter than a server that counts half-open windows.
func fullest(arrivals []time.Time, length time.Duration) int {
	most, first := 0, 0
	for i := range arrivals {
		for arrivals[i].Sub(arrivals[first]) > length {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// drive sends n requests through a quota with j callers. The server sees each at some moment of its
// latency, which is between mean and twice that. It returns the sorted arrivals.
func drive(t *testing.T, q *Window, n, j int, mean time.Duration) []time.Time {
	t.Helper()
	var arrivals []time.Time
	var mu sync.Mutex
	var all sync.WaitGroup
	left := n
	for range j {
		all.Go(func() {
			for {
				mu.Lock()
				left--
				over := left < 0
				mu.Unlock()
				if over {
					return
				}
				done, err := q.Acquire(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				latency := mean + rand.N(mean)
				there := rand.N(latency)
				time.Sleep(there)
				mu.Lock()
				arrivals = append(arrivals, time.Now())
				mu.Unlock()
				time.Sleep(latency - there)
				done(nil)
			}
		})
	}
	all.Wait()
	slices.SortFunc(arrivals, time.Time.Compare)
	return arrivals
}

// TestQuotaIsNeverExceededAndNeverWasted looks at the quota from the server's side. In
// the worst case, the bound frees a request's place one window after its answer: N
// requests take a window and a latency. If the window is long compared with the latency,
// that is at least 97 % of the quota.
func TestQuotaIsNeverExceededAndNeverWasted(t *testing.T) {
	const windows = 12
	for _, r := range []Rate{{1, time.Second}, {60, 6 * time.Second}, {300, time.Minute}} {
		for _, mean := range []time.Duration{5 * time.Millisecond, 50 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second} {
			for _, j := range []int{1, 8, 64} {
				t.Run(fmt.Sprintf("%v latency %v j %d", r, mean, j), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						n := windows * r.N
						arrivals := drive(t, New(r, 0), n, j, mean)
						if most := fullest(arrivals, r.Per); most > r.N {
							t.Errorf("%d requests within %v, allowed are %d", most, r.Per, r.N)
						}
						// The first window is left out, since it begins with a burst.
						steady := arrivals[n-1].Sub(arrivals[r.N-1])
						used := float64(n-r.N) / (r.PerSecond() * steady.Seconds())
						slowest := 2 * mean
						carried := float64(j) / slowest.Seconds()
						if carried < 1.2*r.PerSecond() {
							return // the callers cannot send as much
						}
						if r.Per >= 60*slowest && used < 0.97 {
							t.Errorf("%.1f %% of the quota used", 100*used)
						}
						if least := 0.97 * r.Per.Seconds() / (r.Per + slowest).Seconds(); used < least {
							t.Errorf("%.1f %% of the quota used, the bound leaves %.1f %%", 100*used, 100*least)
						}
					})
				})
			}
		}
	}
}

func TestQuotaSendsABurstAtOnceAndTheRestEvenly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		arrivals := drive(t, New(Rate{300, time.Minute}, 0), 120, 64, time.Nanosecond)
		start := arrivals[0]
		for i, at := range arrivals {
			want := time.Duration(max(0, i-59)) * 200 * time.Millisecond
			if got := at.Sub(start); got < want-time.Millisecond || got > want+10*time.Millisecond {
				t.Fatalf("request %d was sent after %v, want about %v", i, got, want)
			}
		}
	})
}

func TestQuotaWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(Rate{1, time.Hour}, 0)
		if _, err := q.Acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 3 { // one has the turn, two wait for it
			all.Go(func() {
				if _, err := q.Acquire(ctx); !errors.Is(err, context.Canceled) {
					t.Errorf("error %v", err)
				}
			})
		}
		synctest.Wait()
		cancel()
		all.Wait()
	})
}

// A request whose answer is outstanding keeps its place, however long it takes.
func TestQuotaHangingRequestKeepsItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(Rate{1, time.Second}, 0)
		done, _ := q.Acquire(t.Context())
		start := time.Now()
		time.AfterFunc(10*time.Second, func() { done(nil) })
		if _, err := q.Acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(start); got < 11*time.Second || got > 11100*time.Millisecond {
			t.Errorf("released after %v", got)
		}
	})
}

// handClock is a clock that a test sets; its two readings may diverge, as on a machine
// that was suspended.
type handClock struct{ moment }

func (c *handClock) now() moment { return c.moment }

func (c *handClock) pass(run, wall time.Duration) {
	c.run += run
	c.wall = c.wall.Add(wall)
}

// releases counts what a quota releases now, each answered at once.
func releases(q *Window) int {
	for n := 0; ; {
		switch t, now, wait, _ := q.claim(); {
		case wait > 0:
			return n
		case wait < 0:
			q.exchanges.Wait()
		default:
			n++
			q.done(t, now, nil)
		}
	}
}

func TestQuotaDoesNotBurstAfterAJump(t *testing.T) {
	for _, test := range []struct {
		name      string
		run, wall time.Duration
		most      int
	}{
		{"an idle minute", time.Minute, time.Minute, 20},
		{"suspended, and the run's clock stopped", 0, time.Hour, 0},
		{"suspended, but the run's clock advanced by half", time.Minute, 2 * time.Minute, 0},
		{"the clock was set back", time.Minute, -time.Hour, 0},
		{"the clock was set forward", 10 * time.Minute, 24 * time.Hour, 0},
		{"the clock is slewed", time.Minute, time.Minute + 500*time.Millisecond, 20},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &handClock{moment{wall: time.Date(2027, 1, 15, 2, 0, 0, 0, time.UTC)}}
			q := newWindow(&Memory{clock: c}, Key{}, Limits{Rate: Rate{100, 10 * time.Second}, Burst: 20}, c)
			if got := releases(q); got != 20 {
				t.Fatalf("a burst of %d, want 20", got)
			}
			c.pass(test.run, test.wall)
			if got := releases(q); got != test.most {
				t.Errorf("%d requests at once, want %d", got, test.most)
			}
			c.pass(10*time.Second, 10*time.Second)
			if got := releases(q); got != 20 {
				t.Errorf("%d requests at once a window later, want the burst of 20", got)
			}
		})
	}
}
