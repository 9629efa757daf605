package simulator

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Simulator simulates the VPC API and the Security Token Service. It is an http.Handler, safe for concurrent
// use. Create one with New.
type Simulator struct {
	o       Options
	regions map[string]bool
	salt    [16]byte       // salts the fingerprints
	done    chan struct{}  // closed by Close
	late    sync.WaitGroup // late effects still to come

	mu       sync.Mutex // guards everything below
	closed   bool
	nonces   nonces
	tokens   tokens
	circuits circuits
	stop     func() // ends Serve; nil unless it serves
	crash    error  // the first panic
	lanes    map[lane]*laneState
	numbers  map[Request]int // calls so far, by API, region and circuit

	requests, turned, tokenless, connections int
	answers, faults                          map[string]int
	letters                                  LetterStats
}

// New returns a simulator. Call Close when done with it, unless Serve ran it.
func New(o Options) *Simulator {
	o.setDefaults()
	s := &Simulator{
		o: o, regions: map[string]bool{}, done: make(chan struct{}),
		tokens:   tokens{life: o.TokenLife, all: map[string]*token{}},
		circuits: circuits{all: map[circuitKey]*circuit{}, declared: o.OnlyDeclared, reviewTime: o.Review, lag: o.Lag},
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

// Close releases hanging calls, cancels late effects and waits for its goroutines. The
// simulator still answers calls afterwards.
func (s *Simulator) Close() {
	s.release()
	s.late.Wait()
}

// release wakes everything that is waiting.
func (s *Simulator) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		close(s.done)
	}
}

// ServeHTTP serves the APIs on /, letters below /letters/, the statistics on GET /stats, and
// POST /review.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer s.guard()
	switch r.URL.Path {
	case "/", "":
		s.serveAPI(w, r)
	case "/stats":
		s.serveStats(w, r)
	case "/review", "/age": // its former name
		s.serveReview(w, r)
	default:
		if strings.HasPrefix(r.URL.Path, letterPath) {
			s.serveLetter(w, r)
			return
		}
		http.NotFound(w, r)
	}
}

// guard recovers a panic of the function that defers it, and ends Serve with an error about it. A panic that
// ends a connection on purpose is passed on.
func (s *Simulator) guard() {
	p := recover()
	switch {
	case p == nil:
		return
	case p == http.ErrAbortHandler:
		panic(p)
	}
	err := fmt.Errorf("the simulator panicked: %T", p) // the value may quote a request
	if own, ok := p.(runtime.Error); ok {
		err = fmt.Errorf("the simulator panicked: %w", own)
	}
	s.release()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.crash == nil {
		s.crash = err
	}
	if s.stop != nil {
		s.stop()
	}
}

// ConnState counts connections. It is meant for http.Server.ConnState; Serve sets it.
func (s *Simulator) ConnState(_ net.Conn, state http.ConnState) {
	if state == http.StateNew {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.connections++
	}
}

// Timeouts of Serve.
const (
	headerTime = 10 * time.Second // to receive a request's header
	idleTime   = 10 * time.Second // between requests; the real service closes idle connections after about 10 s
	drainTime  = 2 * time.Second  // for calls in flight once the context is done
)

// Serve serves the simulator on l until ctx is done. It then releases hanging calls, gives
// calls in flight two seconds to finish, closes the remaining connections and the
// simulator, and returns nil. If serving stops for any other reason, such as a panic of the
// simulator, it returns the error.
func (s *Simulator) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler: s, ConnState: s.ConnState, MaxHeaderBytes: 2 * maxURI,
		ReadHeaderTimeout: headerTime, IdleTimeout: idleTime,
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	s.mu.Lock()
	s.stop = end
	s.mu.Unlock()
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		defer s.guard()
		s.release()
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
		defer cancel()
		if server.Shutdown(drain) != nil {
			_ = server.Close() // drop the remaining connections
		}
	})
	err := server.Serve(l)
	if !stop() {
		<-stopped
	}
	s.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	if errors.Is(err, http.ErrServerClosed) {
		return s.crash
	}
	return err
}

// Options configure a Simulator. The zero value has no key and refuses every call.
type Options struct {
	Keys           map[string]string // access key ID to secret
	Accounts       map[string]string // access key ID to the account that it belongs to, if that is not Account
	SecurityTokens map[string]string // access key ID to the security token that its calls must carry
	Account        string            // ID of the account of the keys; empty means 1000000000000001

	Quota  int           // requests per window for each region and API; 0 means 300, negative means unlimited
	Window time.Duration // length of the sliding window; 0 means 60 s

	Faults Plan                        // faults and delays drawn at random
	Script func(Request) (Fault, bool) // chooses the fault of a call; if it reports false, the plan does
	Seed   uint64                      // seeds the plan's random choices
	Late   time.Duration               // time between a Late fault and the call's effect; 0 means 100 ms

	Circuits        []Circuit        // the circuits of the accounts
	OnlyDeclared    bool             // no other circuit exists; otherwise any does, Allocated unless a Marker says otherwise
	Regions         []string         // the regions of the service; nil means Regions
	Review          time.Duration    // time from an application to its LOA becoming Available, or Rejected if marked so; 0 means never
	Lag             time.Duration    // how long the Describe APIs report the former state of a circuit and its LOA after a change
	LetterLife      time.Duration    // how long a link to a letter is valid; 0 means an hour
	TokenLife       time.Duration    // how long a client token is remembered; 0 means forever
	BillingOff      bool             // billing for outbound data transfer is off
	Denied          []string         // APIs that the RAM policy denies: Forbidden.RAM; ACCOUNT/API denies one account
	ForgetRefusals  bool             // a refused token may be reused with other parameters
	AllowDuplicates bool             // what has already been done may be done again: only the client token prevents it
	ApplyAgain      bool             // ApplyPhysicalConnectionLOA is accepted for a Rejected LOA, as the API page allows
	Now             func() time.Time // the service's clock; nil means time.Now
	Log             *slog.Logger     // one line per call; nil means none
}

// setDefaults fills in the defaults.
func (o *Options) setDefaults() {
	if o.Account == "" {
		o.Account = "1000000000000001"
	}
	if o.Quota == 0 {
		o.Quota = 300
	}
	if o.Window <= 0 {
		o.Window = time.Minute
	}
	if o.LetterLife <= 0 {
		o.LetterLife = time.Hour
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

// Regions are the public regions with a VPC endpoint, the default of Options.Regions.
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
