package batch

import (
	"context"
	"errors"

	"github.com/loabatch/loabatch/sheet"
)

// rehearse is the dry run: the same path with the sending withheld. Without a Surveyor
// every application is VALID; with one the state of its circuit tells.
func (r *run) rehearse(ctx context.Context) {
	regions := map[string][]int32{}
	for i := range r.plan.Applications {
		a := &r.plan.Applications[i]
		if r.Surveyor == nil {
			r.endings <- ending{slot: r.slots[i], outcome: a.Outcome(sheet.Valid, ReasonValid), ran: true}
			continue
		}
		regions[a.Key.Region] = append(regions[a.Key.Region], int32(i))
	}
	for name, rows := range regions {
		quota := r.quota(name, SurveyAPI)
		r.quotas = append(r.quotas, quota)
		go r.survey(ctx, name, quota, rows)
	}
}

// survey predicts the rows of one region from what is learnt of their circuits.
func (r *run) survey(ctx context.Context, region string, quota Quota, rows []int32) {
	ids := make([]string, len(rows))
	for i, n := range rows {
		ids[i] = r.plan.Applications[n].Key.InstanceID
	}
	s := newSurvey(r, region, quota, ids)
	err := s.read(ctx)
	for _, n := range rows {
		a := &r.plan.Applications[n]
		state, found := s.found[a.Key.InstanceID]
		if err != nil && !found {
			r.endings <- ending{slot: r.slots[n], outcome: r.unseen(a, err)}
			continue
		}
		r.endings <- ending{slot: r.slots[n], outcome: Predict(*a, state), ran: true}
	}
}

// unseen is the outcome of a row whose circuit could not be asked about.
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
		r.halt(StopInterrupted, "") // nobody has said why: the context ended
		o.Reason = r.reason.reason()
	}
	return o
}
