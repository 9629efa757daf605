package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// The Summary sheet has six columns: a label, a figure, a gap, a text, what to do, and a link to a cell. The chart is
// beside the upper sections, over the last two columns. On A4 landscape they print at about nine tenths of
// their size.
func summaryWidths(words Words) []float64 {
	if words.Vocabulary() == sheet.Chinese {
		return []float64{44, 8, 2, 50, 44, 16} // the words of results have their meaning beside them; sentences are shorter
	}
	return []float64{36, 8, 2, 54, 48, 16}
}

// chartCol is the column of the chart's left edge.
const chartCol = 5

// chartRows is how many rows the chart is beside: 9.5 cm at 12.8 points each, the least that programs give a row. A section
// with cells in the chart's columns begins below it.
const chartRows = 22

// maxChanges limits the listed circuits whose status has changed; the rows show all statuses.
const maxChanges = 1000

// maxCauses limits the causes that the Summary lists; Errors lists all problems.
const maxCauses = 100

// summarySheet describes the run: its settings, counts with a chart, causes, timing and regions. For a status it counts
// the states of the LOAs, and lists the circuits whose state has changed.
func summarySheet(d *Document, words Words) sheet.AddedSheet {
	g := grid{words: words}
	g.title(headline(d, words))
	g.open(d)
	g.row()
	chartRow := len(g.rows) + 1
	g.below = chartRow + chartRows
	g.run(d)
	var chart sheet.Chart
	if d.isStatus() {
		chart = g.states(d)
		g.changes(d)
	} else {
		chart = g.counts(d)
		g.states(d)
	}
	chart.At = sheet.Ref{Row: chartRow, Col: chartCol}
	g.causes(d)
	g.timing(d)
	g.accounts(d)
	g.regions(d)
	return sheet.AddedSheet{
		Name: SummaryName, Title: words.Vocabulary().AddedName(SummaryName), Widths: summaryWidths(words), Rows: slices.Values(g.rows), Count: len(g.rows), Chart: &chart, Tab: tabStyle(d),
	}
}

// grid collects the rows of the sheet.
type grid struct {
	words Words
	rows  [][]sheet.PutCell
	below int // the first row below the chart
}

func plainCell(s string) sheet.PutCell { return sheet.PutCell{Text: s} }
func mutedCell(s string) sheet.PutCell { return sheet.PutCell{Text: s, Style: sheet.StyleMuted} }
func numberCell(n float64) sheet.PutCell {
	return sheet.PutCell{Number: n, IsNumber: true}
}

// emptyCell is an empty cell.
var emptyCell sheet.PutCell

func (g *grid) row(cells ...sheet.PutCell) { g.rows = append(g.rows, cells) }

func (g *grid) title(s string) { g.row(sheet.PutCell{Text: s, Style: sheet.StyleTitle}) }

// header starts a section with the labels of its columns.
func (g *grid) header(codes ...string) {
	for len(codes) >= chartCol && len(g.rows)+1 < g.below {
		g.row()
	}
	cells := make([]sheet.PutCell, len(codes))
	for i, c := range codes {
		cells[i].Style = sheet.StyleHeader
		if c != "" {
			cells[i].Text = g.words.Line(c)
		}
	}
	g.row(cells...)
}

// fact is a label with a text beside it. There is no row for an empty text.
func (g *grid) fact(code, value string) { g.factCell(code, plainCell(value)) }

// instant is a fact that is a time.
func (g *grid) instant(code string, t Instant) {
	c := sheet.PutCell{Text: t.String()}
	if !t.IsZero() {
		c.Time = t.UTC().Truncate(time.Second)
	}
	g.factCell(code, c)
}

func (g *grid) factCell(code string, value sheet.PutCell) {
	if value.Text != "" {
		g.row(plainCell(g.words.Line(code)), emptyCell, emptyCell, value)
	}
}

// figure is a label with a number beside it.
func (g *grid) figure(code string, n float64) {
	g.row(plainCell(g.words.Line(code)), numberCell(n))
}

// open links to what needs a person: for each result, to the first such row, and to the
// list of everything that is wrong.
func (g *grid) open(d *Document) {
	if d.isStatus() {
		return
	}
	for _, r := range sheet.AllResults {
		n := d.Results[r]
		if s := styleOf(r); n == 0 || s != sheet.StyleBad && s != sheet.StyleWarn {
			continue
		}
		first := d.firstWith(r)
		if first == nil {
			continue
		}
		link := first.At
		text := counted(g.words, "report-open-rows", n, textArg("result", g.words.Vocabulary().Result(r)))
		g.row(sheet.PutCell{Text: text, Style: sheet.StyleLink, Link: link}, numberCell(float64(n)), emptyCell, plainCell(d.step(g.words, r)))
	}
	if len(d.findings().entries) > 0 {
		text := g.words.Line("report-open-errors", textArg("where", g.words.Vocabulary().AddedName(ErrorsName)))
		g.row(sheet.PutCell{Text: text, Style: sheet.StyleLink, Link: sheet.Ref{Sheet: ErrorsName, Row: 1, Col: 1}, LinkTo: ErrorsName})
	}
}

// firstWith returns the first row with a result, or nil.
func (d *Document) firstWith(r sheet.Result) *Application {
	for i := range d.Applications {
		if d.Applications[i].Result == r {
			return &d.Applications[i]
		}
	}
	return nil
}

// tabStyle is the colour of the Summary's tab.
func tabStyle(d *Document) sheet.Style {
	if s := tone(d); s != sheet.StyleTitle {
		return s
	}
	return sheet.StylePlain
}

func (g *grid) run(d *Document) {
	g.header("report-sec-run", "", "", "")
	g.fact("report-fact-run", d.RunID)
	command := d.Command
	if d.DryRun {
		command = d.dryRunCommand(g.words)
	}
	g.fact("report-fact-command", command)
	g.fact("report-fact-change-ref", Printable(d.ChangeRef))
	g.fact("report-fact-plan", d.PlanSHA256)
	g.fact("report-fact-trace", d.TraceID)
	if d.Simulated {
		g.fact("report-fact-answered", g.words.Line("report-simulated"))
	}
	g.fact("report-fact-stopped", d.stopped(g.words))
	if d.isStatus() {
		g.instant("report-fact-asked", d.StartedAt)
		g.fact("report-fact-changed", d.changed(g.words))
	}
	g.fact("report-fact-waiting", d.waiting(g.words))
	g.fact("report-fact-left-out", d.leftOut(g.words))
	g.fact("report-fact-input", cmp.Or(d.InputPath, d.Input))
	g.fact("report-fact-sha256", d.InputSHA256)
	g.fact("report-fact-copy", cmp.Or(d.OutputPath, d.Output))
	g.fact("report-fact-account", d.Account)
	g.fact("report-fact-regions", enumeration(g.words, d.Regions))
	g.fact("report-fact-version", d.Version)
	g.row()
}

// dryRunCommand names the command of a dry run: submit (dry run online).
func (d *Document) dryRunCommand(words Words) string {
	mode := strings.TrimSpace(words.Line("report-dry-run") + " " + d.DryRunMode)
	return words.Line("dry-run-mode", textArg("command", d.Command), textArg("mode", mode))
}

// counts lists every result with its next step and returns the chart of them.
func (g *grid) counts(d *Document) sheet.Chart {
	g.header("report-col-result", "report-col-rows", "", "report-col-next")
	first := len(g.rows) + 1
	for _, r := range sheet.AllResults {
		n := d.Results[r]
		word, step := sheet.PutCell{Text: g.words.Vocabulary().Result(r), Style: styleOf(r)}, plainCell(d.step(g.words, r))
		if n == 0 {
			word.Style, step.Style = sheet.StyleMuted, sheet.StyleMuted
		}
		g.row(word, numberCell(float64(n)), emptyCell, step)
	}
	last := len(g.rows)
	g.row(plainCell(g.words.Line("report-fact-rows")), numberCell(float64(d.Rows)))
	g.row()
	return sheet.Chart{
		Title:      g.words.Line("report-chart"),
		Categories: sheet.Range{Row1: first, Col1: 1, Row2: last, Col2: 1},
		Values:     sheet.Range{Row1: first, Col1: 2, Row2: last, Col2: 2},
	}
}

// step explains a result and says what to do about it. Rows whose LOA had been rejected before have a separate step.
func (d *Document) step(words Words, r sheet.Result) string {
	code := "report-step-" + strings.ToLower(string(r))
	if own := words.For(code, d.Command); own != code {
		return words.Line(own)
	}
	switch n := d.because(batch.ReasonLOARejected, r); {
	case n == 0:
	case n == d.Results[r]:
		code = "report-step-loa-void"
	case r == sheet.Refused:
		code = "report-step-refused-some"
	}
	return words.Line(code)
}

// because counts the rows that have one of the given results for a reason.
func (d *Document) because(reason batch.Reason, results ...sheet.Result) (n int) {
	for i := range d.Applications {
		if a := &d.Applications[i]; a.Reason == string(reason) && slices.Contains(results, a.Result) {
			n++
		}
	}
	return n
}

// states lists the states of the LOAs, if any are known, and returns their chart. For a status it includes the rows that
// could not be asked about.
func (g *grid) states(d *Document) sheet.Chart {
	states := d.LOAStates()
	if d.isStatus() {
		states = d.shownStates()
	}
	if len(states) == 0 {
		return sheet.Chart{}
	}
	g.header("report-col-loa", "report-col-rows", "", "report-col-meaning")
	first := len(g.rows) + 1
	for _, s := range states {
		g.row(sheet.PutCell{Text: s.shown(g.words), Style: s.style()}, numberCell(float64(s.Rows)), emptyCell, plainCell(s.meaning(g.words)))
	}
	last := len(g.rows)
	g.row()
	return sheet.Chart{
		Title:      g.words.Line("report-chart-loa"),
		Categories: sheet.Range{Row1: first, Col1: 1, Row2: last, Col2: 1},
		Values:     sheet.Range{Row1: first, Col1: 2, Row2: last, Col2: 2},
	}
}

// changes lists the circuits whose LOA's status differs from the last time.
func (g *grid) changes(d *Document) {
	if !d.compared() {
		return
	}
	g.header("report-sec-changes", "", "", "report-col-meaning", "report-col-was", "report-col-circuit")
	shown := 0
	for i := range d.Applications {
		a := &d.Applications[i]
		if !a.changed() {
			continue
		}
		if shown++; shown > maxChanges {
			continue
		}
		was, now := LOAState{Status: cmp.Or(*a.Before, notAsked)}, LOAState{Status: cmp.Or(a.LOAStatus, notAsked)}
		g.row(sheet.PutCell{Text: a.InstanceID}, emptyCell, emptyCell,
			plainCell(g.words.Line("report-changed", textArg("status", now.shown(g.words)), textArg("meaning", now.meaning(g.words)))),
			plainCell(was.shown(g.words)), linkTo(a.At))
	}
	if shown == 0 {
		g.row(mutedCell(g.words.Line("report-unchanged")))
	}
	if more := shown - maxChanges; more > 0 {
		g.row(mutedCell(counted(g.words, "report-more-cells", more)))
	}
	g.row()
}

func (g *grid) causes(d *Document) {
	all := d.Causes()
	if len(all) == 0 {
		return
	}
	g.header("report-col-cause", "report-col-count", "", "report-col-problem", "report-col-fix", "report-col-first")
	for _, c := range all[:min(maxCauses, len(all))] {
		cells := []sheet.PutCell{{Text: c.Code, Style: severityStyle(c.Severity)}, numberCell(float64(c.Count)), emptyCell, plainCell(shorten(c.sentence(g.words), cellRunes)), plainCell(shorten(c.Hint, cellRunes))}
		if len(c.Refs) > 0 {
			cells = append(cells, linkTo(c.Refs[0]))
		}
		g.row(cells...)
	}
	if more := len(all) - maxCauses; more > 0 {
		g.row(mutedCell(counted(g.words, "report-more-causes", more, textArg("where", g.words.Vocabulary().AddedName(ErrorsName)))))
	}
	if n := d.unlisted(true); n > 0 {
		g.row(mutedCell(counted(g.words, "report-not-listed", n)))
	}
	g.row()
}

// linkTo shows a position as a link to it, or as text if it is a whole sheet or column.
func linkTo(r sheet.Ref) sheet.PutCell {
	if r.Row == 0 {
		return plainCell(r.String())
	}
	c := sheet.PutCell{Text: r.String(), Style: sheet.StyleLink, Link: r}
	c.Link.Col = max(r.Col, 1)
	return c
}

func (g *grid) timing(d *Document) {
	g.header("report-sec-timing", "", "", "")
	g.instant("report-fact-started", d.StartedAt)
	g.instant("report-fact-finished", d.FinishedAt)
	g.figure("report-fact-seconds", milliseconds(d.DurationSeconds))
	g.figure("report-fact-requests", float64(d.Requests))
	g.figure("report-fact-retries", float64(d.Retries))
	g.figure("report-fact-throttled", float64(d.Throttled))
	if d.SlowedSeconds > 0 {
		g.figure("report-fact-slowed", milliseconds(d.SlowedSeconds))
	}
	g.row()
}

// regions lists the results of each region; a single region needs no section.
func (g *grid) regions(d *Document) {
	all := d.PerRegion()
	if len(all) < 2 {
		return
	}
	g.header("report-col-region", "report-col-rows", "", "report-col-results")
	for _, r := range all {
		name := plainCell(r.RegionID)
		if r.RegionID == "" {
			name = mutedCell(g.words.Line("report-no-region"))
		}
		g.row(name, numberCell(float64(r.Rows)), emptyCell, plainCell(r.Results.In(g.words)))
	}
}

// accounts lists the results of each account, if the rows name them, and why one ended early.
func (g *grid) accounts(d *Document) {
	if len(d.Accounts) == 0 {
		return
	}
	g.header("report-col-account", "report-col-rows", "", "report-col-results", "", "")
	for i := range d.Accounts {
		a := &d.Accounts[i]
		name := plainCell(a.name(g.words))
		if a.StopReason != "" {
			name.Style = sheet.StyleBad
		}
		g.row(name, numberCell(float64(a.Rows)), emptyCell, plainCell(a.Results.In(g.words)), plainCell(a.Message))
	}
	g.row()
}
