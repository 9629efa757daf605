package report

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

func TestPrintable(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"plain, 中文 and é", "plain, 中文 and é"},
		{"\x1b[2Jgone", "<U+001B>[2Jgone"},
		{"a\r\nb\tc", "a<U+000D><U+000A>b<U+0009>c"},
		{"\u202egnp.exe", "<U+202E>gnp.exe"},
		{"pc-\u200b1", "pc-<U+200B>1"},
		{"\u009b31m", "<U+009B>31m"},
		{"\xff", "\uFFFD"},
	} {
		if got := Printable(c.in); got != c.want {
			t.Errorf("%q became %q, want %q", c.in, got, c.want)
		}
	}
}

func TestBriefCutsWholeCharacters(t *testing.T) {
	whole := strings.Repeat("é", lineRunes)
	if got := brief(whole); got != whole {
		t.Errorf("what fits was cut: %q", got)
	}
	if got := brief(whole + "é"); got != whole+"…" {
		t.Errorf("got %q", got)
	}
	if got := Printable(whole + "é"); got != whole+"é" {
		t.Errorf("a path was cut: %q", got)
	}
}

func TestPadCountsTerminalCells(t *testing.T) {
	for s, want := range map[string]string{
		"run": "run    |", "运行": "运行   |", "副本位置更长": "副本位置更长|", "ﾊﾝｶｸ": "ﾊﾝｶｸ   |", "ＡＢ": "ＡＢ   |",
		"👍": "👍     |", "👩\u200d🔧": "👩\u200d🔧     |", "🇨🇳": "🇨🇳     |", "❤\ufe0f": "❤\ufe0f     |",
		"e\u0301te\u0301": "e\u0301te\u0301    |", "한글": "한글   |", "": "       |",
	} {
		if got := Pad(s, 7) + "|"; got != want {
			t.Errorf("%q became %q, want %q", s, got, want)
		}
	}
}

func TestTableAlignsTerminalCells(t *testing.T) {
	var b strings.Builder
	if err := Table(&b, [][]string{{"运行", "state", "x"}, {"run", "已接受", "x"}, {"", "", "x"}, {"alone and longer than the columns"}}); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if before, _, found := strings.Cut(line, "x\n"); found && uniseg.StringWidth(before) != 4+2+6+2 {
			t.Errorf("the last column is not aligned: %q", line)
		}
	}
}

// For plain ASCII, Table writes what text/tabwriter writes.
func TestTableMatchesTabwriter(t *testing.T) {
	rows := [][]string{{"RUN", "", "INPUT"}, {"20270115", "", "a b.xlsx"}, {"", "", "hint"}, {"x", "", ""}}
	var got, want strings.Builder
	w := tabwriter.NewWriter(&want, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	w.Flush()
	if err := Table(&got, rows); err != nil || got.String() != want.String() {
		t.Errorf("got %v\n%swant\n%s", err, got.String(), want.String())
	}
}

// A dry run does not call rows valid if all of them were accepted before.
func TestHeadlineOfADryRun(t *testing.T) {
	for _, c := range []struct {
		results Results
		want    string
	}{
		{Results{sheet.Valid: 3}, "report-head-valid"},
		{Results{sheet.Valid: 1, sheet.Already: 2}, "report-head-valid"},
		{Results{sheet.Already: 3}, "report-head-already"},
		{Results{sheet.Already: 2, sheet.Blocked: 1}, "report-head-invalid"},
	} {
		d := Document{Command: "submit", DryRun: true, Rows: 3, Results: c.results}
		if got := headlineCode(&d); got != c.want {
			t.Errorf("%v: %s, want %s", c.results, got, c.want)
		}
	}
}

// What was accepted before is valid, and not left out.
func TestHeadlineCountsTheValid(t *testing.T) {
	d := Document{Command: "submit", DryRun: true, Rows: 9, Results: Results{sheet.Valid: 3, sheet.Already: 4, sheet.Skipped: 2}}
	if got := headline(&d, echo{}); !strings.HasPrefix(got, "report-head-valid-some") || !strings.Contains(got, "valid=7") {
		t.Error(got)
	}
}

// A run that is stopped when nothing is left to do did not stop early.
func TestHeadlineOfAStop(t *testing.T) {
	for _, c := range []struct {
		stop    batch.StopReason
		results Results
		want    string
	}{
		{batch.StopInterrupted, Results{sheet.Submitted: 2, sheet.NotAttempted: 1}, "report-head-stopped"},
		{batch.StopInterrupted, Results{sheet.Submitted: 2, sheet.Invalid: 1}, "report-head-some"},
		{batch.StopInterrupted, Results{sheet.Submitted: 3}, "report-head-done"},
		{batch.StopMaxFailures, Results{sheet.Refused: 3}, "report-head-some"},
	} {
		d := Document{Command: "submit", Rows: 3, Requests: 3, StopReason: string(c.stop), Results: c.results}
		if got := headlineCode(&d); got != c.want {
			t.Errorf("%s, %v: %s, want %s", c.stop, c.results, got, c.want)
		}
	}
}

// The states of LOAs come from the API and may be in any script: the meanings after them are
// still aligned.
func TestCountsAlign(t *testing.T) {
	var b strings.Builder
	out := bufio.NewWriter(&b)
	p := printer{Writer: out, words: echo{}}
	for _, word := range []string{"Applying", "审核中", "e\u0301tat", "👍"} {
		p.count(tally{word, word, 3, sheet.StyleGood, "meaning"}, len(sheet.NotAttempted))
	}
	out.Flush()
	for line := range strings.Lines(b.String()) {
		if before, _, _ := strings.Cut(line, "meaning"); uniseg.StringWidth(before) != 9+len("NOT_ATTEMPTED")+2 {
			t.Errorf("the meaning is not aligned: %q", line)
		}
	}
}

// The CSV and the Errors sheet have one column for each key of a problem in JSON.
func TestProblemsHaveOneSetOfColumns(t *testing.T) {
	var keys []string
	for f := range reflect.TypeFor[Problem]().Fields() {
		if key := f.Tag.Get("json"); key != "-" && !strings.HasSuffix(key, ",omitempty") { // only folded notes have those
			keys = append(keys, key)
		}
	}
	if !slices.Equal(keys, problemKeys) || len(keys) != len(errorsColumns) || len(keys) != len((&Problem{}).fields()) {
		t.Errorf("JSON has %q, the CSV %q, the sheet %d", keys, problemKeys, len(errorsColumns))
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add("a\x1b]0;x\x07b")
	f.Fuzz(func(t *testing.T, s string) {
		got := Printable(s)
		if strings.ContainsFunc(got, unprintable) || !utf8.ValidString(got) {
			t.Errorf("%q became %q", s, got)
		}
	})
}

// echo renders a line as its code and arguments, and a number as #3.
type echo struct{}

func (echo) Vocabulary() sheet.Language { return sheet.English }

func (echo) For(code, _ string) string { return code }

func (echo) Line(code string, args ...sheet.Arg) string {
	if code == "mark-number" {
		return "#" + args[0].Value
	}
	for _, a := range args {
		code += " " + a.Name + "=" + a.Value
	}
	return code
}

func TestErrorsBeyondTheLimitAreCounted(t *testing.T) {
	d := Document{Problems: make([]Problem, 5)}
	for i := range d.Problems {
		d.Problems[i].Severity = []string{"note", "error"}[i%2]
	}
	s := errorsSheet(&d, echo{}, 3)
	var got []string
	for cells := range s.Rows {
		got = append(got, cells[0].Text)
	}
	const want = "report-col-severity,report-severity-error,report-severity-error,report-severity-note,report-more-rows n=2"
	if strings.Join(got, ",") != want || s.Count != len(got) {
		t.Errorf("got %d rows %q, want %s", s.Count, got, want)
	}
}

// TestCountsAreGrouped checks that the page and the terminal write large counts like the
// sentences.
func TestCountsAreGrouped(t *testing.T) {
	d := Document{
		Rows: 100_000, Results: Results{sheet.Valid: 66_666, sheet.Invalid: 33_334},
		Problems: []Problem{{Severity: "error", Code: "circuit-region-unknown", Message: "unknown"}},
		Unlisted: []Unlisted{{Severity: "error", Code: "circuit-region-unknown", Count: 33_333, Message: "more"}},
	}
	page, err := os.ReadFile("../../templates/report.html")
	if err != nil {
		t.Fatal(err)
	}
	var html, text strings.Builder
	if err := errors.Join(HTML(&html, d, echo{}, string(page)), Text(&text, d, echo{}, TextOptions{})); err != nil {
		t.Fatal(err)
	}
	const of66666, of33334 = "#66666", "#33334"
	for _, c := range []struct {
		text string
		want map[string]int
	}{{html.String(), map[string]int{of66666: 3, of33334: 4}}, {text.String(), map[string]int{of66666: 1, of33334: 2}}} {
		for want, times := range c.want {
			if got := strings.Count(c.text, want); got != times {
				t.Errorf("%q appears %d times, want %d:\n%s", want, got, times, c.text)
			}
		}
	}
}

func TestUnlistedProblemsAreCounted(t *testing.T) {
	d := Document{
		Problems: []Problem{{Severity: "error", Code: "circuit-region-unknown"}},
		Unlisted: []Unlisted{{Severity: "error", Code: "circuit-region-unknown", Count: 41, Message: "41 more"}},
	}
	if got := d.Severities().Errors; got != 42 {
		t.Errorf("counted %d errors, want 42", got)
	}
	if got := d.Causes(); len(got) != 1 || got[0].Count != 42 {
		t.Errorf("got the causes %v, want one with 42 problems", got)
	}
	if got := groupsOf(&d, echo{}); len(got) != 1 || got[0].Count != 42 {
		t.Errorf("the page has %d groups, want one with 42 problems", len(got))
	}
	s := errorsSheet(&d, echo{}, maxProblems)
	rows := 0
	last := ""
	for cells := range s.Rows {
		rows++
		last = cells[7].Text
	}
	if rows != 3 || s.Count != 3 || last != "41 more" {
		t.Errorf("the sheet has %d rows, the last with %q, want 3 and \"41 more\"", rows, last)
	}
	var b strings.Builder
	if err := CSV(&b, d, echo{}); err != nil || !strings.Contains(b.String(), ",41 more,") {
		t.Errorf("the CSV report is %q (%v), want it to count the rest", b.String(), err)
	}
	b.Reset()
	if err := Text(&b, d, echo{}, TextOptions{}); err != nil || !strings.Contains(b.String(), "report-not-listed n=41") {
		t.Errorf("the summary is %q (%v), want it to count the rest", b.String(), err)
	}
	b.Reset()
	if err := JSON(&b, d); err != nil || !strings.Contains(b.String(), `"count": 41`) {
		t.Errorf("the JSON report is %q (%v), want it to count the rest", b.String(), err)
	}
}
