package edit

import (
	"strconv"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// chainEdit removes entries from the calculation chain (ECMA-376 part 1, 18.6): a program
// that finds an entry for a cell without a formula reports the workbook as damaged.
type chainEdit struct {
	cells map[int][]sheet.Range // by sheet ID: cells that are replaced
}

// replaces reports whether a cell is replaced, and its entry removed.
func (c *chainEdit) replaces(sheetID int, ref []byte) bool {
	row, col, ok := read.ParseRef(ref)
	for _, r := range c.cells[sheetID] {
		if ok && r.Contains(row, col) {
			return true
		}
	}
	return false
}

// chainEntry follows the entries of the chain. An entry without a sheet is on that of the previous one.
type chainEntry struct{ sheetID int }

// next moves to an entry, and reports whether it names its sheet.
func (c *chainEntry) next(t *xmltok.Token) bool {
	id, named := read.NumberAttr(t, "i")
	if named {
		c.sheetID = id
	}
	return named
}

// count returns how many entries leave the chain and how many stay.
func (c *chainEdit) count(tz *xmltok.Tokenizer) (leave, stay int, err error) {
	var at chainEntry
	for t, err := range tz.All() {
		if err != nil {
			return 0, 0, err
		}
		if t.Kind != xmltok.StartTag || t.Depth != 2 || !t.Is("c") {
			continue
		}
		at.next(t)
		if ref, _ := t.Attr("r"); c.replaces(at.sheetID, ref) {
			leave++
		} else {
			stay++
		}
	}
	return leave, stay, nil
}

// rewrite copies the chain without the entries of replaced cells.
func (c *chainEdit) rewrite(e *xmltok.Editor) error {
	var at chainEntry
	written := 0 // the sheet of the latest entry written
	for t, err := range e.Tokens.All() {
		if err != nil {
			return err
		}
		if t.Kind != xmltok.StartTag || t.Depth != 2 || !t.Is("c") {
			e.Keep(t)
			continue
		}
		named := at.next(t)
		ref, _ := t.Attr("r")
		switch {
		case c.replaces(at.sheetID, ref):
			err = e.Drop(t)
		case named || at.sheetID == written:
			written = at.sheetID
			err = e.KeepAll(t)
		default:
			written = at.sheetID
			err = e.ChangeAll(t, xmltok.WithAttr("i", strconv.Itoa(at.sheetID)))
		}
		if err != nil {
			return err
		}
	}
	return e.Finish()
}

// planChain removes the entries of replaced cells from the calculation chain. A chain
// without entries is not allowed: it is dropped, and rebuilt by the program that opens the
// copy.
func (cp *Copier) planChain(patched map[int]*sheet.SheetPatch, replaced []int) error {
	rel, ok := opc.OfKind(cp.book.Rels, "calcChain")
	if !ok || cp.File(rel.Target) == nil {
		return nil
	}
	edit := &chainEdit{cells: map[int][]sheet.Range{}}
	leaves := func(at int, r sheet.Range) {
		if id, err := strconv.Atoi(cp.book.Sheets[at].SheetID); err == nil {
			edit.cells[id] = append(edit.cells[id], r)
		}
	}
	for at, p := range patched {
		f := frameOf(p)
		for _, c := range p.Columns {
			leaves(at, sheet.Range{Row1: f.headerRow, Col1: c.Col, Row2: f.lastRow, Col2: c.Col})
		}
		for _, col := range p.Masked {
			leaves(at, sheet.Range{Row1: p.HeaderRow + 1, Col1: col, Row2: sheet.MaxRow, Col2: col})
		}
		for _, c := range p.MaskedCells {
			leaves(at, sheet.Range{Row1: c.Row, Col1: c.Col, Row2: c.Row, Col2: c.Col})
		}
	}
	for _, at := range replaced {
		leaves(at, sheet.Range{Row1: 1, Col1: 1, Row2: sheet.MaxRow, Col2: sheet.MaxCol})
	}
	tz, err := cp.OpenXML(rel.Target)
	if err != nil {
		return err
	}
	leave, stay, err := edit.count(tz)
	switch {
	case err != nil || leave == 0:
		return err
	case stay == 0:
		cp.parts.dropped[opc.PartKey(rel.Target)] = true
		cp.bookRels.dropped[rel.ID] = true
	default:
		cp.edited(rel.Target, edit.rewrite)
	}
	return nil
}
