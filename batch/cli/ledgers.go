package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/sqlite"
	"github.com/loabatch/loabatch/sheet"
)

// openLedger opens the ledger that the flag names, or a temporary one. Nothing else here
// knows which kind of ledger it is.
func (a *app) openLedger(ctx context.Context, flag string, temporary bool) (ledger.Store, error) {
	if temporary {
		store, err := sqlite.Temporary(ctx)
		if err != nil {
			return nil, failure(exitInternal, "ledger-open", err, "file", "(temporary)", "reason", a.ledgerCause(err), "todo", a.ledgerHint(err))
		}
		return store, nil
	}
	path, err := a.ledgerPath(flag)
	if err != nil {
		return nil, err
	}
	store, err := sqlite.Open(ctx, path)
	if err != nil {
		return nil, failure(exitUsage, "ledger-open", err, "file", path, "reason", a.ledgerCause(err), "todo", a.ledgerHint(err))
	}
	return store, nil
}

// pastLedger opens a ledger to read what is in it, or returns nil if there is none: a
// command that only reads creates no file.
func (a *app) pastLedger(ctx context.Context, flag string) (ledger.Store, error) {
	path, err := a.ledgerPath(flag)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return a.openLedger(ctx, flag, false)
}

// knownLedger opens the ledger for a command that sends nothing: for what is known of the
// circuits, and for the quota. It returns nil if there is none, or none of its service.
func (a *app) knownLedger(ctx context.Context, s *invocation) (ledger.Store, error) {
	if s.flags.run.simulate {
		return nil, nil
	}
	store, err := a.pastLedger(ctx, s.flags.service.ledger)
	if store != nil {
		s.closers = append(s.closers, store)
	}
	return store, err
}

// ledgerFailure turns an error of the ledger into one for the user: the ledger failed, or
// another run holds the circuits.
func (a *app) ledgerFailure(err error) error {
	var locked *ledger.LockedError
	if errors.As(err, &locked) {
		return failure(exitLocked, "locked", err, "run", accounts.Whole(locked.RunID), "host", locked.Host,
			"pid", number(locked.PID), "since", stamp(locked.Since)+" UTC")
	}
	return failure(exitInternal, "ledger-failed", err, "reason", a.ledgerCause(err))
}

// ledgerCause describes the kind of failure.
func (a *app) ledgerCause(err error) string {
	if open, ok := errors.AsType[*batch.OpenTokenError](err); ok {
		return a.lines.Words.Line("ledger-open-token", sheet.Arg{Name: "instance", Value: open.Key.InstanceID})
	}
	if _, taken := errors.AsType[*ledger.TakenOverError](err); taken {
		return a.lines.Words.Line("ledger-taken")
	}
	own, ok := errors.AsType[*ledger.Error](err)
	if !ok || own.Kind == ledger.Other {
		return cause(err)
	}
	args := map[string]string{"path": own.Path, "cause": cause(own.Err)}
	if schema, ok := errors.AsType[*ledger.SchemaError](err); ok {
		args["found"], args["known"], args["program"] = number(schema.Found), number(schema.Known), schema.Program
	}
	message, _ := a.lines.Words.Render("ledger-"+string(own.Kind), args)
	return message
}

// ledgerHint says what to do about that kind of failure.
func (a *app) ledgerHint(err error) string {
	kind := ledger.Other
	if own, ok := errors.AsType[*ledger.Error](err); ok {
		kind = own.Kind
	}
	_, hint := a.lines.Words.Render("ledger-"+string(kind), nil)
	return hint
}

// ledgerPath returns the path of --ledger, or the usual place on the platform:
// $XDG_STATE_HOME/loabatch (XDG Base Directory Specification), with ~/.local/state where
// that is not set; ~/Library/Application Support on macOS and %LocalAppData% on Windows.
func (a *app) ledgerPath(flag string) (string, error) {
	if strings.HasPrefix(flag, "postgres://") || strings.HasPrefix(flag, "postgresql://") {
		return "", failure(exitUsage, "no-postgres-yet", nil)
	}
	if flag != "" {
		return flag, nil
	}
	base := a.env.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(base) {
		switch runtime.GOOS {
		case "windows":
			base = a.env.Getenv("LocalAppData")
		case "darwin":
			base = under(a.env.Getenv("HOME"), "Library", "Application Support")
		default:
			base = under(a.env.Getenv("HOME"), ".local", "state")
		}
	}
	if base == "" {
		return "", failure(exitUsage, "no-ledger-place", nil)
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
