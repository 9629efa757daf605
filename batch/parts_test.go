package batch_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

// partsOf makes two parts of a workbook: the even rows of the sheet at one server and the
// odd rows at another.
func partsOf(n int, servers [2]*server, ledgers [2]batch.Ledger, limit batch.Limit) []batch.Part {
	plans := plan.New(workbook(n), plan.Options{}).Split(2, func(row int) int { return row % 2 })
	parts := make([]batch.Part, 2)
	for i, s := range servers {
		parts[i] = batch.Part{Plan: plans[i], Engine: &batch.Engine{
			Submitter: s, Finder: s, Ledger: ledgers[i], Concurrency: 1, Rate: quota.Rate{N: 100, Per: 1e9}, MaxFailures: limit,
		}}
	}
	return parts
}

// refusing is a server that answers every application so.
func refusing(class batch.Class, code string) *server {
	s := newServer()
	s.apply = func(batch.Application) *batch.CallError {
		return &batch.CallError{Class: class, Code: code, Status: 400}
	}
	return s
}

// TestPartsAreIndependent has the first of two accounts lose its credentials: its rows end,
// and those of the other account go on.
func TestPartsAreIndependent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		good := newServer()
		sum, each, err := batch.RunParts(t.Context(), nil, partsOf(101, [2]*server{refusing(batch.RunFatal, "InvalidAccessKeyId.NotFound"), good}, [2]batch.Ledger{&ledger.Memory{}, &ledger.Memory{}}, batch.Limit{}))
		if err != nil || len(sum.Outcomes) != 101 || sum.Stop != batch.StopAccount || sum.StopCode != "InvalidAccessKeyId.NotFound" {
			t.Fatalf("error %v, %d rows, stop %q %q", err, len(sum.Outcomes), sum.Stop, sum.StopCode)
		}
		for i, o := range sum.Outcomes {
			want := map[int]sheet.Result{0: sheet.NotAttempted, 1: sheet.Submitted}[o.Row%2]
			if o.Row != i+2 || o.Result != want {
				t.Errorf("row %d is %s in place %d, want %s", o.Row, o.Result, i, want)
			}
		}
		if each[0].Stop != batch.StopFatal || each[1].Stop != "" || sum.Requests != each[0].Requests+each[1].Requests || each[1].Requests != 50 {
			t.Errorf("stops %q and %q, requests %d = %d + %d", each[0].Stop, each[1].Stop, sum.Requests, each[0].Requests, each[1].Requests)
		}
	})
}

// TestPartsStopTogether checks what ends all parts: too many failures among all rows, a
// ledger that cannot be written, a panic, a signal.
func TestPartsStopTogether(t *testing.T) {
	t.Run("failures", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			bad := refusing(batch.Refused, "IllegalParam.Si")
			sum, each, _ := batch.RunParts(t.Context(), nil, partsOf(200, [2]*server{bad, bad}, [2]batch.Ledger{&ledger.Memory{}, &ledger.Memory{}}, batch.Limit{N: 10}))
			if n := counts(sum.Outcomes)[sheet.Refused]; n < 10 || n > 14 || each[0].Stop != batch.StopMaxFailures || each[1].Stop != batch.StopMaxFailures {
				t.Errorf("%d rows were rejected, stops %q and %q", n, each[0].Stop, each[1].Stop)
			}
		})
	})
	t.Run("ledger", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := &full{}
			l.begins.Store(5)
			l.finishes.Store(1000)
			sum, each, err := batch.RunParts(t.Context(), nil, partsOf(200, [2]*server{newServer(), newServer()}, [2]batch.Ledger{l, &ledger.Memory{}}, batch.Limit{}))
			if !errors.Is(err, errFull) || sum.Stop != batch.StopLedger || each[1].Stop != batch.StopLedger || counts(sum.Outcomes)[sheet.NotAttempted] < 150 {
				t.Errorf("error %v, stops %q and %q, rows %v", err, sum.Stop, each[1].Stop, counts(sum.Outcomes))
			}
		})
	})
	t.Run("panic", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			bad := newServer()
			bad.apply = func(a batch.Application) *batch.CallError { panic(fmt.Sprint("row ", a.Row)) }
			sum, each, err := batch.RunParts(t.Context(), nil, partsOf(200, [2]*server{newServer(), bad}, [2]batch.Ledger{&ledger.Memory{}, &ledger.Memory{}}, batch.Limit{}))
			if _, panicked := errors.AsType[*batch.PanicError](err); !panicked || sum.Stop != batch.StopPanic || each[0].Stop != batch.StopPanic || len(sum.Outcomes) != 200 {
				t.Errorf("error %v, stops %q and %q, %d rows", err, sum.Stop, each[0].Stop, len(sum.Outcomes))
			}
		})
	})
	t.Run("signal", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			drain := make(chan struct{})
			close(drain)
			sum, _, err := batch.RunParts(t.Context(), drain, partsOf(20, [2]*server{newServer(), newServer()}, [2]batch.Ledger{&ledger.Memory{}, &ledger.Memory{}}, batch.Limit{}))
			if err != nil || sum.Stop != batch.StopInterrupted || counts(sum.Outcomes)[sheet.NotAttempted] != 20 {
				t.Errorf("error %v, stop %q, rows %v", err, sum.Stop, counts(sum.Outcomes))
			}
		})
	})
}

// canaryRun is a run with a canary, over the accounts whose servers these are, and what was
// sent in it.
type canaryRun struct {
	canary  int
	servers [2]*server
	ledgers [2]*ledger.Memory
	survey  *surveyor // of both; nil for none
	tweak   func(*batch.Engine)

	mu   sync.Mutex
	sent []int // rows, each once, in the order of their first attempts
}

// over carries it out over a workbook of so many rows, in two regions.
func (c *canaryRun) over(t *testing.T, rows int, drain <-chan struct{}) (*batch.Summary, []*batch.Summary) {
	t.Helper()
	plans := plan.New(workbook(rows, "cn-hangzhou", "cn-beijing", "cn-beijing"), plan.Options{}).Split(2, func(row int) int { return row % 2 })
	parts := make([]batch.Part, 2)
	for i, s := range c.servers {
		faults := s.faults
		s.faults = func(a batch.Application) (f fault) {
			c.mu.Lock()
			defer c.mu.Unlock()
			if !slices.Contains(c.sent, a.Row) {
				c.sent = append(c.sent, a.Row)
			}
			if faults != nil {
				f = faults(a)
			}
			return f
		}
		c.ledgers[i] = &ledger.Memory{}
		parts[i] = batch.Part{Plan: plans[i], Engine: &batch.Engine{
			Submitter: s, Finder: s, Ledger: c.ledgers[i], MaxAttempts: 2, Rate: quota.Rate{N: 100, Per: 1e9}, Canary: c.canary,
		}}
		if c.survey != nil {
			parts[i].Engine.Surveyor, parts[i].Engine.Survey = c.survey, true
		}
		if c.tweak != nil {
			c.tweak(parts[i].Engine)
		}
	}
	sum, each, err := batch.RunParts(t.Context(), drain, parts)
	if err != nil || len(sum.Outcomes) != rows {
		t.Fatalf("error %v, %d rows", err, len(sum.Outcomes))
	}
	return sum, each
}

// TestCanary has a canary of 3 over two accounts and two regions: the first three rows of
// the sheet go first, and what becomes of them decides about the rest.
func TestCanary(t *testing.T) {
	code := func(class batch.Class, code string) fault {
		return fault{err: &batch.CallError{Class: class, Code: code, Status: 400}}
	}
	for _, test := range []struct {
		name  string
		rows  int
		fault map[int]fault  // by row of the sheet, of each attempt
		loas  map[int]string // that a survey shows, by row of the sheet; nil means no survey
		real  map[int]bool   // rows whose circuits have an LOA that the survey does not show
		stop  batch.StopReason
		first []int // rows that are sent before all others
	}{
		{name: "all accepted", rows: 40, first: []int{2, 3, 4}},
		{name: "one is refused", rows: 40, fault: map[int]fault{3: code(batch.Refused, "IllegalParam.Si")}, stop: batch.StopCanary, first: []int{2, 3, 4}},
		{name: "one fails", rows: 40, fault: map[int]fault{2: code(batch.TryLater, "Throttling.User")}, stop: batch.StopCanary, first: []int{2, 3, 4}},
		{name: "one is left unknown", rows: 40, fault: map[int]fault{4: {err: lostAnswer("(timeout)")}}, stop: batch.StopCanary, first: []int{2, 3, 4}},
		{name: "the answer is lost, and a lookup finds the LOA", rows: 40, fault: map[int]fault{4: {effect: before, err: lostAnswer("(timeout)")}}, first: []int{2, 3, 4}},
		{name: "one has no permission", rows: 40, fault: map[int]fault{3: {err: &batch.CallError{Class: batch.Refused, Code: "Forbidden.RAM", Denied: true}}}, stop: batch.StopCanary, first: []int{2, 3, 4}},
		{name: "its region is wrong", rows: 40, fault: map[int]fault{3: code(batch.RegionFatal, "(no-such-host)")}, stop: batch.StopCanary, first: []int{2, 3, 4}},
		{name: "its account has no credentials", rows: 40, fault: map[int]fault{2: code(batch.RunFatal, "InvalidAccessKeyId.NotFound")}, stop: batch.StopCanary, first: []int{2, 3, 4}},
		{name: "a later row is refused", rows: 40, fault: map[int]fault{5: code(batch.Refused, "IllegalParam.Si")}, first: []int{2, 3, 4}},
		{name: "an LOA was there before", rows: 40, real: map[int]bool{3: true}, first: []int{2, 3, 4, 5}},
		{name: "a survey withholds some", rows: 40, loas: map[int]string{2: "Applying", 4: batch.LOARejected, 5: "Available"}, first: []int{3, 6, 7}},
		{name: "fewer rows than the canary", rows: 2, first: []int{2, 3}},
		{name: "fewer rows than the canary, and one is refused", rows: 2, fault: map[int]fault{3: code(batch.Refused, "IllegalParam.Si")}, stop: batch.StopCanary, first: []int{2, 3}},
		{name: "nothing to send", rows: 5, loas: map[int]string{2: "Applying", 3: "Applying", 4: "Applying", 5: "Applying", 6: "Applying"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := canaryRun{canary: 3, servers: [2]*server{newServer(), newServer()}}
				for i, s := range c.servers {
					s.faults = func(a batch.Application) fault { return test.fault[a.Row] }
					for row := range test.real {
						if row%2 == i {
							s.loas[plan.KeyOf(&workbook(test.rows, "cn-hangzhou", "cn-beijing", "cn-beijing").Circuits[row-2])] = batch.LOA{Status: "Applying"}
						}
					}
				}
				if test.loas != nil {
					c.survey = listed(test.rows)
					for row, state := range test.loas {
						c.survey.circuits[row-2].LOAStatus = state
					}
				}
				sum, _ := c.over(t, test.rows, nil)
				if sum.Stop != test.stop {
					t.Errorf("stop %q, want %q", sum.Stop, test.stop)
				}
				first := slices.Sorted(slices.Values(c.sent[:min(len(test.first), len(c.sent))]))
				if !slices.Equal(first, test.first) {
					t.Errorf("sent %v first, want %v", first, test.first)
				}
				if test.stop == "" {
					if n := counts(sum.Outcomes)[sheet.NotAttempted]; n > 0 {
						t.Errorf("%d rows were not sent", n)
					}
					return
				}
				if len(c.sent) > len(test.first) {
					t.Errorf("sent %v", c.sent)
				}
				for _, o := range sum.Outcomes {
					if !slices.Contains(c.sent, o.Row) && (o.Result != sheet.NotAttempted || o.Reason != batch.ReasonCanary && o.Reason != batch.ReasonStopped && o.Reason != batch.ReasonRegion || o.ErrorCode != "" && o.Reason == batch.ReasonCanary) {
						t.Errorf("row %d is %s, %s %s", o.Row, o.Result, o.Reason, o.ErrorCode)
					}
					past, _ := c.ledgers[o.Row%2].Past(t.Context(), batch.PlaceLOA, []batch.Key{o.Key})
					if r := past[o.Key]; !slices.Contains(c.sent, o.Row) && (r.Open || r.Token != "") {
						t.Errorf("the ledger has %+v of row %d, which was not sent", r, o.Row)
					}
				}
			})
		})
	}
}

// TestCanaryAndOtherLimits checks that what else stops a run does so during the canary, too.
func TestCanaryAndOtherLimits(t *testing.T) {
	for _, test := range []struct {
		name  string
		stop  batch.StopReason
		tweak func(*batch.Engine)
		drain bool
	}{
		{name: "failures", stop: batch.StopCanary, tweak: func(e *batch.Engine) { e.MaxFailures = batch.Limit{N: 1} }}, // it counts once it is recorded
		{name: "duration", stop: batch.StopDuration, tweak: func(e *batch.Engine) { e.MaxDuration = 1 }},
		{name: "signal", stop: batch.StopInterrupted, drain: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := canaryRun{canary: 2, tweak: test.tweak, servers: [2]*server{
					refusing(batch.Refused, "IllegalParam.Si"), refusing(batch.Refused, "IllegalParam.Si"),
				}}
				var drain chan struct{}
				if test.drain {
					drain = make(chan struct{})
					close(drain)
				}
				sum, each := c.over(t, 30, drain)
				if sum.Stop != test.stop || each[0].Stop != test.stop || each[1].Stop != test.stop || len(c.sent) > 2 {
					t.Errorf("stops %q, %q and %q, sent %v", sum.Stop, each[0].Stop, each[1].Stop, c.sent)
				}
			})
		})
	}
}

// TestCanaryHolds plays random runs: no row is sent before the canary allows it, whatever
// the answers are, and a run that stops for its canary has a reason to.
func TestCanaryHolds(t *testing.T) {
	for seed := range uint64(300) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 13))
			rows := 1 + r.IntN(40)
			c := canaryRun{canary: 1 + r.IntN(6), survey: listed(rows)}
			for i := range c.survey.circuits {
				c.survey.circuits[i].LOAStatus = []string{"", "", "", "Applying", batch.LOARejected, batch.LOADeleted}[r.IntN(6)]
			}
			var mu sync.Mutex // of r
			bad := r.IntN(3) * 4
			for i := range c.servers {
				s := newServer()
				s.faults = func(batch.Application) fault {
					mu.Lock()
					defer mu.Unlock()
					if r.IntN(100) >= bad {
						return fault{}
					}
					return []fault{
						{err: &batch.CallError{Class: batch.Refused, Code: "IllegalParam.Si"}}, {err: lostAnswer("(timeout)")},
						{effect: before, err: lostAnswer("(timeout)")}, {err: &batch.CallError{Class: batch.TryLater, Code: "Throttling.User"}},
					}[r.IntN(4)]
				}
				c.servers[i] = s
			}
			sum, _ := c.over(t, rows, nil)
			checkCanary(t, seed, c.canary, c.sent, sum)
		})
	}
}

// checkCanary holds the outcomes of a run against the order in which its rows were sent.
func checkCanary(t *testing.T, seed uint64, canary int, sent []int, sum *batch.Summary) {
	t.Helper()
	outcome := func(row int) batch.Outcome { return sum.Outcomes[row-2] }
	failed, accepted := false, 0 // of the canary
	var first []int
	for row := 2; row < 2+len(sum.Outcomes) && accepted < canary; row++ {
		switch o := outcome(row); {
		case o.Result == sheet.Submitted:
			accepted++
			first = append(first, row)
		case o.Attempts > 0:
			failed = failed || o.Result != sheet.Already
			first = append(first, row)
		}
	}
	if stopped := sum.Stop == batch.StopCanary; stopped != failed {
		t.Errorf("seed %d: stop %q, but a row of the canary failed: %v", seed, sum.Stop, failed)
	}
	if n := min(len(first), len(sent)); !slices.Equal(slices.Sorted(slices.Values(sent[:n])), first) || failed && len(sent) > n {
		t.Errorf("seed %d: sent %v, first should be %v", seed, sent, first)
	}
}
