package batch

import (
	"context"
	"errors"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// dryRun sends nothing, and otherwise takes the same path as a run. Without a Surveyor
// every application is VALID; with one the state of its circuit decides.
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

// maxForeseen is how many calls of a step are foreseen, at most: none needs more without a
// failure.
const maxForeseen = 10

// predicted is what a run would do with a row now. It takes the row's way through the state
// machine, with the answers that follow from the state of its circuit. That tells what the
// state alone does not: an edited row waits until an earlier application is settled, or is
// INVALID, and an LOA that was rejected takes a person's word. surveys says whether the run
// reads the circuits' state first. Of a row's steps, the outcome is that of the last one that
// would be sent, or else says why none would. The problem is that of an INVALID row.
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

// foresee returns the outcome of a step if it is taken now, and the application as it is then.
func (a *Application) foresee(c CircuitState, surveys bool, now time.Time) (Outcome, *Application, *sheet.Problem) {
	if a.Elsewhere != nil { // what is in another region, only a lookup tells
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

// refusal is how the API would reject the row's next attempt for a circuit in a state, or nil. A
// valid LOA is taken for that of the token that is open: then the same again is accepted.
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

// foreseen is the prediction of an outcome: what would be accepted is VALID, and what would be
// rejected BLOCKED.
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
