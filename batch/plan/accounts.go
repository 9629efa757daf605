package plan

import (
	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// Foreign is what the ledger knows of a circuit in an account other than its row's.
type Foreign struct {
	Account string // its ID
	Record  batch.Record
}

// keeps reports whether an application in another account rules out one in the row's account: it was
// accepted, or is open and may still be accepted.
func (f *Foreign) keeps() bool { return f.Record.Open || accepted(f.Record.Result) }

// foreign settles a row whose circuit was applied for in another account, and reports whether it did.
// A row that was accepted in its own account is not sent anyway.
func (p *planner) foreign(a *batch.Application, own batch.Record) bool {
	f, known := p.options.Foreign[a.Key.InstanceID]
	if !known || !f.keeps() || accepted(own.Result) && !own.Open && !p.options.Reapply {
		return false
	}
	problem := p.problem(a, f.Record, batch.CodeForeign, sheet.Error, sheet.CircuitAccount, a.Circuit.Account)
	if problem.Column == "" || a.Circuit.Account == "" { // the account is the run's
		problem.At, problem.Column, problem.Value = a.At, p.workbook.CircuitsTable.Headers[sheet.CircuitInstanceID], a.Key.InstanceID
	}
	p.plan.Problems = append(p.plan.Problems, *problem)
	p.reject(batch.Outcome{Row: a.Row, Key: a.Key, ErrorCode: batch.CodeForeign})
	return true
}

// AddForeign adds what is known of circuits in one account to what is known in others. If several
// accounts know a circuit, the one whose application keeps the row from being sent counts, an
// open application first.
func AddForeign(to map[string]Foreign, account string, past map[batch.Key]batch.Record) {
	for key, r := range past {
		f := Foreign{Account: account, Record: r}
		known, found := to[key.InstanceID]
		if !found || r.Open && !known.Record.Open || f.keeps() && !known.keeps() {
			to[key.InstanceID] = f
		}
	}
}
