package batch_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/sheet"
)

// TestTokensNameTheirStep checks that the tokens of steps differ, name their step, and contain nothing
// of a token that a user chose.
func TestTokensNameTheirStep(t *testing.T) {
	seen := map[string]bool{}
	for _, o := range []batch.Operation{batch.Apply, batch.Reapply, batch.Complete, batch.Confirm} {
		a := batch.Application{Operation: o, Key: batch.Key{Region: "cn-hangzhou", InstanceID: "pc-1"}, Circuit: &sheet.Circuit{}}
		plain := a.DeriveToken()
		a.Circuit = &sheet.Circuit{ClientToken: "own"}
		own := a.DeriveToken()
		named, known := batch.OperationOf(plain)
		if known != o.FollowsUp() || known && named != o || seen[plain] || (own == plain) != o.FollowsUp() || !sheet.ValidClientToken(plain) {
			t.Errorf("%s: %s, with a token of the user's %s; it is of %s (%v)", o, plain, own, named, known)
		}
		seen[plain] = true
	}
	for _, token := range []string{"", "complete-", "complete-x", "confirm-6ba7b810-9dad-11d1-80b4-00c04fd430c8"} {
		if o, known := batch.OperationOf(token); known {
			t.Errorf("%q is of %s", token, o)
		}
	}
}

// TestPredictSteps predicts both steps in every state of an LOA and its circuit.
func TestPredictSteps(t *testing.T) {
	for status, want := range map[string][2]sheet.Result{
		"":                  {sheet.Blocked, sheet.Blocked},
		batch.LOAApplying:   {sheet.Already, sheet.Already},
		batch.LOAAccept:     {sheet.Already, sheet.Already},
		batch.LOAAvailable:  {sheet.Valid, sheet.Already},
		batch.LOARejected:   {sheet.Blocked, sheet.Blocked},
		batch.LOADeleted:    {sheet.Blocked, sheet.Blocked},
		batch.LOACompleting: {sheet.Already, sheet.Valid},
		batch.LOAComplete:   {sheet.Already, sheet.Valid}, // but the circuit is not confirmed
		"Unheard of":        {sheet.Already, sheet.Already},
	} {
		state := batch.CircuitState{InstanceID: "pc-1", Status: "Allocated", LOAStatus: status}
		for i, o := range []batch.Operation{batch.Complete, batch.Confirm} {
			got := batch.Predict(batch.Application{Operation: o, Circuit: &sheet.Circuit{}}, state)
			if got.Result != want[i] || got.LOAStatus != status {
				t.Errorf("%s of an LOA that is %q: %s (%s)", o, status, got.Result, got.Reason)
			}
		}
	}
	confirmed := batch.CircuitState{InstanceID: "pc-1", Status: "Enabled", LOAStatus: batch.LOAComplete}
	if got := batch.Predict(batch.Application{Operation: batch.Confirm, Circuit: &sheet.Circuit{}}, confirmed); got.Result != sheet.Already {
		t.Errorf("a confirmed circuit: %+v", got)
	}
}

// TestShown folds the outcomes of two steps.
func TestShown(t *testing.T) {
	for _, row := range []struct{ before, then, want sheet.Result }{
		{sheet.Submitted, sheet.Submitted, sheet.Submitted},
		{sheet.Submitted, sheet.NotAttempted, sheet.Submitted},
		{sheet.Submitted, sheet.Already, sheet.Submitted},
		{sheet.Submitted, sheet.Refused, sheet.Refused},
		{sheet.Submitted, sheet.Unknown, sheet.Unknown},
		{sheet.Already, sheet.NotAttempted, sheet.NotAttempted},
		{sheet.Already, sheet.Submitted, sheet.Submitted},
	} {
		got := batch.Shown(batch.Outcome{Operation: batch.Complete, Result: row.before, Attempts: 1}, batch.Outcome{Operation: batch.Confirm, Result: row.then, Attempts: 2})
		if got.Result != row.want || got.Attempts != 3 {
			t.Errorf("%s, then %s: %+v", row.before, row.then, got)
		}
	}
}

// office is a service with one circuit that accepts completions in any state: only the tokens protect
// it.
type office struct {
	loa     batch.LOA
	circuit string
	taken   []string // tokens of accepted completions and confirmations
	answer  error    // to the next request that takes effect
	silent  error    // to every lookup
}

// Submit implements [batch.Submitter].
func (o *office) Submit(_ context.Context, a batch.Application) (batch.Receipt, error) {
	for _, token := range o.taken {
		if token == a.Token {
			return batch.Receipt{RequestID: "R", At: time.Now().UTC()}, nil
		}
	}
	o.taken = append(o.taken, a.Token)
	if a.Operation == batch.Confirm {
		o.loa.Status, o.circuit = batch.LOAComplete, "Confirmed"
	} else {
		o.loa = batch.LOA{Status: batch.LOACompleting, LineCode: a.Circuit.LineCode}
	}
	err := o.answer
	o.answer = nil
	return batch.Receipt{RequestID: "R", At: time.Now().UTC()}, err
}

// Find implements [batch.Finder].
func (o *office) Find(context.Context, batch.Key) (batch.LOA, bool, error) {
	return o.loa, o.loa.Status != "", o.silent
}

// Survey implements [batch.Surveyor].
func (o *office) Survey(context.Context, string, int, []string) (batch.SurveyPage, error) {
	return batch.SurveyPage{Pages: 1, Circuits: []batch.CircuitState{{InstanceID: "pc-0000000", Status: o.circuit, LOAStatus: o.loa.Status}}}, o.silent
}

// TestCompletionHistories plays histories of one circuit's completion and confirmation.
func TestCompletionHistories(t *testing.T) {
	lost := &batch.CallError{Class: batch.MaybeReceived, Code: "(timeout)", Unsettled: true}
	for name, play := range map[string]func(o *office, c *sheet.Circuit, want func(sheet.Result, batch.Reason, int)){
		"both steps in one run, then nothing": func(_ *office, _ *sheet.Circuit, want func(sheet.Result, batch.Reason, int)) {
			want(sheet.Submitted, batch.ReasonAccepted, 2)
			want(sheet.Already, batch.ReasonLOAExists, 2)
		},
		"a lost answer is settled by a lookup": func(o *office, c *sheet.Circuit, want func(sheet.Result, batch.Reason, int)) {
			c.Confirm, o.answer = "", lost
			want(sheet.Submitted, batch.ReasonAnswerLost, 1)
		},
		"what was accepted is not sent again, however late a lookup does not show it": func(o *office, c *sheet.Circuit, want func(sheet.Result, batch.Reason, int)) {
			c.Confirm, o.answer = "", lost
			before := o.loa
			want(sheet.Submitted, batch.ReasonAnswerLost, 1)
			o.loa = before // a lookup that lags
			want(sheet.Already, batch.ReasonNotListed, 1)
			time.Sleep(settling)
			want(sheet.Already, batch.ReasonNotListed, 1) // late, but not known to be another LOA
		},
		"a changed line": func(_ *office, c *sheet.Circuit, want func(sheet.Result, batch.Reason, int)) {
			c.Confirm = ""
			want(sheet.Submitted, batch.ReasonAccepted, 1)
			c.LineCode = "L-2"
			want(sheet.Invalid, batch.ReasonInvalid, 1)
		},
		"another LOA is completed again, under another token": func(o *office, _ *sheet.Circuit, want func(sheet.Result, batch.Reason, int)) {
			want(sheet.Submitted, batch.ReasonAccepted, 2)
			time.Sleep(settling)
			o.loa, o.circuit = batch.LOA{Status: batch.LOAApplying}, "Allocated"
			want(sheet.Already, batch.ReasonReview, 2)
			o.loa.Status = batch.LOAAvailable
			want(sheet.Submitted, batch.ReasonAccepted, 4)
		},
		"an LOA that is not available": func(o *office, _ *sheet.Circuit, want func(sheet.Result, batch.Reason, int)) {
			o.loa.Status = batch.LOAAccept
			want(sheet.Already, batch.ReasonReview, 0)
			o.loa.Status = batch.LOARejected
			want(sheet.Refused, batch.ReasonLOARejected, 0)
			o.loa.Status = ""
			want(sheet.Refused, batch.ReasonNoLOA, 0)
		},
		"no answer about the LOA sends nothing": func(o *office, _ *sheet.Circuit, want func(sheet.Result, batch.Reason, int)) {
			o.silent = lost
			want(sheet.NotAttempted, batch.ReasonUnasked, 0)
		},
		"unfinished": func(_ *office, c *sheet.Circuit, want func(sheet.Result, batch.Reason, int)) {
			c.Finished = sheet.No
			want(sheet.Skipped, batch.ReasonUnfinished, 0)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := &office{loa: batch.LOA{Status: batch.LOAAvailable}, circuit: "Allocated"}
				book, memory := workbook(1), &ledger.Memory{}
				c := &book.Circuits[0]
				c.LineCode, c.Finished, c.Confirm = "L-1", sheet.Yes, sheet.Yes
				play(o, c, func(result sheet.Result, reason batch.Reason, taken int) {
					t.Helper()
					later := map[batch.Place]map[batch.Key]batch.Record{}
					for _, place := range []batch.Place{batch.PlaceCompletion, batch.PlaceConfirmation} {
						later[place], _ = memory.Past(t.Context(), place, plan.Keys(book))
					}
					p := plan.New(book, plan.Options{Steps: []batch.Operation{batch.Complete, batch.Confirm}, Later: later})
					e := &batch.Engine{Submitter: o, Finder: o, Surveyor: o, Ledger: memory, Survey: true}
					sum, err := e.Run(t.Context(), nil, p)
					if err != nil {
						t.Fatal(err)
					}
					if got := sum.Outcomes[0]; got.Result != result || got.Reason != reason || len(o.taken) != taken {
						t.Errorf("%s (%s), %d requests took effect; want %s (%s), %d", got.Result, got.Reason, len(o.taken), result, reason, taken)
					}
				})
			})
		})
	}
}
