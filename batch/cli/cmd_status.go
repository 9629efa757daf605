package cli

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

func (a *app) statusCommand() *cobra.Command {
	var f submitFlags
	cmd := &cobra.Command{
		Use:   "status FILE",
		Short: "Ask where each LOA stands now and write it into a new copy",
		Long: `Asks the API where the LOA of every circuit stands, and writes it into the column
LOA status of a new copy. Results of earlier runs stay as they are. Nothing is applied for.`,
		Example: "  loabatch status tonight.results-….xlsx",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.run.maxAttempts = defaultAttempts
			return a.status(cmd.Context(), f, args[0])
		},
	}
	flags := cmd.Flags()
	f.output.register(flags)
	f.validation.register(flags)
	f.service.register(flags)
	f.watch.register(flags)
	flags.BoolVar(&f.run.simulate, "simulate", false, "ask the embedded simulator, which knows of no LOA")
	return cmd
}

func (a *app) status(ctx context.Context, f submitFlags, path string) error {
	s, err := a.newJob("status", f)
	if err != nil {
		return err
	}
	defer s.close()
	in, err := readInput(path, s.options, f.validation.unpacked())
	if err != nil {
		return err
	}
	t := target{runID: newRunID(s.started)}
	t.path = copyPath(in.path, f.output.output, false, t.runID)
	if err := checkOutput(in, t.path); err != nil {
		return err
	}
	if err := in.findObstacles(); err != nil {
		return err
	}
	a.lines.remarks(in)
	if s.service, err = a.openService(ctx, f.service, f.run); err != nil {
		return err
	}
	s.closers = append(s.closers, closeFunc(s.service.close))
	ctx, s.signals = a.watchSignals(ctx)
	defer s.signals.stop()
	done := &finished{in: in, info: runInfo{
		id: t.runID, command: "status", args: a.env.Args, account: s.service.account, started: s.started, simulate: f.run.simulate,
	}}
	if err := a.engine(ctx, s, done, statusPlan(in.workbook), &batch.MemoryLedger{}); err != nil {
		return err
	}
	return a.deliverStatus(s, done, t)
}

// statusPlan asks for the state of every circuit that a row names: a dry run that
// reads, of all rows, whatever validation says of them.
func statusPlan(book *sheet.Workbook) *batch.Plan {
	plan := &batch.Plan{DryRun: true}
	for i := range book.Circuits {
		c := &book.Circuits[i]
		key := batch.Key{Region: c.RegionID, InstanceID: c.InstanceID}
		if key.Region == "" || key.InstanceID == "" {
			plan.Settled = append(plan.Settled, batch.Outcome{Row: c.Row, Key: key, Result: sheet.Invalid, Reason: batch.ReasonInvalid})
			continue
		}
		plan.Applications = append(plan.Applications, batch.Application{Row: c.Row, Key: key, Circuit: c})
	}
	return plan
}

// deliverStatus writes the copy and tells what was learnt.
func (a *app) deliverStatus(s *job, done *finished, t target) error {
	unasked := 0
	for i, o := range done.outcomes {
		if o.Result == sheet.NotAttempted {
			unasked++
		}
		done.outcomes[i] = statusOutcome(&done.in.workbook.Circuits[i], o)
	}
	done.problems = nil // status judges nothing
	doc := a.document(done, newFindings(done.in.workbook, nil))
	doc.ExitCode = statusExit(unasked, done.totals)
	if unasked > 0 {
		a.lines.warn("status-unasked", map[string]string{"count": number(unasked)})
	}
	if err := writeCopy(done.in, t.path, statusPatch(done.in.workbook, doc, s.flags.output.redact)); err != nil {
		return failure(exitUsage, "output-unwritable", err, "file", t.path, "reason", cause(err))
	}
	doc.Output, a.exit = t.path, doc.ExitCode
	a.writeReports(doc, t.path, s.flags.output.reports)
	if s.flags.output.json {
		return report.JSON(a.env.Stdout, *doc)
	}
	return a.print(doc)
}

// statusExit is the exit code of a status: rows that could not be asked about are unfinished.
func statusExit(unasked int, t totals) int {
	switch {
	case t.signal != 0:
		return t.signal
	case t.stop == batch.StopFatal:
		return exitStopped
	case unasked > 0:
		return exitUnfinished
	}
	return exitOK
}

// statusOutcome keeps the result an earlier run wrote into the row, and puts beside it
// what the API says now. Where it could not be asked, the earlier status stays.
func statusOutcome(c *sheet.Circuit, asked batch.Outcome) batch.Outcome {
	o := batch.Outcome{
		Row: c.Row, Key: asked.Key, Result: sheet.Result(c.Past.Result), Reason: reasonStatus, ErrorCode: asked.ErrorCode,
		RequestID: c.Past.RequestID, Token: c.Past.ClientToken, LOAStatus: cmp.Or(asked.LOAStatus, noLOA),
	}
	if asked.Result == sheet.NotAttempted || asked.Result == sheet.Invalid {
		o.LOAStatus = c.Past.LOAStatus
	}
	if o.Result == "" {
		o.Result = sheet.NotAttempted
		if asked.LOAStatus != "" {
			o.Result = sheet.Already
		}
	}
	return o
}

// reasonStatus is the reason that a row of the status command has.
const reasonStatus batch.Reason = "status-row"

// noLOA stands in the column where the API knows of no LOA, so that the cell shows
// that it was asked.
const noLOA = "none"

// statusPatch writes the LOA status of each row and nothing else.
func statusPatch(book *sheet.Workbook, doc *report.Document, redact bool) sheet.Patch {
	status := make(map[int]string, len(doc.Applications))
	for _, app := range doc.Applications {
		status[app.SheetRow] = app.LOAStatus
	}
	patch := sheet.StatusPatch(book, status)
	if redact {
		patch.MaskPersonal(book)
	}
	return patch
}
