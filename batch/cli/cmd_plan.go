package cli

import (
	"context"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/approval"
	"github.com/loabatch/loabatch/batch/cli/approve"
	"github.com/loabatch/loabatch/batch/cli/book"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/files"
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
		Short: "Predict each row and write a plan for a second person to approve",
		Long: `Checks every row, reads what the ledger and the API know about each circuit, and writes
what would be sent, with a prediction for each row, into a plan: a file for a second person
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
	flags.StringVar(&command, "for", command, "the `COMMAND` that will carry it out: "+strings.Join(planned(), ", "))
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
		Short: "Print a plan as text, after checking that it has not been changed",
		Long: `Prints a plan as text: who made it, when and for which account, what it does, and for each
row what would be sent and the prediction. The checksum covers the whole plan; keep it with
the approval.`,
		Example: `  loabatch plan show tonight.plan.json`,
		Args:    arguments(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			p, sum, err := approve.Read(args[0])
			if err != nil {
				return err
			}
			return approve.Text(a.env.Stdout, p, sum, a.lines.Words, a.columns())
		},
	}
}

// makePlan predicts the rows of workbooks and writes the plan. If a row cannot be predicted,
// it writes no plan: nobody can approve the unknown.
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
	if err := files.CheckReplace(path, f.output.force, approve.Is); err != nil {
		return err
	}
	inputs, unread := book.ReadAll(paths, s.options, s.flags.validation.limits())
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
		engineers += len(in.Workbook.Engineers)
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
		if sum, err = a.writePlan(s, command, path, made); err != nil {
			return err
		}
		for i := range docs {
			docs[i].Plan, docs[i].PlanSHA256 = path, sum
		}
	} else {
		a.lines.Warn("plan-not-whole", nil)
	}
	switch {
	case f.output.json:
		return a.writeDocuments(s, docs)
	case known:
		return approve.Text(a.env.Stdout, made, sum, a.lines.Words, a.columns())
	}
	for i := range docs {
		if err := a.print(&docs[i]); err != nil {
			return err
		}
	}
	return nil
}

// writePlan writes a plan, says how it is carried out, and returns its checksum.
func (a *app) writePlan(s *invocation, command, path string, made *approval.Plan) (sum string, err error) {
	err = durable.WriteFile(path, func(w io.Writer) (err error) {
		sum, err = approval.Encode(w, made)
		return err
	}, nil)
	if err != nil {
		return "", exit.Failure(exit.Usage, "output-unwritable", err, "file", path, "reason", exit.Cause(err))
	}
	_, own, files := a.readLine(s.args)
	carry := own.only(append([]string{"simulate", passwordFlag}, doctorSettings...)).with(planFlag, path)
	a.lines.Say("plan-written", map[string]string{"file": path, "command": a.suggest(command, carry, files...)})
	return sum, nil
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

// prediction is the result that each row of one input would have now.
type prediction struct {
	done  *finished
	steps []batch.Operation
	plan  *batch.Plan
	past  known
}

// predict plans an input as a run does that sends, and predicts its rows.
func (a *app) predict(ctx context.Context, s *invocation, in *book.Input) (*prediction, error) {
	p := &prediction{steps: s.steps, done: &finished{in: in, problems: slices.Clone(in.Workbook.Problems), info: runInfo{
		id: newRunID(s.started), command: s.command, args: s.args, dryRun: dryRunOnline, simulate: s.flags.run.simulate,
		started: a.startOf(in), changeRef: s.flags.watch.changeRef, trace: s.trace,
	}}}
	if err := a.openAccounts(ctx, s, in.Workbook); err != nil {
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

// workbook is the prediction in the form that is approved.
func (p *prediction) workbook(checks approval.Checks) approval.Workbook {
	w := plan.Approvable(p.done.in.Workbook, p.steps, p.plan, p.done.outcomes, checks, func(c *sheet.Circuit) (id, profile string) {
		part := p.done.parts[p.done.partOf(c)]
		return part.account, part.profile
	})
	w.Name, w.SHA256 = filepath.Base(p.done.in.Path), p.done.in.SHA256
	return w
}
