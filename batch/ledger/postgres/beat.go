package postgres

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// watch says since when this process has been in touch with the database without a pause.
// Whoever has not been for as long as a member was silent cannot know whether that member
// is dead: after an outage, or when this process was stopped, the heartbeats of all are
// late.
type watch struct {
	gap time.Duration // a longer one is a pause

	mu          sync.Mutex
	since, last time.Time
}

// touch records that the database answered now.
func (w *watch) touch() {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	// A clock stands still while the machine is suspended, and the other one may be set.
	if w.last.IsZero() || now.Sub(w.last) > w.gap || now.Round(0).Sub(w.last.Round(0)).Abs() > w.gap {
		w.since = now
	}
	w.last = now
}

// unbroken returns for how long the database has answered.
func (w *watch) unbroken() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.last.IsZero() || time.Since(w.last) > w.gap || time.Since(w.last.Round(0)).Abs() > w.gap {
		return 0
	}
	return w.last.Sub(w.since)
}

// certain reports whether this process could have seen the heartbeats of others for as long as a
// member may be silent.
func (s *Store) certain() bool { return s.watch.unbroken() >= s.silence }

// The conditions of a member that SQL checks, by the database's clock. $1 is the silence.
// Since after a restart of the server all heartbeats are late, nobody is presumed dead
// until it has run for twice as long.
const (
	running = "m.ended = 0 AND m.taken_by = '' AND NOT m.gone"
	silent  = "m.beat < clock_timestamp() - $1::interval"
	settled = "pg_postmaster_start_time() < clock_timestamp() - 2 * $1::interval"
)

// interval is how often a member writes a heartbeat.
func (s *Store) interval() time.Duration { return s.silence / 10 }

// beat writes heartbeats until the member ends or is found to be taken over. One that fails
// is skipped: if the ledger cannot be written, Begin says so.
func (m *Member) beat() {
	tick := time.NewTicker(m.store.interval())
	defer tick.Stop()
	for {
		select {
		case <-m.stop:
			return
		case <-tick.C:
		}
		ctx, cancel := context.WithTimeout(m.life, max(m.store.silence/2, time.Second))
		alive, err := m.beatOnce(ctx)
		if err == nil && alive && m.shared {
			_ = m.reap(ctx) // the next beat tries again
		}
		cancel()
		if err == nil && !alive {
			return
		}
	}
}

const beatMember = "UPDATE loabatch.members m SET beat = clock_timestamp() WHERE m.seq = $1 AND m.nonce = $2 AND " + running + " RETURNING clock_timestamp()"

// beatOnce writes a heartbeat, and reports false if others have found the member dead.
func (m *Member) beatOnce(ctx context.Context) (alive bool, err error) {
	err = m.store.attemptOn(ctx, m.store.beats, func(ctx context.Context, conn *pgxpool.Conn) error {
		before := time.Now()
		var now time.Time
		err := conn.QueryRow(ctx, beatMember, m.seq, m.nonce).Scan(&now)
		if err == nil {
			m.store.noteClock(before, time.Now(), now)
			alive = true
		}
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	if err == nil {
		m.store.watch.touch()
	}
	return alive, err
}

// reap takes the circuits of members of the same batch that are dead, for any member to claim.
func (m *Member) reap(ctx context.Context) error {
	if !m.store.certain() {
		return nil
	}
	var found bool
	err := m.store.pool.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM loabatch.members m WHERE m.run = $2 AND "+running+" AND "+silent+" AND "+settled+")",
		m.store.silence, m.run).Scan(&found)
	if err != nil || !found {
		return err
	}
	return m.store.transact(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if alive, err := m.aliveIn(ctx, tx); err != nil || !alive {
			return err
		}
		var dead []int64
		// One that beats meanwhile has its row locked; then the condition is checked again.
		err := each(ctx, tx, func(scan func(...any) error) error {
			var seq int64
			err := scan(&seq)
			dead = append(dead, seq)
			return err
		}, "UPDATE loabatch.members m SET taken_by = $3 WHERE m.run = $2 AND m.seq <> $4 AND "+running+" AND "+silent+" AND "+settled+" RETURNING m.seq",
			m.store.silence, m.run, m.info.ID, m.seq)
		if err != nil || len(dead) == 0 {
			return err
		}
		_, err = tx.Exec(ctx, "UPDATE loabatch.locks SET member = 0 WHERE member = ANY($1)", dead)
		return err
	})
}

// aliveIn reports whether the member is alive, and keeps it so until the transaction ends.
func (m *Member) aliveIn(ctx context.Context, tx pgx.Tx) (bool, error) {
	tag, err := tx.Exec(ctx, "SELECT 1 FROM loabatch.members m WHERE m.seq = $1 AND m.nonce = $2 AND "+running+" FOR NO KEY UPDATE", m.seq, m.nonce)
	return tag.RowsAffected() > 0, err
}
