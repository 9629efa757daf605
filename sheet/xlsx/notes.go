package xlsx

import (
	"bytes"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// notesAuthor is the author of the notes that are added, and notesSign how they begin. By
// the sign alone a later run knows them again and replaces them. The author cannot tell
// whose a note is: LibreOffice drops it, and templates made by earlier versions signed
// their header notes with this one too. Every version has written the sign, no template
// has it, and a note that somebody has reworded is theirs.
const (
	notesAuthor = "loabatch"
	notesSign   = "loabatch: "
)

// Bounds of the added notes. Each is a drawing of its own, and thousands of them make
// a sheet slow to open; the Errors sheet lists all problems.
const (
	maxNotes    = 1000 // of a sheet
	maxNoteText = 2000 // characters of one
)

// cellNote is one note.
type cellNote struct {
	row, col int
	text     string
}

// noteTexts holds notes by the row and column of their cell.
type noteTexts map[[2]int]string

// notesOf gives the notes of the marks, one for each cell, the first rows first.
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
	return joined[:min(len(joined), maxNotes)]
}

// planNotes gives the problem cells of a sheet their notes, and takes those of an
// earlier run away. The user's own notes stay, and where a cell has one, ours is left
// out. Where the sheet's drawings are none that a note can be put among, it stands
// back: the cells are coloured all the same.
//
// It gives the ID of the relationship for a new drawing, or "" where none is needed.
func (cp *copier) planNotes(p *sheet.SheetPatch, part string, rels []opc.Relationship) (string, error) {
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
		cp.standBack(p.Sheet)
		return "", nil
	}
	want.add(notes)
	return cp.newNotes(notes, part, rels), nil
}

// notesIn gives what a part of comments will hold, which odd workbooks share between
// sheets.
func (cp *copier) notesIn(comments string) noteTexts {
	key := opc.PartKey(comments)
	if comments == "" || cp.noteParts[key] == nil {
		cp.noteParts[key] = noteTexts{}
	}
	return cp.noteParts[key]
}

// add takes in notes as they will be written.
func (n noteTexts) add(notes []cellNote) {
	for _, note := range notes {
		n[[2]int{note.row, note.col}] = noteText(note.text)
	}
}

// standBack says that a sheet gets no notes.
func (cp *copier) standBack(name string) {
	cp.remarks = append(cp.remarks, copyProblem(sheet.Note, "copy-no-notes", "sheet", name))
}

// newNotes adds the notes of a sheet that has none: a part with their text and one with
// their drawings.
func (cp *copier) newNotes(notes []cellNote, part string, rels []opc.Relationship) string {
	dir := path.Dir(cp.book.Part)
	comments := cp.newPart(dir, "comments", ".xml", commentsType)
	drawing := cp.newPart(path.Join(dir, "drawings"), "vmlDrawing", ".vml", vmlType)
	e := newRelsEdit(rels)
	e.add(cp.spaces.rel+"/comments", relTarget(part, comments))
	id := e.add(cp.spaces.rel+"/vmlDrawing", relTarget(part, drawing))
	cp.setRels(part, e)
	cp.addPart(comments, text(func() string {
		return xmltok.Declaration + `<comments xmlns="` + cp.spaces.main + `"><authors><author>` + notesAuthor + `</author></authors><commentList>` +
			commentElements("", 0, notes) + `</commentList></comments>`
	}))
	cp.addPart(drawing, text(func() string {
		return vmlOpen + vmlShapeType + noteShapes("", firstShape, notes) + `</xml>`
	}))
	return id
}

// commentElements gives the notes as entries of a list of comments.
func commentElements(prefix string, author int, notes []cellNote) string {
	var b []byte
	for _, n := range notes {
		b = appendRef(append(append(append(b, '<'), prefix...), `comment ref="`...), n.row, n.col)
		b = append(b, `" authorId="`+strconv.Itoa(author)+`"><`+prefix+`text><`+prefix+`t xml:space="preserve">`...)
		b = xmltok.AppendXString(b, noteText(n.text))
		b = append(b, `</`+prefix+`t></`+prefix+`text></`+prefix+`comment>`...)
	}
	return string(b)
}

// noteText cuts a note to the length that one may have.
func noteText(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	n := 0
	for i := range s {
		if n++; n > maxNoteText {
			return s[:i] + "…"
		}
	}
	return s
}

// commentsSurvey is what a part of comments holds.
type commentsSurvey struct {
	authors int
	ours    int       // the index of our author, or -1
	stays   noteTexts // the user's and the template's
	goes    noteTexts // an earlier run's
}

// surveyComments reads a part of comments.
func surveyComments(tz *xmltok.Tokenizer) (*commentsSurvey, error) {
	s := &commentsSurvey{ours: -1, stays: noteTexts{}, goes: noteTexts{}}
	inAuthor := false
	var name, held []byte
	for {
		t, err := tz.Next()
		if err == io.EOF {
			return s, nil
		}
		if err != nil {
			return nil, err
		}
		switch {
		case t.Depth == 1 && t.Kind == xmltok.StartTag && !t.Is("comments"):
			return nil, tz.ErrorAt(t, "part-wrong-root")
		case t.Depth == 3 && t.Kind == xmltok.StartTag && t.Is("author"):
			name, inAuthor = name[:0], !t.Empty
			s.authors++
		case t.Depth == 3 && t.Kind == xmltok.EndTag && t.Is("author"):
			inAuthor = false
			if string(name) == notesAuthor && s.ours < 0 {
				s.ours = s.authors - 1
			}
		case inAuthor:
			if name, err = t.Text(name); err != nil {
				return nil, err
			}
		case t.Depth == 3 && t.Kind == xmltok.StartTag && t.Is("comment"):
			if held, err = tz.Capture(held[:0], t); err != nil {
				return nil, err
			}
			if at, text := noteOf(held); strings.HasPrefix(text, notesSign) {
				s.goes[at] = text
			} else {
				s.stays[at] = text
			}
		}
	}
}

// noteOf gives the cell and the text of a comment.
func noteOf(raw []byte) (at [2]int, text string) {
	tz := xmltok.New(bytes.NewReader(raw), "comment")
	var b []byte
	inText := false
	for {
		t, err := tz.Next()
		if err != nil {
			return at, xmltok.UnescapeXString(string(b))
		}
		switch {
		case t.Depth == 1 && t.Kind == xmltok.StartTag:
			ref, _ := t.Attr("ref")
			at[0], at[1], _ = read.ParseRef(ref)
		case string(t.Local) == "t":
			inText = t.Kind == xmltok.StartTag && !t.Empty
		case inText:
			b, _ = t.Text(b)
		}
	}
}
