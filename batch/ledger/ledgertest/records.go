package ledgertest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

func begunIsOpen(t *testing.T, open Open) {
	s := open(t)
	run := start(t, s, "one", 1)
	a := Application(0)
	must(t, run.Begin(t.Context(), a))
	r, _ := recordOf(t, open(t), 0)
	sameRecord(t, "record", r, batch.Record{Hash: a.Hash, Token: a.Token, Open: true, RunID: "one"})
}

func accepted(t *testing.T, open Open) {
	s := open(t)
	run := start(t, s, "one", 1)
	at := time.Now()
	a, o := Application(0), Accepted(0, at)
	o.LOAStatus = "Applying"
	must(t, run.Begin(t.Context(), a))
	must(t, run.Finish(t.Context(), o))
	r, _ := recordOf(t, open(t), 0)
	equal(t, "record", r, batch.Record{Hash: a.Hash, Token: a.Token, Result: sheet.Submitted, RequestID: o.RequestID,
		SubmittedAt: o.SubmittedAt, LOAStatus: "Applying", RunID: "one"})
}

func scopesAreSeparate(t *testing.T, open Open) {
	s := open(t)
	for _, scope := range []ledger.Scope{ledger.Simulated, ledger.EndpointScope("http://127.0.0.1:1/")} {
		run, err := s.Start(t.Context(), ledger.RunInfo{ID: string(scope), Scope: scope}, Keys(1))
		must(t, err) // the locks are separate as well
		must(t, run.Begin(t.Context(), Application(0)))
		must(t, run.Finish(t.Context(), Accepted(0, time.Now())))
	}
	if r, ok := recordOf(t, s, 0); ok {
		t.Errorf("a simulated submission counts as real: %+v", r)
	}
	scopes, err := s.Scopes(t.Context())
	if must(t, err); len(scopes) != 2 || scopes[0] != ledger.EndpointScope("http://127.0.0.1:1/") || scopes[1] != ledger.Simulated {
		t.Errorf("the scopes are %q", scopes)
	}
}

func onlyBegunRowsCount(t *testing.T, open Open) {
	s := open(t)
	run := start(t, s, "one", 10)
	for i, result := range sheet.AllResults {
		must(t, run.Finish(t.Context(), Outcome(Application(i), result)))
	}
	for i, result := range sheet.AllResults {
		if r, ok := recordOf(t, s, i); ok {
			t.Errorf("%s without Begin left %+v", result, r)
		}
	}
}

// oneRun is what one run does about sample circuit 0.
type oneRun struct {
	begin  *batch.Application // nil if it begins nothing
	finish *batch.Outcome     // nil if it is killed first
}

// restarts checks what the ledger knows after several runs, some of them killed.
func restarts(t *testing.T, open Open, kill Kill) {
	first, revised, changed := Application(0), Version(0, "first", 1), Version(0, "changed", 0)
	ended := func(a batch.Application, r sheet.Result) *batch.Outcome {
		o := Outcome(a, r)
		return &o
	}
	at := time.Now()
	accepted := Accepted(0, at)
	rejected := Outcome(first, sheet.Refused)
	rejected.LOAStatus = "Rejected"
	for i, test := range []struct {
		name string
		runs []oneRun
		want batch.Record // hash, token and generation as those of the application in of
		of   batch.Application
	}{
		{"killed", []oneRun{{&first, nil}}, batch.Record{Open: true, RunID: "0"}, first},
		{"killed, found by the next", []oneRun{{&first, nil}, {nil, ended(first, sheet.Already)}},
			batch.Record{Result: sheet.Already, RequestID: ended(first, sheet.Already).RequestID, RunID: "0"}, first},
		{"killed, next one stopped before its turn", []oneRun{{&first, nil}, {nil, ended(first, sheet.NotAttempted)}},
			batch.Record{Open: true, RunID: "0"}, first},
		{"killed, begun again and never sent", []oneRun{{&first, nil}, {&first, ended(first, sheet.NotAttempted)}},
			batch.Record{Open: true, RunID: "1"}, first},
		{"killed, begun again and accepted", []oneRun{{&first, nil}, {&first, &accepted}},
			batch.Record{Result: sheet.Submitted, RequestID: accepted.RequestID, SubmittedAt: accepted.SubmittedAt, RunID: "1"}, first},
		{"unknown", []oneRun{{&first, ended(first, sheet.Unknown)}},
			batch.Record{Open: true, RunID: "0"}, first},
		{"refused, begun again, killed", []oneRun{{&first, ended(first, sheet.Refused)}, {&revised, nil}},
			batch.Record{Open: true, Result: sheet.Refused, RequestID: ended(first, "").RequestID, RunID: "1",
				Ended: batch.Identity{Hash: first.Hash, Token: first.Token}}, revised},
		{"refused, changed, accepted", []oneRun{{&first, ended(first, sheet.Refused)}, {&changed, ended(changed, sheet.Submitted)}},
			batch.Record{Result: sheet.Submitted, RequestID: ended(changed, "").RequestID, RunID: "1", Others: first.Token}, changed},
		{"killed, found rejected", []oneRun{{&first, nil}, {nil, &rejected}},
			batch.Record{Result: sheet.Refused, RequestID: rejected.RequestID, LOAStatus: "Rejected", RunID: "0"}, first},
		{"accepted, invalid since", []oneRun{{&first, &accepted}, {nil, ended(changed, sheet.Invalid)}},
			batch.Record{Result: sheet.Submitted, RequestID: accepted.RequestID, SubmittedAt: accepted.SubmittedAt, RunID: "0"}, first},
	} {
		s := open(t)
		scope := ledger.EndpointScope(fmt.Sprint(i)) // the cases share one ledger
		for n, step := range test.runs {
			id := fmt.Sprint(i, "-", n)
			run, err := s.Start(t.Context(), ledger.RunInfo{ID: id, Scope: scope}, Keys(1))
			must(t, err)
			if step.begin != nil {
				must(t, run.Begin(t.Context(), *step.begin))
			}
			if step.finish != nil {
				must(t, run.Finish(t.Context(), *step.finish))
				must(t, run.End(t.Context(), ledger.RunEnd{}))
			} else {
				kill(t, s, id)
			}
		}
		records, err := open(t).Past(t.Context(), scope, batch.PlaceLOA, Keys(1))
		must(t, err)
		test.want.Hash, test.want.Generation, test.want.Token = test.of.Hash, test.of.Generation, test.of.Token
		test.want.RunID = fmt.Sprint(i, "-", test.want.RunID)
		sameRecord(t, test.name, records[Key(0)], test.want)
	}
}

// runWithoutCircuits checks that a run that locked nothing changes only the LOA's status.
func runWithoutCircuits(t *testing.T, open Open) {
	s := open(t)
	run := start(t, s, "submit", 1)
	must(t, run.Begin(t.Context(), Application(0)))
	status, err := s.Start(t.Context(), ledger.RunInfo{ID: "status", Scope: ledger.Real, Command: "status"}, nil)
	must(t, err)
	o := Outcome(Application(0), sheet.Already)
	o.LOAStatus = "Accept"
	must(t, status.Finish(t.Context(), o))
	a := Application(0)
	r, _ := recordOf(t, s, 0)
	want := batch.Record{Hash: a.Hash, Token: a.Token, Open: true, LOAStatus: "Accept", RunID: "submit"}
	sameRecord(t, "record", r, want)
	o = Outcome(Application(0), sheet.Invalid)
	must(t, status.Finish(t.Context(), o))
	r, _ = recordOf(t, s, 0)
	sameRecord(t, "record after an invalid row", r, want)
	o.LOAStatus, want.LOAStatus = "Available", "Available"
	must(t, status.Finish(t.Context(), o))
	r, _ = recordOf(t, s, 0)
	sameRecord(t, "record after an invalid row with a status", r, want)
}

func concurrentRows(t *testing.T, open Open) {
	const n = 300
	s := open(t)
	run := start(t, s, "one", n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			if err := run.Begin(t.Context(), Application(i)); err != nil {
				t.Error(err)
			}
			if err := run.Finish(t.Context(), Accepted(i, time.Now())); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	records, err := s.Past(t.Context(), ledger.Real, batch.PlaceLOA, Keys(n+5))
	must(t, err)
	if len(records) != n {
		t.Fatalf("%d records, want %d", len(records), n)
	}
	for k, r := range records {
		if r.Open || r.Result != sheet.Submitted {
			t.Errorf("%v: %+v", k, r)
		}
	}
}
