package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/files"
	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/batch/inbox"
)

func (a *app) submitCommand() *cobra.Command {
	var f submitFlags
	cmd := a.sending(&f, &cobra.Command{
		Use:   "submit",
		Short: "Validate, submit, and write the results copy",
		Long: `Checks every row, applies for one LOA per valid circuit, and writes the result of each
row into a copy of the workbook. Run the same command again to finish what is left:
no circuit is ever applied for twice.

With --in, the new workbooks of a folder are processed in the order of their names, each
with a results copy of its own. A workbook is new unless a run has finished (exit code 0,
2, 3 or 4) with the same bytes, under any name. Lock files of open workbooks, unchanged
results copies and files that are still being written are left out. --done and --failed
say where finished workbooks go.

With --plan, exactly what a plan says is carried out, or nothing: see loabatch plan --help.`,
		Example: `  loabatch submit --simulate applications.xlsx      a trial run: no account, no network
  loabatch submit --dry-run=online applications.xlsx
  loabatch submit applications.xlsx                 asks for confirmation first
  loabatch submit --yes --max-duration 4h tonight.xlsx
  loabatch submit --yes --in inbox --done inbox/done --failed inbox/failed
                                                    every new workbook of a folder
  loabatch submit --plan tonight.plan.json          what was approved, or nothing
  loabatch submit --only failed,unknown,not_attempted tonight.results-….xlsx`,
	})
	f.run.registerReapply(cmd.Flags())
	return cmd
}

// sending completes a command that sends: with its flags, and that it processes its inputs.
func (a *app) sending(f *submitFlags, cmd *cobra.Command) *cobra.Command {
	cmd.Use += " FILE... | --in DIR | --plan PLAN"
	cmd.Args = separatedValue
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return a.process(cmd, f, args) }
	flags := cmd.Flags()
	f.folder.register(flags)
	f.run.registerSending(flags)
	f.output.register(flags)
	f.validation.register(flags)
	f.service.register(flags)
	f.watch.register(flags)
	registerMonitor(flags)
	return cmd
}

func (a *app) validateCommand() *cobra.Command {
	var f submitFlags
	cmd := &cobra.Command{
		Use:   "validate FILE... | --in DIR",
		Short: "Check every row and send nothing",
		Long: `Checks every row and reports all problems at once, each with its cell and what to do
about it. The checks are those of submit --dry-run. A copy is written only when -o is
given.`,
		Example: `  loabatch validate applications.xlsx
  loabatch validate --strict --report html -o checked.xlsx applications.xlsx
  loabatch validate --severity hidden-row=error applications.xlsx`,
		Args: separatedValue,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.run.dryRun, f.run.maxAttempts = string(dryRunOffline), 1
			f.service.rate, f.service.concurrency = defaultRate, 1
			return a.process(cmd, &f, args)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.folder.in, inFlag, "", "check the workbooks of the folder `DIR`, in the order of their names, instead of those on the command line; none is moved")
	f.output.register(flags)
	flags.Lookup("output").Usage = "also write a checked copy, to `FILE` or into a folder; several inputs need a folder"
	f.validation.register(flags)
	f.watch.register(flags)
	registerMonitor(flags)
	return cmd
}

// isBook reports whether an argument in place of a command names a workbook: by its extension, or
// because there is such a file. A folder that was dropped on the program is taken for one, and read
// as little as others that are not.
func isBook(arg string) bool {
	if inbox.IsBook(arg) {
		return true // validate says which can be read
	}
	info, err := os.Stat(arg)
	return err == nil && (durable.IsFile(info.Mode()) || info.IsDir() && filepath.IsAbs(arg))
}

// dropped validates workbooks that were dropped on the program, writes a copy beside each,
// and opens the copies if there is a desktop. Nothing is ever sent.
func (a *app) dropped(ctx context.Context, paths []string) error {
	var failed exit.Files
	worst := 0
	for _, path := range files.Distinct(a.lines, paths) {
		if err := a.runValidate(ctx, path); err != nil {
			failed = append(failed, exit.File{Path: path, Err: err})
		}
		worst = max(worst, a.exit)
	}
	a.exit = worst
	for _, path := range a.copies {
		a.show(path)
	}
	if len(failed) > 0 {
		return failed
	}
	return nil
}

// runValidate is the command validate with the copy beside the workbook, or in the user's folder
// where it cannot be. Variables set the flags as usual.
func (a *app) runValidate(ctx context.Context, path string) error {
	folder := filepath.Dir(path)
	if durable.Exists(path) {
		second, err := writable(folder)
		if second != folder {
			a.lines.Warn("copy-beside-not", map[string]string{"folder": folder, "reason": exit.Cause(err), "second": second})
		}
		folder = second
	}
	cmd := a.validateCommand()
	cmd.SetContext(ctx)
	if err := cmd.ParseFlags([]string{"--output", folder}); err != nil {
		return err
	}
	if err := a.bindEnvironment(cmd.Flags()); err != nil {
		return err
	}
	err := cmd.RunE(cmd, []string{path})
	if own, ok := errors.AsType[*exit.Error](err); ok && own.Code == "output-unwritable" { // there is no -o to advise
		return exit.Failure(exit.Usage, "copy-nowhere", own.Err, "file", own.Args["file"], "reason", own.Args["reason"], "command", a.suggest("validate", a.dropping, path))
	}
	return err
}

// writable returns the folder, or the user's own if it cannot be written, and why it cannot.
func writable(folder string) (string, error) {
	err := durable.CheckFolder(folder)
	if err == nil {
		return folder, nil
	}
	home, unknown := os.UserHomeDir()
	if unknown != nil || durable.CheckFolder(home) != nil {
		return folder, err
	}
	return home, err
}

// temporary reports whether a folder is among the temporary ones: Windows unpacks there a program
// that was started within a ZIP file, and removes all of it afterwards.
func temporary(folder string) bool {
	top, err := filepath.EvalSymlinks(os.TempDir())
	if real, unreal := filepath.EvalSymlinks(folder); err == nil && unreal == nil {
		rel, err := filepath.Rel(top, real)
		return err == nil && filepath.IsLocal(rel)
	}
	return false
}

// doubleClicked writes the blank workbook beside the program, or into the user's folder
// where that is not writable or would be removed, unless it already exists, and opens it.
func (a *app) doubleClicked(ctx context.Context) error {
	folder, _ := writable(filepath.Dir(a.env.Program))
	if home, err := os.UserHomeDir(); err == nil && temporary(folder) {
		folder, _ = writable(home)
	}
	f := templateFlags{output: filepath.Join(folder, "loabatch-template.xlsx")}
	if _, err := os.Stat(f.output); err == nil {
		a.lines.Note("template-there", map[string]string{"file": f.output})
	} else if err := a.template(ctx, f); err != nil {
		if own, ok := errors.AsType[*exit.Error](err); ok && own.Code == "output-unwritable" { // there is no -o to advise
			return exit.Failure(exit.Usage, "template-nowhere", own.Err, "file", own.Args["file"], "reason", own.Args["reason"])
		}
		return err
	}
	a.show(f.output)
	return nil
}

// show opens a file on the desktop.
func (a *app) show(path string) {
	if a.env.Open == nil {
		return
	}
	if err := a.env.Open(files.Absolute(path)); err != nil {
		a.lines.Warn("not-opened", map[string]string{"file": path, "reason": exit.Cause(err)})
	}
}

// holdConsole keeps a console that closes with this process open until its messages are read. Where there
// is no desktop, as in a scheduled task, nobody could press a key.
func (a *app) holdConsole() {
	if a.byHand && a.env.OwnConsole && a.env.Open != nil && a.env.Key != nil {
		if a.env.Program != "" {
			a.lines.Say("by-hand", map[string]string{"folder": filepath.Dir(a.env.Program)})
		}
		a.lines.Write("", a.lines.Words.Line("press-key"), "")
		a.env.Key()
	}
}
