package endtoend_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli"
	"github.com/loabatch/loabatch/batch/simulator"
)

// Before a command begins its run, the first signal ends it at once, no matter what it is
// waiting for.
func TestInterruptedEarly(t *testing.T) {
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "made-up")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "made-up")
	input, err := filepath.Abs("../../../testdata/clean.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		signal os.Signal
		exit   int
		args   []string
		stdout string
	}{
		{os.Interrupt, 130, []string{"submit", "--yes", "--json", "-o", filepath.Join(t.TempDir(), "out.xlsx"), input}, `"exit_code": 130`},
		{syscall.SIGTERM, 143, []string{"status", "-o", filepath.Join(t.TempDir(), "out.xlsx"), input}, ""},
	} {
		signals, left := make(chan os.Signal, 1), make(chan struct{})
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			select {
			case signals <- c.signal:
			case <-left:
			}
			<-left
		}))
		stdout, stderr := temporary(t), temporary(t) // the command that was left may write yet
		got := cli.Run(context.Background(), cli.Env{
			Args:  append(c.args, "--endpoint", server.URL, "--timeout", "1h"),
			Stdin: strings.NewReader(""), Stdout: stdout, Stderr: stderr, Getenv: func(string) string { return "" }, Now: time.Now, Signals: signals,
		})
		printed, document := written(t, stderr), written(t, stdout)
		if got != c.exit || !strings.Contains(printed, "interrupted; nothing was sent") || !strings.Contains(document, c.stdout) {
			t.Errorf("%v: exit %d, want %d: %s%s", c.args, got, c.exit, printed, document)
		}
		close(left)
		server.Close()
	}
}

// A second signal during a run ends it without a copy, and says how to get one from the
// ledger that the run used.
func TestSecondSignal(t *testing.T) {
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "made-up")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "made-up")
	signals := make(chan os.Signal, 2)
	var once sync.Once
	s := simulator.New(simulator.Options{Keys: map[string]string{"made-up": "made-up"}, Script: func(r simulator.Request) (simulator.Fault, bool) {
		if r.API != string(batch.Apply.API()) {
			return simulator.Fault{}, false
		}
		once.Do(func() { signals <- os.Interrupt; signals <- os.Interrupt })
		return simulator.Fault{Kind: "hang"}, true
	}})
	server := httptest.NewServer(s)
	defer server.Close()
	defer s.Close()
	ledger := filepath.Join(t.TempDir(), "ledger.db")
	var stdout, stderr bytes.Buffer
	exit := cli.Run(t.Context(), cli.Env{
		Args:  []string{"submit", "--yes", "--endpoint", server.URL, "--ledger", ledger, "-o", filepath.Join(t.TempDir(), "out.xlsx"), "../../../testdata/clean.xlsx"},
		Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Getenv: func(string) string { return "" }, Now: time.Now, Signals: signals,
	})
	if exit != 130 || !strings.Contains(stderr.String(), "or loabatch report --ledger="+ledger+" ") {
		t.Errorf("exit %d: %s%s", exit, stdout.String(), stderr.String())
	}
}

// Those who follow a command learn that a signal ended it before it began. A signal that
// comes while the program of --on-finish runs ends that program, and changes nothing else.
func TestSignalsAreReported(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no shell: ", err)
	}
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "made-up")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "made-up")
	signals, left, pinged := make(chan os.Signal, 1), make(chan struct{}), make(chan string, 10)
	service := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		select {
		case signals <- syscall.SIGTERM:
		case <-left:
		}
		<-left
	}))
	defer service.Close()
	defer close(left)
	monitor := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { pinged <- r.URL.Path }))
	defer monitor.Close()
	folder := t.TempDir()
	run := func(args ...string) (int, string) {
		stdout, stderr := temporary(t), temporary(t)
		exit := cli.Run(t.Context(), cli.Env{
			Args: append(args, "--ping-url", monitor.URL), Stdin: strings.NewReader(""), Stdout: stdout, Stderr: stderr,
			Getenv: func(string) string { return "" }, Now: time.Now, Signals: signals,
		})
		return exit, written(t, stderr)
	}
	exit, printed := run("submit", "--yes", "--endpoint", service.URL, "--timeout", "1h", "-o", filepath.Join(folder, "out.xlsx"),
		"--on-finish", `sh -c 'echo "code $LOABATCH_RUN_EXIT_CODE of $LOABATCH_RUN_INPUT"'`, "../../../testdata/clean.xlsx")
	if exit != 143 || !strings.Contains(printed, "code 143 of /") || <-pinged != "/start" || <-pinged != "/143" {
		t.Errorf("exit %d: %s", exit, printed)
	}
	begun := filepath.Join(folder, "begun")
	go func() {
		for _, err := os.Stat(begun); err != nil; _, err = os.Stat(begun) {
			time.Sleep(time.Millisecond)
		}
		signals <- os.Interrupt
	}()
	exit, printed = run("submit", "--simulate", "-o", filepath.Join(folder, "out.xlsx"), "--on-finish", "sh -c 'echo >"+begun+"; sleep 600'", "../../../testdata/clean.xlsx")
	if exit != 0 || !strings.Contains(printed, "--on-finish was ended because of a signal") || <-pinged != "/start" || <-pinged != "/0" {
		t.Errorf("exit %d: %s", exit, printed)
	}
}

// temporary is a file to write to.
func temporary(t *testing.T) *os.File {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// written is what a file holds.
func written(t *testing.T, f *os.File) string {
	text, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
