package batch_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

var seeds = flag.Int("seeds", 150, "random plans of faults and kills to run")

// TestExactlyOnceUnderRandomFaultsAndKills runs a workbook for several nights against a
// server with random faults, kills the process at random moments, has people correct
// rows in between, and sometimes loses the ledger. In every case, each circuit is
// applied for at most once, no token is used with other parameters, and once the faults
// are over every row's result is true.
func TestExactlyOnceUnderRandomFaultsAndKills(t *testing.T) {
	for seed := range *seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { (&story{T: t, r: rand.New(rand.NewPCG(uint64(seed), 1))}).run() })
		})
	}
}

// story is one random history of a workbook.
type story struct {
	*testing.T
	r      *rand.Rand
	server *server
	book   *sheet.Workbook
	ledger *ledger.Memory
	lost   bool    // the ledger was, at least once
	broken float64 // share of calls that fail

	reapply  bool              // --reapply is given
	rejected map[batch.Key]int // how often a circuit's LOA was rejected
}

func (s *story) chance(p float64) bool { return s.r.Float64() < p }

func (s *story) run() {
	s.book = workbook(5+s.r.IntN(40), "cn-hangzhou", "cn-shanghai", "eu-central-1")
	for i := range s.book.Circuits {
		if s.chance(0.2) {
			s.book.Circuits[i].ClientToken = fmt.Sprintf("own-token-%d", i)
		}
	}
	s.ledger, s.rejected = &ledger.Memory{}, map[batch.Key]int{}
	s.serve()
	// Either the ledger can get lost and the service prevents second applications, or only our
	// own code prevents them.
	s.server.doubles = s.chance(0.5)
	for range s.r.IntN(6) {
		s.broken, s.reapply = s.r.Float64()*0.8, s.chance(0.3)
		s.night(true)
		time.Sleep(time.Duration(s.r.IntN(20)) * time.Second)
		s.byDay()
	}
	s.broken, s.reapply = 0, true
	time.Sleep(batch.SettlingTime) // everything has taken effect
	s.night(false)
	time.Sleep(batch.SettlingTime) // a copy of a lost ledger does not say when a row was tried
	s.night(false)
	s.correct()
	for i, o := range s.night(false) {
		if n := s.server.accepted[o.Key]; n > 1+s.rejected[o.Key] {
			s.Errorf("row %d was applied for %d times but rejected %d times", o.Row, n, s.rejected[o.Key])
		}
		if status := s.server.loas[o.Key].Status; status != "Applying" {
			s.Errorf("row %d is %s (%s), but its LOA is %q", o.Row, o.Result, o.Reason, status)
		}
		edited := s.server.loas[o.Key].Si != s.book.Circuits[i].Si
		good, invalid := o.Result == sheet.Submitted || o.Result == sheet.Already, o.Result == sheet.Invalid
		if s.lost && !good && !invalid || !s.lost && (edited != invalid || edited == good) {
			s.Errorf("row %d is %s (%s %s) after a night without faults", o.Row, o.Result, o.Reason, o.ErrorCode)
		}
	}
	if len(s.server.misused) > 0 && !s.lost {
		s.Errorf("tokens used with other parameters: %v", s.server.misused)
	}
}

// serve sets up the server: circuits ending in 7 are refused until someone corrects
// their builder, and any call may fail in any way.
func (s *story) serve() {
	s.server = newServer()
	s.server.latency = func() time.Duration { return time.Duration(1+s.r.IntN(400)) * time.Millisecond }
	all := make([]fault, 0, len(kinds))
	for _, name := range []string{
		"no connection", "throttled", "busy", "token busy", "503", "html", "connection reset", "answer cut short", "hang", "answer not parsed",
	} {
		all = append(all, kinds[name])
	}
	s.server.faults = func(a batch.Application) fault {
		past, _ := s.ledger.Past(s.Context(), batch.PlaceLOA, []batch.Key{a.Key})
		if r := past[a.Key]; !r.Open || r.Token != a.Token || r.Hash != a.Hash {
			s.Errorf("row %d was sent, but the ledger says %+v", a.Row, r)
		}
		if !s.chance(s.broken) {
			return fault{}
		}
		f := all[s.r.IntN(len(all))]
		if f.err.Unsettled {
			f.effect = effect(s.r.IntN(3))
		}
		return f
	}
	s.server.blind = func(batch.Key) *batch.CallError {
		if !s.chance(s.broken / 2) {
			return nil
		}
		return all[s.r.IntN(len(all))].err
	}
	s.server.stale = func() bool { return s.chance(s.broken / 3) }
	s.server.apply = func(a batch.Application) *batch.CallError {
		if a.Key.InstanceID[len(a.Key.InstanceID)-1] == '7' && a.Circuit.Si == "Example Builders" {
			return &batch.CallError{Class: batch.Refused, Code: "IllegalParam.Si", Status: 400}
		}
		return nil
	}
}

// night carries out one run. If it is killable, it may be killed at a random moment.
func (s *story) night(killable bool) []batch.Outcome {
	ctx, cancel := context.WithCancel(s.Context())
	defer cancel()
	l := ledgerOf(s.ledger)
	if killable && s.chance(0.7) {
		time.AfterFunc(time.Duration(s.r.IntN(20_000))*time.Millisecond, func() { l.die(); cancel() })
	}
	var drain chan struct{}
	if killable && s.chance(0.2) {
		drain = make(chan struct{})
		time.AfterFunc(time.Duration(s.r.IntN(10_000))*time.Millisecond, func() { close(drain) })
	}
	past, err := s.ledger.Past(ctx, batch.PlaceLOA, plan.Keys(s.book))
	if err != nil {
		s.Fatal(err)
	}
	e := &batch.Engine{
		Submitter: s.server, Finder: s.server, Ledger: l,
		Rate: quota.Rate{N: 1 + s.r.IntN(60), Per: time.Second}, Concurrency: 1 + s.r.IntN(16), MaxAttempts: 1 + s.r.IntN(6),
	}
	p := plan.New(s.book, plan.Options{Past: past, Reapply: s.reapply})
	sum, _ := e.Run(ctx, drain, p)
	s.check(sum)
	if l.alive() {
		s.written(sum)
	}
	return sum.Outcomes
}

// check checks a summary against the rules that hold whatever the server did.
func (s *story) check(sum *batch.Summary) {
	if len(sum.Outcomes) != len(s.book.Circuits) {
		s.Fatalf("%d outcomes of %d rows", len(sum.Outcomes), len(s.book.Circuits))
	}
	for i, o := range sum.Outcomes {
		if o.Row != s.book.Circuits[i].Row || o.Result == "" || o.Reason == "" {
			s.Fatalf("outcome %d: %+v", i, o)
		}
	}
}

// written puts the outcomes into the workbook, as in its results copy.
func (s *story) written(sum *batch.Summary) {
	for i, o := range sum.Outcomes {
		s.book.Circuits[i].Past = new(pastOf(o))
	}
}

// byDay plays the day: people correct what was refused, the operator rejects LOAs, and the ledger gets
// lost if there is a results copy.
func (s *story) byDay() {
	if s.chance(0.3) {
		s.correct()
	}
	if s.chance(0.3) {
		s.reject()
	}
	if s.chance(0.3) {
		s.edit()
	}
	if s.chance(0.1) && s.book.Circuits[0].LastRun().Result != "" && !s.server.doubles {
		s.lost = true
		s.ledger = &ledger.Memory{}
	}
}

// edit changes some rows, or changes them back, whatever their results.
func (s *story) edit() {
	for i := range s.book.Circuits {
		if s.chance(0.2) {
			s.book.Circuits[i].Si = []string{"Example Builders", "Other Builders", "Third Builders"}[s.r.IntN(3)]
		}
	}
}

// reject rejects some applications as the operator.
func (s *story) reject() {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	for _, k := range plan.Keys(s.book) {
		if l, ok := s.server.loas[k]; ok && l.Status == "Applying" && s.chance(0.2) {
			l.Status = batch.LOARejected
			s.server.loas[k] = l
			s.rejected[k]++
		}
	}
}

// correct names another builder in rows that were refused.
func (s *story) correct() {
	for i := range s.book.Circuits {
		c := &s.book.Circuits[i]
		if c.LastRun().Result == string(sheet.Refused) {
			c.Si = "Other Builders"
		}
	}
}
