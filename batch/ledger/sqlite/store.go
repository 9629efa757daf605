// Package sqlite keeps a ledger in a SQLite file, in WAL mode with full synchronisation,
// readable by its owner alone. It is the only importer of the driver.
//
// The tables are runs, rows, circuits and locks (schema.go). circuits holds the
// [ledger.State] of each circuit and scope.
//
// Any number of goroutines call Begin and Finish. One goroutine (writer.go) takes the
// writes that are waiting, up to a bound, applies them in one transaction, commits, and
// only then lets the callers go on. So each caller gets its durability, and callers that
// wait at the same time share the cost of one commit. No Begin waits for others to join:
// while one commit is in progress, the writes of the next accumulate.
//
// A run locks each of its circuits when it starts (lock.go). Its holder is alive for as long
// as it holds the lock of a file in the folder LEDGER.locks (lockfiles.go), which the
// operating system releases when the process ends.
//
// From one commit to the next the writer caches the state of circuits with a submission
// in progress and which runs hold their locks, for as long as no other connection
// writes. So a circuit that is new to the ledger is begun and finished without a query.
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

	"github.com/loabatch/loabatch/batch/durable"
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
	path   string
	remove string // the folder of a temporary ledger
	read   *sql.DB
	write  *sql.DB
	writer *writer
	locks  *lockFiles
	close  sync.Once
	closed error
}

var _ ledger.Store = (*Store)(nil)

// Open opens the ledger at path and creates it if it is missing: the file readable and
// writable by its owner alone (0600), missing folders likewise (0700). The mode of an
// existing file is restricted to its owner. An older schema is migrated.
//
// Its errors are [*ledger.Error]; the Kind says what helps. A ledger written by a later
// version is refused with [ledger.Newer].
func Open(ctx context.Context, path string) (*Store, error) {
	return open(ctx, path, "FULL")
}

// Temporary opens a ledger in a folder of its own, which Close removes. It behaves like
// any other but is not synchronised with the disk.
func Temporary(ctx context.Context) (*Store, error) {
	folder, err := os.MkdirTemp("", "loabatch-ledger-")
	if err != nil {
		return nil, wrapError("open", os.TempDir(), err)
	}
	s, err := open(ctx, filepath.Join(folder, "ledger.db"), "OFF")
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	s.remove = folder
	return s, nil
}

func open(ctx context.Context, path, synchronous string) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, wrapError("open", path, err)
	}
	if err := prepareFile(path); err != nil {
		return nil, wrapError("open", path, err)
	}
	real, err := filepath.EvalSymlinks(path) // SQLite names its files after the real one, too
	if err != nil {
		return nil, wrapError("open", path, err)
	}
	s := &Store{path: path, locks: &lockFiles{folder: real + ".locks", held: map[int64]*flock.Flock{}}}
	// BEGIN IMMEDIATE wherever a write follows: a transaction that starts as a reader
	// and then writes can fail at once, without waiting for busy_timeout.
	s.write, err = sql.Open("sqlite", dsn(path, "synchronous("+synchronous+")", "fullfsync(1)", "checkpoint_fullfsync(1)"))
	if err != nil {
		return nil, wrapError("open", path, err)
	}
	s.write.SetMaxOpenConns(1)
	if s.read, err = sql.Open("sqlite", dsn(path, "query_only(1)")); err != nil {
		return nil, errors.Join(wrapError("open", path, err), s.write.Close())
	}
	s.read.SetMaxOpenConns(readers)
	if s.writer, err = s.startWriter(ctx); err != nil {
		return nil, errors.Join(wrapError("open", path, err), s.read.Close(), s.write.Close())
	}
	return s, nil
}

// startWriter brings the file to WAL mode and the present schema, and gives the one
// connection that writes to the writer.
func (s *Store) startWriter(ctx context.Context) (*writer, error) {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if err := prepareDatabase(ctx, conn); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	w, err := newWriter(conn)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return w, nil
}

// prepareDatabase checks that the file is ours before it changes anything in it.
func prepareDatabase(ctx context.Context, conn *sql.Conn) error {
	if _, err := schemaVersion(ctx, conn); err != nil {
		return err
	}
	if err := enableWAL(ctx, conn); err != nil {
		return err
	}
	return migrate(ctx, conn, migrations)
}

// enableWAL switches the file to WAL mode, which is permanent. The switch needs exclusive
// access, and SQLite does not wait for that if another process is switching as well.
func enableWAL(ctx context.Context, conn *sql.Conn) error {
	deadline := time.Now().Add(busyTimeout)
	for {
		var mode string
		err := conn.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode)
		if err == nil && mode != "wal" {
			err = conn.QueryRowContext(ctx, "PRAGMA journal_mode=WAL").Scan(&mode)
		}
		switch {
		case err == nil && mode == "wal":
			return nil
		case err == nil:
			return errNoWAL
		case kindOf(err) != ledger.Busy || time.Now().After(deadline):
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

// prepareFile creates folders and file with their modes. SQLite itself synchronises the
// file's folder, when it first syncs the journal that it creates there.
func prepareFile(path string) error {
	if err := durable.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case err == nil:
		return f.Close()
	case !errors.Is(err, os.ErrExist):
		return err
	}
	return restrictMode(path)
}

// restrictMode takes all permissions but the owner's from an existing file, and gives the
// files that SQLite keeps beside it the same mode: a read-only one left behind would make
// the ledger read-only.
func restrictMode(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errForeign
	}
	mode := info.Mode().Perm() & 0o700
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		switch {
		case errors.Is(err, os.ErrNotExist):
			continue
		case err != nil:
			return err
		case info.Mode().Perm() == mode:
			continue
		}
		if err := os.Chmod(name, mode); err != nil {
			return err
		}
	}
	return nil
}

// dsn is the driver's name for a path, whatever characters the path contains.
func dsn(path string, pragmas ...string) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // C:/… is /C:/… in a URI
	}
	timeout := strconv.FormatInt(busyTimeout.Milliseconds(), 10)
	query := url.Values{"_pragma": append([]string{"busy_timeout(" + timeout + ")"}, pragmas...)}
	return (&url.URL{Scheme: "file", Path: slashed, RawQuery: query.Encode()}).String()
}

// Path returns the absolute path of the file.
func (s *Store) Path() string { return s.path }

// Close implements [ledger.Store]. It may be called more than once.
func (s *Store) Close() error {
	s.close.Do(func() {
		s.closed = errors.Join(s.writer.stop(), s.read.Close(), s.write.Close())
		s.locks.dropAll()
		if s.remove != "" {
			s.closed = errors.Join(s.closed, os.RemoveAll(s.remove))
		}
	})
	return s.closed
}
