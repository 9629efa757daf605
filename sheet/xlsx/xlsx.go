package xlsx

import (
	"io"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/build"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/edit"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
)

// Extensions are those of the files that can be read, in lower case.
var Extensions = []string{".xlsx", ".xlsm"}

// Limits limits what an input may cost. A zero field means its default.
type Limits = opc.Limits

// Book reads a workbook, sheet by sheet and row by row. It is not safe for concurrent use.
type Book = read.Book

// Open reads the container of a workbook, its list of sheets, its shared strings and its
// formats. The reader must stay open while the book is in use, since Rows reads the sheets
// from it.
//
// If something is wrong with the file, the error is an *sheet.InputError. Its code says
// where: the file is not a workbook (file-…), or the error is in the container (zip-…), a
// part (part-…) or the list of sheets (workbook-…); from Rows also in a sheet, row or cell
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

// TemplateWords renders the texts of the template.
type TemplateWords = build.TemplateWords

// WriteTemplate writes the workbook. The same Template gives the same bytes, on any day and
// machine. Dropdowns and validations only guide typing; they do not apply to pasted cells,
// so reading does not rely on them.
func WriteTemplate(w io.Writer, t Template) error { return build.Write(w, t) }

// Copy writes a copy of the workbook with a patch applied. It
//
//  1. copies every part that the patch does not touch (macros, pictures, charts, other
//     sheets, shared strings) with its packed bytes, its time and its position in the file;
//  2. streams the patched sheets: in each row, result cells replace what is in the result
//     columns, and around the rows the used range, the columns, the filter and merged
//     ranges are adapted; every other byte stays;
//  3. appends to the short lists: styles, tables, the calculation chain,
//     relationships, content types, sheets and defined names;
//  4. adds sheets, or replaces those that an earlier run added;
//  5. if the patch asks for it, masks personal data in all of this and in every other XML
//     part (see [sheet.Patch]).
//
// The copy of a given workbook and patch always has the same bytes, and memory stays
// bounded whatever the number of rows. An error is an *sheet.InputError if the workbook or
// the patch causes it (copy-… and the codes of [Open]), otherwise that of dst.
func Copy(dst io.Writer, src io.ReaderAt, size int64, p sheet.Patch) error {
	return edit.Copy(dst, src, size, p)
}

// Verify opens a copy that Copy wrote of src and checks that it agrees with the patch:
// every part unpacks to its checksum, every patched sheet has every row with its new cells
// and the notes that it should have, every added sheet is there with all its rows, and the
// copy is sound as a package: it has no defect that src does not have. It reads the rows of
// the patch once more.
//
// Its errors are *sheet.InputError: those of [Open], or what differs (copy-…).
func Verify(r io.ReaderAt, size int64, src io.ReaderAt, srcSize int64, p sheet.Patch) error {
	return edit.Verify(r, size, src, srcSize, p)
}

// Obstacles finds what prevents a faithful copy of a workbook, before anything is sent.
// Errors prevent any copy; warnings and notes say how the copy will differ. It makes a copy
// with empty results and discards it, so what would fail after the run fails here.
func Obstacles(r io.ReaderAt, size int64, w *sheet.Workbook) []sheet.Problem {
	return edit.Obstacles(r, size, w)
}
