package doctor

import (
	"context"
	"strconv"
	"time"

	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/batch/report"
)

// Ledger checks a ledger that has been opened, and names the runs that are in progress. The
// error is that of the ledger.
func (f *Findings) Ledger(ctx context.Context, store ledger.Store, path string) error {
	health, err := store.Check(ctx)
	if err != nil {
		return err
	}
	f.Note(OK, "ledger", "", "doctor-ledger", "file", path, "runs", strconv.Itoa(health.Runs), "open", strconv.Itoa(health.Open), "commit", health.Commit.Round(time.Microsecond).String())
	if health.Network != "" {
		f.Note(Warn, "ledger", "", "doctor-ledger-network", "system", health.Network)
	}
	runs, err := store.Runs(ctx, 0)
	if err != nil {
		return err
	}
	for _, r := range accounts.Fold(runs) {
		if r.Status == ledger.Running {
			f.Note(Warn, "ledger", "", "doctor-running", "run", r.ID, "host", r.Host, "pid", strconv.Itoa(r.PID), "since", report.Instant{Time: r.Started}.String()+" UTC", "file", r.Input)
		}
	}
	return nil
}

// InUse says which quotas of an account are in use now. The error is that of the ledger.
func (f *Findings) InUse(ctx context.Context, store ledger.Store, scope ledger.Scope, rate quota.Rate, where string) error {
	uses, err := store.InUse(ctx, scope, rate)
	if err != nil {
		return err
	}
	for _, u := range uses {
		state := OK
		if u.Requests >= rate.N {
			state = Warn
		}
		f.Note(state, "quota", where, "doctor-quota-used", "count", strconv.Itoa(u.Requests), "of", strconv.Itoa(rate.N), "api", u.Key.API, "region", u.Key.Region)
	}
	return nil
}
