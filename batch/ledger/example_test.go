package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/sqlite"
	"github.com/loabatch/loabatch/sheet"
)

// A run reads the past once it holds the locks, begins before it sends, and finishes after
// the answer.
func Example() {
	ctx := context.Background()
	store, err := sqlite.Temporary(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()

	key := batch.Key{Region: "cn-hangzhou", InstanceID: "pc-example"}
	run, err := store.Start(ctx, ledger.RunInfo{ID: "monday", Scope: ledger.Real, Command: "submit"}, []batch.Key{key})
	if err != nil {
		fmt.Println(err)
		return
	}
	past, err := run.Past(ctx, batch.PlaceLOA, []batch.Key{key})
	fmt.Println("known before:", len(past), err)

	application := batch.Application{Row: 2, Key: key, Hash: "5f3c", Token: "token-0"}
	fmt.Println("begin:", run.Begin(ctx, application))
	// Now the application may be sent.
	fmt.Println("finish:", run.Finish(ctx, batch.Outcome{
		Row: 2, Key: key, Result: sheet.Submitted, Reason: batch.ReasonAccepted, Token: "token-0",
		RequestID: "example-request", Attempts: 1, SubmittedAt: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC),
	}))
	fmt.Println("end:", run.End(ctx, ledger.RunEnd{Requests: 1}))

	past, err = store.Past(ctx, ledger.Real, batch.PlaceLOA, []batch.Key{key})
	fmt.Println("known after:", past[key].Result, past[key].SubmittedAt.Format(time.DateOnly), "by", past[key].RunID, err)
	// Output:
	// known before: 0 <nil>
	// begin: <nil>
	// finish: <nil>
	// end: <nil>
	// known after: SUBMITTED 2026-11-23 by monday <nil>
}

// While a run holds a circuit, the error of another run names the holder.
func ExampleLockedError() {
	ctx := context.Background()
	store, err := sqlite.Temporary(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()

	keys := []batch.Key{{Region: "cn-hangzhou", InstanceID: "pc-example"}}
	first, err := store.Start(ctx, ledger.RunInfo{ID: "monday", Scope: ledger.Real}, keys)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = store.Start(ctx, ledger.RunInfo{ID: "tuesday", Scope: ledger.Real}, keys)
	var locked *ledger.LockedError
	if errors.As(err, &locked) {
		fmt.Println("held by", locked.RunID)
	}
	_, err = store.Start(ctx, ledger.RunInfo{ID: "simulation", Scope: ledger.Simulated}, keys)
	fmt.Println("in another scope:", err)
	fmt.Println("end:", first.End(ctx, ledger.RunEnd{}))
	_, err = store.Start(ctx, ledger.RunInfo{ID: "wednesday", Scope: ledger.Real}, keys)
	fmt.Println("afterwards:", err)
	// Output:
	// held by monday
	// in another scope: <nil>
	// end: <nil>
	// afterwards: <nil>
}

// A run that was killed leaves its rows open; reading it back returns every row that it
// reached, in sheet order.
func ExampleStore_Run() {
	ctx := context.Background()
	store, err := sqlite.Temporary(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()

	begun := batch.Key{Region: "cn-hangzhou", InstanceID: "pc-begun"}
	run, err := store.Start(ctx, ledger.RunInfo{ID: "monday", Scope: ledger.Real}, []batch.Key{begun})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = run.Begin(ctx, batch.Application{Row: 3, Key: begun, Hash: "5f3c", Token: "token-0"})
	_ = run.Finish(ctx, batch.Outcome{Row: 2, Result: sheet.Invalid, Reason: batch.ReasonInvalid, ErrorCode: "circuit-instance-missing"})

	past, err := store.Run(ctx, "monday")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, o := range past.Rows {
		fmt.Println(o.Row, o.Result, o.Reason)
	}
	// Output:
	// 2 INVALID reason-invalid
	// 3 UNKNOWN reason-unsettled
}
