// Package xmltok turns the bytes of an XML part into tokens, and tokens back into bytes.
//
// A token is a slice of the part's bytes. [Tokenizer] cuts a part into tokens, and [Editor]
// copies unchanged tokens byte for byte. Namespaces are compared by URI, so any prefix, and
// both the Strict and the Transitional form, can be read. Text is unescaped and escaped as
// XML and the string type of SpreadsheetML require.
//
// An error in a part is an *sheet.InputError; the whole codec makes them with NewError and
// its variants.
package xmltok

import (
	"bytes"
	"errors"
	"io"
	"iter"
)

// Limits of one XML part. Excel's longest cell has 32,767 UTF-16 units, less than 400 KB in
// any escaping; its deepest part has some 20 levels.
const (
	maxToken = 4 << 20 // bytes of one tag or one stretch of text
	maxDepth = 128     // open elements
	maxAttrs = 256     // attributes of one tag
)

// firstRead is how many bytes of a part are buffered initially.
const firstRead = 64 << 10

// Tokenizer cuts an XML part into tokens, streaming, in memory bounded by the longest
// token. It is strict if leniency would hide damage: tags must nest, attributes be quoted and
// unique, text be within the root element, and the part end with it.
// Document type declarations are refused. Its errors are *sheet.InputError with the
// part and the byte, or those of the reader.
type Tokenizer struct {
	Part string
	src  io.Reader
	err  error // why src ended

	buf      []byte
	pos, end int   // of what is not yet cut into tokens
	base     int64 // offset of buf[0] within the part

	tok      Token
	attrs    []Attribute // of the current tag, its memory reused
	open     openNames
	spaces   spaceStack
	rootSeen bool
	bom      bool   // the part began with a byte order mark
	Charset  string // utf-8, or utf-16 if the part was transcoded
}

// New returns a tokenizer of an XML part; errors name the part. A part in UTF-16 is
// transcoded; tokens are always UTF-8.
func New(r io.Reader, part string) *Tokenizer {
	return NewSized(r, part, firstRead)
}

// NewSized is New for a part of about this size, so that small parts cost little.
func NewSized(r io.Reader, part string, size uint64) *Tokenizer {
	const least = 64
	tz := &Tokenizer{Part: part, src: r, buf: make([]byte, max(least, min(size+1, firstRead))), Charset: "utf-8"}
	tz.tok.owner = tz
	tz.detect()
	return tz
}

// Next returns the next token, or io.EOF after the end of a complete, well-formed part.
func (tz *Tokenizer) Next() (*Token, error) {
	t := &tz.tok
	if t.Kind == EndTag || t.Kind == StartTag && t.Empty {
		tz.spaces.leave(t.Depth)
	}
	t.Empty, t.Attrs, t.Prefix, t.Local, t.Space = false, nil, nil, nil, NoSpace
	t.Depth = tz.open.depth()
	t.offset = tz.base + int64(tz.pos)
	if tz.pos == tz.end && !tz.fill() {
		return nil, tz.finish()
	}
	n, err := tz.cut()
	if err != nil {
		return nil, err
	}
	t.Raw = tz.buf[tz.pos : tz.pos+n]
	tz.pos += n
	if err := tz.accept(t); err != nil {
		return nil, err
	}
	return t, nil
}

// All yields the tokens up to the end of the part, or up to an error.
func (tz *Tokenizer) All() iter.Seq2[*Token, error] {
	return func(yield func(*Token, error) bool) {
		for {
			t, err := tz.Next()
			if err == io.EOF || !yield(t, err) || err != nil {
				return
			}
		}
	}
}

// errShort means that a token is longer than what is buffered.
var errShort = errors.New("xlsx: token is not wholly buffered")

// cut finds the length of the token at pos, reading as much as necessary.
func (tz *Tokenizer) cut() (int, error) {
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
			return 0, tz.errorHere("part-token-long")
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
		return 0, tz.errorHere("part-truncated")
	}
}

// fill reads more into the buffer, and reports whether there was more. It fills the buffer
// to its end, so that a token is scanned only a few times.
func (tz *Tokenizer) fill() bool {
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

// finish checks the end of a part after its last byte was cut into tokens.
func (tz *Tokenizer) finish() error {
	switch {
	case tz.err != io.EOF:
		return tz.err
	case tz.open.depth() > 0 || !tz.rootSeen:
		return tz.errorHere("part-truncated")
	}
	return io.EOF
}

// errorHere returns an error at the token that is being read.
func (tz *Tokenizer) errorHere(code string) error {
	return NewPartError(code, tz.Part, tz.base+int64(tz.pos))
}

// NoEOF turns io.EOF, which is an error within an element, into that of a truncated part.
func (tz *Tokenizer) NoEOF(err error) error {
	if err == io.EOF {
		return tz.errorHere("part-truncated")
	}
	return err
}

// Skip skips the rest of the element at this depth, whose start tag was read.
func (tz *Tokenizer) Skip(depth int) error {
	for {
		t, err := tz.Next()
		if err != nil {
			return tz.NoEOF(err)
		}
		if t.Kind == EndTag && t.Depth == depth {
			return nil
		}
	}
}

// Capture appends the whole element whose start tag is t, verbatim.
func (tz *Tokenizer) Capture(dst []byte, t *Token) ([]byte, error) {
	dst = append(dst, t.Raw...)
	if t.Empty {
		return dst, nil
	}
	depth := t.Depth
	for {
		t, err := tz.Next()
		if err != nil {
			return dst, tz.NoEOF(err)
		}
		dst = append(dst, t.Raw...)
		if t.Kind == EndTag && t.Depth == depth {
			return dst, nil
		}
	}
}

// Delimiters of the longer tokens.
const (
	cdataOpen, cdataClose     = "<![CDATA[", "]]>"
	commentOpen, commentClose = "<!--", "-->"
	instOpen, instClose       = "<?", "?>"
)

// measure returns the length of the token at the start of b, and finds the parts of a tag. It
// returns errShort if b ends within the token.
func (tz *Tokenizer) measure(b []byte) (int, error) {
	t := &tz.tok
	if b[0] != '<' {
		t.Kind = CharData
		if n := bytes.IndexByte(b, '<'); n >= 0 {
			return n, nil
		}
		return 0, errShort
	}
	if len(b) < 2 {
		return 0, errShort
	}
	switch b[1] {
	case '/':
		t.Kind = EndTag
		return tz.measureEnd(b)
	case '?':
		t.Kind = ProcInst
		return delimited(b, len(instOpen), instClose)
	case '!':
		return tz.measureBang(b)
	}
	t.Kind = StartTag
	return tz.measureStart(b)
}

// measureBang accepts comments and CDATA sections, and nothing else.
func (tz *Tokenizer) measureBang(b []byte) (int, error) {
	switch {
	case bytes.HasPrefix(b, []byte(commentOpen)):
		tz.tok.Kind = Comment
		return delimited(b, len(commentOpen), commentClose)
	case bytes.HasPrefix(b, []byte(cdataOpen)):
		tz.tok.Kind = CDATA
		return delimited(b, len(cdataOpen), cdataClose)
	case len(b) < len(cdataOpen):
		return 0, errShort
	case bytes.HasPrefix(b, []byte("<!DOCTYPE")):
		return 0, tz.errorHere("part-dtd")
	}
	return 0, tz.errorHere("part-malformed")
}

// delimited returns the length of a token that ends with the given delimiter.
func delimited(b []byte, from int, end string) (int, error) {
	if from > len(b) {
		return 0, errShort
	}
	if n := bytes.Index(b[from:], []byte(end)); n >= 0 {
		return from + n + len(end), nil
	}
	return 0, errShort
}
