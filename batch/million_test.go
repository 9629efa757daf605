package batch_test

import (
	"context"
	"flag"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

var million = flag.Bool("million", false, "schedule as many rows as a sheet can hold")

// accepting is an API that accepts everything after a while.
type accepting struct {
	latency time.Duration
	first   func() // called once, in the midst of the run
	calls   atomic.Int64
}

func (s *accepting) Submit(ctx context.Context, a Application) (Receipt, error) {
	if s.calls.Add(1) == 10_000 && s.first != nil {
		s.first()
	}
	time.Sleep(s.latency)
	return Receipt{RequestID: a.Token, At: time.Now()}, nil
}

func (s *accepting) Find(context.Context, Key) (LOA, bool, error) { return LOA{}, false, nil }

// As many rows as a sheet can hold take 58 hours at the documented quota; -million runs
// them. What runs at any moment is bounded by the calls in flight, whatever the number
// of rows.
func TestManyRows(t *testing.T) {
	rows := 50_000
	if *million {
		rows = 1_048_575
	}
	w := workbook(rows)
	synctest.Test(t, func(t *testing.T) {
		goroutines := 0
		s := &accepting{latency: 30 * time.Millisecond, first: func() { goroutines = runtime.NumGoroutine() }}
		e := &Engine{Submitter: s, Finder: s, Rate: quota.DefaultRate}
		start := time.Now()
		sum, err := e.Run(t.Context(), nil, plan.New(w, plan.Options{}))
		if err != nil {
			t.Fatal(err)
		}
		for i, o := range sum.Outcomes {
			if o.Row != i+2 || o.Result != sheet.Submitted {
				t.Fatalf("outcome %d: %+v", i, o)
			}
		}
		if goroutines > 250 {
			t.Errorf("%d goroutines", goroutines)
		}
		ideal := float64(rows) / quota.DefaultRate.PerSecond()
		if took := time.Since(start).Seconds(); took > ideal/0.97 {
			t.Errorf("took %.0f s, at the full quota it is %.0f s", took, ideal)
		}
	})
}
