package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Silence is how long a member may be silent.
const Silence = silence

// OpenWith is Open with another silence.
func OpenWith(ctx context.Context, address string, silence time.Duration) (*Store, error) {
	return openWith(ctx, address, silence)
}

// Kill makes the members of a run look as if their store had been closed.
func (s *Store) Kill(ctx context.Context, runID string) error {
	_, err := s.pool.Exec(ctx, "UPDATE loabatch.members SET gone = true WHERE run = (SELECT seq FROM loabatch.runs WHERE id = $1)", runID)
	return err
}

// Silent stops a member's heartbeats without its notice.
func (m *Member) Silent() { m.halt() }

// Hang calls f in the middle of a transaction that has locked the member and the batch.
func (m *Member) Hang(ctx context.Context, f func()) error {
	return m.store.wrap("write", m.store.transact(ctx, func(ctx context.Context, tx pgx.Tx) error {
		err := m.lockBatch(ctx, tx)
		f()
		return err
	}))
}

// SetSkew makes this host's clock seem to be off until the next heartbeat.
func (s *Store) SetSkew(d time.Duration) { s.skew.Store(int64(d)) }

// Steps is how many steps the schema has.
var Steps = len(migrations)
