package batch

import "github.com/loabatch/loabatch/sheet"

// fromLedger sets the generation of an application, and its token where one is
// recorded for it, from what the ledger knows of its circuit. A record of other
// content lends nothing: other content makes another token anyway.
func (a *Application) fromLedger(r Record) {
	a.open = r.Open || r.Hash == ""
	a.Settle = turnedDown(r.Result, r.LOAStatus)
	a.before = earlier{token: r.Token, generation: r.Generation}
	if !r.Open && (r.Result == sheet.Submitted || r.Result == sheet.Already) {
		a.before.accepted, a.before.requestID, a.before.at = true, r.RequestID, r.SubmittedAt
	}
	if r.Hash != a.Hash {
		return
	}
	a.Generation, a.Token = r.Generation, r.Token
	switch {
	case !r.Open && (r.Result == sheet.Submitted || r.Result == sheet.Already || turnedDown(r.Result, r.LOAStatus)):
		a.accepted = true
	case !r.Open && r.Result == sheet.Refused, a.wasReapplied(r.Token):
		a.Generation, a.Token = r.Generation+1, ""
	}
}

// turnedDown reports whether a row was refused because its circuit has an LOA that was
// rejected or deleted. That is no answer to the application: a further one is for a
// person to ask for.
func turnedDown(r sheet.Result, loaStatus string) bool { return r == sheet.Refused && gone(loaStatus) }

// fromSheet does the same without a ledger, from the result columns that an earlier
// run left in the workbook. They may be stale or copied by hand, so they are trusted
// only as far as the token in them is one that this content could have had.
func (a *Application) fromSheet() {
	past := a.Circuit.Past
	refusedLOA := turnedDown(sheet.Result(past.Result), past.LOAStatus)
	switch sheet.Result(past.Result) {
	case sheet.Submitted, sheet.Already, sheet.Unknown:
		a.open = true
	case sheet.Refused:
		a.Settle, a.accepted = refusedLOA, refusedLOA
	}
	if past.ClientToken == "" {
		return
	}
	a.before = earlier{token: past.ClientToken}
	if r := sheet.Result(past.Result); r == sheet.Submitted || r == sheet.Already {
		a.before.accepted, a.before.requestID = true, past.RequestID
	}
	generation, ok := a.generationOf(past.ClientToken)
	if !ok {
		return // other content, and so another token
	}
	a.before.generation = generation
	a.Generation, a.Token = generation, past.ClientToken
	switch {
	case a.wasReapplied(past.ClientToken), past.Result == string(sheet.Refused) && !refusedLOA:
		a.Generation, a.Token = generation+1, ""
	case past.ClientToken == a.Circuit.ClientToken && !a.open:
		// A token that the user chose tells nothing of the content it went with. No
		// application of it stands, so a further one is safe.
		a.Token = ""
	}
}

// wasReapplied reports whether a token was derived for a reapplication of the generation.
func (a *Application) wasReapplied(token string) bool {
	try := *a
	try.Reapply = true
	return token == try.ownToken(deriveToken(&try))
}

// maxGeneration is how many refusals of one content are looked for in a results copy:
// more nights in a row than anyone lets a refused row stand.
const maxGeneration = 64

// generationOf finds the generation that a token was derived for.
func (a *Application) generationOf(token string) (int, bool) {
	if token == a.Circuit.ClientToken {
		return 0, true
	}
	try := *a
	for try.Generation = range maxGeneration {
		if token == try.ownToken(deriveToken(&try)) || try.wasReapplied(token) {
			return try.Generation, true
		}
	}
	return 0, false
}

// token gives the token of a plan's application. A user's own token is taken as it
// stands for the first application of a circuit, and only once in a workbook; where
// it may have been used with other parameters, or was refused, one is made of it.
func (p *planner) token(a *Application) string {
	own := a.Circuit.ClientToken
	if own == "" || !sheet.ValidClientToken(own) {
		return deriveToken(a)
	}
	if a.before.token != "" || p.tokens[own] {
		return suffixToken(own, deriveToken(a))
	}
	p.tokens[own] = true
	return own
}

// reapplied gives the application that a person asked for after the last one came to
// nothing: one generation on, through SecondApplyPhysicalConnectionLOA where its LOA was
// rejected, through Apply again where there is none.
func (a *Application) reapplied(status string) Application {
	next := *a
	next.Settle, next.Reapply = false, status == loaRejected
	next.Generation++
	next.Token = next.ownToken(deriveToken(&next))
	return next
}

func (a *Application) ownToken(derived string) string {
	if own := a.Circuit.ClientToken; sheet.ValidClientToken(own) {
		return suffixToken(own, derived)
	}
	return derived
}

// unsent is the result of a row that was kept from its turn: what was open stays open.
func (a *Application) unsent() sheet.Result {
	if a.open {
		return sheet.Unknown
	}
	return sheet.NotAttempted
}
