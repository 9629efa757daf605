package ledgertest

import (
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
)

// LOABook checks what is remembered of LOAs, across scopes and, since open opens the same book
// again, across processes.
func LOABook(t *testing.T, open func() ledger.LOABook) {
	s := open()
	at := func(days int) time.Time { return time.Date(2026, 9, days, 2, 30, 0, 5, time.UTC) }
	letter := ledger.Letter{Path: "/letters/cn-hangzhou.pc-sample.pdf", SHA256: hexSum("letter")}
	must(t, s.KeepLetter(t.Context(), ledger.Real, Key(0), letter)) // of no LOA
	must(t, s.SawLOAs(t.Context(), ledger.Real, []ledger.LOA{
		{Key: Key(0), Status: batch.LOAApplying, Since: at(1), Asked: at(2), Company: "Example Ltd"},
		{Key: Key(1), Asked: at(2)},
		{Key: Key(3), Status: batch.LOARejected, Asked: at(2), Letter: letter},
	}))
	must(t, s.SawLOAs(t.Context(), ledger.Simulated, []ledger.LOA{{Key: Key(0), Status: batch.LOAComplete, Asked: at(3)}}))
	must(t, s.SawLOAs(t.Context(), ledger.Real, []ledger.LOA{{Key: Key(0), Status: batch.LOAAvailable, Asked: at(4)}, {Key: Key(1), Asked: at(4)}}))
	must(t, s.KeepLetter(t.Context(), ledger.Real, Key(0), letter))
	must(t, s.SawLOAs(t.Context(), ledger.Real, []ledger.LOA{{Key: Key(0), Status: batch.LOAApplying, Asked: at(3)}, {Key: Key(0), Status: batch.LOAAvailable, Asked: at(5)}}))

	applying := ledger.LOA{Key: Key(0), Status: batch.LOAApplying, Since: at(1), Asked: at(2), Company: "Example Ltd"}
	available := ledger.LOA{Key: Key(0), Status: batch.LOAAvailable, Since: at(4), Asked: at(5), Company: "Example Ltd", Letter: letter}
	none := ledger.LOA{Key: Key(1), Since: at(2), Asked: at(4)}
	rejected := ledger.LOA{Key: Key(3), Status: batch.LOARejected, Since: at(2), Asked: at(2)}
	present, err := open().LOAs(t.Context(), ledger.Real, Keys(3))
	must(t, err)
	equal(t, "present", present, map[batch.Key]ledger.LOA{Key(0): available, Key(1): none})
	present, err = s.LOAs(t.Context(), ledger.Real, nil)
	must(t, err)
	equal(t, "all present", present, map[batch.Key]ledger.LOA{Key(0): available, Key(1): none, Key(3): rejected})

	history, err := open().LOAHistory(t.Context())
	must(t, err)
	simulated := ledger.LOA{Key: Key(0), Status: batch.LOAComplete, Since: at(3), Asked: at(3)}
	in := func(scope ledger.Scope, l ledger.LOA) ledger.LOA { l.Scope = scope; return l }
	equal(t, "history", history, []ledger.LOA{in(ledger.Real, none), in(ledger.Real, applying), in(ledger.Real, available), in(ledger.Real, rejected), in(ledger.Simulated, simulated)})
}

// loas checks that pruning keeps what is remembered of LOAs.
func loas(t *testing.T, open Open) {
	LOABook(t, func() ledger.LOABook {
		s := open(t)
		_, err := s.Prune(t.Context(), time.Now(), nil)
		must(t, err)
		return s
	})
}

// manyLOAs records more LOAs than one transaction takes.
func manyLOAs(t *testing.T, open Open) {
	s, at := open(t), time.Date(2026, 9, 1, 2, 30, 0, 0, time.UTC)
	seen := make([]ledger.LOA, 1201)
	for i := range seen {
		seen[i] = ledger.LOA{Key: Key(i), Status: batch.LOAApplying, Asked: at}
	}
	must(t, s.SawLOAs(t.Context(), ledger.Real, seen))
	present, err := s.LOAs(t.Context(), ledger.Real, Keys(len(seen)))
	if must(t, err); len(present) != len(seen) {
		t.Errorf("%d are known, want %d", len(present), len(seen))
	}
}
