package quota

import (
	"slices"
	"testing"
	"time"
)

// On a new time line a server's hint applies for the rest of its time.
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

// A process that only gives back gets no share, so the others keep the whole quota.
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

// Answers count one by one in a window longer than that of the documented quota.
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

// What counts under one keeper counts under another for as long, whatever their clocks say.
func TestMovedStateCountsAsLong(t *testing.T) {
	rate := Rate{N: 3, Per: 10 * time.Second}
	ask := Ask{Process: 1, Number: 1, Rate: rate, Burst: 3, Life: time.Second, Want: 3}
	old := Time{Line: "boot", Now: time.Hour, Up: time.Hour}
	for _, there := range []Time{
		{Line: "server", Now: 3 * time.Second, Up: 3 * time.Second},
		{Line: "server", Now: 1000 * time.Hour, Up: 900 * time.Hour},
	} {
		var s State
		s.Take(old, ask)
		later := old
		later.Now += 2 * time.Second
		given := ask // one was answered a second ago, two are in flight
		given.Number, given.Want, given.Returns = 2, 0, []Return{{Ask: 1, Sent: true, Started: 2 * time.Second, Answered: time.Second}}
		s.Take(later, given)
		stayed := State{}
		stored, _ := s.AppendBinary(nil)
		if err := stayed.UnmarshalBinary(stored); err != nil {
			t.Fatal(err)
		}
		s.Move(later, there)
		granted := 0
		for n := range 30 {
			other := Ask{Process: 2, Number: uint64(n), Rate: rate, Burst: 3, Life: time.Second, Want: 1}
			later.Now, there.Now = later.Now+time.Second/2, there.Now+time.Second/2
			want, got := stayed.Take(later, other), s.Take(there, other)
			near := func(a, b time.Duration) bool { return (a - b).Abs() <= 2*rate.resolution() } // answers are rounded up
			if !slices.EqualFunc(want.Starts, got.Starts, near) || want.Used != got.Used {
				t.Fatalf("granted %+v, but %+v by the moved state", want, got)
			}
			granted += len(got.Starts)
		}
		if granted < 3 {
			t.Errorf("granted %d in 15 s", granted)
		}
	}
}

// The age of a state of another line is not known: its requests may have been sent just now.
func TestMovedStateOfAnotherLine(t *testing.T) {
	rate := Rate{N: 3, Per: 10 * time.Second}
	ask := Ask{Process: 1, Number: 1, Rate: rate, Burst: 3, Life: time.Second, Want: 3}
	var s State
	s.Take(Time{Line: "another machine", Now: time.Hour, Up: time.Hour}, ask)
	there := Time{Line: "server", Now: 1000 * time.Hour, Up: 900 * time.Hour}
	s.Move(Time{Line: "boot", Now: 2 * time.Hour, Up: 2 * time.Hour}, there)
	ask.Process = 2
	if g := s.Take(there, ask); len(g.Starts) > 0 {
		t.Errorf("granted %v at once", g.Starts)
	}
	there.Now += lifeOf(Ask{Life: defaultLife}) + rate.span()
	if g := s.Take(there, ask); len(g.Starts) != 3 {
		t.Errorf("granted %v once everything was over", g.Starts)
	}
	var unused State
	if unused.Move(Time{}, there); unused.begun {
		t.Error("a quota that nobody used is in use")
	}
}

// What counts in either of two states counts in both together.
func TestMergedStatesCountTogether(t *testing.T) {
	rate := Rate{N: 5, Per: 10 * time.Second}
	now := Time{Line: "server", Now: time.Hour, Up: time.Hour}
	var one, two, none State
	one.Take(now, Ask{Process: 1, Number: 1, Rate: rate, Burst: 5, Life: time.Second, Want: 2})
	now.Now += time.Second
	two.Take(now, Ask{Process: 2, Number: 1, Rate: rate, Burst: 5, Life: time.Second, Want: 3})
	two.Take(now, Ask{Process: 2, Number: 2, Rate: rate, Burst: 5, Life: time.Second, Returns: []Return{{Ask: 1, Sent: true, Throttled: true, Hint: time.Second}}})
	one.Merge(none)
	none.Merge(one)
	none.Merge(two)
	stored, err := none.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	var all State
	if err := all.UnmarshalBinary(stored); err != nil {
		t.Fatal(err)
	}
	g := all.Take(now, Ask{Process: 3, Number: 1, Rate: rate, Burst: 5, Life: time.Second, Want: 1})
	if len(g.Starts) > 0 || g.Used != 5 || g.Share != 0.5 {
		t.Errorf("granted %+v beside 5 requests, one of them throttled", g)
	}
	now.Now += 20 * time.Second
	if g := all.Take(now, Ask{Process: 3, Number: 2, Rate: rate, Burst: 5, Life: time.Second, Want: 1}); len(g.Starts) != 1 || g.Used != 1 {
		t.Errorf("granted %+v once all of them are over", g)
	}
}
