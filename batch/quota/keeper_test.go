package quota

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Three processes share a quota, each with its own callers.
func TestSetsShareAKeeper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, keeper := Rate{100, 10 * time.Second}, &Memory{}
		var mu sync.Mutex
		var all sync.WaitGroup
		var arrivals []time.Time
		begun := time.Now()
		for range 3 {
			set := NewSet(keeper, "real:1", Limits{Rate: r})
			all.Go(func() {
				some := drive(t, set.Window("cn-hangzhou", "Apply"), 300, 8, 10*time.Millisecond)
				set.Close()
				mu.Lock()
				defer mu.Unlock()
				arrivals = append(arrivals, some...)
			})
		}
		all.Wait()
		took := time.Since(begun)
		slices.SortFunc(arrivals, time.Time.Compare)
		if most := fullest(arrivals, r.Per); most > r.N {
			t.Errorf("%d requests within %v, allowed are %d", most, r.Per, r.N)
		}
		if used := (20 + 10*took.Seconds()) * 0.97; float64(len(arrivals)) < used {
			t.Errorf("%d requests in %v", len(arrivals), took)
		}
	})
}

// TestUses checks that the use of a quota is the maximum over all windows, whoever asked, and that it
// does not fall when requests cease to count.
func TestUses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keeper := &Memory{}
		limits := Limits{Rate: Rate{10, time.Minute}, Burst: 10}
		first, second := NewSet(keeper, "s", limits), NewSet(keeper, "s", limits)
		defer first.Close()
		defer second.Close()
		request := func(s *Set, api string, n int) {
			for range n {
				done, err := s.Window("cn-hangzhou", api).Acquire(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				done(nil)
			}
			time.Sleep(10 * time.Second)
		}
		request(first, "B", 3)
		request(second, "B", 4)
		time.Sleep(2 * time.Minute)
		request(first, "B", 1)
		request(first, "A", 2)
		first.Window("cn-beijing", "C") // never asked for
		hangzhou := func(api string) Key { return Key{"s", "cn-hangzhou", api} }
		if got, want := first.Uses(), []Use{{hangzhou("A"), limits.Rate, 2}, {hangzhou("B"), limits.Rate, 3}}; !slices.Equal(got, want) {
			t.Errorf("the first used %v, want %v", got, want)
		}
		if got, want := second.Uses(), []Use{{hangzhou("B"), limits.Rate, 7}}; !slices.Equal(got, want) {
			t.Errorf("the second used %v, want %v", got, want)
		}
		if got := NewSet(keeper, "s", Limits{}).Uses(); len(got) > 0 {
			t.Errorf("without a limit: %v", got)
		}
	})
}

// What a process holds becomes free for the others once nobody waits for it, or it is closed.
func TestUnusedTokensAreGivenBack(t *testing.T) {
	for _, closed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			keeper, limits := &Memory{}, Limits{Rate: Rate{10, time.Minute}, Burst: 4}
			first, second := NewSet(keeper, "", limits), NewSet(keeper, "", limits)
			ctx, cancel := context.WithCancel(t.Context())
			var all sync.WaitGroup
			for range 10 {
				all.Go(func() {
					if done, err := first.Window("", "").Acquire(ctx); err == nil {
						time.Sleep(time.Millisecond)
						done(nil)
					}
				})
			}
			time.Sleep(5500 * time.Millisecond) // the burst is used, and the next is held
			cancel()
			all.Wait()
			if closed {
				first.Close()
			} else {
				time.Sleep(300 * time.Millisecond)
			}
			start := time.Now()
			if _, err := second.Window("", "").Acquire(t.Context()); err != nil {
				t.Fatal(err)
			}
			if waited := time.Since(start); waited > time.Second {
				t.Errorf("closed %v: the next one waited %v", closed, waited)
			}
			if _, err := first.Window("", "").Acquire(t.Context()); closed != (err != nil) {
				t.Errorf("closed %v: error %v", closed, err)
			}
		})
	}
}

// brokenKeeper fails after some takes.
type brokenKeeper struct {
	Memory
	left int
}

var errBroken = errors.New("broken")

func (k *brokenKeeper) Take(ctx context.Context, key Key, ask Ask) (Grant, error) {
	if k.left--; k.left < 0 {
		return Grant{}, errBroken
	}
	return k.Memory.Take(ctx, key, ask)
}

// An error of the keeper reaches every caller, including those that wait.
func TestKeepersErrorReachesTheCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewSet(&brokenKeeper{left: 1}, "", Limits{Rate: Rate{1, time.Hour}}).Window("", "")
		done, err := q.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if _, err := q.Acquire(t.Context()); !errors.Is(err, errBroken) {
					t.Errorf("error %v", err)
				}
			})
		}
		all.Wait()
		done(nil)
		if _, err := q.Acquire(t.Context()); !errors.Is(err, errBroken) {
			t.Errorf("later: error %v", err)
		}
		q.Close()
	})
}

// panicking is a keeper with a defect.
type panicking struct{}

func (panicking) Take(context.Context, Key, Ask) (Grant, error) { panic("panic for a test") }

// TestPanicOfTheKeeper checks that a panic becomes an error of the wait, and neither ends nor hangs the
// process.
func TestPanicOfTheKeeper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newWindow(panicking{}, Key{}, Limits{Rate: Rate{10, time.Second}}, systemClock())
		defer q.Close()
		for range 2 {
			if _, err := q.Acquire(t.Context()); err == nil || strings.Contains(err.Error(), "made up") {
				t.Errorf("error %v", err)
			}
		}
	})
}
