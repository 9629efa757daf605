package hosts

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/loabatch/loabatch/batch"
)

// missingFor is how long rows must have been without a job before they are handed out again, and how long the jobs must
// not have known the batch: it is forgotten as soon as it has ended.
const missingFor = 5 * time.Second

// startOpening opens the batch if that is this member's part.
func (m *member) startOpening() {
	if !m.opener() || m.engines.opening != nil {
		return
	}
	m.engines.opening = make(chan engineEnd, 1)
	go func(to chan<- engineEnd) {
		defer m.wakeUp()
		defer batch.Guard(m.fail)
		to <- m.open(m.life)
	}(m.engines.opening)
}

// open plans the workbook, finishes the rows that the plan or the survey settles, and inserts the
// jobs of the rest. What an earlier opener did is not repeated.
func (m *member) open(ctx context.Context) (result engineEnd) {
	defer batch.Guard(func(err error) { result.err = err })
	plan, err := m.plan(ctx, m.options.Plan)
	if err != nil {
		return engineEnd{err: err}
	}
	var settled batch.Count
	for i := range plan.Settled {
		settled.Add(plan.Settled[i].Result, 1)
	}
	canary := m.limits.Canary > 0
	err = m.until(ctx, func() error { return m.jobs.planned(ctx, settled, canary) })
	if err != nil {
		return engineEnd{err: err}
	}
	if err := m.leaveOut(ctx, plan); err != nil {
		return engineEnd{err: err}
	}
	m.figures.planned(plan)
	e := m.engine()
	e.Ledger, e.Feed = m.ledger, nil
	e.Offer = func(ctx context.Context, region string, rows []batch.Offered) error {
		return m.until(ctx, func() error { return m.jobs.open(ctx, region, rows, canary) })
	}
	summary, err := e.Run(m.calls, m.going.Done(), plan)
	if err == nil && summary.Stop == "" {
		err = m.until(ctx, func() error { return m.jobs.opened(ctx) })
	}
	return engineEnd{summary: summary, err: err}
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

// reopen has the opening repeated for rows that have neither outcome nor job. There are none, unless somebody
// deleted jobs. The ledger counts the rows of a large batch only now and then.
func (m *member) reopen() error {
	if !m.missingLong() || !m.opener() {
		return nil
	}
	m.missing = time.Time{}
	m.options.Log.Warn("rows without a job are handed out again", slog.Int("rows", m.options.Rows-m.last.Rows))
	return m.until(m.life, func() error { return m.jobs.reopen(m.life) })
}

// missingLong reports whether jobs, or the batch, have been missing for long enough to count as lost.
func (m *member) missingLong() bool {
	if m.missing.IsZero() {
		m.missing = time.Now()
	}
	return time.Since(m.missing) >= missingFor
}

// beginAgain has the opening repeated if a failover lost that the batch has begun.
func (m *member) beginAgain() error {
	if !m.missingLong() {
		return nil
	}
	m.missing = time.Time{}
	return m.until(m.life, func() error { return m.jobs.prepare(m.life) })
}

// plan makes a plan once the database answers.
func (m *member) plan(ctx context.Context, f func(context.Context) (*batch.Plan, error)) (p *batch.Plan, err error) {
	err = m.waits.until(ctx, func() error {
		p, err = f(ctx)
		return err
	})
	return p, err
}

// planRow does so for one row.
func (m *member) planRow(ctx context.Context, row int) (*batch.Plan, error) {
	return m.plan(ctx, func(ctx context.Context) (*batch.Plan, error) { return m.options.PlanRow(ctx, row) })
}
