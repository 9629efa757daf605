package cli

import (
	"context"
	"errors"
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
