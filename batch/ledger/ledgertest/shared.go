package ledgertest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

// OpenShared opens the same ledger again, as another host would. The store is closed
// when the test ends.
type OpenShared func(t *testing.T) ledger.Shared

// SharedBackend is the kind of shared ledger under test.
type SharedBackend struct {
	// New makes a new, empty ledger whose silence is short.
	New func(t *testing.T) OpenShared
	// Silence stops the heartbeats of a member, which does not notice.
	Silence func(t *testing.T, m ledger.Member)
}

// RunShared runs the suite for ledgers that several hosts use, each test on a ledger of its own.
func RunShared(t *testing.T, b SharedBackend) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, OpenShared)
	}{
		{"join", join},
		{"only one starts a batch", oneStarter},
		{"other terms", otherTerms},
		{"other batches", otherBatches},
		{"claims", claims},
		{"dead member", func(t *testing.T, open OpenShared) { deadMember(t, open, b) }},
		{"late answers", func(t *testing.T, open OpenShared) { lateAnswers(t, open, b) }},
		{"dead batch", func(t *testing.T, open OpenShared) { deadBatch(t, open, b) }},
		{"closed", closed},
		{"given back", givenBack},
		{"repeated", repeated},
		{"unclaimed rows", unclaimedRows},
		{"stop", stopped},
		{"conclude", func(t *testing.T, open OpenShared) { conclude(t, open, b) }},
		{"leave", leave},
		{"quota of members", quotaOfMembers},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, b.New(t))
		})
	}
}

var terms = []ledger.Term{{Name: "--rate", Value: "300/1m"}, {Name: "version", Value: "v1"}}

// enter joins the sample batch as another host.
func enter(t *testing.T, s ledger.Shared, host string, circuits int) ledger.Member {
	t.Helper()
	m, err := s.Join(t.Context(), sampleInfo(host), terms, Keys(circuits))
	must(t, err)
	return m
}

func sampleInfo(host string) ledger.RunInfo {
	return ledger.RunInfo{ID: "of " + host, Scope: ledger.Real, Command: "submit", Input: host + ".xlsx", InputSHA256: hexSum("book"), Host: host, PID: 7}
}

// claim claims a circuit that nobody has.
func claim(t *testing.T, m ledger.Member, i int) {
	t.Helper()
	if ok, err := m.Claim(t.Context(), Key(i)); err != nil || !ok {
		t.Fatalf("claim of circuit %d by %d: %v, %v", i, m.Number(), ok, err)
	}
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for start := time.Now(); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > 2*time.Minute {
			t.Fatalf("%s: not yet", what)
		}
	}
}

func takenOver(t *testing.T, what string, err error, by string) {
	t.Helper()
	if taken, ok := errors.AsType[*ledger.TakenOverError](err); !ok || taken.By != by {
		t.Errorf("%s: %v, want a *TakenOverError by %s", what, err, by)
	}
}

func state(t *testing.T, m ledger.Member) ledger.BatchState {
	t.Helper()
	s, err := m.State(t.Context())
	must(t, err)
	return s
}

func join(t *testing.T, open OpenShared) {
	first := enter(t, open(t), "a", 3)
	second := enter(t, open(t), "b", 3)
	_, joined := first.Joined()
	by, also := second.Joined()
	if joined || !also || by.Host != "a" || second.Info().ID != "of a" || second.Info().Input != "a.xlsx" || second.Number() == first.Number() {
		t.Errorf("joined %v, %v: %+v, %+v", joined, also, by, second.Info())
	}
	equal(t, "start", second.Info().Started, first.Info().Started)
	s := state(t, second)
	if len(s.Members) != 2 || !s.Members[0].Starter || s.Members[1].Starter || s.Members[1].Host != "b" || s.Alive() != 2 || s.Age < 0 || s.Age > time.Minute || s.End != nil {
		t.Errorf("state %+v", s)
	}
	runs, err := open(t).Runs(t.Context(), 0)
	must(t, err)
	if len(runs) != 1 || runs[0].ID != "of a" || runs[0].Status != ledger.Running || len(runs[0].Members) != 2 {
		t.Errorf("runs %+v", runs)
	}
	must(t, second.End(t.Context(), ledger.RunEnd{ExitCode: 7}))
	runs, err = open(t).Runs(t.Context(), 0)
	must(t, err)
	if m := runs[0].Members[1]; runs[0].Status != ledger.Running || m.Status != ledger.Ended || m.ExitCode != 7 {
		t.Errorf("after one member has left: %+v", runs)
	}
}

// oneStarter has several hosts join at the same time.
func oneStarter(t *testing.T, open OpenShared) {
	const n = 8
	var starters atomic.Int64
	var all sync.WaitGroup
	ids := make([]string, n)
	for i := range n {
		s := open(t)
		all.Go(func() {
			m, err := s.Join(t.Context(), sampleInfo(fmt.Sprint(i)), terms, Keys(50))
			if err != nil {
				t.Error(err)
				return
			}
			if _, joined := m.Joined(); !joined {
				starters.Add(1)
			}
			ids[i] = m.Info().ID
		})
	}
	all.Wait()
	if ids = slices.Compact(ids); starters.Load() != 1 || len(ids) != 1 {
		t.Errorf("%d starters of %q", starters.Load(), ids)
	}
}

func otherTerms(t *testing.T, open OpenShared) {
	enter(t, open(t), "a", 1)
	_, err := open(t).Join(t.Context(), sampleInfo("b"), []ledger.Term{{Name: "--rate", Value: "100/1m"}, {Name: "version", Value: "v1"}, {Name: "--only", Value: "failed"}}, Keys(1))
	differ, ok := errors.AsType[*ledger.TermsError](err)
	if !ok {
		t.Fatalf("%v, want a *TermsError", err)
	}
	equal(t, "terms", *differ, ledger.TermsError{Run: "of a", Host: "a", Differences: []ledger.Difference{{Name: "--rate", Theirs: "300/1m", Ours: "100/1m"}, {Name: "--only", Ours: "failed"}}})
}

// otherBatches checks what makes a batch a separate one, and that its circuits are locked.
func otherBatches(t *testing.T, open OpenShared) {
	s := open(t)
	first := enter(t, s, "a", 2)
	for i, other := range []func(*ledger.RunInfo){
		func(i *ledger.RunInfo) { i.Command = "complete" },
		func(i *ledger.RunInfo) { i.InputSHA256 = hexSum("other book") },
	} {
		info := sampleInfo(fmt.Sprint("other ", i))
		other(&info)
		_, err := open(t).Join(t.Context(), info, terms, Keys(3))
		locked, ok := errors.AsType[*ledger.LockedError](err)
		if !ok {
			t.Fatalf("%v, want a *LockedError", err)
		}
		equal(t, "holder", *locked, ledger.LockedError{RunID: "of a", Host: "a", PID: 7, Since: first.Info().Started, Circuits: 2})
	}
	_, err := open(t).Start(t.Context(), sampleInfo("alone"), Keys(1))
	if _, ok := errors.AsType[*ledger.LockedError](err); !ok {
		t.Errorf("a run: %v, want a *LockedError", err)
	}
	simulated := sampleInfo("c")
	simulated.Scope = ledger.Simulated
	m, err := open(t).Join(t.Context(), simulated, terms, Keys(2))
	must(t, err)
	if _, joined := m.Joined(); joined {
		t.Error("a batch of another scope was joined")
	}
}

// claims has several members claim circuits at once.
func claims(t *testing.T, open OpenShared) {
	const n, hosts = 40, 4
	members := make([]ledger.Member, hosts)
	for i := range members {
		members[i] = enter(t, open(t), fmt.Sprint(i), n)
	}
	var claimed [n]atomic.Int64
	var all sync.WaitGroup
	for _, m := range members {
		all.Go(func() {
			for i := range n {
				if ok, err := m.Claim(t.Context(), Key(i)); err != nil {
					t.Error(err)
				} else if ok {
					claimed[i].Add(1)
				}
			}
		})
	}
	all.Wait()
	for i := range claimed {
		if claimed[i].Load() != 1 {
			t.Errorf("circuit %d was claimed %d times", i, claimed[i].Load())
		}
	}
	total := 0
	for _, m := range state(t, members[0]).Members {
		total += m.Claimed
	}
	equal(t, "claimed", total, n)
	for _, m := range members {
		must(t, m.Release(t.Context()))
	}
	a, b := members[0], members[1]
	claim(t, a, 0)
	claim(t, a, 0)
	if ok, err := b.Claim(t.Context(), Key(0)); ok || err != nil {
		t.Errorf("a circuit that another member has: %v, %v", ok, err)
	}
	if err := b.Begin(t.Context(), Application(0)); !errors.Is(err, ledger.ErrNotLocked) {
		t.Errorf("begin of a circuit that another member has: %v", err)
	}
	must(t, a.Release(t.Context(), Key(0)))
	claim(t, b, 0)
	must(t, a.Release(t.Context(), Key(0))) // it does not have it
	must(t, b.Begin(t.Context(), Application(0)))
	if _, err := a.Claim(t.Context(), Key(n)); !errors.Is(err, ledger.ErrNotLocked) {
		t.Errorf("a circuit that the batch does not have: %v", err)
	}
}

// deadMember kills a member between Begin and the answer. Another takes over the row, which counts
// as sent by the batch.
func deadMember(t *testing.T, open OpenShared, b SharedBackend) {
	s := open(t)
	dead, heir := enter(t, open(t), "a", 3), enter(t, s, "b", 3)
	claim(t, dead, 0)
	claim(t, dead, 1)
	a := Application(0)
	must(t, dead.Begin(t.Context(), a))
	b.Silence(t, dead)
	silent := time.Now()
	eventually(t, "the claim", func() bool {
		ok, err := heir.Claim(t.Context(), Key(0))
		must(t, err)
		return ok
	})
	if took := time.Since(silent); took < s.Silence()/2 {
		t.Errorf("taken over after %s, the silence is %s", took, s.Silence())
	}
	claim(t, heir, 1)
	takenOver(t, "begin of the dead", dead.Begin(t.Context(), Application(1)), "of a")
	_, err := dead.Claim(t.Context(), Key(2))
	takenOver(t, "claim of the dead", err, "of a")
	_, err = dead.Take(t.Context(), quotaKey, want(1, 1, 1))
	takenOver(t, "take of the dead", err, "of a")

	records, err := heir.Past(t.Context(), batch.PlaceLOA, Keys(1))
	must(t, err)
	sameRecord(t, "record", records[Key(0)], batch.Record{Hash: a.Hash, Token: a.Token, Open: true, RunID: heir.Info().ID})
	if until := records[Key(0)].Tried; until.Before(silent.Add(-time.Second)) {
		t.Errorf("the dead member may have tried until %s, it fell silent at %s", until, silent)
	}
	must(t, heir.Finish(t.Context(), Accepted(0, silent))) // a lookup found it
	must(t, dead.Finish(t.Context(), Outcome(a, sheet.Unknown)))
	r, _ := recordOf(t, s, 0)
	if r.Open || r.Result != sheet.Submitted || r.Token != a.Token {
		t.Errorf("record %+v", r)
	}
	st := state(t, heir)
	equal(t, "results", st.Results, map[sheet.Result]int{sheet.Submitted: 1})
	equal(t, "statuses", []ledger.Status{st.Members[0].Status, st.Members[1].Status}, []ledger.Status{ledger.TakenOver, ledger.Running})
	run, err := s.Run(t.Context(), heir.Info().ID)
	must(t, err)
	if len(run.Rows) != 1 || run.Rows[0].Result != sheet.Submitted || run.Status != ledger.Running {
		t.Errorf("run %+v", run)
	}
}

// lateAnswers gives answers to a member after it was found dead.
func lateAnswers(t *testing.T, open OpenShared, b SharedBackend) {
	s := open(t)
	dead, heir := enter(t, open(t), "a", 3), enter(t, s, "b", 3)
	for i := range 2 {
		claim(t, dead, i)
		must(t, dead.Begin(t.Context(), Application(i)))
	}
	b.Silence(t, dead)
	eventually(t, "the claim", func() bool {
		ok, err := heir.Claim(t.Context(), Key(0))
		must(t, err)
		return ok
	})
	must(t, dead.Finish(t.Context(), Outcome(Application(2), sheet.NotAttempted))) // as it stops
	// One answer is known before the heir begins the row, the other only afterwards.
	must(t, dead.Finish(t.Context(), Accepted(0, time.Now())))
	if err := heir.Begin(t.Context(), Application(0)); !errors.Is(err, ledger.ErrFinished) {
		t.Errorf("begin of a row that is finished: %v", err)
	}
	claim(t, heir, 1)
	must(t, heir.Begin(t.Context(), Application(1)))
	must(t, dead.Finish(t.Context(), Outcome(Application(1), sheet.Failed)))
	outcomes, err := heir.Outcomes(t.Context())
	must(t, err)
	equal(t, "outcomes", outcomes, map[int][]batch.Outcome{2: {Accepted(0, outcomes[2][0].SubmittedAt)}})
	if r, _ := recordOf(t, s, 1); !r.Open {
		t.Errorf("the row that the heir has begun is not open: %+v", r)
	}
	must(t, heir.Finish(t.Context(), Accepted(1, time.Now())))
	outcomes, err = heir.Outcomes(t.Context(), 3)
	must(t, err)
	if len(outcomes) != 1 || outcomes[3][0].Result != sheet.Submitted {
		t.Errorf("outcomes %+v", outcomes)
	}
}

// deadBatch kills all members of a batch. The next host starts a new batch.
func deadBatch(t *testing.T, open OpenShared, b SharedBackend) {
	s := open(t)
	dead := enter(t, s, "a", 2)
	claim(t, dead, 0)
	a := Application(0)
	must(t, dead.Begin(t.Context(), a))
	must(t, dead.Finish(t.Context(), Outcome(Application(1), sheet.NotAttempted)))
	b.Silence(t, dead)
	eventually(t, "the death", func() bool {
		runs, err := s.Runs(t.Context(), 1)
		must(t, err)
		return runs[0].Status == ledger.Died
	})
	next := enter(t, open(t), "b", 2)
	if _, joined := next.Joined(); joined {
		t.Error("a dead batch was joined")
	}
	takenOver(t, "begin of the dead", dead.Begin(t.Context(), a), "of b")
	if _, err := dead.Conclude(t.Context(), ledger.RunEnd{}); err == nil {
		t.Error("a dead batch was concluded")
	}
	claim(t, next, 0)
	records, err := next.Past(t.Context(), batch.PlaceLOA, Keys(1))
	must(t, err)
	sameRecord(t, "record", records[Key(0)], batch.Record{Hash: a.Hash, Token: a.Token, Open: true, RunID: "of a"})
	outcomes, err := next.Outcomes(t.Context())
	if must(t, err); len(outcomes) != 0 {
		t.Errorf("outcomes of the dead batch: %+v", outcomes)
	}
	runs, err := s.Runs(t.Context(), 0)
	must(t, err)
	if len(runs) != 2 || runs[1].Status != ledger.TakenOver || runs[1].TakenBy != "of b" {
		t.Errorf("runs %+v", runs)
	}
}

// closed closes the ledger under a member. Others can have what it had claimed without waiting.
func closed(t *testing.T, open OpenShared) {
	s := open(t)
	gone, other := enter(t, s, "a", 1), enter(t, open(t), "b", 1)
	claim(t, gone, 0)
	must(t, s.Close())
	eventually(t, "the claim", func() bool {
		ok, err := other.Claim(t.Context(), Key(0))
		must(t, err)
		return ok
	})
	if _, err := gone.Claim(t.Context(), Key(0)); !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("claim on a closed ledger: %v", err)
	}
}

// givenBack gives back rows that were begun but not sent.
func givenBack(t *testing.T, open OpenShared) {
	s := open(t)
	drained, other := enter(t, s, "a", 2), enter(t, open(t), "b", 2)
	claim(t, drained, 0)
	must(t, drained.Begin(t.Context(), Application(0)))
	must(t, drained.GiveBack(t.Context(), Outcome(Application(0), sheet.NotAttempted)))
	if r, known := recordOf(t, s, 0); known {
		t.Errorf("record %+v", r)
	}
	claim(t, drained, 1) // what may have been sent stays open
	must(t, drained.Begin(t.Context(), Application(1)))
	must(t, drained.GiveBack(t.Context(), unknown(Application(1), time.Now().UTC())))
	if r, _ := recordOf(t, s, 1); !r.Open {
		t.Errorf("record %+v", r)
	}
	claim(t, other, 0)
	claim(t, other, 1)
	equal(t, "rows", state(t, other).Rows, 0)
	must(t, other.Begin(t.Context(), Application(0)))
	must(t, other.Finish(t.Context(), Outcome(Application(0), sheet.NotAttempted)))
	if r, known := recordOf(t, s, 0); known {
		t.Errorf("begun again but not sent: %+v", r)
	}
}

// repeated repeats calls as if the connection had broken before the answer.
func repeated(t *testing.T, open OpenShared) {
	s := open(t)
	m := enter(t, s, "a", 5)
	for i, result := range []sheet.Result{sheet.NotAttempted, sheet.Submitted, sheet.Refused, sheet.Failed, sheet.Unknown} {
		claim(t, m, i)
		o := Outcome(Application(i), result)
		must(t, m.Begin(t.Context(), Application(i)))
		must(t, m.Begin(t.Context(), Application(i)))
		if r, _ := recordOf(t, s, i); !r.Open {
			t.Errorf("begun twice: %+v", r)
		}
		if result == sheet.Unknown {
			o.Tried = time.Now().UTC().Round(0)
		}
		must(t, m.Finish(t.Context(), o))
		once, _ := recordOf(t, s, i)
		must(t, m.Finish(t.Context(), o))
		twice, _ := recordOf(t, s, i)
		equal(t, string(result), twice, once)
		if got := once.Result; result != sheet.NotAttempted && result != sheet.Unknown && got != result || result == sheet.NotAttempted && once != (batch.Record{}) {
			t.Errorf("%s: %+v", result, once)
		}
	}
}

// unclaimedRows has a member decide about circuits that no member has claimed.
func unclaimedRows(t *testing.T, open OpenShared) {
	s := open(t)
	old := start(t, s, "old", 2)
	for i := range 2 {
		must(t, old.Begin(t.Context(), Application(i)))
		must(t, old.Finish(t.Context(), unknown(Application(i), time.Now().UTC())))
	}
	must(t, old.End(t.Context(), ledger.RunEnd{}))
	starter, other := enter(t, s, "a", 2), enter(t, open(t), "b", 2)
	claim(t, other, 1)
	for i := range 2 {
		must(t, starter.Finish(t.Context(), Outcome(Application(i), sheet.Already)))
	}
	if r, _ := recordOf(t, s, 0); r.Open || r.Result != sheet.Already {
		t.Errorf("unclaimed: %+v", r)
	}
	if r, _ := recordOf(t, s, 1); !r.Open {
		t.Errorf("claimed by another member: %+v", r)
	}
}

func stopped(t *testing.T, open OpenShared) {
	first, second := enter(t, open(t), "a", 1), enter(t, open(t), "b", 1)
	must(t, second.Stop(t.Context(), "reason-failures", "Some.Code"))
	must(t, first.Stop(t.Context(), "reason-interrupted", ""))
	for _, m := range []ledger.Member{first, second} {
		if s := state(t, m); s.Stop != "reason-failures" || s.StopCode != "Some.Code" {
			t.Errorf("state %+v", s)
		}
	}
}

// conclude freezes the end of a batch with a living member, one that has left and one that died.
func conclude(t *testing.T, open OpenShared, b SharedBackend) {
	s := open(t)
	first, second, dead, left := enter(t, s, "a", 2), enter(t, open(t), "b", 2), enter(t, open(t), "c", 2), enter(t, open(t), "d", 2)
	for i := range 2 {
		claim(t, first, i)
		must(t, first.Begin(t.Context(), Application(i)))
		must(t, first.Finish(t.Context(), Accepted(i, time.Now())))
	}
	must(t, left.Report(t.Context(), ledger.Figures{Requests: 1}, true))
	must(t, left.End(t.Context(), ledger.RunEnd{}))
	must(t, dead.Report(t.Context(), ledger.Figures{Requests: 10, Retries: 1}, false))
	must(t, second.Stop(t.Context(), "reason-failures", "Some.Code"))
	must(t, first.Report(t.Context(), ledger.Figures{Requests: 50}, false))
	must(t, first.Report(t.Context(), ledger.Figures{Requests: 100, Slowed: time.Second, Moved: []int{3}}, true))
	end := ledger.RunEnd{ExitCode: 5, Requests: 9, Stop: "overwritten", Output: "left out.xlsx", Waiting: true}
	early, err := first.Conclude(t.Context(), end)
	if must(t, err); early != nil {
		t.Errorf("concluded while a member works: %+v", early)
	}
	must(t, second.Report(t.Context(), ledger.Figures{Requests: 1000, Throttled: 2}, true))
	b.Silence(t, dead)
	var frozen *ledger.RunEnd
	eventually(t, "the end", func() bool {
		var err error
		frozen, err = second.Conclude(t.Context(), end)
		must(t, err)
		return frozen != nil
	})
	want := ledger.RunEnd{Ended: frozen.Ended, ExitCode: 5, Stop: "reason-failures", StopCode: "Some.Code", Requests: 1111, Retries: 1, Throttled: 2, Slowed: time.Second,
		Results: map[sheet.Result]int{sheet.Submitted: 2}, Waiting: true}
	equal(t, "end", *frozen, want)
	again, err := first.Conclude(t.Context(), ledger.RunEnd{ExitCode: 1})
	must(t, err)
	equal(t, "end for another member", *again, want)
	equal(t, "end in the state", *state(t, first).End, want)
	if err := first.Begin(t.Context(), Application(0)); !errors.Is(err, ledger.ErrEnded) {
		t.Errorf("begin after the end: %v", err)
	}
	next := enter(t, open(t), "e", 2)
	if _, joined := next.Joined(); joined {
		t.Error("a batch that has ended was joined")
	}
	must(t, first.End(t.Context(), ledger.RunEnd{ExitCode: 5, Output: "copy.xlsx", OutputSHA256: "01", Reports: map[string]string{"copy.csv": "02"}}))
	if err := first.End(t.Context(), ledger.RunEnd{}); !errors.Is(err, ledger.ErrEnded) {
		t.Errorf("a second end: %v", err)
	}
	run, err := s.Run(t.Context(), "of a")
	must(t, err)
	equal(t, "end in the history", *run.End, want)
	m := run.Members[0]
	if run.Status != ledger.Ended || len(run.Members) != 4 || m.Output != "copy.xlsx" || m.OutputSHA256 != "01" || !maps.Equal(m.Reports, map[string]string{"copy.csv": "02"}) ||
		m.Rows != 2 || m.ExitCode != 5 || m.Figures.Requests != 100 || m.Status != ledger.Ended || m.Ended.IsZero() {
		t.Errorf("run %+v", run)
	}
}

func leave(t *testing.T, open OpenShared) {
	first, second := enter(t, open(t), "a", 1), enter(t, open(t), "b", 1)
	claim(t, first, 0)
	must(t, first.Leave(t.Context()))
	if ok, err := first.Claim(t.Context(), Key(0)); ok || err != nil {
		t.Errorf("claim after leaving: %v, %v", ok, err)
	}
	claim(t, second, 0)
	if err := second.Leave(t.Context()); !errors.Is(err, ledger.ErrLast) {
		t.Errorf("leaving as the last one: %v", err)
	}
	s := state(t, second)
	if s.Alive() != 1 || !s.Members[0].Leaving || s.Members[1].Claimed != 1 {
		t.Errorf("state %+v", s)
	}
	must(t, first.End(t.Context(), ledger.RunEnd{ExitCode: 7}))
}

// quotaOfMembers takes one quota from two members and the store.
func quotaOfMembers(t *testing.T, open OpenShared) {
	s := open(t)
	first, second := enter(t, s, "a", 1), enter(t, open(t), "b", 1)
	granted := 0
	for number := range uint64(40) {
		for i, from := range []ledger.Member{first, second} {
			g, err := from.Take(t.Context(), quotaKey, want(uint64(i+1), number, 2))
			must(t, err)
			granted += len(g.Starts)
		}
		g, err := s.Take(t.Context(), quotaKey, want(3, number, 1))
		must(t, err)
		granted += len(g.Starts)
	}
	if granted < 90 || granted > 100 {
		t.Errorf("%d were granted of 100", granted)
	}
}
