package batch

import (
	"errors"
	"time"
)

// returnedRow is a row that another goroutine hands back to the loop.
type returnedRow struct {
	row  *row
	next next
	from from
}

// from says what was done with a row that was handed back.
type from uint8

const (
	fromCall      from = iota
	fromBegin          // it is in the ledger
	fromNothing        // nothing was done: the region stopped first
	fromPanic          // a panic lost it
	fromElsewhere      // another process has finished it
)

// begin records in the ledger that a row is about to be sent.
func (g *region) begin(w *row) {
	g.begins++
	go func() {
		back := returnedRow{row: w, from: fromBegin}
		defer func() { g.returned <- back }()
		defer Guard(g.run.panicked)
		err := g.run.ledger.Begin(g.run.writing, w.app)
		if w.handed != nil && errors.Is(err, ErrEndedElsewhere) {
			back.from = fromElsewhere
			return
		}
		if err != nil && g.run.writing.Err() == nil {
			g.run.ledgerFailed(err)
		}
		if err == nil {
			w.begun = w.app.Token
			g.run.setBegun(w, true)
		}
	}()
}

// caller makes one call after another and returns each row. Callers live as long as the
// region, since a call needs a deep stack that would otherwise have to grow each time.
func (g *region) caller() {
	for w := range g.work {
		g.returned <- g.call(w)
	}
}

// call makes the next call of a row.
func (g *region) call(w *row) (back returnedRow) {
	defer Guard(func(err error) {
		g.run.panicked(err)
		back = returnedRow{row: w, from: fromPanic}
	})
	if w.state.sends() {
		return g.apply(w)
	}
	return g.lookUp(w)
}

func (g *region) apply(w *row) returnedRow {
	if g.ctx.Err() != nil { // the loop may not have noticed yet
		return returnedRow{row: w, from: fromNothing}
	}
	w.app.Attempt = w.attempts + 1
	receipt, err := g.submitter.Submit(g.ctx, w.app)
	if g.unsent(err) {
		return returnedRow{row: w, from: fromNothing}
	}
	g.run.requests.Add(1)
	if w.attempts > 0 {
		g.run.retries.Add(1)
	}
	g.run.count(err)
	return returnedRow{row: w, next: w.submitted(receipt, err, time.Now().UTC())}
}

func (g *region) lookUp(w *row) returnedRow {
	if g.ctx.Err() != nil {
		return returnedRow{row: w, from: fromNothing}
	}
	asked := time.Now() // the call is made now, or later once the quota allows it
	finder := g.finder
	if operations[w.app.Operation].asksCircuit {
		finder = g.circuits
	}
	l, ok, err := finder.Find(g.ctx, w.asks())
	if g.unsent(err) {
		return returnedRow{row: w, from: fromNothing}
	}
	g.run.requests.Add(1)
	g.run.lookups.Add(1)
	g.run.count(err)
	return returnedRow{row: w, next: w.lookedUp(l, ok, err, asked)}
}

// unsent reports whether a call ended before anything was sent because the run ended, or must end.
func (g *region) unsent(err error) bool {
	if g.run.quotaFailed(err) {
		return true
	}
	var call *CallError
	return err != nil && (g.going.Err() != nil || g.ctx.Err() != nil) && !errors.As(err, &call) && contextEnded(err)
}

// quotaFailed stops the run if the state of a quota is lost: it is part of the ledger.
func (r *run) quotaFailed(err error) bool {
	lost, ok := errors.AsType[*quotaError](err)
	if ok {
		r.ledgerFailed(lost.error)
	}
	return ok
}

func (r *run) count(err error) {
	var call *CallError
	if !errors.As(err, &call) {
		return
	}
	if call.Throttled {
		r.throttled.Add(1)
	}
	if call.Ahead != 0 {
		r.ahead.Store(int64(call.Ahead))
	}
}
