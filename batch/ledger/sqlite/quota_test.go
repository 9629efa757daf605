package sqlite

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/quota"
)

var anyKey = quota.Key{Scope: "real:1", Region: "cn-hangzhou", API: "Apply"}

func anyAsk(number uint64, n int) quota.Ask {
	return quota.Ask{Process: 1, Number: number, Rate: quota.Rate{N: 10, Per: time.Hour}, Burst: 10, Life: time.Second, Want: n}
}

func mustTake(t *testing.T, s *Store, ask quota.Ask, granted int) {
	t.Helper()
	g, err := s.Take(t.Context(), anyKey, ask)
	if err != nil || len(g.Starts) != granted {
		t.Fatalf("granted %d, error %v, want %d", len(g.Starts), err, granted)
	}
}

// A ledger of version 2 has no quotas yet.
func TestTakeFromALedgerOfVersion2(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	if err := migrate(t.Context(), connect(t, path), migrations[:2]); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	mustTake(t, s, anyAsk(1, 10), 10)
	mustTake(t, s, anyAsk(2, 10), 0)
}

// After the machine was started anew, takes may be lost: nothing is granted until all that
// may have been granted is over, counted from the start of the machine.
func TestTakeAfterARestartOfTheMachine(t *testing.T) {
	s, _ := running(t, 0)
	mustTake(t, s, anyAsk(1, 1), 1)
	s.quotas.line = "the next start"
	g, err := s.Take(t.Context(), anyKey, anyAsk(2, 10))
	over := time.Hour - sinceBoot() // and a few seconds for what was in flight
	if err != nil || over > 0 && (len(g.Starts) != 0 || g.Wait < over) || over < -time.Minute && len(g.Starts) == 0 {
		t.Errorf("%d granted, to wait %v, error %v, the machine is up for %v", len(g.Starts), g.Wait, err, sinceBoot())
	}
}

// A state that cannot be read or written stops whoever takes.
func TestTakeFails(t *testing.T) {
	s, _ := running(t, 0)
	mustTake(t, s, anyAsk(1, 1), 1)
	if _, err := s.quotas.db.ExecContext(t.Context(), "UPDATE quotas SET state = x'ff'"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Take(t.Context(), anyKey, anyAsk(2, 1)); err == nil {
		t.Error("a state of another version is taken from")
	}
	if _, err := s.quotas.db.ExecContext(t.Context(), "DELETE FROM quotas"); err != nil {
		t.Fatal(err)
	}
	mustTake(t, s, anyAsk(3, 1), 1)
	if _, err := s.quotas.db.ExecContext(t.Context(), "PRAGMA query_only(1)"); err != nil {
		t.Fatal(err)
	}
	_, err := s.Take(t.Context(), anyKey, anyAsk(4, 1))
	wantKind(t, err, ledger.ReadOnly)
}
