package edit

import (
	"maps"
	"path"
	"slices"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// notesAuthor is the author of the notes that a run adds, and notesSign how they begin. A later run recognizes
// and replaces them only by the sign. The author does not tell whose a note is: LibreOffice drops it, and
// templates of earlier versions have header notes by the same author. Every version has written the
// sign, no template has it, and a note that somebody has reworded is theirs.
const (
	notesAuthor = "loabatch"
	notesSign   = "loabatch: "
)

// maxNoteText bounds the text of one added note, in characters.
const maxNoteText = 2000

// notesOf returns the notes of the marks, one for each cell, in the order of the rows.
func notesOf(marks []sheet.Mark) []cellNote {
	var notes []cellNote
	for i := range marks {
		m := &marks[i]
		if m.Note != "" && m.Row >= 1 && m.Row <= sheet.MaxRow && m.Col >= 1 && m.Col <= sheet.MaxCol {
			notes = append(notes, cellNote{m.Row, m.Col, m.Note})
		}
	}
	slices.SortStableFunc(notes, func(a, b cellNote) int { return (a.row-b.row)*2*sheet.MaxCol + a.col - b.col })
	joined := notes[:0]
	for _, n := range notes {
		if last := len(joined) - 1; last >= 0 && joined[last].row == n.row && joined[last].col == n.col {
			joined[last].text += "\n" + n.text
			continue
		}
		n.text = notesSign + n.text
		joined = append(joined, n)
	}
	return joined[:min(len(joined), sheet.MaxNotes)]
}

// planNotes adds notes to the problem cells of a sheet, and removes those of an earlier
// run. Notes of the user and of the template stay, and a cell that has one gets none. If no note can be
// added to the drawings of the sheet, its notes are left unchanged, and the cells are only coloured.
//
// It returns the ID of the relationship for a new drawing, or "" if none is needed.
func (cp *Copier) planNotes(p *sheet.SheetPatch, part string, rels []opc.Relationship, edited *relsEdit) (string, error) {
	notes := notesOf(p.Marks)
	comments, has := opc.OfKind(rels, "comments")
	var drawings []opc.Relationship
	for _, r := range rels {
		if r.Kind == "vmlDrawing" && !r.External {
			drawings = append(drawings, r)
		}
	}
	want := cp.notesIn(comments.Target)
	cp.notes[p.Sheet] = want
	switch {
	case has:
		return "", cp.mergeNotes(p.Sheet, notes, comments.Target, drawings)
	case len(notes) == 0:
		return "", nil
	case cp.book.Strict || len(drawings) > 0:
		cp.leaveNotesOut(p.Sheet)
		return "", nil
	}
	want.add(notes)
	return cp.newNotes(notes, part, edited), nil
}

// notesIn returns the future content of a comments part. In odd workbooks sheets share one.
func (cp *Copier) notesIn(comments string) noteTexts {
	key := opc.PartKey(comments)
	if comments == "" || cp.noteParts[key] == nil {
		cp.noteParts[key] = noteTexts{}
	}
	return cp.noteParts[key]
}

// leaveNotesOut adds a remark that a sheet gets no notes.
func (cp *Copier) leaveNotesOut(name string) {
	cp.remarks = append(cp.remarks, copyProblem(sheet.Note, "copy-no-notes", "sheet", name))
}

// newNotes adds notes to a sheet without any: a part with their text and one with their
// shapes.
func (cp *Copier) newNotes(notes []cellNote, part string, e *relsEdit) string {
	dir := path.Dir(cp.book.Part)
	comments := cp.newPart(dir, "comments", ".xml", commentsType)
	drawing := cp.newPart(path.Join(dir, "drawings"), "vmlDrawing", ".vml", vmlType)
	e.stem = "rIdNotes" // the sheet, which is not read yet, may refer to a usual ID that is missing
	e.add(cp.spaces.rel+"/comments", relTarget(part, comments))
	id := e.add(cp.spaces.rel+"/vmlDrawing", relTarget(part, drawing))
	cp.addPart(comments, text(func() string {
		return xmltok.Declaration + `<comments xmlns="` + cp.spaces.main + `"><authors><author>` + notesAuthor + `</author></authors><commentList>` +
			commentElements("", 0, notes) + `</commentList></comments>`
	}))
	cp.addPart(drawing, text(func() string {
		return vmlOpen + vmlShapeType + noteShapes("", firstShape, notes) + `</xml>`
	}))
	return id
}

// mergeNotes adds notes to those that a sheet has, and removes those of an earlier run. If its parts are not
// plain XML of the usual kind, the notes stay unchanged.
func (cp *Copier) mergeNotes(name string, notes []cellNote, comments string, drawings []opc.Relationship) error {
	if cp.File(comments) == nil {
		cp.leaveNotesOut(name)
		return nil
	}
	tz, err := cp.OpenXML(comments)
	if err != nil {
		return err
	}
	have, err := scanComments(tz)
	if err != nil {
		return err
	}
	notes = slices.DeleteFunc(notes, func(n cellNote) bool { _, taken := have.kept[[2]int{n.row, n.col}]; return taken })
	if cp.parts.changed[opc.PartKey(comments)] != nil { // by a sheet that shares it
		cp.leaveNotesOut(name)
		return nil
	}
	want := cp.notes[name]
	maps.Copy(want, have.kept)
	if len(notes) == 0 && len(have.replaced) == 0 {
		return nil
	}
	vml, drawing := cp.notesDrawing(drawings, have.replaced)
	if vml == nil || cp.book.Strict || cp.parts.changed[opc.PartKey(drawing)] != nil {
		maps.Copy(want, have.replaced)
		cp.leaveNotesOut(name)
		return nil
	}
	clear(want)
	maps.Copy(want, have.kept)
	want.add(notes)
	cp.edited(comments, func(e *xmltok.Editor) error { return rewriteComments(e, have, notes) })
	cp.edited(drawing, func(e *xmltok.Editor) error { return rewriteDrawing(e, vml, have.replaced, notes) })
	return nil
}

// notesDrawing finds the drawing that contains the notes of a sheet: header pictures have one of the same kind.
// It returns nil if there is none, or if one is not XML: such drawings are not rare, and are left alone.
func (cp *Copier) notesDrawing(drawings []opc.Relationship, goes noteTexts) (*drawingContent, string) {
	var found *drawingContent
	part := ""
	for _, r := range drawings {
		if cp.File(r.Target) == nil {
			return nil, ""
		}
		tz, err := cp.OpenXML(r.Target)
		if err != nil {
			return nil, ""
		}
		s, err := scanDrawing(tz, goes)
		if err != nil {
			return nil, ""
		}
		if s.notes == 0 {
			continue
		}
		if found != nil {
			return nil, ""
		}
		found, part = s, r.Target
	}
	return found, part
}
