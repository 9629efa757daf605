// Package ledgertest holds the rules that every ledger must keep, as tests, whatever
// database stands behind its [ledger.Store].
package ledgertest

import (
	"errors"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

// Open opens one and the same ledger again, as another process would. It is closed
// when the test ends.
type Open func(t *testing.T) *ledger.Store

// Run runs the suite. It calls fresh for a new, empty ledger of each test.
func Run(t *testing.T, fresh func(t *testing.T) Open) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Open)
	}{
		{"begun is open", begunIsOpen},
		{"accepted", accepted},
		{"lives of a circuit", lives},
		{"scopes are apart", scopesAreApart},
		{"only begun rows count", onlyBegunRowsCount},
		{"run reads back in sheet order", runReadsBack},
		{"history", historyOfRuns},
		{"run without circuits", untouched},
		{"locks", locks},
		{"only one starts", onlyOneStarts},
		{"dead holder", deadHolder},
		{"other host", otherHost},
		{"concurrent rows", concurrentRows},
		{"ended run", endedRun},
		{"wrong calls", wrongCalls},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, fresh(t)) })
	}
}

// start starts a run with a first number of sample circuits.
func start(t *testing.T, s *ledger.Store, id string, circuits int) *ledger.Run {
	t.Helper()
	run, err := s.Start(t.Context(), ledger.RunInfo{ID: id, Scope: ledger.Real, Command: "submit"}, Keys(circuits))
	must(t, err)
	return run
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// past reads what is known of one sample circuit.
func past(t *testing.T, s *ledger.Store, i int) (batch.Record, bool) {
	t.Helper()
	records, err := s.Past(t.Context(), ledger.Real, []batch.Key{Key(i)})
	must(t, err)
	r, ok := records[Key(i)]
	return r, ok
}

func begunIsOpen(t *testing.T, open Open) {
	s := open(t)
	run := start(t, s, "one", 1)
	a := Application(0)
	must(t, run.Begin(t.Context(), a))
	r, _ := past(t, open(t), 0)
	equal(t, "record", r, batch.Record{Hash: a.Hash, Token: a.Token, Open: true, RunID: "one"})
}

func accepted(t *testing.T, open Open) {
	s := open(t)
	run := start(t, s, "one", 1)
	at := time.Now()
	a, o := Application(0), Accepted(0, at)
	o.LOAStatus = "Applying"
	must(t, run.Begin(t.Context(), a))
	must(t, run.Finish(t.Context(), o))
	r, _ := past(t, open(t), 0)
	equal(t, "record", r, batch.Record{Hash: a.Hash, Token: a.Token, Result: sheet.Submitted, RequestID: o.RequestID,
		SubmittedAt: o.SubmittedAt, LOAStatus: "Applying", RunID: "one"})
}

func scopesAreApart(t *testing.T, open Open) {
	s := open(t)
	for _, scope := range []ledger.Scope{ledger.Simulated, ledger.EndpointScope("http://127.0.0.1:1/")} {
		run, err := s.Start(t.Context(), ledger.RunInfo{ID: string(scope), Scope: scope}, Keys(1))
		must(t, err) // the locks are apart as well
		must(t, run.Begin(t.Context(), Application(0)))
		must(t, run.Finish(t.Context(), Accepted(0, time.Now())))
	}
	if r, ok := past(t, s, 0); ok {
		t.Errorf("a simulated submission counts as real: %+v", r)
	}
}

func onlyBegunRowsCount(t *testing.T, open Open) {
	s := open(t)
	run := start(t, s, "one", 10)
	for i, result := range sheet.AllResults {
		must(t, run.Finish(t.Context(), Ended(Application(i), result)))
	}
	for i, result := range sheet.AllResults {
		if r, ok := past(t, s, i); ok {
			t.Errorf("%s without Begin left %+v", result, r)
		}
	}
}

func runReadsBack(t *testing.T, open Open) {
	s := open(t)
	run := start(t, s, "one", 5)
	want := make([]batch.Outcome, 5)
	for _, i := range []int{3, 0, 4, 1} {
		o := Accepted(i, time.Now())
		o.ErrorCode, o.LOAStatus, o.Attempts = "Some.Code", "Applying", i
		if i != 1 {
			must(t, run.Begin(t.Context(), Application(i)))
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
	records, err := s.Past(t.Context(), ledger.Real, Keys(n+5))
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

func endedRun(t *testing.T, open Open) {
	s := open(t)
	info := ledger.RunInfo{ID: "one", Scope: ledger.Real, Command: "submit", Input: "in.xlsx", InputSHA256: "00", Output: "out.xlsx",
		Account: "1000000000000000", Host: "desk", PID: 7, Started: time.Now().UTC().Round(0), Version: "v1", Options: []byte(`{"a":1}`)}
	run, err := s.Start(t.Context(), info, Keys(1))
	must(t, err)
	must(t, run.Begin(t.Context(), Application(0)))
	must(t, run.Finish(t.Context(), Accepted(0, time.Now())))
	end := ledger.RunEnd{Ended: time.Now().UTC().Round(0), ExitCode: 4, Output: "other.xlsx", Stop: "reason-stopped", StopCode: "Forbidden.RAM",
		Requests: 3, Retries: 2, Throttled: 1, Slowed: time.Second, Duration: time.Minute}
	must(t, run.End(t.Context(), end))
	end.Results = map[sheet.Result]int{sheet.Submitted: 1}
	list, err := open(t).Runs(t.Context(), 1)
	must(t, err)
	equal(t, "runs", list, []ledger.RunSummary{{RunInfo: info, Status: ledger.Ended, End: &end, Results: end.Results}})
}

func wrongCalls(t *testing.T, open Open) {
	s := open(t)
	run := start(t, s, "one", 1)
	refuses := func(what string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	refuses("a circuit that is not locked", run.Begin(t.Context(), Application(1)), ledger.ErrNotLocked)
	_, err := s.Start(t.Context(), ledger.RunInfo{ID: "one", Scope: ledger.Real}, nil)
	refuses("a second run of that ID", err, ledger.ErrRunExists)
	_, err = s.Run(t.Context(), "none")
	refuses("an unknown run", err, ledger.ErrNoRun)
	must(t, run.End(t.Context(), ledger.RunEnd{}))
	refuses("begin after the end", run.Begin(t.Context(), Application(0)), ledger.ErrEnded)
	refuses("finish after the end", run.Finish(t.Context(), Accepted(0, time.Now())), ledger.ErrEnded)
	refuses("a second end", run.End(t.Context(), ledger.RunEnd{}), ledger.ErrEnded)
	run = start(t, s, "two", 1)
	must(t, s.Close())
	refuses("begin on a closed store", run.Begin(t.Context(), Application(0)), ledger.ErrClosed)
}
