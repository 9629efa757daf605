package cli

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/files"
	"github.com/loabatch/loabatch/batch/report"
)

type reportFlags struct {
	output outputFlags
	input  string
	ledger string

	passwordFile string
}

func (a *app) reportCommand() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report RUN [--input FILE]",
		Short: "Write the results copy of a past run again",
		Long: `Writes the results copy of a past run again, from the ledger and the input, which must
not have changed. The input is read from its original path, unless --input names it.`,
		Example: "  loabatch report 20270115-020000-k3f9q -o again.xlsx",
		Args:    arguments(1, 1),

		ValidArgsFunction: a.completeRuns,

		RunE: func(cmd *cobra.Command, args []string) error { return a.report(cmd.Context(), f, args[0]) },
	}
	flags := cmd.Flags()
	f.output.register(flags)
	flags.StringVar(&f.input, "input", "", "`FILE` that the run read (default its original path)")
	flags.StringVar(&f.ledger, "ledger", "", ledgerHelp)
	flags.StringVar(&f.passwordFile, passwordFlag, "", passwordHelp)
	flags.Lookup("force").Usage = "replace a file that loabatch did not write or that was changed since, and an existing copy of this run; never an input"
	return cmd
}

func (a *app) report(ctx context.Context, f reportFlags, id string) error {
	if err := f.output.check(); err != nil {
		return err
	}
	password, err := a.passwordSource(f.passwordFile, false)
	if err != nil {
		return err
	}
	store, err := a.ledgers.Shown(ctx, f.ledger)
	if err != nil {
		return err
	}
	if store == nil {
		return exit.Failure(exit.Usage, "no-ledger", nil)
	}
	defer store.Close()
	id = accounts.Whole(id)
	past, saved, err := a.pastRun(ctx, store, id)
	if err != nil {
		return err
	}
	done, err := a.again(past, saved, f.input, password)
	if err != nil {
		return err
	}
	if past.End != nil && past.End.ExitCode != exit.NoCopy { // a signal, or a letter, is not in the results
		done.recordedExit = past.End.ExitCode
	}
	a.remarks(done.in)
	t := files.Target{RunID: id, Force: f.output.force}
	t.Path = files.CopyPath(done.in.Path, f.output.output, false, id)
	if _, err := os.Stat(t.Path); err == nil && !t.Force && t.Path != f.output.output {
		return exit.Failure(exit.Usage, "output-exists", nil, "file", t.Path)
	}
	t.Path = files.Follow(a.lines, t.Path)
	var claimed files.Claims
	claimed.Read(done.in.Path)
	claimed.Keep("--"+passwordFlag, f.passwordFile)
	if path, err := a.ledgers.File(f.ledger); err == nil && path != "" {
		if err := claimed.Write("--ledger", path); err != nil {
			return err
		}
	}
	if err := t.Claim(&claimed, a.lines, done.in.Path, f.output.reports, a.recorded(ctx, f.ledger)); err != nil {
		return a.editedCopy(done.info.args, validationFlags{maxUnpacked: defaultMaxUnpacked, password: password}, t.Path, err)
	}
	done.ledgerFlag = f.ledger
	a.signals() // a signal must not leave a copy half written
	doc := a.deliver(done, t, f.output)
	if doc.Output == "" {
		a.exit = exit.NoCopy
	}
	if f.output.json {
		return report.JSON(a.env.Stdout, *doc)
	}
	return a.print(doc)
}
