package report

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/loabatch/loabatch/sheet"
)

// byteOrderMark marks the file as UTF-8 for spreadsheet programs.
const byteOrderMark = "\ufeff"

// CSV writes the error report as comma-separated values (RFC 4180, UTF-8 with a byte
// order mark, CRLF): every finding, with the run's change reference. The header has a problem's JSON
// keys, or what they mean in another language. A value that a spreadsheet program would take for a
// formula gets an apostrophe in front.
func CSV(w io.Writer, d Document, words Words) error {
	if _, err := io.WriteString(w, byteOrderMark); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	// The writer keeps its first error until the flush.
	header := make([]string, len(problemKeys))
	for i, key := range problemKeys {
		header[i] = words.Line("csv-" + key)
	}
	_ = c.Write(append(header, words.Line("csv-change_ref")))
	list := d.findings()
	for i := range list.entries {
		p := list.shown(i, words)
		p.Severity = words.Line("report-severity-" + p.Severity)
		fields := p.fields()
		for i := range fields {
			fields[i] = csvField(fields[i])
		}
		_ = c.Write(append(fields, csvField(d.ChangeRef)))
	}
	c.Flush()
	return c.Error()
}

// lineBreaks turns every line break into the one that the writer turns into CRLF. It would
// drop a bare carriage return and join the text on either side.
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// csvField makes a value valid UTF-8 without characters that rewrite a terminal or change the direction of text,
// and then disarms it, in this order, since a spreadsheet program sees what is in the file.
func csvField(s string) string {
	s = lineBreaks.Replace(strings.ToValidUTF8(s, "\ufffd"))
	return disarm(escape(s, func(r rune) bool { return unprintable(r) && r != '\n' && r != '\t' }))
}

// disarm quotes what spreadsheet programs evaluate as a formula: a value that starts, after blanks, with = + - @ or
// their full-width forms, or with a tab or line break (OWASP, CSV Injection).
func disarm(s string) string {
	if strings.IndexAny(strings.TrimLeft(s, " \u00a0\u3000"), "=+-@＝＋－＠\t\n") == 0 {
		return "'" + s
	}
	return s
}

// HTML writes the error report as one self-contained page without scripts. The page is an
// html/template over the view below, which escapes everything; its function label renders a
// line of the catalogue, grouped a count, and marked a sentence with code in it.
func HTML(w io.Writer, d Document, words Words, page string) error {
	t, err := template.New("report").Funcs(template.FuncMap{
		"label":   func(code string) string { return words.Line(code) },
		"grouped": func(n int) string { return grouped(words, n) },
		"marked":  marked,
	}).Parse(page)
	if err != nil {
		return fmt.Errorf("the report's page: %w", err)
	}
	b := bufio.NewWriterSize(w, 1<<16) // the template writes a few bytes at a time
	if err := t.Execute(b, viewOf(&d, words)); err != nil {
		return err
	}
	return b.Flush()
}

// view is the content of the page.
type view struct {
	Doc      *Document
	Headline string
	Tone     string // good, warn, bad
	Stopped  string
	Changed  string // which states have changed
	LeftOut  string // which rows --only left out before they were accepted
	Next     Next
	NextLine string
	Command  string
	Requests string
	Elapsed  string
	Chinese  bool   // for the choice of fonts
	Base     string // address of the copy
	Counts   []countView
	Filters  []countView // by which the page can be filtered

	Needs, Warnings, Notes []*groupView

	Rows      []rowView // that need nothing
	RowsCount string    // how many they are
	MoreRows  string    // how many of them are not shown; empty if all are
	Areas     []areaView
	Accounts  []accountView
}

// countView is a result, or the state of an LOA, with its share of the rows.
type countView struct {
	Result  string // as people see it
	Count   int
	Percent string // CSS number
	Tone    string
	Step    string
	Class   string
}

// areaView is a region with its results.
type areaView struct {
	RegionID string
	Rows     int
	Results  string
}

func viewOf(d *Document, words Words) view {
	next := d.Next()
	v := view{
		Doc: d, Headline: headline(d, words), Tone: toneName(tone(d)), Next: next, NextLine: next.line(d, words),
		Elapsed: elapsed(words, d.DurationSeconds), Counts: countViews(d, words), Areas: areaViews(d, words), Accounts: accountViews(d, words),
		Requests: counted(words, "requests-of", d.Requests, numberArg("retries", d.Retries), numberArg("throttled", d.Throttled)),
		Command:  d.Command, Chinese: words.Vocabulary() == sheet.Chinese,
	}
	if d.DryRun {
		v.Command = d.dryRunCommand(words)
	}
	v.Stopped, v.LeftOut, v.Changed, v.Base = d.stopped(words), d.leftOut(words), d.changed(words), base(d)
	parts := partsOf(groupsOf(d, words))
	v.Needs, v.Warnings, v.Notes = parts[0], parts[1], parts[2]
	var rows int
	v.Rows, rows = quietRows(d, words)
	v.RowsCount, v.MoreRows = counted(words, "report-quiet-rows", rows), moreBeyond(rows, words)
	if len(v.Counts) > 1 {
		v.Filters = v.Counts
	}
	return v
}

// moreBeyond says how many of a table's rows the page leaves out, if any.
func moreBeyond(n int, words Words) string {
	if n <= maxHTMLRows {
		return ""
	}
	return counted(words, "report-more-html", n-maxHTMLRows)
}

func countViews(d *Document, words Words) []countView {
	var counts []countView
	for _, t := range d.tallies(words) {
		counts = append(counts, countView{t.shown, t.rows, percent(t.rows, d.Rows), toneName(t.style), t.meaning, className(t.word)})
	}
	return counts
}

// percent formats a share as a CSS number.
func percent(n, of int) string { return fmt.Sprintf("%.2f", 100*float64(n)/float64(max(of, 1))) }

func areaViews(d *Document, words Words) []areaView {
	var areas []areaView
	for _, r := range d.PerRegion() {
		areas = append(areas, areaView{r.RegionID, r.Rows, r.Results.In(words)})
	}
	return areas
}

// toneName is the page's class for a style.
func toneName(s sheet.Style) string {
	names := []sheet.Style{sheet.StyleGood, sheet.StyleWarn, sheet.StyleBad, sheet.StyleMuted}
	return strings.Fields("good warn bad muted")[max(0, slices.Index(names, s))]
}

// accountView is an account with its results, and why it ended early.
type accountView struct{ Name, Results, Message string }

func accountViews(d *Document, words Words) []accountView {
	views := make([]accountView, len(d.Accounts))
	for i := range d.Accounts {
		a := &d.Accounts[i]
		views[i] = accountView{a.name(words), a.Results.In(words), a.Message}
	}
	return views
}
