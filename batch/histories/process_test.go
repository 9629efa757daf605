package histories

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

// process is one loabatch process: it is the API that its engines see, and it may be
// killed or interrupted at any of its steps, which are before and after each Begin, each
// arrival of a request at the service, each answer and each Finish.
type process struct {
	w       *world
	ledger  keeper // of its user
	night   uint64 // processes of the same night may run at the same time
	id      uint64
	dice    dice
	weather weather
	command command

	quotas *quota.Set // of the command; nil until it is needed

	mu      sync.Mutex
	runs    uint64 // it has started: one for each book
	steps   int
	calls   map[string]uint64 // by circuit and kind of call
	ctx     context.Context
	cancel  context.CancelFunc
	drain   chan struct{}
	drained bool
	dead    bool
}

// command is what a process is started with.
type command struct {
	books       []*book
	endpoint    string
	reapply     bool
	only        []sheet.Result
	concurrency int
	attempts    int
	limit       batch.Limit
	killAt      int // step; 0 means never
	drainAt     int // the first signal
	abandonAt   int // the second signal
	powerAt     int // the power fails
}

// errKilled is what a killed process gets from everything that it still tries.
var errKilled = errors.New("the process was killed")

// step passes one step, at which the process may be killed or interrupted. It returns
// errKilled from then on.
func (p *process) step(what string, instance string) error {
	signal, err := p.pass(what, instance)
	if signal {
		time.Sleep(time.Microsecond) // the run has noticed it when the step ends
	}
	return err
}

func (p *process) pass(what string, instance string) (signal bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead || p.w.power.Load() {
		return false, errKilled
	}
	p.steps++
	switch p.steps {
	case p.command.killAt:
		p.trace("killed %s %s", what, instance)
		p.dead = true
		p.cancel()
		return false, errKilled
	case p.command.powerAt:
		p.trace("power failure %s %s", what, instance)
		p.w.powerFailure()
		return false, errKilled
	case p.command.abandonAt:
		p.trace("second signal %s %s", what, instance)
		p.interrupt()
		p.cancel()
		return true, nil
	case p.command.drainAt:
		p.trace("signal %s %s", what, instance)
		p.interrupt()
		return true, nil
	}
	return false, nil
}

func (p *process) interrupt() {
	if !p.drained {
		p.drained = true
		close(p.drain)
	}
}

func (p *process) interrupted() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.drained
}

// runID numbers the run that is in progress.
func (p *process) runID() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.id<<16 | p.runs
}

func (p *process) killed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dead || p.w.power.Load()
}

// call counts a call and returns the dice for it.
func (p *process) call(kind string, instance string) dice {
	p.mu.Lock()
	defer p.mu.Unlock()
	name := kind + instance
	p.calls[name]++
	index := uint64(len(p.w.service.circuits))
	if c := p.w.service.circuits[instance]; c != nil {
		index = c.index
	}
	return p.dice.at(uint64(kind[0]), index, p.calls[name])
}

func (p *process) trace(format string, values ...any) {
	p.w.trace("    p%d "+format, append([]any{p.id}, values...)...)
}

// Submit implements [batch.Submitter].
func (p *process) Submit(ctx context.Context, a batch.Application) (batch.Receipt, error) {
	d := p.call("apply", a.Key.InstanceID)
	if ctx.Err() != nil {
		return batch.Receipt{}, ctx.Err()
	}
	f, fails := p.weather.applyFault(d)
	if fails && f.err.Class == batch.NotSent {
		time.Sleep(d.at(4).between(time.Millisecond, 20*time.Millisecond))
		return batch.Receipt{}, f.err
	}
	time.Sleep(d.at(9).between(time.Microsecond, time.Millisecond))
	if p.step("before sending", a.Key.InstanceID) != nil {
		return batch.Receipt{}, errKilled
	}
	r := requestOf(&a)
	r.from = p
	time.Sleep(d.at(5).between(time.Millisecond, 150*time.Millisecond))
	if p.killed() && d.at(6).chance(0.5) {
		p.trace("%s %s did not arrive", r.instance, short(r.token))
		return batch.Receipt{}, errKilled
	}
	p.begun(&a)
	if !p.w.forgetful || p.w.carried() {
		p.w.service.arrived(r)
	}
	if p.w.service.arrive(r.region, string(a.Operation.API()), p.runID()) {
		return p.answered(d, &r, "over the quota", throttled)
	}
	code, name := "", "ok"
	switch {
	case !fails:
		code = p.w.service.take(r)
	case f.effect == applied:
		name = f.name + ", applied: " + p.w.service.take(r)
	case f.effect == delayed:
		delay := d.at(7).upTo(p.w.service.habits.delay)
		p.w.service.takeLater(r, delay)
		name = f.name + ", applied in " + since(delay)
	default:
		name = f.name + ", not applied"
	}
	if fails {
		time.Sleep(f.takes)
		return p.answered(d, &r, name, f.err)
	}
	if code != "" {
		return p.answered(d, &r, code, &batch.CallError{Class: classOf(code), Code: code, Status: 400})
	}
	return p.answered(d, &r, name, nil)
}

// answered delivers the answer to an application, if the process is still alive.
func (p *process) answered(d dice, r *request, name string, refusal *batch.CallError) (batch.Receipt, error) {
	p.trace("%s %s under %s: %s", operationName(r), r.instance, short(r.token), name)
	if p.step("before the answer about", r.instance) != nil {
		return batch.Receipt{}, errKilled
	}
	time.Sleep(d.at(8).between(time.Millisecond, 150*time.Millisecond))
	if p.step("after the answer about", r.instance) != nil {
		return batch.Receipt{}, errKilled
	}
	if refusal != nil {
		return batch.Receipt{}, refusal
	}
	return batch.Receipt{RequestID: "R-" + short(r.token), At: time.Now().UTC()}, nil
}

// Find implements [batch.Finder].
func (p *process) Find(ctx context.Context, k batch.Key) (batch.LOA, bool, error) {
	d := p.call("find", k.InstanceID)
	if ctx.Err() != nil || p.killed() {
		return batch.LOA{}, false, context.Canceled
	}
	time.Sleep(d.at(4).between(time.Millisecond, 200*time.Millisecond))
	if p.w.service.arrive(k.Region, string(batch.LookupAPI), p.runID()) {
		p.trace("find %s: over the quota", k.InstanceID)
		return batch.LOA{}, false, throttled
	}
	f, fails := p.weather.lookupFault(d)
	if fails && !p.w.service.mustAnswer(k.InstanceID) {
		p.trace("find %s: %s", k.InstanceID, f.name)
		time.Sleep(f.takes)
		if f.hollow {
			return hollowAnswer()
		}
		return batch.LOA{}, false, f.err
	}
	l, code := p.w.service.describe(k.InstanceID, k.Region, p.asOf(d), p.w.allowed("stale"))
	p.trace("find %s: %s%s", k.InstanceID, code, l)
	return found(l, code)
}

// asOf is the time whose state a lookup shows.
func (p *process) asOf(d dice) time.Time {
	if p.weather.lags {
		return time.Now().Add(-d.at(3).upTo(p.w.service.habits.lag))
	}
	return time.Now()
}

// String returns the status and content of an LOA, for the trace.
func (l *letter) String() string {
	if l == nil {
		return "none"
	}
	return l.status + " of " + short(l.content.token)
}

func requestOf(a *batch.Application) request {
	c := a.Circuit
	var all strings.Builder
	fmt.Fprint(&all, c.CompanyName, c.LineType, c.Si, c.ConstructionTime, c.Bandwidth, c.PeerLocation)
	for _, e := range a.Engineers {
		fmt.Fprint(&all, e.Name.Reveal(), e.CertificateType, e.CertificateNo.Reveal(), e.Gender, e.Contact.Reveal())
	}
	return request{
		instance: a.Key.InstanceID, region: a.Key.Region, token: a.Token, second: a.Operation == batch.Reapply, parameters: all.String(),
		company: c.CompanyName, si: c.Si, line: c.LineType, time: c.ConstructionTime.UTC().Format(sheet.SentTime), sent: time.Now(),
	}
}

func operationName(r *request) string {
	if r.second {
		return "reapply"
	}
	return "apply"
}
