package loa

import (
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// TestNote notes the outcomes of several rounds: what differs is compared with the answer
// before, and what the command began with is kept.
func TestNote(t *testing.T) {
	at := time.Date(2027, 1, 15, 2, 0, 0, 0, time.UTC)
	answer := func(status string) batch.Outcome { return batch.Outcome{Result: sheet.Already, LOAStatus: status} }
	unasked := batch.Outcome{Result: sheet.NotAttempted, Reason: batch.ReasonUnasked}
	for _, c := range []struct {
		name     string
		before   string
		outcomes []batch.Outcome
		changed  []bool
		waits    bool
		want     string // of Before
	}{
		{"not known before", "", []batch.Outcome{answer(batch.LOAApplying)}, []bool{false}, true, ""},
		{"as before", batch.LOAApplying, []batch.Outcome{answer(batch.LOAApplying)}, []bool{false}, true, batch.LOAApplying},
		{"changed", batch.LOAApplying, []batch.Outcome{answer(batch.LOAAvailable)}, []bool{true}, false, batch.LOAApplying},
		{"changed later", "", []batch.Outcome{answer(batch.LOAApplying), unasked, answer(batch.LOARejected), answer(batch.LOARejected)}, []bool{false, false, true, false}, false, batch.LOAApplying},
		{"applied for meanwhile", report.NoLOA, []batch.Outcome{answer(""), answer(batch.LOAApplying)}, []bool{false, true}, true, report.NoLOA},
		{"never answered", batch.LOAApplying, []batch.Outcome{unasked, unasked}, []bool{false, false}, true, batch.LOAApplying},
	} {
		r := Row{Before: c.before}
		for i, o := range c.outcomes {
			answered, changed := r.Note(o, at)
			if answered != (o.Result == sheet.Already) || changed != c.changed[i] {
				t.Errorf("%s: round %d: answered %t, changed %t", c.name, i+1, answered, changed)
			}
		}
		if r.Waits() != c.waits || r.Before != c.want || r.Unasked() != r.At.IsZero() {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
}
