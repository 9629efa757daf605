package report_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/templates"
)

func TestSkew(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                               "0 seconds",
		time.Second:                     "1 second",
		-90 * time.Second:               "90 seconds",
		2 * time.Minute:                 "2 minutes",
		23*time.Minute + 40*time.Second: "24 minutes",
		-119 * time.Minute:              "119 minutes",
		9*time.Hour + 10*time.Minute:    "9 hours",
		-365 * 24 * time.Hour:           "365 days",
	} {
		if got := report.Skew(prose.English, d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

// A run that was stopped by a wrong clock says how far off the clock is, in the text, the page and the Summary
// sheet.
func TestStoppedByTheClock(t *testing.T) {
	d := report.Document{Command: "submit", Rows: 1, StopReason: string(batch.StopFatal), StopCode: "InvalidTimeStamp.Expired", AheadSeconds: -1390}
	var text, page bytes.Buffer
	if err := report.Text(&text, d, prose.English, report.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := report.HTML(&page, d, prose.English, templates.Report); err != nil {
		t.Fatal(err)
	}
	want := "clock is 23 minutes behind the service"
	if !strings.Contains(text.String(), want) || !strings.Contains(page.String(), want) {
		t.Errorf("%s\n%s", text.String(), page.String())
	}
}
