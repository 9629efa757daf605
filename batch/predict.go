package batch

import (
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// maxForeseen is how many calls of a row are foreseen, at most: no row needs more without a
// failure.
const maxForeseen = 10

// foresee predicts what becomes of an application if it is sent now: it takes the row's way
// through the state machine, with the answers that follow from the state of its circuit. That
// tells what the state alone does not: an edited row waits until an earlier application is
// settled, or is INVALID, and an LOA that was rejected takes a person's word. The problem is
// that of an INVALID row. surveys says whether the run reads the circuits' state first.
func (a *Application) foresee(c CircuitState, surveys bool, now time.Time) (Outcome, *sheet.Problem) {
	if a.Operation.FollowsUp() || a.Elsewhere != nil { // what is in another region, only a lookup tells
		return Predict(*a, c), nil
	}
	app := *a
	if surveys {
		s := &survey{found: map[string]CircuitState{}}
		if c.InstanceID != "" {
			s.found[a.Key.InstanceID] = c
		}
		if o, ends := withheld(&app, s, false); ends {
			return app.foreseen(o, c), nil
		}
	}
	r := newRow(&app, 0, defaultAttempts, now)
	for range maxForeseen {
		var n next
		if r.state.sends() {
			r.begun = r.app.Token
			n = r.submitted(Receipt{}, r.refusal(c), now)
		} else {
			n = r.lookedUp(loaOf(c), c.LOAStatus != "", nil, now)
		}
		if n.done {
			return r.app.foreseen(n.outcome, c), n.problem
		}
		now = now.Add(n.wait)
	}
	return Predict(*a, c), nil
}

// refusal is how the API would reject the row's next attempt for a circuit in a state, or nil. A
// valid LOA is taken for that of the token that is open: then the same again is accepted.
func (r *row) refusal(c CircuitState) error {
	switch o := predictApply(&r.app, c); {
	case o.Result == sheet.Valid || o.Result == sheet.Already && r.state.open():
		return nil
	case o.Result == sheet.Already:
		return &CallError{Class: Refused, Code: codeLOAState}
	default:
		return &CallError{Class: Refused, Code: o.ErrorCode}
	}
}

// foreseen is the prediction of an outcome: what would be accepted is VALID, and what would be
// refused BLOCKED.
func (a *Application) foreseen(o Outcome, c CircuitState) Outcome {
	p := a.Outcome(o.Result, o.Reason)
	p.LOAStatus, p.Tried = c.LOAStatus, o.Tried
	switch o.Result {
	case sheet.Submitted:
		p.Result, p.Reason = sheet.Valid, ReasonValid
	case sheet.Refused:
		p.Result = sheet.Blocked
		if why := predictApply(a, c); o.Reason == ReasonRefused && why.Result == sheet.Blocked {
			p.Reason, p.ErrorCode, p.CircuitState = why.Reason, why.ErrorCode, why.CircuitState
		} else if o.Reason == ReasonLOARejected {
			p.ErrorCode = codeLOAState
		}
	case sheet.Invalid:
		p.Token, p.Generation, p.ErrorCode = "", 0, o.ErrorCode
	}
	return p
}
