package watch

import (
	"testing"
	"testing/synctest"
	"time"
)

// answers asks one question after the other and keeps when.
type answers struct {
	list  []Answer
	asked []time.Time
}

func (a *answers) ask() Answer {
	a.asked = append(a.asked, time.Now())
	return a.list[min(len(a.asked), len(a.list))-1]
}

// waits are the times between the questions.
func (a *answers) waits() (list []time.Duration) {
	for i := 1; i < len(a.asked); i++ {
		list = append(list, a.asked[i].Sub(a.asked[i-1]))
	}
	return list
}

func near(t *testing.T, waits []time.Duration, want ...time.Duration) {
	t.Helper()
	if len(waits) != len(want) {
		t.Fatalf("%d waits, want %d: %v", len(waits), len(want), waits)
	}
	for i, w := range want {
		if off := waits[i] - w; off.Abs() > w/10 {
			t.Errorf("wait %d is %v, want %v and a tenth at most", i, waits[i], w)
		}
	}
}

func TestUntilNothingIsAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		quiet, changed := Answer{Waiting: true}, Answer{Waiting: true, Changed: true}
		a := answers{list: []Answer{quiet, quiet, quiet, changed, quiet, {Changed: true}}}
		if end := (Loop{Every: time.Minute}).Run(a.ask); end != Done {
			t.Errorf("it ended with %v", end)
		}
		near(t, a.waits(), 60*time.Second, 90*time.Second, 135*time.Second, 60*time.Second, 90*time.Second)
	})
}

// TestLongestWait watches for two days: a wait is never longer than eight intervals, and no
// two are alike.
func TestLongestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, began, announced := answers{list: []Answer{{Waiting: true}}}, time.Now(), 0
		l := Loop{Every: 10 * time.Minute, Until: began.Add(48 * time.Hour), Wait: func(time.Duration) { announced++ }}
		if end := l.Run(a.ask); end != Late {
			t.Errorf("it ended with %v", end)
		}
		if took := time.Since(began); took != 48*time.Hour {
			t.Errorf("it ended after %v", took)
		}
		seen := map[time.Duration]bool{}
		for _, w := range a.waits() {
			if w > 88*time.Minute || seen[w] {
				t.Errorf("a wait of %v", w)
			}
			seen[w] = true
		}
		if n := len(a.asked); n < 36 || n > 48 || announced != n {
			t.Errorf("asked %d times, announced %d waits", n, announced)
		}
	})
}

func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		time.AfterFunc(time.Hour, func() { close(stop) })
		a, began := answers{list: []Answer{{Waiting: true}}}, time.Now()
		if end := (Loop{Every: 30 * time.Minute, Stop: stop}).Run(a.ask); end != Stopped || time.Since(began) != time.Hour || len(a.asked) != 2 {
			t.Errorf("it ended with %v after %v and %d questions", end, time.Since(began), len(a.asked))
		}
	})
}

func TestFinalAnswer(t *testing.T) {
	a := answers{list: []Answer{{Final: true, Waiting: true}}}
	if end := (Loop{Every: time.Hour}).Run(a.ask); end != Failed || len(a.asked) != 1 {
		t.Errorf("it ended with %v after %d questions", end, len(a.asked))
	}
}
