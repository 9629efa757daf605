package hosts

import (
	"cmp"
	"context"
	"errors"
	"log/slog"

	"github.com/loabatch/loabatch/batch"
)

// engines are the running ones: one that is fed rows, and that of an opening.
type engines struct {
	feeds   map[string]chan batch.Handed
	fed     chan struct{}  // closed when the engine has ended
	feeding engineEnd      // how, once it has ended
	opening chan engineEnd // receives when the opening has ended; nil while there is none
	opened  *batch.Summary // of the last opening
}

// engineEnd is how an engine has ended.
type engineEnd struct {
	summary *batch.Summary
	err     error
}

// engine returns the engine of the options for a part of the batch, with every call counted. The
// limits are the batch's.
func (m *member) engine() batch.Engine {
	e := *m.options.Engine
	e.Limits, e.Observe = batch.Limits{}, m.observe
	e.Submitter, e.Finder = countedSubmitter{e.Submitter, &m.figures}, countedFinder{e.Finder, &m.figures}
	if e.Surveyor != nil {
		e.Surveyor = countedSurveyor{e.Surveyor, &m.figures}
	}
	return e
}

// start starts the engine that is fed rows, and what stops River in time.
func (m *member) start() {
	e := m.engine()
	e.Ledger, e.Offer = rowLedger{m.ledger}, nil
	e.Feed = map[string]<-chan batch.Handed{}
	for region, rows := range m.engines.feeds {
		e.Feed[region] = rows
	}
	go func() {
		defer m.wakeUp()
		defer close(m.engines.fed)
		defer batch.Guard(func(err error) { m.engines.feeding.err = err })
		m.engines.feeding.summary, m.engines.feeding.err = e.Run(m.calls, m.going.Done(), &batch.Plan{})
		m.halt()
	}()
	go func() {
		defer m.wakeUp()
		defer close(m.river)
		defer batch.Guard(m.fail)
		<-m.going.Done()
		if m.jobs.client.Stop(m.life) != nil {
			ctx, cancel := context.WithTimeout(context.Background(), grace)
			defer cancel()
			_ = m.jobs.client.StopAndCancel(ctx)
		}
	}()
}

// endings handles engines that have ended.
func (m *member) endings() error {
	select {
	case o := <-m.engines.opening:
		m.engines.opening = nil
		if o.summary != nil {
			m.engines.opened = o.summary
			m.figures.add(o.summary, o.summary.Problems)
		}
		if err := m.ended(o); err != nil {
			return err
		}
	default:
	}
	select {
	case <-m.engines.fed:
		if m.engines.feeding.summary != nil {
			m.figures.add(m.engines.feeding.summary, nil)
			o := m.engines.feeding
			m.engines.feeding = engineEnd{}
			return m.ended(o)
		}
		return m.engines.feeding.err
	default:
		return nil
	}
}

// ended handles the reason why an engine has stopped by itself.
func (m *member) ended(o engineEnd) error {
	if panicked, ok := errors.AsType[*batch.PanicError](o.err); ok {
		m.options.Log.Error("panic", slog.String("reason", panicked.Error()))
		m.cause.why = cmp.Or(m.cause.why, batch.StopPanic)
		m.fail(panicked)
		return nil
	}
	if o.err != nil {
		return o.err
	}
	if s := o.summary; s != nil && s.Stop != "" && s.Stop != batch.StopInterrupted && m.cause.why == "" {
		m.cause.why, m.cause.code, m.cause.ahead = s.Stop, s.StopCode, s.Ahead
		m.halt()
	}
	return nil
}
