package sheet

import (
	"cmp"
	"slices"
	"sort"
	"time"
)

// Decode finds the sheets and columns of a workbook, reads every row, applies every
// rule, and gives the rows as typed values with all problems found.
//
// Its error is an *InputError when the workbook as a whole cannot be used, with
// everything that stands in the way; or what the book itself says. Problems of rows
// are no error.
func Decode(book Book, o Options) (*Workbook, error) {
	if o.Location == nil {
		o.Location = time.UTC
	}
	s := survey{book: book, opts: &o}
	if err := s.look(); err != nil {
		return nil, err
	}
	d := newDecoder(book, &o)
	for id := range s.layout {
		if err := d.sheet(&s.layout[id]); err != nil {
			return nil, err
		}
	}
	d.w.CircuitsTable, d.w.EngineersTable = s.layout[CircuitsSheet].table, s.layout[EngineersSheet].table
	d.crossCheck()
	d.flush()
	SortProblems(d.w.Problems, d.w.CircuitsTable.Sheet, d.w.EngineersTable.Sheet)
	return d.w, nil
}

// decoder reads the rows of one workbook.
type decoder struct {
	book     Book
	opts     *Options
	severity map[*Rule]Severity
	regions  map[string]bool
	w        *Workbook
	errors   int // errors found so far: a row compares before and after

	layout *layout
	row    int
	cells  [columnCount]field
	fields []field // those of the sheet at hand
	totals []Range // its rows of totals

	circuits  pile[Circuit]
	engineers pile[Engineer]
	problems  pile[Problem]
	ids       pile[string] // cut into lists of one circuit
	args      pile[Arg]    // cut into lists of one argument

	byID  map[string]int32  // the first circuit of an instance ID
	twins map[int32][]int32 // further circuits of the same ID, by the first

	everywhere []int32 // the engineers of every circuit
}

func newDecoder(book Book, o *Options) *decoder {
	d := &decoder{book: book, opts: o, severity: severities(o), w: &Workbook{}, regions: map[string]bool{}}
	for _, r := range o.Regions {
		d.regions[r] = true
	}
	for i := range Columns {
		c := &Columns[i]
		d.cells[c.ID] = field{col: c, kind: kindOf(c), digits: takesDigits(c)}
	}
	return d
}

// sheet reads one sheet from its header row on.
func (d *decoder) sheet(l *layout) error {
	d.layout = l
	d.fields = d.cells[:EngineerInstanceID]
	if l.id == EngineersSheet {
		d.fields = d.cells[EngineerInstanceID:]
	}
	first := len(d.w.Problems)
	d.prepare(l)
	if err := d.readTotals(&l.table); err != nil {
		return err
	}
	d.expect(l)
	for row, err := range d.book.Rows(l.table.Sheet) {
		if err != nil {
			return err
		}
		if row.Number > l.table.HeaderRow {
			d.take(&row)
		}
	}
	d.sortRows(l.id)
	d.flush()
	d.merged(l, first)
	return nil
}

// mostExpected bounds the rows that room is made for before they are seen. A sheet that
// says it has more is mostly one that was formatted down to its last row.
const mostExpected = MaxRow / 2

// expect makes room for the rows that the sheet says it has. Each circuit has a note at
// least: that of its time.
func (d *decoder) expect(l *layout) {
	rows := d.book.Extent(l.table.Sheet).Row2 - l.table.HeaderRow
	switch {
	case rows > mostExpected:
	case l.id == CircuitsSheet:
		d.circuits.expect(rows)
		d.problems.expect(rows)
	default:
		d.engineers.expect(rows)
	}
}

// prepare points the fields at their columns and reports the problems of the headers.
func (d *decoder) prepare(l *layout) {
	t := &l.table
	for i := range d.fields {
		f := &d.fields[i]
		f.at = Ref{Sheet: t.Sheet, Col: t.Columns[f.col.ID]}
		f.header = t.Headers[f.col.ID]
		if f.header == "" {
			f.header = f.col.Header
		}
	}
	d.headerProblems(l)
}

// take reads one row below the headers. A row without a value in a data column is no
// row, and neither is a row of totals.
func (d *decoder) take(row *Row) {
	var past Past
	d.row = row.Number
	before := d.errors
	found := false
	for i := range d.fields {
		d.fields[i].cell = Cell{}
		d.fields[i].at.Row = row.Number
	}
	for i := range row.Cells {
		c := &row.Cells[i]
		switch s := d.layout.slot(c.Col); s.use {
		case useData:
			d.cells[s.data].cell = *c
			found = found || hasValue(c)
		case useResult:
			past.set(s.past, c.Value)
		case useStray:
			d.stray(c)
		}
	}
	if !found || d.isTotals() {
		if slices.Contains(AllResults, Result(past.Result)) { // left by a person who deleted the row's data; the copy clears it
			d.layout.table.LastRow = row.Number
		}
		return
	}
	d.layout.table.LastRow = row.Number
	if row.Hidden {
		d.hiddenRow()
	}
	if d.layout.id == CircuitsSheet {
		d.circuit(before, past)
	} else {
		d.engineer(before)
	}
}

// hasValue reports whether a cell makes its row a row of data: a value other than space,
// or a formula that should have one.
func hasValue(c *Cell) bool {
	if c.Type == BlankCell {
		return c.Formula
	}
	return c.Type != TextCell || !isBlank(c.Value)
}

// set keeps a value of a result column.
func (p *Past) set(col ResultColumn, value string) {
	switch col {
	case ColResult:
		p.Result = value
	case ColClientToken:
		p.ClientToken = value
	case ColRequestID:
		p.RequestID = value
	case ColLOAStatus:
		p.LOAStatus = value
	}
}

// sortRows gives the rows of a sheet in the order of their numbers, which odd files do
// not keep.
func (d *decoder) sortRows(id SheetID) {
	if id == CircuitsSheet {
		d.w.Circuits = d.circuits.take()
		sortStable(d.w.Circuits, func(a, b *Circuit) int { return cmp.Compare(a.Row, b.Row) })
		return
	}
	d.w.Engineers = d.engineers.take()
	sortStable(d.w.Engineers, func(a, b *Engineer) int { return cmp.Compare(a.Row, b.Row) })
}

// rows gives how many rows of a sheet were read, and the number of each.
func (d *decoder) rows(id SheetID) (int, func(int) int) {
	if id == CircuitsSheet {
		return len(d.w.Circuits), func(i int) int { return d.w.Circuits[i].Row }
	}
	return len(d.w.Engineers), func(i int) int { return d.w.Engineers[i].Row }
}

// invalidate makes a row invalid.
func (d *decoder) invalidate(id SheetID, number int) {
	count, row := d.rows(id)
	i := sort.Search(count, func(i int) bool { return row(i) >= number })
	if id == CircuitsSheet {
		d.w.Circuits[i].Invalid = true
	} else {
		d.w.Engineers[i].Invalid = true
	}
}

// add records a problem under a rule, unless the rule is off.
func (d *decoder) add(r *Rule, p Problem) {
	p.Severity = d.severity[r]
	if p.Severity == Off {
		return
	}
	p.Code = r.Code
	if p.Severity == Error {
		d.errors++
	}
	d.problems.push(p)
}

// flush hands the problems recorded so far to the workbook.
func (d *decoder) flush() {
	told := d.problems.take()
	if len(d.w.Problems) == 0 {
		d.w.Problems = told
		return
	}
	d.w.Problems = append(d.w.Problems, told...)
}
