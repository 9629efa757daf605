package sheet

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// textKind says which characters a column accepts.
type textKind uint8

const (
	freeText  textKind = iota // any language, sent unchanged
	codeText                  // ASCII identifiers and numbers; full-width characters are read as ASCII
	codesText                 // several codes, which line breaks may separate
	digitText                 // as codeText, but personal: no other rule would reject a wrong character
	listText                  // a closed list
	timeText                  // a date, possibly with the characters of 2027年1月15日
)

// cleaned is a text cleaned for its column, with its first invalid character.
type cleaned struct {
	text     string
	trimmed  bool // leading or trailing space was removed
	narrowed bool // full-width characters were replaced
	wide     rune // the first full-width letter or digit of a free text

	rule *Rule // the rule that bad breaks, or nil
	bad  rune  //
	at   int   // its position in the original text, in characters from 1
}

// clean cleans a text. Printable ASCII, by far the most common case, is returned at once.
func clean(s string, kind textKind) cleaned {
	if isPlain(s) {
		return cleaned{text: s}
	}
	t := trimOuter(s)
	c := cleaned{text: t, trimmed: len(t) != len(s)}
	leading := 0
	if c.trimmed {
		leading = utf8.RuneCountInString(s[:len(s)-len(strings.TrimLeftFunc(s, isOuter))])
	}
	if kind != freeText && strings.ContainsFunc(t, isWide) {
		c.text, c.narrowed = strings.Map(narrow, t), true
	}
	if kind == digitText && strings.ContainsFunc(c.text, isDash) {
		c.text, c.narrowed = strings.Map(hyphen, c.text), true
	}
	place, composed := leading, true
	for _, r := range c.text {
		place++
		if isOrdinary(r, kind) {
			continue
		}
		composed = composed && isComposed(r)
		if kind == freeText && c.wide == 0 && isWideWord(r) {
			c.wide = r
		}
		if c.rule == nil {
			if c.rule = charRule(r, kind); c.rule != nil {
				c.bad, c.at = r, place
			}
		}
	}
	if kind == freeText && c.rule == nil && !composed {
		if r, n := decomposed(c.text); n > 0 {
			c.rule, c.bad, c.at = cellDecomposed, r, leading+n
		}
	}
	return c
}

// isOrdinary reports whether a character breaks no rule and needs no further look. It
// keeps most characters away from the tables of package unicode.
func isOrdinary(r rune, kind textKind) bool {
	return r >= ' ' && r <= '~' || r >= 0x4E00 && r <= 0x9FFF && kind != digitText // CJK unified ideographs
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
	if s != "" && s[0] > ' ' && s[0] < utf8.RuneSelf { // the common case
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return !isOuter(r) }) < 0
}

// isOuter reports whether a character is removed at the ends of a value: white space of any kind and
// zero-width characters.
func isOuter(r rune) bool {
	if r > 0x3000 { // the last of the spaces
		return r == 0xFEFF
	}
	switch r {
	case 0x180E, 0x200B, 0x200C, 0x200D, 0x2060:
		return true
	}
	return unicode.IsSpace(r)
}

func isWide(r rune) bool { return r >= 0xFF01 && r <= 0xFF5E || r == 0x3000 }

// isWideWord reports whether r is a full-width letter, digit or space, which is easily
// mistaken for its common form. Full-width punctuation is normal in Chinese.
func isWideWord(r rune) bool {
	return r == 0x3000 || isWide(r) && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// narrow returns the ASCII form of a full-width character (U+FF01 to U+FF5E, U+3000).
func narrow(r rune) rune {
	switch {
	case r >= 0xFF01 && r <= 0xFF5E:
		return r - 0xFEE0
	case r == 0x3000:
		return ' '
	}
	return r
}

// isDash reports whether r is a non-ASCII hyphen or dash, as typed by Chinese input methods.
func isDash(r rune) bool { return r >= 0x2010 && r <= 0x2015 || r == 0x2212 }

// hyphen returns the ASCII form of hyphens and dashes.
func hyphen(r rune) rune {
	if isDash(r) {
		return '-'
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

// shorten cuts a text after most characters.
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

// codePoint returns the usual notation of a character, such as U+200B.
func codePoint(r rune) string {
	hex := strings.ToUpper(strconv.FormatInt(int64(r), 16))
	return "U+" + "0000"[min(len(hex), 4):] + hex
}
