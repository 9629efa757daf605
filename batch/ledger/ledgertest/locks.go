package ledgertest

import (
	"errors"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

func locks(t *testing.T, open Open) {
	s := open(t)
	first := start(t, s, "first", 3)
	host, _ := os.Hostname()
	_, err := open(t).Start(t.Context(), ledger.RunInfo{ID: "second", Scope: ledger.Real}, []batch.Key{Key(2), Key(3)})
	var locked *ledger.LockedError
	if !errors.As(err, &locked) {
		t.Fatalf("%v, want a *LockedError", err)
	}
	equal(t, "holder", *locked, ledger.LockedError{RunID: "first", Host: host, PID: os.Getpid(), Since: first.Info().Started, Circuits: 1})
	// The refused run has left no trace: neither itself nor a lock on circuit 3.
	third, err := s.Start(t.Context(), ledger.RunInfo{ID: "second", Scope: ledger.Real}, []batch.Key{Key(3)})
	must(t, err)
	must(t, first.End(t.Context(), ledger.RunEnd{}))
	start(t, s, "fourth", 3)
	must(t, third.End(t.Context(), ledger.RunEnd{}))
}

// deadPID gives the number of a process that has ended, one and the same for a test
// binary.
var deadPID = sync.OnceValue(func() int {
	c := exec.Command(os.Args[0], "-test.run=^$")
	if err := c.Run(); err != nil {
		panic(err)
	}
	return c.Process.Pid
})

func deadHolder(t *testing.T, open Open) {
	s := open(t)
	dead, err := s.Start(t.Context(), ledger.RunInfo{ID: "dead", Scope: ledger.Real, PID: deadPID()}, Keys(2))
	must(t, err)
	must(t, dead.Begin(t.Context(), Application(0)))

	heir := start(t, open(t), "heir", 1)
	// Should it live after all it must not send any more, but may tell what it learnt.
	var taken *ledger.TakenOverError
	if err := dead.Begin(t.Context(), Application(1)); !errors.As(err, &taken) || taken.By != "heir" {
		t.Errorf("begin of the former holder: %v, want a *TakenOverError", err)
	}
	must(t, dead.Finish(t.Context(), Accepted(0, time.Now())))
	if r, _ := past(t, s, 0); r.Open || r.Result != sheet.Submitted {
		t.Errorf("record %+v", r)
	}
	list, err := s.Runs(t.Context(), 0)
	must(t, err)
	if len(list) != 2 || list[1].Status != ledger.TakenOver || list[1].TakenBy != "heir" || list[0].Status != ledger.Running {
		t.Errorf("runs %+v", list)
	}
	must(t, heir.End(t.Context(), ledger.RunEnd{}))
}

func otherHost(t *testing.T, open Open) {
	s := open(t)
	_, err := s.Start(t.Context(), ledger.RunInfo{ID: "far", Scope: ledger.Real, Host: "another-machine", PID: deadPID()}, Keys(1))
	must(t, err)
	// Its process cannot be looked at from here, and it has just given a sign of life.
	_, err = open(t).Start(t.Context(), ledger.RunInfo{ID: "near", Scope: ledger.Real}, Keys(1))
	var locked *ledger.LockedError
	if !errors.As(err, &locked) || locked.Host != "another-machine" {
		t.Errorf("%v, want a *LockedError", err)
	}
}
