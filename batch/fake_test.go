package batch_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// effect says whether an application takes effect despite a fault, and when.
type effect uint8

const (
	never   effect = iota // the application has no effect
	before                // it takes effect before the fault happens
	delayed               // it takes effect seconds after the fault
)

// fault is how the server treats one attempt: (applied?, answer).
type fault struct {
	effect effect
	err    *batch.CallError // nil answers according to the state of the server
	hang   bool             // no answer comes until the caller gives up
}

// server is an API that records what really happened: the LOA of each circuit, the
// parameters of each token, and every arrival.
type server struct {
	mu       sync.Mutex
	loas     map[batch.Key]batch.LOA
	accepted map[batch.Key]int // applications that took effect
	tokens   map[string]string // parameters by token
	replies  map[string]bool   // tokens that were accepted
	misused  []string          // tokens that were used with other parameters
	arrivals map[string][]time.Time

	latency func() time.Duration
	faults  func(a batch.Application) fault    // of the attempt; nil means no faults
	blind   func(k batch.Key) *batch.CallError // of the lookup; nil means no errors
	timeout time.Duration                      // the caller's, for hangs
	stale   func() bool                        // whether a lookup lags behind and shows no LOA yet; nil means never
	apply   func(a batch.Application) *batch.CallError
	shown   func() *batch.LOA // what a lookup shows instead of the truth; nil means the truth
	doubles bool              // an LOA does not prevent another one: only the token does
}

func newServer() *server {
	return &server{
		loas: map[batch.Key]batch.LOA{}, accepted: map[batch.Key]int{}, tokens: map[string]string{}, replies: map[string]bool{},
		arrivals: map[string][]time.Time{}, timeout: 15 * time.Second,
		latency: func() time.Duration { return 20 * time.Millisecond },
	}
}

// took returns the latency of one call.
func (s *server) took() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.latency()
}

// pause lets time pass, or ends with the context.
func (s *server) pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func lostAnswer(code string) *batch.CallError {
	return &batch.CallError{Class: batch.MaybeReceived, Code: code, Unsettled: true}
}

// Submit implements Submitter.
func (s *server) Submit(ctx context.Context, a batch.Application) (batch.Receipt, error) {
	if ctx.Err() != nil {
		return batch.Receipt{}, ctx.Err()
	}
	latency := s.took()
	there := latency / 4
	circuit := *a.Circuit // as on the wire: the workbook may change before a delayed effect
	a.Circuit = &circuit
	if s.pause(ctx, there) != nil {
		return batch.Receipt{}, lostAnswer("(canceled)")
	}
	var f fault
	s.mu.Lock()
	if s.faults != nil {
		f = s.faults(a)
	}
	api := string(a.Operation.API())
	s.arrivals[a.Key.Region+" "+api] = append(s.arrivals[a.Key.Region+" "+api], time.Now())
	s.mu.Unlock()

	var refusal *batch.CallError
	switch {
	case f.err == nil || f.effect == before:
		refusal = s.take(a)
	case f.effect == delayed:
		time.AfterFunc(time.Duration(1+rand.N(3000))*time.Millisecond, func() { s.take(a) })
	}
	switch {
	case f.hang:
		s.pause(ctx, s.timeout)
	case s.pause(ctx, latency-there) != nil:
		return batch.Receipt{}, lostAnswer("(canceled)")
	}
	switch {
	case f.err != nil:
		return batch.Receipt{}, f.err
	case refusal != nil:
		return batch.Receipt{}, refusal
	}
	return batch.Receipt{RequestID: "R-" + a.Token, At: time.Now().UTC()}, nil
}

// take applies for an LOA as the real API does.
func (s *server) take(a batch.Application) *batch.CallError {
	s.mu.Lock()
	defer s.mu.Unlock()
	parameters := fmt.Sprint(a.Key, a.Hash, a.Operation)
	if known, used := s.tokens[a.Token]; used && known != parameters {
		s.misused = append(s.misused, a.Token+" "+known+" "+parameters)
		return &batch.CallError{Class: batch.Refused, Code: "IdempotentParameterMismatch", Status: 400}
	}
	s.tokens[a.Token] = parameters
	if s.replies[a.Token] {
		return nil
	}
	if s.apply != nil {
		if refusal := s.apply(a); refusal != nil {
			return refusal
		}
	}
	if l, ok := s.loas[a.Key]; ok && !s.doubles && (!batch.Void(l.Status) || l.Status == batch.LOARejected && a.Operation != batch.Reapply) {
		return &batch.CallError{Class: batch.Refused, Code: "IncorrectStatus.PhysicalConnectionLOA", Status: 400, RequestID: "R-exists"}
	}
	s.loas[a.Key] = batch.LOA{
		Status: "Applying", CompanyName: a.Circuit.CompanyName, Si: a.Circuit.Si, LineType: a.Circuit.LineType,
		ConstructionTime: a.Circuit.ConstructionTime.Format(sheet.SentTime),
	}
	s.accepted[a.Key]++
	s.replies[a.Token] = true
	return nil
}

// Find implements Finder.
func (s *server) Find(ctx context.Context, k batch.Key) (batch.LOA, bool, error) {
	if s.pause(ctx, s.took()) != nil {
		return batch.LOA{}, false, lostAnswer("(canceled)")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arrivals[k.Region+" "+string(batch.LookupAPI)] = append(s.arrivals[k.Region+" "+string(batch.LookupAPI)], time.Now())
	if s.blind != nil {
		if err := s.blind(k); err != nil {
			return batch.LOA{}, false, err
		}
	}
	if s.stale != nil && s.stale() {
		return batch.LOA{}, false, nil
	}
	l, ok := s.loas[k]
	if s.shown != nil {
		if shown := s.shown(); shown != nil {
			l, ok = *shown, true
		}
	}
	l.RequestID = "R-lookup"
	return l, ok, nil
}

// workbook returns a workbook of n circuits, spread over the regions in turn, with one engineer for
// all of them.
func workbook(n int, regions ...string) *sheet.Workbook {
	if len(regions) == 0 {
		regions = []string{"cn-hangzhou"}
	}
	w := &sheet.Workbook{
		CircuitsTable: sheet.Table{
			Sheet: "Circuits", HeaderRow: 1,
			Columns: map[sheet.ColumnID]int{sheet.CircuitInstanceID: 1},
			Headers: map[sheet.ColumnID]string{sheet.CircuitInstanceID: "Instance ID"},
		},
		EngineersTable: sheet.Table{Sheet: "Engineers", HeaderRow: 1},
		Engineers: []sheet.Engineer{{
			Row: 2, All: true, Name: "Made Up", CertificateType: "IDCard", CertificateNo: "000000199001010000", Gender: "Male", Contact: "00000000000",
		}},
	}
	everyone := []int32{0}
	w.Circuits = make([]sheet.Circuit, 0, n)
	for i := range n {
		w.Circuits = append(w.Circuits, sheet.Circuit{
			Row: i + 2, InstanceID: fmt.Sprintf("pc-%07d", i), RegionID: regions[i%len(regions)],
			CompanyName: "Example Ltd", LineType: "FIBRE", Si: "Example Builders",
			ConstructionTime: time.Date(2027, 1, 15, 8, 0, 0, 0, time.UTC), Engineers: everyone,
		})
	}
	return w
}

// counts returns how many outcomes have each result.
func counts(outcomes []batch.Outcome) map[sheet.Result]int {
	n := map[sheet.Result]int{}
	for _, o := range outcomes {
		n[o.Result]++
	}
	return n
}
