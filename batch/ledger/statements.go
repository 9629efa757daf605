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
	begin, commit                  *prepared
	beginRow, finishRow, updateRow *prepared
	insert, save, settle, forget   *prepared
	version, fence, load           *sql.Stmt
	all                            []func() error // closes them
}

func (s *statements) prepare(conn *sql.Conn) error {
	for _, p := range []struct {
		into **prepared
		args int
		text string
	}{
		{&s.begin, 0, "BEGIN IMMEDIATE"},
		{&s.commit, 0, "COMMIT"},
		{&s.beginRow, 8, `INSERT INTO rows (run, row, region, instance_id, hash, generation, token, begun)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (run, row) DO UPDATE SET hash = excluded.hash, generation = excluded.generation,
			token = excluded.token, begun = excluded.begun, finished = 0, result = ''`},
		{&s.finishRow, 14, `INSERT INTO rows (token, generation, finished, result, reason, error_code,
			request_id, attempts, submitted, loa_status, run, row, region, instance_id)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (run, row) DO UPDATE SET token = excluded.token, generation = excluded.generation,
			finished = excluded.finished, result = excluded.result, reason = excluded.reason,
			error_code = excluded.error_code, request_id = excluded.request_id, attempts = excluded.attempts,
			submitted = excluded.submitted, loa_status = excluded.loa_status`},
		{&s.updateRow, 12, `UPDATE rows SET token = ?, generation = ?, finished = ?, result = ?, reason = ?,
			error_code = ?, request_id = ?, attempts = ?, submitted = ?, loa_status = ? WHERE run = ? AND row = ?`},
		{&s.insert, 7, `INSERT INTO circuits (pending_run, pending_hash, pending_generation, pending_token,
			scope, region, instance_id, hash, generation, token, result, error_code, request_id, submitted,
			loa_status, run) VALUES (?, ?, ?, ?, ?, ?, ?, '', 0, '', '', '', '', 0, '', 0) ON CONFLICT DO NOTHING`},
		{&s.settle, 12, `INSERT OR REPLACE INTO circuits (hash, generation, token, result, error_code, request_id,
			submitted, loa_status, run, scope, region, instance_id, pending_run, pending_hash, pending_generation,
			pending_token) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '', 0, '')`},
		{&s.save, 16, `INSERT OR REPLACE INTO circuits (hash, generation, token, result, error_code, request_id,
			submitted, loa_status, run, scope, region, instance_id, pending_run, pending_hash, pending_generation,
			pending_token) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&s.forget, 3, "DELETE FROM circuits WHERE scope = ? AND region = ? AND instance_id = ?"},
	} {
		statement, err := prepare(conn, p.text, p.args)
		if err != nil {
			return errors.Join(err, s.closeAll())
		}
		*p.into = statement
		s.all = append(s.all, statement.close)
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
		{&s.load, "SELECT " + stateColumns + " FROM circuits c WHERE c.scope = ? AND c.region = ? AND c.instance_id = ?"},
	} {
		statement, err := conn.PrepareContext(context.Background(), p.text)
		if err != nil {
			return errors.Join(err, s.closeAll())
		}
		*p.into = statement
		s.all = append(s.all, statement.Close)
	}
	return nil
}

func (s *statements) closeAll() error {
	var errs []error
	for _, closes := range s.all {
		errs = append(errs, closes())
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
	_, err := t.beginRow.exec(run, int64(a.Row), a.Key.Region, a.Key.InstanceID, a.Hash, int64(a.Generation), a.Token, now.UnixNano())
	if err != nil {
		return err
	}
	c := circuit{scope, a.Key}
	// Most circuits are new to the ledger: writing one tells, with no need to look first.
	fresh := state{}.begin(run, a)
	p := fresh.pending
	added, err := t.insert.exec(p.run, p.hash, int64(p.generation), p.token, scope, a.Key.Region, a.Key.InstanceID)
	switch {
	case err != nil:
		return err
	case added == 1:
		t.known.remember(c, fresh)
		return nil
	}
	return t.change(c, func(s state) state { return s.begin(run, a) })
}

// finishApplication records what came of a row of a run; held tells whether the run was
// given the circuit's lock, which it may have lost since.
func (t *transaction) finishApplication(run int64, scope string, o batch.Outcome, held bool, now time.Time) error {
	c := circuit{scope, o.Key}
	if err := t.writeOutcome(run, o, t.known.begun[c].pending.run == run, now); err != nil || !concernsCircuit(o) {
		return err
	}
	if held {
		err := t.holds(run)
		if _, refused := errors.AsType[refusal](err); err != nil && !refused {
			return err
		}
		held = err == nil
	}
	return t.change(c, func(s state) state { return s.finish(run, o, held) })
}

// writeOutcome records an outcome in the run's rows; begun tells that the row should be
// there already.
func (t *transaction) writeOutcome(run int64, o batch.Outcome, begun bool, now time.Time) error {
	values := [...]any{o.Token, int64(o.Generation), now.UnixNano(), string(o.Result), string(o.Reason), o.ErrorCode,
		o.RequestID, int64(o.Attempts), nanoseconds(o.SubmittedAt), o.LOAStatus, run, int64(o.Row), o.Key.Region, o.Key.InstanceID}
	if begun {
		if changed, err := t.updateRow.exec(values[:12]...); err != nil || changed == 1 {
			return err
		}
	}
	_, err := t.finishRow.exec(values[:]...)
	return err
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

// change takes the state of a circuit, changes it, and writes it back if it differs.
func (t *transaction) change(c circuit, to func(state) state) error {
	before, ok := t.known.begun[c]
	if !ok {
		var err error
		before, err = scanState(t.load.QueryRow(c.scope, c.key.Region, c.key.InstanceID).Scan)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	after := to(before)
	if after != before {
		if err := t.store(c, after); err != nil {
			return err
		}
	}
	t.known.remember(c, after)
	return nil
}

// store writes the state of a circuit.
func (t *transaction) store(c circuit, s state) error {
	if s == (state{}) {
		_, err := t.forget.exec(c.scope, c.key.Region, c.key.InstanceID)
		return err
	}
	p := s.pending
	values := [...]any{s.sent.hash, int64(s.sent.generation), s.sent.token, string(s.result), s.errorCode, s.requestID,
		nanoseconds(s.submitted), s.loaStatus, s.sent.run, c.scope, c.key.Region, c.key.InstanceID,
		p.run, p.hash, int64(p.generation), p.token}
	var err error
	if p == (sending{}) {
		_, err = t.settle.exec(values[:12]...)
	} else {
		_, err = t.save.exec(values[:]...)
	}
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
