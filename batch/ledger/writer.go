package ledger

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"slices"
	"strconv"
	"sync/atomic"
	"time"
)

// maxBatch bounds the writes of one commit, so that the first of them never waits for
// more than some ten milliseconds of work.
const maxBatch = 512

// patience is how soon after a commit another is made for writes that nothing waits
// for: many rows that end share one, and a crash leaves those of the last moments to be
// looked up.
const patience = 10 * time.Millisecond

// job is one write that waits to be committed.
type job struct {
	apply   func(*transaction) error
	patient bool // no call waits for it, so it may wait for others
	done    chan error
}

func (j *job) hurried() bool { return !j.patient }

// writer is the one goroutine that writes. It owns its connection and statements.
type writer struct {
	conn     *sql.Conn
	jobs     chan *job // unbuffered: what is handed over is always answered
	quit     chan struct{}
	finished chan struct{}
	tx       transaction
	last     time.Time    // of the latest commit
	commits  atomic.Int64 // made so far, and
	rows     atomic.Int64 // the writes that they carried: what the benchmarks report
}

// transaction is what a job sees: the prepared statements, and what is known already.
type transaction struct {
	conn *sql.Conn
	statements
	known known
}

func newWriter(conn *sql.Conn) (*writer, error) {
	w := &writer{conn: conn, jobs: make(chan *job), quit: make(chan struct{}), finished: make(chan struct{})}
	w.tx = transaction{conn: conn}
	w.tx.forgetAll()
	if err := w.tx.prepare(conn); err != nil {
		return nil, err
	}
	go w.loop()
	return w, nil
}

// do hands a write to the writer and waits until it is committed. When the context
// ends first nothing was written; once the write is on its way its end is awaited.
func (w *writer) do(ctx context.Context, apply func(*transaction) error) error {
	return w.hand(ctx, &job{apply: apply, done: make(chan error, 1)})
}

// doPatiently is do for a write that may wait for others to share its commit.
func (w *writer) doPatiently(ctx context.Context, apply func(*transaction) error) error {
	return w.hand(ctx, &job{apply: apply, patient: true, done: make(chan error, 1)})
}

func (w *writer) hand(ctx context.Context, j *job) error {
	select {
	case w.jobs <- j:
		return <-j.done
	case <-w.finished:
		return ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// stop lets the writer finish the commit in progress and what waits for it.
func (w *writer) stop() error {
	close(w.quit)
	<-w.finished
	return errors.Join(w.tx.closeAll(), w.conn.Close())
}

func (w *writer) loop() {
	defer close(w.finished)
	var batch []*job
	for {
		select {
		case j := <-w.jobs:
			batch = w.gather(append(batch[:0], j))
			w.commit(batch)
			clear(batch)
		case <-w.quit:
			return
		}
	}
}

// gather takes what waits already; while one commit is in progress, the next one
// gathers at the channel. It waits itself only while every write is patient.
func (w *writer) gather(batch []*job) []*job {
	var over <-chan time.Time
	for {
		// Whoever is about to write runs first, and shares this commit: it halves their
		// number with eight callers.
		runtime.Gosched()
		batch = w.waiting(batch)
		if len(batch) >= maxBatch || slices.ContainsFunc(batch, (*job).hurried) {
			return batch
		}
		if over == nil {
			over = time.After(patience - time.Since(w.last))
		}
		select {
		case j := <-w.jobs:
			batch = append(batch, j)
		case <-over:
			return batch
		case <-w.quit:
			return batch
		}
	}
}

// waiting takes the writes that wait at the channel.
func (w *writer) waiting(batch []*job) []*job {
	for len(batch) < maxBatch {
		select {
		case j := <-w.jobs:
			batch = append(batch, j)
		default:
			return batch
		}
	}
	return batch
}

// commit applies the jobs in one transaction and answers them. A job that refuses by
// itself is answered alone; a failure of the database fails them all, since none of
// them is durable.
func (w *writer) commit(batch []*job) {
	refusals, err := w.apply(batch)
	w.last = time.Now()
	w.commits.Add(1)
	w.rows.Add(int64(len(batch)))
	for i, j := range batch {
		if err != nil {
			j.done <- err
		} else {
			j.done <- refusals[i]
		}
	}
}

func (w *writer) apply(batch []*job) ([]error, error) {
	if _, err := w.tx.begin.exec(); err != nil {
		return nil, err
	}
	refusals, err := w.applyAll(batch)
	if err == nil {
		_, err = w.tx.commit.exec()
	}
	if err != nil {
		rollBack(w.conn)
		w.tx.forgetAll()
		return nil, err
	}
	return refusals, nil
}

// applyAll applies the jobs within the open transaction.
func (w *writer) applyAll(batch []*job) ([]error, error) {
	if err := w.tx.look(context.Background()); err != nil {
		return nil, err
	}
	refusals := make([]error, len(batch))
	for i, j := range batch {
		err := j.apply(&w.tx)
		if err == nil {
			continue
		}
		refused, ok := errors.AsType[refusal](err)
		if !ok {
			return nil, err
		}
		refusals[i] = refused.error
	}
	return refusals, nil
}

// refusal marks an error by which a job refuses before it has written anything, so
// that the others of its commit can go on.
type refusal struct{ error }

// Unwrap gives the error itself.
func (r refusal) Unwrap() error { return r.error }

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
