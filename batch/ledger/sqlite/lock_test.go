package sqlite

import (
	"errors"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

func TestAlive(t *testing.T) {
	me := thisProcess()
	me.started, _ = processStart(me.pid)
	if me.host == "" || me.started == "" {
		t.Skipf("this system does not show enough about processes: %+v", me)
	}
	with := func(change func(*process)) process {
		p := me
		change(&p)
		return p
	}
	now := time.Now()
	for _, test := range []struct {
		name   string
		holder process
		silent time.Duration
		want   bool
	}{
		{"this process", me, time.Hour, true},
		{"a process that ended", with(func(p *process) { p.pid = DeadPID() }), 0, false},
		{"its number went to another process", with(func(p *process) { p.started = "1" }), 0, false},
		{"when it started is not known", with(func(p *process) { p.started = "" }), time.Hour, true},
		{"the machine has booted since", with(func(p *process) { p.boot = "another-boot pid:[1]" }), 0, false},
		{"another container, recent heartbeat", with(func(p *process) { p.boot = machineBoot(me.boot) + " pid:[1]" }), heartbeatTimeout - 1, true},
		{"another container, silent", with(func(p *process) { p.boot = machineBoot(me.boot) + " pid:[1]" }), heartbeatTimeout, false},
		{"another machine, recent heartbeat", with(func(p *process) { p.host += "-not" }), heartbeatTimeout - 1, true},
		{"another machine, silent", with(func(p *process) { p.host += "-not" }), heartbeatTimeout, false},
	} {
		if got := test.holder.alive(me, now.Add(-test.silent), now); got != test.want {
			t.Errorf("%s: alive is %v, want %v", test.name, got, test.want)
		}
	}
}

// TestSilentHolderIsTakenOver puts the holder on another machine, where only its latest
// heartbeat can be seen.
func TestSilentHolderIsTakenOver(t *testing.T) {
	s, r := running(t, 3)
	setHeartbeat := func(ago time.Duration) {
		t.Helper()
		err := s.writer.do(t.Context(), func(tx *transaction) error {
			_, err := tx.conn.ExecContext(t.Context(), "UPDATE runs SET host = 'another-machine', heartbeat = ? WHERE seq = ?",
				time.Now().Add(-ago).UnixNano(), r.seq)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	setHeartbeat(heartbeatTimeout - time.Minute)
	_, err := s.Start(t.Context(), ledger.RunInfo{ID: "early", Scope: ledger.Real}, numbered(3))
	var locked *ledger.LockedError
	if !errors.As(err, &locked) || locked.Host != "another-machine" || locked.Circuits != 3 {
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

// TestFormerHolderDecidesNothing lets a run that was taken over finish a row that its
// successor has begun with other content.
func TestFormerHolderDecidesNothing(t *testing.T) {
	s, r := running(t, 1)
	first := numberedApplication(0)
	if err := r.Begin(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	successor := takenOver(t, s, r, 1)
	second := first
	second.Hash, second.Token, second.Settled = "other", "other-token", batch.Settlement{Token: first.Token, Result: sheet.Failed}
	if err := successor.Begin(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	if err := r.Finish(t.Context(), outcome(first, sheet.Submitted)); err != nil {
		t.Fatal(err)
	}
	if got := past(t, successor, first.Key); !got.Open || got.Token != second.Token {
		t.Errorf("the former holder closed what the successor began: %+v", got)
	}
}

// second opens the same file once more, as another process would.
func second(t *testing.T, s *Store) *Store {
	t.Helper()
	other, err := Open(t.Context(), s.Path())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close() })
	return other
}

// takenOver has a store presume a run dead, and starts its successor.
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

func past(t *testing.T, r ledger.Run, key batch.Key) batch.Record {
	t.Helper()
	found, err := r.Past(t.Context(), batch.PlaceLOA, []batch.Key{key})
	if err != nil {
		t.Fatal(err)
	}
	return found[key]
}

// TestFenceOfAnotherProcess checks that a run finds its fence although it has cached that
// it holds its locks.
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

// TestStateOfAnotherProcess has a run finish what it began after another process has
// begun the same circuit with other content: what is cached of it is stale.
func TestStateOfAnotherProcess(t *testing.T) {
	s, r := running(t, 1)
	first := numberedApplication(0)
	if err := r.Begin(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	successor := takenOver(t, second(t, s), r, 1)
	again := first
	again.Hash, again.Token, again.Settled = "other", "other-token", batch.Settlement{Token: first.Token, Result: sheet.Failed}
	if err := successor.Begin(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	late := outcome(first, sheet.Submitted)
	late.LOAStatus = "Applying"
	if err := r.Finish(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	if got := past(t, successor, first.Key); !got.Open || got.Token != again.Token || got.LOAStatus != "Applying" {
		t.Errorf("after the former holder: %+v", got)
	}
	// And the successor, whose cache is stale now, keeps what the former holder recorded.
	o := outcome(again, sheet.Submitted)
	o.LOAStatus = ""
	if err := successor.Finish(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if got := past(t, successor, first.Key); got.Open || got.Token != again.Token || got.Result != sheet.Submitted {
		t.Errorf("after the successor: %+v", got)
	}
}

// TestRollbackEmptiesTheCache checks that nothing is cached of a transaction that was rolled
// back, and nothing of a row that is finished.
func TestRollbackEmptiesTheCache(t *testing.T) {
	s, r := running(t, 1)
	a := numberedApplication(0)
	broken := errors.New("broken")
	err := s.writer.do(t.Context(), func(tx *transaction) error {
		return errors.Join(tx.beginApplication(r.seq, r.circuit(a.Key, a.Operation), a, r.info.Started), broken)
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
