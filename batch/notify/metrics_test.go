package notify

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

var night = time.Date(2027, 1, 15, 1, 0, 0, 0, time.UTC)

// ended is a command that ended an hour after its start.
func ended(command, dryRun string, started time.Time, exit int, rows map[Row]int) *ending {
	return &ending{
		Facts: Facts{Command: command, DryRun: dryRun, Started: started}, exit: exit, finished: started.Add(time.Hour),
		runs: []Run{{Rows: rows, Requests: 7, Retries: 2, Throttled: 1}, {Rows: rows, Requests: 3}},
		uses: []quota.Use{{Key: quota.Key{Scope: "real:1", Region: "cn-hangzhou", API: "ApplyPhysicalConnectionLOA"}, Rate: quota.DefaultRate, Peak: 42},
			{Key: quota.Key{Scope: "real:2", Region: "cn-hangzhou", API: "ApplyPhysicalConnectionLOA"}, Rate: quota.DefaultRate, Peak: 41}},
	}
}

func readMetrics(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func wantLines(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if no, unwanted := strings.CutPrefix(line, "!"); unwanted {
			if strings.Contains(text, no) {
				t.Errorf("found %q", no)
			}
		} else if !strings.Contains("\n"+text, "\n"+line+"\n") {
			t.Errorf("no line %q in\n%s", line, text)
		}
	}
}

// TestMetricsOverNights follows one file over a night that succeeds, one that fails, one that is
// killed, and commands beside them.
func TestMetricsOverNights(t *testing.T) {
	path := filepath.Join(t.TempDir(), "loabatch.prom")
	step := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	const series = `{command="submit",mode="real"} `
	first := ended("submit", "false", night, 0, map[Row]int{{batch.Apply, sheet.Submitted}: 20, {batch.Reapply, sheet.Already}: 3})
	step(writeStart(path, first.Facts))
	wantLines(t, readMetrics(t, path), "loabatch_last_start_timestamp_seconds"+series+"1.7999748e+09", "!last_end", "!last_success")
	step(writeEnd(path, first))
	wantLines(t, readMetrics(t, path),
		"loabatch_last_start_timestamp_seconds"+series+"1.7999748e+09", "loabatch_last_end_timestamp_seconds"+series+"1.7999784e+09",
		"loabatch_last_success_timestamp_seconds"+series+"1.7999784e+09", "loabatch_exit_code"+series+"0", "loabatch_duration_seconds"+series+"3600",
		"loabatch_workbooks"+series+"2", "loabatch_requests"+series+"10", "loabatch_retries"+series+"2", "loabatch_throttled"+series+"1",
		`loabatch_rows{command="submit",mode="real",operation="apply",result="SUBMITTED"} 40`,
		`loabatch_rows{command="submit",mode="real",operation="apply",result="REFUSED"} 0`,
		`loabatch_rows{command="submit",mode="real",operation="reapply",result="ALREADY"} 6`,
		`loabatch_quota_peak_requests{api="ApplyPhysicalConnectionLOA",command="submit",mode="real",region="cn-hangzhou"} 42`,
		`loabatch_quota_limit_requests{api="ApplyPhysicalConnectionLOA",command="submit",mode="real",region="cn-hangzhou"} 300`,
		`loabatch_quota_window_seconds{api="ApplyPhysicalConnectionLOA",command="submit",mode="real",region="cn-hangzhou"} 60`,
	)
	// A night that fails keeps the last success, and nothing else.
	second := ended("submit", "false", night.Add(24*time.Hour), 4, map[Row]int{{batch.Apply, sheet.Invalid}: 1})
	second.uses = nil
	step(writeStart(path, second.Facts))
	wantLines(t, readMetrics(t, path), "loabatch_last_start_timestamp_seconds"+series+"1.8000612e+09", "loabatch_last_end_timestamp_seconds"+series+"1.7999784e+09")
	step(writeEnd(path, second))
	wantLines(t, readMetrics(t, path), "loabatch_last_success_timestamp_seconds"+series+"1.7999784e+09", "loabatch_exit_code"+series+"4", "!reapply", "!quota_",
		`loabatch_rows{command="submit",mode="real",operation="apply",result="SUBMITTED"} 0`, `loabatch_rows{command="submit",mode="real",operation="apply",result="INVALID"} 2`)
	// Other commands and trials have their own series.
	step(writeEnd(path, ended("status", "false", night.Add(30*time.Hour), 0, nil)))
	step(writeEnd(path, ended("submit", "online", night.Add(31*time.Hour), 0, map[Row]int{{batch.Apply, sheet.Valid}: 5})))
	third := ended("submit", "false", night.Add(48*time.Hour), 0, nil)
	step(writeStart(path, third.Facts)) // and is killed
	text := readMetrics(t, path)
	wantLines(t, text, "loabatch_last_start_timestamp_seconds"+series+"1.8001476e+09", "loabatch_last_end_timestamp_seconds"+series+"1.8000648e+09", "loabatch_exit_code"+series+"4",
		"loabatch_last_success_timestamp_seconds"+series+"1.7999784e+09", `loabatch_exit_code{command="status",mode="real"} 0`,
		`loabatch_rows{command="submit",mode="dry-run",operation="apply",result="VALID"} 10`)
	if strings.Count(text, "# HELP loabatch_exit_code ") != 1 {
		t.Errorf("a metric appears twice:\n%s", text)
	}
	if problems, err := promlint.New(strings.NewReader(text)).Lint(); err != nil || len(problems) > 0 {
		t.Errorf("promtool would say %v, %v", problems, err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if !IsMetrics(f) {
		t.Error("the file is not recognised as ours")
	}
	if info, err := f.Stat(); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if names, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(names) > 0 {
		t.Errorf("left behind: %q", names)
	}
}

func TestIsMetrics(t *testing.T) {
	for text, want := range map[string]bool{
		"":                                       false,
		"x":                                      false,
		"node_load1 0.5\nloabatch_exit_code 0\n": false,
		"PK\x03\x04workbook":                     false,
		"# a comment\n":                          false,
		"# TYPE loabatch_exit_code gauge\nloabatch_exit_code{command=\"submit\"} 0\n": true,
	} {
		if got := IsMetrics(strings.NewReader(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestDamagedMetricsAreReplaced: what cannot be read is not kept, and a folder that cannot be
// written is an error.
func TestDamagedMetricsAreReplaced(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "loabatch.prom")
	if err := os.WriteFile(path, []byte("loabatch_exit_code{command=\"sub"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writeEnd(path, ended("submit", "false", night, 0, nil)); err != nil {
		t.Fatal(err)
	}
	wantLines(t, readMetrics(t, path), `loabatch_exit_code{command="submit",mode="real"} 0`)
	if err := writeEnd(filepath.Join(dir, "away", "x.prom"), ended("submit", "false", night, 0, nil)); err == nil {
		t.Error("no error for a folder that is not there")
	}
}
