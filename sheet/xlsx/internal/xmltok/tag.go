package xmltok

import (
	"bytes"
)

// measureStart finds the end of a start tag, its name and its attributes.
func (tz *Tokenizer) measureStart(b []byte) (int, error) {
	t := &tz.tok
	i, colon, ok := scanName(b, 1)
	if !ok {
		return 0, tz.shortOr(b, i, "part-malformed")
	}
	t.Prefix, t.Local = splitName(b, 1, colon, i)
	tz.attrs = tz.attrs[:0]
	for {
		gap := i
		i = skipSpace(b, i)
		if i >= len(b) {
			return 0, errShort
		}
		switch b[i] {
		case '>':
			t.Empty = false
			return i + 1, nil
		case '/':
			if i+1 >= len(b) {
				return 0, errShort
			}
			if b[i+1] != '>' {
				return 0, tz.errorHere("part-malformed")
			}
			t.Empty = true
			return i + 2, nil
		}
		if gap == i || len(tz.attrs) == maxAttrs {
			return 0, tz.errorHere("part-malformed")
		}
		a, next, err := tz.measureAttr(b, i)
		if err != nil {
			return 0, err
		}
		tz.attrs = append(tz.attrs, a)
		i = next
	}
}

// measureAttr finds the attribute that begins at i, and its end.
func (tz *Tokenizer) measureAttr(b []byte, i int) (Attribute, int, error) {
	end, colon, ok := scanName(b, i)
	if !ok {
		return Attribute{}, 0, tz.shortOr(b, end, "part-malformed")
	}
	a := Attribute{Name: int32(i), Colon: int32(colon), NameEnd: int32(end)}
	i = skipSpace(b, end)
	if i >= len(b) {
		return a, 0, errShort
	}
	if b[i] != '=' {
		return a, 0, tz.errorHere("part-malformed")
	}
	i = skipSpace(b, i+1)
	if i >= len(b) {
		return a, 0, errShort
	}
	quote := b[i]
	if quote != '"' && quote != '\'' {
		return a, 0, tz.errorHere("part-malformed")
	}
	i++
	a.Value = int32(i)
	for ; i < len(b); i++ {
		switch b[i] {
		case quote:
			a.ValueEnd = int32(i)
			return a, i + 1, nil
		case '<':
			return a, 0, tz.errorHere("part-malformed")
		}
	}
	return a, 0, errShort
}

// measureEnd finds the end of an end tag and its name.
func (tz *Tokenizer) measureEnd(b []byte) (int, error) {
	i, colon, ok := scanName(b, 2)
	if !ok {
		return 0, tz.shortOr(b, i, "part-malformed")
	}
	tz.tok.Prefix, tz.tok.Local = splitName(b, 2, colon, i)
	i = skipSpace(b, i)
	if i >= len(b) {
		return 0, errShort
	}
	if b[i] != '>' {
		return 0, tz.errorHere("part-malformed")
	}
	return i + 1, nil
}

// shortOr distinguishes a name cut off by the end of the buffer from a malformed one.
func (tz *Tokenizer) shortOr(b []byte, i int, code string) error {
	if i >= len(b) {
		return errShort
	}
	return tz.errorHere(code)
}

// accept checks a token against those before it and resolves its namespace.
func (tz *Tokenizer) accept(t *Token) error {
	switch t.Kind {
	case StartTag:
		return tz.acceptStart(t)
	case EndTag:
		t.Depth = tz.open.depth()
		if !tz.open.pop(t.Raw[2 : 2+nameLen(t)]) {
			return tz.ErrorAt(t, "part-malformed")
		}
		t.Space = tz.spaces.find(t.Prefix)
	case CharData:
		if t.Depth == 0 && len(bytes.TrimLeft(t.Raw, " \t\r\n")) > 0 {
			return tz.ErrorAt(t, "part-malformed")
		}
	case CDATA:
		if t.Depth == 0 {
			return tz.ErrorAt(t, "part-malformed")
		}
	case ProcInst:
		if t.offset == 0 && !charsetAgrees(t.Raw, tz.Charset) {
			return tz.ErrorAt(t, "part-encoding")
		}
	}
	return nil
}

func (tz *Tokenizer) acceptStart(t *Token) error {
	t.Attrs = tz.attrs
	t.Depth = tz.open.depth() + 1
	if t.Depth == 1 && tz.rootSeen || t.repeatsAttr() {
		return tz.ErrorAt(t, "part-malformed")
	}
	if t.Depth > maxDepth {
		return tz.ErrorAt(t, "part-deep")
	}
	tz.rootSeen = true
	if err := tz.spaces.declare(t); err != nil {
		return tz.ErrorAt(t, "part-malformed")
	}
	t.Space = tz.spaces.find(t.Prefix)
	if !t.Empty {
		tz.open.push(t.Raw[1 : 1+nameLen(t)])
	}
	return nil
}

// ErrorAt returns an error at a token that was already returned.
func (tz *Tokenizer) ErrorAt(t *Token, code string) error {
	return NewPartError(code, tz.Part, t.offset)
}

// openNames is a stack of the names of the open elements, in one slice.
type openNames struct {
	names []byte
	ends  []int
}

func (o *openNames) depth() int { return len(o.ends) }

func (o *openNames) push(name []byte) {
	o.names = append(o.names, name...)
	o.ends = append(o.ends, len(o.names))
}

// pop removes the innermost name, and reports whether it was name.
func (o *openNames) pop(name []byte) bool {
	top := len(o.ends) - 1
	if top < 0 {
		return false
	}
	from := 0
	if top > 0 {
		from = o.ends[top-1]
	}
	if !bytes.Equal(o.names[from:], name) {
		return false
	}
	o.names, o.ends = o.names[:from], o.ends[:top]
	return true
}

// nameByte are the bytes that a name may contain; any non-ASCII byte is accepted.
var nameByte = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 0x80 || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
			c == '_' || c == '-' || c == '.' || c == ':'
	}
	return t
}()

// scanName finds the end of the name at from, and its colon or -1. It reports false if there
// is no complete name; then the scan stopped at end.
func scanName(b []byte, from int) (end, colon int, ok bool) {
	colon = -1
	i := from
	for ; i < len(b) && nameByte[b[i]]; i++ {
		if b[i] == ':' {
			if colon >= 0 || i == from {
				return i, colon, false
			}
			colon = i
		}
	}
	if i >= len(b) || i == from || colon == i-1 || b[from] >= '0' && b[from] <= '9' || b[from] == '-' || b[from] == '.' {
		return i, colon, false
	}
	return i, colon, true
}

// splitName returns the prefix, nil if there is none, and the local name.
func splitName(b []byte, from, colon, end int) (prefix, local []byte) {
	if colon < 0 {
		return nil, b[from:end]
	}
	return b[from:colon], b[colon+1 : end]
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}
