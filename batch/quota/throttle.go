package quota

import (
	"cmp"
	"slices"
	"time"
)

// throttle is the share of the full pace that a quota allows: halved by a throttling
// answer and restored step by step. All times are of the run's clock.
type throttle struct {
	full  time.Duration // the window
	cut   time.Duration // when the pace was last cut
	part  float64       // to what share of the full pace
	hold  time.Duration // nothing is released before this
	slow  []stretch     // when the pace was below the full one
	begun bool          // whether the pace was ever cut
}

// stretch is an interval of the run's clock; to may be in the future.
type stretch struct{ from, to time.Duration }

// How the pace recovers: from one half in one window, in steps that are small compared
// with the quota, to approach the limit gently. It is never cut below a 64th, since even
// a quota that others use up has gaps.
const (
	recoverSteps = 8
	recoverPart  = 1.0 / 16
	leastPart    = 1.0 / 64
)

func newThrottle(r Rate) throttle { return throttle{full: r.Per, part: 1} }

// share is the current share of the full pace.
func (t *throttle) share(now time.Duration) float64 {
	if !t.begun || now < t.cut {
		return t.part
	}
	steps := (now - t.cut) / t.step()
	return min(1, t.part+recoverPart*float64(steps))
}

func (t *throttle) step() time.Duration { return max(t.full/recoverSteps, 1) }

// answer records a throttling answer to a request that was released at the given time.
// Requests that were in flight when the pace was cut get the same answer and do not cut
// it again.
func (t *throttle) answer(released, now, hint time.Duration) {
	t.hold = max(t.hold, now+hint)
	if t.begun && released <= t.cut {
		return
	}
	t.part = max(leastPart, t.share(now)/2)
	t.cut, t.begun = now, true
	steps := time.Duration((1-t.part)/recoverPart + 0.999)
	full := now + steps*t.step()
	if n := len(t.slow); n > 0 && t.slow[n-1].to >= now {
		t.slow[n-1].to = max(t.slow[n-1].to, full)
	} else {
		t.slow = append(t.slow, stretch{now, full})
	}
}

// Span is an interval of time.
type Span struct{ From, To time.Time }

// Total returns how much time the spans cover together; overlaps count once.
func Total(spans []Span) time.Duration {
	slices.SortFunc(spans, func(a, b Span) int { return cmp.Compare(a.From.UnixNano(), b.From.UnixNano()) })
	var sum time.Duration
	var end time.Time
	for _, s := range spans {
		if s.From.Before(end) {
			s.From = end
		}
		if s.To.After(s.From) {
			sum += s.To.Sub(s.From)
			end = s.To
		}
	}
	return sum
}
