package notify

import (
	"slices"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// TestEnvironHasNoSecrets gives a program the facts of two runs, from an environment full of variables that
// it must not get.
func TestEnvironHasNoSecrets(t *testing.T) {
	own := map[string]string{
		"PATH": "/bin", "HOME": "/home/loa", "LANG": "zh_CN.UTF-8", "TZ": "Asia/Shanghai", "TMPDIR": "/var/tmp", "SystemRoot": `C:\Windows`,
		"HTTPS_PROXY": "http://proxy.example.com:3128", "HTTP_PROXY": "http://user:secret@proxy.example.com",
		"ALIBABA_CLOUD_ACCESS_KEY_ID": "secret", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "secret", "ALIBABA_CLOUD_SECURITY_TOKEN": "secret",
		"LOABATCH_PING_URL": "https://hc-ping.com/secret", "LOABATCH_PASSWORD": "secret", "LOABATCH_ON_FINISH": "secret", "LOABATCH_PASSWORD_FILE": "/secret",
		"AWS_SECRET_ACCESS_KEY": "secret", "PGPASSWORD": "secret", "CREDENTIALS_DIRECTORY": "/run/secret", "SSH_AUTH_SOCK": "/secret",
	}
	e := ended("submit", "false", night, 4, nil)
	e.ChangeRef, e.Log, e.Version = "CHG-1", "/var/log/loa.log", "1.2.3"
	e.runs[0] = Run{
		ID: "r1", Input: "/srv/a.xlsx", MovedTo: "/srv/done/a.xlsx", Output: "/srv/a.results-r1.xlsx", Reports: []string{"/srv/a.csv", "/srv/a.html"}, ExitCode: 0,
		Rows: map[Row]int{{batch.Apply, sheet.Submitted}: 20, {batch.Reapply, sheet.Submitted}: 1}, Requests: 30, Retries: 9, Throttled: 2,
	}
	e.runs[1] = Run{Input: "/srv/b\nc.xlsx", ExitCode: 2, Rows: map[Row]int{{batch.Apply, sheet.NotAttempted}: 2}}
	env := e.environ(func(name string) string { return own[name] })
	for _, line := range env {
		if strings.Contains(line, "secret") {
			t.Errorf("a secret is passed on: %s", line)
		}
	}
	want := []string{
		"PATH=/bin", "HOME=/home/loa", "LANG=zh_CN.UTF-8", "TZ=Asia/Shanghai", "TMPDIR=/var/tmp", `SystemRoot=C:\Windows`, "HTTPS_PROXY=http://proxy.example.com:3128",
		"LOABATCH_RUN_COMMAND=submit", "LOABATCH_RUN_EXIT_CODE=4", "LOABATCH_RUN_STARTED_AT=2027-01-15T01:00:00Z", "LOABATCH_RUN_FINISHED_AT=2027-01-15T02:00:00Z",
		"LOABATCH_RUN_DURATION_SECONDS=3600", "LOABATCH_RUN_DRY_RUN=false", "LOABATCH_RUN_SIMULATED=false", "LOABATCH_RUN_CHANGE_REF=CHG-1",
		"LOABATCH_RUN_LOG_FILE=/var/log/loa.log", "LOABATCH_RUN_VERSION=1.2.3", "LOABATCH_RUN_WORKBOOKS=2", "LOABATCH_RUN_ID=r1\n",
		"LOABATCH_RUN_INPUT=/srv/a.xlsx\n/srv/b c.xlsx", "LOABATCH_RUN_MOVED_TO=/srv/done/a.xlsx\n", "LOABATCH_RUN_OUTPUT=/srv/a.results-r1.xlsx\n", "LOABATCH_RUN_EXIT_CODES=0\n2",
		"LOABATCH_RUN_REPORTS=/srv/a.csv\n/srv/a.html", "LOABATCH_RUN_ROWS=23", "LOABATCH_RUN_SUBMITTED=21", "LOABATCH_RUN_NOT_ATTEMPTED=2",
		"LOABATCH_RUN_ALREADY=0", "LOABATCH_RUN_REQUESTS=30", "LOABATCH_RUN_RETRIES=9", "LOABATCH_RUN_THROTTLED=2",
	}
	for _, line := range want {
		if !slices.Contains(env, line) {
			t.Errorf("no %q in %q", line, env)
		}
	}
	if most := len(want) + len(sheet.AllResults) - 3; len(env) != most {
		t.Errorf("%d variables instead of %d: %q", len(env), most, env)
	}
}
