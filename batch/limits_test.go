package batch

import (
	"testing"
	"time"
)

// FreeAhead is the bound of the rows that are read ahead without a quota.
const FreeAhead = freeAhead

func TestLimitIsReached(t *testing.T) {
	for _, test := range []struct {
		limit            string
		failed, finished int
		want             bool
	}{
		{"1", 0, 1, false},
		{"1", 1, 1, true},
		{"3", 2, 1000, false},
		{"3", 3, 3, true},
		{"5%", 1, minFinished, true},
		{"5%", 1, minFinished + 1, false},
		{"5%", minFinished - 1, minFinished - 1, false},
		{"5%", 50, 1000, true},
		{"5%", 49, 1000, false},
	} {
		limit, err := ParseLimit(test.limit)
		if err != nil {
			t.Errorf("%s: %v", test.limit, err)
		}
		if got := limit.reached(test.failed, test.finished); got != test.want {
			t.Errorf("%s is reached by %d of %d: %t", test.limit, test.failed, test.finished, got)
		}
	}
}

// The longest of many waits is near the ceiling, which doubles with each attempt.
func TestBackoffDoubles(t *testing.T) {
	for n, ceiling := range []time.Duration{1: 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 20 * time.Second, 20 * time.Second} {
		if n == 0 {
			continue
		}
		var longest time.Duration
		for range 500 {
			longest = max(longest, backoff(n, 0))
		}
		if longest < ceiling*9/10 || longest > ceiling+time.Millisecond {
			t.Errorf("the longest wait before attempt %d is %v, want one near %v", n+1, longest, ceiling)
		}
	}
	if got := backoff(1, time.Minute); got < time.Minute {
		t.Errorf("waited %v in spite of a hint of a minute", got)
	}
}
