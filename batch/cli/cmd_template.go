package cli

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch/cloud"
	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/sheet/xlsx"
	"github.com/loabatch/loabatch/templates"
)

func (a *app) templateCommand() *cobra.Command {
	var output string
	var force, example bool
	cmd := &cobra.Command{
		Use:   "template [-o FILE]",
		Short: "Write the blank workbook to fill in",
		Long: `Writes the blank workbook: the sheets Circuits and Engineers with their headers,
dropdowns and notes, and a Guide. Use -o - to write it to stdout.`,
		Example: `  loabatch template -o applications.xlsx
  loabatch template --example -o example.xlsx      with sample rows`,
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
	cmd.Flags().BoolVar(&force, "force", false, "overwrite an existing file")
	cmd.Flags().BoolVar(&example, "example", false, "fill in two circuits and three engineers, all made up")
	return cmd
}

func writeBlank(w io.Writer) error {
	_, err := w.Write(templates.Blank)
	return err
}

func (a *app) writeTemplate(path string, force bool, write func(io.Writer) error) error {
	path = a.follow(path)
	blocked := checkReplace(path, force, func(*os.File, int64) bool { return false })
	if own, ok := errors.AsType[*exitError](blocked); ok && own.code == "output-foreign" {
		return failure(exitUsage, "output-exists", nil, "file", path)
	}
	if blocked != nil {
		return blocked
	}
	err := durable.WriteFile(path, write, nil)
	if err != nil {
		return failure(exitUsage, "output-unwritable", err, "file", path, "reason", cause(err))
	}
	a.lines.say("template-written", map[string]string{"file": path})
	return nil
}

// exampleLead is how far ahead the example's construction starts: for months it is neither
// in the past nor too far in the future.
const exampleLead = 180 * 24 * time.Hour

// writeExample writes the template with two circuits and three engineers, all made up, to
// show what a correct workbook looks like.
func writeExample(w io.Writer, words xlsx.TemplateWords, now time.Time) error {
	start := now.UTC().Add(exampleLead).Truncate(24 * time.Hour).Add(9 * time.Hour)
	for start.Weekday() == time.Saturday || start.Weekday() == time.Sunday {
		start = start.AddDate(0, 0, 1)
	}
	return xlsx.WriteTemplate(w, xlsx.Template{
		Words: words, Regions: cloud.KnownRegions(),
		Circuits: [][]any{
			{"pc-example0000000001", "cn-hangzhou", "Example Trading Co., Ltd.", "FIBRE", "Placeholder Telecom Engineering", start, 1000, "Hangzhou, building 1, room 101"},
			{"pc-example0000000002", "ap-southeast-1", "Example Trading Co., Ltd.", "MSTP", "Sample Fibre Works", start.Format(time.RFC3339)},
		},
		Engineers: [][]any{
			{"*", "Ansible Sample", "Passport", "X00012345", "Female", "+447700900123"},
			{"pc-example0000000001", "Bramble Dummy", "Passport", "X00054321", "Male", "+447700900456"},
			{"pc-example0000000001, pc-example0000000002", "Candle Mock", "Passport", "X00067890", "Male", "+447700900789"},
		},
	})
}
