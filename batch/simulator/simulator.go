package simulator

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strconv"
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

// ConnState counts connections; set it as http.Server.ConnState. Serve does.
func (s *Simulator) ConnState(_ net.Conn, state http.ConnState) {
	if state == http.StateNew {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.connections++
	}
}

// The times that Serve allows.
const (
	headerTime = 10 * time.Second // for a request's header to arrive
	idleTime   = 10 * time.Second // for a connection between requests; the real service closes idle ones after about 10 s
	drainTime  = 2 * time.Second  // for calls at work when the context ends
)

// Serve answers on a listener until the context ends. Then it ends what hangs, lets the
// calls at work finish for up to two seconds, closes the rest and the simulator, and
// gives nil. Any other end is an error.
func (s *Simulator) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler: s, ConnState: s.ConnState, MaxHeaderBytes: 2 * maxURI,
		ReadHeaderTimeout: headerTime, IdleTimeout: idleTime,
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		s.release()
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
		defer cancel()
		if server.Shutdown(drain) != nil {
			_ = server.Close() // what is left is cut off, which is what was asked for
		}
	})
	err := server.Serve(l)
	if !stop() {
		<-stopped
	}
	s.Close()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// serveStats answers GET /stats.
func (s *Simulator) serveStats(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		http.Error(w, "GET only", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(marshal(s.Stats()), '\n')) // the client may have left
}

// serveAge answers POST /age?state=Available&region=…&instance=…
func (s *Simulator) serveAge(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		http.Error(w, "POST only", http.StatusMethodNotAllowed)
		return
	}
	q := r.URL.Query()
	n, err := s.Age(q.Get("region"), q.Get("instance"), q.Get("state"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, _ = w.Write([]byte(strconv.Itoa(n) + "\n")) // the client may have left
}

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
	Lag             time.Duration    // how long the Describe APIs still tell the LOA's former state after an application took effect
	TokenLife       time.Duration    // how long a client token is remembered; 0 means for ever
	BillingOff      bool             // billing for outbound data transfer is off
	Denied          []string         // APIs that the RAM policy denies: Forbidden.RAM
	ForgetRefusals  bool             // a refused token may be used again with other parameters
	AllowDuplicates bool             // an LOA does not stand against another one: only the client token guards
	ApplyAgain      bool             // ApplyPhysicalConnectionLOA is accepted where the LOA was Rejected, as the API page allows
	Now             func() time.Time // the service's clock; nil means time.Now
	Log             *slog.Logger     // one line for each call; nil means none
}

// complete puts the defaults in.
func (o *Options) complete() {
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
}

// Regions are the public regions with a VPC endpoint, the ones that a simulator has
// unless Options name others.
// Source: "Regions and zones" of the Express Connect guide.
var Regions = []string{
	"ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
	"ap-southeast-3", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7",
	"cn-beijing", "cn-beijing-finance-1", "cn-chengdu", "cn-fuzhou", "cn-guangzhou", "cn-hangzhou",
	"cn-hangzhou-finance", "cn-heyuan", "cn-hongkong", "cn-huhehaote", "cn-nanjing", "cn-north-2-gov-1",
	"cn-qingdao", "cn-shanghai", "cn-shanghai-finance-1", "cn-shenzhen", "cn-shenzhen-finance-1",
	"cn-wuhan-lr", "cn-wulanchabu", "cn-zhangjiakou", "cn-zhengzhou-jva",
	"eu-central-1", "eu-west-1", "me-central-1", "me-east-1", "na-south-1", "us-east-1", "us-west-1",
}
