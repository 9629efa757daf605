package waiting

import (
	"reflect"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
)

const day = 24 * time.Hour

var now = time.Date(2026, 11, 27, 2, 0, 0, 0, time.UTC)

// seen is a status that an LOA has had since some days ago.
func seen(circuit, company, status string, days int) ledger.LOA {
	since := now.Add(-time.Duration(days) * day)
	return ledger.LOA{Scope: ledger.Real, Key: batch.Key{Region: "cn-hangzhou", InstanceID: circuit}, Status: status, Since: since, Asked: now, Company: company}
}

func TestOf(t *testing.T) {
	again := seen("pc-b", "Beta", "Applying", 3)
	done := seen("pc-a", "Alpha", "Complete", 2)
	built := seen("pc-c", "Beta", "Available", 12)
	turned := seen("pc-d", "Gamma", "Rejected", 9)
	none := seen("pc-e", "", "", 1)
	odd := seen("pc-f", "Alpha", "Suspended", 4)
	o := Of([]ledger.LOA{
		seen("pc-a", "Alpha", "Applying", 30), seen("pc-a", "Alpha", "Accept", 28), seen("pc-a", "Alpha", "Available", 27), seen("pc-a", "Alpha", "Completing", 5), done,
		seen("pc-b", "Beta", "Applying", 8), seen("pc-b", "Beta", "Rejected", 6), again,
		built, turned, none, odd,
	}, now)
	wait := func(l ledger.LOA, p Party, days, rejected int) Circuit {
		return Circuit{LOA: l, For: p, Waits: time.Duration(days) * day, Rejected: rejected}
	}
	want := Overview{
		Circuits: []Circuit{wait(built, Builder, 12, 0), wait(turned, Us, 9, 1), wait(again, Review, 3, 1), wait(none, Us, 1, 0)},
		Companies: []Company{
			{Name: "Beta", Circuits: 2, Reviewed: 2, Rejected: 1},
			{Name: "Gamma", Circuits: 1, Reviewed: 1, Rejected: 1, StillOpen: 1},
			{Name: "", Circuits: 1},
			{Name: "Alpha", Circuits: 2, Reviewed: 1},
		},
		States: []State{
			{Status: "", Now: 1},
			{Status: "Applying", Now: 1, Times: 2, Median: 2 * day, Longest: 2 * day},
			{Status: "Rejected", Now: 1, Times: 1, Median: 3 * day, Longest: 3 * day},
			{Status: "Accept", Times: 1, Median: day, Longest: day},
			{Status: "Available", Now: 1, Times: 1, Median: 22 * day, Longest: 22 * day},
			{Status: "Completing", Times: 1, Median: 3 * day, Longest: 3 * day},
			{Status: "Complete", Now: 1},
			{Status: "Suspended", Now: 1},
		},
	}
	if !reflect.DeepEqual(o, want) {
		t.Errorf("got  %+v\nwant %+v", o, want)
	}
	// Within one night, a step follows the review before anybody asks for the status.
	if o := Of([]ledger.LOA{seen("pc-g", "Delta", "Applying", 9), seen("pc-g", "Delta", "Complete", 2)}, now); o.Companies[0].Reviewed != 1 {
		t.Errorf("a circuit that is in service was not reviewed: %+v", o.Companies)
	}
	if o := Of(nil, now); o.Circuits != nil || o.Companies != nil || o.States != nil {
		t.Errorf("of nothing: %+v", o)
	}
}
