package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"os"
	"time"

	"github.com/loabatch/loabatch/batch/ledger"
)

// movedTable is the step of the schema for ledgers that another one has taken over. The table then
// has one row, committed before the other ledger commits, so they never both take writes.
const movedTable = `CREATE TABLE moved (id TEXT NOT NULL, place TEXT NOT NULL, at INTEGER NOT NULL) STRICT;`

// stays is the condition that the ledger has not moved.
const stays = "NOT EXISTS (SELECT 1 FROM moved)"

var _ ledger.Leaver = (*Store)(nil)

// readMoved reads the mark of a ledger that has moved, or returns nil if it has not.
func readMoved(ctx context.Context, q interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}) (*ledger.MovedError, error) {
	var m ledger.MovedError
	var at int64
	err := q.QueryRowContext(ctx, "SELECT id, place, at FROM moved").Scan(&m.ID, &m.To, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	m.When = ledger.Instant(at)
	return &m, err
}

// Moved implements [ledger.Leaver].
func (s *Store) Moved(ctx context.Context) (*ledger.MovedError, error) {
	m, err := readMoved(ctx, s.read)
	return m, s.wrap("read", err)
}

// Depart implements [ledger.Leaver].
func (s *Store) Depart(ctx context.Context, to string) (*ledger.Archive, error) {
	mark := ledger.MovedError{ID: rand.Text(), To: to, When: time.Now().UTC()}
	err := s.writer.doMove(ctx, func(t *transaction) error {
		if t.cache.moved != nil {
			mark = *t.cache.moved
			if mark.To != to {
				return rejection{&mark}
			}
			return nil
		}
		if err := t.noneRuns(context.Background(), s); err != nil {
			return err
		}
		_, err := t.conn.ExecContext(context.Background(), "INSERT INTO moved (id, place, at) VALUES (?, ?, ?)", mark.ID, mark.To, mark.When.UnixNano())
		t.cache.moved = &mark
		return err
	})
	if err != nil {
		return nil, s.wrap("write", err)
	}
	return s.archive(ctx, &mark), nil
}

// Stay implements [ledger.Leaver].
func (s *Store) Stay(ctx context.Context) error {
	return s.wrap("write", s.writer.doMove(ctx, func(t *transaction) error {
		_, err := t.conn.ExecContext(context.Background(), "DELETE FROM moved")
		t.cache.moved = nil
		return err
	}))
}

// noneRuns rejects the write while a run is in progress.
func (t *transaction) noneRuns(ctx context.Context, s *Store) error {
	now := time.Now()
	var runs []holder
	err := each(ctx, t.conn, func(scan func(...any) error) error {
		h, err := scanHolder(scan)
		runs = append(runs, h)
		return err
	}, `SELECT seq, id, host, pid, started, heartbeat, (SELECT count(*) FROM locks WHERE run = seq)
		FROM runs WHERE ended = 0 AND taken_by = '' ORDER BY seq`)
	if err != nil {
		return err
	}
	for _, h := range runs {
		alive, err := s.alive(h.seq, h.heartbeat, now)
		if err != nil {
			return rejection{err}
		}
		if alive {
			return rejection{&h.LockedError}
		}
	}
	return nil
}

// archive reads the ledger. It has moved, so nobody writes to it meanwhile.
func (s *Store) archive(ctx context.Context, mark *ledger.MovedError) *ledger.Archive {
	host, _ := os.Hostname()
	return &ledger.Archive{
		ID: mark.ID, Source: s.path, Host: host,
		Runs: s.archivedRuns(ctx, mark.When),
		Rows: archived(ctx, s, func(scan func(...any) error) (r ledger.ArchivedRow, err error) {
			o, s, err := scanStep(scan)
			if s.Finished == 0 {
				o.Result, o.Reason = "", ""
			}
			return ledger.ArchivedRow{Run: s.Run, Hash: s.Hash, Begun: ledger.Instant(s.Begun), Finished: ledger.Instant(s.Finished), Outcome: o}, err
		}, "SELECT "+stepColumns+" FROM rows r"+ledger.StepOrder),
		Circuits: archived(ctx, s, func(scan func(...any) error) (c ledger.ArchivedCircuit, err error) {
			c.Key, c.State, err = scanState(func(values ...any) error { return scan(append(values, &c.Scope, &c.Place)...) })
			return c, err
		}, "SELECT "+ledger.StateColumns+", checksum, scope, place FROM circuits"),
		LOAs: archived(ctx, s, scanLOA, loaHistory),
		Quotas: archived(ctx, s, func(scan func(...any) error) (q ledger.ArchivedQuota, err error) {
			var stored []byte
			if err := scan(&q.Key.Scope, &q.Key.Region, &q.Key.API, &stored); err != nil {
				return q, err
			}
			q.Read = s.quotas.time()
			return q, q.State.UnmarshalBinary(stored)
		}, "SELECT scope, region, api, state FROM quotas"),
	}
}

// archived yields what a query reads.
func archived[T any](ctx context.Context, s *Store, read func(scan func(...any) error) (T, error), query string) func(yield func(T, error) bool) {
	return func(yield func(T, error) bool) {
		err := each(ctx, s.read, func(scan func(...any) error) error {
			one, err := read(scan)
			if err == nil && !yield(one, nil) {
				return errEnough
			}
			return err
		}, query)
		if err != nil && !errors.Is(err, errEnough) {
			var none T
			yield(none, s.wrap("read", err))
		}
	}
}

// errEnough ends a query whose caller has stopped iterating.
var errEnough = errors.New("enough was read")

// archivedRuns yields the runs with their numbers. None was in progress when the ledger moved, so
// none has sent anything since.
func (s *Store) archivedRuns(ctx context.Context, moved time.Time) func(yield func(ledger.ArchivedRun, error) bool) {
	return func(yield func(ledger.ArchivedRun, error) bool) {
		list, err := s.summaries(ctx, "ORDER BY seq")
		numbers := map[string]int64{}
		if err == nil {
			err = each(ctx, s.read, func(scan func(...any) error) error {
				var id string
				var seq int64
				err := scan(&id, &seq)
				numbers[id] = seq
				return err
			}, "SELECT id, seq FROM runs")
		}
		for _, summary := range list {
			var past pastRun
			if err == nil {
				past, err = s.pastRun(ctx, numbers[summary.ID])
			}
			if err != nil {
				break
			}
			if past.until.After(moved) && summary.End == nil {
				past.until = moved
			}
			if !yield(ledger.ArchivedRun{RunSummary: summary, Number: numbers[summary.ID], Until: past.until}, nil) {
				return
			}
		}
		if err != nil {
			yield(ledger.ArchivedRun{}, s.wrap("read", err))
		}
	}
}

// doMove is do for writes that are allowed to a ledger that has moved.
func (w *writer) doMove(ctx context.Context, apply func(*transaction) error) error {
	return w.hand(ctx, &write{apply: apply, moves: true, done: make(chan error, 1)})
}

// movedRejection is the error of a write to a ledger that has moved.
func (c *cache) movedRejection(one *write) error {
	if c.moved == nil || one.moves {
		return nil
	}
	moved := *c.moved
	return &moved
}

// quotaOf reads the state of a quota unless the ledger has moved.
const quotaOf = "SELECT state FROM quotas WHERE scope = ? AND region = ? AND api = ? AND " + stays
