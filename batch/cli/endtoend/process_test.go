package endtoend_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/clitest"
	"github.com/loabatch/loabatch/batch/simulator"
)

// program runs loabatch as a separate process, in a folder with an input in.xlsx.
type program struct {
	*testing.T
	dir  string
	url  string
	sim  *simulator.Simulator
	gate *limited // what applications pass at the service: all of them, unless a test lets fewer through
	env  []string // of its processes, besides that of the test
}

// newProgram makes an input of that many valid rows and serves the API.
func newProgram(t *testing.T, rows int) *program { return newProgramWith(t, rows, nil) }

// newProgramWith has the API answer some requests with faults.
func newProgramWith(t *testing.T, rows int, script func(simulator.Request) (simulator.Fault, bool)) *program {
	p := &program{T: t, dir: t.TempDir()}
	p.serve(simulator.Options{Keys: map[string]string{"id": "secret"}, Quota: -1, Script: script})
	if err := os.WriteFile(p.path("in.xlsx"), clitest.Pack(clitest.Circuits(rows)), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// serve serves the API, with the gate before it.
func (p *program) serve(o simulator.Options) {
	gate, script := newLimited(math.MaxInt), o.Script
	o.Script = func(r simulator.Request) (simulator.Fault, bool) {
		if r.API == string(batch.Apply.API()) {
			gate.pass()
		}
		if script == nil {
			return simulator.Fault{}, false
		}
		return script(r)
	}
	p.gate, p.sim = gate, simulator.New(o)
	p.url = clitest.Serve(p.T, p.sim)
	p.Cleanup(func() { gate.let(math.MaxInt) }) // what is held would keep the service from ending
}

func (p *program) path(name string) string { return filepath.Join(p.dir, name) }

// command is a command in the folder.
func (p *program) command(args ...string) *exec.Cmd {
	cmd := exec.Command("loabatch", args...)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+p.path("state"), "ALIBABA_CLOUD_ACCESS_KEY_ID=id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET=secret")
	cmd.Env = append(cmd.Env, p.env...)
	return cmd
}

// submit is a run that writes out.xlsx.
func (p *program) submit(args ...string) *exec.Cmd {
	return p.command(append([]string{"submit", "--endpoint", p.url, "--yes", "-o", "out.xlsx"}, append(args, "in.xlsx")...)...)
}

// run runs a command and returns its exit code.
func (p *program) run(cmd *exec.Cmd) int {
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.Fatal(err)
	}
	if exit != nil && exit.ExitCode() < 0 {
		p.Errorf("%q: %v", cmd.Args[1:], exit)
	}
	return cmd.ProcessState.ExitCode()
}

// exitCode returns the exit code of a process, -1 if it was killed. Windows then says 1, as the
// program does of internal errors.
func exitCode(s *os.ProcessState) int {
	if runtime.GOOS == "windows" && s.ExitCode() == 1 {
		return -1
	}
	return s.ExitCode()
}

// results counts the results in out.xlsx.
func (p *program) results() map[string]int { return resultsIn(p.T, p.path("out.xlsx")) }

func resultsIn(t *testing.T, path string) map[string]int {
	counts := map[string]int{}
	for _, row := range clitest.Cells(t, path, "Result") {
		counts[row[0]]++
	}
	return counts
}

// unread is the writing end of a pipe that nobody reads.
func unread(t *testing.T) *os.File {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	reader.Close()
	t.Cleanup(func() { writer.Close() })
	return writer
}

// full is a file to which nothing can be written.
func full(t *testing.T) *os.File {
	f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// A run completes, with its copy and its exit code, whatever happens to standard output and
// standard error.
func TestLostOutput(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("needs pipes that break and /dev/full")
	}
	for name, lost := range map[string]func(*testing.T) *os.File{"pipe": unread, "disk": full} {
		t.Run(name, func(t *testing.T) {
			p := newProgram(t, 5)
			out := lost(t)
			var stdout, stderr bytes.Buffer
			for _, c := range []struct {
				name           string
				stdout, stderr io.Writer
				args           []string
				exit           int
				want           string // on the stream that is not lost
			}{
				{"stdout", out, &stderr, nil, 0, ""},
				{"stderr", &stdout, out, []string{"--progress", "bar", "--log-level", "debug"}, 0, "all 5 rows accepted"},
				{"both", out, out, nil, 0, ""},
				{"stderr, JSON", &stdout, out, []string{"--json"}, 0, `"exit_code": 0`},
				{"document", out, &stderr, []string{"--json"}, 8, "cannot write the JSON document"},
				{"document and stderr", out, out, []string{"--json"}, 8, ""},
			} {
				stdout.Reset()
				stderr.Reset()
				os.Remove(p.path("out.xlsx"))
				cmd := p.submit(c.args...)
				cmd.Stdout, cmd.Stderr = c.stdout, c.stderr
				if got := p.run(cmd); got != c.exit {
					t.Errorf("%s: exit %d, want %d: %s", c.name, got, c.exit, &stderr)
				}
				if printed := stdout.String() + stderr.String(); !strings.Contains(printed, c.want) || strings.Contains(printed, "internal error") {
					t.Errorf("%s: printed %q", c.name, printed)
				}
				if got := p.results(); got["SUBMITTED"]+got["ALREADY"] != 5 {
					t.Errorf("%s: the copy has %v", c.name, got)
				}
			}
		})
	}
}

// A reader of standard error that does not read delays a run only briefly.
func TestStalledReader(t *testing.T) {
	t.Parallel()
	p := newProgram(t, 1200)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	defer writer.Close()
	cmd := p.submit("--log-format", "json", "--rate", "100000/1s")
	var stdout bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, writer
	time.AfterFunc(5*time.Minute, func() { cmd.Process.Kill() })
	if got := p.run(cmd); got != 0 || !strings.Contains(stdout.String(), "all 1,200 rows accepted") {
		t.Errorf("exit %d: %s", got, &stdout)
	}
	if got := p.results(); got["SUBMITTED"] != 1200 {
		t.Errorf("the copy has %v", got)
	}
}

// Commands that only print fail if the disk is full, but not if their reader stops reading.
func TestLostPrint(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("needs pipes that break and /dev/full")
	}
	p := newProgram(t, 1)
	if got := p.run(p.submit()); got != 0 {
		t.Fatalf("exit %d", got)
	}
	for _, args := range [][]string{{"history"}, {"explain"}, {"version"}, {"--help"}, {"template", "-o", "-"}} {
		var stderr bytes.Buffer
		cmd := p.command(args...)
		cmd.Stdout, cmd.Stderr = full(t), &stderr
		if got := p.run(cmd); got != 8 || !strings.Contains(stderr.String(), "cannot write to standard output: no space left on device") {
			t.Errorf("%v on a full disk: exit %d: %s", args, got, &stderr)
		}
		stderr.Reset()
		cmd = p.command(args...)
		cmd.Stdout, cmd.Stderr = unread(t), &stderr
		if got := p.run(cmd); got != 0 || stderr.Len() > 0 {
			t.Errorf("%v into a pipe without a reader: exit %d: %s", args, got, &stderr)
		}
	}
}

// during starts a run, calls a function once the first row was accepted and before any other is, and returns the
// exit code and what the run printed.
func (p *program) during(cmd *exec.Cmd, do func()) (exit int, printed string) {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	p.gate.let(1)
	if err := cmd.Start(); err != nil {
		p.Fatal(err)
	}
	time.AfterFunc(5*time.Minute, func() { cmd.Process.Kill() })
	p.until("the first row", func() bool { return p.sim.Stats().Accepted > 0 })
	do()
	p.gate.let(math.MaxInt)
	_ = cmd.Wait() // the exit code says it
	return cmd.ProcessState.ExitCode(), out.String()
}

// A log file that can no longer be written is reported once, and by the summary, and the run
// goes on.
func TestLostLog(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("needs /dev/full and files that can be removed while they are open")
	}
	full(t) // skips without one
	for _, c := range []struct {
		path, reason string
		during       func(*program)
	}{
		{"/dev/full", "no space left on device", func(*program) {}},
		{"log.json", "no such file or directory", func(p *program) { os.Remove(p.path("log.json")) }},
	} {
		p := newProgram(t, 8)
		exit, printed := p.during(p.submit("--log-file", c.path, "--log-format", "json", "--rate", "8/1s", "--burst", "1"), func() { c.during(p) })
		lost := "the log file " + c.path + " can no longer be written: " + c.reason
		if exit != 0 || strings.Count(printed, "warning: "+lost) != 1 || strings.Count(printed, "log     "+lost) != 1 {
			t.Errorf("exit %d: %s", exit, printed)
		}
		if got := p.results(); got["SUBMITTED"]+got["ALREADY"] != 8 {
			t.Errorf("the copy has %v", got)
		}
	}
	p := newProgram(t, 8)
	var stdout bytes.Buffer
	cmd := p.submit("--json", "--log-file", "/dev/full", "--log-format", "json")
	cmd.Stdout = &stdout
	if got := p.run(cmd); got != 0 || !strings.Contains(stdout.String(), `"log_failure": "the log file /dev/full`) {
		t.Errorf("exit %d: %s", got, &stdout)
	}
}

// A file that someone puts in the place of the copy during a run is kept: the copy is written
// to its second place.
func TestCopyPlaceTakenDuringTheRun(t *testing.T) {
	t.Parallel()
	p := newProgram(t, 40)
	exit, printed := p.during(p.submit("--rate", "40/2s", "--burst", "1", "--report", "csv"), func() {
		for _, name := range []string{"out.xlsx", "out.csv"} {
			if err := os.WriteFile(p.path(name), []byte("mine"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	})
	if exit != 8 || !strings.Contains(printed, "someone else changed or created the file there during the run") {
		t.Errorf("exit %d: %s", exit, printed)
	}
	for _, name := range []string{"out.xlsx", "out.csv"} {
		if got, err := os.ReadFile(p.path(name)); string(got) != "mine" {
			t.Errorf("%s was replaced, %v", name, err)
		}
	}
	second, _ := filepath.Glob(p.path("out.*-2.xlsx"))
	if len(second) != 1 {
		t.Fatalf("copies in the second place: %v", second)
	}
	if err := os.Rename(second[0], p.path("out.xlsx")); err != nil {
		t.Fatal(err)
	}
	if got := p.results(); got["SUBMITTED"] != 40 {
		t.Errorf("the copy has %v", got)
	}
}

// A signal during a run starts nothing new, finishes what is in flight, and leaves a copy
// with every row. SIGHUP, the end of the terminal, stops nothing.
func TestSignals(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("needs signals")
	}
	for _, c := range []struct {
		signal syscall.Signal
		exit   int
	}{
		{syscall.SIGINT, 130}, {syscall.SIGQUIT, 131}, {syscall.SIGABRT, 134}, {syscall.SIGTERM, 143}, {syscall.SIGHUP, 0},
	} {
		t.Run(c.signal.String(), func(t *testing.T) {
			t.Parallel()
			p := newProgram(t, 40)
			cmd := p.submit("--rate", "40/2s", "--burst", "1")
			exit, printed := p.during(cmd, func() {
				if err := cmd.Process.Signal(c.signal); err != nil {
					t.Fatal(err)
				}
			})
			if exit != c.exit || strings.Contains(printed, "goroutine") {
				t.Errorf("exit %d, want %d: %s", exit, c.exit, printed)
			}
			counts := p.results()
			if got := counts["SUBMITTED"]; got != p.sim.Stats().Accepted || got+counts["NOT_ATTEMPTED"] != 40 || (got == 40) != (c.exit == 0) {
				t.Errorf("%d accepted, and the copy has %v", p.sim.Stats().Accepted, counts)
			}
		})
	}
}
