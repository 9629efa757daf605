package report_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/templates"
)

// page renders the HTML report of a document.
func page(t testing.TB, doc report.Document) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.HTML(&b, doc, english{}, templates.Report); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// wide is a run over many rows, of which every third has an error and every fourth a warning.
func wide(rows int) report.Document {
	d := night()
	d.Applications, d.Problems = nil, nil
	for n := 2; n < rows+2; n++ {
		r := sheet.Submitted
		if n%3 == 0 {
			r = sheet.Invalid
			d.Problems = append(d.Problems, problem(sheet.Error, "circuit-bandwidth-range", at(n, 7), "Bandwidth (Mbit/s)", fmt.Sprint(20000+n), fmt.Sprintf("the bandwidth %d is not between 2 and 10240 Mbit/s", 20000+n), "Write a whole number from 2 to 10240."))
		}
		if n%4 == 0 {
			d.Problems = append(d.Problems, problem(sheet.Warning, "circuit-time-night", at(n, 6), "Construction time (UTC)", "", "the time is at night in China", "Check the time zone."))
		}
		d.Applications = append(d.Applications, row(n, "cn-hangzhou", r, "", "", ""))
	}
	d.Rows, d.Results = rows, report.Results{sheet.Submitted: rows - rows/3, sheet.Invalid: rows / 3}
	return d
}

func TestPageStaysSmall(t *testing.T) {
	for _, c := range []struct{ rows, limit int }{{1000, 300_000}, {100_000, 800_000}} {
		if n := len(page(t, wide(c.rows))); n > c.limit {
			t.Errorf("the page of %d rows has %d bytes, but %d are allowed", c.rows, n, c.limit)
		}
	}
}

// TestPageFoldsWhatRepeats checks that a warning about 250 rows is shown once.
func TestPageFoldsWhatRepeats(t *testing.T) {
	html := page(t, wide(1000))
	if n := strings.Count(html, "the time is at night in China"); n != 1 {
		t.Errorf("the warning is shown %d times", n)
	}
	if !strings.Contains(html, "250×") || !strings.Contains(html, "and 230 more not shown here") {
		t.Error("the page does not say how often the warning occurs")
	}
}

func TestPageShowsCode(t *testing.T) {
	d := night()
	d.Problems[1].Hint = "allow it with --severity x-y=warning <now>, or submit --dry-run=online; loabatch does not guess"
	d.Problems[2].Hint = "Run loabatch explain 'Some.Code' to see; loabatch doctor --region ID shows which (HTTPS_PROXY, --max-attempts). To see it, run: loabatch submit --dry-run=online FILE"
	html := page(t, d)
	for _, want := range []string{
		"allow it with <code>--severity x-y=warning</code> &lt;now&gt;, or submit <code>--dry-run=online</code>; loabatch does not guess",
		"Run <code>loabatch explain &#39;Some.Code&#39;</code> to see; <code>loabatch doctor --region ID</code> shows which (<code>HTTPS_PROXY</code>, <code>--max-attempts</code>). To see it, run: <code>loabatch submit --dry-run=online FILE</code>",
	} {
		if !strings.Contains(html, want) {
			t.Errorf("the page has no %s", want)
		}
	}
}

// TestPageListsWhatWasLeftOut lists rows that --only left out before they were accepted, and
// counts notes that are folded.
func TestPageListsWhatWasLeftOut(t *testing.T) {
	d := night()
	a := &d.Applications[0]
	a.Result, a.Earlier, a.ErrorCode, a.Message = sheet.Skipped, sheet.Refused, "Forbidden.RAM", "left out"
	d.Folded = []report.Problem{{Severity: "note", Code: "circuit-time-echo", Sheet: "Circuits", Cell: "F2", Message: "40 cells", Count: 40, At: at(3, 6)}}
	html := page(t, d)
	for want, n := range map[string]int{"left out</h3>": 1, `<code>` + a.InstanceID + `</code>`: 1, "40×": 1, "and 39 more not shown": 0} {
		if got := strings.Count(html, want); got != n {
			t.Errorf("the page has %q %d times, want %d", want, got, n)
		}
	}
}

// TestPageLinksIntoTheCopy checks that each place links to its cell in the copy, wherever that is.
func TestPageLinksIntoTheCopy(t *testing.T) {
	for _, c := range []struct{ output, page, want string }{
		{"/made/out 1.xlsx", "/made/out 1.html", "./out%201.xlsx"},
		{"/made/a:b.xlsx", "/made/a:b.html", "./a:b.xlsx"},
		{"/made/copies/out.xlsx", "/made/reports/out.html", "./../copies/out.xlsx"},
	} {
		d := night()
		d.Output, d.Reports = c.output, []string{c.page}
		html := page(t, d)
		if !strings.Contains(html, `<base href="`+c.want+`">`) || !strings.Contains(html, `<a href="#Circuits!G8">Circuits!G8</a>`) {
			t.Errorf("%s has the links %s", c.output, regexp.MustCompile(`href="[^"]*"`).FindAllString(html, 3))
		}
	}
	d := night()
	d.Output = ""
	if html := page(t, d); strings.Contains(html, "href") {
		t.Error("a run without a copy has links into it")
	}
}

// chromium returns a browser, or skips the test.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no Chromium on this machine: the page is not opened in a browser")
	return ""
}

// measure is a script that tests add to the page: it tells how wide the page is, and what is visible with each
// filter.
const measure = `<script>
const seen = () => [...document.querySelectorAll(".place")].filter(e => e.getClientRects().length).length;
let out = ["width " + document.documentElement.scrollWidth, "all " + seen()];
for (const f of document.querySelectorAll("fieldset input[id]")) { f.click(); out.push(f.id + " " + seen()); }
out.push("heading " + [...document.querySelectorAll("h1,h2,h3")].map(e => e.tagName[1]).join(""));
document.title = out.join(", ");
</script>`

// TestPageInABrowser opens the page in Chromium: nothing is cut off at the width of a phone, the filter works without
// a script, and no heading skips a level.
func TestPageInABrowser(t *testing.T) {
	browser := chromium(t)
	dir := t.TempDir()
	html := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`).ReplaceAllString(page(t, night()), "")
	file := filepath.Join(dir, "page.html")
	if err := os.WriteFile(file, []byte(strings.Replace(html, "</body>", measure+"</body>", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	for _, width := range []int{390, 1280} {
		args := []string{"--headless", "--disable-gpu", "--no-sandbox", "--user-data-dir=" + filepath.Join(dir, "profile"), "--dump-dom"}
		// No window is narrower than 500 pixels, so the page is shown in a frame.
		frame := filepath.Join(dir, fmt.Sprintf("frame%d.html", width))
		if err := os.WriteFile(frame, fmt.Appendf(nil, `<iframe src="page.html" width="%d" height="800" onload="document.title=this.contentDocument.title"></iframe>`, width), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(ctx, browser, append(args, "--allow-file-access-from-files", "--window-size=1400,900", "file://"+frame)...).Output()
		if err != nil {
			t.Skipf("the browser does not run here: %v", err)
		}
		_, title, _ := strings.Cut(string(out), "<title>")
		title, _, _ = strings.Cut(title, "</title>")
		for _, want := range []string{"all 4,", "f-submitted 0,", "f-invalid 2,", "f-refused 1,", "f-unknown 1,", "heading 12333"} {
			if !strings.Contains(title, want) {
				t.Errorf("%d pixels: %q does not say %q", width, title, want)
			}
		}
		var w int
		if _, err := fmt.Sscanf(title, "width %d", &w); err != nil || w > width {
			t.Errorf("the page is %d pixels wide in a window of %d: %v", w, width, err)
		}
	}
}
