package cli

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

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
		Input: done.in.Path, InputSHA256: done.in.SHA256, Reports: []string{}, Account: done.info.account, Regions: []string{},
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
			doc.Problems = append(doc.Problems, reasons.Problem(done.in.Workbook, p, words))
		}
	}
	if done.problems != nil {
		doc.Unlisted = reasons.NotListed(done.in.Workbook, words)
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
	if len(done.parts) == 0 || len(done.parts) == 1 && !accounts.Used(done.in.Workbook) {
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
		app, n := &doc.Applications[i], done.partOf(&done.in.Workbook.Circuits[i])
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
		ID: done.info.id, Input: files.Absolute(done.in.Path), ExitCode: exit.Of(err), Rows: map[notify.Row]int{},
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
	table := done.in.Workbook.CircuitsTable
	warned := reasons.NewWarnings(done.in.Workbook, done.problems)
	regions := map[string]bool{}
	for i := range done.outcomes {
		o, c := &done.outcomes[i], &done.in.Workbook.Circuits[i]
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

// wantsJSON reports whether a command line asks for JSON, even if something else in it is wrong
// and it was not parsed completely.
func (a *app) wantsJSON(cmd *cobra.Command) bool {
	flag := cmd.Flags().Lookup("json")
	switch {
	case flag == nil:
		return false
	case flag.Changed:
		return flag.Value.String() == "true"
	}
	asked, _ := strconv.ParseBool(a.env.Getenv(variable("json")))
	return asked || slices.Contains(a.env.Args, "--json")
}

// printUnfinished writes the JSON document of a command that failed before a run ended,
// for those who read only standard output.
func (a *app) printUnfinished(cmd *cobra.Command, err error) error {
	doc := report.Document{Command: cmd.Name(), DryRun: cmd.Name() == "validate"}
	if flag := cmd.Flags().Lookup(dryRunFlag); flag != nil {
		mode, ok := parseDryRun(flag.Value.String())
		doc.DryRun = !ok || mode != dryRunOff
	}
	args := cmd.Flags().Args()
	_, operands, _ := strings.Cut(cmd.Use, " ")
	switch {
	case strings.HasPrefix(operands, "FILE"):
		if len(args) > 1 {
			docs := make([]report.Document, len(args))
			for i, path := range args {
				docs[i] = a.unfinished(doc, path, err)
			}
			return report.JSONRuns(a.env.Stdout, docs, exit.Of(err))
		}
		if folder := cmd.Flags().Lookup(inFlag); folder != nil && folder.Value.String() != "" && len(args) == 0 {
			in := folder.Value.String()
			return report.JSONFolder(a.env.Stdout, in, []report.Document{a.unfinished(doc, in, err)}, nil, exit.Of(err))
		}
		return report.JSON(a.env.Stdout, a.unfinished(doc, cmp.Or(args...), err))
	case cmd.Name() == "report":
		doc.RunID = cmp.Or(args...)
		return report.JSON(a.env.Stdout, a.unfinished(doc, cmd.Flag("input").Value.String(), err))
	}
	return report.JSON(a.env.Stdout, a.unfinished(doc, "", err))
}

// unfinished makes the document of an input whose run did not end: with its own problems,
// or with a note that another file of the command had some.
func (a *app) unfinished(doc report.Document, path string, err error) report.Document {
	doc.Input, doc.Version, doc.ExitCode = path, version(), exit.Of(err)
	var files exit.Files
	if errors.As(err, &files) {
		if err = files.Of(path); err == nil {
			err = exit.Failure(doc.ExitCode, "input-not-taken-up", nil)
		}
	}
	if own, ok := errors.AsType[*exit.Error](err); ok && doc.RunID == "" && strings.HasPrefix(own.Code, "hosts-") {
		doc.RunID = own.Args["run"] // which continues without this process
	}
	doc.Problems = a.problemsOf(err)
	return doc
}

// problemsOf renders an error as the problems of a document.
func (a *app) problemsOf(err error) []report.Problem {
	var own *exit.Error
	var input *sheet.InputError
	switch {
	case errors.As(err, &own):
	case errors.As(err, &input):
		list := make([]report.Problem, len(input.Problems))
		for i, p := range input.Problems {
			message, hint := a.lines.Words.Problem(p)
			list[i] = report.NewProblem(p, message, hint)
		}
		return list
	default:
		own = exit.Failure(exit.Internal, "internal", err, "reason", err.Error())
	}
	message, hint := a.lines.Words.Render(own.Code, own.Args)
	return []report.Problem{{Severity: sheet.Error.String(), Code: own.Code, Message: message, Hint: hint}}
}
