package batch_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

// summarize runs an engine over a workbook.
func summarize(t *testing.T, e *batch.Engine, ctx context.Context, drain <-chan struct{}, w *sheet.Workbook) *batch.Summary {
	t.Helper()
	if e.Rate.N == 0 {
		e.Rate = quota.Rate{N: 100, Per: time.Second}
	}
	sum, err := e.Run(ctx, drain, plan.New(w, plan.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// addUp compares the number of rows with each result.
func addUp(t *testing.T, outcomes []batch.Outcome, want map[sheet.Result]int) {
	t.Helper()
	got := counts(outcomes)
	for _, r := range sheet.AllResults {
		if got[r] != want[r] {
			t.Errorf("%d rows are %s, want %d", got[r], r, want[r])
		}
	}
}

func TestAFatalAnswerStopsTheRunAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		calls := 0
		s.faults = func(batch.Application) fault {
			if calls++; calls <= 20 {
				return fault{}
			}
			return fault{err: &batch.CallError{Class: batch.RunFatal, Code: "Forbidden.RAM", Status: 403, RequestID: "R-fatal"}}
		}
		l := &ledger.Memory{}
		w := workbook(300, "cn-hangzhou", "cn-shanghai")
		sum := summarize(t, &batch.Engine{Submitter: s, Finder: s, Ledger: l, Concurrency: 4}, t.Context(), nil, w)
		if sum.Stop != batch.StopFatal || sum.StopCode != "Forbidden.RAM" {
			t.Errorf("stop %q %q", sum.Stop, sum.StopCode)
		}
		if calls > 20+2*4 {
			t.Errorf("%d calls: it did not stop", calls)
		}
		addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.Submitted: 20, sheet.NotAttempted: 280})
		refused := -20 // the accepted ones were sent too
		for _, o := range sum.Outcomes {
			why := batch.ReasonStopped
			if o.Attempts > 0 {
				why = batch.ReasonRefusedAll
				refused++
			}
			if o.Result == sheet.NotAttempted && (o.Reason != why || o.ErrorCode != "Forbidden.RAM") {
				t.Fatalf("row %d: %s %s", o.Row, o.Reason, o.ErrorCode)
			}
		}
		if refused != calls-20 {
			t.Errorf("%d rows say that they were refused, but %d were", refused, calls-20)
		}
		past, _ := l.Past(t.Context(), batch.PlaceLOA, plan.Keys(w))
		for k, r := range past {
			if r.Open {
				t.Errorf("%v is still open, but the API rejected it", k)
			}
		}
	})
}

func TestAnUnknownRegionEndsItsOwnRowsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.faults = func(a batch.Application) fault {
			if a.Key.Region == "xx-nowhere" {
				return fault{err: &batch.CallError{Class: batch.RegionFatal, Code: "(no-such-host)"}}
			}
			return fault{}
		}
		sum := summarize(t, &batch.Engine{Submitter: s, Finder: s}, t.Context(), nil, workbook(40, "cn-hangzhou", "xx-nowhere"))
		if sum.Stop != "" {
			t.Errorf("stop %q", sum.Stop)
		}
		addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.Submitted: 20, sheet.NotAttempted: 20})
		for _, o := range sum.Outcomes {
			if o.Result == sheet.NotAttempted && (o.Reason != batch.ReasonRegion || o.ErrorCode != "(no-such-host)") {
				t.Fatalf("row %d: %s %s", o.Row, o.Reason, o.ErrorCode)
			}
		}
	})
}

func TestADeadRegionHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.faults = func(a batch.Application) fault {
			if a.Key.Region == "cn-shanghai" {
				return fault{err: lostAnswer("(timeout)"), hang: true}
			}
			return fault{}
		}
		var healthy time.Duration
		start := time.Now()
		e := &batch.Engine{Submitter: s, Finder: s, Observe: func(e batch.Event) {
			if e.Outcome.Key.Region == "cn-hangzhou" {
				healthy = time.Since(start)
			}
		}}
		sum := summarize(t, e, t.Context(), nil, workbook(400, "cn-hangzhou", "cn-shanghai"))
		addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.Submitted: 200, sheet.Unknown: 200})
		if healthy > 3*time.Second {
			t.Errorf("the healthy region took %v", healthy)
		}
	})
}

// Rows that wait for their next attempt take up no call: others overtake them.
func TestAWaitingRetryHoldsNoCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.faults = func(a batch.Application) fault {
			if a.Row < 20 && a.Attempt == 1 {
				return fault{err: &batch.CallError{Class: batch.TryLater, Code: "SystemBusy", Status: 400, Wait: time.Minute}}
			}
			return fault{}
		}
		var order []int
		e := &batch.Engine{Submitter: s, Finder: s, Concurrency: 1, Observe: func(e batch.Event) { order = append(order, e.Outcome.Row) }}
		sum := summarize(t, e, t.Context(), nil, workbook(60))
		addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.Submitted: 60})
		for i, row := range order[:42] {
			if row < 20 {
				t.Errorf("row %d ended as number %d, before rows that waited for nothing", row, i)
			}
		}
		if sum.Retries != 18 || sum.Requests != 78 {
			t.Errorf("%d requests, %d retries", sum.Requests, sum.Retries)
		}
	})
}

func TestFirstSignalFinishesWhatIsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.latency = func() time.Duration { return 4 * time.Second }
		drain := make(chan struct{})
		time.AfterFunc(2*time.Second, func() { close(drain) })
		start := time.Now()
		sum := summarize(t, &batch.Engine{Submitter: s, Finder: s, Concurrency: 5}, t.Context(), drain, workbook(50))
		if sum.Stop != batch.StopInterrupted || time.Since(start) != 4*time.Second {
			t.Errorf("stop %q after %v", sum.Stop, time.Since(start))
		}
		addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.Submitted: 5, sheet.NotAttempted: 45})
	})
}

// A signal while the last rows are in flight keeps none of them from its result, so the run is complete.
func TestSignalWithNothingLeftStopsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.latency = func() time.Duration { return 4 * time.Second }
		drain := make(chan struct{})
		time.AfterFunc(2*time.Second, func() { close(drain) })
		sum := summarize(t, &batch.Engine{Submitter: s, Finder: s, Concurrency: 5}, t.Context(), drain, workbook(5))
		if sum.Stop != "" {
			t.Errorf("stop %q", sum.Stop)
		}
		addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.Submitted: 5})
	})
}

func TestSecondSignalLeavesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.latency = func() time.Duration { return 10 * time.Second }
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, cancel)
		start := time.Now()
		l := &ledger.Memory{}
		w := workbook(50)
		sum := summarize(t, &batch.Engine{Submitter: s, Finder: s, Ledger: l, Concurrency: 5}, ctx, nil, w)
		if sum.Stop != batch.StopInterrupted || time.Since(start) != 5*time.Second {
			t.Errorf("stop %q after %v", sum.Stop, time.Since(start))
		}
		addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.Unknown: 5, sheet.NotAttempted: 45})
		open := 0
		past, _ := l.Past(t.Context(), batch.PlaceLOA, plan.Keys(w))
		for _, r := range past {
			if r.Open {
				open++
			}
		}
		if open != 5 {
			t.Errorf("the ledger has %d circuits open, want the 5 that were in flight", open)
		}
		time.Sleep(time.Minute)
	})
}

// A row that an earlier run left open stays open when the run stops before its turn.
func TestWhatIsOpenStaysOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l, w := newServer(), &ledger.Memory{}, workbook(3)
		p := plan.New(w, plan.Options{})
		if err := l.Begin(t.Context(), p.Applications[1]); err != nil {
			t.Fatal(err)
		}
		past, _ := l.Past(t.Context(), batch.PlaceLOA, plan.Keys(w))
		drain := make(chan struct{})
		close(drain)
		e := &batch.Engine{Submitter: s, Finder: s, Ledger: l, Rate: quota.Rate{N: 1, Per: time.Hour}}
		sum, err := e.Run(t.Context(), drain, plan.New(w, plan.Options{Past: past}))
		if err != nil || sum.Outcomes[1].Result != sheet.Unknown || sum.Outcomes[2].Result != sheet.NotAttempted {
			t.Errorf("error %v, outcomes %+v", err, sum.Outcomes)
		}
		after, _ := l.Past(t.Context(), batch.PlaceLOA, plan.Keys(w))
		if r := after[p.Applications[1].Key]; !r.Open || r.Token != p.Applications[1].Token {
			t.Errorf("the ledger says %+v", r)
		}
	})
}

func TestMaxDuration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		e := &batch.Engine{Submitter: s, Finder: s, Rate: quota.Rate{N: 10, Per: time.Second}, Burst: 1, Limits: batch.Limits{MaxDuration: 5 * time.Second}}
		sum := summarize(t, e, t.Context(), nil, workbook(100))
		if n := counts(sum.Outcomes)[sheet.Submitted]; sum.Stop != batch.StopDuration || n < 45 || n > 51 {
			t.Errorf("stop %q after %d rows", sum.Stop, n)
		}
		if o := sum.Outcomes[99]; o.Result != sheet.NotAttempted || o.Reason != batch.ReasonDuration {
			t.Errorf("the last row is %s, %s", o.Result, o.Reason)
		}
	})
}

func TestMaxFailures(t *testing.T) {
	for _, test := range []struct {
		limit       batch.Limit
		every       int // one row in this many is refused
		least, most int // failed rows at the end
	}{
		{batch.Limit{N: 1}, 10, 1, 3},
		{batch.Limit{N: 3}, 10, 3, 5},
		{batch.Limit{Percent: 50}, 1, 20, 23},
		{batch.Limit{Percent: 50}, 3, 34, 34}, // never reached
		{batch.Limit{}, 1, 100, 100},
	} {
		t.Run(test.limit.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				s.apply = func(a batch.Application) *batch.CallError {
					if (a.Row-2)%test.every == 0 {
						return &batch.CallError{Class: batch.Refused, Code: "IllegalParam.Si", Status: 400}
					}
					return nil
				}
				e := &batch.Engine{Submitter: s, Finder: s, Concurrency: 1, Limits: batch.Limits{MaxFailures: test.limit}}
				sum := summarize(t, e, t.Context(), nil, workbook(100))
				n := counts(sum.Outcomes)[sheet.Refused]
				if n < test.least || n > test.most {
					t.Errorf("%d rows were refused, want %d to %d", n, test.least, test.most)
				}
				if stopped := n < (100+test.every-1)/test.every; stopped != (sum.Stop == batch.StopMaxFailures) {
					t.Errorf("stop %q", sum.Stop)
				}
			})
		})
	}
}

// full is a ledger whose disk fills up.
type full struct {
	ledger.Memory
	begins, finishes atomic.Int64 // calls until it is full
}

var errFull = errors.New("no space left on device")

// Begin implements Ledger.
func (f *full) Begin(ctx context.Context, a batch.Application) error {
	if f.begins.Add(-1) < 0 {
		return errFull
	}
	return f.Memory.Begin(ctx, a)
}

// Finish implements Ledger.
func (f *full) Finish(ctx context.Context, o batch.Outcome) error {
	if f.finishes.Add(-1) < 0 {
		return errFull
	}
	return f.Memory.Finish(ctx, o)
}

func TestAFullDiskStopsBeforeTheNextSend(t *testing.T) {
	for _, test := range []struct {
		name             string
		begins, finishes int64
		most             int // applications sent
	}{
		{"begin fails", 10, 1000, 10},
		{"finish fails", 1000, 10, 14},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				l := &full{}
				l.begins.Store(test.begins)
				l.finishes.Store(test.finishes)
				e := &batch.Engine{Submitter: s, Finder: s, Ledger: l, Rate: quota.Rate{N: 100, Per: time.Second}, Burst: 1, Concurrency: 2}
				sum, err := e.Run(t.Context(), nil, plan.New(workbook(100), plan.Options{}))
				if !errors.Is(err, errFull) || sum.Stop != batch.StopLedger {
					t.Errorf("error %v, stop %q", err, sum.Stop)
				}
				if len(s.accepted) > test.most {
					t.Errorf("%d applications were sent", len(s.accepted))
				}
				for _, o := range sum.Outcomes {
					if (o.Result == sheet.Submitted) != (s.accepted[o.Key] == 1) {
						t.Errorf("row %d is %s, the server accepted %d", o.Row, o.Result, s.accepted[o.Key])
					}
				}
			})
		})
	}
}

// hungLedger never answers, and gives up only with its context.
type hungLedger struct{ ledger.Memory }

// Begin implements Ledger.
func (*hungLedger) Begin(ctx context.Context, _ batch.Application) error {
	<-ctx.Done()
	return ctx.Err()
}

// A ledger that is abandoned because the run was abandoned has not failed.
func TestAbandonedLedgerHasNotFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		s := newServer()
		sum := summarize(t, &batch.Engine{Submitter: s, Finder: s, Ledger: &hungLedger{}}, ctx, nil, workbook(5))
		addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.NotAttempted: 5})
		if sum.Stop != batch.StopInterrupted || len(s.accepted) != 0 {
			t.Errorf("stop %q, %d accepted", sum.Stop, len(s.accepted))
		}
	})
}

// A ledger in which another token of a circuit is open stops the run before that circuit is applied
// for, even if the plan does not know about it.
func TestAnOpenTokenStopsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l, w := newServer(), &ledger.Memory{}, workbook(3)
		other := plan.New(w, plan.Options{}).Applications[1]
		other.Hash, other.Token = "other", "other-token"
		if err := l.Begin(t.Context(), other); err != nil {
			t.Fatal(err)
		}
		e := &batch.Engine{Submitter: s, Finder: s, Ledger: l, Rate: quota.Rate{N: 100, Per: time.Second}}
		sum, err := e.Run(t.Context(), nil, plan.New(w, plan.Options{}))
		var open *batch.OpenTokenError
		if !errors.As(err, &open) || open.Key != other.Key || sum.Stop != batch.StopLedger || s.accepted[other.Key] != 0 {
			t.Errorf("error %v, stop %q, accepted %v", err, sum.Stop, s.accepted)
		}
	})
}

// lostQuota releases a few requests before its state is lost.
type lostQuota struct {
	*quota.Window
	left atomic.Int32
}

var errQuotaLost = fmt.Errorf("the disk is gone: %w", context.DeadlineExceeded)

func (q *lostQuota) Acquire(ctx context.Context) (func(error), error) {
	done, err := q.Window.Acquire(ctx)
	if err == nil && q.left.Add(-1) < 0 { // after the wait, which the end of the run may end
		return nil, errQuotaLost
	}
	return done, err
}

// Without the state of its quota a run sends nothing more. Nothing was sent for the rows whose turn it
// was, so they do not end UNKNOWN.
func TestLostQuotaStopsTheRun(t *testing.T) {
	for _, dryRun := range []bool{false, true} {
		t.Run(fmt.Sprintf("dry run %v", dryRun), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				q := &lostQuota{Window: quota.New(quota.DefaultRate, 0)}
				released := 10
				if dryRun {
					released = 0 // one request would be enough
				}
				q.left.Store(int32(released))
				e := &batch.Engine{Submitter: s, Finder: s, Surveyor: listed(40), Ledger: &ledger.Memory{}, Quota: func(string, batch.API) batch.Quota { return q }}
				sum, err := e.Run(t.Context(), nil, plan.New(workbook(40, "cn-hangzhou"), plan.Options{DryRun: dryRun}))
				if !errors.Is(err, errQuotaLost) || sum.Stop != batch.StopLedger {
					t.Errorf("error %v, stop %q", err, sum.Stop)
				}
				addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.Submitted: released, sheet.NotAttempted: 40 - released})
				for _, o := range sum.Outcomes {
					if o.Result == sheet.NotAttempted && (o.Reason != batch.ReasonLedgerFailed || o.Attempts != 0) {
						t.Errorf("row %d: %s, %d attempts", o.Row, o.Reason, o.Attempts)
					}
				}
				if n := sum.Requests; n != released {
					t.Errorf("%d requests, want %d", n, released)
				}
			})
		})
	}
}
