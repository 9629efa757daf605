package notify

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// OnFinishLimit is how long the program may run. By default systemd and Kubernetes kill what has not
// stopped 90 s and 30 s after they asked, and both times can be set: a minute is enough for a mail
// or a few copies. Anything longer can go on in the background.
const OnFinishLimit = time.Minute

// pipeDelay is how long the output of a program is still read after it has ended, since what it started
// in the background may keep it open for ever.
const pipeDelay = 2 * time.Second

// Errors of a command line.
var (
	ErrNoCommand  = errors.New("there is no command")
	ErrNeedsShell = errors.New("the command needs a shell")
)

// Errors of a program that was ended.
var (
	errLate        = errors.New("the program took too long")
	errInterrupted = errors.New("interrupted by a signal")
)

// ParseCommand splits a command line into words, as the system's own shell would: quotes and backslashes
// as in POSIX, or on Windows as its programs do. Nothing else is interpreted: the error is
// ErrNeedsShell if a shell would do more than that (a pipe, a redirection, a variable, a pattern, a
// second command), so the program does not get arguments that nobody meant. To use a shell, name it:
// sh -c '…'.
func ParseCommand(line string) ([]string, error) {
	if strings.TrimSpace(line) == "" {
		return nil, ErrNoCommand
	}
	words, err := splitCommand(line)
	if err == nil && words[0] == "" {
		return nil, ErrNoCommand
	}
	return words, err
}

// runCommand runs a program in its own process group with the given environment, which tells it what it
// needs to know. Its output goes to out; it has no input. At the limit, and when ctx ends, it is
// killed with everything that it has started. The code is -1 if it was killed or could not be
// started.
func runCommand(ctx context.Context, words, env []string, out io.Writer, limit time.Duration) (code int, err error) {
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(bounded, words[0], words[1:]...)
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = env, out, out, pipeDelay
	g := newGroup(cmd)
	defer g.close()
	cmd.Cancel = g.kill
	if err := cmd.Start(); err != nil {
		return -1, err
	}
	g.started()
	err = cmd.Wait()
	code = cmd.ProcessState.ExitCode()
	switch {
	case err == nil:
		return code, nil
	case ctx.Err() != nil:
		return code, errInterrupted
	case bounded.Err() != nil:
		return code, errLate
	case errors.Is(err, exec.ErrWaitDelay): // it succeeded; something in the background goes on
		return code, nil
	}
	return code, err
}

// commandFailure says why a program failed.
func commandFailure(err error) Failure {
	switch {
	case errors.Is(err, errLate):
		return Failure{Code: "on-finish-late", Args: map[string]string{"seconds": strconv.Itoa(int(OnFinishLimit / time.Second))}}
	case errors.Is(err, errInterrupted):
		return Failure{Code: "on-finish-interrupted"}
	case errors.Is(err, exec.ErrNotFound):
		return Failure{Code: "on-finish-failed", Args: map[string]string{"reason": "cause-no-program"}}
	case errors.Is(err, exec.ErrDot):
		return Failure{Code: "on-finish-failed", Args: map[string]string{"reason": "cause-program-here"}}
	case errors.Is(err, errNotProgram):
		return Failure{Code: "on-finish-failed", Args: map[string]string{"reason": "cause-not-program"}}
	}
	return Failure{"on-finish-failed", map[string]string{}, err}
}
