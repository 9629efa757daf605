package edit

import (
	"io"
	"iter"
	"maps"
	"slices"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// Verify checks a copy that Copy wrote of src, as package xlsx documents.
func Verify(r io.ReaderAt, size int64, src io.ReaderAt, srcSize int64, p sheet.Patch) error {
	cp, err := Open(r, size)
	if err != nil {
		return err
	}
	book, err := read.NewBook(cp.Container, cp.book)
	if err != nil {
		return err
	}
	source, err := Open(src, srcSize)
	if err != nil {
		return err
	}
	if err := source.plan(p); err != nil {
		return err
	}
	v := &verifier{copy: cp, book: book, source: source}
	v.watch()
	for i := range p.Sheets {
		if err := v.sheet(&p.Sheets[i]); err != nil {
			return err
		}
	}
	if err := v.notes(); err != nil {
		return err
	}
	if err := v.opening(source); err != nil {
		return err
	}
	if err := v.added(p.Added); err != nil {
		return err
	}
	if err := v.whole(); err != nil {
		return err
	}
	if err := v.onlyPlanned(source); err != nil {
		return err
	}
	return cp.CheckRest()
}

// verifier compares a copy, opened as if it were to be copied again, with its patch.
type verifier struct {
	copy     *Copier
	book     *read.Book
	source   *Copier             // with the patch planned
	outlines map[string]*outline // of the sheets that were read, by opc.PartKey
	columns  []putColumn         // result columns of the patched sheet that is read
	links    int                 // of its result cells
}

// text returns a text of the patch as it should be in the copy.
func (v *verifier) text(s string) string {
	if v.source.redact == nil {
		return s
	}
	return v.source.redact.masks.Text(s)
}

// notes compares the notes of the patched sheets, as read from the copy, with those of the source that stay and
// those that the patch adds, as planned from the source.
func (v *verifier) notes() error {
	for _, name := range slices.Sorted(maps.Keys(v.source.notes)) {
		want := noteTexts{}
		for at, text := range v.source.notes[name] {
			want[at] = v.text(text)
		}
		got, err := v.notesOf(v.source.copyName(name))
		if err != nil {
			return err
		}
		if at, differ := firstDifference(want, got); differ {
			ref := sheet.Ref{Sheet: name, Row: at[0], Col: at[1]}
			return xmltok.NewErrorAt(ref, "copy-note-differs", "place", ref.String())
		}
	}
	return nil
}

// notesOf reads the notes of a sheet.
func (v *verifier) notesOf(name string) (noteTexts, error) {
	part, _ := v.copy.book.Sheet(name)
	rels, err := v.copy.Relationships(part.Part)
	if err != nil {
		return nil, err
	}
	comments, ok := opc.OfKind(rels, "comments")
	if !ok || v.copy.File(comments.Target) == nil {
		return nil, nil
	}
	tz, err := v.copy.OpenXML(comments.Target)
	if err != nil {
		return nil, err
	}
	have, err := scanComments(tz)
	if err != nil {
		return nil, err
	}
	all := have.kept
	maps.Copy(all, have.replaced)
	return all, nil
}

// firstDifference returns the first cell whose notes differ.
func firstDifference(a, b noteTexts) (first [2]int, differ bool) {
	for _, side := range []noteTexts{a, b} {
		for at := range side {
			x, inA := a[at]
			y, inB := b[at]
			if (x != y || inA != inB) && (!differ || slices.Compare(at[:], first[:]) < 0) {
				first, differ = at, true
			}
		}
	}
	return first, differ
}

// sheet compares a patched sheet with its patch.
func (v *verifier) sheet(p *sheet.SheetPatch) error {
	cols, err := placesOf(p)
	if err != nil || len(cols) == 0 {
		return err
	}
	header := make([]sheet.PutCell, len(p.Columns))
	for i, c := range p.Columns {
		header[i].Text = c.Header
	}
	found, links := 0, 0
	v.columns, v.links = cols, 0
	defer func() { v.columns = nil }()
	for row, err := range v.book.Rows(v.source.copyName(p.Sheet)) {
		if err != nil {
			return err
		}
		want := header
		if row.Number != p.HeaderRow {
			if want = p.Row(row.Number); len(want) < len(cols) {
				continue
			}
			found++
			for i := range want {
				if want[i].Link.Row > 0 && links < maxLinks {
					links++
				}
			}
		}
		if err := v.row(p.Sheet, row, cols, want); err != nil {
			return err
		}
	}
	if found != p.Rows {
		return rowsDiffer(p.Sheet, found, p.Rows)
	}
	if links+min(len(p.Files), maxLinks-links) != v.links {
		return linksDiffer(p.Sheet)
	}
	return nil
}

// row compares the result cells of a row with the cells of the patch.
func (v *verifier) row(name string, row sheet.Row, cols []putColumn, want []sheet.PutCell) error {
	next := 0
	for _, c := range cols {
		for next < len(row.Cells) && row.Cells[next].Col < c.Col {
			next++
		}
		var got sheet.Cell
		if next < len(row.Cells) && row.Cells[next].Col == c.Col {
			got = row.Cells[next]
		}
		if !v.cellMatches(&got, &want[c.at]) {
			at := sheet.Ref{Sheet: name, Row: row.Number, Col: c.Col}
			return xmltok.NewErrorAt(at, "copy-cell-differs", "place", at.String())
		}
	}
	return nil
}

// cellMatches reports whether a cell was read back as it was written.
func (v *verifier) cellMatches(got *sheet.Cell, want *sheet.PutCell) bool {
	kind, text := sheet.TextCell, cellText(want.Text)
	switch {
	case want.Stays:
		return true
	case !want.Time.IsZero():
		return got.Type == sheet.NumberCell && got.DateStyle && got.Value == numberText(serial(want.Time, v.copy.book.Date1904))
	case want.IsNumber:
		kind, text = sheet.NumberCell, numberText(want.Number)
	case want.Text == "":
		return got.Type == sheet.BlankCell && !got.Formula
	}
	if masked := v.text(text); masked != text {
		kind, text = sheet.TextCell, masked
	}
	return got.Type == kind && got.Value == text
}

// added checks that the added sheets exist under the right names, with all their rows.
func (v *verifier) added(added []sheet.AddedSheet) error {
	names, err := v.copy.localNames()
	if err != nil {
		return err
	}
	places := v.copy.addedEarlier(names)
	for i := range added {
		a := &added[i]
		at, ok := places[a.Name]
		if !ok {
			return xmltok.NewErrorAt(sheet.Ref{Sheet: a.Name}, "sheet-not-listed", "sheet", a.Name)
		}
		if err := v.rows(v.copy.book.Sheets[at].Name, a); err != nil {
			return err
		}
	}
	return nil
}

// rows compares the rows of an added sheet with those of the patch, in step: a row without
// a value is not read back.
func (v *verifier) rows(name string, a *sheet.AddedSheet) error {
	cols := make([]putColumn, 0, len(a.Widths))
	number := 0
	next, stop := iter.Pull2(v.book.Rows(name))
	defer stop()
	row, err, more := next()
	for want := range a.Rows {
		number++
		if err != nil {
			return err
		}
		for len(cols) < len(want) {
			cols = append(cols, putColumn{sheet.PutColumn{Col: len(cols) + 1}, len(cols)})
		}
		got := sheet.Row{Number: number}
		if more && row.Number == number {
			got = row
		}
		if err := v.row(name, got, cols[:len(want)], want); err != nil {
			return err
		}
		if more && row.Number == number {
			row, err, more = next()
		}
	}
	switch {
	case err != nil:
		return err
	case more || number != a.Count:
		return rowsDiffer(name, number, a.Count)
	}
	return nil
}
