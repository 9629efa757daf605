package quota

import (
	"slices"
	"testing"
	"time"
)

// A server's hint holds on a new time line for what was left of it.
func TestHintOutlastsTheTimeLine(t *testing.T) {
	rate := Rate{N: 20, Per: time.Second}
	ask := Ask{Process: 1, Number: 1, Rate: rate, Burst: 1, Life: time.Second, Want: 1}
	var s State
	s.Take(Time{Line: "first", Now: time.Hour, Up: time.Hour}, ask)
	ask.Number, ask.Want, ask.Returns = 2, 0, []Return{{Ask: 1, Sent: true, Throttled: true, Hint: 30 * time.Second}}
	s.Take(Time{Line: "first", Now: time.Hour, Up: time.Hour}, ask)
	ask.Number, ask.Want, ask.Returns = 3, 1, nil
	g := s.Take(Time{Line: "second", Now: 10 * time.Second, Up: 10 * time.Second}, ask)
	if len(g.Starts) > 0 || g.Wait != 20*time.Second-Ahead {
		t.Errorf("%d granted, ask again in %v, want none and %v", len(g.Starts), g.Wait, 20*time.Second-Ahead)
	}
}

// A process that only gives back gets no share, so the others keep all of the quota.
func TestAskForNothingTakesNoShare(t *testing.T) {
	now := Time{Line: "line", Now: time.Hour, Up: time.Hour}
	ask := Ask{Process: 1, Number: 1, Rate: Rate{N: 20, Per: time.Second}, Burst: 4, Life: time.Second, Want: 20}
	nothing := ask
	nothing.Process, nothing.Want = 2, 0
	var alone, beside State
	want := alone.Take(now, ask)
	beside.Take(now, nothing)
	if got := beside.Take(now, ask); !slices.Equal(got.Starts, want.Starts) {
		t.Errorf("granted %v beside a process that wants nothing, %v alone", got.Starts, want.Starts)
	}
}

// Answers count one by one in a window that is longer than that of the documented quota.
func TestLongWindowCountsEachAnswer(t *testing.T) {
	rate := Rate{N: 2, Per: 2 * DefaultRate.Per}
	ask := Ask{Process: 1, Number: 1, Rate: rate, Burst: 2, Life: time.Second, Want: 1}
	now := Time{Line: "line", Now: time.Hour, Up: time.Hour}
	var s State
	s.Take(now, ask)
	now.Now += time.Second
	ask.Number, ask.Want, ask.Returns = 2, 0, []Return{{Ask: 1, Sent: true, Started: time.Second}}
	s.Take(now, ask)
	now.Now += 3 * DefaultRate.Per / 2
	ask.Number, ask.Want, ask.Returns = 3, 1, nil
	if g := s.Take(now, ask); len(g.Starts) != 1 {
		t.Errorf("%d granted, ask again in %v, want the second of two", len(g.Starts), g.Wait)
	}
}
