package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/quota"
)

// takeovers is the step of the schema for ledgers that were taken over.
const takeovers = `CREATE TABLE loabatch.takeovers (
		id       text PRIMARY KEY,
		source   text   NOT NULL,
		host     text   NOT NULL,
		at       timestamptz NOT NULL DEFAULT clock_timestamp(),
		runs     bigint NOT NULL,
		rows     bigint NOT NULL,
		circuits bigint NOT NULL,
		open     bigint NOT NULL,
		loas     bigint NOT NULL,
		quotas   bigint NOT NULL
	);`

var _ ledger.Taker = (*Store)(nil)

// taking is one takeover in progress.
type taking struct {
	*Store
	tx      pgx.Tx
	taken   ledger.Taken
	runs    map[int64]numbers // by the number in the archive
	known   ledger.KnownError
	refused bool // known holds the reason
}

// numbers are those of a run and of its only member.
type numbers struct{ run, member int64 }

// TakeOver implements [ledger.Taker]. A run of the archive becomes a run with one closed member. No
// batch or run starts meanwhile.
func (s *Store) TakeOver(ctx context.Context, a *ledger.Archive) (ledger.Taken, error) {
	t := taking{Store: s, taken: ledger.Taken{ID: a.ID, Source: a.Source, Host: a.Host}, runs: map[int64]numbers{}}
	err := s.transact(ctx, func(ctx context.Context, tx pgx.Tx) error {
		t.tx = tx
		return t.all(ctx, a)
	})
	_, taken := errors.AsType[*ledger.TakenError](err)
	_, known := errors.AsType[*ledger.KnownError](err)
	if taken || known {
		return t.taken, err
	}
	return t.taken, s.wrap("write", err)
}

// Took implements [ledger.Taker].
func (s *Store) Took(ctx context.Context, id string) (*ledger.Taken, error) {
	taken, err := took(ctx, s.pool, id)
	return taken, s.wrap("read", s.explain(ctx, ctx, err))
}

func took(ctx context.Context, q querier, id string) (*ledger.Taken, error) {
	t := ledger.Taken{ID: id}
	err := q.QueryRow(ctx, "SELECT source, host, at, runs, rows, circuits, open, loas, quotas FROM loabatch.takeovers WHERE id = $1", id).
		Scan(&t.Source, &t.Host, &t.At, &t.Runs, &t.Rows, &t.Circuits, &t.Open, &t.LOAs, &t.Quotas)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	t.At = t.At.UTC()
	return &t, err
}

// all adds the archive within the transaction.
func (t *taking) all(ctx context.Context, a *ledger.Archive) error {
	// Reading the other ledger takes time.
	if _, err := t.tx.Exec(ctx, "SET LOCAL idle_in_transaction_session_timeout = 0"); err != nil {
		return err
	}
	if _, err := t.tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1, $2)", lockSpace, startLock); err != nil {
		return err
	}
	before, err := took(ctx, t.tx, a.ID)
	if err != nil {
		return err
	}
	if before != nil {
		t.taken = *before
		return &ledger.TakenError{Taken: *before}
	}
	for _, step := range []func() error{
		func() error {
			return inChunks(a.Runs, func(part []ledger.ArchivedRun) error { return t.addRuns(ctx, part) })
		},
		func() error { return t.addRows(ctx, a.Rows) },
		func() error {
			return inChunks(a.Circuits, func(part []ledger.ArchivedCircuit) error { return t.addCircuits(ctx, part) })
		},
		func() error { return inChunks(a.LOAs, func(part []ledger.LOA) error { return t.addLOAs(ctx, part) }) },
		func() error {
			return inChunks(a.Quotas, func(part []ledger.ArchivedQuota) error { return t.addQuotas(ctx, part) })
		},
	} {
		if err := step(); err != nil {
			return err
		}
	}
	if t.refused {
		return &t.known
	}
	err = t.tx.QueryRow(ctx, `INSERT INTO loabatch.takeovers (id, source, host, runs, rows, circuits, open, loas, quotas)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING at`,
		t.taken.ID, t.taken.Source, t.taken.Host, t.taken.Runs, t.taken.Rows, t.taken.Circuits, t.taken.Open, t.taken.LOAs, t.taken.Quotas).Scan(&t.taken.At)
	t.taken.At = t.taken.At.UTC()
	return err
}

// inChunks calls a function with what an archive yields, in chunks.
func inChunks[T any](all iter.Seq2[T, error], add func([]T) error) error {
	var part []T
	for one, err := range all {
		if err != nil {
			return err
		}
		if part = append(part, one); len(part) == chunk {
			if err := add(part); err != nil {
				return err
			}
			part = part[:0]
		}
	}
	if len(part) == 0 {
		return nil
	}
	return add(part)
}

// addRuns adds runs, each with a member. If one is known here, the archive comes from a copy of a
// ledger that was taken over.
func (t *taking) addRuns(ctx context.Context, part []ledger.ArchivedRun) error {
	ids := make([]string, len(part))
	for i := range part {
		ids[i] = part[i].ID
	}
	err := t.tx.QueryRow(ctx, "SELECT id FROM loabatch.runs WHERE id = ANY($1) ORDER BY seq LIMIT 1", ids).Scan(&t.known.Run)
	if err == nil {
		return &t.known
	} else if !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	var b pgx.Batch
	for _, r := range part {
		ended, final := finalOf(r)
		b.Queue("INSERT INTO loabatch.runs ("+ledger.InfoColumns+`, opened, taken_by, ended, final, pruned)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) RETURNING seq`,
			append(r.Values(), t.toDatabase(r.Started), r.TakenBy, ledger.Nanoseconds(ended), final, ledger.Nanoseconds(r.Pruned))...).QueryRow(func(row pgx.Row) error {
			var n numbers
			err := row.Scan(&n.run)
			t.runs[r.Number] = n
			return err
		})
	}
	if err := t.tx.SendBatch(ctx, &b).Close(); err != nil {
		return err
	}
	t.taken.Runs += len(part)
	return t.addMembers(ctx, part)
}

// finalOf is how a run ended, as stored. For one that died, the counts are stored if its rows are
// gone.
func finalOf(r ledger.ArchivedRun) (ended time.Time, final string) {
	switch {
	case r.End != nil:
		return r.End.Ended, ledger.EncodeJSON(*r.End)
	case r.Pruned.IsZero():
		return ended, ""
	}
	return ended, ledger.EncodeJSON(ledger.RunEnd{Results: r.Results})
}

// addMembers adds the member of each run.
func (t *taking) addMembers(ctx context.Context, part []ledger.ArchivedRun) error {
	var b pgx.Batch
	for _, r := range part {
		var end ledger.RunEnd
		if r.End != nil {
			end = *r.End
		}
		b.Queue(`INSERT INTO loabatch.members (run, host, pid, version, started, beat, gone, taken_by, ended, final, exit_code, output, output_sha256, reports)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING seq`,
			t.runs[r.Number].run, r.Host, r.PID, r.Version, r.Started.UnixNano(), t.toDatabase(r.Until), r.End == nil, r.TakenBy, ledger.Nanoseconds(end.Ended),
			r.End != nil, end.ExitCode, end.Output, end.OutputSHA256, ledger.EncodeJSON(end.Reports)).QueryRow(func(row pgx.Row) error {
			n := t.runs[r.Number]
			err := row.Scan(&n.member)
			t.runs[r.Number] = n
			return err
		})
	}
	return t.tx.SendBatch(ctx, &b).Close()
}

// of returns the numbers of a run; a state without a run has 0.
func (t *taking) of(run int64) (numbers, error) {
	n, ok := t.runs[run]
	if !ok && run != 0 {
		return n, fmt.Errorf("the ledger has no run with the number %d", run)
	}
	return n, nil
}

// addRows copies the rows.
func (t *taking) addRows(ctx context.Context, rows iter.Seq2[ledger.ArchivedRow, error]) error {
	next, stop := iter.Pull2(rows)
	defer stop()
	copied, err := t.tx.CopyFrom(ctx, pgx.Identifier{"loabatch", "rows"}, []string{"run", "row", "place", "member", "region", "instance_id", "hash", "generation", "token",
		"begun", "finished", "result", "reason", "error_code", "request_id", "attempts", "submitted", "loa_status", "operation", "tried"},
		pgx.CopyFromFunc(func() ([]any, error) {
			r, err, ok := next()
			if err != nil || !ok {
				return nil, err
			}
			n, err := t.of(r.Run)
			o := &r.Outcome
			return []any{n.run, int64(o.Row), string(o.Operation.Place()), n.member, o.Key.Region, o.Key.InstanceID, r.Hash, int64(o.Generation), o.Token,
				ledger.Nanoseconds(r.Begun), ledger.Nanoseconds(r.Finished), string(o.Result), string(o.Reason), o.ErrorCode, o.RequestID, int64(o.Attempts),
				ledger.Nanoseconds(o.SubmittedAt), o.LOAStatus, o.Operation.String(), ledger.Nanoseconds(o.Tried)}, err
		}))
	t.taken.Rows = int(copied)
	return err
}

// addCircuits adds the states of circuits that this ledger neither knows nor has locked.
func (t *taking) addCircuits(ctx context.Context, part []ledger.ArchivedCircuit) error {
	scopes, regions, ids := make([]string, len(part)), make([]string, len(part)), make([]string, len(part))
	for i, c := range part {
		scopes[i], regions[i], ids[i] = string(c.Scope), c.Key.Region, c.Key.InstanceID
	}
	// A state of the circuit at any other place counts too: later steps belong to its application.
	known := ledger.KnownError{}
	err := t.tx.QueryRow(ctx, `WITH k AS (SELECT DISTINCT * FROM unnest($1::text[], $2::text[], $3::text[]) AS k (scope, region, id)),
		met AS (SELECT k.* FROM k WHERE EXISTS (SELECT 1 FROM loabatch.circuits c WHERE c.scope = k.scope AND c.instance_id = k.id AND c.region = k.region
				AND c.run <> ALL($4) AND c.pending_run <> ALL($4))
			OR EXISTS (SELECT 1 FROM loabatch.locks l WHERE l.scope = k.scope AND l.region = k.region AND l.instance_id = k.id))
		SELECT count(*), coalesce(min(scope), ''), coalesce(min(region), ''), coalesce(min(id), '') FROM met`, scopes, regions, ids, t.memberNumbers()).
		Scan(&known.Circuits, &known.Scope, &known.Circuit.Region, &known.Circuit.InstanceID)
	if err != nil {
		return err
	}
	if known.Circuits > 0 || t.refused { // count them all
		known.Circuits += t.known.Circuits
		if t.refused {
			known.Scope, known.Circuit = t.known.Scope, t.known.Circuit
		}
		t.known, t.refused = known, true
		return nil
	}
	var b pgx.Batch
	for _, c := range part {
		state := c.State
		last, err := t.of(state.Last.Run)
		pending, errPending := t.of(state.Pending.Run)
		if err := cmp.Or(err, errPending); err != nil {
			return err
		}
		state.Last.Run, state.Pending.Run = last.member, pending.member
		t.save(&b, c.StateKey, state)
		if t.taken.Circuits++; state.Open() {
			t.taken.Open++
		}
	}
	return t.tx.SendBatch(ctx, &b).Close()
}

// memberNumbers are the numbers of the added members.
func (t *taking) memberNumbers() []int64 {
	list := make([]int64, 0, len(t.runs))
	for _, n := range t.runs {
		list = append(list, n.member)
	}
	return list
}

// addLOAs adds the observed LOAs to those known here.
func (t *taking) addLOAs(ctx context.Context, part []ledger.LOA) error {
	var b pgx.Batch
	for _, l := range part {
		b.Queue("INSERT INTO loabatch.loa_states ("+ledger.LOAColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING", l.Values(l.Scope)...)
	}
	t.taken.LOAs += len(part)
	return t.tx.SendBatch(ctx, &b).Close()
}

// addQuotas adds the part of quotas that still counts.
func (t *taking) addQuotas(ctx context.Context, part []ledger.ArchivedQuota) error {
	for _, q := range part {
		if err := t.addQuota(ctx, q); err != nil {
			return err
		}
		t.taken.Quotas++
	}
	return nil
}

func (t *taking) addQuota(ctx context.Context, q ledger.ArchivedQuota) error {
	_, err := t.tx.Exec(ctx, "INSERT INTO loabatch.quotas (scope, region, api, state, seen) VALUES ($1, $2, $3, '', clock_timestamp()) ON CONFLICT DO NOTHING",
		q.Key.Scope, q.Key.Region, q.Key.API)
	if err != nil {
		return err
	}
	var stored []byte
	var seen, now time.Time
	var line string
	err = t.tx.QueryRow(ctx, "SELECT state, seen FROM loabatch.quotas WHERE scope = $1 AND region = $2 AND api = $3 FOR UPDATE", q.Key.Scope, q.Key.Region, q.Key.API).
		Scan(&stored, &seen)
	if err == nil {
		err = t.tx.QueryRow(ctx, "SELECT greatest(clock_timestamp(), $1::timestamptz), "+t.timeLine, seen).Scan(&now, &line)
	}
	var state quota.State
	if err == nil {
		err = state.UnmarshalBinary(stored)
	}
	if err != nil {
		return err
	}
	there := quotaTime(now, line)
	state.Take(there, quota.Ask{Rate: quota.DefaultRate, Burst: 1}) // it may be of another time line
	q.State.Move(q.Read, there)
	state.Merge(q.State)
	if stored, err = state.AppendBinary(nil); err != nil {
		return err
	}
	_, err = t.tx.Exec(ctx, "UPDATE loabatch.quotas SET state = $4, seen = $5 WHERE scope = $1 AND region = $2 AND api = $3",
		q.Key.Scope, q.Key.Region, q.Key.API, stored, now)
	return err
}
