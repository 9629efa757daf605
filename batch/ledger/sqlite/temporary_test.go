package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

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

// TestStaleTemporariesAreRemoved leaves folders behind as a killed process, a process of an
// earlier version and other programs do.
func TestStaleTemporariesAreRemoved(t *testing.T) {
	parent := t.TempDir()
	t.Setenv("TMPDIR", parent)
	t.Setenv("TMP", parent) // of Windows
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
	if err != nil && runtime.GOOS != "windows" { // which lets few users make links; Wine makes none, and says nothing
		t.Fatal(err)
	}
	_, linked := os.Lstat(link)
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
