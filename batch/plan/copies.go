package plan

import (
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// fromSheet decides how a row starts without a ledger, from the result columns that an
// earlier run left in the workbook. They may be stale or copied by hand, so they are trusted
// only as far as the token in them is one that this content could have had.
func (p *planner) fromSheet(a *batch.Application) {
	if a.Past == nil {
		return
	}
	past := a.Circuit.LastRun()
	result := lastInCopy(past)
	void := loaWasVoid(result, past.LOAStatus)
	generation, same := generationOf(a, past.ClientToken)
	earlier := batch.Earlier{Token: past.ClientToken, Generation: generation}
	if p.usedElsewhere(a.Operation, a.Key, past) {
		a.Past.Ended = earlier
		return
	}
	switch {
	case accepted(result), result == sheet.Unknown:
		a.Past.Open, a.Start = earlier, batch.StartChanged
		a.Past.Open.Edited = !same && derivedElse(a, past.ClientToken)
		p.copied(a, result)
	case void:
		a.Past.Ended, a.Start = earlier, batch.StartVoid
	default:
		a.Past.Ended = earlier
	}
	if past.ClientToken == "" || !same {
		return // nothing was sent, or only other content under another token
	}
	open := a.Start == batch.StartChanged
	a.Generation, a.Token = generation, past.ClientToken
	switch reapplied := wasReapplied(a, past.ClientToken); {
	case open && reapplied && p.options.Reapply && result == sheet.Unknown:
		a.Operation, a.Start, a.Past.Open.Repeated = batch.Reapply, batch.StartRepeat, true
	case reapplied, result == sheet.Refused && !void:
		a.Generation, a.Token = generation+1, ""
	case result == sheet.Already: // perhaps from a lookup or a survey: then the token was never sent
	case open:
		a.Start = batch.StartResume
	case past.ClientToken == a.Circuit.ClientToken && !void:
		// A token that the user chose says nothing about the content it was sent with. No
		// application under it was accepted, so another token is safe.
		a.Token = ""
	}
}

// copied records the application that a results copy shows as open or accepted, for the ledger to keep.
// Nothing of an accepted one is in flight, but during the settling time lookups may show an earlier
// LOA. ALREADY says that there was an LOA when the copy was written, but not when that was.
func (p *planner) copied(a *batch.Application, result sheet.Result) {
	past := a.Circuit.LastRun()
	c := batch.Copied{Token: a.Past.Open.Token, Generation: a.Past.Open.Generation}
	if accepted(result) {
		c.Accepted = orLongAgo(past.SubmittedAt)
		a.Past.Open.Accepted, a.Past.Open.RequestID, a.Past.Open.At = past.ClientToken != "", past.RequestID, past.SubmittedAt
	}
	if result != sheet.Already {
		c.Tried = past.SubmittedAt
	}
	a.Past.Open.Tried = c.Tried
	if a.Past.Open.Edited {
		a.Changed = p.changed(a, batch.Record{SubmittedAt: past.SubmittedAt})
	}
	c.Unnamed = c.Token == ""
	a.Past.Copied = c
}

// orLongAgo is when an application was accepted, or [batch.LongAgo] if that is not known.
func orLongAgo(at time.Time) time.Time {
	if at.IsZero() {
		return batch.LongAgo
	}
	return at
}

// copyAge compares a results copy with what the ledger knows of a circuit.
type copyAge uint8

const (
	copyOld   copyAge = iota // it contains nothing that the ledger does not know
	copySame                 // it has a token that the ledger knows but that another ledger may have used since
	copyAhead                // it shows another ledger's application
)

// ageOfCopy compares a results copy with what the ledger knows. Only applications that were, or may have
// been, accepted matter.
func (p *planner) ageOfCopy(a *batch.Application, r batch.Record) copyAge {
	past := a.Circuit.LastRun()
	switch {
	case past.ClientToken == "" || !past.MayStand() || p.usedElsewhere(a.Operation, a.Key, past):
		return copyOld
	case !knows(r, past.ClientToken) && accepted(r.Result) && !r.Open && before(past.SubmittedAt, r.SubmittedAt.Add(-batch.SettlingTime)):
		return copyOld // it was settled by the time the ledger's was accepted
	case !knows(r, past.ClientToken):
		return copyAhead
	case accepted(r.Result) && !r.Open && !(unknownIn(past) && before(r.SubmittedAt, past.SubmittedAt)):
		return copyOld
	case past.SubmittedAt.IsZero(): // a seen LOA contradicts what the ledger knows about the token
		void := past.ClientToken == r.Token && loaWasVoid(r.Result, r.LOAStatus)
		if r.Open || void || !accepted(lastInCopy(past)) || r.Weighed(past.ClientToken) {
			return copyOld
		}
	}
	return copySame
}

// lastInCopy is the result that a results copy shows for what was sent.
func lastInCopy(past *sheet.Past) sheet.Result {
	result := sheet.Result(past.Result)
	switch {
	case !past.MayStand() || accepted(result) || result == sheet.Unknown:
		return result
	case past.SubmittedAt.IsZero():
		return sheet.Already
	}
	return sheet.Submitted
}

// unknownIn reports whether a results copy shows that the outcome of the last attempt was not known. The
// circuit of an accepted LOA that is now void may have been applied for again.
func unknownIn(past *sheet.Past) bool { return lastInCopy(past) == sheet.Unknown }

// claimed reports whether a results copy says, without a token of ours, that there is or may be an LOA.
func claimed(past *sheet.Past) bool { return past.ClientToken == "" && past.MayStand() }

// knows reports whether the ledger knows a token as one of a circuit.
func knows(r batch.Record, token string) bool {
	return token == r.Token || token == r.Ended.Token || r.Other(token)
}

// fromBoth decides how a row starts if a results copy has a token that the ledger knows. Another ledger
// may have sent it since: nothing is sent until the settling time after that is over.
func (p *planner) fromBoth(a *batch.Application, r batch.Record) {
	past := a.Circuit.LastRun()
	if r.Open {
		if before(r.Tried, past.SubmittedAt) {
			r.Tried = past.SubmittedAt
		}
		p.fromLedger(a, r)
		return
	}
	p.fromLedger(a, r)
	_, same := generationOf(a, past.ClientToken)
	a.Past.Open = batch.Earlier{
		Token: past.ClientToken, Generation: a.Generation, Edited: !same && derivedElse(a, past.ClientToken), Tried: past.SubmittedAt,
		Repeated: accepted(r.Result) || loaWasVoid(r.Result, r.LOAStatus),
	}
	if a.Past.Open.Edited {
		a.Changed = p.changed(a, r)
	}
	a.Start = batch.StartChanged
	a.Past.Copied = batch.Copied{Token: a.Past.Open.Token, Generation: a.Past.Open.Generation, Tried: a.Past.Open.Tried}
	if accepted(r.Result) && past.ClientToken == r.Token {
		a.Past.Open.Accepted, a.Past.Open.RequestID, a.Past.Open.At = true, r.RequestID, r.SubmittedAt
		a.Past.Copied.Accepted = orLongAgo(r.SubmittedAt)
	}
}

// fromCopy decides how a row starts if a results copy is ahead of what the ledger knows of its circuit.
// If the ledger's application is open as well, neither is sent before both are settled.
func (p *planner) fromCopy(a *batch.Application, r batch.Record) {
	p.fromSheet(a)
	a.Recorded = r.Hash != "" || r.Ended.Hash != ""
	last := batch.Identity{Hash: r.Hash, Generation: r.Generation, Token: r.Token}
	if r.Open {
		last = r.Ended
		p.fromTwo(a, r)
	}
	a.Past.Ended = batch.Earlier{Token: last.Token, Generation: last.Generation, Edited: last.Hash != "" && last.Hash != a.Hash}
	if accepted(r.Result) {
		a.Past.Ended.Accepted, a.Past.Ended.RequestID, a.Past.Ended.At = true, r.RequestID, r.SubmittedAt
	}
	a.Past.Open.Repeated = a.Past.Open.Repeated || !a.Past.Open.Accepted && (a.Past.Ended.Accepted || loaWasVoid(r.Result, r.LOAStatus))
	if a.Past.Open.Edited || a.Past.Ended.Edited {
		a.Changed = p.changed(a, r)
	}
	if a.Token == "" {
		a.Generation = max(a.Generation, r.Generation, r.Ended.Generation)
		if r.Result == sheet.Refused {
			a.Generation++ // the row may have had its content before, and been refused
		}
	}
}

// fromTwo is fromCopy if the ledger's application is open as well.
func (p *planner) fromTwo(a *batch.Application, r batch.Record) {
	_, same := sameContent(a, r)
	open := batch.Earlier{Edited: a.Past.Open.Edited && edited(a, r, same), Tried: r.Tried, Repeated: true}
	if before(r.Tried, a.Past.Open.Tried) {
		open.Tried = a.Past.Open.Tried
	} else if a.Past.Open.Tried.IsZero() {
		open.Tried = a.Past.Open.Tried
	}
	a.Past.Open, a.Start, a.Operation, a.Token = open, batch.StartChanged, firstOf(a.Operation), ""
}

// derivedElse reports whether a token was certainly derived for an application with other content: a
// plain one, which is a UUID of a version that nothing else here makes.
func derivedElse(a *batch.Application, token string) bool {
	if !batch.Derived(token) {
		return false
	}
	circuit, plain := *a.Circuit, *a
	circuit.ClientToken, plain.Circuit = "", &circuit
	_, same := generationOf(&plain, token)
	return !same
}
