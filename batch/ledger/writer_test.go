package ledger_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/ledgertest"
)

// Rows that end within moments share a commit, and one that is about to be sent waits
// for none of them.
func TestRowsThatEndShareACommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := ledger.Temporary(t.Context())
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
