package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/batch/ledger"
)

// applicationID marks a ledger in the header of its file: "loab". Versions up to schema 2 left it 0.
const applicationID = 0x6c6f6162

// markLedger is the step of the schema that marks existing ledgers.
const markLedger = `PRAGMA application_id = 0x6c6f6162`

var (
	errForeign  = errors.New("neither a ledger nor a database")
	errDatabase = errors.New("another program's database")
	errNotFile  = errors.New("not a regular file")
)

// prepareFile makes sure that path is a ledger or empty, and private to its owner. It creates
// missing folders and the file. Another program's file is not touched. SQLite itself syncs the
// file's folder when it first syncs the journal that it creates there. The caller holds the
// lock of opened.
func prepareFile(ctx context.Context, path string) error {
	if durable.Reserved(path) {
		return errNotFile
	}
	if err := durable.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case err == nil:
		return errors.Join(f.Close(), protect(path))
	case !errors.Is(err, os.ErrExist):
		return err
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case !durable.IsFile(info.Mode()):
		return errNotFile
	}
	if info.Size() > 0 && !alreadyOpen(info) {
		if err := identify(ctx, path); err != nil {
			return err
		}
	}
	return errors.Join(restrictMode(path, info.Mode().Perm()&0o700), protect(path))
}

// opened are the ledgers that this process has open. Closing a file releases all locks of
// the process on it (fcntl(2)), which SQLite's connections rely on. So a ledger that is
// open is not opened by other means; its first Open has identified it.
var opened struct {
	sync.Mutex
	files []os.FileInfo
}

// alreadyOpen reports whether this process has a file open. The caller holds the lock.
func alreadyOpen(info os.FileInfo) bool {
	return slices.ContainsFunc(opened.files, func(f os.FileInfo) bool { return os.SameFile(f, info) })
}

// openFile prepares the file at path and counts it as open until the returned function is called.
func openFile(ctx context.Context, path string) (closed func(), err error) {
	opened.Lock()
	defer opened.Unlock()
	if err := prepareFile(ctx, path); err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	opened.files = append(opened.files, info)
	return func() {
		opened.Lock()
		defer opened.Unlock()
		i := slices.Index(opened.files, info)
		opened.files = slices.Delete(opened.files, i, i+1)
	}, nil
}

// identify checks whether a file is a ledger, without changing anything.
func identify(ctx context.Context, path string) error {
	head, err := readHead(path)
	if err != nil {
		return err
	}
	if len(head) < headerSize {
		return errForeign
	}
	database := bytes.HasPrefix(head, []byte("SQLite format 3\x00"))
	mark := binary.BigEndian.Uint32(head[68:])
	switch {
	case mark == applicationID && database:
		return nil
	case mark == applicationID:
		return damage("the header is damaged")
	case !database:
		return errForeign
	}
	log, err := readHead(path + "-wal")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	tables, ours, err := countTables(ctx, path)
	switch {
	case kindOf(err) == ledger.Corrupt && (hasSchema(head) || hasSchema(log)):
		return nil // it is being written, or the program was killed meanwhile
	case err != nil || ours == len(ledgerTables):
		return err
	case tables == 0 && mark == 0 && (len(log) == 0 || hasSchema(log)):
		return nil // everything that was ever written is in the log
	}
	return errDatabase
}

const (
	headerSize = 100     // of a database, in bytes
	headSize   = 1 << 20 // of what is searched for the schema, in bytes
)

func readHead(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	head, err := io.ReadAll(io.LimitReader(f, headSize))
	return head, errors.Join(err, f.Close())
}

// ledgerTables are the tables by which a ledger without a mark is recognised.
var ledgerTables = []string{"schema_version", "runs", "rows", "circuits", "locks"}

// hasSchema reports whether pages contain the schema of a ledger.
func hasSchema(pages []byte) bool {
	for _, table := range ledgerTables {
		if !bytes.Contains(pages, []byte("CREATE TABLE "+table)) && !bytes.Contains(pages, []byte(`CREATE TABLE "`+table)) {
			return false
		}
	}
	return true
}

// countTables counts the tables in the file itself, and those that a ledger has. The
// connection takes no lock, makes no file beside this one and ignores the log.
func countTables(ctx context.Context, path string) (tables, ours int, err error) {
	db, err := sql.Open("sqlite", dsn(path, url.Values{"mode": {"ro"}, "immutable": {"1"}}))
	if err != nil {
		return 0, 0, err
	}
	err = db.QueryRowContext(ctx, `SELECT count(*), count(*) FILTER (WHERE name IN ('`+strings.Join(ledgerTables, "', '")+`'))
		FROM sqlite_schema WHERE type = 'table'`).Scan(&tables, &ours)
	return tables, ours, errors.Join(err, db.Close())
}

// restrictMode gives an existing file, and the files that SQLite keeps beside it, the mode of a
// ledger: a read-only one left behind would make the ledger read-only. On Windows a mode says
// nothing else, and cannot keep others out.
func restrictMode(path string, mode os.FileMode) error {
	if runtime.GOOS == "windows" {
		mode |= mode>>3 | mode>>6
	}
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

// protect makes files private to their owner where a mode does not.
func protect(paths ...string) error {
	for _, path := range paths {
		if err := durable.Protect(path); err != nil {
			return err
		}
	}
	return nil
}

// mark marks a new file as a ledger. It does so before the file has a log, so the mark is in the
// file itself.
func mark(ctx context.Context, conn *sql.Conn) error {
	var tables int
	if err := conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil || tables > 0 {
		return err
	}
	var found int
	if err := conn.QueryRowContext(ctx, "PRAGMA application_id").Scan(&found); err != nil || found == applicationID {
		return err
	}
	_, err := conn.ExecContext(ctx, markLedger)
	return err
}

// newer is the error for a ledger of a later version, which may have no such table. The program is
// the one that wrote it last.
func newer(ctx context.Context, conn *sql.Conn, found, known int) error {
	var program string
	_ = conn.QueryRowContext(ctx, "SELECT version FROM runs ORDER BY seq DESC LIMIT 1").Scan(&program)
	return ledger.NewerSchema(found, known, program)
}
