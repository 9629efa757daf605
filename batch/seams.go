package batch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/loabatch/loabatch/batch/quota"
)

// Submitter sends one application, once. It never retries and never waits for the quota: its
// wrappers do. It is safe for concurrent use. Its errors are *CallError, or the context's own if
// it ended before anything was sent.
//
// Sending the same application again with the same token has no second effect.
type Submitter interface {
	Submit(context.Context, Application) (Receipt, error)
}

// Finder reads the LOA of a circuit, which settles what is unknown. It reports false if the API shows
// none. Its errors are those of Submitter.
type Finder interface {
	Find(context.Context, Key) (LOA, bool, error)
}

// Surveyor reads one page, from 1 on, of the circuits of a region: of those with the given IDs, at
// most [SurveyIDs], or of all without IDs. Circuits that the account does not have are left out.
// It never retries and never waits for the quota. Its errors are those of Submitter.
type Surveyor interface {
	Survey(ctx context.Context, region string, page int, ids []string) (SurveyPage, error)
}

// SurveyPage is one page of a survey.
type SurveyPage struct {
	Circuits []CircuitState
	Pages    int // how many there are, this one included
}

// SurveyIDs is how many circuits a page can be asked for by ID.
const SurveyIDs = 5

// Ledger records durably what was sent and its outcome. Its errors mean that we no longer know our
// own state: the run stops before the next send. It is safe for concurrent use, and concurrent
// calls may share one commit.
type Ledger interface {
	// Past returns what is known of circuits at a place, from all runs of this scope, and
	// in every region: a circuit is the same even if its region was changed.
	Past(context.Context, Place, []Key) (map[Key]Record, error)
	// Begin is durable when it returns: only then may the first byte of the
	// application be sent. It is called once for each token of a run. It fails with an
	// [*OpenTokenError] while another token of the circuit is open, unless
	// Application.Settled says that a lookup has settled it.
	Begin(context.Context, Application) error
	// Finish records the outcome of a row, or of one of its steps. It is called once for every
	// row and step of the run, even for rows that were never begun.
	Finish(context.Context, Outcome) error
}

// noLedger records nothing.
type noLedger struct{}

var _ Ledger = noLedger{}

// Past implements Ledger.
func (noLedger) Past(context.Context, Place, []Key) (map[Key]Record, error) { return nil, nil }

// Begin implements Ledger.
func (noLedger) Begin(context.Context, Application) error { return nil }

// Finish implements Ledger.
func (noLedger) Finish(context.Context, Outcome) error { return nil }

// OpenTokenError says that a token must not be begun because another one of the circuit is open. The
// engine never tries to; this is the ledger's safeguard.
type OpenTokenError struct{ Key Key }

// Error names the circuit.
func (e *OpenTokenError) Error() string {
	return fmt.Sprintf("ledger: another application for %s in %s is open, so none may be begun", e.Key.InstanceID, e.Key.Region)
}

// Quota releases the requests of one API in one region. It is shared with every process that has the
// same ledger open. It is safe for concurrent use. [quota.Window] implements it.
type Quota interface {
	// Acquire waits until one request may be sent. The caller then sends it and
	// calls done exactly once, with the error of the call: a throttling answer slows the quota
	// down. After an error nothing may be sent: the context ended, or the state of the quota is
	// lost and the run stops, as after an error of the ledger.
	Acquire(context.Context) (done func(error), err error)
	// Slowed lists when the quota was below its rate because of throttling answers, up to now,
	// in order and without overlaps.
	Slowed() []quota.Span
}

// quotaError says that nothing was sent because the state of the quota is lost.
type quotaError struct{ error }

// Unwrap returns the error of the quota.
func (e *quotaError) Unwrap() error { return e.error }

// acquire waits for a quota. Its error is the context's or a *quotaError.
func acquire(ctx context.Context, q Quota) (done func(error), err error) {
	done, err = q.Acquire(ctx)
	switch {
	case err == nil:
		return done, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, &quotaError{err}
}

// quotaSubmitter makes every application wait for its API's quota in the region.
type quotaSubmitter struct {
	next     Submitter
	quota    func(API) Quota
	waiting  context.Context // ends the wait, and not the call
	panicked func(error)
}

var _ Submitter = (*quotaSubmitter)(nil)

// Submit implements Submitter. An error of the wait is the context's or a *quotaError.
func (s *quotaSubmitter) Submit(ctx context.Context, a Application) (Receipt, error) {
	done, err := acquire(s.waiting, s.quota(a.Operation.API()))
	if err != nil {
		return Receipt{}, err
	}
	receipt, err := s.next.Submit(ctx, a)
	guarded(s.panicked, func() { done(err) })
	return receipt, err
}

// quotaFinder makes every lookup wait for its region's quota for lookups.
type quotaFinder struct {
	next     Finder
	api      API
	quota    func(region string, api API) Quota
	waiting  context.Context // ends the wait, and not the call
	panicked func(error)
}

var _ Finder = (*quotaFinder)(nil)

// Find implements Finder. An error of the wait is the context's or a *quotaError.
func (f *quotaFinder) Find(ctx context.Context, k Key) (LOA, bool, error) {
	done, err := acquire(f.waiting, f.quota(k.Region, f.api))
	if err != nil {
		return LOA{}, false, err
	}
	l, ok, err := f.next.Find(ctx, k)
	guarded(f.panicked, func() { done(err) })
	return l, ok, err
}

// circuitFinder reads the state of a circuit along with that of its LOA, from the listing.
type circuitFinder struct{ Surveyor }

var _ Finder = circuitFinder{}

// Find implements Finder.
func (f circuitFinder) Find(ctx context.Context, k Key) (LOA, bool, error) {
	page, err := f.Survey(ctx, k.Region, 1, []string{k.InstanceID})
	if err != nil {
		return LOA{}, false, err
	}
	for _, c := range page.Circuits {
		if c.InstanceID == k.InstanceID {
			return loaOf(c), c.LOAStatus != "", nil
		}
	}
	return LOA{}, false, nil
}

// logSubmitter logs one line for each attempt. It is below the quota, so the duration is that of the
// call alone.
type logSubmitter struct {
	next     Submitter
	log      *slog.Logger // nil means none
	runID    string
	panicked func(error)
}

var _ Submitter = (*logSubmitter)(nil)

// Submit implements Submitter.
func (s *logSubmitter) Submit(ctx context.Context, a Application) (Receipt, error) {
	if s.log == nil {
		return s.next.Submit(ctx, a)
	}
	start := time.Now()
	receipt, err := s.next.Submit(ctx, a)
	level, code, id := slog.LevelInfo, "OK", receipt.RequestID
	var call *CallError
	switch {
	case errors.As(err, &call):
		level, code, id = slog.LevelWarn, call.Code, call.RequestID
	case err != nil:
		return receipt, err // nothing was sent
	}
	attrs := []slog.Attr{
		slog.String("run_id", s.runID),
		slog.Int("row", a.Row),
		slog.String("cell", a.At.String()),
		slog.String("instance_id", a.Key.InstanceID),
		slog.String("region_id", a.Key.Region),
		slog.Int("attempt", a.Attempt),
		slog.String("code", code),
		slog.String("request_id", id),
		slog.Int64("duration_ms", time.Since(start).Milliseconds()),
	}
	if call != nil && call.Proxy != (Proxy{}) {
		attrs = append(attrs, slog.String("proxy", call.Proxy.String()))
	}
	guarded(s.panicked, func() { s.log.LogAttrs(ctx, level, "attempt", attrs...) })
	return receipt, err
}
