package batch_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

// circuitState is the state of a circuit, with that of its LOA.
func circuitState(status, business, loa string) batch.CircuitState {
	return batch.CircuitState{InstanceID: "pc-1", Status: status, BusinessStatus: business, LOAStatus: loa}
}

func TestPredict(t *testing.T) {
	for _, test := range []struct {
		name    string
		state   batch.CircuitState
		reapply bool
		want    sheet.Result
		why     batch.Reason
		code    string
		circuit string
	}{
		{"ready", circuitState("Allocated", "Normal", ""), false, sheet.Valid, batch.ReasonValid, "", ""},
		{"business status missing", circuitState("Allocated", "", ""), false, sheet.Valid, batch.ReasonValid, "", ""},
		{"no such circuit", batch.CircuitState{}, false, sheet.Blocked, batch.ReasonNoCircuit, "InvalidInstanceId.NotFound", ""},
		{"not allocated yet", circuitState("Initial", "Normal", ""), false, sheet.Blocked, batch.ReasonNotAllocated, "IncorrectStatus.PhysicalConnection", "Initial"},
		{"in use", circuitState("Enabled", "Normal", ""), false, sheet.Blocked, batch.ReasonNotAllocated, "IncorrectStatus.PhysicalConnection", "Enabled"},
		{"locked", circuitState("Allocated", "FinancialLocked", ""), false, sheet.Blocked, batch.ReasonLocked, "IncorrectStatus.PhysicalConnection", "FinancialLocked"},
		{"locked before it is allocated", circuitState("Initial", "SecurityLocked", ""), false, sheet.Blocked, batch.ReasonLocked, "IncorrectStatus.PhysicalConnection", "SecurityLocked"},
		{"LOA applied for", circuitState("Allocated", "Normal", "Applying"), false, sheet.Already, batch.ReasonLOAExists, "", ""},
		{"LOA complete, circuit in use", circuitState("Enabled", "Normal", "Complete"), true, sheet.Already, batch.ReasonLOAExists, "", ""},
		{"LOA rejected", circuitState("Allocated", "Normal", batch.LOARejected), false, sheet.Blocked, batch.ReasonLOARejected, "IncorrectStatus.PhysicalConnectionLOA", ""},
		{"LOA rejected, asked to reapply", circuitState("Allocated", "Normal", batch.LOARejected), true, sheet.Valid, batch.ReasonValid, "", ""},
		{"LOA deleted", circuitState("Allocated", "Normal", batch.LOADeleted), false, sheet.Valid, batch.ReasonValid, "", ""},
	} {
		a := batch.Application{Row: 7, ReapplyRejected: test.reapply}
		o := batch.Predict(a, test.state)
		if o.Row != 7 || o.Result != test.want || o.Reason != test.why || o.ErrorCode != test.code || o.LOAStatus != test.state.LOAStatus || o.CircuitState != test.circuit {
			t.Errorf("%s: %+v", test.name, o)
		}
	}
}

// forbidden is an API and a ledger that a dry run must not use.
type forbidden struct{ t *testing.T }

func (f forbidden) Submit(context.Context, batch.Application) (batch.Receipt, error) {
	f.t.Error("a dry run sent something")
	return batch.Receipt{}, nil
}

func (f forbidden) Past(context.Context, batch.Place, []batch.Key) (map[batch.Key]batch.Record, error) {
	return nil, nil
}

func (f forbidden) Begin(context.Context, batch.Application) error {
	f.t.Error("a dry run began something")
	return nil
}

func (f forbidden) Finish(context.Context, batch.Outcome) error {
	f.t.Error("a dry run wrote something")
	return nil
}

func TestDryRunSendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := workbook(9, "cn-hangzhou", "cn-shanghai", "eu-central-1")
		w.Circuits[0].Invalid = true
		p := plan.New(w, plan.Options{DryRun: true, AllOrNothing: true})
		sum, err := (&batch.Engine{Submitter: forbidden{t}, Ledger: forbidden{t}}).Run(t.Context(), nil, p)
		if err != nil {
			t.Fatal(err)
		}
		addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.Invalid: 1, sheet.Valid: 8})

		s := &surveyor{calls: map[string]int{}}
		for _, c := range w.Circuits[:8] {
			s.circuits = append(s.circuits, allocated(c.InstanceID))
		}
		s.fail = func(region string, call int) error {
			switch {
			case region == "cn-hangzhou" && call < 3:
				return &batch.CallError{Class: batch.TryLater, Code: "Throttling.User", Throttled: true}
			case region == "cn-shanghai":
				return &batch.CallError{Class: batch.RegionFatal, Code: "(no-such-host)"}
			}
			return nil
		}
		sum, err = (&batch.Engine{Submitter: forbidden{t}, Ledger: forbidden{t}, Surveyor: s}).Run(t.Context(), nil, p)
		if err != nil {
			t.Fatal(err)
		}
		addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.Invalid: 1, sheet.Valid: 4, sheet.Blocked: 1, sheet.NotAttempted: 3})
		if o := sum.Outcomes[8]; o.Result != sheet.Blocked || o.ErrorCode != "InvalidInstanceId.NotFound" {
			t.Errorf("a circuit that the account does not have: %+v", o)
		}
		if sum.Throttled != 2 || s.calls["cn-shanghai"] != 1 {
			t.Errorf("throttled %d, calls %v", sum.Throttled, s.calls)
		}
	})
}

// surveyor lists circuits on pages of fifty, after some failures.
type surveyor struct {
	circuits []batch.CircuitState
	unlisted []batch.CircuitState // found by their IDs only
	fail     func(region string, call int) error

	mu    sync.Mutex
	calls map[string]int
	asked []string // page and number of IDs of each call
}

func allocated(id string) batch.CircuitState {
	return batch.CircuitState{InstanceID: id, Status: "Allocated", BusinessStatus: "Normal"}
}

// Survey implements Surveyor.
func (s *surveyor) Survey(_ context.Context, region string, page int, ids []string) (batch.SurveyPage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[region]++
	s.asked = append(s.asked, fmt.Sprintf("%d/%d", page, len(ids)))
	if s.fail != nil {
		if err := s.fail(region, s.calls[region]); err != nil {
			return batch.SurveyPage{}, err
		}
	}
	if len(ids) > 0 {
		both := append(slices.Clone(s.circuits), s.unlisted...)
		named := slices.DeleteFunc(both, func(c batch.CircuitState) bool { return !slices.Contains(ids, c.InstanceID) })
		return batch.SurveyPage{Circuits: named, Pages: 1}, nil
	}
	const size = 50
	from, to := min((page-1)*size, len(s.circuits)), min(page*size, len(s.circuits))
	return batch.SurveyPage{Circuits: s.circuits[from:to], Pages: (len(s.circuits) + size - 1) / size}, nil
}

// surveyed carries out an online dry run of circuits that are all in one region.
func surveyed(t *testing.T, e *batch.Engine, rows int) *batch.Summary {
	t.Helper()
	p := plan.New(workbook(rows, "cn-hangzhou"), plan.Options{DryRun: true})
	sum, err := e.Run(t.Context(), nil, p)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// listed returns a surveyor that lists the circuits of a workbook with that many rows.
func listed(rows int) *surveyor {
	s := &surveyor{calls: map[string]int{}}
	for _, c := range workbook(rows, "cn-hangzhou").Circuits {
		s.circuits = append(s.circuits, allocated(c.InstanceID))
	}
	return s
}

// A survey reads no more pages than it needs, and asks by ID for a few circuits and for those that
// the listing did not contain.
func TestSurveyPages(t *testing.T) {
	for _, test := range []struct {
		name         string
		rows, listed int
		unlisted     int
		asked        []string
	}{
		{"few", 3, 120, 0, []string{"1/3"}},
		{"the first page has them", 40, 120, 0, []string{"1/0"}},
		{"all", 120, 120, 0, []string{"1/0", "2/0", "3/0"}},
		{"some are not listed", 120, 113, 7, []string{"1/0", "2/0", "3/0", "1/5", "1/2"}},
		{"few of many", 12, 1200, 0, []string{"1/0"}},
		{"some do not exist", 12, 5, 0, []string{"1/0", "1/5", "1/2"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := listed(max(test.rows, test.listed))
			s.circuits, s.unlisted = s.circuits[:test.listed], s.circuits[test.listed:test.listed+test.unlisted]
			sum := surveyed(t, &batch.Engine{Surveyor: s}, test.rows)
			valid := min(test.rows, test.listed+test.unlisted)
			addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.Valid: valid, sheet.Blocked: test.rows - valid})
			if !slices.Equal(s.asked, test.asked) || sum.Requests != len(test.asked) {
				t.Errorf("%s: asked for %v, %d requests, want %v", test.name, s.asked, sum.Requests, test.asked)
			}
		})
	}
}

// Every page has its own attempts: many pages are read although some answers are lost, and every
// request counts.
func TestSurveyRepeatsPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := listed(1000)
		s.fail = func(_ string, call int) error {
			if call%4 == 0 {
				return lostAnswer("(no-answer)")
			}
			return nil
		}
		sum := surveyed(t, &batch.Engine{Surveyor: s, MaxAttempts: 2}, 1000)
		addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.Valid: 1000})
		if sum.Requests != 26 || sum.Requests != len(s.asked) || sum.Lookups != 26 {
			t.Errorf("%d requests, %d lookups, %d asked", sum.Requests, sum.Lookups, len(s.asked))
		}
	})
}

// If a page cannot be read, earlier pages still count, and the other rows say why.
func TestSurveyKeepsWhatItRead(t *testing.T) {
	for _, test := range []struct {
		class batch.Class
		why   batch.Reason
		stop  batch.StopReason
		calls int
	}{
		{batch.TryLater, batch.ReasonUnasked, "", 1 + 3},
		{batch.MaybeReceived, batch.ReasonUnasked, "", 1 + 3},
		{batch.Refused, batch.ReasonUnasked, "", 1 + 1},
		{batch.RegionFatal, batch.ReasonRegion, "", 1 + 1},
		{batch.RunFatal, batch.ReasonStopped, batch.StopFatal, 1 + 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := listed(60)
			s.fail = func(_ string, call int) error {
				if call > 1 {
					return &batch.CallError{Class: test.class, Code: "Code"}
				}
				return nil
			}
			sum := surveyed(t, &batch.Engine{Surveyor: s, MaxAttempts: 3}, 60)
			addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.Valid: 50, sheet.NotAttempted: 10})
			if o := sum.Outcomes[59]; o.Reason != test.why || o.ErrorCode != "Code" || sum.Stop != test.stop || len(s.asked) != test.calls {
				t.Errorf("%v: %+v, stop %q, %d calls", test.class, o, sum.Stop, len(s.asked))
			}
		})
	}
}

// Pages wait for the quota of their API, and a throttling answer slows it down.
func TestSurveyKeepsTheQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := listed(500)
		s.fail = func(_ string, call int) error {
			if call == 3 {
				return &batch.CallError{Class: batch.TryLater, Code: "Throttling.User", Throttled: true}
			}
			return nil
		}
		start := time.Now()
		sum := surveyed(t, &batch.Engine{Surveyor: s, Rate: quota.Rate{N: 2, Per: time.Second}}, 500)
		addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.Valid: 500})
		if took := time.Since(start); took < 5*time.Second || sum.Throttled != 1 || sum.Slowed == 0 {
			t.Errorf("11 pages took %v at 2/1s, throttled %d, slowed %v", took, sum.Throttled, sum.Slowed)
		}
	})
}

// A signal ends a survey between two pages.
func TestSurveyStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		drain := make(chan struct{})
		s := listed(1000)
		s.fail = func(_ string, call int) error {
			if call == 2 {
				close(drain)
				time.Sleep(time.Second)
			}
			return nil
		}
		p := plan.New(workbook(1000, "cn-hangzhou"), plan.Options{DryRun: true})
		sum, err := (&batch.Engine{Surveyor: s}).Run(t.Context(), drain, p)
		if err != nil {
			t.Fatal(err)
		}
		addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.Valid: 100, sheet.NotAttempted: 900})
		if o := sum.Outcomes[999]; o.Reason != batch.ReasonInterrupted || sum.Stop != batch.StopInterrupted {
			t.Errorf("%+v, stop %q", o, sum.Stop)
		}
	})
}
