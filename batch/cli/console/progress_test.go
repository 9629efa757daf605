package console

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// display is a terminal: it keeps what is seen, and breaks lines that are too long.
type display struct {
	mu      sync.Mutex
	columns int
	lines   [][]rune // the last one has the cursor
	at      int      // the cursor's column
	frames  []string // the last line whenever it was written
}

func (d *display) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.lines) == 0 {
		d.lines = [][]rune{nil}
	}
	for _, r := range string(p) {
		switch {
		case r == '\n':
			d.lines, d.at = append(d.lines, nil), 0
			continue
		case r == '\r':
			d.at = 0
			continue
		case d.at == d.columns:
			d.lines, d.at = append(d.lines, nil), 0
		}
		last := &d.lines[len(d.lines)-1]
		for len(*last) <= d.at {
			*last = append(*last, ' ')
		}
		(*last)[d.at] = r
		d.at++
	}
	d.frames = append(d.frames, d.row(len(d.lines)-1))
	return len(p), nil
}

func (d *display) row(i int) string { return strings.TrimRight(string(d.lines[i]), " ") }

func (d *display) seen() (rows []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.lines {
		rows = append(rows, d.row(i))
	}
	return rows
}

// Whatever the width, the bar takes one line, says the most important facts, stays whole
// when messages and log lines come in between, and is gone in the end.
func TestBar(t *testing.T) { synctest.Test(t, testBar) }

func testBar(t *testing.T) {
	for _, c := range []struct {
		columns int
		want    []string
	}{
		{120, []string{"%", "█", "450/1,000", "3 failed", "2 retried", "/s", "quota wait", "left"}},
		{80, []string{"450/1,000", "3 failed", "2 retried", "/s", "quota wait", "left"}},
		{40, []string{"450/1,000", "3 failed", "left"}},
		{20, []string{"450/1,000", "3 failed"}},
	} {
		d := &display{columns: c.columns}
		screen := NewStream(d)
		lines := New(screen, prose.English, Screen{Terminal: true, Size: func() (int, int) { return c.columns, 20 }})
		p := lines.Progress("none", 1000, nil)
		p.draw()
		time.Sleep(1100 * time.Millisecond) // the bar keeps its own time
		for i := range 450 {
			o := batch.Outcome{Result: sheet.Submitted}
			if i < 3 {
				o.Result = sheet.Failed
			}
			p.Row(batch.Event{Outcome: o})
		}
		p.retry()
		p.retry()
		p.wait()
		p.waits[0] = p.waits[0].Add(-2 * time.Second)
		p.draw()
		rows := d.seen()
		bar := rows[len(rows)-1]
		t.Logf("%d: %s", c.columns, bar)
		if len(rows) != 1 || report.Width(bar) >= c.columns {
			t.Errorf("%d columns: the bar does not fit: %q", c.columns, rows)
		}
		for _, want := range c.want {
			if !strings.Contains(bar, want) {
				t.Errorf("%d columns: %q does not have %q", c.columns, bar, want)
			}
		}
		lines.Warn("no-circuits", map[string]string{"file": "a.xlsx"})
		fmt.Fprintln(screen, "level=WARN msg=throttled")
		rows = d.seen()
		text := strings.Join(strings.Fields(strings.Join(rows[:len(rows)-1], " ")), " ")
		if rows[len(rows)-1] != bar || !strings.HasPrefix(text, "warning: the circuits sheet of a.xlsx has no rows Fill it in, one row per circuit.") || !strings.Contains(text, "level=WARN") {
			t.Errorf("%d columns: messages and the bar get in each other's way: %q", c.columns, rows)
		}
		screen.show("")
		if rows = d.seen(); rows[len(rows)-1] != "" {
			t.Errorf("%d columns: the bar stays: %q", c.columns, rows)
		}
	}
}

// While a survey reads the state of the circuits the bar counts these, and later the
// applications, with a time of their own. Rows that the plan had settled are neither.
func TestSurveyProgress(t *testing.T) { synctest.Test(t, testSurveyProgress) }

func testSurveyProgress(t *testing.T) {
	var said strings.Builder
	p := New(&said, prose.English, Screen{}).Progress("none", 66_666, nil)
	say := func(want string) {
		t.Helper()
		said.Reset()
		if p.print(); strings.TrimSpace(said.String()) != want {
			t.Errorf("printed %q, want %q", said.String(), want)
		}
	}
	for range 33_334 {
		p.Row(batch.Event{Outcome: batch.Outcome{Result: sheet.Invalid}, Settled: true})
	}
	p.Surveying(60_000, 0)
	p.Surveying(6_666, 0)
	say("reading the status of the circuits before anything is sent: 0 of 66,666")
	time.Sleep(5 * time.Minute)
	p.Surveying(0, 33_000)
	say("reading the status of the circuits before anything is sent: 33,000 of 66,666, 110/s, 5m06s left")
	list, _, _ := p.facts()
	if got := p.lines.fitting(list, 40); got != "circuits read 33,000/66,666, 5m06s left" {
		t.Errorf("in 40 columns: %q", got)
	}
	time.Sleep(5 * time.Minute)
	p.Surveying(0, 33_666)
	for range 6_666 {
		p.Row(batch.Event{Outcome: batch.Outcome{Result: sheet.Already}})
	}
	say("6,666 of 66,666 applications done, 0 refused or failed")
	time.Sleep(time.Minute)
	for range 300 {
		p.Row(batch.Event{Outcome: batch.Outcome{Result: sheet.Submitted, Attempts: 1}})
	}
	say("6,966 of 66,666 applications done, 0 refused or failed, 5/s, 3h19m left")
}

// Without a terminal, and on one that cannot move its cursor, progress is plain lines.
func TestPlainProgress(t *testing.T) { synctest.Test(t, testPlainProgress) }

func testPlainProgress(t *testing.T) {
	for _, c := range []struct {
		screen Screen
		bar    bool
	}{{Screen{}, false}, {Screen{Terminal: true, Dumb: true}, false}, {Screen{Terminal: true}, true}} {
		d := &display{columns: 80}
		p := New(d, prose.English, c.screen).Progress("auto", 10, nil)
		time.Sleep(3 * barEvery)
		p.Finish()
		if drawn := len(d.frames) > 0; drawn != c.bar {
			t.Errorf("terminal %v, dumb %v: %q", c.screen.Terminal, c.screen.Dumb, d.frames)
		}
	}
}

// A malformed trace is ignored.
func TestMalformedTrace(t *testing.T) {
	for _, value := range []string{"", "x", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\n"} {
		log := slog.New(slog.DiscardHandler)
		if traced, id := Traced(log, value); traced != log || id != "" {
			t.Errorf("%q is taken", value)
		}
	}
}
