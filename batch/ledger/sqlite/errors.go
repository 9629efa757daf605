package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"runtime"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/batch/ledger"
)

// wrap adds operation, path and kind to a failure. The ledger's own errors and the
// caller's context errors are returned as they are.
func (s *Store) wrap(op string, err error) error { return wrapError(op, s.path, err) }

func wrapError(op, path string, err error) error {
	if err == nil || ledger.IsOwn(err) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	kind := kindOf(err)
	if kind == ledger.ReadOnly && heldOpen(path) {
		kind = ledger.Busy
	}
	return &ledger.Error{Op: op, Path: path, Kind: kind, Err: err}
}

// heldOpen reports whether another program lets a file be read only, so that SQLite could not open
// it for writing.
func heldOpen(path string) bool {
	if runtime.GOOS != "windows" { // where closing the file would release SQLite's locks
		return false
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err == nil {
		err = f.Close()
	}
	return durable.IsInUse(err)
}

// kinds classifies SQLite's primary result codes, https://www.sqlite.org/rescode.html.
var kinds = map[int]ledger.Kind{
	sqlite3.SQLITE_FULL:     ledger.Full,
	sqlite3.SQLITE_READONLY: ledger.ReadOnly,
	sqlite3.SQLITE_CANTOPEN: ledger.Permission,
	sqlite3.SQLITE_PERM:     ledger.Permission,
	sqlite3.SQLITE_AUTH:     ledger.Permission,
	sqlite3.SQLITE_BUSY:     ledger.Busy,
	sqlite3.SQLITE_LOCKED:   ledger.Busy,
	sqlite3.SQLITE_NOTADB:   ledger.Corrupt, // identify has found that it is one
	sqlite3.SQLITE_CORRUPT:  ledger.Corrupt,
	sqlite3.SQLITE_IOERR:    ledger.IO,
}

func kindOf(err error) ledger.Kind {
	var schema *ledger.SchemaError
	var engine *sqlite.Error
	var damaged damage
	switch {
	case errors.As(err, &schema):
		return ledger.Newer
	case errors.As(err, &engine):
		// The low byte is the primary code, the rest refines it.
		if kind, ok := kinds[engine.Code()&0xff]; ok {
			return kind
		}
	case errors.Is(err, errForeign):
		return ledger.Foreign
	case errors.Is(err, errDatabase):
		return ledger.Database
	case errors.Is(err, errNotFile):
		return ledger.NotFile
	case errors.Is(err, errChecksum) || errors.Is(err, errPages) || errors.As(err, &damaged):
		return ledger.Corrupt
	default:
		return systemKind(err)
	}
	return ledger.Other
}

// schemaError is the error of preparing a file for use. What SQLite then reports as an error in a
// statement is one in the schema: the statements never change.
func schemaError(err error) error {
	if engine, ok := errors.AsType[*sqlite.Error](err); ok && engine.Code() == sqlite3.SQLITE_ERROR {
		return damage(engine.Error())
	}
	return err
}

// systemKind classifies an error of the operating system.
func systemKind(err error) ledger.Kind {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		if kind, ok := systemKinds[errno]; ok {
			return kind
		}
	}
	var path *fs.PathError
	switch {
	case errors.Is(err, fs.ErrPermission):
		return ledger.Permission
	case errors.As(err, &path):
		return ledger.IO
	}
	return ledger.Other
}

var systemKinds = func() map[syscall.Errno]ledger.Kind {
	if runtime.GOOS == "windows" {
		// https://learn.microsoft.com/windows/win32/debug/system-error-codes
		return map[syscall.Errno]ledger.Kind{
			19:  ledger.ReadOnly, // ERROR_WRITE_PROTECT
			32:  ledger.Busy,     // ERROR_SHARING_VIOLATION
			33:  ledger.Busy,     // ERROR_LOCK_VIOLATION
			39:  ledger.Full,     // ERROR_HANDLE_DISK_FULL
			112: ledger.Full,     // ERROR_DISK_FULL
			123: ledger.NotFile,  // ERROR_INVALID_NAME
		}
	}
	return map[syscall.Errno]ledger.Kind{
		syscall.EROFS: ledger.ReadOnly, syscall.ENOSPC: ledger.Full, syscall.EDQUOT: ledger.Full, syscall.EFBIG: ledger.Full,
	}
}()
