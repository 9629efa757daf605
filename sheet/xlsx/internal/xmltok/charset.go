package xmltok

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// detect examines the first bytes of a part: a byte order mark is skipped, and a part
// in UTF-16 is transcoded (XML 1.0, appendix F; OPC allows these two encodings).
func (tz *Tokenizer) detect() {
	tz.fill()
	b := tz.buf[:tz.end]
	bigEndian := false
	switch {
	case bytes.HasPrefix(b, []byte("\xEF\xBB\xBF")):
		tz.bom = true
		tz.pos = 3
		tz.base = -3 // offsets count from the first character
		return
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE}), bytes.HasPrefix(b, []byte{'<', 0}):
	case bytes.HasPrefix(b, []byte{0xFE, 0xFF}), bytes.HasPrefix(b, []byte{0, '<'}):
		bigEndian = true
	default:
		return
	}
	tz.Charset = "utf-16"
	if b[0] >= 0xFE {
		tz.bom = true
		b = b[2:]
	}
	rest := io.Reader(bytes.NewReader(bytes.Clone(b)))
	if tz.err == nil {
		rest = io.MultiReader(rest, tz.src)
	} else if tz.err != io.EOF {
		rest = io.MultiReader(rest, failing{tz.err})
	}
	tz.src = NewUTF16Reader(rest, bigEndian)
	tz.err, tz.pos, tz.end, tz.base = nil, 0, 0, 0
	tz.fill()
}

// failing is a reader that returns only an error.
type failing struct{ err error }

// Read implements io.Reader.
func (f failing) Read([]byte) (int, error) { return 0, f.err }

// utf16Reader transcodes a stream of UTF-16 to UTF-8. Half a character or half a pair
// becomes U+FFFD, as in the standard library.
type utf16Reader struct {
	src       io.Reader
	bigEndian bool
	in        [8 << 10]byte
	inLen     int
	out       []byte
	err       error
}

// NewUTF16Reader transcodes a stream of UTF-16 without a byte order mark to UTF-8.
func NewUTF16Reader(src io.Reader, bigEndian bool) io.Reader {
	return &utf16Reader{src: src, bigEndian: bigEndian}
}

// Read implements io.Reader.
func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.out) == 0 {
		if u.err != nil {
			return 0, u.err
		}
		var n int
		n, u.err = u.src.Read(u.in[u.inLen:])
		u.inLen += n
		u.transcode(u.err != nil)
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}

// transcode appends the complete characters to out, and keeps an incomplete one.
func (u *utf16Reader) transcode(last bool) {
	u.out = u.out[:0:0]
	i := 0
	for i+2 <= u.inLen {
		r, width := rune(u.unit(i)), 2
		if utf16.IsSurrogate(r) {
			if i+4 > u.inLen && !last {
				break
			}
			low := rune(utf8.RuneError)
			if i+4 <= u.inLen {
				low = rune(u.unit(i + 2))
			}
			if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
				width = 4
			}
		}
		u.out = utf8.AppendRune(u.out, r)
		i += width
	}
	if last && i < u.inLen {
		u.out = utf8.AppendRune(u.out, utf8.RuneError)
		i = u.inLen
	}
	u.inLen = copy(u.in[:], u.in[i:u.inLen])
}

func (u *utf16Reader) unit(i int) uint16 {
	if u.bigEndian {
		return uint16(u.in[i])<<8 | uint16(u.in[i+1])
	}
	return uint16(u.in[i+1])<<8 | uint16(u.in[i])
}

// charsetAgrees reports whether a part's XML declaration names the actual encoding. Another
// processing instruction, or a declaration without an encoding, agrees with any.
func charsetAgrees(decl []byte, charset string) bool {
	s := string(decl)
	if !strings.HasPrefix(s, "<?xml ") {
		return true
	}
	_, s, found := strings.Cut(s, "encoding")
	if !found {
		return true
	}
	s = strings.TrimLeft(s, " \t\r\n=")
	if s == "" {
		return false
	}
	name, _, found := strings.Cut(s[1:], s[:1])
	if !found {
		return false
	}
	switch strings.ToLower(name) {
	case "utf-8", "utf8", "us-ascii", "ascii":
		return charset == "utf-8"
	case "utf-16", "utf-16le", "utf-16be":
		return charset == "utf-16"
	}
	return false
}
