package batch_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/sheet"
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

// A row shows the answer to its application, whatever its lookups are answered.
func TestFailedLookupKeepsTheApplicationsCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.faults = func(batch.Application) fault { return fault{err: lostAnswer("Applied")} }
		s.blind = func(batch.Key) *batch.CallError { return lostAnswer("LookedUp") }
		e := &batch.Engine{Submitter: s, Finder: s, MaxAttempts: 2}
		sum, err := e.Run(t.Context(), nil, plan.New(workbook(1), plan.Options{}))
		if err != nil {
			t.Fatal(err)
		}
		if o := sum.Outcomes[0]; o.Result != sheet.Unknown || o.ErrorCode != "Applied" {
			t.Errorf("the row is %s with code %s", o.Result, o.ErrorCode)
		}
	})
}

// Lookups are counted among the requests, and apart from applications that are sent again.
func TestLookupsAreCounted(t *testing.T) {
	for _, test := range []struct {
		name                       string
		effect                     effect // of the first attempt, whose answer is lost
		requests, lookups, retries int
	}{
		{"found", before, 2, 1, 0},
		{"not found and sent again", never, 3, 1, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			attempts := 0
			s.faults = func(batch.Application) fault {
				if attempts++; attempts == 1 {
					return fault{effect: test.effect, err: lostAnswer("(timeout)")}
				}
				return fault{}
			}
			e := &batch.Engine{Submitter: s, Finder: s}
			sum := summarize(t, e, t.Context(), nil, workbook(1))
			addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.Submitted: 1})
			if sum.Requests != test.requests || sum.Lookups != test.lookups || sum.Retries != test.retries {
				t.Errorf("%s: %d requests, %d lookups, %d retries", test.name, sum.Requests, sum.Lookups, sum.Retries)
			}
		})
	}
}

// Lookups have as many attempts after an answered one as before it.
func TestAnsweredLookupRenewsAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		attempts, lookups := 0, 0
		s.faults = func(batch.Application) fault {
			if attempts++; attempts == 3 {
				return fault{effect: before, err: lostAnswer("(timeout)")}
			}
			return fault{err: lostAnswer("(timeout)")}
		}
		answered := []int{3, 6, 9}
		s.blind = func(batch.Key) *batch.CallError {
			if lookups++; slices.Contains(answered, lookups) {
				return nil
			}
			return lostAnswer("(timeout)")
		}
		e := &batch.Engine{Submitter: s, Finder: s, MaxAttempts: 3}
		sum := summarize(t, e, t.Context(), nil, workbook(1))
		addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.Submitted: 1})
		if attempts != 3 || lookups != 9 {
			t.Errorf("%d attempts and %d lookups, want 3 and 9", attempts, lookups)
		}
	})
}
