package sqlite_test

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/ledgertest"
	"github.com/loabatch/loabatch/batch/ledger/sqlite"
)

// TestRowsThatEndShareACommit checks that rows that finish almost together share a commit, and that
// a row that begins does not wait for them.
func TestRowsThatEndShareACommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := sqlite.Temporary(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		const rows = 20
		run, err := s.Start(t.Context(), ledger.RunInfo{ID: "r", Scope: ledger.Real}, ledgertest.Keys(rows+1))
		if err != nil {
			t.Fatal(err)
		}
		defer run.End(t.Context(), ledger.RunEnd{})
		finish := func() (all *sync.WaitGroup) {
			all = new(sync.WaitGroup)
			for i := range rows {
				all.Go(func() {
					time.Sleep(time.Duration(i) * 100 * time.Microsecond)
					if err := run.Finish(t.Context(), ledgertest.Accepted(i, time.Now())); err != nil {
						t.Error(err)
					}
				})
			}
			return all
		}

		before, _ := s.Commits()
		finish().Wait()
		if after, _ := s.Commits(); after-before != 1 {
			t.Errorf("%d commits for rows that ended together, want 1", after-before)
		}

		all := finish()
		time.Sleep(5 * time.Millisecond)
		began := time.Now()
		if err := run.Begin(t.Context(), ledgertest.Application(rows)); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited > 0 {
			t.Errorf("a row that begins waited %v", waited)
		}
		all.Wait()
		if waited := time.Since(began); waited > 0 {
			t.Errorf("rows that end with it in the same commit waited %v longer", waited)
		}
	})
}

// TestCloseWhileRowsEnd checks that a store that is closed while rows finish answers each of them,
// and keeps those that it accepted.
func TestCloseWhileRowsEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	const rows = 300
	run, err := s.Start(t.Context(), ledger.RunInfo{ID: "r", Scope: ledger.Real}, ledgertest.Keys(rows))
	if err != nil {
		t.Fatal(err)
	}
	taken := make([]bool, rows)
	var some sync.Once
	begun := make(chan struct{})
	var all sync.WaitGroup
	for i := range rows {
		all.Go(func() {
			err := run.Finish(t.Context(), ledgertest.Accepted(i, time.Now()))
			some.Do(func() { close(begun) })
			if taken[i] = err == nil; !taken[i] && !errors.Is(err, ledger.ErrClosed) {
				t.Errorf("row %d: %v", i, err)
			}
		})
	}
	<-begun
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	if s, err = sqlite.Open(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	past, err := s.Run(t.Context(), "r")
	if err != nil {
		t.Fatal(err)
	}
	kept := map[batch.Key]bool{}
	for _, o := range past.Rows {
		kept[o.Key] = true
	}
	for i, k := range ledgertest.Keys(rows) {
		if kept[k] != taken[i] {
			t.Errorf("row %d: taken %v, kept %v", i, taken[i], kept[k])
		}
	}
}

// TestAPanicFailsItsCommit checks that a panic in a write fails the writes that share its commit, and
// that later ones succeed.
func TestAPanicFailsItsCommit(t *testing.T) {
	s, err := sqlite.Temporary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, ok := errors.AsType[*batch.PanicError](s.Panic(t.Context())); !ok {
		t.Errorf("%v, want a panic", err)
	}
	run, err := s.Start(t.Context(), ledger.RunInfo{ID: "r", Scope: ledger.Real}, ledgertest.Keys(1))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(run.Begin(t.Context(), ledgertest.Application(0)), run.End(t.Context(), ledger.RunEnd{})); err != nil {
		t.Error(err)
	}
}
