package cli

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/cli/book"
	"github.com/loabatch/loabatch/batch/cli/doctor"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/files"
	"github.com/loabatch/loabatch/batch/cli/password"
	"github.com/loabatch/loabatch/batch/cli/shell"
	"github.com/loabatch/loabatch/batch/cloud"
	"github.com/loabatch/loabatch/batch/inbox"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// defaultDoctorRegion is the region to check if no workbook names any.
const defaultDoctorRegion = "cn-hangzhou"

func (a *app) doctorCommand() *cobra.Command {
	var f doctorFlags
	cmd := &cobra.Command{
		Use:   "doctor [FILE...]",
		Short: "Check credentials, account, permissions, clock, proxy, endpoints, quota, disk, folders and ledger",
		Long: `Checks everything that a run needs, with read-only calls. No application is sent. With
workbooks, or the folder of a nightly run, it checks what they need: each account and
each region of their rows, and the folders that are written to.`,
		Example: `  loabatch doctor
  loabatch doctor tonight.xlsx
  loabatch doctor --in /srv/loa/inbox --done /srv/loa/done --failed /srv/loa/failed`,
		Args: separatedValue,
		RunE: func(cmd *cobra.Command, paths []string) error {
			pace, err := f.service.pace()
			if err != nil {
				return err
			}
			if err := checkRegion(f.region); err != nil {
				return err
			}
			d := &examination{app: a, flags: f, found: doctor.Findings{Words: a.lines.Words}}
			if d.password, err = a.passwordSource(f.password, true); err != nil {
				return err
			}
			d.s = &invocation{command: "doctor", flags: submitFlags{service: f.service}, pace: pace}
			defer d.s.close()
			return d.examine(cmd.Context(), paths)
		},
	}
	flags := cmd.Flags()
	f.service.register(flags)
	flags.BoolVar(&f.json, "json", false, jsonHelp)
	flags.StringVar(&f.region, "region", defaultDoctorRegion, "region `ID` to check, also for rows without one")
	flags.StringVar(&f.password, passwordFlag, "", passwordHelp)
	flags.StringVar(&f.folder.in, inFlag, "", "check the workbooks of the folder `DIR`, and whether they can be taken from it")
	flags.StringVar(&f.folder.done, doneFlag, "", "check whether workbooks can be moved to the folder `DIR`")
	flags.StringVar(&f.folder.failed, failedFlag, "", "check whether workbooks can be moved to the folder `DIR`")
	return cmd
}

// doctorFlags are the flags of doctor.
type doctorFlags struct {
	service serviceFlags
	folder  folderFlags
	region  string
	json    bool

	password string // file
}

// examination runs the checks.
type examination struct {
	*app
	flags doctorFlags
	s     *invocation
	found doctor.Findings

	password *password.Source

	books   []*book.Input
	folders []doctor.Folder // that a run writes to
	clocked bool            // the clock was checked
	several bool            // there are several accounts, so each is named
}

func (d *examination) examine(ctx context.Context, paths []string) error {
	d.environment()
	d.read(paths)
	d.nightly()
	failed := d.ledger(ctx)
	d.accounts(ctx)
	d.found.Checks = append(d.found.Checks, failed...)
	d.found.Folders(append([]doctor.Folder{{Path: "."}, {Path: os.TempDir()}}, d.folders...))
	if d.found.Failed {
		d.exit = exit.Stopped
	}
	if d.flags.json {
		return report.Value(d.env.Stdout, struct {
			ExitCode int            `json:"exit_code"`
			Checks   []doctor.Check `json:"checks"`
		}{d.exit, d.found.Checks})
	}
	return d.found.Text(d.env.Stdout, d.columns())
}

// addFailure adds a check that returned an error, with that error's own sentence.
func (d *examination) addFailure(what, where string, err error) {
	own, ok := errors.AsType[*exit.Error](err)
	if !ok {
		d.notReadable(what, where, err)
		return
	}
	code := own.Code
	switch code {
	case "identity-failed":
		code = "doctor-account-failed" // the hint of which does not say to run doctor
	case "identity-refused":
		code = "doctor-account-refused"
	}
	d.found.Add(doctor.Fail, what, where, code, own.Args)
}

// notReadable notes the problems of a workbook that cannot be used.
func (d *examination) notReadable(what, where string, err error) {
	for _, p := range d.problemsOf(err) {
		d.found.Checks = append(d.found.Checks, doctor.Check{Check: what, State: doctor.Fail, Where: where, Code: p.Code, Message: p.Message, Hint: p.Hint})
		d.found.Failed = true
	}
}

// environment checks the variables of the environment.
func (d *examination) environment() {
	if leak := cloud.DebugLeak(); leak != nil {
		d.found.Note(doctor.Fail, "environment", "", "debug-sdk")
	} else {
		d.found.Note(doctor.OK, "environment", "", "doctor-environment")
	}
	known := d.variables()
	for _, name := range doctor.Unread(envPrefix, d.env.environ(), known) {
		if near := nearest(strings.ToUpper(name), known); near != "" {
			d.found.Note(doctor.Warn, "environment", "", "doctor-variable-near", "variable", name, "near", near)
		} else {
			d.found.Note(doctor.Warn, "environment", "", "doctor-variable", "variable", name)
		}
	}
	d.found.Note(doctor.OK, "quota", "", "doctor-quota", "rate", d.s.pace.rate.String())
}

// variables lists the variables that set flags, of all commands.
func (a *app) variables() (names []string) {
	names = append(names, password.Variable)
	note := func(f *pflag.Flag) { names = append(names, variable(f.Name)) }
	root := a.freshRoot()
	root.PersistentFlags().VisitAll(note)
	for _, cmd := range root.Commands() {
		cmd.Flags().VisitAll(note)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// read reads the workbooks of the command line and of --in, and notes the folders that their
// copies go to.
func (d *examination) read(paths []string) {
	validation := validationFlags{maxUnpacked: defaultMaxUnpacked, password: d.password}
	options := sheet.Options{DefaultRegion: d.flags.region, Regions: cloud.KnownRegions()}
	for _, path := range append(files.Distinct(d.lines, paths), d.waiting()...) {
		in, err := book.Read(path, options, validation.limits())
		if err != nil {
			d.addFailure("workbook", path, err)
			continue
		}
		d.books = append(d.books, in)
		d.folders = append(d.folders, doctor.Folder{Path: filepath.Dir(path), Size: int64(len(in.Content))})
		valid := 0
		for i := range in.Workbook.Circuits {
			if !in.Workbook.Circuits[i].Invalid {
				valid++
			}
		}
		state := doctor.OK
		if valid < len(in.Workbook.Circuits) {
			state = doctor.Warn
		}
		d.found.Note(state, "workbook", path, "doctor-workbook", "file", shell.Quote(path), "rows", number(len(in.Workbook.Circuits)), "valid", number(valid))
	}
}

// waiting lists the new workbooks of --in.
func (d *examination) waiting() (paths []string) {
	if d.flags.folder.in == "" {
		return nil
	}
	books, _, err := inbox.Look(inbox.Disk{}, d.flags.folder.in, d.env.Now(), sealedCopy, files.ReportName.MatchString)
	if err != nil {
		return nil // nightly says so
	}
	for _, b := range books {
		paths = append(paths, b.Path)
	}
	return paths
}

// nightly checks the folders of a nightly run.
func (d *examination) nightly() {
	f := d.flags.folder
	if f.in == "" && f.done+f.failed != "" {
		d.found.Note(doctor.Fail, "folder", "", "folder-without-in", "flag", pick(f.done != "", doneFlag, failedFlag))
	}
	for _, named := range []struct{ flag, path string }{{inFlag, f.in}, {doneFlag, f.done}, {failedFlag, f.failed}} {
		if named.path == "" {
			continue
		}
		if err := checkNightly(named.flag, named.path, f.in); err != nil {
			d.addFailure("folder", "--"+named.flag, err)
			continue
		}
		d.folders = append(d.folders, doctor.Folder{Path: named.path})
		for _, in := range d.books { // any of them may be moved there
			d.folders[len(d.folders)-1].Size += int64(len(in.Content))
		}
	}
}

// accounts checks each account of the workbooks, or that of the run.
func (d *examination) accounts(ctx context.Context) {
	if cloud.DebugLeak() != nil {
		return
	}
	books := make([]*sheet.Workbook, len(d.books))
	for i, in := range d.books {
		books[i] = in.Workbook
	}
	division := accounts.Divide(d.flags.service.profile, books...)
	d.several = len(division.Profiles) > 1
	for i, profile := range division.Profiles {
		asked := map[string][]string{} // circuits by region
		for _, w := range books {
			for _, c := range w.Circuits {
				if !c.Invalid && division.Of(&c) == i {
					asked[c.RegionID] = append(asked[c.RegionID], c.InstanceID)
				}
			}
		}
		if len(asked) == 0 {
			asked[d.flags.region] = nil
		}
		d.account(ctx, profile, asked)
	}
}

// account checks one account: its credentials, who it is, and each region of its circuits.
func (d *examination) account(ctx context.Context, profile string, asked map[string][]string) {
	where := ""
	if d.several {
		where = d.lines.Words.Line("report-account-unknown", sheet.Arg{Name: "profile", Value: d.profileName(profile)})
	}
	c := d.credentials(profile, where)
	if c == nil {
		return
	}
	d.s.closers = append(d.s.closers, closeFunc(c.Close))
	regions := slices.Sorted(maps.Keys(asked))
	for _, region := range regions {
		d.found.Proxy(c.Proxy(region))
	}
	who, err := c.Identity(ctx)
	if who.HasClock && !d.clocked {
		d.clocked = true
		d.clock(-who.Clock)
	}
	if err != nil {
		d.addFailure("account", where, d.identityFailure(err, d.address(d.flags.service.endpoint)))
		return
	}
	if expected := d.flags.service.expectAccount; !d.flags.service.expects(who.Account) {
		d.found.Note(doctor.Fail, "account", where, "wrong-account", "account", who.Account, "expected", d.lines.Words.List(expected))
	} else {
		d.found.Note(doctor.OK, "account", where, "doctor-account", "account", who.Account, "arn", who.ARN)
	}
	known, err := c.Regions(ctx)
	if err != nil {
		d.found.Note(doctor.Fail, "endpoint", where, "doctor-endpoint-failed", "code", batch.CodeOf(err))
		return
	}
	svc := &service{Cloud: c, scope: scopeOf(d.flags.service, runFlags{}).ForAccount(who.Account)}
	if d.s.store != nil {
		if err := d.found.InUse(ctx, d.s.store, svc.scope, d.s.pace.rate, where); err != nil {
			d.addFailure("quota", where, d.ledgers.Failure(err))
		}
	}
	of := doctor.Account{Findings: &d.found, Cloud: c, Where: where, Quotas: d.s.quotasOf(svc), Timeout: time.Duration(d.flags.service.timeout)}
	for _, region := range regions {
		of.Region(ctx, region, known, asked[region])
	}
	d.found.Note(doctor.OK, "permission", where, "doctor-permission-unknown")
}

func (d *examination) credentials(profile, where string) *cloud.Cloud {
	found, err := cloud.FindCredentials(profile)
	if err != nil {
		code := "credentials"
		if profile != "" {
			code = pick(d.several, "doctor-profile", "credentials-profile")
		}
		d.found.Note(doctor.Fail, "credentials", where, code, "reason", d.triedSources(err))
		return nil
	}
	d.found.Note(doctor.OK, "credentials", where, "doctor-credentials", "source", found.Source())
	d.found.Lifetime(found.Lifetime(), d.env.Now(), where)
	c, err := cloud.New(cloud.Config{Endpoint: d.flags.service.endpoint, Timeout: time.Duration(d.flags.service.timeout), Credentials: found})
	if err != nil {
		d.found.Note(doctor.Fail, "endpoint", where, "endpoint-value", "value", d.flags.service.endpoint)
		return nil
	}
	return c
}

// clock checks how far this machine's clock is ahead of the service's.
func (d *examination) clock(ahead time.Duration) {
	if ahead.Abs() < maxClockSkew {
		d.found.Note(doctor.OK, "clock", "", "doctor-clock", "skew", report.Skew(d.lines.Words, ahead))
	} else {
		d.addFailure("clock", "", d.clockFailure(ahead))
	}
}

// ledger checks the ledger, and opens it for the quota. It returns its checks, which are listed
// after those of the accounts.
func (d *examination) ledger(ctx context.Context) (checks []doctor.Check) {
	before := len(d.found.Checks)
	defer func() { checks = slices.Clone(d.found.Checks[before:]); d.found.Checks = d.found.Checks[:before] }()
	path, err := d.ledgers.File(d.flags.service.ledger)
	if err == nil && path != "" {
		d.folders = append(d.folders, doctor.Folder{Path: filepath.Dir(path)})
	}
	store, err := d.ledgers.Open(ctx, d.flags.service.ledger)
	if err != nil {
		d.addFailure("ledger", "", err)
		return nil
	}
	d.s.store = store
	d.s.closers = append(d.s.closers, store)
	if server, ok := store.(ledger.Inspector); ok {
		if found, err := server.Inspect(ctx); err != nil {
			d.addFailure("database", "", d.ledgers.Failure(err))
		} else {
			d.found.Database(found)
		}
	}
	if err := d.found.Ledger(ctx, store, cmp.Or(path, d.flags.service.ledger)); err != nil {
		d.addFailure("ledger", "", d.ledgers.Failure(err))
	}
	return nil
}

// pick returns one of two texts.
func pick(ok bool, yes, no string) string {
	if ok {
		return yes
	}
	return no
}
