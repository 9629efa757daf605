package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/templates"
)

// many is a night with rows of every result that was not accepted, and many notes of a kind.
func many() report.Document {
	d := night()
	for n, r := range []sheet.Result{sheet.Failed, sheet.NotAttempted, sheet.Blocked} {
		d.Applications = append(d.Applications, row(12+n, "cn-hangzhou", r, "", string(r)+" it is", "Do something about "+string(r)+"."))
	}
	left := row(15, "cn-hangzhou", sheet.Skipped, "", "left out", "Run it without --only.")
	left.Earlier = sheet.Refused
	d.Applications = append(d.Applications, left)
	for n := 3; n < 8; n++ {
		d.Problems = append(d.Problems, problem(sheet.Note, "circuit-time-echo", at(n, 6), "Construction time (UTC)", "2027-01-15", "will be sent as 2027-01-15T00:00:00Z", ""))
	}
	d.Rows, d.Results = len(d.Applications), count(d.Applications)
	d.LeftOut = report.Results{sheet.Refused: 1}
	return d
}

// TestOneList checks that every form has the same findings in the same order: errors, rows
// that were not accepted, rows that were left out, warnings, and the notes folded.
func TestOneList(t *testing.T) {
	d := many()
	d.Folded = report.FoldNotes(d.Problems, nil, english{t})
	want := []string{
		"error circuit-bandwidth-range G8", "error circuit-bandwidth-range G9", "error InvalidInstanceId.NotFound A10", "error (timeout) A11",
		"error reason-accepted A12", "error reason-accepted A13", "error reason-accepted A14", "warning reason-accepted A15",
		"warning engineer-id-check-digit D4", "note circuit-time-echo F2",
	}
	got := map[string][]string{}
	for cells := range report.Sheets(d, english{t})[0].Rows {
		got["Errors"] = append(got["Errors"], fmt.Sprint(cells[0].Text, " ", cells[1].Text, " ", cells[3].Text))
	}
	got["Errors"] = got["Errors"][1:]

	var b bytes.Buffer
	if err := report.CSV(&b, d, english{t}); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records[1:] {
		got["CSV"] = append(got["CSV"], r[0]+" "+r[1]+" "+r[3])
	}

	b.Reset()
	if err := report.JSON(&b, d); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Problems []report.Problem
		Notes    []report.Problem
		LeftOut  map[string]int `json:"left_out"`
	}
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	for _, p := range doc.Problems {
		got["JSON"] = append(got["JSON"], p.Severity+" "+p.Code+" "+p.Cell)
	}
	if len(doc.Notes) != 6 || doc.LeftOut["REFUSED"] != 1 {
		t.Errorf("JSON has %d notes, left out %v", len(doc.Notes), doc.LeftOut)
	}
	for form, list := range got {
		if !slices.Equal(list, want) {
			t.Errorf("%s has %q\nwant %q", form, list, want)
		}
	}

	folded := doc.Problems[len(doc.Problems)-1]
	if folded.Count != 6 || !slices.Equal(folded.Cells, []string{"F2:F7"}) || !strings.HasPrefix(folded.Message, "6 cells, F2:F7; for example: will be sent as") {
		t.Errorf("folded into %+v", folded)
	}
	b.Reset()
	if err := report.HTML(&b, d, english{t}, templates.Report); err != nil {
		t.Fatal(err)
	}
	inOrder(t, "the page", b.String(), doc.Problems)
	b.Reset()
	if err := report.Text(&b, d, english{t}, report.TextOptions{Problems: 20}); err != nil {
		t.Fatal(err)
	}
	inOrder(t, "the terminal", b.String(), doc.Problems[:len(doc.Problems)-1])
}

// inOrder checks that a text has the messages of findings one after the other.
func inOrder(t *testing.T, form, text string, list []report.Problem) {
	t.Helper()
	if _, table, page := strings.Cut(text, "What needs attention"); page {
		text = table
	}
	for _, p := range list {
		_, after, found := strings.Cut(text, p.Message)
		if !found {
			t.Errorf("%s does not have %q in its place", form, p.Message)
			return
		}
		text = after
	}
}
