package cli

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cloud"
	"github.com/loabatch/loabatch/batch/quota"
)

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
