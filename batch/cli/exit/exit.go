// Package exit holds the exit codes: the errors that carry them, and which one counts if
// there are several. It knows no commands.
package exit

import (
	"cmp"
	"errors"
	"os"
	"slices"
	"syscall"

	"github.com/loabatch/loabatch/sheet"
)

// The exit codes. The table in the README says how to react to each.
const (
	OK          = 0   // every row SUBMITTED, ALREADY, VALID or SKIPPED
	Internal    = 1   // a bug, or the ledger could no longer be written
	Usage       = 2   // wrong usage, or an input that cannot be read; nothing was sent
	Validation  = 3   // validation found errors and nothing was sent
	Rows        = 4   // finished; some rows INVALID, REFUSED or BLOCKED
	Unfinished  = 5   // finished; some rows FAILED or UNKNOWN, or not asked about
	Stopped     = 6   // credentials, permission, arrears, --max-failures or --canary
	Duration    = 7   // --max-duration
	NoCopy      = 8   // rows were submitted but the copy could not be written
	Locked      = 9   // another run holds the circuits
	Interrupted = 130 // SIGINT
	Quit        = 131 // SIGQUIT
	Aborted     = 134 // SIGABRT
	Terminated  = 143 // SIGTERM
	Killed      = 137 // SIGKILL, which only the shell reports
)

// Signals are the exit codes of the signals that stop a run.
var Signals = map[os.Signal]int{
	os.Interrupt: Interrupted, syscall.SIGQUIT: Quit, syscall.SIGABRT: Aborted, syscall.SIGTERM: Terminated,
}

// OfSignal returns the exit code of a signal. SIGHUP stops only what waits for a person.
func OfSignal(s os.Signal) int { return cmp.Or(Signals[s], Terminated) }

// Error is an error with its exit code and the catalogue's code of its sentence.
type Error struct {
	Exit int
	Code string            // in the catalogue
	Args map[string]string // fill the sentence's placeholders
	Err  error             // the cause, for the log; may be nil
}

// Error returns the code and the cause, for a log.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Code + ": " + e.Err.Error()
	}
	return e.Code
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Failure makes an Error; args are name and value pairs.
func Failure(exit int, code string, cause error, args ...string) *Error {
	e := &Error{Exit: exit, Code: code, Err: cause, Args: map[string]string{}}
	for i := 0; i+1 < len(args); i += 2 {
		e.Args[args[i]] = args[i+1]
	}
	return e
}

// Bug is the error of a bug.
func Bug(err error) *Error {
	return Failure(Internal, "internal", err, "reason", err.Error())
}

// Of returns the exit code of an error.
func Of(err error) int {
	var own *Error
	var input *sheet.InputError
	switch {
	case err == nil:
		return OK
	case errors.As(err, &own):
		return own.Exit
	case errors.As(err, &input):
		return Usage
	}
	return Internal
}

// Files are the errors of some of a command's files, in the order of the files.
type Files []File

// File is the error of one file.
type File struct {
	Path string
	Err  error
}

// Error returns the first error, for a log.
func (l Files) Error() string { return l[0].Err.Error() }

// Unwrap returns the errors of all files.
func (l Files) Unwrap() []error {
	list := make([]error, len(l))
	for i, f := range l {
		list[i] = f.Err
	}
	return list
}

// Of returns the error of a file, or nil.
func (l Files) Of(path string) error {
	for _, f := range l {
		if f.Path == path {
			return f.Err
		}
	}
	return nil
}

// Input is how one input of a command ended.
type Input struct {
	Code int
	Sent bool // something of it was sent, by this run or an earlier one
}

// Ranking orders the exit codes of several inputs, the one that counts first. A missing
// copy and a lock need attention of their own; a signal explains the rows of code 6.
var Ranking = []int{
	Locked, NoCopy, Terminated, Aborted, Quit, Interrupted, Duration, Stopped,
	Internal, Usage, Rows, Unfinished, Validation,
}

// Worst combines the exit codes of several inputs. Codes 2 and 3 say that nothing was sent,
// so beside an input that was sent they become 4.
func Worst(ends []Input) int {
	sent := slices.ContainsFunc(ends, func(e Input) bool { return e.Sent })
	rank := len(Ranking)
	for _, e := range ends {
		code := e.Code
		if sent && (code == Usage || code == Validation) {
			code = Rows
		}
		if i := slices.Index(Ranking, code); i >= 0 {
			rank = min(rank, i)
		}
	}
	if rank == len(Ranking) {
		return OK
	}
	return Ranking[rank]
}
