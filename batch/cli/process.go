package cli

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// What is printed on the terminal is capped; reports are not.
const (
	shownProblems = 20
	shownCauses   = 10
)

// job is one command line that processes workbooks: its settings, and what it
// has opened.
type job struct {
	command string
	flags   submitFlags
	run     runSettings
	pace    pace
	options sheet.Options
	log     *slog.Logger
	started time.Time
	paths   []string // the inputs as they were named
	args    []string // the command line, without the inputs that cannot be read

	service *service     // nil when nothing is asked of the API
	store   ledger.Store // nil when nothing is sent
	signals *interruption
	closers []io.Closer
}

// process is submit and validate: it reads every input, opens what the run needs, and
// takes the inputs one after another. Where nothing is sent, inputs that can be read are
// checked even when others cannot.
func (a *app) process(ctx context.Context, command string, f submitFlags, paths []string) (err error) {
	s, err := a.newJob(command, f)
	if err != nil {
		return err
	}
	defer s.close()
	s.paths = paths
	inputs, unread := readInputs(paths, s.options, f.validation)
	if len(unread) > 0 && (s.run.dryRun != dryRunOffline || len(inputs) == 0) {
		return unread
	}
	s.args = slices.DeleteFunc(slices.Clone(a.env.Args), func(arg string) bool { return unread.of(arg) != nil })
	outputs, err := s.outputs(inputs)
	if err != nil {
		return err
	}
	for _, in := range inputs {
		a.lines.remarks(in)
	}
	if err := a.open(ctx, s, inputs); err != nil {
		return err
	}
	ctx, s.signals = a.watchSignals(ctx)
	defer s.signals.stop()
	return a.each(ctx, s, inputs, outputs, unread)
}

func (a *app) newJob(command string, f submitFlags) (*job, error) {
	s := &job{command: command, flags: f, started: a.env.Now()}
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
func (s *job) several() bool { return len(s.paths) > 1 }

// close releases what was opened, last first.
func (s *job) close() {
	for i := len(s.closers) - 1; i >= 0; i-- {
		s.closers[i].Close()
	}
}

// target is the run's ID and where its copy goes; no path means no copy.
type target struct{ runID, path string }

// outputs fixes where each copy goes and finds what stands against it, before
// anything is sent.
func (s *job) outputs(inputs []*input) ([]target, error) {
	if s.several() && s.flags.output.output != "" && !isFolder(s.flags.output.output) {
		return nil, failure(exitUsage, "output-no-folder", nil, "file", s.flags.output.output)
	}
	targets := make([]target, len(inputs))
	for i, in := range inputs {
		targets[i].runID = newRunID(s.started)
		if s.run.dryRun != wetRun && s.flags.output.output == "" {
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

// open opens the service and the ledger as far as this run needs them, and asks
// before something is really sent.
func (a *app) open(ctx context.Context, s *job, inputs []*input) error {
	if s.run.dryRun == dryRunOffline {
		return nil
	}
	service, err := a.openService(ctx, s.flags.service, s.flags.run)
	if err != nil {
		return err
	}
	s.service = service
	s.closers = append(s.closers, closeFunc(service.close))
	if s.run.dryRun != wetRun {
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

// each takes the inputs one after another, prints what came of them, and sets the
// exit code of the command. Inputs that could not be read have their place first.
func (a *app) each(ctx context.Context, s *job, inputs []*input, targets []target, unread fileErrors) error {
	var docs []report.Document
	var codes []int
	failed := func(path string, err error) {
		a.lines.fail(err)
		codes = append(codes, exitOf(err))
		docs = append(docs, a.unfinished(report.Document{Command: s.command, DryRun: s.run.dryRun != wetRun}, path, err))
	}
	next := 0 // of the inputs that could be read
	for _, path := range s.paths {
		if err := unread.of(path); err != nil {
			failed(path, err)
			continue
		}
		doc, err := a.one(ctx, s, inputs[next], targets[next])
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
		codes = append(codes, doc.ExitCode)
		if !s.flags.output.json {
			if err := a.print(doc); err != nil {
				return err
			}
		}
	}
	a.exit = worst(codes)
	if !s.flags.output.json {
		return nil
	}
	if !s.several() {
		return report.JSON(a.env.Stdout, docs[0])
	}
	return report.JSONRuns(a.env.Stdout, docs, a.exit)
}

// print shows one finished run to a person: each problem where there is no copy to list
// them, else their causes.
func (a *app) print(doc *report.Document) error {
	o := report.TextOptions{Color: a.lines.color && a.env.StdoutTerminal, Problems: shownProblems}
	if doc.Output != "" {
		o.Problems, o.Causes = 0, shownCauses
	}
	return report.Text(a.env.Stdout, *doc, a.lines.words, o)
}

// one runs one input to its end: outcomes, copy, reports, and last the run's own end in
// the ledger, which frees its circuits.
func (a *app) one(ctx context.Context, s *job, in *input, t target) (*report.Document, error) {
	done, err := a.run(ctx, s, in, t)
	if done.ledger != nil {
		defer a.endRun(ctx, done)
	}
	if err != nil {
		done.end = ledger.RunEnd{ExitCode: exitOf(err)}
		return nil, err
	}
	if ctx.Err() != nil {
		err := failure(int(s.signals.exit.Load()), "left-at-once", ctx.Err(), "run", t.runID)
		done.end = done.ledgerEnd(err.exit, "")
		return nil, err
	}
	doc := a.deliver(done, t.path, s.flags.output)
	done.end = done.ledgerEnd(doc.ExitCode, doc.Output)
	return doc, nil
}

// endRun records how a run ended. When that fails, the run counts as dead once this
// process is gone, and its circuits are free all the same.
func (a *app) endRun(ctx context.Context, done *finished) {
	if err := done.ledger.End(context.WithoutCancel(ctx), done.end); err != nil {
		a.lines.warn("ledger-end", map[string]string{"reason": a.ledgerCause(err)})
	}
}
