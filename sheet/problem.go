package sheet

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet/internal/bulk"
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
	return Off, fmt.Errorf("severity %q is not error, warning or off", word)
}

// Arg is a named argument of a problem's message. Personal data is masked before it
// becomes an Arg.
type Arg struct{ Name, Value string }

// Count is a number as an argument.
func Count(name string, n int) Arg { return Arg{Name: name, Value: strconv.Itoa(n)} }

// Problem is something found before sending. It has a cell and carries a code and
// arguments rather than prose: the message is rendered where it is shown.
type Problem struct {
	Code     string   // the rule's stable code, such as circuit-region-missing
	Severity Severity //
	Masked   bool     // Value is masked
	RowOnly  bool     // beyond the bound of its rule: not in lists, only in its row's message and mark
	More     int32    // of a row's first error: how many further errors of the row were only counted
	At       Ref      // the cell with the problem
	Also     Ref      // the other cell of a conflict, or the zero Ref
	Column   string   // the column's header in this workbook, or its standard header
	Value    string   // the value of the cell, masked if it is personal
	Args     []Arg    // further arguments of the message

	// Suggestion is the value that was probably meant. It is never applied automatically, and
	// empty if there is not exactly one, or it is personal.
	Suggestion string
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
		if a.At.Sheet != b.At.Sheet {
			if c := cmp.Compare(rank(a.At.Sheet), rank(b.At.Sheet)); c != 0 {
				return c
			}
		}
		switch {
		case a.At.Row != b.At.Row:
			return cmp.Compare(a.At.Row, b.At.Row)
		case a.At.Col != b.At.Col:
			return cmp.Compare(a.At.Col, b.At.Col)
		}
		return cmp.Compare(a.Code, b.Code)
	})
}

// sortStable sorts large values that are nearly always in order already; checking that
// first saves copying them. Otherwise their indexes are sorted, and each value is moved once.
func sortStable[T any](values []T, order func(a, b *T) int) {
	sorted := true
	for i := 1; i < len(values) && sorted; i++ {
		sorted = order(&values[i-1], &values[i]) <= 0
	}
	if sorted {
		return
	}
	from := make([]int32, len(values)) // by place: the index of the value that belongs there
	for i := range from {
		from[i] = int32(i)
	}
	slices.SortStableFunc(from, func(a, b int32) int { return order(&values[a], &values[b]) })
	for start := range from {
		first, at := values[start], start
		for from[at] >= 0 { // a cycle of places
			next := int(from[at])
			from[at] = -1
			if next == start {
				values[at] = first
			} else {
				values[at] = values[next]
			}
			at = next
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

// RowErrors finds the errors of each row: a circuit's own and those of its engineers.
// An error belongs to the row of its At alone; a conflict is reported at each of its rows
// that is invalid because of it.
type RowErrors struct {
	workbook            *Workbook
	problems            []Problem
	circuits, engineers sheetErrors
}

// sheetErrors are the errors of one sheet.
type sheetErrors struct {
	sorted []int32    // indexes of the errors, by row
	first  bulk.Index // of the rows among sorted
}

// NewRowErrors indexes the errors among problems, which may be more than the workbook's own.
func NewRowErrors(w *Workbook, problems []Problem) *RowErrors {
	e := &RowErrors{workbook: w, problems: problems}
	for i := range problems {
		switch p := &problems[i]; {
		case p.Severity != Error:
		case p.At.Sheet == w.CircuitsTable.Sheet:
			e.circuits.sorted = append(e.circuits.sorted, int32(i))
		case p.At.Sheet == w.EngineersTable.Sheet:
			e.engineers.sorted = append(e.engineers.sorted, int32(i))
		}
	}
	e.circuits.index(problems)
	e.engineers.index(problems)
	return e
}

// index sorts the errors by row.
func (s *sheetErrors) index(problems []Problem) {
	sortStable(s.sorted, func(a, b *int32) int { return cmp.Compare(problems[*a].At.Row, problems[*b].At.Row) })
	s.first = bulk.NewIndex(len(s.sorted), func(i int) int { return problems[s.sorted[i]].At.Row })
}

// at returns the indexes of the errors of one row.
func (s *sheetErrors) at(problems []Problem, row int) []int32 {
	first, found := s.first.At(row)
	if !found {
		return nil
	}
	end := first + 1
	for end < len(s.sorted) && problems[s.sorted[end]].At.Row == row {
		end++
	}
	return s.sorted[first:end]
}

// appendRow appends the errors of one row.
func (e *RowErrors) appendRow(list []Problem, s *sheetErrors, row int) []Problem {
	for _, i := range s.at(e.problems, row) {
		list = append(list, e.problems[i])
	}
	return list
}

// Own lists the errors of a circuit's own row.
func (e *RowErrors) Own(c *Circuit) []Problem { return e.appendRow(nil, &e.circuits, c.Row) }

// Of lists the errors that make a circuit invalid: its own, then those of its engineers.
func (e *RowErrors) Of(c *Circuit) []Problem {
	list := e.Own(c)
	for _, i := range c.Engineers {
		list = e.appendRow(list, &e.engineers, e.workbook.Engineers[i].Row)
	}
	return list
}

// Code returns the code of the first error of a circuit, or "".
func (e *RowErrors) Code(c *Circuit) string {
	if own := e.circuits.at(e.problems, c.Row); len(own) > 0 {
		return e.problems[own[0]].Code
	}
	for _, i := range c.Engineers {
		if list := e.engineers.at(e.problems, e.workbook.Engineers[i].Row); len(list) > 0 {
			return e.problems[list[0]].Code
		}
	}
	return ""
}

// unlistedIn counts the errors of the same rows that were only counted.
func unlistedIn(list []Problem) (n int) {
	for i := range list {
		n += int(list[i].More)
	}
	return n
}

// Count counts the errors except those of rows that are left out: of the circuits whose
// rows are skipped, and of the engineers who work on these circuits alone. An engineer who
// works on no circuit is left out only with all circuits, as any of them may be meant.
func (e *RowErrors) Count(skipped map[int]bool) int {
	taken := func(c *Circuit) bool { return !skipped[c.Row] }
	engineers := make([]struct{ skipped, taken bool }, len(e.workbook.Engineers))
	all := len(skipped) > 0
	for i := range e.workbook.Circuits {
		c := &e.workbook.Circuits[i]
		all = all && !taken(c)
		for _, n := range c.Engineers {
			if taken(c) {
				engineers[n].taken = true
			} else {
				engineers[n].skipped = true
			}
		}
	}
	out := map[int]bool{}
	for i, g := range engineers {
		if all || g.skipped && !g.taken {
			out[e.workbook.Engineers[i].Row] = true
		}
	}
	n := 0
	for _, i := range e.circuits.sorted {
		if p := &e.problems[i]; !skipped[p.At.Row] {
			n += 1 + int(p.More)
		}
	}
	for _, i := range e.engineers.sorted {
		if p := &e.problems[i]; !out[p.At.Row] {
			n += 1 + int(p.More)
		}
	}
	return n
}
