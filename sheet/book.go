package sheet

import (
	"iter"
	"strconv"
	"strings"
)

// Book is a workbook as a codec reads it: typed cells with their positions. The caller
// reads one sheet at a time.
type Book interface {
	// Sheets lists the worksheets in the order of their tabs; chart and dialog sheets are left out.
	Sheets() []SheetInfo

	// Date1904 reports whether date serials count from 1904-01-01 (workbookPr date1904).
	Date1904() bool

	// Rows iterates over the rows of a sheet in file order, which is ascending in nearly
	// all files. Rows without any value are skipped, so that a million formatted empty
	// rows cost nothing. A damaged part yields an *InputError naming the part and the
	// place and ends the iteration: rows are never dropped without an error. The caller
	// may stop early.
	Rows(name string) iter.Seq2[Row, error]

	// Merged lists the merged ranges of a sheet. It is complete once Rows has read the
	// whole sheet.
	Merged(name string) []Range

	// Tables lists the Excel tables of a sheet.
	Tables(name string) ([]ExcelTable, error)

	// HiddenColumn reports whether a column of a sheet is hidden, even one without cells.
	// It is known once Rows has yielded the first row.
	HiddenColumn(name string, col int) bool

	// Extent returns the used range that a sheet claims to have, or the zero Range if it
	// claims none. It is known once Rows has yielded the first row, and is only a hint:
	// the claim may be too small as well as too large.
	Extent(name string) Range
}

// SheetInfo describes one worksheet.
type SheetInfo struct {
	Name   string
	Hidden bool // hidden or very hidden
}

// ExcelTable is a range that the user has made a table (ECMA-376 part 1, 18.5.1.2).
type ExcelTable struct {
	Range  Range // with its headers and totals rows
	Totals int   // how many of its last rows are totals
}

// Limits of a worksheet (ECMA-376 part 1, 18.3.1.73 and 18.3.1.4; Excel's own bounds).
const (
	MaxRow = 1 << 20 // 1,048,576 rows
	MaxCol = 1 << 14 // 16,384 columns, the last is XFD
)

// CellType is the type of a cell's value in the file.
type CellType uint8

// The cell types. A cell with a formula has the type of its cached value.
const (
	BlankCell  CellType = iota // no value; a formula without a cached value is BlankCell with Formula set
	TextCell                   // shared, inline or formula string; rich runs joined, phonetic runs left out; empty only if a formula returned an empty text
	NumberCell                 // Value is the decimal text stored in the file, never reformatted
	BoolCell                   // Value is TRUE or FALSE
	ErrorCell                  // Value is the error literal, such as #REF!
	DateCell                   // an ISO 8601 date cell (t="d"); Value is its text
)

// Cell is one cell of the file.
type Cell struct {
	Col       int      // 1 to MaxCol
	Type      CellType //
	Value     string   // see CellType
	Formula   bool     // the cell has a formula
	DateStyle bool     // its number format shows a date or a time
	Rich      bool     // the text is made of formatted runs
	Format    string   // of a number: the code of its number format, such as 0000000000; empty for General
	HiddenCol bool     // its column is hidden
}

// Row is one row of a sheet with its cells in column order. The row and its Cells are
// valid only until the next iteration.
type Row struct {
	Number int // 1 to MaxRow, as the user sees it
	Hidden bool
	Cells  []Cell
}

// Ref is the position of one cell. With Col 0 it is a whole row, with Row 0 a whole column,
// and with both 0 a whole sheet.
type Ref struct {
	Sheet string // its name in this workbook
	Row   int
	Col   int
}

// String returns the position as in a formula: Circuits!F12, 'My sheet'!A1.
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

// Cell returns the position within its sheet: F12.
func (r Ref) Cell() string { return ColName(r.Col) + strconv.Itoa(r.Row) }

func needsQuote(c rune) bool {
	return !(c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= 0x4E00 && c <= 0x9FFF)
}

// ColName returns the letters of a column: 1 is A, 16384 is XFD. It is "" for columns
// below 1.
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

// Range is a rectangle of cells, including both corners.
type Range struct {
	Row1, Col1, Row2, Col2 int
}

// Contains reports whether a cell is in the range.
func (r Range) Contains(row, col int) bool {
	return row >= r.Row1 && row <= r.Row2 && col >= r.Col1 && col <= r.Col2
}

// Cells returns the range within its sheet: A1:F12.
func (r Range) Cells() string {
	return Ref{Row: r.Row1, Col: r.Col1}.Cell() + ":" + Ref{Row: r.Row2, Col: r.Col2}.Cell()
}
