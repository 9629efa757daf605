package hosts

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/loabatch/loabatch/batch"
)

// limits are those of the batch, as far as this member sees to them.
type limits struct {
	batch.Limits
	timer   *time.Timer  // of MaxDuration; nil if there is none
	timed   bool         // it is set by the age of the batch
	late    atomic.Bool  // the time of the batch is up
	failed  atomic.Int64 // rows that failed here
	tooMany atomic.Bool  // these alone have reached MaxFailures
}

// setTimer has the batch stopped when its time is up, given its age. Until the database says how old it is, it
// counts from now.
func (m *member) setTimer(age time.Duration) {
	bound := m.limits.MaxDuration
	if bound <= 0 {
		return
	}
	if m.limits.timer != nil {
		if m.limits.timer.Stop() {
			m.limits.timer.Reset(max(1, bound-age))
		}
		return
	}
	m.limits.timer = time.AfterFunc(max(1, bound-age), func() {
		defer batch.Guard(m.fail)
		m.limits.late.Store(true)
		m.halt()
		m.wakeUp()
		m.giveUp(overtime)
	})
	context.AfterFunc(m.life, func() { m.limits.timer.Stop() })
}

// giveUp ends the member if the database is away after a while: whatever is due then cannot be done.
func (m *member) giveUp(after time.Duration) {
	for wait := after; ; wait = beat {
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-m.life.Done():
			timer.Stop()
			return
		}
		if err := m.waits.lostFor(after / 2); err != nil {
			m.die(err)
		}
	}
}

// failedHere counts a row that has failed. What the others have failed is read with the state of the
// batch, but this member's own failures stop it at once.
func (m *member) failedHere() {
	own := batch.Count{Failed: int(m.limits.failed.Add(1))} // without the rows that ended: a percentage is one of the whole
	if m.limits.MaxFailures.Reached(own) {
		m.limits.tooMany.Store(true)
		m.halt()
	}
	m.wakeUp()
}

// tooManyFailed reports whether the batch has reached MaxFailures.
func (m *member) tooManyFailed() bool {
	ended := batch.CountOf(m.last.Results).Without(m.counted.Settled)
	return m.counted.Planned && m.limits.MaxFailures.Reached(ended)
}

// admit lets the rows of the canary be taken, or stops the batch.
func (m *member) admit() error {
	failed := false
	err := m.until(m.life, func() (err error) {
		failed, err = m.jobs.admit(m.life, m.limits.Canary)
		return err
	})
	if err != nil || !failed {
		return err
	}
	return m.stop(batch.StopCanary, "")
}
