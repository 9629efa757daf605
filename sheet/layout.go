package sheet

import (
	"maps"
	"strconv"
	"strings"
)

// maxHeaderRows is how many rows with a value are searched for the headers. Titles, logos
// and instructions above a table take up to a dozen.
const maxHeaderRows = 50

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
	table   Table
	score   int     // data columns found
	slots   []slot  // by column number
	unknown []label // headers without a known meaning
	clashes []label // further headers of a column that was found already
	all     []label // every header
}

// label is one header.
type label struct {
	col    int
	text   string
	id     ColumnID // of a clash
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
func newLayout(id SheetID, info SheetInfo, row Row) layout {
	l := layout{id: id, hidden: info.Hidden, table: Table{
		Sheet: info.Name, HeaderRow: row.Number, LastRow: row.Number,
		Columns: map[ColumnID]int{}, Headers: map[ColumnID]string{}, Results: map[ResultColumn]int{},
	}}
	for _, c := range row.Cells {
		if c.Type != TextCell || isBlank(c.Value) {
			continue
		}
		header := trimOuter(c.Value)
		shown := MaskNumbers(header)
		l.put(c.Col, slot{use: useIgnored})
		l.table.LastCol = c.Col
		l.all = append(l.all, label{col: c.Col, text: shown, hidden: c.HiddenCol})
		if ownHeader(header) {
			continue
		}
		if data, ok := columnByHeader(id, header); ok {
			l.data(c.Col, shown, data)
		} else if past, ok := resultKeys[foldKey(header)]; ok {
			l.result(c.Col, past)
		} else {
			l.unknown = append(l.unknown, label{col: c.Col, text: shown})
		}
	}
	return l
}

func (l *layout) put(col int, s slot) {
	for len(l.slots) <= col {
		l.slots = append(l.slots, slot{})
	}
	l.slots[col] = s
}

func (l *layout) data(col int, header string, id ColumnID) {
	if l.table.Columns[id] != 0 {
		l.clashes = append(l.clashes, label{col: col, text: header, id: id})
		return
	}
	l.score++
	l.table.Columns[id], l.table.Headers[id] = col, header
	l.put(col, slot{use: useData, data: id})
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
// distinctive one such as LOA status for a result column.
func (l *layout) resolveResults() {
	if _, ok := l.table.Results[ColResult]; ok {
		return
	}
	known := map[int]bool{}
	for id, col := range l.table.Results {
		if id == ColMessage || id == ColAttempts {
			l.put(col, slot{use: useIgnored})
			delete(l.table.Results, id)
			continue
		}
		known[col] = true
	}
	for col := range maps.Values(l.table.Columns) {
		known[col] = true
	}
	l.unknown = l.unknown[:0]
	for _, h := range l.all {
		if !known[h.col] && !ownHeader(h.text) && !l.isClash(h.col) {
			l.unknown = append(l.unknown, h)
		}
	}
}

func (l *layout) isClash(col int) bool {
	for _, c := range l.clashes {
		if c.col == col {
			return true
		}
	}
	return false
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
