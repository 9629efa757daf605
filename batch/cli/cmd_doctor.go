package cli

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cloud"
	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/batch/report"
)

// maxClockSkew is the largest difference of the clocks that doctor accepts. The service
// rejects signatures from 15 minutes on; the check fails well before that.
const maxClockSkew = 5 * time.Minute

func (a *app) doctorCommand() *cobra.Command {
	var f serviceFlags
	var region string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check credentials, account, clock, proxy, endpoint, quota, writable paths and ledger",
		Long:  "Checks everything that a run needs, with read-only calls. No application is sent.",
		Args:  arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			pace, err := f.pace()
			if err != nil {
				return err
			}
			if err := checkRegion(region); err != nil {
				return err
			}
			d := &examination{app: a, flags: f, pace: pace, region: region, json: asJSON}
			return d.run(cmd.Context())
		},
	}
	f.register(cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, jsonHelp)
	cmd.Flags().StringVar(&region, "region", "cn-hangzhou", "region `ID` whose endpoint and billing are asked about")
	return cmd
}

// examination runs the checks and remembers whether one failed.
type examination struct {
	app    *app
	flags  serviceFlags
	pace   pace
	region string
	json   bool
	table  [][]string
	checks []checkLine
	failed bool
}

// checkLine is one check in the JSON of doctor.
type checkLine struct {
	Check   string `json:"check"`
	State   string `json:"state"` // ok, warn or fail
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

func (d *examination) run(ctx context.Context) error {
	d.environment()
	if c := d.credentials(); c != nil {
		d.service(ctx, c)
		c.Close()
	}
	d.ledger(ctx)
	d.folders()
	if d.failed {
		d.app.exit = exitStopped
	}
	if d.json {
		return d.app.writeJSON(struct {
			ExitCode int         `json:"exit_code"`
			Checks   []checkLine `json:"checks"`
		}{d.app.exit, d.checks})
	}
	return report.WrappedTable(d.app.env.Stdout, d.table, d.app.columns())
}

// check notes the outcome of one check, with the catalogue's sentence for it.
func (d *examination) check(ok bool, what, code string, args ...string) {
	state := "ok"
	if !ok {
		state, d.failed = "fail", true
	}
	d.row(state, what, code, failure(0, code, nil, args...).args)
}

// fail notes a check that returned an error, with that error's own sentence.
func (d *examination) fail(what string, err error) {
	own, _ := errors.AsType[*exitError](err) // doctor calls nothing that returns another kind
	d.failed = true
	code := own.code
	switch code {
	case "identity-failed":
		code = "doctor-account-failed" // which does not send the user here
	case "identity-refused":
		code = "doctor-account-refused"
	}
	d.row("fail", what, code, own.args)
}

// row adds a line to the table, and the hint below it if not all is well.
func (d *examination) row(state, what, code string, args map[string]string) {
	message, hint := d.app.lines.Words.Render(code, args)
	d.table = append(d.table, []string{d.app.lines.Words.Line("doctor-" + state), d.app.lines.Words.Line("doctor-what-" + what), message})
	line := checkLine{Check: what, State: state, Code: code, Message: message}
	if state != "ok" {
		line.Hint = hint
	}
	d.checks = append(d.checks, line)
	if state != "ok" && hint != "" {
		d.table = append(d.table, []string{"", "", hint})
	}
}

func (d *examination) environment() {
	d.check(cloud.DebugLeak() == nil, "environment", pick(cloud.DebugLeak() == nil, "doctor-environment", "debug-sdk"))
	d.check(true, "quota", "doctor-quota", "rate", d.pace.rate.String())
}

func (d *examination) credentials() *cloud.Cloud {
	if cloud.DebugLeak() != nil {
		return nil
	}
	found, err := cloud.FindCredentials(d.flags.profile)
	if err != nil {
		d.check(false, "credentials", "credentials", "reason", d.app.triedSources(err))
		return nil
	}
	d.check(true, "credentials", "doctor-credentials", "source", found.Source())
	c, err := cloud.New(cloud.Config{Endpoint: d.flags.endpoint, Timeout: time.Duration(d.flags.timeout), Credentials: found})
	if err != nil {
		d.check(false, "endpoint", "endpoint-value", "value", d.flags.endpoint)
		return nil
	}
	return c
}

// proxy says which proxy the requests go through, if any, without its password.
func (d *examination) proxy(c *cloud.Cloud) {
	p := c.Proxy(d.region)
	switch {
	case p.Malformed:
		d.check(false, "proxy", "proxy-url", "variable", p.Variable)
	case p.Host != "":
		d.check(true, "proxy", "doctor-proxy", "host", p.Host, "variable", p.Variable)
	case p.Excluded != "":
		d.check(true, "proxy", "doctor-proxy-excluded", "excluded", p.Excluded, "variable", p.Variable)
	case p.Variable != "":
		d.check(true, "proxy", "doctor-proxy-loopback", "variable", p.Variable)
	default:
		d.check(true, "proxy", "doctor-proxy-none")
	}
}

func (d *examination) service(ctx context.Context, c *cloud.Cloud) {
	d.proxy(c)
	who, err := c.Identity(ctx)
	if who.HasClock {
		d.clock(-who.Clock)
	}
	if err != nil {
		d.fail("account", d.app.identityFailure(err, d.app.address(d.flags.endpoint)))
		return
	}
	expected := d.flags.expectAccount
	ok := expected == "" || expected == who.Account
	d.check(ok, "account", pick(ok, "doctor-account", "wrong-account"), "account", who.Account, "expected", expected, "arn", who.ARN)
	regions, err := c.Regions(ctx)
	if err != nil {
		d.check(false, "endpoint", "doctor-endpoint-failed", "code", codeOf(err))
		return
	}
	known := slices.Contains(regions, d.region)
	d.check(known, "endpoint", pick(known, "doctor-endpoint", "doctor-region-unknown"), "count", number(len(regions)), "region", d.region)
	billing, err := c.BillingEnabled(ctx, d.region)
	switch {
	case err != nil:
		d.check(false, "billing", "doctor-billing-failed", "code", codeOf(err), "region", d.region)
	default:
		d.check(billing, "billing", pick(billing, "doctor-billing", "doctor-billing-off"), "region", d.region)
	}
}

// clock checks how far this machine's clock is ahead of the service's.
func (d *examination) clock(ahead time.Duration) {
	if ahead.Abs() < maxClockSkew {
		d.check(true, "clock", "doctor-clock", "skew", report.Skew(d.app.lines.Words, ahead))
	} else {
		d.fail("clock", d.app.clockFailure(ahead))
	}
}

func (d *examination) ledger(ctx context.Context) {
	store, err := d.app.openLedger(ctx, d.flags.ledger, false)
	if err != nil {
		d.fail("ledger", err)
		return
	}
	defer store.Close()
	health, err := store.Check(ctx)
	if err != nil {
		d.fail("ledger", d.app.ledgerFailure(err))
		return
	}
	path, _ := d.app.ledgerPath(d.flags.ledger) // it was opened there
	d.check(true, "ledger", "doctor-ledger", "file", path, "runs", number(health.Runs), "open", number(health.Open), "commit", health.Commit.Round(time.Microsecond).String())
	if health.Network != "" {
		d.row("warn", "ledger", "doctor-ledger-network", map[string]string{"system": health.Network})
	}
}

// folders checks that the folders a copy may be written to are writable.
func (d *examination) folders() {
	for _, folder := range []string{".", os.TempDir()} {
		if err := durable.CheckFolder(folder); err != nil {
			d.check(false, "folder", "output-unwritable", "file", folder, "reason", cause(err))
		} else {
			d.check(true, "folder", "doctor-folder", "folder", folder)
		}
	}
}

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
