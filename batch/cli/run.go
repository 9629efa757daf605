package cli

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/console"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/sheet"
)

// run processes the decoded rows of one input, which yields an outcome for each.
func (a *app) run(ctx context.Context, s *invocation, in *input, t target) (*finished, error) {
	done := &finished{in: in, problems: in.workbook.Problems, ledgerFlag: s.flags.service.ledger, info: runInfo{
		id: t.runID, command: s.command, args: s.args, dryRun: s.run.dryRun, simulate: s.flags.run.simulate, started: a.startOf(in),
		changeRef: s.flags.watch.changeRef, trace: s.trace,
	}}
	if s.service != nil {
		done.info.account = s.service.account
	}
	if s.run.dryRun == dryRunOff {
		return done, a.runForReal(ctx, s, done, t)
	}
	return done, a.runDry(ctx, s, done)
}

// startOf is when the run over an input starts: now, less the time that reading it took.
// Other inputs of the command, questions and waiting are not part of it.
func (a *app) startOf(in *input) time.Time { return a.env.Now().Add(-in.reading) }

// plan plans an input, given what is known of its circuits.
func (s *invocation) plan(ctx context.Context, in *input, past map[batch.Key]batch.Record) *batch.Plan {
	return plan.New(in.workbook, plan.Options{
		Operation: s.flags.operation, Past: past, Only: s.run.only, Valid: s.valid(ctx, in, past), Reapply: s.flags.run.reapply, AllOrNothing: s.flags.run.allOrNothing,
		Severity: s.options.SeverityOf, DryRun: s.run.dryRun != dryRunOff,
	})
}

// valid finds the circuits whose LOA the last run over them saw, and of which the ledger
// keeps nothing else, as it was not applied for here. Only --only asks, so that what cannot
// be read is left out: such a row has the result that the workbook says.
func (s *invocation) valid(ctx context.Context, in *input, past map[batch.Key]batch.Record) map[batch.Key]bool {
	if len(s.run.only) == 0 || s.store == nil || s.service == nil {
		return nil
	}
	valid := map[batch.Key]bool{}
	for _, key := range plan.Keys(in.workbook) {
		if r := past[key]; r.Open || r.Result != "" {
			continue
		}
		events, err := s.store.Circuit(ctx, key.InstanceID)
		if err != nil {
			return valid
		}
		for _, e := range events {
			if e.Scope == s.service.scope && e.Outcome.Key == key && e.Outcome.Result != sheet.Skipped {
				valid[key] = e.Outcome.Result == sheet.Already
			}
		}
	}
	return valid
}

// runForReal starts a run in the ledger, which locks the circuits, plans with what the
// ledger knows, and sends. The caller ends the run in the ledger.
func (a *app) runForReal(ctx context.Context, s *invocation, done *finished, t target) error {
	keys := plan.Keys(done.in.workbook)
	run, err := s.store.Start(ctx, s.ledgerInfo(done, t, a.anywhere(done.info.args)), keys)
	if err != nil {
		return a.ledgerFailure(err)
	}
	done.ledger = run
	past, err := run.Past(ctx, s.flags.operation.Place(), keys)
	if err != nil {
		return a.ledgerFailure(err)
	}
	p := s.plan(ctx, done.in, past)
	a.traceChanges(ctx, s, done, p, past)
	return a.engine(ctx, s, done, p, run)
}

// runDry sends nothing. An online dry run reads the ledger and the circuits' state, and
// predicts the outcomes.
func (a *app) runDry(ctx context.Context, s *invocation, done *finished) error {
	past, err := a.pastOf(ctx, s, done.in)
	if err != nil {
		return err
	}
	p := s.plan(ctx, done.in, past)
	a.traceChanges(ctx, s, done, p, past)
	return a.engine(ctx, s, done, p, nil)
}

// pastOf reads what the ledger knows of an input's circuits, if there is a ledger.
func (a *app) pastOf(ctx context.Context, s *invocation, in *input) (map[batch.Key]batch.Record, error) {
	if s.store == nil {
		return nil, nil
	}
	past, err := s.store.Past(ctx, s.service.scope, s.flags.operation.Place(), plan.Keys(in.workbook))
	if err != nil {
		return nil, a.ledgerFailure(err)
	}
	return past, nil
}

// engine runs a plan and keeps its outcomes and figures.
func (a *app) engine(ctx context.Context, s *invocation, done *finished, plan *batch.Plan, l batch.Ledger) error {
	shown := a.lines.Progress(s.flags.watch.progress, len(plan.Applications), a.panicked)
	e := &batch.Engine{
		Ledger: l, Concurrency: s.flags.service.concurrency, MaxAttempts: s.flags.run.maxAttempts,
		Rate: s.pace.rate, Burst: s.pace.burst, Survey: s.run.survey, MaxDuration: s.left(a.env.Now()), MaxFailures: s.run.maxFailures,
		Log: s.log, RunID: done.info.id, Observe: shown.Row, Surveying: shown.Surveying,
	}
	log := console.NewRunLog(s.log, done.info.id)
	log.Started(ctx, console.Start{
		Command: done.info.command, DryRun: string(done.info.dryRun), Simulated: done.info.simulate, Account: done.info.account,
		Input: done.in.path, SHA256: done.in.sha256, Rows: len(done.in.workbook.Circuits), Version: version(),
	})
	if s.service != nil {
		e.Submitter, e.Finder, e.Surveyor = shown.Submitter(s.service), s.service, log.Surveyor(s.service)
		e.Quota = func(region string, api batch.API) batch.Quota {
			return shown.Quota(s.quotas.Window(region, string(api)), log, region, string(api))
		}
	}
	summary, err := e.Run(ctx, s.signals.drain, plan)
	if s.quotas != nil {
		a.monitor.Used(s.quotas.Uses())
	}
	shown.Finish()
	done.problems = append(append(done.problems, plan.Problems...), summary.Problems...)
	sheet.SortProblems(done.problems, done.in.workbook.CircuitsTable.Sheet, done.in.workbook.EngineersTable.Sheet)
	if panicked, ok := errors.AsType[*batch.PanicError](err); ok {
		a.fail(internal(panicked))
	} else if err != nil {
		a.lines.Warn("ledger-failed", map[string]string{"reason": a.ledgerCause(err)})
	}
	if summary.NoSurvey != "" {
		a.lines.Warn("survey-denied", map[string]string{"code": summary.NoSurvey})
	}
	done.outcomes = summary.Outcomes
	if err := s.logFile.Err(); err != nil {
		done.logFailure = a.lines.Words.Line("log-file-lost", sheet.Arg{Name: "file", Value: s.flags.watch.logFile}, sheet.Arg{Name: "reason", Value: cause(err)})
	}
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

// left returns how much of --max-duration is left; 0 means no limit.
func (s *invocation) left(now time.Time) time.Duration {
	bound := time.Duration(s.flags.run.maxDuration)
	if bound == 0 {
		return 0
	}
	return max(1, bound-now.Sub(s.started))
}

// ledgerInfo is what the ledger keeps of a run from its start, for report to render it
// again, with the command line that it suggests then.
func (s *invocation) ledgerInfo(done *finished, t target, args []string) ledger.RunInfo {
	options, _ := json.Marshal(savedOptions{ // strings and numbers only: it cannot fail
		Region: s.options.DefaultRegion, Timezone: s.flags.validation.timezone, Strict: s.options.Strict,
		Severity: s.flags.validation.severity, Args: args, Simulate: done.info.simulate, ChangeRef: done.info.changeRef, TraceID: done.info.trace, MaxUnpacked: s.flags.validation.maxUnpacked,
	})
	host, _ := os.Hostname()
	return ledger.RunInfo{
		ID: done.info.id, Scope: s.service.scope, Command: s.command, Input: absolute(done.in.path), InputSHA256: done.in.sha256,
		Output: t.path, Account: done.info.account, Host: host, PID: os.Getpid(), Started: done.info.started, Version: version(), Options: options,
	}
}

// savedOptions is what decides how an input is read, kept with its run.
type savedOptions struct {
	Region   string   `json:"region,omitempty"`
	Timezone string   `json:"timezone,omitempty"`
	Strict   bool     `json:"strict,omitempty"`
	Severity []string `json:"severity,omitempty"`
	Args     []string `json:"args,omitempty"`
	Simulate bool     `json:"simulate,omitempty"`

	MaxUnpacked int `json:"max_unpacked,omitempty"`

	ChangeRef string `json:"change_ref,omitempty"`
	TraceID   string `json:"trace_id,omitempty"`
}

func (done *finished) ledgerEnd(exit int, output string) ledger.RunEnd {
	end := ledger.RunEnd{
		Output: absolute(output), OutputSHA256: done.sums[output], ExitCode: exit, Stop: string(done.totals.stop), StopCode: done.totals.stopCode,
		Requests: done.totals.requests, Retries: done.totals.retries, Throttled: done.totals.throttled, Slowed: done.totals.slowed, Duration: done.totals.duration,
		Ahead: done.totals.ahead, LeftOut: leftOut(done.outcomes), Moved: moved(done.problems), Changed: done.changed,
	}
	for path, sum := range done.sums {
		if path != output {
			if end.Reports == nil {
				end.Reports = map[string]string{}
			}
			end.Reports[absolute(path)] = sum
		}
	}
	return end
}

// newRunID returns a new run ID, such as 20270115-020000-k3f9q: the start time in UTC, by
// which IDs sort, and random characters, by which those of two hosts differ.
func newRunID(now time.Time) string {
	b := make([]byte, 4)
	rand.Read(b) // never fails: crypto/rand aborts the program instead
	tail := strings.ToLower(base32.StdEncoding.EncodeToString(b))[:5]
	return now.UTC().Format("20060102-150405") + "-" + tail
}
