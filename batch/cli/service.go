package cli

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cloud"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// service is the API as a run uses it: the client, the account, and the endpoint.
type service struct {
	*cloud.Cloud
	account  string
	caller   string       // its user or role: an ARN, if known
	endpoint string       // as shown to people
	scope    ledger.Scope // keeps simulated, custom-endpoint and real submissions apart in the ledger
	stop     func()       // stops the embedded simulator
}

func (s *service) close() {
	s.Cloud.Close()
	s.stop()
}

// account is one account of a command: a credentials profile that rows name, and the
// service as the account that it belongs to.
type account struct {
	profile string      // empty for the standard chain
	service *service    // nil if the account cannot be used
	failure *exit.Error // why
	warned  bool        // of that
}

// id is the account's ID, or "" if unknown.
func (acc *account) id() string {
	if acc.service == nil {
		return ""
	}
	return acc.service.account
}

// openAccounts opens the service as each account of the rows of workbooks, or of the run if
// none are given, unless it is already open. One that cannot be used is warned about, and
// its rows are not processed. There is an error if none of them can be used.
func (a *app) openAccounts(ctx context.Context, s *invocation, books ...*sheet.Workbook) error {
	wanted := accounts.Divide(s.flags.service.profile, books...).Profiles
	var failed []*account
	for _, profile := range wanted {
		acc, known := s.account(profile)
		if !known {
			if err := a.openAccount(ctx, s, acc); err != nil {
				return err
			}
			s.accounts = append(s.accounts, acc)
		}
		if acc.failure != nil {
			failed = append(failed, acc)
			acc.warned = acc.warned || known
		}
	}
	if last := len(failed) - 1; len(failed) == len(wanted) && !(s.night && len(books) == 0) { // the rows of a folder may name others
		for _, acc := range failed[:last] {
			a.fail(acc.unusable())
		}
		return failed[last].unusable()
	}
	for _, acc := range failed {
		if !acc.warned {
			acc.warned = true
			message, _ := a.lines.Words.Render(acc.failure.Code, acc.failure.Args)
			a.lines.Warn(pick(acc.profile == "", "account-unusable-run", "account-unusable"), map[string]string{"profile": a.profileName(acc.profile), "reason": message})
		}
	}
	return nil
}

// unusable returns why the account cannot be used, as the error that ends a command: what
// to do about credentials that a profile lacks differs from what to do without a profile.
func (acc *account) unusable() *exit.Error {
	if acc.failure.Code != "credentials" || acc.profile == "" {
		return acc.failure
	}
	named := *acc.failure
	named.Code = "credentials-profile"
	return &named
}

// openAccount opens the service as one account. If it cannot be used, the reason is kept with
// it, unless that reason applies to all accounts.
func (a *app) openAccount(ctx context.Context, s *invocation, acc *account) error {
	f := s.flags.service
	f.profile = acc.profile
	opened, err := a.openService(ctx, f, s.flags.run, len(s.accounts))
	if own, ok := errors.AsType[*exit.Error](err); ok && own.Exit == exit.Stopped {
		acc.failure = own
		return nil
	}
	if err != nil {
		return err
	}
	acc.service = opened
	s.closers = append(s.closers, closeFunc(opened.close))
	if s.service == nil {
		s.service = opened
	}
	return nil
}

// account returns the account of a profile, and reports whether the command has opened it.
func (s *invocation) account(profile string) (acc *account, known bool) {
	i := slices.IndexFunc(s.accounts, func(acc *account) bool { return acc.profile == profile })
	if i < 0 {
		return &account{profile: profile}, false
	}
	return s.accounts[i], true
}

// knownLedger opens the ledger for a command that sends nothing: for what is known about the
// circuits, and for the quota. It returns nil if there is none, or none for its service.
func (a *app) knownLedger(ctx context.Context, s *invocation) (ledger.Store, error) {
	if s.flags.run.simulate {
		return nil, nil
	}
	store, err := a.ledgers.Past(ctx, s.flags.service.ledger)
	if store != nil {
		s.closers = append(s.closers, store)
	}
	return store, err
}

// quotasOf returns the quotas of an account: one set for all inputs of the command and all
// profiles of the account and, through the ledger, for all runs at the same time or soon after.
// Without a ledger they are the command's own. It must not be called concurrently.
func (s *invocation) quotasOf(acc *service) *quota.Set {
	if set := s.quotas[acc.scope]; set != nil {
		return set
	}
	if s.quotas == nil {
		s.quotas = map[ledger.Scope]*quota.Set{}
	}
	if s.keeper == nil {
		switch {
		case s.store == nil:
			s.keeper = &quota.Memory{}
		case s.patience != nil:
			s.keeper = s.patience.Keeper(s.store)
		default:
			s.keeper = s.store
		}
	}
	set := quota.NewSet(s.keeper, string(acc.scope), quota.Limits{Rate: s.pace.rate, Burst: s.pace.burst, Life: time.Duration(s.flags.service.timeout)})
	s.quotas[acc.scope] = set
	s.closers = append(s.closers, closeFunc(func() {
		if s.impatient != nil {
			late := time.AfterFunc(quotaTimeout, s.impatient)
			defer late.Stop()
		}
		set.Close()
	}))
	return set
}

// closeFunc makes a function an io.Closer.
type closeFunc func()

// Close calls the function.
func (f closeFunc) Close() error {
	f()
	return nil
}

// profileName is a profile as people read it.
func (a *app) profileName(profile string) string {
	return cmp.Or(profile, a.lines.Words.Line("account-own"))
}

// openService finds credentials, opens the cloud or the embedded simulator, and asks for
// the account. It makes no request for any circuit. The simulator of each account of a
// command, counted from 0 on, answers as another one.
func (a *app) openService(ctx context.Context, f serviceFlags, r runFlags, n int) (*service, error) {
	if err := cloud.DebugLeak(); err != nil {
		return nil, exit.Failure(exit.Usage, "debug-sdk", err)
	}
	config := cloud.Config{Endpoint: f.endpoint, Timeout: time.Duration(f.timeout), Concurrency: f.concurrency, UserAgent: "loabatch/" + version()}
	s := &service{endpoint: a.lines.Words.Line("endpoint-api"), stop: func() {}}
	if r.simulate {
		embedded, err := a.startSimulator(f.rate, r, simulatedID(n))
		if err != nil {
			return nil, err
		}
		config.Endpoint, s.stop = embedded.url, embedded.stop
		config.Credentials = cloud.StaticCredentials(simulatedKeyID, simulatedSecret, "")
		s.endpoint = a.lines.Words.Line("endpoint-simulator")
	} else {
		credentials, err := cloud.FindCredentials(f.profile)
		if err != nil {
			return nil, exit.Failure(exit.Stopped, "credentials", err, "reason", a.triedSources(err))
		}
		config.Credentials = credentials
		if f.endpoint != "" {
			s.endpoint = f.endpoint
		}
	}
	c, err := cloud.New(config)
	if err != nil {
		s.stop()
		return nil, exit.Failure(exit.Usage, "endpoint-value", err, "value", f.endpoint)
	}
	s.Cloud = c
	if err := a.identify(ctx, s, f, r, n == 0); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// triedSources lists where credentials were looked for, in order.
func (a *app) triedSources(err error) string {
	var none *cloud.CredentialsError
	if !errors.As(err, &none) {
		return exit.Cause(err)
	}
	tried := make([]string, len(none.Tried))
	for i, t := range none.Tried {
		tried[i] = t.Source
		if t.State != cloud.StateAbsent {
			tried[i] = a.lines.Words.Line("source-"+t.State, sheet.Arg{Name: "source", Value: t.Source})
		}
	}
	return a.lines.Words.List(tried)
}

// identify asks for the account, compares it with --expect-account, and sets the scope. It
// retries, since otherwise one lost answer would cost the night's run. The answer also says whether
// this machine's clock is so wrong that every request will be rejected.
func (a *app) identify(ctx context.Context, s *service, f serviceFlags, r runFlags, first bool) error {
	var who cloud.Identity
	err := batch.RetryRead(ctx, r.maxAttempts, func() (err error) {
		who, err = s.Identity(ctx)
		return err
	})
	if err != nil {
		return a.identityFailure(err, a.address(s.endpoint))
	}
	if ahead := -who.Clock; ahead.Abs() >= rejectedSkew {
		return a.clockFailure(ahead)
	} else if ahead.Abs() >= maxClockSkew && first {
		a.lines.Warn(clockCode(ahead), map[string]string{"skew": report.Skew(a.lines.Words, ahead)})
	}
	if !f.expects(who.Account) {
		return exit.Failure(exit.Stopped, "wrong-account", nil, "account", who.Account, "expected", a.lines.Words.List(f.expectAccount))
	}
	s.account, s.caller = who.Account, who.ARN
	s.scope = scopeOf(f, r).ForAccount(who.Account)
	return nil
}

// scopeOf is the scope of the service, of which each account's is a part.
func scopeOf(f serviceFlags, r runFlags) ledger.Scope {
	if r.simulate {
		return ledger.Simulated
	}
	return ledger.EndpointScope(f.endpoint)
}

// address names the endpoint that calls went to, and the variable it was taken from.
func (a *app) address(endpoint string) string {
	if name := variable("endpoint"); endpoint != "" && endpoint == a.env.Getenv(name) {
		return endpoint + " (" + name + ")"
	}
	return cmp.Or(endpoint, a.lines.Words.Line("endpoint-api"))
}

// identityFailure is the error of a call to that address for the account.
func (a *app) identityFailure(err error, address string) error {
	var call *batch.CallError
	if !errors.As(err, &call) {
		return exit.Failure(exit.Stopped, "identity-failed", err, "address", address, "meaning", err.Error())
	}
	if call.Ahead != 0 {
		return a.clockFailure(call.Ahead)
	}
	if code := proxyCode(call.Code); code != "" {
		return exit.Failure(exit.Stopped, code, err, "host", call.Proxy.Host, "variable", call.Proxy.Variable)
	}
	if call.Class == batch.RunFatal || call.Class == batch.Refused {
		return exit.Failure(exit.Stopped, "identity-refused", err, "code", call.Code, "meaning", a.lines.Words.Meaning(call.Code))
	}
	return exit.Failure(exit.Stopped, "identity-failed", err, "address", address, "meaning", a.lines.Words.Meaning(call.Code))
}

// maxClockSkew is the largest difference between the clocks without a warning.
const maxClockSkew = 5 * time.Minute

// rejectedSkew is the difference between the clocks from which the service rejects requests.
const rejectedSkew = 15 * time.Minute

// clockFailure is the error of a clock that is that far ahead of the service's.
func (a *app) clockFailure(ahead time.Duration) error {
	return exit.Failure(exit.Stopped, clockCode(ahead), nil, "skew", report.Skew(a.lines.Words, ahead))
}

func clockCode(ahead time.Duration) string {
	return pick(ahead > 0, "clock-ahead", "clock-behind")
}

// proxyCode is the catalogue's code for a failure of the proxy, which names it; it is empty
// for any other code.
func proxyCode(code string) string {
	switch code {
	case "(proxy)":
		return "proxy-unreachable"
	case "(proxy-url)", "(proxy-sign-in)", "(proxy-redirect)", "(proxy-answer)":
		return strings.Trim(code, "()")
	}
	return ""
}
