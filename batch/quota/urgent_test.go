package quota

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// throttledKeeper counts the throttled requests that it hears of.
type throttledKeeper struct {
	Memory
	heard atomic.Int64
}

func (k *throttledKeeper) Take(ctx context.Context, key Key, ask Ask) (Grant, error) {
	for _, r := range ask.Returns {
		if r.Throttled {
			k.heard.Add(1)
		}
	}
	return k.Memory.Take(ctx, key, ask)
}

// The keeper hears of a throttling answer at once, for the sake of the other processes.
func TestThrottlingIsReportedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &throttledKeeper{}
		q := NewSet(k, "", Limits{Rate: Rate{20, time.Second}}).Window("", "")
		done, err := q.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		done(refusal{time.Minute})
		synctest.Wait()
		if n := k.heard.Load(); n != 1 {
			t.Errorf("the keeper heard of %d throttled requests at once, want 1", n)
		}
		q.Close()
	})
}
