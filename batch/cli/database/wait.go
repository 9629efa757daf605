package database

import (
	"context"
	"time"
)

// Wait waits for a database that restarts or fails over while a command starts. The zero value
// does not wait. It is not for concurrent use.
type Wait struct {
	Bound time.Duration // how long; 0 means not at all

	Began func(reason error)        // is called when it starts to wait
	Back  func(after time.Duration) // is called when the database answers again

	tired bool // it has waited in vain: the same command does not do so twice
}

// waitPause is the time between two attempts.
const waitPause = time.Second

// Until calls open until it succeeds, fails for a reason that does not pass by itself, the bound
// is reached, or stop ends. It returns how long it has waited, 0 if it did
// not, and the last error. Once it waits, the end of stop also ends an attempt under way.
func (w *Wait) Until(ctx, stop context.Context, open func(context.Context) error, passes func(error) bool) (waited time.Duration, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	began := time.Now()
	var last error // that one waits for
	for {
		err = open(ctx)
		switch {
		case last != nil && ctx.Err() != nil:
			return waited, last
		case err == nil:
			if w.tired = false; last != nil {
				w.Back(waited)
			}
			return waited, nil
		case !passes(err) || w.Bound <= 0 || w.tired:
			return waited, err
		}
		if last == nil {
			w.Began(err)
			defer context.AfterFunc(stop, cancel)()
		}
		last = err
		rest := w.Bound - time.Since(began)
		if rest <= 0 {
			w.tired = true
			return time.Since(began), err
		}
		timer := time.NewTimer(min(waitPause, rest))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return time.Since(began), err
		}
		waited = time.Since(began)
	}
}
