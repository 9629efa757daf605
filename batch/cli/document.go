package cli

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loabatch/loabatch/batch/cli/exit"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/notify"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// document renders a finished run in a language; this is where codes become sentences.
func document(done *finished, found *findings, words *prose.Catalogue) *report.Document {
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
			doc.Problems = append(doc.Problems, problem(done.in.workbook, p, words))
		}
	}
	if done.problems != nil {
		doc.Unlisted = unlisted(done.in.workbook, words)
	}
	doc.Folded = report.FoldNotes(doc.Problems, doc.Unlisted, words)
	rows(done, found, doc, words)
	describeAdvance(done, doc, words)
	for i := range done.letters {
		app := &doc.Applications[i]
		describeLetter(app, done.letters[i])
		app.Hint = cmp.Or(letterHint(words, done.letters[i]), app.Hint)
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

// monitoredRun is what others learn of the run over one workbook, which has no document if
// there was an error.
func monitoredRun(done *finished, doc *report.Document, err error) notify.Run {
	r := notify.Run{
		ID: done.info.id, Input: absolute(done.in.path), ExitCode: exit.Of(err), Rows: map[notify.Row]int{},
		Requests: done.totals.requests, Retries: done.totals.retries, Throttled: done.totals.throttled,
	}
	if doc != nil {
		r.ExitCode, r.Output = doc.ExitCode, absolute(doc.Output)
		for _, path := range doc.Reports {
			r.Reports = append(r.Reports, absolute(path))
		}
	}
	for i := range done.outcomes {
		o := &done.outcomes[i]
		r.Rows[notify.Row{Operation: o.Operation, Result: o.Result}]++
	}
	return r
}

// rows adds the rows of a finished run to its document.
func rows(done *finished, found *findings, doc *report.Document, words *prose.Catalogue) {
	table := done.in.workbook.CircuitsTable
	warned := newWarnings(done.in.workbook, done.problems)
	regions := map[string]bool{}
	for i := range done.outcomes {
		o, c := &done.outcomes[i], &done.in.workbook.Circuits[i]
		message, hint := found.message(words, o)
		if done.info.simulate && (o.Result == sheet.Submitted || o.Result == sheet.Already) {
			message, hint = words.Render("rows-simulated", map[string]string{"message": message})
		}
		at := sheet.Ref{Sheet: table.Sheet, Row: o.Row, Col: max(1, table.Columns[sheet.CircuitInstanceID])}
		doc.Applications = append(doc.Applications, report.NewApplication(o, at, message, hint))
		app := &doc.Applications[i]
		app.ErrorCode, app.StillInvalid = found.errorCode(o), c.Invalid
		doc.Results[o.Result]++
		switch {
		case o.Result == sheet.Valid && warned.of(c):
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

// problem renders a problem. It names the circuit of its row, or those of its engineer.
func problem(book *sheet.Workbook, p *sheet.Problem, words *prose.Catalogue) report.Problem {
	message, hint := words.Problem(*p)
	rendered := report.NewProblem(*p, message, hint)
	switch p.At.Sheet {
	case book.CircuitsTable.Sheet:
		if c := book.CircuitAt(p.At.Row); c != nil {
			rendered.Circuit = sheet.MaskNumbers(c.InstanceID)
		}
	case book.EngineersTable.Sheet:
		if e := engineerAt(book, p.At.Row); e != nil {
			rendered.Circuit = report.Circuits(e.Circuits, words)
		}
	}
	return rendered
}

// engineerAt returns the engineer in a row, or nil.
func engineerAt(book *sheet.Workbook, row int) *sheet.Engineer {
	i, found := slices.BinarySearchFunc(book.Engineers, row, func(e sheet.Engineer, row int) int { return cmp.Compare(e.Row, row) })
	if !found {
		return nil
	}
	return &book.Engineers[i]
}

// warnings are the rows of both sheets that have warnings.
type warnings struct {
	book                *sheet.Workbook
	circuits, engineers map[int]bool
}

func newWarnings(book *sheet.Workbook, problems []sheet.Problem) *warnings {
	w := &warnings{book: book, circuits: map[int]bool{}, engineers: map[int]bool{}}
	for i := range problems {
		switch p := &problems[i]; {
		case p.Severity != sheet.Warning:
		case p.At.Sheet == book.CircuitsTable.Sheet:
			w.circuits[p.At.Row] = true
		case p.At.Sheet == book.EngineersTable.Sheet:
			w.engineers[p.At.Row] = true
		}
	}
	return w
}

// of reports whether a circuit or one of its engineers has a warning.
func (w *warnings) of(c *sheet.Circuit) bool {
	return w.circuits[c.Row] || len(w.engineers) > 0 && slices.ContainsFunc(c.Engineers, func(n int32) bool {
		return w.engineers[w.book.Engineers[n].Row]
	})
}

// unlisted renders the counts of the problems that are not listed.
func unlisted(book *sheet.Workbook, words *prose.Catalogue) (list []report.Unlisted) {
	for _, u := range book.Unlisted {
		message, hint := words.Render("report-unlisted", map[string]string{"n": strconv.Itoa(u.Count)})
		list = append(list, report.Unlisted{Severity: u.Severity.String(), Code: u.Code, Count: u.Count, Message: message, Hint: hint})
	}
	return list
}

// maxMessages bounds how many problems a row's Message names; the Errors sheet has all.
const maxMessages = 3

// findings renders why rows have their results.
type findings struct {
	book   *sheet.Workbook
	errors *sheet.RowErrors
}

func newFindings(book *sheet.Workbook, problems []sheet.Problem) *findings {
	return &findings{book: book, errors: sheet.NewRowErrors(book, problems)}
}

// message renders why a row has its result, and what to do: for an invalid row its
// first problems with their cells, for a refused one what the API's code means.
func (f *findings) message(w *prose.Catalogue, o *batch.Outcome) (message, hint string) {
	if o.Result == sheet.Invalid {
		if c := f.book.CircuitAt(o.Row); c != nil {
			if list := f.errors.Of(c); len(list) > 0 {
				return f.problemsMessage(w, list)
			}
		}
	}
	if o.Result == sheet.Skipped && o.Earlier != "" {
		return f.leftOut(w, o)
	}
	meaning, apiHint := "", ""
	if _, known := w.Entry(o.ErrorCode); known {
		meaning, apiHint = w.Render(variant(w, o.ErrorCode, o), nil)
	} else if o.Reason == batch.ReasonRefused {
		_, apiHint = w.Render(unlistedEntry, nil)
	}
	if o.Result == sheet.Blocked || o.Reason == batch.ReasonUnasked || o.Reason == batch.ReasonSettling || o.Reason == batch.ReasonLOARejected || o.Reason == batch.ReasonNoLOA {
		apiHint = "" // it is about an application, and there was none, or it is not the last word
	}
	code := string(o.Reason)
	if o.Result == sheet.Refused && o.CircuitState != "" {
		code, apiHint = "rows-not-allocated", "" // it says more than the API's code
		if report.Locked(o.CircuitState) {
			code = "rows-locked"
		}
	}
	if o.Reason == batch.ReasonAccount && o.ErrorCode == strings.ToLower(o.ErrorCode) {
		meaning, apiHint = "", "" // it is a code of ours, whose sentence needs more
	}
	code = variant(w, code, o)
	message, hint = w.RenderFunc(code, func(name string) (string, bool) {
		switch name {
		case "profile":
			if c := f.book.CircuitAt(o.Row); c != nil && c.Account != "" {
				return c.Account, true
			}
			return w.Line("account-own"), true
		case "code":
			return o.ErrorCode, true
		case "meaning":
			return cmp.Or(meaning, o.ErrorCode), true
		case "loa":
			return w.Vocabulary().State(o.LOAStatus), true
		case "instance":
			return o.Key.InstanceID, true
		case "region":
			return o.Key.Region, true
		case "circuit":
			return o.CircuitState, true
		case "after":
			return settledFrom(o).Format("15:04"), !o.Tried.IsZero()
		}
		return "", false
	})
	switch o.Reason {
	case batch.ReasonAttempts, batch.ReasonUnsettled, batch.ReasonSettling, batch.ReasonRegion, batch.ReasonAccount:
		if meaning != "" {
			message = w.Line("report-with-cause", sheet.Arg{Name: "message", Value: message}, sheet.Arg{Name: "meaning", Value: meaning})
		}
	}
	return message, cmp.Or(apiHint, hint)
}

// variant returns the code of a sentence as it reads for the operation of an outcome, if it
// reads otherwise than for an application. An offline dry run predicts no operation.
func variant(w *prose.Catalogue, code string, o *batch.Outcome) string {
	if !o.Operation.FollowsUp() || o.Reason == batch.ReasonValid && o.LOAStatus == "" {
		return code
	}
	of := []string{code + "-" + o.Operation.String()}
	if o.Completed {
		of = append([]string{code + "-both"}, of...)
	}
	for _, own := range of {
		if _, known := w.Entry(own); known {
			return own
		}
	}
	return code
}

// leftOut says what is known of a row that --only left out: its last result and, if that
// had an error code, what it means and what to do.
func (f *findings) leftOut(w *prose.Catalogue, o *batch.Outcome) (message, hint string) {
	switch o.Earlier {
	case sheet.Submitted, sheet.Already, sheet.Skipped:
		message, _ = w.Render("rows-left-out", map[string]string{"result": w.Vocabulary().Result(o.Earlier)})
		return message, ""
	}
	_, again := w.Render(string(o.Reason), nil)
	if _, known := w.Entry(f.errorCode(o)); known {
		meaning, todo := w.Render(f.errorCode(o), nil)
		message, _ = w.Render("rows-left-out-why", map[string]string{"result": w.Vocabulary().Result(o.Earlier), "meaning": meaning})
		return message, cmp.Or(todo, again)
	}
	message, _ = w.Render("rows-left-out", map[string]string{"result": w.Vocabulary().Result(o.Earlier)})
	return message, again
}

// settledFrom is when a lookup settles an UNKNOWN row, in UTC, rounded up to a minute.
func settledFrom(o *batch.Outcome) time.Time {
	return o.Tried.Add(batch.SettlingTime + time.Minute - 1).Truncate(time.Minute).UTC()
}

func (f *findings) problemsMessage(w *prose.Catalogue, list []sheet.Problem) (message, hint string) {
	unlisted := 0
	for _, p := range list {
		unlisted += int(p.More)
	}
	var b strings.Builder
	for i, p := range list {
		if i > 0 {
			b.WriteString(w.Line("mark-clause"))
		}
		if i == maxMessages {
			b.WriteString(w.Line("rows-more", count("n", len(list)-i)))
			break
		}
		text, todo := w.Problem(p)
		b.WriteString(w.Colon(p.At.String(), text))
		hint = cmp.Or(hint, todo)
	}
	if unlisted > 0 {
		b.WriteString(w.Line("mark-clause") + w.Line("rows-unlisted", count("n", unlisted)))
	}
	return b.String(), hint
}

// errorCode returns the code for the row's Error code column: the API's, or that of the
// first problem. That of a row that is left out is its last one, from the ledger or else
// from the workbook.
func (f *findings) errorCode(o *batch.Outcome) string {
	c := f.book.CircuitAt(o.Row)
	switch {
	case o.ErrorCode != "" || c == nil:
		return o.ErrorCode
	case o.Result == sheet.Invalid:
		return f.errors.Code(c)
	case o.Result == sheet.Skipped && string(o.Earlier) == c.LastRun().Result && isCode(c.LastRun().ErrorCode):
		return c.LastRun().ErrorCode
	}
	return ""
}

// isCode reports whether a cell holds the code of a rule or of an API error, and not what
// somebody typed there.
func isCode(text string) bool {
	_, known := prose.English.Entry(text)
	return known
}
