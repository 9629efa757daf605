package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/ledgertest"
	"github.com/loabatch/loabatch/batch/ledger/postgres"
	"github.com/loabatch/loabatch/batch/ledger/postgres/pgtest"
	"github.com/loabatch/loabatch/batch/quota"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for start := time.Now(); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Since(start) > 2*time.Minute {
			t.Fatalf("%s: timed out", what)
		}
	}
}

// enter joins the sample batch.
func enter(t *testing.T, s *postgres.Store, host string) *postgres.Member {
	t.Helper()
	m, err := s.Join(t.Context(), ledger.RunInfo{ID: "of " + host, Scope: ledger.Real, Command: "submit", InputSHA256: "book", Host: host}, nil, ledgertest.Keys(20))
	must(t, err)
	return m.(*postgres.Member)
}

// TestOutage takes the database away for longer than the silence: the server hangs, or crashes.
// Nobody is found dead because of that, neither by the other members nor by a newcomer, and
// members go on.
func TestOutage(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	address := server.Database(t)
	a, b := enter(t, open(t, address, short), "a"), enter(t, open(t, address, short), "b")
	newcomer := open(t, address, short)
	works := func(i int) {
		t.Helper()
		for n, m := range []*postgres.Member{a, b} {
			n += 2 * i
			ok, err := m.Claim(t.Context(), ledgertest.Key(n))
			if err != nil || !ok {
				t.Fatalf("claim: %v, %v", ok, err)
			}
			must(t, m.Begin(t.Context(), ledgertest.Application(n)))
			must(t, m.Finish(t.Context(), ledgertest.Accepted(n, time.Now())))
		}
	}
	time.Sleep(2 * short) // all have been in touch for a while
	works(0)
	for i, away := range []func(){
		func() {
			server.Freeze(t)
			time.Sleep(3 * short)
			server.Thaw(t)
		},
		func() {
			server.Crash(t)
			began := make(chan error)
			go func() { began <- a.Begin(context.Background(), ledgertest.Application(19)) }()
			if err := <-began; kindOf(t, err) != ledger.Unreachable {
				t.Errorf("begin without a database: %v", err)
			}
			time.Sleep(2 * short)
			server.Restart(t)
		},
	} {
		away()
		// A newcomer with another workbook that has the same circuits.
		_, err := newcomer.Start(t.Context(), ledger.RunInfo{ID: "newcomer", Scope: ledger.Real}, ledgertest.Keys(1))
		if _, ok := errors.AsType[*ledger.LockedError](err); !ok {
			t.Fatalf("after outage %d: %v, want a *LockedError", i, err)
		}
		for range 20 { // every heartbeat tries to reap
			time.Sleep(short / 10)
			for _, m := range must2(a.State(t.Context()))(t).Members {
				if m.Status == ledger.TakenOver {
					t.Fatalf("after outage %d, %s was found dead", i, m.Host)
				}
			}
		}
		works(i + 1)
	}
	b.Silent()
	eventually(t, "one that is really dead", func() bool {
		return must2(a.State(t.Context()))(t).Members[1].Status == ledger.TakenOver
	})
}

func must2[V any](v V, err error) func(*testing.T) V {
	return func(t *testing.T) V {
		t.Helper()
		must(t, err)
		return v
	}
}

// TestFailover fails over to a standby that lacks the last commits. The quota allows for what it
// does not know.
func TestFailover(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	address := server.Database(t)
	s := open(t, address, short)
	m := enter(t, s, "a")
	key := quota.Key{Scope: "real", Region: "cn-hangzhou", API: "ApplyPhysicalConnectionLOA"}
	number := uint64(0)
	take := func(n int) (quota.Grant, error) {
		number++
		return m.Take(t.Context(), key, quota.Ask{Process: 1, Number: number, Rate: quota.Rate{N: 10, Per: 3 * time.Second}, Burst: 10, Life: time.Second, Want: n})
	}
	if g := must2(take(2))(t); len(g.Starts) != 2 {
		t.Fatalf("%+v", g)
	}
	standby := server.Standby(t)
	server.Caught(t, standby)
	standby.Detach(t)
	if g := must2(take(8))(t); len(g.Starts) != 8 { // the standby will not know
		t.Fatalf("%+v", g)
	}
	late := enter(t, s, "late")
	claimed := must2(m.Claim(t.Context(), ledgertest.Key(0)))(t)
	must(t, m.Begin(t.Context(), ledgertest.Application(0)))
	server.Crash(t)
	standby.TakeOver(t, server)
	promoted := time.Now()
	var g quota.Grant
	eventually(t, "a grant", func() bool {
		var err error
		g, err = take(10)
		return err == nil && len(g.Starts) > 0
	})
	// A request granted at the last moment may have been answered 1 + 1 + 1 + 1 s later, and
	// counts for 3 s from then.
	if waited := time.Since(promoted); waited < 6*time.Second {
		t.Errorf("%d were granted %s after the failover", len(g.Starts), waited)
	}
	// The claim is lost as well, so the member must not rely on it to send.
	if err := m.Begin(t.Context(), ledgertest.Application(0)); !claimed || !errors.Is(err, ledger.ErrNotLocked) {
		t.Errorf("begin without the lost claim: %v", err)
	}
	// So is a member. Another one that gets its number is not mistaken for it.
	again := enter(t, open(t, address, short), "again")
	must2(again.Claim(t.Context(), ledgertest.Key(1)))(t)
	var taken *ledger.TakenOverError
	if err := late.Begin(t.Context(), ledgertest.Application(1)); !errors.As(err, &taken) {
		t.Errorf("begin of a lost member: %v (its number %d, that of the next %d)", err, late.Number(), again.Number())
	}
	if err := late.Finish(t.Context(), ledgertest.Accepted(1, time.Now())); !errors.As(err, &taken) {
		t.Errorf("finish of a lost member: %v", err)
	}
	if _, err := late.Conclude(t.Context(), ledger.RunEnd{}); !errors.As(err, &taken) {
		t.Errorf("conclude of a lost member: %v", err)
	}
	must(t, late.Release(t.Context()))
	must(t, again.Begin(t.Context(), ledgertest.Application(1)))
	must(t, late.End(t.Context(), ledger.RunEnd{}))
	must(t, again.Finish(t.Context(), ledgertest.Accepted(1, time.Now())))
	if past := must2(s.Past(t.Context(), ledger.Real, batch.PlaceLOA, ledgertest.Keys(1)))(t); len(past) != 0 {
		t.Errorf("the standby had %+v", past)
	}
}

// TestNewcomer starts a host on circuits whose holder has been silent. It cannot know whether the
// holder is dead or there was an outage, so it watches for as long as a member may be silent.
func TestNewcomer(t *testing.T) {
	t.Parallel()
	const silence = 4 * short // on a busy machine the holder does not come back within a shorter one
	address := database(t)
	holder := enter(t, open(t, address, silence), "a")
	must2(holder.Claim(t.Context(), ledgertest.Key(0)))(t)
	holder.Silent()
	died := func() {
		t.Helper()
		eventually(t, "the silence", func() bool {
			return must2(holder.State(t.Context()))(t).Members[0].Status == ledger.Died
		})
	}
	died()
	again := open(t, address, silence)
	told := make(chan ledger.LockedError, 10)
	again.OnSilence(func(holder ledger.LockedError) { told <- holder })
	started := make(chan error)
	go func() {
		_, err := again.Start(context.Background(), ledger.RunInfo{ID: "too early", Scope: ledger.Real}, ledgertest.Keys(2))
		started <- err
	}()
	var by ledger.LockedError
	select {
	case by = <-told:
	case err := <-started:
		t.Fatalf("it did not wait: %v", err)
	}
	must(t, holder.Begin(t.Context(), ledgertest.Application(0))) // it was not dead
	if _, ok := errors.AsType[*ledger.LockedError](<-started); !ok {
		t.Error("the circuits of a member that came back were taken")
	}
	if len(told) != 0 || by.RunID != "of a" || by.Host != "a" || by.Circuits != 2 {
		t.Errorf("called with %+v, and %d times more", by, len(told))
	}
	died()
	before := time.Now()
	_, err := open(t, address, silence).Start(t.Context(), ledger.RunInfo{ID: "next", Scope: ledger.Real}, ledgertest.Keys(2))
	must(t, err)
	if took := time.Since(before); took < silence*4/5 {
		t.Errorf("the circuits were taken over after %s", took)
	}
}

// TestStoppedInATransaction stops a process while it holds locks in the database. They are
// released in time.
func TestStoppedInATransaction(t *testing.T) {
	t.Parallel()
	address := database(t)
	a, b := enter(t, open(t, address, short), "a"), enter(t, open(t, address, short), "b")
	must2(a.Claim(t.Context(), ledgertest.Key(0)))(t)
	must(t, a.Begin(t.Context(), ledgertest.Application(0)))
	stopped, wake, woken := make(chan bool), make(chan bool), make(chan error)
	go func() {
		woken <- a.Hang(context.Background(), func() {
			stopped <- true
			<-wake
		})
	}()
	<-stopped
	a.Silent()
	silent := time.Now()
	eventually(t, "the claim", func() bool { return must2(b.Claim(t.Context(), ledgertest.Key(0)))(t) })
	if took := time.Since(silent); took > 2*postgres.Silence { // half of one, unless the machine is busy
		t.Errorf("taken over after %s", took)
	}
	close(wake)
	if err := <-woken; kindOf(t, err) != ledger.Unreachable {
		t.Errorf("the transaction: %v", err)
	}
	must(t, b.Begin(t.Context(), ledgertest.Application(0))) // the same, which is open
}
