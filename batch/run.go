package batch

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

// run is one run of an engine: what its goroutines share.
type run struct {
	engine  *Engine
	group   *group
	ledger  Ledger
	plan    *Plan
	started time.Time
	slots   []int32 // of each application among the outcomes

	// going ends when nothing new may be started: a signal, a limit, a fatal answer.
	// Calls in flight do not depend on it.
	going    context.Context
	stop     context.CancelFunc
	stopOnce sync.Once
	reason   StopReason // set before going ends
	code     string

	// writing is the ledger's context: it outlives the run's own by a grace period, so that
	// what is known still gets written.
	writing    context.Context
	stopWrites context.CancelFunc
	ledgerErr  atomic.Pointer[error]
	panicErr   atomic.Pointer[error]

	finished chan finishedRow // to be written into the ledger
	recorded chan finishedRow // written
	owners   sync.WaitGroup   // goroutines that still have rows to finish
	writers  sync.WaitGroup
	outcomes []Outcome       // owned by collect, like the next two
	steps    map[int32]steps // by slot: of rows that take several
	problems []sheet.Problem
	begun    []atomic.Bool // by slot: the ledger knows the application
	nextSlot atomic.Int32  // of rows that are handed to the run: above all others

	permissions map[Place]*permission // take the outcomes of applications, by what they are about

	quotaMu sync.Mutex
	quotas  map[quotaKey]Quota

	surveyDenied atomic.Pointer[string] // the code of the answer that denied reading circuits

	requests, lookups, retries, throttled atomic.Int64
	ahead                                 atomic.Int64 // as in CallError, from the last answer that gave it
}

// finishedRow is the outcome of a row and its place.
type finishedRow struct {
	slot    int32
	outcome Outcome
	problem *sheet.Problem
	ran     bool // it was an application of this run: it counts for MaxFailures
	settled bool // by the plan
	before  int  // steps of the row that were taken before this one
	goesOn  bool // another step follows

	handed *Handed // nil for a row of the plan
}

// steps are the steps of a row that have ended, in any order.
type steps struct {
	outcomes []Outcome
	want     int // how many there are; 0 while not known
}

// shown folds the outcomes of a row's steps.
func (s steps) shown() Outcome {
	slices.SortFunc(s.outcomes, func(a, b Outcome) int { return cmp.Compare(a.Operation.step(), b.Operation.step()) })
	all := s.outcomes[0]
	for _, o := range s.outcomes[1:] {
		all = Shown(all, o)
	}
	return all
}

// Writers and grace period of the ledger. Writers share commits, so their number bounds the size of
// one: at a few milliseconds a commit, 128 write tens of thousands of rows a second. The grace
// period is the time that a second signal leaves for the rows in flight.
const (
	ledgerWriters = 128
	ledgerGrace   = 2 * time.Second
)

func newRun(ctx context.Context, e *Engine, p *Plan, g *group) *run {
	r := &run{engine: e, group: g, ledger: e.Ledger, plan: p, started: time.Now(), quotas: map[quotaKey]Quota{}, steps: map[int32]steps{}}
	if r.ledger == nil {
		r.ledger = noLedger{}
	}
	r.going, r.stop = context.WithCancel(ctx)
	r.writing, r.stopWrites = context.WithCancel(context.WithoutCancel(ctx))
	g.join(r)
	r.permissions = newPermissions(r)
	total := len(p.Applications) + len(p.Settled)
	r.outcomes, r.begun = make([]Outcome, total), make([]atomic.Bool, total)
	r.slots = places(p)
	r.nextSlot.Store(int32(total))
	writers := min(ledgerWriters, total+len(e.Feed)*e.CallsAtOnce())
	r.finished = make(chan finishedRow, writers)
	if p.DryRun {
		r.recorded = r.finished // there is nothing to write
		return r
	}
	r.recorded = make(chan finishedRow, writers)
	for range writers {
		r.writers.Go(func() {
			defer Guard(r.panicked)
			r.write()
		})
	}
	return r
}

// places gives each application its place among all rows in sheet order.
func places(p *Plan) []int32 {
	slots := make([]int32, len(p.Applications))
	settled := 0
	for i := range p.Applications {
		for settled < len(p.Settled) && p.Settled[settled].Row < p.Applications[i].Row {
			settled++
		}
		slots[i] = int32(i + settled)
	}
	return slots
}

// settledSlots returns the places among the outcomes of the rows that the plan settled. The regions
// change the applications, so it is called before they start.
func (r *run) settledSlots(rows []Outcome) []int32 {
	slots, application := make([]int32, len(rows)), 0
	for i := range rows {
		for application < len(r.slots) && r.plan.Applications[application].Row < rows[i].Row {
			application++
		}
		slots[i] = int32(i + application)
	}
	return slots
}

// finishSettled finishes the rows that the plan settled: they are recorded like all others.
func (r *run) finishSettled(rows []Outcome, slots []int32) {
	for i := range rows {
		r.finished <- finishedRow{slot: slots[i], outcome: rows[i], settled: true}
	}
}

// watch halts the run on a signal, when its time is up, and when ctx ends.
func (r *run) watch(ctx context.Context, drain <-chan struct{}) {
	var over <-chan time.Time
	if r.engine.Limits.MaxDuration > 0 {
		timer := time.NewTimer(r.engine.Limits.MaxDuration)
		defer timer.Stop()
		over = timer.C
	}
	for {
		select {
		case <-ctx.Done():
			r.halt(StopInterrupted, "")
			select {
			case <-time.After(ledgerGrace):
				r.stopWrites()
			case <-r.writing.Done():
			}
			return
		case <-drain:
			r.halt(StopInterrupted, "")
			drain = nil
		case <-over:
			r.halt(StopDuration, "")
		case <-r.writing.Done():
			return
		}
	}
}

// halt stops the run from starting anything new. The first reason counts.
func (r *run) halt(why StopReason, code string) {
	r.stopOnce.Do(func() {
		r.reason, r.code = why, code
		r.stop()
	})
}

// closeWhenDone closes the channels once no goroutine has rows left to finish, which ends collect.
func (r *run) closeWhenDone() {
	r.owners.Wait()
	for _, p := range r.permissions {
		p.end()
	}
	close(r.finished)
	r.writers.Wait()
	if r.recorded != r.finished {
		close(r.recorded)
	}
}

// collect takes the finished rows, in any order. It owns the outcomes, and it is the only
// goroutine that calls Observe.
func (r *run) collect() {
	done := 0
	for row := range r.recorded {
		if row.problem != nil {
			r.problems = append(r.problems, *row.problem)
		}
		if !r.last(&row) {
			continue
		}
		done++
		if row.ran {
			r.group.count(row.outcome.Result)
		}
		if row.handed != nil {
			guarded(r.panicked, func() { row.handed.Done(row.outcome, row.problem) })
		} else {
			r.outcomes[row.slot] = row.outcome
		}
		r.observe(Event{Outcome: row.outcome, Done: done, Total: len(r.outcomes), Settled: row.settled})
	}
	if r.panicErr.Load() != nil {
		r.fillMissing()
	}
}

// last reports whether all steps of a row have ended, and if so sets its outcome to the one that it
// shows.
func (r *run) last(row *finishedRow) bool {
	if row.before == 0 && !row.goesOn {
		return true
	}
	s := r.steps[row.slot]
	s.outcomes = append(s.outcomes, row.outcome)
	if !row.goesOn {
		s.want = row.before + 1
	}
	r.steps[row.slot] = s
	if len(s.outcomes) != s.want {
		return false
	}
	row.outcome = s.shown()
	if row.handed != nil {
		delete(r.steps, row.slot)
	}
	return true
}

func (r *run) observe(e Event) {
	defer Guard(r.panicked)
	if r.engine.Observe != nil {
		r.engine.Observe(e)
	}
}

// surveying reports how many circuits a survey is to read, or has read.
func (r *run) surveying(asked, read int) {
	defer Guard(r.panicked)
	if r.engine.Surveying != nil {
		r.engine.Surveying(asked, read)
	}
}

// write is one of the ledger's writers.
func (r *run) write() {
	for row := range r.finished {
		if r.ledgerErr.Load() == nil && r.writing.Err() == nil {
			r.record(row.outcome)
		}
		r.recorded <- row
	}
}

func (r *run) record(o Outcome) {
	defer Guard(r.panicked)
	if err := r.ledger.Finish(r.writing, o); err != nil && r.writing.Err() == nil {
		r.ledgerFailed(err)
	}
}

// ledgerFailed stops the run before the next application is sent.
func (r *run) ledgerFailed(err error) {
	r.ledgerErr.CompareAndSwap(nil, &err)
	r.group.halt(StopLedger)
}

// failure is the error of the run: a panic or the ledger's.
func (r *run) failure() error {
	if err := r.panicErr.Load(); err != nil {
		return *err
	}
	if err := r.ledgerErr.Load(); err != nil {
		return fmt.Errorf("cannot write the ledger: %w", *err)
	}
	return nil
}

// close ends the remaining goroutines.
func (r *run) close() {
	r.stop()
	r.stopWrites()
}

func (r *run) summary() *Summary {
	s := &Summary{
		Outcomes: r.outcomes, Problems: r.problems,
		Requests: int(r.requests.Load()), Lookups: int(r.lookups.Load()),
		Retries: int(r.retries.Load()), Throttled: int(r.throttled.Load()),
		Slowed:  r.slowed(),
		Started: r.started.UTC(), Duration: time.Since(r.started),
	}
	if code := r.surveyDenied.Load(); code != nil {
		s.NoSurvey = *code
	}
	if r.going.Err() != nil {
		r.halt(StopInterrupted, "") // the context has ended unnoticed
		if !r.late() {
			s.Stop, s.StopCode, s.Ahead = r.reason, r.code, time.Duration(r.ahead.Load())
		}
	}
	if r.panicErr.Load() != nil {
		s.Stop, s.StopCode = StopPanic, ""
	}
	return s
}

// late reports whether the signal to stop, or the end of the time, came when every row had its
// result or was about to. Other reasons to stop are worth reporting even then.
func (r *run) late() bool {
	if r.reason != StopInterrupted && r.reason != StopDuration || r.engine.handedOver() {
		return false
	}
	return !slices.ContainsFunc(r.outcomes, func(o Outcome) bool {
		return o.Result == sheet.NotAttempted || o.Result == sheet.Unknown
	})
}

// quotaKey names a quota: that of one API in one region.
type quotaKey struct {
	region string
	api    API
}

// quota returns the quota of one API in one region, making it on first use.
func (r *run) quota(region string, api API) Quota {
	r.quotaMu.Lock()
	defer r.quotaMu.Unlock()
	key := quotaKey{region, api}
	q, ok := r.quotas[key]
	switch {
	case ok:
		return q
	case r.engine.Quota != nil:
		q = r.engine.Quota(region, api)
	default:
		q = quota.New(r.engine.Rate, r.engine.Burst)
	}
	r.quotas[key] = q
	return q
}

// slowed returns how long any quota was below its rate during the run; quotas may be older than the
// run.
func (r *run) slowed() time.Duration {
	defer Guard(r.panicked)
	r.quotaMu.Lock()
	defer r.quotaMu.Unlock()
	var spans []quota.Span
	for _, q := range r.quotas {
		for _, s := range q.Slowed() {
			if s.From.Before(r.started) {
				s.From = r.started
			}
			spans = append(spans, s)
		}
	}
	return quota.Total(spans)
}
