package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// serveAPI takes a call through the gate and the quota to its fault and its handler.
func (s *Simulator) serveAPI(w http.ResponseWriter, r *http.Request) {
	c := &call{}
	ref := decode(r, c)
	s.arrive(c)
	if ref == nil {
		ref = s.authenticate(c)
	}
	if ref == nil {
		ref = checkNames(c)
	}
	if ref != nil {
		s.turnAway()
		s.send(w, c, ref.answer(c))
		return
	}
	l, ref := s.admit(c)
	defer s.leave(l)
	if ref != nil {
		s.send(w, c, ref.answer(c))
		return
	}
	s.perform(w, r, c, s.meet(c))
}

// arrive gives a call its time and its request ID.
func (s *Simulator) arrive(c *call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	c.at, c.id = s.o.Now(), requestID(s.o.Seed, uint64(s.requests))
}

func (s *Simulator) turnAway() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turned++
}

// admit counts a call against the quota of its lane.
func (s *Simulator) admit(c *call) (*laneState, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := lane{s.o.Account, c.region, c.api}
	l, known := s.lanes[key]
	if !known {
		l = &laneState{window: window{limit: s.o.Quota, length: s.o.Window}}
		s.lanes[key] = l
	}
	c.at = s.o.Now() // under the lock, so that arrivals are in order
	if l.Requests == 0 {
		l.First = c.at.UTC()
	}
	l.Requests, l.Last = l.Requests+1, c.at.UTC()
	l.flying++
	l.MaxInFlight = max(l.MaxInFlight, l.flying)
	if wait, ok := l.window.arrive(c.at); !ok {
		l.Throttled++
		return l, throttled(s.o.Quota, wait)
	}
	return l, nil
}

// leave counts a call that has its answer, or will never get one.
func (s *Simulator) leave(l *laneState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.flying--
}

// meet gives a call its latency and its fault.
func (s *Simulator) meet(c *call) Fault {
	s.mu.Lock()
	name := Request{API: c.api, Region: c.region, InstanceID: c.instance}
	s.numbers[name]++
	c.n = s.numbers[name]
	s.mu.Unlock()

	var f Fault
	c.latency, f = s.o.Faults.fate(s.o.Seed, c)
	if s.o.Script != nil {
		name.N = c.n
		if scripted, ok := s.o.Script(name); ok {
			f = scripted
		}
	}
	if f.Kind != "" {
		s.mu.Lock()
		s.faults[f.String()]++
		s.mu.Unlock()
		s.o.Log.Info("fault", "api", c.api, "region_id", c.region, "instance_id", c.instance, "n", c.n, "fault", f.String(), "request_id", c.id)
	}
	return f
}

// work gives the true answer of a call, and its effect.
func (s *Simulator) work(c *call) answer {
	if slices.Contains(s.o.Denied, c.api) {
		s.pause(c)
		return forbidden().answer(c)
	}
	return apis[c.api].handle(s, c)
}

// circuit gives the circuit that a call names. The lock is held.
func (s *Simulator) circuit(c *call) *circuit {
	return s.circuits.get(c.region, c.instance, s.o.Now())
}

// pause lets the latency of a call pass, whether its client waits or not.
func (s *Simulator) pause(c *call) { s.sleep(c.latency) }

// sleep waits. It reports false when the simulator was closed first.
func (s *Simulator) sleep(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.done:
		return false
	}
}

// send writes the answer to a call and counts it.
func (s *Simulator) send(w http.ResponseWriter, c *call, a answer) {
	code := a.code
	if code == "" {
		code = "OK"
	}
	s.mu.Lock()
	s.answers[code]++
	s.mu.Unlock()
	s.o.Log.Info("call", "api", c.api, "region_id", c.region, "instance_id", c.instance, "code", code, "status", a.status, "request_id", c.id)
	write(w, c, a)
}

// write writes an answer as the gateway does.
func write(w http.ResponseWriter, c *call, a answer) {
	h := w.Header()
	h.Set("Content-Type", "application/json;charset=utf-8")
	h.Set("Date", c.at.UTC().Format(http.TimeFormat))
	h.Set("x-acs-request-id", c.id)
	for name, value := range a.header {
		h.Set(name, value)
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the client may have left
}

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
