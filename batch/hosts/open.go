package hosts

import (
	"context"
	"slices"

	"github.com/loabatch/loabatch/batch"
)

// opening is how an opener ended.
type opening struct {
	summary *batch.Summary
	err     error
}

// open plans the workbook, finishes the rows that the plan or the survey settles, and inserts the
// jobs of the rest. What an earlier opener did is left as it is.
func (m *member) open(ctx context.Context) (result opening) {
	defer batch.Guard(func(err error) { result.err = err })
	plan, err := m.plan(ctx, m.options.Plan)
	if err != nil {
		return opening{err: err}
	}
	failed := 0
	for i := range plan.Settled {
		if batch.Fails(plan.Settled[i].Result) {
			failed++
		}
	}
	canary := m.options.Engine.Canary > 0
	err = m.until(ctx, func() error { return m.jobs.planned(ctx, len(plan.Settled), failed, canary) })
	if err != nil {
		return opening{err: err}
	}
	if err := m.leaveOut(ctx, plan); err != nil {
		return opening{err: err}
	}
	m.planned(plan)
	e := m.counts()
	e.Ledger, e.Feed, e.Canary, e.MaxFailures, e.MaxDuration, e.Observe = m.ledger, nil, 0, batch.Limit{}, 0, m.observe
	e.Offer = func(ctx context.Context, region string, rows []batch.Offered) error {
		return m.until(ctx, func() error { return m.jobs.open(ctx, region, rows, canary) })
	}
	summary, err := e.Run(m.calls, m.going.Done(), plan)
	if err == nil && summary.Stop == "" {
		err = m.until(ctx, func() error { return m.jobs.opened(ctx) })
	}
	return opening{summary: summary, err: err}
}

// leaveOut removes from a plan the rows that an earlier opener has finished or opened.
func (m *member) leaveOut(ctx context.Context, plan *batch.Plan) error {
	done, err := m.ledger.Outcomes(ctx)
	if err != nil {
		return err
	}
	var open map[string]bool
	err = m.until(ctx, func() (err error) {
		open, err = m.jobs.regions(ctx)
		return err
	})
	if err != nil {
		return err
	}
	plan.Settled = slices.DeleteFunc(plan.Settled, func(o batch.Outcome) bool { return len(done[o.Row]) > 0 })
	plan.Applications = slices.DeleteFunc(plan.Applications, func(a batch.Application) bool {
		return open[a.Key.Region] || a.Finished(done[a.Row])
	})
	return nil
}
