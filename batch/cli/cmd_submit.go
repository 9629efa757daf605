package cli

import (
	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch"
)

// submitFlags are all flags of submit; validate has those of them that apply.
type submitFlags struct {
	operation  batch.Operation // set by the command, not by a flag
	validation validationFlags
	output     outputFlags
	service    serviceFlags
	run        runFlags
	watch      watchFlags
}

func (a *app) submitCommand() *cobra.Command {
	var f submitFlags
	cmd := &cobra.Command{
		Use:   "submit FILE...",
		Short: "Validate, submit, and write the results copy",
		Long: `Checks every row, applies for one LOA per valid circuit, and writes what came of each
row into a copy of the workbook. The same command again finishes what is left:
nothing is ever applied for twice.`,
		Example: `  loabatch submit --simulate applications.xlsx      see it work, no account, no network
  loabatch submit --dry-run=online applications.xlsx
  loabatch submit applications.xlsx                 asks before it sends
  loabatch submit --yes --max-duration 4h tonight.xlsx
  loabatch submit --only failed,unknown,not_attempted tonight.results-….xlsx`,
		Args: files,
		RunE: func(cmd *cobra.Command, args []string) error { return a.process(cmd.Context(), "submit", f, args) },
	}
	flags := cmd.Flags()
	f.run.register(flags)
	f.output.register(flags)
	f.validation.register(flags)
	f.service.register(flags)
	f.watch.register(flags)
	return cmd
}
