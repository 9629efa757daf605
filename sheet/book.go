package sheet

import "iter"

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
