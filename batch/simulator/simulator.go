package simulator

import (
	"encoding/binary"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Options say what is simulated. The zero value has no key, so that it refuses every call.
type Options struct {
	Keys           map[string]string // access key ID to secret; all belong to the one account
	SecurityTokens map[string]string // access key ID to the security token that its calls must carry
	Account        string            // account ID; empty means 1000000000000001

	Quota  int           // requests in a window for each region and API; 0 means 300, below 0 no limit
	Window time.Duration // length of the sliding window; 0 means 60 s

	Faults Plan                        // what goes wrong by chance
	Script func(Request) (Fault, bool) // what goes wrong by design: where it reports true its fault counts, not the plan's
	Seed   uint64                      // of the plan's chance
	Late   time.Duration               // how long after a Late fault the effect comes; 0 means 100 ms

	Circuits        []Circuit        // the circuits of the account
	OnlyDeclared    bool             // other circuits are not found; else they exist and are Allocated, or as their Markers tell
	Regions         []string         // the regions there are; nil means Regions
	Review          time.Duration    // an LOA becomes Available, or Rejected where a marker tells so, so long after it was applied for; 0 means only Age does that
	TokenLife       time.Duration    // how long a client token is remembered; 0 means for ever
	BillingOff      bool             // billing for outbound data transfer is off
	Denied          []string         // APIs that the RAM policy denies: Forbidden.RAM
	ForgetRefusals  bool             // a refused token may be used again with other parameters
	AllowDuplicates bool             // an LOA does not stand against another one: only the client token guards
	ApplyAgain      bool             // ApplyPhysicalConnectionLOA is accepted where the LOA was Rejected, as the API page allows
	Now             func() time.Time // the service's clock; nil means time.Now
	Log             *slog.Logger     // one line for each call; nil means none
}

// Simulator plays the VPC API and the Security Token Service of one account. It is an
// http.Handler, safe for any number of goroutines. Make one with New.
type Simulator struct {
	o       Options
	regions map[string]bool
	salt    [16]byte // of the fingerprints
	done    chan struct{}
	close   sync.Once
	late    sync.WaitGroup // effects that are still to come

	mu       sync.Mutex // guards everything below
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
	if o.Account == "" {
		o.Account = "1000000000000001"
	}
	if o.Quota == 0 {
		o.Quota = 300
	}
	if o.Window <= 0 {
		o.Window = time.Minute
	}
	if o.Late <= 0 {
		o.Late = 100 * time.Millisecond
	}
	if o.Regions == nil {
		o.Regions = Regions
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
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
	s.close.Do(func() { close(s.done) })
	s.late.Wait()
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
