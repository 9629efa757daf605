package cli

import (
	"errors"
	"io"
	"strings"
	"sync"
	"syscall"

	"github.com/spf13/cobra"
)

// stream is standard output or standard error. A pipe that nobody reads, a full disk or a
// closed terminal must not end a run, so a write to it never fails: the first error is
// kept, and what is written after it is dropped.
type stream struct {
	to io.Writer

	mu  sync.Mutex
	err error
}

// Write implements [io.Writer].
func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		_, s.err = s.to.Write(p)
	}
	return len(p), nil
}

// failure returns the first error of a write.
func (s *stream) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// brokenPipe reports whether the reader of a pipe has gone, as head does once it has its
// lines. EPIPE says so on Unix, the others on Windows.
func brokenPipe(err error) bool {
	const (
		windowsBrokenPipe syscall.Errno = 109
		windowsNoData     syscall.Errno = 232
	)
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, windowsBrokenPipe) || errors.Is(err, windowsNoData)
}

// withOutput returns the exit code of a command, given the one of what it did: a document
// that could not be written counts like a copy that could not. Text that a run prints is
// only a summary of its copy, so its loss changes nothing. Other commands do nothing but
// print.
func (a *app) withOutput(cmd *cobra.Command, stdout *stream, code int) int {
	err := stdout.failure()
	switch {
	case err == nil:
		return code
	case a.wantsJSON(cmd):
		a.lines.fail(failure(exitNoCopy, "document-unwritable", err, "reason", cause(err)))
	case brokenPipe(err):
		return code
	case readsWorkbook(cmd) || code != exitOK:
		a.lines.warn("stdout-unwritable", map[string]string{"reason": cause(err)})
		return code
	default:
		a.lines.fail(failure(exitNoCopy, "stdout-unwritable", err, "reason", cause(err)))
	}
	return worst([]inputExit{{code: code}, {code: exitNoCopy}})
}

// readsWorkbook reports whether a command takes workbooks and writes files about them.
func readsWorkbook(cmd *cobra.Command) bool {
	_, operands, _ := strings.Cut(cmd.Use, " ")
	return strings.HasPrefix(operands, "FILE") || cmd.Name() == "report"
}
