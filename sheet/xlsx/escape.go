package xlsx

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// unescapeX resolves the _xHHHH_ escapes of a string (ST_Xstring, ECMA-376 part 1,
// 22.9.2.19). What is no such escape stays as it stands.
func unescapeX(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	return string(appendUnescapedX(nil, []byte(s)))
}

const escapeLen = len("_x0000_")

// appendUnescapedX appends a string with its escapes resolved. Two escapes that are a
// surrogate pair are one character; half a pair stays as it stands.
func appendUnescapedX(dst, s []byte) []byte {
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
