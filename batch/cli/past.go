package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/cli/book"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/files"
	"github.com/loabatch/loabatch/batch/cli/password"
	"github.com/loabatch/loabatch/batch/cli/record"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/sheet"
)

// ledgerInfo is what the ledger keeps about a run from its start, for report to render it
// again, with the command line that it then suggests. ID, scope and account are those of
// each part.
func (s *invocation) ledgerInfo(done *finished, t files.Target, args []string) ledger.RunInfo {
	options, _ := json.Marshal(record.Options{ // only strings and numbers: it cannot fail
		Region: s.options.DefaultRegion, Timezone: s.flags.validation.timezone, Strict: s.options.Strict,
		Severity: s.flags.validation.severity, Profile: s.flags.service.profile, Accounts: done.savedAccounts(), Args: args, Simulate: done.info.simulate, PlanSHA256: done.info.plan, ChangeRef: done.info.changeRef, TraceID: done.info.trace, MaxUnpacked: s.flags.validation.maxUnpacked,
	})
	host, _ := os.Hostname()
	return ledger.RunInfo{
		Command: s.command, Input: files.Absolute(done.in.Path), InputSHA256: done.in.SHA256,
		Output: t.Path, Host: host, PID: os.Getpid(), Started: done.info.started, Version: version(), Options: options,
	}
}

// savedAccounts are the parts of a run whose rows name accounts.
func (done *finished) savedAccounts() (list []record.Account) {
	if len(done.parts) == 1 && !accounts.Used(done.in.Workbook) {
		return nil
	}
	for _, p := range done.parts {
		saved := record.Account{Profile: p.profile, Account: p.account}
		if p.failure != nil {
			saved.Failure, saved.Args = p.failure.Code, p.failure.Args
		}
		list = append(list, saved)
	}
	return list
}

func (done *finished) ledgerEnd(code int, output string) ledger.RunEnd {
	end := ledger.RunEnd{
		Output: files.Absolute(output), OutputSHA256: done.sums[output], ExitCode: code, Stop: string(done.totals.stop), StopCode: done.totals.stopCode,
		Requests: done.totals.requests, Retries: done.totals.retries, Throttled: done.totals.throttled, Slowed: done.totals.slowed, Duration: done.totals.duration,
		Filed: files.Absolute(done.filed), Ahead: done.totals.ahead, LeftOut: record.LeftOut(done.outcomes), Moved: record.Moved(done.problems), Changed: done.changed, Waiting: done.waiting,
	}
	if len(done.parts) > 1 {
		for _, p := range done.parts {
			end.Parts = append(end.Parts, p.stop)
		}
	}
	for i := range done.outcomes {
		if o := &done.outcomes[i]; o.CircuitState != "" {
			if end.Statuses == nil {
				end.Statuses = map[int]string{}
			}
			end.Statuses[o.Row] = o.CircuitState
		}
	}
	for path, sum := range done.sums {
		if path != output {
			if end.Reports == nil {
				end.Reports = map[string]string{}
			}
			end.Reports[files.Absolute(path)] = sum
		}
	}
	return end
}

// pastRun reads a run with the rows of all its parts.
func (a *app) pastRun(ctx context.Context, store ledger.Store, id string) (*ledger.PastRun, record.Options, error) {
	past, saved, err := record.Read(ctx, store, id)
	if own, ok := errors.AsType[*exit.Error](err); ok {
		return nil, saved, own
	} else if err != nil {
		return nil, saved, a.ledgers.Failure(err)
	}
	return past, saved, nil
}

// again reconstructs a finished run from the ledger and its input.
func (a *app) again(past *ledger.PastRun, saved record.Options, path string, password *password.Source) (*finished, error) {
	if !past.Pruned.IsZero() {
		date := past.Pruned.Format(time.DateOnly)
		if output, _ := past.Copy(); output != "" {
			return nil, exit.Failure(exit.Usage, "run-pruned-copy", nil, "run", past.ID, "date", date, "output", output)
		}
		return nil, exit.Failure(exit.Usage, "run-pruned", nil, "run", past.ID, "date", date)
	}
	path = cmp.Or(path, record.Input(past))
	validation := validationOf(saved)
	validation.password = password
	options, err := validation.options(past.Started)
	if err != nil {
		return nil, err
	}
	_, options.Purpose = workOf(past.Command)
	in, err := book.Read(path, options, validation.limits())
	if err != nil {
		return nil, err
	}
	if in.SHA256 != past.InputSHA256 {
		return nil, exit.Failure(exit.Usage, "input-changed", nil, "file", path, "run", past.ID)
	}
	return restored(in, past, saved), nil
}

// restored reconstructs a finished run from the ledger and its input, as it was read then.
func restored(in *book.Input, past *ledger.PastRun, saved record.Options) *finished {
	done := &finished{in: in, problems: slices.Clone(in.Workbook.Problems), outcomes: record.Outcomes(in.Workbook, past), recordedInput: past.Input, info: runInfo{
		id: past.ID, command: past.Command, args: saved.Args, simulate: saved.Simulate, started: past.Started,
		plan: saved.PlanSHA256, changeRef: saved.ChangeRef, trace: saved.TraceID,
	}, shared: len(past.Members) > 0}
	if past.End != nil && past.End.Filed != "" {
		done.recordedInput = past.End.Filed
	}
	done.partsOf(saved, past)
	done.problems = append(done.problems, record.Problems(in.Workbook, past)...)
	sheet.SortProblems(done.problems, in.Workbook.CircuitsTable.Sheet, in.Workbook.EngineersTable.Sheet)
	if end := past.End; end != nil {
		done.totals = totals{
			requests: end.Requests, retries: end.Retries, throttled: end.Throttled, slowed: end.Slowed, duration: end.Duration,
			stop: batch.StopReason(end.Stop), stopCode: end.StopCode, ahead: end.Ahead,
		}
		if done.shared {
			done.totals.stop, done.totals.stopCode = record.Stop(end)
			if done.totals.stop == "" && slices.ContainsFunc(done.parts, func(p *part) bool { return p.failure != nil }) {
				done.totals.stop = batch.StopAccount
			}
			if done.totals.stop == batch.StopInterrupted {
				done.totals.signal = end.ExitCode // that of a signal, wherever it arrived
			}
		}
	}
	return done
}

// partsOf restores the parts of a past run.
func (done *finished) partsOf(saved record.Options, past *ledger.PastRun) {
	done.division = accounts.Divide(saved.Profile, done.in.Workbook)
	for i, profile := range done.division.Profiles {
		p := &part{profile: profile, account: past.Account}
		if i < len(saved.Accounts) {
			s := saved.Accounts[i]
			if p.account = s.Account; s.Failure != "" {
				p.failure = &exit.Error{Exit: exit.Stopped, Code: s.Failure, Args: s.Args}
			}
		}
		if past.End != nil && i < len(past.End.Parts) {
			p.stop = past.End.Parts[i]
		}
		done.parts = append(done.parts, p)
	}
	done.info.account, done.info.several = done.oneAccount(), len(done.parts) > 1
}

// maxTraced is how many earlier runs are searched for what they sent.
const maxTraced = 8

// traceChanges finds out what was changed in the rows that the plan holds back because they
// differ from what an earlier run sent, as far as that run's input or copy still has it.
func (a *app) traceChanges(ctx context.Context, s *invocation, done *finished, p *batch.Plan, past map[batch.Key]batch.Record) {
	then := map[string][]*book.Input{} // by run
	for i := range p.Problems {
		problem := &p.Problems[i]
		c := done.in.Workbook.CircuitAt(problem.At.Row)
		if problem.Code != batch.CodeChanged || c == nil {
			continue
		}
		before := past[plan.KeyOf(c)]
		traced, found := then[before.RunID]
		if !found && len(then) < maxTraced {
			traced = a.filesOf(ctx, s.store, before.RunID, s.flags.validation.password.Silent())
			then[before.RunID] = traced
		}
		was := ledger.Changed{Row: c.Row, Run: before.RunID}
		for _, in := range traced {
			if change, ok := plan.Changes(done.in.Workbook, c, in.Workbook, s.flags.operation, before.Hash); ok {
				was.File, was.Cells, was.Removed = in.Path, change.Cells, change.Removed
				break
			}
		}
		problem.Args = record.ChangedArgs(done.in.Workbook, c, was)
		done.changed = append(done.changed, was)
	}
}

// filesOf reads the copy and the input of a run, if they are still where they were and the
// password of this run opens them.
func (a *app) filesOf(ctx context.Context, store ledger.Store, id string, from *password.Source) (files []*book.Input) {
	run, err := store.Run(ctx, id)
	if err != nil {
		return nil
	}
	saved, err := record.ReadOptions(run.Options)
	if err != nil {
		return nil
	}
	validation := validationOf(saved)
	validation.password = from
	options, err := validation.options(run.Started)
	if err != nil {
		return nil
	}
	_, options.Purpose = workOf(run.Command)
	paths := []string{run.Input}
	if output, _ := run.Copy(); output != "" {
		paths = append(paths, output)
	}
	for _, path := range paths {
		if in, err := book.Read(path, options, validation.limits()); err == nil {
			files = append(files, in)
		}
	}
	return files
}
