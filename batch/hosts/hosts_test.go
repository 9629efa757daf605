package hosts_test

import (
	"context"
	"errors"
	"io"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/hosts"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/postgres"
	"github.com/loabatch/loabatch/batch/ledger/postgres/pgtest"
	"github.com/loabatch/loabatch/sheet"
)

// TestSharing has three hosts share the rows of a workbook. One of them surveys.
func TestSharing(t *testing.T) {
	t.Parallel()
	address, e, w := pgtest.Database(t), newEndpoint(), book(240, "cn-hangzhou", "cn-shanghai")
	e.answer = flaky
	w.Circuits[10].Invalid = true
	var sent []*relay
	persist := func(o *hosts.Options) {
		own := &relay{endpoint: e}
		o.Engine.MaxAttempts, o.Engine.Submitter = 20, own
		sent = append(sent, own)
	}
	e.let(0)
	a := start(t, address, "a", e, w, persist)
	b := start(t, address, "b", e, w, persist)
	c := start(t, address, "c", e, w, persist)
	until(t, "all have rows in hand", func() bool { return sent[0].sent.Load() > 0 && sent[1].sent.Load() > 0 && sent[2].sent.Load() > 0 })
	e.let(math.MaxInt)
	for _, h := range []*host{a, b, c} {
		r := h.end()
		if r.State.End.Results[sheet.Submitted] != 239 || r.State.End.Results[sheet.Invalid] != 1 {
			t.Errorf("%+v", r.State.End)
		}
		if r.Figures.Requests == 0 {
			t.Error("a host did nothing")
		}
		if requests := r.State.End.Requests; requests != e.calls+e.surveys+e.lookups {
			t.Errorf("%d requests, but the endpoint received %d", requests, e.calls+e.surveys+e.lookups)
		}
	}
	if d, n := e.doubles(); d != 0 || n != 239 {
		t.Errorf("%d doubles, %d circuits", d, n)
	}
	if e.surveys != 50 {
		t.Errorf("%d surveys", e.surveys)
	}
}

// TestDeath has a host die with rows in hand. The other one takes them over, and what the dead
// one sent is SUBMITTED.
func TestDeath(t *testing.T) {
	long(t)
	address, e, w := database(t), newEndpoint(), book(600, "cn-hangzhou", "cn-shanghai")
	e.latency = 100 * time.Millisecond
	a := start(t, address, "a", e, w) // the opener
	b := start(t, address, "b", e, w)
	until(t, "rows are sent", func() bool { _, n := e.doubles(); return n > 100 })
	died := time.Now()
	a.die()
	a.wait()
	b.end()
	t.Logf("the batch ended %v after the death", time.Since(died).Round(10*time.Millisecond))
	// Its last heartbeat was up to a tenth of the silence earlier. River alone would rescue its rows after eleven minutes.
	if after := time.Since(died); after < a.store.Silence()*9/10 || after > a.store.Silence()+time.Minute {
		t.Errorf("the batch ended %v after the death", after)
	}
	settled(t, b, e, 600)
}

// TestDeathOfTheOpener has the opener die in its survey.
func TestDeathOfTheOpener(t *testing.T) {
	long(t)
	address, e, w := pgtest.Database(t), newEndpoint(), book(100, "cn-hangzhou", "cn-shanghai")
	a := start(t, address, "a", e, w, func(o *hosts.Options) { o.Engine.Surveyor = stuck{} })
	until(t, "the survey begins", func() bool { return len(stuckCalls) > 0 })
	b := start(t, address, "b", e, w)
	a.die()
	a.wait()
	b.end()
	settled(t, b, e, 100)
}

// TestDrain drains one of two hosts. The other one goes on with its rows at once.
func TestDrain(t *testing.T) {
	t.Parallel()
	address, e, w := database(t), newEndpoint(), book(300, "cn-hangzhou", "cn-shanghai")
	e.latency = 100 * time.Millisecond
	a := start(t, address, "a", e, w)
	b := start(t, address, "b", e, w)
	until(t, "rows are sent", func() bool { _, n := e.doubles(); return n > 50 })
	close(a.drain)
	began := time.Now()
	r := a.wait()
	if a.err != nil || r.Complete || r.Stop != batch.StopInterrupted {
		t.Errorf("%v, %+v", a.err, r)
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("it took %v to leave", took)
	}
	if err := a.member.End(t.Context(), ledger.RunEnd{}); err != nil {
		t.Error(err)
	}
	b.end()
	settled(t, b, e, 300)
	if e.lookups > 0 {
		t.Errorf("%d lookups, although rows that were given back are known to be unsent", e.lookups)
	}
}

// TestDrainOfAll drains the only host: that stops the batch.
func TestDrainOfAll(t *testing.T) {
	t.Parallel()
	address, e, w := database(t), newEndpoint(), book(300, "cn-hangzhou", "cn-shanghai")
	e.latency = 100 * time.Millisecond
	a := start(t, address, "a", e, w)
	b := start(t, address, "b", e, w)
	until(t, "rows are sent", func() bool { _, n := e.doubles(); return n > 50 })
	close(a.drain)
	close(b.drain)
	ra, rb := a.wait(), b.wait()
	if a.err != nil || b.err != nil || !ra.Complete && !rb.Complete {
		t.Fatalf("%v, %+v; %v, %+v", a.err, ra, b.err, rb)
	}
	h := a
	if !ra.Complete {
		h, ra = b, rb
	}
	n := counts(t, h)
	if d, accepted := e.doubles(); d > 0 || n[sheet.Submitted] != accepted || n[sheet.NotAttempted] != 300-accepted || ra.State.End.Stop != string(batch.StopInterrupted) {
		t.Errorf("%d accepted: %v, %+v", accepted, n, ra.State.End)
	}
}

// TestOutage has the database crash while rows are in flight.
func TestOutage(t *testing.T) {
	long(t)
	server := pgtest.Start(t)
	address, e, w := server.Database(t), newEndpoint(), book(400, "cn-hangzhou", "cn-shanghai")
	e.latency = 50 * time.Millisecond
	a := start(t, address, "a", e, w)
	b := start(t, address, "b", e, w)
	until(t, "rows are sent", func() bool { _, n := e.doubles(); return n > 100 })
	server.Crash(t)
	time.Sleep(9 * time.Second) // River has given up by then
	_, before := e.doubles()
	time.Sleep(time.Second)
	if _, n := e.doubles(); n != before {
		t.Errorf("%d rows were sent without a database", n-before)
	}
	server.Restart(t)
	a.end()
	b.end()
	settled(t, a, e, 400)
	for i, reason := range a.lost { // once, and its end; a busy machine may lose the database another time
		if (reason == nil) != (i%2 == 1) {
			t.Errorf("the outage was reported as: %v", a.lost)
		}
	}
	if n := len(a.lost); n == 0 || n%2 != 0 {
		t.Errorf("the outage was reported as: %v", a.lost)
	}
}

// TestCanary has the hosts send the first rows before the rest, and stop when one is rejected.
func TestCanary(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		rejected map[int]bool // rows
		want     map[sheet.Result]int
		stop     batch.StopReason
	}{
		{"passes", nil, map[sheet.Result]int{sheet.Submitted: 100}, ""},
		{"fails", map[int]bool{4: true}, map[sheet.Result]int{sheet.Submitted: 4, sheet.Refused: 1, sheet.NotAttempted: 95}, batch.StopCanary},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			address, e, w := database(t), newEndpoint(), book(100, "cn-hangzhou", "cn-shanghai")
			e.answer = func(a batch.Application) error {
				if test.rejected[a.Row] {
					time.Sleep(300 * time.Millisecond)
					return &batch.CallError{Class: batch.Refused, Code: "Invalid"}
				}
				return nil
			}
			canary := func(o *hosts.Options) { o.Engine.Limits.Canary = 5 }
			a := start(t, address, "a", e, w, canary)
			b := start(t, address, "b", e, w, canary)
			r := a.end()
			b.end()
			n := counts(t, a)
			for result, want := range test.want {
				if n[result] != want {
					t.Errorf("%v", n)
				}
			}
			if r.State.End.Stop != string(test.stop) {
				t.Errorf("stop %q", r.State.End.Stop)
			}
		})
	}
}

// TestMaxFailures counts the failures of all hosts.
func TestMaxFailures(t *testing.T) {
	t.Parallel()
	address, e, w := database(t), newEndpoint(), book(400, "cn-hangzhou", "cn-shanghai")
	e.answer = func(a batch.Application) error {
		if a.Row%4 == 0 {
			return &batch.CallError{Class: batch.Refused, Code: "Invalid"}
		}
		return nil
	}
	limit := func(o *hosts.Options) { o.Engine.Limits.MaxFailures = batch.Limit{N: 10} }
	a := start(t, address, "a", e, w, limit)
	b := start(t, address, "b", e, w, limit)
	ra := a.end()
	b.end()
	n := counts(t, a)
	t.Log(n)
	if n[sheet.Refused] < 10 || n[sheet.Refused] > 50 || n[sheet.NotAttempted] < 200 || ra.State.End.Stop != string(batch.StopMaxFailures) {
		t.Errorf("%v, %+v", n, ra.State.End)
	}
}

// TestLimitAtTheEnd reaches a limit with the last rows of all: the batch is stopped, as a run of one
// process is.
func TestLimitAtTheEnd(t *testing.T) {
	t.Parallel()
	for stop, limits := range map[batch.StopReason]batch.Limits{
		batch.StopCanary:      {Canary: 5},
		batch.StopMaxFailures: {MaxFailures: batch.Limit{N: 3}},
	} {
		t.Run(string(stop), func(t *testing.T) {
			t.Parallel()
			address, e, w := pgtest.Database(t), newEndpoint(), book(3, "cn-hangzhou")
			e.answer = func(batch.Application) error {
				return &batch.CallError{Class: batch.Refused, Code: "Invalid"}
			}
			a := start(t, address, "a", e, w, func(o *hosts.Options) { o.Engine.Limits = limits })
			r := a.end()
			if n := counts(t, a); n[sheet.Refused] != 3 || r.State.End.Stop != string(stop) {
				t.Errorf("%v, stop %q", n, r.State.End.Stop)
			}
		})
	}
}

// TestMaxDuration ends the batch when its time is up, even if the database is away then. On a busy machine
// the time may be up before two hosts are at work: then they get more.
func TestMaxDuration(t *testing.T) {
	long(t)
	limit := 8 * time.Second
	for !endsInTime(t, limit) && limit < time.Minute {
		limit *= 3
	}
}

// endsInTime reports false if the time was up before both hosts sent rows.
func endsInTime(t *testing.T, limit time.Duration) bool {
	t.Helper()
	address, e, w := database(t), newEndpoint(), book(400, "cn-hangzhou")
	e.latency = 200 * time.Millisecond
	timed := func(o *hosts.Options) { o.Engine.Limits.MaxDuration = limit }
	a := start(t, address, "a", e, w, timed)
	own := &relay{endpoint: e}
	b := start(t, address, "b", e, w, timed, func(o *hosts.Options) { o.Engine.Submitter = own })
	until(t, "it sends rows", func() bool { return own.sent.Load() > 0 || a.over() })
	if a.over() {
		b.wait()
		return false
	}
	b.wire.set(true)
	r := a.end()
	if r.State.End.Stop != string(batch.StopDuration) {
		t.Errorf("%+v", r.State.End)
	}
	b.wait()
	if b.err != nil || b.result.Complete || b.result.Lost == nil || b.result.Stop != batch.StopDuration {
		t.Errorf("without a database: %v, %+v", b.err, b.result)
	}
	return true
}

// awayStore is a ledger whose database is away when rows are handed out.
type awayStore struct{ *postgres.Store }

// Failure says so.
func (s awayStore) Failure(error) error {
	return &ledger.Error{Op: "write", Path: s.Path(), Kind: ledger.Unreachable, Err: io.ErrUnexpectedEOF}
}

// TestDrainBeforeStart drains a host whose database went away before it took any row: it leaves
// like one that has taken some.
func TestDrainBeforeStart(t *testing.T) {
	long(t)
	a := start(t, pgtest.Database(t), "a", newEndpoint(), book(3, "cn-hangzhou"), func(o *hosts.Options) {
		o.Store = awayStore{o.Store.(*postgres.Store)}
	})
	close(a.drain)
	a.wait()
	if a.err != nil || a.result.Complete || a.result.Lost == nil || a.result.Stop != batch.StopInterrupted {
		t.Errorf("%v, %+v", a.err, a.result)
	}
}

// TestDrainInOutage drains a host while its database is away: it leaves soon, and the other host
// gets its rows.
func TestDrainInOutage(t *testing.T) {
	long(t)
	address, e, w := database(t), newEndpoint(), book(200, "cn-hangzhou")
	e.latency = 200 * time.Millisecond
	own := &relay{endpoint: e}
	e.let(40)
	a := start(t, address, "a", e, w)
	b := start(t, address, "b", e, w, func(o *hosts.Options) { o.Engine.Submitter = own })
	until(t, "it sends rows", func() bool { return own.sent.Load() > 0 })
	b.wire.set(true)
	e.let(math.MaxInt)
	time.Sleep(time.Second)
	drained := time.Now()
	close(b.drain)
	b.wait()
	if took := time.Since(drained); took > 45*time.Second {
		t.Errorf("left after %v", took)
	}
	if b.err != nil || b.result.Complete || b.result.Lost == nil || b.result.Stop != batch.StopInterrupted {
		t.Errorf("%v, %+v", b.err, b.result)
	}
	a.end()
	settled(t, a, e, 200)
}

// TestFatalForOne has the credentials of one host rejected: it leaves, and the other one goes on.
func TestFatalForOne(t *testing.T) {
	t.Parallel()
	address, e, w := database(t), newEndpoint(), book(200, "cn-hangzhou", "cn-shanghai")
	e.latency = 50 * time.Millisecond
	bad := newEndpoint()
	bad.answer = func(batch.Application) error {
		return &batch.CallError{Class: batch.RunFatal, Code: "InvalidAccessKeyId.NotFound"}
	}
	e.let(20)
	b := start(t, address, "b", e, w)
	a := start(t, address, "a", e, w, func(o *hosts.Options) { o.Engine.Submitter = bad })
	until(t, "the rejection", func() bool { return bad.applications() > 0 })
	e.let(math.MaxInt)
	r := a.wait()
	if a.err != nil || r.Complete || r.Stop != batch.StopFatal || r.StopCode == "" {
		t.Errorf("%v, %+v", a.err, r)
	}
	b.end()
	settled(t, b, e, 200)
}

// TestFatalForAll has the credentials of all hosts rejected: that stops the batch.
func TestFatalForAll(t *testing.T) {
	t.Parallel()
	address, e, w := database(t), newEndpoint(), book(200, "cn-hangzhou", "cn-shanghai")
	e.answer = func(batch.Application) error {
		return &batch.CallError{Class: batch.RunFatal, Code: "InvalidAccessKeyId.NotFound"}
	}
	a := start(t, address, "a", e, w)
	b := start(t, address, "b", e, w)
	ra, rb := a.wait(), b.wait()
	if a.err != nil || b.err != nil || !ra.Complete && !rb.Complete {
		t.Fatalf("%v, %+v; %v, %+v", a.err, ra, b.err, rb)
	}
	h := a
	if !ra.Complete {
		h, ra = b, rb
	}
	if n := counts(t, h); n[sheet.NotAttempted] != 200 || ra.State.End.Stop != string(batch.StopFatal) || ra.State.End.StopCode != "InvalidAccessKeyId.NotFound" {
		t.Errorf("%v, %+v", n, ra.State.End)
	}
}

// TestNoWait leaves while another host has the last rows in hand.
func TestNoWait(t *testing.T) {
	t.Parallel()
	address, e, w := database(t), newEndpoint(), book(20, "cn-hangzhou")
	own := &relay{endpoint: e, hold: make(chan struct{})}
	b := start(t, address, "b", e, w, func(o *hosts.Options) { o.Engine.Submitter = own })
	until(t, "it has rows in hand", func() bool { return own.sent.Load() == 4 })
	a := start(t, address, "a", e, w, func(o *hosts.Options) { o.NoWait = true })
	r := a.wait()
	if _, n := e.doubles(); a.err != nil || r.Complete || r.Stop != "" || n != 12 {
		t.Errorf("%d rows, %v, %+v", n, a.err, r)
	}
	if err := a.member.End(t.Context(), ledger.RunEnd{}); err != nil {
		t.Error(err)
	}
	close(own.hold)
	b.end()
	settled(t, b, e, 20)
}

// TestZombie cuts a host off for longer than the silence, as if it had been stopped, while its
// calls go on. Once it is back it sends nothing more, and what it learned is kept.
func TestZombie(t *testing.T) {
	long(t)
	address, e, w := database(t), newEndpoint(), book(400, "cn-hangzhou", "cn-shanghai")
	e.latency = 100 * time.Millisecond
	own := &relay{endpoint: e}
	a := start(t, address, "a", e, w, func(o *hosts.Options) { o.Engine.Submitter = own })
	b := start(t, address, "b", e, w)
	until(t, "rows are sent", func() bool { _, n := e.doubles(); return n > 50 })
	a.wire.set(true)
	until(t, "it is found dead", func() bool {
		state, err := b.member.State(t.Context())
		return err == nil && state.Members[0].Status == ledger.TakenOver
	})
	own.sent.Store(0)
	a.wire.set(false)
	a.wait()
	if _, dead := errors.AsType[*ledger.TakenOverError](a.err); !dead {
		t.Errorf("%v, %+v", a.err, a.result)
	}
	b.end()
	settled(t, b, e, 400)
	if n := own.sent.Load(); n > 0 {
		t.Errorf("a host that was found dead sent %d applications", n)
	}
}

// TestLostJobs has somebody delete jobs: the rows are handed out again.
func TestLostJobs(t *testing.T) {
	t.Parallel()
	address, e, w := database(t), newEndpoint(), book(100, "cn-hangzhou")
	e.latency = 100 * time.Millisecond
	e.let(12)
	a := start(t, address, "a", e, w)
	until(t, "rows are sent", func() bool { _, n := e.doubles(); return n > 10 })
	if _, err := a.store.Pool().Exec(t.Context(), "DELETE FROM loabatch_river.river_job WHERE state = 'available'"); err != nil {
		t.Fatal(err)
	}
	e.let(math.MaxInt)
	a.end()
	settled(t, a, e, 100)
}

// TestLostTables has the tables of the hand-out disappear, or the batch in them, as in a failover that loses the commits
// by which they were made: they are made once more.
func TestLostTables(t *testing.T) {
	long(t)
	for name, statement := range map[string]string{
		"tables": "DROP SCHEMA loabatch_river CASCADE",
		"batch":  "DELETE FROM loabatch_river.batches",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, e, w := pgtest.Database(t), newEndpoint(), book(40, "cn-hangzhou")
			e.latency = 100 * time.Millisecond
			e.let(12)
			a := start(t, address, "a", e, w)
			until(t, "rows are sent", func() bool { _, n := e.doubles(); return n > 10 })
			if _, err := a.store.Pool().Exec(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
			e.let(math.MaxInt)
			a.end()
			settled(t, a, e, 40)
		})
	}
}

// TestTablesMadeAtOnce has more goroutines of a process make the tables than its pool has connections.
func TestTablesMadeAtOnce(t *testing.T) {
	t.Parallel()
	s, err := postgres.Open(t.Context(), pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var all sync.WaitGroup
	for range s.Pool().Config().MaxConns + 4 {
		all.Go(func() {
			if err := hosts.MakeTables(ctx, s.Pool()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// TestLostRun has both the tables and the run disappear: the process has to join another run.
func TestLostRun(t *testing.T) {
	t.Parallel()
	address, e, w := pgtest.Database(t), newEndpoint(), book(40, "cn-hangzhou")
	e.latency = 100 * time.Millisecond
	a := start(t, address, "a", e, w)
	until(t, "rows are sent", func() bool { _, n := e.doubles(); return n > 10 })
	if _, err := a.store.Pool().Exec(t.Context(), "BEGIN; DROP SCHEMA loabatch_river CASCADE; UPDATE loabatch.runs SET id = 'another'; COMMIT"); err != nil {
		t.Fatal(err)
	}
	a.wait()
	if _, ok := errors.AsType[*ledger.TakenOverError](a.err); !ok {
		t.Errorf("%v", a.err)
	}
}

// TestNewerSchema checks that a schema of River that a later version has changed is refused.
func TestNewerSchema(t *testing.T) {
	t.Parallel()
	address, e, w := pgtest.Database(t), newEndpoint(), book(4, "cn-hangzhou")
	start(t, address, "a", e, w).end()
	a := start(t, address, "a2", e, w, func(o *hosts.Options) {
		pool := o.Store.(*postgres.Store).Pool()
		if _, err := pool.Exec(t.Context(), "INSERT INTO loabatch_river.river_migration (line, version) VALUES ('main', 1000)"); err != nil {
			t.Fatal(err)
		}
	})
	a.wait()
	if failed, ok := errors.AsType[*ledger.Error](a.err); !ok || failed.Kind != ledger.Newer {
		t.Errorf("%v", a.err)
	}
}

// TestAgain runs a workbook again after another run left an application open: what was accepted is
// not sent again, and what is open is continued.
func TestAgain(t *testing.T) {
	t.Parallel()
	address, e, w := database(t), newEndpoint(), book(60, "cn-hangzhou", "cn-shanghai")
	e.answer = func(a batch.Application) error {
		if a.Row%10 == 0 {
			return errDropped
		}
		return nil
	}
	first := start(t, address, "a", e, w, func(o *hosts.Options) { o.Engine.MaxAttempts = 1 })
	first.end()
	if n := counts(t, first); n[sheet.Unknown] != 6 {
		t.Fatalf("%v", n)
	}
	e.mu.Lock()
	e.answer = nil
	e.mu.Unlock()
	second := start(t, address, "b", e, w)
	second.end()
	if n := counts(t, second); n[sheet.Already] != 54 || n[sheet.Submitted] != 6 {
		t.Errorf("%v", n)
	}
	if d, n := e.doubles(); d != 0 || n != 60 {
		t.Errorf("%d doubles, %d circuits", d, n)
	}
}

// relay counts what one host sends.
type relay struct {
	*endpoint
	sent atomic.Int64
	hold chan struct{} // no call is answered until it is closed; may be nil
}

// Submit implements [batch.Submitter].
func (r *relay) Submit(ctx context.Context, a batch.Application) (batch.Receipt, error) {
	r.sent.Add(1)
	if r.hold != nil {
		<-r.hold
	}
	return r.endpoint.Submit(ctx, a)
}
