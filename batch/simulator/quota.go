package simulator

import (
	"fmt"
	"net/http"
	"time"
)

// lane is what the service counts requests by: one quota each.
type lane struct {
	account string
	region  string
	api     string
}

// window counts the requests of a lane over a sliding window: at any moment t those in
// the half-open span (t-length, t]. So two requests exactly one length apart never
// share a window.
type window struct {
	limit    int // requests in a window; below 1 there is no limit
	length   time.Duration
	admitted []time.Time // those that count against the limit, in order of arrival
	arrived  []time.Time // all of them, the throttled ones too
	most     int         // the most arrivals that any window has seen
}

// arrive counts a request at a time no earlier than the one before. It reports whether
// the request is within the limit, else how long it would have had to wait.
func (w *window) arrive(at time.Time) (wait time.Duration, ok bool) {
	w.arrived = append(since(w.arrived, at.Add(-w.length)), at)
	w.most = max(w.most, len(w.arrived))
	w.admitted = since(w.admitted, at.Add(-w.length))
	if w.limit > 0 && len(w.admitted) >= w.limit {
		return w.admitted[0].Add(w.length).Sub(at), false
	}
	if w.limit > 0 {
		w.admitted = append(w.admitted, at)
	}
	return 0, true
}

// since drops the times up to and including start.
func since(times []time.Time, start time.Time) []time.Time {
	i := 0
	for i < len(times) && !times[i].After(start) {
		i++
	}
	return times[i:]
}

// throttled is the answer to a request that the quota does not admit. The header tells
// how many milliseconds pass until it would.
func throttled(limit int, wait time.Duration) *refusal {
	return &refusal{
		status:  http.StatusBadRequest,
		code:    "Throttling.User",
		message: "Request was denied due to user flow control.",
		header:  map[string]string{"x-ratelimit-user-api": fmt.Sprintf("Limit:%d,Remain:0,TimeLeft:%d", limit, wait.Milliseconds()+1)},
	}
}
