package batch

import (
	"testing"
	"testing/synctest"

	"github.com/loabatch/loabatch/sheet"
)

func TestRunSubmitsEveryRowInSheetOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		w := workbook(90, "cn-hangzhou", "cn-shanghai", "eu-central-1")
		w.Circuits[4].Invalid = true
		seen := 0
		e := &Engine{Submitter: s, Finder: s, Rate: DefaultRate, Observe: func(e Event) {
			seen++
			if e.Done != seen || e.Total != 90 {
				t.Errorf("event %d says %d of %d", seen, e.Done, e.Total)
			}
		}}
		sum, err := e.Run(t.Context(), nil, NewPlan(w, PlanOptions{}))
		if err != nil || sum.Stop != "" {
			t.Fatalf("error %v, stop %q", err, sum.Stop)
		}
		for i, o := range sum.Outcomes {
			want := sheet.Submitted
			if i == 4 {
				want = sheet.Invalid
			}
			if o.Row != i+2 || o.Result != want {
				t.Errorf("outcome %d is row %d, %s", i, o.Row, o.Result)
			}
		}
		if seen != 90 || sum.Requests != 89 || sum.Retries != 0 || sum.Lookups != 0 {
			t.Errorf("saw %d rows; %+v", seen, sum)
		}
	})
}
