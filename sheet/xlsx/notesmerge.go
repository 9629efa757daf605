package xlsx

import (
	"bytes"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// mergeNotes puts notes among those that a sheet has, in the place of those of an
// earlier run. Where its parts are not plain XML of the usual kind, it stands back.
func (cp *copier) mergeNotes(name string, notes []cellNote, comments string, drawings []opc.Relationship) error {
	if cp.File(comments) == nil {
		cp.standBack(name)
		return nil
	}
	tz, err := cp.OpenXML(comments)
	if err != nil {
		return err
	}
	have, err := surveyComments(tz)
	if err != nil {
		return err
	}
	notes = slices.DeleteFunc(notes, func(n cellNote) bool { _, taken := have.stays[[2]int{n.row, n.col}]; return taken })
	if cp.parts.changed[opc.PartKey(comments)] != nil { // by a sheet that shares it
		cp.standBack(name)
		return nil
	}
	want := cp.notes[name]
	maps.Copy(want, have.stays)
	if len(notes) == 0 && len(have.goes) == 0 {
		return nil
	}
	vml, drawing := cp.notesDrawing(drawings, have.goes)
	if vml == nil || cp.book.Strict || cp.parts.changed[opc.PartKey(drawing)] != nil {
		maps.Copy(want, have.goes)
		cp.standBack(name)
		return nil
	}
	clear(want)
	maps.Copy(want, have.stays)
	want.add(notes)
	cp.edited(comments, func(e *xmltok.Editor) error { return rewriteComments(e, have, notes) })
	cp.edited(drawing, func(e *xmltok.Editor) error { return rewriteDrawing(e, vml, have.goes, notes) })
	return nil
}

// notesDrawing finds the drawing that holds the notes of a sheet: header pictures have
// one of the same kind. It gives nil where there is none, or one that is no XML: such
// drawings are not rare and are none to be touched.
func (cp *copier) notesDrawing(drawings []opc.Relationship, goes noteTexts) (*vmlSurvey, string) {
	var found *vmlSurvey
	part := ""
	for _, r := range drawings {
		if cp.File(r.Target) == nil {
			return nil, ""
		}
		tz, err := cp.OpenXML(r.Target)
		if err != nil {
			return nil, ""
		}
		s, err := surveyDrawing(tz, goes)
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

// rewriteComments copies a part of comments: without those of an earlier run, with the
// new ones.
func rewriteComments(e *xmltok.Editor, have *commentsSurvey, notes []cellNote) error {
	author := have.ours
	if author < 0 {
		author = have.authors
	}
	for {
		t, err := e.Tokens.Next()
		if err == io.EOF {
			return e.Finish()
		}
		if err != nil {
			return err
		}
		prefix := ""
		if t.Kind == xmltok.StartTag || t.Kind == xmltok.EndTag {
			prefix = t.Prefixed()
		}
		switch isList := t.Depth == 2 && t.Is("commentList"); {
		case t.Depth == 2 && t.Kind == xmltok.EndTag && t.Is("authors"):
			e.Put(newAuthor(prefix, have))
			e.Keep(t)
		case t.Depth == 2 && t.Kind == xmltok.StartTag && t.Empty && t.Is("authors"):
			e.Change(t, xmltok.Opened())
			e.Put(newAuthor(prefix, have) + "</" + prefix + "authors>")
		case isList && t.Kind == xmltok.EndTag:
			e.Put(commentElements(prefix, author, notes))
			e.Keep(t)
		case isList && t.Kind == xmltok.StartTag && t.Empty:
			e.Change(t, xmltok.Opened())
			e.Put(commentElements(prefix, author, notes) + "</" + prefix + "commentList>")
		case t.Depth == 3 && t.Kind == xmltok.StartTag && t.Is("comment"):
			var raw []byte
			if raw, err = e.Capture(t); err != nil {
				return err
			}
			if _, text := noteOf(raw); !strings.HasPrefix(text, notesSign) {
				e.Out.Write(raw)
			}
		default:
			e.Keep(t)
		}
		if err != nil {
			return err
		}
	}
}

// newAuthor is our entry of the list of authors, where it has none.
func newAuthor(prefix string, have *commentsSurvey) string {
	if have.ours >= 0 {
		return ""
	}
	return "<" + prefix + "author>" + notesAuthor + "</" + prefix + "author>"
}

// vmlSurvey is what a drawing in VML holds (ECMA-376 part 4, 19).
type vmlSurvey struct {
	notes     int  // shapes of notes
	shapeType bool // it has the type of shape that notes are
	highest   int  // number of a shape that stays
}

// surveyDrawing reads a drawing, of which the shapes of some notes go.
func surveyDrawing(tz *xmltok.Tokenizer, goes noteTexts) (*vmlSurvey, error) {
	s := &vmlSurvey{highest: firstShape}
	var held []byte
	for {
		t, err := tz.Next()
		if err == io.EOF {
			return s, nil
		}
		if err != nil {
			return nil, err
		}
		if t.Kind != xmltok.StartTag || t.Depth != 2 {
			continue
		}
		id, _ := t.Attr("id")
		number, _ := read.ParseUint(bytes.TrimPrefix(id, []byte("_x0000_s")), 1<<30)
		switch string(t.Local) {
		case "shapetype":
			s.shapeType = s.shapeType || string(id) == "_x0000_t202"
		case "shape":
			if held, err = tz.Capture(held[:0], t); err != nil {
				return nil, err
			}
			at, note := noteCell(held)
			if note {
				s.notes++
			}
			if _, gone := goes[at]; !note || !gone {
				s.highest = max(s.highest, number)
			}
		}
	}
}

// rewriteDrawing copies a drawing: without the shapes of notes that go, with the new
// ones.
func rewriteDrawing(e *xmltok.Editor, have *vmlSurvey, goes noteTexts, notes []cellNote) error {
	spaces := ""
	for {
		t, err := e.Tokens.Next()
		if err == io.EOF {
			return e.Finish()
		}
		if err != nil {
			return err
		}
		switch {
		case t.Depth == 1 && t.Kind == xmltok.StartTag:
			spaces = missingSpaces(t)
			e.Keep(t)
		case t.Depth == 1 && t.Kind == xmltok.EndTag:
			if !have.shapeType && len(notes) > 0 {
				e.Put("<v:shapetype" + spaces + vmlShapeType[len("<v:shapetype"):])
			}
			e.Put(noteShapes(spaces, have.highest, notes))
			e.Keep(t)
		case t.Depth == 2 && t.Kind == xmltok.StartTag && string(t.Local) == "shape":
			raw, err := e.Capture(t)
			if err != nil {
				return err
			}
			at, note := noteCell(raw)
			if _, gone := goes[at]; !note || !gone {
				e.Out.Write(raw)
			}
		default:
			e.Keep(t)
		}
	}
}

// missingSpaces gives the declarations that new shapes need, none where the root has
// them all under the usual prefixes.
func missingSpaces(root *xmltok.Token) string {
	missing := ""
	for _, d := range []string{` xmlns:v="` + vmlSpace + `"`, ` xmlns:o="` + vmlOffice + `"`, ` xmlns:x="` + vmlExcel + `"`} {
		if !bytes.Contains(root.Raw, []byte(d[1:])) {
			missing += d
		}
	}
	return missing
}

// noteCell gives the cell of a shape that is a note.
func noteCell(shape []byte) (at [2]int, note bool) {
	tz := xmltok.New(bytes.NewReader(shape), "shape")
	var into *int
	for {
		t, err := tz.Next()
		if err != nil {
			return at, note
		}
		switch {
		case t.Kind == xmltok.StartTag && string(t.Local) == "ClientData":
			kind, _ := t.Attr("ObjectType")
			note = string(kind) == "Note"
		case t.Kind == xmltok.StartTag && string(t.Local) == "Row":
			into = &at[0]
		case t.Kind == xmltok.StartTag && string(t.Local) == "Column":
			into = &at[1]
		case t.Kind == xmltok.CharData && into != nil:
			if n, err := strconv.Atoi(string(bytes.TrimSpace(t.Raw))); err == nil {
				*into = n + 1
			}
			into = nil
		}
	}
}
