package histories

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

// This file contains whatever depends on the interfaces between plan, engine and ledger; the model
// itself is independent of them.

// scopeOf is the scope of a ledger for a service at an address.
func scopeOf(endpoint string) ledger.Scope { return ledger.EndpointScope(endpoint) }

// classOf is the class of a refusal.
func classOf(string) batch.Class { return batch.Refused }

// hollowAnswer is what a Finder returns for a success without content.
func hollowAnswer() (batch.LOA, bool, error) {
	return batch.LOA{}, false, &batch.CallError{Class: batch.MaybeReceived, Code: "(odd-answer)", Status: 200}
}

// found is what a Finder returns for an answer.
func found(l *letter, code string) (batch.LOA, bool, error) {
	if l == nil {
		return batch.LOA{}, false, nil // none, or InvalidInstanceId.NotFound
	}
	return batch.LOA{
		Status: l.status, CompanyName: l.content.company, Si: l.content.si, LineType: l.content.line,
		ConstructionTime: l.content.time, RequestID: "R-lookup",
	}, true, nil
}

// submit carries out the command for one book, as package cli does. The outcomes are nil
// if another run holds its circuits.
func (p *process) submit(b *book) ([]batch.Outcome, error) {
	w := b.workbook()
	keys := plan.Keys(w)
	p.mu.Lock()
	p.runs++
	info := ledger.RunInfo{ID: fmt.Sprintf("%d-%d", p.id, p.runs), Scope: scopeOf(p.command.endpoint), Command: "submit", Input: b.name}
	p.mu.Unlock()
	run, err := p.ledger.start(p, info, keys)
	if errors.As(err, new(*ledger.LockedError)) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	past, err := run.Past(p.ctx, batch.Apply.Place(), keys)
	if err != nil {
		return nil, err
	}
	e := &batch.Engine{
		Submitter: p, Finder: p, Surveyor: p, Survey: p.w.history.survey, Ledger: &steppedLedger{run, p},
		Concurrency: p.command.concurrency, MaxAttempts: p.command.attempts, Limits: batch.Limits{MaxFailures: p.command.limit},
	}
	p.shareQuota(e)
	whole := plan.New(w, plan.Options{Past: past, Only: p.command.only, Reapply: p.command.reapply})
	var summary *batch.Summary
	if p.w.history.switches["handed"] {
		summary = &batch.Summary{}
		h := &handout{process: p, engine: *e, run: run, book: w, whole: whole}
		summary.Outcomes, err = h.carryOut()
	} else {
		summary, err = e.Run(p.ctx, p.drain, whole)
	}
	switch {
	case p.killed():
		return nil, errKilled
	case errors.As(err, new(*ledger.TakenOverError)):
		p.trace("another run has taken over")
		return nil, nil
	case err != nil:
		return summary.Outcomes, err
	}
	return summary.Outcomes, run.End(context.WithoutCancel(p.ctx), ledger.RunEnd{})
}

// shareQuota gives an engine the quotas that all processes share. They are kept in memory whatever the
// ledger: the clock of a SQLite file is the machine's, which does not follow virtual time.
func (p *process) shareQuota(e *batch.Engine) {
	n := p.w.service.habits.quota
	if n == 0 {
		return
	}
	e.Rate = quota.Rate{N: n, Per: quotaWindow}
	if p.quotas == nil {
		p.quotas = quota.NewSet(&p.w.quotas, string(scopeOf(endpoints[0])), quota.Limits{Rate: e.Rate})
	}
	e.Quota = func(region string, api batch.API) batch.Quota { return p.quotas.Window(region, string(api)) }
}

// Survey implements [batch.Surveyor].
func (p *process) Survey(ctx context.Context, region string, _ int, ids []string) (batch.SurveyPage, error) {
	d := p.call("survey", region).at(uint64(len(region)))
	if ctx.Err() != nil || p.killed() {
		return batch.SurveyPage{}, context.Canceled
	}
	time.Sleep(d.at(4).between(time.Millisecond, 200*time.Millisecond))
	if p.w.service.arrive(region, string(batch.SurveyAPI), p.runID()) {
		p.trace("survey %s: over the quota", region)
		return batch.SurveyPage{}, throttled
	}
	if f, fails := p.weather.lookupFault(d); fails {
		p.trace("survey %s: %s", region, f.name)
		time.Sleep(f.takes)
		if f.hollow {
			return batch.SurveyPage{}, unreadable
		}
		return batch.SurveyPage{}, f.err
	}
	page := batch.SurveyPage{Pages: 1}
	for _, c := range p.w.service.list(region, p.asOf(d)) {
		if len(ids) == 0 || slices.Contains(ids, c.instance) {
			page.Circuits = append(page.Circuits, batch.CircuitState{InstanceID: c.instance, Status: c.status, BusinessStatus: "Normal", LOAStatus: c.letter})
		}
	}
	p.trace("survey %s %v: %v", region, ids, page.Circuits)
	return page, nil
}

// steppedLedger is the ledger of a process that may be killed: each write takes time, and
// what a killed process writes is lost.
type steppedLedger struct {
	run
	process *process
}

// Begin implements [batch.Ledger].
func (l *steppedLedger) Begin(ctx context.Context, a batch.Application) error {
	d := l.process.call("begin", a.Key.InstanceID)
	time.Sleep(d.at(1).between(time.Microsecond, time.Millisecond))
	if l.process.step("before Begin of", a.Key.InstanceID) != nil {
		return errKilled
	}
	time.Sleep(d.at(2).between(time.Microsecond, 3*time.Millisecond))
	if l.process.killed() {
		return errKilled
	}
	if err := l.run.Begin(ctx, a); err != nil {
		return err
	}
	time.Sleep(d.at(3).between(time.Nanosecond, 50*time.Microsecond))
	return l.process.step("after Begin of", a.Key.InstanceID)
}

// Finish implements [batch.Ledger].
func (l *steppedLedger) Finish(ctx context.Context, o batch.Outcome) error {
	d := l.process.call("write", o.Key.InstanceID)
	time.Sleep(d.at(1).between(time.Microsecond, time.Millisecond))
	if l.process.step("before Finish of", o.Key.InstanceID) != nil {
		return errKilled
	}
	time.Sleep(d.at(2).between(time.Microsecond, 3*time.Millisecond))
	if l.process.killed() {
		return errKilled
	}
	if err := l.run.Finish(ctx, o); err != nil {
		return err
	}
	time.Sleep(d.at(3).between(time.Nanosecond, 50*time.Microsecond))
	return l.process.step("after Finish of", o.Key.InstanceID)
}

// begun checks that the ledger knows of an application before it is sent.
func (p *process) begun(a *batch.Application) {
	if p.ledger.name() == "sqlite" {
		return // the file's conformance suite has this test; here it would take most of the time
	}
	past, _ := p.ledger.past(scopeOf(p.command.endpoint), []batch.Key{a.Key})
	if r := past[a.Key]; !r.Open || r.Token != a.Token || r.Hash != a.Hash {
		p.w.report("sent before Begin", "%s under %s, but the ledger says %+v", a.Key.InstanceID, short(a.Token), r)
	}
}

// run is what a process needs of a run in a ledger.
type run interface {
	batch.Ledger
	End(context.Context, ledger.RunEnd) error
}

// known is what a ledger knows of a circuit, in the words of the checks.
type known struct {
	open     bool
	accepted bool
}

func knownOf(r batch.Record) known {
	return known{open: r.Open, accepted: !r.Open && (r.Result == sheet.Submitted || r.Result == sheet.Already)}
}

// scopesMeet says whether all spellings of an endpoint have the same scope.
var scopesMeet = scopeOf("http://127.0.0.1:8080") == scopeOf("HTTP://127.0.0.1:8080/")

// tolerated are the kinds of failure that the engine is known to have.
var tolerated []string
