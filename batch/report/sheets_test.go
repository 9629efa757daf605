package report_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// styleNames names the styles in the goldens.
var styleNames = map[sheet.Style]string{
	sheet.StyleHeader: "header", sheet.StyleGood: "good", sheet.StyleWarn: "warn", sheet.StyleBad: "bad",
	sheet.StyleMuted: "muted", sheet.StyleLink: "link", sheet.StyleTitle: "title",
}

// grid writes a sheet as text, one line a row: cell | cell, each followed by {style >link}.
func grid(t *testing.T, s sheet.AddedSheet) []byte {
	t.Helper()
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s widths %v freeze %d filter %v\n", s.Name, s.Widths, s.Freeze, s.Filter)
	n := 0
	for cells := range s.Rows {
		n++
		var parts []string
		for _, c := range cells {
			p := c.Text
			if c.IsNumber {
				p = fmt.Sprint(c.Number)
			}
			if l := styleNames[c.Style]; l != "" {
				p += " {" + l + "}"
			}
			if c.Link.Row > 0 {
				p += " >" + c.Link.String()
			}
			parts = append(parts, p)
		}
		fmt.Fprintf(&b, "%d: %s\n", n, strings.Join(parts, " | "))
	}
	if n != s.Count {
		t.Errorf("%s says that it has %d rows but yields %d", s.Name, s.Count, n)
	}
	if c := s.Chart; c != nil {
		fmt.Fprintf(&b, "chart %q over %v, %v at %s\n", c.Title, c.Categories, c.Values, c.At.Cell())
	}
	return b.Bytes()
}

func TestSheets(t *testing.T) {
	for name, doc := range map[string]report.Document{"night": night(), "done": done(), "stopped": stopped(), "status": status()} {
		var b []byte
		for _, s := range report.Sheets(doc, english{t}) {
			b = append(append(b, grid(t, s)...), '\n')
		}
		golden(t, name+"-sheets.txt", b)
	}
}

func TestSheetsCanBeReadTwice(t *testing.T) {
	for _, s := range report.Sheets(night(), english{t}) {
		if a, b := grid(t, s), grid(t, s); !bytes.Equal(a, b) {
			t.Errorf("%s yields other rows the second time", s.Name)
		}
	}
}

func TestSheetsStopWhenAsked(t *testing.T) {
	for _, s := range report.Sheets(night(), english{t}) {
		n := 0
		for range s.Rows {
			if n++; n == 2 {
				break
			}
		}
		if n != 2 {
			t.Errorf("%s yielded %d rows, want 2", s.Name, n)
		}
	}
}

func TestChartCoversTheCounts(t *testing.T) {
	summary := report.Sheets(night(), english{t})[1]
	var rows [][]sheet.PutCell
	for cells := range summary.Rows {
		rows = append(rows, cells)
	}
	total := 0.0
	for i, word := range sheet.AllResults {
		cells := rows[summary.Chart.Categories.Row1-1+i]
		if cells[0].Text != string(word) {
			t.Errorf("category %d is %q, want %s", i, cells[0].Text, word)
		}
		total += cells[1].Number
	}
	if got := summary.Chart.Values.Row2 - summary.Chart.Values.Row1 + 1; got != len(sheet.AllResults) || total != float64(night().Rows) {
		t.Errorf("the chart has %d values adding up to %v", got, total)
	}
}

// TestNothingUnderTheChart: the chart is 9.5 cm high, 22 rows of 12.8 points each, and hides the cells of its columns.
func TestNothingUnderTheChart(t *testing.T) {
	asked, was := states("Available", "Applying"), "Applying"
	for i := range asked.Applications {
		asked.Applications[i].Before = &was
	}
	for name, doc := range map[string]report.Document{"night": night(), "dry": dry(2), "done": done(), "stopped": stopped(), "status": asked} {
		sheets := report.Sheets(doc, english{t})
		summary, n := sheets[len(sheets)-1], 0
		for cells := range summary.Rows {
			if n++; n < summary.Chart.At.Row || n >= summary.Chart.At.Row+22 {
				continue
			}
			for col := summary.Chart.At.Col; col <= len(cells); col++ {
				if text := cells[col-1].Text; text != "" {
					t.Errorf("%s: %q in row %d, column %d is under the chart", name, text, n, col)
				}
			}
		}
	}
}
