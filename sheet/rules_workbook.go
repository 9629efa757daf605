package sheet

import "strconv"

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
	tables, err := s.book.Tables(info.Name)
	if err != nil {
		return err
	}
	var best layout
	searched, banded := 0, false
	for row, err := range s.book.Rows(info.Name) {
		if err != nil {
			return err
		}
		l := newLayout(id, info, tables, row)
		l.banded = banded
		if l.score > best.score {
			best = l
		}
		banded = banded || isTemplateBand(row)
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
	spare := func(id ColumnID) bool { return s.opts.Purpose == ForApplication && stageOf(id) == completionOnly }
	for _, c := range l.clashes {
		if spare(c.id) { // the first one is read but not sent
			continue
		}
		s.reject(headerTwice, at(c.col), c.text, Arg{"first", t.Headers[c.id]}, Arg{"firstcell", at(t.Columns[c.id]).Cell()}, Arg{"second", c.text}, Arg{"expected", columnOf(c.id).Header})
	}
	reported := map[ColumnID]bool{}
	for _, h := range l.outside {
		if needed(columnOf(h.id), s.opts) && t.Columns[h.id] == 0 {
			reported[h.id] = true
			s.reject(headerOutsideTable, at(h.col), h.text, Arg{"table", l.bounds.Range.Cells()})
		}
	}
	for _, u := range l.unknown {
		if near, ok := nearHeader(l.id, u.text); ok && !spare(near) && t.Columns[near] == 0 && l.within(u.col) {
			reported[near] = true
			s.reject(headerMisspelt, at(u.col), u.text, Arg{"found", u.text}, Arg{"expected", columnOf(near).Header})
		}
	}
	for _, c := range Columns {
		if c.Sheet == l.id && needed(&c, s.opts) && t.Columns[c.ID] == 0 && !reported[c.ID] {
			s.reject(headerMissing, Ref{Sheet: t.Sheet, Row: t.HeaderRow}, c.Header, Arg{"expected", c.Header}, Arg{"row", strconv.Itoa(t.HeaderRow)}, Arg{"found", quoteList(l.texts())})
		}
	}
}

// headerOutsideTable: if an Excel table holds the data, a header outside it belongs to another list. It is
// an error of the input if a required column is missing from the data.
var headerOutsideTable = workbookRules.add(Rule{Code: "header-outside-table", Severity: Warning, Column: NoColumn})

// headerUnknown: a column with an unknown header is not read.
var headerUnknown = workbookRules.add(Rule{Code: "header-unknown", Severity: Warning, Column: NoColumn})

// headerRowLate: rows above the headers are titles and are not read. The template's own are not mentioned.
var headerRowLate = workbookRules.add(Rule{Code: "header-row-late", Severity: Note, Column: NoColumn})

// hiddenSheet: a hidden sheet is read like any other.
var hiddenSheet = workbookRules.add(Rule{Code: "hidden-sheet", Severity: Warning, Column: NoColumn})

// hiddenColumn: a hidden column is read like any other.
var hiddenColumn = workbookRules.add(Rule{Code: "hidden-column", Severity: Warning, Column: NoColumn})

// headerProblems reports what the header row alone shows.
func (d *decoder) headerProblems(l *layout) {
	t := &l.table
	head := Ref{Sheet: t.Sheet, Row: t.HeaderRow, Col: l.all[0].col}
	if t.HeaderRow > 1 && !l.banded {
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
	for _, h := range l.outside {
		d.record(headerOutsideTable, Problem{At: Ref{Sheet: t.Sheet, Row: t.HeaderRow, Col: h.col}, Column: h.text, Args: []Arg{{"table", l.bounds.Range.Cells()}}})
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
