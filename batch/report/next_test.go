package report_test

import (
	"testing"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// notAllocated is a row that can only wait.
var notAllocated = []report.Application{{Result: sheet.Refused, ErrorCode: batch.CodeCircuitStatus}}

// rejectedLOA is a row whose LOA was rejected before the run.
var rejectedLOA = []report.Application{{Result: sheet.Refused, Reason: string(batch.ReasonLOARejected)}}

func TestNext(t *testing.T) {
	for _, c := range []struct {
		name   string
		doc    report.Document
		want   report.Next
		mended string
	}{
		{"all accepted", report.Document{Command: "submit", Input: "a b.xlsx", Results: report.Results{sheet.Submitted: 2}},
			report.Next{Code: "report-next-status", Command: "status"}, ""},
		{"all accepted by the simulator", report.Document{Command: "submit", Simulated: true, Results: report.Results{sheet.Submitted: 2}},
			report.Next{Code: "report-next-none"}, ""},
		{"some invalid in the simulator", report.Document{Command: "submit", Simulated: true, Results: report.Results{sheet.Submitted: 2, sheet.Invalid: 1}},
			report.Next{Code: "report-next-simulated", Command: "again"}, ""},
		{"some invalid", report.Document{Command: "submit", Results: report.Results{sheet.Submitted: 2, sheet.Invalid: 1}},
			report.Next{Code: "report-next-fix", Command: "again"}, ""},
		{"some failed", report.Document{Command: "submit", Results: report.Results{sheet.Failed: 1}},
			report.Next{Code: "report-next-again", Command: "again"}, ""},
		{"some of both", report.Document{Command: "submit", Results: report.Results{sheet.Refused: 1, sheet.Unknown: 1}},
			report.Next{Code: "report-next-both", Command: "again"}, ""},
		{"none but circuits that are not allocated yet", report.Document{Command: "submit", Results: report.Results{sheet.Submitted: 2, sheet.Refused: 1}, Applications: notAllocated},
			report.Next{Code: "report-next-wait", Command: "again"}, "mended"},
		{"circuits that are not allocated yet, and rejected LOAs", report.Document{Command: "submit", Results: report.Results{sheet.Submitted: 2, sheet.Refused: 2}, Applications: append(rejectedLOA, notAllocated...)},
			report.Next{Code: "report-next-retry", Command: "retry"}, "mended"},
		{"circuits that are not allocated yet, and others", report.Document{Command: "submit", Results: report.Results{sheet.Invalid: 2, sheet.Refused: 1}, Applications: notAllocated},
			report.Next{Code: "report-next-fix-copy", Command: "mended"}, "mended"},
		{"some invalid, in a copy", report.Document{Command: "submit", Results: report.Results{sheet.Submitted: 2, sheet.Invalid: 1}},
			report.Next{Code: "report-next-fix-copy", Command: "mended"}, "mended"},
		{"some of both, in a copy", report.Document{Command: "submit", Results: report.Results{sheet.Refused: 1, sheet.Unknown: 1}},
			report.Next{Code: "report-next-both-copy", Command: "mended"}, "mended"},
		{"invalid by validate, in a copy", report.Document{Command: "validate", DryRun: true, Results: report.Results{sheet.Invalid: 1}},
			report.Next{Code: "report-next-fix-dry-copy", Command: "mended"}, "mended"},
		{"some failed, in a copy", report.Document{Command: "submit", Results: report.Results{sheet.Failed: 1}},
			report.Next{Code: "report-next-again", Command: "again"}, "mended"},
		{"valid by validate", report.Document{Command: "validate", DryRun: true, Results: report.Results{sheet.Valid: 1}},
			report.Next{Code: "report-next-submit", Command: "submit"}, ""},
		{"valid by dry run", report.Document{Command: "submit", DryRun: true, Results: report.Results{sheet.Valid: 1}},
			report.Next{Code: "report-next-submit", Command: "submit"}, ""},
		{"valid by a dry run at the simulator", report.Document{Command: "submit", DryRun: true, Simulated: true, Results: report.Results{sheet.Valid: 1}},
			report.Next{Code: "report-next-simulate", Command: "submit"}, ""},
		{"invalid by validate", report.Document{Command: "validate", DryRun: true, Results: report.Results{sheet.Invalid: 1}},
			report.Next{Code: "report-next-fix-dry", Command: "again"}, ""},
		{"blocked", report.Document{Command: "submit", DryRun: true, Results: report.Results{sheet.Blocked: 1, sheet.Valid: 1}},
			report.Next{Code: "report-next-blocked", Command: "again"}, ""},
		{"blocked, and a circuit without an answer", report.Document{Command: "submit", DryRun: true, Unasked: 1, Results: report.Results{sheet.Blocked: 1, sheet.NotAttempted: 1}},
			report.Next{Code: "report-next-blocked", Command: "again"}, ""},
		{"credentials", report.Document{Command: "submit", StopReason: string(batch.StopFatal), StopCode: "Forbidden.RAM", Results: report.Results{sheet.NotAttempted: 1}},
			report.Next{Code: "report-next-doctor", Command: "doctor"}, ""},
		{"a dry run with unanswered rows", report.Document{Command: "submit", DryRun: true, Unasked: 1, Results: report.Results{sheet.Valid: 1, sheet.NotAttempted: 1}},
			report.Next{Code: "report-next-unasked", Command: "again"}, ""},
		{"a status with unanswered rows", unasked(states("Applying", "")), report.Next{Code: "report-next-unasked", Command: "again"}, ""},
		{"a status without permission", refused(states("")), report.Next{Code: "report-next-doctor", Command: "doctor"}, ""},
		{"some rejected", states("Applying", "Rejected"), report.Next{Code: "report-next-reapply", Command: "reapply"}, ""},
		{"some deleted", states("Applying", "Deleted", "none"), report.Next{Code: "report-next-reapply-deleted", Command: "reapply"}, ""},
		{"some rejected, some deleted", states("Deleted", "Rejected"), report.Next{Code: "report-next-reapply", Command: "reapply"}, ""},
		{"some under review", states("Applying", "Available"), report.Next{Code: "report-next-ask-again", Command: "again"}, ""},
		{"some without, some under review", states("Applying", "none"), report.Next{Code: "report-next-apply", Command: "apply"}, ""},
		{"some without", states("Available", "none"), report.Next{Code: "report-next-apply", Command: "apply"}, ""},
		{"all approved", states("Available"), report.Next{Code: "report-next-none"}, ""},
		{"no copy", report.Document{Command: "submit", Failure: "no space", RunID: "r1", Results: report.Results{sheet.Submitted: 1}},
			report.Next{Code: "report-next-copy", Command: "report"}, ""},
		{"a copy elsewhere", report.Document{Command: "submit", Failure: "no space", Output: "/tmp/out.xlsx", RunID: "r1", Results: report.Results{sheet.Submitted: 1}},
			report.Next{Code: "report-next-copy-elsewhere", Command: "report"}, "mended"},
		{"no copy of a dry run", report.Document{Command: "validate", DryRun: true, Failure: "no space", RunID: "r1", Results: report.Results{sheet.Valid: 1}},
			report.Next{Code: "report-next-copy-dry", Command: "again"}, ""},
	} {
		c.doc.Commands = report.Commands{Again: "again", Mended: c.mended, Submit: "submit", Status: "status", Apply: "apply", Reapply: "reapply", Retry: "retry", Report: "report", Doctor: "doctor"}
		if got := c.doc.Next(); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

// states is the status of some LOAs.
func states(all ...string) report.Document {
	d := report.Document{Command: "status", Input: "in.xlsx", Output: "out.xlsx", Results: report.Results{sheet.Failed: 1}}
	for _, s := range all {
		d.Applications = append(d.Applications, report.Application{LOAStatus: s})
	}
	return d
}

// unasked is a document with a row for which the API gave no answer.
func unasked(d report.Document) report.Document {
	d.Unasked = 1
	return d
}

// refused is a document of a run for which the account has no permission.
func refused(d report.Document) report.Document {
	d.Unasked, d.StopReason, d.StopCode = 1, string(batch.StopFatal), "Forbidden.RAM"
	return d
}
