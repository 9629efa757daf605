package cli

import (
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/templates"
)

// finished is one run over one input that has come to its end: what all that is
// written and printed about it is made of.
type finished struct {
	in       *input
	info     runInfo
	problems []sheet.Problem
	outcomes []batch.Outcome // sheet order, one for each circuit's row
	totals   totals

	ledgerFlag string // of --ledger

	ledger ledger.Run    // nil when nothing was to be sent
	end    ledger.RunEnd // how it ended, once that is known
}

// runInfo is what is known of a run before it begins.
type runInfo struct {
	id       string
	command  string
	args     []string
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
	signal                       int
}

// deliver makes the document of a finished run and writes the copy and the reports
// that were asked for. path is where the copy goes, "" for none.
func (a *app) deliver(done *finished, path string, f outputFlags) *report.Document {
	found := newFindings(done.in.workbook, done.problems)
	doc := a.document(done, found)
	end := done.ending()
	doc.ExitCode = end.code()
	reportBase := path
	if path != "" {
		doc.Output = path
		patch := a.patch(done, doc, f.redact)
		written, failed := a.placeCopy(done, path, patch)
		doc.Output = written
		if failed != nil {
			end.copyFailed = true
			doc.Failure = cause(failed)
			doc.ExitCode = end.code()
			reportBase = written
		}
	}
	if reportBase == "" {
		reportBase = copyPath(done.in.path, "", false, done.info.id)
	}
	a.writeReports(doc, reportBase, f.reports)
	return doc
}

// ending is what the exit code is judged from, the copy aside.
func (done *finished) ending() ending {
	results := map[sheet.Result]int{}
	for _, o := range done.outcomes {
		results[o.Result]++
	}
	unasked := 0
	if done.info.dryRun != wetRun {
		unasked = results[sheet.NotAttempted]
	}
	return ending{
		results: results, errors: done.errors(), withheld: done.withheld(), unasked: unasked,
		stop: done.totals.stop, signal: done.totals.signal,
	}
}

func (done *finished) withheld() bool {
	if done.info.dryRun != wetRun {
		return true
	}
	return slices.ContainsFunc(done.outcomes, func(o batch.Outcome) bool { return o.Reason == batch.ReasonWithheld })
}

// errors counts the problems that are errors, except those of rows that --only left out.
func (done *finished) errors() int {
	skipped := map[int]bool{}
	for _, o := range done.outcomes {
		if o.Result == sheet.Skipped {
			skipped[o.Row] = true
		}
	}
	return sheet.NewRowErrors(done.in.workbook, done.problems).Count(skipped)
}

// document renders a finished run: every code becomes its sentence here, once.
func (a *app) document(done *finished, found *findings) *report.Document {
	w := a.lines.words
	doc := &report.Document{
		RunID: done.info.id, Command: done.info.command, DryRun: done.info.dryRun != wetRun, DryRunMode: string(done.info.dryRun),
		Input: done.in.path, InputSHA256: done.in.sha256, Reports: []string{}, Account: done.info.account, Regions: []string{},
		Rows: len(done.outcomes), Results: report.Results{}, Simulated: done.info.simulate, Version: version(),
		Requests: done.totals.requests, Retries: done.totals.retries, Throttled: done.totals.throttled,
		DurationSeconds: done.totals.duration.Seconds(), SlowedSeconds: done.totals.slowed.Seconds(),
		StartedAt: report.Instant{Time: done.info.started}, FinishedAt: report.Instant{Time: done.info.started.Add(done.totals.duration)},
		StopReason: string(done.totals.stop), StopCode: done.totals.stopCode, Invocation: done.info.args,
		Problems: make([]report.Problem, 0, len(done.problems)), Applications: make([]report.Application, 0, len(done.outcomes)),
	}
	for _, p := range done.problems {
		message, hint := w.Problem(p)
		doc.Problems = append(doc.Problems, report.NewProblem(p, message, hint))
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

// patch is what the copy gets: each row's result, notes on its problems, the two added
// sheets, and masks over personal data where it is to be mailed.
func (a *app) patch(done *finished, doc *report.Document, redact bool) sheet.Patch {
	rows := make([]sheet.RowResult, len(doc.Applications))
	for i, app := range doc.Applications {
		rows[i] = sheet.RowResult{
			Row: app.SheetRow, Result: app.Result, Message: app.Message, ErrorCode: app.ErrorCode, RequestID: app.RequestID,
			SubmittedAt: app.SubmittedAt.Time, Attempts: app.Attempts, ClientToken: app.ClientToken, LOAStatus: app.LOAStatus,
		}
	}
	book := *done.in.workbook
	book.Problems = done.problems
	patch := sheet.Results(&book, rows, a.lines.words)
	patch.Added = report.Sheets(*doc, a.lines.words)
	if redact {
		patch.MaskPersonal(done.in.workbook)
	}
	return patch
}

// writeReports writes the report files that were asked for beside the copy. One that
// cannot be written is told and is no reason to fail: the copy carries the same.
func (a *app) writeReports(doc *report.Document, beside string, kinds []string) {
	render := map[string]func(io.Writer) error{
		"csv":  func(w io.Writer) error { return report.CSV(w, *doc) },
		"json": func(w io.Writer) error { return report.JSON(w, *doc) },
		"html": func(w io.Writer) error { return report.HTML(w, *doc, a.lines.words, templates.Report) },
	}
	base := strings.TrimSuffix(beside, filepath.Ext(beside))
	var paths []string
	for _, kind := range reportKinds {
		if slices.Contains(kinds, kind) {
			paths = append(paths, base+"."+kind)
		}
	}
	doc.Reports = append(doc.Reports, paths...)
	for _, path := range paths {
		kind := strings.TrimPrefix(filepath.Ext(path), ".")
		if err := durable.WriteFile(path, render[kind], nil); err != nil {
			a.lines.warn("report-failed", map[string]string{"kind": kind, "file": path, "reason": cause(err)})
			doc.Reports = slices.DeleteFunc(doc.Reports, func(p string) bool { return p == path })
		}
	}
}
