package postgres

import (
	"testing"
	"time"
)

// TestWatch simulates pauses of this process and jumps of its clock.
func TestWatch(t *testing.T) {
	w := watch{gap: time.Hour}
	beat := time.Now()
	w.touch()
	if got := w.silent(1, beat); got != 0 {
		t.Errorf("silent for %s when first seen", got)
	}
	earlier := func() { w.beats[1] = sighting{beat, time.Now().Add(-24 * time.Hour)} }
	earlier()
	w.touch()
	if got := w.silent(1, beat); got < 24*time.Hour {
		t.Errorf("silent for %s", got)
	}
	if got := w.silent(2, beat); got != 0 {
		t.Errorf("another member is silent for %s", got)
	}
	w.last = w.last.Add(-2 * time.Hour)
	if got := w.silent(1, beat); got != 0 {
		t.Errorf("silent for %s in a pause", got)
	}
	earlier()
	w.touch()
	if got := w.silent(1, beat); got != 0 {
		t.Errorf("silent for %s after a pause", got)
	}
	earlier()
	w.last = w.last.Round(0).Add(-2 * time.Hour) // suspended: the other clock stopped
	w.touch()
	if got := w.silent(1, beat); got != 0 {
		t.Errorf("silent for %s after a suspension", got)
	}
	earlier()
	if got := w.silent(1, beat.Add(time.Second)); got != 0 {
		t.Errorf("silent for %s after a heartbeat", got)
	}
}
