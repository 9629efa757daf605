package sheet

import (
	"cmp"
	"iter"
	"slices"
	"time"
)

// Style is the style of a cell written into the copy; the codec chooses the colours.
type Style uint8

// The styles.
const (
	StylePlain  Style = iota // wrapped and top-aligned in added sheets, as all styles are; not wrapped beside data
	StyleHeader              // bold on grey
	StyleGood                // green: SUBMITTED, ALREADY, VALID
	StyleWarn                // amber: warnings, UNKNOWN, BLOCKED, NOT_ATTEMPTED
	StyleBad                 // red: INVALID, REFUSED, FAILED, errors
	StyleMuted               // grey: SKIPPED, notes
	StyleLink                // blue, underlined
	StyleTitle               // large and bold
)

// PutCell is a cell written into the copy: as a number if IsNumber, as a date if Time is
// not zero, and otherwise as an inline string, never as a formula.
type PutCell struct {
	Text     string
	Number   float64
	IsNumber bool
	Time     time.Time // UTC; shown to the second
	Style    Style
	Link     Ref    // a link to this cell of the workbook, unless its Row is 0
	LinkTo   string // name in Patch.Added of the sheet that Link leads to, whatever it is called in the copy; empty for a sheet of the workbook
}

// Patch holds everything that distinguishes the copy from its source.
type Patch struct {
	Sheets []SheetPatch
	Added  []AddedSheet // in order, after the workbook's own; they replace those of an earlier run with the same name
	Open   string       // name in Added of the sheet that the copy opens on; empty to leave that as it is
}

// SheetPatch writes result columns beside the data of one sheet.
type SheetPatch struct {
	Sheet     string      // the sheet's name in the workbook
	HeaderRow int         // the row the headers are written into
	LastRow   int         // the last row of the data
	LastCol   int         // the last column of data or results: the right edge of the filter
	Columns   []PutColumn // the columns that are written; their earlier contents are replaced

	// Row returns the cells of one row, one for each of Columns, or nil if the row gets
	// none. It is called once for each row, in file order.
	Row func(number int) []PutCell
	// Rows is the number of rows for which Row returns cells. The source has all of them.
	Rows int

	// Masked lists columns whose values below the header are masked (see [Mask]), and
	// MaskedCells lists further cells, for a copy that may be mailed. Text shared with
	// other cells is masked there too. Other parts, such as notes and pivot caches, are
	// not searched.
	Masked      []int
	MaskedCells []Ref

	// MaskNumbers masks numbers that identify a person in all cells of the sheet, headers
	// included, and in all shared text of the workbook (see [MaskNumbers]).
	MaskNumbers bool

	// Marks colours data cells that have a problem and adds notes to them.
	Marks []Mark

	KeyCol int   // the column that names a row, in view beside the results and printed with them; 0 for none
	First  int   // the first row that needs a person, which is selected; 0 for none
	Tab    Style // colour of the tab, unless the user has coloured it; StylePlain for none
}

// StatusPatch writes the LOA status of circuits, by row, into its column of the Circuits
// sheet and changes nothing else. The column is where an earlier run wrote it, or else to
// the right of the table.
func StatusPatch(w *Workbook, status map[int]string) Patch {
	t := &w.CircuitsTable
	column := PutColumn{Header: ResultHeaders[ColLOAStatus], Width: resultWidths[ColLOAStatus]}
	last := t.LastCol
	if col, found := t.Results[ColLOAStatus]; found {
		column.Col = col
	} else {
		for _, col := range t.Results {
			last = max(last, col)
		}
		column.Col = last + 1
	}
	return Patch{Sheets: []SheetPatch{{
		Sheet: t.Sheet, HeaderRow: t.HeaderRow, LastRow: t.LastRow, LastCol: max(last, column.Col),
		Columns: []PutColumn{column}, Rows: len(status),
		Row: func(row int) []PutCell {
			text, found := status[row]
			if !found {
				return nil
			}
			return []PutCell{{Text: text}}
		},
	}}}
}

// MaskPersonal masks every personal column of a workbook's tables, every other cell that
// was found to have a personal value, and every number that identifies a person.
func (p *Patch) MaskPersonal(w *Workbook) {
	for id, t := range []*Table{&w.CircuitsTable, &w.EngineersTable} {
		s := p.sheet(t)
		for _, c := range Columns {
			if col, found := t.Columns[c.ID]; found && c.Personal {
				s.Masked = append(s.Masked, col)
			}
		}
		for _, c := range w.hidden[id] {
			s.MaskedCells = append(s.MaskedCells, Ref{Sheet: t.Sheet, Row: int(c.row), Col: int(c.col)})
		}
		s.MaskNumbers = true
	}
}

// LinkResults links the Result of each row that needs a person to the first row of an added sheet that links to
// a cell of that row, or of its engineers' rows that have errors.
func (p *Patch) LinkResults(w *Workbook, added string) {
	i := slices.IndexFunc(p.Added, func(a AddedSheet) bool { return a.Name == added })
	if i < 0 {
		return
	}
	first := map[Ref]int{} // by a sheet and a row of it
	n := 0
	for cells := range p.Added[i].Rows {
		n++
		for _, c := range cells {
			row := Ref{Sheet: c.Link.Sheet, Row: c.Link.Row}
			if _, there := first[row]; !there && row.Row > 0 {
				first[row] = n
			}
		}
	}
	errors := NewRowErrors(w, w.Problems)
	for i := range p.Sheets {
		s := &p.Sheets[i]
		cells := s.Row
		s.Row = func(number int) []PutCell {
			put := cells(number)
			if len(put) <= int(ColResult) {
				return put
			}
			if style := Result(put[ColResult].Text).Style(); style != StyleBad && style != StyleWarn {
				return put // nothing about it needs a person
			}
			at := first[Ref{Sheet: s.Sheet, Row: number}]
			if c := w.CircuitAt(number); c != nil && s.Sheet == w.CircuitsTable.Sheet && len(errors.Own(c)) == 0 {
				if list := errors.Of(c); len(list) > 0 { // of its engineers, rather than a note of its own
					at = cmp.Or(first[Ref{Sheet: list[0].At.Sheet, Row: list[0].At.Row}], at)
				}
			}
			if at > 0 {
				put[ColResult].Link, put[ColResult].LinkTo = Ref{Sheet: added, Row: at, Col: 1}, added
			}
			return put
		}
	}
}

// sheet returns the patch of a table's sheet, and adds an empty one if there is none.
func (p *Patch) sheet(t *Table) *SheetPatch {
	i := slices.IndexFunc(p.Sheets, func(s SheetPatch) bool { return s.Sheet == t.Sheet })
	if i < 0 {
		i = len(p.Sheets)
		p.Sheets = append(p.Sheets, SheetPatch{
			Sheet: t.Sheet, HeaderRow: t.HeaderRow, LastRow: t.LastRow, LastCol: t.LastCol,
			Row: func(int) []PutCell { return nil },
		})
	}
	return &p.Sheets[i]
}

// PutColumn is one result column.
type PutColumn struct {
	Col    int     // 1 to MaxCol
	Header string  //
	Width  float64 // in characters
	Wrap   bool    // long text is wrapped
	Print  bool    // part of what is printed
	Shades []Shade // colours by what a cell says, for as long as it says so
}

// Shade colours the cells of a column that hold one of some texts.
type Shade struct {
	Style Style
	Texts []string // without quotes
}

// resultShades colours the words of the Result column.
func resultShades() (shades []Shade) {
	for _, r := range AllResults {
		i := slices.IndexFunc(shades, func(s Shade) bool { return s.Style == r.Style() })
		if i < 0 {
			i = len(shades)
			shades = append(shades, Shade{Style: r.Style()})
		}
		shades[i].Texts = append(shades[i].Texts, string(r))
	}
	return shades
}

// Mark is a note on a cell that has a problem.
type Mark struct {
	Row, Col int
	Style    Style  // StyleBad or StyleWarn
	Note     string // rendered message
}

// AddedSheet is a whole sheet that is added to the copy.
type AddedSheet struct {
	Name   string
	Widths []float64 // of its columns, in characters
	Freeze int       // the number of rows that stay in view
	Filter bool      // a filter on the last frozen row
	Tab    Style     // colour of the tab; StylePlain for none
	Rows   iter.Seq[[]PutCell]
	Count  int // the number of rows that Rows yields
	Chart  *Chart
}

// Chart is a bar chart over two columns of its sheet.
type Chart struct {
	Title      string
	Categories Range // one column
	Values     Range // one column of numbers, as many rows
	At         Ref   // top-left corner; Sheet is ignored
}
