package batch

import (
	"container/heap"
	"context"
	"time"
)

// region sends the applications of one region. One goroutine, loop, owns its fields;
// what blocks runs in goroutines of its own, boundedly many, that hand the row back:
// the callers, which live as long as the region, since a call needs a deep stack that
// would else grow anew each time; and one for each Begin.
type region struct {
	*run
	name      string
	submitter Submitter // under the region's quotas
	finder    Finder
	ctx       context.Context // of calls in flight

	going context.Context // ends when the region starts nothing new
	stop  context.CancelFunc
	code  string // of the answer that ended this region alone; empty when none did

	queue   []int32   // applications not started yet
	ready   []*row    // started, waiting for a free call
	resting waiting   // waiting for their time
	calls   int       // in flight or waiting for the quota
	begins  int       // being written into the ledger
	ahead   int       // bound of begins and ready together
	work    chan *row // to the callers, which hand it back
	back    chan returned
}

// returned is a row that comes back from its goroutine.
type returned struct {
	row  *row
	next next
	from from
}

// from tells what a row comes back from.
type from uint8

const (
	fromCall    from = iota
	fromBegin        // it is in the ledger
	fromNothing      // nothing was done: the region stopped first
)

// start sets every region going; each ends by itself.
func (r *run) start(ctx context.Context) {
	queues := map[string][]int32{}
	for i := range r.plan.Applications {
		name := r.plan.Applications[i].Key.Region
		queues[name] = append(queues[name], int32(i))
	}
	for name, queue := range queues {
		go r.newRegion(ctx, name, queue).loop()
	}
}

// newRegion wires a region: the attempts of its rows pass its quotas, and what passes
// them is logged.
func (r *run) newRegion(ctx context.Context, name string, queue []int32) *region {
	g := &region{run: r, name: name, ctx: ctx, queue: settleFirst(queue, r.plan.Applications), ahead: r.readAhead()}
	g.going, g.stop = context.WithCancel(r.going)
	g.back = make(chan returned, r.concurrency()+g.ahead)
	g.work = make(chan *row, r.concurrency())
	apply, reapply, lookup := r.quota(name, ApplyAPI), r.quota(name, ReapplyAPI), r.quota(name, LookupAPI)
	r.quotas = append(r.quotas, apply, reapply, lookup)
	g.submitter = &quotaSubmitter{
		next:  &logSubmitter{next: r.Submitter, log: r.Log, runID: r.RunID},
		apply: apply, reapply: reapply, waiting: g.going,
	}
	g.finder = &quotaFinder{next: r.Finder, quota: lookup, waiting: g.going}
	return g
}

// settleFirst puts what an earlier run left open before the rest, in sheet order.
func settleFirst(queue []int32, applications []Application) []int32 {
	sorted := make([]int32, 0, len(queue))
	for _, first := range []bool{true, false} {
		for _, i := range queue {
			if applications[i].LookUpFirst == first {
				sorted = append(sorted, i)
			}
		}
	}
	return sorted
}

// readAhead is how many rows a region has written into the ledger before a call is
// free for them: as many as are sent while a commit takes place, so that the ledger
// never holds up the calls. A killed run has as many rows more to look up.
func (e *Engine) readAhead() int {
	const commit = 10 * time.Millisecond
	j := e.concurrency()
	if e.Rate.N == 0 {
		return max(freeAhead, maxAhead*j)
	}
	return min(max(j, int(e.Rate.PerSecond()*commit.Seconds())), maxAhead*j)
}

// Bounds of the rows read ahead.
const (
	maxAhead  = 8   // as a multiple of the calls in flight
	freeAhead = 256 // at least, without a limit: half of it makes one commit
)

// loop runs the region to its end: every row of its queue has then ended.
func (g *region) loop() {
	defer g.stop()
	defer close(g.work)
	for range min(g.concurrency(), len(g.queue)) {
		go g.caller()
	}
	alarm := newAlarm()
	defer alarm.stop()
	stopped := g.going.Done()
	for {
		g.fill()
		if g.calls == 0 && g.begins == 0 && (g.going.Err() != nil || g.empty()) {
			g.leave()
			return
		}
		if g.mayCall() && len(g.resting) > 0 {
			alarm.set(time.Until(g.resting[0].due))
		}
		select {
		case b := <-g.back:
			g.take(b)
		case <-alarm.rings:
		case <-stopped:
			stopped = nil
		}
	}
}

// mayCall reports whether a call is free. Otherwise one that ends wakes the loop, and a
// row whose time has come must not.
func (g *region) mayCall() bool { return g.going.Err() == nil && g.calls < g.concurrency() }

func (g *region) empty() bool { return len(g.queue) == 0 && len(g.ready) == 0 && len(g.resting) == 0 }

// fill starts what may be started.
func (g *region) fill() {
	if g.going.Err() != nil {
		return
	}
	if g.begins+len(g.ready) <= g.ahead/2 {
		g.readOn()
	}
	for g.mayCall() {
		w := g.pick()
		if w == nil {
			return
		}
		g.calls++
		g.work <- w
	}
}

// readOn reads ahead to the bound. It is done once half of what was read is used up and
// not row by row, so that many Begins share a commit of the ledger.
func (g *region) readOn() {
	for len(g.queue) > 0 && g.begins+len(g.ready) < g.ahead {
		i := g.queue[0]
		g.queue = g.queue[1:]
		w := newRow(&g.plan.Applications[i], g.slots[i], g.attempts())
		if w.look == no {
			g.begin(w)
		} else {
			g.ready = append(g.ready, w)
		}
	}
}

// pick takes the row whose call is next: one whose wait is over, else a new one.
func (g *region) pick() *row {
	if len(g.resting) > 0 && !time.Now().Before(g.resting[0].due) {
		return heap.Pop(&g.resting).(*row)
	}
	if len(g.ready) == 0 {
		return nil
	}
	w := g.ready[0]
	g.ready = g.ready[1:]
	return w
}

// begin has the ledger know of a row before its first byte is sent.
func (g *region) begin(w *row) {
	g.begins++
	go func() {
		err := g.Ledger.Begin(g.writing, w.app)
		if err != nil && g.writing.Err() == nil {
			g.ledgerFailed(err)
		}
		w.begun = err == nil
		g.back <- returned{row: w, from: fromBegin}
	}()
}

// take has a row back.
func (g *region) take(b returned) {
	w := b.row
	if b.from == fromBegin {
		g.begins--
		g.ready = append(g.ready, w)
		return
	}
	g.calls--
	switch {
	case b.from == fromNothing:
		g.ready = append(g.ready, w)
	case b.next.stop:
		g.halt(StopFatal, b.next.code)
		g.ready = append(g.ready, w)
	case b.next.stopRegion:
		g.code = b.next.code
		g.stop()
		g.ready = append(g.ready, w)
	case b.next.done:
		g.endings <- ending{slot: w.slot, outcome: b.next.outcome, ran: true}
	case w.look == no && !w.begun && g.going.Err() == nil:
		g.begin(w)
	default:
		w.due = time.Now().Add(b.next.wait)
		heap.Push(&g.resting, w)
	}
}

// leave ends the rows that are left when the region stops.
func (g *region) leave() {
	if g.empty() {
		return
	}
	reason, code := ReasonRegion, g.code
	if code == "" {
		g.halt(StopInterrupted, "") // nobody has said why: the context ended
		reason, code = g.reason.reason(), g.run.code
	}
	end := func(w *row) {
		if w.code == "" {
			w.code = code
		}
		g.endings <- ending{slot: w.slot, outcome: w.cut(reason)}
	}
	for _, w := range g.ready {
		end(w)
	}
	for _, w := range g.resting {
		end(w)
	}
	for _, i := range g.queue {
		end(newRow(&g.plan.Applications[i], g.slots[i], g.attempts()))
	}
}
