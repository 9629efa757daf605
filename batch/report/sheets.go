package report

import (
	"cmp"
	"iter"
	"slices"

	"github.com/loabatch/loabatch/sheet"
)

// Names of the sheets that are added to the results copy; they are the same in every
// language, so that a later run finds and replaces them.
const (
	ErrorsName  = "Errors"
	SummaryName = "Summary"
)

// Sheets returns the two sheets that are added to the results copy: Errors, with one row
// per problem and a link to its cell, and Summary.
func Sheets(d Document, words Words) []sheet.AddedSheet {
	return []sheet.AddedSheet{errorsSheet(&d, words, maxProblems), summarySheet(&d, words)}
}

// maxProblems is what fits below the header of one sheet, with a line for the rest.
const maxProblems = sheet.MaxRow - 2

// cellRunes limits the text of a cell: a value may be as long as a cell can hold, and would
// not fit with a sentence around it.
const cellRunes = 2000

// errorsColumns are the labels of the Errors sheet's columns, with their widths: one for
// each of problemKeys.
var errorsColumns = []struct {
	code  string
	width float64
}{
	{"report-col-severity", 9}, {"report-col-code", 26}, {"report-col-sheet", 11}, {"report-col-cell", 7},
	{"report-col-column", 18}, {"report-col-value", 22}, {"report-col-problem", 46}, {"report-col-fix", 46},
	{"report-col-suggestion", 18},
}

// errorsSheet lists the problems, errors first, each group in reading order. Rows at the
// end count those that are not listed, and those beyond the limit.
func errorsSheet(d *Document, words Words, limit int) sheet.AddedSheet {
	order := bySeverity(d.Problems)
	shown := order[:min(len(order), limit-len(d.Unlisted))]
	s := sheet.AddedSheet{Name: ErrorsName, Freeze: 1, Filter: true, Tab: errorsTab(d), Count: 1 + len(d.Unlisted) + len(shown)}
	header := make([]sheet.PutCell, len(errorsColumns))
	for i, c := range errorsColumns {
		s.Widths = append(s.Widths, c.width)
		header[i] = sheet.PutCell{Text: words.Line(c.code), Style: sheet.StyleHeader}
	}
	more := len(order) - len(shown)
	if more > 0 {
		s.Count++
	}
	s.Rows = errorsRows(d, words, header, shown, more)
	return s
}

// errorsTab is the colour of the sheet's tab: that of the worst row.
func errorsTab(d *Document) sheet.Style {
	n := d.Severities()
	switch {
	case n.Errors > 0 || d.Results.of(sheet.Refused, sheet.Failed) > 0 && !d.isStatus():
		return sheet.StyleBad
	case n.Warnings > 0 || d.Results.bad() > 0 && !d.isStatus():
		return sheet.StyleWarn
	}
	return sheet.StylePlain
}

// errorsRows yields the sheet's rows one at a time; their cells are valid until the next.
func errorsRows(d *Document, words Words, header []sheet.PutCell, order []int32, more int) iter.Seq[[]sheet.PutCell] {
	return func(yield func([]sheet.PutCell) bool) {
		if !yield(header) {
			return
		}
		labels := map[string]string{}
		for _, s := range severities {
			labels[s] = words.Line("report-severity-" + s)
		}
		row := make([]sheet.PutCell, len(errorsColumns))
		for _, i := range order {
			problemRow(row, &d.Problems[i], labels)
			if !yield(row) {
				return
			}
		}
		for i := range d.Unlisted {
			p := d.Unlisted[i].asProblem()
			problemRow(row, &p, labels)
			if !yield(row) {
				return
			}
		}
		if more > 0 {
			yield([]sheet.PutCell{{Text: counted(words, "report-more-rows", more), Style: sheet.StyleMuted}})
		}
	}
}

// problemRow fills the cells of one problem.
func problemRow(row []sheet.PutCell, p *Problem, labels map[string]string) {
	for i, text := range p.fields() {
		row[i] = sheet.PutCell{Text: shorten(text, cellRunes)}
	}
	row[0] = sheet.PutCell{Text: labels[p.Severity], Style: severityStyle(p.Severity)}
	if p.At.Row > 0 && p.At.Sheet != "" {
		row[3].Style, row[3].Link = sheet.StyleLink, p.At
		row[3].Link.Col = max(p.At.Col, 1)
	}
}

// bySeverity returns the order of problems with errors first, then warnings, then notes.
func bySeverity(problems []Problem) []int32 {
	order := make([]int32, len(problems))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		return cmp.Compare(severityRank(problems[a].Severity), severityRank(problems[b].Severity))
	})
	return order
}
