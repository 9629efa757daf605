package ledger

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// statements are the prepared statements of the writer's hot path.
type statements struct {
	begin, commit       *sql.Stmt
	fence               *sql.Stmt
	beginRow, finishRow *sql.Stmt
	load, save, forget  *sql.Stmt
	all                 []*sql.Stmt
}

func (s *statements) prepare(conn *sql.Conn) error {
	for _, p := range []struct {
		into **sql.Stmt
		text string
	}{
		{&s.begin, "BEGIN IMMEDIATE"},
		{&s.commit, "COMMIT"},
		{&s.fence, "SELECT id, taken_by, ended FROM runs WHERE seq = ?"},
		{&s.beginRow, `INSERT INTO rows (run, row, region, instance_id, hash, generation, token, begun)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (run, row) DO UPDATE SET hash = excluded.hash, generation = excluded.generation,
			token = excluded.token, begun = excluded.begun, finished = 0, result = ''`},
		{&s.finishRow, `INSERT INTO rows (run, row, region, instance_id, token, generation, finished,
			result, reason, error_code, request_id, attempts, submitted, loa_status)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (run, row) DO UPDATE SET token = excluded.token, generation = excluded.generation,
			finished = excluded.finished, result = excluded.result, reason = excluded.reason,
			error_code = excluded.error_code, request_id = excluded.request_id, attempts = excluded.attempts,
			submitted = excluded.submitted, loa_status = excluded.loa_status`},
		{&s.load, "SELECT " + stateColumns + " FROM circuits c WHERE c.scope = ? AND c.region = ? AND c.instance_id = ?"},
		{&s.save, `INSERT OR REPLACE INTO circuits (hash, generation, token, result, error_code, request_id,
			submitted, loa_status, run, pending_run, pending_hash, pending_generation, pending_token,
			scope, region, instance_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&s.forget, "DELETE FROM circuits WHERE scope = ? AND region = ? AND instance_id = ?"},
	} {
		statement, err := conn.PrepareContext(context.Background(), p.text)
		if err != nil {
			return errors.Join(err, s.closeAll())
		}
		*p.into = statement
		s.all = append(s.all, statement)
	}
	return nil
}

func (s *statements) closeAll() error {
	var errs []error
	for _, statement := range s.all {
		errs = append(errs, statement.Close())
	}
	return errors.Join(errs...)
}

// stateColumns are the columns of circuits in the order of scanState.
const stateColumns = `c.hash, c.generation, c.token, c.result, c.error_code, c.request_id,
	c.submitted, c.loa_status, c.run, c.pending_run, c.pending_hash, c.pending_generation, c.pending_token`

// scanState reads the stateColumns of a row, and what the query has before them.
func scanState(scan func(...any) error, before ...any) (state, error) {
	var s state
	var submitted int64
	err := scan(append(before, &s.sent.hash, &s.sent.generation, &s.sent.token, &s.result, &s.errorCode, &s.requestID,
		&submitted, &s.loaStatus, &s.sent.run, &s.pending.run, &s.pending.hash, &s.pending.generation, &s.pending.token)...)
	s.submitted = instant(submitted)
	return s, err
}

// beginApplication records that a row of a run begins.
func (t *transaction) beginApplication(run int64, scope string, a batch.Application, now time.Time) error {
	_, err := t.beginRow.Exec(run, a.Row, a.Key.Region, a.Key.InstanceID, a.Hash, a.Generation, a.Token, now.UnixNano())
	if err != nil {
		return err
	}
	return t.change(scope, a.Key, func(s state) state { return s.begin(run, a) })
}

// finishApplication records what came of a row of a run; held tells whether the run was
// given the circuit's lock, which it may have lost since.
func (t *transaction) finishApplication(run int64, scope string, o batch.Outcome, held bool, now time.Time) error {
	_, err := t.finishRow.Exec(run, o.Row, o.Key.Region, o.Key.InstanceID, o.Token, o.Generation, now.UnixNano(),
		string(o.Result), string(o.Reason), o.ErrorCode, o.RequestID, o.Attempts, nanoseconds(o.SubmittedAt), o.LOAStatus)
	if err != nil || !concernsCircuit(o) {
		return err
	}
	if held {
		err := t.holds(run)
		var refused refusal
		if err != nil && !errors.As(err, &refused) {
			return err
		}
		held = err == nil
	}
	return t.change(scope, o.Key, func(s state) state { return s.finish(run, o, held) })
}

// concernsCircuit tells whether an outcome can change what is known of its circuit; a
// row that was invalid, left out or only predicted cannot.
func concernsCircuit(o batch.Outcome) bool {
	switch o.Result {
	case sheet.Invalid, sheet.Skipped, sheet.Valid, sheet.Blocked:
		return o.LOAStatus != ""
	}
	return true
}

// change reads the state of a circuit, changes it, and writes it back if it differs.
func (t *transaction) change(scope string, key batch.Key, to func(state) state) error {
	before, err := scanState(t.load.QueryRow(scope, key.Region, key.InstanceID).Scan)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	after := to(before)
	switch after {
	case before:
		return nil
	case state{}:
		_, err = t.forget.Exec(scope, key.Region, key.InstanceID)
		return err
	}
	_, err = t.save.Exec(after.sent.hash, after.sent.generation, after.sent.token, string(after.result), after.errorCode,
		after.requestID, nanoseconds(after.submitted), after.loaStatus, after.sent.run, after.pending.run,
		after.pending.hash, after.pending.generation, after.pending.token, scope, key.Region, key.InstanceID)
	return err
}

// nanoseconds gives a time as it is stored: 0 for none.
func nanoseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// instant gives a stored time: UTC, the zero time for 0.
func instant(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
