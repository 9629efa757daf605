package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/cli/doctor"
	"github.com/loabatch/loabatch/batch/cli/password"
	"github.com/loabatch/loabatch/batch/cloud"
	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/batch/inbox"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// maxClockSkew is the largest difference of the clocks that doctor accepts. The service
// rejects signatures from 15 minutes on; the check fails well before that.
const maxClockSkew = 5 * time.Minute

// defaultDoctorRegion is the region that is asked about if no workbook names others.
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
			d := &examination{app: a, flags: f, found: doctor.Findings{Words: a.lines.Words}, proxies: map[string]bool{}}
			if d.password, err = a.password(f.password, true); err != nil {
				return err
			}
			d.s = &invocation{command: "doctor", flags: submitFlags{service: f.service}, pace: pace}
			defer d.s.close()
			return d.run(cmd.Context(), paths)
		},
	}
	flags := cmd.Flags()
	f.service.register(flags)
	flags.BoolVar(&f.json, "json", false, jsonHelp)
	flags.StringVar(&f.region, "region", defaultDoctorRegion, "region `ID` that is asked about, and that of rows without one")
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

	books   []*input
	folders []room          // that a run writes to
	proxies map[string]bool // proxies that were noted
	clocked bool            // the clock was checked
	several bool            // accounts: each is named
}

// room is a folder with what a run may write to it.
type room struct {
	path string
	size int64 // of the workbooks whose copies go there, in bytes
}

func (d *examination) run(ctx context.Context, paths []string) error {
	d.environment()
	d.read(paths)
	d.nightly()
	failed := d.ledger(ctx)
	d.accounts(ctx)
	d.found.Checks = append(d.found.Checks, failed...)
	d.writable()
	if d.found.Failed {
		d.exit = exitStopped
	}
	if d.flags.json {
		return d.writeJSON(struct {
			ExitCode int            `json:"exit_code"`
			Checks   []doctor.Check `json:"checks"`
		}{d.exit, d.found.Checks})
	}
	return d.found.Text(d.env.Stdout, d.columns())
}

// check notes the outcome of one check, with the catalogue's sentence for it.
func (d *examination) check(state doctor.State, what, where, code string, args ...string) {
	d.found.Add(state, what, where, code, failure(0, code, nil, args...).args)
}

// fail notes a check that returned an error, with that error's own sentence.
func (d *examination) fail(what, where string, err error) {
	own, ok := errors.AsType[*exitError](err)
	if !ok {
		d.notReadable(what, where, err)
		return
	}
	code := own.code
	switch code {
	case "identity-failed":
		code = "doctor-account-failed" // which does not send the user here
	case "identity-refused":
		code = "doctor-account-refused"
	}
	d.found.Add(doctor.Fail, what, where, code, own.args)
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
		d.check(doctor.Fail, "environment", "", "debug-sdk")
	} else {
		d.check(doctor.OK, "environment", "", "doctor-environment")
	}
	known := d.variables()
	for _, name := range doctor.Unread(d.env.environ(), known) {
		if near := nearest(strings.ToUpper(name), known); near != "" {
			d.check(doctor.Warn, "environment", "", "doctor-variable-near", "variable", name, "near", near)
		} else {
			d.check(doctor.Warn, "environment", "", "doctor-variable", "variable", name)
		}
	}
	d.check(doctor.OK, "quota", "", "doctor-quota", "rate", d.s.pace.rate.String())
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
	for _, path := range append(d.distinctInputs(paths), d.waiting()...) {
		in, err := readInput(path, options, validation)
		if err != nil {
			d.fail("workbook", path, err)
			continue
		}
		d.books = append(d.books, in)
		d.folders = append(d.folders, room{filepath.Dir(path), int64(len(in.content))})
		valid := 0
		for i := range in.workbook.Circuits {
			if !in.workbook.Circuits[i].Invalid {
				valid++
			}
		}
		state := doctor.OK
		if valid < len(in.workbook.Circuits) {
			state = doctor.Warn
		}
		d.check(state, "workbook", path, "doctor-workbook", "file", shellQuote(path), "rows", number(len(in.workbook.Circuits)), "valid", number(valid))
	}
}

// waiting lists the new workbooks of --in.
func (d *examination) waiting() (paths []string) {
	if d.flags.folder.in == "" {
		return nil
	}
	books, _, err := inbox.Look(inbox.Disk{}, d.flags.folder.in, d.env.Now(), sealedCopy, reportName.MatchString)
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
		d.check(doctor.Fail, "folder", "", "folder-without-in", "flag", pick(f.done != "", doneFlag, failedFlag))
	}
	for _, named := range []struct{ flag, path string }{{inFlag, f.in}, {doneFlag, f.done}, {failedFlag, f.failed}} {
		if named.path == "" {
			continue
		}
		if err := checkNightly(named.flag, named.path, f.in); err != nil {
			d.fail("folder", "--"+named.flag, err)
			continue
		}
		d.folders = append(d.folders, room{path: named.path})
		for _, in := range d.books { // any of them may end there
			d.folders[len(d.folders)-1].size += int64(len(in.content))
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
		books[i] = in.workbook
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
	regions := sortedKeys(asked)
	for _, region := range regions {
		d.proxy(c, region)
	}
	who, err := c.Identity(ctx)
	if who.HasClock && !d.clocked {
		d.clocked = true
		d.clock(-who.Clock)
	}
	if err != nil {
		d.fail("account", where, d.identityFailure(err, d.address(d.flags.service.endpoint)))
		return
	}
	if expected := d.flags.service.expectAccount; !d.flags.service.expects(who.Account) {
		d.check(doctor.Fail, "account", where, "wrong-account", "account", who.Account, "expected", d.lines.Words.List(expected))
	} else {
		d.check(doctor.OK, "account", where, "doctor-account", "account", who.Account, "arn", who.ARN)
	}
	known, err := c.Regions(ctx)
	if err != nil {
		d.check(doctor.Fail, "endpoint", where, "doctor-endpoint-failed", "code", codeOf(err))
		return
	}
	svc := &service{Cloud: c, account: who.Account, scope: scopeOf(d.flags.service, runFlags{}).ForAccount(who.Account)}
	d.inUse(ctx, svc, where)
	for _, region := range regions {
		if !slices.Contains(known, region) {
			d.check(doctor.Fail, "endpoint", where, "doctor-region-unknown", "region", region)
			continue
		}
		d.check(doctor.OK, "endpoint", where, "doctor-endpoint", "count", number(len(known)), "region", region)
		d.billing(ctx, svc, where, region)
		d.circuits(ctx, svc, where, region, asked[region])
	}
	d.check(doctor.OK, "permission", where, "doctor-permission-unknown")
}

func (d *examination) credentials(profile, where string) *cloud.Cloud {
	found, err := cloud.FindCredentials(profile)
	if err != nil {
		d.check(doctor.Fail, "credentials", where, pick(d.several && profile != "", "doctor-profile", "credentials"), "reason", d.triedSources(err))
		return nil
	}
	d.check(doctor.OK, "credentials", where, "doctor-credentials", "source", found.Source())
	switch l := found.Lifetime(); {
	case !l.Temporary || l.Renewed:
	case l.Until.IsZero():
		d.check(doctor.Warn, "credentials", where, "doctor-keys-temporary")
	case l.Until.After(d.env.Now()):
		d.check(doctor.Warn, "credentials", where, "doctor-keys-expire", "time", stamp(l.Until))
	default:
		d.check(doctor.Fail, "credentials", where, "doctor-keys-expired", "time", stamp(l.Until))
	}
	c, err := cloud.New(cloud.Config{Endpoint: d.flags.service.endpoint, Timeout: time.Duration(d.flags.service.timeout), Credentials: found})
	if err != nil {
		d.check(doctor.Fail, "endpoint", where, "endpoint-value", "value", d.flags.service.endpoint)
		return nil
	}
	return c
}

// proxy says which proxy the requests to a region go through, if any, without its password.
// What holds for several regions is said once.
func (d *examination) proxy(c *cloud.Cloud, region string) {
	p := c.Proxy(region)
	key := fmt.Sprint(p)
	if d.proxies[key] {
		return
	}
	d.proxies[key] = true
	switch {
	case p.Malformed:
		d.check(doctor.Fail, "proxy", "", "proxy-url", "variable", p.Variable)
	case p.Host != "":
		d.check(doctor.OK, "proxy", "", "doctor-proxy", "host", p.Host, "variable", p.Variable)
	case p.Excluded != "":
		d.check(doctor.OK, "proxy", "", "doctor-proxy-excluded", "excluded", p.Excluded, "variable", p.Variable)
	case p.Variable != "":
		d.check(doctor.OK, "proxy", "", "doctor-proxy-loopback", "variable", p.Variable)
	default:
		d.check(doctor.OK, "proxy", "", "doctor-proxy-none")
	}
}

// clock checks how far this machine's clock is ahead of the service's.
func (d *examination) clock(ahead time.Duration) {
	if ahead.Abs() < maxClockSkew {
		d.check(doctor.OK, "clock", "", "doctor-clock", "skew", report.Skew(d.lines.Words, ahead))
	} else {
		d.fail("clock", "", d.clockFailure(ahead))
	}
}

// billing checks that the API does not reject every application in a region.
func (d *examination) billing(ctx context.Context, svc *service, where, region string) {
	on, err := svc.BillingEnabled(ctx, region)
	switch {
	case err != nil:
		d.check(doctor.Fail, "billing", where, "doctor-billing-failed", "code", codeOf(err), "region", region)
	case !on:
		d.check(doctor.Fail, "billing", where, "doctor-billing-off", "region", region)
	default:
		d.check(doctor.OK, "billing", where, "doctor-billing", "region", region)
	}
}

// circuits reads some circuits of a region and the LOA of one, which shows that the region's
// endpoint answers and that the account may read them. Both take from the quota.
func (d *examination) circuits(ctx context.Context, svc *service, where, region string, ids []string) {
	ids = ids[:min(len(ids), batch.SurveyIDs)]
	var page batch.SurveyPage
	err := d.paid(ctx, svc, region, batch.SurveyAPI, func() (err error) {
		page, err = svc.Survey(ctx, region, 1, ids)
		return err
	})
	if !d.permitted(where, region, batch.SurveyAPI, err) {
		return
	}
	missing := slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		return slices.ContainsFunc(page.Circuits, func(c batch.CircuitState) bool { return c.InstanceID == id })
	})
	if len(missing) > 0 {
		d.check(doctor.Warn, "circuits", where, "doctor-circuits-missing", "n", number(len(missing)), "of", number(len(ids)), "circuits", d.lines.Words.List(missing), "region", region)
	}
	if len(ids) == 0 && len(page.Circuits) > 0 {
		ids = []string{page.Circuits[0].InstanceID}
	}
	if len(ids) == 0 {
		return
	}
	err = d.paid(ctx, svc, region, batch.LookupAPI, func() error {
		_, _, err := svc.Find(ctx, batch.Key{Region: region, InstanceID: ids[0]})
		return err
	})
	d.permitted(where, region, batch.LookupAPI, err)
}

// errQuotaUsed says that a call was not made, since others use the quota.
var errQuotaUsed = errors.New("the quota is used up")

// paid makes a call once the quota allows it, for which it waits no longer than for an answer.
func (d *examination) paid(ctx context.Context, svc *service, region string, api batch.API, call func() error) error {
	within, cancel := context.WithTimeout(ctx, time.Duration(d.flags.service.timeout))
	defer cancel()
	done, err := d.s.quotasOf(svc).Window(region, string(api)).Acquire(within)
	switch {
	case err != nil && ctx.Err() == nil && within.Err() != nil:
		return errQuotaUsed
	case err != nil:
		return err
	}
	err = call()
	done(err)
	return err
}

// permitted notes whether the account may call an API in a region. A run does without these
// two, though not as well.
func (d *examination) permitted(where, region string, api batch.API, err error) bool {
	call, _ := errors.AsType[*batch.CallError](err)
	switch {
	case err == nil:
		d.check(doctor.OK, "permission", where, "doctor-permission", "action", "vpc:"+string(api), "region", region)
	case errors.Is(err, errQuotaUsed):
		d.check(doctor.Warn, "permission", where, "doctor-permission-unasked", "action", "vpc:"+string(api), "region", region)
	case call != nil && call.Denied:
		d.check(doctor.Warn, "permission", where, "doctor-permission-denied", "action", "vpc:"+string(api), "region", region, "code", call.Code)
	default:
		d.check(doctor.Fail, "endpoint", where, "doctor-region-failed", "region", region, "action", string(api), "meaning", d.meaning(codeOf(err)))
	}
	return err == nil
}

// ledger checks the ledger, and opens it for the quota. Its checks are returned, since they
// come behind those of the accounts.
func (d *examination) ledger(ctx context.Context) (checks []doctor.Check) {
	before := len(d.found.Checks)
	defer func() { checks = slices.Clone(d.found.Checks[before:]); d.found.Checks = d.found.Checks[:before] }()
	path, err := d.ledgerPath(d.flags.service.ledger)
	if err == nil {
		d.folders = append(d.folders, room{path: filepath.Dir(path)})
	}
	store, err := d.openLedger(ctx, d.flags.service.ledger, false)
	if err != nil {
		d.fail("ledger", "", err)
		return nil
	}
	d.s.store = store
	d.s.closers = append(d.s.closers, store)
	health, err := store.Check(ctx)
	if err != nil {
		d.fail("ledger", "", d.ledgerFailure(err))
		return nil
	}
	d.check(doctor.OK, "ledger", "", "doctor-ledger", "file", path, "runs", number(health.Runs), "open", number(health.Open), "commit", health.Commit.Round(time.Microsecond).String())
	if health.Network != "" {
		d.check(doctor.Warn, "ledger", "", "doctor-ledger-network", "system", health.Network)
	}
	runs, err := store.Runs(ctx, 0)
	if err != nil {
		d.fail("ledger", "", d.ledgerFailure(err))
		return nil
	}
	for _, r := range accounts.Fold(runs) {
		if r.Status == ledger.Running {
			d.check(doctor.Warn, "ledger", "", "doctor-running", "run", r.ID, "host", r.Host, "pid", number(r.PID), "since", stamp(r.Started)+" UTC", "file", r.Input)
		}
	}
	return nil
}

// inUse says which quotas of an account others use now.
func (d *examination) inUse(ctx context.Context, svc *service, where string) {
	if d.s.store == nil {
		return
	}
	uses, err := d.s.store.InUse(ctx, svc.scope, d.s.pace.rate)
	if err != nil {
		d.fail("quota", where, d.ledgerFailure(err))
		return
	}
	for _, u := range uses {
		state := doctor.OK
		if u.Requests >= d.s.pace.rate.N {
			state = doctor.Warn
		}
		d.check(state, "quota", where, "doctor-quota-used", "count", number(u.Requests), "of", number(d.s.pace.rate.N), "api", u.Key.API, "region", u.Key.Region)
	}
}

// writable checks that the folders that a run writes to can be written, and have room.
func (d *examination) writable() {
	sizes, order := map[string]int64{}, []string{}
	for _, f := range append([]room{{path: "."}, {path: os.TempDir()}}, d.folders...) {
		path := filepath.Clean(f.path)
		if _, known := sizes[path]; !known {
			order = append(order, path)
		}
		sizes[path] += f.size
	}
	for _, path := range order {
		if err := durable.CheckFolder(path); err != nil {
			d.check(doctor.Fail, "folder", "", "output-unwritable", "file", path, "reason", cause(err))
			continue
		}
		if drive := durable.MappedDrive(path); drive != "" {
			d.check(doctor.Warn, "folder", "", "doctor-mapped-drive", "folder", path, "drive", drive)
		}
		free, err := durable.Free(path)
		switch need := doctor.Room(sizes[path]); {
		case err != nil:
			d.check(doctor.OK, "folder", "", "doctor-folder", "folder", path)
		case free < need:
			d.check(doctor.Fail, "folder", "", "doctor-folder-full", "folder", path, "free", doctor.Bytes(free), "need", doctor.Bytes(need))
		default:
			d.check(doctor.OK, "folder", "", "doctor-folder-room", "folder", path, "free", doctor.Bytes(free))
		}
	}
}

// pick returns yes or no.
func pick(ok bool, yes, no string) string {
	if ok {
		return yes
	}
	return no
}

// codeOf returns the code of a failed call.
func codeOf(err error) string {
	var call *batch.CallError
	if errors.As(err, &call) {
		return call.Code
	}
	return strings.TrimSpace(err.Error())
}

// sortedKeys are the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, cmp.Compare)
	return keys
}
