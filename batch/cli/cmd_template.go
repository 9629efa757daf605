package cli

import (
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/templates"
)

func (a *app) templateCommand() *cobra.Command {
	var output string
	var force bool
	cmd := &cobra.Command{
		Use:   "template [-o FILE]",
		Short: "Write the blank workbook to fill",
		Long: `Writes the blank workbook: the sheets Circuits and Engineers with their headers,
dropdowns and notes, and a Guide. -o - writes it to stdout.`,
		Example: "  loabatch template -o applications.xlsx",
		Args:    arguments(0, 0),
		RunE: func(*cobra.Command, []string) error {
			if output == "-" {
				_, err := a.env.Stdout.Write(templates.Blank)
				return err
			}
			return a.writeTemplate(output, force)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "loabatch-template.xlsx", "where to write it; - is stdout")
	cmd.Flags().BoolVar(&force, "force", false, "overwrite the file if it exists")
	return cmd
}

func (a *app) writeTemplate(path string, force bool) error {
	if info, err := os.Stat(path); err == nil && !force && (info.IsDir() || info.Size() > 0) {
		return failure(exitUsage, "output-exists", nil, "file", path)
	}
	err := writeFile(path, func(w io.Writer) error {
		_, err := w.Write(templates.Blank)
		return err
	}, nil)
	if err != nil {
		return failure(exitUsage, "output-unwritable", err, "file", path, "reason", cause(err))
	}
	a.lines.say("template-written", map[string]string{"file": path})
	return nil
}
