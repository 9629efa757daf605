package xmltok

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// UnescapeXString resolves the _xHHHH_ escapes of a string (ST_Xstring, ECMA-376 part 1,
// 22.9.2.19). Anything else stays unchanged.
func UnescapeXString(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	return string(AppendUnescapedXString(nil, []byte(s)))
}

const escapeLen = len("_x0000_")

// AppendUnescapedXString appends a string with its escapes resolved. Two escapes that form a
// surrogate pair are one character; half a pair stays unchanged.
func AppendUnescapedXString(dst, s []byte) []byte {
	for i := 0; i < len(s); {
		r, ok := escaped(s[i:])
		if !ok {
			dst = append(dst, s[i])
			i++
			continue
		}
		width := escapeLen
		if utf16.IsSurrogate(r) {
			low, _ := escaped(s[i+escapeLen:])
			if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
				dst = append(dst, s[i:i+escapeLen]...)
				i += escapeLen
				continue
			}
			width = 2 * escapeLen
		}
		dst = utf8.AppendRune(dst, r)
		i += width
	}
	return dst
}

// escaped reads the escape at the start of s.
func escaped(s []byte) (rune, bool) {
	if len(s) < escapeLen || s[0] != '_' || s[1] != 'x' || s[escapeLen-1] != '_' {
		return 0, false
	}
	var r rune
	for _, c := range s[2 : escapeLen-1] {
		d, ok := digit(c)
		if !ok {
			return 0, false
		}
		r = r<<4 | d
	}
	return r, true
}

// EscapeText escapes text for an element whose type has no _xHHHH_ escapes.
func EscapeText(s string) string {
	var b []byte
	for _, r := range s {
		if r < 0x80 {
			if r >= 0x20 || r == '\n' || r == '\t' {
				b = appendMarkup(b, byte(r))
			}
		} else if r != 0xFFFE && r != 0xFFFF {
			b = append(b, string(r)...)
		}
	}
	return string(b)
}

// AppendXString appends text as the content of a string element (ST_Xstring): with markup
// escaped, characters that XML does not allow as _xHHHH_, and the underscore escaped if the
// text looks like such an escape, so that it is read back unchanged.
func AppendXString(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		plain := i
		for plain < len(s) && asIs[s[plain]] {
			plain++
		}
		if dst = append(dst, s[i:plain]...); plain == len(s) {
			break
		}
		i = plain
		c := s[i]
		if c < utf8.RuneSelf {
			switch {
			case c == '_' && looksEscaped(s[i:]):
				dst = append(dst, "_x005F_"...)
			case c < 0x20 && c != '\n' && c != '\t':
				dst = appendHex(dst, rune(c))
			default:
				dst = appendMarkup(dst, c)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == 0xFFFE || r == 0xFFFF {
			dst = appendHex(dst, r)
		} else {
			dst = utf8.AppendRune(dst, r)
		}
		i += n
	}
	return dst
}

// asIs are the bytes that need no escape in a string element.
var asIs = func() (t [utf8.RuneSelf * 2]bool) {
	for c := range t {
		t[c] = c >= 0x20 && c < utf8.RuneSelf && c != '_' && c != '&' && c != '<' && c != '>' || c == '\n' || c == '\t'
	}
	return t
}()

// looksEscaped reports whether s, which begins with an underscore, would be read as an
// escape, with or without a closing underscore: the next character may be written as an
// escape, which begins with one.
func looksEscaped(s string) bool {
	if len(s) < escapeLen-1 || s[1] != 'x' {
		return false
	}
	for _, c := range []byte(s[2 : escapeLen-1]) {
		if _, ok := digit(c); !ok {
			return false
		}
	}
	return true
}

func appendHex(dst []byte, r rune) []byte {
	const digits = "0123456789ABCDEF"
	return append(dst, '_', 'x', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15], '_')
}

// appendMarkup appends one ASCII character, escaped if it could be markup.
func appendMarkup(dst []byte, c byte) []byte {
	switch c {
	case '&':
		return append(dst, "&amp;"...)
	case '<':
		return append(dst, "&lt;"...)
	case '>':
		return append(dst, "&gt;"...)
	}
	return append(dst, c)
}

// AppendAttr appends text as the value of an attribute in double quotes, without characters
// that XML does not allow.
func AppendAttr(dst []byte, s string) []byte {
	for _, r := range s {
		switch {
		case r == '"':
			dst = append(dst, "&quot;"...)
		case r == '\n' || r == '\t' || r == '\r':
			dst = append(append(append(dst, "&#"...), strconv.Itoa(int(r))...), ';')
		case r < 0x20 || r == 0xFFFE || r == 0xFFFF:
		case r < utf8.RuneSelf:
			dst = appendMarkup(dst, byte(r))
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// EscapeAttr escapes text for an attribute in double quotes: see [AppendAttr].
func EscapeAttr(s string) string { return string(AppendAttr(nil, s)) }

// EscapeXString escapes text for a string element: see [AppendXString].
func EscapeXString(s string) string { return string(AppendXString(nil, s)) }
