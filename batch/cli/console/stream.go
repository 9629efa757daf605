package console

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/report"
)

// Stream is standard output or standard error. A pipe that nobody reads, a full disk or a
// closed terminal must not end a run, so writing never fails: the first error is
// kept, and everything after it is dropped.
type Stream struct {
	to      io.Writer
	patient bool // waits for as long as the reader takes; otherwise for stalled at most

	mu      sync.Mutex
	err     error
	pending chan error // of a write that the reader still holds up; else nil
	shown   string     // the last line of the terminal, which show replaces; empty for none
}

// NewStream returns standard error, which waits for its reader for a few seconds only.
func NewStream(to io.Writer) *Stream { return &Stream{to: to} }

// NewPatient returns standard output, which waits for as long as its reader takes.
func NewPatient(to io.Writer) *Stream { return &Stream{to: to, patient: true} }

// stalled is how long standard error may hold up a run: a program that started it may not
// read its messages, or someone may have stopped the terminal. What is written until the
// reader goes on is dropped. Standard output is what was asked for: it may wait.
const stalled = 5 * time.Second

// Write implements [io.Writer].
func (s *Stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shown == "" {
		return s.write(p)
	}
	_, _ = s.write([]byte(erase(s.shown) + string(p) + s.shown)) // it does not fail
	return len(p), nil
}

// show replaces the line that was shown last, which stays below whatever is written.
func (s *Stream) show(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if line == s.shown {
		return
	}
	text := erase(s.shown) + line
	if gap := report.Width(s.shown) - report.Width(line); line != "" && gap <= 0 {
		text = "\r" + line // covers the old one without a flicker
	}
	_, _ = s.write([]byte(text)) // it does not fail
	s.shown = line
}

// erase returns what clears a line on any terminal, and leaves the cursor at its start.
func erase(line string) string {
	if line == "" {
		return ""
	}
	return "\r" + strings.Repeat(" ", report.Width(line)) + "\r"
}

// write writes as Write does. The caller holds the mutex.
func (s *Stream) write(p []byte) (int, error) {
	if s.err != nil || s.heldUp() {
		return len(p), nil
	}
	if _, file := s.to.(*os.File); s.patient || !file {
		_, s.err = s.to.Write(p)
		return len(p), nil
	}
	text, ended := bytes.Clone(p), make(chan error, 1)
	go func() {
		defer batch.Guard(func(err error) { ended <- err })
		_, err := s.to.Write(text)
		ended <- err
	}()
	select {
	case s.err = <-ended:
	case <-time.After(stalled):
		s.pending = ended
	}
	return len(p), nil
}

// heldUp reports whether an earlier write has not ended yet.
func (s *Stream) heldUp() bool {
	if s.pending == nil {
		return false
	}
	select {
	case s.err = <-s.pending:
		s.pending = nil
	default:
	}
	return s.pending != nil || s.err != nil
}

// Err returns the first error of a write.
func (s *Stream) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// BrokenPipe reports whether the reader of a pipe has gone, as head does once it has its
// lines. EPIPE says so on Unix, the others on Windows.
func BrokenPipe(err error) bool {
	const (
		windowsBrokenPipe syscall.Errno = 109
		windowsNoData     syscall.Errno = 232
	)
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, windowsBrokenPipe) || errors.Is(err, windowsNoData)
}
