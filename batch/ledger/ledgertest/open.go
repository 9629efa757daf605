package ledgertest

import (
	"errors"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

// unknown is the outcome of an application whose last attempt was made at a time.
func unknown(a batch.Application, tried time.Time) batch.Outcome {
	o := Outcome(a, sheet.Unknown)
	o.Operation, o.Tried = a.Operation, tried
	return o
}

// refusesOpen checks that an application cannot be begun because another one is open.
func refusesOpen(t *testing.T, run ledger.Run, a batch.Application) {
	t.Helper()
	var open *batch.OpenTokenError
	if err := run.Begin(t.Context(), a); !errors.As(err, &open) || open.Key != a.Key {
		t.Errorf("begin beside an open token: %v, want a *batch.OpenTokenError", err)
	}
}

// openToken checks what is kept of an application that ended UNKNOWN: its token, its
// operation and the time of its last attempt, until it is settled.
func openToken(t *testing.T, open Open) {
	s := open(t)
	tried := time.Date(2026, 11, 24, 2, 31, 0, 5, time.UTC)
	a, other := Application(0), Version(0, "changed", 0)
	a.Operation = batch.Reapply
	run := start(t, s, "one", 1)
	must(t, run.Begin(t.Context(), a))
	must(t, run.Finish(t.Context(), unknown(a, tried)))
	must(t, run.End(t.Context(), ledger.RunEnd{}))
	want := batch.Record{Hash: a.Hash, Token: a.Token, Operation: batch.Reapply, Open: true, Tried: tried, RunID: "one"}
	r, _ := recordOf(t, open(t), 0)
	equal(t, "record", r, want)
	rows, err := open(t).Run(t.Context(), "one")
	must(t, err)
	equal(t, "row", rows.Rows, []batch.Outcome{unknown(a, tried)})

	run = start(t, s, "two", 1)
	refusesOpen(t, run, other)
	must(t, run.Finish(t.Context(), Outcome(other, sheet.NotAttempted)))
	r, _ = recordOf(t, s, 0)
	equal(t, "record after another application", r, want)

	again := a
	again.Amend().Open.Tried = tried
	must(t, run.Begin(t.Context(), again))
	must(t, run.Finish(t.Context(), Outcome(again, sheet.NotAttempted)))
	want.RunID = "two"
	r, _ = recordOf(t, s, 0)
	equal(t, "record, begun again and not sent", r, want)
	must(t, run.Finish(t.Context(), unknown(a, tried.Add(time.Hour))))
	r, _ = recordOf(t, s, 0)
	want.Tried = tried.Add(time.Hour)
	equal(t, "record after a later run", r, want)
}

// acceptedAndOpen checks that an accepted application is not forgotten while another one is
// open, nor when the other turns out not to have been applied.
func acceptedAndOpen(t *testing.T, open Open, kill Kill) {
	s := open(t)
	a, second, other := Application(0), Version(0, "first", 1), Version(0, "changed", 0)
	second.Operation = batch.Reapply
	accepted := Accepted(0, time.Now())
	run := start(t, s, "one", 1)
	must(t, run.Begin(t.Context(), a))
	must(t, run.Finish(t.Context(), accepted))
	must(t, run.End(t.Context(), ledger.RunEnd{}))
	run = start(t, s, "two", 1)
	must(t, run.Begin(t.Context(), second))
	kill(t, s, "two")

	want := batch.Record{Hash: second.Hash, Generation: 1, Token: second.Token, Operation: batch.Reapply, Open: true, RunID: "two",
		Ended:  batch.Identity{Hash: a.Hash, Token: a.Token},
		Result: sheet.Submitted, RequestID: accepted.RequestID, SubmittedAt: accepted.SubmittedAt}
	r, _ := recordOf(t, open(t), 0)
	sameRecord(t, "record", r, want)
	run = start(t, s, "three", 1)
	refusesOpen(t, run, other)
	refusesOpen(t, run, a)
	o := Outcome(a, sheet.NotAttempted)
	o.Settled = batch.Settlement{Token: second.Token, Result: sheet.Failed}
	must(t, run.Finish(t.Context(), o))
	r, _ = recordOf(t, s, 0)
	sameRecord(t, "record after it was not applied", r, batch.Record{Hash: a.Hash, Token: a.Token, RunID: "one",
		Result: sheet.Submitted, RequestID: accepted.RequestID, SubmittedAt: accepted.SubmittedAt})
}

// settled checks that another application can be begun once a lookup has settled the open one,
// and that the settlement stays if the other is then not sent.
func settled(t *testing.T, open Open, kill Kill) {
	s := open(t)
	a, other := Application(0), Version(0, "changed", 0)
	run := start(t, s, "one", 1)
	must(t, run.Begin(t.Context(), a))
	kill(t, s, "one")
	run = start(t, s, "two", 1)
	other.Amend().Settled = batch.Settlement{Token: "another", Result: sheet.Failed}
	refusesOpen(t, run, other)
	other.Amend().Settled.Token = a.Token
	must(t, run.Begin(t.Context(), other))
	must(t, run.Finish(t.Context(), Outcome(other, sheet.NotAttempted)))
	r, _ := recordOf(t, open(t), 0)
	sameRecord(t, "record", r, batch.Record{Hash: a.Hash, Token: a.Token, Result: sheet.Failed, RunID: "one"})

	// The LOA of an application that was open is valid, and the row has changed since.
	b := Application(1)
	run2, err := s.Start(t.Context(), ledger.RunInfo{ID: "three", Scope: ledger.Real}, []batch.Key{b.Key})
	must(t, err)
	must(t, run2.Begin(t.Context(), b))
	kill(t, s, "three")
	run2, err = s.Start(t.Context(), ledger.RunInfo{ID: "four", Scope: ledger.Real}, []batch.Key{b.Key})
	must(t, err)
	o := Outcome(Version(1, "changed", 0), sheet.Invalid)
	seen := time.Date(2026, 11, 24, 2, 31, 0, 0, time.UTC)
	o.Settled = batch.Settlement{Token: b.Token, Result: sheet.Already, LOAStatus: "Applying", Seen: seen}
	must(t, run2.Finish(t.Context(), o))
	r, _ = recordOf(t, open(t), 1)
	want := batch.Record{Hash: b.Hash, Token: b.Token, Result: sheet.Already, LOAStatus: "Applying", RunID: "three", Tried: seen}
	sameRecord(t, "record of the changed row", r, want)
}

// voidNoMore checks that an LOA does not count as rejected if one lookup found it rejected but a
// later one found it valid.
func voidNoMore(t *testing.T, open Open) {
	s := open(t)
	a := Application(0)
	run := start(t, s, "one", 1)
	must(t, run.Begin(t.Context(), a))
	rejected := Outcome(a, sheet.Refused)
	rejected.LOAStatus = batch.LOARejected
	must(t, run.Finish(t.Context(), rejected))
	must(t, run.End(t.Context(), ledger.RunEnd{}))
	run = start(t, s, "two", 1)
	o := Outcome(Version(0, "changed", 0), sheet.Invalid)
	seen := time.Date(2026, 11, 24, 2, 31, 0, 0, time.UTC)
	o.LOAStatus, o.Settled = "Applying", batch.Settlement{Token: a.Token, Result: sheet.Already, LOAStatus: "Applying", Seen: seen}
	must(t, run.Finish(t.Context(), o))
	r, _ := recordOf(t, open(t), 0)
	sameRecord(t, "record", r, batch.Record{Hash: a.Hash, Token: a.Token, Result: sheet.Already, RequestID: rejected.RequestID, LOAStatus: "Applying", RunID: "one", Tried: seen})
}

// adopted checks that an application that is open only according to a results copy is open in
// the ledger after a run that could not settle it.
func adopted(t *testing.T, open Open) {
	s := open(t)
	tried := time.Date(2026, 11, 24, 2, 31, 0, 0, time.UTC)
	run := start(t, s, "one", 3)
	for i, of := range []func(batch.Application, time.Time) batch.Copied{
		func(a batch.Application, tried time.Time) batch.Copied {
			return batch.Copied{Token: a.Token, Tried: tried}
		},
		func(_ batch.Application, tried time.Time) batch.Copied {
			return batch.Copied{Unnamed: true, Tried: tried}
		},
	} {
		o := unknown(Application(i), tried)
		if o.Copied = of(Application(i), tried); o.Copied.Unnamed {
			o.Token = ""
		}
		must(t, run.Finish(t.Context(), o))
		want := batch.Record{Token: o.Token, Open: true, Tried: tried, RunID: "one"}
		if o.Token != "" {
			want.Others = batch.Weighed + o.Token
		}
		r, _ := recordOf(t, open(t), i)
		equal(t, "record", r, want)
		refusesOpen(t, run, Version(i, "changed", 0))
	}
	a := Application(2)
	accepted := time.Date(2026, 11, 23, 2, 31, 0, 0, time.UTC)
	a.Amend().Copied = batch.Copied{Token: a.Token, Tried: tried, Accepted: accepted}
	must(t, run.Begin(t.Context(), a))
	r, _ := recordOf(t, open(t), 2)
	want := batch.Record{Hash: a.Hash, Token: a.Token, Open: true, RunID: "one", Accepted: accepted, Others: batch.Weighed + a.Token}
	sameRecord(t, "begun", r, want)
}

// otherRegions checks that a circuit is found in every region in which it was applied for.
func otherRegions(t *testing.T, open Open) {
	s := open(t)
	run := start(t, s, "one", 2)
	must(t, run.Begin(t.Context(), Application(0)))
	must(t, run.Finish(t.Context(), Accepted(0, time.Now())))
	must(t, run.Begin(t.Context(), Application(1)))
	records, err := open(t).Past(t.Context(), ledger.Real, batch.PlaceLOA, []batch.Key{
		{Region: "eu-central-1", InstanceID: Key(0).InstanceID}, {Region: "eu-central-1", InstanceID: Key(1).InstanceID}, {Region: "eu-central-1", InstanceID: Key(2).InstanceID},
	})
	must(t, err)
	if len(records) != 2 || records[Key(0)].Result != sheet.Submitted || !records[Key(1)].Open {
		t.Errorf("records %+v", records)
	}
}
