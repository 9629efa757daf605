package hosts

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

// reportEvery is how often a member reports its figures, so few are lost if it dies.
const reportEvery = 5 * time.Second

// counts returns the engine of the options with every call counted.
func (m *member) counts() batch.Engine {
	e := *m.options.Engine
	e.Submitter, e.Finder = countedSubmitter{e.Submitter, m}, countedFinder{e.Finder, m}
	if e.Surveyor != nil {
		e.Surveyor = countedSurveyor{e.Surveyor, m}
	}
	return e
}

// called counts a call that returned err, which may be nil.
func (m *member) called(again bool, err error) {
	call, answered := errors.AsType[*batch.CallError](err)
	if err != nil && !answered {
		return // nothing was sent
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.figures.Requests++
	if again {
		m.figures.Retries++
	}
	if answered && call.Throttled {
		m.figures.Throttled++
	}
}

type countedSubmitter struct {
	batch.Submitter
	member *member
}

// Submit implements [batch.Submitter].
func (s countedSubmitter) Submit(ctx context.Context, a batch.Application) (batch.Receipt, error) {
	receipt, err := s.Submitter.Submit(ctx, a)
	s.member.called(a.Attempt > 1, err)
	return receipt, err
}

type countedFinder struct {
	batch.Finder
	member *member
}

// Find implements [batch.Finder].
func (f countedFinder) Find(ctx context.Context, k batch.Key) (batch.LOA, bool, error) {
	l, ok, err := f.Finder.Find(ctx, k)
	f.member.called(false, err)
	return l, ok, err
}

type countedSurveyor struct {
	batch.Surveyor
	member *member
}

// Survey implements [batch.Surveyor].
func (s countedSurveyor) Survey(ctx context.Context, region string, page int, ids []string) (batch.SurveyPage, error) {
	got, err := s.Surveyor.Survey(ctx, region, page, ids)
	s.member.called(false, err)
	return got, err
}

// report returns the figures to date.
func (m *member) report() ledger.Figures {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.figures
	f.Duration, f.Statuses = time.Since(m.started), maps.Clone(f.Statuses)
	return f
}

// reportNow reports the figures if that is due.
func (m *member) reportNow() error {
	if time.Since(m.reported) < reportEvery {
		return nil
	}
	m.reported = time.Now()
	return m.ledger.Report(m.life, m.report(), false)
}

// planned adds what a plan says to the figures.
func (m *member) planned(p *batch.Plan) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.figures.Moved = nil
	for _, problem := range p.Problems {
		if problem.Code == batch.CodeMoved && problem.Severity == sheet.Warning {
			m.figures.Moved = append(m.figures.Moved, problem.At.Row)
		}
	}
}

// observe shows a row that has ended here.
func (m *member) observe(e batch.Event) {
	m.mu.Lock()
	if e.Outcome.CircuitState != "" {
		m.figures.Statuses[e.Outcome.Row] = e.Outcome.CircuitState
	}
	m.mu.Unlock()
	if batch.Fails(e.Outcome.Result) && !e.Settled {
		m.failedHere()
	}
	m.observing.Lock()
	defer m.observing.Unlock()
	if m.options.Engine.Observe != nil {
		e.Done, e.Total = int(min(m.rows.Add(1), int64(m.options.Rows))), m.options.Rows
		m.options.Engine.Observe(e)
	}
}

// failedHere counts a row that has failed. The other members' failures are read with the state of
// the batch, but this member's own stop it at once.
func (m *member) failedHere() {
	limit := m.options.Engine.MaxFailures
	if n := m.ownFailed.Add(1); limit.N > 0 && n >= int64(limit.N) {
		m.tooMany.Store(true)
		m.halt()
	}
	m.wakeUp()
}

// found records a problem that an engine has found.
func (m *member) found(p *sheet.Problem) {
	if p == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.problems = append(m.problems, *p)
}
