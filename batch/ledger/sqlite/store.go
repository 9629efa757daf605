// Package sqlite keeps a ledger in a SQLite file, in WAL mode with full synchronisation,
// readable only by its owner. It is the only importer of the driver.
//
// The tables are runs, rows, circuits and locks (schema.go), quotas (quota.go), and loa_states
// (loas.go). circuits holds the [ledger.State] of each circuit, scope and place.
//
// Many goroutines call Begin and Finish. One goroutine (writer.go) takes the waiting
// writes, up to a bound, applies them in one transaction, commits, and only then lets the
// callers return. So what each caller wrote is durable, and callers that wait at the same time
// share the cost of one commit. No Begin waits for others to join: while one commit is in
// progress, the writes of the next accumulate.
//
// A run locks each of its circuits when it starts (lock.go). It is alive for as long as it holds
// the lock of a file in the folder LEDGER.locks (lockfiles.go), which the operating system
// releases when the process ends.
//
// Between commits the writer caches the state of circuits with a submission in progress, and
// which runs hold their locks, for as long as no other connection writes. So a circuit that is
// new to the ledger is begun and finished without a query.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/loabatch/loabatch/batch/ledger"
)

// busyTimeout is how long a write waits for another process. A commit takes milliseconds,
// and starting a run of 100,000 circuits a few hundred of them, so a process that still
// holds the file after this long is stuck.
const busyTimeout = 10 * time.Second

// readers bounds the connections that read; a command reads one thing at a time.
const readers = 2

// Store is an open ledger in a file. It implements [ledger.Store].
type Store struct {
	path    string
	remove  func() error // removes a temporary ledger; nil for any other
	release func()       // see openFile
	read    *sql.DB
	write   *sql.DB
	writer  *writer
	quotas  *quotas
	locks   *lockFiles
	close   sync.Once
	closed  error
}

var _ ledger.Store = (*Store)(nil)

// Open opens the ledger at path and creates it if it is missing: the file readable and writable
// only by its owner (0600), missing folders likewise (0700). The mode of an existing ledger is
// restricted to its owner. An older schema is migrated.
//
// Its errors are [*ledger.Error], classified by Kind. A ledger written by a later version is
// refused with [ledger.Newer], a damaged one (seal.go) with [ledger.Corrupt]. A file that is not
// a ledger is left unchanged, even its mode.
func Open(ctx context.Context, path string) (*Store, error) {
	removeStale(os.TempDir(), time.Now())
	return open(ctx, path, true)
}

func open(ctx context.Context, path string, durable bool) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, wrapError("open", path, err)
	}
	closed, err := openFile(ctx, path)
	if err != nil {
		return nil, wrapError("open", path, err)
	}
	s := &Store{path: path, release: closed}
	if err := s.connect(ctx, durable); err != nil {
		closed()
		return nil, wrapError("open", path, err)
	}
	return s, nil
}

// connect opens the connections and the writer.
func (s *Store) connect(ctx context.Context, durable bool) error {
	target, err := filepath.EvalSymlinks(s.path) // SQLite names its files after the real one too
	if err != nil {
		return err
	}
	s.locks = &lockFiles{folder: target + ".locks", durable: durable, held: map[int64]*flock.Flock{}}
	synchronous := "OFF"
	if durable {
		synchronous = "FULL"
	}
	// BEGIN IMMEDIATE wherever a write follows: a transaction that starts as a reader
	// and then writes can fail at once, without waiting for busy_timeout.
	s.write, err = sql.Open("sqlite", dsn(s.path, pragmas("synchronous("+synchronous+")", "fullfsync(1)", "checkpoint_fullfsync(1)")))
	if err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	if s.read, err = sql.Open("sqlite", dsn(s.path, pragmas("query_only(1)"))); err != nil {
		return errors.Join(err, s.write.Close())
	}
	s.read.SetMaxOpenConns(readers)
	if s.writer, err = s.startWriter(ctx, durable); err != nil {
		return errors.Join(err, s.read.Close(), s.write.Close())
	}
	err = protect(s.path+"-wal", s.path+"-shm") // created in the meantime
	if err == nil {
		s.quotas, err = openQuotas(s.path, durable, &s.writer.turn)
	}
	if err != nil {
		return errors.Join(err, s.writer.stop(func(*sql.Conn) {}), s.read.Close(), s.write.Close())
	}
	return nil
}

// startWriter brings the file to WAL mode and the current schema, and gives the only writing
// connection to the writer.
func (s *Store) startWriter(ctx context.Context, durable bool) (*writer, error) {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return nil, schemaError(err)
	}
	if err := prepareDatabase(ctx, conn, durable); err != nil {
		return nil, errors.Join(schemaError(err), conn.Close())
	}
	w, err := newWriter(conn) // this prepares its statements
	if err != nil {
		return nil, errors.Join(schemaError(err), conn.Close())
	}
	return w, nil
}

// prepareDatabase checks that the file is sound and ours before it changes anything in it.
func prepareDatabase(ctx context.Context, conn *sql.Conn, durable bool) error {
	found, err := schemaVersion(ctx, conn)
	if err != nil {
		return err
	}
	if found > len(migrations) {
		return newer(ctx, conn, found, len(migrations))
	}
	if durable {
		if err := verify(ctx, conn, found); err != nil {
			return err
		}
	}
	if err := patiently(ctx, func() error { return mark(ctx, conn) }); err != nil {
		return err
	}
	if err := patiently(ctx, func() error { return enableWAL(ctx, conn) }); err != nil {
		return err
	}
	return migrate(ctx, conn, migrations)
}

// enableWAL switches the file to WAL mode, which is permanent. The switch needs exclusive
// access.
func enableWAL(ctx context.Context, conn *sql.Conn) error {
	var mode string
	err := conn.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode)
	if err == nil && mode != "wal" {
		err = conn.QueryRowContext(ctx, "PRAGMA journal_mode=WAL").Scan(&mode)
	}
	if err == nil && mode != "wal" {
		return errNoWAL
	}
	return err
}

// patiently repeats a call that fails because another process is using the file. SQLite itself does
// not wait if both prepare the same file.
func patiently(ctx context.Context, prepare func() error) error {
	deadline := time.Now().Add(busyTimeout)
	for {
		err := prepare()
		if err == nil || kindOf(err) != ledger.Busy || time.Now().After(deadline) {
			return err
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// errNoWAL is the answer of file systems without shared memory, such as network drives.
var errNoWAL = errors.New("the file system does not support a write-ahead log; use a local disk")

// dsn is the driver's name for a path, which may contain any characters.
func dsn(path string, parameters url.Values) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // C:/… is /C:/… in a URI
	}
	return (&url.URL{Scheme: "file", Path: slashed, RawQuery: parameters.Encode()}).String()
}

// pragmas are the parameters of a connection that waits for others.
func pragmas(more ...string) url.Values {
	timeout := strconv.FormatInt(busyTimeout.Milliseconds(), 10)
	return url.Values{"_pragma": append([]string{"busy_timeout(" + timeout + ")"}, more...)}
}

// Path returns the absolute path of the file.
func (s *Store) Path() string { return s.path }

// atRest seals a ledger that is kept. If it cannot, the next Open uses SQLite's check.
func (s *Store) atRest(conn *sql.Conn) {
	if s.remove == nil {
		_ = s.setSeal(context.Background(), conn)
	}
}

// Close implements [ledger.Store]. It may be called more than once.
func (s *Store) Close() error {
	s.close.Do(func() {
		s.closed = errors.Join(s.quotas.db.Close(), s.writer.stop(s.atRest), s.read.Close(), s.write.Close())
		s.release()
		s.locks.dropAll()
		if s.remove != nil {
			s.closed = errors.Join(s.closed, s.remove())
		}
	})
	return s.closed
}
