package sheet

import (
	"strconv"
	"strings"
)

// sheetMissing: a workbook has a sheet for circuits and a sheet for engineers.
var sheetMissing = workbookRules.add(Rule{Code: "sheet-missing", Severity: Error, Column: NoColumn, Input: true})

// sheetMisspelt: a sheet with nearly the right name is pointed out instead of being used.
var sheetMisspelt = workbookRules.add(Rule{Code: "sheet-misspelt", Severity: Error, Column: NoColumn, Input: true})

// sheetTwice: there is no guessing between two sheets with matching names.
var sheetTwice = workbookRules.add(Rule{Code: "sheet-twice", Severity: Error, Column: NoColumn, Input: true})

// sheets finds the two sheets by name.
func (s *sheetFinder) sheets() (found [BothSheets]*SheetInfo) {
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
			s.reject(sheetTwice, Ref{Sheet: all[i].Name}, "", Arg{"expected", sheetAliases[id][0]}, Arg{"first", found[id].Name}, Arg{"second", all[i].Name})
		}
	}
	for id := range found {
		if found[id] != nil {
			continue
		}
		expected := Arg{"expected", sheetAliases[id][0]}
		if near := nearSheet(SheetID(id), names); near != "" {
			s.reject(sheetMisspelt, Ref{Sheet: near}, "", expected, Arg{"found", near})
		} else {
			s.reject(sheetMissing, Ref{}, "", expected, Arg{"found", quoteList(names)})
		}
	}
	return found
}

// sheetEmpty: a sheet has contents.
var sheetEmpty = workbookRules.add(Rule{Code: "sheet-empty", Severity: Error, Column: NoColumn, Input: true})

// headerRowMissing: a row near the top of the sheet has the headers.
var headerRowMissing = workbookRules.add(Rule{Code: "header-row-missing", Severity: Error, Column: NoColumn, Input: true})

// headers finds the header row of a sheet and its columns.
func (s *sheetFinder) headers(id SheetID, info SheetInfo) error {
	var best layout
	searched := 0
	for row, err := range s.book.Rows(info.Name) {
		if err != nil {
			return err
		}
		l := newLayout(id, info, row)
		if l.score > best.score {
			best = l
		}
		if searched++; searched == maxHeaderRows || best.complete(s.opts) {
			break
		}
	}
	if searched == 0 {
		s.reject(sheetEmpty, Ref{Sheet: info.Name}, "", Arg{"sheet", info.Name}, Arg{"expected", quoteList(requiredHeaders(id, s.opts))})
		return nil
	}
	if best.score == 0 {
		s.reject(headerRowMissing, Ref{Sheet: info.Name}, "", Arg{"sheet", info.Name}, Arg{"expected", quoteList(requiredHeaders(id, s.opts))}, Arg{"looked", strconv.Itoa(searched)})
		return nil
	}
	best.resolveResults()
	s.checkHeaders(&best)
	s.layout[id] = best
	return nil
}

// headerMissing: every required column has a header.
var headerMissing = workbookRules.add(Rule{Code: "header-missing", Severity: Error, Column: NoColumn, Input: true})

// headerMisspelt: a header that is nearly a known one is pointed out, neither used nor ignored.
var headerMisspelt = workbookRules.add(Rule{Code: "header-misspelt", Severity: Error, Column: NoColumn, Input: true})

// headerTwice: there is no guessing between two columns with the same meaning.
var headerTwice = workbookRules.add(Rule{Code: "header-twice", Severity: Error, Column: NoColumn, Input: true})

// checkHeaders applies the rules about the headers of a sheet.
func (s *sheetFinder) checkHeaders(l *layout) {
	t := &l.table
	at := func(col int) Ref { return Ref{Sheet: t.Sheet, Row: t.HeaderRow, Col: col} }
	for _, c := range l.clashes {
		s.reject(headerTwice, at(c.col), c.text, Arg{"first", t.Headers[c.id]}, Arg{"firstcell", at(t.Columns[c.id]).Cell()}, Arg{"second", c.text}, Arg{"expected", columnOf(c.id).Header})
	}
	misspelt := map[ColumnID]bool{}
	for _, u := range l.unknown {
		if near, ok := nearHeader(l.id, u.text); ok && t.Columns[near] == 0 {
			misspelt[near] = true
			s.reject(headerMisspelt, at(u.col), u.text, Arg{"found", u.text}, Arg{"expected", columnOf(near).Header})
		}
	}
	for _, c := range Columns {
		if c.Sheet == l.id && needed(&c, s.opts) && t.Columns[c.ID] == 0 && !misspelt[c.ID] {
			s.reject(headerMissing, Ref{Sheet: t.Sheet, Row: t.HeaderRow}, c.Header, Arg{"expected", c.Header}, Arg{"row", strconv.Itoa(t.HeaderRow)}, Arg{"found", quoteList(l.texts())})
		}
	}
}

// headerUnknown: a column with an unknown header is not read.
var headerUnknown = workbookRules.add(Rule{Code: "header-unknown", Severity: Warning, Column: NoColumn})

// headerRowLate: rows above the headers are titles and are not read.
var headerRowLate = workbookRules.add(Rule{Code: "header-row-late", Severity: Note, Column: NoColumn})

// hiddenSheet: a hidden sheet is read like any other.
var hiddenSheet = workbookRules.add(Rule{Code: "hidden-sheet", Severity: Warning, Column: NoColumn})

// hiddenColumn: a hidden column is read like any other.
var hiddenColumn = workbookRules.add(Rule{Code: "hidden-column", Severity: Warning, Column: NoColumn})

// headerProblems reports what the header row alone shows.
func (d *decoder) headerProblems(l *layout) {
	t := &l.table
	head := Ref{Sheet: t.Sheet, Row: t.HeaderRow, Col: l.all[0].col}
	if t.HeaderRow > 1 {
		d.record(headerRowLate, Problem{At: head, Column: l.all[0].text})
	}
	if l.hidden {
		d.record(hiddenSheet, Problem{At: head, Column: l.all[0].text})
	}
	for _, h := range l.all {
		if h.hidden && l.slot(h.col).use == useData {
			d.record(hiddenColumn, Problem{At: Ref{Sheet: t.Sheet, Row: t.HeaderRow, Col: h.col}, Column: h.text})
		}
	}
	for _, u := range l.unknown {
		d.record(headerUnknown, Problem{At: Ref{Sheet: t.Sheet, Row: t.HeaderRow, Col: u.col}, Column: u.text, Value: shorten(u.text, maxShown)})
	}
}

// hiddenRow: a hidden or filtered row is processed like any other.
var hiddenRow = workbookRules.add(Rule{Code: "hidden-row", Severity: Warning, Column: NoColumn})

// hiddenRow reports that the current row is hidden.
func (d *decoder) hiddenRow() {
	f := &d.fields[0] // the instance ID of either sheet
	d.record(hiddenRow, Problem{At: f.at, Column: f.header})
}

// strayValue: a value belongs to a column with a header.
var strayValue = workbookRules.add(Rule{Code: "stray-value", Severity: Warning, Column: NoColumn})

// stray reports a value in a column without a header.
func (d *decoder) stray(c *Cell) {
	t := &d.layout.table
	t.LastCol = max(t.LastCol, c.Col)
	if hasValue(c) {
		d.record(strayValue, Problem{At: Ref{Sheet: t.Sheet, Row: d.row, Col: c.Col}, Column: ColName(c.Col)})
	}
}

// totalsRow: the totals row of a table is not a data row.
var totalsRow = workbookRules.add(Rule{Code: "totals-row", Severity: Note, Column: NoColumn})

// readTotals finds the totals rows of a sheet. A table that does not include the instance
// IDs is not the one with the data.
func (d *decoder) readTotals(t *Table) error {
	d.totals = nil
	ranges, err := d.book.Totals(t.Sheet)
	if err != nil {
		return err
	}
	for _, r := range ranges {
		if col := d.fields[0].at.Col; col >= r.Col1 && col <= r.Col2 {
			d.totals = append(d.totals, r)
		}
	}
	return nil
}

// isTotals reports whether the current row is a totals row, and records that. A row that
// names a circuit is a data row whatever the table says: no row is lost.
func (d *decoder) isTotals() bool {
	f := &d.fields[0]
	for _, r := range d.totals {
		if d.row < r.Row1 || d.row > r.Row2 {
			continue
		}
		if id := trimOuter(f.cell.Value); id == "*" || strings.HasPrefix(strings.ToLower(id), "pc-") {
			return false
		}
		d.record(totalsRow, Problem{At: f.at, Column: f.header, Value: d.show(f, f.cell.Value)})
		return true
	}
	return false
}
