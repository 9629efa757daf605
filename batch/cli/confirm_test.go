package cli

import (
	"bytes"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/loabatch/loabatch/batch/cli/prose"
)

// asking is an app on a terminal whose person types the answer, or sends the signal.
func asking(stdin io.Reader, signal os.Signal) (*app, *bytes.Buffer) {
	signals := make(chan os.Signal, 1)
	if signal != nil {
		signals <- signal
	}
	var shown bytes.Buffer
	env := Env{Stdin: stdin, Stderr: &shown, Signals: signals, StdinTerminal: true, Getenv: func(string) string { return "" }}
	return &app{env: env, lines: newLines(env, prose.English)}, &shown
}

func TestConfirm(t *testing.T) {
	for _, c := range []struct {
		answer string
		exit   int
	}{
		{"y\n", exitOK}, {"YES\n", exitOK}, {" y \n", exitOK}, {"n\n", exitUsage}, {"\n", exitUsage}, {"", exitUsage}, {"yes please\n", exitUsage},
	} {
		a, shown := asking(strings.NewReader(c.answer), nil)
		if got := exitOf(a.confirm(false, 12, "1234", "the VPC API")); got != c.exit {
			t.Errorf("answer %q: exit %d, want %d", c.answer, got, c.exit)
		}
		if !strings.Contains(shown.String(), "submit 12 applications as account 1234 to the VPC API?") {
			t.Errorf("asked %q", shown)
		}
	}
}

func TestConfirmOne(t *testing.T) {
	a, shown := asking(strings.NewReader("y\n"), nil)
	if err := a.confirm(false, 1, "1234", "the VPC API"); err != nil || !strings.Contains(shown.String(), "submit 1 application as") {
		t.Errorf("asked %q: %v", shown, err)
	}
}

// An interrupt ends the wait for an answer that does not come.
func TestConfirmInterrupted(t *testing.T) {
	for signal, exit := range map[os.Signal]int{os.Interrupt: exitInterrupted, syscall.SIGTERM: exitTerminated, syscall.SIGHUP: exitTerminated} {
		silent, hold := io.Pipe()
		a, _ := asking(silent, signal)
		if got := exitOf(a.confirm(false, 1, "1234", "the VPC API")); got != exit {
			t.Errorf("%v: exit %d, want %d", signal, got, exit)
		}
		hold.Close()
	}
}

func TestConfirmNeedsATerminalOrYes(t *testing.T) {
	a, _ := asking(strings.NewReader("y\n"), nil)
	a.env.StdinTerminal = false
	if got := exitOf(a.confirm(false, 1, "1234", "the VPC API")); got != exitUsage {
		t.Errorf("without a terminal: exit %d, want %d", got, exitUsage)
	}
	if err := a.confirm(true, 1, "1234", "the VPC API"); err != nil {
		t.Errorf("with --yes: %v", err)
	}
}
