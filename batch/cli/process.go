package cli

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// Limits of what is printed on the terminal; reports have none.
const (
	shownProblems = 20
	shownCauses   = 10
)

// invocation is one command that processes workbooks: its settings, and what it has opened.
type invocation struct {
	command string
	flags   submitFlags
	run     runSettings
	pace    pace
	options sheet.Options
	log     *slog.Logger
	started time.Time
	paths   []string // the inputs, as given
	args    []string // its settingsLine, without inputs that cannot be read

	service *service     // nil when nothing is asked of the API
	store   ledger.Store // nil when nothing is sent
	signals *interruption
	closers []io.Closer
}

// process runs submit and validate: it reads every input, opens what the run needs, and
// processes one input after another. If nothing is to be sent, the inputs that can be read
// are checked even if others cannot.
func (a *app) process(cmd *cobra.Command, f submitFlags, paths []string) error {
	s, err := a.newInvocation(cmd.Name(), f)
	if err != nil {
		return err
	}
	defer s.close()
	paths = a.lines.distinctInputs(paths)
	s.paths = paths
	inputs, unread := readInputs(paths, s.options, f.validation)
	if len(unread) > 0 && (s.run.dryRun != dryRunOffline || len(inputs) == 0) {
		return unread
	}
	s.args = settingsLine(cmd, slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return unread.of(path) != nil }))
	outputs, err := s.outputs(inputs)
	if err != nil {
		return err
	}
	for _, in := range inputs {
		a.lines.remarks(in)
	}
	if err := a.open(cmd.Context(), s, inputs); err != nil {
		return err
	}
	var ctx context.Context
	ctx, s.signals = a.watchSignals(cmd.Context())
	defer s.signals.stop()
	return a.each(ctx, s, inputs, outputs, unread)
}

func (a *app) newInvocation(command string, f submitFlags) (*invocation, error) {
	s := &invocation{command: command, flags: f, started: a.env.Now()}
	var err error
	if s.run, err = f.run.settings(); err != nil {
		return nil, err
	}
	if s.pace, err = f.service.pace(); err != nil {
		return nil, err
	}
	if s.options, err = f.validation.options(s.started); err != nil {
		return nil, err
	}
	if err = f.output.check(); err != nil {
		return nil, err
	}
	var closer io.Closer
	if s.log, closer, err = f.watch.logger(a.env.Stderr); err != nil {
		return nil, err
	}
	s.closers = append(s.closers, closer)
	return s, nil
}

// several reports whether more than one input was named.
func (s *invocation) several() bool { return len(s.paths) > 1 }

// close releases what was opened, last first.
func (s *invocation) close() {
	for i := len(s.closers) - 1; i >= 0; i-- {
		_ = s.closers[i].Close() // there is nothing left to write
	}
}

// target is a run's ID and the path of its copy, "" for none.
type target struct{ runID, path string }

// outputs decides where each copy goes, and checks that it can be written there, before
// anything is sent.
func (s *invocation) outputs(inputs []*input) ([]target, error) {
	if s.several() && s.flags.output.output != "" && !isFolder(s.flags.output.output) {
		return nil, failure(exitUsage, "output-no-folder", nil, "file", s.flags.output.output)
	}
	targets := make([]target, len(inputs))
	for i, in := range inputs {
		targets[i].runID = newRunID(s.started)
		if s.run.dryRun != dryRunOff && s.flags.output.output == "" {
			continue
		}
		targets[i].path = copyPath(in.path, s.flags.output.output, s.several(), targets[i].runID)
		for _, other := range inputs {
			if sameFile(other.path, targets[i].path) {
				return nil, failure(exitUsage, "output-is-input", nil, "file", other.path)
			}
		}
		if err := checkOutput(in, targets[i].path); err != nil {
			return nil, fileErrors{{in.path, err}}
		}
		if err := in.findObstacles(); err != nil {
			return nil, fileErrors{{in.path, err}}
		}
	}
	return targets, nil
}

// open opens the service and the ledger if the run needs them, and asks for confirmation
// if it will send anything.
func (a *app) open(ctx context.Context, s *invocation, inputs []*input) error {
	if s.run.dryRun == dryRunOffline {
		return nil
	}
	service, err := a.openService(ctx, s.flags.service, s.flags.run)
	if err != nil {
		return err
	}
	s.service = service
	s.closers = append(s.closers, closeFunc(service.close))
	if s.run.dryRun != dryRunOff {
		return nil
	}
	applications := 0
	for _, in := range inputs {
		for _, c := range in.workbook.Circuits {
			if !c.Invalid {
				applications++
			}
		}
	}
	if err := a.confirm(s.flags.run.yes || s.flags.run.simulate, applications, service.account, service.endpoint); err != nil {
		return err
	}
	s.store, err = a.openLedger(ctx, s.flags.service.ledger, s.flags.run.simulate)
	if err != nil {
		return err
	}
	s.closers = append(s.closers, s.store)
	return nil
}

// closeFunc makes a function an io.Closer.
type closeFunc func()

// Close calls the function.
func (f closeFunc) Close() error {
	f()
	return nil
}

// each processes one input after another, prints their summaries, and sets the exit code
// of the command. Inputs that could not be read keep their place.
func (a *app) each(ctx context.Context, s *invocation, inputs []*input, targets []target, unread fileErrors) error {
	var docs []report.Document
	var ends []inputExit
	failed := func(path string, err error) {
		a.lines.fail(err)
		ends = append(ends, inputExit{code: exitOf(err)})
		docs = append(docs, a.unfinished(report.Document{Command: s.command, DryRun: s.run.dryRun != dryRunOff}, path, err))
	}
	next := 0 // of the inputs that could be read
	for _, path := range s.paths {
		if err := unread.of(path); err != nil {
			failed(path, err)
			continue
		}
		doc, sent, err := a.one(ctx, s, inputs[next], targets[next])
		next++
		if err != nil {
			if !s.several() {
				return err
			}
			failed(path, err)
			continue
		}
		docs = append(docs, *doc)
		if doc.Rows == 0 {
			a.lines.warn("no-circuits", map[string]string{"file": doc.Input})
		}
		ends = append(ends, inputExit{doc.ExitCode, sent})
		if !s.flags.output.json {
			if err := a.print(doc); err != nil {
				return err
			}
		}
	}
	a.exit = worst(ends)
	if !s.flags.output.json {
		return nil
	}
	if !s.several() {
		return report.JSON(a.env.Stdout, docs[0])
	}
	return report.JSONRuns(a.env.Stdout, docs, a.exit)
}

// print prints the summary of a finished run: every problem if there is no copy that lists
// them, and otherwise their causes.
func (a *app) print(doc *report.Document) error {
	o := report.TextOptions{Color: a.lines.color && a.env.StdoutTerminal, Problems: shownProblems}
	if doc.Output != "" {
		o.Problems, o.Causes = 0, shownCauses
	}
	return report.Text(a.env.Stdout, *doc, a.lines.words, o)
}

// one processes one input to its end: outcomes, copy, reports and, last, the end of the run
// in the ledger, which releases its circuits. It reports whether anything was sent.
func (a *app) one(ctx context.Context, s *invocation, in *input, t target) (doc *report.Document, sent bool, err error) {
	defer batch.Guard(func(panicked error) { err = internal(panicked) })
	done, err := a.run(ctx, s, in, t)
	done.end = ledger.RunEnd{ExitCode: exitInternal} // should the rest panic
	if done.ledger != nil {
		defer a.endRun(ctx, done)
	}
	if err != nil {
		done.end = ledger.RunEnd{ExitCode: exitOf(err)}
		return nil, false, err
	}
	if ctx.Err() != nil {
		command := a.suggest("report", settings{"ledger": done.ledgerFlag}, t.runID)
		err := failure(int(s.signals.exit.Load()), "left-at-once", ctx.Err(), "command", command)
		done.end = done.ledgerEnd(err.exit, "")
		return nil, false, err
	}
	doc = a.deliver(done, t.path, s.flags.output)
	done.end = done.ledgerEnd(doc.ExitCode, doc.Output)
	return doc, done.exitFacts().sent(), nil
}

// endRun records how a run ended. If that fails, the run counts as dead once this process
// has exited, and its circuits are released anyway.
func (a *app) endRun(ctx context.Context, done *finished) {
	if err := done.ledger.End(context.WithoutCancel(ctx), done.end); err != nil {
		a.lines.warn("ledger-end", map[string]string{"reason": a.ledgerCause(err)})
	}
}
