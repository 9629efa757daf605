package postgres

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

// Number implements [ledger.Member].
func (m *Member) Number() int64 { return m.seq }

// Joined implements [ledger.Member].
func (m *Member) Joined() (ledger.RunInfo, bool) { return m.info, !m.started }

// Claim implements [ledger.Member]. Whoever finds a member dead locks its row before
// taking its claims.
func (m *Member) Claim(ctx context.Context, key batch.Key) (claimed bool, err error) {
	err = m.whileOpen("lock", func() error {
		return m.store.attempt(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
			tag, err := conn.Exec(ctx, "WITH alive AS (SELECT 1 FROM loabatch.members m WHERE m.seq = $5 AND m.nonce = $6 AND NOT m.leaving AND "+running+` FOR SHARE)
				UPDATE loabatch.locks l SET member = $5 FROM alive
				WHERE l.scope = $1 AND l.region = $2 AND l.instance_id = $3 AND l.run = $4 AND l.member IN (0, $5)`,
				string(m.info.Scope), key.Region, key.InstanceID, m.run, m.seq, m.nonce)
			if claimed = err == nil && tag.RowsAffected() > 0; claimed || err != nil {
				return err
			}
			return m.whyNot(ctx, conn, key)
		})
	})
	return claimed && err == nil, err
}

// whyNot returns why a circuit could not be claimed, or nil if another member has it.
func (m *Member) whyNot(ctx context.Context, q querier, key batch.Key) error {
	var f fence
	var has bool
	err := m.readFenceIn(ctx, q, &f)
	if err == nil {
		err = f.err(m)
	}
	if err == nil {
		err = q.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM loabatch.locks WHERE scope = $1 AND region = $2 AND instance_id = $3 AND run = $4)",
			string(m.info.Scope), key.Region, key.InstanceID, m.run).Scan(&has)
	}
	if err == nil && !has {
		err = ledger.ErrNotLocked
	}
	return err
}

// known tells whether the server still knows the member $1 with the nonce $2.
const known = "EXISTS (SELECT 1 FROM loabatch.members WHERE seq = $1 AND nonce = $2)"

// Release implements [ledger.Member].
func (m *Member) Release(ctx context.Context, keys ...batch.Key) error {
	return m.whileOpen("lock", func() error {
		return m.store.attempt(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
			if len(keys) == 0 {
				_, err := conn.Exec(ctx, "UPDATE loabatch.locks SET member = 0 WHERE member = $1 AND "+known, m.seq, m.nonce)
				return err
			}
			regions, ids := columnsOf(keys)
			_, err := conn.Exec(ctx, `UPDATE loabatch.locks l SET member = 0 FROM unnest($3::text[], $4::text[]) AS k (region, id)
				WHERE l.scope = $5 AND l.region = k.region AND l.instance_id = k.id AND l.member = $1 AND `+known, m.seq, m.nonce, regions, ids, string(m.info.Scope))
			return err
		})
	})
}

// Leave implements [ledger.Member]. If all members leave at the same time, one of them is the last.
func (m *Member) Leave(ctx context.Context) error {
	return m.whileOpen("write", func() error {
		return m.store.transact(ctx, func(ctx context.Context, tx pgx.Tx) error {
			if err := m.lockBatch(ctx, tx); err != nil {
				return err
			}
			tag, err := tx.Exec(ctx, `UPDATE loabatch.members SET leaving = true WHERE seq = $3 AND (leaving OR EXISTS (
				SELECT 1 FROM loabatch.members m WHERE m.run = $2 AND m.seq <> $3 AND NOT m.leaving AND `+running+" AND NOT ("+silent+")))", m.store.silence, m.run, m.seq)
			if err == nil && tag.RowsAffected() == 0 {
				err = ledger.ErrLast
			}
			if err == nil {
				_, err = tx.Exec(ctx, "UPDATE loabatch.locks SET member = 0 WHERE member = $1", m.seq)
			}
			return err
		})
	})
}

// Outcomes implements [ledger.Member].
func (m *Member) Outcomes(ctx context.Context, rows ...int) (map[int][]batch.Outcome, error) {
	found := map[int][]batch.Outcome{}
	which := "SELECT " + ledger.StepColumns + " FROM loabatch.rows r WHERE r.run = (SELECT seq FROM loabatch.runs WHERE id = $1) AND r.finished <> 0"
	args := []any{m.info.ID}
	if len(rows) > 0 {
		which, args = which+" AND r.row = ANY($2)", append(args, rows)
	}
	err := m.store.read(ctx, func(ctx context.Context) error {
		return each(ctx, m.store.pool, func(scan func(...any) error) error {
			o, _, err := scanStep(scan)
			found[o.Row] = append(found[o.Row], o)
			return err
		}, which+ledger.StepOrder, args...)
	})
	return found, err
}

// State implements [ledger.Member].
func (m *Member) State(ctx context.Context) (state ledger.BatchState, err error) {
	err = m.store.wrap("read", m.store.attempt(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		var ended int64
		var final string
		err := conn.QueryRow(ctx, "SELECT clock_timestamp() - opened, stop, stop_code, ended, final FROM loabatch.runs WHERE seq = $1 AND id = $2", m.run, m.info.ID).
			Scan(&state.Age, &state.Stop, &state.StopCode, &ended, &final)
		if errors.Is(err, pgx.ErrNoRows) { // a failover has lost the batch, and with it the member
			return &ledger.TakenOverError{RunID: m.info.ID, By: m.info.ID}
		}
		if err == nil {
			state.End, err = ledger.DecodeEnd(ended, final)
		}
		if err == nil {
			state.Results, err = m.count(ctx, conn)
		}
		state.Rows = batch.CountOf(state.Results).Rows
		if err == nil {
			state.Members, err = m.store.membersOf(ctx, conn, m.run, false)
		}
		return err
	}))
	return state, err
}

// Counting the rows of a large batch takes a tenth of a second, so each member repeats it only after
// a while.
const (
	quickCount = 20 * time.Millisecond
	countShare = 20 // at most one part in so many of the time is spent on counting
	countAge   = 3 * time.Second
)

// counted is a count of the results that is kept for a while.
type counted struct {
	mu      sync.Mutex
	results map[sheet.Result]int
	until   time.Time
}

func (m *Member) count(ctx context.Context, q querier) (map[sheet.Result]int, error) {
	m.counted.mu.Lock()
	defer m.counted.mu.Unlock()
	if time.Now().Before(m.counted.until) {
		return maps.Clone(m.counted.results), nil
	}
	start := time.Now()
	results, err := countResults(ctx, q, m.run)
	if took := time.Since(start); err == nil && took > quickCount {
		m.counted.results, m.counted.until = maps.Clone(results), time.Now().Add(min(countShare*took, countAge))
	}
	return results, err
}

// Stop implements [ledger.Member].
func (m *Member) Stop(ctx context.Context, reason, code string) error {
	return m.whileOpen("write", func() error {
		return m.store.attempt(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
			_, err := conn.Exec(ctx, "UPDATE loabatch.runs SET stop = $2, stop_code = $3 WHERE seq = $1 AND id = $4 AND stop = '' AND ended = 0", m.run, reason, code, m.info.ID)
			return err
		})
	})
}

// Report implements [ledger.Member].
func (m *Member) Report(ctx context.Context, f ledger.Figures, final bool) error {
	return m.whileOpen("write", func() error {
		return m.store.attempt(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
			_, err := conn.Exec(ctx, "UPDATE loabatch.members SET figures = $2, final = $3 WHERE seq = $1 AND nonce = $4", m.seq, ledger.EncodeJSON(f), final, m.nonce)
			return err
		})
	})
}

// lockBatch locks the batch and the member until the transaction ends.
func (m *Member) lockBatch(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, "SELECT 1 FROM loabatch.runs WHERE seq = $1 FOR NO KEY UPDATE", m.run); err != nil {
		return err
	}
	if _, err := m.aliveIn(ctx, tx); err != nil {
		return err
	}
	var f fence
	if err := m.readFenceIn(ctx, tx, &f); err != nil {
		return err
	}
	return f.err(m)
}

// Conclude implements [ledger.Member].
func (m *Member) Conclude(ctx context.Context, end ledger.RunEnd) (frozen *ledger.RunEnd, err error) {
	err = m.whileOpen("write", func() error {
		return m.store.transact(ctx, func(ctx context.Context, tx pgx.Tx) error {
			frozen, err = m.concludeIn(ctx, tx, end)
			return err
		})
	})
	return frozen, err
}

func (m *Member) concludeIn(ctx context.Context, tx pgx.Tx, end ledger.RunEnd) (*ledger.RunEnd, error) {
	var f fence
	if err := m.readFenceIn(ctx, tx, &f); err != nil || f.lost {
		return nil, cmp.Or(err, f.takenOver(m))
	}
	var ended int64
	var final, by string
	err := tx.QueryRow(ctx, "SELECT ended, final, taken_by, stop, stop_code FROM loabatch.runs WHERE seq = $1 FOR NO KEY UPDATE", m.run).
		Scan(&ended, &final, &by, &end.Stop, &end.StopCode)
	switch {
	case err != nil:
		return nil, err
	case by != "":
		return nil, &ledger.TakenOverError{RunID: m.info.ID, By: by}
	case ended != 0:
		return ledger.DecodeEnd(ended, final)
	}
	members, err := m.store.membersOf(ctx, tx, m.run, false)
	if err != nil {
		return nil, err
	}
	end.Requests, end.Retries, end.Throttled, end.Slowed = 0, 0, 0, 0
	for _, other := range members {
		// One whose heartbeats are late may only seem dead, until it is taken over.
		if (other.Status == ledger.Running || other.Status == ledger.Died) && !other.Final {
			return nil, nil
		}
		f := other.Figures
		end.Requests, end.Retries, end.Throttled, end.Slowed = end.Requests+f.Requests, end.Retries+f.Retries, end.Throttled+f.Throttled, end.Slowed+f.Slowed
	}
	end.Ended, end.Output, end.OutputSHA256, end.Reports = time.Now().UTC().Round(0), "", "", nil
	if err := endRun(ctx, tx, m.run, &end); err != nil {
		return nil, err
	}
	return &end, nil
}

// endRun writes how a run ended with the counts of its results, and releases its locks.
func endRun(ctx context.Context, tx pgx.Tx, run int64, end *ledger.RunEnd) (err error) {
	if end.Results, err = countResults(ctx, tx, run); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE loabatch.runs SET ended = $2, final = $3 WHERE seq = $1", run, end.Ended.UnixNano(), ledger.EncodeJSON(*end)); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "DELETE FROM loabatch.locks WHERE run = $1", run)
	return err
}

// End implements [ledger.Run] and [ledger.Member].
func (m *Member) End(ctx context.Context, end ledger.RunEnd) error {
	return m.store.wrap("write", m.open.End(func() error {
		err := m.store.transact(ctx, func(ctx context.Context, tx pgx.Tx) error { return m.endIn(ctx, tx, end.WithDefaults()) })
		if err == nil {
			m.halt()
			m.store.mu.Lock()
			delete(m.store.members, m)
			m.store.mu.Unlock()
		}
		return err
	}))
}

func (m *Member) endIn(ctx context.Context, tx pgx.Tx, end ledger.RunEnd) error {
	var f fence
	if err := m.readFenceIn(ctx, tx, &f); err != nil || f.lost {
		return err
	}
	if !m.shared {
		if err := endRun(ctx, tx, m.run, &end); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, "UPDATE loabatch.members SET ended = $2, beat = clock_timestamp(), exit_code = $3, output = $4, output_sha256 = $5, reports = $6 WHERE seq = $1",
		m.seq, end.Ended.UnixNano(), end.ExitCode, end.Output, end.OutputSHA256, ledger.EncodeJSON(end.Reports))
	if err == nil && m.shared {
		_, err = tx.Exec(ctx, "UPDATE loabatch.locks SET member = 0 WHERE member = $1", m.seq)
	}
	return err
}

// halt ends the heartbeats.
func (m *Member) halt() {
	m.halting.Do(func() {
		m.die()
		close(m.stop)
	})
	m.beating.Wait()
}
