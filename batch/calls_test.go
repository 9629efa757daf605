package batch_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/loabatch/loabatch/batch"
)

func TestRetryRead(t *testing.T) {
	failed := func(c batch.Class) *batch.CallError { return &batch.CallError{Class: c} }
	for _, test := range []struct {
		name    string
		answers []error // one for each call; the last one stays
		calls   int
		failed  bool
	}{
		{"answered at once", []error{nil}, 1, false},
		{"answered in the end", []error{failed(batch.NotSent), failed(batch.TryLater), failed(batch.MaybeReceived), nil}, 4, false},
		{"never answered", []error{failed(batch.MaybeReceived)}, 4, true},
		{"refused", []error{failed(batch.NotSent), failed(batch.Refused)}, 2, true},
		{"fatal for all", []error{failed(batch.RunFatal)}, 1, true},
		{"fatal for the region", []error{failed(batch.RegionFatal)}, 1, true},
		{"nothing sent", []error{context.Canceled}, 1, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			calls := 0
			err := batch.RetryRead(t.Context(), 4, func() error {
				calls++
				return test.answers[min(calls, len(test.answers))-1]
			})
			if calls != test.calls || (err != nil) != test.failed {
				t.Errorf("%s: %d calls, %v", test.name, calls, err)
			}
		})
	}
}

func TestRetryReadEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		lost, calls := lostAnswer("(timeout)"), 0
		err := batch.RetryRead(ctx, 9, func() error {
			if calls++; calls == 2 {
				cancel()
			}
			return lost
		})
		if calls != 2 || !errors.Is(err, lost) {
			t.Errorf("%d calls, %v", calls, err)
		}
	})
}

func TestMatchCode(t *testing.T) {
	for _, tc := range []struct {
		pattern, code string
		want          bool
	}{
		{"A", "A", true}, {"A", "AB", false}, {"A*", "A", true}, {"A*", "AB", true}, {"A*", "BA", false},
		{"*A", "A", true}, {"*A", "BA", true}, {"*A", "AB", false},
		{"A*A", "AA", true}, {"A*A", "A", false}, {"A*A", "AxA", true}, {"", "", true}, {"", "A", false},
	} {
		if batch.MatchCode(tc.pattern, tc.code) != tc.want {
			t.Errorf("MatchCode(%q, %q) is not %v", tc.pattern, tc.code, tc.want)
		}
	}
}
