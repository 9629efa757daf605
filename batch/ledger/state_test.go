package ledger

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

func application(content string, generation int) batch.Application {
	return batch.Application{Row: 2, Hash: content, Generation: generation, Token: fmt.Sprint("token-", content, "-", generation)}
}

func outcome(a batch.Application, result sheet.Result) batch.Outcome {
	return batch.Outcome{Row: a.Row, Key: a.Key, Result: result, Token: a.Token, Generation: a.Generation, RequestID: "request-" + a.Token}
}

// step is one event of a circuit.
type step func(State) State

func begun(run int64, a batch.Application) step {
	return func(s State) State { return s.Begin(run, a) }
}

func finished(run int64, o batch.Outcome) step {
	return func(s State) State { return s.Finish(run, o, true) }
}

func TestState(t *testing.T) {
	a, b, second := application("a", 0), application("b", 0), application("a", 1)
	at := time.Date(2026, 11, 24, 17, 0, 0, 0, time.UTC)
	submitted := outcome(a, sheet.Submitted)
	submitted.SubmittedAt, submitted.LOAStatus = at, "Applying"
	rejected := outcome(a, sheet.Refused)
	rejected.LOAStatus = "Rejected"
	recordOf := func(a batch.Application, r batch.Record) batch.Record {
		r.Hash, r.Generation, r.Token = a.Hash, a.Generation, a.Token
		return r
	}
	accepted := recordOf(a, batch.Record{Result: sheet.Submitted, RequestID: "request-token-a-0", SubmittedAt: at, LOAStatus: "Applying"})
	for _, test := range []struct {
		name  string
		steps []step
		want  batch.Record
	}{
		{"begun", []step{begun(1, a)}, recordOf(a, batch.Record{Open: true})},
		{"accepted", []step{begun(1, a), finished(1, submitted)}, accepted},
		{"accepted, and settled by every later run", []step{begun(1, a), finished(1, submitted), finished(2, outcome(a, sheet.Already))}, accepted},
		{"accepted, and invalid since", []step{begun(1, a), finished(1, submitted), finished(2, outcome(b, sheet.Invalid))}, accepted},
		{"accepted, and refused without being sent", []step{begun(1, a), finished(1, submitted), finished(2, outcome(b, sheet.Refused))}, accepted},
		{"unknown", []step{begun(1, a), finished(1, outcome(a, sheet.Unknown))},
			recordOf(a, batch.Record{Open: true, Result: sheet.Unknown, RequestID: "request-token-a-0"})},
		{"failed", []step{begun(1, a), finished(1, outcome(a, sheet.Failed))},
			recordOf(a, batch.Record{Result: sheet.Failed, RequestID: "request-token-a-0"})},
		{"begun and never sent", []step{begun(1, a), finished(1, outcome(a, sheet.NotAttempted))}, batch.Record{}},
		{"killed, then begun again and never sent", []step{begun(1, a), begun(2, a), finished(2, outcome(a, sheet.NotAttempted))},
			recordOf(a, batch.Record{Open: true, Result: sheet.Unknown})},
		{"refused, then begun anew and never sent",
			[]step{begun(1, a), finished(1, outcome(a, sheet.Refused)), begun(2, second), finished(2, outcome(second, sheet.NotAttempted))},
			recordOf(a, batch.Record{Result: sheet.Refused, RequestID: "request-token-a-0"})},
		{"refused, then begun anew", []step{begun(1, a), finished(1, outcome(a, sheet.Refused)), begun(2, second)},
			recordOf(second, batch.Record{Open: true, Result: sheet.Refused, RequestID: "request-token-a-0"})},
		{"killed, then found", []step{begun(1, a), finished(2, outcome(a, sheet.Already))},
			recordOf(a, batch.Record{Result: sheet.Already, RequestID: "request-token-a-0"})},
		{"killed, changed, then found", []step{begun(1, a), finished(2, outcome(b, sheet.Already))},
			recordOf(a, batch.Record{Result: sheet.Already, RequestID: "request-token-b-0"})},
		{"killed, then no lookup could tell", []step{begun(1, a), finished(2, outcome(a, sheet.Unknown))},
			recordOf(a, batch.Record{Open: true, Result: sheet.Unknown, RequestID: "request-token-a-0"})},
		{"killed, then stopped before its turn", []step{begun(1, a), finished(2, outcome(a, sheet.NotAttempted))},
			recordOf(a, batch.Record{Open: true})},
		{"killed, then failed without being sent", []step{begun(1, a), finished(2, outcome(a, sheet.Failed))},
			recordOf(a, batch.Record{Open: true})},
		{"killed, then found rejected", []step{begun(1, a), finished(2, rejected)},
			recordOf(a, batch.Record{Result: sheet.Refused, RequestID: "request-token-a-0", LOAStatus: "Rejected"})},
		{"rejected, then applied for again",
			[]step{begun(1, a), finished(1, submitted), finished(2, rejected), begun(3, second), finished(3, outcome(second, sheet.Submitted))},
			recordOf(second, batch.Record{Result: sheet.Submitted, RequestID: "request-token-a-1"})},
		{"refused, then found", []step{begun(1, a), finished(1, outcome(a, sheet.Refused)), finished(2, outcome(a, sheet.Already))},
			recordOf(a, batch.Record{Result: sheet.Already, RequestID: "request-token-a-0"})},
	} {
		t.Run(test.name, func(t *testing.T) {
			var s State
			for _, step := range test.steps {
				s = step(s)
			}
			if got := s.Record(""); got != test.want {
				t.Errorf("\n got %+v\nwant %+v", got, test.want)
			}
		})
	}
}

// TestStateWithoutTheLock checks that a run without the lock changes only the LOA's status.
func TestStateWithoutTheLock(t *testing.T) {
	a := application("a", 0)
	before := State{}.Begin(1, a)
	for _, result := range sheet.AllResults {
		o := outcome(a, result)
		if got := before.Finish(2, o, false); got != before {
			t.Errorf("%s changed the state to %+v", result, got)
		}
		o.LOAStatus = "Accept"
		want := before
		want.LOAStatus = "Accept"
		if got := before.Finish(2, o, false); got != want {
			t.Errorf("%s with a status made %+v", result, got)
		}
		if got := (State{}).Finish(2, o, false); got != (State{}) {
			t.Errorf("%s made up %+v", result, got)
		}
	}
}

// TestStateNeverForgetsWhatMayHaveArrived plays random sequences of runs, killed at any
// moment, and compares the state with the truth: what may have arrived without an answer
// is open, and a decision is known under its token.
func TestStateNeverForgetsWhatMayHaveArrived(t *testing.T) {
	for seed := range uint64(5000) {
		random := rand.New(rand.NewPCG(seed, 1))
		var s State
		var lost bool            // something may have arrived, and there was no answer
		var decided sheet.Result // the last answer, and its token
		var token string
		for run := int64(1); run < 6; run++ {
			a := application([]string{"a", "b"}[random.IntN(2)], random.IntN(2))
			if lost && random.IntN(2) == 0 { // a lookup comes first
				result := [...]sheet.Result{sheet.Already, sheet.Unknown, sheet.NotAttempted}[random.IntN(3)]
				s = s.Finish(run, outcome(a, result), true)
				if result == sheet.Already {
					lost, decided, token = false, result, s.Last.Token
				}
				continue
			}
			s = s.Begin(run, a)
			sent := random.IntN(3) > 0
			if random.IntN(3) == 0 { // killed
				lost = true // from outside, begun and sent look the same
				continue
			}
			if !sent {
				s = s.Finish(run, outcome(a, sheet.NotAttempted), true)
				continue
			}
			result := [...]sheet.Result{sheet.Submitted, sheet.Refused, sheet.Failed, sheet.Unknown}[random.IntN(4)]
			s = s.Finish(run, outcome(a, result), true)
			lost, decided, token = result == sheet.Unknown, result, a.Token
		}
		got := s.Record("")
		switch {
		case got.Open != lost:
			t.Fatalf("seed %d: open is %v, want %v: %+v", seed, got.Open, lost, got)
		case !lost && (got.Result != decided || got.Token != token):
			t.Fatalf("seed %d: %+v, want %s of %s", seed, got, decided, token)
		}
	}
}
