package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/templates"
)

// chinese is the same document for a reader of Chinese, from a Chinese workbook.
func chinese(d report.Document) report.Document {
	names := strings.NewReplacer("Circuits", sheet.Chinese.SheetName(sheet.CircuitsSheet), "Engineers", sheet.Chinese.SheetName(sheet.EngineersSheet))
	translate := func(code, column, value string, at sheet.Ref) (message, hint string) {
		args := []sheet.Arg{{Name: "meaning", Value: "（原因）"}, {Name: "code", Value: code}, {Name: "most", Value: "10240"}, {Name: "sent", Value: value}}
		return prose.Chinese.Problem(sheet.Problem{Code: code, Column: column, Value: value, At: at, Args: args})
	}
	d.Language = sheet.Chinese
	d.Problems = append([]report.Problem{}, d.Problems...)
	for i := range d.Problems {
		p := &d.Problems[i]
		p.At.Sheet, p.Sheet = names.Replace(p.At.Sheet), names.Replace(p.Sheet)
		for id := range sheet.Columns {
			if c := &sheet.Columns[id]; c.Header == p.Column {
				p.Column = sheet.Chinese.Header(c.ID)
			}
		}
		p.Message, p.Hint = translate(p.Code, p.Column, p.Value, p.At)
	}
	d.Applications = append([]report.Application{}, d.Applications...)
	for i := range d.Applications {
		a := &d.Applications[i]
		a.At.Sheet = names.Replace(a.At.Sheet)
		if a.ErrorCode != "" {
			a.Message, a.Hint = translate(a.ErrorCode, "", "", a.At)
		}
	}
	return d
}

// The terminal, the added sheets, the page and the CSV in Chinese, at several widths.
func TestChinese(t *testing.T) {
	night, status, dry := chinese(night()), chinese(status()), chinese(dry(13))
	for _, c := range []struct {
		name string
		doc  report.Document
		opts report.TextOptions
	}{
		{"zh-night.txt", night, report.TextOptions{}},
		{"zh-night-problems.txt", night, report.TextOptions{Problems: 20}},
		{"zh-night-80x24.txt", night, report.TextOptions{Causes: 10, Width: 80, Height: 24}},
		{"zh-night-40x20.txt", night, report.TextOptions{Causes: 10, Width: 40, Height: 20}},
		{"zh-invalid.txt", dry, report.TextOptions{Problems: 3}},
		{"zh-status.txt", status, report.TextOptions{}},
	} {
		var b bytes.Buffer
		if err := report.Text(&b, c.doc, prose.Chinese, c.opts); err != nil {
			t.Fatal(err)
		}
		golden(t, c.name, b.Bytes())
		for line := range strings.Lines(b.String()) {
			line = strings.TrimRight(line, "\n")
			if width := report.Width(line); c.opts.Width > 0 && width > c.opts.Width && !strings.Contains(line, ".xlsx") {
				t.Errorf("%s: %q takes %d cells", c.name, line, width)
			}
		}
	}
	for name, doc := range map[string]report.Document{"zh-night": night, "zh-status": status} {
		var b []byte
		for _, s := range report.Sheets(doc, prose.Chinese) {
			b = append(append(b, s.Title+"\n"...), append(grid(t, s), '\n')...)
		}
		golden(t, name+"-sheets.txt", b)
		var page bytes.Buffer
		if err := report.HTML(&page, doc, prose.Chinese, templates.Report); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".html", page.Bytes())
	}
	var b bytes.Buffer
	if err := report.CSV(&b, night, prose.Chinese); err != nil {
		t.Fatal(err)
	}
	golden(t, "zh-night.csv", b.Bytes())
}
