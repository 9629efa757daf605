package xlsx

import (
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/loabatch/loabatch/sheet"
)

// Obstacles finds what stands against a faithful copy of a workbook, before anything
// is sent. Errors stand against any copy; warnings and notes say what the copy will be
// like. The copy is rehearsed: it is made with empty results and thrown away, so that
// whatever would fail after the run fails here.
func Obstacles(r io.ReaderAt, size int64, w *sheet.Workbook) []sheet.Problem {
	c, err := openContainer(r, size, copyLimits)
	if err != nil {
		return obstacle(err)
	}
	book, err := c.workbook()
	if err != nil {
		return obstacle(err)
	}
	found := c.signed()
	locked, err := c.locked(book)
	if err != nil {
		return obstacle(err)
	}
	if locked {
		found = append(found, copyProblem(sheet.Note, "copy-structure-locked"))
	}
	p := rehearsal(w)
	if err := copyTo(io.Discard, r, size, p, 0); err != nil {
		found = append(found, obstacle(err)...)
	}
	return found
}

// obstacle makes an error of the copy the problem that it is.
func obstacle(err error) []sheet.Problem {
	var in *sheet.InputError
	if errors.As(err, &in) {
		return in.Problems
	}
	return fault("file-unreadable", "part", "", "place", "0").Problems
}

func copyProblem(s sheet.Severity, code string, args ...string) sheet.Problem {
	p := fault(code, args...).Problems[0]
	p.Severity = s
	return p
}

// signed warns of a digital signature: it holds for the very bytes that were signed.
func (c *container) signed() []sheet.Problem {
	rels, err := c.relationships("")
	if err != nil {
		return obstacle(err)
	}
	for _, r := range rels {
		if strings.Contains(r.typeURI, "/digital-signature/origin") {
			return []sheet.Problem{copyProblem(sheet.Warning, "copy-signed")}
		}
	}
	return nil
}

// locked reports whether the workbook's structure is protected.
func (c *container) locked(book *workbookParts) (bool, error) {
	tz, err := c.openXML(book.part)
	if err != nil {
		return false, err
	}
	for {
		t, err := tz.next()
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if t.kind == startTag && t.depth == 2 && t.is("workbookProtection") {
			var bad bool
			return isTrue(t.value("lockStructure", &bad)), nil
		}
	}
}

// rehearsal is a patch as it will be after the run, as far as its places are concerned.
func rehearsal(w *sheet.Workbook) sheet.Patch {
	p := sheet.Patch{}
	for _, t := range []*sheet.Table{&w.CircuitsTable, &w.EngineersTable} {
		p.Sheets = append(p.Sheets, rehearsalSheet(t))
	}
	for _, name := range []string{"Errors", "Summary"} {
		p.Added = append(p.Added, sheet.AddedSheet{Name: name, Rows: slices.Values([][]sheet.PutCell{}), Chart: &sheet.Chart{}})
	}
	return p
}

// rehearsalSheet puts the result columns where they stand, or behind the data.
func rehearsalSheet(t *sheet.Table) sheet.SheetPatch {
	sp := sheet.SheetPatch{Sheet: t.Sheet, HeaderRow: t.HeaderRow, LastRow: t.LastRow, LastCol: t.LastCol}
	for i, header := range sheet.ResultHeaders {
		col, ok := t.Results[sheet.ResultColumn(i)]
		if !ok {
			sp.LastCol++
			col = sp.LastCol
		}
		sp.Columns = append(sp.Columns, sheet.PutColumn{Col: col, Header: header})
	}
	return sp
}
