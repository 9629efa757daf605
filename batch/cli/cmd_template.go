package cli

import (
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/templates"
)

func (a *app) templateCommand() *cobra.Command {
	var output string
	var force, example bool
	cmd := &cobra.Command{
		Use:   "template [-o FILE]",
		Short: "Write the blank workbook to fill",
		Long: `Writes the blank workbook: the sheets Circuits and Engineers with their headers,
dropdowns and notes, and a Guide. -o - writes it to stdout.`,
		Example: `  loabatch template -o applications.xlsx
  loabatch template --example -o example.xlsx      with rows filled in, to see how`,
		Args: arguments(0, 0),
		RunE: func(*cobra.Command, []string) error {
			write := writeBlank
			if example {
				write = func(w io.Writer) error { return writeExample(w, a.lines.words, a.env.Now()) }
			}
			if output == "-" {
				return write(a.env.Stdout)
			}
			return a.writeTemplate(output, force, write)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "loabatch-template.xlsx", "`FILE` to write; - is stdout")
	cmd.Flags().BoolVar(&force, "force", false, "overwrite the file if it exists")
	cmd.Flags().BoolVar(&example, "example", false, "fill in two circuits and three engineers that do not exist")
	return cmd
}

func writeBlank(w io.Writer) error {
	_, err := w.Write(templates.Blank)
	return err
}

func (a *app) writeTemplate(path string, force bool, write func(io.Writer) error) error {
	if info, err := os.Stat(path); err == nil && !force && (info.IsDir() || info.Size() > 0) {
		return failure(exitUsage, "output-exists", nil, "file", path)
	}
	err := durable.WriteFile(path, write, nil)
	if err != nil {
		return failure(exitUsage, "output-unwritable", err, "file", path, "reason", cause(err))
	}
	a.lines.say("template-written", map[string]string{"file": path})
	return nil
}
