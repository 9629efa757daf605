package ledgertest

import (
	"errors"
	"fmt"
	"os"
	"slices"
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
	// The rejected run left no trace: neither a record nor a lock on circuit 3.
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
	// If it is alive after all, it must send nothing more, but may record what it has learned.
	var taken *ledger.TakenOverError
	if err := dead.Begin(t.Context(), Application(1)); !errors.As(err, &taken) || taken.By != "successor" {
		t.Errorf("begin of the former holder: %v, want a *TakenOverError", err)
	}
	must(t, dead.Finish(t.Context(), Accepted(0, time.Now())))
	if r, _ := recordOf(t, s, 0); r.Open || r.Result != sheet.Submitted {
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

// stepsOfARow records two steps of a row, each with a state and a record of its own. The row shows
// the last step that did something.
func stepsOfARow(t *testing.T, open Open) {
	s := open(t)
	run := start(t, s, "one", 2)
	for i, second := range []sheet.Result{sheet.Refused, sheet.NotAttempted} {
		a := Application(i)
		a.Operation = batch.Complete
		must(t, run.Begin(t.Context(), a))
		o := Outcome(a, sheet.Submitted)
		o.Operation, o.Attempts = batch.Complete, 1
		must(t, run.Finish(t.Context(), o))
		a.Operation, a.Token = batch.Confirm, a.Token+"-confirm"
		if second != sheet.NotAttempted {
			must(t, run.Begin(t.Context(), a))
		}
		o = Outcome(a, second)
		o.Operation, o.Attempts = batch.Confirm, 2
		must(t, run.Finish(t.Context(), o))
	}
	must(t, run.End(t.Context(), ledger.RunEnd{}))
	past, err := open(t).Run(t.Context(), "one")
	must(t, err)
	if len(past.Rows) != 2 || past.Rows[0].Result != sheet.Refused || past.Rows[0].Operation != batch.Confirm || past.Rows[0].Attempts != 3 || !past.Rows[0].Completed ||
		past.Rows[1].Result != sheet.Submitted || past.Rows[1].Operation != batch.Complete {
		t.Errorf("rows %+v", past.Rows)
	}
	equal(t, "counts", past.End.Results, map[sheet.Result]int{sheet.Refused: 1, sheet.Submitted: 1})
	events, err := s.Circuit(t.Context(), Key(0).InstanceID)
	must(t, err)
	if len(events) != 2 || events[0].Outcome.Operation != batch.Complete || events[1].Outcome.Operation != batch.Confirm {
		t.Errorf("events %+v", events)
	}
	for place, want := range map[batch.Place]sheet.Result{batch.PlaceLOA: "", batch.PlaceCompletion: sheet.Submitted, batch.PlaceConfirmation: sheet.Refused} {
		records, err := s.Past(t.Context(), ledger.Real, place, Keys(1))
		must(t, err)
		if got := records[Key(0)].Result; got != want {
			t.Errorf("%s: %s, want %s", place, got, want)
		}
	}
}

// pruned prunes a ledger of runs that ended, died, are in progress or have left something open.
func pruned(t *testing.T, open Open, kill Kill) {
	s, now := open(t), time.Now().UTC().Round(0)
	living := runsToPrune(t, s, now, kill)
	type known struct {
		past map[batch.Key]batch.Record
		seen map[batch.Key]bool
	}
	know := func() (k known) {
		t.Helper()
		var err error
		k.past, err = open(t).Past(t.Context(), ledger.Real, batch.PlaceLOA, Keys(8))
		must(t, err)
		k.seen = map[batch.Key]bool{}
		for _, key := range Keys(8) {
			events, err := s.Circuit(t.Context(), key.InstanceID)
			must(t, err)
			k.seen[key] = ledger.Seen(events, ledger.Real, key) && k.past[key].Result == ""
		}
		return k
	}
	before := know()
	runs, err := s.Runs(t.Context(), 0)
	must(t, err)
	errNo := errors.New("no")
	if _, err := s.Prune(t.Context(), now.AddDate(0, 0, -400), func(due ledger.Pruned) error {
		if !slices.Equal(due.Runs, []string{"old", "dead"}) || due.Rows != 4 {
			t.Errorf("about to prune %+v", due)
		}
		return errNo
	}); !errors.Is(err, errNo) {
		t.Errorf("without confirmation: %v", err)
	}
	got, err := s.Prune(t.Context(), now.AddDate(0, 0, -400), nil)
	must(t, err)
	if !slices.Equal(got.Runs, []string{"old", "dead"}) || got.Rows != 4 || !got.Running || got.SizeBefore <= 0 || got.SizeAfter != got.SizeBefore {
		t.Errorf("pruned %+v", got)
	}
	equal(t, "what is known of the circuits", know(), before)
	if !before.seen[Key(1)] {
		t.Error("the survey's circuit is not seen")
	}
	list, err := open(t).Runs(t.Context(), 0)
	must(t, err)
	for i := range list {
		if (list[i].ID == "old" || list[i].ID == "dead") != !list[i].Pruned.IsZero() {
			t.Errorf("%s: pruned at %v", list[i].ID, list[i].Pruned)
		}
		list[i].Pruned = time.Time{}
		if runs[i].ID == "old" {
			runs[i].End.LeftOut = nil // their rows are gone
		}
	}
	equal(t, "runs", list, runs)
	for id, rows := range map[string]int{"old": 1, "dead": 0, "left open": 1, "killed": 1, "later": 1, "living": 1} {
		run, err := s.Run(t.Context(), id)
		must(t, err)
		if len(run.Rows) != rows {
			t.Errorf("%s has %d rows", id, len(run.Rows))
		}
	}
	must(t, living.End(t.Context(), ledger.RunEnd{}))
	got, err = open(t).Prune(t.Context(), now.AddDate(0, 0, -400), nil)
	must(t, err)
	if !slices.Equal(got.Runs, []string{"living"}) || got.Rows != 1 || got.Running || got.SizeAfter > got.SizeBefore {
		t.Errorf("pruned again: %+v", got)
	}
	// The ledger still works.
	next := startedAgo(t, s, now, "next", 0, 2)
	must(t, next.Begin(t.Context(), Application(2)))
	must(t, next.Finish(t.Context(), Accepted(2, now)))
	must(t, next.End(t.Context(), ledger.RunEnd{}))
	_, err = s.Check(t.Context())
	must(t, err)
}

// runsToPrune makes runs of the last 500 days that ended, died or have left something open, and one that is in
// progress.
func runsToPrune(t *testing.T, s ledger.Store, now time.Time, kill Kill) (living ledger.Run) {
	begin := func(id string, days int, circuits ...int) ledger.Run {
		return startedAgo(t, s, now, id, days, circuits...)
	}
	old := begin("old", 500, 0, 1, 2)
	must(t, old.Begin(t.Context(), Application(0)))
	must(t, old.Finish(t.Context(), Accepted(0, now)))
	must(t, old.Finish(t.Context(), Outcome(Application(1), sheet.Already))) // a survey saw it
	must(t, old.Finish(t.Context(), Outcome(Application(2), sheet.NotAttempted)))
	must(t, old.End(t.Context(), ledger.RunEnd{ExitCode: 7, LeftOut: []ledger.LeftOut{{First: 9, Last: 9}}}))
	left := begin("left open", 480, 3)
	must(t, left.Begin(t.Context(), Application(3)))
	unknown := Outcome(Application(3), sheet.Unknown)
	unknown.Tried = now
	must(t, left.Finish(t.Context(), unknown))
	must(t, left.End(t.Context(), ledger.RunEnd{ExitCode: 5}))
	dead := begin("dead", 460, 4, 5)
	must(t, dead.Finish(t.Context(), Outcome(Application(4), sheet.NotAttempted)))
	must(t, dead.Begin(t.Context(), Application(5)))
	must(t, dead.Finish(t.Context(), Outcome(Application(5), sheet.Failed)))
	kill(t, s, "dead")
	killed := begin("killed", 450, 6)
	must(t, killed.Begin(t.Context(), Application(6)))
	kill(t, s, "killed")
	later := begin("later", 100, 1)
	skipped := Outcome(Application(1), sheet.Skipped)
	must(t, later.Finish(t.Context(), skipped))
	must(t, later.End(t.Context(), ledger.RunEnd{}))
	living = begin("living", 450, 7)
	must(t, living.Finish(t.Context(), Outcome(Application(7), sheet.NotAttempted)))
	return living
}

// startedAgo starts a run as if some days ago.
func startedAgo(t *testing.T, s ledger.Store, now time.Time, id string, days int, circuits ...int) ledger.Run {
	t.Helper()
	var keys []batch.Key
	for _, i := range circuits {
		keys = append(keys, Key(i))
	}
	run, err := s.Start(t.Context(), ledger.RunInfo{ID: id, Scope: ledger.Real, Command: "submit", Started: now.AddDate(0, 0, -days)}, keys)
	must(t, err)
	return run
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
	wantError("a second run with that ID", err, ledger.ErrRunExists)
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
