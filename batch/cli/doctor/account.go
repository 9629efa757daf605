package doctor

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cloud"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/batch/report"
)

// Account examines one account by calls that change nothing.
type Account struct {
	*Findings
	*cloud.Cloud
	Where   string        // the profile; empty if there is only one
	Quotas  *quota.Set    // of the account
	Timeout time.Duration // of a call, and of the wait for its quota
}

// Region checks one region of an account: that it is among the known ones, those in which the
// API is offered, that applications are accepted there, and that these circuits and the LOA of
// one of them can be read.
func (a *Account) Region(ctx context.Context, region string, known, circuits []string) {
	if !slices.Contains(known, region) {
		a.Note(Fail, "endpoint", a.Where, "doctor-region-unknown", "region", region)
		return
	}
	a.Note(OK, "endpoint", a.Where, "doctor-endpoint", "count", strconv.Itoa(len(known)), "region", region)
	a.billing(ctx, region)
	a.circuits(ctx, region, circuits)
}

// billing checks that the API does not reject every application in a region.
func (a *Account) billing(ctx context.Context, region string) {
	on, err := a.BillingEnabled(ctx, region)
	switch {
	case err != nil:
		a.Note(Fail, "billing", a.Where, "doctor-billing-failed", "code", batch.CodeOf(err), "region", region)
	case !on:
		a.Note(Fail, "billing", a.Where, "doctor-billing-off", "region", region)
	default:
		a.Note(OK, "billing", a.Where, "doctor-billing", "region", region)
	}
}

// circuits reads some circuits of a region and the LOA of one, to see whether the region's
// endpoint answers and the account may read them. Both calls count against the quota.
func (a *Account) circuits(ctx context.Context, region string, ids []string) {
	ids = ids[:min(len(ids), batch.SurveyIDs)]
	var page batch.SurveyPage
	err := a.paid(ctx, region, batch.SurveyAPI, func() (err error) {
		page, err = a.Survey(ctx, region, 1, ids)
		return err
	})
	if !a.permitted(region, batch.SurveyAPI, err) {
		return
	}
	missing := slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		return slices.ContainsFunc(page.Circuits, func(c batch.CircuitState) bool { return c.InstanceID == id })
	})
	if len(missing) > 0 {
		a.Note(Warn, "circuits", a.Where, "doctor-circuits-missing", "n", strconv.Itoa(len(missing)), "of", strconv.Itoa(len(ids)), "circuits", a.Words.List(missing), "region", region)
	}
	if len(ids) == 0 && len(page.Circuits) > 0 {
		ids = []string{page.Circuits[0].InstanceID}
	}
	if len(ids) == 0 {
		return
	}
	err = a.paid(ctx, region, batch.LookupAPI, func() error {
		_, _, err := a.Find(ctx, batch.Key{Region: region, InstanceID: ids[0]})
		return err
	})
	a.permitted(region, batch.LookupAPI, err)
}

// errQuotaUsed says that a call was not made, since others use the quota.
var errQuotaUsed = errors.New("the quota is used up")

// paid makes a call once the quota allows it. It waits no longer for that than for an answer.
func (a *Account) paid(ctx context.Context, region string, api batch.API, call func() error) error {
	within, cancel := context.WithTimeout(ctx, a.Timeout)
	defer cancel()
	done, err := a.Quotas.Window(region, string(api)).Acquire(within)
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

// permitted notes whether the account may call an API in a region, given how a call ended. A
// run can do without these two, though not as well.
func (a *Account) permitted(region string, api batch.API, err error) bool {
	call, _ := errors.AsType[*batch.CallError](err)
	_, unpaid := errors.AsType[*ledger.Error](err)
	switch {
	case unpaid:
		a.Note(Fail, "quota", a.Where, "doctor-ledger-first", "action", "vpc:"+string(api), "region", region)
	case err == nil:
		a.Note(OK, "permission", a.Where, "doctor-permission", "action", "vpc:"+string(api), "region", region)
	case errors.Is(err, errQuotaUsed):
		a.Note(Warn, "permission", a.Where, "doctor-permission-unasked", "action", "vpc:"+string(api), "region", region)
	case call != nil && call.Denied:
		a.Note(Warn, "permission", a.Where, "doctor-permission-denied", "action", "vpc:"+string(api), "region", region, "code", call.Code)
	default:
		a.Note(Fail, "endpoint", a.Where, "doctor-region-failed", "region", region, "action", string(api), "meaning", a.Words.Meaning(batch.CodeOf(err)))
	}
	return err == nil
}

// Lifetime notes when the keys of an account expire, if they do.
func (f *Findings) Lifetime(l cloud.Lifetime, now time.Time, where string) {
	switch until := (report.Instant{Time: l.Until}).String(); {
	case !l.Temporary || l.Renewed:
	case l.Until.IsZero():
		f.Note(Warn, "credentials", where, "doctor-keys-temporary")
	case l.Until.After(now):
		f.Note(Warn, "credentials", where, "doctor-keys-expire", "time", until)
	default:
		f.Note(Fail, "credentials", where, "doctor-keys-expired", "time", until)
	}
}

// Proxy notes which proxy the requests to a region go through, if any, without its password.
// What applies to several regions is noted once.
func (f *Findings) Proxy(p cloud.Proxy) {
	if slices.Contains(f.proxies, p) {
		return
	}
	f.proxies = append(f.proxies, p)
	switch {
	case p.Malformed:
		f.Note(Fail, "proxy", "", "proxy-url", "variable", p.Variable)
	case p.Host != "":
		f.Note(OK, "proxy", "", "doctor-proxy", "host", p.Host, "variable", p.Variable)
	case p.Excluded != "":
		f.Note(OK, "proxy", "", "doctor-proxy-excluded", "excluded", p.Excluded, "variable", p.Variable)
	case p.Variable != "":
		f.Note(OK, "proxy", "", "doctor-proxy-loopback", "variable", p.Variable)
	default:
		f.Note(OK, "proxy", "", "doctor-proxy-none")
	}
}
