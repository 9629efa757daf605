package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
)

// maxCommit bounds the writes of one commit, so the first of them never waits for more
// than about ten milliseconds of work.
const maxCommit = 512

// deferral bounds how long a deferred write waits for others to share its commit. Many finishing
// rows share one; after a crash, those of the last moments are looked up.
const deferral = 10 * time.Millisecond

// write is one write that waits to be committed.
type write struct {
	apply    func(*transaction) error
	deferred bool // may wait for others to share its commit
	moves    bool // may be written to a ledger that has moved (moved.go)
	done     chan error
}

func (w *write) urgent() bool { return !w.deferred }

// writer is the one goroutine that writes. It owns its connection and statements.
type writer struct {
	conn     *sql.Conn
	writes   chan *write // unbuffered: a write that is handed over is always answered
	quit     chan struct{}
	finished chan struct{}
	tx       transaction
	turn     sync.Mutex   // held while a transaction is open, here or on the quotas' connection
	last     time.Time    // of the latest commit
	commits  atomic.Int64 // made so far
	applied  atomic.Int64 // writes in these commits, for benchmarks
	broken   atomic.Pointer[error]
}

// transaction is what a write works with: the prepared statements and the cache.
type transaction struct {
	conn *sql.Conn
	statements
	cache     cache
	checksums checksummer
}

func newWriter(conn *sql.Conn) (*writer, error) {
	w := &writer{conn: conn, writes: make(chan *write), quit: make(chan struct{}), finished: make(chan struct{})}
	w.tx = transaction{conn: conn, cache: emptyCache(0)}
	if err := w.tx.prepare(conn); err != nil {
		return nil, err
	}
	go func() {
		defer close(w.finished)
		defer batch.Guard(w.panicked)
		w.loop()
	}()
	return w, nil
}

// do hands a write to the writer and waits until it is committed. If the context ends
// first, nothing is written; once the write is handed over, do waits for its end.
func (w *writer) do(ctx context.Context, apply func(*transaction) error) error {
	return w.hand(ctx, &write{apply: apply, done: make(chan error, 1)})
}

// doDeferred is do for a write that may wait for others to share its commit.
func (w *writer) doDeferred(ctx context.Context, apply func(*transaction) error) error {
	return w.hand(ctx, &write{apply: apply, deferred: true, done: make(chan error, 1)})
}

func (w *writer) hand(ctx context.Context, one *write) error {
	if err := w.broken.Load(); err != nil {
		return *err
	}
	select {
	case w.writes <- one:
		return <-one.done
	case <-w.finished:
		return ledger.ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// stop lets the writer finish the commit in progress and the writes waiting for it, then calls last
// with the connection.
func (w *writer) stop(last func(*sql.Conn)) error {
	close(w.quit)
	<-w.finished
	err := w.tx.closeAll()
	last(w.conn)
	return errors.Join(err, w.conn.Close())
}

// panicked makes every write from now on fail.
func (w *writer) panicked(err error) { w.broken.CompareAndSwap(nil, &err) }

func (w *writer) loop() {
	var group []*write
	for {
		select {
		case one := <-w.writes:
			group = w.gather(append(group[:0], one))
			w.commit(group)
			clear(group)
		case <-w.quit:
			return
		}
	}
}

// gather adds the writes that are waiting. It waits for more only while all of them are
// deferred.
func (w *writer) gather(group []*write) []*write {
	var over <-chan time.Time
	for {
		// Let goroutines that are about to write run first and share this commit: with
		// eight callers that halves the number of commits.
		runtime.Gosched()
		group = w.addWaiting(group)
		if len(group) >= maxCommit || slices.ContainsFunc(group, (*write).urgent) {
			return group
		}
		if over == nil {
			over = time.After(deferral - time.Since(w.last))
		}
		select {
		case one := <-w.writes:
			group = append(group, one)
		case <-over:
			return group
		case <-w.quit:
			return group
		}
	}
}

// addWaiting adds the writes that are waiting at the channel.
func (w *writer) addWaiting(group []*write) []*write {
	for len(group) < maxCommit {
		select {
		case one := <-w.writes:
			group = append(group, one)
		default:
			return group
		}
	}
	return group
}

// commit applies the writes in one transaction and answers them. A rejection concerns only its own
// write; a failure of the database fails them all, since none is durable.
func (w *writer) commit(group []*write) {
	w.turn.Lock()
	rejections, err := w.apply(group)
	w.turn.Unlock()
	w.last = time.Now()
	w.commits.Add(1)
	w.applied.Add(int64(len(group)))
	for i, one := range group {
		if err != nil {
			one.done <- err
		} else {
			one.done <- rejections[i]
		}
	}
}

func (w *writer) apply(group []*write) (rejections []error, err error) {
	if _, err := w.tx.begin.exec(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			rollBack(w.conn)
			w.tx.cache = emptyCache(0)
		}
	}()
	defer batch.Guard(func(panicked error) { err = panicked })
	rejections, err = w.applyAll(group)
	if err == nil {
		_, err = w.tx.commit.exec()
	}
	return rejections, err
}

// applyAll applies the writes within the open transaction.
func (w *writer) applyAll(group []*write) ([]error, error) {
	if err := w.tx.validateCache(context.Background()); err != nil {
		return nil, err
	}
	rejections := make([]error, len(group))
	for i, one := range group {
		if rejections[i] = w.tx.cache.movedRejection(one); rejections[i] != nil {
			continue
		}
		err := one.apply(&w.tx)
		if err == nil {
			continue
		}
		rejected, ok := errors.AsType[rejection](err)
		if !ok {
			return nil, err
		}
		rejections[i] = rejected.error
	}
	return rejections, nil
}

// rejection is the error of a write that was rejected before it changed anything, so the
// others of its commit can go on.
type rejection struct{ error }

// Unwrap returns the error itself.
func (r rejection) Unwrap() error { return r.error }

// cache is what the writer keeps between commits instead of reading it again. It is valid until
// another connection commits, in this process or another: that changes SQLite's data_version,
// which every transaction checks before writing. So a run that another process took over
// notices its fence with its next write.
type cache struct {
	version int64                            // SQLite's data_version; 0 before it was read
	moved   *ledger.MovedError               // where the ledger has moved, nil if it has not
	fenced  map[int64]error                  // by run: why it has lost its locks, nil if it holds them
	pending map[ledger.StateKey]ledger.State // of circuits with a pending submission
}

func emptyCache(version int64) cache {
	return cache{version: version, fenced: map[int64]error{}, pending: map[ledger.StateKey]ledger.State{}}
}

// validateCache empties the cache if another connection has committed, and removes the seal that it
// may have set. No other can commit during the open transaction.
func (t *transaction) validateCache(ctx context.Context) error {
	var version int64
	if err := t.version.QueryRowContext(ctx).Scan(&version); err != nil {
		return err
	}
	if version == t.cache.version {
		return nil
	}
	t.cache = emptyCache(0) // until all of it is known
	seal, err := readSeal(ctx, t.conn)
	if err == nil && seal != 0 {
		_, err = t.conn.ExecContext(ctx, removeSeal)
	}
	if err == nil {
		t.cache.moved, err = readMoved(ctx, t.conn)
	}
	if err == nil {
		t.cache.version = version
	}
	return err
}

// put caches the state of a circuit while it has a pending submission, so the cache holds
// no more than what is in flight.
func (c *cache) put(of ledger.StateKey, s ledger.State) {
	if s.Pending.Run != 0 {
		c.pending[of] = s
	} else {
		delete(c.pending, of)
	}
}
