package reasons

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// Problem renders a problem. It names the circuit of its row, or those of its engineer.
func Problem(book *sheet.Workbook, p *sheet.Problem, words *prose.Catalogue) report.Problem {
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

// Warnings are the rows of both sheets that have warnings.
type Warnings struct {
	book                *sheet.Workbook
	circuits, engineers map[int]bool
}

// NewWarnings finds the rows with warnings.
func NewWarnings(book *sheet.Workbook, problems []sheet.Problem) *Warnings {
	w := &Warnings{book: book, circuits: map[int]bool{}, engineers: map[int]bool{}}
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

// Of reports whether a circuit or one of its engineers has a warning.
func (w *Warnings) Of(c *sheet.Circuit) bool {
	return w.circuits[c.Row] || len(w.engineers) > 0 && slices.ContainsFunc(c.Engineers, func(n int32) bool {
		return w.engineers[w.book.Engineers[n].Row]
	})
}

// NotListed renders the counts of the problems that are not listed.
func NotListed(book *sheet.Workbook, words *prose.Catalogue) (list []report.Unlisted) {
	for _, u := range book.Unlisted {
		message, hint := words.Render("report-unlisted", map[string]string{"n": strconv.Itoa(u.Count)})
		list = append(list, report.Unlisted{Severity: u.Severity.String(), Code: u.Code, Count: u.Count, Message: message, Hint: hint})
	}
	return list
}
