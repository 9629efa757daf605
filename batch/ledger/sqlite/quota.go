package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/quota"
)

// quotaTable holds the states of the quotas, in the binary form of [quota.State]: only numbers.
const quotaTable = `CREATE TABLE quotas (
		scope  TEXT NOT NULL,
		region TEXT NOT NULL,
		api    TEXT NOT NULL,
		state  BLOB NOT NULL,
		PRIMARY KEY (scope, region, api)
	) STRICT, WITHOUT ROWID;`

// quotas is the connection for the states of the quotas. Its commits are not synced to the disk, so
// they cost little: a killed process loses nothing, since the system has what it wrote, and
// after a power failure State.Take allows for lost takes. Only the first state of a quota is
// synced, since without it nobody would know that there was anything to lose.
//
// All processes with a ledger in WAL mode run on one machine, and share its clock.
type quotas struct {
	db   *sql.DB
	turn *sync.Mutex // between the two connections of this process: SQLite's own wait is not fair
	line string
}

func openQuotas(path string, durable bool, turn *sync.Mutex) (*quotas, error) {
	synchronous := "synchronous(OFF)"
	if durable {
		synchronous = "synchronous(NORMAL)"
	}
	db, err := sql.Open("sqlite", dsn(path, pragmas(synchronous, "checkpoint_fullfsync(1)")))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return &quotas{db: db, turn: turn, line: bootLine()}, nil
}

// Take implements [quota.Keeper].
func (s *Store) Take(ctx context.Context, key quota.Key, ask quota.Ask) (quota.Grant, error) {
	select {
	case <-s.writer.finished:
		return quota.Grant{}, ledger.ErrClosed
	default:
	}
	g, err := s.quotas.take(ctx, key, ask)
	if errors.Is(err, sql.ErrNoRows) {
		if err = s.writer.do(ctx, func(t *transaction) error { return t.firstState(key, s.quotas.time(), ask) }); err == nil {
			g, err = s.quotas.take(ctx, key, ask)
		}
	}
	return g, s.wrap("write", err)
}

// firstState stores the state of an unused quota, unless it has one.
func (t *transaction) firstState(key quota.Key, now quota.Time, ask quota.Ask) error {
	ask.Want, ask.Returns = 0, nil
	_, stored, err := quota.TakeStored(nil, now, ask)
	if err != nil {
		return err
	}
	_, err = t.conn.ExecContext(context.Background(), "INSERT OR IGNORE INTO quotas (scope, region, api, state) VALUES (?, ?, ?, ?)",
		key.Scope, key.Region, key.API, stored)
	return err
}

// take takes in its own transaction. Its error is [sql.ErrNoRows] if there is no state.
func (q *quotas) take(ctx context.Context, key quota.Key, ask quota.Ask) (quota.Grant, error) {
	q.turn.Lock()
	defer q.turn.Unlock()
	conn, err := q.db.Conn(ctx)
	if err != nil {
		return quota.Grant{}, err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return quota.Grant{}, err
	}
	g, err := q.takeIn(ctx, conn, key, ask)
	if err == nil {
		_, err = conn.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		rollBack(conn)
		return quota.Grant{}, err
	}
	return g, nil
}

// takeIn takes within the open transaction.
func (q *quotas) takeIn(ctx context.Context, conn *sql.Conn, key quota.Key, ask quota.Ask) (quota.Grant, error) {
	var stored []byte
	err := conn.QueryRowContext(ctx, quotaOf, key.Scope, key.Region, key.API).Scan(&stored)
	if err != nil {
		return quota.Grant{}, err
	}
	seal, err := readSeal(ctx, conn) // another process may have set it
	if err == nil && seal != 0 {
		_, err = conn.ExecContext(ctx, removeSeal)
	}
	if err != nil {
		return quota.Grant{}, err
	}
	g, stored, err := quota.TakeStored(stored, q.time(), ask)
	if err != nil {
		return quota.Grant{}, err
	}
	_, err = conn.ExecContext(ctx, "UPDATE quotas SET state = ? WHERE scope = ? AND region = ? AND api = ?", stored, key.Scope, key.Region, key.API)
	return g, err
}

// time reads the monotonic clock of package time, which stops while the machine is suspended, as the
// timeouts of calls do. It starts at boot.
func (q *quotas) time() quota.Time {
	now := sinceBoot()
	return quota.Time{Line: q.line, Now: now, Up: now}
}

// InUse implements [ledger.Store].
func (s *Store) InUse(ctx context.Context, scope ledger.Scope, rate quota.Rate) ([]quota.InUse, error) {
	var list []quota.InUse
	now := s.quotas.time()
	err := each(ctx, s.read, func(scan func(...any) error) (err error) {
		use := quota.InUse{Key: quota.Key{Scope: string(scope)}}
		var stored []byte
		if err := scan(&use.Key.Region, &use.Key.API, &stored); err != nil {
			return err
		}
		if use.Requests, err = quota.StoredInUse(stored, now, rate); use.Requests > 0 {
			list = append(list, use)
		}
		return err
	}, "SELECT region, api, state FROM quotas WHERE scope = ? ORDER BY region, api", string(scope))
	return list, s.wrap("read", err)
}
