package cli

import (
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/files"
	"github.com/loabatch/loabatch/batch/report"
)

// Help texts that several commands share.
const (
	jsonHelp     = "print one JSON document on stdout, everything else on stderr"
	passwordHelp = "`FILE` with the password of encrypted workbooks on its first line, or set LOABATCH_PASSWORD; the copies are encrypted with it too"
	ledgerHelp   = "`PATH` of the ledger (default loabatch/ledger.db in $XDG_STATE_HOME or the system's usual place), or postgres://USER@HOST/DATABASE for one that several hosts share, with its password in PGPASSWORD or ~/.pgpass"
)

// How a flag becomes a setting: each family of flags is a struct of values with a register for the
// commands that have it and, beside that, what checks the values and makes settings of them.

// submitFlags are the flags of submit; the other commands that take workbooks register those that
// apply to them.
type submitFlags struct {
	operation  batch.Operation // set by the command, not by a flag
	validation validationFlags
	folder     folderFlags
	output     outputFlags
	service    serviceFlags
	run        runFlags
	watch      watchFlags
	approved   *approved // the plan to keep to, from --plan; nil without one

	every    durationFlag // --watch of status and advance
	download string       // --download of status and advance
}

// commonFlags are the flags of every command.
type commonFlags struct {
	lang  string
	quiet bool
	color string
}

func (f *commonFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.lang, "lang", "", "language of messages, copies and reports: `en|zh` (default the user's locale for messages, the workbook's own for what is written)")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "print only problems and the result")
	flags.StringVar(&f.color, "color", "auto", "when to use colour: `auto|always|never`; NO_COLOR turns it off")
}

// ledgerFlag is the name of the flag.
const ledgerFlag = "ledger"

// folderFlags name a folder of workbooks, and where they go after their runs.
type folderFlags struct {
	in, done, failed string
}

func (f *folderFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.in, inFlag, "", "take the new workbooks of the folder `DIR`, in the order of their names, instead of those on the command line")
	flags.StringVar(&f.done, doneFlag, "", "move the workbooks of --in that ended with 0 to the folder `DIR`, with their copies")
	flags.StringVar(&f.failed, failedFlag, "", "move the workbooks of --in that ended with 2, 3 or 4 to the folder `DIR`, with their copies")
}

// The names of the flags.
const (
	inFlag     = "in"
	doneFlag   = "done"
	failedFlag = "failed"
)

// outputFlags say where results go and in which formats.
type outputFlags struct {
	output  string
	reports []string
	redact  bool
	force   bool
	json    bool
	plan    string // of the command plan: the file that it writes
}

func (f *outputFlags) register(flags *pflag.FlagSet) {
	flags.StringVarP(&f.output, "output", "o", "", "`FILE` of the results copy, or a folder for it; several inputs need a folder (default <name>.results-<run id>.xlsx beside the input)")
	flags.StringSliceVar(&f.reports, "report", nil, "also write error reports beside the results copy: `csv,json,html`")
	flags.BoolVar(&f.redact, "redact", false, "mask personal data in the results copy, to make it safe to mail")
	flags.BoolVar(&f.force, "force", false, "replace a file that loabatch did not write, or that was changed since; never an input")
	flags.BoolVar(&f.json, "json", false, jsonHelp)
}

// check rejects unknown kinds of reports.
func (f *outputFlags) check() error {
	for _, kind := range f.reports {
		if !slices.Contains(files.Kinds, kind) {
			return exit.Failure(exit.Usage, "choice", nil, "flag", "report", "value", kind, "choices", strings.Join(files.Kinds, ", "))
		}
	}
	return nil
}

// watchFlags say what is shown and logged during a run.
type watchFlags struct {
	progress  string
	logFormat string
	logLevel  string
	logFile   string
	changeRef string
}

func (f *watchFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.progress, "progress", "auto", "how to show progress: `auto|bar|plain|none`; auto is a bar on a terminal, otherwise a line every 30 s")
	flags.StringVar(&f.logFormat, "log-format", "text", "format of log lines: `text|json`")
	flags.StringVar(&f.logLevel, "log-level", "info", "lowest level to log: `debug|info|warn|error`; at info, text on stderr has only errors")
	flags.StringVar(&f.logFile, "log-file", "", "append the log to `FILE` instead of stderr")
	flags.StringVar(&f.changeRef, "change-ref", "", "ticket number or other `TEXT` that the log, the ledger, the copy, the reports and the JSON document carry")
}

// maxChangeRef is the length of --change-ref in characters, at most.
const maxChangeRef = 200

// check rejects invalid values of flags. The log level is parsed elsewhere.
func (f *watchFlags) check() error {
	for _, c := range []struct{ flag, value, choices string }{
		{"log-format", f.logFormat, "text, json"}, {"progress", f.progress, "auto, bar, plain, none"},
	} {
		if !slices.Contains(strings.Split(c.choices, ", "), c.value) {
			return exit.Failure(exit.Usage, "choice", nil, "flag", c.flag, "value", c.value, "choices", c.choices)
		}
	}
	if utf8.RuneCountInString(f.changeRef) > maxChangeRef || report.Printable(f.changeRef) != f.changeRef {
		return exit.Failure(exit.Usage, "change-ref-value", nil, "value", f.changeRef, "most", number(maxChangeRef))
	}
	return nil
}

// Names of the flags that say who follows an unattended command; app.monitored reads them.
const (
	onFinishFlag = "on-finish"
	pingFlag     = "ping-url"
	metricsFlag  = "metrics-file"
)

func registerMonitor(flags *pflag.FlagSet) {
	flags.String(onFinishFlag, "", "when the command has ended, run `CMD` for a minute at most, with LOABATCH_RUN_… in its environment and no credentials; a shell only if it names one: sh -c '…'")
	flags.String(pingFlag, "", "ping `URL`/start at the start and URL/<exit code> at the end, as healthchecks.io expects; https, except to a loopback address")
	flags.String(metricsFlag, "", "write counts, times and the exit code to `FILE` for the textfile collector of Prometheus's node exporter")
}

// monitorFlags are the names of the flags.
var monitorFlags = []string{onFinishFlag, pingFlag, metricsFlag}

// Defaults of flags that the code needs too.
const (
	defaultRate     = "300/1m"
	defaultAttempts = 5
	defaultTimeout  = 15 * time.Second
)

// durationFlag is a flag that takes a positive duration. A bare number is rejected, as it
// might mean seconds or minutes.
type durationFlag time.Duration

var errNoDuration = errors.New("not a positive duration")

// String formats the duration as Go does; zero is "", for which help shows no default.
func (d *durationFlag) String() string {
	if *d == 0 {
		return ""
	}
	return time.Duration(*d).String()
}

// Set reads a duration such as 15s or 2h30m.
func (d *durationFlag) Set(s string) error {
	v, err := time.ParseDuration(s)
	if err != nil || v <= 0 {
		return errNoDuration
	}
	*d = durationFlag(v)
	return nil
}

// Type names the kind of value in the help text.
func (d *durationFlag) Type() string { return "DURATION" }
