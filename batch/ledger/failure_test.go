package ledger

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// running opens a ledger and starts a run over n circuits.
func running(t *testing.T, n int) (*Store, *Run) {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	r, err := s.Start(t.Context(), RunInfo{ID: "run", Scope: Real}, numbered(n))
	if err != nil {
		t.Fatal(err)
	}
	return s, r
}

func numbered(n int) []batch.Key {
	keys := make([]batch.Key, n)
	for i := range keys {
		keys[i] = batch.Key{Region: "cn-hangzhou", InstanceID: fmt.Sprintf("pc-%06d", i)}
	}
	return keys
}

func numberedApplication(i int) batch.Application {
	a := application(fmt.Sprint("content", i), 0)
	a.Row, a.Key = i+2, numbered(i + 1)[i]
	return a
}

// pragma changes a setting of the connection that writes, which must be idle.
func pragma(t *testing.T, s *Store, text string) {
	t.Helper()
	if _, err := s.writer.conn.ExecContext(t.Context(), text); err != nil {
		t.Fatal(err)
	}
}

func wantKind(t *testing.T, err error, kind Kind) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Kind != kind {
		t.Fatalf("%v, want an *Error of kind %s", err, kind)
	}
}

// TestDiskFull fills the ledger up to a bound of pages, which SQLite reports as it
// reports a full disk, and then makes room.
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
	wantKind(t, err, Full)
	wantKind(t, r.Begin(t.Context(), numberedApplication(begun)), Full)
	past, err := r.Past(t.Context(), numbered(n))
	if err != nil {
		t.Fatal(err)
	}
	if len(past) != begun {
		t.Fatalf("%d circuits are begun, %d were told so", len(past), begun)
	}
	pragma(t, s, "PRAGMA max_page_count=100000")
	if err := r.Begin(t.Context(), numberedApplication(begun)); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

func TestReadOnly(t *testing.T) {
	s, r := running(t, 1)
	pragma(t, s, "PRAGMA query_only=1")
	wantKind(t, r.Begin(t.Context(), numberedApplication(0)), ReadOnly)
	wantKind(t, r.Finish(t.Context(), outcome(numberedApplication(0), sheet.Failed)), ReadOnly)
	wantKind(t, r.End(t.Context(), RunEnd{}), ReadOnly)
	_, err := s.Start(t.Context(), RunInfo{ID: "next", Scope: Real}, nil)
	wantKind(t, err, ReadOnly)
	_, err = s.Check(t.Context())
	wantKind(t, err, ReadOnly)
	pragma(t, s, "PRAGMA query_only=0")
	if err := r.End(t.Context(), RunEnd{}); err != nil {
		t.Errorf("an end that failed can be tried again: %v", err)
	}
}

// TestOneRefusalLeavesTheOthers lets a call that is refused share a commit with
// calls that are not.
func TestOneRefusalLeavesTheOthers(t *testing.T) {
	s, r := running(t, 8)
	jobs := make([]*job, 8)
	for i := range jobs {
		jobs[i] = &job{done: make(chan error, 1), apply: func(t *transaction) error {
			if i == 3 {
				return refusal{ErrRunExists}
			}
			return t.beginApplication(r.seq, "real", numberedApplication(i), r.info.Started)
		}}
	}
	// The writer is idle and nothing reaches it: this goroutine owns it for now.
	s.writer.commit(jobs)
	for i, j := range jobs {
		if err := <-j.done; (err != nil) != (i == 3) {
			t.Errorf("job %d: %v", i, err)
		}
	}
	if past, err := r.Past(t.Context(), numbered(8)); err != nil || len(past) != 7 {
		t.Errorf("%d circuits are begun, want 7; %v", len(past), err)
	}
}

// TestCancelledCallWritesNothing holds a call whose context has ended to its word.
func TestCancelledCallWritesNothing(t *testing.T) {
	s, r := running(t, 200)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	told := make([]error, 200)
	var all sync.WaitGroup
	for i := range told {
		all.Go(func() {
			if i == 100 {
				cancel()
			}
			told[i] = r.Begin(ctx, numberedApplication(i))
		})
	}
	all.Wait()
	past, err := s.Past(t.Context(), Real, numbered(200))
	if err != nil {
		t.Fatal(err)
	}
	for i, key := range numbered(200) {
		if _, begun := past[key]; begun != (told[i] == nil) {
			t.Errorf("circuit %d: begun is %v, told %v", i, begun, told[i])
		}
	}
}
