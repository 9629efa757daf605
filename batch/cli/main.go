// Package cli is the command line: the commands, the exit codes, and the wiring of the
// other packages.
//
// A command is a function of a context and an [Env]; only [Main] touches the process's
// own arguments, streams and signals, so tests run every command as the program does.
//
// Each command has a file, which registers its flags. Those that take workbooks then proceed
// alike (process.go):
//
//  1. The flags become settings (flags.go and flags_*.go), every input is read and decoded
//     (package book), and what will be written is held against the inputs (package files), before
//     anything is sent for any of them.
//  2. The service, which is the cloud or the embedded simulator, and the ledger are opened
//     (service.go, package ledgers).
//  3. Each input is planned and run, which yields an outcome for each row (run.go; hosts.go
//     where several hosts share the run).
//  4. The outcomes become the document, the copy, the reports and the exit code (document.go,
//     deliver.go, copy.go, package exit), and the commands to run next (suggest.go). The ledger
//     keeps what makes a finished run again (past.go, package record).
//
// Every sentence comes from package prose. Package console prints it, and nothing that
// happens to the terminal, the streams or the log stops a run; console.go wires it. A panic
// in any goroutine ends a run cleanly (app.panicked).
package cli

import (
	"context"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/console"
	"github.com/loabatch/loabatch/batch/cli/database"
	"github.com/loabatch/loabatch/batch/cli/desktop"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/locale"
	"github.com/loabatch/loabatch/batch/cli/password"
)

// Version is the version of the program; the linker sets it for a release.
var Version = "devel"

// Env is everything a command takes from its process.
type Env struct {
	Args    []string // without the program's name
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Getenv  func(string) string
	Environ func() []string // NAME=VALUE each; may be nil
	Now     func() time.Time
	Signals <-chan os.Signal // those of exit.Signals and SIGHUP, in order of arrival

	StdinTerminal  bool // a question can be asked
	StdoutTerminal bool // colour may be used
	StderrTerminal bool // a progress bar can be drawn
	NoEscapes      bool // a terminal shows escape sequences as text

	Password func() (string, error) // reads a line that the terminal does not show; nil without one

	Language string // of the user, as the system names it; empty where variables do

	Size func() (columns, rows int) // of the terminal, at the moment; 0 if unknown; may be nil

	Program    string                  // path of the program
	Open       func(path string) error // shows a file to a person at this machine; nil without one
	OwnConsole bool                    // the console closes with this process
	Key        func()                  // waits until a key is pressed
}

// hidePasswords removes the passwords of databases from the arguments and our own variables, so
// they can never be printed.
func (e *Env) hidePasswords() *database.Secrets {
	secrets, getenv := &database.Secrets{}, e.Getenv
	e.Getenv = func(name string) string {
		if !strings.HasPrefix(name, envPrefix) || name == password.Variable {
			return getenv(name)
		}
		if name == variable(ledgerFlag) {
			return secrets.HideLedger(getenv(name))
		}
		return secrets.Hide(getenv(name))
	}
	e.Args = secrets.HideArguments(e.Args)
	return secrets
}

// environ lists the variables of the environment.
func (e Env) environ() []string {
	if e.Environ == nil {
		return nil
	}
	return e.Environ()
}

// size returns the size of the terminal, or 0 if it is unknown.
func (e Env) size() (columns, rows int) {
	if e.Size == nil {
		return 0, 0
	}
	return e.Size()
}

// Main runs the command line of this process and returns its exit code.
func Main() int {
	// The credentials library prints warnings, and the output of commands that it runs, to
	// standard output, where a program may be reading JSON. Send them to standard error.
	stdout := os.Stdout
	os.Stdout = os.Stderr
	signals := make(chan os.Signal, 4)
	for s := range exit.Signals {
		signal.Notify(signals, s)
	}
	if !signal.Ignored(syscall.SIGHUP) { // keep ignoring it under nohup
		signal.Notify(signals, syscall.SIGHUP)
	}
	// Without this, the first write to a pipe that nobody reads would end the process.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	env := Env{
		Args:           os.Args[1:],
		Stdin:          os.Stdin,
		Stdout:         stdout,
		Stderr:         os.Stderr,
		Getenv:         getenv(),
		Environ:        os.Environ,
		Now:            time.Now,
		Signals:        signals,
		Language:       locale.System(),
		StdinTerminal:  term.IsTerminal(int(os.Stdin.Fd())),
		StdoutTerminal: term.IsTerminal(int(stdout.Fd())),
		StderrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
		Size:           func() (columns, rows int) { return terminalSize(os.Stderr, stdout) },
		OwnConsole:     desktop.OwnConsole(),
		Key:            func() { waitForKey(os.Stdin) },
	}
	// Both are checked, as either may be a console.
	stdoutEscapes, stderrEscapes := console.Escapes(stdout), console.Escapes(os.Stderr)
	env.NoEscapes = !stdoutEscapes || !stderrEscapes
	env.Program, _ = os.Executable() // only a template's folder depends on it
	if desktop.Present(env.Getenv) {
		env.Open = func(path string) error { return desktop.Open(path, env.Getenv) }
	}
	if env.StdinTerminal && env.StderrTerminal {
		typed := &hiddenInput{terminal: os.Stdin}
		defer typed.restore()
		env.Password = typed.line
	}
	return Run(context.Background(), env)
}

// getenv returns os.Getenv, and takes the passwords out of the environment, so that programs
// that the credentials library starts do not inherit them.
func getenv() func(string) string {
	taken := map[string]string{}
	for _, name := range []string{password.Variable, database.Variable, variable(ledgerFlag)} {
		text, set := os.LookupEnv(name)
		if !set {
			continue
		}
		taken[name] = text
		if name == variable(ledgerFlag) {
			_ = os.Setenv(name, new(database.Secrets).HideLedger(text))
		} else {
			_ = os.Unsetenv(name) // either fails only for names that cannot be
		}
	}
	return func(name string) string {
		if text, ok := taken[name]; ok {
			return text
		}
		return os.Getenv(name)
	}
}

// hiddenInput reads a line from a terminal without echo.
type hiddenInput struct {
	terminal *os.File
	before   atomic.Pointer[term.State] // of the terminal, while echo is off
}

func (h *hiddenInput) line() (string, error) {
	state, err := term.GetState(int(h.terminal.Fd()))
	if err != nil {
		return "", err
	}
	h.before.Store(state)
	text, err := term.ReadPassword(int(h.terminal.Fd()))
	h.before.Store(nil)
	return string(text), err
}

// restore turns the echo of the terminal on again, if the command ended while it was waiting
// for a password.
func (h *hiddenInput) restore() {
	if state := h.before.Load(); state != nil {
		_ = term.Restore(int(h.terminal.Fd()), state)
	}
}

// waitForKey waits until a key is pressed, or returns at once without a keyboard.
func waitForKey(terminal *os.File) {
	if state, err := term.MakeRaw(int(terminal.Fd())); err == nil {
		_, _ = terminal.Read(make([]byte, 1))
		_ = term.Restore(int(terminal.Fd()), state)
	}
}

// terminalSize returns the size of the first of the files that is a terminal.
func terminalSize(files ...*os.File) (columns, rows int) {
	for _, f := range files {
		if columns, rows, err := term.GetSize(int(f.Fd())); err == nil {
			return columns, rows
		}
	}
	return 0, 0
}

// await returns the error that a command ended with. Until the command handles signals
// itself, the first signal abandons it: it has sent nothing and written nothing. A lost
// terminal ends nothing.
func (a *app) await(ended <-chan error) (abandoned bool, err error) {
	for {
		select {
		case err := <-ended:
			return false, err
		case <-a.taken:
			return false, <-ended
		case s := <-a.env.Signals:
			if s != syscall.SIGHUP {
				return true, exit.Failure(exit.OfSignal(s), "left-early", nil)
			}
		}
	}
}

// leave reports that a command was abandoned and returns the exit code. The command may
// still be running, so none of its data is used.
func leave(env Env, stdout *console.Stream, err error) int {
	a := newApp(env, newLines(env, env.catalogue()), nil)
	a.fail(err)
	cmd, flags, wrong := a.root().Find(env.Args)
	if wrong == nil && cmd.ParseFlags(flags) == nil && a.wantsJSON(cmd) {
		_ = a.printUnfinished(cmd, err) // withOutput says if it fails
	}
	return a.withOutput(cmd, stdout, exit.Of(err))
}

// signals passes the signals on to a command, which handles them from now on.
func (a *app) signals() <-chan os.Signal {
	a.taking.Do(func() {
		if a.taken != nil {
			a.taken <- struct{}{}
		}
	})
	return a.env.Signals
}

// interruption handles the signals of a run: the first closes drain (start nothing new,
// finish what is in flight), the second cancels the context (leave at once). SIGHUP says
// that the terminal was closed, and stops nothing.
type interruption struct {
	drain  chan struct{}
	once   sync.Once    // closes drain
	exit   atomic.Int32 // the exit code of the first signal, or 0
	cancel context.CancelFunc
	done   chan struct{}
}

// interruptible returns what the first signal closes and its exit code, once the command handles
// signals itself.
func (a *app) interruptible() (stop <-chan struct{}, code func() int) {
	if i := a.running.Load(); i != nil {
		return i.drain, func() int { return int(i.exit.Load()) }
	}
	return nil, func() int { return 0 }
}

// watchSignals starts to handle the signals of a run, until stop is called.
func (a *app) watchSignals(ctx context.Context) (context.Context, *interruption) {
	ctx, cancel := context.WithCancel(ctx)
	i := &interruption{drain: make(chan struct{}), cancel: cancel, done: make(chan struct{})}
	a.running.Store(i)
	signals := a.signals()
	go func() {
		defer batch.Guard(a.panicked)
		i.follow(a, signals)
	}()
	return ctx, i
}

// stopStarting keeps a run from starting anything new.
func (i *interruption) stopStarting() { i.once.Do(func() { close(i.drain) }) }

func (i *interruption) follow(a *app, signals <-chan os.Signal) {
	for {
		select {
		case <-i.done:
			return
		case s := <-signals:
			switch {
			case s == syscall.SIGHUP:
				a.lines.Note("terminal-lost", nil)
			case i.exit.CompareAndSwap(0, int32(exit.OfSignal(s))):
				i.stopStarting() // first, since the terminal may block
				a.lines.Warn("signal-first", nil)
			default:
				i.cancel()
				a.lines.Warn("signal-second", nil)
				return
			}
		}
	}
}

func (i *interruption) stop() {
	close(i.done)
	i.cancel()
}

// panicked ends the run in progress, if there is one, after a panic in any goroutine but the
// engine's own: it starts nothing new, and writes its copy. The command's exit code says
// that there was an internal error.
func (a *app) panicked(err error) {
	if a.crash.CompareAndSwap(nil, &err) {
		a.fail(exit.Bug(err))
	}
	if i := a.running.Load(); i != nil {
		i.stopStarting()
	}
}
