package batch

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// Part is one account's part of a run: its rows, and an engine with its credentials, ledger and
// quotas.
type Part struct {
	Engine *Engine
	Plan   *Plan
}

// RunParts carries out the parts of a run concurrently. An answer that is fatal for an account, such
// as one about its credentials, ends only its part. MaxFailures and Canary are taken from the
// first part and count the rows of all, and a ledger error or a panic ends them all. RunParts
// returns the summary of the whole, in sheet order, and that of each part. Each Observe is called
// from one goroutine, but those of several parts run concurrently.
func RunParts(ctx context.Context, drain <-chan struct{}, parts []Part) (*Summary, []*Summary, error) {
	if len(parts) == 0 {
		return &Summary{}, nil, nil
	}
	g := newGroup(parts)
	each, failed := make([]*Summary, len(parts)), make([]error, len(parts))
	var wait sync.WaitGroup
	for i, p := range parts {
		wait.Go(func() {
			defer Guard(func(err error) { failed[i] = err })
			each[i], failed[i] = p.Engine.run(ctx, drain, p.Plan, g)
		})
	}
	wait.Wait()
	if i := slices.Index(each, nil); i >= 0 {
		panic(failed[i]) // as without goroutines
	}
	return merged(each), each, cmp.Or(failed...)
}

// stopRanks orders the reasons to stop by how much they say about the whole run.
var stopRanks = []StopReason{StopPanic, StopLedger, StopInterrupted, StopDuration, StopMaxFailures, StopCanary, StopFatal}

// WholeStop returns why a run stopped early, given why each of its parts did ("" if it did not),
// and the index of the part that decides it, or -1.
func WholeStop(parts []StopReason) (why StopReason, of int) {
	rank, of := len(stopRanks), -1
	for i, stop := range parts {
		if r := slices.Index(stopRanks, stop); r >= 0 && r < rank {
			rank, why, of = r, stop, i
		}
	}
	if why == StopFatal && slices.ContainsFunc(parts, func(stop StopReason) bool { return stop != StopFatal }) {
		why = StopAccount
	}
	return why, of
}

// merged is the summary of a run whose parts have the given ones.
func merged(parts []*Summary) *Summary {
	if len(parts) == 1 {
		return parts[0]
	}
	all := &Summary{Started: parts[0].Started}
	stops := make([]StopReason, len(parts))
	for i, s := range parts {
		stops[i] = s.Stop
		all.Outcomes = append(all.Outcomes, s.Outcomes...)
		all.Problems = append(all.Problems, s.Problems...)
		all.Requests += s.Requests
		all.Lookups += s.Lookups
		all.Retries += s.Retries
		all.Throttled += s.Throttled
		all.Slowed, all.Duration = max(all.Slowed, s.Slowed), max(all.Duration, s.Duration)
		all.NoSurvey = cmp.Or(all.NoSurvey, s.NoSurvey)
	}
	why, of := WholeStop(stops)
	if all.Stop = why; of >= 0 {
		all.StopCode, all.Ahead = parts[of].StopCode, parts[of].Ahead
	}
	slices.SortFunc(all.Outcomes, func(a, b Outcome) int { return cmp.Compare(a.Row, b.Row) })
	return all
}

// group is what the parts of a run share.
type group struct {
	mu     sync.Mutex
	limit  Limit
	ended  Count // rows that the plans had not settled
	runs   []*run
	reason StopReason // why all of them were halted; empty while they are not
	canary *canary    // nil for none
}

func newGroup(parts []Part) *group {
	limits := parts[0].Engine.Limits
	g := &group{limit: limits.MaxFailures}
	g.canary = newCanary(g, limits.Canary, parts)
	return g
}

// join adds a run.
func (g *group) join(r *run) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.runs = append(g.runs, r)
	if g.reason != "" {
		r.halt(g.reason, "")
	}
}

// halt stops all runs from starting anything new.
func (g *group) halt(why StopReason) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.reason = cmp.Or(g.reason, why)
	for _, r := range g.runs {
		r.halt(why, "")
	}
}

// count counts a row that ran, and halts the runs at the limit.
func (g *group) count(result sheet.Result) {
	g.mu.Lock()
	g.ended.Add(result, 1)
	reached := g.limit.Reached(g.ended)
	g.mu.Unlock()
	if reached {
		g.halt(StopMaxFailures)
	}
}

// NotSent is the outcome of an application that is not sent for a reason known before the run: what is
// open stays open.
func (a *Application) NotSent(why Reason) Outcome {
	return newRow(a, 0, 1, time.Now().UTC()).interrupted(why)
}

// Split divides the rows of a plan into n plans, by the part that each row belongs to. The problems
// stay with the whole.
func (p *Plan) Split(n int, part func(row int) int) []*Plan {
	if n == 1 { // nothing is copied
		return []*Plan{{DryRun: p.DryRun, Applications: p.Applications, Settled: p.Settled}}
	}
	plans := make([]*Plan, n)
	for i := range plans {
		plans[i] = &Plan{DryRun: p.DryRun}
	}
	for i := range p.Applications {
		to := plans[part(p.Applications[i].Row)]
		to.Applications = append(to.Applications, p.Applications[i])
	}
	for _, o := range p.Settled {
		to := plans[part(o.Row)]
		to.Settled = append(to.Settled, o)
	}
	return plans
}
