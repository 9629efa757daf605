package edit

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// cellNote is one note.
type cellNote struct {
	row, col int
	text     string
}

// noteTexts holds notes by the row and column of their cell.
type noteTexts map[[2]int]string

// add adds notes as they will be written.
func (n noteTexts) add(notes []cellNote) {
	for _, note := range notes {
		n[[2]int{note.row, note.col}] = noteText(note.text)
	}
}

// commentElements formats notes as entries of a list of comments.
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

// noteText cuts the text of a note to maxNoteText characters.
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

// commentList is the content of a comments part.
type commentList struct {
	authors  int
	ours     int       // the index of our author, or -1
	kept     noteTexts // the user's and the template's
	replaced noteTexts // an earlier run's
}

// scanComments reads a part of comments.
func scanComments(tz *xmltok.Tokenizer) (*commentList, error) {
	s := &commentList{ours: -1, kept: noteTexts{}, replaced: noteTexts{}}
	inAuthor := false
	var name, held []byte
	for t, err := range tz.All() {
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
				s.replaced[at] = text
			} else {
				s.kept[at] = text
			}
		}
	}
	return s, nil
}

// noteOf returns the cell and the text of a comment.
func noteOf(raw []byte) (at [2]int, text string) {
	tz := xmltok.NewSized(bytes.NewReader(raw), "comment", uint64(len(raw)))
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

// rewriteComments copies a part of comments without the notes of an earlier run, and adds
// the new ones.
func rewriteComments(e *xmltok.Editor, have *commentList, notes []cellNote) error {
	author := have.ours
	if author < 0 {
		author = have.authors
	}
	for t, err := range e.Tokens.All() {
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
			e.Fill(t, newAuthor(prefix, have))
		case isList && t.Kind == xmltok.EndTag:
			e.Put(commentElements(prefix, author, notes))
			e.Keep(t)
		case isList && t.Kind == xmltok.StartTag && t.Empty:
			e.Fill(t, commentElements(prefix, author, notes))
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
	return e.Finish()
}

// newAuthor returns our entry for the list of authors, or "" if it has one.
func newAuthor(prefix string, have *commentList) string {
	if have.ours >= 0 {
		return ""
	}
	return "<" + prefix + "author>" + notesAuthor + "</" + prefix + "author>"
}
