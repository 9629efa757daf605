package batch_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

func TestRunSubmitsEveryRowInSheetOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		w := workbook(90, "cn-hangzhou", "cn-shanghai", "eu-central-1")
		w.Circuits[4].Invalid = true
		seen := 0
		e := &Engine{Submitter: s, Finder: s, Rate: quota.DefaultRate, Observe: func(e Event) {
			seen++
			if e.Done != seen || e.Total != 90 {
				t.Errorf("event %d says %d of %d", seen, e.Done, e.Total)
			}
		}}
		sum, err := e.Run(t.Context(), nil, plan.New(w, plan.Options{}))
		if err != nil || sum.Stop != "" {
			t.Fatalf("error %v, stop %q", err, sum.Stop)
		}
		for i, o := range sum.Outcomes {
			want := sheet.Submitted
			if i == 4 {
				want = sheet.Invalid
			}
			if o.Row != i+2 || o.Result != want {
				t.Errorf("outcome %d is row %d, %s", i, o.Row, o.Result)
			}
		}
		if seen != 90 || sum.Requests != 89 || sum.Retries != 0 || sum.Lookups != 0 {
			t.Errorf("saw %d rows; %+v", seen, sum)
		}
	})
}

// timedLedger notes when applications begin.
type timedLedger struct {
	MemoryLedger
	mu    sync.Mutex
	begun map[time.Time]int
}

func (l *timedLedger) Begin(ctx context.Context, a Application) error {
	l.mu.Lock()
	l.begun[time.Now()]++
	l.mu.Unlock()
	return l.MemoryLedger.Begin(ctx, a)
}

// Rows are begun together, so that the ledger may write them in one commit.
func TestBeginsComeTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.latency = func() time.Duration { return time.Second }
		l := &timedLedger{begun: map[time.Time]int{}}
		e := &Engine{Submitter: s, Finder: s, Ledger: l, Concurrency: 1}
		if _, err := e.Run(t.Context(), nil, plan.New(workbook(10*FreeAhead), plan.Options{})); err != nil {
			t.Fatal(err)
		}
		rows := 0
		for at, n := range l.begun {
			rows += n
			if n < FreeAhead/2 || n > FreeAhead {
				t.Errorf("%d rows begun at %v, want %d to %d", n, at, FreeAhead/2, FreeAhead)
			}
		}
		if rows != 10*FreeAhead {
			t.Errorf("%d rows begun, want %d", rows, 10*FreeAhead)
		}
	})
}
