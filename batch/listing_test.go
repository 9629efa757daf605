package batch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

// endless is an API whose listing of circuits never ends.
type endless struct {
	calls atomic.Int64
	more  int // pages that always remain
	page  func(page int) []batch.CircuitState
	byID  func(ids []string) []batch.CircuitState
}

// Survey implements Surveyor. It gives up at some point, or a failing test would hang.
func (e *endless) Survey(_ context.Context, _ string, page int, ids []string) (batch.SurveyPage, error) {
	got := batch.SurveyPage{Pages: page}
	if e.calls.Add(1) < 20_000 {
		got.Pages += e.more
	}
	if len(ids) > 0 {
		got.Circuits = e.byID(ids)
	} else {
		got.Circuits = e.page(page)
	}
	return got, nil
}

// TestEndlessListing gives up on a listing that never ends, and asks by ID for what it did not contain.
func TestEndlessListing(t *testing.T) {
	const rows = 60
	strangers := func(page int) []batch.CircuitState {
		list := make([]batch.CircuitState, 50)
		for i := range list {
			list[i] = allocated(fmt.Sprintf("pc-stranger-%d-%d", page, i))
		}
		return list
	}
	known := func(ids []string) (list []batch.CircuitState) {
		for _, id := range slices.Sorted(slices.Values(ids)) {
			list = append(list, allocated(id))
		}
		return list
	}
	none := func([]string) []batch.CircuitState { return nil }
	for _, test := range []struct {
		name string
		page func(int) []batch.CircuitState
		byID func([]string) []batch.CircuitState
		want sheet.Result
		most int64 // requests
	}{
		{"the first page again and again", func(int) []batch.CircuitState { return strangers(1) }, known, sheet.Valid, 12 + 2*rows},
		{"empty pages", func(int) []batch.CircuitState { return nil }, known, sheet.Valid, 12 + 2*rows},
		{"ever new circuits", strangers, known, sheet.Valid, 12 + 2*rows},
		{"none by ID", func(int) []batch.CircuitState { return nil }, none, sheet.Blocked, 12 + rows},
		{"strangers by ID", func(int) []batch.CircuitState { return nil }, func([]string) []batch.CircuitState { return strangers(1) }, sheet.Blocked, 12 + 2*rows},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for _, more := range []int{1, 5, 1_000_000} {
					s := &endless{more: more, page: test.page, byID: test.byID}
					sum := surveyed(t, &batch.Engine{Surveyor: s}, rows)
					addUp(t, sum.Outcomes, map[sheet.Result]int{test.want: rows})
					if n := s.calls.Load(); n > test.most {
						t.Errorf("%d requests, want at most %d", n, test.most)
					}
				}
			})
		})
	}
}

// onePerPage answers a question by IDs with one circuit on each page.
type onePerPage struct{}

func (onePerPage) Survey(_ context.Context, _ string, page int, ids []string) (batch.SurveyPage, error) {
	ids = slices.Sorted(slices.Values(ids))
	return batch.SurveyPage{Pages: len(ids), Circuits: []batch.CircuitState{allocated(ids[page-1])}}, nil
}

// An answer about IDs is read to its last page.
func TestSurveyByIDReadsEveryPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rows = 5
		sum := surveyed(t, &batch.Engine{Surveyor: onePerPage{}}, rows)
		addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.Valid: rows})
	})
}

// pagesOf is a Surveyor with the pages of each region. The first request for each page fails.
type pagesOf struct {
	mu     sync.Mutex
	pages  map[string][][]string
	asked  map[string]int
	failed error // the error of every page of the region "down"
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

// TestListReadsEveryPageOfEveryRegion checks that pages are retried and paced, that a circuit that moved
// is listed once, and that a region that fails or panics does not affect the others.
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

// TestListLeavesAnEndlessListing checks that no more is read than the first page announced.
func TestListLeavesAnEndlessListing(t *testing.T) {
	s := &endless{more: 3, page: func(page int) []batch.CircuitState {
		return []batch.CircuitState{{InstanceID: fmt.Sprint("pc-", page)}}
	}}
	l := (&batch.Engine{Surveyor: s}).List(t.Context(), []string{"a"})
	if l[0].Err != nil || len(l[0].Circuits) != 4 || s.calls.Load() != 4 {
		t.Errorf("%d circuits in %d requests, %v", len(l[0].Circuits), s.calls.Load(), l[0].Err)
	}
}
