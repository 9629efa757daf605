package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loabatch/loabatch/batch/ledger"
)

// snapshot describes every file of a folder: name, mode, time and content.
func snapshot(t *testing.T, folder string) string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		content, _ := os.ReadFile(filepath.Join(folder, e.Name()))
		text += fmt.Sprintln(e.Name(), info.Mode(), info.ModTime(), len(content), string(content))
	}
	return text
}

// TestForeignFilesAreLeftAlone opens files that are not ledgers, at rest and while their own program
// is using them.
func TestForeignFilesAreLeftAlone(t *testing.T) {
	database := func(statements ...string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			conn := connect(t, path)
			for _, s := range statements {
				if _, err := conn.ExecContext(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Chmod(path, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	text := func(content string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte(content), 0o664); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, test := range []struct {
		name string
		make func(t *testing.T, path string)
		kind ledger.Kind
	}{
		{"text", text("these are notes and not a database, and they are long enough for a header of one hundred bytes"), ledger.Foreign},
		{"short text", text("x"), ledger.Foreign},
		{"folder", func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o755); err != nil {
				t.Fatal(err)
			}
		}, ledger.NotFile},
		{"database", database("CREATE TABLE songs (title TEXT)"), ledger.Database},
		{"database with a log", database("CREATE TABLE songs (title TEXT)", "PRAGMA journal_mode = WAL", "INSERT INTO songs VALUES ('x')"), ledger.Database},
		{"database in its log", database("PRAGMA journal_mode = WAL", "CREATE TABLE songs (title TEXT)"), ledger.Database},
		{"database with our table of versions", database("CREATE TABLE schema_version (version INTEGER)", "INSERT INTO schema_version VALUES (7)"), ledger.Database},
		{"database with a mark of its own", database("PRAGMA application_id = 7"), ledger.Database},
		{"database beside a folder with its log's name", func(t *testing.T, path string) {
			database("CREATE TABLE songs (title TEXT)")(t, path)
			if err := os.Mkdir(path+"-wal", 0o755); err != nil {
				t.Fatal(err)
			}
		}, ledger.IO},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, "other")
			test.make(t, path)
			before := snapshot(t, folder)
			_, err := Open(t.Context(), path)
			wantKind(t, err, test.kind)
			if after := snapshot(t, folder); after != before {
				t.Errorf("before:\n%.300q\nafter:\n%.300q", before, after)
			}
		})
	}
}

// TestLedgerCutToItsHeader opens a ledger of which only the header is left: a damaged ledger of ours.
func TestLedgerCutToItsHeader(t *testing.T) {
	path := atRest(t, 1)
	if err := os.Truncate(path, headerSize); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), path)
	wantKind(t, err, ledger.Corrupt)
}

// TestLedgerInItsLog opens a ledger of version 2 whose tables are only in the log: the program was
// killed in its first moments.
func TestLedgerInItsLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	conn := connect(t, path)
	if _, err := conn.ExecContext(t.Context(), "PRAGMA journal_mode = WAL"); err != nil {
		t.Fatal(err)
	}
	if err := migrate(t.Context(), conn, migrations[:2]); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if health, err := s.Check(t.Context()); err != nil || health.Schema != len(migrations) {
		t.Errorf("%+v, %v", health, err)
	}
}

// TestDatabaseWithOurMark opens a database that has the mark of a ledger and one table of
// another program.
func TestDatabaseWithOurMark(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other")
	conn := connect(t, path)
	for _, s := range []string{fmt.Sprint("PRAGMA application_id = ", applicationID), "CREATE TABLE songs (title TEXT)"} {
		if _, err := conn.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Open(t.Context(), path)
	wantKind(t, err, ledger.Database)
}

// TestLedgerWithoutTables opens an empty database: the program was killed before it had written
// anything else.
func TestLedgerWithoutTables(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	conn := connect(t, path)
	for _, s := range []string{"PRAGMA journal_mode = WAL", "PRAGMA wal_checkpoint(TRUNCATE)"} {
		if _, err := conn.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		t.Fatalf("%+v, %v", info, err)
	}
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if health, err := s.Check(t.Context()); err != nil || health.Schema != len(migrations) {
		t.Errorf("%+v, %v", health, err)
	}
}

// TestNewLedgerIsMarked reads the mark from the file while everything else is in its log.
func TestNewLedgerIsMarked(t *testing.T) {
	s, _ := running(t, 1)
	file, err := os.ReadFile(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	if string(file[68:72]) != "loab" {
		t.Errorf("the mark is %q", file[68:72])
	}
}

// A failure other than a busy file is returned at once.
func TestPatientlyOnlyWhileBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls, begun := 0, time.Now()
		err := patiently(t.Context(), func() error { calls++; return errForeign })
		if !errors.Is(err, errForeign) || calls != 1 || time.Since(begun) > 0 {
			t.Errorf("%v after %d calls and %v", err, calls, time.Since(begun))
		}
	})
}
