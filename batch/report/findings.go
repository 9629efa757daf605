package report

import (
	"cmp"
	"slices"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// findings is the one list of what needs attention. The Errors sheet, the CSV, the HTML
// page, the JSON document and the terminal all show it in this order: problems that are
// errors, rows that were not accepted, rows that --only left out before they were
// accepted, warnings, and notes, which are folded if there are many of a kind. Each group is in
// sheet order; problems that are counted but not listed end their group.
//
// It refers to the document instead of copying it: a hopeless workbook has many findings.
type findings struct {
	d       *Document
	entries []entry
}

// entry is one finding: an index into the list of its kind.
type entry struct {
	from  source
	index int32
}

// source is the list of the document that a finding is in.
type source uint8

const (
	fromProblems source = iota
	fromUnlisted
	fromRows
	fromFolded
)

// findings lists what needs attention. In a status only its own problems are listed: the results are an earlier
// run's.
func (d *Document) findings() findings {
	f := findings{d: d}
	for _, severity := range severities {
		if severity == sheet.Warning.String() {
			f.rows(true)
		}
		f.problems(severity)
		if severity == sheet.Error.String() {
			f.rows(false)
		}
	}
	return f
}

// problems adds the problems of one severity.
func (f *findings) problems(severity string) {
	if severity == sheet.Note.String() && len(f.d.Folded) > 0 {
		for i := range f.d.Folded {
			f.entries = append(f.entries, entry{fromFolded, int32(i)})
		}
		return
	}
	for i := range f.d.Problems {
		if f.d.Problems[i].Severity == severity {
			f.entries = append(f.entries, entry{fromProblems, int32(i)})
		}
	}
	for i := range f.d.Unlisted {
		if f.d.Unlisted[i].Severity == severity {
			f.entries = append(f.entries, entry{fromUnlisted, int32(i)})
		}
	}
}

// rows adds the rows that were not accepted: those of this run, or those that --only left
// out. INVALID rows are represented by their problems.
func (f *findings) rows(leftOut bool) {
	if f.d.isStatus() {
		return
	}
	for i := range f.d.Applications {
		a := &f.d.Applications[i]
		if (a.Result == sheet.Skipped) == leftOut && unaccepted(a) != "" {
			f.entries = append(f.entries, entry{fromRows, int32(i)})
		}
	}
}

// at returns a finding as a problem.
func (f *findings) at(i int) Problem {
	switch e := f.entries[i]; e.from {
	case fromUnlisted:
		return f.d.Unlisted[e.index].asProblem()
	case fromRows:
		a := &f.d.Applications[e.index]
		return a.asProblem(unaccepted(a))
	case fromFolded:
		return f.d.Folded[e.index]
	default:
		return f.d.Problems[e.index]
	}
}

// shown returns a finding as shown to people, with the terms of their language.
func (f *findings) shown(i int, words Words) Problem {
	p := f.at(i)
	if f.entries[i].from == fromRows {
		l := words.Vocabulary()
		p.Column, p.Value = l.ResultHeader(sheet.ColResult), l.Result(sheet.Result(p.Value))
	}
	return p
}

// first returns the list up to a limit.
func (f *findings) first(limit int) []Problem {
	list := make([]Problem, min(limit, len(f.entries)))
	for i := range list {
		list[i] = f.at(i)
	}
	return list
}

// unaccepted returns the code under which a row counts as not accepted, or "".
func unaccepted(a *Application) string {
	switch a.Result {
	case sheet.Blocked, sheet.Refused, sheet.Failed, sheet.Unknown, sheet.NotAttempted:
		return cmp.Or(a.ErrorCode, a.Reason, string(a.Result))
	case sheet.Skipped:
		if a.Earlier == sheet.Invalid && a.StillInvalid || !open(a.Earlier) {
			return ""
		}
		return cmp.Or(a.ErrorCode, a.Reason, string(a.Earlier))
	}
	return ""
}

// open reports whether a row with this result still needs a person or another run.
func open(r sheet.Result) bool {
	switch r {
	case "", sheet.Submitted, sheet.Already:
		return false
	}
	return true
}

// asProblem presents a row that was not accepted as a problem of its instance ID's cell,
// with its result as the value: that of an earlier run if it was left out.
func (a *Application) asProblem(code string) Problem {
	return Problem{
		Severity: a.severity(), Code: code, Sheet: sheet.MaskNumbers(a.At.Sheet), Cell: cellOf(a.At), Circuit: a.InstanceID,
		Column: sheet.ResultHeaders[sheet.ColResult], Value: string(cmp.Or(a.Earlier, a.Result)), Message: a.Message, Hint: a.Hint, At: a.At,
	}
}

// severity is the severity of a row that was not accepted. One that was left out on purpose does not make the run
// fail.
func (a *Application) severity() string {
	if a.Result == sheet.Skipped {
		return sheet.Warning.String()
	}
	return sheet.Error.String()
}

// stopReported reports whether a stop kept the row back. The stop is reported by itself; rows whose answers caused it
// are separate causes.
func (d *Document) stopReported(a *Application) bool {
	return a.Result == sheet.NotAttempted && d.StopReason != "" && a.Reason != string(batch.ReasonRefusedAll)
}

// unfoldedNotes is how many notes of one kind on one sheet are listed one by one.
const unfoldedNotes = 3

// FoldNotes returns the notes among the problems; if there are many of a kind on a sheet, one counts them and names
// their cells. It returns nil if nothing is to be folded.
func FoldNotes(problems []Problem, unlisted []Unlisted, words Words) []Problem {
	type kind struct{ code, sheet string }
	var order []kind
	of := map[kind][]int{}
	folded := false
	for i := range problems {
		if p := &problems[i]; p.Severity == sheet.Note.String() {
			k := kind{p.Code, p.Sheet}
			if of[k] == nil {
				order = append(order, k)
			}
			of[k] = append(of[k], i)
			folded = folded || len(of[k]) > unfoldedNotes
		}
	}
	if !folded {
		return nil
	}
	var list []Problem
	for _, k := range order {
		if len(of[k]) > unfoldedNotes {
			list = append(list, fold(problems, of[k], words))
			continue
		}
		for _, i := range of[k] {
			list = append(list, problems[i])
		}
	}
	for i := range unlisted {
		if u := &unlisted[i]; u.Severity == sheet.Note.String() {
			list = append(list, u.asProblem())
		}
	}
	return list
}

// fold makes one problem of several of one kind.
func fold(problems []Problem, at []int, words Words) Problem {
	p := problems[at[0]]
	cells := make([]sheet.Ref, len(at))
	for i, n := range at {
		cells[i] = problems[n].At
	}
	p.Count, p.Cells = len(at), ranges(cells)
	shown := p.Cells[:min(len(p.Cells), maxCells)]
	where := enumeration(words, shown)
	if more := len(p.Cells) - len(shown); more > 0 {
		where += " " + counted(words, "report-more-cells", more)
	}
	p.Message = counted(words, "report-folded", len(at), textArg("message", p.Message), textArg("cells", where))
	p.Value, p.Suggestion, p.Circuit = "", "", ""
	return p
}

// ranges names cells of one sheet, joining vertically adjacent ones into ranges: F2:F33.
func ranges(cells []sheet.Ref) []string {
	slices.SortStableFunc(cells, func(a, b sheet.Ref) int { return cmp.Or(cmp.Compare(a.Col, b.Col), cmp.Compare(a.Row, b.Row)) })
	var list []string
	for i := 0; i < len(cells); {
		last := i
		for last+1 < len(cells) && cells[last+1].Col == cells[i].Col && cells[last+1].Row <= cells[last].Row+1 {
			last++
		}
		name := cellOf(cells[i])
		if cells[last] != cells[i] && cells[i].Row > 0 && cells[i].Col > 0 {
			name += ":" + cellOf(cells[last])
		}
		list = append(list, name)
		i = last + 1
	}
	return list
}

// Circuits names the circuits of an engineer for a finding: the first of them, and how
// many more there are.
func Circuits(ids []string, words Words) string {
	const shown = 3
	text := sheet.MaskNumbers(enumeration(words, ids[:min(shown, len(ids))]))
	if more := len(ids) - shown; more > 0 {
		return counted(words, "more-circuits", more, textArg("list", text))
	}
	return text
}
