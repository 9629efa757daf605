package sqlite

import (
	"context"
	"slices"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

// Past implements [ledger.Store].
func (s *Store) Past(ctx context.Context, scope ledger.Scope, place batch.Place, keys []batch.Key) (map[batch.Key]batch.Record, error) {
	states, err := s.states(ctx, scope, place, keys)
	if err != nil {
		return nil, s.wrap("read", err)
	}
	runs := map[int64]pastRun{}
	past := make(map[batch.Key]batch.Record, len(states))
	for key, state := range states {
		seq := state.Current().Run
		run, known := runs[seq]
		if !known {
			if run, err = s.pastRun(ctx, seq); err != nil {
				return nil, s.wrap("read", err)
			}
			runs[seq] = run
		}
		past[key] = state.Record(run.id, run.until)
	}
	return past, nil
}

// states reads the states of circuits in every region in which the scope has any: there are few,
// and with the region in the query it needs no extra index.
func (s *Store) states(ctx context.Context, scope ledger.Scope, place batch.Place, keys []batch.Key) (map[batch.Key]ledger.State, error) {
	var regions []string
	err := each(ctx, s.read, func(scan func(...any) error) error {
		var region string
		err := scan(&region)
		regions = append(regions, region)
		return err
	}, `WITH RECURSIVE r(region) AS (
		SELECT min(region) FROM circuits WHERE scope = ?1
		UNION ALL SELECT (SELECT min(region) FROM circuits WHERE scope = ?1 AND region > r.region) FROM r WHERE r.region IS NOT NULL
		) SELECT region FROM r WHERE region IS NOT NULL`, string(scope))
	if err != nil {
		return nil, err
	}
	states := make(map[batch.Key]ledger.State, len(keys))
	for chunk := range slices.Chunk(keys, chunk) {
		k := regionKeys{ids: make([]string, len(chunk))}
		for i := range chunk {
			k.ids[i] = chunk[i].InstanceID
		}
		list := k.json()
		for _, region := range regions {
			err := each(ctx, s.read, func(scan func(...any) error) error {
				key, state, err := scanState(scan)
				states[key] = state
				return err
			}, "SELECT "+ledger.StateColumns+`, checksum FROM json_each(?) k CROSS JOIN circuits c
				ON c.scope = ? AND c.region = ? AND c.instance_id = k.value AND c.place = ?`,
				list, string(scope), region, string(place))
			if err != nil {
				return nil, err
			}
		}
	}
	return states, nil
}

// pastRun is a run's ID, and until when it may have sent something.
type pastRun struct {
	id    string
	until time.Time
}

// pastRun reads a run. One that did not record its end was killed, or is in progress. It may have
// sent something after its last heartbeat, but not after it had missed enough of them to be
// presumed dead.
func (s *Store) pastRun(ctx context.Context, seq int64) (pastRun, error) {
	var r pastRun
	var heartbeat, ended int64
	var sound bool
	err := s.read.QueryRowContext(ctx, "SELECT id, heartbeat, ended, "+soundRun+" FROM runs WHERE seq = ?", seq).Scan(&r.id, &heartbeat, &ended, &sound)
	if err == nil && !sound {
		err = errChecksum
	}
	if r.until = ledger.Instant(ended); ended == 0 {
		r.until = ledger.Instant(heartbeat).Add(heartbeatTimeout)
	}
	return r, err
}

// Scopes implements [ledger.Store].
func (s *Store) Scopes(ctx context.Context) ([]ledger.Scope, error) {
	var scopes []ledger.Scope
	err := each(ctx, s.read, func(scan func(...any) error) error {
		var scope ledger.Scope
		err := scan(&scope)
		scopes = append(scopes, scope)
		return err
	}, `WITH RECURSIVE s(scope) AS (
		SELECT min(scope) FROM circuits
		UNION ALL SELECT (SELECT min(scope) FROM circuits WHERE scope > s.scope) FROM s WHERE s.scope IS NOT NULL
		) SELECT scope FROM s WHERE scope IS NOT NULL`)
	return scopes, s.wrap("read", err)
}

// Runs implements [ledger.Store].
func (s *Store) Runs(ctx context.Context, limit int) ([]ledger.RunSummary, error) {
	if limit <= 0 {
		limit = -1
	}
	list, err := s.summaries(ctx, "ORDER BY seq DESC LIMIT ?", limit)
	return list, s.wrap("read", err)
}

// summaries reads runs and counts the rows of those that have not ended.
func (s *Store) summaries(ctx context.Context, which string, args ...any) ([]ledger.RunSummary, error) {
	var list []ledger.RunSummary
	uncounted := map[int]int64{} // seq by place in the list
	err := each(ctx, s.read, func(scan func(...any) error) error {
		var r ledger.StoredRun
		var heartbeat int64
		var sound, alive bool
		err := scan(append(r.Fields(), &heartbeat, &sound)...)
		if err == nil && !sound {
			err = errChecksum
		}
		if err == nil && !r.Over() {
			alive, err = s.alive(r.Seq, ledger.Instant(heartbeat), time.Now())
		}
		if err != nil {
			return err
		}
		if !r.Counted() {
			uncounted[len(list)] = r.Seq
		}
		summary, err := r.Summary(alive)
		list = append(list, summary)
		return err
	}, "SELECT "+ledger.RunColumns+", heartbeat, "+soundRun+" FROM runs "+which, args...)
	for i, seq := range uncounted {
		if err == nil {
			list[i].Results, err = countResults(ctx, s.read, seq)
		}
	}
	return list, err
}

// countResults counts the finished rows of a run by the result that they show.
func countResults(ctx context.Context, q querier, run int64) (map[sheet.Result]int, error) {
	tally := ledger.Tally{Results: map[sheet.Result]int{}}
	err := each(ctx, q, func(scan func(...any) error) error {
		var result sheet.Result
		var n int
		err := scan(&result, &n)
		tally.Results[result] = n
		return err
	}, `SELECT result, count(*) FROM rows r WHERE run = ?1 AND finished != 0
		AND NOT EXISTS (SELECT 1 FROM rows o WHERE o.run = ?1 AND o.row = r.row AND o.place != r.place) GROUP BY result`, run)
	if err != nil {
		return nil, err
	}
	err = each(ctx, q, tally.Scan, `SELECT row, operation, result FROM rows r WHERE run = ?1 AND finished != 0
		AND EXISTS (SELECT 1 FROM rows o WHERE o.run = ?1 AND o.row = r.row AND o.place != r.place)`+ledger.StepOrder, run)
	return tally.Results, err
}

// Run implements [ledger.Store].
func (s *Store) Run(ctx context.Context, id string) (*ledger.PastRun, error) {
	list, err := s.summaries(ctx, "WHERE id = ?", id)
	if err != nil {
		return nil, s.wrap("read", err)
	}
	if len(list) == 0 {
		return nil, ledger.ErrNoRun
	}
	finished := batch.CountOf(list[0].Results).Rows // more than there are rows, if they were pruned
	run := &ledger.PastRun{RunSummary: list[0], Rows: make([]batch.Outcome, 0, finished)}
	err = each(ctx, s.read, func(scan func(...any) error) error {
		o, _, err := scanStep(scan)
		run.Rows = ledger.AppendStep(run.Rows, o)
		return err
	}, "SELECT "+stepColumns+" FROM rows r WHERE r.run = (SELECT seq FROM runs WHERE id = ?)"+ledger.StepOrder, id)
	return run, s.wrap("read", err)
}

const stepColumns = ledger.StepColumns + ", r.begun_checksum, r.finished_checksum"

// scanStep reads the stepColumns of a row and compares its checksums, and reads the columns that
// the query has after them.
func scanStep(scan func(...any) error, after ...any) (batch.Outcome, ledger.StoredStep, error) {
	var s ledger.StoredStep
	var sumBegun, sumFinished int64
	err := scan(append(append(s.Fields(), &sumBegun, &sumFinished), after...)...)
	var c checksummer
	if err == nil && (sumBegun != 0 && sumBegun != c.begun(&s) || sumFinished != 0 && sumFinished != c.finished(&s)) {
		err = errChecksum
	}
	if err != nil {
		return batch.Outcome{}, s, err
	}
	o, err := s.Outcome()
	return o, s, err
}

// Circuit implements [ledger.Store].
func (s *Store) Circuit(ctx context.Context, instanceID string) ([]ledger.Event, error) {
	var events []ledger.Event
	err := each(ctx, s.read, func(scan func(...any) error) error {
		var e ledger.Event
		o, s, err := scanStep(scan, &e.RunID, &e.Scope, &e.Command)
		e.Outcome, e.Hash, e.Begun, e.Finished = o, s.Hash, ledger.Instant(s.Begun), ledger.Instant(s.Finished)
		events = append(events, e)
		return err
	}, "SELECT "+stepColumns+", u.id, u.scope, u.command FROM rows r JOIN runs u ON u.seq = r.run WHERE r.instance_id = ?"+ledger.StepOrder, instanceID)
	return events, s.wrap("read", err)
}

// Check implements [ledger.Store].
func (s *Store) Check(ctx context.Context) (ledger.Health, error) {
	h := ledger.Health{Path: s.path, Network: network(s.path)}
	var verdict string
	if err := s.read.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil {
		return h, s.wrap("check", err)
	}
	if verdict != "ok" {
		return h, s.wrap("check", damage(verdict))
	}
	for _, query := range []string{damagedRows, damagedLOAs} {
		if err := noneDamaged(ctx, s.read, query); err != nil {
			return h, s.wrap("check", err)
		}
	}
	err := s.read.QueryRowContext(ctx, `SELECT
		(SELECT max(version) FROM schema_version), (SELECT count(*) FROM runs),
		(SELECT count(*) FROM circuits WHERE pending_run != 0 OR result = 'UNKNOWN'), (SELECT count(*) FROM locks),
		(SELECT page_count * page_size FROM pragma_page_count, pragma_page_size)`).
		Scan(&h.Schema, &h.Runs, &h.Open, &h.Locked, &h.Size)
	if err != nil {
		return h, s.wrap("check", err)
	}
	start := time.Now()
	err = s.writer.do(ctx, func(t *transaction) error {
		_, err := t.conn.ExecContext(context.Background(), "UPDATE schema_version SET checked = ? WHERE version = ?", start.UnixNano(), h.Schema)
		return err
	})
	h.Commit = time.Since(start)
	if err == nil {
		err = s.locks.check()
	}
	return h, s.wrap("check", err)
}
