package cloud

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/simulator"
)

// loadFaults is a plan with almost every fault.
const loadFaults = "500:1%,503:2%,html:2%,504:1%,429:1%,throttle:2%,busy:1%,conflict:1%,drop:2%,reset:2%,cut:2%,hang=50ms:1%,stall=50ms:1%," +
	"empty:1%,204:1%,null:1%,idless:1%,code200:1%,types:1%,idtype:1%,redirect:1%,huge:0.1%"

// simulated starts a simulator on a loopback port.
func simulated(t testing.TB, o simulator.Options) (*simulator.Simulator, string) {
	t.Helper()
	o.Keys = map[string]string{canaryKeyID: canarySecret}
	o.SecurityTokens = map[string]string{canaryKeyID: canaryToken}
	s := simulator.New(o)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error)
	go func() { served <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return s, "http://" + l.Addr().String()
}

// reported contains the circuits of the calls, by what the results say about the server.
type reported struct {
	mu      sync.Mutex
	yes, no []string // circuits that the server must have accepted once, and that it must not know
	broken  atomic.Int64
}

func (o *reported) applied(id string, err error) {
	call, isCall := errors.AsType[*batch.CallError](err)
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case err == nil:
		o.yes = append(o.yes, id)
	case !isCall, call.Class == batch.NotSent, call.Class == batch.TryLater && !call.Unsettled:
		o.no = append(o.no, id)
	}
}

// TestLoad runs 64 workers that make many calls each (LOABATCH_TEST_CALLS), with faults of every kind and
// calls canceled at random moments. There is no race, no goroutine leaks, connections are reused, no
// call is ever sent twice, and what the package reports agrees with the server.
func TestLoad(t *testing.T) {
	workers, calls := 64, 40
	switch n, err := strconv.Atoi(os.Getenv("LOABATCH_TEST_CALLS")); {
	case err == nil:
		calls = n
	case testing.Short():
		calls = 15
	}
	before := runtime.NumGoroutine()
	t.Run("run", func(t *testing.T) { load(t, workers, calls) })
	for deadline := time.Now().Add(time.Minute); runtime.NumGoroutine() > before; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines are leaked\n%s", runtime.NumGoroutine()-before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

func load(t *testing.T, workers, calls int) {
	plan, err := simulator.ParseFaults(loadFaults)
	if err != nil {
		t.Fatal(err)
	}
	s, url := simulated(t, simulator.Options{Quota: -1, Faults: plan, Seed: 7, Late: time.Millisecond, AllowDuplicates: true})
	c, err := New(Config{Endpoint: url, Timeout: 10 * time.Second, Concurrency: workers, Credentials: canaryCredentials()})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var outcome reported
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			random := rand.New(rand.NewPCG(7, uint64(w)))
			for n := range calls {
				oneCall(t, c, &outcome, fmt.Sprintf("pc-%d-%d", w, n), random)
			}
		})
	}
	wait.Wait()
	agree(t, s, &outcome)
	if got, most := s.Stats().Connections, int64(4*workers)+outcome.broken.Load(); int64(got) > most {
		t.Errorf("%d connections for %d workers, of which %d calls broke theirs", got, workers, outcome.broken.Load())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.idle) > workers {
		t.Errorf("%d clients for %d workers", len(c.idle), workers)
	}
	t.Logf("%d calls, %d accepted, %d definitely not, %d connections, %d broken, %d clients",
		workers*calls, len(outcome.yes), len(outcome.no), s.Stats().Connections, outcome.broken.Load(), len(c.idle))
}

// oneCall applies for a circuit, or reads something; one call in ten is canceled at a random moment.
func oneCall(t *testing.T, c *Cloud, outcome *reported, id string, random *rand.Rand) {
	ctx := t.Context()
	if random.IntN(10) == 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(random.IntN(20_000))*time.Microsecond)
		defer cancel()
	}
	a := application()
	a.Key = batch.Key{Region: [...]string{"cn-hangzhou", "eu-central-1"}[random.IntN(2)], InstanceID: id}
	a.Token = "token-" + id
	var err error
	switch random.IntN(5) {
	case 0:
		_, _, err = c.Find(ctx, a.Key)
	case 1:
		_, err = c.BillingEnabled(ctx, a.Key.Region)
	default:
		_, err = c.Submit(ctx, a)
		outcome.applied(id, err)
	}
	if err == nil {
		return
	}
	mustHide(t, id, err)
	e, ok := errors.AsType[*batch.CallError](err)
	if !ok && !errors.Is(err, ctx.Err()) {
		t.Errorf("%s: %T %v", id, err, err)
	}
	if !ok || e.Class == batch.NotSent || e.Class == batch.MaybeReceived && (e.Status == 0 || e.Code == codeCutOff || e.Code == codeOversized || e.Code == codeTimeout || e.Code == codeCanceled) {
		outcome.broken.Add(1)
	}
	if ok && (e.Class == batch.RunFatal || e.Class == batch.RegionFatal || e.Class == batch.Refused) {
		t.Errorf("%s: %+v", id, *e)
	}
}

// agree compares what was reported with what the server saw.
func agree(t *testing.T, s *simulator.Simulator, outcome *reported) {
	seen := map[string]simulator.CircuitStats{}
	for _, circuit := range s.Stats().Circuits {
		seen[circuit.InstanceID] = circuit
		if circuit.Applications > 1 {
			t.Errorf("%s: one call arrived %d times", circuit.InstanceID, circuit.Applications)
		}
	}
	for _, id := range outcome.yes {
		if seen[id].Accepted != 1 {
			t.Errorf("%s: reported accepted, the server says %+v", id, seen[id])
		}
	}
	for _, id := range outcome.no {
		if seen[id].Accepted != 0 {
			t.Errorf("%s: reported that nothing was applied for, the server says %+v", id, seen[id])
		}
	}
	if len(outcome.yes) == 0 || len(outcome.no) == 0 {
		t.Errorf("%d accepted, %d definitely not: nothing was compared", len(outcome.yes), len(outcome.no))
	}
}
