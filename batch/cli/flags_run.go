package cli

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/approval"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/sheet"
)

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

// checkWatch checks that --watch is used with a run that sends, and that no step needs a
// question or an approval first.
func (f *submitFlags) checkWatch() error {
	if f.every == 0 {
		return nil
	}
	mode, known := parseDryRun(f.run.dryRun)
	switch {
	case !known:
		return nil // reported with the other settings
	case f.folder.in != "":
		return exit.Failure(exit.Usage, "watch-with", nil, "flag", inFlag)
	case f.run.plan != "":
		return exit.Failure(exit.Usage, "watch-with", nil, "flag", planFlag)
	case mode != dryRunOff:
		return exit.Failure(exit.Usage, "watch-with", nil, "flag", dryRunFlag)
	case f.run.noWait:
		return exit.Failure(exit.Usage, "watch-with", nil, "flag", noWaitFlag)
	case !f.run.yes && !f.run.simulate:
		return exit.Failure(exit.Usage, "watch-unasked", nil)
	}
	return nil
}

// runSettings are the flags of a run, parsed and checked.
type runSettings struct {
	maxFailures batch.Limit
	only        []sheet.Result
	dryRun      dryRun
	survey      bool
}

// The values of --survey.
const (
	surveyOn  = "on"
	surveyOff = "off"
)

// dryRun says whether a run sends anything and, if not, whether it asks the API.
type dryRun string

// dryRunFlag is the name of the flag.
const dryRunFlag = "dry-run"

// The kinds of run.
const (
	dryRunOff     dryRun = ""
	dryRunOffline dryRun = "offline"
	dryRunOnline  dryRun = "online"
)

// parseDryRun reads the value of --dry-run.
func parseDryRun(text string) (mode dryRun, ok bool) {
	switch text {
	case "", "false":
		return dryRunOff, true
	case "true", "offline":
		return dryRunOffline, true
	case "online":
		return dryRunOnline, true
	}
	return dryRunOff, false
}

// flag is the value of --dry-run that asks for this kind of run.
func (d dryRun) flag() string { return cmp.Or(string(d), "false") }

func (f *runFlags) settings() (runSettings, error) {
	mode, ok := parseDryRun(f.dryRun)
	if !ok {
		return runSettings{}, exit.Failure(exit.Usage, "choice", nil, "flag", dryRunFlag, "value", f.dryRun, "choices", "offline, online, false")
	}
	s := runSettings{dryRun: mode, survey: f.survey == surveyOn}
	if !s.survey && f.survey != surveyOff && f.survey != "" {
		return s, exit.Failure(exit.Usage, "choice", nil, "flag", "survey", "value", f.survey, "choices", surveyOn+", "+surveyOff)
	}
	if f.maxAttempts < 1 {
		return s, exit.Failure(exit.Usage, "max-attempts-value", nil, "value", number(f.maxAttempts))
	}
	if f.maxFailures != "" {
		limit, err := batch.ParseLimit(f.maxFailures)
		if err != nil {
			return s, exit.Failure(exit.Usage, "max-failures-value", err, "value", f.maxFailures)
		}
		s.maxFailures = limit
	}
	if f.canary < 0 {
		return s, exit.Failure(exit.Usage, "canary-value", nil, "value", number(f.canary))
	}
	if f.faults != "" && !f.simulate {
		return s, exit.Failure(exit.Usage, "faults-without-simulate", nil)
	}
	only, err := results(f.only)
	s.only = only
	return s, err
}

// results parses --only: result words in any case, with - or _.
func results(words []string) ([]sheet.Result, error) {
	var list []sheet.Result
	for _, word := range words {
		r := sheet.Result(strings.ReplaceAll(strings.ToUpper(strings.TrimSpace(word)), "-", "_"))
		if !slices.Contains(sheet.AllResults, r) {
			all := make([]string, len(sheet.AllResults))
			for i, known := range sheet.AllResults {
				all[i] = strings.ToLower(string(known))
			}
			return nil, exit.Failure(exit.Usage, "choice", nil, "flag", "only", "value", word, "choices", strings.Join(all, ", "))
		}
		list = append(list, r)
	}
	return list, nil
}

// decisive lists the settings that decide what is sent, by the names of their flags: a run that
// carries out a plan must have those of the plan, and hosts that share a run the same. Which
// service it is sent to, and as whom, follows from its scope and accounts.
func (s *invocation) decisive() []approval.Setting {
	v, r := s.flags.validation, s.flags.run
	only := make([]string, len(s.run.only))
	for i, result := range s.run.only {
		only[i] = strings.ToLower(string(result))
	}
	survey := surveyOff
	if s.run.survey {
		survey = surveyOn
	}
	return []approval.Setting{
		{Name: "all-or-nothing", Value: strconv.FormatBool(r.allOrNothing)},
		{Name: "only", Value: strings.Join(only, ",")},
		{Name: "reapply", Value: strconv.FormatBool(r.reapply)},
		{Name: "region", Value: v.region},
		{Name: "severity", Value: strings.Join(v.severity, ",")},
		{Name: "strict", Value: strconv.FormatBool(v.strict)},
		{Name: "survey", Value: survey},
		{Name: "timezone", Value: s.options.Location.String()},
	}
}
