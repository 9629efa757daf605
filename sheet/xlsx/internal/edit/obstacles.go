package edit

import (
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// Obstacles finds what prevents a faithful copy of a workbook, as package xlsx
// documents.
func Obstacles(r io.ReaderAt, size int64, w *sheet.Workbook) []sheet.Problem {
	c, err := opc.Open(r, size, CopyLimits)
	if err != nil {
		return obstacle(err)
	}
	book, err := read.FindWorkbook(c)
	if err != nil {
		return obstacle(err)
	}
	found := signatures(c)
	locked, err := structureLocked(c, book)
	if err != nil {
		return obstacle(err)
	}
	if locked {
		found = append(found, copyProblem(sheet.Note, "copy-structure-locked"))
	}
	cp := newCopier(c, book)
	if err := cp.CopyTo(io.Discard, emptyPatch(w), 0); err != nil {
		return append(found, obstacle(err)...)
	}
	return append(found, cp.remarks...)
}

// obstacle turns an error of the copy into problems.
func obstacle(err error) []sheet.Problem {
	var in *sheet.InputError
	if errors.As(err, &in) {
		return in.Problems
	}
	return xmltok.NewError("file-unreadable", "part", "", "place", "0").Problems
}

func copyProblem(s sheet.Severity, code string, args ...string) sheet.Problem {
	p := xmltok.NewError(code, args...).Problems[0]
	p.Severity = s
	return p
}

// signatures warns of a digital signature, which the copy invalidates.
func signatures(c *opc.Container) []sheet.Problem {
	rels, err := c.Relationships("")
	if err != nil {
		return obstacle(err)
	}
	for _, r := range rels {
		if strings.Contains(r.TypeURI, "/digital-signature/origin") {
			return []sheet.Problem{copyProblem(sheet.Warning, "copy-signed")}
		}
	}
	return nil
}

// structureLocked reports whether the workbook's structure is protected.
func structureLocked(c *opc.Container, book *read.Parts) (bool, error) {
	tz, err := c.OpenXML(book.Part)
	if err != nil {
		return false, err
	}
	for t, err := range tz.All() {
		if err != nil {
			return false, err
		}
		if t.Kind == xmltok.StartTag && t.Depth == 2 && t.Is("workbookProtection") {
			var bad bool
			return read.IsTrue(t.Value("lockStructure", &bad)), nil
		}
	}
	return false, nil
}

// emptyPatch returns a patch with blank results in the places of the patch after the run. If problems will be
// marked, it marks one cell that is unlikely to have a user's note.
func emptyPatch(w *sheet.Workbook) sheet.Patch {
	var p sheet.Patch
	for _, t := range []*sheet.Table{&w.CircuitsTable, &w.EngineersTable} {
		sp := sheet.SheetPatch{Sheet: t.Sheet, HeaderRow: t.HeaderRow, LastRow: t.LastRow, LastCol: t.LastCol, Columns: t.ResultColumns(w.Language(), w.Purpose != sheet.ForApplication && t == &w.CircuitsTable)}
		for _, c := range sp.Columns {
			sp.LastCol = max(sp.LastCol, c.Col)
		}
		if slices.ContainsFunc(w.Problems, func(p sheet.Problem) bool { return p.Marks(t.Sheet) }) {
			sp.Marks = []sheet.Mark{{Row: sheet.MaxRow, Col: sheet.MaxCol, Style: sheet.StyleBad, Note: "?"}}
		}
		p.Sheets = append(p.Sheets, sp)
	}
	for _, name := range []string{"Errors", "Summary"} {
		p.Added = append(p.Added, sheet.AddedSheet{Name: name, Rows: slices.Values([][]sheet.PutCell(nil)), Chart: &sheet.Chart{}})
	}
	return p
}
