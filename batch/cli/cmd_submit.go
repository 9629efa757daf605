package cli

import (
	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch"
)

// submitFlags are the flags of submit; validate has those that apply to it.
type submitFlags struct {
	operation  batch.Operation // set by the command, not by a flag
	validation validationFlags
	folder     folderFlags
	output     outputFlags
	service    serviceFlags
	run        runFlags
	watch      watchFlags
	approved   *approved // the plan to keep to, from --plan; nil without one

	every    durationFlag // --watch of status
	download string       // --download of status and advance
}

func (a *app) submitCommand() *cobra.Command {
	var f submitFlags
	cmd := &cobra.Command{
		Use:   "submit FILE... | --in DIR | --plan PLAN",
		Short: "Validate, submit, and write the results copy",
		Long: `Checks every row, applies for one LOA per valid circuit, and writes the result of each
row into a copy of the workbook. Run the same command again to finish what is left:
no circuit is ever applied for twice.

With --in, the new workbooks of a folder are processed by name, each with a results copy
of its own. A workbook is new if no run has finished with its bytes (exit code 0, 2, 3 or
4), under whatever name. Lock files of open workbooks, results copies as they were written, and files that
are still being written are left out. --done and --failed say where finished workbooks go.

With --plan, exactly what a plan says is carried out, or nothing: see loabatch plan --help.`,
		Example: `  loabatch submit --simulate applications.xlsx      a trial run: no account, no network
  loabatch submit --dry-run=online applications.xlsx
  loabatch submit applications.xlsx                 asks for confirmation first
  loabatch submit --yes --max-duration 4h tonight.xlsx
  loabatch submit --yes --in inbox --done inbox/done --failed inbox/failed
                                                    every new workbook of a folder
  loabatch submit --plan tonight.plan.json          what was approved, or nothing
  loabatch submit --only failed,unknown,not_attempted tonight.results-….xlsx`,
		Args: separatedValue,
		RunE: func(cmd *cobra.Command, args []string) error { return a.processPlanned(cmd, &f, args) },
	}
	flags := cmd.Flags()
	f.folder.register(flags)
	f.run.register(flags)
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
			return a.process(cmd, f, args)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.folder.in, inFlag, "", "check the workbooks of the folder `DIR`, by name, instead of those on the command line; none is moved")
	f.output.register(flags)
	flags.Lookup("output").Usage = "also write a checked copy, to `FILE` or into a folder; several inputs need a folder"
	f.validation.register(flags)
	f.watch.register(flags)
	registerMonitor(flags)
	return cmd
}
