package postgres

import (
	"context"
	"encoding/json"
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
// did not record its end was killed, or is in progress. It may have sent something after
// its last heartbeat, but was dead once it had been silent for so long that others presumed
// so.
func (s *Store) pastOf(ctx context.Context, scope ledger.Scope, place batch.Place, keys []batch.Key, into map[batch.Key]batch.Record) error {
	_, ids := columnsOf(keys)
	states := make(map[batch.Key]ledger.State, len(keys))
	members := map[int64]struct{}{}
	err := each(ctx, s.pool, func(scan func(...any) error) error {
		key, state, err := s.scanState(scan)
		states[key] = state
		members[state.Current().Run] = struct{}{}
		return err
	}, "SELECT "+stateColumns+" FROM loabatch.circuits WHERE scope = $1 AND instance_id = ANY($2) AND place = $3", string(scope), ids, string(place))
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

// summaries reads runs; the silence is $1, and the argument $2.
func (s *Store) summaries(ctx context.Context, which string, argument any) ([]ledger.RunSummary, error) {
	var list []summary
	if argument == 0 {
		argument = nil // LIMIT NULL means all
	}
	err := each(ctx, s.pool, func(scan func(...any) error) error {
		one, err := scanSummary(scan)
		list = append(list, one)
		return err
	}, `SELECT u.seq, u.id, u.scope, u.command, u.input, u.input_sha256, u.output, u.account, u.version, u.options, u.started, u.host, u.pid,
		u.taken_by, u.ended, u.final, u.pruned,
		EXISTS (SELECT 1 FROM loabatch.members m WHERE m.run = u.seq AND `+running+" AND NOT ("+silent+`)),
		(SELECT count(*) FROM loabatch.members m WHERE m.run = u.seq AND u.shared) FROM loabatch.runs u `+which, s.silence, argument)
	if err != nil {
		return nil, err
	}
	runs := make([]ledger.RunSummary, 0, len(list))
	for _, one := range list {
		if one.uncounted {
			if one.Results, err = countResults(ctx, s.pool, one.seq); err != nil {
				return nil, err
			}
		}
		if one.members > 0 {
			if one.Members, err = s.membersOf(ctx, s.pool, one.seq, true); err != nil {
				return nil, err
			}
		}
		runs = append(runs, one.RunSummary)
	}
	return runs, nil
}

// summary is a run as it is read, before its rows are counted and its members listed.
type summary struct {
	ledger.RunSummary
	seq       int64
	uncounted bool
	members   int
}

func scanSummary(scan func(...any) error) (r summary, err error) {
	var started, ended, pruned int64
	var options, final string
	var alive bool
	err = scan(&r.seq, &r.ID, &r.Scope, &r.Command, &r.Input, &r.InputSHA256, &r.Output, &r.Account, &r.Version, &options,
		&started, &r.Host, &r.PID, &r.TakenBy, &ended, &final, &pruned, &alive, &r.members)
	if err != nil {
		return r, err
	}
	r.Started, r.Pruned = instant(started), instant(pruned)
	if options != "" {
		r.Options = json.RawMessage(options)
	}
	switch {
	case ended != 0:
		r.Status = ledger.Ended
		if r.End, err = parseEnd(ended, final); err == nil {
			r.Results = r.End.Results
		}
		return r, err
	case r.TakenBy != "":
		r.Status = ledger.TakenOver
	case alive:
		r.Status = ledger.Running
	default:
		r.Status = ledger.Died
	}
	if r.uncounted = pruned == 0; !r.uncounted {
		var counted ledger.RunEnd // by markPruned
		err = json.Unmarshal([]byte(final), &counted)
		r.Results = counted.Results
	}
	return r, err
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
	m.Started, m.Seen, m.Ended = instant(started), m.Seen.UTC(), instant(ended)
	switch {
	case ended != 0:
		m.Status = ledger.Ended
	case takenBy != "":
		m.Status = ledger.TakenOver
	case alive:
		m.Status = ledger.Running
	default:
		m.Status = ledger.Died
	}
	for text, into := range map[string]any{figures: &m.Figures, reports: &m.Reports} {
		if err == nil && text != "" {
			err = json.Unmarshal([]byte(text), into)
		}
	}
	return m, err
}

// countResults counts the finished rows of a run by the result that they show. Few rows
// have several steps.
func countResults(ctx context.Context, q querier, run int64) (map[sheet.Result]int, error) {
	results := map[sheet.Result]int{}
	several := false
	err := each(ctx, q, func(scan func(...any) error) error {
		var result sheet.Result
		var place batch.Place
		var n int
		err := scan(&result, &place, &n)
		results[result] += n
		several = several || place != batch.PlaceLOA
		return err
	}, "SELECT result, place, count(*) FROM loabatch.rows WHERE run = $1 AND finished <> 0 GROUP BY result, place", run)
	if err != nil || !several {
		return results, err
	}
	clear(results)
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
	}, "SELECT r.row, r.operation, r.result FROM loabatch.rows r WHERE r.run = $1 AND r.finished <> 0"+inOrder, run)
	count()
	return results, err
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
		finished := 0 // more than there are rows, if they were pruned
		for _, n := range list[0].Results {
			finished += n
		}
		past := &ledger.PastRun{RunSummary: list[0], Rows: make([]batch.Outcome, 0, finished)}
		err = each(ctx, s.pool, func(scan func(...any) error) error {
			r, err := scanRecord(scan)
			if last := len(past.Rows) - 1; last >= 0 && past.Rows[last].Row == r.Row {
				past.Rows[last] = batch.Shown(past.Rows[last], r.Outcome)
				return err
			}
			past.Rows = append(past.Rows, r.Outcome)
			return err
		}, "SELECT "+outcomeColumns+" FROM loabatch.rows r WHERE r.run = (SELECT seq FROM loabatch.runs WHERE id = $1)"+inOrder, id)
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
			r, err := scanRecord(scan, &e.RunID, &e.Scope, &e.Command)
			e.Outcome, e.Hash, e.Begun, e.Finished = r.Outcome, r.hash, instant(r.begun), instant(r.finished)
			events = append(events, e)
			return err
		}, "SELECT u.id, u.scope, u.command, "+outcomeColumns+
			" FROM loabatch.rows r JOIN loabatch.runs u ON u.seq = r.run WHERE r.instance_id = $1"+inOrder, instanceID)
	})
	return events, err
}

// Check implements [ledger.Store]. It reads all tables, with which the server compares the
// checksums of their pages if the cluster has any (data_checksums).
func (s *Store) Check(ctx context.Context) (ledger.Health, error) {
	h := ledger.Health{Path: s.path}
	err := s.transact(ctx, func(ctx context.Context, tx pgx.Tx) error {
		for _, table := range []string{"runs", "members", "rows", "locks", "circuits", "quotas", "loa_states"} {
			// The length of every value makes the server read it, also one that is stored apart.
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
