package sqlite

import (
	"context"
	"encoding/json"
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

// states reads the states of circuits in every region in which the scope has any: there
// are few, and with the region it takes no index of its own.
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
			}, "SELECT "+stateColumns+` FROM json_each(?) k CROSS JOIN circuits c
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

// pastRun reads a run. One that did not record its end was killed, or is in progress. It
// may have sent something after its last heartbeat, but was dead once it had missed so
// many that others presumed so.
func (s *Store) pastRun(ctx context.Context, seq int64) (pastRun, error) {
	var r pastRun
	var heartbeat, ended int64
	var sound bool
	err := s.read.QueryRowContext(ctx, "SELECT id, heartbeat, ended, "+soundRun+" FROM runs WHERE seq = ?", seq).Scan(&r.id, &heartbeat, &ended, &sound)
	if err == nil && !sound {
		err = errChecksum
	}
	if r.until = instant(ended); ended == 0 {
		r.until = instant(heartbeat).Add(heartbeatTimeout)
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

const runColumns = `seq, id, scope, command, input, input_sha256, output, account, version, options, started, host, pid,
	heartbeat, taken_by, ended, final, pruned, ` + soundRun

// Runs implements [ledger.Store].
func (s *Store) Runs(ctx context.Context, limit int) ([]ledger.RunSummary, error) {
	if limit <= 0 {
		limit = -1
	}
	list, err := s.summaries(ctx, "SELECT "+runColumns+" FROM runs ORDER BY seq DESC LIMIT ?", limit)
	return list, s.wrap("read", err)
}

func (s *Store) summaries(ctx context.Context, query string, args ...any) ([]ledger.RunSummary, error) {
	var list []ledger.RunSummary
	var open []int64 // for each in list, its seq if it has not ended, else 0
	err := each(ctx, s.read, func(scan func(...any) error) error {
		summary, seq, err := s.scanSummary(scan)
		list, open = append(list, summary), append(open, seq)
		return err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	for i, seq := range open {
		if seq != 0 {
			if list[i].Results, err = countResults(ctx, s.read, seq); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// scanSummary reads the runColumns of a row. It also returns the run's seq if the run has
// not ended, so its results are still to be counted; else 0.
func (s *Store) scanSummary(scan func(...any) error) (ledger.RunSummary, int64, error) {
	var r ledger.RunSummary
	var seq, started, heartbeat, ended, pruned int64
	var options, final string
	var sound bool
	err := scan(&seq, &r.ID, &r.Scope, &r.Command, &r.Input, &r.InputSHA256, &r.Output, &r.Account, &r.Version, &options,
		&started, &r.Host, &r.PID, &heartbeat, &r.TakenBy, &ended, &final, &pruned, &sound)
	if err == nil && !sound {
		err = errChecksum
	}
	if err != nil {
		return r, 0, err
	}
	r.Started, r.Pruned = instant(started), instant(pruned)
	if options != "" {
		r.Options = json.RawMessage(options)
	}
	switch {
	case ended != 0:
		r.Status, r.End = ledger.Ended, &ledger.RunEnd{}
		if err := json.Unmarshal([]byte(final), r.End); err != nil {
			return r, 0, err
		}
		r.End.Ended = instant(ended)
		r.Results = r.End.Results
		return r, 0, nil
	case r.TakenBy != "":
		r.Status = ledger.TakenOver
	default:
		alive, err := s.alive(seq, instant(heartbeat), time.Now())
		if err != nil {
			return r, 0, err
		}
		r.Status = ledger.Died
		if alive {
			r.Status = ledger.Running
		}
	}
	if pruned == 0 {
		return r, seq, nil
	}
	var counted ledger.RunEnd // by markPruned
	err = json.Unmarshal([]byte(final), &counted)
	r.Results = counted.Results
	return r, 0, err
}

// countResults counts the finished rows of a run by the result that they show.
func countResults(ctx context.Context, q querier, run int64) (map[sheet.Result]int, error) {
	results := map[sheet.Result]int{}
	err := each(ctx, q, func(scan func(...any) error) error {
		var result sheet.Result
		var n int
		err := scan(&result, &n)
		results[result] = n
		return err
	}, `SELECT result, count(*) FROM rows r WHERE run = ?1 AND finished != 0
		AND NOT EXISTS (SELECT 1 FROM rows o WHERE o.run = ?1 AND o.row = r.row AND o.place != r.place) GROUP BY result`, run)
	if err != nil {
		return nil, err
	}
	var steps []batch.Outcome
	count := func() {
		if len(steps) > 0 {
			results[batch.ShownOf(steps).Result]++
		}
		steps = steps[:0]
	}
	err = each(ctx, q, func(scan func(...any) error) error {
		var o batch.Outcome
		var operation string
		err := scan(&o.Row, &operation, &o.Result)
		if err == nil {
			o.Operation, err = batch.ParseOperation(operation)
		}
		if len(steps) > 0 && steps[0].Row != o.Row {
			count()
		}
		steps = append(steps, o)
		return err
	}, `SELECT row, operation, result FROM rows r WHERE run = ?1 AND finished != 0
		AND EXISTS (SELECT 1 FROM rows o WHERE o.run = ?1 AND o.row = r.row AND o.place != r.place) `+inOrder, run)
	count()
	return results, err
}

// inOrder lists rows with their steps in order.
const inOrder = "ORDER BY r.run, r.row, r.place != 'loa', r.place"

// Run implements [ledger.Store].
func (s *Store) Run(ctx context.Context, id string) (*ledger.PastRun, error) {
	list, err := s.summaries(ctx, "SELECT "+runColumns+" FROM runs WHERE id = ?", id)
	if err != nil {
		return nil, s.wrap("read", err)
	}
	if len(list) == 0 {
		return nil, ledger.ErrNoRun
	}
	run := &ledger.PastRun{RunSummary: list[0]}
	finished := 0 // more than there are rows, if they were pruned
	for _, n := range run.Results {
		finished += n
	}
	run.Rows = make([]batch.Outcome, 0, finished)
	err = each(ctx, s.read, func(scan func(...any) error) error {
		o, _, err := scanRow(scan)
		if last := len(run.Rows) - 1; last >= 0 && run.Rows[last].Row == o.Row {
			run.Rows[last] = batch.Shown(run.Rows[last], o)
			return err
		}
		run.Rows = append(run.Rows, o)
		return err
	}, "SELECT "+outcomeColumns+" FROM rows r WHERE r.run = (SELECT seq FROM runs WHERE id = ?) "+inOrder, id)
	return run, s.wrap("read", err)
}

const outcomeColumns = `r.run, r.hash, r.begun, r.finished, r.begun_checksum, r.finished_checksum, r.row, r.region, r.instance_id, r.result, r.reason, r.error_code, r.request_id, r.token,
	r.generation, r.attempts, r.submitted, r.loa_status, r.operation, r.tried`

// scanRow reads the outcomeColumns of a row, and the columns that the query has before them,
// and compares the row's checksums.
func scanRow(scan func(...any) error, before ...any) (batch.Outcome, begunRow, error) {
	var o batch.Outcome
	var submitted, tried, finished, sumBegun, sumFinished int64
	var b begunRow
	err := scan(append(before, &b.run, &b.hash, &b.begun, &finished, &sumBegun, &sumFinished, &o.Row, &o.Key.Region, &o.Key.InstanceID, &o.Result, &o.Reason, &o.ErrorCode, &o.RequestID,
		&o.Token, &o.Generation, &o.Attempts, &submitted, &o.LOAStatus, &b.operation, &tried)...)
	o.SubmittedAt, o.Tried = instant(submitted), instant(tried)
	b.row, b.region, b.instanceID = int64(o.Row), o.Key.Region, o.Key.InstanceID
	var c checksummer
	f := finishedRowOf(b.run, &o, finished)
	if err == nil && (sumBegun != 0 && sumBegun != c.begun(&b) || sumFinished != 0 && sumFinished != c.finished(&f)) {
		err = errChecksum
	}
	if err == nil {
		o.Operation, err = batch.ParseOperation(b.operation)
	}
	if o.Result == "" {
		o.Result, o.Reason = sheet.Unknown, batch.ReasonUnsettled
	}
	return o, b, err
}

// Circuit implements [ledger.Store].
func (s *Store) Circuit(ctx context.Context, instanceID string) ([]ledger.Event, error) {
	var events []ledger.Event
	err := each(ctx, s.read, func(scan func(...any) error) error {
		var e ledger.Event
		var finished int64
		o, begun, err := scanRow(scan, &e.RunID, &e.Scope, &e.Command, &finished)
		e.Outcome, e.Hash, e.Begun, e.Finished = o, begun.hash, instant(begun.begun), instant(finished)
		events = append(events, e)
		return err
	}, "SELECT u.id, u.scope, u.command, r.finished, "+outcomeColumns+
		" FROM rows r JOIN runs u ON u.seq = r.run WHERE r.instance_id = ? "+inOrder, instanceID)
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
