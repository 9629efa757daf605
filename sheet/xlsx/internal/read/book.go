// Package read turns the parts of a workbook into rows of cells.
//
// [FindWorkbook] finds sheets, shared strings and styles through relationships, never by
// the names of their parts. Shared strings and cell formats are read whole, in memory
// bounded by their parts; the rows of a sheet are streamed, in memory bounded by the
// longest of them. [Book] presents all of it as a [sheet.Book].
package read

import (
	"io"
	"iter"
	"strings"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// Book reads a workbook, sheet by sheet and row by row. It is not safe for concurrent use.
type Book struct {
	container *opc.Container
	parts     *Parts
	strings   *stringTable
	formats   cellFormats
	merged    map[string][]sheet.Range // by sheet name, lower case
	extents   map[string]sheet.Range   // likewise
	hidden    map[string]*colSet       // likewise

	// Frame, unless nil, is called by Rows with each start tag of the first three levels of
	// a sheet's part, except for those within sheetData. The root begins another reading.
	Frame func(sheet string, t *xmltok.Token)
}

var _ sheet.Book = (*Book)(nil)

// Open opens a workbook, as package xlsx documents.
func Open(r io.ReaderAt, size int64, l opc.Limits) (*Book, error) {
	c, err := opc.Open(r, size, l)
	if err != nil {
		return nil, err
	}
	parts, err := FindWorkbook(c)
	if err != nil {
		return nil, err
	}
	return NewBook(c, parts)
}

// NewBook reads the shared strings and formats of a workbook whose parts are known.
func NewBook(c *opc.Container, parts *Parts) (*Book, error) {
	b := &Book{container: c, parts: parts, merged: map[string][]sheet.Range{}, extents: map[string]sheet.Range{}, hidden: map[string]*colSet{}}
	var err error
	if b.strings, err = readStrings(c, parts.SharedStrings); err != nil {
		return nil, err
	}
	if b.formats, err = readFormats(c, parts.Styles); err != nil {
		return nil, err
	}
	return b, nil
}

// Sheets implements [sheet.Book].
func (b *Book) Sheets() []sheet.SheetInfo {
	var list []sheet.SheetInfo
	for _, s := range b.parts.Sheets {
		if s.Kind == "worksheet" {
			list = append(list, sheet.SheetInfo{Name: s.Name, Hidden: s.Hidden})
		}
	}
	return list
}

// Date1904 implements [sheet.Book].
func (b *Book) Date1904() bool { return b.parts.Date1904 }

// Merged implements [sheet.Book].
func (b *Book) Merged(name string) []sheet.Range { return b.merged[strings.ToLower(name)] }

// Tables implements [sheet.Book].
func (b *Book) Tables(name string) ([]sheet.ExcelTable, error) {
	part, ok := b.parts.Sheet(name)
	if !ok {
		return nil, nil
	}
	rels, err := b.container.Relationships(part.Part)
	if err != nil {
		return nil, err
	}
	tables, err := Tables(b.container, rels)
	if err != nil {
		return nil, err
	}
	list := make([]sheet.ExcelTable, len(tables))
	for i, t := range tables {
		list[i] = sheet.ExcelTable{Range: t.Ref, Totals: t.Totals}
	}
	return list, nil
}

// HiddenColumn implements [sheet.Book].
func (b *Book) HiddenColumn(name string, col int) bool {
	hidden, known := b.hidden[strings.ToLower(name)]
	return known && hidden.has(col)
}

// Extent implements [sheet.Book].
func (b *Book) Extent(name string) sheet.Range { return b.extents[strings.ToLower(name)] }

// Rows implements [sheet.Book]. The name is compared without regard to case.
func (b *Book) Rows(name string) iter.Seq2[sheet.Row, error] {
	return func(yield func(sheet.Row, error) bool) {
		s, err := b.scan(name)
		if err != nil {
			yield(sheet.Row{}, err)
			return
		}
		if b.Frame != nil {
			s.frame = func(t *xmltok.Token) { b.Frame(s.name, t) }
		}
		key := strings.ToLower(name)
		for first := true; ; first = false {
			row, err := s.next()
			if err == io.EOF {
				b.merged[key] = s.merged
				return
			}
			if err != nil {
				yield(sheet.Row{}, err)
				return
			}
			if first {
				b.extents[key], b.hidden[key] = s.extent, &s.hidden
			}
			if !yield(*row, nil) {
				return
			}
		}
	}
}

// scan begins to read a worksheet.
func (b *Book) scan(name string) (*sheetScanner, error) {
	part, ok := b.parts.Sheet(name)
	if !ok || part.Kind != "worksheet" {
		return nil, xmltok.NewErrorAt(sheet.Ref{Sheet: name}, "sheet-not-listed", "sheet", name)
	}
	tz, err := b.container.OpenXML(part.Part)
	if err != nil {
		return nil, err
	}
	s := &sheetScanner{tz: tz, name: part.Name, strings: b.strings, formats: b.formats}
	if b.container.File(b.parts.Styles) == nil {
		s.unstyled = b.parts.Styles
	}
	return s, nil
}

// CheckRest reads every part that no Rows has read to its end, so damage in a part that is only copied is found
// before anything is sent.
func (b *Book) CheckRest() error { return b.container.CheckRest() }

// Close releases the memory of the book; the caller closes the reader. It always returns
// nil.
func (b *Book) Close() error {
	b.strings, b.formats = &stringTable{}, nil
	return nil
}
