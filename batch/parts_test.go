package batch_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

// partsOf makes two parts of a workbook: the even rows of the sheet at one server and the
// odd rows at another.
func partsOf(n int, servers [2]*server, ledgers [2]batch.Ledger, limit batch.Limit) []batch.Part {
	plans := plan.New(workbook(n), plan.Options{}).Split(2, func(row int) int { return row % 2 })
	parts := make([]batch.Part, 2)
	for i, s := range servers {
		parts[i] = batch.Part{Plan: plans[i], Engine: &batch.Engine{
			Submitter: s, Finder: s, Ledger: ledgers[i], Concurrency: 1, Rate: quota.Rate{N: 100, Per: 1e9}, MaxFailures: limit,
		}}
	}
	return parts
}

// refusing is a server that answers every application so.
func refusing(class batch.Class, code string) *server {
	s := newServer()
	s.apply = func(batch.Application) *batch.CallError {
		return &batch.CallError{Class: class, Code: code, Status: 400}
	}
	return s
}

// TestPartsAreIndependent has the first of two accounts lose its credentials: its rows end,
// and those of the other account go on.
func TestPartsAreIndependent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		good := newServer()
		sum, each, err := batch.RunParts(t.Context(), nil, partsOf(101, [2]*server{refusing(batch.RunFatal, "InvalidAccessKeyId.NotFound"), good}, [2]batch.Ledger{&ledger.Memory{}, &ledger.Memory{}}, batch.Limit{}))
		if err != nil || len(sum.Outcomes) != 101 || sum.Stop != batch.StopAccount || sum.StopCode != "InvalidAccessKeyId.NotFound" {
			t.Fatalf("error %v, %d rows, stop %q %q", err, len(sum.Outcomes), sum.Stop, sum.StopCode)
		}
		for i, o := range sum.Outcomes {
			want := map[int]sheet.Result{0: sheet.NotAttempted, 1: sheet.Submitted}[o.Row%2]
			if o.Row != i+2 || o.Result != want {
				t.Errorf("row %d is %s in place %d, want %s", o.Row, o.Result, i, want)
			}
		}
		if each[0].Stop != batch.StopFatal || each[1].Stop != "" || sum.Requests != each[0].Requests+each[1].Requests || each[1].Requests != 50 {
			t.Errorf("stops %q and %q, requests %d = %d + %d", each[0].Stop, each[1].Stop, sum.Requests, each[0].Requests, each[1].Requests)
		}
	})
}

// TestPartsStopTogether checks what ends all parts: too many failures among all rows, a
// ledger that cannot be written, a panic, a signal.
func TestPartsStopTogether(t *testing.T) {
	t.Run("failures", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			bad := refusing(batch.Refused, "IllegalParam.Si")
			sum, each, _ := batch.RunParts(t.Context(), nil, partsOf(200, [2]*server{bad, bad}, [2]batch.Ledger{&ledger.Memory{}, &ledger.Memory{}}, batch.Limit{N: 10}))
			if n := counts(sum.Outcomes)[sheet.Refused]; n < 10 || n > 14 || each[0].Stop != batch.StopMaxFailures || each[1].Stop != batch.StopMaxFailures {
				t.Errorf("%d rows were rejected, stops %q and %q", n, each[0].Stop, each[1].Stop)
			}
		})
	})
	t.Run("ledger", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := &full{}
			l.begins.Store(5)
			l.finishes.Store(1000)
			sum, each, err := batch.RunParts(t.Context(), nil, partsOf(200, [2]*server{newServer(), newServer()}, [2]batch.Ledger{l, &ledger.Memory{}}, batch.Limit{}))
			if !errors.Is(err, errFull) || sum.Stop != batch.StopLedger || each[1].Stop != batch.StopLedger || counts(sum.Outcomes)[sheet.NotAttempted] < 150 {
				t.Errorf("error %v, stops %q and %q, rows %v", err, sum.Stop, each[1].Stop, counts(sum.Outcomes))
			}
		})
	})
	t.Run("panic", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			bad := newServer()
			bad.apply = func(a batch.Application) *batch.CallError { panic(fmt.Sprint("row ", a.Row)) }
			sum, each, err := batch.RunParts(t.Context(), nil, partsOf(200, [2]*server{newServer(), bad}, [2]batch.Ledger{&ledger.Memory{}, &ledger.Memory{}}, batch.Limit{}))
			if _, panicked := errors.AsType[*batch.PanicError](err); !panicked || sum.Stop != batch.StopPanic || each[0].Stop != batch.StopPanic || len(sum.Outcomes) != 200 {
				t.Errorf("error %v, stops %q and %q, %d rows", err, sum.Stop, each[0].Stop, len(sum.Outcomes))
			}
		})
	})
	t.Run("signal", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			drain := make(chan struct{})
			close(drain)
			sum, _, err := batch.RunParts(t.Context(), drain, partsOf(20, [2]*server{newServer(), newServer()}, [2]batch.Ledger{&ledger.Memory{}, &ledger.Memory{}}, batch.Limit{}))
			if err != nil || sum.Stop != batch.StopInterrupted || counts(sum.Outcomes)[sheet.NotAttempted] != 20 {
				t.Errorf("error %v, stop %q, rows %v", err, sum.Stop, counts(sum.Outcomes))
			}
		})
	})
}
