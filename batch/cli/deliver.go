package cli

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/templates"
)

// finished is a finished run over one input: everything that is written and printed about
// it is made from this.
type finished struct {
	in       *input
	info     runInfo
	problems []sheet.Problem
	outcomes []batch.Outcome // in sheet order, one per row of the Circuits sheet
	totals   totals

	ledgerFlag string // value of --ledger
	logFailure string // why the log is not complete; empty if it is

	sums map[string]string // digests of the files that were written, by path

	ledger ledger.Run    // nil when nothing was to be sent
	end    ledger.RunEnd // how it ended, once that is known
}

// runInfo is what is known of a run before it begins.
type runInfo struct {
	id       string
	command  string
	args     []string // its settingsLine
	dryRun   dryRun
	simulate bool
	account  string
	started  time.Time
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
func (a *app) deliver(done *finished, t target, f outputFlags) *report.Document {
	found := newFindings(done.in.workbook, done.problems)
	doc := a.document(done, found)
	end := done.exitFacts(found.errors)
	doc.ExitCode = end.code()
	doc.Unasked = end.unasked
	if t.path == "" {
		doc.Commands = a.commands(done.info, doc.Input, "")
		a.writeReports(done, doc, t)
		return doc
	}
	doc.Output = t.path
	patch := a.patch(done, doc, f.redact)
	doc.Commands = a.commands(done.info, doc.Input, doc.Output)
	written, failed := a.placeCopy(done, t, patch, a.sealText(*doc, t.reports))
	if failed != nil {
		end.copyFailed = true
		doc.Output, doc.Failure, doc.ExitCode = written, cause(failed), end.code()
		doc.Commands = a.commands(done.info, doc.Input, doc.Output)
		t.reports = reportFiles(cmp.Or(written, copyPath(done.in.path, "", false, done.info.id)), f.reports)
	}
	a.writeReports(done, doc, t)
	return doc
}

// wrote keeps the digest of a file that was written, for the ledger.
func (done *finished) wrote(path, sum string) {
	if done.sums == nil {
		done.sums = map[string]string{}
	}
	done.sums[path] = sum
}

// exitFacts returns what decides the exit code, except whether the copy was written.
func (done *finished) exitFacts(found *sheet.RowErrors) exitFacts {
	results, unasked := map[sheet.Result]int{}, 0
	for _, o := range done.outcomes {
		results[o.Result]++
		if o.Result == sheet.NotAttempted && (done.info.dryRun != dryRunOff || o.Reason == batch.ReasonUnasked) {
			unasked++
		}
	}
	return exitFacts{
		results: results, errors: done.errors(found), withheld: done.withheld(), unasked: unasked,
		stop: done.totals.stop, signal: done.totals.signal,
	}
}

// sent reports whether anything of the input was sent, by this run or an earlier one.
func (done *finished) sent() bool {
	return !done.withheld() && slices.ContainsFunc(done.outcomes, func(o batch.Outcome) bool {
		switch o.Result {
		case sheet.Submitted, sheet.Already, sheet.Refused, sheet.Failed, sheet.Unknown:
			return true
		}
		return false
	})
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
	for _, o := range done.outcomes {
		if o.Result == sheet.Skipped {
			skipped[o.Row] = true
		}
	}
	return found.Count(skipped)
}

// document renders a finished run; this is where codes become sentences.
func (a *app) document(done *finished, found *findings) *report.Document {
	w := a.lines.words
	listed := 0
	for i := range done.problems {
		if !done.problems[i].RowOnly {
			listed++
		}
	}
	doc := &report.Document{
		RunID: done.info.id, Command: done.info.command, DryRun: done.info.dryRun != dryRunOff, DryRunMode: string(done.info.dryRun),
		Input: done.in.path, InputSHA256: done.in.sha256, Reports: []string{}, Account: done.info.account, Regions: []string{},
		Rows: len(done.outcomes), Results: report.Results{}, Simulated: done.info.simulate, Version: version(),
		Requests: done.totals.requests, Retries: done.totals.retries, Throttled: done.totals.throttled,
		DurationSeconds: done.totals.duration.Seconds(), SlowedSeconds: done.totals.slowed.Seconds(),
		StartedAt: report.Instant{Time: done.info.started}, FinishedAt: report.Instant{Time: done.info.started.Add(done.totals.duration)},
		StopReason: string(done.totals.stop), StopCode: done.totals.stopCode, AheadSeconds: done.totals.ahead.Seconds(), LogFailure: done.logFailure,
		Problems: make([]report.Problem, 0, listed), Applications: make([]report.Application, 0, len(done.outcomes)),
	}
	for i := range done.problems {
		p := &done.problems[i]
		if p.RowOnly {
			continue
		}
		message, hint := w.Problem(*p)
		doc.Problems = append(doc.Problems, report.NewProblem(*p, message, hint))
	}
	if done.problems != nil {
		doc.Unlisted = a.unlisted(done.in.workbook)
	}
	table := done.in.workbook.CircuitsTable
	regions := map[string]bool{}
	for _, o := range done.outcomes {
		message, hint := found.message(w, o)
		o.ErrorCode = found.errorCode(o)
		at := sheet.Ref{Sheet: table.Sheet, Row: o.Row, Col: max(1, table.Columns[sheet.CircuitInstanceID])}
		doc.Applications = append(doc.Applications, report.NewApplication(o, at, message, hint))
		doc.Results[o.Result]++
		if region := o.Key.Region; region != "" && !regions[region] {
			regions[region] = true
			doc.Regions = append(doc.Regions, region)
		}
	}
	slices.Sort(doc.Regions)
	return doc
}

// unlisted renders the counts of the problems that are not listed.
func (a *app) unlisted(book *sheet.Workbook) (list []report.Unlisted) {
	for _, u := range book.Unlisted {
		message, hint := a.lines.words.Render("report-unlisted", map[string]string{"n": strconv.Itoa(u.Count)})
		list = append(list, report.Unlisted{Severity: u.Severity.String(), Code: u.Code, Count: u.Count, Message: message, Hint: hint})
	}
	return list
}

// patch returns what changes in the copy: each row's result, notes on problems, the two
// added sheets and, with redact, masks over personal data.
func (a *app) patch(done *finished, doc *report.Document, redact bool) sheet.Patch {
	rows := make([]sheet.RowResult, len(doc.Applications))
	for i, app := range doc.Applications {
		if !redact {
			app.ClientToken = done.outcomes[i].Token // as it was sent, for the next run to find
		}
		rows[i] = sheet.RowResult{
			Row: app.SheetRow, Result: app.Result, Message: app.Message, ErrorCode: app.ErrorCode, RequestID: app.RequestID,
			SubmittedAt: app.SubmittedAt.Time, Attempts: app.Attempts, ClientToken: app.ClientToken, LOAStatus: app.LOAStatus,
		}
	}
	book := *done.in.workbook
	book.Problems = done.problems
	patch := sheet.Results(&book, rows, a.lines.words)
	patch.Added, patch.Open = report.Sheets(*doc, a.lines.words), report.SummaryName
	patch.LinkResults(&book, report.ErrorsName)
	if redact {
		patch.MaskPersonal(done.in.workbook)
	}
	return patch
}

// rendering returns how a kind of report is written.
func (a *app) rendering(doc *report.Document, kind string) func(io.Writer) error {
	switch kind {
	case "csv":
		return func(w io.Writer) error { return report.CSV(w, *doc) }
	case "json":
		return func(w io.Writer) error { return report.JSON(w, *doc) }
	}
	return func(w io.Writer) error { return report.HTML(w, *doc, a.lines.words, templates.Report) }
}

// sealText lists the digests of the reports beside a copy: those that are there, for a run
// that is killed before it has replaced them, and those that will be written.
func (a *app) sealText(doc report.Document, reports []reportFile) string {
	var text strings.Builder
	doc.Reports = pathsOf(reports)
	for _, r := range reports {
		if r.found != "" {
			text.WriteString(sealLine(r.kind, r.found))
		}
		h := sha256.New()
		if a.rendering(&doc, r.kind)(h) == nil {
			text.WriteString(sealLine(r.kind, hex.EncodeToString(h.Sum(nil))))
		}
	}
	return text.String()
}

func pathsOf(reports []reportFile) []string {
	paths := make([]string, len(reports))
	for i, r := range reports {
		paths[i] = r.path
	}
	return paths
}

// writeReports writes the report files that were asked for beside the copy. A report that
// cannot be written is only a warning: the copy has the same errors.
func (a *app) writeReports(done *finished, doc *report.Document, t target) {
	doc.Reports = pathsOf(t.reports)
	for _, r := range t.reports {
		sum := sha256.New()
		err := checkReplace(r.path, t.force, func(f *os.File, _ int64) bool { return r.found != "" && digest(f) == r.found })
		if err != nil {
			err = errors.New(a.lines.words.Line("output-changed"))
		} else {
			render := a.rendering(doc, r.kind)
			err = durable.WriteFile(r.path, func(w io.Writer) error { return render(io.MultiWriter(w, sum)) }, nil)
		}
		if err != nil {
			a.lines.warn("report-failed", map[string]string{"kind": r.kind, "file": r.path, "reason": cause(err)})
			doc.Reports = slices.DeleteFunc(doc.Reports, func(p string) bool { return p == r.path })
			continue
		}
		done.wrote(r.path, hex.EncodeToString(sum.Sum(nil)))
	}
}
