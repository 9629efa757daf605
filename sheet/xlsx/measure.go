package xlsx

import "bytes"

// Delimiters of the longer tokens.
const (
	cdataOpen, cdataClose     = "<![CDATA[", "]]>"
	commentOpen, commentClose = "<!--", "-->"
	instOpen, instClose       = "<?", "?>"
)

// measure finds the token at the start of b and gives its length and, for tags, its
// parts; errShort when b ends before it.
func (tz *tokenizer) measure(b []byte) (int, error) {
	t := &tz.tok
	if b[0] != '<' {
		t.kind = charData
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
		t.kind = endTag
		return tz.measureEnd(b)
	case '?':
		t.kind = procInst
		return delimited(b, len(instOpen), instClose)
	case '!':
		return tz.measureBang(b)
	}
	t.kind = startTag
	return tz.measureStart(b)
}

// measureBang tells comments and CDATA sections apart and refuses all else.
func (tz *tokenizer) measureBang(b []byte) (int, error) {
	switch {
	case bytes.HasPrefix(b, []byte(commentOpen)):
		tz.tok.kind = comment
		return delimited(b, len(commentOpen), commentClose)
	case bytes.HasPrefix(b, []byte(cdataOpen)):
		tz.tok.kind = cdata
		return delimited(b, len(cdataOpen), cdataClose)
	case len(b) < len(cdataOpen):
		return 0, errShort
	case bytes.HasPrefix(b, []byte("<!DOCTYPE")):
		return 0, tz.fault("part-dtd")
	}
	return 0, tz.fault("part-malformed")
}

// delimited gives the length of a token that ends with the given delimiter.
func delimited(b []byte, from int, end string) (int, error) {
	if from > len(b) {
		return 0, errShort
	}
	if n := bytes.Index(b[from:], []byte(end)); n >= 0 {
		return from + n + len(end), nil
	}
	return 0, errShort
}
