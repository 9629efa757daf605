package batch

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// Offered is a row that an engine with Offer does not send: what its plan and the survey say about
// it.
type Offered struct {
	Application Application
	State       *CircuitState // of its circuit; nil if the survey did not see it
}

// Handed is a row that is handed to an engine with Feed. One of its functions is called exactly once,
// unless something panics.
type Handed struct {
	Application Application
	State       *CircuitState // of its circuit, from the survey of the batch; nil if it did not see it

	// Done is called when the row has ended and the ledger has its outcome. The problem is that of
	// an INVALID row, in addition to those of the plan. Done must not block.
	Done func(Outcome, *sheet.Problem)
	// Back is called when the engine stops before the row has ended. The outcome, which is not in
	// the ledger, is what the row would have shown: UNKNOWN if it may have been applied. It is the
	// zero Outcome if the ledger returned [ErrEndedElsewhere]. Back must not block.
	Back func(Outcome)
}

// ErrEndedElsewhere is returned by a ledger's Begin for a row that another process of the same run
// has finished since it was handed to the engine.
var ErrEndedElsewhere = errors.New("ledger: another process has finished the row")

// heldTime is how long rows that were refused permission wait for the answers to others in an
// engine with a Feed, which cannot know whether there will be any.
const heldTime = 10 * time.Second

// feed starts a region for each feed, and decides about rows that have been held for too long.
func (r *run) feed(ctx context.Context) {
	if len(r.engine.Feed) == 0 {
		return
	}
	over := make(chan struct{}, len(r.engine.Feed))
	for name, rows := range r.engine.Feed {
		g := r.newRegion(ctx, name, nil)
		g.feed = rows
		r.own(func() {
			defer func() { over <- struct{}{} }()
			g.loop()
		})
	}
	r.own(func() { r.judgeHeld(over) })
}

// judgeHeld decides about rows that have waited for heldTime, until all regions are over.
func (r *run) judgeHeld(over <-chan struct{}) {
	tick := make(chan struct{}, 1)
	timer := time.AfterFunc(time.Second, func() { tick <- struct{}{} })
	defer timer.Stop()
	for left := len(r.engine.Feed); left > 0; {
		select {
		case <-over:
			left--
		case <-tick:
			for _, p := range r.permissions {
				if p.heldFor() >= heldTime {
					p.end()
				}
			}
			timer.Reset(time.Second)
		}
	}
}

// handed starts a row that was handed to the run.
func (g *region) handed(h *Handed) {
	r := g.run
	slot := r.nextSlot.Add(1) - 1
	before, ended := 0, false
	a := h.Application
	if h.State != nil && a.surveyed() && !a.Open().Own && !a.Ended().Own {
		s := &survey{found: map[string]CircuitState{a.Key.InstanceID: *h.State}}
		before, ended = g.withhold(&a, s, nil, false, finishedRow{slot: slot, handed: h})
	}
	if ended {
		return
	}
	w := newRow(&a, slot, r.engine.attempts(), time.Now().UTC())
	w.before, w.handed = before, h
	switch {
	case g.code != "": // the region has stopped, and the rest of the run has not
		w.code = g.code
		r.finish(finishedRow{slot: slot, outcome: w.interrupted(ReasonRegion), before: before, handed: h})
	case w.state.sends():
		g.begin(w)
	default:
		g.ready = append(g.ready, w)
	}
}

// refuse gives every row that still arrives the outcome of a region that has stopped, while the rest
// of the run goes on.
func (g *region) refuse() {
	for g.feed != nil && g.code != "" {
		select {
		case <-g.run.going.Done():
			return
		case h, ok := <-g.feed:
			switch {
			case !ok:
				return
			case g.run.going.Err() != nil:
				guarded(g.run.panicked, func() { h.Back(h.Application.NotSent(g.run.reason.Reason())) })
				return
			}
			g.handed(&h)
		}
	}
}

// offer offers the rows that are left after the survey, and ends the region.
func (g *region) offer(s *survey) {
	if g.run.going.Err() != nil {
		return // the region is not opened
	}
	if g.going.Err() != nil {
		g.finishRest()
		g.queue = nil
	}
	rows := make([]Offered, len(g.queue))
	for n, i := range g.queue {
		rows[n].Application = g.run.plan.Applications[i]
		if s == nil {
			continue
		}
		if state, found := s.found[rows[n].Application.Key.InstanceID]; found {
			rows[n].State = &state
		}
	}
	g.stop()
	if err := g.run.engine.Offer(g.run.going, g.name, rows); err != nil && g.run.going.Err() == nil {
		g.run.ledgerFailed(err)
	}
}

// handedOver reports whether all of a run's rows come from elsewhere or go elsewhere, so their
// outcomes are not its own.
func (e *Engine) handedOver() bool { return e.Feed != nil || e.Offer != nil }

// Finished reports whether these outcomes of its steps, in order, complete a row that was planned as
// this application.
func (a *Application) Finished(steps []Outcome) bool {
	if len(steps) == 0 {
		return false
	}
	last := &steps[len(steps)-1]
	for ; a != nil; a = a.Then {
		if a.Operation.step() == last.Operation.step() {
			return !a.goesOn(last)
		}
	}
	return true
}

// ShownOf folds the outcomes of a row's steps, in order, into the one that the row shows.
func ShownOf(steps []Outcome) Outcome { return stepsOf(steps).shown() }

func stepsOf(list []Outcome) steps { return steps{outcomes: slices.Clone(list)} }
