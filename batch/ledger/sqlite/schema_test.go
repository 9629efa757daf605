package sqlite

import (
	"compress/gzip"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

// sqlDB opens a database file without a store.
func sqlDB(path string) (*sql.DB, error) { return sql.Open("sqlite", dsn(path, pragmas())) }

// connect opens a database file as it is.
func connect(t *testing.T, path string) *sql.Conn {
	t.Helper()
	db, err := sqlDB(path)
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
	if err := migrate(t.Context(), conn, steps); !errors.As(err, &e) || *e != (ledger.SchemaError{Found: len(next), Known: len(steps), Program: "(unknown)"}) {
		t.Errorf("an older program: %v, want a *SchemaError", err)
	}
}

// TestNewLedgerIsAMigratedOne compares a new ledger with one that was migrated step by step
// from the first version: columns, keys, indexes, defaults and the header.
func TestNewLedgerIsAMigratedOne(t *testing.T) {
	describe := func(conn *sql.Conn) (list []string) {
		err := each(t.Context(), conn, func(scan func(...any) error) error {
			var line string
			err := scan(&line)
			list = append(list, line)
			return err
		}, `SELECT format('table %s %s without rowid %d strict %d', t.type, t.name, t.wr, t.strict) FROM pragma_table_list t WHERE t.schema = 'main'
			UNION ALL SELECT format('column %s %d %s %s not null %d default %s key %d hidden %d', t.name, c.cid, c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden)
				FROM pragma_table_list t, pragma_table_xinfo(t.name) c WHERE t.schema = 'main'
			UNION ALL SELECT format('index %s %s unique %d %s %d: %d %s %d %s', t.name, i.name, i."unique", i.origin, i.partial, x.seqno, x.name, x."desc", x.coll)
				FROM pragma_table_list t, pragma_index_list(t.name) i, pragma_index_xinfo(i.name) x WHERE t.schema = 'main'
			UNION ALL SELECT format('foreign key %s %s %s %s %s', t.name, f."from", f."table", f."to", f.on_delete)
				FROM pragma_table_list t, pragma_foreign_key_list(t.name) f WHERE t.schema = 'main'
			UNION ALL SELECT format('%s %s %s', type, name, tbl_name) FROM sqlite_schema WHERE type NOT IN ('table', 'index')
			UNION ALL SELECT format('application %d', application_id) FROM pragma_application_id
			UNION ALL SELECT format('version %d %d', version, checked) FROM schema_version
			ORDER BY 1`)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	migrated := connect(t, filepath.Join(t.TempDir(), "migrated.db"))
	for n := range migrations {
		if err := migrate(t.Context(), migrated, migrations[:n+1]); err != nil {
			t.Fatal(err)
		}
	}
	made := connect(t, filepath.Join(t.TempDir(), "made.db"))
	if err := migrate(t.Context(), made, migrations); err != nil {
		t.Fatal(err)
	}
	want := describe(migrated)
	if got := describe(made); !slices.Equal(got, want) || len(want) < 80 {
		t.Errorf("a new ledger has\n%s\nand a migrated one\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestMigrateAllOrNothing(t *testing.T) {
	conn := connect(t, filepath.Join(t.TempDir(), "ledger.db"))
	broken := append(append([]string{}, migrations...), "CREATE TABLE more (x INTEGER)", "CREATE nonsense")
	if err := migrate(t.Context(), conn, broken); err == nil {
		t.Fatal("nonsense was accepted")
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
	r, err := s.Start(t.Context(), ledger.RunInfo{ID: "later", Scope: ledger.Real, Version: "v9.9.9"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.End(t.Context(), ledger.RunEnd{}); err != nil {
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
	if !errors.As(err, &e) || e.Kind != ledger.Newer || !errors.As(err, &schema) || *schema != (ledger.SchemaError{Found: 99, Known: len(migrations), Program: "v9.9.9"}) {
		t.Fatalf("%v, want kind newer with the version", err)
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Error("the file was changed")
	}
}

// TestNoColumnForPersonalData checks every column of the schema against a list, so nobody adds one
// without thinking of personal data.
func TestNoColumnForPersonalData(t *testing.T) {
	s, err := Temporary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	allowed := strings.Fields(`version applied checked
		seq id scope command input input_sha256 output account started host pid process_started boot heartbeat taken_by ended final options
		run row region instance_id hash generation token begun finished result reason error_code request_id attempts submitted loa_status
		pending_run pending_hash pending_generation pending_token operation place pending_operation pending_phase tried
		api state checksum others pending_accepted
		begun_checksum finished_checksum beat_checksum end_checksum pruned
		since status asked company letter letter_sha256 at`) // company is the applicant's
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

// version1 is a ledger of version 1 of the schema: run monday ended, and run tuesday was killed on
// another machine.
func version1(t *testing.T) string { return unpacked(t, "version1.db.gz") }

// unpacked is the path of a copy of a ledger in testdata.
func unpacked(t *testing.T, name string) string {
	t.Helper()
	packed, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	reader, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ledger.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestVersion1ReadsBack checks that a migration keeps everything in a ledger of version 1.
func TestVersion1ReadsBack(t *testing.T) {
	s, err := Open(t.Context(), version1(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	past, err := s.Past(t.Context(), ledger.Real, batch.PlaceLOA, numbered(5))
	if err != nil {
		t.Fatal(err)
	}
	record := func(i int, r batch.Record) batch.Record {
		a := numberedApplication(i)
		r.Hash, r.Token = a.Hash, a.Token
		return r
	}
	monday := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	want := map[batch.Key]batch.Record{}
	for i, r := range []batch.Record{
		{Result: sheet.Submitted, RequestID: "request-token-content0-0", SubmittedAt: monday.Add(time.Second), LOAStatus: "Applying", RunID: "monday"},
		{Result: sheet.Refused, ErrorCode: "Forbidden.Circuit", RequestID: "request-token-content1-0", RunID: "monday"},
		{Open: true, Tried: monday.Add(time.Minute), RunID: "monday"},                   // UNKNOWN: at the end of the run
		{Open: true, Tried: monday.Add(24*time.Hour + 5*time.Minute), RunID: "tuesday"}, // killed: after its last heartbeat
	} {
		want[numbered(4)[i]] = record(i, r)
	}
	if !reflect.DeepEqual(past, want) {
		t.Errorf("records:\n got %+v\nwant %+v", past, want)
	}
	runs, err := s.Runs(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) != 2 || runs[0].Status != ledger.Died || runs[1].Status != ledger.Ended || runs[1].End.ExitCode != 5 {
		t.Errorf("runs %+v", runs)
	}
	old, err := s.Run(t.Context(), "monday")
	if err != nil {
		t.Fatal(err)
	}
	if len(old.Rows) != 3 || old.Rows[1].Reason != batch.ReasonRefused || old.Rows[1].Attempts != 2 {
		t.Errorf("rows %+v", old.Rows)
	}
	events, err := s.Circuit(t.Context(), numbered(4)[3].InstanceID)
	if err != nil {
		t.Fatal(err)
	}
	if len(events) != 1 || events[0].RunID != "tuesday" || events[0].Begun.IsZero() || !events[0].Finished.IsZero() {
		t.Errorf("events %+v", events)
	}
}

// TestVersion1GoesOn takes over the killed run in a ledger of version 1.
func TestVersion1GoesOn(t *testing.T) {
	path := version1(t)
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Start(t.Context(), ledger.RunInfo{ID: "wednesday", Scope: ledger.Real}, numbered(5))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		if i < 3 { // a lookup finds what monday sent
			err = r.Finish(t.Context(), outcome(numberedApplication(i), sheet.Already))
		} else if err = r.Begin(t.Context(), numberedApplication(i)); err == nil {
			err = r.Finish(t.Context(), outcome(numberedApplication(i), sheet.Submitted))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(r.End(t.Context(), ledger.RunEnd{}), s.Close()); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	past, err := s.Past(t.Context(), ledger.Real, batch.PlaceLOA, numbered(5))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []sheet.Result{sheet.Submitted, sheet.Already, sheet.Already, sheet.Submitted, sheet.Submitted} {
		a := numberedApplication(i)
		if got := past[a.Key]; got.Result != want || got.Open || got.Token != a.Token {
			t.Errorf("circuit %d: %+v, want %s", i, got, want)
		}
	}
	runs, err := s.Runs(t.Context(), 0)
	if err != nil || len(runs) != 3 || runs[1].Status != ledger.TakenOver || runs[1].TakenBy != "wednesday" {
		t.Errorf("runs %+v, %v", runs, err)
	}
	health, err := s.Check(t.Context())
	if err != nil || health.Schema != len(migrations) || health.Open != 0 {
		t.Errorf("health %+v, %v", health, err)
	}
}

// TestPlacesAreSeparate checks that a submission at another place does not change the LOA's.
func TestPlacesAreSeparate(t *testing.T) {
	s, r := running(t, 1)
	a := numberedApplication(0)
	if err := r.Begin(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	other := r.info.StateKey(a.Key, a.Operation)
	other.Place = "other"
	b := a
	b.Row, b.Hash, b.Token = 3, "other", "other-token"
	err := s.writer.do(t.Context(), func(tx *transaction) error {
		return errors.Join(
			tx.beginApplication(r.seq, other, b, r.info.Started),
			tx.finishApplication(r.seq, other, outcome(b, sheet.Refused), true, r.info.Started))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Finish(t.Context(), outcome(a, sheet.Submitted)); err != nil {
		t.Fatal(err)
	}
	if got := pastOf(t, r, a.Key); got.Result != sheet.Submitted || got.Token != a.Token {
		t.Errorf("record %+v", got)
	}
}

// version2 is a ledger of version 2 of the schema, in which an UNKNOWN submission counted
// as ended: run 1 ended, and run 2 was killed.
func version2(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger.db")
	conn := connect(t, path)
	if err := migrate(t.Context(), conn, migrations[:2]); err != nil {
		t.Fatal(err)
	}
	monday := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	for _, text := range []string{
		fmt.Sprintf(`INSERT INTO runs (id, scope, command, input, input_sha256, output, account, version, options, started, host, pid,
			process_started, boot, heartbeat, ended, final) VALUES ('one', 'real', 'submit', '', '', '', '', '', '', 1, 'elsewhere', 7, '', '', %d, %d, '{}')`,
			monday.UnixNano(), monday.Add(time.Minute).UnixNano()),
		fmt.Sprintf(`INSERT INTO runs (id, scope, command, input, input_sha256, output, account, version, options, started, host, pid,
			process_started, boot, heartbeat) VALUES ('two', 'real', 'submit', '', '', '', '', '', '', 1, 'elsewhere', 7, '', '', %d)`, monday.Add(time.Hour).UnixNano()),
		`INSERT INTO circuits (scope, region, instance_id, hash, generation, token, result, error_code, request_id, submitted, loa_status, run,
			pending_run, pending_hash, pending_generation, pending_token) VALUES
			('real', 'cn-hangzhou', 'pc-000000', 'content0', 0, 'token-content0-0', 'UNKNOWN', '(timeout)', '', 0, '', 1, 0, '', 0, ''),
			('real', 'cn-hangzhou', 'pc-000001', 'content1', 0, 'token-content1-0', 'UNKNOWN', '(timeout)', '', 0, '', 1, 2, 'content1', 0, 'token-content1-0'),
			('real', 'cn-hangzhou', 'pc-000002', 'before', 0, 'other', 'UNKNOWN', '(timeout)', '', 0, '', 1, 2, 'content2', 0, 'token-content2-0'),
			('real', 'cn-hangzhou', 'pc-000003', 'content3', 0, 'first', 'SUBMITTED', '', 'R', 0, '', 1, 2, 'content3', 1, 'token-content3-0')`,
	} {
		if _, err := conn.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestOpenTokensOfVersion2 checks that what is open in a ledger of version 2 stays open: its token
// may be begun again, and no other. If two are open at once, neither may.
func TestOpenTokensOfVersion2(t *testing.T) {
	s, err := Open(t.Context(), version2(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	past, err := s.Past(t.Context(), ledger.Real, batch.PlaceLOA, numbered(4))
	if err != nil {
		t.Fatal(err)
	}
	ended, killed := time.Date(2026, 11, 23, 2, 1, 0, 0, time.UTC), time.Date(2026, 11, 23, 3, 5, 0, 0, time.UTC)
	for i, want := range []batch.Record{
		{Hash: "content0", Token: "token-content0-0", Open: true, Tried: ended, RunID: "one"},
		{Hash: "content1", Token: "token-content1-0", Open: true, Tried: killed, RunID: "two"},
		{Open: true, Tried: killed, RunID: "two"},
		{Hash: "content3", Generation: 1, Token: "token-content3-0", Open: true, Tried: killed, RunID: "two",
			Ended: batch.Identity{Hash: "content3", Token: "first"}, Result: sheet.Submitted, RequestID: "R"},
	} {
		if got := past[numbered(4)[i]]; got != want {
			t.Errorf("circuit %d:\n got %+v\nwant %+v", i, got, want)
		}
	}
	r, err := s.Start(t.Context(), ledger.RunInfo{ID: "three", Scope: ledger.Real}, numbered(4))
	if err != nil {
		t.Fatal(err)
	}
	var open *batch.OpenTokenError
	for i := range 4 {
		other := numberedApplication(i)
		other.Hash, other.Token = "edited", "other-token"
		if err := r.Begin(t.Context(), other); !errors.As(err, &open) {
			t.Errorf("circuit %d: another token was begun: %v", i, err)
		}
		if err := r.Begin(t.Context(), numberedApplication(i)); (err != nil) != (i == 2) {
			t.Errorf("circuit %d: %v", i, err)
		}
	}
}
