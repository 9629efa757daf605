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
	"fmt"
	"io"
	"os"
	"os/signal"
	"path"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/loabatch/loabatch/batch/cli/prose"
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

// await gives the error that a command ended with. Until the command follows the signals
// itself, the first one leaves it where it is: it has sent nothing and writes nothing.
func (a *app) await(ended <-chan error) (err error, left bool) {
	select {
	case err := <-ended:
		return err, false
	case <-a.taken:
		return <-ended, false
	case s := <-a.env.Signals:
		return failure(signalExit(s), "left-early", nil), true
	}
}

// leave tells that a command was left where it is, and gives the exit code. The command
// may still be at work, so nothing of it is touched.
func leave(env Env, err error) int {
	a := &app{env: env, lines: newLines(env, prose.English)}
	a.lines.fail(err)
	cmd, flags, wrong := a.root().Find(env.Args)
	if wrong == nil && cmd.ParseFlags(flags) == nil && a.wantsJSON(cmd) {
		a.printUnfinished(cmd, err) // where it cannot be written, standard error has said it all
	}
	return exitOf(err)
}

// signals gives a command the signals to follow.
func (a *app) signals() <-chan os.Signal {
	a.taking.Do(func() {
		if a.taken != nil {
			a.taken <- struct{}{}
		}
	})
	return a.env.Signals
}

// interruption follows the signals of a run: the first closes drain (start nothing
// new, finish what is in flight), the second ends ctx (leave at once).
type interruption struct {
	drain  chan struct{}
	exit   atomic.Int32 // the exit code of the first signal, or 0
	cancel context.CancelFunc
	done   chan struct{}
}

// watchSignals begins to follow the signals; stop ends it.
func (a *app) watchSignals(ctx context.Context) (context.Context, *interruption) {
	ctx, cancel := context.WithCancel(ctx)
	i := &interruption{drain: make(chan struct{}), cancel: cancel, done: make(chan struct{})}
	go i.follow(a, a.signals())
	return ctx, i
}

func (i *interruption) follow(a *app, signals <-chan os.Signal) {
	for n := 1; ; n++ {
		select {
		case <-i.done:
			return
		case s := <-signals:
			if n > 1 {
				a.lines.warn("signal-second", nil)
				i.cancel()
				return
			}
			i.exit.Store(int32(signalExit(s)))
			a.lines.warn("signal-first", nil)
			close(i.drain)
		}
	}
}

func (i *interruption) stop() {
	close(i.done)
	i.cancel()
}

func signalExit(s os.Signal) int {
	if s == syscall.SIGTERM || s == syscall.SIGHUP {
		return exitTerminated
	}
	return exitInterrupted
}

// panicked makes a panic the internal error that it is, with its place for whoever mends
// it: a person is shown no stack trace, and no value that may be personal.
func panicked(p any) error {
	reason := fmt.Sprintf("%T", p)
	if fault, ok := p.(runtime.Error); ok {
		reason = fault.Error()
	}
	return failure(exitInternal, "internal", nil, "reason", reason+", "+panicPlace())
}

// panicPlace is the nearest line of this module to the panic that is being recovered.
func panicPlace() string {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers)])
	below := false
	for {
		frame, more := frames.Next()
		switch {
		case frame.Function == "runtime.gopanic" || frame.Function == "runtime.sigpanic":
			below = true
		case below && strings.Contains(frame.Function, "/loabatch/"):
			return fmt.Sprintf("%s:%d", path.Base(frame.File), frame.Line)
		}
		if !more {
			return "place unknown"
		}
	}
}
