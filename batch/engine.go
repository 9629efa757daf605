package batch

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/loabatch/loabatch/batch/quota"
)

// Engine sends what a plan holds. Its fields are set before Run and left alone after;
// one Engine makes one run at a time.
type Engine struct {
	Submitter Submitter // may be nil for a dry run
	Finder    Finder    // may be nil for a dry run
	Surveyor  Surveyor  // for a dry run that asks the API; nil makes it an offline one
	Ledger    Ledger    // nil keeps the outcomes in memory, which is right for a dry run only

	Concurrency int           // calls in flight for each region; 0 means 8
	MaxAttempts int           // requests for each row, lookups not counted; 0 means 5
	Rate        quota.Rate    // quota of each API in each region; zero means none
	Burst       int           // how many of a window's requests may go out at once; 0 means a fifth of the quota
	MaxDuration time.Duration // no row is started later than this; 0 means no limit
	MaxFailures Limit         // the run stops once so many rows are REFUSED, FAILED or UNKNOWN

	// Quota gives the quota of one API in one region, for quotas that are shared
	// with other hosts. It is called once for each. Nil makes one of Rate and Burst
	// that this run has to itself.
	Quota func(region string, api API) Quota

	Log     *slog.Logger // one line for each attempt; nil means none
	RunID   string       // stands in every line
	Observe func(Event)  // told of every row as it ends, from one goroutine; may be nil
}

// Event tells that a row has ended. What it tells is in the ledger already.
type Event struct {
	Outcome     Outcome
	Done, Total int // rows that have ended, of all rows of the plan
}

// Summary is what came of a run.
type Summary struct {
	Outcomes  []Outcome     // one for every row of the plan, in sheet order
	Requests  int           // calls made: applications, their retries, and lookups
	Lookups   int           // of Requests: those that asked where an LOA stands
	Retries   int           // of Requests: applications sent again
	Throttled int           // answers that said the quota was used up
	Slowed    time.Duration // how long the run went below the asked rate because of them
	Stop      StopReason    // why the run ended before its rows; empty when it did not
	StopCode  string        // the API's error code behind Stop, if one is
	Started   time.Time     // UTC
	Duration  time.Duration //
}

// The defaults of an Engine.
const (
	defaultConcurrency = 8
	defaultAttempts    = 5
)

// Run makes the run and returns when every row has its outcome. When drain is closed
// nothing new is started and what is in flight is finished; when ctx ends, what is in
// flight is left. Its summary is whole in either case, and also beside an error, which
// says that the ledger failed.
func (e *Engine) Run(ctx context.Context, drain <-chan struct{}, p *Plan) (*Summary, error) {
	r := newRun(ctx, e, p)
	defer r.close()
	select {
	case <-drain:
		r.halt(StopInterrupted, "")
	case <-ctx.Done():
		r.halt(StopInterrupted, "")
	default:
	}
	go r.watch(ctx, drain)
	go r.settled(p.Settled)
	if p.DryRun {
		go r.rehearse(ctx)
	} else {
		r.start(ctx)
	}
	r.collect()
	return r.summary(), r.failure()
}

func (e *Engine) concurrency() int { return cmp.Or(max(e.Concurrency, 0), defaultConcurrency) }

func (e *Engine) attempts() int { return cmp.Or(max(e.MaxAttempts, 0), defaultAttempts) }

func (e *Engine) quota(region string, api API) Quota {
	if e.Quota != nil {
		return e.Quota(region, api)
	}
	return quota.New(e.Rate, e.Burst)
}
