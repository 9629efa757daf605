package cli

import (
	"cmp"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/cli/book"
	"github.com/loabatch/loabatch/batch/cli/download"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/files"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/cli/reasons"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/templates"
)

// finished is a finished run over one input: everything that is written and printed about
// it is made from this.
type finished struct {
	in       *book.Input
	info     runInfo
	problems []sheet.Problem
	outcomes []batch.Outcome // in sheet order, one per row of the Circuits sheet
	totals   totals

	recordedInput string // absolute path of the input of a past run, which may be elsewhere now
	recordedExit  int    // exit code of a past run; 0 to derive it from the results
	filed         string // where the input will be moved; empty if it stays

	ledgerFlag string // value of --ledger
	logFailure string // why the log is not complete; empty if it is

	translated *report.Document // in the language of the workbook, if that is not the user's; nil until needed

	staged files.Staged      // reports that wait for the copy
	sums   map[string]string // digests of the files that were written, by path

	division *accounts.Division // of the rows by account; nil if they are not divided divided
	parts    []*part            // what each account does of the run; at least one

	since       map[int]time.Time // of advance, by row: when the ledger first saw the LOA's status
	letters     []download.Result // of the rows, in order; nil without --download
	letterFacts download.Sum      // the sum of them
	waiting     bool              // rows wait for somebody, so the workbook is processed again
	left        bool              // at once, with requests in flight
	shared      bool              // several hosts may write a copy of the run: all must be equal
	goesOn      bool              // other hosts continue the run: these are the results so far

	changed []ledger.Changed // rows that were changed after they were accepted, in order

	ledger ledger.Run    // of the first part; nil if nothing was to be sent
	end    ledger.RunEnd // how it ended, once that is known
}

// runInfo is what is known about a run before it begins.
type runInfo struct {
	id       string
	command  string
	args     []string // its settingsLine
	dryRun   dryRun
	simulate bool
	account  string
	several  bool // it has several accounts
	started  time.Time

	changeRef string // --change-ref
	plan      string // checksum of the plan that it carries out; empty without one
	trace     string // ID of the trace that TRACEPARENT names
}

// totals are the figures of a run.
type totals struct {
	requests, retries, throttled int
	slowed, duration             time.Duration
	stop                         batch.StopReason
	stopCode                     string
	ahead                        time.Duration // as in batch.Summary
	signal                       int
}

// deliver makes the document of a finished run and writes the copy, unless t has no path for
// one, and the reports.
func (a *app) deliver(done *finished, t files.Target, f outputFlags) *report.Document {
	found := reasons.New(done.in.Workbook, done.problems)
	doc := document(done, found, a.lines.Words)
	doc.Language, doc.InProgress = a.written(done.in).Vocabulary(), done.goesOn
	end := done.exitOf(found.Errors)
	done.waiting = len(doc.Waiting) > 0
	doc.ExitCode = cmp.Or(done.recordedExit, end.Code())
	doc.Unasked = end.Unasked
	if done.waiting {
		t.To = nil
	}
	t, done.filed = t.Along(doc.ExitCode)
	if t.Path == "" {
		doc.Commands = a.commands(done.info, doc.Input, "")
		a.writeReports(done, doc, t)
		return doc
	}
	t.Path = files.BesideOpen(a.lines, t.Path) // opened during the run
	doc.Output = t.Path
	doc.InputPath, doc.OutputPath = cmp.Or(done.recordedInput, files.Absolute(cmp.Or(done.filed, doc.Input))), files.Absolute(doc.Output)
	patch := a.patch(done, doc, f.redact)
	doc.Commands = a.commands(done.info, doc.Input, usable(doc.Output, f.redact))
	defer done.staged.Discard() // should it panic
	written, failed := a.placeCopy(done, doc, t, patch)
	if failed != nil {
		end.CopyFailed, done.filed = true, ""
		doc.Output, doc.Failure, doc.ExitCode = written, a.lines.Words.Cause(exit.Cause(failed)), end.Code()
		doc.Commands = a.commands(done.info, doc.Input, usable(doc.Output, f.redact))
		t.Reports = files.Reports(cmp.Or(written, files.CopyPath(done.in.Path, "", false, done.info.id)), f.reports)
	}
	a.writeReports(done, doc, t)
	return doc
}

// usable returns the path of a copy if it can be submitted: a redacted one cannot.
func usable(path string, redacted bool) string {
	if redacted {
		return ""
	}
	return path
}

// written returns the sentences for what is written into a workbook or beside it: in the
// workbook's language, unless the user asked for one.
func (a *app) written(in *book.Input) *prose.Catalogue {
	if a.common.lang != "" {
		return a.lines.Words
	}
	return prose.Of(in.Workbook.Language())
}

// translated returns the document as it is written into the copy and beside it, and the
// sentences that go with it.
func (a *app) translated(done *finished, doc *report.Document) (*report.Document, *prose.Catalogue) {
	words := a.written(done.in)
	if words == a.lines.Words {
		return doc, words
	}
	if done.translated == nil {
		done.translated = document(done, reasons.New(done.in.Workbook, done.problems), words)
	}
	other, same := *doc, done.translated
	other.Accounts, other.Waiting = same.Accounts, same.Waiting
	other.Problems, other.Unlisted, other.Folded, other.Applications = same.Problems, same.Unlisted, same.Folded, same.Applications
	for i := range doc.Applications {
		other.Applications[i].Before = doc.Applications[i].Before
	}
	return &other, words
}

// wrote keeps the digest of a file that was written, for the ledger.
func (done *finished) wrote(path, sum string) {
	if done.sums == nil {
		done.sums = map[string]string{}
	}
	done.sums[path] = sum
}

// exitOf returns what decides the exit code, except whether the copy was written.
func (done *finished) exitOf(found *sheet.RowErrors) exit.Run {
	results, unasked := map[sheet.Result]int{}, 0
	for i := range done.outcomes {
		o := &done.outcomes[i]
		results[o.Result]++
		if o.Result == sheet.NotAttempted && (done.info.dryRun != dryRunOff || o.Reason == batch.ReasonUnasked) {
			unasked++
		}
	}
	return exit.Run{
		Results: results, Errors: done.errors(found), Withheld: done.withheld(), Unasked: unasked,
		Stop: done.totals.stop, Signal: done.totals.signal,
		LettersMissing: done.letterFacts.Failed, LettersWrong: done.letterFacts.Different,
	}
}

// sent reports whether anything of the input was sent, by this run or an earlier one.
func (done *finished) sent() bool {
	if done.withheld() {
		return false
	}
	for i := range done.outcomes {
		switch done.outcomes[i].Result {
		case sheet.Submitted, sheet.Already, sheet.Refused, sheet.Failed, sheet.Unknown:
			return true
		}
	}
	return false
}

func (done *finished) withheld() bool {
	if done.info.dryRun != dryRunOff {
		return true
	}
	return slices.ContainsFunc(done.outcomes, func(o batch.Outcome) bool { return o.Reason == batch.ReasonWithheld })
}

// errors counts the problems that are errors, except those of rows that --only left out.
func (done *finished) errors(found *sheet.RowErrors) int {
	skipped := map[int]bool{}
	for i := range done.outcomes {
		if o := &done.outcomes[i]; o.Result == sheet.Skipped {
			skipped[o.Row] = true
		}
	}
	return found.Count(skipped)
}

// patch returns what changes in the copy: each row's result, notes on problems, the two
// added sheets and, with redact, masks over personal data.
func (a *app) patch(done *finished, doc *report.Document, redact bool) sheet.Patch {
	doc, words := a.translated(done, doc)
	done.in.Workbook.MoveLetters(files.Absolute(done.in.Path), doc.OutputPath)
	book := *done.in.Workbook
	book.Problems = done.problems
	patch := sheet.Results(&book, a.resultRows(done, doc, redact), words, doc.Language)
	added := *doc
	if done.shared { // what concerns only this host is not in the copy
		added.Output, added.OutputPath, added.LogFailure = "", "", ""
	}
	patch.Added, patch.Open = report.Sheets(added, words), report.SummaryName
	patch.LinkResults(&book, report.ErrorsName)
	if redact {
		patch.MaskPersonal(done.in.Workbook)
	}
	return patch
}

// resultRows are the results of the rows as the copy has them.
func (a *app) resultRows(done *finished, doc *report.Document, redact bool) []sheet.RowResult {
	rows := make([]sheet.RowResult, len(doc.Applications))
	for i := range doc.Applications {
		app := &doc.Applications[i]
		token := app.ClientToken
		if !redact {
			token = done.outcomes[i].Token // as it was sent, for the next run to find
		}
		rows[i] = sheet.RowResult{
			Row: app.SheetRow, Result: app.Result, Message: a.rowMessage(app), ErrorCode: app.ErrorCode, RequestID: app.RequestID,
			SubmittedAt: app.SubmittedAt.Time, Attempts: app.Attempts, ClientToken: token, LOAStatus: app.LOAStatus,
		}
		if l, seen := done.seenLOA(i); seen && l.Status == app.LOAStatus {
			rows[i].LOAAskedAt = l.Asked
		}
		if done.letters != nil {
			rows[i].Letter = letterCell(doc.Output, done.letters[i].Letter)
		}
		if app.Result == sheet.Unknown {
			rows[i].SubmittedAt = done.outcomes[i].Tried // another ledger counts the settling time from then on
		}
		keepStanding(&rows[i], &done.outcomes[i], done.in.Workbook.Circuits[i].LastRun(), redact)
		if past := sheet.Result(done.in.Workbook.Circuits[i].LastRun().Result); app.Result == sheet.Skipped && slices.Contains(sheet.AllResults, past) {
			rows[i].Keep, rows[i].Result = true, past
		}
	}
	return rows
}

// keepStanding has a row whose result says nothing about an earlier application, or nothing
// new about what follows one, keep what the workbook knows of that: another ledger may know
// nothing else.
func keepStanding(row *sheet.RowResult, o *batch.Outcome, past *sheet.Past, redact bool) {
	switch {
	case o.Outdone(past.ClientToken):
	case row.Result == sheet.Invalid, row.Result == sheet.NotAttempted, row.Result == sheet.Valid, row.Result == sheet.Blocked:
	default:
		if row.Result != sheet.Refused || row.ErrorCode != batch.CodeNoCircuit {
			return
		}
	}
	if !past.MayStand() {
		return
	}
	row.ClientToken, row.SubmittedAt, row.LOAStatus = past.ClientToken, past.SubmittedAt, cmp.Or(row.LOAStatus, past.LOAStatus)
	if redact {
		row.ClientToken = sheet.MaskNumbers(row.ClientToken)
	}
}

// rowMessage is the text of a row's Message cell. It says what to do, if anything.
func (a *app) rowMessage(app *report.Application) string {
	switch app.Result {
	case sheet.Submitted, sheet.Already, sheet.Valid, sheet.Invalid:
		return app.Message
	}
	if app.Hint == "" {
		return app.Message
	}
	return app.Message + "\n" + app.Hint
}

// rendering returns how a kind of report is written.
func (a *app) rendering(done *finished, doc *report.Document, kind string) func(io.Writer) error {
	doc, words := a.translated(done, doc)
	switch kind {
	case "csv":
		return func(w io.Writer) error { return report.CSV(w, *doc, words) }
	case "json":
		return func(w io.Writer) error { return report.JSON(w, *doc) }
	}
	return func(w io.Writer) error { return report.HTML(w, *doc, words, templates.Report) }
}

// sealText lists the digests of the reports beside a copy: those that are there, for a run
// that is killed before it has replaced them, and those that will be written, from digest.
func (a *app) sealText(done *finished, doc report.Document, reports []files.Report, digest func(path string, render func(io.Writer) error) string) string {
	var text strings.Builder
	doc.Reports = pathsOf(reports)
	for _, r := range reports {
		if r.Found != "" {
			text.WriteString(files.SealLine(r.Kind, r.Found))
		}
		if sum := digest(r.Path, a.rendering(done, &doc, r.Kind)); sum != "" {
			text.WriteString(files.SealLine(r.Kind, sum))
		}
	}
	return text.String()
}

func pathsOf(reports []files.Report) []string {
	paths := make([]string, len(reports))
	for i, r := range reports {
		paths[i] = r.Path
	}
	return paths
}

// writeReports writes the report files that were asked for beside the copy. A report that
// cannot be written is only a warning: the copy has the same errors.
func (a *app) writeReports(done *finished, doc *report.Document, t files.Target) {
	doc.Reports = pathsOf(t.Reports)
	for _, r := range t.Reports {
		render := a.rendering(done, doc, r.Kind)
		err := files.CheckReplace(r.Path, t.Force, func(f *os.File, _ int64) bool {
			there := files.Digest(f)
			return there != "" && (there == r.Found || done.shared && there == done.staged.Sum(r.Path, render)) // another host may have written it first
		})
		var sum string
		if err != nil {
			err = errors.New(a.lines.Words.Line("output-changed"))
		} else {
			sum, err = done.staged.Write(r.Path, render)
		}
		if err != nil {
			a.lines.Warn("report-failed", map[string]string{"kind": r.Kind, "file": r.Path, "reason": exit.Cause(err)})
			doc.Reports = slices.DeleteFunc(doc.Reports, func(p string) bool { return p == r.Path })
			done.staged.Discard() // they list this one
			continue
		}
		done.wrote(r.Path, sum)
	}
}
