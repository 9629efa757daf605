package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"github.com/loabatch/loabatch/batch/ledger"
)

// statement is a statement that changes rows, prepared by the driver itself. Some run for every row
// of a run, and for simple ones the overhead of database/sql would be half of the cost. Only
// the writer uses it.
type statement struct {
	conn    *sql.Conn
	stmt    driver.Stmt
	step    func(driver any) error // runs the statement with args; made once
	args    []driver.NamedValue
	changed int64 // rows, by the last run
}

func prepare(conn *sql.Conn, text string, args int) (*statement, error) {
	s := &statement{conn: conn, args: make([]driver.NamedValue, args)}
	for i := range s.args {
		s.args[i].Ordinal = i + 1
	}
	return s, conn.Raw(func(c any) error {
		stmt, err := c.(driver.ConnPrepareContext).PrepareContext(context.Background(), text)
		if err != nil {
			return err
		}
		execer, ok := stmt.(driver.StmtExecContext)
		if !ok {
			return errors.Join(errNoExec, stmt.Close())
		}
		s.stmt, s.step = stmt, func(any) error { return s.run(execer) }
		return nil
	})
}

var errNoExec = errors.New("the driver's statements cannot be executed")

// exec runs the statement and returns the number of rows that it changed. Its values are
// strings or int64s, which the driver takes unconverted. It takes no context: a commit must not
// be torn, and without one the driver needs no goroutine to watch it.
func (s *statement) exec(values ...any) (int64, error) {
	for i, v := range values {
		s.args[i].Value = v
	}
	err := s.conn.Raw(s.step)
	return s.changed, err
}

// run is the part of exec that has the driver's connection.
func (s *statement) run(stmt driver.StmtExecContext) error {
	result, err := stmt.ExecContext(context.Background(), s.args)
	if err != nil {
		return err
	}
	s.changed, err = result.RowsAffected()
	return err
}

func (s *statement) close() error {
	return s.conn.Raw(func(any) error { return s.stmt.Close() })
}

// statements are the prepared statements that the writer runs for each row.
type statements struct {
	begin, commit                                *statement
	beginRow, finishRow, updateRow               *statement
	addPending, save, saveWithoutPending, remove *statement
	version, fence, load                         *sql.Stmt
	presentLOA, saveLOA                          *sql.Stmt
	all                                          []func() error // closes them
}

func (s *statements) prepare(conn *sql.Conn) error {
	for _, p := range []struct {
		into **statement
		args int
		text string
	}{
		{&s.begin, 0, "BEGIN IMMEDIATE"},
		{&s.commit, 0, "COMMIT"},
		{&s.beginRow, 11, `INSERT INTO rows (run, row, region, instance_id, hash, generation, token, begun, operation,
			begun_checksum, place) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (run, row, place) DO UPDATE SET region = excluded.region, instance_id = excluded.instance_id, operation = excluded.operation, hash = excluded.hash, generation = excluded.generation,
			token = excluded.token, begun = excluded.begun, finished = 0, result = '',
			begun_checksum = excluded.begun_checksum, finished_checksum = 0`},
		{&s.finishRow, 19, `INSERT INTO rows (token, generation, finished, result, reason, error_code,
			request_id, attempts, submitted, loa_status, tried, finished_checksum, run, row, place, region, instance_id, operation,
			begun_checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (run, row, place) DO UPDATE SET token = excluded.token, generation = excluded.generation,
			finished = excluded.finished, result = excluded.result, reason = excluded.reason,
			error_code = excluded.error_code, request_id = excluded.request_id, attempts = excluded.attempts,
			submitted = excluded.submitted, loa_status = excluded.loa_status, tried = excluded.tried,
			finished_checksum = excluded.finished_checksum`},
		{&s.updateRow, 15, `UPDATE rows SET token = ?, generation = ?, finished = ?, result = ?, reason = ?,
			error_code = ?, request_id = ?, attempts = ?, submitted = ?, loa_status = ?, tried = ?, finished_checksum = ?
			WHERE run = ? AND row = ? AND place = ?`},
		{&s.addPending, 10, `INSERT INTO circuits (pending_run, pending_hash, pending_generation, pending_token, pending_operation,
			scope, region, instance_id, place, checksum, hash, generation, token, result, error_code, request_id, submitted,
			loa_status, run) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', 0, '', '', '', '', 0, '', 0) ON CONFLICT DO NOTHING`},
		{&s.saveWithoutPending, 14, `INSERT OR REPLACE INTO circuits (hash, generation, token, result, error_code, request_id,
			submitted, loa_status, run, scope, region, instance_id, place, checksum, pending_run, pending_hash, pending_generation,
			pending_token) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '', 0, '')`},
		{&s.save, 23, `INSERT OR REPLACE INTO circuits (hash, generation, token, result, error_code, request_id,
			submitted, loa_status, run, scope, region, instance_id, place, checksum, pending_run, pending_hash, pending_generation,
			pending_token, pending_operation, pending_phase, tried, others, pending_accepted)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&s.remove, 4, "DELETE FROM circuits WHERE scope = ? AND region = ? AND instance_id = ? AND place = ?"},
	} {
		stmt, err := prepare(conn, p.text, p.args)
		if err != nil {
			return errors.Join(err, s.closeAll())
		}
		*p.into = stmt
		s.all = append(s.all, stmt.close)
	}
	return s.prepareQueries(conn)
}

func (s *statements) prepareQueries(conn *sql.Conn) error {
	for _, p := range []struct {
		into **sql.Stmt
		text string
	}{
		{&s.version, "PRAGMA data_version"},
		{&s.fence, "SELECT id, taken_by, ended FROM runs WHERE seq = ?"},
		{&s.load, "SELECT " + ledger.StateColumns + ", checksum FROM circuits WHERE scope = ? AND region = ? AND instance_id = ? AND place = ?"},
		{&s.presentLOA, presentLOA},
		{&s.saveLOA, saveLOA},
	} {
		stmt, err := conn.PrepareContext(context.Background(), p.text)
		if err != nil {
			return errors.Join(err, s.closeAll())
		}
		*p.into = stmt
		s.all = append(s.all, stmt.Close)
	}
	return nil
}

func (s *statements) closeAll() error {
	var errs []error
	for _, closeOne := range s.all {
		errs = append(errs, closeOne())
	}
	return errors.Join(errs...)
}

// querier is a connection or a pool of them.
type querier interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}

// each calls f for every row of a query.
func each(ctx context.Context, q querier, f func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}
