package batch

import (
	"context"
	"errors"
	"maps"
	"slices"
)

// survey reads the state of circuits of one region.
type survey struct {
	*run
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
// two pages. What was found before an error stays.
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

// pages reads page after page, of the circuits with these IDs or of all, until none is
// missing or there is no more.
func (s *survey) pages(ctx context.Context, ids []string) error {
	more := true
	for page := 1; more && len(s.missing) > 0; page++ {
		var circuits []CircuitState
		var err error
		if circuits, more, err = s.page(ctx, page, ids); err != nil {
			return err
		}
		for _, c := range circuits {
			if s.missing[c.InstanceID] {
				s.found[c.InstanceID] = c
				delete(s.missing, c.InstanceID)
			}
		}
	}
	return nil
}

// page asks for one page until it is answered or attempts run out.
func (s *survey) page(ctx context.Context, page int, ids []string) (circuits []CircuitState, more bool, err error) {
	err = Insist(s.going, s.attempts(), func() (err error) {
		circuits, more, err = s.ask(ctx, page, ids)
		return err
	})
	var call *CallError
	if errors.As(err, &call) && call.Class == RunFatal {
		s.halt(StopFatal, call.Code)
	}
	return circuits, more, err
}

// ask asks once, when the quota allows it and nothing has stopped the run.
func (s *survey) ask(ctx context.Context, page int, ids []string) ([]CircuitState, bool, error) {
	done, err := s.quota.Acquire(s.going)
	if err != nil {
		return nil, false, err
	}
	circuits, more, err := s.Surveyor.Survey(ctx, s.region, page, ids)
	done(err)
	var call *CallError
	if err == nil || errors.As(err, &call) { // else nothing was sent
		s.requests.Add(1)
		s.lookups.Add(1)
	}
	s.count(err)
	return circuits, more, err
}
