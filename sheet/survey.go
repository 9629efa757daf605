package sheet

import (
	"slices"
	"strconv"
	"strings"
)

// headerSearch is how many rows with a value are looked at for the headers: titles,
// logos and instructions above a table take a dozen.
const headerSearch = 50

// survey finds the two sheets and their columns before a row is read. What stands in
// the way is collected, all of it, in inputs.
type survey struct {
	book   Book
	opts   *Options
	inputs []Problem
	layout [BothSheets]layout
}

// look surveys both sheets. It fails with an *InputError, or with what the book says.
func (s *survey) look() error {
	found := s.sheets()
	for id, info := range found {
		if info == nil {
			continue
		}
		if err := s.headers(SheetID(id), *info); err != nil {
			return err
		}
	}
	if len(s.inputs) > 0 {
		return &InputError{Problems: s.inputs}
	}
	return nil
}

func (s *survey) input(r *Rule, at Ref, column string, args ...Arg) {
	s.inputs = append(s.inputs, Problem{Code: r.Code, Severity: Error, At: at, Column: column, Args: args})
}

// columnOf gives the entry of a column in the column table.
func columnOf(id ColumnID) *Column {
	i := slices.IndexFunc(Columns, func(c Column) bool { return c.ID == id })
	return &Columns[i]
}

// quoteList lists names for a sentence, cut off after a dozen.
func quoteList(names []string) string {
	const most = 12
	var b strings.Builder
	for i, n := range names {
		if i == most {
			b.WriteString(", …")
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.Quote(shorten(n, 60)))
	}
	return b.String()
}
