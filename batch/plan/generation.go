package plan

import (
	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// fromLedger decides how a row starts, and under which generation and token, from what the ledger knows
// of its circuit. A record of other content sets no token, since other content has another token
// anyway, but the generation continues: the row may have had its current content before, and been
// refused under its token.
func (p *planner) fromLedger(a *batch.Application, r batch.Record) {
	a.Recorded = r.Hash != "" // otherwise all it knows comes from a results copy
	generation, same := sameContent(a, r)
	if r.Open {
		p.fromOpen(a, r, generation, same)
		return
	}
	a.Past.Ended = batch.Earlier{Token: r.Token, Generation: r.Generation, Edited: edited(a, r, same), Tried: r.Tried, LOAStatus: r.LOAStatus, Own: p.own(r)}
	a.Past.Ended.Repeated = r.Generation > 0 || r.SubmittedAt.IsZero() || !r.Tried.IsZero()
	a.Generation = r.Generation
	if same {
		a.Generation, a.Token = generation, r.Token
	}
	switch {
	case accepted(r.Result):
		a.Start = batch.StartAccepted
		a.Past.Ended.Accepted, a.Past.Ended.RequestID, a.Past.Ended.At = true, r.RequestID, r.SubmittedAt
	case loaWasVoid(r.Result, r.LOAStatus):
		a.Start = batch.StartVoid
	case r.Result == sheet.Refused && r.Hash != "" && !same:
		a.Generation++
	case same && (r.Result == sheet.Refused || wasReapplied(a, r.Token)):
		a.Generation, a.Token = max(generation, r.Generation)+1, ""
	}
	if a.Past.Ended.Edited && a.Start.LooksUp() {
		a.Changed = p.changed(a, r)
	}
}

// own reports whether a record was written by another member of the batch that is being planned.
func (p *planner) own(r batch.Record) bool {
	return p.options.Batch != "" && r.RunID == p.options.Batch
}

// sameContent reports whether a record has the row's content, and if so its generation. What the ledger
// knows from a results copy has no hash; its token tells.
func sameContent(a *batch.Application, r batch.Record) (generation int, same bool) {
	if r.Hash == "" {
		return generationOf(a, r.Token)
	}
	return r.Generation, r.Hash == a.Hash
}

// edited reports whether a record is known to have content other than the row's.
func edited(a *batch.Application, r batch.Record, same bool) bool {
	if r.Hash == "" {
		return !same && derivedElse(a, r.Token)
	}
	return !same
}

// fromOpen is fromLedger while an application is open. The same one continues under its token. A
// reapplication needs a person's consent each time. Any other waits.
func (p *planner) fromOpen(a *batch.Application, r batch.Record, generation int, same bool) {
	a.Start = batch.StartChanged
	a.Past.Open = batch.Earlier{Token: r.Token, Generation: r.Generation, Tried: r.Tried, Edited: edited(a, r, same), Own: p.own(r)}
	if a.Past.Open.Accepted = !r.Accepted.IsZero(); r.Accepted.After(batch.LongAgo) {
		a.Past.Open.At = r.Accepted
	}
	if accepted(r.Result) && r.Ended.Token != "" && !a.Operation.FollowsUp() {
		a.Past.Ended = batch.Earlier{
			Token: r.Ended.Token, Generation: r.Ended.Generation, Edited: r.Ended.Hash != a.Hash,
			Accepted: true, RequestID: r.RequestID, At: r.SubmittedAt,
		}
	}
	if a.Past.Open.Edited || a.Past.Ended.Edited {
		a.Changed = p.changed(a, r)
	}
	try := *a
	try.Generation = generation
	again := r.Operation == batch.Reapply || wasReapplied(&try, r.Token)
	a.Past.Open.Repeated = again && !a.Past.Open.Accepted || a.Past.Ended.Accepted && a.Past.Ended.Token != r.Token || loaWasVoid(r.Result, r.LOAStatus) || a.Operation.FollowsUp() && r.Ended.Token != ""
	a.Generation = max(r.Generation, r.Ended.Generation)
	if !same {
		return
	}
	if again || a.Past.Ended.Accepted && a.Past.Ended.Token != r.Token {
		if !p.options.Reapply {
			return
		}
		if a.Past.Open.Accepted { // then another one is sent if its LOA was rejected
			a.Generation++
			return
		}
		a.Start = batch.StartRepeat
		if again {
			a.Operation = batch.Reapply
		}
	} else {
		a.Start = batch.StartResume
	}
	a.Generation, a.Token = generation, r.Token
}

// accepted reports whether a row's result says that the API accepted its application.
func accepted(r sheet.Result) bool { return r == sheet.Submitted || r == sheet.Already }

// loaWasVoid reports whether a row was refused because its circuit's LOA was rejected or deleted. That
// does not answer the application: a person has to ask for another one.
func loaWasVoid(r sheet.Result, loaStatus string) bool {
	return r == sheet.Refused && batch.Void(loaStatus)
}

// wasReapplied reports whether a token was derived for a reapplication of the generation.
func wasReapplied(a *batch.Application, token string) bool {
	try := *a
	try.Operation = batch.Reapply
	return token == try.DeriveToken()
}

// maxGeneration bounds the generations that are tried for a token in a results copy:
// nobody leaves a refused row unchanged for that many nights.
const maxGeneration = 64

// generationOf finds the generation for which a token was derived.
func generationOf(a *batch.Application, token string) (int, bool) {
	if token == "" {
		return 0, false
	}
	if token == a.Circuit.ClientToken {
		return 0, true
	}
	try := *a
	if a.Operation.FollowsUp() {
		for n := range maxGeneration {
			if try.Generation = n%8*generations + n/8; token == try.DeriveToken() {
				return try.Generation, true
			}
		}
		return 0, false
	}
	for try.Generation = range maxGeneration {
		if token == try.DeriveToken() || wasReapplied(&try, token) {
			return try.Generation, true
		}
	}
	return 0, false
}

// token returns the token of an application. A token that the user chose is used unchanged for the first
// application of a circuit, and only once in a workbook; if it may have been used with other
// parameters, or was refused, another is derived from it.
func (p *planner) token(a *batch.Application) string {
	own := a.Circuit.ClientToken
	if !sheet.ValidClientToken(own) || a.Open().Token != "" || a.Ended().Token != "" || p.tokens[own] {
		return a.DeriveToken()
	}
	p.tokens[own] = true
	return own
}
