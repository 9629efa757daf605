package simulator

import (
	"encoding/binary"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Simulator plays the VPC API and the Security Token Service of one account. It is an
// http.Handler, safe for any number of goroutines. Make one with New.
type Simulator struct {
	o       Options
	regions map[string]bool
	salt    [16]byte       // of the fingerprints
	done    chan struct{}  // closed when the simulator is
	late    sync.WaitGroup // effects that are still to come

	mu       sync.Mutex // guards everything below
	closed   bool
	nonces   nonces
	tokens   tokens
	circuits circuits
	lanes    map[lane]*laneState
	numbers  map[Request]int // calls so far, by API, region and circuit

	requests, turned, tokenless, connections int
	answers, faults                          map[string]int
}

// New gives a simulator. Close it when it served in-process.
func New(o Options) *Simulator {
	o.complete()
	s := &Simulator{
		o: o, regions: map[string]bool{}, done: make(chan struct{}),
		tokens:   tokens{life: o.TokenLife, all: map[string]*token{}},
		circuits: circuits{all: map[circuitKey]*circuit{}, declared: o.OnlyDeclared, reviewTime: o.Review},
		lanes:    map[lane]*laneState{}, numbers: map[Request]int{},
		answers: map[string]int{}, faults: map[string]int{},
	}
	binary.BigEndian.PutUint64(s.salt[:], o.Seed)
	for _, id := range o.Regions {
		s.regions[id] = true
	}
	for _, c := range o.Circuits {
		s.circuits.declare(c)
	}
	return s
}

// Close ends what hangs and drops the effects that are still to come, so that nothing of
// the simulator runs on. It answers calls as before.
func (s *Simulator) Close() {
	s.release()
	s.late.Wait()
}

// release ends what waits.
func (s *Simulator) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		close(s.done)
	}
}

// ServeHTTP answers the APIs on /, and GET /stats and POST /age beside them.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/", "":
		s.serveAPI(w, r)
	case "/stats":
		s.serveStats(w, r)
	case "/age":
		s.serveAge(w, r)
	default:
		http.NotFound(w, r)
	}
}

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

// ConnState counts connections; set it as http.Server.ConnState. Serve does.
func (s *Simulator) ConnState(_ net.Conn, state http.ConnState) {
	if state == http.StateNew {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.connections++
	}
}
