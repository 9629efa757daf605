package report_test

import (
	"testing"

	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

func TestNext(t *testing.T) {
	submit := []string{"submit", "--yes", "a b.xlsx"}
	for _, c := range []struct {
		name string
		doc  report.Document
		want report.Next
	}{
		{"all accepted", report.Document{Command: "submit", Input: "a b.xlsx", Invocation: submit, Results: report.Results{sheet.Submitted: 2}},
			report.Next{Code: "report-next-status", Command: `loabatch status "a b.xlsx"`}},
		{"all accepted by the simulator", report.Document{Command: "submit", Simulated: true, Invocation: submit, Results: report.Results{sheet.Submitted: 2}},
			report.Next{Code: "report-next-none"}},
		{"some invalid in the simulator", report.Document{Command: "submit", Simulated: true, Invocation: submit, Results: report.Results{sheet.Submitted: 2, sheet.Invalid: 1}},
			report.Next{Code: "report-next-simulated", Command: `loabatch submit --yes "a b.xlsx"`}},
		{"some invalid", report.Document{Command: "submit", Invocation: submit, Results: report.Results{sheet.Submitted: 2, sheet.Invalid: 1}},
			report.Next{Code: "report-next-fix", Command: `loabatch submit --yes "a b.xlsx"`}},
		{"some failed", report.Document{Command: "submit", Invocation: submit, Results: report.Results{sheet.Failed: 1}},
			report.Next{Code: "report-next-again", Command: `loabatch submit --yes "a b.xlsx"`}},
		{"some of both", report.Document{Command: "submit", Invocation: submit, Results: report.Results{sheet.Refused: 1, sheet.Unknown: 1}},
			report.Next{Code: "report-next-both", Command: `loabatch submit --yes "a b.xlsx"`}},
		{"valid by validate", report.Document{Command: "validate", DryRun: true, Invocation: []string{"validate", "--strict", "$x.xlsx"}, Results: report.Results{sheet.Valid: 1}},
			report.Next{Code: "report-next-submit", Command: `loabatch submit --strict '$x.xlsx'`}},
		{"valid by dry run", report.Document{Command: "submit", DryRun: true, Invocation: []string{"submit", "--dry-run=online", "it's.xlsx"}, Results: report.Results{sheet.Valid: 1}},
			report.Next{Code: "report-next-submit", Command: `loabatch submit "it's.xlsx"`}},
		{"invalid by validate", report.Document{Command: "validate", DryRun: true, Invocation: []string{"validate", "a.xlsx"}, Results: report.Results{sheet.Invalid: 1}},
			report.Next{Code: "report-next-fix-dry", Command: "loabatch validate a.xlsx"}},
		{"blocked", report.Document{Command: "submit", DryRun: true, Invocation: []string{"submit", "--dry-run=online", "a.xlsx"}, Results: report.Results{sheet.Blocked: 1, sheet.Valid: 1}},
			report.Next{Code: "report-next-blocked", Command: "loabatch submit --dry-run=online a.xlsx"}},
		{"credentials", report.Document{Command: "submit", ExitCode: 6, StopCode: "Forbidden.RAM", Invocation: submit, Results: report.Results{sheet.NotAttempted: 1}},
			report.Next{Code: "report-next-doctor", Command: "loabatch doctor"}},
		{"a dry run that was not told all", report.Document{Command: "submit", DryRun: true, ExitCode: 5, Invocation: []string{"submit", "--dry-run=online", "a.xlsx"}, Results: report.Results{sheet.Valid: 1, sheet.NotAttempted: 1}},
			report.Next{Code: "report-next-unasked", Command: "loabatch submit --dry-run=online a.xlsx"}},
		{"a status that was not told all", ending(5, "", states("Applying", "")), report.Next{Code: "report-next-unasked", Command: "loabatch status in.xlsx"}},
		{"a status without permission", ending(6, "Forbidden.RAM", states("")), report.Next{Code: "report-next-doctor", Command: "loabatch doctor"}},
		{"some rejected", states("Applying", "Rejected"), report.Next{Code: "report-next-reapply", Command: "loabatch submit --reapply out.xlsx"}},
		{"some under review", states("Applying", "none"), report.Next{Code: "report-next-ask-again", Command: "loabatch status in.xlsx"}},
		{"some without", states("Available", "none"), report.Next{Code: "report-next-apply", Command: "loabatch submit out.xlsx"}},
		{"all approved", states("Available"), report.Next{Code: "report-next-none"}},
		{"no copy", report.Document{Command: "submit", ExitCode: 8, RunID: "r1", Invocation: submit, Results: report.Results{sheet.Submitted: 1}},
			report.Next{Code: "report-next-copy", Command: "loabatch report r1"}},
	} {
		if got := c.doc.Next(); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

// A suggested command goes where the run went, and writes nowhere the run wrote.
func TestNextKeepsWhereTheRunWent(t *testing.T) {
	run := []string{"submit", "--yes", "--endpoint", "http://127.0.0.1:9", "--ledger=my ledger.db", "--profile", "night",
		"--expect-account=1", "--region", "cn-hangzhou", "--timezone=Asia/Shanghai", "-o", "out.xlsx", "in.xlsx"}
	const (
		to       = `--endpoint http://127.0.0.1:9 "--ledger=my ledger.db" --profile night --expect-account=1`
		workbook = ` --region cn-hangzhou --timezone=Asia/Shanghai `
	)
	accepted := report.Document{Command: "submit", Input: "in.xlsx", RunID: "r1", Results: report.Results{sheet.Submitted: 1}}
	fatal, unwritten := accepted, accepted
	fatal.ExitCode, fatal.StopCode = 6, "Forbidden.RAM"
	unwritten.ExitCode = 8
	for _, c := range []struct {
		doc  report.Document
		want string
	}{
		{accepted, "loabatch status " + to + workbook + "in.xlsx"},
		{fatal, "loabatch doctor " + to},
		{unwritten, `loabatch report "--ledger=my ledger.db" r1`},
		{states("Rejected"), "loabatch submit " + to + workbook + "--reapply out.xlsx"},
		{states("none"), "loabatch submit " + to + workbook + "out.xlsx"},
	} {
		c.doc.Invocation = run
		if got := c.doc.Next().Command; got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
	last := accepted
	last.Invocation = []string{"submit", "in.xlsx", "--", "--ledger"}
	if got := last.Next().Command; got != "loabatch status in.xlsx" {
		t.Errorf("after the end of the flags: %s", got)
	}
}

// states is the status of some LOAs.
func states(all ...string) report.Document {
	d := report.Document{Command: "status", Input: "in.xlsx", Output: "out.xlsx", Invocation: []string{"status", "in.xlsx"}, Results: report.Results{sheet.Failed: 1}}
	for _, s := range all {
		d.Applications = append(d.Applications, report.Application{LOAStatus: s})
	}
	return d
}

// ending is a document with an exit code and the API's error code behind it.
func ending(exit int, code string, d report.Document) report.Document {
	d.ExitCode, d.StopCode = exit, code
	return d
}
