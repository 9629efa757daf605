// Package console is what the commands write to people and to logs while they run. It
// knows nothing of commands and flags, and its data flows one way: package cli tells it
// what happens, and reads back only what could not be written.
//
//   - [Lines] prints messages to standard error, sentences of the catalogue (lines.go).
//   - [Stream] is an output whose loss stops nothing (stream.go).
//   - [Progress] shows how far a run has got, below the messages (progress.go).
//   - [RunLog] writes the events of a run for programs (runlog.go), into standard error or
//     a [LogFile] (logfile.go).
package console

import (
	"fmt"
	"io"
	"strings"

	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/report"
)

// Lines prints messages to people on standard error; what was asked for goes to standard
// output instead. A message starts in lower case and has no full stop; the hint below it
// says what to do next. Every sentence comes from the catalogue by its code, and what it
// quotes from a workbook or the environment is made printable.
type Lines struct {
	Words *prose.Catalogue
	Color bool
	Quiet bool // print warnings and errors only

	err    *Stream
	screen Screen
}

// Screen is what standard error can show.
type Screen struct {
	Terminal bool // it is a terminal
	Dumb     bool // its cursor cannot be moved
	Color    bool

	Size func() (columns, rows int) // of the terminal, at the moment; 0 if unknown; may be nil
}

// columns returns the width of the terminal, 0 if it is unknown.
func (s Screen) columns() int {
	if s.Size == nil {
		return 0
	}
	columns, _ := s.Size()
	return columns
}

// New returns the lines of a command whose standard error is err.
func New(err io.Writer, words *prose.Catalogue, screen Screen) *Lines {
	stream, ok := err.(*Stream)
	if !ok {
		stream = NewStream(err)
	}
	return &Lines{Words: words, Color: screen.Color, err: stream, screen: screen}
}

// Error prints an error.
func (l *Lines) Error(code string, args map[string]string) { l.print("error", code, args) }

// Warn prints a warning.
func (l *Lines) Warn(code string, args map[string]string) { l.print("warning", code, args) }

// Note prints a note, unless the lines are quiet.
func (l *Lines) Note(code string, args map[string]string) {
	if !l.Quiet {
		l.print("note", code, args)
	}
}

// Say prints a plain line, without a kind, unless the lines are quiet.
func (l *Lines) Say(code string, args map[string]string) {
	if !l.Quiet {
		l.print("", code, args)
	}
}

func (l *Lines) print(kind, code string, args map[string]string) {
	message, hint := l.Words.Render(code, args)
	l.Write(kind, message, hint)
}

// Write prints a message and its hint, which are already rendered. It does so in one write,
// so no progress bar comes in between. kind is error, warning, note or empty.
func (l *Lines) Write(kind, message, hint string) {
	columns := 0
	if l.screen.Terminal {
		columns = l.screen.columns()
	}
	text := report.Printable(message)
	if kind != "" {
		label := l.Words.Colon(l.Words.Line("report-severity-"+kind), "")
		colon := strings.TrimRight(label, " ")
		text = l.paint(kind, colon) + label[len(colon):] + text
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
	if i := strings.LastIndex(hint, "loabatch "); i >= 0 && columns > 0 && report.Width(hint)+2 > columns {
		if lead := strings.TrimRight(hint[:i], " "); strings.HasSuffix(lead, ":") || strings.HasSuffix(lead, "：") {
			return report.Wrap("  "+lead, columns, 2) + "\n    " + hint[i:] + "\n"
		}
	}
	return report.Wrap("  "+hint, columns, 2) + "\n"
}

func (l *Lines) paint(kind, text string) string {
	if !l.Color {
		return text
	}
	color := "33"
	if kind == "error" {
		color = "31"
	}
	return "\x1b[1;" + color + "m" + text + "\x1b[0m"
}
