package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// promised are the keys that scripts rely on.
var promised = map[string][]string{
	"": {"run_id", "command", "dry_run", "exit_code", "input", "input_sha256", "output", "reports", "account", "regions", "rows",
		"results", "requests", "retries", "throttled", "duration_seconds", "problems", "applications"},
	"problems": {"severity", "code", "sheet", "cell", "column", "value", "message", "hint", "suggestion", "circuit"},
	"applications": {"sheet_row", "instance_id", "region_id", "result", "error_code", "message", "request_id", "client_token",
		"attempts", "submitted_at"},
}

func TestJSON(t *testing.T) {
	var b bytes.Buffer
	if err := report.JSON(&b, night()); err != nil {
		t.Fatal(err)
	}
	golden(t, "night.json", b.Bytes())
	var doc map[string]any
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	for list, keys := range promised {
		object := doc
		if list != "" {
			object = doc[list].([]any)[0].(map[string]any)
		}
		for _, k := range keys {
			if _, ok := object[k]; !ok {
				t.Errorf("%s has no key %s", list, k)
			}
		}
	}
}

func TestJSONOfNothing(t *testing.T) {
	var b bytes.Buffer
	if err := report.JSON(&b, report.Document{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "empty.json", b.Bytes())
	if got := strings.ReplaceAll(b.String(), `_at": null`, ""); strings.Contains(got, "null") {
		t.Errorf("a list or an object is null:\n%s", got)
	}
}

func TestResultsHaveEveryWordInOrder(t *testing.T) {
	got, err := json.Marshal(report.Results{sheet.Refused: 2})
	if err != nil {
		t.Fatal(err)
	}
	last := -1
	for _, w := range sheet.AllResults {
		i := strings.Index(string(got), `"`+string(w)+`":`)
		if i <= last {
			t.Errorf("%s is missing or out of order in %s", w, got)
		}
		last = i
	}
	var back report.Results
	if err := json.Unmarshal(got, &back); err != nil || back[sheet.Refused] != 2 || len(back) != len(sheet.AllResults) {
		t.Errorf("read back %v, %v", back, err)
	}
}

func TestJSONRuns(t *testing.T) {
	var b bytes.Buffer
	if err := report.JSONRuns(&b, []report.Document{night(), dry(1)}, 4); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Runs []struct {
			ExitCode int `json:"exit_code"`
		} `json:"runs"`
		ExitCode int `json:"exit_code"`
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Runs) != 2 || got.Runs[0].ExitCode != 4 || got.Runs[1].ExitCode != 3 || got.ExitCode != 4 {
		t.Errorf("got %+v", got)
	}
}

// TestJSONIsTheDocument decodes what is written and compares it with the document, with
// strings that could be taken for the document's own keys.
func TestJSONIsTheDocument(t *testing.T) {
	doc := night()
	doc.Input = `"problems": [] "applications": []`
	doc.Problems[0].Message = `"applications": [] <b>&`
	doc.Applications[0].Message = "\u2028\xff"
	for name, write := range map[string]func(*bytes.Buffer) error{
		"alone":   func(b *bytes.Buffer) error { return report.JSON(b, doc) },
		"of many": func(b *bytes.Buffer) error { return report.JSONRuns(b, []report.Document{doc, {}, doc}, 4) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		var got struct {
			report.Document
			Runs []report.Document
		}
		if err := json.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatalf("%s: %v in %s", name, err, b.Bytes())
		}
		for _, d := range append(got.Runs, got.Document) {
			if d.RunID == "" {
				continue
			}
			rows := doc.Results[sheet.Refused] + doc.Results[sheet.Unknown] // among the problems, and before the note
			if d.Input != doc.Input || len(d.Problems) != len(doc.Problems)+rows || len(d.Applications) != len(doc.Applications) ||
				d.Problems[5].Message != doc.Problems[0].Message || d.Applications[9].InstanceID != doc.Applications[9].InstanceID {
				t.Errorf("%s: the document came back as %+v", name, d)
			}
		}
	}
	if err := report.JSON(full{}, doc); !errors.Is(err, errFull) {
		t.Errorf("got %v, want the writer's error", err)
	}
}

func TestCauses(t *testing.T) {
	doc := night()
	var got []string
	for _, c := range doc.Causes() {
		got = append(got, c.Severity+" "+c.Code+" "+strings.Join(c.Cells, " "))
	}
	want := []string{
		"error circuit-bandwidth-range Circuits!G8 Circuits!G9",
		"error InvalidInstanceId.NotFound Circuits!A10",
		"error (timeout) Circuits!A11",
		"warning engineer-id-check-digit Engineers!D4",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// Rows with one code but different results are different causes, each with its message.
func TestCausesOfOneCode(t *testing.T) {
	doc := report.Document{Command: "submit", Applications: []report.Application{
		row(2, "cn-hangzhou", sheet.Failed, "ServiceUnavailable", "every attempt failed", ""),
		row(3, "cn-hangzhou", sheet.Unknown, "ServiceUnavailable", "it may have arrived", ""),
		row(4, "cn-hangzhou", sheet.Failed, "ServiceUnavailable", "every attempt failed", ""),
	}}
	var got []string
	for _, c := range doc.Causes() {
		got = append(got, fmt.Sprintf("%d %v %s %v", c.Count, c.Varied, c.Message, c.Cells))
	}
	want := []string{"2 false every attempt failed [Circuits!A2 Circuits!A4]", "1 false it may have arrived [Circuits!A3]"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// The causes of a stopped run include the rows that got the fatal answer, but not later ones.
func TestCausesOfAStop(t *testing.T) {
	doc := stopped()
	doc.Applications[4].Reason, doc.Applications[4].ErrorCode = string(batch.ReasonRefusedAll), "Forbidden.RAM"
	causes := doc.Causes()
	if len(causes) != 1 || causes[0].Code != "Forbidden.RAM" || !slices.Equal(causes[0].Cells, []string{"Circuits!A6"}) {
		t.Errorf("%+v", causes)
	}
}

func TestPerRegionAddsUp(t *testing.T) {
	doc := night()
	rows := 0
	for _, r := range doc.PerRegion() {
		sum := 0
		for _, n := range r.Results {
			sum += n
		}
		if sum != r.Rows {
			t.Errorf("%s: results add up to %d of %d rows", r.RegionID, sum, r.Rows)
		}
		rows += r.Rows
	}
	if rows != doc.Rows {
		t.Errorf("regions have %d of %d rows", rows, doc.Rows)
	}
}
