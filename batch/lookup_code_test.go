package batch_test

import (
	"testing"
	"testing/synctest"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/sheet"
)

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
