package ledger

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/quota"
)

// Archive is everything that a ledger knows, for another ledger to take over. Each sequence may be
// read once, in the order of the fields, and ends with the first error.
type Archive struct {
	ID     string // of the move; stays the same when it is repeated
	Source string // path of the ledger
	Host   string // the machine that reads it

	Runs     iter.Seq2[ArchivedRun, error] // the earliest first
	Rows     iter.Seq2[ArchivedRow, error] // by run and row
	Circuits iter.Seq2[ArchivedCircuit, error]
	LOAs     iter.Seq2[LOA, error] // the earliest of each circuit first
	Quotas   iter.Seq2[ArchivedQuota, error]
}

// ArchivedRun is a run that is not in progress.
type ArchivedRun struct {
	RunSummary
	Number int64     // of the run, by which states and rows refer to it
	Until  time.Time // it sent nothing later: when it ended or was certainly dead
}

// ArchivedRow is one step of a row of a run.
type ArchivedRow struct {
	Run      int64     // its number
	Hash     string    // of the content with which it was begun
	Begun    time.Time // UTC; zero if it was not
	Finished time.Time // UTC; zero if it was not; the outcome then has no result
	Outcome  batch.Outcome
}

// ArchivedCircuit is the state of a circuit at a place.
type ArchivedCircuit struct {
	StateKey
	State State
}

// ArchivedQuota is the state of a quota and its keeper's time when it was read, for
// [quota.State.Move].
type ArchivedQuota struct {
	Key   quota.Key
	State quota.State
	Read  quota.Time
}

// Leaver is a ledger that can be taken over by another.
type Leaver interface {
	// Depart marks the ledger as moved to another, whose address without any password is to,
	// and returns what it knows. From then on every write to it, by any process, fails with
	// [*MovedError]; it can still be read. Depart fails with [*LockedError] while one of its
	// runs is in progress, and with *MovedError if the ledger has moved to another address. It
	// may be repeated with the same address.
	Depart(ctx context.Context, to string) (*Archive, error)

	// Moved returns where the ledger has moved to, or nil if it has not moved.
	Moved(ctx context.Context) (*MovedError, error)

	// Stay removes the mark, if the other ledger did not take this one over.
	Stay(ctx context.Context) error
}

// Taker is a ledger that can take over another.
type Taker interface {
	// TakeOver adds everything in the archive, or nothing. It fails with [*TakenError] if it was
	// added before, and with [*KnownError] if this ledger knows something in it from elsewhere.
	TakeOver(ctx context.Context, a *Archive) (Taken, error)

	// Took returns what the move with an ID took over, or nil if there was no such move.
	Took(ctx context.Context, id string) (*Taken, error)
}

// Taken is what a ledger has taken over.
type Taken struct {
	ID       string // of the move
	Source   string // path of the other ledger
	Host     string // where that ledger was
	At       time.Time
	Runs     int
	Rows     int // each step of a row counts
	Circuits int
	Open     int // applications that were begun but not settled
	LOAs     int
	Quotas   int
}

// Move makes one ledger take over another, which is marked as moved to address. If Move fails,
// the old one can be used as before, unless it is not known whether the move took place; then
// it can only be repeated.
func Move(ctx context.Context, from Leaver, to Taker, address string) (Taken, error) {
	archive, err := from.Depart(ctx, address)
	if moved, ok := errors.AsType[*MovedError](err); ok {
		// This may be the same ledger under another name.
		if taken, tookErr := to.Took(ctx, moved.ID); tookErr == nil && taken != nil {
			return *taken, &TakenError{*taken}
		}
	}
	if err != nil {
		return Taken{}, err
	}
	taken, err := to.TakeOver(ctx, archive)
	if err == nil {
		return taken, nil
	}
	if already, ok := errors.AsType[*TakenError](err); ok && already.ID == archive.ID {
		return already.Taken, err
	}
	// If the answer to the commit was lost, the move may have taken place.
	if took, unknown := to.Took(context.WithoutCancel(ctx), archive.ID); unknown != nil {
		return Taken{}, err
	} else if took != nil {
		return *took, nil
	}
	return Taken{}, errors.Join(err, from.Stay(context.WithoutCancel(ctx)))
}

// MovedError says that another ledger has taken this one over, or is about to.
type MovedError struct {
	ID   string // of the move
	To   string // address of the other ledger; no password
	When time.Time
}

// Error names the other ledger.
func (e *MovedError) Error() string {
	return fmt.Sprintf("ledger: moved to %s at %s", e.To, e.When.UTC().Format(time.RFC3339))
}

// TakenError says that an archive was taken over before.
type TakenError struct{ Taken }

// Error says what was taken over, and when.
func (e *TakenError) Error() string {
	return fmt.Sprintf("ledger: %s of %s was taken over at %s", e.Source, e.Host, e.At.UTC().Format(time.RFC3339))
}

// KnownError says that the ledger knows something in an archive from elsewhere.
type KnownError struct {
	Run      string    // its ID, if it is a run
	Circuits int       // otherwise how many circuits are known, and one of them
	Circuit  batch.Key //
	Scope    Scope     //
}

// Error names the run or one of the circuits.
func (e *KnownError) Error() string {
	if e.Run != "" {
		return fmt.Sprintf("ledger: run %s is already known", e.Run)
	}
	return fmt.Sprintf("ledger: %d circuits are already known, among them %s in %s", e.Circuits, e.Circuit.InstanceID, e.Scope)
}
