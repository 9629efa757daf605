package cli

import (
	"cmp"
	"maps"
	"slices"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/cli/download"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/files"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/cli/reasons"
	"github.com/loabatch/loabatch/batch/notify"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// document renders a finished run in a language; here codes become sentences.
func document(done *finished, found *reasons.Reasons, words *prose.Catalogue) *report.Document {
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
		PlanSHA256: done.info.plan, ChangeRef: done.info.changeRef, TraceID: done.info.trace,
		Problems: make([]report.Problem, 0, listed), Applications: make([]report.Application, 0, len(done.outcomes)),
	}
	for i := range done.problems {
		if p := &done.problems[i]; !p.RowOnly {
			doc.Problems = append(doc.Problems, reasons.Problem(done.in.workbook, p, words))
		}
	}
	if done.problems != nil {
		doc.Unlisted = reasons.NotListed(done.in.workbook, words)
	}
	doc.Folded = report.FoldNotes(doc.Problems, doc.Unlisted, words)
	rows(done, found, doc, words)
	describeAdvance(done, doc, words)
	for i := range done.letters {
		app := &doc.Applications[i]
		download.Describe(app, done.letters[i])
		app.Hint = cmp.Or(download.Hint(words, done.letters[i]), app.Hint)
	}
	doc.Accounts = accountList(done, doc, words)
	return doc
}

// accountList lists the accounts of a run whose rows name them, with their rows.
func accountList(done *finished, doc *report.Document, words *prose.Catalogue) []report.Account {
	if len(done.parts) == 0 || len(done.parts) == 1 && !accounts.Used(done.in.workbook) {
		return nil
	}
	list, regions := make([]report.Account, len(done.parts)), make([]map[string]bool, len(done.parts))
	for i, p := range done.parts {
		regions[i] = map[string]bool{}
		list[i] = report.Account{Account: p.account, Profile: sheet.MaskNumbers(p.profile), Results: report.Results{}, StopReason: p.stop.Stop, StopCode: p.stop.StopCode}
		switch {
		case p.failure != nil:
			list[i].StopReason, list[i].StopCode = string(batch.StopAccount), p.failure.Code
			list[i].Message, _ = words.Render(p.failure.Code, p.failure.Args)
		case p.stop.Stop != "":
			list[i].Message = words.Line(p.stop.Stop, sheet.Arg{Name: "code", Value: p.stop.StopCode})
		}
	}
	for i := range doc.Applications {
		app, n := &doc.Applications[i], done.partOf(&done.in.workbook.Circuits[i])
		app.Account, app.Profile = list[n].Account, list[n].Profile
		list[n].Rows++
		list[n].Results[app.Result]++
		regions[n][app.RegionID] = app.RegionID != ""
	}
	for i := range list {
		for _, id := range slices.Sorted(maps.Keys(regions[i])) {
			if id != "" {
				list[i].Regions = append(list[i].Regions, id)
			}
		}
	}
	return list
}

// monitoredRun is what others learn about the run over one workbook, which has no document if
// there was an error.
func monitoredRun(done *finished, doc *report.Document, err error) notify.Run {
	r := notify.Run{
		ID: done.info.id, Input: files.Absolute(done.in.path), ExitCode: exit.Of(err), Rows: map[notify.Row]int{},
		Requests: done.totals.requests, Retries: done.totals.retries, Throttled: done.totals.throttled,
	}
	if doc != nil {
		r.ExitCode, r.Output = doc.ExitCode, files.Absolute(doc.Output)
		for _, path := range doc.Reports {
			r.Reports = append(r.Reports, files.Absolute(path))
		}
	}
	for i := range done.outcomes {
		o := &done.outcomes[i]
		r.Rows[notify.Row{Operation: o.Operation, Result: o.Result}]++
	}
	return r
}

// rows adds the rows of a finished run to its document.
func rows(done *finished, found *reasons.Reasons, doc *report.Document, words *prose.Catalogue) {
	table := done.in.workbook.CircuitsTable
	warned := reasons.NewWarnings(done.in.workbook, done.problems)
	regions := map[string]bool{}
	for i := range done.outcomes {
		o, c := &done.outcomes[i], &done.in.workbook.Circuits[i]
		message, hint := found.Message(words, o)
		if done.info.simulate && (o.Result == sheet.Submitted || o.Result == sheet.Already) {
			message, hint = words.Render("rows-simulated", map[string]string{"message": message})
		}
		at := sheet.Ref{Sheet: table.Sheet, Row: o.Row, Col: max(1, table.Columns[sheet.CircuitInstanceID])}
		doc.Applications = append(doc.Applications, report.NewApplication(o, at, message, hint))
		app := &doc.Applications[i]
		app.ErrorCode, app.StillInvalid = found.Code(o), c.Invalid
		doc.Results[o.Result]++
		switch {
		case o.Result == sheet.Valid && warned.Of(c):
			doc.Warned++
		case o.Result == sheet.Skipped && o.Earlier != "":
			if doc.LeftOut == nil {
				doc.LeftOut = report.Results{}
			}
			doc.LeftOut[o.Earlier]++
		}
		if region := o.Key.Region; region != "" && !regions[region] {
			regions[region] = true
			doc.Regions = append(doc.Regions, region)
		}
	}
	slices.Sort(doc.Regions)
}
