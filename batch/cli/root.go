package cli

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loabatch/loabatch/batch/cli/prose"
)

// Run runs one command line and gives its exit code. It touches nothing of the
// process but what env holds.
func Run(ctx context.Context, env Env) int {
	a := &app{env: env, lines: newLines(env, prose.English), taken: make(chan struct{})}
	root := a.root()
	root.SetArgs(env.Args)
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	root.InitDefaultCompletionCmd() // which takes the output that is set by now
	if completion, _, err := root.Find([]string{"completion"}); err == nil {
		completion.Args, completion.RunE = noCommand, root.RunE // a shell that is none is no success
	}
	cmd := root
	ended := make(chan error, 1)
	go func() {
		var err error
		defer func() {
			if p := recover(); p != nil {
				err = panicked(p)
			}
			ended <- err
		}()
		cmd, err = root.ExecuteContextC(ctx)
	}()
	err, left := a.await(ended)
	switch {
	case left:
		return leave(env, err)
	case err == nil:
		return a.exit
	}
	a.lines.fail(err)
	if a.wantsJSON(cmd) {
		a.printUnfinished(cmd, err) // where it cannot be written, standard error has said it all
	}
	return exitOf(err)
}

// app is one command line being run: its environment, its printer, and its exit code
// where a command finished but rows did not.
type app struct {
	env    Env
	lines  *lines
	common commonFlags
	exit   int

	taking sync.Once
	taken  chan struct{} // the command follows the signals itself from here on
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "loabatch",
		Short: "Apply for the LOAs of Express Connect circuits from an Excel workbook",
		Long: `loabatch checks every row of a workbook of Express Connect circuits and engineers,
applies for one Letter of Authorization per circuit, inside the API's quota and
never twice, and writes what came of each row into a copy of the workbook.`,
		Example: `  loabatch template -o applications.xlsx     the blank workbook to fill
  loabatch validate applications.xlsx        check every row, send nothing
  loabatch submit --simulate applications.xlsx
                                             the whole run against the embedded simulator
  loabatch submit applications.xlsx          the real thing`,
		Version:                    version(),
		Args:                       noCommand,
		SilenceErrors:              true,
		SilenceUsage:               true,
		SuggestionsMinimumDistance: 3,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.bindEnvironment(cmd.Flags()); err != nil {
				return err
			}
			return a.lines.configure(a.common)
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	a.common.register(root.PersistentFlags())
	root.SetFlagErrorFunc(a.flagFailure)
	root.AddCommand(
		a.templateCommand(), a.validateCommand(), a.submitCommand(), a.statusCommand(),
		a.reportCommand(), a.historyCommand(), a.simulatorCommand(), a.explainCommand(),
		a.doctorCommand(), a.versionCommand(),
	)
	return root
}

// noCommand refuses words that are no command, with the nearest that is.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return failure(exitUsage, "unknown-command-near", nil, "command", args[0], "near", strings.Join(near, ", "))
	}
	return failure(exitUsage, "unknown-command", nil, "command", args[0])
}

// files wants at least one file name, and says which command lacks it.
func files(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return failure(exitUsage, "no-file", nil, "command", cmd.Name())
	}
	return nil
}

// arguments wants between low and high arguments.
func arguments(low, high int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < low || len(args) > high {
			return failure(exitUsage, "argument-count", nil, "command", cmd.CommandPath(), "usage", cmd.UseLine())
		}
		return nil
	}
}

// flagFailure turns a wrong flag into a usage error: with what the flag takes, or with
// the nearest flag that exists.
func (a *app) flagFailure(cmd *cobra.Command, err error) error {
	var bad *pflag.InvalidValueError
	var lacking *pflag.ValueRequiredError
	var malformed *pflag.InvalidSyntaxError
	var unknown *pflag.NotExistError
	switch {
	case errors.As(err, &bad):
		return failure(exitUsage, "flag-value", err, "flag", bad.GetFlag().Name, "value", bad.GetValue(), "takes", a.takes(bad.GetFlag()))
	case errors.As(err, &lacking):
		return failure(exitUsage, "flag-without-value", err, "flag", lacking.GetFlag().Name, "command", cmd.CommandPath())
	case errors.As(err, &malformed):
		return failure(exitUsage, "unknown-flag", err, "flag", malformed.GetSpecifiedFlag(), "command", cmd.CommandPath())
	case !errors.As(err, &unknown):
		return err
	}
	name := unknown.GetSpecifiedName()
	if unknown.GetSpecifiedShortnames() != "" {
		return failure(exitUsage, "unknown-flag", err, "flag", "-"+name, "command", cmd.CommandPath())
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near := nearest(name, names); near != "" {
		return failure(exitUsage, "unknown-flag-near", err, "flag", "--"+name, "near", near)
	}
	return failure(exitUsage, "unknown-flag", err, "flag", "--"+name, "command", cmd.CommandPath())
}

// takes says what kind of value a flag takes.
func (a *app) takes(f *pflag.Flag) string {
	return a.lines.words.Line("flag-takes-" + strings.ToLower(f.Value.Type()))
}

// nearest finds the one of names that a typing slip away from name, by the same
// measure as cobra's for commands: its own suggestions over throw-away commands.
func nearest(name string, names []string) string {
	slips := &cobra.Command{SuggestionsMinimumDistance: 2}
	for _, n := range names {
		slips.AddCommand(&cobra.Command{Use: n, Run: func(*cobra.Command, []string) {}})
	}
	if near := slips.SuggestionsFor(name); len(near) > 0 {
		return near[0]
	}
	return ""
}

// envPrefix starts the name of every variable that stands in for a flag.
const envPrefix = "LOABATCH_"

// variable gives the name of the variable that a flag also reads: LOABATCH_MAX_ATTEMPTS.
func variable(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// bindEnvironment sets each flag that was not given from its variable, if that is set.
// The command line beats the environment.
func (a *app) bindEnvironment(flags *pflag.FlagSet) error {
	var err error
	flags.VisitAll(func(f *pflag.Flag) {
		value := a.env.Getenv(variable(f.Name))
		if err != nil || f.Changed || value == "" || f.Name == "help" {
			return
		}
		if bad := flags.Set(f.Name, value); bad != nil {
			err = failure(exitUsage, "environment-value", bad, "variable", variable(f.Name), "value", value, "flag", f.Name, "takes", a.takes(f))
		}
	})
	return err
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  arguments(0, 0),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(a.env.Stdout, "loabatch %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

// version gives the linked version, or what the module system knows of this build.
func version() string {
	if Version != "devel" {
		return Version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return Version
}
