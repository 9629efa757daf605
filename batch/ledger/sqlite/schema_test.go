package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/batch/ledger"
)

// connect opens a database file without any of the store's preparations.
func connect(t *testing.T, path string) *sql.Conn {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(); db.Close() })
	return conn
}

func TestMigrateStepByStep(t *testing.T) {
	conn := connect(t, filepath.Join(t.TempDir(), "ledger.db"))
	steps := append([]string{}, migrations...)
	if err := migrate(t.Context(), conn, steps); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), "INSERT INTO locks VALUES ('real', 'r', 'pc-1', 1)"); err != nil {
		t.Fatal(err)
	}
	next := append(steps, "ALTER TABLE locks ADD COLUMN why TEXT NOT NULL DEFAULT 'because'")
	for range 2 { // the second time there is nothing to do
		if err := migrate(t.Context(), conn, next); err != nil {
			t.Fatal(err)
		}
	}
	var why string
	if err := conn.QueryRowContext(t.Context(), "SELECT why FROM locks WHERE instance_id = 'pc-1'").Scan(&why); err != nil || why != "because" {
		t.Errorf("%q, %v", why, err)
	}
	var e *ledger.SchemaError
	if err := migrate(t.Context(), conn, steps); !errors.As(err, &e) || *e != (ledger.SchemaError{Found: len(next), Known: len(steps)}) {
		t.Errorf("an older program: %v, want a *SchemaError", err)
	}
}

func TestMigrateAllOrNothing(t *testing.T) {
	conn := connect(t, filepath.Join(t.TempDir(), "ledger.db"))
	broken := append(append([]string{}, migrations...), "CREATE TABLE more (x INTEGER)", "CREATE nonsense")
	if err := migrate(t.Context(), conn, broken); err == nil {
		t.Fatal("nonsense was taken")
	}
	var tables int
	if err := conn.QueryRowContext(t.Context(), "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil || tables != 0 {
		t.Errorf("%d tables are left, %v", tables, err)
	}
	if err := migrate(t.Context(), conn, migrations); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestOpenRefusesANewerLedger(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.writer.conn.ExecContext(t.Context(), "INSERT INTO schema_version (version, applied) VALUES (99, 0)"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), path)
	var e *ledger.Error
	var schema *ledger.SchemaError
	if !errors.As(err, &e) || e.Kind != ledger.Newer || !errors.As(err, &schema) || schema.Found != 99 {
		t.Fatalf("%v, want kind newer with the version", err)
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Error("the file was changed")
	}
}

func TestOpenLeavesAForeignDatabaseAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.db")
	conn := connect(t, path)
	if _, err := conn.ExecContext(t.Context(), "CREATE TABLE songs (title TEXT)"); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)
	_, err := Open(t.Context(), path)
	var e *ledger.Error
	if !errors.As(err, &e) || e.Kind != ledger.Foreign {
		t.Errorf("%v, want kind foreign", err)
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Error("the file was changed")
	}
}

// TestNoColumnForPersonalData reads the schema as it is: whoever adds a column must
// come by here.
func TestNoColumnForPersonalData(t *testing.T) {
	s, err := Temporary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	allowed := strings.Fields(`version applied checked
		seq id scope command input input_sha256 output account started host pid process_started boot heartbeat taken_by ended final options
		run row region instance_id hash generation token begun finished result reason error_code request_id attempts submitted loa_status
		pending_run pending_hash pending_generation pending_token`)
	known := map[string]bool{}
	for _, name := range allowed {
		known[name] = true
	}
	err = each(context.Background(), s.read, func(scan func(...any) error) error {
		var table, column string
		err := scan(&table, &column)
		if !known[column] {
			t.Errorf("%s.%s is not on the list of columns that hold no personal data", table, column)
		}
		return err
	}, "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'")
	if err != nil {
		t.Fatal(err)
	}
}
