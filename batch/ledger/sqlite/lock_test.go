package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

// TestRunWithoutLockFile removes the lock file of a run in progress: then only its latest heartbeat
// counts, as for a run that an earlier version started.
func TestRunWithoutLockFile(t *testing.T) {
	s, r := running(t, 3)
	s.locks.drop(r.seq) // Windows does not remove open files
	if err := os.RemoveAll(s.locks.folder); err != nil {
		t.Fatal(err)
	}
	setHeartbeat := func(ago time.Duration) {
		t.Helper()
		err := s.writer.do(t.Context(), func(tx *transaction) error {
			_, err := tx.conn.ExecContext(t.Context(), "UPDATE runs SET beat_checksum = 0, heartbeat = ? WHERE seq = ?", time.Now().Add(-ago).UnixNano(), r.seq)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	setHeartbeat(heartbeatTimeout - time.Minute)
	_, err := s.Start(t.Context(), ledger.RunInfo{ID: "early", Scope: ledger.Real}, numbered(3))
	var locked *ledger.LockedError
	if !errors.As(err, &locked) || locked.RunID != "run" || locked.Circuits != 3 {
		t.Fatalf("%v, want a *LockedError", err)
	}
	setHeartbeat(heartbeatTimeout + time.Minute)
	if _, err := s.Start(t.Context(), ledger.RunInfo{ID: "late", Scope: ledger.Real}, numbered(1)); err != nil {
		t.Fatal(err)
	}
	var taken *ledger.TakenOverError
	if err := r.Begin(t.Context(), numberedApplication(2)); !errors.As(err, &taken) || *taken != (ledger.TakenOverError{RunID: "run", By: "late"}) {
		t.Errorf("%v, want a *TakenOverError", err)
	}
}

// TestSilentRunIsNotTakenOver checks that a run that holds its lock is alive, however long
// ago its latest heartbeat was: it may have been stopped for a night.
func TestSilentRunIsNotTakenOver(t *testing.T) {
	s, r := running(t, 1)
	err := s.writer.do(t.Context(), func(tx *transaction) error {
		_, err := tx.conn.ExecContext(t.Context(), "UPDATE runs SET host = 'another-machine', pid = 1, heartbeat = 1, checksum = 0, beat_checksum = 0 WHERE seq = ?", r.seq)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, store := range []*Store{s, second(t, s)} {
		_, err := store.Start(t.Context(), ledger.RunInfo{ID: "next", Scope: ledger.Real}, numbered(1))
		if _, ok := errors.AsType[*ledger.LockedError](err); !ok {
			t.Errorf("%v, want a *LockedError", err)
		}
		if runs, err := store.Runs(t.Context(), 1); err != nil || runs[0].Status != ledger.Running {
			t.Errorf("%+v, %v", runs, err)
		}
	}
	if err := r.Begin(t.Context(), numberedApplication(0)); err != nil {
		t.Error(err)
	}
}

// TestBeginAfterAPauseBeats begins a row after the process was stopped for an hour, before
// its next heartbeat was due.
func TestBeginAfterAPauseBeats(t *testing.T) {
	s, r := running(t, 1)
	paused := time.Now().Add(-time.Hour).UnixNano()
	err := s.writer.do(t.Context(), func(tx *transaction) error {
		r.beaten = paused
		_, err := tx.conn.ExecContext(t.Context(), "UPDATE runs SET beat_checksum = 0, heartbeat = ? WHERE seq = ?", paused, r.seq)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	before := time.Now().UnixNano()
	if err := r.Begin(t.Context(), numberedApplication(0)); err != nil {
		t.Fatal(err)
	}
	var recorded int64
	if err := s.read.QueryRowContext(t.Context(), "SELECT heartbeat FROM runs WHERE seq = ?", r.seq).Scan(&recorded); err != nil || recorded < before {
		t.Errorf("the heartbeat is %v old, %v", time.Since(ledger.Instant(recorded)), err)
	}
}

// TestHolderOfAClosedStoreIsDead starts the next run right after the store of the previous one was
// closed.
func TestHolderOfAClosedStoreIsDead(t *testing.T) {
	s, _ := running(t, 1)
	other := second(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Start(t.Context(), ledger.RunInfo{ID: "next", Scope: ledger.Real}, numbered(1)); err != nil {
		t.Error(err)
	}
}

// TestLockFilesAreRemoved counts the lock files left by runs that ended, were taken over, were never
// recorded or are long dead.
func TestLockFilesAreRemoved(t *testing.T) {
	s, r := running(t, 1)
	files := func() string {
		t.Helper()
		runs, err := s.locks.runs()
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(runs)
	}
	next := func(id string, n int) *run {
		t.Helper()
		started, err := s.Start(t.Context(), ledger.RunInfo{ID: id, Scope: ledger.Real}, numbered(n))
		if err != nil {
			t.Fatal(err)
		}
		return started.(*run)
	}
	if got := files(); got != "[1]" {
		t.Errorf("in progress: %s", got)
	}
	s.locks.drop(r.seq)
	two := next("two", 1)
	if got := files(); got != "[2]" {
		t.Errorf("taken over: %s", got)
	}
	if err := two.End(t.Context(), ledger.RunEnd{}); err != nil {
		t.Fatal(err)
	}
	if got := files(); got != "[]" {
		t.Errorf("ended: %s", got)
	}
	for _, never := range []int64{2, 77} { // 2 as if its process had been killed before it removed the file
		if err := os.WriteFile(s.locks.path(never), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	three := next("three", 1)
	if got := files(); got != "[3]" {
		t.Errorf("after leftovers: %s", got)
	}
	s.locks.drop(three.seq)
	next("four", 0)
	if got := files(); got != "[3 4]" {
		t.Errorf("dead for a moment: %s", got)
	}
	err := s.writer.do(t.Context(), func(tx *transaction) error {
		_, err := tx.conn.ExecContext(t.Context(), "UPDATE runs SET heartbeat = 1, checksum = 0, beat_checksum = 0 WHERE seq <= 4")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	next("five", 0)
	if got := files(); got != "[4 5]" {
		t.Errorf("long dead: %s", got)
	}
}

// TestLockFolderUnusable checks that a run that cannot lock its file does not start, with
// an error that names the folder.
func TestLockFolderUnusable(t *testing.T) {
	s, r := running(t, 1)
	if err := r.End(t.Context(), ledger.RunEnd{}); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(s.locks.folder); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.locks.folder, nil, 0o600); err != nil { // even root cannot write here
		t.Fatal(err)
	}
	_, err := s.Start(t.Context(), ledger.RunInfo{ID: "next", Scope: ledger.Real}, numbered(1))
	wantKind(t, err, ledger.Locks)
	if e, _ := errors.AsType[*ledger.Error](err); e.Path != s.locks.folder {
		t.Errorf("the error names %s", e.Path)
	}
	if list, err := s.Runs(t.Context(), 0); err != nil || len(list) != 1 {
		t.Errorf("%d runs are recorded, %v", len(list), err)
	}
	_, err = s.Check(t.Context())
	wantKind(t, err, ledger.Locks)
	if err := os.Remove(s.locks.folder); err != nil {
		t.Fatal(err)
	}
	if _, err = s.Start(t.Context(), ledger.RunInfo{ID: "next", Scope: ledger.Real}, numbered(1)); err != nil {
		t.Errorf("with the folder usable again: %v", err)
	}
}

// TestLocksFollowTheFile opens a ledger through a symbolic link.
func TestLocksFollowTheFile(t *testing.T) {
	s, _ := running(t, 1)
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(s.Path(), link); err != nil {
		t.Skip(err)
	}
	if _, err := os.Lstat(link); err != nil {
		t.Skip("Wine makes no symbolic links, without an error")
	}
	other, err := Open(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	_, err = other.Start(t.Context(), ledger.RunInfo{ID: "next", Scope: ledger.Real}, numbered(1))
	if _, ok := errors.AsType[*ledger.LockedError](err); !ok {
		t.Errorf("%v, want a *LockedError", err)
	}
}

// TestFormerHolderDecidesNothing makes a run that was taken over finish a row that its successor has
// begun with other content.
func TestFormerHolderDecidesNothing(t *testing.T) {
	s, r := running(t, 1)
	first := numberedApplication(0)
	if err := r.Begin(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	successor := takenOver(t, s, r, 1)
	second := first
	second.Hash, second.Token, second.Amend().Settled = "other", "other-token", batch.Settlement{Token: first.Token, Result: sheet.Failed}
	if err := successor.Begin(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	if err := r.Finish(t.Context(), outcome(first, sheet.Submitted)); err != nil {
		t.Fatal(err)
	}
	if got := pastOf(t, successor, first.Key); !got.Open || got.Token != second.Token {
		t.Errorf("the former holder closed what the successor began: %+v", got)
	}
}

// second opens the same file again, as another process would.
func second(t *testing.T, s *Store) *Store {
	t.Helper()
	other, err := Open(t.Context(), s.Path())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close() })
	return other
}

// takenOver makes a store presume a run dead, and starts its successor.
func takenOver(t *testing.T, s *Store, r *run, n int) ledger.Run {
	t.Helper()
	err := s.writer.do(t.Context(), func(tx *transaction) error { return tx.takeOver(t.Context(), r.seq, "successor") })
	if err != nil {
		t.Fatal(err)
	}
	successor, err := s.Start(t.Context(), ledger.RunInfo{ID: "successor", Scope: ledger.Real}, numbered(n))
	if err != nil {
		t.Fatal(err)
	}
	return successor
}

func pastOf(t *testing.T, r ledger.Run, key batch.Key) batch.Record {
	t.Helper()
	found, err := r.Past(t.Context(), batch.PlaceLOA, []batch.Key{key})
	if err != nil {
		t.Fatal(err)
	}
	return found[key]
}

// TestFenceOfAnotherProcess checks that a run notices its fence although it has cached that it holds
// its locks.
func TestFenceOfAnotherProcess(t *testing.T) {
	s, r := running(t, 3)
	for i := range 2 {
		if err := r.Begin(t.Context(), numberedApplication(i)); err != nil {
			t.Fatal(err)
		}
	}
	takenOver(t, second(t, s), r, 3)
	var taken *ledger.TakenOverError
	if err := r.Begin(t.Context(), numberedApplication(2)); !errors.As(err, &taken) || *taken != (ledger.TakenOverError{RunID: "run", By: "successor"}) {
		t.Errorf("%v, want a *TakenOverError", err)
	}
}

// TestStateOfAnotherProcess finishes a row after another process has begun the same circuit with
// other content: the cached state is stale.
func TestStateOfAnotherProcess(t *testing.T) {
	s, r := running(t, 1)
	first := numberedApplication(0)
	if err := r.Begin(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	successor := takenOver(t, second(t, s), r, 1)
	again := first
	again.Hash, again.Token, again.Amend().Settled = "other", "other-token", batch.Settlement{Token: first.Token, Result: sheet.Failed}
	if err := successor.Begin(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	late := outcome(first, sheet.Submitted)
	late.LOAStatus = "Applying"
	if err := r.Finish(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	if got := pastOf(t, successor, first.Key); !got.Open || got.Token != again.Token || got.LOAStatus != "Applying" {
		t.Errorf("after the former holder: %+v", got)
	}
	// The successor, whose cache is now stale, keeps what the former holder recorded.
	o := outcome(again, sheet.Submitted)
	o.LOAStatus = ""
	if err := successor.Finish(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if got := pastOf(t, successor, first.Key); got.Open || got.Token != again.Token || got.Result != sheet.Submitted {
		t.Errorf("after the successor: %+v", got)
	}
}

// TestRollbackEmptiesTheCache checks that the cache keeps nothing of a transaction that was rolled
// back, or of a finished row.
func TestRollbackEmptiesTheCache(t *testing.T) {
	s, r := running(t, 1)
	a := numberedApplication(0)
	broken := errors.New("broken")
	err := s.writer.do(t.Context(), func(tx *transaction) error {
		return errors.Join(tx.beginApplication(r.seq, r.info.StateKey(a.Key, a.Operation), a, r.info.Started), broken)
	})
	if !errors.Is(err, broken) {
		t.Fatal(err)
	}
	cached := func() int {
		n := 0
		if err := s.writer.do(t.Context(), func(tx *transaction) error { n = len(tx.cache.pending); return nil }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := cached(); n != 0 {
		t.Errorf("%d circuits cached after a rollback", n)
	}
	if err := r.Begin(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if n := cached(); n != 1 {
		t.Errorf("%d circuits cached with one in progress", n)
	}
	if err := r.Finish(t.Context(), outcome(a, sheet.Submitted)); err != nil {
		t.Fatal(err)
	}
	if n := cached(); n != 0 {
		t.Errorf("%d circuits cached when all is finished", n)
	}
}

// TestStartWithoutALookAtTheLocks makes the query for the circuits' holders fail: the run must not
// start, although its own locks could be written.
func TestStartWithoutALookAtTheLocks(t *testing.T) {
	s, _ := running(t, 1)
	for _, statement := range []string{
		"ALTER TABLE locks RENAME TO locks_of_old",
		"CREATE VIEW locks AS SELECT scope, region, instance_id, run + json_extract('{', '$') AS run FROM locks_of_old",
		"CREATE TRIGGER no_lock INSTEAD OF INSERT ON locks BEGIN SELECT 1; END",
	} {
		if _, err := s.writer.conn.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Start(t.Context(), ledger.RunInfo{ID: "blind", Scope: ledger.Real}, numbered(1)); err == nil {
		t.Error("a run started without knowing who holds its circuits")
	}
}

// TestStartWithoutAListOfLockFiles makes the folder of lock files unreadable: the run must not start
// without a lock.
func TestStartWithoutAListOfLockFiles(t *testing.T) {
	if os.Getuid() <= 0 {
		t.Skip("the superuser reads every folder, and Windows has no such permission")
	}
	s, _ := running(t, 1)
	if err := os.Chmod(s.locks.folder, 0o300); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(s.locks.folder, 0o700)
	_, err := s.Start(t.Context(), ledger.RunInfo{ID: "blind", Scope: ledger.Real}, nil)
	wantKind(t, err, ledger.Locks)
}
