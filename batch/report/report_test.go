package report_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// english is the real catalogue: the goldens are what people read.
type english struct{ t *testing.T }

func (e english) For(code, command string) string { return prose.English.For(code, command) }

func (e english) Line(code string, args ...sheet.Arg) string {
	if _, ok := prose.English.Entry(code); !ok && strings.HasPrefix(code, "report-") {
		e.t.Errorf("the catalogue has no entry %s", code)
	}
	return prose.English.Line(code, args...)
}

func (e english) Vocabulary() sheet.Language { return sheet.English }

// golden compares output with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (run with -update to accept):\n%s", path, got)
	}
}

// at is a cell of the Circuits sheet.
func at(row, col int) sheet.Ref { return sheet.Ref{Sheet: "Circuits", Row: row, Col: col} }

// problem is a rendered problem.
func problem(s sheet.Severity, code string, ref sheet.Ref, column, value, message, hint string) report.Problem {
	return report.NewProblem(sheet.Problem{Code: code, Severity: s, At: ref, Column: column, Value: value}, message, hint)
}

// row is a rendered outcome.
func row(n int, region string, r sheet.Result, code, message, hint string) report.Application {
	o := batch.Outcome{
		Row: n, Key: batch.Key{Region: region, InstanceID: "pc-" + region + string(rune('a'+n))},
		Result: r, ErrorCode: code, Reason: batch.ReasonAccepted,
	}
	if r == sheet.Submitted {
		o.RequestID = "0F9C4D2A-0000-0000-0000-00000000000" + string(rune('0'+n%10))
		o.Token, o.Attempts = "5f0c7a52-0000-5000-8000-00000000000"+string(rune('0'+n%10)), 1
		o.SubmittedAt = time.Date(2026, 11, 24, 2, 0, n, 0, time.UTC)
	}
	return report.NewApplication(&o, at(n, 1), message, hint)
}

// count counts the results of rows.
func count(rows []report.Application) report.Results {
	r := report.Results{}
	for _, a := range rows {
		r[a.Result]++
	}
	return r
}

// night is a nightly run with some of everything.
func night() report.Document {
	d := report.Document{
		RunID: "20261124T020000Z-7f3a", Command: "submit", ExitCode: 4, Version: "v1.0.0",
		Input: "applications.xlsx", InputSHA256: strings.Repeat("0f", 32), Output: "applications.results-20261124T020000Z-7f3a.xlsx",
		Account: "1234567890123456", Regions: []string{"ap-southeast-1", "cn-hangzhou"},
		Requests: 9, Retries: 1, Throttled: 1, DurationSeconds: 63.4,
		StartedAt:  report.Instant{Time: time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)},
		FinishedAt: report.Instant{Time: time.Date(2026, 11, 24, 2, 1, 3, 0, time.UTC)},
		Commands:   report.Commands{Again: "loabatch submit --yes applications.xlsx", Report: "loabatch report 20261124T020000Z-7f3a", Doctor: "loabatch doctor"},
	}
	for n := 2; n < 8; n++ {
		d.Applications = append(d.Applications, row(n, "cn-hangzhou", sheet.Submitted, "", "accepted", ""))
	}
	d.Applications = append(d.Applications,
		row(8, "cn-hangzhou", sheet.Invalid, "circuit-bandwidth-range", "bandwidth 20480 is above 10240", ""),
		row(9, "ap-southeast-1", sheet.Invalid, "circuit-bandwidth-range", "bandwidth 1 is below 2", ""),
		row(10, "ap-southeast-1", sheet.Refused, "InvalidInstanceId.NotFound", "the API knows no such circuit", "Check the instance ID and its region."),
		row(11, "ap-southeast-1", sheet.Unknown, "(timeout)", "no answer within 15s", "Run it again."),
	)
	d.Rows, d.Results = len(d.Applications), count(d.Applications)
	d.Problems = []report.Problem{
		problem(sheet.Note, "circuit-time-echo", at(2, 6), "Construction time (UTC)", "2027-01-15", "will be sent as 2027-01-15T00:00:00Z", ""),
		problem(sheet.Error, "circuit-bandwidth-range", at(8, 7), "Bandwidth (Mbit/s)", "20480", "bandwidth 20480 is above 10240", "Write a whole number from 2 to 10240."),
		problem(sheet.Error, "circuit-bandwidth-range", at(9, 7), "Bandwidth (Mbit/s)", "1", "bandwidth 1 is below 2", "Write a whole number from 2 to 10240."),
		problem(sheet.Warning, "engineer-id-check-digit", sheet.Ref{Sheet: "Engineers", Row: 4, Col: 4}, "Certificate number", "99**************17", "the check digit does not fit", "Compare it with the certificate."),
	}
	return d
}

// dry is the document of validate: nothing sent, no copy.
func dry(invalid int) report.Document {
	d := report.Document{Command: "validate", DryRun: true, DryRunMode: "offline", Input: "my circuits.xlsx", DurationSeconds: 0.04,
		Commands: report.Commands{Again: `loabatch validate "my circuits.xlsx"`, Submit: `loabatch submit "my circuits.xlsx"`}}
	for n := 2; n < 42; n++ {
		r := sheet.Valid
		if n-2 < invalid {
			r = sheet.Invalid
			d.Problems = append(d.Problems, problem(sheet.Error, "circuit-region-missing", at(n, 2), "Region ID", "", "the region is missing", "Write the region's ID, or give --region."))
		}
		d.Applications = append(d.Applications, row(n, "cn-shanghai", r, "", "", ""))
	}
	d.Rows, d.Results = len(d.Applications), count(d.Applications)
	if invalid > 0 {
		d.ExitCode = 3
	}
	return d
}

// done is a simulated run without failures.
func done() report.Document {
	d := dry(0)
	d.Command, d.DryRun, d.DryRunMode, d.Simulated = "submit", false, "", true
	d.RunID, d.Output, d.Requests = "20261124T020000Z-7f3a", "my circuits.results-20261124T020000Z-7f3a.xlsx", 40
	for i := range d.Applications {
		d.Applications[i].Result = sheet.Submitted
	}
	d.Results = count(d.Applications)
	return d
}

// stopped is a run that a run-fatal answer ended.
func stopped() report.Document {
	d := night()
	d.ExitCode, d.StopReason, d.StopCode = 6, "stop-fatal", "Forbidden.RAM"
	for i := range d.Applications[3:] {
		a := &d.Applications[3+i]
		a.Result, a.ErrorCode, a.Message, a.Reason = sheet.NotAttempted, "", "the run stopped before its turn", string(batch.ReasonStopped)
	}
	d.Problems, d.Results = nil, count(d.Applications)
	return d
}

// status is the document of a status command.
func status() report.Document {
	d := night()
	d.Command, d.ExitCode, d.Requests, d.Retries, d.Throttled, d.Problems = "status", 0, 0, 0, 0, nil
	d.Commands.Reapply = "loabatch submit --reapply applications.results-20261124T020000Z-7f3a.xlsx"
	states := []string{"Applying", "Available", "none", "Rejected", "Novel"}
	for i := range d.Applications {
		d.Applications[i].LOAStatus = states[i%len(states)]
	}
	d.Applications[2].LOAStatus = "" // it names no region
	return d
}
