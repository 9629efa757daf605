package plan

import (
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// A row may have several steps: apply, report that construction is finished, confirm. Each is planned by
// the same rules, from what the ledger knows at its own place. This file contains what is different
// about the steps that follow an application.

// steps lists the steps that a row is to take.
func (p *planner) steps(c *sheet.Circuit) []batch.Operation {
	all := p.options.Steps
	if len(all) == 0 {
		return []batch.Operation{p.options.Operation}
	}
	var own []batch.Operation
	for _, o := range all {
		if o.WantedBy(c) {
			own = append(own, o)
		}
	}
	return own
}

// firstOf is the operation with which a step begins: an application may have been continued
// as a reapplication.
func firstOf(o batch.Operation) batch.Operation {
	if o == batch.Reapply {
		return batch.Apply
	}
	return o
}

// past is what the ledger knows at the place of an operation.
func (p *planner) past(o batch.Operation) map[batch.Key]batch.Record {
	if o.FollowsUp() {
		return p.options.Later[o.Place()]
	}
	return p.options.Past
}

// followUps plans the steps that follow the given one.
func (p *planner) followUps(a *batch.Application, c *sheet.Circuit, steps []batch.Operation) {
	for _, o := range steps {
		next := p.followUp(a, c, o)
		if next == nil {
			return
		}
		a.Then = next
		a = next
	}
}

// followUp plans a step that follows an application or an earlier step. It returns nil if the row is
// settled.
func (p *planner) followUp(a *batch.Application, c *sheet.Circuit, o batch.Operation) *batch.Application {
	next := &batch.Application{Operation: o, Row: a.Row, At: a.At, Key: a.Key, Circuit: c, Engineers: a.Engineers}
	if c.Unfit {
		next.Unfit = p.errors.Code(c)
		return next
	}
	record, known := p.past(o)[a.Key]
	if !p.step(next, record, known) {
		return nil
	}
	return next
}

// circuitOf is a circuit as seen by the planning of a step: with what its results copy says about the
// step, and without the token that its user chose, which is only for Apply.
func circuitOf(c *sheet.Circuit, o batch.Operation) *sheet.Circuit {
	if c.Past == nil && !o.FollowsUp() {
		return c
	}
	past := pastOf(c.LastRun(), o)
	if past == *c.LastRun() && (!o.FollowsUp() || c.ClientToken == "") {
		return c
	}
	own := *c
	own.Past = &past
	if o.FollowsUp() {
		own.ClientToken = ""
	}
	return &own
}

// pastOf is what the result columns say about an operation. They show the last step that did something,
// by its token. A later step implies that the one before it was taken, but not under which token.
func pastOf(past *sheet.Past, o batch.Operation) sheet.Past {
	shown, _ := batch.OperationOf(past.ClientToken)
	switch {
	case shown.Place() == o.Place():
		return *past
	case o.After(shown):
		return sheet.Past{}
	case !o.FollowsUp():
		return sheet.Past{Result: string(sheet.Already), LOAStatus: past.LOAStatus}
	}
	return sheet.Past{Result: string(sheet.Submitted), SubmittedAt: past.SubmittedAt, LOAStatus: past.LOAStatus}
}

// afterwards adapts how a step starts to what it follows: it is sent only for an LOA in the state that
// it requires.
func (p *planner) afterwards(a *batch.Application, r batch.Record) {
	base := p.firstGeneration(a.Key)
	if a.Start >= batch.StartResume {
		if r.Open && r.Generation < base { // its LOA is gone
			a.Start, a.Past.Open.Edited, a.Changed = batch.StartChanged, false, nil
			a.Generation, a.Token = base, ""
		}
		return
	}
	a.Past.Open, a.Changed = batch.Earlier{}, nil
	fresh := max(a.Generation, base)
	if a.Past.Ended.Token != "" || r.Result != "" { // the API may know its token, with its answer
		fresh = max(a.Past.Ended.Generation+1, a.Generation, base)
	}
	switch {
	case !accepted(r.Result) || r.Hash == "": // someone else's has no token of ours
		a.Start, a.Renewed = batch.StartReady, accepted(r.Result)
		if r.Result == sheet.Failed { // known not to have been applied
			fresh = max(a.Generation, base)
		}
	case p.renewed(a, r):
		a.Start, a.Renewed = batch.StartReady, true
	default:
		a.Start = batch.StartAccepted
		if a.Past.Ended.Edited {
			a.Changed = p.changed(a, r)
		}
		return
	}
	a.Past.Ended.Accepted, a.Past.Ended.At = false, r.SubmittedAt
	if fresh != a.Generation {
		a.Generation, a.Token = fresh, ""
	}
}

// generations is how many generations of a step there may be for one LOA: the next LOA's begin after
// them.
const generations = 1 << 10

// firstGeneration is the first generation of the steps that follow a circuit's application.
// An application of a later generation was made for another LOA.
func (p *planner) firstGeneration(key batch.Key) int {
	if last := p.options.Past[key]; accepted(last.Result) && !last.Open {
		return last.Generation * generations
	}
	return 0
}

// renewed reports whether the LOA of an accepted step is gone because another one was applied for since.
func (p *planner) renewed(a *batch.Application, r batch.Record) bool {
	last := p.options.Past[a.Key]
	if !accepted(last.Result) || last.Open {
		return false
	}
	at := acceptedAt(r)
	return r.Generation < p.firstGeneration(a.Key) || !at.IsZero() && at.Before(last.SubmittedAt)
}

// acceptedAt is when the application of a record was accepted or, if that is not known, by when it had
// been.
func acceptedAt(r batch.Record) time.Time {
	if r.SubmittedAt.IsZero() {
		return r.Tried
	}
	return r.SubmittedAt
}

// sentAgain reports whether a row's content was applied for after the rejection that its LOA shows, and
// the API rejected that application as well. It would reject it again every night.
func sentAgain(a *batch.Application, r batch.Record) bool {
	if r.Open || r.Result != sheet.Refused || r.Hash != a.Hash {
		return false
	}
	try := *a
	try.Generation = r.Generation
	return wasReapplied(&try, r.Token)
}
