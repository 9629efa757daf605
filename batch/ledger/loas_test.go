package ledger_test

import (
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/ledgertest"
)

func TestMemoryOfLOAs(t *testing.T) {
	var memory ledger.Memory
	ledgertest.LOABook(t, func() ledger.LOABook { return &memory })
}

func TestLOAAfter(t *testing.T) {
	at := func(hours int) time.Time { return time.Date(2026, 11, 20, hours, 0, 0, 0, time.UTC) }
	letter := ledger.Letter{Path: "/letters/pc-1.pdf", SHA256: "aa"}
	available := ledger.LOA{Status: "Available", Since: at(5), Asked: at(6), Company: "Example Ltd", Letter: letter}
	for name, test := range map[string]struct {
		known, seen, want ledger.LOA
		changed           bool
	}{
		"first": {ledger.LOA{}, ledger.LOA{Status: "Applying", Asked: at(2)}, ledger.LOA{Status: "Applying", Since: at(2), Asked: at(2)}, true},
		"first, applied for earlier": {ledger.LOA{}, ledger.LOA{Status: "Applying", Since: at(1), Asked: at(2)},
			ledger.LOA{Status: "Applying", Since: at(1), Asked: at(2)}, true},
		"none at first": {ledger.LOA{}, ledger.LOA{Asked: at(2)}, ledger.LOA{Since: at(2), Asked: at(2)}, true},
		"the same": {available, ledger.LOA{Status: "Available", Asked: at(9)},
			ledger.LOA{Status: "Available", Since: at(5), Asked: at(9), Company: "Example Ltd", Letter: letter}, false},
		"the same status, now with its start": {available, ledger.LOA{Status: "Available", Since: at(1), Asked: at(9), Company: "Other Ltd"},
			ledger.LOA{Status: "Available", Since: at(5), Asked: at(9), Company: "Other Ltd", Letter: letter}, false},
		"an older answer": {available, ledger.LOA{Status: "Applying", Asked: at(4)}, available, false},
		"a later state keeps the letter": {available, ledger.LOA{Status: "Completing", Asked: at(9)},
			ledger.LOA{Status: "Completing", Since: at(9), Asked: at(9), Company: "Example Ltd", Letter: letter}, true},
		"rejected": {available, ledger.LOA{Status: "Rejected", Asked: at(9)},
			ledger.LOA{Status: "Rejected", Since: at(9), Asked: at(9), Company: "Example Ltd"}, true},
		"applied for again": {ledger.LOA{Status: "Applying", Since: at(1), Asked: at(2)}, ledger.LOA{Status: "Applying", Since: at(3), Asked: at(3)},
			ledger.LOA{Status: "Applying", Since: at(3), Asked: at(3)}, true},
		"two answers at the same instant": {available, ledger.LOA{Status: "Complete", Since: at(1), Asked: at(6)},
			ledger.LOA{Status: "Complete", Since: at(6), Asked: at(6), Company: "Example Ltd", Letter: letter}, true},
		"at the instant when it began": {ledger.LOA{Status: "Applying", Since: at(1), Asked: at(1)}, ledger.LOA{Status: "Accept", Asked: at(1)},
			ledger.LOA{Status: "Accept", Since: at(1).Add(1), Asked: at(1).Add(1)}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got, changed := test.known.After(test.seen); got != test.want || changed != test.changed {
				t.Errorf("got %+v, %v\nwant %+v, %v", got, changed, test.want, test.changed)
			}
		})
	}
}
