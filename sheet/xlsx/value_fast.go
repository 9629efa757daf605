package xlsx

import "bytes"

// plainBody is what follows a cell's start tag in the two forms that nearly all cells
// have: <v>12</v></c> and <is><t>text</t></is></c>. It is valid until the next token.
type plainBody struct {
	raw    []byte // up to and with the end tag of the cell
	text   []byte // its characters, entities unresolved
	inline bool
}

// longestText bounds the characters of one string, in bytes: ten times what Excel's
// longest takes.
const longestText = 1<<20 - 1

// The tags around the characters of a plain body.
const (
	valueBefore, valueAfter   = "<v>", "</v></c>"
	inlineBefore, inlineAfter = "<is><t>", "</t></is></c>"
)

// plainBody looks ahead for a plain body behind the start tag of a cell. The caller
// passes it, which saves the tokens that it is made of, a third of the time of reading;
// whatever looks otherwise goes the long way.
func (tz *tokenizer) plainBody(cell *token) (body plainBody, ok bool) {
	if cell.empty || cell.prefix != nil || tz.spaces.changed(cell.depth) {
		return body, false
	}
	b := tz.buf[tz.pos:tz.end]
	before, after := valueBefore, valueAfter
	if body.inline = len(b) > 1 && b[1] == 'i'; body.inline {
		before, after = inlineBefore, inlineAfter
	}
	if len(b) < len(before) || string(b[:len(before)]) != before {
		return body, false
	}
	n := bytes.IndexByte(b[len(before):], '<')
	end := len(before) + n + len(after)
	if n < 0 || n > longestText || end > len(b) || string(b[end-len(after):end]) != after {
		return body, false
	}
	body.raw, body.text = b[:end], b[len(before):end-len(after)]
	return body, true
}

// pass goes on behind a body that plainBody gave.
func (tz *tokenizer) pass(body plainBody) {
	tz.pos += len(body.raw)
	tz.open.pop([]byte("c"))
	tz.tok.kind, tz.tok.attrs = charData, nil // nothing is left to close
}
