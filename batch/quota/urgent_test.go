package quota

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// throttledKeeper counts the throttled requests that are reported to it.
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

// A throttling answer is reported to the keeper at once, for the sake of the other processes.
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

// After a throttling answer, what was granted is given back, since it was granted at too high a pace.
func TestThrottlingGivesTokensBack(t *testing.T) {
	for _, throttled := range []bool{false, true} {
		h := &hand{tokens: []token{{ask: 1, start: 2}, {ask: 1, start: 3}}}
		h.finished(token{ask: 1, start: 1}, 1, 2, throttled, 0)
		kept, back := 2, 1
		if throttled {
			kept, back = 0, 3
		}
		if len(h.tokens) != kept || len(h.back) != back {
			t.Errorf("throttled %v: %d tokens kept and %d given back, want %d and %d", throttled, len(h.tokens), len(h.back), kept, back)
		}
		if !h.back[0].sent || h.back[0].throttled != throttled || throttled && h.back[1].sent {
			t.Errorf("throttled %v: %+v", throttled, h.back)
		}
	}
}
