package cli

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// document renders a finished run; this is where codes become sentences.
func (a *app) document(done *finished, found *findings) *report.Document {
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
		if p := &done.problems[i]; !p.RowOnly {
			doc.Problems = append(doc.Problems, a.problem(done.in.workbook, p))
		}
	}
	if done.problems != nil {
		doc.Unlisted = a.unlisted(done.in.workbook)
	}
	doc.Folded = report.FoldNotes(doc.Problems, doc.Unlisted, a.lines.words)
	a.rows(done, found, doc)
	return doc
}

// rows adds the rows of a finished run to its document.
func (a *app) rows(done *finished, found *findings, doc *report.Document) {
	table := done.in.workbook.CircuitsTable
	warned := newWarnings(done.in.workbook, done.problems)
	regions := map[string]bool{}
	for i, o := range done.outcomes {
		c := &done.in.workbook.Circuits[i]
		message, hint := found.message(a.lines.words, o)
		o.ErrorCode = found.errorCode(o)
		at := sheet.Ref{Sheet: table.Sheet, Row: o.Row, Col: max(1, table.Columns[sheet.CircuitInstanceID])}
		app := report.NewApplication(o, at, message, hint)
		app.StillInvalid = c.Invalid
		doc.Applications = append(doc.Applications, app)
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
func (a *app) problem(book *sheet.Workbook, p *sheet.Problem) report.Problem {
	message, hint := a.lines.words.Problem(*p)
	rendered := report.NewProblem(*p, message, hint)
	switch p.At.Sheet {
	case book.CircuitsTable.Sheet:
		if c := book.CircuitAt(p.At.Row); c != nil {
			rendered.Circuit = sheet.MaskNumbers(c.InstanceID)
		}
	case book.EngineersTable.Sheet:
		if e := engineerAt(book, p.At.Row); e != nil {
			rendered.Circuit = report.Circuits(e.Circuits)
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
func (a *app) unlisted(book *sheet.Workbook) (list []report.Unlisted) {
	for _, u := range book.Unlisted {
		message, hint := a.lines.words.Render("report-unlisted", map[string]string{"n": strconv.Itoa(u.Count)})
		list = append(list, report.Unlisted{Severity: u.Severity.String(), Code: u.Code, Count: u.Count, Message: message, Hint: hint})
	}
	return list
}
