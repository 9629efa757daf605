package batch

import (
	"context"
	"errors"
	"maps"
	"slices"

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
		go r.survey(ctx, name, r.quota(name, SurveyAPI), rows)
	}
}

// survey predicts the rows of one region from the state of their circuits.
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
			r.finished <- finishedRow{slot: r.slots[n], outcome: r.unseen(a, err)}
			continue
		}
		r.finished <- finishedRow{slot: r.slots[n], outcome: Predict(*a, state), ran: true}
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

// survey reads the state of circuits of one region.
type survey struct {
	run     *run
	region  string
	quota   Quota
	missing map[string]bool
	found   map[string]CircuitState
}

func newSurvey(r *run, region string, quota Quota, ids []string) *survey {
	s := &survey{run: r, region: region, quota: quota, missing: make(map[string]bool, len(ids)), found: make(map[string]CircuitState, len(ids))}
	for _, id := range ids {
		s.missing[id] = true
	}
	return s
}

// read pages through the region until all circuits are found, then asks by ID for those
// that the listing did not have, since what is listed may lag behind or change between
// two pages. What was found before an error is kept.
func (s *survey) read(ctx context.Context) error {
	if len(s.missing) > SurveyIDs {
		if err := s.pages(ctx, nil); err != nil {
			return err
		}
	}
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(s.missing)), SurveyIDs) {
		if err := s.pages(ctx, ids); err != nil {
			return err
		}
	}
	return nil
}

// pages reads the pages of the circuits with these IDs, or of all circuits, until it has
// found every missing circuit or read the last page.
func (s *survey) pages(ctx context.Context, ids []string) error {
	more, list := true, newPages(ids)
	for page := 1; more && len(s.missing) > 0; page++ {
		var circuits []CircuitState
		var err error
		if circuits, more, err = s.page(ctx, page, ids); err != nil {
			return err
		}
		more = list.follow(circuits, more)
		for _, c := range circuits {
			if s.missing[c.InstanceID] {
				s.found[c.InstanceID] = c
				delete(s.missing, c.InstanceID)
			}
		}
	}
	return nil
}

// page reads one page, and retries until it is answered or attempts run out.
func (s *survey) page(ctx context.Context, page int, ids []string) (circuits []CircuitState, more bool, err error) {
	err = RetryRead(s.run.going, s.run.engine.attempts(), func() (err error) {
		circuits, more, err = s.ask(ctx, page, ids)
		return err
	})
	var call *CallError
	if errors.As(err, &call) && (call.Class == RunFatal || call.Denied) {
		s.run.halt(StopFatal, call.Code)
	}
	return circuits, more, err
}

// ask makes one request, once the quota allows it, unless the run was stopped.
func (s *survey) ask(ctx context.Context, page int, ids []string) ([]CircuitState, bool, error) {
	done, err := s.quota.Acquire(s.run.going)
	if err != nil {
		return nil, false, err
	}
	circuits, more, err := s.run.engine.Surveyor.Survey(ctx, s.region, page, ids)
	done(err)
	var call *CallError
	if err == nil || errors.As(err, &call) { // else nothing was sent
		s.run.requests.Add(1)
		s.run.lookups.Add(1)
	}
	s.run.count(err)
	return circuits, more, err
}
