// Package record keeps what the rows do not say with a run in the ledger, and reads a run back.
//
// A finished run can be reconstructed from its input and the ledger: the options say how the input
// was read, the rows have their outcomes, and the end has what only the process that made it
// knew, such as what --only left out and which rows had warnings.
package record

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/ledger"
)

// Options decide how the input of a run is read and who makes it; they are kept with the run.
type Options struct {
	Region   string   `json:"region,omitempty"`
	Timezone string   `json:"timezone,omitempty"`
	Strict   bool     `json:"strict,omitempty"`
	Severity []string `json:"severity,omitempty"`
	Args     []string `json:"args,omitempty"`
	Simulate bool     `json:"simulate,omitempty"`

	MaxUnpacked int `json:"max_unpacked,omitempty"`

	Profile  string    `json:"profile,omitempty"`  // --profile
	Accounts []Account `json:"accounts,omitempty"` // of a run over several, in the order of its parts

	ChangeRef  string `json:"change_ref,omitempty"`
	PlanSHA256 string `json:"plan_sha256,omitempty"`
	TraceID    string `json:"trace_id,omitempty"`
}

// Account is a part of a run, kept with the run.
type Account struct {
	Profile string            `json:"profile"`
	Account string            `json:"account"`
	Failure string            `json:"failure,omitempty"` // code of why it cannot be used
	Args    map[string]string `json:"args,omitempty"`    // of that code
}

// Read reads a run with the rows of all its parts. An error of the ledger is returned as it is.
func Read(ctx context.Context, store ledger.Store, id string) (*ledger.PastRun, Options, error) {
	past, err := store.Run(ctx, id)
	if errors.Is(err, ledger.ErrNoRun) {
		return nil, Options{}, exit.Failure(exit.Usage, "no-run", err, "run", id)
	}
	if err != nil {
		return nil, Options{}, err
	}
	saved, err := ReadOptions(past.Options)
	if err != nil {
		return nil, saved, err
	}
	if err := addParts(ctx, store, past, len(saved.Accounts)); err != nil {
		return nil, saved, err
	}
	return past, saved, nil
}

// ReadOptions reads what the ledger keeps about a run for its report.
func ReadOptions(options json.RawMessage) (saved Options, err error) {
	if len(options) > 0 {
		if err := json.Unmarshal(options, &saved); err != nil {
			return saved, exit.Failure(exit.Internal, "ledger-failed", err, "reason", err.Error())
		}
	}
	return saved, nil
}

// addParts adds the rows of the other parts of a run. If the run was killed, some parts may be missing.
func addParts(ctx context.Context, store ledger.Store, past *ledger.PastRun, parts int) error {
	for n := 1; n < parts; n++ {
		p, err := store.Run(ctx, accounts.PartID(past.ID, n))
		if errors.Is(err, ledger.ErrNoRun) {
			continue
		}
		if err != nil {
			return err
		}
		past.Rows = append(past.Rows, p.Rows...)
		if len(past.Members) > 0 && past.End != nil && p.End != nil { // several hosts worked on it, so each part has its own figures
			past.End.Requests += p.End.Requests
			past.End.Retries += p.End.Retries
			past.End.Throttled += p.End.Throttled
			past.End.Slowed = max(past.End.Slowed, p.End.Slowed)
		}
		if past.Pruned.IsZero() {
			past.Pruned = p.Pruned // a part that left something open is not
		}
	}
	slices.SortStableFunc(past.Rows, func(a, b batch.Outcome) int { return cmp.Compare(a.Row, b.Row) })
	return nil
}

// Input is the path of a past run's input: where it was moved, if it is still there.
func Input(past *ledger.PastRun) string {
	if past.End != nil && past.End.Filed != "" {
		if _, err := os.Stat(past.End.Filed); err == nil {
			return past.End.Filed
		}
	}
	return past.Input
}

// Stop is why a run over several accounts stopped early, each perhaps for a reason of its own, with
// the API's error code.
func Stop(end *ledger.RunEnd) (batch.StopReason, string) {
	if len(end.Parts) == 0 {
		return batch.StopReason(end.Stop), end.StopCode
	}
	parts := make([]batch.StopReason, len(end.Parts))
	for i, p := range end.Parts {
		parts[i] = batch.StopReason(p.Stop)
	}
	why, of := batch.WholeStop(parts)
	if of < 0 {
		return batch.StopReason(end.Stop), end.StopCode
	}
	return why, end.Parts[of].StopCode
}
