package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/loabatch/loabatch/batch/ledger"
)

// Pruning deletes only from the table rows. What protects circuits from a second application,
// including every open token, is in the table circuits, and quotas have their own; runs stay as
// well, with their inputs, ends and counts, since a state names its run. Each transaction
// deletes a bounded number of rows, so other processes can write in between. Afterwards VACUUM
// shrinks the file, which locks them out meanwhile, so it is left to a prune without a run in
// progress. Pruning 399 of 400 nights of 1,000 rows took 3 to 9 s on two cores: 104 MB became
// 0.7 MB if all had the same circuits, and 234 MB became 97 MB, the states, if each night had
// new ones.

// prunedRuns is the step of the schema for pruning: when a run's rows were deleted, 0 if never.
const prunedRuns = `ALTER TABLE runs ADD COLUMN pruned INTEGER NOT NULL DEFAULT 0;`

// pruneChunk bounds the rows that one transaction deletes.
const pruneChunk = 1000

// Prune implements [ledger.Store].
func (s *Store) Prune(ctx context.Context, before time.Time, confirm func(ledger.Pruned) error) (ledger.Pruned, error) {
	runs, due, err := s.prunable(ctx, before)
	if err != nil {
		return ledger.Pruned{}, s.wrap("prune", err)
	}
	if confirm != nil && len(runs) > 0 {
		if err := confirm(due); err != nil {
			return ledger.Pruned{}, err
		}
	}
	p := ledger.Pruned{SizeBefore: due.SizeBefore, SizeAfter: due.SizeBefore}
	err = s.prune(ctx, runs, &p)
	return p, s.wrap("prune", err)
}

// prune deletes the rows of runs and gives the space back.
func (s *Store) prune(ctx context.Context, runs []oldRun, p *ledger.Pruned) error {
	for _, run := range runs {
		if err := s.writer.do(ctx, func(t *transaction) error { return t.markPruned(run.seq, time.Now()) }); err != nil {
			return err
		}
		p.Runs = append(p.Runs, run.id)
		for deleted := int64(pruneChunk); deleted == pruneChunk; {
			err := s.writer.do(ctx, func(t *transaction) (err error) {
				deleted, err = t.deleteRows(run.seq)
				return err
			})
			if err != nil {
				return err
			}
			p.Rows += int(deleted)
		}
	}
	var err error
	if p.Running, err = s.anyRunning(ctx, s.read); err != nil || p.Running {
		return err
	}
	if err := s.shrink(ctx); err != nil {
		return err
	}
	p.SizeAfter, err = s.size(ctx)
	return err
}

// size is the size of the ledger in bytes.
func (s *Store) size(ctx context.Context) (n int64, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").Scan(&n)
	return n, err
}

// oldRun is a run that may be pruned.
type oldRun struct {
	seq int64
	id  string
}

// prunable lists the runs from before a time that have rows to delete, are over and have left no
// application open, and counts their rows.
func (s *Store) prunable(ctx context.Context, before time.Time) (runs []oldRun, due ledger.Pruned, err error) {
	if due.SizeBefore, err = s.size(ctx); err != nil {
		return nil, due, err
	}
	now := time.Now()
	err = each(ctx, s.read, func(scan func(...any) error) error {
		var run oldRun
		var heartbeat int64
		var over bool
		if err := scan(&run.seq, &run.id, &heartbeat, &over); err != nil {
			return err
		}
		if !over {
			if alive, err := s.alive(run.seq, ledger.Instant(heartbeat), now); err != nil || alive {
				return err
			}
		}
		var rows int
		if err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM "+deletableRows, run.seq).Scan(&rows); err != nil || rows == 0 {
			return err
		}
		runs, due.Runs, due.Rows = append(runs, run), append(due.Runs, run.id), due.Rows+rows
		return nil
	}, `SELECT seq, id, heartbeat, ended != 0 OR taken_by != '' FROM runs u WHERE started < ? AND EXISTS (SELECT 1 FROM rows WHERE run = u.seq)
		AND seq NOT IN (SELECT pending_run FROM circuits) AND seq NOT IN (SELECT run FROM circuits WHERE result = 'UNKNOWN') ORDER BY seq`,
		before.UnixNano())
	return runs, due, err
}

// markPruned records that the rows of a run are deleted, and how many had which result, which is
// known only from them.
func (t *transaction) markPruned(run int64, now time.Time) error {
	ctx := context.Background()
	var final string
	var pruned int64
	if err := t.conn.QueryRowContext(ctx, "SELECT final, pruned FROM runs WHERE seq = ?", run).Scan(&final, &pruned); err != nil || pruned != 0 {
		return err
	}
	end, err := ledger.DecodeJSON[ledger.RunEnd](final)
	if err == nil && final == "" { // it was killed
		end.Results, err = countResults(ctx, t.conn, run)
	}
	if err != nil {
		return err
	}
	_, err = t.conn.ExecContext(ctx, "UPDATE runs SET pruned = ?, final = ? WHERE seq = ?", now.UnixNano(), ledger.EncodeJSON(end.WithoutRows()), run)
	if err == nil {
		err = sumRun(ctx, t.conn, run, setEnd)
	}
	return err
}

// deletableRows are the rows of run ?1 that pruning deletes. A row stays if it is the only record
// that its circuit has an LOA: one that a survey saw, but that was not applied for here and so
// has no state ([ledger.Seen]).
const deletableRows = `rows r JOIN runs u ON u.seq = r.run WHERE r.run = ?1 AND NOT (r.result = 'ALREADY' AND r.place = 'loa'
	AND NOT (r.operation IN ('', 'apply', 'reapply') AND EXISTS (SELECT 1 FROM circuits c WHERE c.scope = u.scope AND c.region = r.region
		AND c.instance_id = r.instance_id AND c.place = 'loa' AND (c.result != '' OR c.pending_run != 0)))
	AND NOT EXISTS (SELECT 1 FROM rows l JOIN runs v ON v.seq = l.run WHERE l.instance_id = r.instance_id AND l.region = r.region
		AND v.scope = u.scope AND (l.run, l.row) > (r.run, r.row) AND l.place = 'loa' AND l.result != 'SKIPPED'))`

// deleteRows deletes at most one chunk of a run's rows.
func (t *transaction) deleteRows(run int64) (int64, error) {
	result, err := t.conn.ExecContext(context.Background(), "DELETE FROM rows WHERE run = ?1 AND (row, place) IN (SELECT r.row, r.place FROM "+deletableRows+" LIMIT ?2)", run, pruneChunk)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// anyRunning reports whether a run is in progress.
func (s *Store) anyRunning(ctx context.Context, q querier) (running bool, err error) {
	now := time.Now()
	err = each(ctx, q, func(scan func(...any) error) error {
		var run, heartbeat int64
		err := scan(&run, &heartbeat)
		if err == nil && !running {
			running, err = s.alive(run, ledger.Instant(heartbeat), now)
		}
		return err
	}, "SELECT seq, heartbeat FROM runs WHERE ended = 0 AND taken_by = ''")
	return running, err
}

// shrink gives the free pages back to the file system. VACUUM cannot be part of a transaction, so it
// has its own connection; the writer removes the seal first.
func (s *Store) shrink(ctx context.Context) (err error) {
	var free int64
	if err := s.read.QueryRowContext(ctx, "PRAGMA freelist_count").Scan(&free); err != nil || free == 0 {
		return err
	}
	if err := s.writer.do(ctx, func(*transaction) error { return nil }); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", dsn(s.path, pragmas("synchronous(FULL)", "fullfsync(1)", "checkpoint_fullfsync(1)")))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	s.writer.turn.Lock()
	defer s.writer.turn.Unlock()
	if _, err := db.ExecContext(ctx, "VACUUM"); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}
