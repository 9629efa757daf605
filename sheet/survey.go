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

// sheets finds the two sheets by name.
func (s *survey) sheets() (found [BothSheets]*SheetInfo) {
	var names []string
	all := s.book.Sheets()
	for i := range all {
		names = append(names, all[i].Name)
		id, ok := sheetKeys[sheetKey(all[i].Name)]
		switch {
		case !ok:
		case found[id] == nil:
			found[id] = &all[i]
		default:
			s.input(&sheetTwice, Ref{Sheet: all[i].Name}, "", Arg{"expected", sheetAliases[id][0]}, Arg{"first", found[id].Name}, Arg{"second", all[i].Name})
		}
	}
	for id := range found {
		if found[id] != nil {
			continue
		}
		expected := Arg{"expected", sheetAliases[id][0]}
		if near := nearSheet(SheetID(id), names); near != "" {
			s.input(&sheetMisspelt, Ref{Sheet: near}, "", expected, Arg{"found", near})
		} else {
			s.input(&sheetMissing, Ref{}, "", expected, Arg{"found", quoteList(names)})
		}
	}
	return found
}

// nearSheet gives the sheet whose name is nearly that of the one looked for.
func nearSheet(id SheetID, names []string) string {
	for _, name := range names {
		key := sheetKey(name)
		if _, taken := sheetKeys[key]; taken {
			continue
		}
		for _, known := range sheetAliases[id] {
			if nearMiss(key, foldKey(known)) {
				return name
			}
		}
	}
	return ""
}

// headers finds the header row of a sheet and its columns.
func (s *survey) headers(id SheetID, info SheetInfo) error {
	var best layout
	looked := 0
	for row, err := range s.book.Rows(info.Name) {
		if err != nil {
			return err
		}
		l := newLayout(id, info, row)
		if l.score > best.score {
			best = l
		}
		if looked++; looked == headerSearch || best.complete(s.opts) {
			break
		}
	}
	if looked == 0 {
		s.input(&sheetEmpty, Ref{Sheet: info.Name}, "", Arg{"sheet", info.Name}, Arg{"expected", quoteList(requiredHeaders(id, s.opts))})
		return nil
	}
	if best.score == 0 {
		s.input(&headerRowMissing, Ref{Sheet: info.Name}, "", Arg{"sheet", info.Name}, Arg{"expected", quoteList(requiredHeaders(id, s.opts))}, Arg{"looked", strconv.Itoa(looked)})
		return nil
	}
	best.settle()
	s.judge(&best)
	s.layout[id] = best
	return nil
}

// judge collects what is wrong with the headers of a sheet.
func (s *survey) judge(l *layout) {
	t := &l.table
	at := func(col int) Ref { return Ref{Sheet: t.Sheet, Row: t.HeaderRow, Col: col} }
	for _, c := range l.clashes {
		s.input(&headerTwice, at(c.col), c.text, Arg{"first", t.Headers[c.id]}, Arg{"firstcell", at(t.Columns[c.id]).Cell()}, Arg{"second", c.text}, Arg{"expected", columnOf(c.id).Header})
	}
	misspelt := map[ColumnID]bool{}
	for _, u := range l.unknown {
		if near, ok := nearHeader(l.id, u.text); ok && t.Columns[near] == 0 {
			misspelt[near] = true
			s.input(&headerMisspelt, at(u.col), u.text, Arg{"found", u.text}, Arg{"expected", columnOf(near).Header})
		}
	}
	for _, c := range Columns {
		if c.Sheet == l.id && needed(&c, s.opts) && t.Columns[c.ID] == 0 && !misspelt[c.ID] {
			s.input(&headerMissing, Ref{Sheet: t.Sheet, Row: t.HeaderRow}, c.Header, Arg{"expected", c.Header}, Arg{"row", strconv.Itoa(t.HeaderRow)}, Arg{"found", quoteList(l.texts())})
		}
	}
}

// needed reports whether a column has to be there.
func needed(c *Column, o *Options) bool {
	return c.Required && !(c.ID == CircuitRegionID && o.DefaultRegion != "")
}

func requiredHeaders(id SheetID, o *Options) (names []string) {
	for _, c := range Columns {
		if c.Sheet == id && needed(&c, o) {
			names = append(names, c.Header)
		}
	}
	return names
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
