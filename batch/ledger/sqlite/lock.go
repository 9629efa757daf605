package sqlite

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
)

// A run writes a heartbeat at every interval. Where its process cannot be examined, it is
// presumed dead after ten missed ones: long enough for a machine that swaps or a process
// that was stopped for a while.
const (
	heartbeatInterval = 30 * time.Second
	heartbeatTimeout  = 10 * heartbeatInterval
)

// Start implements [ledger.Store].
func (s *Store) Start(ctx context.Context, info ledger.RunInfo, keys []batch.Key) (ledger.Run, error) {
	r := &run{store: s, info: info.WithDefaults(), held: make(map[batch.Key]struct{}, len(keys)), halt: make(chan struct{})}
	for _, k := range keys {
		r.held[k] = struct{}{}
	}
	byRegion := groupByRegion(keys)
	// Others share the commit, so the end of this caller's context must not interrupt it.
	err := s.writer.do(ctx, func(t *transaction) error { return t.start(context.Background(), r, byRegion) })
	if err != nil {
		return nil, s.wrap("start", err)
	}
	r.beating.Add(1)
	go func() {
		defer batch.Guard(s.writer.panicked)
		r.heartbeat()
	}()
	return r, nil
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

// start is the part of Start within the writer's transaction. It rejects the call before
// it has written anything.
func (t *transaction) start(ctx context.Context, r *run, keys []regionKeys) error {
	var exists int
	if err := t.conn.QueryRowContext(ctx, "SELECT count(*) FROM runs WHERE id = ?", r.info.ID).Scan(&exists); err != nil {
		return err
	}
	if exists != 0 {
		return rejection{ledger.ErrRunExists}
	}
	holders, err := t.holders(ctx, r.info.Scope, keys)
	if err != nil {
		return err
	}
	me := thisProcess()
	for _, h := range holders {
		if h.process.alive(me, h.heartbeat, time.Now()) {
			return rejection{&ledger.LockedError{RunID: h.id, Host: h.process.host, PID: h.process.pid, Since: h.started, Circuits: h.circuits}}
		}
	}
	for _, h := range holders {
		if err := t.takeOver(ctx, h.seq, r.info.ID); err != nil {
			return err
		}
	}
	if err := t.insertRun(ctx, r, me.boot); err != nil {
		return err
	}
	for _, k := range keys {
		_, err := t.conn.ExecContext(ctx, "INSERT OR IGNORE INTO locks (scope, region, instance_id, run) SELECT ?, ?, value, ? FROM json_each(?)",
			string(r.info.Scope), k.region, r.seq, k.json())
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *transaction) insertRun(ctx context.Context, r *run, boot string) error {
	i := r.info
	processStarted, _ := processStart(i.PID)
	result, err := t.conn.ExecContext(ctx, `INSERT INTO runs (id, scope, command, input, input_sha256, output, account, version,
		options, started, host, pid, process_started, boot, heartbeat) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		i.ID, string(i.Scope), i.Command, i.Input, i.InputSHA256, i.Output, i.Account, i.Version,
		string(i.Options), i.Started.UnixNano(), i.Host, i.PID, processStarted, boot, time.Now().UnixNano())
	if err != nil {
		return err
	}
	r.seq, err = result.LastInsertId()
	return err
}

// holder is a run that holds some of the requested circuits.
type holder struct {
	seq       int64
	id        string
	process   process
	started   time.Time
	heartbeat time.Time
	circuits  int
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
		h := holder{seq: run, circuits: n}
		var started, heartbeat int64
		err := t.conn.QueryRowContext(ctx, "SELECT id, host, pid, process_started, boot, started, heartbeat FROM runs WHERE seq = ?", run).
			Scan(&h.id, &h.process.host, &h.process.pid, &h.process.started, &h.process.boot, &started, &heartbeat)
		if err != nil {
			return nil, err
		}
		h.started, h.heartbeat = instant(started), instant(heartbeat)
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
	_, err := t.conn.ExecContext(ctx, "DELETE FROM locks WHERE run = ?", dead)
	return err
}
