package xmltok

import (
	"bufio"
	"io"
	"slices"
)

// Editor copies an XML part, token by token, with changes. Everything else stays verbatim:
// prefixes, quotes, white space, order of attributes. A part in UTF-16 is written in UTF-8.
// Finish returns the first write error.
type Editor struct {
	Tokens *Tokenizer
	Out    *bufio.Writer
	Buf    []byte // scratch for changed tags and new elements
	held   []byte // scratch for captured elements
}

// OutBuffer is how many bytes are buffered before they are compressed.
const OutBuffer = 64 << 10

const utf8BOM = "\xEF\xBB\xBF"

// Declaration is the XML declaration of every part that is written from scratch.
const Declaration = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

// NewEditor returns an editor that copies the tokens of tz to w.
func NewEditor(tz *Tokenizer, w io.Writer) *Editor {
	e := &Editor{Tokens: tz, Out: bufio.NewWriterSize(w, OutBuffer)}
	if tz.bom && tz.Charset == "utf-8" {
		e.Out.WriteString(utf8BOM)
	}
	return e
}

// Keep copies a token unchanged.
func (e *Editor) Keep(t *Token) {
	if t.Kind == ProcInst && t.offset == 0 && e.Tokens.Charset != "utf-8" {
		e.Out.WriteString(Declaration)
		return
	}
	e.Out.Write(t.Raw)
}

// Put writes new text.
func (e *Editor) Put(s string) { e.Out.WriteString(s) }

// Change writes a start tag with changed attributes.
func (e *Editor) Change(t *Token, edits ...Edit) {
	e.Buf = t.Edited(e.Buf[:0], edits)
	e.Out.Write(e.Buf)
}

// ChangeAll copies the whole element whose start tag is t, with changed attributes.
func (e *Editor) ChangeAll(t *Token, edits ...Edit) error {
	e.Change(t, edits...)
	if t.Empty {
		return nil
	}
	return e.Rest(t.Depth)
}

// Fill writes the self-closing tag t as an element with this content.
func (e *Editor) Fill(t *Token, content string, edits ...Edit) {
	e.Change(t, append(edits, Opened())...)
	e.Put(content + "</" + t.Prefixed() + string(t.Local) + ">")
}

// KeepAll copies the whole element whose start tag is t.
func (e *Editor) KeepAll(t *Token) error {
	e.Keep(t)
	if t.Empty {
		return nil
	}
	return e.Rest(t.Depth)
}

// Rest copies everything up to and including the end tag of the element at this depth.
func (e *Editor) Rest(depth int) error {
	for {
		t, err := e.Tokens.Next()
		if err != nil {
			return e.Tokens.NoEOF(err)
		}
		e.Keep(t)
		if t.Kind == EndTag && t.Depth == depth {
			return nil
		}
	}
}

// Remainder copies the rest of the part without looking at it.
func (e *Editor) Remainder() error {
	tz := e.Tokens
	e.Out.Write(tz.buf[tz.pos:tz.end])
	if tz.err == nil {
		if _, err := io.Copy(e.Out, tz.src); err != nil {
			return err
		}
	} else if tz.err != io.EOF {
		return tz.err
	}
	return e.Finish()
}

// Drop leaves out the whole element whose start tag is t.
func (e *Editor) Drop(t *Token) error {
	if t.Empty {
		return nil
	}
	return e.Tokens.Skip(t.Depth)
}

// Capture returns the whole element whose start tag is t, verbatim; it is valid until the
// next call.
func (e *Editor) Capture(t *Token) ([]byte, error) {
	var err error
	e.held, err = e.Tokens.Capture(e.held[:0], t)
	return e.held, err
}

// Finish flushes the output and returns the first write error.
func (e *Editor) Finish() error { return e.Out.Flush() }

// Edit is one change of a start tag: an attribute without a prefix is set or dropped, or a
// self-closing tag is opened. See [WithAttr], [Without] and [Opened].
type Edit struct {
	name  string
	value string // already escaped
	how   editKind
}

type editKind uint8

const (
	setAttr editKind = iota
	dropAttr
	openTag
)

// WithAttr sets an attribute to a value that is already escaped.
func WithAttr(name, value string) Edit { return Edit{name: name, value: value} }

// Without drops an attribute.
func Without(name string) Edit { return Edit{name: name, how: dropAttr} }

// Opened turns a self-closing tag into a start tag.
func Opened() Edit { return Edit{how: openTag} }

// Edited appends the tag with changes. New attributes follow the existing ones.
func (t *Token) Edited(dst []byte, edits []Edit) []byte {
	body := len(t.Raw) - 1 // before > or />
	if t.Empty {
		body--
	}
	at := 0
	for i := range t.Attrs {
		a := &t.Attrs[i]
		n := slices.IndexFunc(edits, func(e Edit) bool {
			return e.how != openTag && a.Colon < 0 && string(t.Raw[a.Name:a.NameEnd]) == e.name
		})
		if n < 0 {
			continue
		}
		if edits[n].how == dropAttr {
			from := int(a.Name)
			for isSpace(t.Raw[from-1]) {
				from--
			}
			dst = append(dst, t.Raw[at:from]...)
			at = int(a.ValueEnd) + 1
			continue
		}
		dst = append(dst, t.Raw[at:a.Value]...)
		dst = append(dst, edits[n].value...)
		at = int(a.ValueEnd)
	}
	for body > at && isSpace(t.Raw[body-1]) {
		body--
	}
	dst = append(dst, t.Raw[at:body]...)
	empty := t.Empty
	for _, e := range edits {
		if _, there := t.Attr(e.name); e.how == setAttr && !there {
			dst = append(append(append(append(append(dst, ' '), e.name...), `="`...), e.value...), '"')
		}
		empty = empty && e.how != openTag
	}
	if empty {
		return append(dst, "/>"...)
	}
	return append(dst, '>')
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }
