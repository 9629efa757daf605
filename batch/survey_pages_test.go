package batch_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// endless is an API whose listing of circuits has no end.
type endless struct {
	calls atomic.Int64
	more  int // pages that always follow
	page  func(page int) []batch.CircuitState
	byID  func(ids []string) []batch.CircuitState
}

// Survey implements Surveyor. It gives up in the end, or a test that fails would hang.
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

// TestEndlessListing: a listing that never ends is left, and what it did not have is asked
// for by ID.
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
