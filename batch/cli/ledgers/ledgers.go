// Package ledgers opens the ledger that --ledger names, in a file or in a database, and says
// what is wrong with it. Nothing else of the command line knows which kinds of ledgers there are.
package ledgers

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"

	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/cli/console"
	"github.com/loabatch/loabatch/batch/cli/database"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/shell"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/postgres"
	"github.com/loabatch/loabatch/batch/ledger/sqlite"
)

// Opener opens ledgers.
type Opener struct {
	Lines   *console.Lines
	Getenv  func(string) string
	Secrets *database.Secrets // their passwords

	// Signals returns what is closed by a signal, and the exit code of that, 0 before it. Both are
	// nil or 0 until the command handles signals itself. It may be nil.
	Signals func() (stop <-chan struct{}, code func() int)

	wait   database.Wait
	warned sync.Once // that a password can be seen
}

// Temporary opens a ledger that is deleted when it is closed.
func (o *Opener) Temporary(ctx context.Context) (ledger.Store, error) {
	store, err := sqlite.Temporary(ctx)
	if err != nil {
		return nil, exit.Failure(exit.Internal, "ledger-open", err, "file", "(temporary)", "reason", o.Cause(err), "todo", o.hint(err))
	}
	return store, nil
}

// Open opens the ledger that a value of --ledger names. One that has moved into a database is
// refused.
func (o *Opener) Open(ctx context.Context, flag string) (ledger.Store, error) {
	store, err := o.openAny(ctx, flag)
	if err != nil {
		return nil, err
	}
	if file, ok := store.(ledger.Leaver); ok {
		moved, err := file.Moved(ctx)
		if moved != nil {
			err = moved
		}
		if err != nil {
			return nil, errors.Join(o.Failure(err), store.Close())
		}
	}
	return store, nil
}

// openAny is Open for commands that only show a ledger, whether it has moved or not.
func (o *Opener) openAny(ctx context.Context, flag string) (ledger.Store, error) {
	if database.Is(flag) {
		return o.openDatabase(ctx, flag)
	}
	path, err := o.path(flag)
	if err != nil {
		return nil, err
	}
	return o.openFile(ctx, path)
}

func (o *Opener) openFile(ctx context.Context, path string) (*sqlite.Store, error) {
	store, err := sqlite.Open(ctx, path)
	if err != nil {
		return nil, o.NotOpened(path, err)
	}
	return store, nil
}

// NotOpened is the failure of a ledger that could not be opened. Nothing was sent.
func (o *Opener) NotOpened(path string, err error) error {
	return exit.Failure(exit.Usage, "ledger-open", err, "file", path, "reason", o.Cause(err), "todo", o.hint(err))
}

// noAddress is the address of a database whose address cannot be read.
const noAddress = "postgres://"

// openDatabase opens the ledger in the database at an address, from which the password has been
// removed.
func (o *Opener) openDatabase(ctx context.Context, address string) (ledger.Store, error) {
	connection, ok := o.Secrets.Connection(address, o.Getenv)
	if !ok {
		return nil, exit.Failure(exit.Usage, "ledger-address", nil, "address", address)
	}
	o.warned.Do(func() {
		if o.Secrets.Shown() {
			o.Lines.Warn("ledger-password-shown", nil)
		}
		if file := o.Secrets.OpenFile(address, o.Getenv); file != "" {
			o.Lines.Warn("ledger-password-file", map[string]string{"file": shell.Quote(file)})
		}
	})
	store, err := o.connect(ctx, address, connection)
	if err == nil {
		store.OnSilence(func(l ledger.LockedError) {
			o.Lines.Note("hosts-silence", map[string]string{"run": accounts.Whole(l.RunID), "host": l.Host, "pid": strconv.Itoa(l.PID)})
		})
		return store, nil
	}
	if own, ok := errors.AsType[*exit.Error](err); ok {
		return nil, own
	}
	if refused, ok := errors.AsType[*postgres.SettingError](err); ok {
		return nil, exit.Failure(exit.Usage, "ledger-setting", err, "setting", refused.Setting, "address", address)
	}
	if own, ok := errors.AsType[*ledger.Error](err); ok && own.Path == noAddress {
		if file, ok := errors.AsType[*fs.PathError](err); ok {
			return nil, exit.Failure(exit.Usage, "ledger-address-file", err, "file", file.Path, "reason", exit.Cause(err), "address", address)
		}
		return nil, exit.Failure(exit.Usage, "ledger-address", err, "address", address)
	}
	return nil, o.NotOpened(address, err)
}

// Past opens a ledger to read what is in it, or returns nil if its file does not exist: a
// command that only reads creates none.
func (o *Opener) Past(ctx context.Context, flag string) (ledger.Store, error) {
	return o.ifThere(ctx, flag, o.Open)
}

// Shown is Past for commands that only show the ledger, which may have moved.
func (o *Opener) Shown(ctx context.Context, flag string) (ledger.Store, error) {
	return o.ifThere(ctx, flag, o.openAny)
}

func (o *Opener) ifThere(ctx context.Context, flag string, open func(context.Context, string) (ledger.Store, error)) (ledger.Store, error) {
	if path, err := o.File(flag); err != nil {
		return nil, err
	} else if _, err := os.Stat(path); path != "" && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return open(ctx, flag)
}

// File returns the path of the ledger if it is a file, and "" if it is in a database.
func (o *Opener) File(flag string) (string, error) {
	if database.Is(flag) {
		return "", nil
	}
	return o.path(flag)
}

// path returns the path or address of --ledger, or the usual place on the platform:
// $XDG_STATE_HOME/loabatch (XDG Base Directory Specification), with ~/.local/state where
// that is not set; ~/Library/Application Support on macOS and %LocalAppData% on Windows.
func (o *Opener) path(flag string) (string, error) {
	if database.Mistaken(flag) {
		return "", exit.Failure(exit.Usage, "ledger-mistaken", nil, "address", flag)
	}
	if flag != "" {
		return flag, nil
	}
	base := o.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(base) {
		switch runtime.GOOS {
		case "windows":
			base = o.Getenv("LocalAppData")
		case "darwin":
			base = under(o.Getenv("HOME"), "Library", "Application Support")
		default:
			base = under(o.Getenv("HOME"), ".local", "state")
		}
	}
	if base == "" {
		return "", exit.Failure(exit.Usage, "no-ledger-place", nil)
	}
	return filepath.Join(base, "loabatch", "ledger.db"), nil
}

// under joins a path below a folder, or returns "" if the folder is not known.
func under(folder string, elements ...string) string {
	if folder == "" {
		return ""
	}
	return filepath.Join(append([]string{folder}, elements...)...)
}

// TakeOver has the ledger in a database take over the one in a file, and returns the address of
// that database. confirm is called before anything is moved.
func (o *Opener) TakeOver(ctx context.Context, flag, file string, confirm func(address string) error) (taken ledger.Taken, address string, err error) {
	store, err := o.openAny(ctx, flag)
	if err != nil {
		return taken, "", err
	}
	defer store.Close()
	to, ok := store.(interface {
		ledger.Taker
		Path() string
	})
	if !ok {
		path, _ := o.path(flag)
		return taken, "", exit.Failure(exit.Usage, "take-over-database", nil, "ledger", path)
	}
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return taken, "", exit.Failure(exit.Usage, "take-over-no-file", nil, "file", file)
	}
	from, err := o.openFile(ctx, file)
	if err != nil {
		return taken, "", err
	}
	defer from.Close()
	if err := confirm(to.Path()); err != nil {
		return taken, "", err
	}
	if taken, err = ledger.Move(ctx, from, to, to.Path()); err != nil {
		return taken, "", o.notTaken(err, file)
	}
	return taken, to.Path(), nil
}
