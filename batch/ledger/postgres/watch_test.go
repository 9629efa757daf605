package postgres

import (
	"testing"
	"time"
)

// TestWatch pauses this process, and jumps its clock.
func TestWatch(t *testing.T) {
	w := watch{gap: time.Second}
	if w.unbroken() != 0 {
		t.Error("unbroken before the first touch")
	}
	w.touch()
	w.since = w.since.Add(-time.Minute)
	w.touch()
	if got := w.unbroken(); got < time.Minute {
		t.Errorf("unbroken for %s", got)
	}
	w.last = w.last.Add(-2 * time.Second)
	if got := w.unbroken(); got != 0 {
		t.Errorf("unbroken for %s in a pause", got)
	}
	w.touch()
	if got := w.unbroken(); got > time.Second {
		t.Errorf("unbroken for %s after a pause", got)
	}
	w.since = w.since.Add(-time.Minute)
	w.last = w.last.Round(0).Add(-2 * time.Second) // suspended: the other clock stood still
	w.touch()
	if got := w.unbroken(); got > time.Second {
		t.Errorf("unbroken for %s after a suspension", got)
	}
}
