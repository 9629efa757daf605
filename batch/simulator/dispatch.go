package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// serveAPI takes a call through the gate, the quota and the choice of its fault to its handler.
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
	s.respond(w, r, c, s.chooseFault(c))
}

// arrive sets the arrival time and the request ID of a call.
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
	key := lane{c.account, c.region, c.api}
	l, known := s.lanes[key]
	if !known {
		l = &laneState{window: window{limit: s.o.Quota, length: s.o.Window}}
		s.lanes[key] = l
	}
	c.at = s.o.Now() // under the lock, to keep arrivals in order
	if l.Requests == 0 {
		l.First = c.at.UTC()
	}
	l.Requests, l.Last = l.Requests+1, c.at.UTC()
	l.inFlight++
	l.MaxInFlight = max(l.MaxInFlight, l.inFlight)
	if wait, ok := l.window.arrive(c.at); !ok {
		l.Throttled++
		return l, throttled(s.o.Quota, wait)
	}
	return l, nil
}

// leave records the end of a call, answered or not.
func (s *Simulator) leave(l *laneState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.inFlight--
}

// chooseFault numbers a call, sets its latency and returns its fault.
func (s *Simulator) chooseFault(c *call) Fault {
	s.mu.Lock()
	name := Request{API: c.api, Region: c.region, InstanceID: c.instance}
	s.numbers[name]++
	c.n = s.numbers[name]
	s.mu.Unlock()

	var f Fault
	c.latency, f = s.o.Faults.choose(s.o.Seed, c)
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

// execute performs a call, with its effect, and returns the real answer.
func (s *Simulator) execute(c *call) answer {
	if c.api == letterAPI {
		return s.letter(c)
	}
	if slices.Contains(s.o.Denied, c.api) || slices.Contains(s.o.Denied, c.account+"/"+c.api) {
		s.pause(c)
		return forbidden().answer(c)
	}
	return apis[c.api].handle(s, c)
}

// circuit returns the circuit named by a call. The caller holds the lock.
func (s *Simulator) circuit(c *call) *circuit {
	return s.circuits.get(c.account, c.region, c.instance, s.o.Now())
}

// pause sleeps for the latency of a call, whether or not its client is still there.
func (s *Simulator) pause(c *call) { s.sleep(c.latency) }

// sleep reports whether d passed before the simulator was closed.
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
	if c.api != letterAPI {
		s.mu.Lock()
		s.answers[code]++
		s.mu.Unlock()
	}
	s.o.Log.Info("call", "api", c.api, "region_id", c.region, "instance_id", c.instance, "code", code, "status", a.status, "request_id", c.id)
	write(w, c, a)
}

// write writes an answer with the gateway's headers.
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

// lane identifies a quota: the service counts requests by account, region and API.
type lane struct {
	account string
	region  string
	api     string
}

// window counts the requests of a lane in a sliding window: at time t, those in the
// half-open interval (t-length, t]. Two requests exactly one length apart never share a
// window.
type window struct {
	limit    int // requests per window; 0 or less means unlimited
	length   time.Duration
	admitted []time.Time // requests within the limit, in order of arrival
	arrived  []time.Time // all requests, including throttled ones
	most     int         // the most arrivals in any window
}

// arrive counts a request at a time no earlier than the one before. It reports whether
// the request is within the limit and, if not, how long it would have had to wait.
func (w *window) arrive(at time.Time) (wait time.Duration, ok bool) {
	w.arrived = append(newerThan(w.arrived, at.Add(-w.length)), at)
	w.most = max(w.most, len(w.arrived))
	w.admitted = newerThan(w.admitted, at.Add(-w.length))
	if w.limit > 0 && len(w.admitted) >= w.limit {
		return w.admitted[0].Add(w.length).Sub(at), false
	}
	if w.limit > 0 {
		w.admitted = append(w.admitted, at)
	}
	return 0, true
}

// newerThan returns the tail of the sorted times that are after start.
func newerThan(times []time.Time, start time.Time) []time.Time {
	i := 0
	for i < len(times) && !times[i].After(start) {
		i++
	}
	return times[i:]
}

// throttled is the answer to a request over quota. The header says after how many
// milliseconds it would be admitted.
func throttled(limit int, wait time.Duration) *refusal {
	return &refusal{
		status:  http.StatusBadRequest,
		code:    "Throttling.User",
		message: "Request was denied due to user flow control.",
		header:  map[string]string{"x-ratelimit-user-api": fmt.Sprintf("Limit:%d,Remain:0,TimeLeft:%d", limit, wait.Milliseconds()+1)},
	}
}
