package postgres

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
)

// Start implements [ledger.Store].
func (s *Store) Start(ctx context.Context, info ledger.RunInfo, keys []batch.Key) (ledger.Run, error) {
	m := &Member{held: make(map[batch.Key]struct{}, len(keys))}
	for _, k := range keys {
		m.held[k] = struct{}{}
	}
	if err := s.enter(ctx, m, info, nil, keys); err != nil {
		return nil, s.wrap("start", err)
	}
	return m, nil
}

// Join implements [ledger.Shared].
func (s *Store) Join(ctx context.Context, info ledger.RunInfo, terms []ledger.Term, keys []batch.Key) (ledger.Member, error) {
	if len(s.missing) > 0 { // before anything is sent
		return nil, s.wrap("start", errRights)
	}
	m := &Member{shared: true}
	if err := s.enter(ctx, m, info, terms, keys); err != nil {
		return nil, s.wrap("start", err)
	}
	return m, nil
}

// errUncertain says that somebody seems to be dead but that it is too early to know.
var errUncertain = errors.New("it is not certain that the holder of the circuits is dead")

// OnSilence sets a function that each Start or Join that has to wait calls once, with the run
// whose members have been silent: whether they are dead is known only after another
// [Store.Silence]. It must be called before the ledger is used.
func (s *Store) OnSilence(f func(ledger.LockedError)) { s.onSilence = f }

// enter makes m a member of a batch, which it starts if there is none to join. It waits until it
// is certain whether the holders of the circuits are dead.
func (s *Store) enter(ctx context.Context, m *Member, info ledger.RunInfo, terms []ledger.Term, keys []batch.Key) error {
	m.store, m.stop = s, make(chan struct{})
	m.life, m.die = context.WithCancel(context.WithoutCancel(ctx))
	info = info.WithDefaults()
	for waits := false; ; waits = true {
		err := s.transact(ctx, func(ctx context.Context, tx pgx.Tx) error {
			m.info, m.started = info, false
			return m.enterIn(ctx, tx, terms, keys)
		})
		if err == nil || errors.Is(err, errUncertain) {
			s.watch.touch()
		}
		if !errors.Is(err, errUncertain) {
			if err != nil {
				m.die()
				return err
			}
			break
		}
		if !waits && s.onSilence != nil {
			s.onSilence(m.awaited)
		}
		select {
		case <-time.After(s.interval()):
		case <-s.closed:
			return ledger.ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.mu.Lock()
	s.members[m] = struct{}{}
	s.mu.Unlock()
	m.beating.Add(1)
	go func() {
		defer m.beating.Done()
		defer batch.Guard(s.panicked)
		m.beat()
	}()
	return nil
}

// enterIn is the part of enter within a transaction.
func (m *Member) enterIn(ctx context.Context, tx pgx.Tx, terms []ledger.Term, keys []batch.Key) error {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1, $2)", lockSpace, startLock); err != nil {
		return err
	}
	if m.shared {
		joined, err := m.joinIn(ctx, tx, terms)
		if err != nil || joined {
			return err
		}
	}
	return m.startIn(ctx, tx, terms, keys)
}

// joinIn joins the open batch that does the same work, if there is one.
func (m *Member) joinIn(ctx context.Context, tx pgx.Tx, terms []ledger.Term) (bool, error) {
	i := m.info
	var open ledger.StoredRun
	var agreed string
	// Conclude locks the row, too: nobody joins a batch that has just ended.
	err := tx.QueryRow(ctx, "SELECT "+ledger.RunColumns+`, terms FROM loabatch.runs
		WHERE scope = $1 AND input_sha256 = $2 AND command = $3 AND shared AND ended = 0 AND taken_by = '' ORDER BY seq DESC LIMIT 1 FOR NO KEY UPDATE`,
		string(i.Scope), i.InputSHA256, i.Command).Scan(append(open.Fields(), &agreed)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	theirs, err := open.Summary(true)
	if err != nil {
		return false, err
	}
	m.run = open.Seq
	alive, err := m.store.alive(ctx, tx, m.run)
	if err != nil || !alive {
		m.awaited = ledger.LockedError{RunID: theirs.ID, Host: theirs.Host, PID: theirs.PID, Since: theirs.Started}
		return false, err
	}
	list, err := ledger.DecodeJSON[[]ledger.Term](agreed)
	if err != nil {
		return false, err
	}
	if differences := ledger.Differences(list, terms); len(differences) > 0 {
		return false, &ledger.TermsError{Run: theirs.ID, Host: theirs.Host, Differences: differences}
	}
	m.info = theirs.RunInfo
	return true, m.insert(ctx, tx, i)
}

// insert records the member.
func (m *Member) insert(ctx context.Context, tx pgx.Tx, i ledger.RunInfo) error {
	m.nonce = rand.Int64()
	return tx.QueryRow(ctx, `INSERT INTO loabatch.members (nonce, run, host, pid, version, started, beat) VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp()) RETURNING seq`,
		m.nonce, m.run, i.Host, i.PID, i.Version, i.Started.UnixNano()).Scan(&m.seq)
}

// alive reports whether any member of a run is alive. Its error is errUncertain if that cannot be
// known yet.
func (s *Store) alive(ctx context.Context, q querier, run int64) (alive bool, err error) {
	certain := true
	err = each(ctx, q, func(scan func(...any) error) error {
		var seq int64
		var beat time.Time
		var late, calm bool
		err := scan(&seq, &beat, &late, &calm)
		dead := s.dead(seq, beat)
		alive, certain = alive || !late, certain && calm && dead
		return err
	}, "SELECT m.seq, m.beat, "+silent+", "+settled+" FROM loabatch.members m WHERE m.run = $2 AND "+running, s.silence, run)
	if err == nil && !alive && !certain {
		err = errUncertain
	}
	return alive, err
}

// holder is a run that holds some of the requested circuits.
type holder struct {
	seq int64
	ledger.LockedError
}

// holders lists the runs that hold any of the circuits, the oldest first.
func (m *Member) holders(ctx context.Context, tx pgx.Tx, regions, ids []string) (list []holder, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	err = each(ctx, tx, func(scan func(...any) error) error {
		var h holder
		var started int64
		err := scan(&h.seq, &h.RunID, &h.Host, &h.PID, &started, &h.Circuits)
		h.Since = ledger.Instant(started)
		list = append(list, h)
		return err
	}, `SELECT u.seq, u.id, u.host, u.pid, u.started, h.n FROM (SELECT l.run, count(*) AS n FROM unnest($2::text[], $3::text[]) AS k (region, id)
		JOIN loabatch.locks l ON l.scope = $1 AND l.region = k.region AND l.instance_id = k.id GROUP BY l.run) h
		JOIN loabatch.runs u ON u.seq = h.run ORDER BY u.seq`, string(m.info.Scope), regions, ids)
	return list, err
}

// startIn starts a batch, or a run, and takes the circuits of dead ones.
func (m *Member) startIn(ctx context.Context, tx pgx.Tx, terms []ledger.Term, keys []batch.Key) error {
	i := m.info
	var exists bool
	if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM loabatch.runs WHERE id = $1)", i.ID).Scan(&exists); err != nil {
		return err
	}
	if exists {
		return ledger.ErrRunExists
	}
	regions, ids := columnsOf(keys)
	holders, err := m.holders(ctx, tx, regions, ids)
	if err != nil {
		return err
	}
	var uncertain error
	for _, h := range holders {
		switch alive, err := m.store.alive(ctx, tx, h.seq); {
		case errors.Is(err, errUncertain):
			uncertain, m.awaited = err, h.LockedError
		case err != nil:
			return err
		case alive:
			return &h.LockedError
		}
	}
	if uncertain != nil {
		return uncertain
	}
	for _, h := range holders {
		if err := takeOver(ctx, tx, h.seq, i.ID); err != nil {
			return err
		}
	}
	if err := m.insertRun(ctx, tx, terms); err != nil {
		return err
	}
	claimant := m.seq
	if m.shared {
		claimant = 0
	}
	_, err = tx.Exec(ctx, `INSERT INTO loabatch.locks (scope, region, instance_id, run, member)
		SELECT $1, k.region, k.id, $4, $5 FROM unnest($2::text[], $3::text[]) AS k (region, id) ON CONFLICT DO NOTHING`, string(i.Scope), regions, ids, m.run, claimant)
	return err
}

func (m *Member) insertRun(ctx context.Context, tx pgx.Tx, terms []ledger.Term) error {
	agreed := ledger.EncodeJSON(slices.Concat([]ledger.Term{}, terms))
	err := tx.QueryRow(ctx, "INSERT INTO loabatch.runs ("+ledger.InfoColumns+`, shared, terms)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING seq`, append(m.info.Values(), m.shared, agreed)...).Scan(&m.run)
	if err != nil {
		return err
	}
	m.started = true
	return m.insert(ctx, tx, m.info)
}

// takeOver releases all locks of a dead run and fences its members.
func takeOver(ctx context.Context, tx pgx.Tx, dead int64, by string) error {
	for _, statement := range []string{
		"UPDATE loabatch.runs SET taken_by = $2 WHERE seq = $1",
		"UPDATE loabatch.members m SET taken_by = $2 WHERE m.run = $1 AND " + running,
	} {
		if _, err := tx.Exec(ctx, statement, dead, by); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, "DELETE FROM loabatch.locks WHERE run = $1", dead)
	return err
}

// columnsOf are keys as two arrays.
func columnsOf(keys []batch.Key) (regions, ids []string) {
	regions, ids = make([]string, len(keys)), make([]string, len(keys))
	for i, k := range keys {
		regions[i], ids[i] = k.Region, k.InstanceID
	}
	return regions, ids
}
