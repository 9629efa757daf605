package sheet

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// textKind says which characters a column takes.
type textKind uint8

const (
	freeText  textKind = iota // any language, sent as it stands
	codeText                  // ASCII: identifiers and numbers; full width is read as plain
	codesText                 // several codes, which line breaks may part
	digitText                 // as codeText, of a person: nothing but the characters stands against a wrong one
	listText                  // a closed list
	timeText                  // a date, which may hold the characters of 2027年1月15日
)

// cleaned is a text made fit for its column, and the first character that is not.
type cleaned struct {
	text     string
	trimmed  bool // outer space was dropped
	narrowed bool // full width was made plain
	wide     rune // the first full-width letter or digit of a free text

	fault *Rule // what is wrong with the character bad, or nil
	bad   rune  //
	at    int   // its place in the text as it stands, in characters from 1
}

// clean makes a text fit. Plain texts, nearly all of them, come back at once.
func clean(s string, kind textKind) cleaned {
	if isPlain(s) {
		return cleaned{text: s}
	}
	t := trimOuter(s)
	c := cleaned{text: t, trimmed: len(t) != len(s)}
	place := utf8.RuneCountInString(s[:len(s)-len(strings.TrimLeftFunc(s, isOuter))])
	if kind != freeText && strings.ContainsFunc(t, isWide) {
		c.text, c.narrowed = strings.Map(narrow, t), true
	}
	composed := true
	for _, r := range c.text {
		place++
		composed = composed && isComposed(r)
		if kind == freeText && c.wide == 0 && isWideWord(r) {
			c.wide = r
		}
		if c.fault == nil {
			if c.fault = charFault(r, kind); c.fault != nil {
				c.bad, c.at = r, place
			}
		}
	}
	if kind == freeText && c.fault == nil && !composed {
		if r, n := decomposed(c.text); n > 0 {
			c.fault, c.bad, c.at = cellDecomposed, r, place-utf8.RuneCountInString(c.text)+n
		}
	}
	return c
}

// isPlain reports whether a text is printable ASCII without outer space.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return s == "" || s[0] != ' ' && s[len(s)-1] != ' '
}

func trimOuter(s string) string { return strings.TrimFunc(s, isOuter) }

func isBlank(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !isOuter(r) }) < 0
}

// isOuter reports whether a character is dropped at the ends of a value: white space
// of any kind, and what has no width.
func isOuter(r rune) bool {
	switch r {
	case 0x180E, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF:
		return true
	}
	return unicode.IsSpace(r)
}

func isWide(r rune) bool { return r >= 0xFF01 && r <= 0xFF5E || r == 0x3000 }

// isWideWord reports a full-width letter, digit or space: what looks like another
// character that is typed far more often. Full-width punctuation belongs to Chinese.
func isWideWord(r rune) bool {
	return r == 0x3000 || isWide(r) && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// narrow gives the plain form of a full-width character (U+FF01 to U+FF5E, U+3000).
func narrow(r rune) rune {
	switch {
	case r >= 0xFF01 && r <= 0xFF5E:
		return r - 0xFEE0
	case r == 0x3000:
		return ' '
	}
	return r
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// shorten cuts a text after so many characters.
func shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	n := 0
	for i := range s {
		if n == most {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

func codePoint(r rune) string { return fmt.Sprintf("U+%04X", r) }
