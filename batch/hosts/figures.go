package hosts

import (
	"context"
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

// reportEvery is how often a member reports its figures, so few are lost if it dies.
const reportEvery = 5 * time.Second

// figures are what this member did for the batch, and the problems that its engines found.
type figures struct {
	started  time.Time
	reported time.Time // loop's

	mu       sync.Mutex
	sums     ledger.Figures
	problems []sheet.Problem
}

func newFigures() figures {
	return figures{started: time.Now(), reported: time.Now(), sums: ledger.Figures{Statuses: map[int]string{}}}
}

// called counts a call that returned an error or none.
func (f *figures) called(again bool, err error) {
	call, answered := errors.AsType[*batch.CallError](err)
	if err != nil && !answered {
		return // nothing was sent
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sums.Requests++
	if again {
		f.sums.Retries++
	}
	if answered && call.Throttled {
		f.sums.Throttled++
	}
}

type countedSubmitter struct {
	batch.Submitter
	*figures
}

// Submit implements [batch.Submitter].
func (s countedSubmitter) Submit(ctx context.Context, a batch.Application) (batch.Receipt, error) {
	receipt, err := s.Submitter.Submit(ctx, a)
	s.called(a.Attempt > 1, err)
	return receipt, err
}

type countedFinder struct {
	batch.Finder
	*figures
}

// Find implements [batch.Finder].
func (f countedFinder) Find(ctx context.Context, k batch.Key) (batch.LOA, bool, error) {
	l, ok, err := f.Finder.Find(ctx, k)
	f.called(false, err)
	return l, ok, err
}

type countedSurveyor struct {
	batch.Surveyor
	*figures
}

// Survey implements [batch.Surveyor].
func (s countedSurveyor) Survey(ctx context.Context, region string, page int, ids []string) (batch.SurveyPage, error) {
	got, err := s.Surveyor.Survey(ctx, region, page, ids)
	s.called(false, err)
	return got, err
}

// report returns the figures so far.
func (f *figures) report() ledger.Figures {
	f.mu.Lock()
	defer f.mu.Unlock()
	sums := f.sums
	sums.Duration, sums.Statuses = time.Since(f.started), maps.Clone(sums.Statuses)
	return sums
}

// reportNow reports the figures if that is due.
func (m *member) reportNow() error {
	if time.Since(m.figures.reported) < reportEvery {
		return nil
	}
	m.figures.reported = time.Now()
	return m.ledger.Report(m.life, m.figures.report(), false)
}

// planned notes what a plan says for the figures.
func (f *figures) planned(p *batch.Plan) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sums.Moved = nil
	for _, problem := range p.Problems {
		if problem.Code == batch.CodeMoved && problem.Severity == sheet.Warning {
			f.sums.Moved = append(f.sums.Moved, problem.At.Row)
		}
	}
}

// ended notes what the API said of the circuit of a row.
func (f *figures) ended(o *batch.Outcome) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if o.CircuitState != "" {
		f.sums.Statuses[o.Row] = o.CircuitState
	}
}

// add adds the figures of an engine that has ended.
func (f *figures) add(s *batch.Summary, problems []sheet.Problem) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sums.Slowed = max(f.sums.Slowed, s.Slowed)
	f.problems = append(f.problems, problems...)
}

// found notes a problem that an engine has found.
func (f *figures) found(p *sheet.Problem) {
	if p == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.problems = append(f.problems, *p)
}

// shown shows rows that have ended here, as of the whole batch, one after another.
type shown struct {
	all   int
	ended atomic.Int64 // rows of the batch, as far as is known
	mu    sync.Mutex
	to    func(batch.Event)
}

func (s *shown) show(e batch.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.to != nil {
		e.Done, e.Total = int(min(s.ended.Add(1), int64(s.all))), s.all
		s.to(e)
	}
}

// observe notes a row that has ended here.
func (m *member) observe(e batch.Event) {
	m.figures.ended(&e.Outcome)
	if batch.Fails(e.Outcome.Result) && !e.Settled {
		m.parts.failedHere(m.limits.MaxFailures) // those of the others are read with the state of the batch
		m.wakeUp()
	}
	m.rows.show(e)
}
