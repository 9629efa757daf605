package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Errors of a wrong call.
var (
	ErrClosed    = errors.New("ledger: the store is closed")
	ErrEnded     = errors.New("ledger: the run has ended")
	ErrNotLocked = errors.New("ledger: the run does not hold the lock of this circuit")
	ErrNoRun     = errors.New("ledger: no run has this ID")
	ErrRunExists = errors.New("ledger: a run with this ID exists")
)

// Kind sorts a failure by what helps against it.
type Kind string

// The kinds of failure.
const (
	Full       Kind = "full"       // no space left on the disk, or a file size limit was met
	ReadOnly   Kind = "read-only"  // the file, its folder or the file system cannot be written
	Permission Kind = "permission" // the file or its folder may not be opened
	Busy       Kind = "busy"       // another process held the ledger for longer than we wait
	Foreign    Kind = "foreign"    // the file is no ledger: another program's database, or no database
	Corrupt    Kind = "corrupt"    // the file is damaged
	IO         Kind = "io"         // reading or writing failed
	Newer      Kind = "newer"      // a later version of the program wrote it; Err is a *SchemaError
	Other      Kind = "other"      // none of these
)

// Error is a failure of the ledger itself. It quotes no value that was to be written.
type Error struct {
	Op   string // open, start, write, read, check
	Path string // of the ledger's file
	Kind Kind
	Err  error
}

// Error gives operation, path and cause for a log.
func (e *Error) Error() string { return fmt.Sprintf("ledger %s %s: %v", e.Op, e.Path, e.Err) }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// SchemaError says that a later version of the program wrote the ledger.
type SchemaError struct {
	Found int // the schema version of the file
	Known int // the highest that this program knows
}

// Error tells both versions.
func (e *SchemaError) Error() string {
	return fmt.Sprintf("schema version %d is newer than %d, the highest known", e.Found, e.Known)
}

// LockedError says that another run, still alive, holds at least one of the circuits.
type LockedError struct {
	RunID    string
	Host     string
	PID      int
	Since    time.Time // when that run started, UTC
	Circuits int       // how many of the circuits it holds
}

// Error names the holder.
func (e *LockedError) Error() string {
	return fmt.Sprintf("ledger: run %s (host %s, pid %d, since %s) holds %d of the circuits",
		e.RunID, e.Host, e.PID, e.Since.Format(time.RFC3339), e.Circuits)
}

// TakenOverError says that another run took this run for dead and holds its circuits
// now. Nothing more may be sent.
type TakenOverError struct {
	RunID string // this run
	By    string // the run that took over
}

// Error names both runs.
func (e *TakenOverError) Error() string {
	return fmt.Sprintf("ledger: run %s was taken over by run %s", e.RunID, e.By)
}

// wrap puts operation, path and kind to a failure. What is ours, or the caller's
// context, passes as it is.
func (s *Store) wrap(op string, err error) error { return wrapError(op, s.path, err) }

func wrapError(op, path string, err error) error {
	if err == nil {
		return nil
	}
	var known *Error
	var locked *LockedError
	var taken *TakenOverError
	switch {
	case errors.As(err, &known), errors.As(err, &locked), errors.As(err, &taken):
		return err
	case errors.Is(err, ErrClosed), errors.Is(err, ErrEnded), errors.Is(err, ErrNotLocked),
		errors.Is(err, ErrNoRun), errors.Is(err, ErrRunExists),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return &Error{Op: op, Path: path, Kind: kindOf(err), Err: err}
}

// kinds sorts SQLite's primary result codes, https://www.sqlite.org/rescode.html.
var kinds = map[int]Kind{
	sqlite3.SQLITE_FULL:     Full,
	sqlite3.SQLITE_READONLY: ReadOnly,
	sqlite3.SQLITE_CANTOPEN: Permission,
	sqlite3.SQLITE_PERM:     Permission,
	sqlite3.SQLITE_AUTH:     Permission,
	sqlite3.SQLITE_BUSY:     Busy,
	sqlite3.SQLITE_LOCKED:   Busy,
	sqlite3.SQLITE_NOTADB:   Foreign,
	sqlite3.SQLITE_CORRUPT:  Corrupt,
	sqlite3.SQLITE_IOERR:    IO,
}

func kindOf(err error) Kind {
	var schema *SchemaError
	var engine *sqlite.Error
	switch {
	case errors.As(err, &schema):
		return Newer
	case errors.As(err, &engine):
		// The low byte is the primary code, the rest says more of the same.
		if kind, ok := kinds[engine.Code()&0xff]; ok {
			return kind
		}
	case errors.Is(err, errForeign):
		return Foreign
	default:
		return systemKind(err)
	}
	return Other
}

// systemKind sorts an error of the operating system.
func systemKind(err error) Kind {
	switch {
	case isReadOnlyFileSystem(err):
		return ReadOnly
	case isFull(err):
		return Full
	case errors.Is(err, fs.ErrPermission):
		return Permission
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		return IO
	}
	return Other
}
