package cli

import (
	"context"
	"os"
	"sync/atomic"
	"syscall"

	"github.com/loabatch/loabatch/batch/cli/prose"
)

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
