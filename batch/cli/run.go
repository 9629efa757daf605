package cli

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/cli/book"
	"github.com/loabatch/loabatch/batch/cli/console"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/files"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

// run processes the decoded rows of one input, which yields an outcome for each. One that sends
// starts in the ledger, which locks the circuits.
func (a *app) run(ctx context.Context, s *invocation, in *book.Input, t files.Target) (*finished, error) {
	done := &finished{in: in, problems: in.Workbook.Problems, ledgerFlag: s.flags.service.ledger, info: runInfo{
		id: t.RunID, command: s.command, args: s.args, dryRun: s.run.dryRun, simulate: s.flags.run.simulate, started: a.startOf(in),
		plan: s.planSum(), changeRef: s.flags.watch.changeRef, trace: s.trace,
	}}
	if s.run.dryRun != dryRunOffline {
		if err := a.openAccounts(ctx, s, in.Workbook); err != nil {
			return done, err
		}
	}
	s.divide(done)
	if s.run.dryRun == dryRunOff {
		if shared, ok := s.store.(ledger.Shared); ok {
			return done, a.runTogether(ctx, s, done, t, shared)
		}
		if err := a.startParts(ctx, s, done, t); err != nil {
			return done, err
		}
	}
	return done, a.planAndRun(ctx, s, done)
}

// startOf is when the run over an input starts: now, less the time it took to read it. Other
// inputs of the command, questions and waiting are not part of it.
func (a *app) startOf(in *book.Input) time.Time { return a.env.Now().Add(-in.Reading) }

// part is what one account does of a run over an input.
type part struct {
	profile string
	account string         // its ID; empty if it is not known
	failure *exit.Error    // why the account cannot be used; nil if it can
	run     ledger.Run     // nil if nothing is to be sent
	quotas  *quota.Set     // of a run with other hosts; nil if they are those of the command
	stop    ledger.PartEnd // why it ended early

	opened *account // nil for a past run
}

// divide divides a run by the accounts of its rows, which are open unless nothing is asked of
// the API.
func (s *invocation) divide(done *finished) {
	done.division = accounts.Divide(s.flags.service.profile, done.in.Workbook)
	for _, profile := range done.division.Profiles {
		acc, _ := s.account(profile)
		done.parts = append(done.parts, &part{profile: acc.profile, account: acc.id(), failure: acc.failure, opened: acc})
	}
	done.info.account, done.info.several = done.oneAccount(), len(done.parts) > 1
}

// oneAccount is the ID of the account that all rows of a run belong to, or "".
func (done *finished) oneAccount() string {
	id := done.parts[0].account
	if slices.ContainsFunc(done.parts, func(p *part) bool { return p.account != id }) {
		return ""
	}
	return id
}

// partOf returns the place of a row's part.
func (done *finished) partOf(c *sheet.Circuit) int {
	if len(done.parts) == 1 {
		return 0
	}
	return done.division.Of(c)
}

// known is what the ledger knows about an input's circuits.
type known struct {
	past    map[batch.Key]batch.Record                 // in the accounts of their rows
	later   map[batch.Place]map[batch.Key]batch.Record // likewise, of the steps that follow an application
	foreign map[string]plan.Foreign                    // in other accounts
}

// plan plans an input, given what is known about its circuits.
func (s *invocation) plan(ctx context.Context, done *finished, k known) *batch.Plan {
	o := s.planOptions(k)
	o.Valid = s.valid(ctx, done, k.past)
	return plan.New(done.in.Workbook, o)
}

// planOptions are the options an input is planned with, except the LOAs, which only --only needs.
func (s *invocation) planOptions(k known) plan.Options {
	return plan.Options{
		Operation: s.flags.operation, Steps: s.steps, Past: k.past, Later: k.later, Foreign: k.foreign, Only: s.run.only, Reapply: s.flags.run.reapply, AllOrNothing: s.flags.run.allOrNothing,
		Severity: s.options.SeverityOf, DryRun: s.run.dryRun != dryRunOff && !s.approving,
	}
}

// valid finds the circuits whose LOA the last run over them saw, and of which the ledger
// keeps nothing else, as it was not applied for here. Only --only asks, so that what cannot
// be read is left out: such a row has the result that the workbook says.
func (s *invocation) valid(ctx context.Context, done *finished, past map[batch.Key]batch.Record) map[batch.Key]bool {
	if len(s.run.only) == 0 || s.store == nil || s.service == nil {
		return nil
	}
	valid := map[batch.Key]bool{}
	for i, keys := range done.division.Keys(done.in.Workbook) {
		for _, key := range keys {
			if r := past[key]; r.Open || r.Result != "" || done.parts[i].opened.service == nil {
				continue
			}
			events, err := s.store.Circuit(ctx, key.InstanceID)
			if err != nil {
				return valid
			}
			valid[key] = ledger.Seen(events, done.parts[i].opened.service.scope, key)
		}
	}
	return valid
}

// startParts starts the parts of a run in the ledger, all or none.
func (a *app) startParts(ctx context.Context, s *invocation, done *finished, t files.Target) error {
	keys := done.division.Keys(done.in.Workbook)
	info := s.ledgerInfo(done, t, a.anywhere(done.info.args))
	for n, p := range done.parts {
		run, err := s.store.Start(ctx, s.partInfo(info, done, n), p.locks(keys[n]))
		if err != nil {
			failed := a.ledgers.Failure(err)
			done.end = ledger.RunEnd{ExitCode: exit.Of(failed)}
			a.endRun(ctx, done)
			return failed
		}
		p.run = run
	}
	done.ledger = done.parts[0].run
	return nil
}

// partInfo is what the ledger keeps of the n-th part of a run from its start.
func (s *invocation) partInfo(info ledger.RunInfo, done *finished, n int) ledger.RunInfo {
	p := done.parts[n]
	info.ID, info.Account, info.Scope = accounts.PartID(done.info.id, n), p.account, scopeOf(s.flags.service, s.flags.run)
	if p.failure == nil {
		info.Scope = p.opened.service.scope
	}
	return info
}

// locks are those of its circuits that a part locks: none if the account cannot be used.
func (p *part) locks(keys []batch.Key) []batch.Key {
	if p.failure != nil {
		return nil
	}
	return keys
}

// planAndRun plans with what the ledger knows, and sends; a dry run sends nothing, and an online
// one reads the circuits' state and predicts the outcomes. The caller ends the run in the ledger.
func (a *app) planAndRun(ctx context.Context, s *invocation, done *finished) error {
	known, err := a.pastOf(ctx, s, done)
	if err != nil {
		return err
	}
	p := s.plan(ctx, done, known)
	a.traceChanges(ctx, s, done, p, known.past)
	return a.engine(ctx, s, done, p)
}

// pastOf reads what the ledger knows about an input's circuits, if there is a ledger.
func (a *app) pastOf(ctx context.Context, s *invocation, done *finished) (known, error) {
	if s.store == nil {
		return known{}, nil
	}
	k, err := s.pastOf(ctx, done)
	if err != nil {
		return k, a.ledgers.Failure(err)
	}
	return k, nil
}

// pastOf reads what the ledger knows about circuits in the accounts of their rows. If the
// workbook has a column for accounts, it also reads what the other accounts of the service
// applied for: a row's account may have been changed. The account of a row with an unusable
// profile is not known, so what any account has counts as its own.
func (s *invocation) pastOf(ctx context.Context, done *finished) (known, error) {
	k, place := known{}, s.flags.operation.Place()
	var scopes []ledger.Scope
	if accounts.Named(done.in.Workbook) {
		var err error
		if scopes, err = s.store.Scopes(ctx); err != nil {
			return k, err
		}
	}
	service := scopeOf(s.flags.service, s.flags.run)
	for i, keys := range done.division.Keys(done.in.Workbook) {
		own := ledger.Scope("")
		if acc := done.parts[i].opened; acc.service != nil && len(keys) > 0 {
			own = acc.service.scope
			past, err := s.store.Past(ctx, own, place, keys)
			if err != nil {
				return k, err
			}
			k.add(past)
			if err := k.addLater(ctx, s, own, keys); err != nil {
				return k, err
			}
		}
		for _, scope := range scopes {
			id, ofService := scope.Account(service)
			if !ofService || scope == own || len(keys) == 0 {
				continue
			}
			past, err := s.store.Past(ctx, scope, place, keys)
			switch {
			case err != nil:
				return k, err
			case own == "":
				k.add(past)
			default:
				if k.foreign == nil {
					k.foreign = map[string]plan.Foreign{}
				}
				plan.AddForeign(k.foreign, id, past)
			}
		}
	}
	return k, nil
}

// addLater adds what is known about the steps that follow an application.
func (k *known) addLater(ctx context.Context, s *invocation, own ledger.Scope, keys []batch.Key) error {
	for _, o := range s.steps {
		if !o.FollowsUp() {
			continue
		}
		past, err := s.store.Past(ctx, own, o.Place(), keys)
		if err != nil {
			return err
		}
		later := known{past: k.later[o.Place()]}
		later.add(past)
		if k.later == nil {
			k.later = map[batch.Place]map[batch.Key]batch.Record{}
		}
		k.later[o.Place()] = later.past
	}
	return nil
}

// add adds what is known about circuits in their account. An open application counts more than
// a settled one.
func (k *known) add(past map[batch.Key]batch.Record) {
	for key, r := range past {
		if whole := accounts.Whole(r.RunID); whole != r.RunID { // as people know it
			r.RunID = whole
			past[key] = r
		}
	}
	if k.past == nil {
		k.past = past
		return
	}
	for key, r := range past {
		if before, found := k.past[key]; !found || r.Open && !before.Open {
			k.past[key] = r
		}
	}
}

// engine runs a plan and keeps its outcomes and figures.
func (a *app) engine(ctx context.Context, s *invocation, done *finished, plan *batch.Plan) error {
	done.endUnusable(plan)
	shown := a.lines.Progress(s.flags.watch.progress, len(plan.Applications), a.panicked)
	log := console.NewRunLog(s.log, done.info.id)
	log.Started(ctx, console.Start{
		Command: done.info.command, DryRun: string(done.info.dryRun), Simulated: done.info.simulate, Account: done.info.account,
		Input: done.in.Path, SHA256: done.in.SHA256, Rows: len(done.in.Workbook.Circuits), Version: version(),
	})
	parts := make([]batch.Part, len(done.parts))
	for i, rows := range plan.Split(len(parts), func(row int) int { return done.partOf(done.in.Workbook.CircuitAt(row)) }) {
		parts[i] = batch.Part{Engine: a.partEngine(s, done, done.parts[i], shown, log), Plan: rows}
	}
	summary, each, err := batch.RunParts(ctx, s.signals.drain, parts)
	shown.Finish()
	for i, p := range done.parts {
		p.stop = ledger.PartEnd{Stop: string(each[i].Stop), StopCode: each[i].StopCode}
		if p.failure != nil && summary.Stop == "" {
			summary.Stop = batch.StopAccount
		}
	}
	for _, set := range s.quotas {
		uses := set.Uses()
		for i := range uses {
			uses[i].Key.Scope = "" // with several accounts the fullest window counts
		}
		a.monitor.Used(uses)
	}
	done.problems = append(append(done.problems, plan.Problems...), summary.Problems...)
	sheet.SortProblems(done.problems, done.in.Workbook.CircuitsTable.Sheet, done.in.Workbook.EngineersTable.Sheet)
	if panicked, ok := errors.AsType[*batch.PanicError](err); ok {
		a.fail(exit.Bug(panicked))
	} else if err != nil {
		a.lines.Warn(a.ledgers.Failed(err))
	}
	if summary.NoSurvey != "" {
		a.lines.Warn("survey-denied", map[string]string{"code": summary.NoSurvey})
	}
	done.outcomes = summary.Outcomes
	done.logFailure = a.logFailure(s)
	done.totals = totals{
		requests: summary.Requests, retries: summary.Retries, throttled: summary.Throttled, slowed: summary.Slowed,
		duration: a.env.Now().Sub(done.info.started), stop: summary.Stop, stopCode: summary.StopCode, ahead: summary.Ahead,
	}
	if summary.Stop == batch.StopInterrupted {
		done.totals.signal = int(s.signals.exit.Load())
	}
	if a.crash.Load() != nil {
		done.totals.stop, done.totals.stopCode, done.totals.signal = batch.StopPanic, "", 0
	}
	return nil
}

// logFailure says why the log is not complete; it is empty if it is.
func (a *app) logFailure(s *invocation) string {
	err := s.logFile.Err()
	if err == nil {
		return ""
	}
	return a.lines.Words.Line("log-file-lost", sheet.Arg{Name: "file", Value: s.flags.watch.logFile}, sheet.Arg{Name: "reason", Value: exit.Cause(err)})
}

// endUnusable settles the rows of a plan whose accounts cannot be used.
func (done *finished) endUnusable(p *batch.Plan) {
	if !slices.ContainsFunc(done.parts, func(p *part) bool { return p.failure != nil }) {
		return
	}
	p.Applications = slices.DeleteFunc(p.Applications, func(a batch.Application) bool {
		failure := done.parts[done.partOf(a.Circuit)].failure
		if failure == nil {
			return false
		}
		o := a.Outcome(sheet.NotAttempted, batch.ReasonAccount)
		if !p.DryRun {
			o = a.NotSent(batch.ReasonAccount)
		}
		o.ErrorCode = failure.Code
		if call, ok := errors.AsType[*batch.CallError](failure); ok {
			o.ErrorCode = call.Code
		}
		p.Settled = append(p.Settled, o)
		return true
	})
	slices.SortFunc(p.Settled, func(a, b batch.Outcome) int { return cmp.Compare(a.Row, b.Row) })
}

// partEngine makes the engine of a part of a run.
func (a *app) partEngine(s *invocation, done *finished, p *part, shown *console.Progress, log *console.RunLog) *batch.Engine {
	e := &batch.Engine{
		Concurrency: s.flags.service.concurrency, MaxAttempts: s.flags.run.maxAttempts,
		Rate: s.pace.rate, Burst: s.pace.burst, Survey: s.run.survey,
		Limits: batch.Limits{MaxDuration: s.left(a.env.Now()), MaxFailures: s.run.maxFailures, Canary: s.flags.run.canary},
		Log:    s.log, RunID: done.info.id, Observe: shown.Row, Surveying: shown.Surveying,
	}
	if p.run != nil {
		e.Ledger = p.run
	}
	if p.opened.service == nil {
		return e
	}
	if len(done.parts) > 1 {
		e.Log = s.log.With(slog.String("account", p.account))
		log = &console.RunLog{Logger: log.With(slog.String("account", p.account))}
	}
	service, quotas := p.opened.service, p.quotas
	if quotas == nil {
		quotas = s.quotasOf(service)
	}
	e.Submitter, e.Finder, e.Surveyor = shown.Submitter(service), service, log.Surveyor(service)
	e.Quota = func(region string, api batch.API) batch.Quota {
		return shown.Quota(quotas.Window(region, string(api)), log, region, string(api))
	}
	return e
}

// left returns how much of --max-duration is left; 0 means no limit. A later round of an
// advance that watches begins in time, and is finished: its answers are the last ones.
func (s *invocation) left(now time.Time) time.Duration {
	bound := time.Duration(s.flags.run.maxDuration)
	if bound == 0 || s.round > 1 {
		return 0
	}
	return max(1, bound-now.Sub(s.started))
}

// newRunID returns a new run ID, such as 20270115-020000-k3f9q: the start time in UTC, by
// which IDs sort, and random characters, by which those of two hosts differ.
func newRunID(now time.Time) string {
	b := make([]byte, 4)
	rand.Read(b) // never fails: crypto/rand aborts the program instead
	tail := strings.ToLower(base32.StdEncoding.EncodeToString(b))[:5]
	return now.UTC().Format(files.RunIDTime) + "-" + tail
}
