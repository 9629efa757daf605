package sqlite

import (
	"context"
	"os"
	"os/exec"
	"sync"
)

// Commits returns how many transactions the store's writer has made, and how many writes
// they contained.
func (s *Store) Commits() (commits, writes int64) {
	return s.writer.commits.Load(), s.writer.applied.Load()
}

// Kill makes a run look as if its process had died.
func (s *Store) Kill(ctx context.Context, runID string) error {
	return s.writer.do(ctx, func(t *transaction) error {
		_, err := t.conn.ExecContext(ctx, "UPDATE runs SET pid = ?, process_started = '' WHERE id = ?", DeadPID(), runID)
		return err
	})
}

// DeadPID is the number of a process that has ended, the same for the whole test binary.
var DeadPID = sync.OnceValue(func() int {
	c := exec.Command(os.Args[0], "-test.run=^$")
	if err := c.Run(); err != nil {
		panic(err)
	}
	return c.Process.Pid
})

// Panic makes the writer panic in the middle of a commit.
func (s *Store) Panic(ctx context.Context) error {
	return s.writer.do(ctx, func(*transaction) error { panic("made up") })
}
