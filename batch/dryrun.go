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
		o.Reason = r.reason.reason()
	}
	return o
}
