package edit

import (
	"strings"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
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
	relsType      = "application/vnd.openxmlformats-package.relationships+xml"
	vmlType       = typeStem + "vmlDrawing"
)

// plan decides what to do with each part.
func (cp *Copier) plan(p sheet.Patch) error {
	cp.bookEdit.strict = cp.book.Strict
	cp.bookEdit.titles = map[int]string{}
	cp.bookRels = newRelsEdit(cp.book.Rels)
	for _, id := range cp.book.RelIDs {
		cp.bookRels.ids[id] = true
	}
	cp.types.dropped = cp.parts.dropped
	if err := cp.planRedaction(p); err != nil {
		return err
	}
	if err := cp.planStyles(); err != nil {
		return err
	}
	names, err := cp.localNames()
	if err != nil {
		return err
	}
	patched, patchers := map[int]*sheet.SheetPatch{}, map[int]*sheetPatcher{}
	for i := range p.Sheets {
		at, s, err := cp.planSheet(&p.Sheets[i])
		if err != nil {
			return err
		}
		patched[at], patchers[at] = &p.Sheets[i], s
		cp.planPrint(at, s, names)
	}
	written, replaced, err := cp.planAdded(p.Added, names)
	if err != nil {
		return err
	}
	cp.planOpen(p.Open, patchers, written)
	if err := cp.planChain(patched, replaced); err != nil {
		return err
	}
	cp.setRels(cp.book.Part, cp.bookRels)
	for _, a := range cp.parts.added {
		if _, ok := opc.RelsOwner(opc.PartKey(a.name)); ok {
			cp.typed(a.name, relsType)
		}
	}
	cp.edited(cp.book.Part, cp.bookEdit.rewrite)
	cp.parts.late[opc.PartKey(cp.book.Part)] = true
	if len(cp.types.added) > 0 || len(cp.types.dropped) > 0 {
		cp.edited(opc.ContentTypesPart, cp.types.rewrite)
	}
	return nil
}

// planSheet plans the patch of one sheet, and returns its index in the list of sheets.
func (cp *Copier) planSheet(p *sheet.SheetPatch) (int, *sheetPatcher, error) {
	at := cp.sheetIndex(p.Sheet)
	if at < 0 || cp.book.Sheets[at].Kind != "worksheet" {
		return 0, nil, xmltok.NewErrorAt(sheet.Ref{Sheet: p.Sheet}, "sheet-not-listed", "sheet", p.Sheet)
	}
	part := cp.book.Sheets[at].Part
	if cp.parts.changed[opc.PartKey(part)] != nil {
		return 0, nil, xmltok.NewErrorAt(sheet.Ref{Sheet: p.Sheet}, "copy-sheet-twice", "sheet", p.Sheet)
	}
	cols, err := placesOf(p)
	if err != nil {
		return 0, nil, err
	}
	rels, err := cp.Relationships(part)
	if err != nil {
		return 0, nil, err
	}
	s := &sheetPatcher{p: p, styles: cp.styles, cols: cols, frame: frameOf(p).cells(), mask: cp.planMask(p), target: cp.linkSheet, date1904: cp.book.Date1904}
	s.resolve = func() error { return cp.resolveMarked(s.marked) }
	s.watchMarked()
	if len(cols) > 0 {
		s.ours = make([]bool, cols[len(cols)-1].Col+1)
		for _, c := range cols {
			s.ours[c.Col] = true
		}
	}
	if s.tabled, err = cp.planTables(p, cols, rels); err != nil {
		return 0, nil, err
	}
	s.todo.cols = len(cols) > 0
	s.todo.filter = len(cols) > 0 && !s.tabled
	s.todo.marks = len(p.Marks) > 0 || len(cols) > 0
	s.todo.links = len(cols) > 0
	s.todo.properties, s.todo.views = p.Tab != sheet.StylePlain, s.opens()
	_, s.todo.page = s.printed()
	s.todo.margins = s.todo.page
	edited := newRelsEdit(rels)
	if s.notes, err = cp.planNotes(p, part, rels, edited); err != nil {
		return 0, nil, err
	}
	s.files = cp.planFiles(p, rels, edited)
	cp.setRels(part, edited)
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
	return at, s, nil
}

// nameFilter sets the defined name of a sheet's filter.
func (cp *Copier) nameFilter(at int, r sheet.Range) {
	if r == (sheet.Range{}) {
		return
	}
	name := cp.sheetName(at)
	cp.bookEdit.names = append(cp.bookEdit.names, bookName{name: filterName, index: at, text: formulaRange(name, r)})
}

// sheetName returns the name of a sheet by its index in the copy's list of sheets.
func (cp *Copier) sheetName(at int) string {
	if name, retitled := cp.bookEdit.titles[at]; retitled {
		return name
	}
	if at < len(cp.book.Sheets) {
		return cp.book.Sheets[at].Name
	}
	return cp.bookEdit.sheets[at-len(cp.book.Sheets)].name
}

// sheetIndex returns the index of a sheet in the list of sheets, or -1.
func (cp *Copier) sheetIndex(name string) int {
	for i := range cp.book.Sheets {
		if strings.EqualFold(cp.book.Sheets[i].Name, name) {
			return i
		}
	}
	return -1
}
