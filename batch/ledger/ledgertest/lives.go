package ledgertest

import (
	"fmt"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

// life is what one run did about sample circuit 0.
type life struct {
	begin  *batch.Application // nil when it began nothing
	finish *batch.Outcome     // nil when it was killed first
}

// lives holds the ledger to what it must remember over runs, killed ones among them.
func lives(t *testing.T, open Open) {
	first, anew, changed := Application(0), Version(0, "first", 1), Version(0, "changed", 0)
	ended := func(a batch.Application, r sheet.Result) *batch.Outcome {
		o := Ended(a, r)
		return &o
	}
	at := time.Now()
	accepted := Accepted(0, at)
	rejected := Ended(first, sheet.Refused)
	rejected.LOAStatus = "Rejected"
	for i, test := range []struct {
		name  string
		lives []life
		want  batch.Record // hash, token and generation as those of the application in of
		of    batch.Application
	}{
		{"killed", []life{{&first, nil}}, batch.Record{Open: true, RunID: "0"}, first},
		{"killed, found by the next", []life{{&first, nil}, {nil, ended(first, sheet.Already)}},
			batch.Record{Result: sheet.Already, RequestID: ended(first, sheet.Already).RequestID, RunID: "0"}, first},
		{"killed, next one stopped before its turn", []life{{&first, nil}, {nil, ended(first, sheet.NotAttempted)}},
			batch.Record{Open: true, RunID: "0"}, first},
		{"killed, begun again and never sent", []life{{&first, nil}, {&first, ended(first, sheet.NotAttempted)}},
			batch.Record{Open: true, Result: sheet.Unknown, RunID: "0"}, first},
		{"killed, begun again and accepted", []life{{&first, nil}, {&first, &accepted}},
			batch.Record{Result: sheet.Submitted, RequestID: accepted.RequestID, SubmittedAt: accepted.SubmittedAt, RunID: "1"}, first},
		{"unknown", []life{{&first, ended(first, sheet.Unknown)}},
			batch.Record{Open: true, Result: sheet.Unknown, RequestID: ended(first, "").RequestID, RunID: "0"}, first},
		{"refused, begun anew, killed", []life{{&first, ended(first, sheet.Refused)}, {&anew, nil}},
			batch.Record{Open: true, Result: sheet.Refused, RequestID: ended(first, "").RequestID, RunID: "1"}, anew},
		{"refused, changed, accepted", []life{{&first, ended(first, sheet.Refused)}, {&changed, ended(changed, sheet.Submitted)}},
			batch.Record{Result: sheet.Submitted, RequestID: ended(changed, "").RequestID, RunID: "1"}, changed},
		{"killed, found rejected", []life{{&first, nil}, {nil, &rejected}},
			batch.Record{Result: sheet.Refused, RequestID: rejected.RequestID, LOAStatus: "Rejected", RunID: "0"}, first},
		{"accepted, invalid since", []life{{&first, &accepted}, {nil, ended(changed, sheet.Invalid)}},
			batch.Record{Result: sheet.Submitted, RequestID: accepted.RequestID, SubmittedAt: accepted.SubmittedAt, RunID: "0"}, first},
	} {
		s := open(t)
		scope := ledger.EndpointScope(fmt.Sprint(i)) // so that the cases share one ledger
		for n, l := range test.lives {
			id := fmt.Sprint(i, "-", n)
			run, err := s.Start(t.Context(), ledger.RunInfo{ID: id, Scope: scope, PID: deadPID()}, Keys(1))
			must(t, err)
			if l.begin != nil {
				must(t, run.Begin(t.Context(), *l.begin))
			}
			if l.finish != nil {
				must(t, run.Finish(t.Context(), *l.finish))
				must(t, run.End(t.Context(), ledger.RunEnd{}))
			}
		}
		records, err := open(t).Past(t.Context(), scope, Keys(1))
		must(t, err)
		test.want.Hash, test.want.Generation, test.want.Token = test.of.Hash, test.of.Generation, test.of.Token
		test.want.RunID = fmt.Sprint(i, "-", test.want.RunID)
		equal(t, test.name, records[Key(0)], test.want)
	}
}

// untouched holds a run that was given no circuits to telling where an LOA stands.
func untouched(t *testing.T, open Open) {
	s := open(t)
	run := start(t, s, "submit", 1)
	must(t, run.Begin(t.Context(), Application(0)))
	status, err := s.Start(t.Context(), ledger.RunInfo{ID: "status", Scope: ledger.Real, Command: "status"}, nil)
	must(t, err)
	o := Ended(Application(0), sheet.Already)
	o.LOAStatus = "Accept"
	must(t, status.Finish(t.Context(), o))
	a := Application(0)
	r, _ := past(t, s, 0)
	equal(t, "record", r, batch.Record{Hash: a.Hash, Token: a.Token, Open: true, LOAStatus: "Accept", RunID: "submit"})
}

// onlyOneStarts lets runs start at once on the same circuits.
func onlyOneStarts(t *testing.T, open Open) {
	const n = 8
	errs := make(chan error, n)
	for i := range n {
		s := open(t)
		go func() {
			_, err := s.Start(t.Context(), ledger.RunInfo{ID: fmt.Sprint("run-", i), Scope: ledger.Real}, Keys(50))
			errs <- err
		}()
	}
	started := 0
	for range n {
		if err := <-errs; err == nil {
			started++
		} else if _, ok := err.(*ledger.LockedError); !ok {
			t.Errorf("%v, want a *LockedError", err)
		}
	}
	if started != 1 {
		t.Errorf("%d runs hold the same circuits", started)
	}
}

// historyOfRuns holds the history to its order and its counts.
func historyOfRuns(t *testing.T, open Open) {
	s := open(t)
	for i := range 3 {
		run := start(t, s, fmt.Sprint("run-", i), 4)
		for row := range i + 1 {
			must(t, run.Finish(t.Context(), Ended(Application(row), sheet.NotAttempted)))
		}
		if i < 2 {
			must(t, run.End(t.Context(), ledger.RunEnd{ExitCode: 7}))
		}
	}
	list, err := s.Runs(t.Context(), 2)
	must(t, err)
	if len(list) != 2 || list[0].ID != "run-2" || list[1].ID != "run-1" {
		t.Fatalf("%+v", list)
	}
	equal(t, "counts of the one in progress", list[0].Results, map[sheet.Result]int{sheet.NotAttempted: 3})
	equal(t, "counts of the one that ended", list[1].Results, map[sheet.Result]int{sheet.NotAttempted: 2})
	equal(t, "status", []ledger.Status{list[0].Status, list[1].Status}, []ledger.Status{ledger.Running, ledger.Ended})
	events, err := s.Circuit(t.Context(), Key(1).InstanceID)
	must(t, err)
	var ids []string
	for _, e := range events {
		ids = append(ids, e.RunID)
		equal(t, "outcome", e.Outcome, Ended(Application(1), sheet.NotAttempted))
	}
	equal(t, "runs of the circuit", ids, []string{"run-1", "run-2"})
	health, err := s.Check(t.Context())
	must(t, err)
	if health.Runs != 3 || health.Locked != 4 || health.Open != 0 || health.Commit <= 0 {
		t.Errorf("health %+v", health)
	}
}
