package cli

import (
	"context"
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
