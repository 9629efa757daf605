package notify

import (
	"strconv"
	"strings"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// passed are the variables of our own environment that a program gets, if they are set. The list allows
// rather than forbids: credentials have names that nobody can list (each chain, proxy and tool has
// its own), and the variables of our flags may contain a secret URL or password file. A program that
// needs more can be started by a script that sets it.
var passed = []string{
	"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "TZ", "TMPDIR", "TEMP", "TMP",
	"LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "LC_TIME", "LC_NUMERIC", "LC_COLLATE",
	"XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR",
	"SystemRoot", "SystemDrive", "windir", "ComSpec", "PATHEXT", "USERPROFILE", "USERNAME", "COMPUTERNAME",
	"APPDATA", "LOCALAPPDATA", "ProgramData", "ProgramFiles", "ALLUSERSPROFILE", "PUBLIC",
	"INVOCATION_ID", // of the systemd unit: journalctl finds the night by it
}

// proxies are passed if they have no user name or password.
var proxies = []string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"}

// environ is the environment of the program: the passed part of our own, and LOABATCH_RUN_ variables. Lists have one line for each workbook, in the order in which they were
// processed: the first line of each is about the first workbook. Reports are one to a line.
func (e *ending) environ(getenv func(string) string) []string {
	var env []string
	for _, name := range passed {
		if value := getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	for _, name := range proxies {
		if value := getenv(name); value != "" && !strings.Contains(value, "@") {
			env = append(env, name+"="+value)
		}
	}
	set := func(name, value string) {
		// The program could not be started with a NUL.
		env = append(env, "LOABATCH_RUN_"+name+"="+strings.ReplaceAll(value, "\x00", ""))
	}
	count := func(name string, n int) { set(name, strconv.Itoa(n)) }
	set("COMMAND", e.Command)
	count("EXIT_CODE", e.exit)
	set("STARTED_AT", e.Started.UTC().Format(time.RFC3339))
	set("FINISHED_AT", e.finished.UTC().Format(time.RFC3339))
	count("DURATION_SECONDS", int(e.finished.Sub(e.Started)/time.Second))
	set("DRY_RUN", e.DryRun)
	set("SIMULATED", strconv.FormatBool(e.Simulated))
	set("CHANGE_REF", e.ChangeRef)
	set("LOG_FILE", e.Log)
	set("VERSION", e.Version)

	count("WORKBOOKS", len(e.runs))
	set("ID", e.lines(func(r *Run) string { return r.ID }))
	set("INPUT", e.lines(func(r *Run) string { return r.Input }))
	set("MOVED_TO", e.lines(func(r *Run) string { return r.MovedTo }))
	set("OUTPUT", e.lines(func(r *Run) string { return r.Output }))
	set("EXIT_CODES", e.lines(func(r *Run) string { return strconv.Itoa(r.ExitCode) }))
	var reports []string
	for _, r := range e.runs {
		reports = append(reports, r.Reports...)
	}
	set("REPORTS", strings.Join(reports, "\n"))

	rows, total := e.rows(), 0
	for _, result := range sheet.AllResults {
		count(string(result), rows[result])
		total += rows[result]
	}
	count("ROWS", total)
	requests, retries, throttled := e.requests()
	count("REQUESTS", requests)
	count("RETRIES", retries)
	count("THROTTLED", throttled)
	return env
}

// lines has a line for each workbook. A line break in a file name becomes a space, or the lines of
// several lists would no longer match.
func (e *ending) lines(of func(*Run) string) string {
	list := make([]string, len(e.runs))
	for i := range e.runs {
		list[i] = of(&e.runs[i])
		if len(e.runs) > 1 {
			list[i] = strings.ReplaceAll(list[i], "\n", " ")
		}
	}
	return strings.Join(list, "\n")
}
