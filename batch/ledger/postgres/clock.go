package postgres

import (
	"context"
	"time"
)

// All members share the database's clock. This host's skew from it is measured with every
// heartbeat and rounded to seconds, and less than that counts as none: so every host whose
// clock is right reads a time exactly as another such host wrote it.

// noteClock records what the database's clock showed between two readings of this host's.
func (s *Store) noteClock(before, after, database time.Time) {
	if after.Sub(before) > time.Second { // too imprecise
		return
	}
	middle := before.Add(after.Sub(before) / 2)
	s.skew.Store(int64(database.Round(0).Sub(middle.Round(0)).Truncate(time.Second)))
}

// compareClocks reads the database's clock.
func (s *Store) compareClocks(ctx context.Context, q querier) error {
	before := time.Now()
	var now time.Time
	err := q.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now)
	if err == nil {
		s.noteClock(before, time.Now(), now)
	}
	return err
}

// Skew is how far the database's clock was ahead of this host's when last measured, in whole
// seconds.
func (s *Store) Skew() time.Duration { return time.Duration(s.skew.Load()) }

// toDatabase converts a time by this host's clock to the database's. Zero stays zero.
func (s *Store) toDatabase(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(s.Skew())
}

// toHost converts a time by the database's clock to this host's.
func (s *Store) toHost(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(-s.Skew()).UTC()
}
