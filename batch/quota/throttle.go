package quota

import (
	"cmp"
	"slices"
	"time"
)

// throttle is the share of the full pace that a quota allows: halved by a throttling
// answer and restored step by step. All times are by the keeper's clock. The zero throttle
// allows everything.
type throttle struct {
	cut   time.Duration // when the pace was last cut
	part  float64       // to what share of the full pace
	hold  time.Duration // nothing is released before this
	begun bool          // whether the pace was ever cut
}

// How the pace recovers: from a half within one window, in steps that are small compared with the
// quota, to approach the limit gently. It is never cut below a 64th, since even a quota that others
// use up has gaps.
const (
	recoverSteps = 8
	recoverPart  = 1.0 / 16
	leastPart    = 1.0 / 64
)

// share is the current share of the full pace, for a window of the given length.
func (t *throttle) share(now, window time.Duration) float64 {
	switch {
	case !t.begun:
		return 1
	case now < t.cut:
		return t.part
	}
	steps := (now - t.cut) / recoverStep(window)
	return min(1, t.part+recoverPart*float64(steps))
}

func recoverStep(window time.Duration) time.Duration { return max(window/recoverSteps, 1) }

// recovers returns when the pace is back to full.
func (t *throttle) recovers(window time.Duration) time.Duration {
	if !t.begun {
		return 0
	}
	steps := time.Duration((1-t.part)/recoverPart + 0.999)
	return t.cut + steps*recoverStep(window)
}

// answer records a throttling answer to a request that was released at the given time.
// Requests that were in flight when the pace was cut get the same answer and do not cut
// it again.
func (t *throttle) answer(released, now, hint, window time.Duration) {
	t.hold = max(t.hold, now+hint)
	if t.begun && released <= t.cut {
		return
	}
	t.part = max(leastPart, t.share(now, window)/2)
	t.cut, t.begun = now, true
}

// stretches are intervals, by a process's clock, in which the pace was below the full one, in order and
// without overlaps.
type stretches []stretch

// stretch is one interval; to may be in the future.
type stretch struct{ from, to time.Duration }

// add extends the last stretch, or begins another.
func (s *stretches) add(from, to time.Duration) {
	if n := len(*s); n > 0 && (*s)[n-1].to >= from {
		(*s)[n-1].to = max((*s)[n-1].to, to)
		return
	}
	*s = append(*s, stretch{from, to})
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
