package postgres

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

// chunk bounds the circuits that one statement takes.
const chunk = 10000

// Past implements [ledger.Store].
func (s *Store) Past(ctx context.Context, scope ledger.Scope, place batch.Place, keys []batch.Key) (map[batch.Key]batch.Record, error) {
	past := make(map[batch.Key]batch.Record, len(keys))
	err := s.read(ctx, func(ctx context.Context) error {
		for part := range slices.Chunk(keys, chunk) {
			if err := s.pastOf(ctx, scope, place, part, past); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return past, nil
}

// pastOf reads the states of circuits in every region, with the run of each. A member that
// did not record its end was killed, or is at work. It may have sent something after its
// last heartbeat, but not after it had been silent for long enough to be presumed dead.
func (s *Store) pastOf(ctx context.Context, scope ledger.Scope, place batch.Place, keys []batch.Key, into map[batch.Key]batch.Record) error {
	_, ids := columnsOf(keys)
	states := make(map[batch.Key]ledger.State, len(keys))
	members := map[int64]struct{}{}
	err := each(ctx, s.pool, func(scan func(...any) error) error {
		key, state, err := s.scanState(scan)
		states[key] = state
		members[state.Current().Run] = struct{}{}
		return err
	}, "SELECT "+ledger.StateColumns+" FROM loabatch.circuits WHERE scope = $1 AND instance_id = ANY($2) AND place = $3", string(scope), ids, string(place))
	if err != nil || len(states) == 0 {
		return err
	}
	type sender struct {
		id    string
		until time.Time
	}
	senders := make(map[int64]sender, len(members))
	err = each(ctx, s.pool, func(scan func(...any) error) error {
		var seq, ended int64
		var one sender
		var beat time.Time
		err := scan(&seq, &one.id, &beat, &ended)
		if ended == 0 {
			beat = beat.Add(s.silence)
		}
		one.until = s.toHost(beat)
		senders[seq] = one
		return err
	}, "SELECT m.seq, u.id, m.beat, m.ended FROM loabatch.members m JOIN loabatch.runs u ON u.seq = m.run WHERE m.seq = ANY($1)", slices.Collect(maps.Keys(members)))
	for key, state := range states {
		by := senders[state.Current().Run]
		into[key] = state.Record(by.id, by.until)
	}
	return err
}

// Scopes implements [ledger.Store].
func (s *Store) Scopes(ctx context.Context) (scopes []ledger.Scope, err error) {
	err = s.read(ctx, func(ctx context.Context) error {
		return each(ctx, s.pool, func(scan func(...any) error) error {
			var scope ledger.Scope
			err := scan(&scope)
			scopes = append(scopes, scope)
			return err
		}, listScopes)
	})
	return scopes, err
}

const listScopes = `WITH RECURSIVE s(scope) AS (
		SELECT min(scope) FROM loabatch.circuits
		UNION ALL SELECT (SELECT min(scope) FROM loabatch.circuits WHERE scope > s.scope) FROM s WHERE s.scope IS NOT NULL
		) SELECT scope FROM s WHERE scope IS NOT NULL`

// Runs implements [ledger.Store].
func (s *Store) Runs(ctx context.Context, limit int) (list []ledger.RunSummary, err error) {
	err = s.read(ctx, func(ctx context.Context) error {
		list, err = s.summaries(ctx, "ORDER BY u.seq DESC LIMIT $2", max(limit, 0))
		return err
	})
	return list, err
}

// summaries reads runs; $1 is the silence and $2 the argument.
func (s *Store) summaries(ctx context.Context, which string, argument any) ([]ledger.RunSummary, error) {
	var list []ledger.RunSummary
	var runs []ledger.StoredRun // of list
	var members []int
	if argument == 0 {
		argument = nil // LIMIT NULL means all
	}
	err := each(ctx, s.pool, func(scan func(...any) error) error {
		var r ledger.StoredRun
		var alive bool
		var n int
		if err := scan(append(r.Fields(), &alive, &n)...); err != nil {
			return err
		}
		summary, err := r.Summary(alive)
		list, runs, members = append(list, summary), append(runs, r), append(members, n)
		return err
	}, "SELECT "+ledger.RunColumns+", EXISTS (SELECT 1 FROM loabatch.members m WHERE m.run = u.seq AND "+running+" AND NOT ("+silent+`)),
		(SELECT count(*) FROM loabatch.members m WHERE m.run = u.seq AND u.shared) FROM loabatch.runs u `+which, s.silence, argument)
	for i := range runs {
		if err == nil && !runs[i].Counted() {
			list[i].Results, err = countResults(ctx, s.pool, runs[i].Seq)
		}
		if err == nil && members[i] > 0 {
			list[i].Members, err = s.membersOf(ctx, s.pool, runs[i].Seq, true)
		}
	}
	return list, err
}

// membersOf lists the members of a batch, with the rows that each has finished if counted.
func (s *Store) membersOf(ctx context.Context, q querier, run int64, counted bool) (list []ledger.MemberSummary, err error) {
	err = each(ctx, q, func(scan func(...any) error) error {
		one, err := s.scanMember(scan)
		one.Starter = len(list) == 0
		list = append(list, one)
		return err
	}, `SELECT m.seq, m.host, m.pid, m.version, m.started, m.beat, m.taken_by, m.ended, m.leaving, m.figures, m.final, m.exit_code, m.output, m.output_sha256, m.reports,
		`+running+" AND NOT ("+silent+`), (SELECT count(*) FROM loabatch.locks l WHERE l.member = m.seq AND l.member <> 0)
		FROM loabatch.members m WHERE m.run = $2 ORDER BY m.seq`, s.silence, run)
	if err != nil || !counted {
		return list, err
	}
	rows := map[int64]int{}
	err = each(ctx, q, func(scan func(...any) error) error {
		var member int64
		var n int
		err := scan(&member, &n)
		rows[member] = n
		return err
	}, "SELECT member, count(DISTINCT row) FROM loabatch.rows WHERE run = $1 AND finished <> 0 GROUP BY member", run)
	for i := range list {
		list[i].Rows = rows[list[i].Number]
	}
	return list, err
}

func (s *Store) scanMember(scan func(...any) error) (m ledger.MemberSummary, err error) {
	var started, ended int64
	var takenBy, figures, reports string
	var alive bool
	err = scan(&m.Number, &m.Host, &m.PID, &m.Version, &started, &m.Seen, &takenBy, &ended, &m.Leaving, &figures, &m.Final, &m.ExitCode, &m.Output, &m.OutputSHA256, &reports,
		&alive, &m.Claimed)
	m.Started, m.Seen, m.Ended = ledger.Instant(started), m.Seen.UTC(), ledger.Instant(ended)
	m.Status = ledger.StatusOf(ended, takenBy, alive)
	if err == nil {
		m.Figures, err = ledger.DecodeJSON[ledger.Figures](figures)
	}
	if err == nil {
		m.Reports, err = ledger.DecodeJSON[map[string]string](reports)
	}
	return m, err
}

// countResults counts the finished rows of a run by the result that they show. Few have
// several steps.
func countResults(ctx context.Context, q querier, run int64) (map[sheet.Result]int, error) {
	tally := ledger.Tally{Results: map[sheet.Result]int{}}
	several := false
	err := each(ctx, q, func(scan func(...any) error) error {
		var result sheet.Result
		var place batch.Place
		var n int
		err := scan(&result, &place, &n)
		tally.Results[result] += n
		several = several || place != batch.PlaceLOA
		return err
	}, "SELECT result, place, count(*) FROM loabatch.rows WHERE run = $1 AND finished <> 0 GROUP BY result, place", run)
	if err != nil || !several {
		return tally.Results, err
	}
	clear(tally.Results)
	err = each(ctx, q, tally.Scan, "SELECT r.row, r.operation, r.result FROM loabatch.rows r WHERE r.run = $1 AND r.finished <> 0"+ledger.StepOrder, run)
	return tally.Results, err
}

// Run implements [ledger.Store].
func (s *Store) Run(ctx context.Context, id string) (run *ledger.PastRun, err error) {
	err = s.read(ctx, func(ctx context.Context) error {
		list, err := s.summaries(ctx, "WHERE u.id = $2", id)
		if err == nil && len(list) == 0 {
			err = ledger.ErrNoRun
		}
		if err != nil {
			return err
		}
		finished := batch.CountOf(list[0].Results).Rows // more than there are rows, if they were pruned
		past := &ledger.PastRun{RunSummary: list[0], Rows: make([]batch.Outcome, 0, finished)}
		err = each(ctx, s.pool, func(scan func(...any) error) error {
			o, _, err := scanStep(scan)
			past.Rows = ledger.AppendStep(past.Rows, o)
			return err
		}, "SELECT "+ledger.StepColumns+" FROM loabatch.rows r WHERE r.run = (SELECT seq FROM loabatch.runs WHERE id = $1)"+ledger.StepOrder, id)
		if err == nil {
			run = past
		}
		return err
	})
	return run, err
}

// Circuit implements [ledger.Store].
func (s *Store) Circuit(ctx context.Context, instanceID string) (events []ledger.Event, err error) {
	err = s.read(ctx, func(ctx context.Context) error {
		return each(ctx, s.pool, func(scan func(...any) error) error {
			var e ledger.Event
			o, s, err := scanStep(scan, &e.RunID, &e.Scope, &e.Command)
			e.Outcome, e.Hash, e.Begun, e.Finished = o, s.Hash, ledger.Instant(s.Begun), ledger.Instant(s.Finished)
			events = append(events, e)
			return err
		}, "SELECT "+ledger.StepColumns+", u.id, u.scope, u.command FROM loabatch.rows r JOIN loabatch.runs u ON u.seq = r.run WHERE r.instance_id = $1"+ledger.StepOrder, instanceID)
	})
	return events, err
}

// Check implements [ledger.Store]. It reads all tables, so the server verifies the checksums of
// their pages if the cluster has any (data_checksums).
func (s *Store) Check(ctx context.Context) (ledger.Health, error) {
	h := ledger.Health{Path: s.path}
	err := s.transact(ctx, func(ctx context.Context, tx pgx.Tx) error {
		for _, table := range []string{"runs", "members", "rows", "locks", "circuits", "quotas", "loa_states"} {
			// The length of every value makes the server read it, even one that is stored out of line.
			if _, err := tx.Exec(ctx, "SELECT sum(length(t::text)) FROM loabatch."+table+" t"); err != nil {
				return err
			}
		}
		return tx.QueryRow(ctx, `SELECT (SELECT max(version) FROM loabatch.schema_version), (SELECT count(*) FROM loabatch.runs),
			(SELECT count(*) FROM loabatch.circuits WHERE pending_run <> 0), (SELECT count(*) FROM loabatch.locks), `+ledgerSize).
			Scan(&h.Schema, &h.Runs, &h.Open, &h.Locked, &h.Size)
	})
	if err != nil {
		return h, s.wrap("check", err)
	}
	start := time.Now()
	err = s.attempt(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		_, err := conn.Exec(ctx, "UPDATE loabatch.schema_version SET checked = clock_timestamp() WHERE version = $1", h.Schema)
		return err
	})
	h.Commit = time.Since(start)
	return h, s.wrap("check", err)
}
