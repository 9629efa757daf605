package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/loabatch/loabatch/sheet"
)

// Words renders the labels of reports. Line gives the sentence of a code with its
// placeholders filled from the arguments; a code it does not know renders as itself.
type Words interface {
	Line(code string, args ...sheet.Arg) string
}

// counted renders a line about n things: code-one for exactly one, code otherwise, each
// with {n} filled. A language without plurals has the same sentence twice.
func counted(words Words, code string, n int, args ...sheet.Arg) string {
	if n == 1 {
		code += "-one"
	}
	return words.Line(code, append(args, sheet.Arg{Name: "n", Value: strconv.Itoa(n)})...)
}

// number is a named figure.
func number(name string, n int) sheet.Arg { return sheet.Arg{Name: name, Value: strconv.Itoa(n)} }

// text is a named text.
func text(name, value string) sheet.Arg { return sheet.Arg{Name: name, Value: value} }

// lineRunes bounds what one text takes of a terminal.
const lineRunes = 240

// Printable makes a text safe to print on one line of a terminal. A cell or a file name
// may hold escape sequences that rewrite the screen, marks that reverse the direction of
// writing, and line breaks: each is shown as its code point, <U+001B>.
func Printable(s string) string {
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

// brief is Printable and cut to what a line should take; paths and commands are never cut.
func brief(s string) string { return Printable(shorten(s, lineRunes)) }

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

// headline says in one line what happened.
func headline(d *Document, words Words) string {
	args := []sheet.Arg{
		number("rows", d.Rows), number("good", d.Results.good()), number("bad", d.Results.bad()),
		number("accepted", d.Results.of(sheet.Submitted, sheet.Already)),
		number("left", d.Results[sheet.NotAttempted]),
	}
	return words.Line(headlineCode(d), args...)
}

func headlineCode(d *Document) string {
	bad := d.Results.bad()
	switch {
	case d.asked() && d.Rows > 0:
		return "report-head-status"
	case d.Failure != "":
		return "report-head-no-copy"
	case d.StopReason != "":
		return "report-head-stopped"
	case d.Rows == 0:
		return "report-head-empty"
	case d.DryRun && bad == 0:
		return "report-head-valid"
	case d.DryRun:
		return "report-head-invalid"
	case bad == 0:
		return "report-head-done"
	case d.Results.of(sheet.Submitted, sheet.Already) == 0 && d.Requests == 0:
		return "report-head-nothing-sent"
	}
	return "report-head-some"
}

// tone is how good the news is: the colour of the headline.
func tone(d *Document) sheet.Style {
	switch {
	case d.ExitCode == 0:
		return sheet.StyleGood
	case d.asked():
		return sheet.StyleTitle
	case d.Results.of(sheet.Invalid, sheet.Refused, sheet.Failed) > 0 || d.StopReason != "" || d.Failure != "":
		return sheet.StyleBad
	}
	return sheet.StyleWarn
}

// styleOf is the look of a result: the colour of its row.
func styleOf(r sheet.Result) sheet.Style {
	switch r {
	case sheet.Submitted, sheet.Already, sheet.Valid:
		return sheet.StyleGood
	case sheet.Blocked, sheet.Unknown, sheet.NotAttempted:
		return sheet.StyleWarn
	case sheet.Invalid, sheet.Refused, sheet.Failed:
		return sheet.StyleBad
	}
	return sheet.StyleMuted
}

// severityStyle is the look of a problem.
func severityStyle(severity string) sheet.Style {
	switch severity {
	case "error":
		return sheet.StyleBad
	case "warning":
		return sheet.StyleWarn
	}
	return sheet.StyleMuted
}
