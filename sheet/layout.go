package sheet

import (
	"slices"
	"strconv"
	"strings"
)

// maxHeaderRows is how many rows with a value are searched for the headers. Titles, logos
// and instructions above a table take up to a dozen.
const maxHeaderRows = 50

// TemplateMark starts the text, above the headers, that tells the template's version.
const TemplateMark = "loabatch template "

// isTemplateBand reports whether a row is one of those that the template has above its headers.
func isTemplateBand(row Row) bool {
	return slices.ContainsFunc(row.Cells, func(c Cell) bool { return c.Type == TextCell && strings.HasPrefix(c.Value, TemplateMark) })
}

// sheetFinder finds the two sheets and their columns before any row is read. It collects
// every problem that prevents this.
type sheetFinder struct {
	book     Book
	opts     *Options
	problems []Problem
	layout   [BothSheets]layout
}

// find finds both sheets. Its error is an *InputError or an error of the book.
func (s *sheetFinder) find() error {
	found := s.sheets()
	for id, info := range found {
		if info == nil {
			continue
		}
		if err := s.headers(SheetID(id), *info); err != nil {
			return err
		}
	}
	if len(s.problems) > 0 {
		return &InputError{Problems: s.problems}
	}
	return nil
}

func (s *sheetFinder) reject(r *Rule, at Ref, column string, args ...Arg) {
	s.problems = append(s.problems, Problem{Code: r.Code, Severity: Error, At: at, Column: column, Args: args})
}

// layout is the arrangement of a sheet's columns according to one row of headers.
type layout struct {
	id      SheetID
	hidden  bool
	banded  bool // the rows above the headers are the template's
	table   Table
	score   int     // data columns found
	slots   []slot  // by column number
	unknown []label // headers without a known meaning
	clashes []label // further headers of a column that was already found
	outside []label // known headers outside of the Excel table with the data
	all     []label // every header

	onSheet []ExcelTable // the Excel tables of the sheet
	tables  []ExcelTable // those that the header row is part of
	bounds  *ExcelTable  // the one with the data, or nil
	filled  []int        // columns with a value in the header row, in order
}

// label is one header.
type label struct {
	col    int
	text   string
	id     ColumnID // the data column that it means, or NoColumn
	hidden bool     // the column is hidden
}

// slot says how the cells of a column are used.
type slot struct {
	use  use
	data ColumnID
	past ResultColumn
}

// use is the kind of a column.
type use uint8

const (
	useStray   use = iota // no header
	useData               //
	useResult             // written by an earlier run
	useIgnored            // a header without a known meaning
)

// newLayout interprets a row as headers.
func newLayout(id SheetID, info SheetInfo, tables []ExcelTable, row Row) layout {
	l := layout{id: id, hidden: info.Hidden, onSheet: tables, table: Table{
		Sheet: info.Name, HeaderRow: row.Number, LastRow: row.Number,
		Columns: map[ColumnID]int{}, Headers: map[ColumnID]string{}, Results: map[ResultColumn]int{},
	}}
	for i := range row.Cells {
		c := &row.Cells[i]
		if hasValue(c) {
			l.filled = append(l.filled, c.Col)
		}
		if c.Type != TextCell || isBlank(c.Value) {
			continue
		}
		header := trimOuter(c.Value)
		h := label{col: c.Col, text: MaskNumbers(header), id: NoColumn, hidden: c.HiddenCol}
		if data, ok := columnByHeader(id, header); ok && !ownHeader(header) {
			h.id = data
		}
		l.all = append(l.all, h)
	}
	l.bind()
	for _, h := range l.all {
		l.assign(h)
	}
	return l
}

// assign gives a header's column its use.
func (l *layout) assign(h label) {
	l.put(h.col, slot{use: useIgnored})
	l.table.LastCol = h.col
	past, isResult := resultKeys[foldKey(h.text)]
	switch {
	case ownHeader(h.text):
	case h.id != NoColumn && !l.within(h.col):
		l.outside = append(l.outside, h)
	case h.id != NoColumn:
		l.data(h)
	case isResult:
		l.result(h.col, past)
	default:
		l.unknown = append(l.unknown, h)
	}
}

// bind finds the Excel table that holds the data: the one with the header of the instance
// IDs. Where several lists have such a header, it is the one with the most known headers,
// and of equal ones none.
func (l *layout) bind() {
	for _, t := range l.onSheet {
		if row := l.table.HeaderRow; row+1 >= t.Range.Row1 && row <= t.Range.Row2 {
			l.tables = append(l.tables, t)
		}
	}
	most := 0
	for i := -1; i < len(l.tables); i++ { // -1 stands for the cells in no table
		switch n := l.known(i); {
		case n > most:
			most, l.bounds = n, nil
			if i >= 0 {
				l.bounds = &l.tables[i]
			}
		case n == most:
			l.bounds = nil
		}
	}
}

// known counts the known headers in one of the layout's tables, or outside of all of them
// for -1. Without a header of the instance IDs it returns 0.
func (l *layout) known(table int) int {
	found := map[ColumnID]bool{}
	for _, h := range l.all {
		if h.id != NoColumn && l.tableAt(h.col) == table {
			found[h.id] = true
		}
	}
	if !found[instanceColumn(l.id)] {
		return 0
	}
	return len(found)
}

// tableAt returns the index of the layout's table that a column belongs to, or -1.
func (l *layout) tableAt(col int) int {
	return slices.IndexFunc(l.tables, func(t ExcelTable) bool { return col >= t.Range.Col1 && col <= t.Range.Col2 })
}

// within reports whether a column can be one of the data's columns as far as tables show.
func (l *layout) within(col int) bool {
	return l.bounds == nil || col >= l.bounds.Range.Col1 && col <= l.bounds.Range.Col2
}

// instanceColumn returns the column of the instance IDs on a sheet.
func instanceColumn(id SheetID) ColumnID {
	if id == EngineersSheet {
		return EngineerInstanceID
	}
	return CircuitInstanceID
}

func (l *layout) put(col int, s slot) {
	for len(l.slots) <= col {
		l.slots = append(l.slots, slot{})
	}
	l.slots[col] = s
}

func (l *layout) data(h label) {
	if l.table.Columns[h.id] != 0 {
		l.clashes = append(l.clashes, h)
		return
	}
	l.score++
	l.table.Columns[h.id], l.table.Headers[h.id] = h.col, h.text
	l.put(h.col, slot{use: useData, data: h.id})
}

// result registers a result column. Of two with the same meaning the right one counts, as
// result columns are written to the right of the data.
func (l *layout) result(col int, id ResultColumn) {
	if before, ok := l.table.Results[id]; ok {
		l.put(before, slot{use: useIgnored})
	}
	l.table.Results[id] = col
	l.put(col, slot{use: useResult, past: id})
}

// resolveResults decides which result columns were written by an earlier run. Without a
// Result column, a common header such as Message is taken for the user's own, and only a
// distinctive one such as LOA status for a result column; beside the time of an LOA's status,
// which the status command writes alone, Message and Letter are of that command.
func (l *layout) resolveResults() {
	if _, ok := l.table.Results[ColResult]; ok {
		return
	}
	kept := map[int]bool{}
	_, asked := l.table.Results[ColLOAAskedAt]
	for id, col := range l.table.Results {
		if id == ColAttempts || !asked && (id == ColMessage || id == ColLetter) {
			l.put(col, slot{use: useIgnored})
			delete(l.table.Results, id)
			continue
		}
		kept[col] = true
	}
	l.unknown = l.unknown[:0]
	for _, h := range l.all {
		if h.id == NoColumn && !kept[h.col] && !ownHeader(h.text) {
			l.unknown = append(l.unknown, h)
		}
	}
}

// complete reports whether every column that the workbook must have was found.
func (l *layout) complete(o *Options) bool {
	if l.score == 0 {
		return false
	}
	for i := range Columns {
		if c := &Columns[i]; c.Sheet == l.id && needed(c, o) && l.table.Columns[c.ID] == 0 {
			return false
		}
	}
	return true
}

func (l *layout) texts() []string {
	texts := make([]string, len(l.all))
	for i, h := range l.all {
		texts[i] = h.text
	}
	return texts
}

// slot returns how a column is used.
func (l *layout) slot(col int) slot {
	if col < len(l.slots) {
		return l.slots[col]
	}
	return slot{}
}

// quoteList quotes names for a message, at most a dozen of them.
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
		b.WriteString(strconv.Quote(shorten(MaskNumbers(n), 60)))
	}
	return b.String()
}
