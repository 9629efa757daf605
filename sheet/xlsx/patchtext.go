package xlsx

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/loabatch/loabatch/sheet"
)

// maxCellText is Excel's bound of a cell's text, in UTF-16 units.
const maxCellText = 32767

// cellText gives the text that a cell can hold: valid UTF-8, at most maxCellText
// units; what is longer ends in an ellipsis.
func cellText(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= maxCellText {
		return s
	}
	units, fits := 0, 0 // fits: where the text with an ellipsis would end
	for i, r := range s {
		if units <= maxCellText-1 {
			fits = i
		}
		if units += utf16.RuneLen(r); units > maxCellText {
			return s[:fits] + "…"
		}
	}
	return s
}

// appendXString appends text as the content of a string element (ST_Xstring): markup
// escaped, characters that XML cannot hold as _xHHHH_, and what looks like such an
// escape with its underscore escaped, so that it is read as it stands.
func appendXString(dst []byte, s string) []byte {
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

// asIs holds the bytes that a string element can hold as they are.
var asIs = func() (t [utf8.RuneSelf * 2]bool) {
	for c := range t {
		t[c] = c >= 0x20 && c < utf8.RuneSelf && c != '_' && c != '&' && c != '<' && c != '>' || c == '\n' || c == '\t'
	}
	return t
}()

// looksEscaped reports whether s, which begins with an underscore, would be read as an
// escape. The closing underscore is not asked for: the next character may be written as
// an escape and bring one.
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

// appendMarkup appends one ASCII character, escaped where it could be markup.
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

// appendAttr appends text as the value of an attribute in double quotes. Characters
// that XML cannot hold are left out.
func appendAttr(dst []byte, s string) []byte {
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

func attrText(s string) string    { return string(appendAttr(nil, s)) }
func xstringText(s string) string { return string(appendXString(nil, s)) }

// appendCell appends one cell. prefix is that of the sheet's elements, x: or nothing.
func appendCell(dst []byte, prefix string, row, col, style int, cell *sheet.PutCell) []byte {
	dst = append(append(append(dst, '<'), prefix...), `c r="`...)
	dst = appendRef(dst, row, col)
	dst = append(strconv.AppendInt(append(dst, `" s="`...), int64(style), 10), '"')
	switch {
	case cell.IsNumber && !math.IsNaN(cell.Number) && !math.IsInf(cell.Number, 0):
		dst = append(append(append(dst, "><"...), prefix...), "v>"...)
		dst = append(dst, numberText(cell.Number)...)
		dst = append(append(append(dst, "</"...), prefix...), "v></"...)
	case cell.Text == "":
		return append(dst, "/>"...)
	default:
		dst = append(append(append(dst, ` t="inlineStr"><`...), prefix...), "is><"...)
		dst = append(append(dst, prefix...), `t xml:space="preserve">`...)
		dst = appendXString(dst, cellText(cell.Text))
		dst = append(append(append(dst, "</"...), prefix...), "t></"...)
		dst = append(append(append(dst, prefix...), "is></"...), prefix...)
		return append(dst, "c>"...)
	}
	return append(append(dst, prefix...), "c>"...)
}

// numberText gives a number as a cell holds it.
func numberText(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) < 1e15 {
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return strconv.FormatFloat(f, 'G', -1, 64)
}

// appendRef appends a cell's reference: F12.
func appendRef(dst []byte, row, col int) []byte {
	var b [4]byte
	i := len(b)
	for col > 0 && i > 0 {
		col--
		i--
		b[i] = byte('A' + col%26)
		col /= 26
	}
	return strconv.AppendInt(append(dst, b[i:]...), int64(row), 10)
}

// rangeText gives a range as an attribute holds it: A1:F12, or F12 for a single cell.
func rangeText(r sheet.Range) string {
	b := appendRef(nil, r.Row1, r.Col1)
	if r.Row1 != r.Row2 || r.Col1 != r.Col2 {
		b = appendRef(append(b, ':'), r.Row2, r.Col2)
	}
	return string(b)
}

// formulaRange gives a range as a defined name holds it: 'Circuits'!$A$1:$F$12.
func formulaRange(name string, r sheet.Range) string {
	corner := func(row, col int) string { return "$" + sheet.ColName(col) + "$" + strconv.Itoa(row) }
	return quotedSheet(name) + "!" + corner(r.Row1, r.Col1) + ":" + corner(r.Row2, r.Col2)
}

// quotedSheet gives a sheet's name as it may stand in a formula. It is quoted always,
// since names such as Q1 or R1C1 need it too.
func quotedSheet(name string) string { return "'" + strings.ReplaceAll(name, "'", "''") + "'" }
