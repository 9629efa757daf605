package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// lines is the one place that prints to people. What was asked for goes to stdout,
// everything else to stderr. A message starts in lower case and has no full stop; the hint
// below it says what to do next. Every sentence comes from the catalogue by its code, and
// what it quotes from a workbook or the environment is made printable.
type lines struct {
	out, err io.Writer
	words    *prose.Catalogue
	color    bool
	quiet    bool
	columns  func() int // of standard error, 0 if it is not a terminal; may be nil
}

func newLines(env Env, c *prose.Catalogue) *lines {
	var columns func() int
	if env.StderrTerminal {
		columns = func() int { columns, _ := env.size(); return columns }
	}
	return &lines{out: env.Stdout, err: env.Stderr, words: c, color: env.StderrTerminal && env.Getenv("NO_COLOR") == "", columns: columns}
}

// configure applies the flags that every command has.
func (l *lines) configure(f commonFlags) error {
	switch f.color {
	case "always":
		l.color = true
	case "never":
		l.color = false
	case "auto":
	default:
		return failure(exitUsage, "choice", nil, "flag", "color", "value", f.color, "choices", "auto, always, never")
	}
	if c, ok := prose.For(f.lang); ok {
		l.words = c
	} else if f.lang != "" {
		return failure(exitUsage, "choice", nil, "flag", "lang", "value", f.lang, "choices", strings.Join(prose.Languages(), ", "))
	}
	l.quiet = f.quiet
	return nil
}

// fail prints an error that ended the command.
func (l *lines) fail(err error) {
	var files fileErrors
	var own *exitError
	var input *sheet.InputError
	switch {
	case errors.As(err, &files):
		for _, f := range files {
			l.fail(f.err)
		}
	case errors.As(err, &own):
		l.print("error", own.code, own.args)
	case errors.As(err, &input):
		for _, p := range input.Problems {
			message, hint := l.words.Problem(p)
			if file := p.Arg("file"); file != "" {
				message = file + ": " + message
			}
			l.write("error", message, hint)
		}
	default:
		l.print("error", "internal", map[string]string{"reason": err.Error()})
	}
}

// remarks prints, before anything is sent, how an input's copy will differ from what its
// owner may expect.
func (l *lines) remarks(in *input) {
	for _, p := range in.remarks {
		if l.quiet && p.Severity < sheet.Warning {
			continue
		}
		message, hint := l.words.Problem(p)
		l.write(p.Severity.String(), in.path+": "+message, hint)
	}
}

// warn prints a warning; note prints a note and say a plain line, unless --quiet.
func (l *lines) warn(code string, args map[string]string) { l.print("warning", code, args) }

func (l *lines) note(code string, args map[string]string) {
	if !l.quiet {
		l.print("note", code, args)
	}
}

func (l *lines) say(code string, args map[string]string) {
	if !l.quiet {
		l.print("", code, args)
	}
}

func (l *lines) print(kind, code string, args map[string]string) {
	message, hint := l.words.Render(code, args)
	l.write(kind, message, hint)
}

// write prints a message and its hint in one write, so no progress bar comes in between.
func (l *lines) write(kind, message, hint string) {
	columns := 0
	if l.columns != nil {
		columns = l.columns()
	}
	text := report.Printable(message)
	if kind != "" {
		text = l.paint(kind, kind+":") + " " + text
	}
	text = report.Wrap(text, columns, 2) + "\n"
	if hint != "" {
		text += wrapHint(report.Printable(hint), columns)
	}
	fmt.Fprint(l.err, text)
}

// wrapHint wraps a hint. A command at its end that does not fit beside the rest gets a line
// of its own and is not broken, so it can be copied.
func wrapHint(hint string, columns int) string {
	const command = ": loabatch "
	if i := strings.LastIndex(hint, command); i >= 0 && columns > 0 && report.Width(hint)+2 > columns {
		return report.Wrap("  "+hint[:i+1], columns, 2) + "\n    " + hint[i+2:] + "\n"
	}
	return report.Wrap("  "+hint, columns, 2) + "\n"
}

func (l *lines) paint(kind, text string) string {
	if !l.color {
		return text
	}
	color := "33"
	if kind == "error" {
		color = "31"
	}
	return "\x1b[1;" + color + "m" + text + "\x1b[0m"
}

// number formats a number for the catalogue.
func number(n int) string { return strconv.Itoa(n) }

// count is a number as an argument of the catalogue.
func count(name string, n int) sheet.Arg { return sheet.Arg{Name: name, Value: strconv.Itoa(n)} }

// stream is standard output or standard error. A pipe that nobody reads, a full disk or a
// closed terminal must not end a run, so a write to it never fails: the first error is
// kept, and what is written after it is dropped.
type stream struct {
	to      io.Writer
	patient bool // waits for as long as the reader takes; otherwise for stalled at most

	mu      sync.Mutex
	err     error
	pending chan error // of a write that the reader still holds up; else nil
	shown   string     // the last line of the terminal, which show replaces; empty for none
}

// stalled is how long standard error may hold up a run: a program that started it may not
// read its messages, or someone may have stopped the terminal. What is written until the
// reader goes on is dropped. Standard output is what was asked for: it may wait.
const stalled = 5 * time.Second

// Write implements [io.Writer].
func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shown == "" {
		return s.write(p)
	}
	_, _ = s.write([]byte(erase(s.shown) + string(p) + s.shown)) // it does not fail
	return len(p), nil
}

// show replaces the line that was shown last, which stays below whatever is written.
func (s *stream) show(line string) {
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
func (s *stream) write(p []byte) (int, error) {
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
func (s *stream) heldUp() bool {
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
		if len(a.recordedRuns) > 0 {
			a.lines.fail(failure(exitNoCopy, "document-unwritable", err, "reason", cause(err), "command", strings.Join(a.recordedRuns, "; ")))
		} else {
			a.lines.fail(failure(exitNoCopy, "document-unwritable-again", err, "reason", cause(err)))
		}
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
