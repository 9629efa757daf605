package batch

import (
	"errors"
	"time"
)

// caller makes one call after another and hands each row back. It holds one of the
// region's calls, and nothing else.
func (g *region) caller() {
	for w := range g.work {
		if w.look == no {
			g.back <- g.apply(w)
		} else {
			g.back <- g.lookUp(w)
		}
	}
}

func (g *region) apply(w *row) returned {
	if g.ctx.Err() != nil { // known here a moment before the loop knows it
		return returned{row: w, from: fromNothing}
	}
	w.app.Attempt = w.attempts + 1
	receipt, err := g.submitter.Submit(g.ctx, w.app)
	if g.unsent(err) {
		return returned{row: w, from: fromNothing}
	}
	g.requests.Add(1)
	if w.attempts > 0 {
		g.retries.Add(1)
	}
	w.attempts++
	w.tried = time.Now().UTC()
	g.count(err)
	return returned{row: w, next: w.submitted(receipt, err)}
}

func (g *region) lookUp(w *row) returned {
	if g.ctx.Err() != nil {
		return returned{row: w, from: fromNothing}
	}
	l, ok, err := g.finder.Find(g.ctx, w.app.Key)
	if g.unsent(err) {
		return returned{row: w, from: fromNothing}
	}
	g.requests.Add(1)
	g.lookups.Add(1)
	g.count(err)
	return returned{row: w, next: w.found(l, ok, err)}
}

// unsent reports whether a call ended before a byte was sent, because the run did.
func (g *region) unsent(err error) bool {
	var call *CallError
	return err != nil && (g.going.Err() != nil || g.ctx.Err() != nil) && !errors.As(err, &call) && ended(err)
}

func (r *run) count(err error) {
	var call *CallError
	if errors.As(err, &call) && call.Throttled {
		r.throttled.Add(1)
	}
}
