package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
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

// After a restart of the machine, takes may be lost: nothing is granted until all that may have
// been granted is over, counted from the boot.
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

// A take fails if the state cannot be read or written.
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

func TestTemporaryIsRemoved(t *testing.T) {
	s, err := Temporary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.Path()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Dir(s.Path())); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
}

// TestStaleTemporariesAreRemoved leaves folders behind like a killed process, a process of an
// earlier version and other programs.
func TestStaleTemporariesAreRemoved(t *testing.T) {
	parent := t.TempDir()
	t.Setenv("TMPDIR", parent)
	t.Setenv("TMP", parent) // for Windows
	used, err := Temporary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer used.Close()
	old := time.Now().Add(-2 * unlockedAge)
	for _, name := range []string{"loabatch-ledger-killed/owner.lock", "loabatch-ledger-killed/ledger.db", "loabatch-ledger-killed/ledger.db.locks/1.lock",
		"loabatch-ledger-earlier/ledger.db", "loabatch-ledger-recent/ledger.db", "other/owner.lock"} {
		path := filepath.Join(parent, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"loabatch-ledger-earlier/ledger.db", "loabatch-ledger-earlier", "other"} {
		if err := os.Chtimes(filepath.Join(parent, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(parent, "loabatch-ledger-link")
	err = os.Symlink(filepath.Join(parent, "other"), link)
	if err != nil && runtime.GOOS != "windows" { // Windows lets few users make links; Wine makes none, without an error
		t.Fatal(err)
	}
	_, linked := os.Lstat(link)
	swept.Clear() // as in another process
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for name, want := range map[string]bool{"loabatch-ledger-killed": false, "loabatch-ledger-earlier": false, "loabatch-ledger-recent": true,
		"loabatch-ledger-link": linked == nil, "other/owner.lock": true, filepath.Base(filepath.Dir(used.Path())): true} {
		if _, err := os.Lstat(filepath.Join(parent, name)); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", name, err == nil, want)
		}
	}
}
