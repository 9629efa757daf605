//go:build unix

package notify

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestParseCommand checks that the words of a line are those of a shell, and that a line is refused if a
// shell would do anything else with it.
func TestParseCommand(t *testing.T) {
	for line, want := range map[string][]string{
		"mail-report":                          {"mail-report"},
		" /opt/tell  --to=ops@example.com x ":  {"/opt/tell", "--to=ops@example.com", "x"},
		`tell "two words" 'and $HOME' a\ b`:    {"tell", "two words", "and $HOME", "a b"},
		`sh -c 'echo "$LOABATCH_RUN_ID" | x'`:  {"sh", "-c", `echo "$LOABATCH_RUN_ID" | x`},
		`tell "a \"b\" \\ \$c \d" ""`:          {"tell", `a "b" \ $c \d`, ""},
		`tell '*' "?" \[ \~ a~ {a,b} "~" x'y'`: {"tell", "*", "?", "[", "~", "a~", "{a,b}", "~", "xy"},
		"tell a \\\nb":                         {"tell", "a", "b"},
	} {
		if got, err := ParseCommand(line); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v, want %q", line, got, err, want)
		}
	}
	for _, line := range []string{
		"a | b", "a; b", "a && b", "a > out", "a 2>&1", "a <in", "a &", "a $HOME", `a "$HOME"`, "a `b`", "a $(b)", `a "$(b)"`, "X=1 a", "X=1",
		"! a", "(a)", "{ a; }", "if a; then b; fi", "a *.xlsx", "a ?", "a [ab]", "~/a", "a ~/b", "a 'b", `a "b`, "a\nb", "# a", "a() { b; }", "a $((1))",
	} {
		if got, err := ParseCommand(line); !errors.Is(err, ErrNeedsShell) {
			t.Errorf("%s: %q, %v", line, got, err)
		}
	}
	for _, line := range []string{"", " \t", `""`, `'' x`} {
		if got, err := ParseCommand(line); !errors.Is(err, ErrNoCommand) {
			t.Errorf("%q: %q, %v", line, got, err)
		}
	}
}

func TestRunCommand(t *testing.T) {
	var out bytes.Buffer
	run := func(limit time.Duration, words ...string) (int, error) {
		out.Reset()
		return runCommand(t.Context(), words, []string{"PATH=" + os.Getenv("PATH"), "LOABATCH_RUN_ID=r"}, &out, limit)
	}
	if code, err := run(time.Minute, "sh", "-c", "echo to stdout; echo to stderr >&2; env; cat"); code != 0 || err != nil {
		t.Errorf("%d, %v", code, err)
	}
	for _, want := range []string{"to stdout\n", "to stderr\n", "LOABATCH_RUN_ID=r\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %q", want, out.String())
		}
	}
	if code, err := run(time.Minute, "sh", "-c", "exit 3"); code != 3 || commandFailure(err).Code != "on-finish-failed" {
		t.Errorf("%d, %v", code, err)
	}
	code, err := run(time.Minute, "there-is-no-such-program")
	if f := commandFailure(err); code != -1 || f.Args["reason"] != "cause-no-program" {
		t.Errorf("%d, %v, %v", code, err, f)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("script", []byte("neither\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if code, err := run(time.Minute, "./script"); code != -1 || commandFailure(err).Args["reason"] != "cause-not-program" {
		t.Errorf("%d, %v", code, err)
	}
	begun := time.Now()
	if code, err := run(time.Minute, "sh", "-c", "sleep 30 & exit 0"); code != 0 || err != nil || time.Since(begun) > 20*time.Second {
		t.Errorf("with something in the background: %d, %v after %v", code, err, time.Since(begun))
	}
}

// TestProgramHere refuses a program that only the current folder has, unless its path is given.
func TestProgramHere(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("tell", []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if code, err := runCommand(t.Context(), []string{"./tell"}, nil, io.Discard, time.Minute); code != 0 || err != nil {
		t.Errorf("%d, %v", code, err)
	}
	t.Setenv("PATH", ".")
	code, err := runCommand(t.Context(), []string{"tell"}, nil, io.Discard, time.Minute)
	if f := commandFailure(err); code != -1 || f.Args["reason"] != "cause-program-here" {
		t.Errorf("%d, %v, %v", code, err, f)
	}
}

// TestCommandIsEndedWithItsChildren: at the limit, nothing is left of the program and of what it
// started, even if it ignores signals. The limit is raised until the machine has started all of it by then.
func TestCommandIsEndedWithItsChildren(t *testing.T) {
	for name, c := range map[string]struct {
		interrupt bool
		want      error
	}{"limit": {false, errLate}, "signal": {true, errInterrupted}} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			file := filepath.Join(t.TempDir(), "pid")
			ready := func() bool { content, _ := os.ReadFile(file); return bytes.HasSuffix(content, []byte("\n")) }
			if c.interrupt {
				go func() {
					for !ready() && ctx.Err() == nil {
						time.Sleep(time.Millisecond)
					}
					cancel()
				}()
			}
			for limit := time.Second; !ready(); limit *= 2 {
				if c.interrupt {
					limit = 5 * time.Minute
				}
				begun := time.Now()
				code, err := runCommand(ctx, []string{"sh", "-c", "trap '' TERM INT HUP; sh -c 'trap \"\" TERM; echo $$ >" + file + "; sleep 600' & wait; sleep 600"},
					[]string{"PATH=" + os.Getenv("PATH")}, &bytes.Buffer{}, limit)
				if code != -1 || !errors.Is(err, c.want) || time.Since(begun) > 5*time.Minute {
					t.Fatalf("%d, %v after %v", code, err, time.Since(begun))
				}
			}
			child := 0
			content, _ := os.ReadFile(file)
			for _, digit := range strings.TrimSpace(string(content)) {
				child = 10*child + int(digit-'0')
			}
			for deadline := time.Now().Add(time.Minute); alive(child); time.Sleep(10 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("the child %d goes on", child)
				}
			}
		})
	}
}

// alive reports whether a process runs; a zombie does not.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || !strings.Contains(string(stat), ") Z ")
}
