// Package notify reports to others how a command goes that nobody watches: by pinging a
// service, by running a program when the command has ended, and by a file of metrics.
//
//   - Each is done once for each command, however many workbooks it processes.
//   - None of it delays what the command does, or changes its exit code. What fails is
//     reported when the command has ended, and logged.
//   - Others get counts, times and paths: no personal data, no circuit IDs, no credentials.
//
// A [Monitor] has one command's facts, from its flags to its exit code. The three ways are
// in ping.go, command.go and metrics.go; environ.go has what the program finds in its
// environment.
package notify

import (
	"context"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

// Facts are what is known of a command before it has done anything.
type Facts struct {
	Command   string
	DryRun    string // false, offline or online
	Simulated bool
	ChangeRef string
	Log       string // path of the log file; may be empty
	Version   string // of the program
	Inputs    []string
	Started   time.Time
}

// Trial reports whether the command sends nothing.
func (f Facts) Trial() bool { return f.mode() != modeReal }

// Run is how the run over one workbook ended.
type Run struct {
	ID       string // empty if the workbook could not be read
	Input    string
	MovedTo  string // where the workbook is now, if it was moved
	Output   string // path of the copy; empty without one
	Reports  []string
	ExitCode int

	Rows                         map[Row]int
	Requests, Retries, Throttled int
}

// Row is what rows are counted by.
type Row struct {
	Operation batch.Operation
	Result    sheet.Result
}

// Failure is why something could not be reported: a code of the catalogue and its arguments. It never
// has the URL that is pinged, which is a secret. Err, if it is not nil, is an error of the
// operating system, for {reason}.
type Failure struct {
	Code string
	Args map[string]string
	Err  error
}

// Options say how to report.
type Options struct {
	OnFinish []string // the program and its arguments; empty for none
	Ping     *url.URL // nil for none
}

// Monitor has the facts of one command and reports them. The zero Monitor reports nothing. It
// is safe for concurrent use, since a command that was abandoned may still run.
type Monitor struct {
	mu      sync.Mutex
	begun   bool
	facts   Facts
	options Options
	metrics string // path; "" for none
	runs    []Run
	uses    []quota.Use
	log     *slog.Logger
	ping    *pinger
	failed  []Failure
}

// Begin sets what is known of the command and how to report it, and pings that it has
// started, in the background.
func (m *Monitor) Begin(f Facts, o Options) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.begun, m.facts, m.options = true, f, o
	if o.Ping != nil {
		m.ping = newPinger(o.Ping, f.Version)
		m.ping.start()
	}
}

// Begun reports whether Begin was called.
func (m *Monitor) Begun() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.begun
}

// Log has later failures written to a log.
func (m *Monitor) Log(log *slog.Logger) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.log = log
}

// Metrics has the metrics written to the file at a path, which the caller knows may be
// replaced: now when the command started, and by Finish how it ended.
func (m *Monitor) Metrics(path string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.metrics = path
	if err := writeStart(path, m.facts); err != nil {
		m.failed = append(m.failed, Failure{"metrics-failed", map[string]string{"file": path}, err})
	}
}

// Add adds the run over one workbook.
func (m *Monitor) Add(r Run) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.runs = append(m.runs, r)
}

// Moved says that a workbook whose run was added is somewhere else now.
func (m *Monitor) Moved(input, to string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range slices.Backward(m.runs) {
		if m.runs[i].Input == input {
			m.runs[i].MovedTo = to
			return
		}
	}
}

// Used adds what was used of quotas. What was said of the same quota before counts, too.
func (m *Monitor) Used(uses []quota.Use) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, u := range uses {
		i := slices.IndexFunc(m.uses, func(known quota.Use) bool { return known.Key == u.Key })
		if i < 0 {
			m.uses = append(m.uses, u)
			continue
		}
		m.uses[i].Peak = max(m.uses[i].Peak, u.Peak)
	}
}

// Finish reports how the command ended, and returns what went wrong with that. The
// metrics are written first, for the program to find; while the program runs, what it prints
// goes to out. Finish takes no longer than OnFinishLimit and pingLimit together; if ctx ends,
// it ends the program and returns at once.
func (m *Monitor) Finish(ctx context.Context, exit int, now time.Time, environ func(string) string, out io.Writer) []Failure {
	m.mu.Lock()
	defer m.mu.Unlock()
	failed := m.failed
	if len(m.runs) == 0 { // the command ended before any began
		for _, path := range m.facts.Inputs {
			m.runs = append(m.runs, Run{Input: path, ExitCode: exit})
		}
	}
	end := ending{Facts: m.facts, exit: exit, finished: now, runs: m.runs, uses: m.uses}
	if m.metrics != "" {
		said := slices.ContainsFunc(failed, func(f Failure) bool { return f.Code == "metrics-failed" })
		if err := writeEnd(m.metrics, &end); err != nil && !said {
			failed = append(failed, Failure{"metrics-failed", map[string]string{"file": m.metrics}, err})
		}
	}
	if m.ping != nil {
		m.ping.end(exit)
	}
	if len(m.options.OnFinish) > 0 {
		started := time.Now()
		code, err := runCommand(ctx, m.options.OnFinish, end.environ(environ), out, OnFinishLimit)
		if err != nil {
			failed = append(failed, commandFailure(err))
		}
		m.note("on-finish ended", err != nil, slog.Int("exit_code", code), slog.Int64("duration_ms", time.Since(started).Milliseconds()))
	}
	if m.ping != nil {
		lost := m.ping.wait(ctx)
		failed = append(failed, lost...)
		m.note("ping ended", len(lost) > 0, slog.String("host", m.options.Ping.Hostname()), slog.Int("failures", len(lost)))
	}
	return failed
}

// note writes an event to the log. The caller holds the mutex.
func (m *Monitor) note(event string, wrong bool, attrs ...slog.Attr) {
	if m.log == nil {
		return
	}
	level := slog.LevelInfo
	if wrong {
		level = slog.LevelWarn
	}
	m.log.LogAttrs(context.Background(), level, event, attrs...)
}

// ending is everything that is known of a command at its end.
type ending struct {
	Facts
	exit     int
	finished time.Time
	runs     []Run
	uses     []quota.Use
}

// rows counts the rows of all workbooks by result.
func (e *ending) rows() map[sheet.Result]int {
	counts := map[sheet.Result]int{}
	for _, r := range e.runs {
		for row, n := range r.Rows {
			counts[row.Result] += n
		}
	}
	return counts
}

// requests adds up the requests of all runs.
func (e *ending) requests() (requests, retries, throttled int) {
	for _, r := range e.runs {
		requests, retries, throttled = requests+r.Requests, retries+r.Retries, throttled+r.Throttled
	}
	return requests, retries, throttled
}
