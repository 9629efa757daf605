package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/templates"
)

func TestCSV(t *testing.T) {
	var b bytes.Buffer
	if err := report.CSV(&b, night(), english{t}); err != nil {
		t.Fatal(err)
	}
	golden(t, "night.csv", b.Bytes())
	if err := report.CSV(full{}, night(), english{t}); !errors.Is(err, errFull) {
		t.Errorf("got %v, want the writer's error", err)
	}
}

func TestCSVDisarmsFormulas(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"=1+1", "'=1+1"},
		{"+4670", "'+4670"},
		{"-2", "'-2"},
		{"@SUM(A1)", "'@SUM(A1)"},
		{"\t=1", "'\t=1"},
		{"\r=1", "'\n=1"},
		{"a\r\nb\rc", "a\nb\nc"},
		{"\xc2\r\xa0\t=1", "\ufffd\n\ufffd\t=1"},
		{" \u00a0=1", "' \u00a0=1"},
		{"＝cmd", "'＝cmd"},
		{"a=1", "a=1"},
		{"", ""},
		{"\xff=1", "\ufffd=1"},
		{`say "hi", twice`, `say "hi", twice`},
	} {
		doc := report.Document{Problems: []report.Problem{problem(sheet.Error, "x", at(2, 1), "Name", c.in, c.in, c.in)}}
		var b bytes.Buffer
		if err := report.CSV(&b, doc, english{t}); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), "\ufeff"))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, col := range []int{5, 6, 7} {
			if got := rows[1][col]; got != c.want {
				t.Errorf("%q in column %d became %q, want %q", c.in, col, got, c.want)
			}
		}
	}
}

// FuzzCSV checks that, whatever a cell contains, the file has one record for each problem and no field that a
// spreadsheet program would evaluate.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"=1+1", "\"=1", ",\r\n=1", " \t=1", "\u3000＝x", "\x00=1", "\r=1", "\xc2\r\xa0\t"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		doc := report.Document{Problems: []report.Problem{problem(sheet.Error, "x", at(2, 1), s, s, s, s), problem(sheet.Note, "y", at(3, 1), s, s, s, s)}}
		var b bytes.Buffer
		if err := report.CSV(&b, doc, english{t}); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), "\ufeff"))).ReadAll()
		if err != nil || len(rows) != 3 {
			t.Fatalf("%d records, %v", len(rows), err)
		}
		for _, field := range rows[1] {
			if field = strings.TrimLeft(field, " \u00a0\u3000"); field != "" && strings.ContainsAny(field[:1], "=+-@\t\r\n") {
				t.Errorf("%q became %q", s, field)
			}
		}
	})
}

func TestHTML(t *testing.T) {
	for name, doc := range map[string]report.Document{"night": night(), "stopped": stopped(), "valid": dry(0), "status": status()} {
		var b bytes.Buffer
		if err := report.HTML(&b, doc, english{t}, templates.Report); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".html", b.Bytes())
		links := regexp.MustCompile(`href="(#[^"]*|\./[^"]*|)"`).ReplaceAllString(b.String(), "")
		if m := regexp.MustCompile(`(?i)<script|<link|<img|<iframe|src=|href=|url\(|@import|https?:`).FindString(links); m != "" {
			t.Errorf("%s: the page is not self-contained: %s", name, m)
		}
		if err := wellFormed(b.String()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// wellFormed checks that every element of the page is closed in order.
func wellFormed(page string) error {
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func TestHTMLEscapes(t *testing.T) {
	const evil = `"><script>alert(1)</script>`
	doc := night()
	doc.Input = evil
	for i := range doc.Problems {
		doc.Problems[i].Value, doc.Problems[i].Message, doc.Problems[i].Sheet = evil, evil, evil
	}
	for i := range doc.Applications {
		doc.Applications[i].InstanceID, doc.Applications[i].Message = evil, evil
	}
	var b bytes.Buffer
	if err := report.HTML(&b, doc, english{t}, templates.Report); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "<script") {
		t.Error("a value became markup")
	}
}

func TestHTMLIsCapped(t *testing.T) {
	doc := night()
	p := doc.Problems[1]
	for len(doc.Problems) < 1214 { // two of them of other kinds
		doc.Problems = append(doc.Problems, p)
	}
	var b bytes.Buffer
	if err := report.HTML(&b, doc, english{t}, templates.Report); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "and 212 more not shown here") {
		t.Error("the page does not say that 212 problems are not shown")
	}
}

func TestHTMLReportsABrokenPage(t *testing.T) {
	if err := report.HTML(io.Discard, night(), english{t}, "{{.Nothing"); err == nil {
		t.Error("a broken page gave no error")
	}
}
