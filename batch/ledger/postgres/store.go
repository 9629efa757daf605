// Package postgres keeps a ledger in a PostgreSQL database that several hosts share. It is
// the only importer of the driver except batch/hosts, which hands out rows over the same
// connections.
//
// The tables are in the schema loabatch (schema.go), for which the right to create it is
// enough. A run there is a batch with one or more members: processes, possibly on different
// hosts. What [ledger.State] calls a run is a member, so its rules about who may end what
// another began apply unchanged.
//
// Each write is a transaction of its own, in two round trips if it depends on what it reads
// (Begin, Finish, Take). There is no group commit: PostgreSQL has one, and a region needs only
// five rows a second.
//
// A member writes a heartbeat every tenth of the silence ([Store.Silence]). Whoever has watched
// it be silent for longer presumes it dead (beat.go) and takes its locks: from then on its
// Begin finds no lock, and its Take no living member, so nothing is sent.
//
// Hosts' clocks differ, so what members must agree on, heartbeats and quotas, goes by the
// database's. The settling time of an open token ([ledger.State.Tried]) counts from an attempt
// that another host may have made; it is stored by the database's clock if the host's differs
// by more than a second.
package postgres

import (
	"cmp"
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loabatch/loabatch/batch/ledger"
)

const (
	// silence is how long a member may be silent. It is longer than a granted request may wait
	// before it starts; the rules of [watch] allow for the time in which a server fails over or
	// restarts.
	silence = 10 * time.Second
	// patience is how long a small transaction may take before the server counts as
	// unreachable. Without it a call would wait for the system's TCP timeout, for minutes.
	patience = 15 * time.Second
	// readPatience is the same for reading or writing any number of rows: a million circuits
	// take a minute.
	readPatience = 5 * time.Minute
	// idle is how long a transaction may be idle.
	idle = silence / 2
	// connections is a process's limit unless the address sets one; heartbeats have one more.
	// Ten processes just fit a server with its default settings.
	connections = 9
	// oldest is the oldest supported version of the server.
	oldest = 13
)

// Store is an open ledger in a database. It implements [ledger.Shared].
type Store struct {
	path     string // without user and password
	pool     *pgxpool.Pool
	beats    *pgxpool.Pool // one connection for heartbeats, which must not wait for other calls
	silence  time.Duration
	watch    watch
	skew     atomic.Int64 // of the database's clock, see clock.go
	timeLine string       // see timeLines
	missing  []string     // rights that the role lacked when the ledger was opened

	onSilence func(ledger.LockedError) // see OnSilence
	broken    atomic.Pointer[error]

	mu      sync.Mutex
	members map[*Member]struct{} // that have not ended
	closed  chan struct{}
}

var _ ledger.Shared = (*Store)(nil)

var (
	errOldServer = errors.New("the server is older than version " + strconv.Itoa(oldest))
	errRights    = errors.New("permission denied")
	errStandby   = errors.New("the server is a standby, which cannot be written")
)

// Open opens the ledger in the database at an address, and creates its schema if it is missing.
// The address is a URL or a connection string of PostgreSQL; what it does not set comes from the
// usual environment variables (PGHOST, …) and files. An older schema is migrated.
//
// Its errors are [*ledger.Error], classified by Kind. None of them contains the password.
func Open(ctx context.Context, address string) (*Store, error) {
	return openWith(ctx, address, silence)
}

func openWith(ctx context.Context, address string, silence time.Duration) (*Store, error) {
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, &ledger.Error{Op: "open", Path: "postgres://", Kind: ledger.Other, Err: parseError(err)}
	}
	configure(config, address)
	s := &Store{path: pathOf(config.ConnConfig), silence: silence, members: map[*Member]struct{}{}, closed: make(chan struct{})}
	s.watch.gap = silence / 2
	if s.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, s.wrap("open", err)
	}
	single := config.Copy()
	single.MaxConns, single.MinConns = 1, 0
	if s.beats, err = pgxpool.NewWithConfig(ctx, single); err == nil {
		err = s.prepare(ctx)
	}
	if err != nil {
		s.closePools()
		return nil, s.wrap("open", err)
	}
	return s, nil
}

// pathOf names a database for people.
func pathOf(c *pgx.ConnConfig) string {
	host := c.Host
	if host == "" || host[0] != '/' {
		host = net.JoinHostPort(host, strconv.Itoa(int(c.Port)))
	}
	return "postgres://" + host + "/" + cmp.Or(c.Database, c.User)
}

// configure sets what the address does not, and what the ledger relies on.
func configure(c *pgxpool.Config, address string) {
	conn := c.ConnConfig
	if !strings.Contains(address, "pool_max_conns") {
		c.MaxConns = connections
	}
	// A connection that breaks silently is noticed while an answer is awaited.
	dialer := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3}}
	conn.DialFunc = dialer.DialContext
	conn.ConnectTimeout = cmp.Or(conn.ConnectTimeout, 5*time.Second)
	if conn.RuntimeParams["application_name"] == "" {
		conn.RuntimeParams["application_name"] = "loabatch"
	}
	if conn.ValidateConnect == nil && len(conn.Fallbacks) > 0 {
		// Of several hosts, choose the one that accepts writes.
		conn.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	// Begin must be durable whatever the database's default, and a process that is stopped in
	// the middle of a transaction must not keep its locks until others have found it dead.
	c.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
			UNION ALL SELECT set_config('default_transaction_isolation', 'read committed', false)
			UNION ALL SELECT set_config('idle_in_transaction_session_timeout', $1, false)`, strconv.FormatInt(idle.Milliseconds(), 10))
		return err
	}
}

// prepare checks that the server can keep a ledger, and brings the schema up to date.
func (s *Store) prepare(ctx context.Context) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	var version int
	var standby bool
	if err := conn.QueryRow(ctx, "SELECT current_setting('server_version_num')::int, pg_is_in_recovery()").Scan(&version, &standby); err != nil {
		return err
	}
	switch {
	case version < oldest*10000:
		return errOldServer
	case standby:
		return errStandby
	}
	var server ledger.Server
	if err := missing(ctx, conn, &server); err != nil {
		return err
	}
	s.missing = server.Missing
	if err := migrate(ctx, conn.Conn(), migrations); err != nil {
		return err
	}
	if err := s.findTimeLine(ctx, conn); err != nil {
		return err
	}
	return s.compareClocks(ctx, conn)
}

// Pool returns the connections of the ledger, for handing out rows. They are closed with the ledger.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// Failure makes a failure of a statement on one of these connections an [*ledger.Error], as the
// methods of the ledger do.
func (s *Store) Failure(err error) error { return s.wrap("write", err) }

// Path returns the address of the database, without user and password.
func (s *Store) Path() string { return s.path }

// Silence implements [ledger.Shared].
func (s *Store) Silence() time.Duration { return s.silence }

// Close implements [ledger.Store]. It may be called more than once.
func (s *Store) Close() error {
	s.mu.Lock()
	select {
	case <-s.closed:
		s.mu.Unlock()
		return nil
	default:
	}
	close(s.closed)
	var beating []*Member
	var left []int64
	for m := range s.members {
		beating, left = append(beating, m), append(left, m.seq)
	}
	s.mu.Unlock()
	for _, m := range beating {
		m.halt()
	}
	if len(left) > 0 {
		// This saves others from waiting for the silence. If it fails, they wait.
		ctx, cancel := context.WithTimeout(context.Background(), s.silence)
		defer cancel()
		_, _ = s.pool.Exec(ctx, "UPDATE loabatch.members m SET gone = true, beat = clock_timestamp() WHERE m.seq = ANY($1) AND "+running, left)
	}
	s.closePools()
	return nil
}

func (s *Store) closePools() {
	s.pool.Close()
	if s.beats != nil {
		s.beats.Close()
	}
}

// querier is a connection, a transaction or the pool.
type querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// each calls f for every row of a query.
func each(ctx context.Context, q querier, f func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// usable reports whether the ledger has not been closed.
func (s *Store) usable() error {
	select {
	case <-s.closed:
		return ledger.ErrClosed
	default:
	}
	if err := s.broken.Load(); err != nil {
		return *err
	}
	return nil
}

// panicked makes every later write fail: without heartbeats others will presume this process dead.
func (s *Store) panicked(err error) { s.broken.CompareAndSwap(nil, &err) }

// attempt calls do with a connection, within [patience]. Once the context has ended, it starts
// nothing.
func (s *Store) attempt(ctx context.Context, do func(context.Context, *pgxpool.Conn) error) error {
	return s.attemptOn(ctx, s.pool, do)
}

func (s *Store) attemptOn(ctx context.Context, pool *pgxpool.Pool, do func(context.Context, *pgxpool.Conn) error) error {
	if err := s.usable(); err != nil {
		return err
	}
	bounded, cancel := context.WithTimeoutCause(ctx, patience, errTimeout)
	defer cancel()
	conn, err := pool.Acquire(bounded)
	if err == nil {
		defer conn.Release()
		err = do(bounded, conn)
	}
	return s.explain(ctx, bounded, err)
}

// explain returns why something failed: the ledger was closed, the caller's context ended, or the
// server did not answer in time.
func (s *Store) explain(ctx, bounded context.Context, err error) error {
	if err == nil {
		return nil
	}
	switch {
	case s.usable() != nil:
		return s.usable()
	case ctx.Err() != nil:
		return ctx.Err()
	case bounded.Err() != nil:
		return errTimeout
	}
	if kindOf(err) == ledger.Standby {
		s.pool.Reset() // another server may be the primary by now
	}
	return err
}

// large calls do, which handles any number of rows, within [readPatience].
func (s *Store) large(ctx context.Context, do func(context.Context) error) error {
	if err := s.usable(); err != nil {
		return err
	}
	bounded, cancel := context.WithTimeoutCause(ctx, readPatience, errTimeout)
	defer cancel()
	return s.explain(ctx, bounded, do(bounded))
}

// read is large for reading, with its error wrapped.
func (s *Store) read(ctx context.Context, do func(context.Context) error) error {
	return s.wrap("read", s.large(ctx, do))
}

// transact runs a transaction. Its commit is not interrupted by the end of the context.
func (s *Store) transact(ctx context.Context, do func(context.Context, pgx.Tx) error) error {
	return s.large(ctx, func(ctx context.Context) error {
		conn, err := s.pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
		return transactOn(ctx, conn, do)
	})
}

func transactOn(ctx context.Context, conn *pgxpool.Conn, do func(context.Context, pgx.Tx) error) error {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	err = do(ctx, tx)
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = tx.Rollback(end) // a broken connection rolls back by itself
		return err
	}
	return tx.Commit(end)
}

// inTwo runs a transaction in two round trips: what read queues, then what write queues. If the
// context ends before the second, nothing is written.
func (s *Store) inTwo(ctx context.Context, read func(*pgx.Batch), write func(*pgx.Batch) error) error {
	return s.attempt(ctx, func(bounded context.Context, conn *pgxpool.Conn) error {
		var first, second pgx.Batch
		first.Queue("BEGIN")
		read(&first)
		end, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), patience, errTimeout)
		defer cancel()
		err := conn.SendBatch(bounded, &first).Close()
		if err == nil {
			err = write(&second)
		}
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			second.Queue("COMMIT")
			err = conn.SendBatch(end, &second).Close()
		}
		if err != nil && !conn.Conn().IsClosed() {
			_, _ = conn.Exec(end, "ROLLBACK")
		}
		return err
	})
}
