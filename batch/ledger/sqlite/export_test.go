package sqlite

import "context"

// Commits returns how many transactions the store's writer has made, and how many writes
// they contained.
func (s *Store) Commits() (commits, writes int64) {
	return s.writer.commits.Load(), s.writer.applied.Load()
}

// Kill makes a run of this store look as if its process had died.
func (s *Store) Kill(ctx context.Context, runID string) error {
	var seq int64
	if err := s.read.QueryRowContext(ctx, "SELECT seq FROM runs WHERE id = ?", runID).Scan(&seq); err != nil {
		return err
	}
	s.locks.drop(seq)
	return nil
}

// Panic makes the writer panic in the middle of a commit.
func (s *Store) Panic(ctx context.Context) error {
	return s.writer.do(ctx, func(*transaction) error { panic("panic for a test") })
}
