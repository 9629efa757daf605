package batch

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/loabatch/loabatch/batch/quota"
)

// Listing is what was read of the circuits of one region.
type Listing struct {
	Region   string
	Circuits []CircuitState // sorted by instance ID; with an error, those that were found before it
	Err      error          // of the Surveyor or the context
}

// List reads all circuits of some regions, within the quota of each, with the engine's
// Surveyor. A region that cannot be read does not hold up the others. The listings are in the
// order of the regions.
func (e *Engine) List(ctx context.Context, regions []string) []Listing {
	listings := make([]Listing, len(regions))
	turns := make(chan struct{}, cmp.Or(e.Concurrency, 8))
	var wait sync.WaitGroup
	for i, region := range regions {
		turns <- struct{}{}
		wait.Go(func() {
			defer func() { <-turns }()
			l := &listings[i]
			l.Region = region
			defer Guard(func(err error) { l.Err = err })
			l.Circuits, l.Err = e.list(ctx, region)
		})
	}
	wait.Wait()
	return listings
}

// list reads all circuits of a region, page by page. A circuit that moves to another page meanwhile
// is returned only once.
func (e *Engine) list(ctx context.Context, region string) ([]CircuitState, error) {
	quota := e.listQuota(region)
	var all []CircuitState
	failed := readPages(func(page int) (pages int, err error) {
		err = RetryRead(ctx, e.attempts(), func() error {
			done, err := quota.Acquire(ctx)
			if err != nil {
				return err
			}
			got, err := e.Surveyor.Survey(ctx, region, page, nil)
			done(err)
			all, pages = append(all, got.Circuits...), got.Pages
			return err
		})
		return pages, err
	}, func(int) bool { return true })
	slices.SortStableFunc(all, func(a, b CircuitState) int { return cmp.Compare(a.InstanceID, b.InstanceID) })
	return slices.CompactFunc(all, func(a, b CircuitState) bool { return a.InstanceID == b.InstanceID }), failed
}

// readPages reads a listing page by page. The first page tells how many there are; a later one may
// say that there are fewer, but an endlessly growing listing is not followed. It goes on for as
// long as the pages left after the next one are few enough.
func readPages(read func(page int) (pages int, err error), fewEnough func(left int) bool) error {
	pages, err := read(1)
	for page := 2; err == nil && page <= pages && fewEnough(pages-page); page++ {
		var now int
		now, err = read(page)
		pages = min(pages, now)
	}
	return err
}

// listQuota returns the quota of the listing's API in a region.
func (e *Engine) listQuota(region string) Quota {
	if e.Quota != nil {
		return e.Quota(region, SurveyAPI)
	}
	return quota.New(e.Rate, e.Burst)
}
