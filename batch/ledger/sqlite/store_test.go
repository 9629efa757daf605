package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/loabatch/loabatch/batch/durable"
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
	name := "led ger?#%41.db"
	if runtime.GOOS == "windows" {
		name = "led ger 账本#%41.db" // where no name has a question mark
	}
	path := filepath.Join(folder, name)
	s := open(t, path)
	run, err := s.Start(t.Context(), ledger.RunInfo{ID: "r", Scope: ledger.Real}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := run.End(t.Context(), ledger.RunEnd{}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{folder: 0o700, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600} {
		checkPrivate(t, name, want)
	}
}

func TestOpenRestrictsFileModes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	first := open(t, path) // it stays open, so the files beside the ledger stay
	if _, err := first.Start(t.Context(), ledger.RunInfo{ID: "r", Scope: ledger.Real}, nil); err != nil {
		t.Fatal(err)
	}
	modes := map[string]os.FileMode{path: 0o644, path + "-wal": 0o444, path + "-shm": 0o400}
	if runtime.GOOS == "windows" {
		modes = nil // nobody changes a file's mode while it is open
	}
	for name, mode := range modes {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	open(t, path)
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		checkPrivate(t, name, 0o600)
	}
}

// checkPrivate checks that a file or folder is accessible to its owner alone.
func checkPrivate(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if private, err := durable.Private(path); err != nil || !private {
		t.Errorf("%s: private %v, %v", path, private, err)
	}
	if runtime.GOOS == "windows" {
		mode = 0o777
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			mode = 0o666
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
		t.Errorf("%v, %v, want %o", info, err, mode)
	}
}
