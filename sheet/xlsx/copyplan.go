package xlsx

import (
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// Content types of the parts that are added.
const (
	typeStem      = "application/vnd.openxmlformats-officedocument."
	worksheetType = typeStem + "spreadsheetml.worksheet+xml"
	stylesType    = typeStem + "spreadsheetml.styles+xml"
	commentsType  = typeStem + "spreadsheetml.comments+xml"
	drawingType   = typeStem + "drawing+xml"
	chartType     = typeStem + "drawingml.chart+xml"
	vmlType       = typeStem + "vmlDrawing"
)

// plan says what becomes of each part.
func (cp *copier) plan(p sheet.Patch) error {
	cp.bookEdit.strict = cp.book.Strict
	cp.bookRels = newRelsEdit(cp.book.Rels)
	cp.types.dropped = cp.parts.dropped
	if err := cp.planStyles(); err != nil {
		return err
	}
	patched := map[int]*sheet.SheetPatch{}
	for i := range p.Sheets {
		at, err := cp.planSheet(&p.Sheets[i])
		if err != nil {
			return err
		}
		patched[at] = &p.Sheets[i]
	}
	replaced, err := cp.planAdded(p.Added)
	if err != nil {
		return err
	}
	if err := cp.planChain(patched, replaced); err != nil {
		return err
	}
	cp.setRels(cp.book.Part, cp.bookRels)
	cp.edited(cp.book.Part, cp.bookEdit.rewrite)
	cp.parts.late[opc.PartKey(cp.book.Part)] = true
	if len(cp.types.added) > 0 || len(cp.types.dropped) > 0 {
		cp.edited(opc.ContentTypesPart, cp.types.rewrite)
	}
	return nil
}

// planStyles adds the formats of the new cells. A workbook without styles gets the part.
func (cp *copier) planStyles() error {
	part := cp.book.Styles
	tz := xmltok.New(strings.NewReader(blankStyles(cp.spaces.main)), "styles")
	if part != "" {
		var err error
		if tz, err = cp.OpenXML(part); err != nil {
			return err
		}
	}
	survey, err := surveyStyles(tz)
	if err != nil {
		return err
	}
	if cp.styles, err = newStylePatch(survey); err != nil {
		return err
	}
	rewrite := func(e *xmltok.Editor) error { return rewriteStyles(e, survey.prefix, cp.styles) }
	if part != "" {
		cp.edited(part, rewrite)
		return nil
	}
	dir := path.Dir(cp.book.Part)
	if part = path.Join(dir, "styles.xml"); !cp.reserve(part, stylesType) { // some programs look for no other name
		part = cp.newPart(dir, "styles", ".xml", stylesType)
	}
	cp.bookRels.add(cp.spaces.rel+"/styles", relTarget(cp.book.Part, part))
	cp.addPart(part, func(w io.Writer) error {
		return rewrite(xmltok.NewEditor(xmltok.New(strings.NewReader(blankStyles(cp.spaces.main)), "styles"), w))
	})
	return nil
}

// planSheet patches one sheet, and gives its place in the list of sheets.
func (cp *copier) planSheet(p *sheet.SheetPatch) (int, error) {
	at := cp.sheetIndex(p.Sheet)
	if at < 0 || cp.book.Sheets[at].Kind != "worksheet" {
		return 0, xmltok.NewErrorAt(sheet.Ref{Sheet: p.Sheet}, "sheet-not-listed", "sheet", p.Sheet)
	}
	part := cp.book.Sheets[at].Part
	if cp.parts.changed[opc.PartKey(part)] != nil {
		return 0, xmltok.NewErrorAt(sheet.Ref{Sheet: p.Sheet}, "copy-sheet-twice", "sheet", p.Sheet)
	}
	cols, err := placesOf(p)
	if err != nil {
		return 0, err
	}
	rels, err := cp.Relationships(part)
	if err != nil {
		return 0, err
	}
	s := &sheetPatcher{p: p, styles: cp.styles, cols: cols, frame: frameOf(p).cells(), mask: cp.planMask(p)}
	if len(cols) > 0 {
		s.ours = make([]bool, cols[len(cols)-1].Col+1)
		for _, c := range cols {
			s.ours[c.Col] = true
		}
	}
	if s.tabled, err = cp.planTables(p, cols, rels); err != nil {
		return 0, err
	}
	s.todo.cols = len(cols) > 0
	s.todo.filter = len(cols) > 0 && !s.tabled
	s.todo.marks = len(p.Marks) > 0
	if s.notes, err = cp.planNotes(p, part, rels); err != nil {
		return 0, err
	}
	s.todo.notes = s.notes != ""
	cp.edited(part, func(e *xmltok.Editor) error {
		s.Editor = e
		if err := s.run(); err != nil {
			return err
		}
		cp.nameFilter(at, s.filter)
		if s.cut {
			cp.remarks = append(cp.remarks, copyProblem(sheet.Note, "copy-merged-cut", "sheet", p.Sheet))
		}
		return s.checkRows()
	})
	return at, nil
}

// nameFilter keeps the defined name of a sheet's filter.
func (cp *copier) nameFilter(at int, r sheet.Range) {
	if r == (sheet.Range{}) {
		return
	}
	name := cp.sheetName(at)
	cp.bookEdit.names = append(cp.bookEdit.names, bookName{name: filterName, index: at, text: formulaRange(name, r)})
}

// sheetName gives the name of a sheet by its place in the copy's list of sheets.
func (cp *copier) sheetName(at int) string {
	if at < len(cp.book.Sheets) {
		return cp.book.Sheets[at].Name
	}
	return cp.bookEdit.sheets[at-len(cp.book.Sheets)].name
}

// sheetIndex gives the place of a sheet in the list of sheets, or -1.
func (cp *copier) sheetIndex(name string) int {
	for i := range cp.book.Sheets {
		if strings.EqualFold(cp.book.Sheets[i].Name, name) {
			return i
		}
	}
	return -1
}

// planTables takes the result columns into the table that covers the data, and reports
// whether there is one.
func (cp *copier) planTables(p *sheet.SheetPatch, cols []putColumn, rels []opc.Relationship) (tabled bool, err error) {
	tables, err := read.Tables(cp.Container, rels)
	if err != nil || len(cols) == 0 {
		return false, err
	}
	f := frameOf(p)
	for _, info := range tables {
		if info.Ref.Row1 <= f.headerRow && info.Ref.Row2 >= f.headerRow && info.Ref.Col1 < f.firstCol {
			tabled = true
		}
		ch, ok := changeOf(info, p, cols)
		inTheWay := firstWithin(cols, info.Ref) > 0 && overlap(info.Ref, f.cells())
		if !ok && inTheWay && (!info.Plain || info.Ref.Row1 != f.headerRow) {
			return false, xmltok.NewErrorAt(sheet.Ref{Sheet: p.Sheet, Row: info.Ref.Row1, Col: info.Ref.Col1}, "copy-table-in-the-way",
				"sheet", p.Sheet, "found", opc.Quoted(info.Name), "place", rangeText(info.Ref))
		}
		if ok {
			cp.edited(info.Part, func(e *xmltok.Editor) error { return rewriteTable(e, info, ch) })
		}
	}
	return tabled, nil
}

// planChain takes the entries out of the calculation chain whose cells are replaced. A
// chain without entries is not allowed: it goes, and is made anew by whoever opens the
// copy.
func (cp *copier) planChain(patched map[int]*sheet.SheetPatch, replaced []int) error {
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
