package cli

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

func (a *app) statusCommand() *cobra.Command {
	var f submitFlags
	cmd := &cobra.Command{
		Use:   "status FILE...",
		Short: "Ask for the status of each LOA and write it into a new copy",
		Long: `Asks the API for the status of every circuit's LOA, and writes it into the column
LOA status of a new copy. Results of earlier runs are kept. No application is sent.`,
		Example: "  loabatch status tonight.results-….xlsx",
		Args:    files,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.run.maxAttempts = defaultAttempts
			return a.status(cmd, f, args)
		},
	}
	flags := cmd.Flags()
	f.output.register(flags)
	f.validation.register(flags)
	f.service.register(flags)
	f.watch.register(flags)
	registerMonitor(flags)
	flags.BoolVar(&f.run.simulate, "simulate", false, "ask the embedded simulator, which has no LOAs")
	return cmd
}

func (a *app) status(cmd *cobra.Command, f submitFlags, paths []string) error {
	ctx := cmd.Context()
	paths = a.distinctInputs(paths)
	s, err := a.newInvocation("status", f, paths)
	if err != nil {
		return err
	}
	defer s.close()
	inputs, unread := readInputs(paths, s.options, s.flags.validation)
	if len(unread) > 0 {
		return unread
	}
	s.args = settingsLine(cmd, paths)
	targets, err := a.outputs(ctx, s, inputs)
	if err != nil {
		return err
	}
	for _, in := range inputs {
		a.remarks(in)
	}
	if err := a.openAccounts(ctx, s, booksOf(inputs)...); err != nil {
		return err
	}
	if s.store, err = a.knownLedger(ctx, s); err != nil {
		a.lines.Warn("quota-alone", map[string]string{"reason": a.ledgerCause(err)})
	}
	ctx, s.signals = a.watchSignals(ctx)
	defer s.signals.stop()
	return a.each(ctx, s, inputs, targets, nil, a.statusOf)
}

// statusOf asks for the status of each LOA of one input, and writes the copy.
func (a *app) statusOf(ctx context.Context, s *invocation, in *input, t target) (*report.Document, bool, error) {
	done := &finished{in: in, info: runInfo{
		id: t.runID, command: "status", args: s.args, started: a.startOf(in), simulate: s.flags.run.simulate,
		changeRef: s.flags.watch.changeRef, trace: s.trace,
	}}
	s.divide(done)
	if err := a.engine(ctx, s, done, statusPlan(in.workbook)); err != nil {
		return nil, false, err
	}
	doc, err := a.deliverStatus(s, done, t)
	return doc, false, err
}

// statusPlan plans a dry run that reads the state of every circuit named in a row, valid
// or not.
func statusPlan(book *sheet.Workbook) *batch.Plan {
	p := &batch.Plan{DryRun: true}
	for i := range book.Circuits {
		c := &book.Circuits[i]
		key := plan.KeyOf(c)
		if key.Region == "" || key.InstanceID == "" {
			p.Settled = append(p.Settled, batch.Outcome{Row: c.Row, Key: key, Result: sheet.Invalid, Reason: batch.ReasonInvalid})
			continue
		}
		p.Applications = append(p.Applications, batch.Application{Row: c.Row, Key: key, Circuit: c})
	}
	return p
}

// deliverStatus writes the copy and its reports, and returns the document.
func (a *app) deliverStatus(s *invocation, done *finished, t target) (*report.Document, error) {
	unasked := 0
	for i, o := range done.outcomes {
		if o.Result == sheet.NotAttempted {
			unasked++
		}
		done.outcomes[i] = statusOutcome(&done.in.workbook.Circuits[i], o)
	}
	done.problems = nil // status does not validate
	doc := document(done, newFindings(done.in.workbook, nil), a.lines.Words)
	rejected := false
	for i := range doc.Applications {
		app := &doc.Applications[i]
		app.Before = &done.in.workbook.Circuits[i].Past.LOAStatus
		rejected = rejected || app.LOAStatus == batch.LOARejected
	}
	doc.ExitCode = statusExit(unasked, rejected, done.totals)
	if unasked > 0 {
		a.lines.Warn("status-unasked", map[string]string{"count": number(unasked)})
	}
	t.path = a.besideOpen(t.path) // opened during the run
	doc.Output = t.path
	doc.InputPath, doc.OutputPath = absolute(doc.Input), absolute(doc.Output)
	doc.Language = a.written(done.in).Vocabulary()
	patch := a.statusPatch(done, doc, s.flags.output.redact)
	doc.Unasked, doc.Commands = unasked, a.commands(done.info, doc.Input, usable(doc.Output, s.flags.output.redact))
	if _, err := a.writeChecked(done.in, t.path, t.force, patch, a.sealText(done, *doc, t.reports)); err != nil {
		return nil, failure(exitUsage, "output-unwritable", err, "file", t.path, "reason", cause(err))
	}
	a.writeReports(done, doc, t)
	a.monitor.Add(monitoredRun(done, doc, nil))
	return doc, nil
}

// statusExit returns the exit code of a status: an LOA that was rejected needs a person,
// and rows without an answer are unfinished.
func statusExit(unasked int, rejected bool, t totals) int {
	switch {
	case t.signal != 0:
		return t.signal
	case t.stop == batch.StopPanic:
		return exitInternal
	case t.stop == batch.StopFatal || t.stop == batch.StopAccount:
		return exitStopped
	case rejected:
		return exitRows
	case unasked > 0:
		return exitUnfinished
	}
	return exitOK
}

// statusOutcome combines the result that an earlier run wrote into the row with the status
// that the API reports now. Without an answer, the earlier status is kept.
func statusOutcome(c *sheet.Circuit, asked batch.Outcome) batch.Outcome {
	o := batch.Outcome{
		Row: c.Row, Key: asked.Key, Result: sheet.Result(c.Past.Result), Reason: reasonStatus, ErrorCode: asked.ErrorCode,
		RequestID: c.Past.RequestID, Token: c.Past.ClientToken, LOAStatus: cmp.Or(asked.LOAStatus, report.NoLOA),
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

// reasonStatus is the reason of every row of the status command.
const reasonStatus batch.Reason = "status-row"

// statusPatch writes the LOA status of each row, and a Summary of its own. The Errors of an
// earlier run stay, as the results do.
func (a *app) statusPatch(done *finished, doc *report.Document, redact bool) sheet.Patch {
	book := done.in.workbook
	status := make(map[int]sheet.LOAResult, len(doc.Applications))
	for _, app := range doc.Applications {
		status[app.SheetRow] = sheet.LOAResult{Status: app.LOAStatus}
	}
	patch := sheet.StatusPatch(book, status, doc.Language)
	written, words := a.translated(done, doc)
	patch.Added = report.Sheets(*written, words)
	if redact {
		patch.MaskPersonal(book)
	}
	return patch
}
