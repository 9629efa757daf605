package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // containers and Windows have no time zone database

	"github.com/spf13/pflag"

	"github.com/loabatch/loabatch/batch/cli/book"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/password"
	"github.com/loabatch/loabatch/batch/cli/record"
	"github.com/loabatch/loabatch/batch/cloud"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// validationFlags control how a workbook is read and its rows are checked; every command that
// reads one has them.
type validationFlags struct {
	severity []string
	strict   bool
	timezone string
	region   string

	maxUnpacked int // MiB

	passwordFile string
	password     *password.Source // from the file and elsewhere; nil until a command opens workbooks
}

func (f *validationFlags) register(flags *pflag.FlagSet) {
	flags.StringSliceVar(&f.severity, "severity", nil, "set a rule's severity, `RULE=error|warning|off`; repeatable; loabatch explain lists the rules")
	flags.BoolVar(&f.strict, "strict", false, "treat warnings as errors")
	flags.StringVar(&f.timezone, "timezone", "UTC", "time `ZONE` of dates without one, such as Asia/Shanghai")
	flags.IntVar(&f.maxUnpacked, "max-unpacked", defaultMaxUnpacked, "refuse a workbook larger than this many `MIB` when unpacked")
	flags.StringVar(&f.region, "region", "", "region `ID` of rows without one")
	flags.StringVar(&f.passwordFile, passwordFlag, "", passwordHelp)
}

// passwordFlag is the name of the flag.
const passwordFlag = "password-file"

// defaultMaxUnpacked is the default of --max-unpacked, in MiB.
const defaultMaxUnpacked = 1024

// limits returns the limits for reading workbooks.
func (f *validationFlags) limits() book.Limits {
	return book.Limits{Unpacked: int64(f.maxUnpacked) << 20, Password: f.password}
}

// Today returns the time by which construction times are past or far ahead. Tests replace it, as the dates in
// their workbooks would pass.
var Today = func(now time.Time) time.Time { return now }

// options turns the flags into sheet.Options, or reports which flag is wrong.
func (f *validationFlags) options(now time.Time) (sheet.Options, error) {
	now = Today(now)
	o := sheet.Options{DefaultRegion: f.region, Now: now, Strict: f.strict, Regions: cloud.KnownRegions(), Severities: map[string]sheet.Severity{}}
	if f.maxUnpacked < 1 {
		return o, exit.Failure(exit.Usage, "max-unpacked-value", nil, "value", number(f.maxUnpacked))
	}
	zone, err := time.LoadLocation(f.timezone)
	if err != nil || f.timezone == "Local" {
		return o, exit.Failure(exit.Usage, "unknown-timezone", err, "value", f.timezone)
	}
	o.Location = zone
	for _, pair := range f.severity {
		rule, word, _ := strings.Cut(pair, "=")
		severity, err := sheet.ParseSeverity(word)
		if err != nil {
			return o, exit.Failure(exit.Usage, "severity-value", err, "value", pair)
		}
		known, ok := sheet.RuleByCode(rule)
		if !ok {
			return o, exit.Failure(exit.Usage, "severity-rule", nil, "rule", rule)
		}
		if !known.Allows(severity) {
			return o, exit.Failure(exit.Usage, "severity-fixed", nil, "rule", rule)
		}
		o.Severities[rule] = severity
	}
	return o, nil
}

// checkDefaultRegion holds the default region to what a row's region is held to. A past run that is read
// again is not checked: its rows were sent.
func checkDefaultRegion(o *sheet.Options) error {
	region := o.DefaultRegion
	if region == "" {
		return nil
	}
	if err := checkRegion(region); err != nil {
		return err
	}
	if !slices.Contains(o.Regions, region) && o.SeverityOf("circuit-region-unknown") == sheet.Error {
		return exit.Failure(exit.Usage, "region-unknown", nil, "value", region)
	}
	return nil
}

// checkRegion rejects a value of --region that does not have the form of a region ID.
func checkRegion(id string) error {
	if !sheet.ValidRegionID(id) {
		return exit.Failure(exit.Usage, "region-value", nil, "value", sheet.MaskNumbers(id))
	}
	return nil
}

// validationOf returns the flags by which the input of a run was read.
func validationOf(s record.Options) validationFlags {
	return validationFlags{maxUnpacked: cmp.Or(s.MaxUnpacked, defaultMaxUnpacked), severity: s.Severity, strict: s.Strict, timezone: s.Timezone, region: s.Region}
}

// passwordSource returns where the password of encrypted workbooks comes from. It is asked for only
// at a terminal, and not with --yes.
func (a *app) passwordSource(file string, yes bool) (*password.Source, error) {
	from, err := password.New(file, a.env.Getenv(password.Variable))
	if bad, ok := errors.AsType[*password.Error](err); ok {
		reason := ""
		if bad.Err != nil {
			reason = exit.Cause(bad.Err)
		}
		return nil, exit.Failure(exit.Usage, bad.Code, bad, "file", bad.Where, "where", bad.Where, "reason", reason, "most", number(xlsx.MaxPassword))
	}
	if from.Public() {
		a.lines.Warn("password-public", map[string]string{"file": file})
	}
	if a.env.Password != nil && !yes {
		from.Ask = func(file string) (string, error) {
			fmt.Fprintf(a.env.Stderr, "%s ", a.lines.Words.Line("password-question", sheet.Arg{Name: "file", Value: file}))
			a.asking.Store(true)
			text, err := a.env.Password()
			if a.asking.CompareAndSwap(true, false) {
				fmt.Fprintln(a.env.Stderr)
			}
			return text, err
		}
	}
	return from, nil
}
