package batch

import (
	"testing"
	"time"
)

// handClock is a clock that a test sets; its two readings move apart as on a machine
// that was suspended.
type handClock struct{ moment }

func (c *handClock) now() moment { return c.moment }

func (c *handClock) pass(run, wall time.Duration) {
	c.run += run
	c.wall = c.wall.Add(wall)
}

// releases counts what a quota releases now, each answered at once.
func releases(q *window) int {
	for n := 0; ; n++ {
		wait, now := q.release()
		if wait > 0 {
			return n
		}
		q.done(now, nil)
	}
}

func TestQuotaDoesNotBurstAfterAJump(t *testing.T) {
	for _, test := range []struct {
		name      string
		run, wall time.Duration
		most      int
	}{
		{"an idle minute", time.Minute, time.Minute, 20},
		{"suspended, and the run's clock stood still", 0, time.Hour, 0},
		{"suspended, and the run's clock went on by half", time.Minute, 2 * time.Minute, 0},
		{"the clock was set back", time.Minute, -time.Hour, 0},
		{"the clock was set forward", 10 * time.Minute, 24 * time.Hour, 0},
		{"the clock is slewed", time.Minute, time.Minute + 500*time.Millisecond, 20},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &handClock{moment{wall: time.Date(2027, 1, 15, 2, 0, 0, 0, time.UTC)}}
			q := newWindow(Rate{100, 10 * time.Second}, 20, c)
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
