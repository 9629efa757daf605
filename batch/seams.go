package batch

import (
	"context"

	"github.com/loabatch/loabatch/batch/quota"
)

// Submitter sends one application, once. It never retries and never waits for the
// quota: whoever wraps it does. It is safe for any number of goroutines. Its errors
// are *CallError, or the context's own when nothing was sent because of it.
//
// Sending the same application again with the same token has no second effect.
type Submitter interface {
	Submit(context.Context, Application) (Receipt, error)
}

// Finder asks where the LOA of an application stands, which settles what is unknown.
// It reports false when the API knows of none. Its errors are as Submitter's.
type Finder interface {
	Find(context.Context, Key) (LOA, bool, error)
}

// Surveyor reads one page, from 1 on, of the circuits of a region, for the online dry
// run and the status command: of those with these IDs, at most [SurveyIDs] of them, or of
// all when none are given. It tells whether more pages follow. Circuits that the account
// does not have are left out. It never retries and never waits for the quota. Its errors
// are as Submitter's.
type Surveyor interface {
	Survey(ctx context.Context, region string, page int, ids []string) (circuits []CircuitState, more bool, err error)
}

// SurveyIDs is how many circuits a page can be asked for by their IDs.
const SurveyIDs = 5

// Ledger is what was sent and what came of it, durably. Its errors mean that we no
// longer know our own state: the run stops before the next send. It is safe for any
// number of goroutines, and concurrent calls may share one commit.
type Ledger interface {
	// Past tells what is known of circuits from all runs of this scope.
	Past(context.Context, []Key) (map[Key]Record, error)
	// Begin is durable when it returns: only then may the first byte of the
	// application be sent. It is called once for each application of a run.
	Begin(context.Context, Application) error
	// Finish records what came of a row. It is called once for every row of the run,
	// also for rows that were never begun.
	Finish(context.Context, Outcome) error
}

// Quota releases the requests of one API in one region. One that several hosts share
// may stand in the place of the run's own. It is safe for any number of goroutines.
type Quota interface {
	// Acquire waits until one request may be sent. The caller then sends it and
	// calls done exactly once, with the error of the call: a throttling answer slows
	// the quota down. An error means that the context ended and nothing may be sent.
	Acquire(context.Context) (done func(error), err error)
	// Slowed lists when the quota went below its rate because of throttling answers,
	// up to now, in order and without overlaps.
	Slowed() []quota.Span
}

// API names one of the VPC calls that have a quota of their own.
type API string

// The APIs that the engine calls.
const (
	ApplyAPI   API = "ApplyPhysicalConnectionLOA"
	ReapplyAPI API = "SecondApplyPhysicalConnectionLOA"
	LookupAPI  API = "DescribePhysicalConnectionLOA"
	SurveyAPI  API = "DescribePhysicalConnections"
)
