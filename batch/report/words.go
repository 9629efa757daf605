package report

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// Words renders the labels of reports. Line returns the sentence of a code with its
// placeholders filled from the arguments, or an unknown code itself. For returns the code of
// the variant of a sentence for a command, or the code itself if there is none. Vocabulary has
// the terms of workbooks: what is shown beside results and states, and the names of sheets
// and columns.
type Words interface {
	Line(code string, args ...sheet.Arg) string
	For(code, command string) string
	Vocabulary() sheet.Language
}

// enumeration joins the parts of an enumeration: a, b, c.
func enumeration(words Words, parts []string) string {
	return strings.Join(parts, words.Line("mark-list"))
}

// counted renders a line about n things, with {n} filled in. The catalogue picks the
// singular or the plural.
func counted(words Words, code string, n int, args ...sheet.Arg) string {
	return words.Line(code, append(args, numberArg("n", n))...)
}

// grouped renders a number with the separators of the language, as in 12,000.
func grouped(words Words, n int) string { return counted(words, "mark-number", n) }

// numberArg returns a named number.
func numberArg(name string, n int) sheet.Arg { return sheet.Arg{Name: name, Value: strconv.Itoa(n)} }

// textArg returns a named text.
func textArg(name, value string) sheet.Arg { return sheet.Arg{Name: name, Value: value} }

// lineRunes limits the length of one text on a terminal.
const lineRunes = 240

// Printable makes a text safe to print on one line of a terminal. A cell or a file name
// may hold escape sequences that rewrite the screen, marks that reverse the direction of
// writing, and line breaks: each is shown as its code point, <U+001B>.
func Printable(s string) string { return escape(s, unprintable) }

// escape shows the characters that must not be printed as their code points.
func escape(s string, banned func(rune) bool) string {
	if !strings.ContainsFunc(s, banned) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if banned(r) {
			fmt.Fprintf(&b, "<U+%04X>", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// EscapeJSON escapes the characters of encoded JSON that Printable would replace, so a
// terminal that shows the document is safe too; its values stay the same. A character that
// is not ASCII can only be part of a string.
func EscapeJSON(text []byte) []byte {
	escape := func(r rune) bool { return r >= 0x7f && unprintable(r) }
	if printableASCII(text) || !bytes.ContainsFunc(text, escape) {
		return text
	}
	var b bytes.Buffer
	for _, r := range string(text) {
		if !escape(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.Bytes()
}

// printableASCII reports whether encoded JSON, whose control characters are escaped, is nothing but printable
// ASCII and line breaks. Nearly all lines are, and looking at their bytes is much faster than at characters.
func printableASCII(text []byte) bool {
	for _, c := range text {
		if c >= 0x7f {
			return false
		}
	}
	return true
}

// brief shortens a text and makes it printable. Paths and commands are never shortened.
func brief(s string) string { return Printable(shorten(s, lineRunes)) }

// unprintable reports whether a character is a control, a separator of lines or
// paragraphs, or a format character (Unicode categories Cc, Zl, Zp, Cf).
func unprintable(r rune) bool {
	printableASCII := ' ' <= r && r < 0x7f // most are, and the tables take long
	return !printableASCII && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// shorten cuts a text after a number of characters, with an ellipsis.
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

// Pad pads a text with blanks to a width in terminal cells. A wide character takes two, and
// a combining mark none.
func Pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-uniseg.StringWidth(s)))
}

// Table writes rows in columns with two blanks between them, each cell made printable. The
// last cell of a row is not padded, and does not widen its column.
func Table(w io.Writer, rows [][]string) error { return WrappedTable(w, rows, 0) }

// WrappedTable is like Table, but wraps the last cell of a row that is wider than a
// terminal. A width of 0 means no limit.
func WrappedTable(w io.Writer, rows [][]string, width int) error {
	var widths []int
	for _, row := range rows {
		for i := range row {
			row[i] = Printable(row[i])
		}
		for i, cell := range row[:max(0, len(row)-1)] {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], uniseg.StringWidth(cell))
		}
	}
	b := bufio.NewWriter(w)
	for _, row := range rows {
		var line strings.Builder
		indent := 0
		for i, cell := range row {
			if i < len(row)-1 {
				cell = Pad(cell, widths[i]+2)
				indent += widths[i] + 2
			}
			line.WriteString(cell)
		}
		b.WriteString(Wrap(line.String(), width, indent) + "\n")
	}
	return b.Flush()
}

// headline says what happened, in one line.
func headline(d *Document, words Words) string {
	args := []sheet.Arg{
		numberArg("rows", d.Rows), numberArg("good", d.Results.good()), numberArg("bad", d.Results.bad()),
		numberArg("accepted", d.Results.of(sheet.Submitted, sheet.Already)),
		numberArg("left", d.Results[sheet.NotAttempted]), numberArg("valid", d.Results.of(sheet.Valid, sheet.Already)), numberArg("warned", d.Warned),
	}
	line := words.Line(words.For(headlineCode(d), d.Command), args...)
	if n := d.leftOpen(); n > 0 {
		return counted(words, "report-head-left-out", n, textArg("message", line))
	}
	return line
}

func headlineCode(d *Document) string {
	bad, accepted := d.Results.bad(), d.Results.of(sheet.Submitted, sheet.Already)
	switch {
	case d.isStatus() && d.Rows > 0:
		return "report-head-status"
	case d.Failure != "" && d.DryRun:
		return "report-head-no-copy-dry"
	case d.Failure != "" && d.Output != "":
		return "report-head-copy-elsewhere"
	case d.Failure != "" && d.Simulated:
		return "report-head-no-copy-simulated"
	case d.Failure != "":
		return "report-head-no-copy"
	case d.StopReason != "" && d.Results[sheet.NotAttempted] > 0:
		return "report-head-stopped"
	case d.Rows == 0:
		return "report-head-empty"
	case d.DryRun:
		return dryHeadlineCode(d)
	case bad == 0 && accepted < d.Rows:
		return "report-head-done-some"
	case bad == 0:
		return "report-head-done"
	case accepted == 0 && d.Requests == 0:
		return "report-head-nothing-sent"
	}
	return "report-head-some"
}

func dryHeadlineCode(d *Document) string {
	bad := d.Results.bad()
	switch {
	case d.Results[sheet.Already] == d.Rows:
		return "report-head-already"
	case bad > 0 && d.Warned > 0:
		return "report-head-invalid-warned"
	case bad > 0:
		return "report-head-invalid"
	case d.Warned > 0:
		return "report-head-valid-warned"
	case d.Results[sheet.Skipped] > 0:
		return "report-head-valid-some"
	}
	return "report-head-valid"
}

// tone returns the style of the headline.
func tone(d *Document) sheet.Style {
	switch {
	case d.ExitCode == 0 && d.leftOpen() > 0:
		return sheet.StyleWarn
	case d.ExitCode == 0:
		return sheet.StyleGood
	case d.isStatus():
		return sheet.StyleTitle
	case d.Results.of(sheet.Invalid, sheet.Refused, sheet.Failed) > 0 || d.StopReason != "" || d.Failure != "":
		return sheet.StyleBad
	}
	return sheet.StyleWarn
}

// styleOf returns the style of a result.
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

// severityStyle returns the style of a problem.
func severityStyle(severity string) sheet.Style {
	switch severity {
	case sheet.Error.String():
		return sheet.StyleBad
	case sheet.Warning.String():
		return sheet.StyleWarn
	}
	return sheet.StyleMuted
}

// stopped says why the run stopped early; it is empty if it did not.
func (d *Document) stopped(words Words) string {
	ahead := time.Duration(d.AheadSeconds * float64(time.Second))
	switch {
	case d.StopReason == "":
		return ""
	case ahead > 0:
		return words.Line("report-clock-ahead", textArg("skew", Skew(words, ahead)))
	case ahead < 0:
		return words.Line("report-clock-behind", textArg("skew", Skew(words, ahead)))
	case d.StopReason == string(batch.StopMaxFailures) && d.Results[sheet.NotAttempted] == 0:
		return words.Line("report-max-failures-all") // those in flight were the last
	case d.StopReason == string(batch.StopCanary) && d.Results[sheet.NotAttempted] == 0:
		return words.Line("report-canary-all")
	case strings.HasPrefix(d.StopCode, "(proxy"):
		return words.Line("report-proxy", textArg("code", d.StopCode))
	}
	return words.Line(d.StopReason, textArg("code", d.StopCode))
}

// Skew renders how far apart two clocks are, whichever is ahead, in the largest unit that
// gives at least two: 40 seconds, 23 minutes, 9 hours, 365 days.
func Skew(words Words, d time.Duration) string {
	d = d.Abs()
	for _, unit := range []struct {
		code string
		size time.Duration
	}{{"span-days", 24 * time.Hour}, {"span-hours", time.Hour}, {"span-minutes", time.Minute}} {
		if d >= 2*unit.size {
			return counted(words, unit.code, int(d.Round(unit.size)/unit.size))
		}
	}
	return counted(words, "span-seconds", int(d.Round(time.Second)/time.Second))
}

// name is the account as shown to people: its ID, if known, and its profile.
func (a *Account) name(words Words) string {
	profile := textArg("profile", cmp.Or(a.Profile, words.Line("account-own")))
	if a.Account == "" {
		return words.Line("report-account-unknown", profile)
	}
	return words.Line("report-account-name", textArg("account", a.Account), profile)
}

// summary is the account with its results, and why it stopped early.
func (a *Account) summary(words Words) string {
	text := a.name(words) + words.Line("mark-colon") + a.Results.In(words)
	if a.Message == "" {
		return text
	}
	return text + words.Line("mark-clause") + a.Message
}
