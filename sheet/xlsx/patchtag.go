package xlsx

import (
	"bufio"
	"io"
	"slices"
)

// editor copies an XML part, token by token, with changes. What is kept is kept
// verbatim: prefixes, quotes, white space, order of attributes. A part in UTF-16 comes
// out in UTF-8. Errors in writing stick and show in finish.
type editor struct {
	tz   *tokenizer
	out  *bufio.Writer
	tag  []byte // scratch for changed tags and new elements
	held []byte // scratch for captured elements
}

// outBuffer is how much is gathered before it goes to be packed.
const outBuffer = 64 << 10

const utf8BOM = "\xEF\xBB\xBF"

// xmlDeclaration begins every part that is written anew.
const xmlDeclaration = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

func newEditor(tz *tokenizer, w io.Writer) *editor {
	e := &editor{tz: tz, out: bufio.NewWriterSize(w, outBuffer)}
	if tz.bom && tz.charset == "utf-8" {
		e.out.WriteString(utf8BOM)
	}
	return e
}

// keep passes a token on as it is.
func (e *editor) keep(t *token) {
	if t.kind == procInst && t.offset == 0 && e.tz.charset != "utf-8" {
		e.out.WriteString(xmlDeclaration)
		return
	}
	e.out.Write(t.raw)
}

// put writes something new.
func (e *editor) put(s string) { e.out.WriteString(s) }

// change writes a start tag with changed attributes.
func (e *editor) change(t *token, edits ...edit) {
	e.tag = t.edited(e.tag[:0], edits)
	e.out.Write(e.tag)
}

// keepAll passes a whole element on whose start tag is t.
func (e *editor) keepAll(t *token) error {
	e.keep(t)
	if t.empty {
		return nil
	}
	return e.rest(t.depth)
}

// rest passes on what follows up to and with the end tag of the element at this depth.
func (e *editor) rest(depth int) error {
	for {
		t, err := e.tz.next()
		if err != nil {
			return e.tz.noEOF(err)
		}
		e.keep(t)
		if t.kind == endTag && t.depth == depth {
			return nil
		}
	}
}

// drop leaves a whole element out whose start tag is t.
func (e *editor) drop(t *token) error {
	if t.empty {
		return nil
	}
	return e.tz.skip(t.depth)
}

// capture gives a whole element whose start tag is t, verbatim; it is valid until the
// next call.
func (e *editor) capture(t *token) ([]byte, error) {
	var err error
	e.held, err = e.tz.capture(e.held[:0], t)
	return e.held, err
}

// finish passes on what was gathered and gives the first error of writing.
func (e *editor) finish() error { return e.out.Flush() }

// edit is one change of a start tag: an attribute without a prefix gets a value, or is
// dropped; opened makes a tag that closes itself one that does not.
type edit struct {
	name  string
	value string // escaped already
	how   editKind
}

type editKind uint8

const (
	setAttr editKind = iota
	dropAttr
	openTag
)

func withAttr(name, value string) edit { return edit{name: name, value: value} }
func without(name string) edit         { return edit{name: name, how: dropAttr} }
func opened() edit                     { return edit{how: openTag} }

// edited appends the tag with changes. Attributes that are new go behind the others.
func (t *token) edited(dst []byte, edits []edit) []byte {
	body := len(t.raw) - 1 // before > or />
	if t.empty {
		body--
	}
	at := 0
	for i := range t.attrs {
		a := &t.attrs[i]
		n := slices.IndexFunc(edits, func(e edit) bool {
			return e.how != openTag && a.colon < 0 && string(t.raw[a.name:a.nameEnd]) == e.name
		})
		if n < 0 {
			continue
		}
		if edits[n].how == dropAttr {
			from := int(a.name)
			for isSpace(t.raw[from-1]) {
				from--
			}
			dst = append(dst, t.raw[at:from]...)
			at = int(a.valueEnd) + 1
			continue
		}
		dst = append(dst, t.raw[at:a.value]...)
		dst = append(dst, edits[n].value...)
		at = int(a.valueEnd)
	}
	for body > at && isSpace(t.raw[body-1]) {
		body--
	}
	dst = append(dst, t.raw[at:body]...)
	empty := t.empty
	for _, e := range edits {
		if _, there := t.attr(e.name); e.how == setAttr && !there {
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
