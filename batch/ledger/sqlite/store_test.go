package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/ledgertest"
	"github.com/loabatch/loabatch/batch/ledger/sqlite"
)

func open(t testing.TB, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestConformance(t *testing.T) {
	t.Parallel()
	ledgertest.Run(t, ledgertest.Backend{
		New: func(t *testing.T) ledgertest.Open {
			path := filepath.Join(t.TempDir(), "ledger.db")
			return func(t *testing.T) ledger.Store { return open(t, path) }
		},
		Kill: func(t *testing.T, s ledger.Store, runID string) {
			if err := s.(*sqlite.Store).Kill(t.Context(), runID); err != nil {
				t.Fatal(err)
			}
		},
	})
}

func TestFileModes(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "state", "loabatch")
	path := filepath.Join(folder, "led ger?#%41.db")
	s := open(t, path)
	run, err := s.Start(t.Context(), ledger.RunInfo{ID: "r", Scope: ledger.Real}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := run.End(t.Context(), ledger.RunEnd{}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{folder: 0o700, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", name, got, want)
		}
	}
}

func TestOpenRestrictsFileModes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	first := open(t, path) // it stays open, so the files beside the ledger stay
	if _, err := first.Start(t.Context(), ledger.RunInfo{ID: "r", Scope: ledger.Real}, nil); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{path: 0o644, path + "-wal": 0o444, path + "-shm": 0o400} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	open(t, path)
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", name, info.Mode().Perm())
		}
	}
}
