package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// lineRunes bounds what one text takes of a terminal.
const lineRunes = 240

// printable makes a text safe for a terminal: a cell may hold anything, also escape
// sequences that would rewrite the screen, marks that turn the direction of writing,
// and line breaks. They are shown as their code points.
func printable(s string) string {
	if !strings.ContainsFunc(s, risky) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if risky(r) {
			fmt.Fprintf(&b, "<U+%04X>", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// brief is printable and cut to what a line should take; paths and commands are never cut.
func brief(s string) string { return printable(shorten(s, lineRunes)) }

// risky tells controls, separators of lines and paragraphs, and format characters
// (Unicode categories Cc, Zl, Zp, Cf).
func risky(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }

// shorten cuts a text at a number of characters and marks the cut.
func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	n := 0
	for i := range s {
		if n++; n > limit {
			return s[:i] + "…"
		}
	}
	return s
}

// pad fills a text with blanks to a width in places; a wide character takes two.
func pad(s string, width int) string {
	places := 0
	for _, r := range s {
		places++
		if wide(r) {
			places++
		}
	}
	return s + strings.Repeat(" ", max(0, width-places))
}

// wide tells the characters of East Asian scripts that terminals give two places
// (Unicode Standard Annex 11, the ranges in use in Chinese and Japanese texts).
func wide(r rune) bool {
	return r >= 0x2E80 && r <= 0xA4CF || r >= 0xAC00 && r <= 0xD7A3 || r >= 0xF900 && r <= 0xFAFF || r >= 0xFF00 && r <= 0xFF60 || r >= 0x20000
}
