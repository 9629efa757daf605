// Package hosts carries out one batch over several processes, its members. Each of them calls
// [Run] with the same workbook; River decides which rows it works on.
//
//  1. A member joins the batch in the ledger ([ledger.Shared]).
//  2. The opener, the living member that joined first, plans the workbook, finishes the rows
//     that the plan settles, reads the circuits' state, and inserts one job for each remaining
//     row, region by region (open.go). Its work is committed in the database: if it dies, the
//     next member goes on with the regions that are left.
//     With a canary, all jobs but those of its rows wait.
//  3. Every member takes jobs, for each region twice as many as the calls it may have in flight
//     (work.go). A job names its row but holds none of its content. The member claims the circuit,
//     reads its past, plans the row again, and feeds it to its engine.
//  4. Once no job is left, or the batch is stopped and no row is in hand, the opener finishes
//     the rows that were not reached (close.go). Each member reports its figures, and the
//     batch's end is written once.
//
// The ledger's heartbeat is the only lease. River's own rescue is a backstop that comes too
// late to matter: the jobs of a member that the ledger finds dead are inserted again under new
// IDs (jobs.go), so whatever it still writes about the old ones has no effect. A job that
// runs twice does no harm, since its circuit can be claimed only once. While the database is
// away, no job ends (persist.go): River would give up trying to record its end.
//
// The limits are those of the batch, and count the rows of all members (limits.go), and those of
// all batches if the run has several, one for each account (parts.go).
// A member that is drained gives its rows back, and the batch goes on without it. If there is
// no other, the batch is stopped, as a run on one host would be. The same goes for a member
// that stops for another reason, such as rejected credentials.
package hosts

import (
	"context"
	"log/slog"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

// Options are what a member works with.
type Options struct {
	Store  ledger.Shared // through which the member has joined; must be a *postgres.Store
	Member ledger.Member // of the batch: what Join returned, perhaps wrapped in Persist

	// Engine is how rows are sent. Its Ledger is ignored. Its Limits are the batch's, MaxDuration
	// counted from when that was started, and must be the same for all members.
	// Quota must take from Member, with Persist around it. Observe is called for the rows of
	// this member, with Done as of the whole batch; never twice at a time.
	Engine *batch.Engine

	Rows    int      // of the workbook: each gets one outcome
	Regions []string // of its circuits, each once

	// Plan plans the whole workbook with the past as it is now. The opener calls it, and so does
	// whoever finishes the rows that were not reached. The options of both plans must name the
	// batch ([plan.Options].Batch).
	Plan func(ctx context.Context) (*batch.Plan, error)

	// PlanRow plans one row by itself, with its past as it is now: without --only and
	// --all-or-nothing, which Plan has settled. It is called concurrently.
	PlanRow func(ctx context.Context, row int) (*batch.Plan, error)

	// Conclude computes the end of the batch from the ledger: all living members compute the
	// same, and one result is kept. It is called when all rows have outcomes; in a run with
	// several parts, only that of the first is, with the states of all.
	Conclude func(ctx context.Context, parts []ledger.BatchState) (ledger.RunEnd, error)

	// Ended is the state of a part that had ended before this process joined the run; nothing
	// else is needed then. It is nil for all others.
	Ended *ledger.BatchState

	// NoWait makes the member leave as soon as it has no row left to work on, even if other
	// members still have some in hand.
	NoWait bool

	Log *slog.Logger // for what is unexpected; may be nil

	// Progress is called about once a second with how far the batch has come. It may be nil.
	Progress func(ledger.BatchState)
}

// Result is how a member's part in a batch ended.
type Result struct {
	State    ledger.BatchState // of the batch, as last read
	Complete bool              // all rows have outcomes, and State.End says how the batch ended

	// Stop and StopCode say why this member left a batch that goes on without it, as in
	// [batch.Summary]; they are empty if it is complete, or with NoWait.
	Stop     batch.StopReason
	StopCode string
	Ahead    time.Duration // as in [batch.Summary]
	Lost     error         // why the database was away, if the member left because of it: the others then find it dead

	Figures  ledger.Figures  // of this member
	Problems []sheet.Problem // of rows that turned out to be INVALID after the plan
	NoSurvey string          // as in [batch.Summary]; empty unless this member was the opener
}

// Terms are what the members of a batch must agree on so that they can share its rows: the
// caller adds them to its own in [ledger.Shared.Join].
func Terms() []ledger.Term { return []ledger.Term{{Name: "hand-out", Value: protocol}} }

// protocol is the version of the jobs and of the rules between members.
const protocol = "1"
