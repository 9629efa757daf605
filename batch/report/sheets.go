package report

import (
	"iter"

	"github.com/loabatch/loabatch/sheet"
)

// Names of the sheets that are added to the results copy, by which links and later runs identify them. Their titles in
// the copy are in its language.
const (
	ErrorsName  = "Errors"
	SummaryName = "Summary"
)

// Sheets returns the sheets that are added to the results copy: Errors, with one row per
// finding and a link to its cell, and Summary. A status validates nothing and sends
// nothing, so the Errors of the copy that it read stay.
func Sheets(d Document, words Words) []sheet.AddedSheet {
	if d.isStatus() {
		return []sheet.AddedSheet{summarySheet(&d, words)}
	}
	return []sheet.AddedSheet{errorsSheet(&d, words, maxProblems), summarySheet(&d, words)}
}

// maxProblems is what fits below the header of one sheet, with a line for the rest.
const maxProblems = sheet.MaxRow - 2

// cellRunes limits the text of a cell: a value may fill a whole cell, and would not fit with a sentence around it.
const cellRunes = 2000

// errorsColumns are the labels of the Errors sheet's columns, with their widths and the
// positions of their texts among a problem's fields: one for each of problemKeys. The first and the fourth are the
// severity and the cell. What to do is visible on a screen of 1366 pixels, and on A4 the text has 7 points.
var errorsColumns = []struct {
	code  string
	width float64
	field int
}{
	{"report-col-severity", 11, 0}, {"report-col-code", 22, 1}, {"report-col-sheet", 10, 2}, {"report-col-cell", 7, 3},
	{"report-col-circuit", 24, 9}, {"report-col-column", 15, 4}, {"report-col-value", 22, 5}, {"report-col-problem", 42, 6},
	{"report-col-fix", 42, 7}, {"report-col-suggestion", 15, 8},
}

// errorsSheet lists the findings. A row at the end counts those beyond the limit.
func errorsSheet(d *Document, words Words, limit int) sheet.AddedSheet {
	list := d.findings()
	more := max(0, len(list.entries)-limit)
	list.entries = list.entries[:len(list.entries)-more]
	s := sheet.AddedSheet{Name: ErrorsName, Title: words.Vocabulary().AddedName(ErrorsName), Freeze: 1, Filter: true, Tab: errorsTab(d), Count: 1 + len(list.entries) + min(more, 1)}
	header := make([]sheet.PutCell, len(errorsColumns))
	for i, c := range errorsColumns {
		s.Widths = append(s.Widths, c.width)
		header[i] = sheet.PutCell{Text: words.Line(c.code), Style: sheet.StyleHeader}
	}
	s.Rows = errorsRows(list, words, header, more)
	return s
}

// errorsTab is the colour of the sheet's tab, which is the worst row's.
func errorsTab(d *Document) sheet.Style {
	n := d.Severities()
	switch {
	case n.Errors > 0 || d.Results.of(sheet.Refused, sheet.Failed) > 0:
		return sheet.StyleBad
	case n.Warnings > 0 || d.Results.bad() > 0 || d.leftOpen() > 0:
		return sheet.StyleWarn
	}
	return sheet.StylePlain
}

// errorsRows yields the sheet's rows one at a time; their cells are valid until the next.
func errorsRows(list findings, words Words, header []sheet.PutCell, more int) iter.Seq[[]sheet.PutCell] {
	return func(yield func([]sheet.PutCell) bool) {
		if !yield(header) {
			return
		}
		labels := map[string]string{}
		for _, s := range severities {
			labels[s] = words.Line("report-severity-" + s)
		}
		row := make([]sheet.PutCell, len(errorsColumns))
		for i := range list.entries {
			p := list.shown(i, words)
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
	fields := p.fields()
	for i, c := range errorsColumns {
		row[i] = sheet.PutCell{Text: shorten(fields[c.field], cellRunes)}
	}
	row[0] = sheet.PutCell{Text: labels[p.Severity], Style: severityStyle(p.Severity)}
	if p.At.Row > 0 && p.At.Sheet != "" {
		row[3].Style, row[3].Link = sheet.StyleLink, p.At
		row[3].Link.Col = max(p.At.Col, 1)
	}
}
