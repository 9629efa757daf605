package batch_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

// kinds are the ways an attempt can fail, by how package cloud classifies them.
var kinds = map[string]fault{
	"no connection":     {err: &batch.CallError{Class: batch.NotSent, Code: "(dial)"}},
	"throttled":         {err: &batch.CallError{Class: batch.TryLater, Code: "Throttling.User", Status: 400, Throttled: true, Wait: 2 * time.Second}},
	"busy":              {err: &batch.CallError{Class: batch.TryLater, Code: "SystemBusy", Status: 400}},
	"token busy":        {err: &batch.CallError{Class: batch.TryLater, Code: "LastTokenProcessing", Status: 403, Unsettled: true}},
	"503":               {err: &batch.CallError{Class: batch.MaybeReceived, Code: "ServiceUnavailable", Status: 503, Unsettled: true}},
	"html":              {err: &batch.CallError{Class: batch.MaybeReceived, Code: "(html)", Status: 502, Unsettled: true}},
	"connection reset":  {err: lostAnswer("(connection-reset)")},
	"answer cut short":  {err: lostAnswer("(body-cut)")},
	"hang":              {err: lostAnswer("(timeout)"), hang: true},
	"answer not parsed": {err: &batch.CallError{Class: batch.MaybeReceived, Code: "(malformed)", Status: 200, Unsettled: true}},
}

// possible leaves out combinations that cannot happen: a call that was definitely not
// applied has no effect.
func possible(f fault, e effect) bool { return e == never || f.err.Unsettled }

// TestFaultMatrix injects every fault into the first attempts of a row, before its effect, after it, or
// with the effect still to come; then the API recovers, or never does; and the run continues, or is
// killed halfway and started again, with or without the ledger. In every case, the circuit is
// applied for at most once, and the row's result is true.
func TestFaultMatrix(t *testing.T) {
	for name, f := range kinds {
		for _, e := range []effect{never, before, delayed} {
			if !possible(f, e) {
				continue
			}
			for _, last := range []int{1, 2, 1000} {
				for _, restart := range []string{"no", "ledger", "copy"} {
					f.effect = e
					t.Run(fmt.Sprintf("%s effect %d failing %d restart %s", name, e, last, restart), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) { matrix(t, f, last, restart) })
					})
				}
			}
		}
	}
}

func matrix(t *testing.T, f fault, failing int, restart string) {
	s := newServer()
	attempts := 0
	s.faults = func(batch.Application) fault {
		attempts++
		if attempts > failing {
			return fault{}
		}
		return f
	}
	w := workbook(1)
	memory := &ledger.Memory{}
	night := func(kill time.Duration) batch.Outcome {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		book := ledgerOf(memory)
		if kill > 0 {
			time.AfterFunc(kill, func() { book.die(); cancel() })
		}
		return runNight(t, ctx, s, book, w, plan.Options{})
	}
	var o batch.Outcome
	if restart != "no" {
		o = night(400 * time.Millisecond)
		if restart == "copy" {
			memory = &ledger.Memory{} // the ledger is lost, the copy was written
			w.Circuits[0].Past = new(pastOf(o))
		}
	}
	for n := 0; ; n++ {
		o = night(0)
		time.Sleep(10 * time.Second) // let delayed effects happen
		s.truth(t, o)
		if o.Result == sheet.Submitted || o.Result == sheet.Already {
			break
		}
		if n == 3 {
			if failing < 1000 {
				t.Errorf("still %s after %d nights", o.Result, n)
			}
			break
		}
	}
	if len(s.misused) > 0 {
		t.Errorf("tokens used with other parameters: %v", s.misused)
	}
}

// runNight carries out one run over a workbook of one row and returns its outcome.
func runNight(t *testing.T, ctx context.Context, s *server, l batch.Ledger, w *sheet.Workbook, o plan.Options) batch.Outcome {
	t.Helper()
	past, err := l.Past(t.Context(), batch.PlaceLOA, plan.Keys(w))
	if err != nil {
		t.Fatal(err)
	}
	o.Past = past
	e := &batch.Engine{Submitter: s, Finder: s, Ledger: l, Rate: quota.DefaultRate}
	sum, _ := e.Run(ctx, nil, plan.New(w, o))
	return sum.Outcomes[0]
}

// truth compares an outcome with what the server knows.
func (s *server) truth(t *testing.T, o batch.Outcome) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.accepted[o.Key]
	if n > 1 {
		t.Errorf("%v was applied for %d times", o.Key, n)
	}
	_, exists := s.loas[o.Key]
	switch o.Result {
	case sheet.Submitted, sheet.Already:
		if !exists {
			t.Errorf("%v is %s (%s), but the server has no LOA", o.Key, o.Result, o.Reason)
		}
	case sheet.Failed, sheet.Refused, sheet.NotAttempted:
		if n > 0 {
			t.Errorf("%v is %s (%s), but the server has its LOA", o.Key, o.Result, o.Reason)
		}
	case sheet.Unknown:
	default:
		t.Errorf("%v is %s (%s)", o.Key, o.Result, o.Reason)
	}
}

// mortal is a ledger whose process can die: nothing is written after that.
type mortal struct {
	batch.Ledger
	dead chan struct{}
}

func ledgerOf(l batch.Ledger) *mortal { return &mortal{Ledger: l, dead: make(chan struct{})} }

func (m *mortal) die() { close(m.dead) }

func (m *mortal) alive() bool {
	select {
	case <-m.dead:
		return false
	default:
		return true
	}
}

// Begin implements Ledger.
func (m *mortal) Begin(ctx context.Context, a batch.Application) error {
	if !m.alive() {
		return context.Canceled
	}
	return m.Ledger.Begin(ctx, a)
}

// Finish implements Ledger.
func (m *mortal) Finish(ctx context.Context, o batch.Outcome) error {
	if !m.alive() {
		return context.Canceled
	}
	return m.Ledger.Finish(ctx, o)
}
