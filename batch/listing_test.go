package batch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/quota"
)

// pagesOf is a Surveyor with the pages of each region. A page that was never asked for fails
// the first time.
type pagesOf struct {
	mu     sync.Mutex
	pages  map[string][][]string
	asked  map[string]int
	failed error // what every page of the region "down" gets
}

func (p *pagesOf) Survey(_ context.Context, region string, page int, ids []string) (batch.SurveyPage, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := fmt.Sprint(region, page, ids)
	p.asked[key]++
	switch {
	case region == "down":
		return batch.SurveyPage{}, p.failed
	case region == "panic":
		panic("deliberate")
	case p.asked[key] == 1:
		return batch.SurveyPage{}, &batch.CallError{Class: batch.TryLater, Code: "ServiceUnavailable"}
	}
	got := batch.SurveyPage{Pages: len(p.pages[region])}
	for _, id := range p.pages[region][page-1] {
		got.Circuits = append(got.Circuits, batch.CircuitState{InstanceID: id})
	}
	return got, nil
}

// TestListReadsEveryPageOfEveryRegion: pages are retried and paced, a circuit that moved is
// listed once, and a region that fails or panics leaves the others alone.
func TestListReadsEveryPageOfEveryRegion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := &batch.CallError{Class: batch.RegionFatal, Code: "InvalidRegionId.NotFound"}
		p := &pagesOf{asked: map[string]int{}, failed: down, pages: map[string][][]string{
			"a": {{"pc-3", "pc-1"}, {"pc-1", "pc-2"}, {"pc-0"}},
			"b": {{}},
		}}
		e := &batch.Engine{Surveyor: p, Rate: quota.Rate{N: 2, Per: time.Minute}}
		start := time.Now()
		var got []string
		for _, l := range e.List(t.Context(), []string{"a", "down", "b", "panic"}) {
			var ids []string
			for _, c := range l.Circuits {
				ids = append(ids, c.InstanceID)
			}
			got = append(got, fmt.Sprint(l.Region, ids, l.Err != nil))
			if l.Region == "down" && !errors.Is(l.Err, down) {
				t.Errorf("the error is %v", l.Err)
			}
		}
		want := []string{"a[pc-0 pc-1 pc-2 pc-3] false", "down[] true", "b[] false", "panic[] true"}
		if !slices.Equal(got, want) {
			t.Errorf("got %s\nwant %s", strings.Join(got, "; "), strings.Join(want, "; "))
		}
		if took := time.Since(start); took < 2*time.Minute {
			t.Errorf("six requests took %v, with a quota of two a minute", took)
		}
	})
}

// TestListLeavesAnEndlessListing: what the first page announced is read, and no more.
func TestListLeavesAnEndlessListing(t *testing.T) {
	s := &endless{more: 3, page: func(page int) []batch.CircuitState {
		return []batch.CircuitState{{InstanceID: fmt.Sprint("pc-", page)}}
	}}
	l := (&batch.Engine{Surveyor: s}).List(t.Context(), []string{"a"})
	if l[0].Err != nil || len(l[0].Circuits) != 4 || s.calls.Load() != 4 {
		t.Errorf("%d circuits in %d requests, %v", len(l[0].Circuits), s.calls.Load(), l[0].Err)
	}
}
