package sheet

import (
	"iter"
	"slices"
)

// Style is the look of a cell that is put into the copy; the codec knows the colours.
type Style uint8

// The styles.
const (
	StylePlain  Style = iota // in added sheets wrapped and top-aligned, as the other styles are; beside data not wrapped
	StyleHeader              // bold on grey
	StyleGood                // green: SUBMITTED, ALREADY, VALID
	StyleWarn                // amber: warnings, UNKNOWN, BLOCKED, NOT_ATTEMPTED
	StyleBad                 // red: INVALID, REFUSED, FAILED, errors
	StyleMuted               // grey: SKIPPED, notes
	StyleLink                // blue, underlined
	StyleTitle               // large and bold
)

// PutCell is one cell that is put into the copy. Text is written as an inline
// string, never as a formula; Number, when IsNumber, as a number.
type PutCell struct {
	Text     string
	Number   float64
	IsNumber bool
	Style    Style
	Link     Ref // a link to this cell of the workbook, when its Row is not 0
}

// Patch is everything that the copy has and its source has not.
type Patch struct {
	Sheets []SheetPatch
	Added  []AddedSheet // in order, behind the workbook's own; a sheet an earlier run added under the same name is replaced
}

// SheetPatch puts result columns beside the data of one sheet.
type SheetPatch struct {
	Sheet     string      // the sheet's name in the workbook
	HeaderRow int         // the row that gets the headers
	LastRow   int         // the last row of the data
	LastCol   int         // the last column of the data and the result columns: the filter's right edge
	Columns   []PutColumn // the columns that are written; what stood in them is replaced

	// Row gives the cells of one row, one for each of Columns, or nil where the row
	// gets none. It is asked once for each row, in file order.
	Row func(number int) []PutCell
	// Rows counts the rows for which Row gives cells, all of which the source holds.
	Rows int

	// Masked lists columns whose values below the header are written masked (see Mask),
	// and MaskedCells further cells, for a copy that may be mailed. A text that other
	// cells share is masked there too. What other parts hold, such as notes and pivot
	// caches, is not looked into.
	Masked      []int
	MaskedCells []Ref

	// Marks colours cells of the data that have a problem and gives them a note.
	Marks []Mark
}

// MaskPersonal has every personal column of a workbook's tables written masked, and
// every cell beside them that a problem found to hold what may be personal too.
func (p *Patch) MaskPersonal(w *Workbook) {
	for i := range p.Sheets {
		for _, t := range []*Table{&w.CircuitsTable, &w.EngineersTable} {
			if t.Sheet != p.Sheets[i].Sheet {
				continue
			}
			for _, c := range Columns {
				if col, found := t.Columns[c.ID]; found && c.Personal {
					p.Sheets[i].Masked = append(p.Sheets[i].Masked, col)
				}
			}
			for _, found := range w.Problems {
				if found.Masked && found.At.Sheet == t.Sheet && !slices.Contains(p.Sheets[i].Masked, found.At.Col) {
					p.Sheets[i].MaskedCells = append(p.Sheets[i].MaskedCells, found.At)
				}
			}
		}
	}
}

// PutColumn is one result column.
type PutColumn struct {
	Col    int     // 1 to MaxCol
	Header string  //
	Width  float64 // in characters
}

// Mark is a note on a cell that has a problem.
type Mark struct {
	Row, Col int
	Style    Style  // StyleBad or StyleWarn
	Note     string // rendered prose
}

// AddedSheet is a whole sheet that is added to the copy.
type AddedSheet struct {
	Name   string
	Widths []float64 // of its columns, in characters
	Freeze int       // this many rows stay in view
	Filter bool      // a filter over the frozen last row and all below
	Rows   iter.Seq[[]PutCell]
	Count  int // how many rows Rows yields
	Chart  *Chart
}

// Chart is a bar chart over two columns of its sheet.
type Chart struct {
	Title      string
	Categories Range // one column
	Values     Range // one column of numbers, as many rows
	At         Ref   // top-left corner; Sheet is ignored
}
