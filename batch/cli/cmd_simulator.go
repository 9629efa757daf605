package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/network"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/batch/simulator"
)

// The key pair that the simulator accepts by default, and the account it pretends to be.
const (
	simulatedKeyID   = "simulated"
	simulatedSecret  = "simulated-secret"
	simulatedAccount = "1000000000000001"
)

type simulatorFlags struct {
	addr    string
	keys    []string
	account string
	rate    string
	faults  string
	seed    uint64
	review  time.Duration
	letters time.Duration
}

func (a *app) simulatorCommand() *cobra.Command {
	var f simulatorFlags
	cmd := &cobra.Command{
		Use:   "simulator",
		Short: "Serve the simulated VPC endpoint on a loopback address",
		Long: `Serves the simulated VPC endpoint until it is interrupted. GET /stats counts what was sent
to it, and GET /stats?instance=pc-… shows the life of one circuit. POST /review reviews every
LOA that is waiting for it; POST /review?instance=pc-…&state=Rejected sets the state of one.

A word in the ID of a circuit says what happens to it:
` + simulator.MarkerHelp + `
A fault plan is a list such as 503:5%,drop-after:2%,hang-late:1%,latency:20ms. A fault
happens before the call takes effect (-before), after it (-after), or while the effect is
still to come (-late). Without such a suffix, answers that deny the effect come before it,
those that affirm it come after it, and all others before or after it at random. A prefix
limits a fault to an API, the letters or a region: ConfirmPhysicalConnection/drop:5%,
Letter/cut:10%, cn-beijing/503:10%. The faults are:
` + simulator.FaultHelp,
		Example: `  loabatch simulator --addr 127.0.0.1:8080 --key id:secret
  ALIBABA_CLOUD_ACCESS_KEY_ID=id ALIBABA_CLOUD_ACCESS_KEY_SECRET=secret \
    loabatch submit --endpoint http://127.0.0.1:8080 --yes applications.xlsx`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.serveSimulator(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.addr, "addr", "127.0.0.1:0", "`ADDRESS` to listen on; loopback only")
	flags.StringSliceVar(&f.keys, "key", nil, "key pair to accept, `ID:SECRET[:ACCOUNT]`; repeatable; ACCOUNT is the account that it belongs to, if not --account (default the pair in the environment, else "+simulatedKeyID+":"+simulatedSecret+")")
	flags.StringVar(&f.account, "account", simulatedAccount, "account `ID` to answer as")
	flags.StringVar(&f.rate, "rate", defaultRate, "quota to enforce for each region and API: `N/DURATION`")
	flags.StringVar(&f.faults, "faults", "", "fault `PLAN`")
	flags.Uint64Var(&f.seed, "seed", 1, "seed `N` for the fault plan")
	flags.DurationVar(&f.review, "review-after", 0, "review an application `DURATION` after it was accepted (default never: only by POST /review)")
	flags.DurationVar(&f.letters, "letter-life", time.Hour, "how long a link to a letter is valid: `DURATION`")
	return cmd
}

// serveSimulator listens until the first signal.
func (a *app) serveSimulator(ctx context.Context, f simulatorFlags) error {
	if !network.IsLoopbackAddress(f.addr) {
		return exit.Failure(exit.Usage, "simulator-address", nil, "value", f.addr)
	}
	keys, accounts, err := a.simulatorKeys(f.keys)
	if err != nil {
		return err
	}
	handler, err := newSimulator(simulator.Options{Keys: keys, Accounts: accounts, Account: f.account, Seed: f.seed, Review: f.review, LetterLife: f.letters}, f.rate, f.faults)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", f.addr)
	if err != nil {
		return exit.Failure(exit.Usage, "simulator-listen", err, "value", f.addr, "reason", exit.Cause(err))
	}
	signals := a.signals()
	fmt.Fprintf(a.env.Stdout, "http://%s\n", listener.Addr())
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		defer batch.Guard(a.panicked)
		defer cancel()
		select {
		case <-ctx.Done():
		case <-signals:
		}
	}()
	return handler.Serve(ctx, listener)
}

// simulatorKeys returns the key pairs of the flags, or else the pair in the environment,
// or else the simulator's own, and the accounts of those that name one.
func (a *app) simulatorKeys(pairs []string) (keys, accounts map[string]string, err error) {
	keys, accounts = map[string]string{}, map[string]string{}
	for _, pair := range pairs {
		id, secret, ok := strings.Cut(pair, ":")
		if i := strings.LastIndex(secret, ":"); i >= 0 && strings.Trim(secret[i+1:], "0123456789") == "" {
			secret, accounts[id] = secret[:i], secret[i+1:]
		}
		if !ok || id == "" || secret == "" {
			return nil, nil, exit.Failure(exit.Usage, "simulator-key", nil)
		}
		keys[id] = secret
	}
	if id := a.env.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID"); len(keys) == 0 && id != "" {
		keys[id] = a.env.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")
	}
	if len(keys) == 0 {
		keys[simulatedKeyID] = simulatedSecret
	}
	return keys, accounts, nil
}

// newSimulator makes the simulated service of both the command and --simulate.
func newSimulator(o simulator.Options, rate, faults string) (*simulator.Simulator, error) {
	limit, err := quota.ParseRate(rate)
	if err != nil {
		return nil, exit.Failure(exit.Usage, "rate-value", err, "value", rate)
	}
	plan, err := simulator.ParseFaults(faults)
	if err != nil {
		bad, _ := errors.AsType[*simulator.PlanError](err) // the only kind of error
		return nil, exit.Failure(exit.Usage, "faults-"+string(bad.Problem), err, "item", bad.Item, "detail", bad.Detail)
	}
	o.Quota, o.Window, o.Faults = limit.N, limit.Per, plan
	return simulator.New(o), nil
}

// simulatedID is the account that the n-th simulator of a command pretends to be, from 0 on.
func simulatedID(n int) string {
	first, _ := strconv.Atoi(simulatedAccount)
	return strconv.Itoa(first + n)
}

// embedded is a simulator on a loopback port of its own.
type embedded struct {
	url  string
	stop func()
}

// startSimulator serves the simulated endpoint to this process: the real SDK talks to it
// over real HTTP. It answers as an account.
func (a *app) startSimulator(rate string, r runFlags, account string) (*embedded, error) {
	handler, err := newSimulator(simulator.Options{Keys: map[string]string{simulatedKeyID: simulatedSecret}, Account: account, Seed: r.seed}, rate, r.faults)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, exit.Failure(exit.Internal, "simulator-listen", err, "value", "127.0.0.1:0", "reason", exit.Cause(err))
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer batch.Guard(a.panicked)
		if err := handler.Serve(ctx, listener); err != nil {
			a.panicked(err) // a bug: nothing else can fail here
		}
	}()
	return &embedded{url: "http://" + listener.Addr().String(), stop: func() { cancel(); <-ended }}, nil
}
