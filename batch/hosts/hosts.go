// Package hosts carries out one batch over several processes. Each of them, a member, calls
// [Run] with the same workbook; which rows it works on, River decides.
//
//  1. A member joins the batch in the ledger ([ledger.Shared]).
//  2. The opener, which is the member that joined first of those alive, plans the workbook,
//     finishes the rows that the plan settles, reads the circuits' state, and inserts one job
//     for each row that is left, region by region (open.go). What it did is in the database
//     once and for all; if it dies, the next member goes on with the regions that are left.
//     With a canary, all jobs but those of its rows wait.
//  3. Every member takes jobs, of each region twice as many as it may make calls at once
//     (work.go). A job names its row and nothing of its content. The member claims the circuit, reads its
//     past, plans the row anew, and hands it to its engine, which feeds on such rows.
//  4. Once no job is left, or the batch is stopped and every row in hand has ended, the opener
//     finishes the rows that were not reached (close.go). Each member reports its figures, and
//     the batch's end is written once.
//
// The ledger's heartbeat is the only lease. River's own rescue is a backstop that comes too
// late to matter: a member that the ledger finds dead has its jobs inserted anew under other
// IDs (jobs.go), so that whatever it still says about the old ones concerns nobody. A job that
// runs twice does no harm, since its circuit can be claimed only once. For as long as the
// database is away, no job ends (persist.go): River would give up writing that it has.
//
// Limits are the batch's: MaxFailures, MaxDuration and Canary count the rows of all members.
// A member that is drained gives its rows back, and the batch goes on without it. If there is
// no other, the batch is stopped, as a run without other hosts would be. So it is with a member
// that stops for a reason of its own, such as credentials that are rejected.
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
	Store  ledger.Shared // that the member has joined with; it must be a *postgres.Store
	Member ledger.Member // of the batch: what Join returned, perhaps with Persist around it

	// Engine is how rows are sent. Its Ledger is ignored. MaxFailures, MaxDuration, counted from
	// the start of the batch, and Canary are the batch's, and must be the same for all members.
	// Quota must take from Member, with Persist around it. Observe is called for the rows of
	// this member, with Done as of the whole batch; never twice at a time.
	Engine *batch.Engine

	Rows    int      // of the workbook: each gets one outcome
	Regions []string // of its circuits, each once

	// Plan plans the whole workbook with the past as it is now. It is called by the opener, and
	// to finish what was not reached. The options of both plans
	// must name the batch ([plan.Options].Batch).
	Plan func(ctx context.Context) (*batch.Plan, error)

	// PlanRow plans one row with its past as it is now, apart from all others: without --only
	// and --all-or-nothing, which Plan has settled. It is called at the same time for several.
	PlanRow func(ctx context.Context, row int) (*batch.Plan, error)

	// Conclude makes the end of the batch, from what the ledger has: all members that are alive
	// compute the same, and one of them is kept. It is called when all rows have outcomes.
	Conclude func(ctx context.Context, s ledger.BatchState) (ledger.RunEnd, error)

	// NoWait has the member leave as soon as there is no row left for it to work on, while
	// other members still have some in hand.
	NoWait bool

	Log *slog.Logger // of what is unexpected; nil means none

	// Progress is called about once a second with how far the batch has come. It may be nil.
	Progress func(ledger.BatchState)
}

// Result is how a member's part in a batch ended.
type Result struct {
	State    ledger.BatchState // of the batch, as last read
	Complete bool              // all rows have outcomes, and State.End says how the batch ended

	// Stop and StopCode say why this member left although the batch goes on without it, as in
	// [batch.Summary]; they are empty if it is complete, or with NoWait.
	Stop     batch.StopReason
	StopCode string
	Ahead    time.Duration // as in [batch.Summary]
	Lost     error         // why the database is away, if the member left without it: it is dead to the others then

	Figures  ledger.Figures  // of this member
	Problems []sheet.Problem // of rows that turned out to be INVALID, beyond those of the plan
	NoSurvey string          // as in [batch.Summary]; empty unless this member was the opener
}

// Terms are what the members of a batch must agree on so that they can share its rows: the
// caller adds them to its own in [ledger.Shared.Join].
func Terms() []ledger.Term { return []ledger.Term{{Name: "hand-out", Value: protocol}} }

// protocol is the version of the jobs and of what members expect of each other.
const protocol = "1"
