package sheet

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// Severity is the effect of a problem on its row.
type Severity uint8

// The severities, in ascending order.
const (
	Off     Severity = iota // the rule is not applied
	Note                    // information: a value was normalised, or is echoed
	Warning                 // worth checking; an error under --strict
	Error                   // the row is INVALID; printed as "error"
)

// String returns the word used on the command line, in reports and in JSON.
func (s Severity) String() string {
	switch s {
	case Off:
		return "off"
	case Note:
		return "note"
	case Warning:
		return "warning"
	}
	return "error"
}

// ParseSeverity parses error, warning or off, the values of --severity. A note cannot be asked for.
func ParseSeverity(word string) (Severity, error) {
	switch strings.ToLower(word) {
	case "off":
		return Off, nil
	case "warning":
		return Warning, nil
	case "error":
		return Error, nil
	}
	return Off, fmt.Errorf("severity %q is none of error, warning, off", word)
}

// Arg is a named argument of a problem's message. Personal data is masked before it
// becomes an Arg.
type Arg struct{ Name, Value string }

// Problem is something found before sending. It has a cell and carries a code and
// arguments rather than prose: the message is rendered where it is shown.
type Problem struct {
	Code     string   // the rule's stable code, such as circuit-region-missing
	Severity Severity //
	At       Ref      // the cell with the problem
	Also     Ref      // the other cell of a conflict, or the zero Ref
	Column   string   // the column's header in this workbook, or its standard header
	Value    string   // the value of the cell, masked if it is personal
	Masked   bool     // Value is masked
	Args     []Arg    // further arguments of the message
}

// Arg returns the named argument, or "".
func (p Problem) Arg(name string) string {
	for _, a := range p.Args {
		if a.Name == name {
			return a.Value
		}
	}
	return ""
}

// Marks reports whether the problem marks a cell of the named sheet: it has a cell there
// and is more than a note.
func (p *Problem) Marks(sheet string) bool {
	return p.At.Sheet == sheet && p.Severity >= Warning && p.At.Row > 0 && p.At.Col > 0
}

// SortProblems sorts problems in reading order: by sheet, in the order given, then by row,
// column and code.
func SortProblems(ps []Problem, sheets ...string) {
	rank := func(name string) int {
		if i := slices.Index(sheets, name); i >= 0 {
			return i
		}
		return len(sheets)
	}
	sortStable(ps, func(a, b *Problem) int {
		return cmp.Or(
			cmp.Compare(rank(a.At.Sheet), rank(b.At.Sheet)),
			cmp.Compare(a.At.Row, b.At.Row),
			cmp.Compare(a.At.Col, b.At.Col),
			cmp.Compare(a.Code, b.Code),
		)
	})
}

// sortStable sorts large values that are nearly always in order already; checking that
// first saves copying them.
func sortStable[T any](values []T, order func(a, b *T) int) {
	for i := 1; i < len(values); i++ {
		if order(&values[i-1], &values[i]) > 0 {
			slices.SortStableFunc(values, func(a, b T) int { return order(&a, &b) })
			return
		}
	}
}

// InputError reports that the input as a whole cannot be used (exit code 2): it is not a
// workbook, is damaged or encrypted, or lacks a sheet or a column. It holds every problem
// found; like those of rows they carry codes and arguments.
type InputError struct {
	Problems []Problem
}

// Error returns the codes, for a log; users are shown the rendered messages instead.
func (e *InputError) Error() string {
	var b strings.Builder
	for i, p := range e.Problems {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(p.Code)
		for _, a := range p.Args {
			fmt.Fprintf(&b, " %s=%q", a.Name, a.Value)
		}
	}
	return b.String()
}

// Words renders the texts that users read. The catalogue behind it belongs to the caller,
// and another language changes nothing here.
type Words interface {
	// Problem renders a problem and what to do about it; the hint may be empty.
	Problem(Problem) (message, hint string)
	// Line renders the line with a code, its placeholders filled in.
	Line(code string, args ...Arg) string
}

// rowErrors finds the errors of a row among the problems of a workbook.
type rowErrors struct {
	problems []Problem
	list     []int32 // indexes of one sheet's errors, by row
}

// errorsOf lists the errors of a sheet by row.
func errorsOf(problems []Problem, sheet string) rowErrors {
	x := rowErrors{problems: problems}
	for i := range problems {
		if problems[i].Severity == Error && problems[i].At.Sheet == sheet {
			x.list = append(x.list, int32(i))
		}
	}
	slices.SortStableFunc(x.list, func(a, b int32) int { return cmp.Compare(x.row(a), x.row(b)) })
	return x
}

func (x *rowErrors) row(i int32) int { return x.problems[i].At.Row }

// at gives the errors of a row, by their indexes.
func (x *rowErrors) at(row int) []int32 {
	from := sort.Search(len(x.list), func(i int) bool { return x.row(x.list[i]) >= row })
	to := from
	for to < len(x.list) && x.row(x.list[to]) == row {
		to++
	}
	return x.list[from:to]
}
