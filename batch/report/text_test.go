package report_test

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

func TestText(t *testing.T) {
	unwritten := night()
	unwritten.ExitCode, unwritten.Output, unwritten.Failure = 8, "", "no space left on the disk that holds the copy"
	for _, c := range []struct {
		name string
		doc  report.Document
		opts report.TextOptions
	}{
		{"night.txt", night(), report.TextOptions{}},
		{"night-colour.txt", night(), report.TextOptions{Color: true, Causes: 1}},
		{"night-problems.txt", night(), report.TextOptions{Problems: 20}},
		{"done.txt", done(), report.TextOptions{}},
		{"valid.txt", dry(0), report.TextOptions{Problems: 10}},
		{"invalid.txt", dry(13), report.TextOptions{Problems: 3}},
		{"stopped.txt", stopped(), report.TextOptions{}},
		{"status.txt", status(), report.TextOptions{}},
		{"unwritten.txt", unwritten, report.TextOptions{}},
		{"night-80x24.txt", night(), report.TextOptions{Causes: 10, Width: 80, Height: 24}},
		{"night-40x20.txt", night(), report.TextOptions{Causes: 10, Width: 40, Height: 20}},
		{"night-120x40.txt", night(), report.TextOptions{Causes: 10, Width: 120, Height: 40}},
		{"status-40x20.txt", status(), report.TextOptions{Causes: 10, Width: 40, Height: 20}},
		{"stopped-40x20.txt", stopped(), report.TextOptions{Causes: 10, Width: 40, Height: 20}},
		{"invalid-40x20.txt", dry(13), report.TextOptions{Causes: 10, Width: 40, Height: 20}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := report.Text(&b, c.doc, english{t}, c.opts); err != nil {
				t.Fatal(err)
			}
			golden(t, c.name, b.Bytes())
			if n := lines(b.String(), c.opts.Width); c.opts.Problems == 0 && n > cmp.Or(c.opts.Height, 25)-1 {
				t.Errorf("the summary has %d lines, more than a terminal shows", n)
			}
		})
	}
}

// lines counts the lines that a text takes on a terminal; a path may need more than one.
func lines(text string, width int) (n int) {
	for line := range strings.Lines(text) {
		n++
		if width > 0 {
			n += max(0, report.Width(strings.TrimSuffix(line, "\n"))-1) / width
		}
	}
	return n
}

// However long the list of causes, the summary fits the screen, wraps at words, lists the
// API's rejections first and does not shorten them.
func TestTextFitsTheScreen(t *testing.T) {
	d := dry(40)
	d.DryRun, d.DryRunMode = false, ""
	long := "the API rejected the application: " + strings.Repeat("a reason that goes on and on, ", 9) + "to its end"
	refused := row(7, "cn-hangzhou", sheet.Refused, "SomeCode", long, "Ask.")
	d.Applications = append(d.Applications, refused)
	for i := range d.Problems {
		d.Problems[i].Code += strings.Repeat("x", i%9)
	}
	var b bytes.Buffer
	if err := report.Text(&b, d, english{t}, report.TextOptions{Causes: 10, Width: 80, Height: 24}); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	joined := strings.Join(strings.Fields(text), " ")
	at, rule := strings.Index(joined, "to its end"), strings.Index(joined, "[circuit")
	if at < 0 || !strings.Contains(joined, refused.InstanceID) || rule >= 0 && rule < at {
		t.Errorf("the rejected circuit is not named first and in full:\n%s", text)
	}
	if n := strings.Count(text, "\n"); n > 23 {
		t.Errorf("%d lines:\n%s", n, text)
	}
	for line := range strings.Lines(text) {
		if report.Width(strings.TrimSuffix(line, "\n")) > 80 && !strings.Contains(line, "loabatch") {
			t.Errorf("wider than 80: %q", line)
		}
	}
}

// Many different answers of the API fit even the smallest screen: the first is printed in
// full, the others are counted, and the command is the last line.
func TestTextFitsASmallScreen(t *testing.T) {
	d := night()
	for n := range 9 {
		code := fmt.Sprintf("Made.Up%d", n)
		d.Applications = append(d.Applications, row(20+n, "cn-hangzhou", sheet.Refused, code, "the API rejected the application: the circuit is not in a state that allows this", "Check the circuit in the console, then run again."))
	}
	d.Rows, d.Results = len(d.Applications), count(d.Applications)
	for _, size := range []struct{ width, height int }{{40, 20}, {80, 24}, {120, 40}} {
		var b bytes.Buffer
		if err := report.Text(&b, d, english{t}, report.TextOptions{Causes: 10, Width: size.width, Height: size.height}); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		if n := lines(text, size.width); n > size.height-1 {
			t.Errorf("%dx%d: %d lines:\n%s", size.width, size.height, n, text)
		}
		joined := strings.Join(strings.Fields(text), " ")
		if !strings.Contains(joined, "the API knows no such circuit") || !strings.Contains(joined, "more causes: see the Errors sheet") || !strings.HasSuffix(text, d.Commands.Again+"\n") {
			t.Errorf("%dx%d:\n%s", size.width, size.height, text)
		}
	}
}

// Without a copy, problems are listed one by one. If the screen is too small, their causes
// are listed instead, and a line says how to see all of them.
func TestTextFoldsTheProblems(t *testing.T) {
	d := dry(12)
	d.Output = ""
	for _, c := range []struct {
		width, height int
		folded        bool
	}{{0, 0, false}, {120, 60, false}, {80, 24, true}, {40, 20, true}} {
		var b bytes.Buffer
		if err := report.Text(&b, d, english{t}, report.TextOptions{Problems: 20, Width: c.width, Height: c.height}); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		if n := lines(text, cmp.Or(c.width, 1000)); c.height > 0 && n > c.height-1 {
			t.Errorf("%dx%d: %d lines:\n%s", c.width, c.height, n, text)
		}
		joined := strings.Join(strings.Fields(text), " ")
		if folded := strings.Contains(joined, ": add -o FILE for a copy that lists them all"); folded != c.folded {
			t.Errorf("%dx%d: folded %v, want %v:\n%s", c.width, c.height, folded, c.folded, text)
		}
	}
}

// A table that is too wide puts its last columns below and loses nothing.
func TestNarrowTable(t *testing.T) {
	rows := [][]string{{"RUN", "STATUS", "RESULTS"}, {"20270115-020000-k3f9q", "ended", strings.Repeat("12 SUBMITTED, ", 6) + "1 REFUSED"}, {"20270116-020000-aaaaa", "died", ""}}
	var b bytes.Buffer
	if err := report.NarrowTable(&b, rows, 80, []int{0, 1}, []int{2}); err != nil {
		t.Fatal(err)
	}
	want := `RUN                    STATUS
20270115-020000-k3f9q  ended
  RESULTS  12 SUBMITTED, 12 SUBMITTED, 12 SUBMITTED, 12 SUBMITTED, 12 SUBMITTED,
           12 SUBMITTED, 1 REFUSED
20270116-020000-aaaaa  died
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

// full is a writer that fails.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

var errFull = errors.New("disk full")

func TestTextReturnsWriteErrors(t *testing.T) {
	if err := report.Text(full{}, night(), english{t}, report.TextOptions{}); !errors.Is(err, errFull) {
		t.Errorf("got %v, want the writer's error", err)
	}
}
