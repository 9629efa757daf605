package xlsx

import (
	"errors"
	"io"
)

// kind is what a token is.
type kind uint8

// The kinds of tokens.
const (
	startTag kind = iota + 1 // <c …> or <c …/>, see token.empty
	endTag                   // </c>
	charData                 // text between tags, entities unresolved
	cdata                    // <![CDATA[…]]>
	comment                  // <!-- … -->
	procInst                 // <? … ?>, the XML declaration among them
)

// Bounds of one XML part. Excel's longest cell holds 32,767 UTF-16 units, so below
// 400 KB however they are escaped; its deepest part is some 20 elements deep.
const (
	maxToken = 4 << 20 // bytes of one tag or one stretch of text
	maxDepth = 128     // open elements
	maxAttrs = 256     // attributes of one tag
)

// firstRead is how many bytes of a part are buffered to begin with.
const firstRead = 64 << 10

// token is one piece of an XML part. Its raw bytes, one after the other, are the part
// itself, byte for byte (but for a byte order mark). A token and all its slices are
// valid only until the next call of next.
type token struct {
	kind   kind
	empty  bool   // a start tag that closes itself; no end tag follows
	space  space  // namespace of a start or end tag
	depth  int    // of the element of a tag, the root being 1; of the element around anything else
	offset int64  // of its first byte within the part (after transcoding, where the part is UTF-16)
	raw    []byte // all of it, verbatim
	prefix []byte // of the name of a tag: x of <x:c>
	local  []byte // name of a tag without its prefix
	attrs  []attr
	owner  *tokenizer
}

// attr is one attribute: offsets into the raw bytes of its tag.
type attr struct{ name, colon, nameEnd, value, valueEnd int32 }

// is reports whether the tag is an element of SpreadsheetML with this local name,
// whatever its prefix, Transitional or Strict.
func (t *token) is(local string) bool { return t.space.main() && string(t.local) == local }

// attr gives the value of an attribute without a prefix, entities unresolved.
func (t *token) attr(name string) ([]byte, bool) {
	for i := range t.attrs {
		a := &t.attrs[i]
		if a.colon < 0 && string(t.raw[a.name:a.nameEnd]) == name {
			return t.raw[a.value:a.valueEnd], true
		}
	}
	return nil, false
}

// attrIn gives the value of an attribute whose prefix stands for the given namespace.
func (t *token) attrIn(s space, local string) ([]byte, bool) {
	for i := range t.attrs {
		a := &t.attrs[i]
		if a.colon < 0 || string(t.raw[a.colon+1:a.nameEnd]) != local {
			continue
		}
		if t.owner.spaces.find(t.raw[a.name:a.colon]) == s {
			return t.raw[a.value:a.valueEnd], true
		}
	}
	return nil, false
}

// text gives the characters of a charData or cdata token, appended to dst.
func (t *token) text(dst []byte) ([]byte, error) {
	var ok bool
	switch t.kind {
	case charData:
		dst, ok = appendText(dst, t.raw)
	case cdata:
		dst, ok = appendLiteral(dst, t.raw[len(cdataOpen):len(t.raw)-len(cdataClose)])
	default:
		return dst, nil
	}
	if !ok {
		return dst, t.owner.fault("part-malformed")
	}
	return dst, nil
}

// tokenizer cuts an XML part into tokens, streaming, in memory bounded by the longest
// token. It is strict where leniency would hide damage: tags must nest, attributes be
// quoted and unique, text stand within the root element, and the part end with it.
// Document type declarations are refused. Its errors are *sheet.InputError naming the
// part and the byte, or the reader's own.
type tokenizer struct {
	part string
	src  io.Reader
	err  error // why src gives no more

	buf      []byte
	pos, end int   // what is not yet cut into tokens
	base     int64 // offset of buf[0] within the part

	tok      token
	attrs    []attr // of the current tag, its memory reused
	open     openNames
	spaces   spaceStack
	rootSeen bool
	bom      bool   // the part began with a byte order mark
	charset  string // utf-8, or utf-16 when the part was transcoded
}

// newTokenizer reads an XML part, which it names in errors. A part in UTF-16 is
// transcoded; tokens are always UTF-8.
func newTokenizer(r io.Reader, part string) *tokenizer {
	return newSizedTokenizer(r, part, firstRead)
}

// newSizedTokenizer is newTokenizer for a part that is about this long, so that small
// parts cost little.
func newSizedTokenizer(r io.Reader, part string, size uint64) *tokenizer {
	const least = 64
	tz := &tokenizer{part: part, src: r, buf: make([]byte, max(least, min(size+1, firstRead))), charset: "utf-8"}
	tz.tok.owner = tz
	tz.detect()
	return tz
}

// next gives the next token, or io.EOF after the end of a whole, well-formed part.
func (tz *tokenizer) next() (*token, error) {
	t := &tz.tok
	if t.kind == endTag || t.kind == startTag && t.empty {
		tz.spaces.leave(t.depth)
	}
	t.empty, t.attrs, t.prefix, t.local, t.space = false, nil, nil, nil, noSpace
	t.depth = tz.open.depth()
	t.offset = tz.base + int64(tz.pos)
	if tz.pos == tz.end && !tz.fill() {
		return nil, tz.finish()
	}
	n, err := tz.cut()
	if err != nil {
		return nil, err
	}
	t.raw = tz.buf[tz.pos : tz.pos+n]
	tz.pos += n
	if err := tz.accept(t); err != nil {
		return nil, err
	}
	return t, nil
}

// errShort says that a token goes on behind what is buffered.
var errShort = errors.New("xlsx: token is not wholly buffered")

// cut finds the length of the token at pos, reading on as far as that takes.
func (tz *tokenizer) cut() (int, error) {
	for {
		b := tz.buf[tz.pos:tz.end]
		n, err := tz.measure(b)
		if err == nil {
			return n, nil
		}
		if err != errShort {
			return 0, err
		}
		if len(b) >= maxToken {
			return 0, tz.fault("part-token-long")
		}
		if tz.fill() {
			continue
		}
		if tz.err != io.EOF {
			return 0, tz.err
		}
		if b[0] != '<' {
			return len(b), nil
		}
		return 0, tz.fault("part-truncated")
	}
}

// fill reads more behind what is buffered, and reports whether there was any. It
// fills the buffer to its end, so that a token is looked at only a few times.
func (tz *tokenizer) fill() bool {
	if tz.err != nil {
		return false
	}
	if tz.pos > 0 {
		copy(tz.buf, tz.buf[tz.pos:tz.end])
		tz.base += int64(tz.pos)
		tz.end -= tz.pos
		tz.pos = 0
	}
	if tz.end == len(tz.buf) {
		grown := make([]byte, 2*len(tz.buf))
		copy(grown, tz.buf)
		tz.buf = grown
	}
	n, err := io.ReadFull(tz.src, tz.buf[tz.end:])
	tz.end += n
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	tz.err = err
	return n > 0
}

// finish says how a part ended whose every byte is cut into tokens.
func (tz *tokenizer) finish() error {
	switch {
	case tz.err != io.EOF:
		return tz.err
	case tz.open.depth() > 0 || !tz.rootSeen:
		return tz.fault("part-truncated")
	}
	return io.EOF
}

// fault is an error at the token that is being read.
func (tz *tokenizer) fault(code string) error {
	return partFault(code, tz.part, tz.base+int64(tz.pos))
}

// noEOF makes the end of a part within an element the error that it is.
func (tz *tokenizer) noEOF(err error) error {
	if err == io.EOF {
		return tz.fault("part-truncated")
	}
	return err
}

// skip passes over the rest of the element whose start tag was read.
func (tz *tokenizer) skip(depth int) error {
	for {
		t, err := tz.next()
		if err == io.EOF {
			return tz.fault("part-truncated")
		}
		if err != nil {
			return err
		}
		if t.kind == endTag && t.depth == depth {
			return nil
		}
	}
}

// capture appends a whole element whose start tag is t.
func (tz *tokenizer) capture(dst []byte, t *token) ([]byte, error) {
	dst = append(dst, t.raw...)
	if t.empty {
		return dst, nil
	}
	depth := t.depth
	for {
		t, err := tz.next()
		if err != nil {
			return dst, tz.noEOF(err)
		}
		dst = append(dst, t.raw...)
		if t.kind == endTag && t.depth == depth {
			return dst, nil
		}
	}
}
