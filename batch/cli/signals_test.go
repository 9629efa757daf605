package cli

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// While a command has not begun its run, the first signal ends it at once, whatever it
// waits for.
func TestInterruptedEarly(t *testing.T) {
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "made-up")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "made-up")
	input, err := filepath.Abs("../../testdata/clean.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		signal os.Signal
		exit   int
		args   []string
		stdout string
	}{
		{os.Interrupt, exitInterrupted, []string{"submit", "--yes", "--json", "-o", filepath.Join(t.TempDir(), "out.xlsx"), input}, `"exit_code": 130`},
		{syscall.SIGTERM, exitTerminated, []string{"status", "-o", filepath.Join(t.TempDir(), "out.xlsx"), input}, ""},
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
		got := Run(context.Background(), Env{
			Args:  append(c.args, "--endpoint", server.URL, "--timeout", "1h"),
			Stdin: strings.NewReader(""), Stdout: stdout, Stderr: stderr, Getenv: func(string) string { return "" }, Now: time.Now, Signals: signals,
		})
		told, document := written(t, stderr), written(t, stdout)
		if got != c.exit || !strings.Contains(told, "interrupted; nothing was sent") || !strings.Contains(document, c.stdout) {
			t.Errorf("%v: exit %d, want %d: %s%s", c.args, got, c.exit, told, document)
		}
		close(left)
		server.Close()
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
