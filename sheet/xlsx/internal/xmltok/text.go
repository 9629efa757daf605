package xmltok

import (
	"bytes"
	"unicode/utf8"
)

// AppendText appends the characters of XML text or of an attribute's value, with the five
// entities and character references resolved, and line ends turned into line feeds (XML 1.0,
// 2.11 and 4.1). It reports false for anything that XML does not allow.
func AppendText(dst, raw []byte) ([]byte, bool) {
	for {
		amp := bytes.IndexByte(raw, '&')
		if amp < 0 {
			return appendLiteral(dst, raw)
		}
		var ok bool
		if dst, ok = appendLiteral(dst, raw[:amp]); !ok {
			return dst, false
		}
		raw = raw[amp+1:]
		semi := bytes.IndexByte(raw[:min(len(raw), 16)], ';')
		if semi < 0 {
			return dst, false
		}
		r, ok := entity(raw[:semi])
		if !ok {
			return dst, false
		}
		dst = utf8.AppendRune(dst, r)
		raw = raw[semi+1:]
	}
}

// appendLiteral appends text without entities.
func appendLiteral(dst, raw []byte) ([]byte, bool) {
	plain := true
	for _, c := range raw {
		if c < 0x20 || c >= 0x80 {
			plain = false
			break
		}
	}
	if plain {
		return append(dst, raw...), true
	}
	if !utf8.Valid(raw) {
		return dst, false
	}
	for i, c := range raw {
		switch {
		case c == '\r':
			if i+1 >= len(raw) || raw[i+1] != '\n' {
				dst = append(dst, '\n')
			}
		case c < 0x20 && c != '\n' && c != '\t':
			return dst, false
		default:
			dst = append(dst, c)
		}
	}
	return dst, true
}

// entity resolves the name between & and ;.
func entity(name []byte) (rune, bool) {
	switch string(name) {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], rune(10)
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	if len(digits) == 0 {
		return 0, false
	}
	var r rune
	for _, c := range digits {
		d, ok := digit(c)
		if !ok || d >= base {
			return 0, false
		}
		if r = r*base + d; r > utf8.MaxRune {
			return 0, false
		}
	}
	return r, r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && utf8.ValidRune(r) && r != 0xFFFE && r != 0xFFFF
}

// digit returns the value of a hexadecimal digit.
func digit(c byte) (rune, bool) {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0'), true
	case c >= 'a' && c <= 'f':
		return rune(c-'a') + 10, true
	case c >= 'A' && c <= 'F':
		return rune(c-'A') + 10, true
	}
	return 0, false
}
