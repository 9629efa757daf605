package batch

import (
	"cmp"
	"slices"
	"time"
)

// Span is a stretch of time.
type Span struct{ From, To time.Time }

// total is how much time the spans cover together.
func total(spans []Span) time.Duration {
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
