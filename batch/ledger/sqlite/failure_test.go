package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

// running opens a ledger and starts a run with n circuits.
func running(t *testing.T, n int) (*Store, *run) {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	r, err := s.Start(t.Context(), ledger.RunInfo{ID: "run", Scope: ledger.Real}, numbered(n))
	if err != nil {
		t.Fatal(err)
	}
	return s, r.(*run)
}

func numbered(n int) []batch.Key {
	keys := make([]batch.Key, n)
	for i := range keys {
		keys[i] = batch.Key{Region: "cn-hangzhou", InstanceID: fmt.Sprintf("pc-%06d", i)}
	}
	return keys
}

func numberedApplication(i int) batch.Application {
	hash := fmt.Sprint("content", i)
	return batch.Application{Row: i + 2, Key: numbered(i + 1)[i], Hash: hash, Token: "token-" + hash + "-0"}
}

func outcome(a batch.Application, result sheet.Result) batch.Outcome {
	return batch.Outcome{Row: a.Row, Key: a.Key, Result: result, Token: a.Token, Generation: a.Generation, RequestID: "request-" + a.Token}
}

// pragma changes a setting of the connection that writes, which must be idle.
func pragma(t *testing.T, s *Store, text string) {
	t.Helper()
	if _, err := s.writer.conn.ExecContext(t.Context(), text); err != nil {
		t.Fatal(err)
	}
}

func wantKind(t *testing.T, err error, kind ledger.Kind) {
	t.Helper()
	var e *ledger.Error
	if !errors.As(err, &e) || e.Kind != kind {
		t.Fatalf("%v, want an *ledger.Error of kind %s", err, kind)
	}
}

// TestDiskFull fills the ledger up to a limit of pages, which SQLite reports like a full
// disk, and then raises the limit.
func TestDiskFull(t *testing.T) {
	const n = 500
	s, r := running(t, n)
	var pages int
	if err := s.read.QueryRowContext(t.Context(), "PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	pragma(t, s, fmt.Sprintf("PRAGMA max_page_count=%d", pages+10))
	begun := 0
	var err error
	for begun < n && err == nil {
		if err = r.Begin(t.Context(), numberedApplication(begun)); err == nil {
			begun++
		}
	}
	wantKind(t, err, ledger.Full)
	wantKind(t, r.Begin(t.Context(), numberedApplication(begun)), ledger.Full)
	past, err := r.Past(t.Context(), batch.PlaceLOA, numbered(n))
	if err != nil {
		t.Fatal(err)
	}
	if len(past) != begun {
		t.Fatalf("%d circuits are begun, %d were reported as begun", len(past), begun)
	}
	pragma(t, s, "PRAGMA max_page_count=100000")
	if err := r.Begin(t.Context(), numberedApplication(begun)); err != nil {
		t.Errorf("with space again: %v", err)
	}
}

func TestReadOnly(t *testing.T) {
	s, r := running(t, 1)
	pragma(t, s, "PRAGMA query_only=1")
	wantKind(t, r.Begin(t.Context(), numberedApplication(0)), ledger.ReadOnly)
	wantKind(t, r.Finish(t.Context(), outcome(numberedApplication(0), sheet.Failed)), ledger.ReadOnly)
	wantKind(t, r.End(t.Context(), ledger.RunEnd{}), ledger.ReadOnly)
	_, err := s.Start(t.Context(), ledger.RunInfo{ID: "next", Scope: ledger.Real}, nil)
	wantKind(t, err, ledger.ReadOnly)
	_, err = s.Check(t.Context())
	wantKind(t, err, ledger.ReadOnly)
	pragma(t, s, "PRAGMA query_only=0")
	if err := r.End(t.Context(), ledger.RunEnd{}); err != nil {
		t.Errorf("an end that failed can be tried again: %v", err)
	}
}

// TestOneRejectionLeavesTheOthers makes a rejected call share a commit with others.
func TestOneRejectionLeavesTheOthers(t *testing.T) {
	s, r := running(t, 8)
	writes := make([]*write, 8)
	for i := range writes {
		writes[i] = &write{done: make(chan error, 1), apply: func(t *transaction) error {
			if i == 3 {
				return rejection{ledger.ErrRunExists}
			}
			return t.beginApplication(r.seq, r.info.StateKey(numbered(8)[i], batch.Apply), numberedApplication(i), r.info.Started)
		}}
	}
	// The writer is idle and nothing reaches it: this goroutine owns it for now.
	s.writer.commit(writes)
	for i, one := range writes {
		if err := <-one.done; (err != nil) != (i == 3) {
			t.Errorf("write %d: %v", i, err)
		}
	}
	if past, err := r.Past(t.Context(), batch.PlaceLOA, numbered(8)); err != nil || len(past) != 7 {
		t.Errorf("%d circuits are begun, want 7; %v", len(past), err)
	}
}

// TestCancelledCallWritesNothing checks that a call writes exactly what it reports, even if its
// context ends meanwhile.
func TestCancelledCallWritesNothing(t *testing.T) {
	s, r := running(t, 200)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	reported := make([]error, 200)
	var all sync.WaitGroup
	for i := range reported {
		all.Go(func() {
			if i == 100 {
				cancel()
			}
			reported[i] = r.Begin(ctx, numberedApplication(i))
		})
	}
	all.Wait()
	past, err := s.Past(t.Context(), ledger.Real, batch.PlaceLOA, numbered(200))
	if err != nil {
		t.Fatal(err)
	}
	for i, key := range numbered(200) {
		if _, begun := past[key]; begun != (reported[i] == nil) {
			t.Errorf("circuit %d: begun is %v, reported %v", i, begun, reported[i])
		}
	}
}

// TestDurability reads back the settings on which every promise of Begin rests.
func TestDurability(t *testing.T) {
	s, _ := running(t, 0)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "busy_timeout": "10000"} {
		var got string
		if err := s.writer.conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s, want %s; %v", pragma, got, want, err)
		}
	}
	if _, err := s.read.ExecContext(t.Context(), "DELETE FROM runs"); kindOf(err) != ledger.ReadOnly {
		t.Errorf("a reader can write: %v", err)
	}
}
