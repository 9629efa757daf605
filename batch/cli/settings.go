package cli

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // containers and Windows have no time zone database
	"unicode/utf8"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/files"
	"github.com/loabatch/loabatch/batch/cloud"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// options turns the flags into sheet.Options, or reports which flag is wrong.
func (f *validationFlags) options(now time.Time) (sheet.Options, error) {
	o := sheet.Options{DefaultRegion: f.region, Now: now, Strict: f.strict, Regions: cloud.KnownRegions(), Severities: map[string]sheet.Severity{}}
	if f.region != "" {
		if err := checkRegion(f.region); err != nil {
			return o, err
		}
	}
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
	if severity, set := o.Severities["circuit-region-unknown"]; f.region != "" && !slices.Contains(o.Regions, f.region) && (!set || severity == sheet.Error) {
		return o, exit.Failure(exit.Usage, "region-unknown", nil, "value", f.region)
	}
	return o, nil
}

// checkRegion rejects a value of --region that does not have the form of a region ID.
func checkRegion(id string) error {
	if !sheet.ValidRegionID(id) {
		return exit.Failure(exit.Usage, "region-value", nil, "value", id)
	}
	return nil
}

func (f *outputFlags) check() error {
	for _, kind := range f.reports {
		if !slices.Contains(files.Kinds, kind) {
			return exit.Failure(exit.Usage, "choice", nil, "flag", "report", "value", kind, "choices", strings.Join(files.Kinds, ", "))
		}
	}
	return nil
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

// pace is the quota as set by the flags.
type pace struct {
	rate  quota.Rate
	burst int
}

func (f *serviceFlags) pace() (pace, error) {
	rate, err := quota.ParseRate(f.rate)
	if err != nil {
		return pace{}, exit.Failure(exit.Usage, "rate-value", err, "value", f.rate)
	}
	if f.burst < 0 || f.burst > rate.N {
		return pace{}, exit.Failure(exit.Usage, "burst-value", nil, "value", number(f.burst), "most", number(rate.N))
	}
	if f.concurrency < 1 || f.concurrency > 256 {
		return pace{}, exit.Failure(exit.Usage, "concurrency-value", nil, "value", number(f.concurrency))
	}
	return pace{rate: rate, burst: f.burst}, f.checkEndpoint()
}

// expects reports whether a run may use an account.
func (f *serviceFlags) expects(account string) bool {
	return len(f.expectAccount) == 0 || slices.ContainsFunc(f.expectAccount, func(id string) bool { return strings.TrimSpace(id) == account })
}

// checkEndpoint keeps signed requests, which carry personal data in their URL, off
// unencrypted networks: plain http goes to a loopback address only.
func (f *serviceFlags) checkEndpoint() error {
	_, err := cloud.ParseEndpoint(f.endpoint)
	if bad, ok := errors.AsType[*cloud.EndpointError](err); ok {
		return endpointFailure(bad, f.endpoint)
	}
	return err
}

// endpointFailure never repeats an endpoint with a user name, which may have a password.
func endpointFailure(bad *cloud.EndpointError, endpoint string) error {
	if bad.Code == cloud.EndpointUser {
		return exit.Failure(exit.Usage, bad.Code, bad)
	}
	return exit.Failure(exit.Usage, bad.Code, bad, "value", endpoint)
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
