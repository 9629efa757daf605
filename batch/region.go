package batch

import (
	"container/heap"
	"context"
	"time"
)

// region sends the applications of one region. One goroutine, loop, owns its fields;
// blocking calls run in a bounded number of other goroutines, which return the row when
// they are done (calls.go).
type region struct {
	run       *run
	name      string
	submitter Submitter // under the region's quotas
	finder    Finder
	circuits  Finder          // for operations whose effect the LOA does not show
	ctx       context.Context // of calls in flight

	going context.Context // ends when the region starts nothing new
	stop  context.CancelFunc
	code  string // of the answer that ended this region alone; empty if none did

	feed     <-chan Handed // rows that come while the region runs; nil for none
	queue    []int32       // applications not started yet, in sheet order until the canary has passed
	inOrder  bool          // queue is still in that order
	more     chan struct{} // receives when the canary lets more rows be sent
	before   map[int32]int // for rows of the queue: how many of their steps have ended
	ready    []*row        // started, waiting for a free call
	waiting  rowHeap       // waiting for their time
	calls    int           // in flight or waiting for the quota
	begins   int           // being written into the ledger
	ahead    int           // bound of begins and ready together
	work     chan *row     // to the callers
	returned chan returnedRow
}

// start starts every region; each ends by itself.
func (r *run) start(ctx context.Context) {
	queues := map[string][]int32{}
	for i := range r.plan.Applications {
		name := r.plan.Applications[i].Key.Region
		queues[name] = append(queues[name], int32(i))
	}
	for name, queue := range queues {
		g := r.newRegion(ctx, name, queue)
		r.own(func() {
			s := g.survey()
			if r.engine.Offer != nil {
				g.offer(s)
				return
			}
			g.loop()
		})
	}
}

// newRegion wires a region: each attempt waits for its quota, and is then logged.
func (r *run) newRegion(ctx context.Context, name string, queue []int32) *region {
	g := &region{run: r, name: name, ctx: ctx, queue: queue, inOrder: true, ahead: r.engine.readAhead(), more: make(chan struct{}, 1)}
	r.group.canary.listen(g.more)
	g.going, g.stop = context.WithCancel(r.going)
	room := r.engine.CallsAtOnce() + g.ahead
	if queue != nil { // no row is handed back twice at a time
		room = min(room, len(queue))
	}
	g.returned = make(chan returnedRow, room)
	g.work = make(chan *row, r.engine.CallsAtOnce())
	quota := func(api API) Quota { return r.quota(name, api) }
	g.submitter = &permissionSubmitter{permissions: r.permissions, waiting: g.going, next: &quotaSubmitter{
		next:  &logSubmitter{next: r.engine.Submitter, log: r.engine.Log, runID: r.engine.RunID, panicked: r.panicked},
		quota: quota, waiting: g.going, panicked: r.panicked,
	}}
	g.finder = &quotaFinder{next: r.engine.Finder, api: LookupAPI, quota: r.quota, waiting: g.going, panicked: r.panicked}
	g.circuits = g.finder
	if r.engine.Surveyor != nil {
		g.circuits = &quotaFinder{next: circuitFinder{r.engine.Surveyor}, api: SurveyAPI, quota: r.quota, waiting: g.going, panicked: r.panicked}
	}
	g.before = map[int32]int{}
	return g
}

// lookupsFirst moves what an earlier run left open to the front, in sheet order.
func lookupsFirst(queue []int32, applications []Application) []int32 {
	sorted := make([]int32, 0, len(queue))
	for _, first := range []bool{true, false} {
		for _, i := range queue {
			if !applications[i].state().sends() == first {
				sorted = append(sorted, i)
			}
		}
	}
	return sorted
}

// readAhead is how many rows a region writes to the ledger before a call is free for them: as many
// as are sent during a commit, so the ledger never delays the calls. After a crash there are
// that many more rows to look up.
func (e *Engine) readAhead() int {
	const commit = 10 * time.Millisecond
	j := e.CallsAtOnce()
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

// loop runs the region until every row of its queue is finished.
func (g *region) loop() {
	defer g.stop()
	defer close(g.work)
	callers := g.run.engine.CallsAtOnce()
	if g.feed == nil {
		callers = min(callers, len(g.queue))
	}
	for range callers {
		go func() {
			defer Guard(g.run.panicked)
			g.caller()
		}()
	}
	// A timer with a function instead of a channel: in virtual time under the race
	// detector the runtime (Go 1.26) crashes on a channel timer that expires before
	// anyone waits for it.
	due := make(chan struct{}, 1)
	timer := time.AfterFunc(time.Hour, func() {
		select {
		case due <- struct{}{}:
		default:
		}
	})
	timer.Stop()
	defer timer.Stop()
	stopped := g.going.Done()
	for {
		g.fill()
		if g.calls == 0 && g.begins == 0 && (g.going.Err() != nil || g.feed == nil && g.empty()) {
			g.finishRest()
			g.refuse()
			return
		}
		if g.mayCall() && len(g.waiting) > 0 {
			timer.Reset(time.Until(g.waiting[0].due))
		}
		select {
		case back := <-g.returned:
			g.take(back)
		case <-due:
		case <-g.more:
		case h, ok := <-g.feedWhileGoing():
			if !ok {
				g.feed = nil
				continue
			}
			g.handed(&h)
		case <-stopped:
			stopped = nil
		}
	}
}

// feedWhileGoing is the region's feed while it takes rows, and nil otherwise.
func (g *region) feedWhileGoing() <-chan Handed {
	if g.going.Err() != nil {
		return nil
	}
	return g.feed
}

// mayCall reports whether another call may be made. If not, the end of a call wakes the loop, and a
// row that becomes due must not.
func (g *region) mayCall() bool {
	return g.going.Err() == nil && g.calls < g.run.engine.CallsAtOnce()
}

func (g *region) empty() bool { return len(g.queue) == 0 && len(g.ready) == 0 && len(g.waiting) == 0 }

// fill starts whatever may be started.
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

// readOn reads ahead to the bound. It does so once half of what was read is used up rather than row
// by row, so many Begins share a commit of the ledger.
func (g *region) readOn() {
	canary := g.run.group.canary
	if g.inOrder && canary.passed() {
		g.queue, g.inOrder = lookupsFirst(g.queue, g.run.plan.Applications), false
	}
	for len(g.queue) > 0 && g.begins+len(g.ready) < g.ahead {
		if g.inOrder && !canary.admits(g.run.plan.Applications[g.queue[0]].Row) {
			return
		}
		w := g.newRow(g.queue[0])
		g.queue = g.queue[1:]
		if w.state.sends() {
			g.begin(w)
		} else {
			g.ready = append(g.ready, w)
		}
	}
}

func (g *region) newRow(i int32) *row {
	w := newRow(&g.run.plan.Applications[i], g.run.slots[i], g.run.engine.attempts(), time.Now().UTC())
	w.before = g.before[i]
	return w
}

// pick takes the row whose call is next: one whose wait is over, or else a new one.
func (g *region) pick() *row {
	if len(g.waiting) > 0 && !time.Now().Before(g.waiting[0].due) {
		return heap.Pop(&g.waiting).(*row)
	}
	if len(g.ready) == 0 {
		return nil
	}
	w := g.ready[0]
	g.ready = g.ready[1:]
	return w
}

// take decides what to do with a row that is handed back.
func (g *region) take(back returnedRow) {
	w := back.row
	if back.from == fromBegin {
		g.begins--
		g.ready = append(g.ready, w)
		return
	}
	if back.from == fromElsewhere {
		g.begins--
		guarded(g.run.panicked, func() { w.handed.Back(Outcome{}) })
		return
	}
	g.calls--
	switch {
	case back.from == fromPanic: // fillMissing gives it its outcome
	case back.from == fromNothing:
		g.ready = append(g.ready, w)
	case back.next.stop:
		g.run.halt(StopFatal, back.next.code)
		g.ready = append(g.ready, w)
	case back.next.stopRegion:
		g.code = back.next.code
		g.stop()
		g.ready = append(g.ready, w)
	case back.next.done:
		g.ended(w, back.next)
	case w.state.sends() && w.begun != w.app.Token && g.going.Err() == nil:
		g.begin(w)
	default:
		w.due = time.Now().Add(back.next.wait)
		heap.Push(&g.waiting, w)
	}
}

// ended records the outcome of a row, which goes on to its next step if there is one.
func (g *region) ended(w *row, n next) {
	done := finishedRow{slot: w.slot, outcome: n.outcome, problem: n.problem, ran: true, before: w.before, handed: w.handed}
	if !w.app.goesOn(&n.outcome) {
		g.run.group.canary.ended(&n.outcome)
		g.run.finish(done)
		return
	}
	done.goesOn = true
	g.run.finish(done)
	g.run.setBegun(w, false)
	step := w.app.next(&n.outcome)
	if step.Unfit != "" {
		o := step.unfit()
		g.run.group.canary.ended(&o)
		g.run.finish(finishedRow{slot: w.slot, outcome: o, ran: true, before: w.before + 1, handed: w.handed})
		return
	}
	again := newRow(&step, w.slot, g.run.engine.attempts(), time.Now().UTC())
	again.before, again.handed = w.before+1, w.handed
	if again.state.sends() && g.going.Err() == nil {
		g.begin(again)
	} else {
		g.ready = append(g.ready, again)
	}
}

// setBegun records whether the ledger knows the application of a row. That is not needed for a row
// that was handed to the run.
func (r *run) setBegun(w *row, begun bool) {
	if w.handed == nil {
		r.begun[w.slot].Store(begun)
	}
}

// finish records the outcome of an application once it is known whether the account has permission
// for its operation.
func (r *run) finish(row finishedRow) { r.permissions[row.outcome.Operation.Place()].finish(row) }

// finishRest finishes the remaining rows when the region stops.
func (g *region) finishRest() {
	if g.empty() {
		return
	}
	reason, code := ReasonRegion, g.code
	if code == "" {
		g.run.halt(StopInterrupted, "") // no reason was given: the context ended
		reason, code = g.run.reason.Reason(), g.run.code
	}
	finish := func(w *row) {
		if w.code == "" {
			w.code = code
		}
		o := w.interrupted(reason)
		if w.handed != nil && g.code == "" {
			guarded(g.run.panicked, func() { w.handed.Back(o) })
			return
		}
		g.run.group.canary.ended(&o)
		g.run.finish(finishedRow{slot: w.slot, outcome: o, before: w.before, handed: w.handed})
	}
	for _, w := range g.ready {
		finish(w)
	}
	for _, w := range g.waiting {
		finish(w)
	}
	for _, i := range g.queue {
		finish(g.newRow(i))
	}
}

// rowHeap is a heap of rows by the time of their next call.
type rowHeap []*row

func (h rowHeap) Len() int           { return len(h) }
func (h rowHeap) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h rowHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *rowHeap) Push(x any) { *h = append(*h, x.(*row)) }

// Pop implements heap.Interface.
func (h *rowHeap) Pop() any {
	old := *h
	n := len(old) - 1
	w := old[n]
	old[n] = nil
	*h = old[:n]
	return w
}
