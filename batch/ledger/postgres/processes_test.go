//go:build unix

package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/ledgertest"
	"github.com/loabatch/loabatch/batch/ledger/postgres"
	"github.com/loabatch/loabatch/batch/ledger/postgres/pgtest"
	"github.com/loabatch/loabatch/batch/quota"
)

// The environment variables that turn the test binary into a worker: the addresses of the ledger and
// of the counter.
const (
	workLedger  = "LEDGER_WORKER"
	workCounter = "LEDGER_COUNTER"
)

const (
	workRows    = 280
	workRegion  = "cn-hangzhou"
	workSilence = 4 * time.Second // longer than a granted request may take: a second, workLife and another
	workLife    = 1500 * time.Millisecond
)

var workRate = quota.Rate{N: 60, Per: 3 * time.Second}

// Processes that share a batch are killed, frozen for longer than the silence and thawed, while the
// database crashes: each circuit is applied for once, no window has more requests than the quota, and
// all processes see the same end. One that starts later begins a run of its own and finds nothing to do. Each
// process picks its rows at random.
func TestProcesses(t *testing.T) {
	if address := os.Getenv(workLedger); address != "" {
		os.Exit(work(address, os.Getenv(workCounter)))
	}
	t.Parallel()
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	s := pgtest.Start(t)
	p := &processes{T: t, address: s.Database(t), counter: &counter{applied: map[string]int{}, rate: workRate}}
	server := httptest.NewServer(p.counter)
	defer server.Close()
	p.url = server.URL
	const slots = 4
	var all sync.WaitGroup
	for range slots {
		all.Go(p.keep)
	}
	random := rand.New(rand.NewPCG(1, 15))
	for crashed := false; !p.over.Load() && p.counter.count() < workRows*3/4; {
		time.Sleep(time.Duration(1000+random.IntN(3000)) * time.Millisecond)
		if !crashed && p.counter.count() > workRows/4 {
			crashed = true
			s.Crash(t)
			time.Sleep(time.Duration(500+random.IntN(3000)) * time.Millisecond)
			s.Restart(t)
		}
		if random.IntN(3) == 0 {
			p.freeze(workSilence + 1500*time.Millisecond)
		} else {
			p.kill()
		}
	}
	all.Wait()
	p.thawing.Wait()
	last := p.worker()
	if said, _ := last.CombinedOutput(); last.ProcessState.ExitCode() != lateCode {
		t.Errorf("a worker that started after the end ended with %v: %s", last.ProcessState, said)
	}
	most, doubles := p.counter.most(), p.counter.doubles()
	if most > workRate.N || doubles > 0 || p.counter.count() != workRows {
		t.Errorf("%d requests in a window of %d; %d circuits applied for of %d, %d of them twice", most, workRate.N, p.counter.count(), workRows, doubles)
	}
	if len(p.ends) != 1 || p.ended < 2 {
		t.Errorf("%d processes saw the ends %v", p.ended, p.ends)
	}
	if early := s.Query(t, nameOf(t, p.address), "SELECT count(*) FROM loabatch.runs a, loabatch.runs b WHERE a.seq < b.seq AND extract(epoch FROM b.opened) * 1e9 < a.ended"); early != "0" {
		t.Errorf("%s runs began before the one before them had ended", early)
	}
	if state := s.Query(t, nameOf(t, p.address), "SELECT result, count(*) FROM loabatch.rows GROUP BY result"); state != fmt.Sprintf("SUBMITTED|%d", workRows) {
		t.Errorf("the ledger has %s", state)
	}
	t.Logf("%d starts, %d killed, %d frozen, %d fenced, %d late, most in a window %d of %d", p.starts, p.killed, p.frozen, p.fenced, p.late, most, workRate.N)
}

// processes keeps workers running.
type processes struct {
	*testing.T
	address, url string
	counter      *counter
	over         atomic.Bool
	thawing      sync.WaitGroup

	mu                                    sync.Mutex
	running                               []*exec.Cmd
	ends                                  map[string]int // how often each end was reported
	starts, killed, frozen, fenced, ended int
	late                                  int
}

// worker is a worker that is not started yet.
func (p *processes) worker() *exec.Cmd {
	cmd := exec.Command(os.Args[0], "-test.run=^TestProcesses$")
	cmd.Env = append(os.Environ(), workLedger+"="+p.address, workCounter+"="+p.url)
	return cmd
}

// keep starts a worker again and again, until one has seen the end.
func (p *processes) keep() {
	for !p.over.Load() {
		cmd := p.worker()
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		p.mu.Lock()
		if err := cmd.Start(); err != nil {
			p.mu.Unlock()
			p.Error(err)
			return
		}
		p.starts++
		p.running = append(p.running, cmd)
		p.mu.Unlock()
		_ = cmd.Wait() // the exit code tells
		p.mu.Lock()
		p.running = slices.DeleteFunc(p.running, func(c *exec.Cmd) bool { return c == cmd })
		switch cmd.ProcessState.ExitCode() {
		case 0:
			p.over.Store(true)
			if p.ends == nil {
				p.ends = map[string]int{}
			}
			p.ends[out.String()]++
			p.ended++
		case -1:
		case fencedCode:
			p.fenced++
		case lateCode:
			p.late++
		default:
			p.over.Store(true)
			p.Errorf("a worker failed: %s", &out)
		}
		p.mu.Unlock()
		time.Sleep(time.Duration(rand.IntN(1000)) * time.Millisecond)
	}
}

// one returns a running worker at random.
func (p *processes) one() *exec.Cmd {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.running) == 0 {
		return nil
	}
	return p.running[rand.IntN(len(p.running))]
}

func (p *processes) kill() {
	if cmd := p.one(); cmd != nil && cmd.Process.Kill() == nil {
		p.killed++
	}
}

func (p *processes) freeze(d time.Duration) {
	cmd := p.one()
	if cmd == nil || cmd.Process.Signal(syscall.SIGSTOP) != nil {
		return
	}
	p.frozen++
	p.thawing.Go(func() {
		time.Sleep(d)
		cmd.Process.Signal(syscall.SIGCONT)
	})
}

// counter is a service that applies for whatever it is asked to, as often as asked.
type counter struct {
	rate     quota.Rate
	mu       sync.Mutex
	applied  map[string]int
	arrivals []time.Time
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	circuit := r.URL.Query().Get("circuit")
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.URL.Path == "/apply" {
		c.arrivals = append(c.arrivals, time.Now())
		c.mu.Unlock()
		time.Sleep(time.Duration(10+rand.IntN(90)) * time.Millisecond) // if the client dies meanwhile, it has applied
		c.mu.Lock()
		c.applied[circuit]++
	}
	fmt.Fprint(w, c.applied[circuit])
}

func (c *counter) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.applied)
}

func (c *counter) doubles() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, times := range c.applied {
		n += times - 1
	}
	return n
}

// most returns the most arrivals in any window.
func (c *counter) most() (most int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, at := range c.arrivals {
		n := slices.IndexFunc(c.arrivals[i:], func(t time.Time) bool { return t.Sub(at) >= c.rate.Per })
		if n < 0 {
			n = len(c.arrivals) - i
		}
		most = max(most, n)
	}
	return most
}

// Exit codes of workers.
const (
	fencedCode = 3 // it was found dead
	lateCode   = 4 // the run had ended, so it began one of its own, with no rows left
)

var errLate = errors.New("no rows were left")

// work is a process at work on the batch. It returns its exit code, and prints how the batch ended.
func work(address, counter string) int {
	err := func() error {
		ctx := context.Background()
		w := &worker{counter: counter}
		if err := w.join(ctx, address); err != nil {
			return err
		}
		defer w.store.Close()
		return w.finish(ctx)
	}()
	if _, taken := errors.AsType[*ledger.TakenOverError](err); taken {
		return fencedCode
	}
	if errors.Is(err, errLate) {
		return lateCode
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

type worker struct {
	counter string
	store   *postgres.Store
	member  ledger.Member
	quotas  *quota.Set
}

// again repeats f while the database is away.
func again(f func() error) error {
	for {
		err := f()
		failed, ok := errors.AsType[*ledger.Error](err)
		if !ok || failed.Kind != ledger.Unreachable && failed.Kind != ledger.Busy || os.Getppid() == 1 {
			return err
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func (w *worker) join(ctx context.Context, address string) error {
	return again(func() (err error) {
		if w.store == nil {
			if w.store, err = postgres.OpenWith(ctx, address, workSilence); err != nil {
				return err
			}
		}
		info := ledger.RunInfo{ID: "run" + strconv.FormatUint(rand.Uint64(), 36), Scope: ledger.Real, Command: "submit", InputSHA256: "book"}
		w.member, err = w.store.Join(ctx, info, []ledger.Term{{Name: "--rate", Value: workRate.String()}}, workKeys())
		return err
	})
}

func workKeys() []batch.Key { return ledgertest.Keys(workRows) }

// takes waits for the database in the quota's exchanges too.
type takes struct{ ledger.Member }

func (t takes) Take(ctx context.Context, key quota.Key, ask quota.Ask) (g quota.Grant, err error) {
	err = again(func() error {
		g, err = t.Member.Take(ctx, key, ask)
		ask.Returns = nil // they may have arrived
		return err
	})
	return g, err
}

// finish works on rows, a few at a time, until all have outcomes, and then ends its part.
func (w *worker) finish(ctx context.Context) error {
	w.quotas = quota.NewSet(takes{w.member}, "account", quota.Limits{Rate: workRate, Life: workLife})
	var all sync.WaitGroup
	failed := make(chan error, 4)
	for part := range 4 {
		all.Go(func() { failed <- w.rows(ctx, part) })
	}
	all.Wait()
	for range 4 {
		if err := <-failed; err != nil {
			return err
		}
	}
	if err := again(func() error { return w.member.Report(ctx, ledger.Figures{Requests: 1}, true) }); err != nil {
		return err
	}
	var end *ledger.RunEnd
	for end == nil {
		if err := again(func() (err error) { end, err = w.member.Conclude(ctx, ledger.RunEnd{}); return err }); err != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
	fmt.Printf("%s: %v, %d requests, ended %v\n", w.member.Info().ID, end.Results, end.Requests, end.Ended)
	err := again(func() error {
		err := w.member.End(ctx, ledger.RunEnd{})
		if errors.Is(err, ledger.ErrEnded) {
			return nil // the answer to the previous call was lost
		}
		return err
	})
	if err == nil && len(end.Results) == 0 {
		return errLate
	}
	return err
}

// rows works on every fourth row in a random order, until a pass finds none left.
func (w *worker) rows(ctx context.Context, part int) error {
	for left := true; left; {
		left = false
		for _, i := range rand.Perm(workRows / 4) {
			done, err := w.row(ctx, 4*i+part)
			if err != nil {
				return err
			}
			left = left || !done
		}
	}
	return nil
}

// row works on a row and reports whether it has its outcome.
func (w *worker) row(ctx context.Context, i int) (done bool, err error) {
	a := ledgertest.Application(i)
	var outcomes map[int][]batch.Outcome
	if err := again(func() (err error) { outcomes, err = w.member.Outcomes(ctx, a.Row); return err }); err != nil || len(outcomes) > 0 {
		return err == nil, err
	}
	var claimed bool
	if err := again(func() (err error) { claimed, err = w.member.Claim(ctx, a.Key); return err }); err != nil || !claimed {
		if errors.Is(err, ledger.ErrNotLocked) {
			return true, nil // the batch has ended
		}
		return false, err
	}
	defer func() {
		if released := again(func() error { return w.member.Release(ctx, a.Key) }); err == nil {
			err = released
		}
	}()
	var past map[batch.Key]batch.Record
	if err := again(func() (err error) {
		past, err = w.store.Past(ctx, ledger.Real, batch.PlaceLOA, []batch.Key{a.Key})
		return err
	}); err != nil {
		return false, err
	}
	record, known := past[a.Key]
	switch {
	case known && !record.Open:
		return true, nil // finished since
	case known && w.ask(ctx, "/find", a.Key.InstanceID) > 0:
		return w.end(ctx, i)
	}
	switch err := again(func() error { return w.member.Begin(ctx, a) }); {
	case errors.Is(err, ledger.ErrFinished):
		return true, nil
	case err != nil:
		return false, err
	}
	sent, err := w.quotas.Window(workRegion, "Apply").Acquire(ctx)
	if err != nil {
		return false, err
	}
	n := w.ask(ctx, "/apply", a.Key.InstanceID)
	sent(nil)
	if n != 1 {
		return false, fmt.Errorf("%s was applied for %d times", a.Key.InstanceID, n)
	}
	return w.end(ctx, i)
}

// end records that a row was accepted.
func (w *worker) end(ctx context.Context, i int) (bool, error) {
	err := again(func() error { return w.member.Finish(ctx, ledgertest.Accepted(i, time.Now())) })
	return err == nil, err
}

// ask asks the counter, which always answers.
func (w *worker) ask(ctx context.Context, path, circuit string) int {
	request, _ := http.NewRequestWithContext(ctx, http.MethodGet, w.counter+path+"?circuit="+circuit, nil)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return -1
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	n, _ := strconv.Atoi(string(body))
	return n
}
