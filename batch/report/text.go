package report

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// TextOptions control Text. The zero value is the summary alone, without colour.
type TextOptions struct {
	Color    bool // ANSI colours
	Problems int  // most errors and warnings to print one by one before the summary
	Causes   int  // most causes to list; 0 means 5
	Width    int  // of the terminal, in cells, to wrap lines at words; 0 means no limit
	Height   int  // of the terminal, in lines, on which the summary should fit; 0 means no limit
}

// Limits that keep the summary on one screen.
const (
	defaultCauses = 5
	shownCells    = 6
)

// Text writes the summary of a run for a person: what happened, the counts with the
// next step, the causes with their cells, where the copy is, and the command to run
// next. What does not fit is counted, with a reference to the full list. If the screen has no room
// for the problems one by one, only their causes are listed.
func Text(w io.Writer, d Document, words Words, o TextOptions) error {
	b := bufio.NewWriter(w)
	p := printer{words: words, color: o.Color, width: o.Width}
	var list, listed = "", false
	if o.Problems > 0 {
		list = p.text(func() { p.found, listed = p.problems(&d, o.Problems) })
	}
	causes := d.Causes()
	slices.SortStableFunc(causes, func(a, b Cause) int { return cmp.Compare(later(a), later(b)) })
	answered := slices.IndexFunc(causes, func(c Cause) bool { return !c.answered() })
	if answered < 0 {
		answered = len(causes)
	}
	limit := min(len(causes), cmp.Or(o.Causes, defaultCauses))
	least := max(1, min(answered, limit))
	for {
		text := list + p.text(func() {
			p.head(&d)
			p.counts(&d)
			p.causes(&d, causes, limit, listed)
			p.foot(&d)
		})
		over := p.height(text) + 1 - o.Height // the prompt needs a line too
		switch {
		case o.Height == 0 || over <= 0 || list == "" && limit <= 1 && p.fold == foldHints:
			_, _ = b.WriteString(text) // Flush returns its error
			return b.Flush()
		case list != "":
			list, listed, p.folded = "", false, true
		case limit > least:
			limit = max(least, limit-max(1, over/4)) // a cause takes about four lines
		case p.fold < foldLayout:
			p.fold++
		case limit > 1:
			limit--
			least = limit
		default:
			p.fold++
		}
	}
}

// text returns what print prints.
func (p *printer) text(print func()) string {
	var text bytes.Buffer
	p.Writer = bufio.NewWriter(&text)
	print()
	_ = p.Flush() // a buffer takes everything
	return text.String()
}

// What the summary leaves out, step by step, until it fits the screen.
const (
	foldNothing  = iota
	foldMeanings // of the results: their words remain
	foldLayout   // blank lines, a line for each result, what the run cost and why the next command
	foldHints    // of causes
)

// later orders causes: rows that were sent come first, since they are in the API's hands.
func later(c Cause) int {
	if c.answered() {
		return 0
	}
	return 1
}

// height is how many lines a text takes on the terminal, which wraps long ones.
func (p printer) height(text string) int {
	n := 0
	for line := range strings.Lines(text) {
		n++
		if p.width > 0 {
			n += max(0, Width(strings.TrimRight(line, "\n"))-1) / p.width
		}
	}
	return n
}

// printer writes the parts of the summary. Write errors stay in the buffered writer
// until it is flushed.
type printer struct {
	*bufio.Writer
	words Words
	color bool
	width int // of the terminal; 0 means no limit
	fold  int // what is left out: foldNothing to foldHints

	found  int  // problems that could be listed one by one
	folded bool // they were not, since the screen has no room
}

// ansi holds the colour of each style; styles without one are plain.
var ansi = map[sheet.Style]string{
	sheet.StyleGood: "32", sheet.StyleWarn: "33", sheet.StyleBad: "31", sheet.StyleMuted: "2", sheet.StyleTitle: "1",
}

// paint makes a text printable and colours it.
func (p printer) paint(s sheet.Style, text string) string {
	text = Printable(text)
	if code := ansi[s]; p.color && code != "" && text != "" {
		return "\x1b[" + code + "m" + text + "\x1b[0m"
	}
	return text
}

// line prints one line, wrapped to the width of the terminal; its further lines are
// indented like the first. Texts from the workbook must have gone through Printable.
func (p printer) line(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	p.hang(len(text)-len(strings.TrimLeft(text, " ")), text)
}

// hang prints one line, wrapped, whose further lines have their own indent.
func (p printer) hang(indent int, text string) { fmt.Fprintln(p, Wrap(text, p.width, indent)) }

// problems prints the findings one by one, except notes and rows that a stop kept back,
// and returns how many there are and whether those were all. Notes are only counted.
func (p printer) problems(d *Document, limit int) (found int, all bool) {
	list := d.findings()
	list.entries = slices.DeleteFunc(list.entries, func(e entry) bool {
		return e.from == fromFolded || e.from == fromUnlisted || e.from == fromProblems && d.Problems[e.index].Severity == sheet.Note.String() ||
			e.from == fromRows && d.stopReported(&d.Applications[e.index])
	})
	for _, q := range list.first(limit) {
		where := q.At.String()
		if q.At.Sheet == "" {
			where = d.Input
		}
		p.line("%s  %s  %s", Printable(where), p.paint(severityStyle(q.Severity), p.words.Line("report-severity-"+q.Severity)), brief(q.Message))
		p.indented("    ", q.Hint, q.Code)
		if q.Suggestion != "" {
			p.line("    %s", brief(p.words.Line("report-suggestion", textArg("value", q.Suggestion))))
		}
	}
	count := len(list.entries)
	if more := count - limit; more > 0 {
		p.line("%s", p.more(d, "report-more-problems", more+d.unlisted(false)))
	}
	if count > 0 {
		p.line("")
	}
	return count + d.unlisted(false), count <= limit
}

// indented prints a hint, followed by its code.
func (p printer) indented(by, hint, code string) {
	if hint != "" {
		hint = Printable(hint) + " "
	}
	p.line("%s%s%s", by, hint, p.paint(sheet.StyleMuted, "["+code+"]"))
}

// more counts what was not printed and says where it is listed.
func (p printer) more(d *Document, code string, n int) string {
	where := p.words.Line("report-see-output")
	if d.Output != "" {
		where = p.words.Line("report-see-errors", textArg("sheet", d.Language.AddedName(ErrorsName)))
	}
	return counted(p.words, code, n, textArg("where", where))
}

func (p printer) head(d *Document) {
	p.line("%s", p.paint(tone(d), headline(d, p.words)))
	if d.Simulated {
		p.line("%s", p.words.Line("report-simulated"))
	}
	if d.StopReason != "" {
		p.line("%s", d.stopped(p.words))
	}
	for i := range d.Accounts {
		p.hang(4, "  "+Printable(d.Accounts[i].summary(p.words)))
	}
	if d.Failure != "" {
		p.line("%s", Printable(d.Failure))
		if d.Output != "" {
			p.line("%s", Printable(p.words.Line("report-copy-elsewhere", textArg("file", d.Output))))
		}
	}
	if waiting := d.waiting(p.words); waiting != "" {
		p.line("%s", waiting)
	}
	if changed := d.changed(p.words); changed != "" {
		p.line("%s", Printable(changed))
	}
	if left := d.leftOut(p.words); left != "" {
		p.line("%s", left)
	}
	p.gap()
}

// gap prints a blank line if there is room for it.
func (p printer) gap() {
	if p.fold < foldLayout {
		p.line("")
	}
}

// counts prints the results that occur, each with its next step, or the states of LOAs.
func (p printer) counts(d *Document) {
	if p.fold >= foldLayout {
		var all []string
		for _, t := range d.tallies(p.words) {
			all = append(all, grouped(p.words, t.rows)+" "+p.paint(t.style, Printable(t.shown)))
		}
		p.line("%s", enumeration(p.words, all))
		return
	}
	all := d.tallies(p.words)
	column := len(sheet.NotAttempted)
	for _, t := range all {
		column = max(column, Width(Printable(t.shown)))
	}
	for _, t := range all {
		p.count(t, column)
	}
	p.gap()
}

// count prints how many rows have one result or state, whose words are in a column of the given width.
func (p printer) count(t tally, column int) {
	if p.fold >= foldMeanings {
		t.meaning = ""
	}
	word := Printable(t.shown)
	blanks := Pad(word, column)[len(word):]
	p.hang(11+column, strings.TrimRight(fmt.Sprintf("%7s  %s%s  %s", grouped(p.words, t.rows), p.paint(t.style, word), blanks, t.meaning), " "))
}

// causes prints the first causes with their first cells, unless everything was listed one
// by one.
func (p printer) causes(d *Document, all []Cause, limit int, listed bool) {
	if listed {
		all = nil
	}
	circuits := d.circuitsAt(all[:min(limit, len(all))])
	for _, c := range all[:min(limit, len(all))] {
		p.hang(8, fmt.Sprintf("%6s× %s", grouped(p.words, c.Count), p.paint(severityStyle(c.Severity), Printable(c.sentence(p.words)))))
		hint := c.Hint
		if p.fold >= foldHints {
			hint = ""
		}
		p.indented("        ", hint, c.Code)
		if len(c.Cells) > 0 {
			p.line("        %s", p.cells(c, circuits))
		}
	}
	switch more := len(all) - limit; {
	case more > 0:
		p.line("        %s", p.more(d, "report-more-causes", more))
	case p.folded:
		p.line("        %s", p.more(d, "report-all-problems", p.found))
	}
	if n := d.unlisted(true); n > 0 {
		p.line("        %s", counted(p.words, "report-not-listed", n))
	}
	if len(all) > 0 {
		p.gap()
	}
}

// circuitsAt returns the circuits of the rows that causes name, by the cells they name.
func (d *Document) circuitsAt(causes []Cause) map[sheet.Ref]string {
	circuits := map[sheet.Ref]string{}
	for _, c := range causes {
		for _, r := range c.Refs[:min(shownCells, len(c.Refs))] {
			if c.answered() {
				circuits[r] = ""
			}
		}
	}
	for i := range d.Applications {
		if a := &d.Applications[i]; len(circuits) > 0 {
			if _, named := circuits[a.At]; named {
				circuits[a.At] = a.InstanceID
			}
		}
	}
	return circuits
}

// cells lists the first cells of a cause, with the sheet's name only when it changes, and the circuits of rows that were
// sent.
func (p printer) cells(c Cause, circuits map[sheet.Ref]string) string {
	var b strings.Builder
	last := ""
	for i, r := range c.Refs[:min(shownCells, len(c.Refs))] {
		if i > 0 {
			b.WriteString(p.words.Line("mark-list"))
		}
		if r.Sheet == last {
			b.WriteString(cellOf(r))
		} else {
			b.WriteString(Printable(r.String()))
		}
		last = r.Sheet
		if id := circuits[r]; id != "" && c.answered() {
			b.WriteString(" (" + Printable(id) + ")")
		}
	}
	if more := c.Count - shownCells; more > 0 {
		b.WriteString(" " + counted(p.words, "report-more-cells", more))
	}
	return b.String()
}

// foot prints where the files are, what the run cost, and what to do next.
func (p printer) foot(d *Document) {
	p.field("report-copy", d.Output)
	for _, r := range d.Reports {
		p.field("report-report", r)
	}
	p.field("report-log", d.LogFailure)
	p.field("report-run", p.run(d))
	next := d.Next()
	if p.fold >= foldLayout && next.Command != "" {
		fmt.Fprintf(p, "%s\n", p.paint(sheet.StyleTitle, next.Command)) // at the margin, the last line
		return
	}
	p.field("report-next", next.line(d, p.words))
	if next.Command != "" {
		fmt.Fprintf(p, "        %s\n", p.paint(sheet.StyleTitle, next.Command)) // in one piece, to be copied
	}
}

func (p printer) field(code, value string) {
	if value != "" {
		p.hang(8, Pad(p.words.Line(code), 7)+" "+Printable(value))
	}
}

// run returns the run's ID and cost on one line.
func (p printer) run(d *Document) string {
	var parts []string
	if d.RunID != "" {
		parts = append(parts, d.RunID)
	}
	parts = append(parts, elapsed(p.words, d.DurationSeconds))
	if p.fold >= foldLayout {
		return strings.Join(parts, p.words.Line("mark-facts"))
	}
	if d.Requests > 0 {
		parts = append(parts, counted(p.words, "report-requests", d.Requests))
	}
	if d.Retries > 0 {
		parts = append(parts, counted(p.words, "report-retries", d.Retries))
	}
	if d.Throttled > 0 {
		parts = append(parts, counted(p.words, "report-throttled", d.Throttled))
	}
	if s := d.Severities(); s.Warnings > 0 {
		parts = append(parts, counted(p.words, "report-warnings", s.Warnings))
	}
	if s := d.Severities(); s.Notes > 0 {
		parts = append(parts, p.more(d, "report-notes", s.Notes))
	}
	return strings.Join(parts, p.words.Line("mark-facts"))
}

// elapsed formats seconds for people: 40ms, 1.4s, 12s, 1m03s.
func elapsed(words Words, seconds float64) string {
	t := time.Duration(seconds * float64(time.Second))
	part := func(name, format string, n any) sheet.Arg { return textArg(name, fmt.Sprintf(format, n)) }
	switch {
	case t < time.Second:
		return words.Line("elapsed-milliseconds", part("n", "%d", t.Milliseconds()))
	case t < 10*time.Second:
		return words.Line("elapsed-seconds", part("seconds", "%.1f", t.Seconds()))
	case t < time.Minute:
		return words.Line("elapsed-seconds", part("seconds", "%.0f", t.Seconds()))
	case t < time.Hour:
		t = t.Round(time.Second)
		return words.Line("elapsed-minutes", part("minutes", "%d", int(t.Minutes())), part("seconds", "%02d", int(t.Seconds())%60))
	}
	t = t.Round(time.Minute)
	return words.Line("elapsed-hours", part("hours", "%d", int(t.Hours())), part("minutes", "%02d", int(t.Minutes())%60))
}
