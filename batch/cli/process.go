package cli

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/book"
	"github.com/loabatch/loabatch/batch/cli/console"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/files"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/letters"
	"github.com/loabatch/loabatch/batch/notify"
	"github.com/loabatch/loabatch/batch/quota"
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
	command   string
	flags     submitFlags
	run       runSettings
	pace      pace
	steps     []batch.Operation // of each row; nil means only to apply
	options   sheet.Options
	log       *slog.Logger
	trace     string           // ID of the trace that TRACEPARENT names
	logFile   *console.LogFile // nil if the log goes to standard error
	started   time.Time
	paths     []string     // the inputs, as given
	night     bool         // the inputs are those of a folder
	approving bool         // a dry run for a plan: rows are planned as if they were to be sent, so --all-or-nothing applies
	files     files.Claims // so far
	args      []string     // its settingsLine, without inputs that cannot be read

	accounts []*account // that were opened so far
	service  *service   // of the first account that can be used; nil if the API is not needed
	quotas   map[ledger.Scope]*quota.Set
	keeper   quota.Keeper // of the quotas

	fetcher *letters.Fetcher // of letters; nil without --download
	lookups atomic.Int64     // made for letters, since they were counted last

	rounds map[*book.Input]*advanced // the last one over each input; nil unless an advance watches
	round  int                       // its number, from 1 on

	store ledger.Store // nil if nothing is sent and no ledger exists

	patience  *patience   // with the database of a ledger that hosts share; nil for any other
	impatient func()      // ends it
	away      func(error) // says that the database is away, or with nil that it is back

	signals *interruption
	closers []io.Closer
}

// process runs every command that checks or sends rows. It reads every input, opens what the run
// needs, and processes one input after another. f holds the values of the command's flags, to
// which a plan that it carries out adds its own. If nothing is to be sent, the inputs that can be
// read are checked even if others cannot.
func (a *app) process(cmd *cobra.Command, f *submitFlags, paths []string) error {
	if err := f.checkWatch(); err != nil {
		return err
	}
	paths, err := a.adoptPlan(cmd, f, paths)
	if err != nil {
		return err
	}
	folders, err := a.namedFolders(cmd, f.folder, paths)
	if err != nil {
		return err
	}
	if folders.In != "" {
		return a.processFolder(cmd, *f, folders)
	}
	paths = files.Distinct(a.lines, paths)
	s, err := a.newInvocation(cmd.Name(), *f, paths)
	if err != nil {
		return err
	}
	defer s.close()
	inputs, unread := book.ReadAll(paths, s.options, s.flags.validation.limits())
	if len(unread) > 0 && (s.run.dryRun != dryRunOffline || len(inputs) == 0) {
		return unread
	}
	s.args = settingsLine(cmd, slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return unread.Of(path) != nil }))
	outputs, err := a.outputs(cmd.Context(), s, inputs)
	if err != nil {
		return err
	}
	for _, in := range inputs {
		a.remarks(in)
	}
	switch err := a.open(cmd.Context(), s, inputs); {
	case errors.Is(err, errDeclined):
		return a.declined(s)
	case err != nil:
		return err
	}
	var ctx context.Context
	ctx, s.signals = a.watchSignals(cmd.Context())
	defer s.signals.stop()
	a.bePatient(ctx, s)
	if f.approved != nil {
		if err := a.checkPlan(ctx, s, inputs); err != nil {
			return err
		}
	}
	if f.every > 0 {
		a.watchSteps(ctx, s, inputs, outputs)
	}
	return a.each(ctx, s, inputs, outputs, unread, a.one)
}

func (a *app) newInvocation(command string, f submitFlags, paths []string) (*invocation, error) {
	s := &invocation{command: command, flags: f, started: a.env.Now(), paths: paths}
	a.waitUnattended(f)
	err := a.claimFiles(s) // first, as the metrics report invalid values, too
	if err != nil {
		return nil, err
	}
	if s.run, err = f.run.settings(); err != nil {
		return nil, err
	}
	if s.pace, err = f.service.pace(); err != nil {
		return nil, err
	}
	if s.options, err = f.validation.options(s.started); err != nil {
		return nil, err
	}
	s.steps, s.options.Purpose = workOf(command)
	if err = checkDefaultRegion(&s.options); err != nil {
		return nil, err
	}
	if s.flags.validation.password, err = a.passwordSource(f.validation.passwordFile, f.run.yes); err != nil {
		return nil, err
	}
	if err = f.output.check(); err != nil {
		return nil, err
	}
	if err = f.watch.check(); err != nil {
		return nil, err
	}
	if err = a.openLetters(s); err != nil {
		return nil, err
	}
	if s.log, s.logFile, err = a.openLog(f.watch); err != nil {
		return nil, err
	}
	s.log, s.trace = console.Traced(s.log, a.env.Getenv("TRACEPARENT"))
	if f.watch.changeRef != "" {
		s.log = s.log.With(slog.String("change_ref", f.watch.changeRef))
	}
	a.monitor.Log(s.log)
	if s.logFile != nil {
		a.logFile = s.logFile
	}
	return s, nil
}

// claimFiles claims the command's files that are known before any is opened.
func (a *app) claimFiles(s *invocation) error {
	for _, path := range s.paths {
		s.files.Read(path)
	}
	if path := s.flags.service.ledger; path != "" {
		if path, err := a.ledgers.File(path); err == nil && path != "" { // otherwise opening the ledger reports it
			if err := s.files.Write("--ledger", path); err != nil {
				return err
			}
		}
	}
	s.files.Keep("--"+passwordFlag, s.flags.validation.passwordFile)
	if path := s.flags.watch.logFile; path != "" {
		if err := s.files.Write("--log-file", path); err != nil {
			return err
		}
	}
	return a.claimMetrics(s)
}

// claimMetrics claims the metrics file, which may replace only another metrics file, and records
// in it that the command has started.
func (a *app) claimMetrics(s *invocation) error {
	if a.metrics == "" {
		return nil
	}
	path := files.Follow(a.lines, a.metrics)
	if err := s.files.Write("--"+metricsFlag, path); err != nil {
		return err
	}
	force := s.flags.output.force && s.flags.folder.in == "" // with --in it might be an input, and these are not known yet
	err := files.CheckReplace(path, force, func(f *os.File, _ int64) bool { return notify.IsMetrics(f) })
	if own, ok := errors.AsType[*exit.Error](err); ok && own.Code == "output-unwritable" { // whose it is cannot be seen
		a.lines.Warn("metrics-failed", map[string]string{"file": path, "reason": own.Args["reason"]})
		return nil
	}
	if err != nil {
		return err
	}
	a.monitor.Metrics(path)
	return nil
}

// several reports whether there may be more than one input.
func (s *invocation) several() bool { return s.night || len(s.paths) > 1 }

// close releases what was opened, last first.
func (s *invocation) close() {
	for i := len(s.closers) - 1; i >= 0; i-- {
		_ = s.closers[i].Close() // nothing is left to write
	}
}

// outputs decides where each copy and its reports go, and checks that they can be written
// there, before anything is sent.
func (a *app) outputs(ctx context.Context, s *invocation, inputs []*book.Input) ([]files.Target, error) {
	f := s.flags.output
	if s.several() && f.output != "" && !files.IsFolder(f.output) {
		return nil, exit.Failure(exit.Usage, "output-no-folder", nil, "file", f.output)
	}
	targets := make([]files.Target, len(inputs))
	for i, in := range inputs {
		t := &targets[i]
		t.RunID, t.Force = newRunID(s.started), f.force
		if s.run.dryRun == dryRunOff || f.output != "" {
			t.Path = files.Follow(a.lines, files.CopyPath(in.Path, f.output, s.several(), t.RunID))
		}
		recorded := func(string, string) bool { return false }
		if s.run.dryRun == dryRunOff && !s.flags.run.simulate {
			recorded = a.recorded(ctx, s.flags.service.ledger)
		}
		if err := t.Claim(&s.files, a.lines, in.Path, f.reports, recorded); err != nil {
			return nil, exit.Files{{Path: in.Path, Err: a.editedCopy(s.args, s.flags.validation, t.Path, err)}}
		}
		if t.Path == "" {
			continue
		}
		if err := in.FindObstacles(); err != nil {
			return nil, exit.Files{{Path: in.Path, Err: err}}
		}
	}
	return targets, nil
}

// editedCopy is the error for a path that must not be written: if a results copy that someone
// has changed is there, it names the command that continues with it, given the command
// line that would have replaced it.
func (a *app) editedCopy(line []string, f validationFlags, path string, err error) error {
	own, ok := errors.AsType[*exit.Error](err)
	if !ok || own.Code != "output-foreign" || own.Args["file"] != path {
		return err
	}
	f.password = f.password.Silent()
	in, unread := book.Read(path, sheet.Options{}, f.limits())
	if unread != nil || !slices.ContainsFunc(in.Workbook.Circuits, func(c sheet.Circuit) bool { return c.LastRun().Result != "" }) {
		return err
	}
	command := a.onwards(line, path)
	if command == "" {
		return err // a ledger of an older version does not have the command line
	}
	return exit.Failure(exit.Usage, "output-edited", err, "file", path, "command", command)
}

// open opens the service and the ledger if the run needs them, and asks for confirmation
// if it will send anything.
func (a *app) open(ctx context.Context, s *invocation, inputs []*book.Input) error {
	if s.run.dryRun == dryRunOffline {
		return nil
	}
	err := a.openAccounts(ctx, s, book.Workbooks(inputs)...)
	if err != nil {
		return err
	}
	if s.run.dryRun != dryRunOff {
		if s.store, err = a.knownLedger(ctx, s); err != nil {
			return err
		}
		return nil
	}
	applications := 0
	for _, in := range inputs {
		for _, c := range in.Workbook.Circuits {
			if !c.Invalid {
				applications++
			}
		}
	}
	if err := a.confirm(s.flags.run.yes || s.flags.run.simulate, applications, func() (string, error) { return a.ask(ctx, s, inputs) }); err != nil {
		return err
	}
	if s.flags.run.simulate {
		s.store, err = a.ledgers.Temporary(ctx)
	} else {
		s.store, err = a.ledgers.Open(ctx, s.flags.service.ledger)
	}
	if err != nil {
		return err
	}
	s.closers = append(s.closers, s.store)
	if _, shared := s.store.(ledger.Shared); !shared && s.flags.run.noWait && !s.flags.run.simulate {
		a.lines.Note("no-wait-alone", nil)
	}
	return nil
}

// ask returns the question before the inputs are sent, or "" if nothing would be. It reads
// what the ledger knows, if there is one.
func (a *app) ask(ctx context.Context, s *invocation, inputs []*book.Input) (string, error) {
	known, err := a.ledgers.Past(ctx, s.flags.service.ledger)
	if s.command == advance && err == nil && known == nil { // it asks the API, within the quota that the run uses afterwards
		known, err = a.ledgers.Open(ctx, s.flags.service.ledger)
	}
	if err != nil {
		return "", err
	}
	if known != nil {
		s.store = known
		defer func() {
			s.store = nil
			_ = known.Close() // it was only read
		}()
	}
	going := 0
	all := make([]sending, len(inputs))
	for i, in := range inputs {
		var err error
		if all[i], err = a.sendingOf(ctx, s, in); err != nil {
			return "", err
		}
		going += all[i].going
	}
	if going == 0 {
		return "", nil
	}
	return a.question(s.command, all, s.service.endpoint, s.accounts), nil
}

// waitUnattended lets a command wait for a database that is away when it starts, unless somebody at a
// terminal can see that it is and try again.
func (a *app) waitUnattended(f submitFlags) {
	if !f.run.noWait && (f.run.yes || f.folder.in != "" || !a.env.StdinTerminal) {
		a.ledgers.WaitUnattended()
	}
}

// each processes one input after another, prints their summaries, and sets the exit code
// of the command. Inputs that could not be read keep their place. one processes an input,
// and reports whether anything was sent.
func (a *app) each(ctx context.Context, s *invocation, inputs []*book.Input, targets []files.Target, unread exit.Files,
	one func(context.Context, *invocation, *book.Input, files.Target) (*report.Document, bool, error)) error {
	var docs []report.Document
	var ends []exit.Input
	failed := func(path string, err error) {
		a.fail(err)
		ends = append(ends, exit.Input{Code: exit.Of(err)})
		docs = append(docs, a.unfinished(report.Document{Command: s.command, DryRun: s.run.dryRun != dryRunOff}, path, err))
	}
	next := 0 // of the inputs that could be read
	for _, path := range s.paths {
		if err := unread.Of(path); err != nil {
			a.monitor.Add(notify.Run{Input: files.Absolute(path), ExitCode: exit.Of(err)})
			failed(path, err)
			continue
		}
		doc, sent, err := one(ctx, s, inputs[next], targets[next])
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
			a.lines.Warn("no-circuits", map[string]string{"file": doc.Input})
		}
		ends = append(ends, exit.Input{Code: doc.ExitCode, Sent: sent})
		if !s.flags.output.json {
			if err := a.print(doc); err != nil {
				return err
			}
		}
	}
	a.exit = exit.Worst(ends)
	if !s.flags.output.json {
		return nil
	}
	return a.writeDocuments(s, docs)
}

// writeDocuments writes the documents of all inputs as one.
func (a *app) writeDocuments(s *invocation, docs []report.Document) error {
	if !s.several() {
		return report.JSON(a.env.Stdout, docs[0])
	}
	return report.JSONRuns(a.env.Stdout, docs, a.exit)
}

// print prints the summary of a finished run: every problem if there is no copy that lists
// them, and otherwise their causes.
func (a *app) print(doc *report.Document) error {
	o := report.TextOptions{Color: a.lines.Color && a.env.StdoutTerminal, Problems: shownProblems}
	if a.env.StdoutTerminal {
		o.Width, o.Height = a.env.size()
	}
	if doc.Output != "" {
		o.Problems, o.Causes = 0, shownCauses
	}
	return report.Text(a.env.Stdout, *doc, a.lines.Words, o)
}

// one processes one input completely: outcomes, copy, reports and, last, the end of the run
// in the ledger, which releases its circuits. It reports whether anything was sent.
func (a *app) one(ctx context.Context, s *invocation, in *book.Input, t files.Target) (doc *report.Document, sent bool, err error) {
	done := &finished{in: in, info: runInfo{id: t.RunID}}
	defer func() { a.monitor.Add(monitoredRun(done, doc, err)) }()
	defer batch.Guard(func(panicked error) { err = exit.Bug(panicked) })
	if r := s.rounds[in]; r != nil {
		done, err = r.done, r.err
	} else {
		done, err = a.run(ctx, s, in, t)
	}
	if t = t.Of(done.info.id); done.goesOn { // the copy has not been written yet
		t.Path, t.Reports, t.To = "", nil, nil
	}
	done.end = ledger.RunEnd{ExitCode: exit.Internal} // should the rest panic
	if done.ledger != nil {
		if !done.info.simulate {
			a.recordedRuns = append(a.recordedRuns, a.suggest("report", settings{"ledger": done.ledgerFlag, "json": "true"}, t.RunID))
		}
		defer a.endRun(ctx, done)
	}
	log := console.NewRunLog(s.log, t.RunID)
	if err != nil {
		done.end = ledger.RunEnd{ExitCode: exit.Of(err)}
		log.Ended(ctx, done.outcomes, done.end)
		return nil, false, err
	}
	if ctx.Err() != nil {
		done.left = true
		err := exit.Failure(int(s.signals.exit.Load()), "left-at-once-simulated", ctx.Err())
		if !done.info.simulate {
			command := a.suggest("report", settings{"ledger": done.ledgerFlag}, t.RunID)
			err = exit.Failure(err.Exit, "left-at-once", ctx.Err(), "command", command)
		}
		done.end = done.ledgerEnd(err.Exit, "")
		log.Ended(ctx, done.outcomes, done.end)
		return nil, false, err
	}
	if s.rounds[in] == nil {
		a.rememberLOAs(ctx, s, done)
		a.downloadFor(ctx, s, done)
	}
	doc = a.deliver(done, t, s.flags.output)
	done.end = done.ledgerEnd(doc.ExitCode, doc.Output)
	log.Ended(ctx, done.outcomes, done.end)
	return doc, done.sent(), nil
}

// endTimeout is how long a process waits for a database that does not answer before it exits
// without recording its end.
const endTimeout = 20 * time.Second

// endRun records how a run ended. If that fails, the run counts as dead once this process
// has exited, and its circuits are released anyway.
func (a *app) endRun(ctx context.Context, done *finished) {
	ctx = context.WithoutCancel(ctx)
	if done.shared {
		if done.left { // others must think this process dead before they take over its rows, which may be in flight
			return
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, endTimeout)
		defer cancel()
	}
	for i, p := range slices.Backward(done.parts) {
		end := done.end
		if i > 0 { // what concerns the whole run is kept with the first part
			end = ledger.RunEnd{ExitCode: end.ExitCode, Output: end.Output, OutputSHA256: end.OutputSHA256, Stop: p.stop.Stop, StopCode: p.stop.StopCode}
		}
		if p.run == nil {
			continue
		}
		if err := p.run.End(ctx, end); err != nil {
			a.lines.Warn("ledger-end", map[string]string{"reason": a.ledgers.Cause(err)})
		}
	}
}
