package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"

	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/batch/ledger"
)

// applicationID marks a ledger in the header of its file: "loab". Versions with schema 2
// and below left it 0.
const applicationID = 0x6c6f6162

// markLedger is the schema's step that marks ledgers which exist.
const markLedger = `PRAGMA application_id = 0x6c6f6162`

var (
	errForeign  = errors.New("not a ledger and no database")
	errDatabase = errors.New("another program's database")
	errNotFile  = errors.New("not a regular file")
)

// prepareFile makes sure that path is a ledger or empty, and readable by its owner alone. It
// creates missing folders and the file. A file of another program is not touched. SQLite
// itself synchronises the file's folder, when it first syncs the journal that it creates
// there.
func prepareFile(ctx context.Context, path string) error {
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
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errNotFile
	}
	switch info.Size() {
	case 0:
	case 1:
		return errForeign // SQLite would take it for empty
	default:
		if err := identify(ctx, path); err != nil {
			return err
		}
	}
	return restrictMode(path, info.Mode().Perm()&0o700)
}

// identify reads from the file whether it is a ledger. The connection takes no lock, makes
// no file beside this one and ignores the log, so nothing changes. The file is not opened by
// other means: closing it would release the locks of another connection of this process.
func identify(ctx context.Context, path string) (err error) {
	db, err := sql.Open("sqlite", dsn(path, url.Values{"mode": {"ro"}, "immutable": {"1"}}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var mark int
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&mark); err != nil || mark == applicationID {
		return err
	}
	var tables, ours int
	err = db.QueryRowContext(ctx, `SELECT count(*), count(*) FILTER (WHERE name IN ('schema_version', 'runs', 'rows', 'circuits', 'locks'))
		FROM sqlite_schema WHERE type = 'table'`).Scan(&tables, &ours)
	switch {
	case err != nil || ours == 5:
		return err
	case tables > 0 || mark != 0:
		return errDatabase
	}
	return identifyLog(path + "-wal")
}

// identifyLog is identify for a database without tables. All that was ever written to it may
// be in the log, if the program was killed early on. Then the log contains the schema.
func identifyLog(path string) error {
	log, err := os.ReadFile(path)
	switch {
	case errors.Is(err, os.ErrNotExist) || err == nil && len(log) == 0:
		return nil
	case err != nil:
		return err
	case !bytes.Contains(log, []byte("CREATE TABLE schema_version")) || !bytes.Contains(log, []byte("CREATE TABLE circuits")):
		return errDatabase
	}
	return nil
}

// restrictMode gives an existing file, and the files that SQLite keeps beside it, the mode
// of a ledger: a read-only one left behind would make the ledger read-only.
func restrictMode(path string, mode os.FileMode) error {
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

// mark marks a new file as a ledger. It does so before the file has a log, so the mark is in
// the file itself from then on.
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

// programOf names the version of the program that wrote a ledger last.
func programOf(ctx context.Context, conn *sql.Conn) string {
	var version string
	err := conn.QueryRowContext(ctx, "SELECT version FROM runs ORDER BY seq DESC LIMIT 1").Scan(&version)
	if err != nil || version == "" {
		return "(unknown)" // a later version may have no such table
	}
	return version
}

// newer is the error for a ledger of a later version.
func newer(ctx context.Context, conn *sql.Conn, found, known int) error {
	return &ledger.SchemaError{Found: found, Known: known, Program: programOf(ctx, conn)}
}
