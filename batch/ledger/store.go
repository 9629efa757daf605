package ledger

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/loabatch/loabatch/batch/durable"
)

// busyTimeout is how long a write waits for another process. A commit takes
// milliseconds and a run's start some hundred of them for 100,000 circuits, so who
// still waits after this long waits for something that hangs.
const busyTimeout = 10 * time.Second

// readers bounds the connections that read; one command reads one thing at a time.
const readers = 2

// Store is an open ledger. It is safe for any number of goroutines, and any number of
// processes may have the same ledger open.
type Store struct {
	path   string
	remove string // a throw-away ledger's folder
	read   *sql.DB
	write  *sql.DB
	writer *writer
	close  sync.Once
	closed error
}

// Open opens the ledger at path, and creates it when it is missing: the file readable
// and writable by its owner alone (0600), missing folders likewise (0700). An existing
// file is narrowed to its owner. An older schema is brought up to date.
//
// Its errors are *Error; the Kind tells what helps. A ledger written by a later
// version is refused with Kind Newer.
func Open(ctx context.Context, path string) (*Store, error) {
	return open(ctx, path, "FULL")
}

// Temporary opens a throw-away ledger in a folder of its own, which Close removes. It
// behaves like any other but is not synchronised with the disk.
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
	s := &Store{path: path}
	// BEGIN IMMEDIATE everywhere a write follows: a transaction that starts as a
	// reader and then writes can fail at once, without the wait of busy_timeout.
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

// startWriter brings the file into WAL mode and to the present schema, and hands the
// one connection that writes to the writer.
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
	if err := writeAhead(ctx, conn); err != nil {
		return err
	}
	return migrate(ctx, conn, migrations)
}

// writeAhead brings the file into WAL mode, in which it then stays. The step needs the
// file for itself, and SQLite does not wait for that by itself when another process
// takes the same step.
func writeAhead(ctx context.Context, conn *sql.Conn) error {
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
		case kindOf(err) != Busy || time.Now().After(deadline):
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
var errNoWAL = errors.New("the file system cannot carry a write-ahead log; use a local disk")

// prepareFile creates folders and file with their modes. SQLite itself synchronises the
// file's folder, with the journal that it creates there before the first commit.
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
	return narrow(path)
}

// narrow leaves an existing file to its owner, and gives the files that SQLite keeps
// beside it the same mode: one that is left behind read-only would make the ledger so.
func narrow(path string) error {
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

// dsn gives the driver's name for a path, whatever characters it is made of.
func dsn(path string, pragmas ...string) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // C:/… stands as /C:/… in a URI
	}
	query := url.Values{"_pragma": append([]string{"busy_timeout(" + milliseconds(busyTimeout) + ")"}, pragmas...)}
	return (&url.URL{Scheme: "file", Path: slashed, RawQuery: query.Encode()}).String()
}

// Path tells where the ledger is.
func (s *Store) Path() string { return s.path }

// Close finishes the writes in progress and closes the ledger. Runs that have not
// ended keep their locks until this process is gone.
func (s *Store) Close() error {
	s.close.Do(func() {
		s.closed = errors.Join(s.writer.stop(), s.read.Close(), s.write.Close())
		if s.remove != "" {
			s.closed = errors.Join(s.closed, os.RemoveAll(s.remove))
		}
	})
	return s.closed
}
