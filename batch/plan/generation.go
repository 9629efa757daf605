package plan

import (
	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// fromLedger sets the generation of an application, and its token where one is recorded
// for it, from what the ledger knows of its circuit. A record of other content sets
// neither: other content has another token anyway.
func fromLedger(a *batch.Application, r batch.Record) {
	a.Recorded, a.Open = true, r.Open || r.Hash == ""
	a.LookUpFirst = loaWasVoid(r.Result, r.LOAStatus)
	a.Previous = batch.Previous{Token: r.Token, Generation: r.Generation}
	if !r.Open && accepted(r.Result) {
		a.Previous.Accepted, a.Previous.RequestID, a.Previous.At = true, r.RequestID, r.SubmittedAt
	}
	if r.Hash != a.Hash {
		return
	}
	a.Generation, a.Token = r.Generation, r.Token
	switch {
	case !r.Open && (accepted(r.Result) || loaWasVoid(r.Result, r.LOAStatus)):
		a.Accepted = true
	case !r.Open && r.Result == sheet.Refused, wasReapplied(a, r.Token):
		a.Generation, a.Token = r.Generation+1, ""
	}
}

// fromSheet does the same without a ledger, from the result columns that an earlier run
// left in the workbook. They may be stale or copied by hand, so they are trusted only as
// far as the token in them is one that this content could have had.
func fromSheet(a *batch.Application) {
	past := a.Circuit.Past
	result := sheet.Result(past.Result)
	void := loaWasVoid(result, past.LOAStatus)
	switch result {
	case sheet.Submitted, sheet.Already, sheet.Unknown:
		a.Open = true
	case sheet.Refused:
		a.LookUpFirst, a.Accepted = void, void
	}
	if past.ClientToken == "" {
		return
	}
	a.Previous = batch.Previous{Token: past.ClientToken}
	if accepted(result) {
		a.Previous.Accepted, a.Previous.RequestID = true, past.RequestID
	}
	generation, ok := generationOf(a, past.ClientToken)
	if !ok {
		return // other content, and so another token
	}
	a.Previous.Generation = generation
	a.Generation, a.Token = generation, past.ClientToken
	switch {
	case wasReapplied(a, past.ClientToken), result == sheet.Refused && !void:
		a.Generation, a.Token = generation+1, ""
	case past.ClientToken == a.Circuit.ClientToken && !a.Open:
		// A token that the user chose says nothing about the content it was sent with. No
		// application under it was accepted, so another one is safe.
		a.Token = ""
	}
}

// accepted reports whether a row's result says that the API accepted its application.
func accepted(r sheet.Result) bool { return r == sheet.Submitted || r == sheet.Already }

// loaWasVoid reports whether a row was refused because its circuit has an LOA that was
// rejected or deleted. That does not answer the application: a person has to ask for
// another one.
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

// generationOf finds the generation that a token was derived for.
func generationOf(a *batch.Application, token string) (int, bool) {
	if token == a.Circuit.ClientToken {
		return 0, true
	}
	try := *a
	for try.Generation = range maxGeneration {
		if token == try.DeriveToken() || wasReapplied(&try, token) {
			return try.Generation, true
		}
	}
	return 0, false
}

// token returns the token of an application. A token that the user chose is used
// unchanged for the first application of a circuit, and only once in a workbook; where
// it may have been used with other parameters, or was refused, another is derived from
// it.
func (p *planner) token(a *batch.Application) string {
	own := a.Circuit.ClientToken
	if !sheet.ValidClientToken(own) || a.Previous.Token != "" || p.tokens[own] {
		return a.DeriveToken()
	}
	p.tokens[own] = true
	return own
}
