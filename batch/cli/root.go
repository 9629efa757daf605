package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/console"
	"github.com/loabatch/loabatch/batch/cli/database"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/ledgers"
	"github.com/loabatch/loabatch/batch/notify"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// Run runs one command line and returns its exit code. It uses nothing of the process but what
// is in env.
func Run(ctx context.Context, env Env) (code int) {
	secrets := env.hidePasswords()
	stdout := console.NewPatient(env.Stdout)
	env.Stdout, env.Stderr = stdout, console.NewStream(env.Stderr)
	a := newApp(env, newLines(env, env.catalogue()), secrets)
	a.taken, a.monitor = make(chan struct{}), &notify.Monitor{}
	defer a.holdConsole()
	abandoned := false
	defer func() { a.reportEnd(code, abandoned) }()
	defer batch.Guard(func(err error) {
		a.fail(exit.Bug(err))
		code = exit.Internal
	})
	root := a.root()
	root.SetArgs(env.Args)
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	root.InitDefaultCompletionCmd() // after SetOut, whose writer it captures
	if completion, _, err := root.Find([]string{"completion"}); err == nil {
		completion.Args, completion.RunE = noCommand, root.RunE // an unknown shell is an error
		for _, shell := range completion.Commands() {
			shell.Args = arguments(0, 0) // cobra's own error has no exit code
		}
	}
	if requestsCompletion(env.Args) {
		complete(root, completions())
	}
	cmd := root
	ended := make(chan error, 1)
	go func() {
		var err error
		defer func() { ended <- err }()
		defer batch.Guard(func(panicked error) { err = exit.Bug(panicked) })
		cmd, err = root.ExecuteContextC(ctx)
	}()
	var err error
	abandoned, err = a.await(ended)
	switch {
	case abandoned:
		if a.asking.CompareAndSwap(true, false) {
			fmt.Fprintln(env.Stderr) // the line of the question has not ended
		}
		return leave(env, stdout, err)
	case err == nil && a.crash.Load() != nil:
		return a.withOutput(cmd, stdout, exit.Internal)
	case err == nil:
		return a.withOutput(cmd, stdout, a.exit)
	}
	a.fail(err)
	_ = a.monitored(cmd) // the command line is wrong already
	if a.wantsJSON(cmd) {
		_ = a.printUnfinished(cmd, err) // withOutput says if it fails
	}
	return a.withOutput(cmd, stdout, exit.Of(err))
}

// app is one command line being run: its environment, its printer, and the exit code of a
// command that finished although rows did not.
type app struct {
	env    Env
	lines  *console.Lines
	common commonFlags
	exit   int

	ledgers *ledgers.Opener

	bound []string // flags of the command that were set by their variables

	crash   atomic.Pointer[error]        // of the first panic in a goroutine of this package
	running atomic.Pointer[interruption] // of the run in progress
	asking  atomic.Bool                  // for a password

	defaults     *cobra.Command // for suggest; see defaultRoot
	recordedRuns []string       // commands that write the documents of the runs in the ledger

	logFile  io.Closer       // nil if the log goes to standard error
	monitor  *notify.Monitor // of the command
	byHand   bool            // a workbook was dropped on the program, or it was double-clicked
	dropping settings        // of the program's own flags; nil unless workbooks were dropped on it
	copies   []string        // results copies that were written
	metrics  string          // path of its metrics file; "" for none

	taking sync.Once
	taken  chan struct{} // receives once the command handles signals itself
}

// newApp returns what runs the commands of an environment. Secrets may be nil for a command that
// opens no ledger.
func newApp(env Env, lines *console.Lines, secrets *database.Secrets) *app {
	a := &app{env: env, lines: lines, ledgers: &ledgers.Opener{Lines: lines, Getenv: env.Getenv, Secrets: secrets}}
	a.ledgers.Signals = a.interruptible
	return a
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "loabatch",
		Short: "Apply for the LOAs of Express Connect circuits from an Excel workbook",
		Long: `loabatch checks every row of a workbook of Express Connect circuits and engineers,
applies for one Letter of Authorization per circuit, within the API's quota and
never twice, and writes the result of each row into a copy of the workbook.`,
		Example: `  loabatch template -o applications.xlsx     write the blank workbook to fill in
  loabatch validate applications.xlsx        check every row, send nothing
  loabatch submit --simulate applications.xlsx
                                             a whole run against the embedded simulator
  loabatch submit applications.xlsx          apply for the LOAs
  loabatch applications.xlsx                 check every row and open a copy with the problems
                                             marked (as when it is dropped on the program)`,
		Version:                    version(),
		Args:                       a.bookOrNoCommand,
		SilenceErrors:              true,
		SilenceUsage:               true,
		SuggestionsMinimumDistance: 3,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.bindEnvironment(cmd.Flags()); err != nil {
				return err
			}
			if err := a.configure(a.common); err != nil {
				return err
			}
			return a.monitored(cmd)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) > 0:
				a.dropping = given(cmd)
				return a.dropped(cmd.Context(), args)
			case a.env.OwnConsole:
				return a.doubleClicked(cmd.Context())
			}
			return cmd.Help()
		},
	}
	a.common.register(root.PersistentFlags())
	root.SetFlagErrorFunc(a.flagFailure)
	root.AddCommand(
		a.templateCommand(), a.validateCommand(), a.planCommand(), a.submitCommand(), a.statusCommand(), a.completeCommand(), a.advanceCommand(),
		a.reportCommand(), a.historyCommand(), a.simulatorCommand(), a.explainCommand(),
		a.doctorCommand(), a.versionCommand(), a.manCommand(),
	)
	root.InitDefaultHelpCmd()
	if help, _, err := root.Find([]string{"help"}); err == nil {
		help.Args = noHelpTopic
	}
	return root
}

// bookOrNoCommand accepts workbooks in place of a command, and rejects an unknown command.
func (a *app) bookOrNoCommand(cmd *cobra.Command, args []string) error {
	a.byHand = len(args) == 0 || isBook(args[0])
	if a.byHand {
		return nil
	}
	return noCommand(cmd, args)
}

// noCommand rejects an unknown command and suggests the nearest one that exists.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return exit.Failure(exit.Usage, "unknown-command-near", nil, "command", args[0], "near", strings.Join(near, ", "))
	}
	return exit.Failure(exit.Usage, "unknown-command", nil, "command", args[0])
}

// someFiles requires at least one file name.
func someFiles(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return exit.Failure(exit.Usage, "no-file", nil, "command", cmd.Name())
	}
	return separatedValue(cmd, args)
}

// arguments requires between low and high arguments.
func arguments(low, high int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < low || len(args) > high {
			return exit.Failure(exit.Usage, "argument-count", nil, "command", cmd.CommandPath(), "usage", cmd.UseLine())
		}
		return nil
	}
}

// flagFailure turns a flag error into a usage error that says what the flag takes, or names
// the nearest flag that exists.
func (a *app) flagFailure(cmd *cobra.Command, err error) error {
	var bad *pflag.InvalidValueError
	var lacking *pflag.ValueRequiredError
	var malformed *pflag.InvalidSyntaxError
	var unknown *pflag.NotExistError
	switch {
	case errors.As(err, &bad):
		return exit.Failure(exit.Usage, "flag-value", err, "flag", bad.GetFlag().Name, "value", bad.GetValue(), "takes", a.takes(bad.GetFlag()))
	case errors.As(err, &lacking):
		return exit.Failure(exit.Usage, "flag-without-value", err, "flag", lacking.GetFlag().Name, "command", cmd.CommandPath())
	case errors.As(err, &malformed):
		return exit.Failure(exit.Usage, "unknown-flag", err, "flag", malformed.GetSpecifiedFlag(), "command", cmd.CommandPath())
	case !errors.As(err, &unknown):
		return err
	}
	name := unknown.GetSpecifiedName()
	if unknown.GetSpecifiedShortnames() != "" {
		return exit.Failure(exit.Usage, "unknown-flag", err, "flag", "-"+name, "command", cmd.CommandPath())
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near := nearest(name, names); near != "" {
		return exit.Failure(exit.Usage, "unknown-flag-near", err, "flag", "--"+name, "near", near)
	}
	return exit.Failure(exit.Usage, "unknown-flag", err, "flag", "--"+name, "command", cmd.CommandPath())
}

// takes says what kind of value a flag takes.
func (a *app) takes(f *pflag.Flag) string {
	return a.lines.Words.Line("flag-takes-" + strings.ToLower(f.Value.Type()))
}

// nearest returns the name that name is most likely a misspelling of, or "": of cobra's own
// suggestions, over temporary commands, whose names end at a space, the one with the fewest edits.
// A name of which more than half would be edited is not a misspelling.
func nearest(name string, names []string) string {
	slips := &cobra.Command{SuggestionsMinimumDistance: 2}
	for _, n := range names {
		slips.AddCommand(&cobra.Command{Use: strings.ReplaceAll(n, " ", "\x00"), Run: func(*cobra.Command, []string) {}})
	}
	typed, best, least := []rune(strings.ToLower(name)), "", 0
	for _, near := range slips.SuggestionsFor(strings.ReplaceAll(name, " ", "\x00")) {
		near = strings.ReplaceAll(near, "\x00", " ")
		edits := sheet.Distance(typed, []rune(strings.ToLower(near)))
		begun := strings.HasPrefix(strings.ToLower(near), string(typed))
		if (begun || 2*edits <= len(typed)) && (best == "" || edits < least) {
			best, least = near, edits
		}
	}
	return best
}

// envPrefix is the prefix of the variables that set flags.
const envPrefix = "LOABATCH_"

// variable returns the name of a flag's variable, such as LOABATCH_MAX_ATTEMPTS.
func variable(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// bindEnvironment sets each flag that is not on the command line from its variable, if that
// is not empty.
func (a *app) bindEnvironment(flags *pflag.FlagSet) error {
	var err error
	flags.VisitAll(func(f *pflag.Flag) {
		value := a.env.Getenv(variable(f.Name))
		if err != nil || f.Changed || value == "" || f.Name == "help" {
			return
		}
		if bad := flags.Set(f.Name, value); bad != nil {
			err = exit.Failure(exit.Usage, "environment-value", bad, "variable", variable(f.Name), "value", value, "flag", f.Name, "takes", a.takes(f))
			return
		}
		a.bound = append(a.bound, f.Name)
	})
	return err
}

func (a *app) versionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  arguments(0, 0),
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return report.Value(a.env.Stdout, struct {
					Version string `json:"version"`
					Go      string `json:"go"`
					OS      string `json:"os"`
					Arch    string `json:"arch"`
				}{version(), runtime.Version(), runtime.GOOS, runtime.GOARCH})
			}
			_, err := fmt.Fprintf(a.env.Stdout, "loabatch %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, jsonHelp)
	return cmd
}

// version returns the linked version, or else the module's version of this build.
func version() string {
	if Version != "devel" {
		return Version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return Version
}
