package xlsx

import "bytes"

// measureStart finds the end of a start tag and where its name and attributes stand.
func (tz *tokenizer) measureStart(b []byte) (int, error) {
	t := &tz.tok
	i, colon, ok := scanName(b, 1)
	if !ok {
		return 0, tz.shortOr(b, i, "part-malformed")
	}
	t.prefix, t.local = splitName(b, 1, colon, i)
	tz.attrs = tz.attrs[:0]
	for {
		gap := i
		i = skipSpace(b, i)
		if i >= len(b) {
			return 0, errShort
		}
		switch b[i] {
		case '>':
			t.empty = false
			return i + 1, nil
		case '/':
			if i+1 >= len(b) {
				return 0, errShort
			}
			if b[i+1] != '>' {
				return 0, tz.fault("part-malformed")
			}
			t.empty = true
			return i + 2, nil
		}
		if gap == i || len(tz.attrs) == maxAttrs {
			return 0, tz.fault("part-malformed")
		}
		a, next, err := tz.measureAttr(b, i)
		if err != nil {
			return 0, err
		}
		tz.attrs = append(tz.attrs, a)
		i = next
	}
}

// measureAttr finds one attribute that begins at i, and gives where it ends.
func (tz *tokenizer) measureAttr(b []byte, i int) (attr, int, error) {
	end, colon, ok := scanName(b, i)
	if !ok {
		return attr{}, 0, tz.shortOr(b, end, "part-malformed")
	}
	a := attr{name: int32(i), colon: int32(colon), nameEnd: int32(end)}
	i = skipSpace(b, end)
	if i >= len(b) {
		return a, 0, errShort
	}
	if b[i] != '=' {
		return a, 0, tz.fault("part-malformed")
	}
	i = skipSpace(b, i+1)
	if i >= len(b) {
		return a, 0, errShort
	}
	quote := b[i]
	if quote != '"' && quote != '\'' {
		return a, 0, tz.fault("part-malformed")
	}
	i++
	a.value = int32(i)
	for ; i < len(b); i++ {
		switch b[i] {
		case quote:
			a.valueEnd = int32(i)
			return a, i + 1, nil
		case '<':
			return a, 0, tz.fault("part-malformed")
		}
	}
	return a, 0, errShort
}

// measureEnd finds the end of an end tag and its name.
func (tz *tokenizer) measureEnd(b []byte) (int, error) {
	i, colon, ok := scanName(b, 2)
	if !ok {
		return 0, tz.shortOr(b, i, "part-malformed")
	}
	tz.tok.prefix, tz.tok.local = splitName(b, 2, colon, i)
	i = skipSpace(b, i)
	if i >= len(b) {
		return 0, errShort
	}
	if b[i] != '>' {
		return 0, tz.fault("part-malformed")
	}
	return i + 1, nil
}

// shortOr tells a name that the buffer cuts off from one that is wrong.
func (tz *tokenizer) shortOr(b []byte, i int, code string) error {
	if i >= len(b) {
		return errShort
	}
	return tz.fault(code)
}

// accept checks a whole token against those before it and resolves its namespace.
func (tz *tokenizer) accept(t *token) error {
	switch t.kind {
	case startTag:
		return tz.acceptStart(t)
	case endTag:
		t.depth = tz.open.depth()
		if !tz.open.pop(t.raw[2 : 2+nameLen(t)]) {
			return tz.at(t, "part-malformed")
		}
		t.space = tz.spaces.find(t.prefix)
	case charData:
		if t.depth == 0 && len(bytes.TrimLeft(t.raw, " \t\r\n")) > 0 {
			return tz.at(t, "part-malformed")
		}
	case cdata:
		if t.depth == 0 {
			return tz.at(t, "part-malformed")
		}
	case procInst:
		if t.offset == 0 && !charsetAgrees(t.raw, tz.charset) {
			return tz.at(t, "part-encoding")
		}
	}
	return nil
}

func (tz *tokenizer) acceptStart(t *token) error {
	t.attrs = tz.attrs
	t.depth = tz.open.depth() + 1
	if t.depth == 1 && tz.rootSeen || t.twice() {
		return tz.at(t, "part-malformed")
	}
	if t.depth > maxDepth {
		return tz.at(t, "part-deep")
	}
	tz.rootSeen = true
	if err := tz.spaces.declare(t); err != nil {
		return tz.at(t, "part-malformed")
	}
	t.space = tz.spaces.find(t.prefix)
	if !t.empty {
		tz.open.push(t.raw[1 : 1+nameLen(t)])
	}
	return nil
}

// at is an error at a token that is already cut off.
func (tz *tokenizer) at(t *token, code string) error { return partFault(code, tz.part, t.offset) }

// twice reports whether the tag has an attribute twice.
func (t *token) twice() bool {
	for i := range t.attrs {
		a := &t.attrs[i]
		for j := range i {
			b := &t.attrs[j]
			if a.nameEnd-a.name == b.nameEnd-b.name && bytes.Equal(t.raw[a.name:a.nameEnd], t.raw[b.name:b.nameEnd]) {
				return true
			}
		}
	}
	return false
}

// openNames is the stack of the open elements' names, as one string of bytes.
type openNames struct {
	names []byte
	ends  []int
}

func (o *openNames) depth() int { return len(o.ends) }

func (o *openNames) push(name []byte) {
	o.names = append(o.names, name...)
	o.ends = append(o.ends, len(o.names))
}

// pop takes the innermost name off, and reports whether it was this one.
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

// nameLen is the length of a tag's name with its prefix.
func nameLen(t *token) int {
	if t.prefix == nil {
		return len(t.local)
	}
	return len(t.prefix) + 1 + len(t.local)
}

// nameByte holds the bytes that may stand in a name; all of non-ASCII is let through.
var nameByte = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 0x80 || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
			c == '_' || c == '-' || c == '.' || c == ':'
	}
	return t
}()

// scanName finds the end of the name at from, and its colon, -1 when it has none. It
// reports false where no name with an end stands, end being where that showed.
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

// splitName gives the prefix, nil when there is none, and the local name.
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

// prefixed gives the prefix of a tag as it stands before a name: x: or nothing.
func (t *token) prefixed() string {
	if len(t.prefix) == 0 {
		return ""
	}
	return string(t.prefix) + ":"
}

// invalid is an error at a token that is already cut off.
func (t *token) invalid(code string) error { return t.owner.at(t, code) }

// value gives an attribute as a string, entities resolved; "" when there is none. It
// sets bad where the value is not XML.
func (t *token) value(name string, bad *bool) string {
	raw, ok := t.attr(name)
	if !ok {
		return ""
	}
	return unescaped(raw, bad)
}

// unescaped gives the characters of an attribute's raw value.
func unescaped(raw []byte, bad *bool) string {
	s, ok := appendText(nil, raw)
	if !ok {
		*bad = true
	}
	return string(s)
}
