package postgres

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// watch is what this process has seen of others' heartbeats, and since when it has been in
// touch with the database without a pause. A process that has not been in touch for as long as
// a member was silent cannot know whether that member is dead: after an outage, when this
// process was stopped, or when the database's clock was set, all members seem to be late.
type watch struct {
	gap time.Duration // a longer one is a pause

	mu          sync.Mutex
	since, last time.Time
	beats       map[int64]sighting // of members
}

// sighting is when a heartbeat was first seen.
type sighting struct{ beat, at time.Time }

// touch records that the database answered now.
func (w *watch) touch() {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if w.paused(now) {
		w.since, w.beats = now, nil
	}
	w.last = now
}

// paused reports whether the last answer was long ago by either clock: one stops while the
// machine is suspended, and the other may be set.
func (w *watch) paused(now time.Time) bool {
	return w.last.IsZero() || now.Sub(w.last) > w.gap || now.Round(0).Sub(w.last.Round(0)).Abs() > w.gap
}

// silent returns for how long this heartbeat has been a member's last, as seen by this process.
func (w *watch) silent(member int64, beat time.Time) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if seen := w.beats[member]; seen.beat.Equal(beat) && !w.paused(now) {
		return now.Sub(seen.at)
	}
	if w.beats == nil {
		w.beats = map[int64]sighting{}
	}
	w.beats[member] = sighting{beat, now}
	return 0
}

// dead reports whether a member that is late by the database's clock is certainly dead: this
// process has not seen a heartbeat for nearly as long either.
func (s *Store) dead(member int64, beat time.Time) bool {
	return s.watch.silent(member, beat) >= s.silence*4/5
}

// The conditions on a member that SQL checks, by the database's clock. $1 is the silence. After
// a restart of the server all heartbeats are late, so nobody is presumed dead until it has
// run for twice as long.
const (
	open    = "m.ended = 0 AND m.taken_by = ''"
	running = open + " AND NOT m.gone"
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

// reap frees the circuits of dead or closed members of the same batch for any member to claim.
func (m *Member) reap(ctx context.Context) error {
	var dead []int64
	var beats []time.Time
	err := each(ctx, m.store.pool, func(scan func(...any) error) error {
		var seq int64
		var beat time.Time
		var gone, late bool
		err := scan(&seq, &beat, &gone, &late)
		if err == nil && (m.store.dead(seq, beat) && late || gone) {
			dead, beats = append(dead, seq), append(beats, beat)
		}
		return err
	}, "SELECT m.seq, m.beat, m.gone, "+silent+" AND "+settled+" FROM loabatch.members m WHERE m.run = $2 AND m.seq <> $3 AND "+open, m.store.silence, m.run, m.seq)
	if err != nil || len(dead) == 0 {
		return err
	}
	return m.store.transact(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if alive, err := m.aliveIn(ctx, tx); err != nil || !alive {
			return err
		}
		// A member that is writing a heartbeat has its row locked; then the condition is checked again.
		rows, err := tx.Query(ctx, `UPDATE loabatch.members m SET taken_by = $1 FROM unnest($2::bigint[], $3::timestamptz[]) AS d (seq, beat)
			WHERE m.seq = d.seq AND m.beat = d.beat AND `+open+" RETURNING m.seq", m.info.ID, dead, beats)
		if err != nil {
			return err
		}
		taken, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err == nil {
			_, err = tx.Exec(ctx, "UPDATE loabatch.locks SET member = 0 WHERE member = ANY($1)", taken)
		}
		return err
	})
}

// aliveIn reports whether the member is alive, and keeps it so until the transaction ends.
func (m *Member) aliveIn(ctx context.Context, tx pgx.Tx) (bool, error) {
	tag, err := tx.Exec(ctx, "SELECT 1 FROM loabatch.members m WHERE m.seq = $1 AND m.nonce = $2 AND "+running+" FOR NO KEY UPDATE", m.seq, m.nonce)
	return tag.RowsAffected() > 0, err
}
