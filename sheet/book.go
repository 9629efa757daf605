package sheet

import (
	"iter"
	"strconv"
	"strings"
)

// Book is a workbook as a codec gives it: typed cells with their positions.
// The caller reads one sheet at a time.
type Book interface {
	// Sheets lists the worksheets in the order of their tabs; chart and dialog sheets are left out.
	Sheets() []SheetInfo

	// Date1904 reports whether date serials count from 1904-01-01 (workbookPr date1904).
	Date1904() bool

	// Rows streams the rows of a sheet that the file holds, in file order, which is
	// ascending in all but odd files. Rows without any value are passed over, so a
	// million formatted empty rows cost nothing. A damaged part yields an error, an
	// *InputError naming part and place, and ends the iteration: there are never
	// fewer rows with a nil error. Stopping early is allowed.
	Rows(name string) iter.Seq2[Row, error]

	// Merged lists the merged ranges of a sheet. It is complete once Rows has run
	// through that sheet.
	Merged(name string) []Range

	// Totals lists the rows of totals that the tables of a sheet show below their data.
	Totals(name string) ([]Range, error)

	// Extent gives the used range that a sheet says it has, the zero Range when it says
	// none. It is known once Rows has given the first row, and no more than a hint: files
	// say too little as well as too much.
	Extent(name string) Range
}

// SheetInfo describes one worksheet.
type SheetInfo struct {
	Name   string
	Hidden bool // hidden or very hidden
}

// Limits of a worksheet (ECMA-376 part 1, 18.3.1.73 and 18.3.1.4; Excel's own bounds).
const (
	MaxRow = 1 << 20 // 1,048,576 rows
	MaxCol = 1 << 14 // 16,384 columns, the last is XFD
)

// CellType is what a cell holds, as the file says it.
type CellType uint8

// The cell types. A formula's cell has the type of its cached value.
const (
	BlankCell  CellType = iota // no value; a formula without a cached value is BlankCell with Formula set
	TextCell                   // shared, inline or formula string; rich runs joined, phonetic runs left out; empty only when a formula gave the empty text
	NumberCell                 // Value is the decimal text as stored in the file, never reformatted
	BoolCell                   // Value is TRUE or FALSE
	ErrorCell                  // Value is the error literal, such as #REF!
	DateCell                   // an ISO 8601 date cell (t="d"); Value is its text
)

// Cell is one cell as the file holds it.
type Cell struct {
	Col       int      // 1 to MaxCol
	Type      CellType //
	Value     string   // see CellType
	Formula   bool     // the cell has a formula
	DateStyle bool     // its number format shows a date or a time
	Rich      bool     // the text is made of formatted runs
	HiddenCol bool     // its column is hidden
}

// Row is one row of a sheet with its cells in column order.
// It and its Cells are valid only until the iteration goes on.
type Row struct {
	Number int // 1 to MaxRow, the number the user sees
	Hidden bool
	Cells  []Cell
}

// Ref is the position of one cell. Row or Col 0 means the whole sheet, row or column.
type Ref struct {
	Sheet string // the name as it stands in this workbook
	Row   int
	Col   int
}

// String gives the position as a formula would: Circuits!F12, 'My sheet'!A1.
func (r Ref) String() string {
	name := r.Sheet
	if strings.ContainsFunc(name, needsQuote) || name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "'" + strings.ReplaceAll(name, "'", "''") + "'"
	}
	switch {
	case r.Row == 0 && r.Col == 0:
		return r.Sheet
	case r.Row == 0:
		return name + "!" + ColName(r.Col) + ":" + ColName(r.Col)
	case r.Col == 0:
		return name + "!" + strconv.Itoa(r.Row) + ":" + strconv.Itoa(r.Row)
	}
	return name + "!" + r.Cell()
}

// Cell gives the position within its sheet: F12.
func (r Ref) Cell() string { return ColName(r.Col) + strconv.Itoa(r.Row) }

func needsQuote(c rune) bool {
	return !(c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= 0x4E00 && c <= 0x9FFF)
}

// ColName gives the letters of a column: 1 is A, 16384 is XFD. Columns below 1 give "".
func ColName(col int) string {
	var b [8]byte
	i := len(b)
	for col > 0 {
		col--
		i--
		b[i] = byte('A' + col%26)
		col /= 26
	}
	return string(b[i:])
}

// Range is a rectangle of cells, both corners included.
type Range struct {
	Row1, Col1, Row2, Col2 int
}

// Contains reports whether the cell lies in the range.
func (r Range) Contains(row, col int) bool {
	return row >= r.Row1 && row <= r.Row2 && col >= r.Col1 && col <= r.Col2
}
