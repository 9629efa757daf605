package ledger

import (
	"errors"
	"testing"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// TestSilentHolderIsTakenOver lets the holder's machine be another one, where only its
// last sign of life can be seen.
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
	setHeartbeat(silence - time.Minute)
	_, err := s.Start(t.Context(), RunInfo{ID: "early", Scope: Real}, numbered(3))
	var locked *LockedError
	if !errors.As(err, &locked) || locked.Host != "another-machine" || locked.Circuits != 3 {
		t.Fatalf("%v, want a *LockedError", err)
	}
	setHeartbeat(silence + time.Minute)
	if _, err := s.Start(t.Context(), RunInfo{ID: "late", Scope: Real}, numbered(1)); err != nil {
		t.Fatal(err)
	}
	var taken *TakenOverError
	if err := r.Begin(t.Context(), numberedApplication(2)); !errors.As(err, &taken) || *taken != (TakenOverError{RunID: "run", By: "late"}) {
		t.Errorf("%v, want a *TakenOverError", err)
	}
}

// TestFormerHolderDecidesNothing lets a run that was taken over finish a row that its
// heir has begun with other content.
func TestFormerHolderDecidesNothing(t *testing.T) {
	s, r := running(t, 1)
	first := numberedApplication(0)
	if err := r.Begin(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if err := s.writer.do(t.Context(), func(tx *transaction) error { return tx.takeOver(t.Context(), r.seq, "heir") }); err != nil {
		t.Fatal(err)
	}
	heir, err := s.Start(t.Context(), RunInfo{ID: "heir", Scope: Real}, numbered(1))
	if err != nil {
		t.Fatal(err)
	}
	second := first
	second.Hash, second.Token = "other", "other-token"
	if err := heir.Begin(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	if err := r.Finish(t.Context(), outcome(first, sheet.Submitted)); err != nil {
		t.Fatal(err)
	}
	past, err := heir.Past(t.Context(), numbered(1))
	if err != nil {
		t.Fatal(err)
	}
	if got := past[first.Key]; !got.Open || got.Token != second.Token {
		t.Errorf("the former holder closed what the heir began: %+v", got)
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
	if _, err := s.read.ExecContext(t.Context(), "DELETE FROM runs"); kindOf(err) != ReadOnly {
		t.Errorf("a reader can write: %v", err)
	}
}
