package hosts

import (
	"cmp"
	"errors"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
)

// phase is how far a member is.
type phase uint8

const (
	working  phase = iota
	leaving        // the batch goes on without it
	stopping       // the batch does not go on
	ending         // all rows have outcomes
)

// step does what is due, and reports whether the member's part is over.
func (m *member) step() (over bool, err error) {
	for _, self := range m.last.Members {
		if self.Number == m.ledger.Number() && self.Status == ledger.TakenOver {
			return false, &ledger.TakenOverError{RunID: m.jobs.batch, By: m.jobs.batch}
		}
	}
	if m.last.End != nil {
		return true, nil
	}
	if err := m.takeBack(); err != nil {
		return false, err
	}
	if m.phase != ending { // else the figures are final
		if err := m.reportNow(); err != nil {
			return false, err
		}
	}
	if err := m.endings(); err != nil {
		return false, err
	}
	if m.phase == working || m.phase == leaving {
		if m.last.Stop != "" {
			m.become(stopping)
		} else if m.complete() {
			if err := m.lastEnded(); err != nil {
				return false, err
			}
		}
	}
	switch m.phase {
	case working:
		return false, m.handOut()
	case leaving:
		return m.leave()
	case stopping:
		return false, m.close()
	}
	return m.conclude()
}

// complete reports whether all rows have outcomes.
func (m *member) complete() bool { return m.last.Rows >= m.options.Rows && m.counted.over() }

// lastEnded ends the batch, or stops it if the last rows reached a limit.
func (m *member) lastEnded() error {
	if m.limits.tooMany.Load() || m.parts.tooManyFailed(m.limits.MaxFailures) {
		return m.stop(batch.StopMaxFailures, "")
	}
	if m.limits.Canary > 0 && !m.counted.Passed {
		if err := m.admit(); err != nil || m.phase == stopping {
			return err
		}
	}
	m.become(ending)
	return nil
}

// become changes the phase. From then on no row is taken.
func (m *member) become(p phase) {
	m.phase = p
	m.halt()
	select {
	case <-m.decided:
	default:
		if p == stopping {
			m.stopped = cause{why: batch.StopReason(m.last.Stop), code: m.last.StopCode}
		}
		close(m.decided)
	}
}

// handOut does what is due while rows are handed out.
func (m *member) handOut() error {
	if !m.limits.timed {
		m.limits.timed = true
		m.setTimer(m.last.Age)
	}
	switch {
	case m.limits.late.Load():
		return m.stop(batch.StopDuration, "")
	case m.limits.tooMany.Load() || m.parts.tooManyFailed(m.limits.MaxFailures):
		return m.stop(batch.StopMaxFailures, "")
	case m.parts.limit() != "":
		return m.stop(m.parts.limit(), "")
	case m.drained.Load():
		m.cause.why = cmp.Or(m.cause.why, batch.StopInterrupted)
	}
	if m.cause.why != "" {
		if len(m.others()) > 0 {
			m.become(leaving)
			m.wakeUp()
			return nil
		}
		return m.stop(m.cause.why, m.cause.code)
	}
	switch {
	case !m.counted.Known:
		return m.beginAgain()
	case !m.counted.Opened:
		m.startOpening()
		return nil
	case m.counted.over():
		return m.reopen()
	}
	m.missing = time.Time{}
	if m.limits.Canary > 0 && !m.counted.Passed {
		if err := m.admit(); err != nil {
			return err
		}
	}
	if m.options.NoWait && !m.counted.Waiting && m.hand.count() == 0 {
		return m.leaveEarly()
	}
	return nil
}

// stop stops the batch for all members, unless one of them has.
func (m *member) stop(why batch.StopReason, code string) (err error) {
	if err := m.ledger.Stop(m.life, string(why), code); err != nil {
		return err
	}
	if m.last, err = m.ledger.State(m.life); err != nil {
		return err
	}
	m.become(stopping)
	m.wakeUp()
	return nil
}

// leaveEarly leaves the batch while others have the last rows in hand.
func (m *member) leaveEarly() error {
	err := m.ledger.Leave(m.life)
	if errors.Is(err, ledger.ErrLast) { // they may be dead
		return nil
	}
	if err == nil {
		m.left = true
		m.become(leaving)
		m.wakeUp()
	}
	return err
}

// leave ends the member's part in a batch that goes on. If no one else is at work on it by now, it is stopped.
func (m *member) leave() (over bool, err error) {
	if !m.idle() {
		return false, nil
	}
	if err := m.ledger.Report(m.life, m.figures.report(), true); err != nil {
		return false, err
	}
	if m.last, err = m.ledger.State(m.life); err != nil {
		return false, err
	}
	if m.last.Stop != "" || m.last.End != nil || m.complete() { // the next step sees to it
		return false, nil
	}
	if m.left {
		return true, nil
	}
	err = m.ledger.Leave(m.life)
	if errors.Is(err, ledger.ErrLast) {
		return false, m.stop(m.cause.why, m.cause.code)
	}
	return err == nil, err
}

// idle reports whether the member has nothing in hand and starts nothing any more.
func (m *member) idle() bool {
	for _, over := range []chan struct{}{m.engines.fed, m.river} {
		select {
		case <-over:
		default:
			return false
		}
	}
	return m.engines.opening == nil && m.hand.count() == 0
}
