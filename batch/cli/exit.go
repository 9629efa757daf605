package cli

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// The exit codes. The table in the README says how to react to each.
const (
	exitOK          = 0   // every row SUBMITTED, ALREADY, VALID or SKIPPED
	exitInternal    = 1   // a bug
	exitUsage       = 2   // wrong usage, or an input that cannot be read; nothing was sent
	exitValidation  = 3   // validation found errors and nothing was sent
	exitRows        = 4   // finished; some rows INVALID, REFUSED or BLOCKED
	exitUnfinished  = 5   // finished; some rows FAILED or UNKNOWN, or not asked about
	exitStopped     = 6   // credentials, permission, arrears, --max-failures or --canary
	exitDuration    = 7   // --max-duration
	exitNoCopy      = 8   // rows were submitted but the copy could not be written
	exitLocked      = 9   // another run holds the circuits
	exitInterrupted = 130 // SIGINT
	exitQuit        = 131 // SIGQUIT
	exitAborted     = 134 // SIGABRT
	exitTerminated  = 143 // SIGTERM
	exitKilled      = 137 // SIGKILL, which only the shell reports
)

// exitError is an error with its exit code and the catalogue's code of its sentence.
type exitError struct {
	exit int
	code string            // in the catalogue
	args map[string]string // fill the sentence's placeholders
	err  error             // the cause, for the log; may be nil
}

func (e *exitError) Error() string {
	if e.err != nil {
		return e.code + ": " + e.err.Error()
	}
	return e.code
}

func (e *exitError) Unwrap() error { return e.err }

// failure makes an exitError; args are name and value pairs.
func failure(exit int, code string, cause error, args ...string) *exitError {
	e := &exitError{exit: exit, code: code, err: cause, args: map[string]string{}}
	for i := 0; i+1 < len(args); i += 2 {
		e.args[args[i]] = args[i+1]
	}
	return e
}

// exitOf returns the exit code of an error.
func exitOf(err error) int {
	var own *exitError
	var input *sheet.InputError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &own):
		return own.exit
	case errors.As(err, &input):
		return exitUsage
	}
	return exitInternal
}

// exitFacts is what decides the exit code of a run.
type exitFacts struct {
	results    map[sheet.Result]int
	errors     int              // problems of severity error, of any row
	withheld   bool             // nothing was sent by design: dry run, validate, --all-or-nothing
	unasked    int              // rows not predicted or sent, since the API did not give their circuits' state
	stop       batch.StopReason // why the run stopped early
	signal     int              // exit code of the signal that stopped it, or 0
	copyFailed bool             // the results copy could not be written
	letters    letterFacts      // of --download
}

// code applies the documented order: the highest of 6 to 9, then 4, 5 and 3. A signal
// outranks all but a copy that could not be written.
func (e exitFacts) code() int {
	switch {
	case e.copyFailed:
		return exitNoCopy
	case e.signal != 0:
		return e.signal
	case e.stop == batch.StopDuration:
		return exitDuration
	case e.stop == batch.StopLedger || e.stop == batch.StopPanic:
		return exitInternal
	case e.stop == batch.StopFatal || e.stop == batch.StopAccount || e.stop == batch.StopMaxFailures || e.stop == batch.StopCanary:
		return exitStopped
	case e.withheld:
		return e.withheldCode()
	case e.results[sheet.NotAttempted] > e.unasked:
		return exitStopped
	case e.results[sheet.Refused] > 0 || e.letters.different > 0:
		return exitRows
	case e.bad() && !e.anyValid():
		return exitValidation
	case e.bad():
		return exitRows
	case e.results[sheet.Failed]+e.results[sheet.Unknown]+e.unasked+e.letters.failed > 0:
		return exitUnfinished
	}
	return exitOK
}

func (e exitFacts) withheldCode() int {
	switch {
	case e.results[sheet.Blocked] > 0:
		return exitRows
	case e.unasked > 0:
		return exitUnfinished
	case e.bad():
		return exitValidation
	case e.results[sheet.Unknown] > 0: // predicted
		return exitUnfinished
	}
	return exitOK
}

func (e exitFacts) bad() bool { return e.results[sheet.Invalid] > 0 || e.errors > 0 }

// anyValid reports whether any row passed validation.
func (e exitFacts) anyValid() bool {
	for result, n := range e.results {
		if n > 0 && result != sheet.Invalid && result != sheet.Skipped {
			return true
		}
	}
	return false
}

// inputExit is how one input of a command ended.
type inputExit struct {
	code int
	sent bool // see exitFacts.sent
}

// ranking orders the exit codes of several inputs, the one that counts first. A missing
// copy and a lock need attention of their own; a signal explains the rows of code 6.
var ranking = []int{
	exitLocked, exitNoCopy, exitTerminated, exitAborted, exitQuit, exitInterrupted, exitDuration, exitStopped,
	exitInternal, exitUsage, exitRows, exitUnfinished, exitValidation,
}

// worst combines the exit codes of several inputs. Codes 2 and 3 say that nothing was sent,
// so beside an input that was sent they become 4.
func worst(ends []inputExit) int {
	sent := slices.ContainsFunc(ends, func(e inputExit) bool { return e.sent })
	rank := len(ranking)
	for _, e := range ends {
		code := e.code
		if sent && (code == exitUsage || code == exitValidation) {
			code = exitRows
		}
		if i := slices.Index(ranking, code); i >= 0 {
			rank = min(rank, i)
		}
	}
	if rank == len(ranking) {
		return exitOK
	}
	return ranking[rank]
}

// fileErrors are the errors of some of a command's files, in the order of the files.
type fileErrors []fileError

// fileError is the error of one file.
type fileError struct {
	path string
	err  error
}

// Error returns the first error, for a log.
func (l fileErrors) Error() string { return l[0].err.Error() }

// Unwrap returns the errors of all files.
func (l fileErrors) Unwrap() []error {
	list := make([]error, len(l))
	for i, f := range l {
		list[i] = f.err
	}
	return list
}

// of returns the error of a file, or nil.
func (l fileErrors) of(path string) error {
	for _, f := range l {
		if f.path == path {
			return f.err
		}
	}
	return nil
}

// wantsJSON reports whether a command line asks for JSON, even if it is wrong elsewhere
// and was not parsed to its end.
func (a *app) wantsJSON(cmd *cobra.Command) bool {
	flag := cmd.Flags().Lookup("json")
	switch {
	case flag == nil:
		return false
	case flag.Changed:
		return flag.Value.String() == "true"
	}
	asked, _ := strconv.ParseBool(a.env.Getenv(variable("json")))
	return asked || slices.Contains(a.env.Args, "--json")
}

// printUnfinished writes the JSON document of a command that failed before a run ended,
// for those who read only standard output.
func (a *app) printUnfinished(cmd *cobra.Command, err error) error {
	doc := report.Document{Command: cmd.Name(), DryRun: cmd.Name() == "validate"}
	if flag := cmd.Flags().Lookup(dryRunFlag); flag != nil {
		mode, ok := parseDryRun(flag.Value.String())
		doc.DryRun = !ok || mode != dryRunOff
	}
	args := cmd.Flags().Args()
	_, operands, _ := strings.Cut(cmd.Use, " ")
	switch {
	case strings.HasPrefix(operands, "FILE"):
		if len(args) > 1 {
			docs := make([]report.Document, len(args))
			for i, path := range args {
				docs[i] = a.unfinished(doc, path, err)
			}
			return report.JSONRuns(a.env.Stdout, docs, exitOf(err))
		}
		if folder := cmd.Flags().Lookup(inFlag); folder != nil && folder.Value.String() != "" && len(args) == 0 {
			in := folder.Value.String()
			return report.JSONFolder(a.env.Stdout, in, []report.Document{a.unfinished(doc, in, err)}, nil, exitOf(err))
		}
		return report.JSON(a.env.Stdout, a.unfinished(doc, cmp.Or(args...), err))
	case cmd.Name() == "report":
		doc.RunID = cmp.Or(args...)
		return report.JSON(a.env.Stdout, a.unfinished(doc, cmd.Flag("input").Value.String(), err))
	}
	return report.JSON(a.env.Stdout, a.unfinished(doc, "", err))
}

// unfinished makes the document of an input whose run did not end: with its own problems,
// or with a note that another file of the command had some.
func (a *app) unfinished(doc report.Document, path string, err error) report.Document {
	doc.Input, doc.Version, doc.ExitCode = path, version(), exitOf(err)
	var files fileErrors
	if errors.As(err, &files) {
		if err = files.of(path); err == nil {
			err = failure(doc.ExitCode, "input-not-taken-up", nil)
		}
	}
	if own, ok := errors.AsType[*exitError](err); ok && doc.RunID == "" && strings.HasPrefix(own.code, "hosts-") {
		doc.RunID = own.args["run"] // it goes on without this process
	}
	doc.Problems = a.problemsOf(err)
	return doc
}

// problemsOf renders an error as the problems of a document.
func (a *app) problemsOf(err error) []report.Problem {
	var own *exitError
	var input *sheet.InputError
	switch {
	case errors.As(err, &own):
	case errors.As(err, &input):
		list := make([]report.Problem, len(input.Problems))
		for i, p := range input.Problems {
			message, hint := a.lines.Words.Problem(p)
			list[i] = report.NewProblem(p, message, hint)
		}
		return list
	default:
		own = failure(exitInternal, "internal", err, "reason", err.Error())
	}
	message, hint := a.lines.Words.Render(own.code, own.args)
	return []report.Problem{{Severity: sheet.Error.String(), Code: own.code, Message: message, Hint: hint}}
}
