package ledgers

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/database"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/ledger/postgres"
)

// databaseWait is how long a command that nobody watches waits for a database that is away when it
// starts: longer than a failover takes.
const databaseWait = time.Minute

// WaitUnattended makes Open wait for a database that is away, for a command that nobody watches.
func (o *Opener) WaitUnattended() {
	o.wait = database.Wait{
		Bound: databaseWait,
		Began: func(err error) {
			o.Lines.Warn("ledger-awaited", map[string]string{"time": seconds(databaseWait), "reason": o.Cause(err)})
		},
		Back: func(after time.Duration) {
			o.Lines.Note("ledger-answers", map[string]string{"time": seconds(after)})
		},
	}
}

// connect opens the ledger in a database, and waits for it if that is wanted.
func (o *Opener) connect(ctx context.Context, address, connection string) (store *postgres.Store, err error) {
	stop, cancel := context.WithCancel(context.Background())
	defer cancel()
	interrupted := func() int { return 0 }
	if o.Signals != nil {
		var signal <-chan struct{}
		signal, interrupted = o.Signals()
		go func() {
			defer batch.Guard(func(error) { cancel() })
			select {
			case <-signal:
				cancel()
			case <-stop.Done():
			}
		}()
	}
	waited, err := o.wait.Until(ctx, stop, func(ctx context.Context) (err error) {
		store, err = postgres.Open(ctx, connection)
		return err
	}, postgres.MayPass)
	switch {
	case err == nil || waited == 0:
	case interrupted() != 0:
		return nil, exit.Failure(interrupted(), "left-early", err)
	case postgres.MayPass(err):
		return nil, exit.Failure(exit.Usage, "ledger-open-waited", err, "file", address, "time", seconds(waited), "reason", o.Cause(err), "todo", o.hint(err))
	}
	return store, err
}

// seconds is a duration for people, such as 8s or 1m.
func seconds(d time.Duration) string {
	text := max(time.Second, d.Round(time.Second)).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	return text
}

// SayAway returns a function that says when the database goes away, given the reason, and when it is
// back.
func (o *Opener) SayAway() func(error) {
	var mu sync.Mutex
	away := false
	return func(err error) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err != nil && !away:
			o.Lines.Warn("hosts-database-away", map[string]string{"reason": o.Cause(err)})
		case err == nil && away:
			o.Lines.Note("hosts-database-back", nil)
		}
		away = err != nil
	}
}
