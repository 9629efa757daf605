package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/approval"
	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/files"
	"github.com/loabatch/loabatch/batch/cli/reasons"
	"github.com/loabatch/loabatch/batch/cli/record"
	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// planFlag is the name of the flag of the commands that carry out a plan.
const planFlag = "plan"

func (a *app) planCommand() *cobra.Command {
	var f submitFlags
	command := "submit"
	cmd := &cobra.Command{
		Use:   "plan FILE... -o PLAN",
		Short: "Predict each row, as a file for a second person to approve",
		Long: `Checks every row, reads what the ledger and the API know of each circuit, and writes
what would be sent and what would become of it into a plan: a file for a second person
to read and approve. Nothing is sent.

submit --plan PLAN, or the command that --for names, carries out exactly that or nothing:
if a workbook, an account, an option that decides what is sent, or the prediction of any
row has changed, it says what has changed and sends nothing. The plan has no personal data.`,
		Example: `  loabatch plan tonight.xlsx -o tonight.plan.json
  loabatch plan show tonight.plan.json
  loabatch submit --plan tonight.plan.json tonight.xlsx`,
		Args: someFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(planned(), command) {
				return exit.Failure(exit.Usage, "choice", nil, "flag", "for", "value", command, "choices", strings.Join(planned(), ", "))
			}
			return a.makePlan(cmd, f, args, command)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&command, "for", command, "the `COMMAND` that is to carry it out: "+strings.Join(planned(), ", "))
	flags.StringVarP(&f.output.plan, "output", "o", "", "`PLAN`, the file to write")
	flags.BoolVar(&f.output.force, "force", false, "replace a file that is not a plan, or that was changed since; never an input")
	flags.BoolVar(&f.output.json, "json", false, jsonHelp)
	f.run.registerChoice(flags)
	f.run.registerReapply(flags)
	f.validation.register(flags)
	f.service.register(flags)
	f.watch.register(flags)
	registerMonitor(flags)
	cmd.AddCommand(a.planShowCommand())
	return cmd
}

func (a *app) planShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show PLAN",
		Short: "Print a plan as text, once it is known to be as it was written",
		Long: `Prints a plan as text: who made it, when and for which account, what it does, and each
row with what would be sent and what would become of it. The checksum is that of the whole
plan; keep it with the approval.`,
		Example: `  loabatch plan show tonight.plan.json`,
		Args:    arguments(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			p, sum, err := readPlan(args[0])
			if err != nil {
				return err
			}
			return a.printPlan(p, sum)
		},
	}
}

// makePlan predicts the rows of workbooks and writes the plan. If some row cannot be predicted,
// it writes no plan: nobody can approve what is not known.
func (a *app) makePlan(cmd *cobra.Command, f submitFlags, paths []string, command string) error {
	if f.output.plan == "" {
		return exit.Failure(exit.Usage, "plan-no-output", nil)
	}
	paths = files.Distinct(a.lines, paths)
	f.run.dryRun = string(dryRunOnline)
	s, err := a.newInvocation("plan", f, paths)
	if err != nil {
		return err
	}
	defer s.close()
	s.steps, s.options.Purpose = workOf(command)
	path := files.Follow(a.lines, f.output.plan)
	if err := s.files.Write(files.CopyFlag, path); err != nil {
		return err
	}
	if err := files.CheckReplace(path, f.output.force, isPlan); err != nil {
		return err
	}
	inputs, unread := readInputs(paths, s.options, s.flags.validation)
	if len(unread) > 0 {
		return unread
	}
	s.args = settingsLine(cmd, paths)
	ctx := cmd.Context()
	if err := a.open(ctx, s, inputs); err != nil {
		return err
	}
	ctx, s.signals = a.watchSignals(ctx)
	defer s.signals.stop()
	engineers := 0
	for _, in := range inputs {
		engineers += len(in.workbook.Engineers)
	}
	made := a.newPlan(s, command, approval.NewChecks(engineers))
	var docs []report.Document
	var ends []exit.Input
	known := true
	for _, in := range inputs {
		p, err := a.predict(ctx, s, in)
		if err != nil {
			return err
		}
		doc := a.deliver(p.done, files.Target{}, outputFlags{})
		a.monitor.Add(monitoredRun(p.done, doc, nil))
		docs, ends = append(docs, *doc), append(ends, exit.Input{Code: doc.ExitCode})
		known = known && p.known()
		made.Workbooks = append(made.Workbooks, p.workbook(made.Checks))
	}
	a.exit = exit.Worst(ends)
	sum := ""
	if known {
		err := durable.WriteFile(path, func(w io.Writer) (err error) {
			sum, err = approval.Encode(w, made)
			return err
		}, nil)
		if err != nil {
			return exit.Failure(exit.Usage, "output-unwritable", err, "file", path, "reason", exit.Cause(err))
		}
		for i := range docs {
			docs[i].Plan, docs[i].PlanSHA256 = path, sum
		}
		_, own, files := a.readLine(s.args)
		carry := own.only(append([]string{"simulate", passwordFlag}, doctorSettings...)).with(planFlag, path)
		a.lines.Say("plan-written", map[string]string{"file": path, "command": a.suggest(command, carry, files...)})
	} else {
		a.lines.Warn("plan-not-whole", nil)
	}
	switch {
	case f.output.json:
		return a.writeDocuments(s, docs)
	case known:
		return a.printPlan(made, sum)
	}
	for i := range docs {
		if err := a.print(&docs[i]); err != nil {
			return err
		}
	}
	return nil
}

// newPlan begins a plan of the run that a command would make.
func (a *app) newPlan(s *invocation, command string, checks approval.Checks) *approval.Plan {
	p := &approval.Plan{
		Version: approval.Version, Command: command, MadeAt: s.started.UTC().Truncate(time.Second), ChangeRef: s.flags.watch.changeRef,
		Service: string(scopeOf(s.flags.service, s.flags.run)), Settings: s.decisive(), Checks: checks,
		MadeBy: approval.Maker{Caller: s.service.caller, Program: "loabatch " + version()},
	}
	if who, err := user.Current(); err == nil {
		p.MadeBy.User = who.Username
	}
	p.MadeBy.Host, _ = os.Hostname()
	return p
}

// decisive lists the settings that decide what is sent, by the names of their flags. Those
// that say which service it is sent to, and as whom, are in a plan's Service and accounts.
func (s *invocation) decisive() []approval.Setting {
	v, r := s.flags.validation, s.flags.run
	only := make([]string, len(s.run.only))
	for i, result := range s.run.only {
		only[i] = strings.ToLower(string(result))
	}
	survey := surveyOff
	if s.run.survey {
		survey = surveyOn
	}
	return []approval.Setting{
		{Name: "all-or-nothing", Value: strconv.FormatBool(r.allOrNothing)},
		{Name: "only", Value: strings.Join(only, ",")},
		{Name: "reapply", Value: strconv.FormatBool(r.reapply)},
		{Name: "region", Value: v.region},
		{Name: "severity", Value: strings.Join(v.severity, ",")},
		{Name: "strict", Value: strconv.FormatBool(v.strict)},
		{Name: "survey", Value: survey},
		{Name: "timezone", Value: v.timezone},
	}
}

// prediction is what would become of the rows of one input now.
type prediction struct {
	done  *finished
	steps []batch.Operation
	plan  *batch.Plan
	past  known
}

// predict plans an input as a run does that sends, and predicts its rows.
func (a *app) predict(ctx context.Context, s *invocation, in *input) (*prediction, error) {
	p := &prediction{steps: s.steps, done: &finished{in: in, problems: slices.Clone(in.workbook.Problems), info: runInfo{
		id: newRunID(s.started), command: s.command, args: s.args, dryRun: dryRunOnline, simulate: s.flags.run.simulate,
		started: a.startOf(in), changeRef: s.flags.watch.changeRef, trace: s.trace,
	}}}
	if err := a.openAccounts(ctx, s, in.workbook); err != nil {
		return nil, err
	}
	s.divide(p.done)
	known, err := a.pastOf(ctx, s, p.done)
	if err != nil {
		return nil, err
	}
	s.approving = true
	p.plan, p.past = s.plan(ctx, p.done, known), known
	s.approving = false
	p.plan.DryRun = true
	return p, a.engine(ctx, s, p.done, p.plan)
}

// known reports whether every row has a prediction.
func (p *prediction) known() bool {
	return p.done.totals.stop == "" && !slices.ContainsFunc(p.done.outcomes, func(o batch.Outcome) bool {
		return o.Result == sheet.NotAttempted && o.Reason != batch.ReasonWithheld
	})
}

// workbook is the prediction as it is approved.
func (p *prediction) workbook(checks approval.Checks) approval.Workbook {
	w := plan.Approvable(p.done.in.workbook, p.steps, p.plan, p.done.outcomes, checks, func(c *sheet.Circuit) (id, profile string) {
		part := p.done.parts[p.done.partOf(c)]
		return part.account, part.profile
	})
	w.Name, w.SHA256 = filepath.Base(p.done.in.path), p.done.in.sha256
	return w
}

// approved is a plan that a run has to keep to.
type approved struct {
	*approval.Plan
	path, sum string
}

// isPlan reports whether a file is a plan as it was written.
func isPlan(f *os.File, _ int64) bool {
	_, _, err := approval.Decode(f)
	return err == nil
}

// readPlan reads a plan and its checksum.
func readPlan(path string) (*approval.Plan, string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, "", exit.Failure(exit.Usage, "plan-unreadable", err, "file", path, "reason", exit.Cause(err))
	}
	defer f.Close()
	p, sum, err := approval.Decode(f)
	other, isOther := errors.AsType[*approval.VersionError](err)
	switch {
	case err == nil:
		return p, sum, nil
	case errors.Is(err, approval.ErrForeign):
		return nil, "", exit.Failure(exit.Usage, "plan-foreign", err, "file", path)
	case errors.Is(err, approval.ErrDamaged):
		return nil, "", exit.Failure(exit.Usage, "plan-damaged", err, "file", path)
	case isOther:
		return nil, "", exit.Failure(exit.Usage, "plan-version", err, "file", path, "version", number(other.Version), "known", number(approval.Version))
	}
	return nil, "", exit.Failure(exit.Usage, "plan-unreadable", err, "file", path, "reason", exit.Cause(err))
}

// adoptPlan reads the plan that a command is to carry out, if it is to carry out one. The
// settings that decide what is sent are those of the plan unless the command line or a
// variable has them: those are compared later. The workbooks are expected beside the plan if
// the command line names none.
func (a *app) adoptPlan(cmd *cobra.Command, f *submitFlags, paths []string) ([]string, error) {
	path := f.run.plan
	if path == "" {
		return paths, nil
	}
	if f.folder.in != "" {
		return nil, exit.Failure(exit.Usage, "plan-with-folder", nil)
	}
	if mode, _ := parseDryRun(f.run.dryRun); mode == dryRunOffline {
		return nil, exit.Failure(exit.Usage, "plan-offline", nil, "file", path)
	}
	p, sum, err := readPlan(path)
	if err != nil {
		return nil, err
	}
	for _, setting := range p.Settings {
		flag := cmd.Flag(setting.Name)
		if flag == nil || flag.Changed || flagText(flag) == setting.Value {
			continue // the comparison finds what this program does not know
		}
		if err := cmd.Flags().Set(setting.Name, setting.Value); err != nil {
			return nil, exit.Failure(exit.Usage, "plan-damaged", err, "file", path)
		}
	}
	if f.watch.changeRef == "" {
		f.watch.changeRef = p.ChangeRef
	}
	f.approved = &approved{p, path, sum}
	if len(paths) > 0 {
		return paths, nil
	}
	for _, w := range p.Workbooks {
		paths = append(paths, filepath.Join(filepath.Dir(path), filepath.Base(w.Name)))
	}
	return paths, nil
}

// maxDifferences is how many of the things that have changed are listed.
const maxDifferences = 100

// checkPlan makes the plan of a run anew, and returns what has changed since it was approved
// as an error. What happens between this and the sending is up to the rules of the engine.
func (a *app) checkPlan(ctx context.Context, s *invocation, inputs []*input) error {
	was := s.flags.approved
	now := a.newPlan(s, s.command, was.Checks)
	var all []*prediction
	if len(inputs) == len(was.Workbooks) {
		for i, in := range inputs {
			p, err := a.predict(ctx, s, in)
			switch {
			case err != nil:
				return err
			case p.done.totals.stop == batch.StopInterrupted:
				return exit.Failure(cmp.Or(p.done.totals.signal, exit.Interrupted), "not-confirmed", nil)
			case !p.known():
				code := exit.Stopped
				if p.done.totals.stop == "" {
					code = exit.Unfinished
				}
				return exit.Failure(code, "plan-unchecked", nil, "file", was.path)
			}
			checks := approval.Checks{}
			if in.sha256 != was.Workbooks[i].SHA256 {
				checks = was.Checks // only then they may differ
			}
			all, now.Workbooks = append(all, p), append(now.Workbooks, p.workbook(checks))
		}
	}
	begun, err := a.runsOf(ctx, s, was.sum)
	if err != nil {
		return err
	}
	differences := approval.Compare(was.Plan, now, func(workbook int, r approval.Row) bool {
		return all[workbook].past.hasRun(batch.Key{Region: r.RegionID, InstanceID: r.InstanceID}, begun)
	})
	if len(differences) == 0 {
		return nil
	}
	changed := &sheet.InputError{}
	for _, d := range differences[:min(len(differences), maxDifferences)] {
		changed.Problems = append(changed.Problems, a.difference(d, was.Plan, inputs))
	}
	end := sheet.Problem{Code: "plan-changed", Severity: sheet.Error, Args: []sheet.Arg{{Name: "plan", Value: was.path}, sheet.Count("n", len(differences))}}
	changed.Problems = append(changed.Problems, end)
	return changed
}

// runsOf finds the runs that a plan with this checksum has led to. They may have been stopped:
// what is left of the plan is still approved.
func (a *app) runsOf(ctx context.Context, s *invocation, sum string) (map[string]bool, error) {
	if s.store == nil {
		return nil, nil
	}
	runs, err := s.store.Runs(ctx, 0)
	if err != nil {
		return nil, a.ledgers.Failure(err)
	}
	begun := map[string]bool{}
	for _, r := range runs {
		if saved, err := record.ReadOptions(r.Options); err == nil && saved.PlanSHA256 == sum {
			begun[accounts.Whole(r.ID)] = true
		}
	}
	return begun, nil
}

// hasRun reports whether what is known of a circuit comes from one of these runs.
func (k *known) hasRun(key batch.Key, runs map[string]bool) bool {
	if r, found := k.past[key]; found && runs[r.RunID] {
		return true
	}
	for _, past := range k.later {
		if r, found := past[key]; found && runs[r.RunID] {
			return true
		}
	}
	return false
}

// difference renders what has changed as a problem with its cell.
func (a *app) difference(d approval.Difference, was *approval.Plan, inputs []*input) sheet.Problem {
	p := sheet.Problem{Code: "plan-changed-" + string(d.Kind), Severity: sheet.Error}
	args := map[string]string{"name": d.Name, "planned": d.Planned, "now": d.Now}
	switch d.Kind {
	case approval.KindCommand, approval.KindService, approval.KindSetting:
	case approval.KindCount:
		args["planned"], args["now"] = number(len(was.Workbooks)), number(len(inputs))
	default:
		in := inputs[d.Workbook]
		args["file"] = in.path
		t, column := &in.workbook.CircuitsTable, sheet.CircuitInstanceID
		switch d.Kind {
		case approval.KindEngineer:
			t, column = &in.workbook.EngineersTable, sheet.EngineerName
		case approval.KindValue:
			column = circuitColumn(d.Name)
		}
		if d.Row > 0 {
			p.At = sheet.Ref{Sheet: t.Sheet, Row: d.Row, Col: t.Columns[column]}
			p.Column = cmp.Or(t.Headers[column], d.Name)
		}
	}
	if d.Found != nil {
		args["message"], _ = a.predictionMessage(d.Circuit, *d.Found)
	}
	for name, value := range args {
		if value == "" && (name == "planned" || name == "now") {
			value = a.lines.Words.Line("plan-nothing")
		}
		p.Args = append(p.Args, sheet.Arg{Name: name, Value: value})
	}
	return p
}

// circuitColumn is the column of a circuit's parameter.
func circuitColumn(parameter string) sheet.ColumnID {
	if parameter == plan.ConfirmValue {
		return sheet.CircuitConfirm
	}
	for _, c := range sheet.Columns {
		if c.Sheet == sheet.CircuitsSheet && c.Parameter == parameter {
			return c.ID
		}
	}
	return sheet.CircuitInstanceID
}

// predictionMessage says why a row has a predicted result.
func (a *app) predictionMessage(k approval.Circuit, p approval.Prediction) (message, hint string) {
	step, _ := batch.ParseOperation(p.Step) // that of a plan of a later version reads as an application
	return reasons.Message(a.lines.Words, &batch.Outcome{Operation: step,
		Key: batch.Key{Region: k.RegionID, InstanceID: k.InstanceID}, Result: sheet.Result(p.Result), Reason: batch.Reason(p.Reason), ErrorCode: p.ErrorCode, LOAStatus: p.LOAStatus, CircuitState: p.State,
	})
}

// printPlan prints a plan as text.
func (a *app) printPlan(p *approval.Plan, sum string) error {
	words := a.lines.Words
	var facts [][]string
	fact := func(code, value string) {
		if value != "" {
			facts = append(facts, []string{words.Line(code), report.Printable(value)})
		}
	}
	fact("plan-fact-command", "loabatch "+p.Command)
	fact("plan-fact-made", report.Stamp(p.MadeAt)+" UTC")
	fact("plan-fact-user", strings.Trim(p.MadeBy.User+"@"+p.MadeBy.Host, "@"))
	fact("plan-fact-caller", p.MadeBy.Caller)
	fact("plan-fact-program", p.MadeBy.Program)
	fact("report-fact-change-ref", p.ChangeRef)
	fact("plan-fact-service", p.Service)
	fact("report-fact-account", words.List(p.Accounts()))
	for _, setting := range p.Settings {
		if setting.Value != "" && setting.Value != "false" {
			fact("plan-fact-option", "--"+setting.Name+"="+setting.Value)
		}
	}
	for i := range p.Workbooks {
		w := &p.Workbooks[i]
		fact("plan-fact-workbook", w.Name)
		fact("report-fact-sha256", w.SHA256)
		results, operations := report.Results{}, []string{}
		for _, r := range w.Rows {
			results[sheet.Result(r.Result)]++
		}
		confirmed := 0
		for name, n := range w.Operations() {
			if strings.HasSuffix(name, batch.Confirm.String()) {
				confirmed += n
			}
			operations = append(operations, name+" "+strconv.Itoa(n))
		}
		slices.Sort(operations)
		fact("plan-fact-rows", words.Line("plan-rows", sheet.Count("rows", len(w.Rows)), sheet.Arg{Name: "results", Value: results.In(words)}))
		fact("plan-fact-sends", cmp.Or(words.List(operations), words.Line("plan-nothing")))
		if confirmed > 0 {
			fact("plan-fact-billing", words.Line("plan-circuits", sheet.Count("n", confirmed)))
		}
	}
	fact("plan-fact-checksum", sum)
	var b bytes.Buffer
	if err := report.Table(&b, facts); err != nil {
		return err
	}
	for i := range p.Workbooks {
		rows := [][]string{words.Columns("plan-table")}
		for _, r := range p.Workbooks[i].Rows {
			rows = append(rows, a.planLine(&r))
		}
		b.WriteString("\n")
		if err := report.NarrowTable(&b, rows, a.columns(), []int{0, 1, 3, 4}, []int{2, 5, 6, 7}); err != nil {
			return err
		}
	}
	_, err := b.WriteTo(a.env.Stdout)
	return err
}

// planLine is the line of a row in a plan: where it is, what is sent, and what becomes of it.
func (a *app) planLine(r *approval.Row) []string {
	values := []string{}
	for _, v := range r.Values {
		values = append(values, report.Printable(v.Value))
	}
	message := ""
	if r.Result != string(sheet.Valid) {
		message, _ = a.predictionMessage(r.Circuit, r.Prediction)
		if r.ErrorCode != "" {
			message += " [" + r.ErrorCode + "]"
		}
	}
	line := []string{r.Cell, r.InstanceID, r.RegionID, cmp.Or(r.Operation, "-"), a.lines.Words.Vocabulary().Result(sheet.Result(r.Result)), number(len(r.Engineers)), strings.Join(values, ", "), message}
	for i := range line {
		line[i] = report.Printable(line[i])
	}
	return line
}

// planSum is the checksum of the plan that the command keeps to, or "".
func (s *invocation) planSum() string {
	if s.flags.approved == nil {
		return ""
	}
	return s.flags.approved.sum
}
