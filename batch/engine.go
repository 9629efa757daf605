package batch

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

// Engine carries out a plan. Its fields are set before Run and not changed after; an
// Engine carries out one run at a time.
type Engine struct {
	Submitter Submitter // may be nil for a dry run
	Finder    Finder    // may be nil for a dry run
	Surveyor  Surveyor  // for a survey and an online dry run; nil makes a dry run offline
	Ledger    Ledger    // nil records nothing, which is right only for a dry run

	Concurrency int        // calls in flight for each region; 0 means 8
	MaxAttempts int        // requests for each row, lookups not counted; 0 means 5
	Rate        quota.Rate // quota of each API in each region; zero means none
	Burst       int        // how many of a window's requests may go out at once; 0 means a fifth of the quota
	Survey      bool       // read the circuits' state before anything is sent, and apply for none whose LOA is valid
	Limits      Limits     // what stops the run early

	// Quota returns the quota of one API in one region, for quotas that are shared with other
	// runs and processes. It is called once for each that is used, and Rate and Burst should
	// match it. If it is nil, quotas are made for this run alone.
	Quota func(region string, api API) Quota

	// Offer, if not nil, takes the rows of each region that are left after the survey: they are
	// neither sent nor finished, and have no outcome in the summary. It is called once for each
	// region of the plan, even without rows, unless the run stops first, and concurrently for
	// several regions. Its error ends the run as the ledger's does.
	Offer func(ctx context.Context, region string, rows []Offered) error

	// Feed, if not nil, supplies rows over a channel for each region until that is closed, in
	// place of those of the plan, which should have none. They are sent without a survey, and
	// are not among the outcomes of the summary. When the run stops, unfinished rows are given
	// back.
	Feed map[string]<-chan Handed

	Log     *slog.Logger // one line for each attempt; nil means none
	RunID   string       // part of every line
	Observe func(Event)  // called for every row when it has ended, from one goroutine; may be nil

	// Surveying is called when a survey starts, with the number of circuits whose state it is to
	// read, and as it proceeds, with those that it has read or given up. The surveys of
	// several regions call it concurrently. It may be nil.
	Surveying func(asked, read int)
}

// Event reports that a row has ended. Its outcome is already in the ledger.
type Event struct {
	Outcome     Outcome
	Done, Total int  // rows that have ended, of all rows of the plan
	Settled     bool // the plan settled the row: nothing was asked or sent for it
}

// Summary is the result of a run.
type Summary struct {
	Outcomes  []Outcome       // one for every row of the plan, in sheet order
	Problems  []sheet.Problem // of rows that turned out to be INVALID, in addition to those of the plan, in any order
	Requests  int             // calls made: applications, their retries, and lookups
	Lookups   int             // of Requests: those that read an LOA or a circuit's state
	Retries   int             // of Requests: applications sent again
	Throttled int             // answers saying that the quota was exceeded
	Slowed    time.Duration   // how long the run was below its rate because of them
	Stop      StopReason      // why the run ended before all rows were done; empty if it did not
	StopCode  string          // the API's error code behind Stop, if there is one
	Ahead     time.Duration   // how far this machine's clock is ahead of the service's, if that ended the run; else 0
	NoSurvey  string          // the API's code if the account may not read the circuits' state; empty if it may
	Started   time.Time       // UTC
	Duration  time.Duration   //
}

// The defaults of an Engine.
const (
	defaultConcurrency = 8
	defaultAttempts    = 5
)

// Run carries out a plan, and returns when every row has its outcome. When drain is closed,
// nothing new is started and what is in flight is finished; when ctx ends, what is in flight
// is abandoned. The summary is complete in either case, even with an error, which says that
// the ledger failed or, as a [*PanicError], that the engine or one of its interfaces panicked.
func (e *Engine) Run(ctx context.Context, drain <-chan struct{}, p *Plan) (*Summary, error) {
	return e.run(ctx, drain, p, newGroup([]Part{{e, p}}))
}

// run carries out a plan that may be a part of a run.
func (e *Engine) run(ctx context.Context, drain <-chan struct{}, p *Plan, g *group) (*Summary, error) {
	r := newRun(ctx, e, p, g)
	defer r.close()
	select {
	case <-drain:
		r.halt(StopInterrupted, "")
	case <-ctx.Done():
		r.halt(StopInterrupted, "")
	default:
	}
	go func() {
		defer Guard(r.panicked)
		r.watch(ctx, drain)
	}()
	slots := r.settledSlots(p.Settled)
	r.own(func() { r.finishSettled(p.Settled, slots) })
	if p.DryRun {
		r.own(func() { r.dryRun(ctx) })
	} else {
		r.start(ctx)
		r.feed(ctx)
	}
	go func() {
		defer Guard(r.panicked)
		r.closeWhenDone()
	}()
	r.collect()
	summary := r.summary()
	return summary, r.failure()
}

// CallsAtOnce is how many calls the engine makes at once in each region.
func (e *Engine) CallsAtOnce() int { return cmp.Or(max(e.Concurrency, 0), defaultConcurrency) }

func (e *Engine) attempts() int { return cmp.Or(max(e.MaxAttempts, 0), defaultAttempts) }
