package sheet

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"github.com/loabatch/loabatch/sheet/internal/bulk"
	"github.com/loabatch/loabatch/sheet/internal/dates"
)

// Decode finds the sheets and columns of a workbook, reads every row, applies every
// rule, and returns the rows as typed values together with all problems found.
//
// The error is an *InputError listing every reason why the workbook as a whole cannot be
// used, or an error of the book itself. Problems of rows are not errors.
func Decode(book Book, o Options) (*Workbook, error) {
	if o.Location == nil {
		o.Location = time.UTC
	}
	s := sheetFinder{book: book, opts: &o}
	if err := s.find(); err != nil {
		return nil, err
	}
	d := newDecoder(book, &o)
	for id := range s.layout {
		if err := d.sheet(&s.layout[id]); err != nil {
			return nil, err
		}
		if SheetID(id) == CircuitsSheet { // now, as suggestions about engineers name circuits
			d.byID, d.twins = d.unique(circuitInstanceTwice, CircuitInstanceID, func(c *Circuit) string { return c.InstanceID })
		}
	}
	if len(d.input) > 0 {
		return nil, &InputError{Problems: d.input}
	}
	d.w.CircuitsTable, d.w.EngineersTable = s.layout[CircuitsSheet].table, s.layout[EngineersSheet].table
	d.crossCheck()
	d.flushProblems()
	SortProblems(d.w.Problems, d.w.CircuitsTable.Sheet, d.w.EngineersTable.Sheet)
	d.w.Unlisted = d.listing.finish(d.w.Problems, d.severity)
	return d.w, nil
}

// decoder reads the rows of one workbook.
type decoder struct {
	book     Book
	opts     *Options
	severity severities
	regions  map[string]bool
	w        *Workbook
	errors   int // errors found so far; a row compares the counts before and after

	layout *layout
	row    int
	cells  [columnCount]field
	fields []field // of the current sheet
	totals []Range // its totals rows

	lastData int       // the last data row of the current sheet, or 0
	held     []heldRow // rows that may lie below its data
	strays   []cellAt  // values in columns without a header
	input    []Problem // why the workbook cannot be used, found while reading

	circuits  bulk.Slice[Circuit]
	engineers bulk.Slice[Engineer]
	problems  bulk.Slice[Problem]
	listing   *listing
	taken     kept // what is kept of the latest problem

	nearRegion  answers // of nearestRegion
	regionSlips answers // of suggestRegion
	listedSlips [columnCount]answers

	ids  bulk.Slice[string] // cut into lists of one ID
	args bulk.Slice[Arg]    // cut into lists of one argument

	byID  map[string]int32  // the first circuit of an instance ID
	twins map[int32][]int32 // further circuits with the same ID, by the first

	unreadIDs bool     // a circuit's ID is missing or wrong
	knownIDs  idFilter // of byID, for suggestions

	onAll []int32 // the engineers who work on every circuit
}

func newDecoder(book Book, o *Options) *decoder {
	d := &decoder{book: book, opts: o, severity: newSeverities(o), w: &Workbook{Purpose: o.Purpose}, regions: map[string]bool{}, listing: newListing(o.MaxListed)}
	for _, r := range o.Regions {
		d.regions[r] = true
	}
	for i := range Columns {
		c := &Columns[i]
		d.cells[c.ID] = field{col: c, kind: kindOf(c), digits: takesDigits(c), form: hasForm(c)}
	}
	return d
}

// sheet reads the rows of one sheet below its header row.
func (d *decoder) sheet(l *layout) error {
	d.layout = l
	d.fields = d.cells[:EngineerInstanceID]
	if l.id == EngineersSheet {
		d.fields = d.cells[EngineerInstanceID:]
	}
	d.prepare(l)
	d.findTotals(l)
	d.reserve(l)
	for row, err := range d.book.Rows(l.table.Sheet) {
		if err != nil {
			return err
		}
		if row.Number > l.table.HeaderRow {
			d.readRow(&row)
		}
	}
	d.reportHeld(&l.table)
	d.reportStrays(&l.table)
	d.apart(l)
	d.sortRows(l.id)
	d.merged(l)
	return nil
}

// maxReserved is the most rows that memory is reserved for in advance. A sheet that claims
// more has usually been formatted down to its last row.
const maxReserved = MaxRow / 2

// reserve allocates memory for the rows that the sheet claims to have. Nearly every
// circuit has at least one note, about its construction time.
func (d *decoder) reserve(l *layout) {
	rows := d.book.Extent(l.table.Sheet).Row2 - l.table.HeaderRow
	switch {
	case rows > maxReserved:
	case l.id == CircuitsSheet:
		d.circuits.Reserve(rows)
		d.problems.Reserve(rows)
	default:
		d.engineers.Reserve(rows)
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
	d.lastData, d.held, d.strays = 0, nil, nil
	d.headerProblems(l)
}

// readRow reads one row below the headers. Rows without a value in a data column, totals
// rows and the like are skipped, and rows that may lie below the data are held back.
func (d *decoder) readRow(row *Row) {
	strays := len(d.strays)
	past, found := d.load(row)
	if !found || d.isTotals() {
		d.clearResult(&d.layout.table, row.Number, past)
		return
	}
	if !namesCircuit(&d.fields[0].cell) {
		if d.isAside(row) {
			d.strays = d.strays[:strays]
			d.clearResult(&d.layout.table, row.Number, past)
			return
		}
		if d.hold(row, past) {
			return
		}
	}
	if len(d.held) > 0 && row.Number > d.lastData {
		d.releaseHeld()
		strays = len(d.strays)
		d.load(row)
		d.strays = d.strays[:strays]
	}
	d.dataRow(row, past)
}

// load puts the cells of a row into the fields. It reports whether a data column has a value.
func (d *decoder) load(row *Row) (past Past, found bool) {
	d.row = row.Number
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
			switch s.past {
			case ColSubmittedAt:
				past.SubmittedAt = d.momentOf(c)
			case ColLOAAskedAt:
				past.LOAAskedAt = d.momentOf(c)
			default:
				past.set(s.past, c.Value)
			}
		case useStray:
			d.layout.table.LastCol = max(d.layout.table.LastCol, c.Col)
			if hasValue(c) {
				d.strays = append(d.strays, cellAt{row.Number, c.Col})
			}
		}
	}
	return past, found
}

// clearResult extends the table to a row without data that has a result: the row's data
// was deleted, its result was not, and the copy clears it.
func (d *decoder) clearResult(t *Table, row int, past Past) {
	if slices.Contains(AllResults, Result(past.Result)) {
		t.LastRow = max(t.LastRow, row)
	}
}

// dataRow reads the loaded row as a circuit or an engineer.
func (d *decoder) dataRow(row *Row, past Past) {
	before := d.errors
	d.lastData = max(d.lastData, row.Number)
	d.layout.table.LastRow = max(d.layout.table.LastRow, row.Number)
	if row.Hidden {
		d.hiddenRow()
	}
	if d.layout.id == CircuitsSheet {
		d.circuit(before, past)
	} else {
		d.engineer(before)
	}
}

// hasValue reports whether a cell makes its row a data row: it has a value other than
// space, or a formula that should have one.
func hasValue(c *Cell) bool {
	if c.Type == BlankCell {
		return c.Formula
	}
	return c.Type != TextCell || !isBlank(c.Value)
}

// set stores the value of a result column.
func (p *Past) set(col ResultColumn, value string) {
	switch col {
	case ColResult:
		p.Result = string(ParseResult(value))
	case ColErrorCode:
		p.ErrorCode = value
	case ColClientToken:
		p.ClientToken = value
	case ColRequestID:
		p.RequestID = value
	case ColLOAStatus:
		p.LOAStatus = ParseState(value)
	case ColLetter:
		p.Letter = parseLetter(value)
	}
}

// momentOf reads a result column's time: a date as it was written, or a text with one.
func (d *decoder) momentOf(c *Cell) time.Time {
	civil, ok := dates.Civil{}, false
	if c.Type == NumberCell {
		civil, ok = dates.Serial(c.Value, d.book.Date1904())
		ok = ok && civil.Day != 0
	} else if c.Value != "" {
		var r dates.Reading
		civil, _, r = dates.Read(c.Value)
		ok = r == dates.Once
	}
	if !ok || civil.Year < 2000 || civil.Year > 2200 {
		return time.Time{}
	}
	t, _ := civil.In(time.UTC)
	return t.UTC()
}

// sortRows stores the rows of a sheet in the workbook, sorted by number: a few files hold
// them in another order.
func (d *decoder) sortRows(id SheetID) {
	if id == CircuitsSheet {
		d.w.Circuits = d.circuits.All()
		sortStable(d.w.Circuits, func(a, b *Circuit) int { return cmp.Compare(a.Row, b.Row) })
		return
	}
	d.w.Engineers = d.engineers.All()
	sortStable(d.w.Engineers, func(a, b *Engineer) int { return cmp.Compare(a.Row, b.Row) })
}

// rows returns how many rows of a sheet were read and a function for the number of each.
func (d *decoder) rows(id SheetID) (int, func(int) int) {
	if id == CircuitsSheet {
		return len(d.w.Circuits), func(i int) int { return d.w.Circuits[i].Row }
	}
	return len(d.w.Engineers), func(i int) int { return d.w.Engineers[i].Row }
}

// invalidate marks a row as invalid because of an error in a column.
func (d *decoder) invalidate(id ColumnID, number int) {
	sheet := columnOf(id).Sheet
	count, row := d.rows(sheet)
	i := sort.Search(count, func(i int) bool { return row(i) >= number })
	if sheet == CircuitsSheet {
		d.w.Circuits[i].invalidate(stageOf(id), d.opts.Purpose)
	} else {
		d.w.Engineers[i].Invalid = true
	}
}

// invalidate marks a circuit as invalid because of an error about a stage.
func (c *Circuit) invalidate(s stage, p Purpose) {
	c.Invalid = c.Invalid || s != completionOnly || p != ForAdvance
	c.Unfit = c.Unfit || s != applicationOnly
}
