package batch_test

import (
	"context"
	"testing"
	"testing/synctest"

	. "github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/sheet"
)

func TestPredict(t *testing.T) {
	for _, test := range []struct {
		name    string
		state   CircuitState
		reapply bool
		want    sheet.Result
		why     Reason
		code    string
		circuit string
	}{
		{"ready", CircuitState{"pc-1", "Allocated", "Normal", ""}, false, sheet.Valid, ReasonValid, "", ""},
		{"business status not told", CircuitState{"pc-1", "Allocated", "", ""}, false, sheet.Valid, ReasonValid, "", ""},
		{"no such circuit", CircuitState{}, false, sheet.Blocked, ReasonNoCircuit, "InvalidInstanceId.NotFound", ""},
		{"not allocated yet", CircuitState{"pc-1", "Initial", "Normal", ""}, false, sheet.Blocked, ReasonNotAllocated, "IncorrectStatus.PhysicalConnection", "Initial"},
		{"in use", CircuitState{"pc-1", "Enabled", "Normal", ""}, false, sheet.Blocked, ReasonNotAllocated, "IncorrectStatus.PhysicalConnection", "Enabled"},
		{"locked", CircuitState{"pc-1", "Allocated", "FinancialLocked", ""}, false, sheet.Blocked, ReasonLocked, "IncorrectStatus.PhysicalConnection", "FinancialLocked"},
		{"locked before it is allocated", CircuitState{"pc-1", "Initial", "SecurityLocked", ""}, false, sheet.Blocked, ReasonLocked, "IncorrectStatus.PhysicalConnection", "SecurityLocked"},
		{"LOA applied for", CircuitState{"pc-1", "Allocated", "Normal", "Applying"}, false, sheet.Already, ReasonLOAExists, "", ""},
		{"LOA complete, circuit in use", CircuitState{"pc-1", "Enabled", "Normal", "Complete"}, true, sheet.Already, ReasonLOAExists, "", ""},
		{"LOA rejected", CircuitState{"pc-1", "Allocated", "Normal", LOARejected}, false, sheet.Blocked, ReasonLOARejected, "IncorrectStatus.PhysicalConnectionLOA", ""},
		{"LOA rejected, asked to reapply", CircuitState{"pc-1", "Allocated", "Normal", LOARejected}, true, sheet.Valid, ReasonValid, "", ""},
		{"LOA deleted", CircuitState{"pc-1", "Allocated", "Normal", LOADeleted}, false, sheet.Valid, ReasonValid, "", ""},
	} {
		a := Application{Row: 7, ReapplyRejected: test.reapply}
		o := Predict(a, test.state)
		if o.Row != 7 || o.Result != test.want || o.Reason != test.why || o.ErrorCode != test.code || o.LOAStatus != test.state.LOAStatus || o.CircuitState != test.circuit {
			t.Errorf("%s: %+v", test.name, o)
		}
	}
}

// forbidden is an API and a ledger that a dry run must not touch.
type forbidden struct{ t *testing.T }

func (f forbidden) Submit(context.Context, Application) (Receipt, error) {
	f.t.Error("a dry run sent something")
	return Receipt{}, nil
}

func (f forbidden) Past(context.Context, []Key) (map[Key]Record, error) { return nil, nil }

func (f forbidden) Begin(context.Context, Application) error {
	f.t.Error("a dry run began something")
	return nil
}

func (f forbidden) Finish(context.Context, Outcome) error {
	f.t.Error("a dry run wrote something")
	return nil
}

func TestDryRunSendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := workbook(9, "cn-hangzhou", "cn-shanghai", "eu-central-1")
		w.Circuits[0].Invalid = true
		p := plan.New(w, plan.Options{DryRun: true, AllOrNothing: true})
		sum, err := (&Engine{Submitter: forbidden{t}, Ledger: forbidden{t}}).Run(t.Context(), nil, p)
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
				return &CallError{Class: TryLater, Code: "Throttling.User", Throttled: true}
			case region == "cn-shanghai":
				return &CallError{Class: RegionFatal, Code: "(no-such-host)"}
			}
			return nil
		}
		sum, err = (&Engine{Submitter: forbidden{t}, Ledger: forbidden{t}, Surveyor: s}).Run(t.Context(), nil, p)
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
