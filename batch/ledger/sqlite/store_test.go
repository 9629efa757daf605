package sqlite_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/ledgertest"
	"github.com/loabatch/loabatch/batch/ledger/sqlite"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

func open(t testing.TB, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestConformance(t *testing.T) {
	t.Parallel()
	ledgertest.Run(t, ledgertest.Backend{
		New: func(t *testing.T) ledgertest.Open {
			path := filepath.Join(t.TempDir(), "ledger.db")
			return func(t *testing.T) ledger.Store { return open(t, path) }
		},
		Kill: func(t *testing.T, s ledger.Store, runID string) {
			if err := s.(*sqlite.Store).Kill(t.Context(), runID); err != nil {
				t.Fatal(err)
			}
		},
	})
}

func TestFileModes(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "state", "loabatch")
	name := "led ger?#%41.db"
	if runtime.GOOS == "windows" {
		name = "led ger 账本#%41.db" // Windows allows no question mark in a name
	}
	path := filepath.Join(folder, name)
	s := open(t, path)
	run, err := s.Start(t.Context(), ledger.RunInfo{ID: "r", Scope: ledger.Real}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := run.End(t.Context(), ledger.RunEnd{}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{folder: 0o700, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600} {
		checkPrivate(t, name, want)
	}
}

func TestOpenRestrictsFileModes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	first := open(t, path) // it stays open, and so the files beside the ledger remain
	if _, err := first.Start(t.Context(), ledger.RunInfo{ID: "r", Scope: ledger.Real}, nil); err != nil {
		t.Fatal(err)
	}
	modes := map[string]os.FileMode{path: 0o644, path + "-wal": 0o444, path + "-shm": 0o400}
	if runtime.GOOS == "windows" {
		modes = nil // a file's mode cannot be changed while it is open
	}
	for name, mode := range modes {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	open(t, path)
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		checkPrivate(t, name, 0o600)
	}
}

// checkPrivate checks that a file or folder is accessible to its owner alone.
func checkPrivate(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if private, err := durable.Private(path); err != nil || !private {
		t.Errorf("%s: private %v, %v", path, private, err)
	}
	if runtime.GOOS == "windows" {
		mode = 0o777
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			mode = 0o666
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
		t.Errorf("%v, %v, want %o", info, err, mode)
	}
}

// taker imitates a ledger that takes over others.
type taker struct {
	taken map[string]ledger.Taken
	read  ledger.Taken // what the latest archive contained
	fails error        // of TakeOver
	late  bool         // TakeOver fails after it has committed
	away  error        // of Took
}

func (k *taker) TakeOver(_ context.Context, a *ledger.Archive) (ledger.Taken, error) {
	if one, ok := k.taken[a.ID]; ok {
		return one, &ledger.TakenError{Taken: one}
	}
	t := ledger.Taken{ID: a.ID, Source: a.Source, Host: a.Host, At: time.Now()}
	var broken error
	for r, err := range a.Runs {
		broken = errors.Join(broken, err)
		if t.Runs++; r.Number == 0 || r.Until.IsZero() || r.Until.After(time.Now()) || r.Status == ledger.Running {
			broken = errors.Join(broken, errors.New("a run without a number, or in progress: "+r.ID))
		}
	}
	for r, err := range a.Rows {
		broken = errors.Join(broken, err)
		if t.Rows++; r.Finished.IsZero() != (r.Outcome.Result == "") {
			broken = errors.Join(broken, errors.New("a result that nobody recorded"))
		}
	}
	for c, err := range a.Circuits {
		broken = errors.Join(broken, err)
		if t.Circuits++; c.State.Open() {
			t.Open++
		}
	}
	for _, err := range a.LOAs {
		broken, t.LOAs = errors.Join(broken, err), t.LOAs+1
	}
	for _, err := range a.Quotas {
		broken, t.Quotas = errors.Join(broken, err), t.Quotas+1
	}
	k.read = t
	if broken == nil && (k.fails == nil || k.late) {
		k.taken[a.ID] = t
	}
	return t, errors.Join(broken, k.fails)
}

func (k *taker) Took(_ context.Context, id string) (*ledger.Taken, error) {
	if one, ok := k.taken[id]; ok && k.away == nil {
		return &one, nil
	}
	return nil, k.away
}

// TestMove takes over a ledger with an open token of a killed run, and checks that nobody can write
// to it from then on.
func TestMove(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	killed, other := open(t, path), open(t, path)
	key := batch.Key{Region: "cn-hangzhou", InstanceID: "pc-1"}
	run, err := killed.Start(t.Context(), ledger.RunInfo{ID: "killed", Scope: ledger.Real}, []batch.Key{key, {Region: "cn-hangzhou", InstanceID: "pc-2"}})
	if err != nil {
		t.Fatal(err)
	}
	a := batch.Application{Row: 2, Key: key, Hash: "h", Token: "t"}
	if err := run.Begin(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	done := a
	done.Key.InstanceID, done.Row, done.Token = "pc-2", 3, "t2"
	ended := batch.Outcome{Row: 3, Key: done.Key, Token: "t2", Result: sheet.Submitted, RequestID: "R"}
	if err := errors.Join(run.Begin(t.Context(), done), run.Finish(t.Context(), ended)); err != nil {
		t.Fatal(err)
	}
	quotas := quota.Key{Scope: "real", Region: "cn-hangzhou", API: "Apply"}
	ask := quota.Ask{Process: 1, Number: 1, Rate: quota.DefaultRate, Burst: 1, Life: time.Second, Want: 1}
	if _, err := other.Take(t.Context(), quotas, ask); err != nil {
		t.Fatal(err)
	}
	seen := []ledger.LOA{{Key: key, Status: "Applying", Asked: time.Now()}}
	if err := other.SawLOAs(t.Context(), ledger.Real, seen); err != nil {
		t.Fatal(err)
	}

	to := &taker{taken: map[string]ledger.Taken{}}
	if _, err := ledger.Move(t.Context(), other, to, "there"); !isA[*ledger.LockedError](err) {
		t.Fatalf("moved beside a run in progress: %v", err)
	}
	if err := killed.Kill(t.Context(), "killed"); err != nil {
		t.Fatal(err)
	}
	to.fails = errors.New("full")
	if _, err := ledger.Move(t.Context(), other, to, "there"); !errors.Is(err, to.fails) {
		t.Fatal(err)
	}
	if err := other.SawLOAs(t.Context(), ledger.Real, seen); err != nil {
		t.Fatalf("after a move that failed: %v", err)
	}
	to.fails, to.away = errors.New("connection lost"), errors.New("connection lost")
	if _, err := ledger.Move(t.Context(), other, to, "there"); !errors.Is(err, to.fails) {
		t.Fatal(err)
	}
	if err := other.SawLOAs(t.Context(), ledger.Real, seen); !isA[*ledger.MovedError](err) {
		t.Fatalf("a write while it is not known whether the move took place: %v", err)
	}
	if _, err := ledger.Move(t.Context(), other, to, "elsewhere"); !isA[*ledger.MovedError](err) {
		t.Fatalf("moved to two places: %v", err)
	}
	to.away, to.late = nil, true
	got, err := ledger.Move(t.Context(), other, to, "there")
	want := ledger.Taken{ID: got.ID, Source: other.Path(), Host: got.Host, At: got.At, Runs: 1, Rows: 2, Circuits: 2, Open: 1, LOAs: 1, Quotas: 1}
	if err != nil || got != want {
		t.Fatalf("%v\n got %+v\nwant %+v", err, got, want)
	}
	for _, address := range []string{"there", "its other name"} {
		if again, err := ledger.Move(t.Context(), other, to, address); !isA[*ledger.TakenError](err) || again != got {
			t.Errorf("a second time: %v, %+v", err, again)
		}
	}
	for i, s := range []*sqlite.Store{killed, other, open(t, path)} {
		_, starts := s.Start(t.Context(), ledger.RunInfo{ID: "next", Scope: ledger.Real}, nil)
		_, takes := s.Take(t.Context(), quotas, ask)
		for _, err := range []error{starts, takes, s.SawLOAs(t.Context(), ledger.Real, seen), run.Begin(t.Context(), a), run.End(t.Context(), ledger.RunEnd{})} {
			if !isA[*ledger.MovedError](err) {
				t.Errorf("store %d still writes: %v", i, err)
			}
		}
		if list, err := s.Runs(t.Context(), 0); err != nil || len(list) != 1 {
			t.Errorf("store %d cannot be read: %v, %v", i, list, err)
		}
		if moved, err := s.Moved(t.Context()); err != nil || moved == nil || moved.To != "there" || moved.ID != got.ID {
			t.Errorf("store %d has moved to %v, %v", i, moved, err)
		}
	}
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
