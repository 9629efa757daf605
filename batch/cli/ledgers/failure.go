package ledgers

import (
	"errors"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/cli/database"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// Failure turns an error of the ledger into one for the user: the ledger failed, or
// another run holds the circuits.
func (o *Opener) Failure(err error) error {
	var locked *ledger.LockedError
	if errors.As(err, &locked) {
		return exit.Failure(exit.Locked, "locked", err, "run", accounts.Whole(locked.RunID), "host", locked.Host,
			"pid", strconv.Itoa(locked.PID), "since", report.Stamp(locked.Since)+" UTC")
	}
	if moved, ok := errors.AsType[*ledger.MovedError](err); ok {
		return exit.Failure(exit.Usage, "ledger-moved", err, "to", moved.To, "when", report.Stamp(moved.When))
	}
	if own, ok := errors.AsType[*ledger.Error](err); ok && own.Kind == ledger.Rights {
		return exit.Failure(exit.Usage, "ledger-refused", err, "reason", o.Cause(err), "todo", o.hint(err))
	} else if ok {
		return exit.Failure(exit.Internal, "ledger-failed-kind", err, "reason", o.Cause(err), "todo", o.hint(err))
	}
	return exit.Failure(exit.Internal, "ledger-failed", err, "reason", o.Cause(err))
}

// FailureSince is Failure once something may have been sent.
func (o *Opener) FailureSince(err error) error {
	if own, ok := errors.AsType[*ledger.Error](err); ok && own.Kind == ledger.Rights {
		return exit.Failure(exit.Internal, "ledger-failed-kind", err, "reason", o.Cause(err), "todo", o.hint(err))
	}
	return o.Failure(err)
}

// Failed is what to warn of an error of the ledger with in the middle of a command.
func (o *Opener) Failed(err error) (code string, args map[string]string) {
	args = map[string]string{"reason": o.Cause(err), "todo": o.hint(err)}
	if _, ok := errors.AsType[*ledger.Error](err); ok {
		return "ledger-failed-kind", args
	}
	return "ledger-failed", args
}

// Cause describes the kind of failure.
func (o *Opener) Cause(err error) string {
	if open, ok := errors.AsType[*batch.OpenTokenError](err); ok {
		return o.Lines.Words.Line("ledger-open-token", sheet.Arg{Name: "instance", Value: open.Key.InstanceID})
	}
	if _, taken := errors.AsType[*ledger.TakenOverError](err); taken {
		return o.Lines.Words.Line("ledger-taken")
	}
	own, ok := errors.AsType[*ledger.Error](err)
	if !ok || own.Kind == ledger.Other && !database.Is(own.Path) {
		return exit.Cause(err)
	}
	args := map[string]string{"path": own.Path, "cause": exit.Cause(own.Err)}
	if schema, ok := errors.AsType[*ledger.SchemaError](err); ok {
		args["found"], args["known"], args["program"] = strconv.Itoa(schema.Found), strconv.Itoa(schema.Known), schema.Program
	}
	message, _ := o.Lines.Words.Render(o.kindCode(own), args)
	return message
}

// kindCode is the catalogue's code for that kind of failure: the same kind may mean something
// else in a database.
func (o *Opener) kindCode(err *ledger.Error) string {
	if err.Kind == ledger.Rights && len(err.Grants) == 0 {
		return "ledger-rights-unknown"
	}
	if database.Is(err.Path) {
		if code := "ledger-server-" + string(err.Kind); o.has(code) {
			return code
		}
		if code := "ledger-" + string(err.Kind); err.Kind != ledger.IO && o.has(code) {
			return code
		}
		return "ledger-server-other"
	}
	return "ledger-" + string(err.Kind)
}

// has reports whether the catalogue has a code.
func (o *Opener) has(code string) bool {
	_, ok := o.Lines.Words.Entry(code)
	return ok
}

// hint says what to do about that kind of failure.
func (o *Opener) hint(err error) string {
	own, ok := errors.AsType[*ledger.Error](err)
	if !ok {
		own = &ledger.Error{Kind: ledger.Other}
	}
	_, hint := o.Lines.Words.Render(o.kindCode(own), map[string]string{"grants": strings.Join(own.Grants, "; ")})
	return hint
}

// notTaken says why a ledger was not moved.
func (o *Opener) notTaken(err error, file string) error {
	if taken, ok := errors.AsType[*ledger.TakenError](err); ok {
		return exit.Failure(exit.Usage, "take-over-twice", err, "file", taken.Source, "host", taken.Host, "when", report.Stamp(taken.At),
			"runs", strconv.Itoa(taken.Runs), "circuits", strconv.Itoa(taken.Circuits))
	}
	if known, ok := errors.AsType[*ledger.KnownError](err); ok && known.Run != "" {
		return exit.Failure(exit.Usage, "take-over-run-known", err, "file", file, "run", known.Run)
	} else if ok {
		return exit.Failure(exit.Usage, "take-over-known", err, "file", file, "n", strconv.Itoa(known.Circuits), "circuit", known.Circuit.InstanceID)
	}
	if locked, ok := errors.AsType[*ledger.LockedError](err); ok {
		return exit.Failure(exit.Locked, "take-over-in-progress", err, "run", accounts.Whole(locked.RunID), "host", locked.Host,
			"pid", strconv.Itoa(locked.PID), "since", report.Stamp(locked.Since)+" UTC")
	}
	if _, ok := errors.AsType[*ledger.MovedError](err); ok {
		return o.Failure(err)
	}
	return exit.Failure(exit.Internal, "take-over-failed", err, "file", file, "reason", o.Cause(err))
}
