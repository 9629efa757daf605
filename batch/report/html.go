package report

import (
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/loabatch/loabatch/sheet"
)

// maxHTMLRows bounds each table of the HTML report, so that a browser can show it.
const maxHTMLRows = 2000

// HTML writes the error report as one page without scripts or anything to load from
// elsewhere. The page is an html/template over the view below, with the function
// label for a line of the catalogue; everything is escaped by it.
func HTML(w io.Writer, d Document, words Words, page string) error {
	t, err := template.New("report").Funcs(template.FuncMap{
		"label": func(code string) string { return words.Line(code) },
	}).Parse(page)
	if err != nil {
		return fmt.Errorf("the report's page: %w", err)
	}
	return t.Execute(w, viewOf(&d, words))
}

// view is what the page shows.
type view struct {
	*Document
	Headline string
	Tone     string // good, warn, bad
	Stopped  string
	Next     Next
	NextLine string
	Elapsed  string
	Counts   []countView
	Causes   []Cause
	Problems []Problem
	More     string // of the problems; empty when all are shown
	Rows     []Application
	MoreRows string
	Areas    []areaView
}

// countView is a result, or the state of an LOA, with its share of the rows.
type countView struct {
	Result  string
	Count   int
	Percent string // CSS number
	Tone    string
	Step    string
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
		Document: d, Headline: headline(d, words), Tone: toneName(tone(d)), Next: next, NextLine: words.Line(next.Code),
		Elapsed: elapsed(d.DurationSeconds), Counts: countViews(d, words), Areas: areaViews(d),
	}
	if d.StopReason != "" {
		v.Stopped = words.Line(d.StopReason, text("code", d.StopCode))
	}
	v.Causes = d.Causes()
	for i := range v.Causes {
		v.Causes[i].Message = v.Causes[i].sentence(words)
	}
	order := bySeverity(d.Problems)
	for _, i := range order[:min(maxHTMLRows, len(order))] {
		v.Problems = append(v.Problems, d.Problems[i])
	}
	v.More = beyond(len(order), words)
	rows := 0
	for i := range d.Applications {
		if d.asked() || unfinished(&d.Applications[i]) == "" {
			continue
		}
		if rows++; rows <= maxHTMLRows {
			v.Rows = append(v.Rows, d.Applications[i])
		}
	}
	v.MoreRows = beyond(rows, words)
	return v
}

// beyond tells how many of a table's rows the page leaves out, if any.
func beyond(n int, words Words) string {
	if n <= maxHTMLRows {
		return ""
	}
	return counted(words, "report-more-html", n-maxHTMLRows)
}

func countViews(d *Document, words Words) []countView {
	var counts []countView
	if d.asked() {
		for _, s := range d.shownStates() {
			counts = append(counts, countView{s.Status, s.Rows, percent(s.Rows, d.Rows), toneName(s.style()), s.meaning(words)})
		}
		return counts
	}
	for _, r := range sheet.AllResults {
		if n := d.Results[r]; n > 0 {
			counts = append(counts, countView{string(r), n, percent(n, d.Rows), toneName(styleOf(r)), stepOf(words, r)})
		}
	}
	return counts
}

// percent gives a share as a CSS number.
func percent(n, of int) string { return fmt.Sprintf("%.2f", 100*float64(n)/float64(max(of, 1))) }

func areaViews(d *Document) []areaView {
	var areas []areaView
	for _, r := range d.PerRegion() {
		areas = append(areas, areaView{r.RegionID, r.Rows, r.Results.String()})
	}
	return areas
}

// toneName is the page's class for a style.
func toneName(s sheet.Style) string {
	names := []sheet.Style{sheet.StyleGood, sheet.StyleWarn, sheet.StyleBad, sheet.StyleMuted}
	return strings.Fields("good warn bad muted")[max(0, slices.Index(names, s))]
}

// Tone is the page's class for the problem.
func (p Problem) Tone() string { return toneName(severityStyle(p.Severity)) }

// Tone is the page's class for the cause.
func (c Cause) Tone() string { return toneName(severityStyle(c.Severity)) }

// Tone is the page's class for the row.
func (a Application) Tone() string { return toneName(styleOf(a.Result)) }

// FirstCells names the first cells of the cause.
func (c Cause) FirstCells() string {
	return strings.Join(c.Cells[:min(shownCells, len(c.Cells))], ", ")
}
