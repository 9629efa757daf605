package batch_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

// standing returns a surveyor of the circuits of a workbook, the first of which have LOAs in the given
// states.
func standing(rows int, states ...string) *surveyor {
	s := listed(rows)
	for i, state := range states {
		s.circuits[i].LOAStatus = state
	}
	return s
}

// refusal is an answer of the survey's API.
func refusal(class batch.Class, code string) func(string, int) error {
	return func(string, int) error {
		return &batch.CallError{Class: class, Code: code, Status: 403, Denied: code == "Forbidden.RAM"}
	}
}

// A survey comes before the first application: only circuits without a valid LOA are applied for, or all
// if the account may not read them.
func TestSurveyBeforeSending(t *testing.T) {
	const rows = 7
	states := []string{"Applying", "Complete", batch.LOARejected, batch.LOADeleted, "SomethingNew"}
	for _, test := range []struct {
		name     string
		fail     func(string, int) error
		survey   bool
		want     map[sheet.Result]int
		accepted int
		stop     batch.StopReason
		denied   string
	}{
		{"what has an LOA is not sent, unless it was deleted", nil, true, map[sheet.Result]int{sheet.Already: 3, sheet.Refused: 1, sheet.Submitted: 3}, 3, "", ""},
		{"switched off", nil, false, map[sheet.Result]int{sheet.Submitted: 7}, 7, "", ""},
		{"not permitted", refusal(batch.Refused, "Forbidden.RAM"), true, map[sheet.Result]int{sheet.Submitted: 7}, 7, "", "Forbidden.RAM"},
		{"wrong keys", refusal(batch.RunFatal, "InvalidAccessKeyId.NotFound"), true, map[sheet.Result]int{sheet.NotAttempted: 7}, 0, batch.StopFatal, ""},
		{"unknown region", refusal(batch.RegionFatal, "InvalidRegionId.NotFound"), true, map[sheet.Result]int{sheet.NotAttempted: 7}, 0, "", ""},
		{"no answer", refusal(batch.MaybeReceived, "(timeout)"), true, map[sheet.Result]int{sheet.NotAttempted: 7}, 0, "", ""},
		{"refused", refusal(batch.Refused, "Unlisted.Code"), true, map[sheet.Result]int{sheet.NotAttempted: 7}, 0, "", ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			server, s := newServer(), standing(rows, states...)
			s.fail = test.fail
			var asked, read atomic.Int64
			e := &batch.Engine{
				Submitter: server, Finder: server, Surveyor: s, Survey: test.survey, MaxAttempts: 2,
				Surveying: func(a, r int) { asked.Add(int64(a)); read.Add(int64(r)) },
			}
			sum, err := e.Run(t.Context(), nil, plan.New(workbook(rows, "cn-hangzhou"), plan.Options{}))
			if err != nil {
				t.Fatal(err)
			}
			addUp(t, sum.Outcomes, test.want)
			if want := map[bool]int64{true: rows}[test.survey]; asked.Load() != want || read.Load() != want {
				t.Errorf("%s: the survey said that it read %d of %d circuits, want all %d", test.name, read.Load(), asked.Load(), want)
			}
			if sum.Stop != test.stop || sum.NoSurvey != test.denied || len(server.accepted) != test.accepted {
				t.Errorf("%s: stop %q, denied %q, %d accepted", test.name, sum.Stop, sum.NoSurvey, len(server.accepted))
			}
			for i, o := range sum.Outcomes {
				if o.Result == sheet.Already && (o.LOAStatus != states[i] || o.Reason != batch.ReasonLOAExists || o.Attempts != 0 || o.Token != "") {
					t.Errorf("%s: %+v", test.name, o)
				}
				if o.Result == sheet.Refused && (o.LOAStatus != states[i] || o.Reason != batch.ReasonLOARejected) {
					t.Errorf("%s: %+v", test.name, o)
				}
				if o.Result == sheet.NotAttempted && test.stop == "" && (o.ErrorCode == "" || o.Reason != batch.ReasonUnasked && o.Reason != batch.ReasonRegion) {
					t.Errorf("%s: %+v", test.name, o)
				}
			}
		})
	}
}

// If the survey fails, rows that the ledger knows do not depend on it, and what was read before counts.
func TestSurveyFailsInTheMiddle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rows = 120
		server, s := newServer(), standing(rows, "Applying")
		s.fail = func(_ string, call int) error {
			if call > 1 {
				return lostAnswer("(timeout)")
			}
			return nil
		}
		book := workbook(rows, "cn-hangzhou")
		known := map[batch.Key]batch.Record{}
		for i := 100; i < rows; i++ {
			known[plan.KeyOf(&book.Circuits[i])] = batch.Record{Hash: "another", Token: "another", Result: sheet.Refused}
		}
		e := &batch.Engine{Submitter: server, Finder: server, Surveyor: s, Survey: true, MaxAttempts: 2, Rate: quota.Rate{}}
		sum, err := e.Run(t.Context(), nil, plan.New(book, plan.Options{Past: known}))
		if err != nil {
			t.Fatal(err)
		}
		addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.Already: 1, sheet.Submitted: 49 + 20, sheet.NotAttempted: 50})
	})
}

// A run that is interrupted during the survey sends nothing.
func TestSurveyInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, s := newServer(), listed(7)
		drain := make(chan struct{})
		s.fail = func(_ string, call int) error {
			if call == 1 {
				close(drain)
			}
			return lostAnswer("(timeout)")
		}
		e := &batch.Engine{Submitter: server, Finder: server, Surveyor: s, Survey: true}
		sum, err := e.Run(t.Context(), drain, plan.New(workbook(7, "cn-hangzhou"), plan.Options{}))
		if err != nil {
			t.Fatal(err)
		}
		addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.NotAttempted: 7})
		if sum.Stop != batch.StopInterrupted || s.calls["cn-hangzhou"] != 1 || len(server.accepted) != 0 {
			t.Errorf("stop %q, %v, %d accepted", sum.Stop, s.calls, len(server.accepted))
		}
	})
}

// A row that was refused or failed is corrected, and another program applies for its circuit. Once a
// survey has shown that LOA, the row stays ALREADY, and lookups that still show an older LOA do
// not cause another application.
func TestSurveyShowsAnothersApplication(t *testing.T) {
	for name, first := range map[string]*batch.CallError{
		"failed":  {Class: batch.TryLater, Code: "Throttling.User", Throttled: true},
		"refused": {Class: batch.Refused, Code: "IllegalParam.Si", Status: 400},
	} {
		synctest.Test(t, func(t *testing.T) {
			h, s := newHistory(t), standing(1, "")
			night := func(what string, o plan.Options, survey bool, want sheet.Result) {
				t.Helper()
				past, err := h.ledger.Past(t.Context(), batch.PlaceLOA, plan.Keys(h.book))
				if err != nil {
					t.Fatal(err)
				}
				o.Past = past
				e := &batch.Engine{Submitter: h.server, Finder: h.server, Surveyor: s, Survey: survey, Ledger: h.ledger}
				sum, err := e.Run(t.Context(), nil, plan.New(h.book, o))
				if err != nil {
					t.Fatal(err)
				}
				if got := sum.Outcomes[0]; got.Result != want {
					t.Errorf("%s, %s: %s (%s %s), want %s", name, what, got.Result, got.Reason, got.ErrorCode, want)
				}
			}
			h.answers = always(fault{err: first})
			night("first", plan.Options{}, true, map[string]sheet.Result{"failed": sheet.Failed, "refused": sheet.Refused}[name])
			h.quiet()
			h.edit()
			valid := batch.LOA{Status: "Applying", CompanyName: "Another"}
			h.server.loas[plan.Keys(h.book)[0]] = valid
			s.circuits[0].LOAStatus = valid.Status
			night("shown", plan.Options{}, true, sheet.Already)
			night("again", plan.Options{}, true, sheet.Already)
			h.shown = &batch.LOA{Status: batch.LOARejected}
			night("lookups lag", plan.Options{Reapply: true}, false, sheet.Already)
			h.quiet()
			night("quiet", plan.Options{}, false, sheet.Already)
			if len(h.tokens) != 1 {
				t.Errorf("%s: %d tokens were sent", name, len(h.tokens))
			}
		})
	}
}

// If the survey fails and a results copy says that another application is open, the row stays UNKNOWN
// under its token: otherwise the next night would send another.
func TestSurveyFailsBesideAnOpenApplication(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, s := newServer(), listed(1)
		s.fail = refusal(batch.MaybeReceived, "(timeout)")
		book := workbook(1, "cn-hangzhou")
		book.Circuits[0].Past = &sheet.Past{Result: "UNKNOWN", ClientToken: "of-other-content"}
		e := &batch.Engine{Submitter: server, Finder: server, Surveyor: s, Survey: true, MaxAttempts: 2}
		sum, err := e.Run(t.Context(), nil, plan.New(book, plan.Options{}))
		if err != nil {
			t.Fatal(err)
		}
		if o := sum.Outcomes[0]; o.Result != sheet.Unknown || o.Token != "of-other-content" || len(server.accepted) != 0 {
			t.Errorf("%+v", o)
		}
	})
}

// A row was edited after its application was accepted, and the ledger is lost. The results copy tells
// what the survey cannot: the LOA was applied for with other content.
func TestSurveyOfAnEditedRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, s := newHistory(t), standing(1, "Applying")
		h.copy(h.want("first", plan.Options{}, sheet.Submitted, 1, 1))
		for _, edited := range []bool{false, true} {
			h.ledger = &ledger.Memory{}
			want := sheet.Already
			if edited {
				h.book.Circuits[0].Bandwidth++ // which no lookup shows
				want = sheet.Invalid
			}
			for _, night := range []string{"first", "second"} {
				past, _ := h.ledger.Past(t.Context(), batch.PlaceLOA, plan.Keys(h.book))
				e := &batch.Engine{Submitter: h.server, Finder: h.server, Surveyor: s, Survey: true, Ledger: h.ledger}
				sum, err := e.Run(t.Context(), nil, plan.New(h.book, plan.Options{Past: past}))
				if err != nil || sum.Outcomes[0].Result != want || len(h.tokens) != 1 {
					t.Errorf("edited %v, %s night: %+v, %v, want %s", edited, night, sum.Outcomes[0], err, want)
				}
			}
		}
	})
}
