package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/quota"
)

// The state of a quota is a row with the binary form of [quota.State]: only numbers. A take locks
// the row, reads the database's clock, and commits durably, so a crash of the database loses
// none. A failover to a standby may lose some: the server then has another timeline, which the
// state sees as a new time line, and allows for what was lost.

// steppedBack is how far the database's clock may be behind the last take before its time line
// counts as a new one. Until a smaller step is made up, time does not advance.
const steppedBack = 10 * time.Second

// timeLines are expressions that name the time line of the server, the best first, since some
// services allow ordinary roles less than PostgreSQL does. pg_control_checkpoint names the
// line of the last checkpoint, which may be minutes old; the last resort changes with every
// restart.
var timeLines = []string{
	"(SELECT system_identifier FROM pg_control_system())::text || '/' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)",
	"left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)",
	"(SELECT timeline_id FROM pg_control_checkpoint())::text || '/' || extract(epoch FROM pg_postmaster_start_time())::text",
	"extract(epoch FROM pg_postmaster_start_time())::text",
}

// findTimeLine chooses the expression.
func (s *Store) findTimeLine(ctx context.Context, q querier) (err error) {
	for _, s.timeLine = range timeLines {
		var line string
		if err = q.QueryRow(ctx, "SELECT "+s.timeLine).Scan(&line); err == nil {
			break
		}
	}
	return err
}

// Take implements [quota.Keeper].
func (s *Store) Take(ctx context.Context, key quota.Key, ask quota.Ask) (quota.Grant, error) {
	g, err := s.take(ctx, key, ask, nil)
	return g, s.wrap("write", err)
}

// Take implements [ledger.Member]. A grant renews the heartbeat, so the member is not presumed
// dead before the last request of the grant has started.
func (m *Member) Take(ctx context.Context, key quota.Key, ask quota.Ask) (g quota.Grant, err error) {
	err = m.whileOpen("write", func() error {
		g, err = m.store.take(ctx, key, ask, m)
		return err
	})
	return g, err
}

func (s *Store) take(ctx context.Context, key quota.Key, ask quota.Ask, by *Member) (g quota.Grant, err error) {
	for range 2 {
		known := false
		read, write := s.takeFrom(key, ask, by, &g, &known)
		err = s.inTwo(ctx, read, write)
		if err != nil || known {
			return g, err
		}
		err := s.attempt(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
			_, err := conn.Exec(ctx, "INSERT INTO loabatch.quotas (scope, region, api, state, seen) VALUES ($1, $2, $3, '', clock_timestamp()) ON CONFLICT DO NOTHING",
				key.Scope, key.Region, key.API)
			return err
		})
		if err != nil {
			return g, err
		}
	}
	return g, err
}

// takeFrom is a take in two round trips, see inTwo. It sets known if the quota has a state.
func (s *Store) takeFrom(key quota.Key, ask quota.Ask, by *Member, g *quota.Grant, known *bool) (func(*pgx.Batch), func(*pgx.Batch) error) {
	var f fence
	var stored []byte
	var seen, now time.Time
	var line string
	read := func(b *pgx.Batch) {
		if by != nil {
			b.Queue(beatIfDue, by.seq, by.nonce, s.interval())
			by.queueFence(b, &f)
		}
		b.Queue("SELECT state, seen FROM loabatch.quotas WHERE scope = $1 AND region = $2 AND api = $3 FOR UPDATE", key.Scope, key.Region, key.API).
			Query(func(rows pgx.Rows) (err error) {
				for err == nil && rows.Next() {
					*known = true
					err = rows.Scan(&stored, &seen)
				}
				return err
			})
		// The clock is read after the row is locked.
		b.Queue("SELECT clock_timestamp(), " + s.timeLine).QueryRow(func(row pgx.Row) error { return row.Scan(&now, &line) })
	}
	write := func(b *pgx.Batch) error {
		if by != nil {
			if err := f.takenOver(by); err != nil {
				return err
			}
		}
		if !*known {
			return nil
		}
		if behind := seen.Sub(now); behind > 0 && behind <= steppedBack {
			now = seen
		}
		granted, next, err := quota.TakeStored(stored, quotaTime(now, line), ask)
		if err != nil {
			return err
		}
		*g = granted
		b.Queue("UPDATE loabatch.quotas SET state = $4, seen = $5 WHERE scope = $1 AND region = $2 AND api = $3", key.Scope, key.Region, key.API, next, now)
		return nil
	}
	return read, write
}

// quotaTime is the database's clock as quotas see it. How long a new time line has existed is not
// known, so it counts from the first take.
func quotaTime(now time.Time, line string) quota.Time {
	return quota.Time{Line: line, Now: time.Duration(now.UnixNano())}
}

// InUse implements [ledger.Store].
func (s *Store) InUse(ctx context.Context, scope ledger.Scope, rate quota.Rate) (list []quota.InUse, err error) {
	err = s.read(ctx, func(ctx context.Context) error {
		return each(ctx, s.pool, func(scan func(...any) error) (err error) {
			use := quota.InUse{Key: quota.Key{Scope: string(scope)}}
			var stored []byte
			var now time.Time
			var line string
			if err := scan(&use.Key.Region, &use.Key.API, &stored, &now, &line); err != nil {
				return err
			}
			if use.Requests, err = quota.StoredInUse(stored, quotaTime(now, line), rate); use.Requests > 0 {
				list = append(list, use)
			}
			return err
		}, "SELECT region, api, state, greatest(clock_timestamp(), seen), "+s.timeLine+" FROM loabatch.quotas WHERE scope = $1 ORDER BY region, api", string(scope))
	})
	return list, err
}
