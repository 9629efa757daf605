package ledger

import (
	"errors"
	"testing"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

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

// takenOver has another store take a run for dead, and start its heir.
func takenOver(t *testing.T, other *Store, r *Run, n int) *Run {
	t.Helper()
	err := other.writer.do(t.Context(), func(tx *transaction) error { return tx.takeOver(t.Context(), r.seq, "heir") })
	if err != nil {
		t.Fatal(err)
	}
	heir, err := other.Start(t.Context(), RunInfo{ID: "heir", Scope: Real}, numbered(n))
	if err != nil {
		t.Fatal(err)
	}
	return heir
}

func past(t *testing.T, r *Run, key batch.Key) batch.Record {
	t.Helper()
	found, err := r.Past(t.Context(), []batch.Key{key})
	if err != nil {
		t.Fatal(err)
	}
	return found[key]
}

// TestFenceOfAnotherProcess has a run learn of its fence although it has found, some
// commits ago, that it holds its locks.
func TestFenceOfAnotherProcess(t *testing.T) {
	s, r := running(t, 3)
	for i := range 2 {
		if err := r.Begin(t.Context(), numberedApplication(i)); err != nil {
			t.Fatal(err)
		}
	}
	takenOver(t, second(t, s), r, 3)
	var taken *TakenOverError
	if err := r.Begin(t.Context(), numberedApplication(2)); !errors.As(err, &taken) || *taken != (TakenOverError{RunID: "run", By: "heir"}) {
		t.Errorf("%v, want a *TakenOverError", err)
	}
}

// TestStateOfAnotherProcess has a run finish what it began after another process has
// begun the same circuit with other content: what is remembered of it is stale.
func TestStateOfAnotherProcess(t *testing.T) {
	s, r := running(t, 1)
	first := numberedApplication(0)
	if err := r.Begin(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	heir := takenOver(t, second(t, s), r, 1)
	again := first
	again.Hash, again.Token = "other", "other-token"
	if err := heir.Begin(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	late := outcome(first, sheet.Submitted)
	late.LOAStatus = "Applying"
	if err := r.Finish(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	if got := past(t, heir, first.Key); !got.Open || got.Token != again.Token || got.LOAStatus != "Applying" {
		t.Errorf("after the former holder: %+v", got)
	}
	// And the heir, whose memory is stale now, keeps what the former holder has told.
	o := outcome(again, sheet.Submitted)
	o.LOAStatus = ""
	if err := heir.Finish(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if got := past(t, heir, first.Key); got.Open || got.Token != again.Token || got.Result != sheet.Submitted {
		t.Errorf("after the heir: %+v", got)
	}
}

// TestRollbackIsForgotten remembers nothing of a transaction that did not come about,
// and nothing of a row that is finished.
func TestRollbackIsForgotten(t *testing.T) {
	s, r := running(t, 1)
	a := numberedApplication(0)
	broken := errors.New("broken")
	err := s.writer.do(t.Context(), func(tx *transaction) error {
		return errors.Join(tx.beginApplication(r.seq, string(Real), a, r.info.Started), broken)
	})
	if !errors.Is(err, broken) {
		t.Fatal(err)
	}
	remembered := func() int {
		n := 0
		if err := s.writer.do(t.Context(), func(tx *transaction) error { n = len(tx.known.begun); return nil }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := remembered(); n != 0 {
		t.Errorf("%d circuits remembered after a rollback", n)
	}
	if err := r.Begin(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if n := remembered(); n != 1 {
		t.Errorf("%d circuits remembered with one under way", n)
	}
	if err := r.Finish(t.Context(), outcome(a, sheet.Submitted)); err != nil {
		t.Fatal(err)
	}
	if n := remembered(); n != 0 {
		t.Errorf("%d circuits remembered when all is finished", n)
	}
}
