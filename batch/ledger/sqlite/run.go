package sqlite

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
)

// run is a run in progress. It implements [ledger.Run].
type run struct {
	store   *Store
	seq     int64
	info    ledger.RunInfo
	held    map[batch.Key]struct{}
	halt    chan struct{} // ends the heartbeat
	beating sync.WaitGroup
	beaten  int64 // the latest heartbeat; the writer's
	open    ledger.Lifetime
}

var _ ledger.Run = (*run)(nil)

// Info implements [ledger.Run].
func (r *run) Info() ledger.RunInfo { return r.info }

// Past implements [batch.Ledger].
func (r *run) Past(ctx context.Context, place batch.Place, keys []batch.Key) (map[batch.Key]batch.Record, error) {
	return r.store.Past(ctx, r.info.Scope, place, keys)
}

// Begin implements [ledger.Run].
func (r *run) Begin(ctx context.Context, a batch.Application) error {
	if _, ok := r.held[a.Key]; !ok {
		return ledger.ErrNotLocked
	}
	now := time.Now()
	return r.write(ctx, r.store.writer.do, func(t *transaction) error {
		if err := t.holds(r.seq); err != nil {
			return err
		}
		if err := t.beatIfDue(r); err != nil {
			return err
		}
		return t.beginApplication(r.seq, r.info.StateKey(a.Key, a.Operation), a, now)
	})
}

// Finish implements [ledger.Run]. No request depends on it, so it may wait for others to share its
// commit.
func (r *run) Finish(ctx context.Context, o batch.Outcome) error {
	_, held := r.held[o.Key]
	now := time.Now()
	return r.write(ctx, r.store.writer.doDeferred, func(t *transaction) error {
		return t.finishApplication(r.seq, r.info.StateKey(o.Key, o.Operation), o, held, now)
	})
}

func (r *run) write(ctx context.Context, do func(context.Context, func(*transaction) error) error, apply func(*transaction) error) error {
	return r.store.wrap("write", r.open.During(func() error { return do(ctx, apply) }))
}

// holds rejects the call if the run has lost its locks. The answer is cached until another
// connection writes.
func (t *transaction) holds(run int64) error {
	if err, ok := t.cache.fenced[run]; ok {
		return err
	}
	var id, by string
	var ended int64
	if err := t.fence.QueryRow(run).Scan(&id, &by, &ended); err != nil {
		return err
	}
	var err error
	switch {
	case by != "":
		err = rejection{&ledger.TakenOverError{RunID: id, By: by}}
	case ended != 0:
		err = rejection{ledger.ErrEnded}
	}
	t.cache.fenced[run] = err
	return err
}

// End implements [ledger.Run].
func (r *run) End(ctx context.Context, end ledger.RunEnd) error {
	return r.store.wrap("write", r.open.End(func() error {
		err := r.store.writer.do(ctx, func(t *transaction) error { return t.endRun(r.seq, end.WithDefaults()) })
		if err == nil {
			close(r.halt)
			r.beating.Wait()
			r.store.locks.release(r.seq)
		}
		return err
	}))
}

// endRun writes the run's end with the counts of its results, and releases its locks.
func (t *transaction) endRun(run int64, end ledger.RunEnd) (err error) {
	delete(t.cache.fenced, run)
	ctx := context.Background()
	if end.Results, err = countResults(ctx, t.conn, run); err != nil {
		return err
	}
	_, err = t.conn.ExecContext(ctx, "UPDATE runs SET ended = ?, final = ? WHERE seq = ?", end.Ended.UnixNano(), ledger.EncodeJSON(end), run)
	if err != nil {
		return err
	}
	if err := sumRun(ctx, t.conn, run, setEnd); err != nil {
		return err
	}
	_, err = t.conn.ExecContext(ctx, "DELETE FROM locks WHERE run = ?", run)
	return err
}

// heartbeat records at every interval that the run is alive. A heartbeat that fails is skipped: if
// the ledger cannot be written, Begin says so.
func (r *run) heartbeat() {
	defer r.beating.Done()
	tick := time.NewTicker(heartbeatInterval)
	defer tick.Stop()
	for {
		select {
		case <-r.halt:
			return
		case <-r.store.writer.finished:
			return
		case <-tick.C:
		}
		err := r.store.writer.do(context.Background(), func(t *transaction) error { return t.beat(r) })
		if errors.Is(err, ledger.ErrClosed) {
			return
		}
	}
}

// beat records that the run is alive.
func (t *transaction) beat(r *run) error {
	now := time.Now().UnixNano()
	ctx := context.Background()
	_, err := t.conn.ExecContext(ctx, "UPDATE runs SET heartbeat = ? WHERE seq = ?", now, r.seq)
	r.beaten = now
	if err == nil {
		err = sumRun(ctx, t.conn, r.seq, setBeat)
	}
	return err
}

// beatIfDue records that the run is alive before it first sends something after a pause by the wall
// clock: a process that was stopped, or whose machine was suspended, may go on before its next
// heartbeat. So nothing is begun long after the recorded heartbeat.
func (t *transaction) beatIfDue(r *run) error {
	if time.Now().UnixNano()-r.beaten <= 2*int64(heartbeatInterval) {
		return nil
	}
	return t.beat(r)
}
