package cli

import (
	"context"
	"errors"
	"sync"

	"github.com/loabatch/loabatch/batch"
)

// pages has each page of a survey wait for the quota of its API in its region.
type pages struct {
	pace    pace
	mu      sync.Mutex
	regions map[string]*pageQuota
}

// pageQuota is one region's quota, and how to tell it that the page before has come:
// the pages of a region are read one after another.
type pageQuota struct {
	batch.Quota
	done func(error)
}

// before waits until one more page of the region may be asked for.
func (p *pages) before(ctx context.Context, region string) error {
	p.mu.Lock()
	if p.regions == nil {
		p.regions = map[string]*pageQuota{}
	}
	q := p.regions[region]
	if q == nil {
		q = &pageQuota{Quota: batch.NewQuota(p.pace.rate, p.pace.burst), done: func(error) {}}
		p.regions[region] = q
	}
	p.mu.Unlock()
	q.done(nil)
	done, err := q.Acquire(ctx)
	if err != nil {
		q.done = func(error) {}
		return err
	}
	q.done = done
	return nil
}

// survey reads the state of circuits, region by region.
func (s *session) survey(ctx context.Context, keys []batch.Key) (map[batch.Key]batch.CircuitState, error) {
	regions := map[string][]string{}
	var order []string
	for _, k := range keys {
		if _, seen := regions[k.Region]; !seen {
			order = append(order, k.Region)
		}
		regions[k.Region] = append(regions[k.Region], k.InstanceID)
	}
	states := make(map[batch.Key]batch.CircuitState, len(keys))
	for _, region := range order {
		found, err := s.service.Survey(ctx, region, regions[region])
		if err != nil {
			return nil, surveyFailure(region, err)
		}
		for id, state := range found {
			states[batch.Key{Region: region, InstanceID: id}] = state
		}
	}
	return states, nil
}

func surveyFailure(region string, err error) error {
	code := err.Error()
	exit := exitUnfinished
	var call *batch.CallError
	if errors.As(err, &call) {
		code = call.Code
		if call.Class == batch.RunFatal {
			exit = exitStopped
		}
	}
	return failure(exit, "survey-failed", err, "region", region, "code", code)
}
