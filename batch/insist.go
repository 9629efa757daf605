package batch

import (
	"context"
	"errors"
	"time"
)

// Insist makes a call that changes nothing, again and again until it has an answer that
// will not change, attempts are used up, or the context ends. It gives the last error.
func Insist(ctx context.Context, attempts int, call func() error) error {
	for attempt := 1; ; attempt++ {
		err := call()
		var failed *CallError
		if !errors.As(err, &failed) || !failed.passing() || attempt >= attempts {
			return err
		}
		select {
		case <-time.After(backoff(attempt, failed.Wait)):
		case <-ctx.Done():
			return err
		}
	}
}

// passing reports whether the same call may succeed another time.
func (e *CallError) passing() bool {
	return e.Class == NotSent || e.Class == TryLater || e.Class == MaybeReceived
}
