package cli

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/cli/book"
	"github.com/loabatch/loabatch/batch/cli/download"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/files"
	"github.com/loabatch/loabatch/batch/cli/loa"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/cli/reasons"
	"github.com/loabatch/loabatch/batch/cli/record"
	"github.com/loabatch/loabatch/batch/cli/watch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

func (a *app) statusCommand() *cobra.Command {
	var f submitFlags
	cmd := &cobra.Command{
		Use:   "status FILE...|RUN",
		Short: "Ask for the status of each LOA and write it into a new copy",
		Long: `Asks the API for the status of every circuit's LOA, and writes it into a new copy, with
what to do, and into the ledger, so it can say what has changed since the last time.
Results of earlier runs are kept. No application is sent. Given the ID of a run, it asks
about the circuits of that run's input.

With --download, each letter that is available is fetched once, as a PDF that only you can
read, and compared with its row: a letter of another circuit or company is an error.

With --watch, it asks again until no LOA is Applying or Completing, less and less often
while nothing changes, and prints a line for each change. A signal, or the end of
--max-duration, ends it with the last answers in the copy.`,
		Example: `  loabatch status tonight.results-….xlsx
  loabatch status --watch 30m --max-duration 12h tonight.results-….xlsx`,
		Args: someFiles,
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
	registerDownload(flags, &f.download)
	flags.Var(&f.every, watchFlag, "ask again after this long, less often while nothing changes, until no LOA is Applying or Completing")
	flags.Var(&f.run.maxDuration, "max-duration", "with --watch, stop asking after this long (default no limit)")
	flags.BoolVar(&f.run.simulate, "simulate", false, "ask the embedded simulator, which has no LOAs")
	return cmd
}

func (a *app) status(cmd *cobra.Command, f submitFlags, args []string) error {
	ctx := cmd.Context()
	a.waitUnattended(f)
	runs, err := a.namedRuns(ctx, f.service.ledger, args)
	if err != nil {
		return err
	}
	paths := make([]string, len(args))
	for i, arg := range args {
		paths[i] = arg
		if run := runs[arg]; run != nil {
			paths[i] = record.Input(run.past)
			runs[paths[i]] = run
		}
	}
	paths = files.Distinct(a.lines, paths)
	s, err := a.newInvocation("status", f, paths)
	if err != nil {
		return err
	}
	defer s.close()
	s.args = settingsLine(cmd, args)
	asked, unread := a.statusInputs(s, runs)
	if len(unread) > 0 {
		return unread
	}
	inputs := make([]*book.Input, len(asked))
	for i, k := range asked {
		inputs[i] = k.in
	}
	targets, err := a.outputs(ctx, s, inputs)
	if err != nil {
		return err
	}
	for _, in := range inputs {
		a.remarks(in)
	}
	if err := a.openAccounts(ctx, s, book.Workbooks(inputs)...); err != nil {
		return err
	}
	if !f.run.simulate {
		if s.store, err = a.ledgers.Open(ctx, f.service.ledger); err != nil {
			if _, moved := errors.AsType[*ledger.MovedError](err); moved {
				return err
			}
			a.lines.Warn("quota-alone", map[string]string{"reason": a.ledgers.Cause(err)})
			s.store = nil
		} else {
			s.closers = append(s.closers, s.store)
		}
	}
	ctx, s.signals = a.watchSignals(ctx)
	defer s.signals.stop()
	a.bePatient(ctx, s)
	for i, k := range asked {
		a.beginStatus(ctx, s, k, targets[i])
	}
	if f.every > 0 {
		if err := a.watchLOAs(ctx, s, asked); err != nil {
			return err
		}
	}
	return a.each(ctx, s, inputs, targets, nil, func(ctx context.Context, s *invocation, in *book.Input, t files.Target) (*report.Document, bool, error) {
		k := asked[slices.Index(inputs, in)]
		if f.every == 0 {
			if _, err := a.round(ctx, s, k); err != nil {
				return nil, false, err
			}
		}
		doc, err := a.deliverStatus(ctx, s, k, t)
		return doc, false, err
	})
}

// namedRun is a past run whose circuits a status is about.
type namedRun struct {
	past  *ledger.PastRun
	saved record.Options
}

// namedRuns reads the past runs among the arguments: those that have the form of a run ID
// and are not file names.
func (a *app) namedRuns(ctx context.Context, flag string, args []string) (map[string]*namedRun, error) {
	runs := map[string]*namedRun{}
	for _, arg := range args {
		if _, err := os.Stat(arg); !isRunID(arg) || !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		store, err := a.ledgers.Past(ctx, flag)
		if err != nil {
			return nil, err
		}
		if store == nil {
			return nil, exit.Failure(exit.Usage, "no-ledger", nil)
		}
		past, saved, err := a.pastRun(ctx, store, accounts.Whole(arg))
		_ = store.Close() // it was only read
		if err != nil {
			return nil, err
		}
		runs[arg] = &namedRun{past, saved}
	}
	return runs, nil
}

// isRunID reports whether a text has the form of a run's ID, see newRunID.
func isRunID(text string) bool {
	date, rest, _ := strings.Cut(text, "-")
	clock, tail, _ := strings.Cut(rest, "-")
	_, err := time.Parse(files.RunIDTime, date+"-"+clock)
	return err == nil && len(tail) == 5
}

// inquiry is what a status command knows about the LOAs of one input.
type inquiry struct {
	in   *book.Input
	done *finished
	past *finished // the past run that was named; nil if a file was named named named
	rows []loa.Row

	asked   bool              // at least once
	letters []download.Result // of the rows; nil without --download
}

// statusInputs reads the workbooks that a status is about. Those of past runs have the results
// of the run.
func (a *app) statusInputs(s *invocation, runs map[string]*namedRun) (list []*inquiry, unread exit.Files) {
	for _, path := range s.paths {
		k := &inquiry{}
		var err error
		if run := runs[path]; run == nil {
			k.in, err = book.Read(path, s.options, s.flags.validation.limits())
		} else if k.past, err = a.again(run.past, run.saved, path, s.flags.validation.password); err == nil {
			k.in = k.past.in
			for i, o := range k.past.outcomes {
				k.in.Workbook.Circuits[i].Past = &sheet.Past{
					Result: string(o.Result), ErrorCode: o.ErrorCode, ClientToken: o.Token, RequestID: o.RequestID, LOAStatus: o.LOAStatus, SubmittedAt: o.SubmittedAt,
				}
			}
		}
		if err != nil {
			unread = append(unread, exit.File{Path: path, Err: err})
			continue
		}
		list = append(list, k)
	}
	return list, unread
}

// beginStatus reads what was known of the LOAs of an input: from the ledger, or else from the
// copy that is the input.
func (a *app) beginStatus(ctx context.Context, s *invocation, k *inquiry, t files.Target) {
	k.done = &finished{in: k.in, info: runInfo{
		id: t.RunID, command: "status", args: s.args, started: a.startOf(k.in), simulate: s.flags.run.simulate,
		changeRef: s.flags.watch.changeRef, trace: s.trace,
	}}
	s.divide(k.done)
	known := a.knownLOAs(ctx, s, k.done)
	k.rows = make([]loa.Row, len(k.in.Workbook.Circuits))
	for i := range k.rows {
		c := &k.in.Workbook.Circuits[i]
		k.rows[i].Before = c.LastRun().LOAStatus
		if l, found := known[plan.KeyOf(c)]; found {
			k.rows[i].Before = cmp.Or(l.Status, report.NoLOA)
		}
	}
}

// round asks once for the LOAs of an input that are not known yet or may change soon, and
// records the answers in the ledger. It returns the LOAs whose status has changed.
func (a *app) round(ctx context.Context, s *invocation, k *inquiry) (changed []ledger.LOA, err error) {
	p := loa.Plan(k.in.Workbook)
	if k.asked {
		p.Settled = nil
		p.Applications = slices.DeleteFunc(p.Applications, func(ask batch.Application) bool { return !k.row(ask.Row).Waits() })
	}
	k.asked = true
	at, before := a.env.Now().Round(0).UTC(), k.done.totals
	if err := a.engine(ctx, s, k.done, p); err != nil {
		return nil, err
	}
	k.done.totals.add(before)
	seen := make([][]ledger.LOA, len(k.done.parts))
	for _, o := range k.done.outcomes {
		row, c := k.row(o.Row), k.in.Workbook.CircuitAt(o.Row)
		answered, differs := row.Note(o, at)
		if !answered {
			continue
		}
		l := ledger.LOA{Key: o.Key, Status: o.LOAStatus, Asked: at, Company: c.CompanyName}
		if l.Status == batch.LOAApplying {
			l.Since = c.LastRun().SubmittedAt // as the copy says, if the ledger does not know
		}
		if differs {
			changed = append(changed, l)
		}
		n := k.done.partOf(c)
		seen[n] = append(seen[n], l)
	}
	a.saveLOAs(ctx, s, k.done, seen)
	return changed, nil
}

// row returns what is known of a row of the sheet.
func (k *inquiry) row(number int) *loa.Row {
	i, _ := slices.BinarySearchFunc(k.in.Workbook.Circuits, number, func(c sheet.Circuit, n int) int { return cmp.Compare(c.Row, n) })
	return &k.rows[i]
}

// add adds the figures of earlier rounds of one run. The last one says how it ended.
func (t *totals) add(earlier totals) {
	t.requests, t.retries, t.throttled, t.slowed = t.requests+earlier.requests, t.retries+earlier.retries, t.throttled+earlier.throttled, t.slowed+earlier.slowed
}

// watchLOAs asks for the LOAs of all inputs until none of them waits for the API.
func (a *app) watchLOAs(ctx context.Context, s *invocation, asked []*inquiry) error {
	var failed error
	waits := 0
	loop, quiet := a.watchLoop(s, &waits)
	end := loop.Run(func() (answer watch.Answer) {
		waits = 0
		for _, k := range asked {
			var changed []ledger.LOA
			if changed, failed = a.round(ctx, s, k); failed != nil {
				return watch.Answer{Final: true}
			}
			loa.SayChanged(a.lines, changed)
			answer.Changed = answer.Changed || len(changed) > 0
			answer.Final = answer.Final || k.done.totals.stop != ""
			for i := range k.rows {
				if k.rows[i].Waits() {
					waits++
				}
			}
		}
		answer.Waiting, *quiet = waits > 0, !answer.Changed
		s.flags.watch.progress = "none" // from the second round on, changes are printed instead
		return answer
	})
	for _, k := range asked {
		k.done.stoppedWatching(end, s)
		k.done.totals.duration = a.env.Now().Sub(k.done.info.started)
	}
	return failed
}

// watchLoop is the loop of a command that watches. Before each wait it reports how many rows are
// still waiting, and whether anything changed in the last round.
func (a *app) watchLoop(s *invocation, waits *int) (loop watch.Loop, quiet *bool) {
	loop = watch.Loop{Every: time.Duration(s.flags.every), Stop: s.signals.drain}
	if d := time.Duration(s.flags.run.maxDuration); d > 0 {
		loop.Until = time.Now().Add(d - a.env.Now().Sub(s.started))
	}
	quiet = new(bool)
	*quiet = true
	loop.Wait = func(d time.Duration) {
		next := a.env.Now().Add(d).UTC()
		if *quiet {
			a.lines.Say("watch-quiet", map[string]string{"count": number(*waits), "time": next.Format("15:04:05")})
			return
		}
		a.lines.Say("watch-next", map[string]string{"count": number(*waits), "time": next.Format("15:04:05")})
	}
	return loop, quiet
}

// stoppedWatching records why a command stopped watching while rows were still waiting.
func (done *finished) stoppedWatching(end watch.End, s *invocation) {
	switch end {
	case watch.Stopped:
		done.totals.stop, done.totals.signal = batch.StopInterrupted, int(s.signals.exit.Load())
	case watch.Late:
		done.totals.stop = batch.StopDuration
	}
}

// watchFlag is the name of the flag.
const watchFlag = "watch"

// deliverStatus writes the copy and its reports, and returns the document.
func (a *app) deliverStatus(ctx context.Context, s *invocation, k *inquiry, t files.Target) (*report.Document, error) {
	done, unasked, rejected := k.done, 0, false
	done.outcomes = make([]batch.Outcome, len(k.rows))
	k.letters = a.fetchLetters(ctx, s, done, func(i int) string { return k.rows[i].Outcome.LOAStatus })
	known := a.knownLOAs(context.WithoutCancel(ctx), s, done)
	var letters download.Sum
	for i := range k.rows {
		row := &k.rows[i]
		row.Since, row.Letter = known[row.Outcome.Key].Since, known[row.Outcome.Key].Letter
		if k.letters != nil {
			letters.Add(k.letters[i])
			if l := k.letters[i].Letter; l.Path != "" {
				row.Letter = l
			}
		}
		if row.Unasked() {
			unasked++
		}
		done.outcomes[i] = row.Result(&done.in.Workbook.Circuits[i])
		rejected = rejected || row.Outcome.LOAStatus == batch.LOARejected
	}
	a.sayLetters(s, letters)
	done.totals.requests += int(s.lookups.Swap(0))
	done.problems = download.Problems(done.in.Workbook, k.letters) // status does not validate
	doc := document(done, reasons.New(done.in.Workbook, nil), a.lines.Words)
	k.describe(doc, a.lines.Words)
	doc.ExitCode = exit.Status{Stop: done.totals.stop, Signal: done.totals.signal, Rejected: rejected || letters.Different > 0, Unasked: unasked + letters.Failed}.Code()
	if unasked > 0 {
		a.lines.Warn("status-unasked", map[string]string{"count": number(unasked)})
	}
	t.Path = files.BesideOpen(a.lines, t.Path) // opened during the run
	doc.Output = t.Path
	doc.InputPath, doc.OutputPath = files.Absolute(doc.Input), files.Absolute(doc.Output)
	doc.Language = a.written(done.in).Vocabulary()
	patch := a.statusPatch(k, doc, s.flags.output.redact)
	doc.Unasked, doc.Commands = unasked+letters.Failed, a.commands(done.info, doc.Input, usable(doc.Output, s.flags.output.redact))
	defer done.staged.Discard() // should it panic
	if _, err := a.writeChecked(done, doc, t, patch); err != nil {
		return nil, exit.Failure(exit.Usage, "output-unwritable", err, "file", t.Path, "reason", exit.Cause(err))
	}
	a.writeReports(done, doc, t)
	a.monitor.Add(monitoredRun(done, doc, nil))
	return doc, nil
}

// describe adds to a document what is known of the LOAs and their letters.
func (k *inquiry) describe(doc *report.Document, words *prose.Catalogue) {
	doc.Unlisted = nil // these are about rules
	for i := range doc.Applications {
		app, row := &doc.Applications[i], &k.rows[i]
		if k.letters != nil {
			download.Describe(app, k.letters[i])
		}
		row.Describe(app, words)
		if k.letters != nil && !row.At.IsZero() {
			app.Hint = cmp.Or(download.Hint(words, k.letters[i]), app.Hint)
		}
	}
}

// statusPatch writes the LOA of each row, with what to do, and a Summary of its own. The
// Errors of an earlier run stay, as the results do.
func (a *app) statusPatch(k *inquiry, doc *report.Document, redact bool) sheet.Patch {
	book := k.in.Workbook
	book.MoveLetters(files.Absolute(k.in.Path), doc.OutputPath)
	written, words := a.translated(k.done, doc)
	if written != doc {
		k.describe(written, words)
	}
	rows := make(map[int]sheet.LOAResult, len(doc.Applications))
	for i := range written.Applications {
		app := &written.Applications[i]
		r := sheet.LOAResult{Status: app.LOAStatus, AskedAt: k.rows[i].At, Letter: letterCell(doc.Output, k.rows[i].Letter)}
		if k.rows[i].Concerns(&book.Circuits[i]) {
			r.Message = a.rowMessage(app)
		}
		rows[app.SheetRow] = r
	}
	patch := sheet.StatusPatch(book, rows, doc.Language)
	if k.past != nil {
		patch = a.pastPatch(k, rows, written, words, redact)
	}
	patch.Added = report.Sheets(*written, words)
	if redact {
		patch.MaskPersonal(book)
	}
	return patch
}

// pastPatch writes the results of the past run that was named, and the LOA of each row now.
func (a *app) pastPatch(k *inquiry, loas map[int]sheet.LOAResult, doc *report.Document, words *prose.Catalogue, redact bool) sheet.Patch {
	book := *k.in.Workbook
	book.Problems = k.past.problems
	past := document(k.past, reasons.New(&book, k.past.problems), words)
	rows := a.resultRows(k.past, past, redact)
	for i := range rows {
		l := loas[rows[i].Row]
		rows[i].LOAStatus, rows[i].LOAAskedAt, rows[i].Letter = l.Status, l.AskedAt, l.Letter
		rows[i].Message = cmp.Or(l.Message, rows[i].Message)
	}
	return sheet.Results(&book, rows, words, doc.Language)
}
