package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/loabatch/loabatch/batch"
)

// Errors of wrong or untimely calls.
var (
	ErrClosed    = errors.New("ledger: the store is closed")
	ErrEnded     = errors.New("ledger: the run has ended")
	ErrNotLocked = errors.New("ledger: the run does not hold the lock of this circuit")
	ErrNoRun     = errors.New("ledger: no run has this ID")
	ErrRunExists = errors.New("ledger: a run with this ID exists")
	ErrLast      = errors.New("ledger: no other member is at work on the batch")
	ErrFinished  = errors.New("ledger: another member of the batch has finished this row")
)

// IsOwn reports whether an error is one of this package's, which a backend returns unwrapped.
func IsOwn(err error) bool {
	for _, known := range []error{ErrClosed, ErrEnded, ErrNotLocked, ErrNoRun, ErrRunExists, ErrLast, ErrFinished} {
		if errors.Is(err, known) {
			return true
		}
	}
	return errors.As(err, new(*Error)) || errors.As(err, new(*LockedError)) || errors.As(err, new(*TakenOverError)) ||
		errors.As(err, new(*TermsError)) || errors.As(err, new(*MovedError)) || errors.As(err, new(*batch.OpenTokenError))
}

// Kind classifies a failure by its remedy.
type Kind string

// The kinds of failure.
const (
	Full       Kind = "full"       // no space left on the disk, or a file size limit was reached
	ReadOnly   Kind = "read-only"  // the file, its folder or the file system cannot be written
	Permission Kind = "permission" // the file or its folder may not be opened
	Locks      Kind = "locks"      // the folder of lock files beside it cannot be used; Path names it
	Busy       Kind = "busy"       // another process held the ledger for longer than we wait
	Foreign    Kind = "foreign"    // neither a ledger nor any SQLite database
	Database   Kind = "database"   // another program's SQLite database
	NotFile    Kind = "not-a-file" // a folder, a device or a pipe
	Corrupt    Kind = "corrupt"    // the file is damaged
	IO         Kind = "io"         // reading or writing failed
	Newer      Kind = "newer"      // a later version of the program wrote it; Err is a *SchemaError
	Other      Kind = "other"      // none of these

	// The kinds that only a ledger in a database server has.
	Unreachable    Kind = "unreachable"    // the server does not answer, or is shutting down or starting up
	Authentication Kind = "authentication" // the server rejected the role, its password or this host
	Rights         Kind = "rights"         // the role lacks a right that the ledger needs
	NoDatabase     Kind = "no-database"    // the server has no database of this name
	Encryption     Kind = "encryption"     // TLS could not be set up as required
	Standby        Kind = "standby"        // the server is a standby, or read-only
	OldServer      Kind = "old-server"     // the server is too old for the ledger
)

// MayPass reports whether a failure may pass by itself: a server that restarts, fails over or is busy.
func (k Kind) MayPass() bool { return k == Unreachable || k == Standby || k == Busy }

// Error is a failure of the ledger itself. It never quotes a value that was to be written.
type Error struct {
	Op   string // open, start, lock, write, read, check
	Path string // of the ledger, or the address of its database; never a password
	Kind Kind
	Err  error

	Grants []string // with Rights: SQL statements that grant what the role lacks, if known
}

// Error returns operation, path and cause, for a log.
func (e *Error) Error() string { return fmt.Sprintf("ledger %s %s: %v", e.Op, e.Path, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// SchemaError says that a later version of the program wrote the ledger.
type SchemaError struct {
	Found   int    // the schema version of the ledger
	Known   int    // the highest that this program knows
	Program string // the version of the program that last wrote it, or "(unknown)"
}

// NewerSchema is the error of a ledger that a later version of the program wrote; program is empty
// if the ledger does not name that.
func NewerSchema(found, known int, program string) *SchemaError {
	return &SchemaError{Found: found, Known: known, Program: cmp.Or(program, "(unknown)")}
}

// Error names both versions.
func (e *SchemaError) Error() string {
	return fmt.Sprintf("schema version %d is newer than %d, the highest known", e.Found, e.Known)
}

// LockedError says that another live run holds at least one of the circuits.
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

// TakenOverError says that another run presumed this run dead and now holds its
// circuits. Nothing more may be sent.
type TakenOverError struct {
	RunID string // this run
	By    string // the run that took over
}

// Error names both runs.
func (e *TakenOverError) Error() string {
	return fmt.Sprintf("ledger: run %s was taken over by run %s", e.RunID, e.By)
}
