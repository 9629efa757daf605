package histories

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/sheet"
)

// TestHistoriesHandedOut plays a tenth as many in which the rows of a run are handed out, as by several
// hosts: one engine settles and surveys them, and another gets each row, planned again.
func TestHistoriesHandedOut(t *testing.T) {
	n := *count
	switch {
	case n > 0:
	case testing.Short():
		n = 500
	default:
		n = 5000
	}
	o := readOptions()
	o.switches["handed"] = true
	o.playAll(t, (n+9)/10)
}

// handout is a run whose rows are handed out.
type handout struct {
	process *process
	engine  batch.Engine
	run     run
	book    *sheet.Workbook
	whole   *batch.Plan

	mu       sync.Mutex
	outcomes map[int]batch.Outcome // of rows that have ended
	offered  []batch.Offered
}

// carryOut carries out the plan. Rows that are not reached end as those of a run that stops.
func (h *handout) carryOut() ([]batch.Outcome, error) {
	h.outcomes = map[int]batch.Outcome{}
	opening := h.engine
	opening.Observe = func(e batch.Event) { h.ended(e.Outcome) }
	opening.Offer = func(_ context.Context, _ string, rows []batch.Offered) error {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.offered = append(h.offered, rows...)
		return nil
	}
	applications := slices.Clone(h.whole.Applications)
	sum, err := opening.Run(h.process.ctx, h.process.drain, h.whole)
	stop := sum.Stop
	if err == nil && stop == "" {
		stop, err = h.feed()
	}
	for i := range applications {
		if _, ended := h.outcomes[applications[i].Row]; ended || err != nil {
			continue
		}
		o := applications[i].NotSent(stop.Reason())
		if err = h.engine.Ledger.Finish(context.WithoutCancel(h.process.ctx), o); err == nil {
			h.ended(o)
		}
	}
	var list []batch.Outcome
	for _, o := range h.outcomes {
		list = append(list, o)
	}
	slices.SortFunc(list, func(a, b batch.Outcome) int { return a.Row - b.Row })
	return list, err
}

func (h *handout) ended(o batch.Outcome) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.outcomes[o.Row] = o
}

// feed hands the offered rows to another engine, each planned again.
func (h *handout) feed() (batch.StopReason, error) {
	e := h.engine
	e.Feed = map[string]<-chan batch.Handed{}
	over := make(chan struct{})
	var all sync.WaitGroup
	for _, region := range regionsOf(h.offered) {
		feed := make(chan batch.Handed)
		e.Feed[region] = feed
		all.Go(func() {
			defer close(feed)
			for _, row := range h.offered {
				if row.Application.Key.Region == region && !h.hand(feed, row, over) {
					return
				}
			}
		})
	}
	sum, err := e.Run(h.process.ctx, h.process.drain, &batch.Plan{})
	close(over)
	all.Wait()
	return sum.Stop, err
}

func regionsOf(rows []batch.Offered) (list []string) {
	for _, r := range rows {
		if !slices.Contains(list, r.Application.Key.Region) {
			list = append(list, r.Application.Key.Region)
		}
	}
	return list
}

// hand hands a row over and waits for its result. It reports false if no more rows are taken.
func (h *handout) hand(feed chan<- batch.Handed, row batch.Offered, over <-chan struct{}) bool {
	one := *h.book
	i := slices.IndexFunc(one.Circuits, func(c sheet.Circuit) bool { return c.Row == row.Application.Row })
	one.Circuits = one.Circuits[i : i+1]
	past, err := h.run.Past(h.process.ctx, batch.Apply.Place(), plan.Keys(&one))
	if err != nil {
		return false
	}
	p := plan.New(&one, plan.Options{Past: past, Reapply: h.process.command.reapply})
	if len(p.Applications) == 0 { // the plan of all rows differed
		p.Applications = []batch.Application{row.Application}
	}
	done := make(chan struct{})
	handed := batch.Handed{
		Application: p.Applications[0], State: row.State,
		Done: func(o batch.Outcome, _ *sheet.Problem) { h.ended(o); close(done) },
		Back: func(o batch.Outcome) {
			if o.Row != 0 && h.engine.Ledger.Finish(context.WithoutCancel(h.process.ctx), o) == nil {
				h.ended(o)
			}
			close(done)
		},
	}
	select {
	case feed <- handed:
	case <-over:
		return false
	}
	select {
	case <-done:
	case <-over:
		select {
		case <-done:
		default:
			return false
		}
	}
	return true
}
