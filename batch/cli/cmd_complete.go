package cli

import (
	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// works are the commands that send, and what each does with a row: its steps, nil for an
// application alone, and what the rows are checked for.
var works = []struct {
	command string
	steps   []batch.Operation
	purpose sheet.Purpose
}{
	{"submit", nil, sheet.ForApplication},
	{"complete", []batch.Operation{batch.Complete, batch.Confirm}, sheet.ForCompletion},
	{advance, []batch.Operation{batch.Apply, batch.Complete, batch.Confirm}, sheet.ForAdvance},
}

// workOf is what a command does with each row; one that sends nothing checks the rows for
// their application.
func workOf(command string) ([]batch.Operation, sheet.Purpose) {
	for _, w := range works {
		if w.command == command {
			return w.steps, w.purpose
		}
	}
	return nil, sheet.ForApplication
}

// planned lists the commands that carry out plans: those that send.
func planned() (commands []string) {
	for _, w := range works {
		commands = append(commands, w.command)
	}
	return commands
}

func (a *app) completeCommand() *cobra.Command {
	var f submitFlags
	return a.sending(&f, &cobra.Command{
		Use:   "complete",
		Short: "Report finished construction, and confirm circuits",
		Long: `Reports construction as finished for the rows that say yes under Construction finished and
whose LOA is Available, with line code, label, provider and contact. Where a row also says
yes under Confirm circuit, the circuit is confirmed after that, which starts its service
and billing. Rows whose construction is not finished are SKIPPED.

The state of each LOA is read first. Run the same command again to finish what is left: no
completion is ever reported twice, and no circuit confirmed twice.`,
		Example: `  loabatch complete --dry-run=online applications.xlsx
  loabatch complete applications.xlsx              asks for confirmation first
  loabatch complete --yes tonight.results-….xlsx`,
	})
}
