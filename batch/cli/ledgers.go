package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/loabatch/loabatch/batch/cli/exit"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/cli/database"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/postgres"
	"github.com/loabatch/loabatch/batch/ledger/sqlite"
	"github.com/loabatch/loabatch/sheet"
)

// openLedger opens the ledger that the flag names, or a temporary one. One that has moved into a
// database is refused.
func (a *app) openLedger(ctx context.Context, flag string, temporary bool) (ledger.Store, error) {
	store, err := a.openAny(ctx, flag, temporary)
	if err != nil {
		return nil, err
	}
	if file, ok := store.(ledger.Leaver); ok {
		moved, err := file.Moved(ctx)
		if moved != nil {
			err = moved
		}
		if err != nil {
			return nil, errors.Join(a.ledgerFailure(err), store.Close())
		}
	}
	return store, nil
}

// isMoved reports whether a ledger was refused since it has moved.
func isMoved(err error) bool {
	_, moved := errors.AsType[*ledger.MovedError](err)
	return moved
}

// openAny is openLedger for what is only shown, whether it has moved or not. Nothing else here knows
// which kinds of ledgers there are, but takeOver.
func (a *app) openAny(ctx context.Context, flag string, temporary bool) (ledger.Store, error) {
	if temporary {
		store, err := sqlite.Temporary(ctx)
		if err != nil {
			return nil, exit.Failure(exit.Internal, "ledger-open", err, "file", "(temporary)", "reason", a.ledgerCause(err), "todo", a.ledgerHint(err))
		}
		return store, nil
	}
	if database.Is(flag) {
		return a.openDatabase(ctx, flag)
	}
	path, err := a.ledgerPath(flag)
	if err != nil {
		return nil, err
	}
	store, err := sqlite.Open(ctx, path)
	if err != nil {
		return nil, exit.Failure(exit.Usage, "ledger-open", err, "file", path, "reason", a.ledgerCause(err), "todo", a.ledgerHint(err))
	}
	return store, nil
}

// noAddress is the address of a database whose address cannot be read.
const noAddress = "postgres://"

// openDatabase opens the ledger in the database at an address, which has no password in it any
// more.
func (a *app) openDatabase(ctx context.Context, address string) (ledger.Store, error) {
	connection, ok := a.secrets.Connection(address, a.env.Getenv)
	if !ok {
		return nil, exit.Failure(exit.Usage, "ledger-address", nil, "address", address)
	}
	a.warned.Do(func() {
		if a.secrets.Shown() {
			a.lines.Warn("ledger-password-shown", nil)
		}
		if file := a.secrets.OpenFile(address, a.env.Getenv); file != "" {
			a.lines.Warn("ledger-password-file", map[string]string{"file": shellQuote(file)})
		}
	})
	store, err := postgres.Open(ctx, connection)
	if err == nil {
		store.OnSilence(func(l ledger.LockedError) {
			a.lines.Note("hosts-silence", map[string]string{"run": accounts.Whole(l.RunID), "host": l.Host, "pid": number(l.PID)})
		})
		return store, nil
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
	return nil, exit.Failure(exit.Usage, "ledger-open", err, "file", address, "reason", a.ledgerCause(err), "todo", a.ledgerHint(err))
}

// pastLedger opens a ledger to read what is in it, or returns nil if its file does not exist: a
// command that only reads creates none.
func (a *app) pastLedger(ctx context.Context, flag string) (ledger.Store, error) {
	return a.ifThere(ctx, flag, a.openLedger)
}

// shownLedger is pastLedger for commands that only show it, so it may have moved.
func (a *app) shownLedger(ctx context.Context, flag string) (ledger.Store, error) {
	return a.ifThere(ctx, flag, a.openAny)
}

func (a *app) ifThere(ctx context.Context, flag string, open func(context.Context, string, bool) (ledger.Store, error)) (ledger.Store, error) {
	if path, err := a.ledgerFile(flag); err != nil {
		return nil, err
	} else if _, err := os.Stat(path); path != "" && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return open(ctx, flag, false)
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
		return exit.Failure(exit.Locked, "locked", err, "run", accounts.Whole(locked.RunID), "host", locked.Host,
			"pid", number(locked.PID), "since", stamp(locked.Since)+" UTC")
	}
	if moved, ok := errors.AsType[*ledger.MovedError](err); ok {
		return exit.Failure(exit.Usage, "ledger-moved", err, "to", moved.To, "when", stamp(moved.When))
	}
	if own, ok := errors.AsType[*ledger.Error](err); ok && own.Kind == ledger.Rights {
		return exit.Failure(exit.Usage, "ledger-refused", err, "reason", a.ledgerCause(err), "todo", a.ledgerHint(err))
	} else if ok && database.Is(own.Path) {
		return exit.Failure(exit.Internal, "ledger-server-failed", err, "reason", a.ledgerCause(err), "todo", a.ledgerHint(err))
	}
	return exit.Failure(exit.Internal, "ledger-failed", err, "reason", a.ledgerCause(err))
}

// ledgerFailedSince is ledgerFailure once something may have been sent.
func (a *app) ledgerFailedSince(err error) error {
	if own, ok := errors.AsType[*ledger.Error](err); ok && own.Kind == ledger.Rights {
		return exit.Failure(exit.Internal, "ledger-server-failed", err, "reason", a.ledgerCause(err), "todo", a.ledgerHint(err))
	}
	return a.ledgerFailure(err)
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
	if !ok || own.Kind == ledger.Other && !database.Is(own.Path) {
		return exit.Cause(err)
	}
	args := map[string]string{"path": own.Path, "cause": exit.Cause(own.Err)}
	if schema, ok := errors.AsType[*ledger.SchemaError](err); ok {
		args["found"], args["known"], args["program"] = number(schema.Found), number(schema.Known), schema.Program
	}
	message, _ := a.lines.Words.Render(a.kindCode(own), args)
	return message
}

// kindCode is the catalogue's code of that kind of failure: the same one may mean something
// else in a database.
func (a *app) kindCode(err *ledger.Error) string {
	if err.Kind == ledger.Rights && len(err.Grants) == 0 {
		return "ledger-rights-unknown"
	}
	if database.Is(err.Path) {
		if code := "ledger-server-" + string(err.Kind); a.has(code) {
			return code
		}
		if code := "ledger-" + string(err.Kind); err.Kind != ledger.IO && a.has(code) {
			return code
		}
		return "ledger-server-other"
	}
	return "ledger-" + string(err.Kind)
}

// has reports whether the catalogue has a code.
func (a *app) has(code string) bool {
	_, ok := a.lines.Words.Entry(code)
	return ok
}

// ledgerHint says what to do about that kind of failure.
func (a *app) ledgerHint(err error) string {
	own, ok := errors.AsType[*ledger.Error](err)
	if !ok {
		own = &ledger.Error{Kind: ledger.Other}
	}
	_, hint := a.lines.Words.Render(a.kindCode(own), map[string]string{"grants": strings.Join(own.Grants, "; ")})
	return hint
}

// ledgerFile returns the path of the ledger if it is a file, and "" if it is in a database.
func (a *app) ledgerFile(flag string) (string, error) {
	if database.Is(flag) {
		return "", nil
	}
	return a.ledgerPath(flag)
}

// ledgerPath returns the path or address of --ledger, or the usual place on the platform:
// $XDG_STATE_HOME/loabatch (XDG Base Directory Specification), with ~/.local/state where
// that is not set; ~/Library/Application Support on macOS and %LocalAppData% on Windows.
func (a *app) ledgerPath(flag string) (string, error) {
	if database.Mistaken(flag) {
		return "", exit.Failure(exit.Usage, "ledger-mistaken", nil, "address", flag)
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

// takeOver has the ledger in a database take over the one in a file.
func (a *app) takeOver(ctx context.Context, flag, file string, yes, asJSON bool) error {
	store, err := a.openAny(ctx, flag, false)
	if err != nil {
		return err
	}
	defer store.Close()
	to, ok := store.(interface {
		ledger.Taker
		Path() string
	})
	if !ok {
		path, _ := a.ledgerPath(flag)
		return exit.Failure(exit.Usage, "take-over-database", nil, "ledger", path)
	}
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return exit.Failure(exit.Usage, "take-over-no-file", nil, "file", file)
	}
	from, err := sqlite.Open(ctx, file)
	if err != nil {
		return exit.Failure(exit.Usage, "ledger-open", err, "file", file, "reason", a.ledgerCause(err), "todo", a.ledgerHint(err))
	}
	defer from.Close()
	if !yes && !a.env.StdinTerminal {
		return exit.Failure(exit.Usage, "take-over-no-yes", nil)
	}
	err = a.confirm(yes, 1, func() (string, error) {
		return a.lines.Words.Line("take-over-question", sheet.Arg{Name: "file", Value: file}, sheet.Arg{Name: "to", Value: to.Path()}), nil
	})
	if errors.Is(err, errDeclined) {
		a.lines.Say("take-over-declined", nil)
		return nil
	} else if err != nil {
		return err
	}
	taken, err := ledger.Move(ctx, from, to, to.Path())
	if err != nil {
		return a.takeOverFailure(err, file)
	}
	if asJSON {
		return a.writeJSON(struct {
			Source   string    `json:"source"`
			MovedTo  string    `json:"moved_to"`
			MovedAt  time.Time `json:"moved_at"`
			Runs     int       `json:"runs"`
			Rows     int       `json:"rows"`
			Circuits int       `json:"circuits"`
			Open     int       `json:"open"`
		}{taken.Source, to.Path(), taken.At.UTC(), taken.Runs, taken.Rows, taken.Circuits, taken.Open})
	}
	a.lines.Say("taken-over", map[string]string{"file": file, "to": to.Path(), "runs": number(taken.Runs), "rows": number(taken.Rows),
		"circuits": number(taken.Circuits), "open": number(taken.Open)})
	return nil
}

// takeOverFailure says why a ledger was not taken over.
func (a *app) takeOverFailure(err error, file string) error {
	if taken, ok := errors.AsType[*ledger.TakenError](err); ok {
		return exit.Failure(exit.Usage, "take-over-twice", err, "file", taken.Source, "host", taken.Host, "when", stamp(taken.At),
			"runs", number(taken.Runs), "circuits", number(taken.Circuits))
	}
	if known, ok := errors.AsType[*ledger.KnownError](err); ok && known.Run != "" {
		return exit.Failure(exit.Usage, "take-over-run-known", err, "file", file, "run", known.Run)
	} else if ok {
		return exit.Failure(exit.Usage, "take-over-known", err, "file", file, "n", number(known.Circuits), "circuit", known.Circuit.InstanceID)
	}
	if locked, ok := errors.AsType[*ledger.LockedError](err); ok {
		return exit.Failure(exit.Locked, "take-over-in-progress", err, "run", accounts.Whole(locked.RunID), "host", locked.Host,
			"pid", number(locked.PID), "since", stamp(locked.Since)+" UTC")
	}
	if _, ok := errors.AsType[*ledger.MovedError](err); ok {
		return a.ledgerFailure(err)
	}
	return exit.Failure(exit.Internal, "take-over-failed", err, "file", file, "reason", a.ledgerCause(err))
}

// knownLOAs reads what the ledger knows of the present LOAs of a run's circuits. Without a
// ledger, or if it cannot be read, that is nothing.
func (a *app) knownLOAs(ctx context.Context, s *invocation, done *finished) map[batch.Key]ledger.LOA {
	known := map[batch.Key]ledger.LOA{}
	for i, keys := range done.division.Keys(done.in.workbook) {
		if s.store == nil || done.parts[i].opened.service == nil || len(keys) == 0 {
			continue
		}
		present, err := s.store.LOAs(ctx, done.parts[i].opened.service.scope, keys)
		if err != nil {
			a.lines.Warn("loas-unread", map[string]string{"reason": a.ledgerCause(err)})
			return known
		}
		for key, l := range present {
			known[key] = l
		}
	}
	return known
}

// saveLOAs records in the ledger what was seen of LOAs, by the part of the run that saw it.
func (a *app) saveLOAs(ctx context.Context, s *invocation, done *finished, seen [][]ledger.LOA) {
	for i, list := range seen {
		if s.store == nil || done.parts[i].opened == nil || done.parts[i].opened.service == nil || len(list) == 0 {
			continue
		}
		if err := s.store.SawLOAs(context.WithoutCancel(ctx), done.parts[i].opened.service.scope, list); err != nil {
			a.lines.Warn("loas-unsaved", map[string]string{"reason": a.ledgerCause(err)})
			return
		}
	}
}
