package ledger_test

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/ledgertest"
)

// A store that is closed while rows end answers every one of them, and those that it
// took are in it.
func TestCloseWhileRowsEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	s, err := ledger.Open(t.Context(), path)
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
	if s, err = ledger.Open(t.Context(), path); err != nil {
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
