package xmltok

import (
	"bytes"
	"strconv"

	"github.com/loabatch/loabatch/sheet"
)

// Kind is what a token is.
type Kind uint8

// The kinds of tokens.
const (
	StartTag Kind = iota + 1 // <c …> or <c …/>, see token.empty
	EndTag                   // </c>
	CharData                 // text between tags, entities unresolved
	CDATA                    // <![CDATA[…]]>
	Comment                  // <!-- … -->
	ProcInst                 // <? … ?>, the XML declaration among them
)

// Token is one piece of an XML part. Its raw bytes, one after the other, are the part
// itself, byte for byte (but for a byte order mark). A token and all its slices are
// valid only until the next call of next.
type Token struct {
	Kind   Kind
	Empty  bool   // a start tag that closes itself; no end tag follows
	Space  Space  // namespace of a start or end tag
	Depth  int    // of the element of a tag, the root being 1; of the element around anything else
	offset int64  // of its first byte within the part (after transcoding, where the part is UTF-16)
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

// Attr gives the value of an attribute without a prefix, entities unresolved.
func (t *Token) Attr(name string) ([]byte, bool) {
	for i := range t.Attrs {
		a := &t.Attrs[i]
		if a.Colon < 0 && string(t.Raw[a.Name:a.NameEnd]) == name {
			return t.Raw[a.Value:a.ValueEnd], true
		}
	}
	return nil, false
}

// AttrIn gives the value of an attribute whose prefix stands for the given namespace.
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

// Text gives the characters of a charData or cdata token, appended to dst.
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

// twice reports whether the tag has an attribute twice.
func (t *Token) twice() bool {
	for i := range t.Attrs {
		a := &t.Attrs[i]
		for j := range i {
			b := &t.Attrs[j]
			if a.NameEnd-a.Name == b.NameEnd-b.Name && bytes.Equal(t.Raw[a.Name:a.NameEnd], t.Raw[b.Name:b.NameEnd]) {
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

// Prefixed gives the prefix of a tag as it stands before a name: x: or nothing.
func (t *Token) Prefixed() string {
	if len(t.Prefix) == 0 {
		return ""
	}
	return string(t.Prefix) + ":"
}

// Invalid is an error at a token that is already cut off.
func (t *Token) Invalid(code string) error { return t.owner.ErrorAt(t, code) }

// Value gives an attribute as a string, entities resolved; "" when there is none. It
// sets bad where the value is not XML.
func (t *Token) Value(name string, bad *bool) string {
	raw, ok := t.Attr(name)
	if !ok {
		return ""
	}
	return Unescaped(raw, bad)
}

// Unescaped gives the characters of an attribute's raw value.
func Unescaped(raw []byte, bad *bool) string {
	s, ok := AppendText(nil, raw)
	if !ok {
		*bad = true
	}
	return string(s)
}

// NewError makes the error of an input that cannot be used: a code of the catalogue and
// its arguments, as name and value in turn. No argument ever holds the text of a cell.
func NewError(code string, args ...string) *sheet.InputError {
	return NewErrorAt(sheet.Ref{}, code, args...)
}

// NewErrorAt is fault with the cell, row or sheet it concerns.
func NewErrorAt(at sheet.Ref, code string, args ...string) *sheet.InputError {
	p := sheet.Problem{Code: code, Severity: sheet.Error, At: at}
	for i := 0; i+1 < len(args); i += 2 {
		p.Args = append(p.Args, sheet.Arg{Name: args[i], Value: args[i+1]})
	}
	return &sheet.InputError{Problems: []sheet.Problem{p}}
}

// NewPartError is damage within a part, at a byte of its unpacked form.
func NewPartError(code, part string, offset int64) *sheet.InputError {
	return NewError(code, "part", part, "place", strconv.FormatInt(offset, 10))
}
