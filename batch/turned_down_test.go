package batch_test

import (
	"testing"
	"testing/synctest"

	. "github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/sheet"
)

// TestTurnedDown lets a run die after an application arrived, whose LOA is then
// rejected or deleted: night after night the row is refused and nothing is sent, with
// the ledger or from the results copy alone, until a person asks for it.
func TestTurnedDown(t *testing.T) {
	for _, status := range []string{LOARejected, LOADeleted} {
		for _, keep := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				s, l, w := newServer(), &MemoryLedger{}, workbook(1)
				a := plan.New(w, plan.Options{}).Applications[0]
				if err := l.Begin(t.Context(), a); err != nil {
					t.Fatal(err)
				}
				if err := s.take(a); err != nil {
					t.Fatal(err)
				}
				loa := s.loas[a.Key]
				loa.Status = status
				s.loas[a.Key] = loa
				for night := range 3 {
					o := runNight(t, t.Context(), s, l, w, plan.Options{})
					if o.Result != sheet.Refused || o.Reason != ReasonLOARejected || s.accepted[a.Key] != 1 {
						t.Fatalf("%s, night %d: %s, %s, applied for %d times", status, night, o.Result, o.Reason, s.accepted[a.Key])
					}
					w.Circuits[0].Past = sheet.Past{Result: string(o.Result), ClientToken: o.Token, LOAStatus: o.LOAStatus}
					if !keep {
						l = &MemoryLedger{}
					}
				}
				o := runNight(t, t.Context(), s, l, w, plan.Options{Reapply: true})
				if o.Result != sheet.Submitted || o.Token == a.Token || s.accepted[a.Key] != 2 {
					t.Errorf("%s, asked to apply again: %s, %s, applied for %d times", status, o.Result, o.Reason, s.accepted[a.Key])
				}
			})
		}
	}
}
