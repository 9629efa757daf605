package hosts

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/loabatch/loabatch/batch"
)

// limits are those of the batch that this member enforces. Those of a run with several
// batches are enforced in parts.go.
type limits struct {
	batch.Limits
	timer   *time.Timer // of MaxDuration; nil if there is none
	timed   bool        // it is set by the age of the batch
	late    atomic.Bool // the time of the batch is up
	tooMany atomic.Bool // rows that failed in this process alone have reached MaxFailures
}

// setTimer stops the batch when its time is up, given its age. Until the database says how old it
// is, it counts from now.
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

// giveUp ends the member if the database is still away after a while: what is due then cannot be done.
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

// admit lets the rows of the canary be taken, or stops the batch.
func (m *member) admit() error {
	failed := false
	err := m.until(m.life, func() (err error) {
		failed, err = m.jobs.admit(m.life, m.limits.Canary, m.parts.canary())
		return err
	})
	if err != nil || !failed {
		return err
	}
	return m.stop(batch.StopCanary, "")
}
