package cli

import (
	"errors"
	"time"

	"github.com/spf13/pflag"

	"github.com/loabatch/loabatch/batch/cli/password"
)

// Help texts that several commands share.
const (
	jsonHelp     = "print one JSON document on stdout, everything else on stderr"
	passwordHelp = "`FILE` with the password of encrypted workbooks on its first line, or set LOABATCH_PASSWORD; the copies are encrypted with it too"
	ledgerHelp   = "`PATH` of the ledger (default loabatch/ledger.db in $XDG_STATE_HOME or the system's usual place), or postgres://USER@HOST/DATABASE for one that several hosts share, with its password in PGPASSWORD or ~/.pgpass"
)

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

// ledgerFlag is the name of the flag.
const ledgerFlag = "ledger"

// passwordFlag is the name of the flag.
const passwordFlag = "password-file"

// defaultMaxUnpacked is the default of --max-unpacked, in MiB.
const defaultMaxUnpacked = 1024

// unpacked returns the limit in bytes.
func (f *validationFlags) unpacked() int64 { return int64(f.maxUnpacked) << 20 }

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

// serviceFlags say which service to use, with which credentials, and how fast.
type serviceFlags struct {
	endpoint      string
	profile       string
	expectAccount []string
	rate          string
	burst         int
	concurrency   int
	timeout       durationFlag
	ledger        string
}

func (f *serviceFlags) register(flags *pflag.FlagSet) {
	f.timeout = durationFlag(defaultTimeout)
	flags.StringVar(&f.endpoint, "endpoint", "", "`URL` to use instead of the regions' own endpoints; plain http only to a loopback address")
	flags.StringVar(&f.profile, "profile", "", "credentials profile `NAME` of the Alibaba Cloud CLI or credentials file, for rows without an Account")
	flags.StringSliceVar(&f.expectAccount, "expect-account", nil, "refuse to run as any account other than `ID`; several separated by commas")
	flags.StringVar(&f.rate, "rate", defaultRate, "quota for each account, region and API, over all runs that share the ledger, retries included: `N/DURATION`, in any window of that length")
	flags.IntVar(&f.burst, "burst", 0, "send up to `N` of a window's requests at once (default a fifth of the quota)")
	flags.IntVarP(&f.concurrency, "concurrency", "j", 8, "make up to `N` calls at a time per region")
	flags.Var(&f.timeout, "timeout", "time limit of one attempt")
	flags.StringVar(&f.ledger, "ledger", "", ledgerHelp)
}

// runFlags limit a run and choose its rows.
type runFlags struct {
	simulate     bool
	faults       string
	seed         uint64
	dryRun       string
	survey       string
	maxAttempts  int
	maxDuration  durationFlag
	maxFailures  string
	canary       int
	plan         string
	only         []string
	reapply      bool
	allOrNothing bool
	yes          bool
	noWait       bool
}

// registerReapply registers the flag of commands that apply for LOAs.
func (f *runFlags) registerReapply(flags *pflag.FlagSet) {
	flags.BoolVar(&f.reapply, "reapply", false, "apply again for rows whose LOA was rejected (SecondApplyPhysicalConnectionLOA)")
}

// registerSending registers the flags of every command that sends.
func (f *runFlags) registerSending(flags *pflag.FlagSet) {
	f.registerChoice(flags)
	flags.StringVar(&f.plan, planFlag, "", "carry out exactly what `PLAN` says, or nothing (see loabatch plan); without FILE, the workbooks beside it")
	flags.StringVar(&f.dryRun, dryRunFlag, "", "send nothing, `offline|online|false`: offline only validates, online also reads the circuits' state and predicts each row, false overrides LOABATCH_DRY_RUN")
	flags.Lookup(dryRunFlag).NoOptDefVal = string(dryRunOffline)
	flags.Var(&f.maxDuration, "max-duration", "start no more rows after this long (default no limit)")
	flags.StringVar(&f.maxFailures, "max-failures", "", "stop once `N|N%` of the rows were refused or failed (a percentage needs 20 finished rows)")
	flags.IntVar(&f.canary, "canary", 0, "send `N` rows first, and the rest only when all of them were accepted (default no canary)")
	flags.BoolVarP(&f.yes, "yes", "y", false, "do not ask for confirmation; required without a terminal")
	flags.BoolVar(&f.noWait, noWaitFlag, false, "with a ledger that several hosts share: end when no row is left for this host, without waiting for the others and without a copy")
}

// noWaitFlag is the name of the flag.
const noWaitFlag = "no-wait"

// registerChoice registers the flags that choose between the simulator and the API, and the rows.
func (f *runFlags) registerChoice(flags *pflag.FlagSet) {
	flags.BoolVar(&f.simulate, "simulate", false, "use the embedded simulator and a temporary ledger: no account, no network")
	flags.StringVar(&f.faults, "faults", "", "with --simulate: the simulator's fault `PLAN` (see loabatch simulator --help)")
	flags.Uint64Var(&f.seed, "seed", 1, "with --simulate: seed `N` for the fault plan")
	flags.StringVar(&f.survey, "survey", surveyOn, "read the circuits' state before anything is sent, `on|off`, so no circuit that has an LOA is applied for, even without a ledger")
	flags.IntVar(&f.maxAttempts, "max-attempts", defaultAttempts, "make up to `N` attempts per row")
	flags.StringSliceVar(&f.only, "only", nil, "process only rows whose last result is one of `RESULT,...`, such as failed,unknown,not_attempted")
	flags.BoolVar(&f.allOrNothing, "all-or-nothing", false, "send nothing if any row is invalid")
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
