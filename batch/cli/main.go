// Package cli is the command line: one command per file, exit codes, and the wiring
// of the rooms to one another.
//
// A command is a function of a context and an [Env]; only [Main] touches the
// process's own arguments, streams and signals, so that every command runs in tests
// as it runs at a desk.
//
// The way of a run (submit, validate):
//
//  1. The flags become settings, and every input is read and decoded (input.go)
//     before anything is sent for any of them.
//  2. The service is opened: embedded simulator or cloud, and the ledger (service.go).
//  3. Each input is planned, run and turned into outcomes (run.go).
//  4. Outcomes become the copy, the reports and the document (deliver.go), and those
//     the exit code (exit.go).
//
// Every sentence comes from package prose; lines.go is the one place that prints.
package cli

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/term"
)

// Version is the version that the program tells; the linker sets it for a release.
var Version = "devel"

// Env is everything a command takes from its process.
type Env struct {
	Args    []string // without the program's name
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Getenv  func(string) string
	Now     func() time.Time
	Signals <-chan os.Signal // interrupt and terminate, in order of arrival

	StdinTerminal  bool // a question can be asked
	StdoutTerminal bool // colour may be used
	StderrTerminal bool // a progress bar can be drawn
}

// Main runs the command line of this process and gives its exit code.
func Main() int {
	// The credentials library prints warnings, and output of commands it runs, to standard
	// output, where a program may be reading a document: they go to standard error.
	stdout := os.Stdout
	os.Stdout = os.Stderr
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // nohup ignores it, and that stays so
		signal.Notify(signals, syscall.SIGHUP)
	}
	return Run(context.Background(), Env{
		Args:           os.Args[1:],
		Stdin:          os.Stdin,
		Stdout:         stdout,
		Stderr:         os.Stderr,
		Getenv:         os.Getenv,
		Now:            time.Now,
		Signals:        signals,
		StdinTerminal:  term.IsTerminal(int(os.Stdin.Fd())),
		StdoutTerminal: term.IsTerminal(int(stdout.Fd())),
		StderrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
	})
}
