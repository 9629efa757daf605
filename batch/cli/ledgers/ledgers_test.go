package ledgers

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/cli/console"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/ledger"
)

// A ledger that is locked by another run is not reported as failed.
func TestLedgerFailure(t *testing.T) {
	t.Parallel()
	since := time.Date(2027, 1, 15, 2, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		err  error
		exit int
		want string
	}{
		{&ledger.LockedError{RunID: "r7", Host: "desk", PID: 42, Since: since}, exit.Locked, "run r7 on desk, process 42, since 2027-01-15 02:00:00 UTC"},
		{&ledger.TakenOverError{}, exit.Internal, prose.English.Line("ledger-taken")},
		{errors.New("made-up reason"), exit.Internal, "made-up reason"},
		{&ledger.Error{Kind: ledger.Newer, Err: &ledger.SchemaError{Found: 9, Known: 5, Program: "v8.1.0"}}, exit.Internal, "written by loabatch v8.1.0, with schema version 9; this version reads schema versions up to 5"},
		{&ledger.Error{Kind: ledger.Locks, Path: "l.db.locks", Err: syscall.EROFS}, exit.Internal, "lock files, l.db.locks: " + syscall.EROFS.Error()},
		{&ledger.Error{Kind: ledger.Database, Err: errors.New("x")}, exit.Internal, "another program's SQLite database"},
		{&ledger.Error{Kind: ledger.Rights, Path: "postgres://h/d", Grants: []string{"GRANT a", "GRANT b"}, Err: errors.New("x")}, exit.Usage, "GRANT a; GRANT b"},
		{&ledger.Error{Kind: ledger.Rights, Path: "postgres://h/d", Err: errors.New("x")}, exit.Usage, "the role that owns the schema loabatch"},
		{&ledger.Error{Kind: ledger.Corrupt, Err: errors.New("x")}, exit.Internal, "the file is damaged"},
		{&os.PathError{Op: "open", Path: "made-up", Err: syscall.ENOSPC}, exit.Internal, syscall.ENOSPC.Error()},
	} {
		var shown bytes.Buffer
		o := &Opener{Lines: console.New(&shown, prose.English, console.Screen{})}
		err := o.Failure(c.err)
		own, _ := errors.AsType[*exit.Error](err)
		o.Lines.Error(own.Code, own.Args)
		if exit.Of(err) != c.exit || !strings.Contains(shown.String(), c.want) || strings.ContainsAny(shown.String(), "{}") || !errors.Is(err, c.err) {
			t.Errorf("%v: exit %d: %s", c.err, exit.Of(err), shown.String())
		}
	}
}
