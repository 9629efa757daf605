package xlsx

import (
	"io"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/build"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
)

// Limits bounds what an input may cost. A zero field stands for its default.
type Limits = opc.Limits

// Book reads a workbook, sheet by sheet and row by row. It is for one goroutine.
type Book = read.Book

// Open reads what a workbook says of itself: its container, its list of sheets, its
// shared strings and formats. The reader must stay open while the book is in use; its
// sheets are read from it as Rows asks for them.
//
// Everything that is wrong with the file is an *sheet.InputError: what is no workbook
// (file-…), what is wrong with its container (zip-…), a part (part-…), the list of
// sheets (workbook-…); from Rows also what is wrong with a sheet, row or cell
// (sheet-…, row-…, cell-…).
func Open(r io.ReaderAt, size int64, l Limits) (*Book, error) { return read.Open(r, size, l) }

// Names of the template's own sheets.
const (
	GuideName = build.GuideName
	ListsName = build.ListsName
)

// Template describes a workbook to be filled in: both data sheets made from
// [sheet.Columns], a guide, and the lists behind the dropdowns.
type Template = build.Template

// TemplateWords renders the prose of the template.
type TemplateWords = build.TemplateWords

// WriteTemplate writes the workbook. The same Template gives the same bytes, on any
// day and machine. Dropdowns and validations guide who types; they do not act on
// what is pasted, so nothing that is read relies on them.
func WriteTemplate(w io.Writer, t Template) error { return build.Write(w, t) }
