package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loabatch/loabatch/batch/ledger"
)

// Pruning deletes only from the table rows. What protects circuits from a second application,
// including every open token, is in the table circuits, and quotas have their own; runs and
// members stay as well, with their inputs, ends and counts, since a state names its member.
// Each transaction deletes a bounded number of rows, so other processes can write in between.
// The server's VACUUM frees the space for later rows; unless a run is in progress, the table
// is also shrunk (VACUUM FULL), which locks others out of it meanwhile.

// pruneChunk bounds the rows that one transaction deletes.
const pruneChunk = 1000

// ledgerSize is the size of all tables in bytes, with their indexes.
const ledgerSize = `(SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n
	ON n.oid = c.relnamespace WHERE n.nspname = 'loabatch' AND c.relkind = 'r')`

// Prune implements [ledger.Store].
func (s *Store) Prune(ctx context.Context, before time.Time, confirm func(ledger.Pruned) error) (ledger.Pruned, error) {
	var runs []int64
	var due ledger.Pruned
	err := s.large(ctx, func(ctx context.Context) (err error) {
		runs, due, err = s.prunable(ctx, before)
		return err
	})
	if err != nil {
		return ledger.Pruned{}, s.wrap("prune", err)
	}
	if confirm != nil && len(runs) > 0 {
		if err := confirm(due); err != nil {
			return ledger.Pruned{}, err
		}
	}
	p := ledger.Pruned{SizeBefore: due.SizeBefore, SizeAfter: due.SizeBefore}
	err = s.large(ctx, func(ctx context.Context) error { return s.prune(ctx, runs, due.Runs, &p) })
	return p, s.wrap("prune", err)
}

// prune deletes the rows of runs and gives the space back.
func (s *Store) prune(ctx context.Context, runs []int64, ids []string, p *ledger.Pruned) error {
	for i, run := range runs {
		if err := s.transact(ctx, func(ctx context.Context, tx pgx.Tx) error { return markPruned(ctx, tx, run, time.Now()) }); err != nil {
			return err
		}
		p.Runs = append(p.Runs, ids[i])
		for deleted := int64(pruneChunk); deleted == pruneChunk; {
			tag, err := s.pool.Exec(ctx, "DELETE FROM loabatch.rows WHERE run = $1 AND (row, place) IN (SELECT r.row, r.place FROM "+deletableRows+" LIMIT $2)", run, pruneChunk)
			if err != nil {
				return err
			}
			deleted = tag.RowsAffected()
			p.Rows += int(deleted)
		}
	}
	err := s.pool.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM loabatch.members m WHERE "+running+" AND NOT ("+silent+"))", s.silence).Scan(&p.Running)
	if err != nil || p.Running {
		return err
	}
	if p.Rows > 0 {
		// Only the owner of the table may do this. Otherwise later rows use the space.
		if _, err := s.pool.Exec(ctx, "VACUUM (FULL, ANALYZE) loabatch.rows"); err != nil && kindOf(err) != ledger.Rights {
			return err
		}
	}
	return s.pool.QueryRow(ctx, "SELECT "+ledgerSize).Scan(&p.SizeAfter)
}

// prunable lists the runs from before a time that have rows to delete, are over and have left no
// application open, and counts their rows.
func (s *Store) prunable(ctx context.Context, before time.Time) (runs []int64, due ledger.Pruned, err error) {
	if err := s.pool.QueryRow(ctx, "SELECT "+ledgerSize).Scan(&due.SizeBefore); err != nil {
		return nil, due, err
	}
	var old []int64
	var ids []string
	err = each(ctx, s.pool, func(scan func(...any) error) error {
		var seq int64
		var id string
		err := scan(&seq, &id)
		old, ids = append(old, seq), append(ids, id)
		return err
	}, `SELECT u.seq, u.id FROM loabatch.runs u WHERE u.started < $2 AND EXISTS (SELECT 1 FROM loabatch.rows WHERE run = u.seq)
		AND (u.ended <> 0 OR u.taken_by <> '' OR NOT EXISTS (SELECT 1 FROM loabatch.members m WHERE m.run = u.seq AND `+running+" AND NOT ("+silent+`)))
		AND NOT EXISTS (SELECT 1 FROM loabatch.members m JOIN loabatch.circuits c ON c.pending_run = m.seq WHERE m.run = u.seq) ORDER BY u.seq`,
		s.silence, before.UnixNano())
	for i, seq := range old {
		if err != nil {
			break
		}
		var n int
		if err = s.pool.QueryRow(ctx, "SELECT count(*) FROM "+deletableRows, seq).Scan(&n); n > 0 {
			runs, due.Runs, due.Rows = append(runs, seq), append(due.Runs, ids[i]), due.Rows+n
		}
	}
	return runs, due, err
}

// markPruned records that the rows of a run are deleted, and how many had which result, which is
// known only from them.
func markPruned(ctx context.Context, tx pgx.Tx, run int64, now time.Time) error {
	var final string
	var pruned int64
	err := tx.QueryRow(ctx, "SELECT final, pruned FROM loabatch.runs WHERE seq = $1 FOR UPDATE", run).Scan(&final, &pruned)
	if err != nil || pruned != 0 {
		return err
	}
	end, err := ledger.DecodeJSON[ledger.RunEnd](final)
	if err == nil && final == "" { // it was killed
		end.Results, err = countResults(ctx, tx, run)
	}
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE loabatch.runs SET pruned = $2, final = $3 WHERE seq = $1", run, now.UnixNano(), ledger.EncodeJSON(end.WithoutRows()))
	return err
}

// deletableRows are the rows of run $1 that pruning deletes. A row stays if it is the only record
// that its circuit has an LOA: one that a survey saw, but that was not applied for here and so
// has no state ([ledger.Seen]).
const deletableRows = `loabatch.rows r JOIN loabatch.runs u ON u.seq = r.run WHERE r.run = $1 AND NOT (r.result = 'ALREADY' AND r.place = 'loa'
	AND NOT (r.operation IN ('', 'apply', 'reapply') AND EXISTS (SELECT 1 FROM loabatch.circuits c WHERE c.scope = u.scope AND c.region = r.region
		AND c.instance_id = r.instance_id AND c.place = 'loa' AND (c.result <> '' OR c.pending_run <> 0)))
	AND NOT EXISTS (SELECT 1 FROM loabatch.rows l JOIN loabatch.runs v ON v.seq = l.run WHERE l.instance_id = r.instance_id AND l.region = r.region
		AND v.scope = u.scope AND (l.run, l.row) > (r.run, r.row) AND l.place = 'loa' AND l.result <> 'SKIPPED'))`
