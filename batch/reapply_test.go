package batch_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/sheet"
)

// TestReapply runs again after an accepted circuit's LOA, and perhaps its row, has changed.
func TestReapply(t *testing.T) {
	for _, test := range []struct {
		name    string
		status  string // the LOA's on the second night; empty means that there is no LOA
		later   bool   // that night is later than the settling time
		reapply bool
		changed bool
		want    sheet.Result
		why     batch.Reason
		now     string // the LOA's status afterwards
		times   int    // applied for, in all
	}{
		{"valid", "Available", false, true, false, sheet.Already, batch.ReasonLOAExists, "Available", 1},
		{"valid and changed", "Available", false, true, true, sheet.Invalid, batch.ReasonInvalid, "Available", 1},
		{"rejected, without --reapply", batch.LOARejected, false, false, false, sheet.Already, batch.ReasonInLedger, batch.LOARejected, 1},
		{"rejected and changed, without --reapply", batch.LOARejected, false, false, true, sheet.Invalid, batch.ReasonInvalid, batch.LOARejected, 1},
		{"rejected", batch.LOARejected, true, true, false, sheet.Submitted, batch.ReasonAccepted, "Applying", 2},
		{"rejected and changed", batch.LOARejected, true, true, true, sheet.Submitted, batch.ReasonAccepted, "Applying", 2},
		{"rejected, and it may be an older one", batch.LOARejected, false, true, false, sheet.Already, batch.ReasonNotListed, batch.LOARejected, 1},
		{"deleted", batch.LOADeleted, true, true, false, sheet.Submitted, batch.ReasonAccepted, "Applying", 2},
		{"deleted, and it may be an older one", batch.LOADeleted, false, true, false, sheet.Already, batch.ReasonNotListed, batch.LOADeleted, 1},
		{"not listed", "", false, true, false, sheet.Already, batch.ReasonNotListed, "", 1}, // a lookup may lag, or say nothing
		{"not listed and changed", "", false, true, true, sheet.Invalid, batch.ReasonInvalid, "", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, l, w := newServer(), &ledger.Memory{}, workbook(1)
				first := runNight(t, t.Context(), s, l, w, plan.Options{})
				loa := s.loas[first.Key]
				loa.Status = test.status
				s.loas[first.Key] = loa
				if test.status == "" {
					delete(s.loas, first.Key)
				}
				if test.later {
					time.Sleep(settling)
				}
				if test.changed {
					w.Circuits[0].Si = "Other Builders"
				}
				o := runNight(t, t.Context(), s, l, w, plan.Options{Reapply: test.reapply})
				if o.Result != test.want || o.Reason != test.why {
					t.Errorf("%s, %s", o.Result, o.Reason)
				}
				if got := s.loas[o.Key].Status; got != test.now {
					t.Errorf("the LOA is %s, want %s", got, test.now)
				}
				if s.accepted[o.Key] != test.times || len(s.misused) > 0 {
					t.Errorf("applied for %d times, misused tokens %v", s.accepted[o.Key], s.misused)
				}
				if o.Result == sheet.Submitted && o.Token == first.Token {
					t.Errorf("the reapplication has the token of the first application")
				}
				if kept := o.RequestID == first.RequestID && o.SubmittedAt.Equal(first.SubmittedAt); o.Result == sheet.Already && (!kept || o.SubmittedAt.IsZero()) {
					t.Errorf("accepted as %s at %v, but now it says %s at %v", first.RequestID, first.SubmittedAt, o.RequestID, o.SubmittedAt)
				}
				next := runNight(t, t.Context(), s, l, w, plan.Options{})
				if test.want != sheet.Invalid && next.Result != sheet.Already || test.want == sheet.Invalid && next.Result != sheet.Invalid {
					t.Errorf("the next night it is %s, %s", next.Result, next.Reason)
				}
				if s.accepted[o.Key] != test.times {
					t.Errorf("applied for %d times after another night", s.accepted[o.Key])
				}
			})
		})
	}
}

// TestLOAExists makes the API say that the circuit of a first application has an LOA.
func TestLOAExists(t *testing.T) {
	for _, test := range []struct {
		name   string
		status string // the LOA's
		lost   bool   // the first attempt took effect, but its answer was lost
		si     string // the LOA's builder
		want   sheet.Result
		why    batch.Reason
	}{
		{"applied for elsewhere", "Applying", false, "Example Builders", sheet.Already, batch.ReasonLOAExists},
		{"elsewhere, with other content", "Complete", false, "Other Builders", sheet.Already, batch.ReasonLOAExists},
		{"an unknown status", "Pondering", false, "Example Builders", sheet.Already, batch.ReasonLOAExists},
		{"rejected", batch.LOARejected, false, "Example Builders", sheet.Refused, batch.ReasonLOARejected},
		{"our own, the answer was lost", "", true, "Example Builders", sheet.Submitted, batch.ReasonAnswerLost},
		{"not our own, an answer was lost", "Applying", true, "Other Builders", sheet.Already, batch.ReasonLOAExists},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, w := newServer(), workbook(1)
				key := plan.Keys(w)[0]
				if test.status != "" {
					s.loas[key] = batch.LOA{
						Status: test.status, CompanyName: "Example Ltd", LineType: "FIBRE", Si: test.si, ConstructionTime: "2027-01-15T08:00Z",
					}
				}
				s.faults = func(a batch.Application) fault {
					if test.lost && a.Attempt == 1 {
						return fault{effect: before, err: lostAnswer("(connection-reset)")}
					}
					return fault{}
				}
				o := runNight(t, t.Context(), s, &ledger.Memory{}, w, plan.Options{})
				if o.Result != test.want || o.Reason != test.why || o.LOAStatus == "" {
					t.Errorf("%s, %s, LOA %q", o.Result, o.Reason, o.LOAStatus)
				}
				if (o.ErrorCode == "") == (test.want == sheet.Refused) {
					t.Errorf("error code %q", o.ErrorCode)
				}
				if o.SubmittedAt.IsZero() == (o.Result == sheet.Submitted) {
					t.Errorf("submitted at %v", o.SubmittedAt)
				}
			})
		})
	}
}

// TestLookupsThatLag plays an attempt that took effect although its answer was lost, with an API that
// forgets its token and lookups that lag. A row whose LOA may be ours is never REFUSED.
func TestLookupsThatLag(t *testing.T) {
	for _, test := range []struct {
		stale int
		lost  bool
		want  sheet.Result
		why   batch.Reason
	}{
		{0, true, sheet.Submitted, batch.ReasonAnswerLost},
		{3, true, sheet.Submitted, batch.ReasonAnswerLost},
		{100, true, sheet.Unknown, batch.ReasonSettling},
		{2, false, sheet.Already, batch.ReasonLOAExists},
		{100, false, sheet.Refused, batch.ReasonRefused},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, w := newServer(), workbook(1)
			s.stale = func() bool { test.stale--; return test.stale >= 0 }
			if !test.lost {
				s.loas[plan.Keys(w)[0]] = batch.LOA{Status: "Applying"}
			}
			s.faults = func(a batch.Application) fault {
				delete(s.replies, a.Token)
				if test.lost && a.Attempt == 1 {
					return fault{effect: before, err: lostAnswer("(timeout)")}
				}
				return fault{}
			}
			if o := runNight(t, t.Context(), s, &ledger.Memory{}, w, plan.Options{}); o.Result != test.want || o.Reason != test.why {
				t.Errorf("want %s with answer lost %v: %s, %s", test.want, test.lost, o.Result, o.Reason)
			}
		})
	}
}

// TestVoidLOA kills a run after an application arrived whose LOA is then rejected or deleted: every
// night the row is refused and nothing is sent, with the ledger or only with the results copy,
// until a person asks for it.
func TestVoidLOA(t *testing.T) {
	for _, status := range []string{batch.LOARejected, batch.LOADeleted} {
		for _, keep := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				s, l, w := newServer(), &ledger.Memory{}, workbook(1)
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
				time.Sleep(batch.SettlingTime) // a review takes days
				for night := range 3 {
					o := runNight(t, t.Context(), s, l, w, plan.Options{})
					if o.Result != sheet.Refused || o.Reason != batch.ReasonLOARejected || s.accepted[a.Key] != 1 {
						t.Fatalf("%s, night %d: %s, %s, applied for %d times", status, night, o.Result, o.Reason, s.accepted[a.Key])
					}
					w.Circuits[0].Past = new(pastOf(o))
					if !keep {
						l = &ledger.Memory{}
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
