package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"time"

	"github.com/loabatch/loabatch/batch/cli/exit"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/cli/password"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

type reportFlags struct {
	output outputFlags
	input  string
	ledger string

	passwordFile string
}

func (a *app) reportCommand() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report RUN [--input FILE]",
		Short: "Write the results copy of a past run again",
		Long: `Writes the results copy of a past run again, from the ledger and the input, which must
not have changed. The input is read from its original path, unless --input names it.`,
		Example: "  loabatch report 20270115-020000-k3f9q -o again.xlsx",
		Args:    arguments(1, 1),

		ValidArgsFunction: a.completeRuns,

		RunE: func(cmd *cobra.Command, args []string) error { return a.report(cmd.Context(), f, args[0]) },
	}
	flags := cmd.Flags()
	f.output.register(flags)
	flags.StringVar(&f.input, "input", "", "`FILE` that the run read (default its original path)")
	flags.StringVar(&f.ledger, "ledger", "", ledgerHelp)
	flags.StringVar(&f.passwordFile, passwordFlag, "", passwordHelp)
	flags.Lookup("force").Usage = "replace a file that loabatch did not write or that was changed since, and an existing copy of this run; never an input"
	return cmd
}

func (a *app) report(ctx context.Context, f reportFlags, id string) error {
	if err := f.output.check(); err != nil {
		return err
	}
	password, err := a.password(f.passwordFile, false)
	if err != nil {
		return err
	}
	store, err := a.ledgers.Shown(ctx, f.ledger)
	if err != nil {
		return err
	}
	if store == nil {
		return exit.Failure(exit.Usage, "no-ledger", nil)
	}
	defer store.Close()
	id = accounts.Whole(id)
	past, saved, err := a.pastRun(ctx, store, id)
	if err != nil {
		return err
	}
	done, err := a.again(past, saved, f.input, password)
	if err != nil {
		return err
	}
	a.remarks(done.in)
	t := target{runID: id, force: f.output.force}
	t.path = copyPath(done.in.path, f.output.output, false, id)
	if _, err := os.Stat(t.path); err == nil && !t.force && t.path != f.output.output {
		return exit.Failure(exit.Usage, "output-exists", nil, "file", t.path)
	}
	t.path = a.follow(t.path)
	var files claims
	files.read(done.in.path)
	files.password(f.passwordFile)
	if path, err := a.ledgers.File(f.ledger); err == nil && path != "" {
		if err := files.write("--ledger", path); err != nil {
			return err
		}
	}
	if err := a.claimOutputs(&files, done.in, &t, f.output, a.recorded(ctx, f.ledger)); err != nil {
		return a.editedCopy(done.info.args, validationFlags{maxUnpacked: defaultMaxUnpacked, password: password}, t.path, err)
	}
	done.ledgerFlag = f.ledger
	a.signals() // no signal may leave a copy half written
	doc := a.deliver(done, t, f.output)
	if doc.Output == "" {
		a.exit = exit.NoCopy
	}
	if f.output.json {
		return report.JSON(a.env.Stdout, *doc)
	}
	return a.print(doc)
}

// pastRun reads a run with the rows of all its parts.
func (a *app) pastRun(ctx context.Context, store ledger.Store, id string) (*ledger.PastRun, savedOptions, error) {
	past, err := store.Run(ctx, id)
	if errors.Is(err, ledger.ErrNoRun) {
		return nil, savedOptions{}, exit.Failure(exit.Usage, "no-run", err, "run", id)
	}
	if err != nil {
		return nil, savedOptions{}, a.ledgers.Failure(err)
	}
	saved, err := readOptions(past.Options)
	if err != nil {
		return nil, saved, err
	}
	if err := addParts(ctx, store, past, len(saved.Accounts)); err != nil {
		return nil, saved, a.ledgers.Failure(err)
	}
	return past, saved, nil
}

// readOptions reads what the ledger keeps of a run for its report.
func readOptions(options json.RawMessage) (saved savedOptions, err error) {
	if len(options) > 0 {
		if err := json.Unmarshal(options, &saved); err != nil {
			return saved, exit.Failure(exit.Internal, "ledger-failed", err, "reason", err.Error())
		}
	}
	return saved, nil
}

// addParts adds the rows of the further parts of a run. One that was killed may lack some.
func addParts(ctx context.Context, store ledger.Store, past *ledger.PastRun, parts int) error {
	for n := 1; n < parts; n++ {
		p, err := store.Run(ctx, accounts.PartID(past.ID, n))
		if errors.Is(err, ledger.ErrNoRun) {
			continue
		}
		if err != nil {
			return err
		}
		past.Rows = append(past.Rows, p.Rows...)
		if len(past.Members) > 0 && past.End != nil && p.End != nil { // hosts shared it, so each part has its own figures
			past.End.Requests += p.End.Requests
			past.End.Retries += p.End.Retries
			past.End.Throttled += p.End.Throttled
			past.End.Slowed = max(past.End.Slowed, p.End.Slowed)
		}
		if past.Pruned.IsZero() {
			past.Pruned = p.Pruned // a part that left something open is not
		}
	}
	slices.SortStableFunc(past.Rows, func(a, b batch.Outcome) int { return cmp.Compare(a.Row, b.Row) })
	return nil
}

// again reconstructs a finished run from the ledger and its input.
func (a *app) again(past *ledger.PastRun, saved savedOptions, path string, password *password.Source) (*finished, error) {
	if !past.Pruned.IsZero() {
		date := past.Pruned.Format(time.DateOnly)
		if output, _ := past.Copy(); output != "" {
			return nil, exit.Failure(exit.Usage, "run-pruned-copy", nil, "run", past.ID, "date", date, "output", output)
		}
		return nil, exit.Failure(exit.Usage, "run-pruned", nil, "run", past.ID, "date", date)
	}
	path = cmp.Or(path, inputOf(past))
	validation := saved.validation()
	validation.password = password
	options, err := validation.options(past.Started)
	if err != nil {
		return nil, err
	}
	_, options.Purpose = workOf(past.Command)
	in, err := readInput(path, options, validation)
	if err != nil {
		return nil, err
	}
	if in.sha256 != past.InputSHA256 {
		return nil, exit.Failure(exit.Usage, "input-changed", nil, "file", path, "run", past.ID)
	}
	return restored(in, past, saved), nil
}

// restored reconstructs a finished run from the ledger and its input, as it was read then.
func restored(in *input, past *ledger.PastRun, saved savedOptions) *finished {
	done := &finished{in: in, problems: slices.Clone(in.workbook.Problems), outcomes: everyRow(in.workbook, past), recordedInput: past.Input, info: runInfo{
		id: past.ID, command: past.Command, args: saved.Args, simulate: saved.Simulate, started: past.Started,
		plan: saved.PlanSHA256, changeRef: saved.ChangeRef, trace: saved.TraceID,
	}, shared: len(past.Members) > 0}
	if past.End != nil && past.End.Filed != "" {
		done.recordedInput = past.End.Filed
	}
	done.partsOf(saved, past)
	done.problems = append(done.problems, pastProblems(in.workbook, past)...)
	sheet.SortProblems(done.problems, in.workbook.CircuitsTable.Sheet, in.workbook.EngineersTable.Sheet)
	if end := past.End; end != nil {
		done.totals = totals{
			requests: end.Requests, retries: end.Retries, throttled: end.Throttled, slowed: end.Slowed, duration: end.Duration,
			stop: batch.StopReason(end.Stop), stopCode: end.StopCode, ahead: end.Ahead,
		}
		if done.shared {
			done.totals.stop = wholeStop(end)
			if done.totals.stop == batch.StopInterrupted {
				done.totals.signal = end.ExitCode // that of a signal, wherever it arrived
			}
		}
	}
	return done
}

// wholeStop is why a run stopped early whose accounts stop each for a reason of its own.
func wholeStop(end *ledger.RunEnd) batch.StopReason {
	why, all := batch.StopReason(end.Stop), true
	for _, p := range end.Parts {
		why = cmp.Or(why, batch.StopReason(p.Stop))
		all = all && p.Stop == string(batch.StopFatal)
	}
	if why == batch.StopFatal && len(end.Parts) > 1 && !all {
		return batch.StopAccount
	}
	return why
}

// inputOf is the path of a past run's input: where it was moved, unless it is not there.
func inputOf(past *ledger.PastRun) string {
	if past.End != nil && past.End.Filed != "" {
		if _, err := os.Stat(past.End.Filed); err == nil {
			return past.End.Filed
		}
	}
	return past.Input
}

// partsOf restores the parts of a past run.
func (done *finished) partsOf(saved savedOptions, past *ledger.PastRun) {
	done.division = accounts.Divide(saved.Profile, done.in.workbook)
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

// validation returns the flags by which the input was read.
func (s savedOptions) validation() validationFlags {
	return validationFlags{maxUnpacked: cmp.Or(s.MaxUnpacked, defaultMaxUnpacked), severity: s.Severity, strict: s.Strict, timezone: s.Timezone, region: s.Region}
}

// maxTraced is how many earlier runs are looked into for what they sent.
const maxTraced = 8

// traceChanges finds out what was changed in the rows that the plan holds back because they
// differ from what an earlier run sent, as far as that run's input or copy still has it.
func (a *app) traceChanges(ctx context.Context, s *invocation, done *finished, p *batch.Plan, past map[batch.Key]batch.Record) {
	then := map[string][]*input{} // by run
	for i := range p.Problems {
		problem := &p.Problems[i]
		c := done.in.workbook.CircuitAt(problem.At.Row)
		if problem.Code != batch.CodeChanged || c == nil {
			continue
		}
		record := past[plan.KeyOf(c)]
		traced, found := then[record.RunID]
		if !found && len(then) < maxTraced {
			traced = a.filesOf(ctx, s.store, record.RunID, s.flags.validation.password.Silent())
			then[record.RunID] = traced
		}
		was := ledger.Changed{Row: c.Row, Run: record.RunID}
		for _, in := range traced {
			if change, ok := plan.Changes(done.in.workbook, c, in.workbook, s.flags.operation, record.Hash); ok {
				was.File, was.Cells, was.Removed = in.path, change.Cells, change.Removed
				break
			}
		}
		problem.Args = changedArgs(done.in.workbook, c, was)
		done.changed = append(done.changed, was)
	}
}

// changedArgs are the arguments of a problem that traceChanges found.
func changedArgs(book *sheet.Workbook, c *sheet.Circuit, was ledger.Changed) []sheet.Arg {
	return plan.ChangedArgs(book, c, was.Run, was.File, plan.Change{Cells: was.Cells, Removed: was.Removed})
}

// filesOf reads the copy and the input of a run, as far as they are where they were and the
// password of this run opens them.
func (a *app) filesOf(ctx context.Context, store ledger.Store, id string, from *password.Source) (files []*input) {
	run, err := store.Run(ctx, id)
	if err != nil {
		return nil
	}
	saved, err := readOptions(run.Options)
	if err != nil {
		return nil
	}
	validation := saved.validation()
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
		if in, err := readInput(path, options, validation); err == nil {
			files = append(files, in)
		}
	}
	return files
}

// everyRow returns an outcome for each row of the sheet: the ledger's, or NOT_ATTEMPTED for
// rows that a killed run did not reach.
func everyRow(book *sheet.Workbook, past *ledger.PastRun) []batch.Outcome {
	known := make(map[int]batch.Outcome, len(past.Rows))
	for _, o := range past.Rows {
		known[o.Row] = o
	}
	var leftOut []ledger.LeftOut
	var statuses map[int]string
	if past.End != nil {
		leftOut, statuses = past.End.LeftOut, past.End.Statuses
	}
	all := make([]batch.Outcome, len(book.Circuits))
	for i := range book.Circuits {
		c := &book.Circuits[i]
		o, ok := known[c.Row]
		if !ok {
			o = batch.Outcome{Row: c.Row, Key: plan.KeyOf(c), Result: sheet.NotAttempted, Reason: batch.ReasonInterrupted}
		}
		if o.Result == sheet.Skipped {
			for len(leftOut) > 0 && leftOut[0].Last < c.Row {
				leftOut = leftOut[1:]
			}
			o.Earlier = c.LastResult()
			if len(leftOut) > 0 && leftOut[0].First <= c.Row {
				o.Earlier = leftOut[0].Earlier
			}
		}
		o.CircuitState = statuses[c.Row]
		all[i] = o
	}
	return all
}

// leftOut lists the rows that were left out, for everyRow to find.
func leftOut(outcomes []batch.Outcome) (list []ledger.LeftOut) {
	open := false // whether the row before belongs to the last of the list
	for i := range outcomes {
		o := &outcomes[i]
		switch last := len(list) - 1; {
		case o.Result != sheet.Skipped:
			open = false
		case open && list[last].Earlier == o.Earlier:
			list[last].Last = o.Row
		default:
			list, open = append(list, ledger.LeftOut{First: o.Row, Last: o.Row, Earlier: o.Earlier}), true
		}
	}
	return list
}

// pastProblems restores the problems that were found by comparing the rows with the ledger
// as it was then: errors from the codes of the outcomes, warnings from the end of the run.
// All others are in the workbook.
func pastProblems(book *sheet.Workbook, past *ledger.PastRun) (list []sheet.Problem) {
	var warned []int
	changed := map[int]ledger.Changed{}
	if past.End != nil {
		warned = past.End.Moved
		for _, c := range past.End.Changed {
			changed[c.Row] = c
		}
	}
	for _, o := range past.Rows {
		_, warns := slices.BinarySearch(warned, o.Row)
		switch {
		case o.Result == sheet.Invalid && slices.Contains([]string{batch.CodeChanged, batch.CodeLineChanged, batch.CodeMoved, batch.CodeForeign}, o.ErrorCode):
			p := pastProblem(book, o, o.ErrorCode, sheet.Error)
			if c := book.CircuitAt(o.Row); c != nil && o.ErrorCode == batch.CodeChanged {
				p.Args = changedArgs(book, c, changed[o.Row])
			}
			list = append(list, p)
		case warns:
			list = append(list, pastProblem(book, o, batch.CodeMoved, sheet.Warning))
		}
	}
	return list
}

// pastProblem is a problem of the row of an outcome.
func pastProblem(book *sheet.Workbook, o batch.Outcome, code string, severity sheet.Severity) sheet.Problem {
	table, column, value := &book.CircuitsTable, sheet.CircuitInstanceID, o.Key.InstanceID
	switch {
	case code == batch.CodeMoved && table.Columns[sheet.CircuitRegionID] > 0:
		column, value = sheet.CircuitRegionID, o.Key.Region
	case code == batch.CodeForeign:
		if c := book.CircuitAt(o.Row); c != nil && c.Account != "" {
			column, value = sheet.CircuitAccount, c.Account
		}
	}
	return sheet.Problem{
		Code: code, Severity: severity, Value: value, Column: table.Headers[column],
		At: sheet.Ref{Sheet: table.Sheet, Row: o.Row, Col: table.Columns[column]},
	}
}

// moved lists the rows with a warning that their region was changed, for pastProblems to
// find.
func moved(problems []sheet.Problem) (rows []int) {
	for _, p := range problems {
		if p.Code == batch.CodeMoved && p.Severity == sheet.Warning {
			rows = append(rows, p.At.Row)
		}
	}
	slices.Sort(rows)
	return rows
}
