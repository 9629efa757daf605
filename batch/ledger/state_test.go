package ledger

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
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

func identity(a batch.Application) batch.Identity {
	return batch.Identity{Hash: a.Hash, Generation: a.Generation, Token: a.Token}
}

// step is one event of a circuit.
type step func(State) State

func begun(run int64, a batch.Application) step {
	return func(s State) State {
		next, err := s.Begin(run, a)
		if err != nil {
			panic(err)
		}
		return next
	}
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
		{"accepted, then settled by every later run", []step{begun(1, a), finished(1, submitted), finished(2, outcome(a, sheet.Already))}, accepted},
		{"accepted, then invalid", []step{begun(1, a), finished(1, submitted), finished(2, outcome(b, sheet.Invalid))}, accepted},
		{"accepted, then refused without being sent", []step{begun(1, a), finished(1, submitted), finished(2, outcome(b, sheet.Refused))}, accepted},
		{"unknown", []step{begun(1, a), finished(1, outcome(a, sheet.Unknown))},
			recordOf(a, batch.Record{Open: true})},
		{"failed", []step{begun(1, a), finished(1, outcome(a, sheet.Failed))},
			recordOf(a, batch.Record{Result: sheet.Failed, RequestID: "request-token-a-0"})},
		{"begun, never sent", []step{begun(1, a), finished(1, outcome(a, sheet.NotAttempted))}, batch.Record{}},
		{"killed, then begun again and never sent", []step{begun(1, a), begun(2, a), finished(2, outcome(a, sheet.NotAttempted))},
			recordOf(a, batch.Record{Open: true})},
		{"refused, then begun again and never sent",
			[]step{begun(1, a), finished(1, outcome(a, sheet.Refused)), begun(2, second), finished(2, outcome(second, sheet.NotAttempted))},
			recordOf(a, batch.Record{Result: sheet.Refused, RequestID: "request-token-a-0"})},
		{"refused, then begun again", []step{begun(1, a), finished(1, outcome(a, sheet.Refused)), begun(2, second)},
			recordOf(second, batch.Record{Open: true, Result: sheet.Refused, RequestID: "request-token-a-0", Ended: identity(a)})},
		{"killed, then found", []step{begun(1, a), finished(2, outcome(a, sheet.Already))},
			recordOf(a, batch.Record{Result: sheet.Already, RequestID: "request-token-a-0"})},
		{"killed, changed, then found", []step{begun(1, a), finished(2, outcome(b, sheet.Already))},
			recordOf(a, batch.Record{Result: sheet.Already, RequestID: "request-token-b-0"})},
		{"killed, then no lookup could tell", []step{begun(1, a), finished(2, outcome(a, sheet.Unknown))},
			recordOf(a, batch.Record{Open: true})},
		{"killed, then stopped before its turn", []step{begun(1, a), finished(2, outcome(a, sheet.NotAttempted))},
			recordOf(a, batch.Record{Open: true})},
		{"killed, then failed without being sent", []step{begun(1, a), finished(2, outcome(a, sheet.Failed))},
			recordOf(a, batch.Record{Open: true})},
		{"killed, then found rejected", []step{begun(1, a), finished(2, rejected)},
			recordOf(a, batch.Record{Result: sheet.Refused, RequestID: "request-token-a-0", LOAStatus: "Rejected"})},
		{"rejected, then applied for again",
			[]step{begun(1, a), finished(1, submitted), finished(2, rejected), begun(3, second), finished(3, outcome(second, sheet.Submitted))},
			recordOf(second, batch.Record{Result: sheet.Submitted, RequestID: "request-token-a-1", Others: "token-a-0"})},
		{"refused, then found", []step{begun(1, a), finished(1, outcome(a, sheet.Refused)), finished(2, outcome(a, sheet.Already))},
			recordOf(a, batch.Record{Result: sheet.Already, RequestID: "request-token-a-0"})},
		{"refused, corrected, then found", []step{begun(1, a), finished(1, outcome(a, sheet.Refused)), finished(2, outcome(b, sheet.Already))},
			batch.Record{Others: a.Token, Result: sheet.Already, RequestID: "request-token-b-0"}}, // perhaps for other content
	} {
		t.Run(test.name, func(t *testing.T) {
			var s State
			for _, step := range test.steps {
				s = step(s)
			}
			if got := s.Record("", time.Time{}); got != test.want {
				t.Errorf("\n got %+v\nwant %+v", got, test.want)
			}
		})
	}
}

// TestStateKeepsWhenAnLOAWasSeen confirms in a later run what the ledger knows: until the
// settling time is over, the API may still show an older LOA's status.
func TestStateKeepsWhenAnLOAWasSeen(t *testing.T) {
	seen := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	s := State{Last: Submission{Run: 1, Hash: "content", Token: "token"}, Result: sheet.Already, Tried: seen}
	after := s.Finish(2, batch.Outcome{Result: sheet.Already, Reason: batch.ReasonInLedger, Token: "token"}, true)
	if after.Tried != seen || after.Result != sheet.Already {
		t.Errorf("%+v", after)
	}
}

// TestStateKeepsTheContentOfAnOpenToken begins other content under an open token: a person may
// choose the same token again.
func TestStateKeepsTheContentOfAnOpenToken(t *testing.T) {
	a := application("a", 0)
	other := a
	other.Hash = "b"
	s := begun(1, a)(State{})
	if after, err := s.Begin(2, other); err == nil || after != s {
		t.Errorf("%+v, %v", after, err)
	}
	s.Pending.Hash = "" // known from a results copy, which does not tell the content
	if after, err := s.Begin(2, other); err != nil || after.Pending.Hash != "b" {
		t.Errorf("%+v, %v", after, err)
	}
}

// TestStateWithoutTheLock checks that a run without the lock changes only the LOA's status.
func TestStateWithoutTheLock(t *testing.T) {
	a := application("a", 0)
	before := begun(1, a)(State{})
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
			t.Errorf("%s created %+v", result, got)
		}
	}
}

// TestStateNeverForgetsWhatMayHaveArrived plays random sequences of runs that are killed at
// random, and compares the state with the truth: what may have arrived without an answer is
// open, no other token can be begun beside it, and a decision is known under its token.
func TestStateNeverForgetsWhatMayHaveArrived(t *testing.T) {
	for seed := range uint64(5000) {
		(&stateStory{T: t, seed: seed, random: rand.New(rand.NewPCG(seed, 1))}).play()
	}
}

// stateStory is one sequence, and the truth about it.
type stateStory struct {
	*testing.T
	seed    uint64
	random  *rand.Rand
	state   State
	open    string       // the token under which something may have arrived without an answer
	decided sheet.Result // the last answer, and its token
	token   string
}

func (s *stateStory) play() {
	for run := int64(1); run < 8; run++ {
		a := application([]string{"a", "b"}[s.random.IntN(2)], s.random.IntN(2))
		if s.open != "" && s.random.IntN(2) == 0 {
			s.lookUp(run, a)
		} else {
			s.submit(run, a)
		}
		got := s.state.Record("", time.Time{})
		switch {
		case got.Open != (s.open != "") || got.Open && got.Token != s.open:
			s.Fatalf("seed %d: %+v, but %q is open", s.seed, got, s.open)
		case !got.Open && (got.Result != s.decided || got.Token != s.token):
			s.Fatalf("seed %d: %+v, want %s of %s", s.seed, got, s.decided, s.token)
		case got.Open && got.Ended.Token != s.token:
			s.Fatalf("seed %d: %+v forgot %s of %s", s.seed, got, s.decided, s.token)
		}
	}
}

// lookUp finishes a row without sending anything.
func (s *stateStory) lookUp(run int64, a batch.Application) {
	o := outcome(a, [...]sheet.Result{sheet.Already, sheet.Unknown, sheet.NotAttempted, sheet.Failed, sheet.Invalid}[s.random.IntN(5)])
	if o.Result == sheet.Invalid && s.random.IntN(2) == 0 {
		o.Settled = batch.Settlement{Token: s.open, Result: sheet.Already}
	}
	s.state = s.state.Finish(run, o, true)
	if o.Result == sheet.Already || o.Settled.Result != "" {
		s.decide(sheet.Already, s.open)
	}
}

// submit begins a row, and finishes it unless the run is killed.
func (s *stateStory) submit(run int64, a batch.Application) {
	begun, err := s.state.Begin(run, a)
	var open *batch.OpenTokenError
	if s.open != "" && s.open != a.Token {
		if !errors.As(err, &open) || begun != s.state {
			s.Fatalf("seed %d: %s was begun beside %s: %v", s.seed, a.Token, s.open, err)
		}
		a.Amend().Settled = batch.Settlement{Token: s.open, Result: [...]sheet.Result{sheet.Refused, sheet.Failed}[s.random.IntN(2)]}
		s.decide(a.Settled().Result, s.open)
		begun, err = s.state.Begin(run, a)
	}
	if err != nil {
		s.Fatalf("seed %d: %v", s.seed, err)
	}
	s.state = begun
	if s.random.IntN(3) == 0 { // killed: nobody can tell whether it was sent
		s.open = a.Token
		return
	}
	o := outcome(a, [...]sheet.Result{sheet.NotAttempted, sheet.Submitted, sheet.Refused, sheet.Failed, sheet.Unknown}[s.random.IntN(5)])
	s.state = s.state.Finish(run, o, true)
	switch o.Result {
	case sheet.NotAttempted: // what was open stays open
	case sheet.Unknown:
		s.open = a.Token
	default:
		s.decide(o.Result, a.Token)
	}
}

// decide records a definite answer. If nothing was applied, an earlier acceptance still counts.
func (s *stateStory) decide(result sheet.Result, token string) {
	s.open = ""
	if accepted := s.decided == sheet.Submitted || s.decided == sheet.Already; result != sheet.Failed || !accepted {
		s.decided, s.token = result, token
	}
}

// TestStateOfCopiedTokens checks applications that results copies of other ledgers say are open or
// accepted.
func TestStateOfCopiedTokens(t *testing.T) {
	a, b := application("a", 0), application("b", 0)
	at := time.Date(2026, 11, 24, 17, 0, 0, 0, time.UTC)
	copied := batch.Copied{Token: "copied", Generation: 2, Tried: at}
	unknown := func(c batch.Copied, tried time.Time) batch.Outcome {
		o := outcome(b, sheet.Unknown)
		o.Token, o.Copied, o.Tried = c.Token, c, tried
		return o
	}
	found := outcome(b, sheet.Already)
	found.Token, found.Copied = copied.Token, batch.Copied{Token: "copied", Tried: at, Accepted: at.Add(-time.Hour)}
	refused := []step{begun(1, a), finished(1, outcome(a, sheet.Refused))}
	for _, test := range []struct {
		name  string
		steps []step
		want  batch.Record
	}{
		{"a new circuit", []step{finished(1, unknown(copied, at))},
			batch.Record{Token: "copied", Generation: 2, Open: true, Tried: at, Others: "✓copied"}},
		{"one that was refused here", append(refused[:2:2], finished(2, unknown(copied, at))),
			batch.Record{Token: "copied", Generation: 2, Open: true, Tried: at, Others: "✓copied", Result: sheet.Refused,
				RequestID: "request-token-a-0", Ended: identity(a)}},
		{"beside one that is open here", []step{begun(1, a), finished(2, unknown(copied, at))},
			batch.Record{Generation: 2, Open: true, Tried: at, Others: "token-a-0\n✓copied"}},
		{"the token that was refused here", append(refused[:2:2], finished(2, unknown(batch.Copied{Token: a.Token, Tried: at}, at))),
			batch.Record{Hash: a.Hash, Token: a.Token, Open: true, Tried: at, Others: "✓token-a-0", Result: sheet.Refused,
				RequestID: "request-token-a-0", Ended: identity(a)}},
		{"of the token that was accepted here", []step{begun(1, a), finished(1, outcome(a, sheet.Submitted)), finished(2, unknown(batch.Copied{Token: a.Token, Tried: at, Accepted: at.Add(-time.Hour)}, at))},
			batch.Record{Hash: a.Hash, Token: a.Token, Open: true, Tried: at, Accepted: at.Add(-time.Hour), Others: "✓token-a-0", Result: sheet.Submitted,
				RequestID: "request-token-a-0", Ended: identity(a), SubmittedAt: outcome(a, sheet.Submitted).SubmittedAt}},
		{"and there is its LOA", append(refused[:2:2], finished(2, found)),
			batch.Record{Token: "copied", Result: sheet.Already, RequestID: found.RequestID, SubmittedAt: at.Add(-time.Hour), Others: "✓copied\ntoken-a-0"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var s State
			for _, step := range test.steps {
				s = step(s)
			}
			if got := s.Record("", time.Time{}); got != test.want {
				t.Errorf("\n got %+v\nwant %+v", got, test.want)
			}
			if s.Open() {
				if _, err := s.Begin(9, b); err == nil {
					t.Errorf("another token was begun")
				}
			}
		})
	}
	next := b
	next.Amend().Copied = copied
	if s, err := (State{}).Begin(1, next); err == nil {
		t.Errorf("a token was begun beside one that the copy says is open: %+v", s)
	}
	next.Amend().Settled = batch.Settlement{Token: "copied", Result: sheet.Failed}
	if s, err := (State{}).Begin(1, next); err != nil || s.Pending.Token != b.Token || !s.knows("copied") {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestStateBoundsOthers refuses a row every night under another token.
func TestStateBoundsOthers(t *testing.T) {
	var s State
	for n := range 40 {
		a := application("a", n)
		s = finished(int64(n+1), outcome(a, sheet.Refused))(begun(int64(n+1), a)(s))
	}
	if list := strings.Split(s.Others, "\n"); len(list) != maxOthers || list[len(list)-1] != "token-a-38" || !s.knows("token-a-30") || s.knows("token-a-3") {
		t.Errorf("%q", s.Others)
	}
}

// TestStateDisowns checks an LOA that turns out not to come from the application that was looked
// up: the row's content must not count as the LOA's.
func TestStateDisowns(t *testing.T) {
	a := application("a", 0)
	other := outcome(a, sheet.Already)
	other.Settled = batch.Settlement{Token: a.Token, Result: sheet.Already, Other: true}
	invalid := outcome(a, sheet.Invalid)
	invalid.Token, invalid.Settled = "", other.Settled
	for name, s := range map[string]State{
		"by its own run": finished(1, other)(begun(1, a)(State{})), "by a later one": finished(2, other)(begun(1, a)(State{})),
		"settled": finished(2, invalid)(begun(1, a)(State{})), "after it had failed": finished(2, other)(finished(1, outcome(a, sheet.Failed))(begun(1, a)(State{}))),
	} {
		if s.Open() || s.Result != sheet.Already || s.Last.Hash != "" || s.Last.Token != "" || !s.knows(a.Token) {
			t.Errorf("%s: %+v", name, s)
		}
	}
	mismatch := outcome(a, sheet.Unknown)
	mismatch.ErrorCode = batch.CodeMismatch
	if s := finished(1, mismatch)(begun(1, a)(State{})); s.Pending.Hash != "" || s.Pending.Token != a.Token {
		t.Errorf("a token that was used with other content: %+v", s)
	}
}
