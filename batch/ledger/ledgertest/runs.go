package ledgertest

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

func locks(t *testing.T, open Open) {
	s := open(t)
	first := start(t, s, "first", 3)
	host, _ := os.Hostname()
	_, err := open(t).Start(t.Context(), ledger.RunInfo{ID: "second", Scope: ledger.Real}, []batch.Key{Key(2), Key(3)})
	var locked *ledger.LockedError
	if !errors.As(err, &locked) {
		t.Fatalf("%v, want a *LockedError", err)
	}
	equal(t, "holder", *locked, ledger.LockedError{RunID: "first", Host: host, PID: os.Getpid(), Since: first.Info().Started, Circuits: 1})
	// The rejected run left no trace: neither itself nor a lock on circuit 3.
	third, err := s.Start(t.Context(), ledger.RunInfo{ID: "second", Scope: ledger.Real}, []batch.Key{Key(3)})
	must(t, err)
	must(t, first.End(t.Context(), ledger.RunEnd{}))
	start(t, s, "fourth", 3)
	must(t, third.End(t.Context(), ledger.RunEnd{}))
}

// onlyOneStarts starts several runs on the same circuits at the same time.
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
		} else if _, ok := errors.AsType[*ledger.LockedError](err); !ok {
			t.Errorf("%v, want a *LockedError", err)
		}
	}
	if started != 1 {
		t.Errorf("%d runs hold the same circuits", started)
	}
}

func deadHolder(t *testing.T, open Open, kill Kill) {
	s := open(t)
	dead := start(t, s, "dead", 2)
	must(t, dead.Begin(t.Context(), Application(0)))
	kill(t, s, "dead")

	successor := start(t, open(t), "successor", 1)
	// If it is alive after all it must send nothing more, but may record what it has learned.
	var taken *ledger.TakenOverError
	if err := dead.Begin(t.Context(), Application(1)); !errors.As(err, &taken) || taken.By != "successor" {
		t.Errorf("begin of the former holder: %v, want a *TakenOverError", err)
	}
	must(t, dead.Finish(t.Context(), Accepted(0, time.Now())))
	if r, _ := past(t, s, 0); r.Open || r.Result != sheet.Submitted {
		t.Errorf("record %+v", r)
	}
	list, err := s.Runs(t.Context(), 0)
	must(t, err)
	if len(list) != 2 || list[1].Status != ledger.TakenOver || list[1].TakenBy != "successor" || list[0].Status != ledger.Running {
		t.Errorf("runs %+v", list)
	}
	must(t, successor.End(t.Context(), ledger.RunEnd{}))
}

func otherHost(t *testing.T, open Open) {
	s := open(t)
	_, err := s.Start(t.Context(), ledger.RunInfo{ID: "far", Scope: ledger.Real, Host: "another-machine"}, Keys(1))
	must(t, err)
	// Its process cannot be examined from here, and its heartbeat is recent.
	_, err = open(t).Start(t.Context(), ledger.RunInfo{ID: "near", Scope: ledger.Real}, Keys(1))
	var locked *ledger.LockedError
	if !errors.As(err, &locked) || locked.Host != "another-machine" {
		t.Errorf("%v, want a *LockedError", err)
	}
}

func runReadsBack(t *testing.T, open Open) {
	s := open(t)
	run := start(t, s, "one", 5)
	want := make([]batch.Outcome, 5)
	for _, i := range []int{3, 0, 4, 1} {
		o := Accepted(i, time.Now())
		o.ErrorCode, o.LOAStatus, o.Attempts = "Some.Code", "Applying", i
		o.Operation = batch.Reapply
		if i != 1 {
			a := Application(i)
			a.Operation = batch.Reapply
			must(t, run.Begin(t.Context(), a))
		} else {
			o = batch.Outcome{Row: 3, Result: sheet.Invalid, Reason: batch.ReasonInvalid, ErrorCode: "circuit-instance-missing"}
		}
		must(t, run.Finish(t.Context(), o))
		want[i] = o
	}
	a := Application(2)
	must(t, run.Begin(t.Context(), a))
	want[2] = batch.Outcome{Row: a.Row, Key: a.Key, Token: a.Token, Result: sheet.Unknown, Reason: batch.ReasonUnsettled}
	got, err := open(t).Run(t.Context(), "one")
	must(t, err)
	equal(t, "rows", got.Rows, want)
	events, err := s.Circuit(t.Context(), a.Key.InstanceID)
	must(t, err)
	if len(events) != 1 || events[0].Begun.IsZero() || !events[0].Finished.IsZero() || events[0].Hash != a.Hash {
		t.Errorf("events %+v", events)
	}
}

func endedRun(t *testing.T, open Open) {
	s := open(t)
	info := ledger.RunInfo{ID: "one", Scope: ledger.Real, Command: "submit", Input: "in.xlsx", InputSHA256: "00", Output: "out.xlsx",
		Account: "1000000000000000", Host: "desk", PID: 7, Started: time.Now().UTC().Round(0), Version: "v1", Options: []byte(`{"a":1}`)}
	run, err := s.Start(t.Context(), info, Keys(1))
	must(t, err)
	must(t, run.Begin(t.Context(), Application(0)))
	must(t, run.Finish(t.Context(), Accepted(0, time.Now())))
	end := ledger.RunEnd{Ended: time.Now().UTC().Round(0), ExitCode: 4, Output: "other.xlsx", OutputSHA256: "01", Reports: map[string]string{"other.csv": "02"}, Stop: "reason-stopped", StopCode: "Forbidden.RAM",
		Requests: 3, Retries: 2, Throttled: 1, Slowed: time.Second, Duration: time.Minute}
	must(t, run.End(t.Context(), end))
	end.Results = map[sheet.Result]int{sheet.Submitted: 1}
	list, err := open(t).Runs(t.Context(), 1)
	must(t, err)
	equal(t, "runs", list, []ledger.RunSummary{{RunInfo: info, Status: ledger.Ended, End: &end, Results: end.Results}})
}

// historyOfRuns checks the order of the history and its counts.
func historyOfRuns(t *testing.T, open Open) {
	s := open(t)
	for i := range 3 {
		run := start(t, s, fmt.Sprint("run-", i), 4)
		for row := range i + 1 {
			must(t, run.Finish(t.Context(), Outcome(Application(row), sheet.NotAttempted)))
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
	latest, err := s.Runs(t.Context(), 1)
	must(t, err)
	equal(t, "the latest", latest, list[:1])
	equal(t, "counts of the one in progress", list[0].Results, map[sheet.Result]int{sheet.NotAttempted: 3})
	equal(t, "counts of the one that ended", list[1].Results, map[sheet.Result]int{sheet.NotAttempted: 2})
	equal(t, "status", []ledger.Status{list[0].Status, list[1].Status}, []ledger.Status{ledger.Running, ledger.Ended})
	events, err := s.Circuit(t.Context(), Key(1).InstanceID)
	must(t, err)
	var ids []string
	for _, e := range events {
		ids = append(ids, e.RunID)
		equal(t, "outcome", e.Outcome, Outcome(Application(1), sheet.NotAttempted))
	}
	equal(t, "runs of the circuit", ids, []string{"run-1", "run-2"})
	health, err := s.Check(t.Context())
	must(t, err)
	if health.Runs != 3 || health.Locked != 4 || health.Open != 0 || health.Commit <= 0 {
		t.Errorf("health %+v", health)
	}
}

func wrongCalls(t *testing.T, open Open) {
	s := open(t)
	run := start(t, s, "one", 1)
	wantError := func(what string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	wantError("a circuit that is not locked", run.Begin(t.Context(), Application(1)), ledger.ErrNotLocked)
	_, err := s.Start(t.Context(), ledger.RunInfo{ID: "one", Scope: ledger.Real}, nil)
	wantError("a second run of that ID", err, ledger.ErrRunExists)
	_, err = s.Run(t.Context(), "none")
	wantError("an unknown run", err, ledger.ErrNoRun)
	must(t, run.End(t.Context(), ledger.RunEnd{}))
	wantError("begin after the end", run.Begin(t.Context(), Application(0)), ledger.ErrEnded)
	wantError("finish after the end", run.Finish(t.Context(), Accepted(0, time.Now())), ledger.ErrEnded)
	wantError("a second end", run.End(t.Context(), ledger.RunEnd{}), ledger.ErrEnded)
	run = start(t, s, "two", 1)
	must(t, s.Close())
	wantError("begin on a closed store", run.Begin(t.Context(), Application(0)), ledger.ErrClosed)
}
