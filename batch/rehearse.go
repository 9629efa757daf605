package batch

import (
	"context"
	"errors"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// rehearse is the dry run: the same path with the sending withheld. Without a Surveyor
// every application is VALID; with one the state of its circuit tells.
func (r *run) rehearse(ctx context.Context) {
	regions := map[string][]int32{}
	for i := range r.plan.Applications {
		a := &r.plan.Applications[i]
		if r.Surveyor == nil {
			r.endings <- ending{slot: r.slots[i], outcome: a.outcome(sheet.Valid, ReasonValid), ran: true}
			continue
		}
		regions[a.Key.Region] = append(regions[a.Key.Region], int32(i))
	}
	for name, rows := range regions {
		go r.survey(ctx, name, rows)
	}
}

// survey predicts the rows of one region.
func (r *run) survey(ctx context.Context, region string, rows []int32) {
	ids := make([]string, len(rows))
	for i, n := range rows {
		ids[i] = r.plan.Applications[n].Key.InstanceID
	}
	states, err := r.surveyed(ctx, region, ids)
	for _, n := range rows {
		a := &r.plan.Applications[n]
		if err != nil {
			r.endings <- ending{slot: r.slots[n], outcome: r.unseen(a, err)}
			continue
		}
		r.endings <- ending{slot: r.slots[n], outcome: Predict(*a, states[a.Key.InstanceID]), ran: true}
	}
}

// surveyed asks until it is answered or attempts run out.
func (r *run) surveyed(ctx context.Context, region string, ids []string) (map[string]CircuitState, error) {
	for attempt := 1; ; attempt++ {
		if r.going.Err() != nil {
			return nil, r.going.Err()
		}
		states, err := r.Surveyor.Survey(ctx, region, ids)
		var call *CallError
		switch {
		case err == nil:
			r.requests.Add(1)
			r.lookups.Add(1)
			return states, nil
		case !errors.As(err, &call):
			return nil, err
		case call.Class == RunFatal:
			r.halt(StopFatal, call.Code)
			return nil, err
		case call.Class == RegionFatal, call.Class == Refused, attempt >= r.attempts():
			return nil, err
		}
		r.requests.Add(1)
		r.count(err)
		select {
		case <-time.After(backoff(attempt, call.Wait)):
		case <-r.going.Done():
		}
	}
}

// unseen is the outcome of a row whose circuit could not be asked about.
func (r *run) unseen(a *Application, err error) Outcome {
	o := a.outcome(sheet.NotAttempted, ReasonRegion)
	var call *CallError
	if errors.As(err, &call) {
		o.ErrorCode, o.RequestID = call.Code, call.RequestID
	}
	if r.going.Err() != nil {
		r.halt(StopInterrupted, "") // nobody has said why: the context ended
		o.Reason = r.reason.reason()
	}
	return o
}
