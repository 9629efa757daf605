package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/files"
	"github.com/loabatch/loabatch/batch/cloud"
	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
	"github.com/loabatch/loabatch/templates"
)

// templateFlags are the flags of template.
type templateFlags struct {
	output      string
	force       bool
	example     bool
	fromAccount bool
	region      string
	service     serviceFlags
}

func (a *app) templateCommand() *cobra.Command {
	var f templateFlags
	cmd := &cobra.Command{
		Use:   "template [-o FILE]",
		Short: "Write the blank workbook to fill in, or one with the account's circuits",
		Long: `Writes the blank workbook: the sheets Circuits and Engineers with their headers,
dropdowns, notes and checks, and a Guide. With --lang zh all of it is Chinese. Use
-o - to write it to stdout.

With --from-account it has a row for every circuit of the account that can be applied
for: allocated, not locked, and without an LOA. ID, region, bandwidth and location are
filled in. If no circuit qualifies, the workbook has no rows. All regions of the account
are read, with read-only calls, unless --region names one.`,
		Example: `  loabatch template -o applications.xlsx
  loabatch template --example -o example.xlsx      with sample rows
  loabatch template --from-account -o tonight.xlsx`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.template(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.output, "output", "o", "loabatch-template.xlsx", "`FILE` to write; - is stdout")
	flags.BoolVar(&f.force, "force", false, "overwrite an existing file")
	flags.BoolVar(&f.example, "example", false, "fill in two circuits and three engineers, all made up")
	flags.BoolVar(&f.fromAccount, "from-account", false, "fill in the account's circuits that can be applied for")
	flags.StringVar(&f.region, "region", "", "with --from-account: region `ID` to read, instead of all")
	f.service.register(flags)
	return cmd
}

// template writes the workbook. Whether the file can be written is checked before anything is
// asked of the API.
func (a *app) template(ctx context.Context, f templateFlags) error {
	if f.example && f.fromAccount {
		return exit.Failure(exit.Usage, "template-example-account", nil)
	}
	toFile := f.output != "-"
	if toFile {
		if f.output = files.Follow(a.lines, f.output); !strings.EqualFold(filepath.Ext(f.output), ".xlsx") {
			return exit.Failure(exit.Usage, "template-extension", nil, "file", f.output)
		}
		if err := checkTemplate(f.output, f.force); err != nil {
			return err
		}
		f.output = files.BesideOpen(a.lines, f.output)
	}
	l := a.lines.Words.Vocabulary()
	book := xlsx.Template{Language: l, Words: a.lines.Words, Regions: cloud.KnownRegions()}
	write, written, count := blankWriter(l), "template-written", ""
	switch {
	case f.example:
		written = "template-example-written"
		write = func(w io.Writer) error { return writeExample(w, book, a.env.Now()) }
	case f.fromAccount:
		rows, others, err := a.accountRows(ctx, f)
		if err != nil {
			return err
		}
		switch written, count = "template-account-written", number(len(rows)); {
		case len(rows) == 0 && others > 0:
			written = "template-account-none"
		case len(rows) == 0:
			written = "template-account-empty"
		}
		book.Circuits = rows
		write = func(w io.Writer) error { return xlsx.WriteTemplate(w, book) }
	}
	if !toFile {
		return write(a.env.Stdout)
	}
	if err := durable.WriteFile(f.output, write, nil); err != nil {
		return exit.Failure(exit.Usage, "output-unwritable", err, "file", f.output, "reason", exit.Cause(err))
	}
	a.lines.Say(written, map[string]string{"file": f.output, "count": count})
	return nil
}

// blankWriter writes the embedded workbook of a language.
func blankWriter(l sheet.Language) func(w io.Writer) error {
	blank := templates.Blank
	if l == sheet.Chinese {
		blank = templates.BlankChinese
	}
	return func(w io.Writer) error {
		_, err := w.Write(blank)
		return err
	}
}

// checkTemplate reports why the template must not be written to a path.
func checkTemplate(path string, force bool) error {
	err := files.CheckReplace(path, force, func(*os.File, int64) bool { return false })
	if own, ok := errors.AsType[*exit.Error](err); ok && own.Code == "output-foreign" {
		return exit.Failure(exit.Usage, "output-exists", nil, "file", path)
	}
	return err
}

// accountRows returns a row of the template for every circuit of the account that can be
// applied for, and how many others there are. It warns about regions that cannot be read.
func (a *app) accountRows(ctx context.Context, f templateFlags) (rows [][]any, others int, err error) {
	pace, err := f.service.pace()
	if err != nil {
		return nil, 0, err
	}
	if f.region != "" {
		if err := checkRegion(f.region); err != nil {
			return nil, 0, err
		}
	}
	s := &invocation{command: "template", flags: submitFlags{service: f.service}, pace: pace}
	defer s.close()
	s.flags.run.maxAttempts = defaultAttempts
	if err = a.openAccounts(ctx, s); err != nil {
		return nil, 0, err
	}
	if s.store, err = a.knownLedger(ctx, s); err != nil {
		a.lines.Warn("quota-alone", map[string]string{"reason": a.ledgers.Cause(err)})
	}
	regions := []string{f.region}
	if f.region == "" {
		err := batch.RetryRead(ctx, defaultAttempts, func() (err error) {
			regions, err = s.service.Regions(ctx)
			return err
		})
		if err != nil {
			return nil, 0, exit.Failure(exit.Stopped, "template-regions-failed", err, "meaning", a.lines.Words.Meaning(batch.CodeOf(err)))
		}
	}
	quotas := s.quotasOf(s.service) // before the regions are read in parallel
	e := &batch.Engine{Surveyor: s.service, Concurrency: f.service.concurrency, MaxAttempts: defaultAttempts, Quota: func(region string, api batch.API) batch.Quota {
		return quotas.Window(region, string(api))
	}}
	unread := 0
	for _, l := range e.List(ctx, regions) {
		if l.Err != nil {
			unread++
			a.lines.Warn("template-region-failed", map[string]string{"region": l.Region, "meaning": a.lines.Words.Meaning(batch.CodeOf(l.Err))})
		}
		for _, c := range l.Circuits {
			if batch.Predict(batch.Application{}, c).Result != sheet.Valid {
				others++
				continue
			}
			rows = append(rows, accountRow(l.Region, f.service.profile, c))
		}
	}
	switch {
	case unread == len(regions):
		return nil, 0, exit.Failure(exit.Stopped, "template-account-unread", nil)
	case unread > 0:
		a.exit = exit.Unfinished
	}
	if others > 0 {
		a.lines.Note("template-others", map[string]string{"count": number(others)})
	}
	return rows, others, nil
}

// accountRow is the row of a circuit: what the API knows about it, in the order of the columns.
func accountRow(region, profile string, c batch.CircuitState) []any {
	row := []any{c.InstanceID, region, nil, nil, nil, nil, nil, nil, nil, nil}
	if c.Bandwidth >= sheet.MinBandwidth && c.Bandwidth <= sheet.MaxBandwidth {
		row[6] = c.Bandwidth
	}
	if c.PeerLocation != "" {
		row[7] = c.PeerLocation
	}
	if profile != "" { // so rows of several accounts can be combined
		row[9] = profile
	}
	return row
}

// exampleLead is how far ahead the example's construction starts: for months it is neither
// in the past nor too far in the future.
const exampleLead = 180 * 24 * time.Hour

// writeExample writes the template with two circuits and three engineers, all made up, to
// show what a correct workbook looks like.
func writeExample(w io.Writer, book xlsx.Template, now time.Time) error {
	start := now.UTC().Add(exampleLead).Truncate(24 * time.Hour).Add(9 * time.Hour)
	for start.Weekday() == time.Saturday || start.Weekday() == time.Sunday {
		start = start.AddDate(0, 0, 1)
	}
	iso := start.Format(time.RFC3339)
	book.Circuits = [][]any{
		{"pc-example0000000001", "cn-hangzhou", "Example Trading Co., Ltd.", "FIBRE", "Placeholder Telecom Engineering", start, 1000, "Hangzhou, building 1, room 101",
			nil, nil, "HZ-SH-10GE0001NP", "A12-F03-P07", "China Telecom", "+447700900321", "no", "no"},
		{"pc-example0000000002", "ap-southeast-1", "Example Trading Co., Ltd.", "MSTP", "Sample Fibre Works", iso},
	}
	book.Engineers = [][]any{
		{"*", "Ansible Sample", "Passport", "X00012345", "Female", "+447700900123"},
		{"pc-example0000000001", "Bramble Dummy", "Passport", "X00054321", "Male", "+447700900456"},
		{"pc-example0000000001, pc-example0000000002", "Candle Mock", "Passport", "X00067890", "Male", "+447700900789"},
	}
	if book.Language == sheet.Chinese {
		book.Circuits = [][]any{
			{"pc-example0000000001", "cn-hangzhou", "示例贸易（杭州）有限公司", "光纤直连", "样例通信工程有限公司", start, 1000, "杭州市示例路 1 号 1 号楼 101 室",
				nil, nil, "杭州-上海10GE0001NP", "A12-F03-P07", "中国电信", "+447700900321", "否", "否"},
			{"pc-example0000000002", "ap-southeast-1", "示例贸易（杭州）有限公司", "MSTP", "占位布线工程有限公司", iso},
		}
		book.Engineers = [][]any{
			{"*", "示例甲", "护照", "X00012345", "女", "+447700900123"},
			{"pc-example0000000001", "样例乙", "护照", "X00054321", "男", "+447700900456"},
			{"pc-example0000000001、pc-example0000000002", "占位·丙", "护照", "X00067890", "男", "+447700900789"},
		}
	}
	return xlsx.WriteTemplate(w, book)
}
