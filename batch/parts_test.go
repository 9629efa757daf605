package batch_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

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
			Submitter: s, Finder: s, Ledger: ledgers[i], Concurrency: 1, Rate: quota.Rate{N: 100, Per: 1e9}, Limits: batch.Limits{MaxFailures: limit},
		}}
	}
	return parts
}

// refusing is a server that answers every application with this error.
func refusing(class batch.Class, code string) *server {
	s := newServer()
	s.apply = func(batch.Application) *batch.CallError {
		return &batch.CallError{Class: class, Code: code, Status: 400}
	}
	return s
}

// TestPartsAreIndependent takes away the credentials of the first of two accounts: its rows end, and
// those of the other account go on.
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

// TestPartsStopTogether checks what ends all parts: too many failures among all rows, a ledger that
// cannot be written, a panic or a signal.
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

// canaryRun is a run with a canary, over the accounts of the given servers, and what was sent in it.
type canaryRun struct {
	canary  int
	servers [2]*server
	ledgers [2]*ledger.Memory
	survey  *surveyor // of both; nil for none
	tweak   func(*batch.Engine)

	mu   sync.Mutex
	sent []int // distinct rows, in the order of their first attempts
}

// over carries it out on a workbook of the given number of rows, in two regions.
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
			Submitter: s, Finder: s, Ledger: c.ledgers[i], MaxAttempts: 2, Rate: quota.Rate{N: 100, Per: 1e9}, Limits: batch.Limits{Canary: c.canary},
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

// TestCanary runs with a canary of 3 over two accounts and two regions: the first three rows of the
// sheet go first, and their outcomes decide about the rest.
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

// TestCanaryAndOtherLimits checks that the other limits stop a run during the canary too.
func TestCanaryAndOtherLimits(t *testing.T) {
	for _, test := range []struct {
		name  string
		stop  batch.StopReason
		tweak func(*batch.Engine)
		drain bool
	}{
		{name: "failures", stop: batch.StopCanary, tweak: func(e *batch.Engine) { e.Limits.MaxFailures = batch.Limit{N: 1} }}, // it counts once it is recorded
		{name: "duration", stop: batch.StopDuration, tweak: func(e *batch.Engine) { e.Limits.MaxDuration = 1 }},
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

// TestCanaryHolds plays random runs: whatever the answers, no row is sent before the canary allows it,
// and a run stops for its canary only with a reason.
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

// checkCanary checks the outcomes of a run against the order in which its rows were sent.
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

// countedLedger records what is begun and finished, and may say that another process was first.
type countedLedger struct {
	ledger.Memory
	mu       sync.Mutex
	begun    map[int]bool
	finished map[int]sheet.Result
	other    map[int]bool // rows that another process has finished
}

// Begin implements [batch.Ledger].
func (l *countedLedger) Begin(ctx context.Context, a batch.Application) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.other[a.Row] {
		return batch.ErrEndedElsewhere
	}
	l.begun[a.Row] = true
	return l.Memory.Begin(ctx, a)
}

// Finish implements [batch.Ledger].
func (l *countedLedger) Finish(ctx context.Context, o batch.Outcome) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.finished[o.Row] = o.Result
	return l.Memory.Finish(ctx, o)
}

// handout hands rows to an engine, as many at a time as two calls take.
type handout struct {
	ledger *countedLedger
	feeds  map[string]chan batch.Handed
	engine *batch.Engine
	drain  chan struct{}

	mu   sync.Mutex
	done map[int]batch.Outcome
	back map[int]batch.Outcome
	ends int // how many rows were handed back or finished
}

func newHandout(s *server, regions ...string) *handout {
	h := &handout{
		ledger: &countedLedger{begun: map[int]bool{}, finished: map[int]sheet.Result{}},
		feeds:  map[string]chan batch.Handed{}, drain: make(chan struct{}), done: map[int]batch.Outcome{}, back: map[int]batch.Outcome{},
	}
	h.engine = &batch.Engine{Submitter: s, Finder: s, Ledger: h.ledger, Rate: quota.DefaultRate, Concurrency: 2, MaxAttempts: 20, Feed: map[string]<-chan batch.Handed{}}
	for _, region := range regions {
		h.feeds[region] = make(chan batch.Handed)
		h.engine.Feed[region] = h.feeds[region]
	}
	return h
}

// run hands out the rows of a plan. over is closed when the engine has ended and takes no more.
func (h *handout) run(t *testing.T, p *batch.Plan) (*batch.Summary, error) {
	over := make(chan struct{})
	var all sync.WaitGroup
	for region, feed := range h.feeds {
		rows := make(chan batch.Application, len(p.Applications))
		for _, a := range p.Applications {
			if a.Key.Region == region {
				rows <- a
			}
		}
		close(rows)
		var workers sync.WaitGroup
		for range 4 {
			workers.Go(func() {
				for a := range rows {
					h.hand(feed, a, over)
				}
			})
		}
		all.Go(func() {
			workers.Wait()
			close(feed)
		})
	}
	sum, err := h.engine.Run(t.Context(), h.drain, &batch.Plan{})
	close(over)
	all.Wait()
	return sum, err
}

// hand hands over one row and waits for its result.
func (h *handout) hand(feed chan<- batch.Handed, a batch.Application, over <-chan struct{}) {
	ended := make(chan struct{}, 2)
	note := func(into map[int]batch.Outcome) func(batch.Outcome) {
		return func(o batch.Outcome) {
			h.mu.Lock()
			defer h.mu.Unlock()
			into[a.Row] = o
			h.ends++
			ended <- struct{}{}
		}
	}
	done := note(h.done)
	select {
	case feed <- batch.Handed{Application: a, Done: func(o batch.Outcome, _ *sheet.Problem) { done(o) }, Back: note(h.back)}:
	case <-over:
		return
	}
	select {
	case <-ended:
	case <-over:
	}
}

// TestFeed hands rows of two regions to an engine one by one.
func TestFeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.faults = func(batch.Application) fault {
			return []fault{{}, {}, {effect: before, err: lostAnswer("(dropped)")}, {effect: never, err: lostAnswer("(dropped)")}}[rand.N(4)]
		}
		h := newHandout(s, "cn-hangzhou", "cn-shanghai")
		sum, err := h.run(t, plan.New(workbook(200, "cn-hangzhou", "cn-shanghai"), plan.Options{}))
		if err != nil || sum.Stop != "" || len(sum.Outcomes) != 0 || sum.Requests < 200 {
			t.Errorf("%v, %+v", err, sum)
		}
		if h.ends != 200 || len(h.done) != 200 || len(h.ledger.finished) != 200 {
			t.Errorf("%d rows ended, %d with an outcome, %d in the ledger", h.ends, len(h.done), len(h.ledger.finished))
		}
		for row, o := range h.done {
			if o.Row != row || o.Result != sheet.Submitted || h.ledger.finished[row] != o.Result {
				t.Errorf("row %d: %+v", row, o)
			}
		}
	})
}

// TestFeedDrained drains an engine: what is in flight is finished, and what is in hand goes back.
func TestFeedDrained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.latency = func() time.Duration { return time.Second }
		s.faults = func(a batch.Application) fault {
			if a.Row == 4 {
				return fault{effect: never, err: lostAnswer("(dropped)")}
			}
			return fault{}
		}
		h := newHandout(s, "cn-hangzhou")
		time.AfterFunc(1500*time.Millisecond, func() { close(h.drain) })
		sum, err := h.run(t, plan.New(workbook(50), plan.Options{}))
		if err != nil || sum.Stop != batch.StopInterrupted {
			t.Errorf("%v, stop %q", err, sum.Stop)
		}
		if len(h.done) != 3 || len(h.back) == 0 || len(h.ledger.finished) != len(h.done) || h.ends != len(h.done)+len(h.back) {
			t.Errorf("%d done, %d back, %d in the ledger, %d in all", len(h.done), len(h.back), len(h.ledger.finished), h.ends)
		}
		for row, o := range h.back {
			want := sheet.NotAttempted
			if row == 4 {
				want = sheet.Unknown // it may have arrived
			}
			if o.Row != row || o.Result != want || (o.Result == sheet.Unknown) == o.Tried.IsZero() {
				t.Errorf("row %d: %+v", row, o)
			}
		}
	})
}

// TestFeedDenied runs an account without permission: nothing is finished. With a single circuit, the
// verdict takes a while.
func TestFeedDenied(t *testing.T) {
	for _, rows := range []int{1, 40} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.apply = func(batch.Application) *batch.CallError {
				return &batch.CallError{Class: batch.Refused, Code: "Forbidden.RAM", Denied: true}
			}
			h := newHandout(s, "cn-hangzhou")
			sum, err := h.run(t, plan.New(workbook(rows), plan.Options{}))
			if err != nil || sum.Stop != batch.StopFatal || sum.StopCode != "Forbidden.RAM" || len(h.done) != 0 || len(h.back) == 0 || len(h.ledger.finished) != 0 {
				t.Errorf("%v, stop %q %q, %d done, %d back", err, sum.Stop, sum.StopCode, len(h.done), len(h.back))
			}
		})
	}
}

// TestFeedUnknownRegion ends the rows of one region as in an ordinary run, while the others go on.
func TestFeedUnknownRegion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.faults = func(a batch.Application) fault {
			if a.Key.Region == "nowhere" {
				return fault{err: &batch.CallError{Class: batch.RegionFatal, Code: "InvalidRegionId.NotFound"}}
			}
			return fault{}
		}
		h := newHandout(s, "cn-hangzhou", "nowhere")
		sum, err := h.run(t, plan.New(workbook(100, "cn-hangzhou", "nowhere"), plan.Options{}))
		if err != nil || sum.Stop != "" || len(h.done) != 100 {
			t.Errorf("%v, stop %q, %d done", err, sum.Stop, len(h.done))
		}
		for row, o := range h.done {
			if o.Key.Region == "nowhere" && (o.Result != sheet.NotAttempted || o.Reason != batch.ReasonRegion) || o.Key.Region != "nowhere" && o.Result != sheet.Submitted {
				t.Errorf("row %d: %+v", row, o)
			}
		}
	})
}

// TestFeedEndedElsewhere lets another process finish a row first: it goes back, and the rest go on.
func TestFeedEndedElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandout(newServer(), "cn-hangzhou")
		h.ledger.other = map[int]bool{5: true}
		sum, err := h.run(t, plan.New(workbook(20), plan.Options{}))
		if o, back := h.back[5]; err != nil || sum.Stop != "" || len(h.done) != 19 || !back || o.Row != 0 {
			t.Errorf("%v, stop %q, %d done, back %+v", err, sum.Stop, len(h.done), h.back)
		}
	})
}

// TestFeedOwn kills another process of the batch after a row was sent: its LOA counts as this batch's.
// That of another run does not.
func TestFeedOwn(t *testing.T) {
	for run, want := range map[string]sheet.Result{"this": sheet.Submitted, "another": sheet.Already} {
		synctest.Test(t, func(t *testing.T) {
			s, w := newServer(), workbook(1)
			first := plan.New(w, plan.Options{}).Applications[0]
			if refusal := s.take(first); refusal != nil {
				t.Fatal(refusal)
			}
			past := map[batch.Key]batch.Record{first.Key: {Hash: first.Hash, Token: first.Token, Open: true, Tried: time.Now().UTC(), RunID: run}}
			h := newHandout(s, "cn-hangzhou")
			if _, err := h.run(t, plan.New(w, plan.Options{Past: past, Batch: "this"})); err != nil {
				t.Fatal(err)
			}
			if o := h.done[2]; o.Result != want || o.Token != first.Token || s.accepted[first.Key] != 1 {
				t.Errorf("sent by %s: %+v", run, o)
			}
		})
	}
}

// TestOffer makes an engine survey, and offer what it does not send. If drained, it offers nothing.
func TestOffer(t *testing.T) {
	for _, drained := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := workbook(9, "cn-hangzhou", "cn-shanghai", "eu-central-1")
			w.Circuits[8].Invalid = true
			s, survey := newServer(), standing(9, "Applying", "", "")
			l := &countedLedger{begun: map[int]bool{}, finished: map[int]sheet.Result{}}
			offered, regions := map[int]bool{}, 0
			var mu sync.Mutex
			e := &batch.Engine{Submitter: s, Finder: s, Surveyor: survey, Survey: true, Ledger: l, Offer: func(_ context.Context, region string, rows []batch.Offered) error {
				mu.Lock()
				defer mu.Unlock()
				regions++
				for _, r := range rows {
					offered[r.Application.Row] = true
					if r.State == nil || r.State.InstanceID != r.Application.Key.InstanceID || r.Application.Key.Region != region {
						t.Errorf("%s: %+v", region, r)
					}
				}
				return nil
			}}
			drain := make(chan struct{})
			if drained {
				close(drain)
			}
			sum, err := e.Run(t.Context(), drain, plan.New(w, plan.Options{}))
			switch {
			case err != nil || len(l.begun) > 0 || len(s.accepted) > 0:
				t.Errorf("%v, %d begun", err, len(l.begun))
			case drained && (sum.Stop != batch.StopInterrupted || regions != 0 || len(l.finished) != 1):
				t.Errorf("drained: stop %q, %d regions, finished %v", sum.Stop, regions, l.finished)
			case !drained && (sum.Stop != "" || regions != 3 || len(offered)+len(l.finished) != 9 || l.finished[10] != sheet.Invalid):
				t.Errorf("stop %q, %d regions, offered %v, finished %v", sum.Stop, regions, offered, l.finished)
			}
			for row, result := range l.finished {
				if offered[row] || result != sheet.Already && result != sheet.Invalid {
					t.Errorf("row %d is %s, and offered: %v", row, result, offered[row])
				}
			}
		})
	}
}
