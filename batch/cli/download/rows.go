package download

import (
	"maps"
	"slices"

	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/letters"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// FactsOf returns what the letter of a row should say.
func FactsOf(book *sheet.Workbook, c *sheet.Circuit) letters.Facts {
	f := letters.Facts{InstanceID: c.InstanceID, Company: c.CompanyName, Builder: c.Si}
	for _, n := range c.Engineers {
		f.Private = append(f.Private, book.Engineers[n].Name.Reveal())
	}
	return f
}

// Sum sums up the letters of a run.
type Sum struct {
	Fetched, Kept int
	Failed        int // that could not be fetched
	Different     int // rows whose letter is about another circuit or company
}

// Add adds the letter of a row.
func (s *Sum) Add(r Result) {
	switch r.State {
	case Kept:
		s.Kept++
	case Fetched, Again:
		s.Fetched++
	case Failed, Unasked:
		s.Failed++
	}
	if slices.ContainsFunc(r.Differences, letters.Difference.Certain) {
		s.Different++
	}
}

// Problems are the problems of letters, each at its row: an error if the letter is about
// another circuit or company, a warning if it does not say, cannot be read or is missing.
func Problems(book *sheet.Workbook, all []Result) (list []sheet.Problem) {
	t := &book.CircuitsTable
	for i, r := range all {
		c := &book.Circuits[i]
		p := sheet.Problem{Severity: sheet.Warning, Value: c.InstanceID, Column: t.Headers[sheet.CircuitInstanceID],
			At: sheet.Ref{Sheet: t.Sheet, Row: c.Row, Col: t.Columns[sheet.CircuitInstanceID]}}
		if r.Code != "" {
			q := p
			q.Code = r.Code
			for _, name := range slices.Sorted(maps.Keys(r.Args)) {
				q.Args = append(q.Args, sheet.Arg{Name: name, Value: r.Args[name]})
			}
			if r.Cause != nil {
				q.Args = append(q.Args, sheet.Arg{Name: "reason", Value: exit.Cause(r.Cause)})
			}
			list = append(list, q)
		}
		for _, d := range r.Differences {
			q := p
			q.Code, q.Args = d.Code, []sheet.Arg{{Name: "want", Value: d.Want}, {Name: "found", Value: d.Found}}
			if d.Certain() {
				q.Severity = sheet.Error
			}
			if d.OfCompany() {
				q.Value, q.Column, q.At.Col = c.CompanyName, t.Headers[sheet.CircuitCompanyName], t.Columns[sheet.CircuitCompanyName]
			}
			list = append(list, q)
		}
	}
	return list
}

// Describe adds the state of its letter to a row of a document.
func Describe(app *report.Application, r Result) {
	app.Letter, app.LetterSHA256, app.LetterState, app.LetterCode = r.Letter.Path, r.Letter.SHA256, string(r.State), r.Code
	if len(r.Differences) > 0 {
		app.LetterCode = r.Differences[0].Code
	}
}

// Hint says what to do first about a letter: not to pass on one that is about another
// circuit or company. It is empty if there is nothing to do.
func Hint(words *prose.Catalogue, r Result) (hint string) {
	code := r.Code
	for _, d := range slices.Backward(r.Differences) {
		if code == "" || d.Certain() {
			code = d.Code
		}
	}
	if code != "" {
		_, hint = words.Render(code, r.Args)
	}
	return hint
}
