package postgres

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

// Member is a process at work on a batch. It implements [ledger.Member] and, for a batch that no
// other process joins, [ledger.Run].
type Member struct {
	store   *Store
	seq     int64 // of the member
	nonce   int64 // stored with seq in the ledger
	run     int64 // of the batch
	shared  bool
	info    ledger.RunInfo // of the batch
	started bool           // by this member
	held    map[batch.Key]struct{}
	counted counted
	awaited ledger.LockedError // the run whose members are silent, while this one waits to start

	life    context.Context // of the heartbeats
	die     context.CancelFunc
	stop    chan struct{} // ends the heartbeats
	halting sync.Once
	beating sync.WaitGroup
	open    ledger.Lifetime
}

var _ ledger.Member = (*Member)(nil)

// Info implements [ledger.Run].
func (m *Member) Info() ledger.RunInfo { return m.info }

// Past implements [batch.Ledger].
func (m *Member) Past(ctx context.Context, place batch.Place, keys []batch.Key) (map[batch.Key]batch.Record, error) {
	return m.store.Past(ctx, m.info.Scope, place, keys)
}

// whileOpen calls do unless the member has ended. End waits for it.
func (m *Member) whileOpen(op string, do func() error) error {
	return m.store.wrap(op, m.open.During(do))
}

// fence says why a member has lost its claims: it or its batch was taken over, or the batch has
// ended.
type fence struct {
	by, runBy        string
	ended, concluded int64
	lost             bool // the server does not know the member, after a failover
}

const readFence = "SELECT m.taken_by, u.taken_by, m.ended, u.ended FROM loabatch.members m JOIN loabatch.runs u ON u.seq = m.run WHERE m.seq = $1 AND m.nonce = $2"

func (m *Member) queueFence(b *pgx.Batch, f *fence) {
	b.Queue(readFence, m.seq, m.nonce).QueryRow(func(row pgx.Row) error { return m.scanFence(row, f) })
}

// readFenceIn is queueFence without a queue.
func (m *Member) readFenceIn(ctx context.Context, q querier, f *fence) error {
	return m.scanFence(q.QueryRow(ctx, readFence, m.seq, m.nonce), f)
}

// scanFence reads a fence. A member that the server does not know was lost in a failover.
func (m *Member) scanFence(row pgx.Row, f *fence) error {
	err := row.Scan(&f.by, &f.runBy, &f.ended, &f.concluded)
	if errors.Is(err, pgx.ErrNoRows) {
		f.by, f.lost, err = m.info.ID, true, nil
	}
	return err
}

// takenOver is nil unless the member was found dead.
func (f *fence) takenOver(m *Member) error {
	if by := cmp.Or(f.runBy, f.by); by != "" {
		return &ledger.TakenOverError{RunID: m.info.ID, By: by}
	}
	return nil
}

// err is nil if the member may go on and its batch is open.
func (f *fence) err(m *Member) error {
	err := f.takenOver(m)
	if err == nil && (f.ended != 0 || f.concluded != 0) {
		err = ledger.ErrEnded
	}
	return err
}

// beatIfDue is a heartbeat for a member that has missed some: a process that was stopped, or
// whose machine was suspended, may go on before its next heartbeat. So nothing is begun long
// after the recorded heartbeat.
const beatIfDue = "UPDATE loabatch.members m SET beat = clock_timestamp() WHERE m.seq = $1 AND m.nonce = $2 AND " + running + " AND m.beat < clock_timestamp() - $3::interval"

// lockLock reads who has claimed a circuit of the batch, and locks that.
const lockLock = "SELECT member FROM loabatch.locks WHERE scope = $1 AND region = $2 AND instance_id = $3 AND run = $4 FOR UPDATE"

// Begin implements [ledger.Run]. It locks the row of the circuit's lock, so nobody can take it over
// meanwhile.
func (m *Member) Begin(ctx context.Context, a batch.Application) error {
	if !m.shared {
		if _, ok := m.held[a.Key]; !ok {
			return ledger.ErrNotLocked
		}
	}
	c, now := m.info.StateKey(a.Key, a.Operation), time.Now()
	return m.whileOpen("write", func() error {
		var f fence
		var holder, finisher int64
		var before ledger.State
		return m.store.inTwo(ctx, func(b *pgx.Batch) {
			b.Queue(beatIfDue, m.seq, m.nonce, m.store.silence/5)
			b.Queue(lockLock, string(c.Scope), a.Key.Region, a.Key.InstanceID, m.run).QueryRow(optional(&holder))
			m.queueFence(b, &f)
			m.store.load(b, c, &before)
			b.Queue("SELECT member FROM loabatch.rows WHERE run = $1 AND row = $2 AND place = $3 AND finished <> 0", m.run, a.Row, string(c.Place)).
				QueryRow(optional(&finisher))
		}, func(b *pgx.Batch) error {
			if err := f.err(m); err != nil {
				return err
			}
			if holder != m.seq {
				return ledger.ErrNotLocked
			}
			if finisher != 0 && finisher != m.seq {
				return ledger.ErrFinished
			}
			after, err := m.begin(before, a)
			if err != nil {
				return err
			}
			if after != before {
				m.store.save(b, c, after)
			}
			b.Queue(`INSERT INTO loabatch.rows (run, row, place, member, region, instance_id, hash, generation, token, begun, operation)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
				ON CONFLICT (run, row, place) DO UPDATE SET member = excluded.member, region = excluded.region, instance_id = excluded.instance_id,
				hash = excluded.hash, generation = excluded.generation, token = excluded.token, begun = excluded.begun, operation = excluded.operation,
				finished = 0, result = ''`,
				m.run, a.Row, string(c.Place), m.seq, a.Key.Region, a.Key.InstanceID, a.Hash, a.Generation, a.Token, now.UnixNano(), a.Operation.String())
			return nil
		})
	})
}

// begin is the state after Begin. One that is repeated because its answer was lost changes nothing:
// what the first one began cannot have been sent.
func (m *Member) begin(s ledger.State, a batch.Application) (ledger.State, error) {
	mine := ledger.Submission{Run: m.seq, Hash: a.Hash, Generation: a.Generation, Token: a.Token}
	if s.Pending == mine && s.PendingPhase != ledger.PhaseLeft && s.PendingOperation == a.Operation {
		return s, nil
	}
	return s.Begin(m.seq, a)
}

// optional scans columns into values that stay unchanged if there is no row.
func optional(into ...any) func(pgx.Row) error {
	return func(row pgx.Row) error {
		if err := row.Scan(into...); !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		return nil
	}
}

// Finish implements [ledger.Run]. It may be repeated when it has failed: finishing with the same
// outcome again does not change the state.
func (m *Member) Finish(ctx context.Context, o batch.Outcome) error {
	now := time.Now()
	return m.finish(ctx, o, func(b *pgx.Batch, row *owned, f *fence, holds bool, _ ledger.State) {
		switch {
		case m.shared && f.takenOver(m) != nil && !answered(o.Result):
			// Whoever takes the row next finishes it.
		case row.member == 0 || row.member == m.seq || holds:
			m.writeOutcome(b, o, holds, now)
		}
	})
}

// answered reports whether a result is the service's answer, which counts whoever receives it.
func answered(r sheet.Result) bool {
	return r == sheet.Submitted || r == sheet.Already || r == sheet.Refused
}

// GiveBack implements [ledger.Member].
func (m *Member) GiveBack(ctx context.Context, o batch.Outcome) error {
	return m.finish(ctx, o, func(b *pgx.Batch, row *owned, _ *fence, _ bool, after ledger.State) {
		if row.member == m.seq && row.finished == 0 && !after.Open() {
			b.Queue("DELETE FROM loabatch.rows WHERE run = $1 AND row = $2 AND place = $3", m.run, o.Row, string(o.Operation.Place()))
		}
		b.Queue("UPDATE loabatch.locks SET member = 0 WHERE scope = $1 AND region = $2 AND instance_id = $3 AND member = $4",
			string(m.info.Scope), o.Key.Region, o.Key.InstanceID, m.seq)
	})
}

// owned is whose record a row has, 0 without a record, and when that was finished.
type owned struct{ member, finished int64 }

// finish applies an outcome to the state of its circuit, and what write queues, given the
// record of the row, whether the member may go on, whether it holds the circuit, and what
// its state has become.
func (m *Member) finish(ctx context.Context, o batch.Outcome, write func(b *pgx.Batch, row *owned, f *fence, holds bool, after ledger.State)) error {
	c := m.info.StateKey(o.Key, o.Operation)
	return m.whileOpen("write", func() error {
		var f fence
		holder := int64(-1) // the batch does not have the circuit
		var before ledger.State
		var row owned
		return m.store.inTwo(ctx, func(b *pgx.Batch) {
			b.Queue(lockLock, string(c.Scope), o.Key.Region, o.Key.InstanceID, m.run).QueryRow(optional(&holder))
			m.queueFence(b, &f)
			m.store.load(b, c, &before)
			b.Queue("SELECT member, finished FROM loabatch.rows WHERE run = $1 AND row = $2 AND place = $3 FOR UPDATE", m.run, o.Row, string(c.Place)).
				QueryRow(optional(&row.member, &row.finished))
		}, func(b *pgx.Batch) error {
			if f.lost { // its number may belong to another
				return f.takenOver(m)
			}
			// A living member may decide about what no member has claimed, since the batch has it.
			holds := f.err(m) == nil && (holder == m.seq || holder == 0)
			after := before
			if ledger.MayChange(&o) {
				after = before.Finish(m.seq, o, holds)
			}
			write(b, &row, &f, holds, after)
			if after != before {
				m.store.save(b, c, after)
			}
			return nil
		})
	})
}

// writeOutcome queues recording an outcome in the rows of the batch. A member that holds the
// circuit may replace another's record.
func (m *Member) writeOutcome(b *pgx.Batch, o batch.Outcome, holds bool, now time.Time) {
	b.Queue(`INSERT INTO loabatch.rows (run, row, place, member, region, instance_id, operation, token, generation, finished, result, reason,
		error_code, request_id, attempts, submitted, loa_status, tried)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
		ON CONFLICT (run, row, place) DO UPDATE SET member = excluded.member, token = excluded.token, generation = excluded.generation,
		finished = excluded.finished, result = excluded.result, reason = excluded.reason, error_code = excluded.error_code,
		request_id = excluded.request_id, attempts = excluded.attempts, submitted = excluded.submitted, loa_status = excluded.loa_status,
		tried = excluded.tried WHERE loabatch.rows.member = excluded.member OR $19`,
		m.run, o.Row, string(o.Operation.Place()), m.seq, o.Key.Region, o.Key.InstanceID, o.Operation.String(), o.Token, o.Generation, now.UnixNano(),
		string(o.Result), string(o.Reason), o.ErrorCode, o.RequestID, o.Attempts, ledger.Nanoseconds(o.SubmittedAt), o.LOAStatus, ledger.Nanoseconds(o.Tried), holds)
}
