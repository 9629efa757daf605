package hosts_test

import (
	"context"
	"errors"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/hosts"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

// split divides a workbook among parts, row by row.
func split(w *sheet.Workbook, parts int) []*sheet.Workbook {
	list := make([]*sheet.Workbook, parts)
	for n := range list {
		part := *w
		part.Circuits = nil
		for i := range w.Circuits {
			if i%parts == n {
				part.Circuits = append(part.Circuits, w.Circuits[i])
			}
		}
		list[n] = &part
	}
	return list
}

// stops returns why the parts of a run stopped.
func stops(t *testing.T, h *host) (list []batch.StopReason) {
	t.Helper()
	for n, r := range h.results {
		if !r.Complete {
			t.Errorf("part %d: %+v", n, r)
			continue
		}
		list = append(list, batch.StopReason(r.State.End.Stop))
	}
	return list
}

var errInvalid = &batch.CallError{Class: batch.Refused, Code: "Invalid"}

// TestPartsMaxFailures counts the failures of all parts of a run, on all hosts.
func TestPartsMaxFailures(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		limit batch.Limit
		parts int // that have failures
	}{
		{"of all", batch.Limit{N: 10}, 2},
		{"of one", batch.Limit{N: 10}, 1},
		{"percentage", batch.Limit{Percent: 20}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			address, e, w := database(t), newEndpoint(), book(600, "cn-hangzhou")
			refused := 0
			e.answer = func(a batch.Application) error {
				if a.Row%3 == 0 && a.Row%2 < test.parts { // the first row is 2, of the first part
					refused++
					return errInvalid
				}
				return nil
			}
			limit := func(o *hosts.Options) { o.Engine.Limits.MaxFailures = test.limit }
			a := startParts(t, address, "a", e, split(w, 2), limit)
			b := startParts(t, address, "b", e, split(w, 2), limit)
			a.end()
			b.end()
			n := counts(t, a)
			// Where each part counted for itself, one of them could go on to twice the limit.
			if n[sheet.Refused] < 10 || n[sheet.Refused] > 50 || n[sheet.NotAttempted] < 300 || n[sheet.Refused] != refused {
				t.Errorf("%v, %d were refused", n, refused)
			}
			for _, h := range []*host{a, b} {
				for n, stop := range stops(t, h) {
					if stop != batch.StopMaxFailures {
						t.Errorf("part %d stopped: %q", n, stop)
					}
				}
			}
		})
	}
}

// TestPartsMaxFailuresSum has a limit that no part reaches by itself.
func TestPartsMaxFailuresSum(t *testing.T) {
	t.Parallel()
	address, e, w := database(t), newEndpoint(), book(200, "cn-hangzhou")
	e.latency = 50 * time.Millisecond
	e.answer = func(a batch.Application) error {
		if a.Row < 14 { // six of each part
			return errInvalid
		}
		return nil
	}
	limit := func(o *hosts.Options) { o.Engine.Limits.MaxFailures = batch.Limit{N: 10} }
	a := startParts(t, address, "a", e, split(w, 2), limit)
	b := startParts(t, address, "b", e, split(w, 2), limit)
	a.end()
	b.end()
	if n := counts(t, a); n[sheet.Refused] > 12 || n[sheet.NotAttempted] == 0 {
		t.Errorf("%v", n)
	}
	for n, stop := range stops(t, a) {
		if stop != batch.StopMaxFailures {
			t.Errorf("part %d stopped: %q", n, stop)
		}
	}
}

// TestPartsCanary has the first rows of the whole workbook go before all others, whatever
// part they are of.
func TestPartsCanary(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		parts    func(w *sheet.Workbook) []*sheet.Workbook
		rejected int // row; 0 for none
		want     map[sheet.Result]int
		stop     batch.StopReason
	}{
		{"passes", func(w *sheet.Workbook) []*sheet.Workbook { return split(w, 2) }, 0, map[sheet.Result]int{sheet.Submitted: 100}, ""},
		{"fails", func(w *sheet.Workbook) []*sheet.Workbook { return split(w, 2) }, 4, map[sheet.Result]int{sheet.Submitted: 4, sheet.Refused: 1, sheet.NotAttempted: 95}, batch.StopCanary},
		{"is of one part", func(w *sheet.Workbook) []*sheet.Workbook {
			first, second := *w, *w
			first.Circuits, second.Circuits = w.Circuits[50:], w.Circuits[:50]
			return []*sheet.Workbook{&first, &second}
		}, 4, map[sheet.Result]int{sheet.Submitted: 4, sheet.Refused: 1, sheet.NotAttempted: 95}, batch.StopCanary},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			address, e, w := database(t), newEndpoint(), book(100, "cn-hangzhou", "cn-shanghai")
			e.answer = func(a batch.Application) error {
				if a.Row == test.rejected {
					time.Sleep(300 * time.Millisecond)
					return errInvalid
				}
				return nil
			}
			canary := func(o *hosts.Options) { o.Engine.Limits.Canary = 5 }
			a := startParts(t, address, "a", e, test.parts(w), canary)
			b := startParts(t, address, "b", e, test.parts(w), canary)
			a.end()
			b.end()
			n := counts(t, a)
			for result, want := range test.want {
				if n[result] != want {
					t.Errorf("%v", n)
				}
			}
			for n, stop := range stops(t, a) {
				if stop != test.stop {
					t.Errorf("part %d stopped: %q", n, stop)
				}
			}
		})
	}
}

// TestPartsEndTogether has a part with one row wait for the other, so that a host that comes later finds both, and
// one that comes at the very end finds that a part has ended.
func TestPartsEndTogether(t *testing.T) {
	t.Parallel()
	address, e, w := database(t), newEndpoint(), book(60, "cn-hangzhou")
	e.latency = 150 * time.Millisecond
	first, second := *w, *w
	first.Circuits, second.Circuits = w.Circuits[:59], w.Circuits[59:]
	parts := []*sheet.Workbook{&first, &second}
	var concluded atomic.Int64
	conclude := func(o *hosts.Options) {
		o.Conclude = func(_ context.Context, states []ledger.BatchState) (ledger.RunEnd, error) {
			if len(states) != 2 || states[0].Rows != 59 || states[1].Rows != 1 || states[1].End == nil {
				t.Errorf("%+v", states)
			}
			concluded.Add(1)
			return ledger.RunEnd{}, nil
		}
	}
	e.let(40)
	a := startParts(t, address, "a", e, parts, conclude)
	until(t, "the second part has its outcome", func() bool {
		done, err := a.members[1].Outcomes(t.Context())
		return err == nil && len(done) == 1
	})
	b := startParts(t, address, "b", e, parts, conclude)
	e.let(math.MaxInt)
	if by, joined := b.members[1].Joined(); !joined || by.Host != "a" {
		t.Errorf("the second part was not joined: %+v", by)
	}
	a.end()
	b.end()
	settled(t, a, e, 60)
	if concluded.Load() == 0 {
		t.Error("nobody concluded the run")
	}
}

// TestPartsFatalForOne has the credentials of one account rejected on one host: it goes on with the rows of the
// other account, leaves both, and the other host ends them.
func TestPartsFatalForOne(t *testing.T) {
	t.Parallel()
	address, e, w := database(t), newEndpoint(), book(200, "cn-hangzhou")
	e.latency = 50 * time.Millisecond
	bad := newEndpoint()
	bad.answer = func(batch.Application) error {
		return &batch.CallError{Class: batch.RunFatal, Code: "InvalidAccessKeyId.NotFound"}
	}
	part := 0
	e.let(20)
	b := startParts(t, address, "b", e, split(w, 2))
	a := startParts(t, address, "a", e, split(w, 2), func(o *hosts.Options) {
		if part++; part == 2 {
			o.Engine.Submitter = bad
		}
	})
	until(t, "the rejection", func() bool { return bad.applications() > 0 })
	e.let(math.MaxInt)
	a.wait()
	b.end()
	if a.err != nil || a.results[1].Complete || a.results[1].Stop != batch.StopFatal {
		t.Errorf("%v, %+v", a.err, a.results[1])
	}
	if first := a.results[0]; !first.Complete && first.Stop != "" {
		t.Errorf("%+v", first)
	}
	settled(t, b, e, 200)
}

// TestPartsTakenOver has one part of a host be found dead alone: the host ends its share in the other, too,
// for it to join both again.
func TestPartsTakenOver(t *testing.T) {
	t.Parallel()
	address, e, w := database(t), newEndpoint(), book(100, "cn-hangzhou")
	e.latency = 100 * time.Millisecond
	e.let(20)
	a := startParts(t, address, "a", e, split(w, 2))
	until(t, "rows are sent", func() bool { _, n := e.doubles(); return n > 10 })
	if _, err := a.store.Pool().Exec(t.Context(), "UPDATE loabatch.members SET taken_by = 'x' WHERE seq = $1", a.members[1].Number()); err != nil {
		t.Fatal(err)
	}
	e.let(math.MaxInt)
	a.wait()
	if taken, ok := errors.AsType[*ledger.TakenOverError](a.err); !ok || taken.RunID != "run-of-a.2" {
		t.Errorf("%v", a.err)
	}
	if a.results[0].Complete {
		t.Errorf("%+v", a.results[0])
	}
}
