package hosts

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// closers is how many rows are finished at a time after a batch was stopped. They share commits.
const closers = 16

// close finishes the rows that a stopped batch has not reached, once no member has any in hand.
// One member does this while the others wait.
func (m *member) close() error {
	switch {
	case !m.idle():
		return nil
	case m.last.Rows >= m.options.Rows && !m.counted.Waiting && !m.counted.Running && (!m.closed.IsZero() || !m.opener()):
		m.become(ending)
		m.wakeUp()
		return nil
	case !m.opener() || m.counted.Running:
		return nil
	case !m.closed.IsZero() && time.Since(m.closed) < missingFor: // the ledger counts rows only from time to time
		return nil
	}
	err := m.until(m.life, func() error { return m.jobs.cancel(m.life) })
	if err == nil {
		err = m.finishRest(m.life)
	}
	if err == nil {
		m.closed = time.Now()
	}
	m.wakeUp()
	return err
}

// finishRest finishes the rows without an outcome, except those that a member has begun in the meantime.
func (m *member) finishRest(ctx context.Context) error {
	plan, err := m.plan(ctx, m.options.Plan)
	if err != nil {
		return err
	}
	done, err := m.ledger.Outcomes(ctx)
	if err != nil {
		return err
	}
	rows := make(chan batch.Outcome)
	var group sync.WaitGroup
	for range closers {
		group.Go(func() {
			defer batch.Guard(m.fail)
			for o := range rows {
				if m.failed() == nil {
					if err := m.ledger.Finish(ctx, o); err != nil {
						m.fail(err)
					}
				}
			}
		})
	}
	for i := range plan.Settled {
		o := plan.Settled[i]
		switch {
		case len(done[o.Row]) > 0:
		case o.Result == sheet.Skipped && m.counted.Opened: // it has been begun since
			o, err := m.notReached(ctx, o.Row)
			if err != nil {
				m.fail(err)
				continue
			}
			rows <- o
		default:
			rows <- o
		}
	}
	why, code := batch.StopReason(m.last.Stop).Reason(), m.last.StopCode
	for i := range plan.Applications {
		a := &plan.Applications[i]
		if a.Finished(done[a.Row]) {
			continue
		}
		o := a.NotSent(why)
		o.ErrorCode = code
		rows <- o
	}
	close(rows)
	group.Wait()
	return m.failed()
}

// notReached is the outcome of a row that was handed out but is not in the plan of the whole workbook.
func (m *member) notReached(ctx context.Context, row int) (o batch.Outcome, err error) {
	plan, err := m.planRow(ctx, row)
	switch {
	case err != nil:
		return o, err
	case len(plan.Applications) == 1:
		o = plan.Applications[0].NotSent(batch.StopReason(m.last.Stop).Reason())
		o.ErrorCode = m.last.StopCode
		return o, nil
	case len(plan.Settled) == 1:
		return plan.Settled[0], nil
	}
	return o, errPlan
}

// conclude writes how the batch ended, once all members have given their figures.
func (m *member) conclude() (over bool, err error) {
	if !m.idle() {
		return false, nil
	}
	if err := m.ledger.Report(m.life, m.figures.report(), true); err != nil {
		return false, err
	}
	m.parts.note(m)
	if goesOn, over, err := m.waitForOthers(); err != nil || !goesOn {
		return over, err
	}
	if m.last, err = m.ledger.State(m.life); err != nil || slices.ContainsFunc(m.last.Members, unreported) {
		return false, err
	}
	end, err := m.parts.endOf(m)
	if err != nil {
		return false, err
	}
	frozen, err := m.ledger.Conclude(m.life, end)
	if err != nil || frozen == nil {
		return false, err
	}
	if m.last, err = m.ledger.State(m.life); err != nil {
		return false, err
	}
	m.last.End = frozen
	if removed := m.jobs.remove(m.life); removed != nil {
		m.options.Log.Debug("jobs are left", slog.String("reason", removed.Error()))
	}
	return true, err
}
