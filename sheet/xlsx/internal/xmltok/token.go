package xmltok

import (
	"bytes"
	"strconv"

	"github.com/loabatch/loabatch/sheet"
)

// Kind is the kind of a token.
type Kind uint8

// The kinds of tokens.
const (
	StartTag Kind = iota + 1 // <c …> or <c …/>, see Token.Empty
	EndTag                   // </c>
	CharData                 // text between tags, entities unresolved
	CDATA                    // <![CDATA[…]]>
	Comment                  // <!-- … -->
	ProcInst                 // <? … ?>, including the XML declaration
)

// Token is one piece of an XML part. The raw bytes of all tokens add up to the part (without
// a byte order mark). A token and its slices are valid only until the next call of
// [Tokenizer.Next].
type Token struct {
	Kind   Kind
	Empty  bool   // a self-closing tag
	Space  Space  // namespace of a start or end tag
	Depth  int    // of the element of a tag, the root being 1; of the element around anything else
	offset int64  // of its first byte within the part (after transcoding if the part is UTF-16)
	Raw    []byte // all of it, verbatim
	Prefix []byte // of the name of a tag: x of <x:c>
	Local  []byte // name of a tag without its prefix
	Attrs  []Attribute
	owner  *Tokenizer
}

// Attribute is one attribute: offsets into the raw bytes of its tag.
type Attribute struct{ Name, Colon, NameEnd, Value, ValueEnd int32 }

// Is reports whether the tag is an element of SpreadsheetML with this local name,
// whatever its prefix, Transitional or Strict.
func (t *Token) Is(local string) bool { return t.Space.Main() && string(t.Local) == local }

// Attr returns the value of an attribute without a prefix, entities unresolved.
func (t *Token) Attr(name string) ([]byte, bool) {
	for i := range t.Attrs {
		a := &t.Attrs[i]
		if a.Colon < 0 && string(t.Raw[a.Name:a.NameEnd]) == name {
			return t.Raw[a.Value:a.ValueEnd], true
		}
	}
	return nil, false
}

// AttrIn returns the value of an attribute whose prefix has the given namespace, entities
// unresolved.
func (t *Token) AttrIn(s Space, local string) ([]byte, bool) {
	for i := range t.Attrs {
		a := &t.Attrs[i]
		if a.Colon < 0 || string(t.Raw[a.Colon+1:a.NameEnd]) != local {
			continue
		}
		if t.owner.spaces.find(t.Raw[a.Name:a.Colon]) == s {
			return t.Raw[a.Value:a.ValueEnd], true
		}
	}
	return nil, false
}

// Text appends the characters of a CharData or CDATA token to dst.
func (t *Token) Text(dst []byte) ([]byte, error) {
	var ok bool
	switch t.Kind {
	case CharData:
		dst, ok = AppendText(dst, t.Raw)
	case CDATA:
		dst, ok = appendLiteral(dst, t.Raw[len(cdataOpen):len(t.Raw)-len(cdataClose)])
	default:
		return dst, nil
	}
	if !ok {
		return dst, t.owner.errorHere("part-malformed")
	}
	return dst, nil
}

// repeatsAttr reports whether the tag has an attribute twice. Most cells have r, s and t, which the first byte
// tells apart.
func (t *Token) repeatsAttr() bool {
	for i := range t.Attrs {
		a := &t.Attrs[i]
		for j := range i {
			b := &t.Attrs[j]
			if t.Raw[a.Name] == t.Raw[b.Name] && bytes.Equal(t.Raw[a.Name:a.NameEnd], t.Raw[b.Name:b.NameEnd]) {
				return true
			}
		}
	}
	return false
}

// nameLen is the length of a tag's name with its prefix.
func nameLen(t *Token) int {
	if t.Prefix == nil {
		return len(t.Local)
	}
	return len(t.Prefix) + 1 + len(t.Local)
}

// Prefixed returns the prefix of a tag as written before a name: x: or nothing.
func (t *Token) Prefixed() string {
	if len(t.Prefix) == 0 {
		return ""
	}
	return string(t.Prefix) + ":"
}

// Invalid returns an error at the token.
func (t *Token) Invalid(code string) error { return t.owner.ErrorAt(t, code) }

// Value returns an attribute as a string, entities resolved, or "" if there is none. It sets
// bad if the value is not valid XML.
func (t *Token) Value(name string, bad *bool) string {
	raw, ok := t.Attr(name)
	if !ok {
		return ""
	}
	return Unescaped(raw, bad)
}

// Unescaped returns the characters of an attribute's raw value. It sets bad if the value is
// not valid XML.
func Unescaped(raw []byte, bad *bool) string {
	s, ok := AppendText(nil, raw)
	if !ok {
		*bad = true
	}
	return string(s)
}

// NewError returns the error of an input that cannot be used: a code of the catalogue and
// its arguments, alternately name and value. No argument ever contains the text of a cell.
func NewError(code string, args ...string) *sheet.InputError {
	return NewErrorAt(sheet.Ref{}, code, args...)
}

// NewErrorAt is NewError with the cell, row or sheet concerned.
func NewErrorAt(at sheet.Ref, code string, args ...string) *sheet.InputError {
	p := sheet.Problem{Code: code, Severity: sheet.Error, At: at}
	for i := 0; i+1 < len(args); i += 2 {
		p.Args = append(p.Args, sheet.Arg{Name: args[i], Value: args[i+1]})
	}
	return &sheet.InputError{Problems: []sheet.Problem{p}}
}

// NewPartError returns the error of a part that is damaged at a byte of its unpacked form.
func NewPartError(code, part string, offset int64) *sheet.InputError {
	return NewError(code, "part", part, "place", strconv.FormatInt(offset, 10))
}

// PlainBody is what follows the start tag of nearly all cells, in two forms: <v>12</v></c> and
// <is><t>text</t></is></c>. It is valid until the next token.
type PlainBody struct {
	Raw    []byte // up to and including the end tag of the cell
	Text   []byte // its characters, entities unresolved
	Inline bool
}

// LongestText limits the length of one string, in bytes: to ten times Excel's longest.
const LongestText = 1<<20 - 1

// The tags around the characters of a plain body.
const (
	valueBefore, valueAfter   = "<v>", "</v></c>"
	inlineBefore, inlineAfter = "<is><t>", "</t></is></c>"
)

// PlainBody looks ahead for a plain body after the start tag of a cell. A caller that then
// calls Pass skips the tokens of the body, which saves a third of the time of reading; any
// other body is read token by token.
func (tz *Tokenizer) PlainBody(cell *Token) (body PlainBody, ok bool) {
	if cell.Empty || cell.Prefix != nil || tz.spaces.changed(cell.Depth) {
		return body, false
	}
	b := tz.buf[tz.pos:tz.end]
	before, after := valueBefore, valueAfter
	if body.Inline = len(b) > 1 && b[1] == 'i'; body.Inline {
		before, after = inlineBefore, inlineAfter
	}
	if len(b) < len(before) || string(b[:len(before)]) != before {
		return body, false
	}
	n := bytes.IndexByte(b[len(before):], '<')
	end := len(before) + n + len(after)
	if n < 0 || n > LongestText || end > len(b) || string(b[end-len(after):end]) != after {
		return body, false
	}
	body.Raw, body.Text = b[:end], b[len(before):end-len(after)]
	return body, true
}

// Pass continues after a body that PlainBody returned.
func (tz *Tokenizer) Pass(body PlainBody) {
	tz.pos += len(body.Raw)
	tz.open.pop([]byte("c"))
	tz.tok.Kind, tz.tok.Attrs = CharData, nil // nothing is left to close
}
