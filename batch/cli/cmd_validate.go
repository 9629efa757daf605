package cli

import "github.com/spf13/cobra"

func (a *app) validateCommand() *cobra.Command {
	var f submitFlags
	cmd := &cobra.Command{
		Use:   "validate FILE...",
		Short: "Check every row and send nothing",
		Long: `Checks every row and tells everything that is wrong at once, each with its cell and
what to do. It is the same code path as submit --dry-run. A copy is written only when
-o is given.`,
		Example: `  loabatch validate applications.xlsx
  loabatch validate --strict --report html -o checked.xlsx applications.xlsx
  loabatch validate --severity hidden-row=error applications.xlsx`,
		Args: files,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.run.dryRun, f.run.maxAttempts = string(dryRunOffline), 1
			f.service.rate, f.service.concurrency = defaultRate, 1
			return a.process(cmd.Context(), "validate", f, args)
		},
	}
	flags := cmd.Flags()
	f.output.register(flags)
	flags.Lookup("output").Usage = "also write a checked copy, to `FILE` or into a folder; several inputs need a folder"
	f.validation.register(flags)
	f.watch.register(flags)
	return cmd
}
