package hosts_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/hosts"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/postgres"
	"github.com/loabatch/loabatch/batch/ledger/postgres/pgtest"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

// endpoint is an API that accepts every application, even for a circuit that has an LOA, and
// counts them.
type endpoint struct {
	mu       sync.Mutex
	more     *sync.Cond // the limit was raised, or a call has ended
	limit    int        // of applications that are answered
	loas     map[batch.Key]batch.LOA
	accepted map[batch.Key]int
	tokens   map[string]bool
	calls    int
	surveys  int
	lookups  int
	latency  time.Duration
	answer   func(a batch.Application) error // the error for an application, nil to accept it; a nil func accepts all
	states   map[batch.Key]string            // of LOAs that a survey shows
}

func newEndpoint() *endpoint {
	e := &endpoint{limit: math.MaxInt, loas: map[batch.Key]batch.LOA{}, accepted: map[batch.Key]int{}, tokens: map[string]bool{}, latency: 20 * time.Millisecond}
	e.more = sync.NewCond(&e.mu)
	return e
}

// let has the endpoint answer a number of applications, and hold all others until it is called again.
func (e *endpoint) let(limit int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.limit = limit
	e.more.Broadcast()
}

// applications counts the applications that were answered.
func (e *endpoint) applications() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.calls
}

// Submit implements [batch.Submitter].
func (e *endpoint) Submit(ctx context.Context, a batch.Application) (batch.Receipt, error) {
	if ctx.Err() != nil {
		return batch.Receipt{}, ctx.Err()
	}
	time.Sleep(e.latency)
	defer context.AfterFunc(ctx, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.more.Broadcast()
	})()
	e.mu.Lock()
	defer e.mu.Unlock()
	for e.calls >= e.limit {
		if ctx.Err() != nil {
			return batch.Receipt{}, ctx.Err()
		}
		e.more.Wait()
	}
	e.calls++
	if e.answer != nil {
		if err := e.answer(a); err != nil {
			return batch.Receipt{}, err
		}
	}
	if !e.tokens[a.Token] {
		e.tokens[a.Token] = true
		e.accepted[a.Key]++
		e.loas[a.Key] = batch.LOA{Status: "Applying", CompanyName: a.Circuit.CompanyName, Si: a.Circuit.Si, LineType: a.Circuit.LineType,
			ConstructionTime: a.Circuit.ConstructionTime.Format(sheet.SentTime)}
	}
	return batch.Receipt{RequestID: "R-" + a.Token, At: time.Now().UTC()}, nil
}

// Find implements [batch.Finder].
func (e *endpoint) Find(_ context.Context, k batch.Key) (batch.LOA, bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lookups++
	l, ok := e.loas[k]
	l.RequestID = "R-lookup"
	return l, ok, nil
}

// Survey implements [batch.Surveyor].
func (e *endpoint) Survey(_ context.Context, region string, _ int, ids []string) (batch.SurveyPage, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.surveys++
	page := batch.SurveyPage{Pages: 1}
	for _, id := range ids {
		k := batch.Key{Region: region, InstanceID: id}
		page.Circuits = append(page.Circuits, batch.CircuitState{InstanceID: id, Status: "Allocated", BusinessStatus: "Normal", LOAStatus: e.states[k]})
	}
	return page, nil
}

// doubles counts the circuits that were applied for more than once, and those that were at all.
func (e *endpoint) doubles() (doubles, circuits int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, n := range e.accepted {
		if n > 1 {
			doubles++
		}
	}
	return doubles, len(e.accepted)
}

// book returns a workbook of n circuits, spread over the regions in turn.
func book(n int, regions ...string) *sheet.Workbook {
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
	for i := range n {
		w.Circuits = append(w.Circuits, sheet.Circuit{
			Row: i + 2, InstanceID: fmt.Sprintf("pc-%07d", i), RegionID: regions[i%len(regions)],
			CompanyName: "Example Ltd", LineType: "FIBRE", Si: "Example Builders",
			ConstructionTime: time.Date(2027, 1, 15, 8, 0, 0, 0, time.UTC), Engineers: []int32{0},
		})
	}
	return w
}

// host plays a process at work on a batch.
type host struct {
	t      testing.TB
	store  *postgres.Store
	member ledger.Member // of the first part

	members []ledger.Member // of the parts
	quotas  []*quota.Set
	results []*hosts.Result
	wire    *wire
	drain   chan struct{}
	cancel  context.CancelFunc
	done    chan struct{}
	result  *hosts.Result
	err     error
	lost    []error
}

// database returns the URL of a database with all tables and nothing in them. Where it matters that several hosts make
// the tables at once, as in TestSharing, the database is empty.
func database(t testing.TB) string {
	t.Helper()
	return pgtest.Prepared(t, "hosts", func(url string) error {
		s, err := postgres.Open(context.Background(), url)
		if err != nil {
			return err
		}
		return cmp.Or(hosts.MakeTables(context.Background(), s.Pool()), s.Close())
	})
}

// setup changes what a host works with.
type setup func(*hosts.Options)

// start joins the batch of a workbook in a database and starts working on it.
func start(t testing.TB, address string, name string, e *endpoint, w *sheet.Workbook, changes ...setup) *host {
	t.Helper()
	return startParts(t, address, name, e, []*sheet.Workbook{w}, changes...)
}

// startParts does so for a run in parts, each with a workbook and an account of its own.
func startParts(t testing.TB, address string, name string, e *endpoint, books []*sheet.Workbook, changes ...setup) *host {
	t.Helper()
	h := &host{t: t, wire: newWire(t, address), drain: make(chan struct{}), done: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	h.cancel = cancel
	var err error
	if h.store, err = postgres.Open(ctx, h.wire.address); err != nil {
		t.Fatal(err)
	}
	parts := make([]hosts.Options, len(books))
	for n, w := range books {
		parts[n] = h.join(ctx, name, n, e, w)
		for _, change := range changes {
			change(&parts[n])
		}
	}
	h.member = h.members[0]
	go func() {
		defer close(h.done)
		if h.results, h.err = hosts.Run(ctx, h.drain, parts); len(h.results) > 0 {
			h.result = h.results[0]
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-h.done
		for _, q := range h.quotas {
			q.Close()
		}
		h.store.Close()
	})
	return h
}

// join joins a part of a run.
func (h *host) join(ctx context.Context, name string, n int, e *endpoint, w *sheet.Workbook) hosts.Options {
	h.t.Helper()
	info := ledger.RunInfo{ID: "run-of-" + name, Scope: ledger.Real, Command: "submit", InputSHA256: "book", Host: name}
	if n > 0 {
		info.ID, info.Scope = fmt.Sprint(info.ID, ".", n+1), ledger.Real.ForAccount(fmt.Sprint(n))
	}
	joined, err := h.store.Join(ctx, info, hosts.Terms(), plan.Keys(w))
	if err != nil {
		h.t.Fatal(err)
	}
	h.members = append(h.members, joined)
	member := hosts.Persist(ctx, joined, func(err error) { h.lost = append(h.lost, err) })
	quotas := quota.NewSet(member, string(info.Scope), quota.Limits{Rate: quota.Rate{N: 1000, Per: time.Second}, Burst: 1000})
	h.quotas = append(h.quotas, quotas)
	planned := func(ctx context.Context, w *sheet.Workbook) (*batch.Plan, error) {
		known, err := joined.Past(ctx, batch.PlaceLOA, plan.Keys(w))
		return plan.New(w, plan.Options{Past: known, Batch: joined.Info().ID}), err
	}
	return hosts.Options{
		Store: h.store, Member: member, Rows: len(w.Circuits), Regions: regionsOf(w),
		Engine: &batch.Engine{
			Submitter: e, Finder: e, Surveyor: e, Survey: true, Concurrency: 4,
			Quota: func(region string, api batch.API) batch.Quota { return quotas.Window(region, string(api)) },
		},
		Plan: func(ctx context.Context) (*batch.Plan, error) { return planned(ctx, w) },
		PlanRow: func(ctx context.Context, row int) (*batch.Plan, error) {
			one := *w
			one.Circuits = []sheet.Circuit{*w.CircuitAt(row)}
			return planned(ctx, &one)
		},
		Conclude: func(context.Context, []ledger.BatchState) (ledger.RunEnd, error) {
			return ledger.RunEnd{ExitCode: 0}, nil
		},
	}
}

func regionsOf(w *sheet.Workbook) (list []string) {
	seen := map[string]bool{}
	for _, c := range w.Circuits {
		if !seen[c.RegionID] {
			seen[c.RegionID] = true
			list = append(list, c.RegionID)
		}
	}
	return list
}

// wait waits until the host has finished.
func (h *host) wait() *hosts.Result {
	h.t.Helper()
	select {
	case <-h.done:
	case <-time.After(5 * time.Minute):
		h.t.Fatal("the member did not end")
	}
	return h.result
}

// over reports whether the host has ended.
func (h *host) over() bool {
	select {
	case <-h.done:
		return true
	default:
		return false
	}
}

// end waits for the end of the batch, and checks that the host has seen it.
func (h *host) end() *hosts.Result {
	h.t.Helper()
	r := h.wait()
	if h.err != nil || r == nil || !r.Complete {
		h.t.Fatalf("%v, %+v", h.err, r)
	}
	for _, m := range h.members {
		if err := m.End(context.Background(), ledger.RunEnd{}); err != nil {
			h.t.Error(err)
		}
	}
	return r
}

// counts returns how many rows of a run have each result, and checks that those that were not attempted say why.
func counts(t testing.TB, h *host) map[sheet.Result]int {
	t.Helper()
	n := map[sheet.Result]int{}
	for _, m := range h.members {
		all, err := m.Outcomes(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		state, err := m.State(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for row, steps := range all {
			o := batch.ShownOf(steps)
			n[o.Result]++
			if want := batch.StopReason(state.Stop).Reason(); o.Result == sheet.NotAttempted && o.Reason != want {
				t.Errorf("row %d was not attempted: %s, want %s", row, o.Reason, want)
			}
		}
	}
	return n
}

// wire is the connection of one host to the database, which can be cut.
type wire struct {
	address string
	to      string
	mu      sync.Mutex
	cut     bool
	conns   map[net.Conn]bool
}

func newWire(t testing.TB, address string) *wire {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{to: u.Host, conns: map[net.Conn]bool{}}
	u.Host = listener.Addr().String()
	w.address = u.String()
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go w.serve(c)
		}
	}()
	return w
}

func (w *wire) serve(c net.Conn) {
	defer c.Close()
	server, err := net.Dial("tcp", w.to)
	if err != nil {
		return
	}
	defer server.Close()
	w.mu.Lock()
	if w.cut {
		w.mu.Unlock()
		return
	}
	w.conns[c], w.conns[server] = true, true
	w.mu.Unlock()
	go func() {
		_, _ = io.Copy(server, c)
		server.Close()
	}()
	_, _ = io.Copy(c, server)
}

// set cuts or mends the wire.
func (w *wire) set(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
	if cut {
		for c := range w.conns {
			c.Close()
		}
		clear(w.conns)
	}
}

var errDropped = &batch.CallError{Class: batch.MaybeReceived, Code: "(dropped)", Unsettled: true}

// flaky drops the answers to some applications, whether they were received or not, and answers
// others with a transient error.
func flaky(a batch.Application) error {
	switch rand.N(12) {
	case 0:
		return errDropped
	case 1:
		return &batch.CallError{Class: batch.TryLater, Code: "ServiceUnavailable"}
	}
	return nil
}

// die cuts the host off from both the database and the endpoint.
func (h *host) die() {
	h.wire.set(true)
	h.cancel()
}

// long marks a test that waits for a silence or an outage.
func long(t *testing.T) {
	if testing.Short() {
		t.Skip("takes longer than all other tests together")
	}
	t.Parallel()
}

// until waits until something holds.
func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for began := time.Now(); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > 5*time.Minute {
			t.Fatalf("%s: timed out", what)
		}
	}
}

// settled checks that every row was submitted, once.
func settled(t testing.TB, h *host, e *endpoint, rows int) {
	t.Helper()
	if d, n := e.doubles(); d != 0 || n != rows {
		t.Errorf("%d doubles, %d of %d circuits", d, n, rows)
	}
	if n := counts(t, h); n[sheet.Submitted] != rows {
		t.Errorf("%d rows: %v", rows, n)
	}
}

// stuck is a service whose survey never answers while the run lasts.
type stuck struct{}

var stuckCalls = make(chan struct{}, 100)

// Survey implements [batch.Surveyor].
func (stuck) Survey(ctx context.Context, _ string, _ int, _ []string) (batch.SurveyPage, error) {
	stuckCalls <- struct{}{}
	<-ctx.Done()
	return batch.SurveyPage{}, ctx.Err()
}
