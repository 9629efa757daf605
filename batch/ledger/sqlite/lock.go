package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io/fs"
	"slices"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
)

// A run writes a heartbeat at every interval. If its lock file is missing, it is presumed dead
// after ten missed ones: long enough for a machine that swaps or a process that was stopped
// for a while.
const (
	heartbeatInterval = 30 * time.Second
	heartbeatTimeout  = 10 * heartbeatInterval
)

// processColumns is the step of the schema to lock files: what identified a process is no longer
// recorded. A process of an earlier version that has the ledger open can continue its run but
// not start another.
const processColumns = `
	ALTER TABLE runs DROP COLUMN process_started;
	ALTER TABLE runs DROP COLUMN boot;`

// Start implements [ledger.Store].
func (s *Store) Start(ctx context.Context, info ledger.RunInfo, keys []batch.Key) (ledger.Run, error) {
	r := &run{store: s, info: info.WithDefaults(), held: make(map[batch.Key]struct{}, len(keys)), halt: make(chan struct{})}
	for _, k := range keys {
		r.held[k] = struct{}{}
	}
	byRegion := groupByRegion(keys)
	var dead []holder
	// Others share the commit, so it must not be interrupted when this caller's context ends.
	err := s.writer.do(ctx, func(t *transaction) (err error) {
		dead, err = t.start(context.Background(), r, byRegion)
		return err
	})
	if err != nil {
		if r.seq != 0 {
			// The commit may still have taken effect. Without its file, the run would look alive
			// until its heartbeat is old.
			s.locks.drop(r.seq)
		}
		return nil, s.wrap("start", err)
	}
	for _, h := range dead {
		s.locks.remove(h.seq)
	}
	r.beating.Add(1)
	go func() {
		defer batch.Guard(s.writer.panicked)
		r.heartbeat()
	}()
	return r, nil
}

// alive reports whether a run is in progress. The lock file tells, except for a run whose file was
// lost or that an earlier version of the program started: then only the latest heartbeat counts.
func (s *Store) alive(run int64, heartbeat, now time.Time) (bool, error) {
	locked, err := s.locks.locked(run)
	if errors.Is(err, fs.ErrNotExist) {
		return now.Sub(heartbeat) < heartbeatTimeout, nil
	}
	return locked, err
}

// regionKeys are the circuits of one region. SQLite takes many values at once as a JSON
// array.
type regionKeys struct {
	region string
	ids    []string
}

func (k regionKeys) json() string {
	text, _ := json.Marshal(k.ids) // strings always marshal
	return string(text)
}

// chunk bounds the circuits that one statement takes.
const chunk = 5000

// groupByRegion groups keys by region, in chunks.
func groupByRegion(keys []batch.Key) []regionKeys {
	byRegion := map[string][]string{}
	var regions []string
	for _, k := range keys {
		if _, ok := byRegion[k.Region]; !ok {
			regions = append(regions, k.Region)
		}
		byRegion[k.Region] = append(byRegion[k.Region], k.InstanceID)
	}
	var groups []regionKeys
	for _, region := range regions {
		for ids := range slices.Chunk(byRegion[region], chunk) {
			groups = append(groups, regionKeys{region, ids})
		}
	}
	return groups
}

// start is the part of Start within the writer's transaction. If it rejects the call, it has written
// nothing. It returns the runs that were taken over.
func (t *transaction) start(ctx context.Context, r *run, keys []regionKeys) ([]holder, error) {
	var exists int
	if err := t.conn.QueryRowContext(ctx, "SELECT count(*) FROM runs WHERE id = ?", r.info.ID).Scan(&exists); err != nil {
		return nil, err
	}
	if exists != 0 {
		return nil, rejection{ledger.ErrRunExists}
	}
	holders, err := t.holders(ctx, r.info.Scope, keys)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	for _, h := range holders {
		alive, err := r.store.alive(h.seq, h.heartbeat, now)
		if err != nil {
			return nil, rejection{err}
		}
		if alive {
			return nil, rejection{&h.LockedError}
		}
	}
	if err := t.lockRun(ctx, r, now); err != nil {
		return nil, err
	}
	for _, h := range holders {
		if err := t.takeOver(ctx, h.seq, r.info.ID); err != nil {
			return nil, err
		}
	}
	if err := t.insertRun(ctx, r); err != nil {
		return nil, err
	}
	for _, k := range keys {
		_, err := t.conn.ExecContext(ctx, "INSERT OR IGNORE INTO locks (scope, region, instance_id, run) SELECT ?, ?, value, ? FROM json_each(?)",
			string(r.info.Scope), k.region, r.seq, k.json())
		if err != nil {
			return nil, err
		}
	}
	return holders, nil
}

// lockRun gives a new run its number and locks its file. It also removes files that were left
// behind.
func (t *transaction) lockRun(ctx context.Context, r *run, now time.Time) error {
	locks := r.store.locks
	if err := locks.make(); err != nil {
		return rejection{err}
	}
	if err := t.sweepLocks(ctx, locks, now); err != nil {
		return err
	}
	var latest int64
	if err := t.conn.QueryRowContext(ctx, "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'runs'").Scan(&latest); err != nil {
		return err
	}
	if err := locks.acquire(latest + 1); err != nil {
		return rejection{err}
	}
	r.seq = latest + 1
	return nil
}

// sweepLocks removes the files of runs that ended, were taken over, were never recorded, or have
// been dead for so long that a missing file makes no difference.
func (t *transaction) sweepLocks(ctx context.Context, locks *lockFiles, now time.Time) error {
	list, err := locks.runs()
	if err != nil {
		return rejection{err}
	}
	for _, run := range list {
		var over bool
		err := t.conn.QueryRowContext(ctx, "SELECT ended != 0 OR taken_by != '' OR heartbeat <= ? FROM runs WHERE seq = ?",
			now.Add(-heartbeatTimeout).UnixNano(), run).Scan(&over)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			over = true
		case err != nil:
			return err
		}
		if !over {
			continue
		}
		if locked, err := locks.locked(run); err == nil && !locked {
			locks.remove(run)
		}
	}
	return nil
}

func (t *transaction) insertRun(ctx context.Context, r *run) error {
	r.beaten = time.Now().UnixNano()
	_, err := t.conn.ExecContext(ctx, "INSERT INTO runs ("+ledger.InfoColumns+", seq, heartbeat) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		append(r.info.Values(), r.seq, r.beaten)...)
	if err == nil {
		err = sumRun(ctx, t.conn, r.seq, setStart+", "+setBeat+", "+setEnd)
	}
	return err
}

// holder is a run that holds some of the requested circuits.
type holder struct {
	ledger.LockedError
	seq       int64
	heartbeat time.Time
}

func scanHolder(scan func(...any) error) (h holder, err error) {
	var started, heartbeat int64
	err = scan(&h.seq, &h.RunID, &h.Host, &h.PID, &started, &heartbeat, &h.Circuits)
	h.Since, h.heartbeat = ledger.Instant(started), ledger.Instant(heartbeat)
	return h, err
}

// holders lists the runs that hold any of the circuits, the oldest first.
func (t *transaction) holders(ctx context.Context, scope ledger.Scope, keys []regionKeys) ([]holder, error) {
	counts := map[int64]int{}
	for _, k := range keys {
		err := each(ctx, t.conn, func(scan func(...any) error) error {
			var run int64
			var n int
			err := scan(&run, &n)
			counts[run] += n
			return err
		}, `SELECT l.run, count(*) FROM json_each(?) k CROSS JOIN locks l
			ON l.scope = ? AND l.region = ? AND l.instance_id = k.value GROUP BY l.run`, k.json(), string(scope), k.region)
		if err != nil {
			return nil, err
		}
	}
	var list []holder
	for run, n := range counts {
		h, err := scanHolder(t.conn.QueryRowContext(ctx, "SELECT seq, id, host, pid, started, heartbeat, ? FROM runs WHERE seq = ?", n, run).Scan)
		if err != nil {
			return nil, err
		}
		list = append(list, h)
	}
	slices.SortFunc(list, func(a, b holder) int { return int(a.seq - b.seq) })
	return list, nil
}

// takeOver releases all locks of a dead run and fences it.
func (t *transaction) takeOver(ctx context.Context, dead int64, by string) error {
	delete(t.cache.fenced, dead)
	if _, err := t.conn.ExecContext(ctx, "UPDATE runs SET taken_by = ? WHERE seq = ?", by, dead); err != nil {
		return err
	}
	if err := sumRun(ctx, t.conn, dead, setEnd); err != nil {
		return err
	}
	_, err := t.conn.ExecContext(ctx, "DELETE FROM locks WHERE run = ?", dead)
	return err
}
