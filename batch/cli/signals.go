package cli

import (
	"context"
	"os"
	"sync/atomic"
	"syscall"
)

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
	go i.follow(a)
	return ctx, i
}

func (i *interruption) follow(a *app) {
	for n := 1; ; n++ {
		select {
		case <-i.done:
			return
		case s := <-a.env.Signals:
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
