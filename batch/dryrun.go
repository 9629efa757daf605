package batch

import (
	"context"
	"errors"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// dryRun takes the same path as a run but sends nothing. Without a Surveyor every application is
// VALID; with one the state of its circuit decides.
func (r *run) dryRun(ctx context.Context) {
	regions := map[string][]int32{}
	for i := range r.plan.Applications {
		a := &r.plan.Applications[i]
		if r.engine.Surveyor == nil {
			r.finished <- finishedRow{slot: r.slots[i], outcome: a.Outcome(sheet.Valid, ReasonValid), ran: true}
			continue
		}
		regions[a.Key.Region] = append(regions[a.Key.Region], int32(i))
	}
	for name, rows := range regions {
		r.own(func() { r.predict(ctx, name, rows) })
	}
}

// predict predicts the rows of one region from the state of their circuits.
func (r *run) predict(ctx context.Context, region string, rows []int32) {
	s := newSurvey(r, region, rows)
	err := s.read(ctx)
	var call *CallError
	if errors.As(err, &call) && (call.Class == RunFatal || call.Denied) {
		r.halt(StopFatal, call.Code)
	}
	for _, n := range rows {
		a := &r.plan.Applications[n]
		state, found := s.found[a.Key.InstanceID]
		if err != nil && !found {
			r.finished <- finishedRow{slot: r.slots[n], outcome: r.unseen(a, err)}
			continue
		}
		outcome, problem := a.predicted(state, r.engine.Survey, time.Now().UTC())
		r.finished <- finishedRow{slot: r.slots[n], outcome: outcome, problem: problem, ran: true}
	}
}

// unseen is the outcome of a row whose circuit's state could not be read.
func (r *run) unseen(a *Application, err error) Outcome {
	o := a.Outcome(sheet.NotAttempted, ReasonUnasked)
	var call *CallError
	if errors.As(err, &call) {
		o.ErrorCode, o.RequestID = call.Code, call.RequestID
		if call.Class == RegionFatal {
			o.Reason = ReasonRegion
		}
	}
	if r.going.Err() != nil {
		r.halt(StopInterrupted, "") // no reason was given: the context ended
		o.Reason = r.reason.Reason()
	}
	return o
}

// maxForeseen bounds the calls of a step that are foreseen: without a failure none needs more.
const maxForeseen = 10

// predicted is what a run would do with a row now. It runs the row's state machine with the answers
// that follow from the state of its circuit. That tells what the state alone does not: an edited
// row waits until an earlier application is settled, or is INVALID, and a rejected LOA needs a
// person's consent. surveys says whether the run reads the circuits' state first. The outcome is
// that of the last of the row's steps that would be sent, or else says why none would. The
// problem is that of an INVALID row.
func (a *Application) predicted(c CircuitState, surveys bool, now time.Time) (Outcome, *sheet.Problem) {
	app, shown, present := *a, Outcome{}, c.LOAStatus
	for {
		if app.Unfit != "" {
			return Shown(shown, app.unfit()), nil
		}
		o, last, problem := app.foresee(c, surveys && shown.Result == "", now)
		goesOn := last.goesOn(&o)
		if o.Result == sheet.Submitted && app.Operation == Complete {
			c.LOAStatus = LOACompleting
		}
		before := shown
		shown = last.foreseen(o, c)
		shown.LOAStatus = present
		if before.Result == sheet.Valid {
			if shown.Completed = true; shown.Result == sheet.Already {
				shown = before
			}
		}
		if !goesOn {
			return shown, problem
		}
		if o.Result != sheet.Submitted {
			shown = Outcome{}
		}
		app = last.next(&o)
	}
}

// foresee returns the outcome of a step if it were taken now, and the application afterwards.
func (a *Application) foresee(c CircuitState, surveys bool, now time.Time) (Outcome, *Application, *sheet.Problem) {
	if a.Elsewhere != nil { // only a lookup tells what is in another region
		o := Predict(*a, c)
		return o, a, nil
	}
	app := *a
	if surveys {
		s := &survey{found: map[string]CircuitState{}}
		if c.InstanceID != "" {
			s.found[a.Key.InstanceID] = c
		}
		if o, ends := withheld(&app, s, false); ends {
			return o, &app, nil
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
			return n.outcome, &r.app, n.problem
		}
		now = now.Add(n.wait)
	}
	return Predict(*a, c), a, nil
}

// refusal is the error with which the API would reject the row's next attempt for a circuit in this
// state, or nil. A valid LOA is taken for the open token's: then the same again is accepted.
func (r *row) refusal(c CircuitState) error {
	o := Predict(r.app, c)
	switch conflicts := operations[r.app.Operation].conflicts; {
	case o.Result == sheet.Valid || o.Result == sheet.Already && r.state.open():
		return nil
	case o.Result == sheet.Already:
		return &CallError{Class: Refused, Code: conflicts[0]}
	default:
		return &CallError{Class: Refused, Code: o.ErrorCode}
	}
}

// foreseen turns an outcome into a prediction: what would be accepted is VALID, and what would be
// rejected is BLOCKED.
func (a *Application) foreseen(o Outcome, c CircuitState) Outcome {
	p := a.Outcome(o.Result, o.Reason)
	p.LOAStatus, p.Tried = c.LOAStatus, o.Tried
	switch o.Result {
	case sheet.Valid, sheet.Blocked:
		return o
	case sheet.Submitted:
		p.Result, p.Reason = sheet.Valid, ReasonValid
	case sheet.Refused:
		p.Result = sheet.Blocked
		if why := Predict(*a, c); why.Result == sheet.Blocked {
			p.Reason, p.ErrorCode, p.CircuitState = why.Reason, why.ErrorCode, why.CircuitState
		}
		if o.Reason == ReasonLOARejected {
			p.Reason, p.ErrorCode = o.Reason, operations[a.Operation].conflicts[0]
		}
	case sheet.Invalid:
		p.Token, p.Generation, p.ErrorCode = "", 0, o.ErrorCode
	}
	return p
}
