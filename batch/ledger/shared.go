package ledger

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

// Shared is a ledger that several hosts use at once. A run may be the work of several processes:
// the run that people see is the batch, and each process at work on it is a member.
//
// A member is alive while its heartbeats arrive. One that has been silent for the ledger's
// silence is dead once it is certain that its heartbeats could have arrived: after an outage
// all of them are late, and that does not make anybody dead. So whoever finds a silent member
// may have to wait for another silence.
//
// All durations and ages are by the ledger's clock. The times in a [batch.Record] are
// converted to this machine's if the two differ by more than a second.
type Shared interface {
	Store

	// Join makes this process a member of the batch that does the same work: the open one with
	// info's scope, command and InputSHA256. A batch is open until it has ended or all its
	// members are dead. If there is none, Join starts one, as Start does: the batch locks the
	// circuits against other batches and runs, and no member has claimed any.
	//
	// Join fails with [*TermsError] if the batch was started with other terms, and with
	// [*LockedError] if another living batch or run has one of the circuits. Those of a dead
	// one are taken over. It fails with [ErrRunExists] if it starts a batch whose ID is in use.
	Join(ctx context.Context, info RunInfo, terms []Term, keys []batch.Key) (Member, error)

	// Silence returns how long a member may be silent before it is presumed dead.
	Silence() time.Duration
}

// Member is a process at work on a batch. It is fenced like any [Run]: when others have found it
// dead, Begin and Take fail with [*TakenOverError], and so may the other methods.
//
// Past covers all batches and runs of the scope; a Record whose RunID is the ID of Info was
// written by this batch, by whichever member. Begin fails with [ErrNotLocked] unless the
// member has claimed the circuit, and with [ErrFinished] if another member has finished the
// row meanwhile. Finish records the row for the whole batch, and decides about a circuit
// that the member has claimed, or that no member has. Otherwise the row stays as another
// member has begun or finished it, and only the circuit's state is updated. A member that was
// found dead records only what the service answered. Calls that have failed may be repeated.
type Member interface {
	Run

	// Take is also a heartbeat, and a fence: a member that was found dead is granted nothing.
	quota.Keeper

	// Number is the ledger's number of the member, unique in the ledger.
	Number() int64

	// Joined returns how the batch was started, and reports whether another member started it.
	Joined() (by RunInfo, joined bool)

	// Claim gives the member a circuit of the batch, and reports false if another member has it.
	// It may be called again for a circuit that the member has. It fails with [ErrNotLocked] if
	// the batch does not have the circuit, and with [*TakenOverError].
	Claim(ctx context.Context, key batch.Key) (bool, error)

	// Release gives claimed circuits back to the batch; without keys, all that the member has.
	Release(ctx context.Context, keys ...batch.Key) error

	// Outcomes returns the finished steps of rows in this batch, in order; without rows, of all.
	// Rows without any are absent from the map.
	Outcomes(ctx context.Context, rows ...int) (map[int][]batch.Outcome, error)

	// State reads how far the batch has come. Rows and Results, which have to be counted, may
	// be a few seconds old in a large batch.
	State(ctx context.Context) (BatchState, error)

	// Stop stops the batch for all members, for the reason and the API's error code of [RunEnd].
	// The first call wins, and later ones do nothing.
	Stop(ctx context.Context, reason, code string) error

	// Report records the figures of this member so far, in place of those that it
	// reported before. Final says that it has nothing more to do for the batch.
	Report(ctx context.Context, f Figures, final bool) error

	// Conclude freezes how the batch ended, once. The first call after every living member has
	// given its final report wins: it sets Requests, Retries, Throttled and Slowed of end to
	// the sums that all members have reported, dead ones included, and fills in Ended, Stop,
	// StopCode and Results. Every later call returns the same, and every earlier one nil. The
	// caller makes sure that all rows have outcomes. Output, OutputSHA256 and Reports of end
	// are ignored: each member has its own, see End.
	Conclude(ctx context.Context, end RunEnd) (*RunEnd, error)

	// Leave releases all that the member has claimed. From then on it can claim nothing: it
	// waits for the others, or ends. If no other member is at work on the batch, Leave does
	// nothing and fails with [ErrLast].
	Leave(ctx context.Context) error

	// GiveBack gives a row in hand back to the batch: it records what an outcome says about the
	// circuit, as Finish does, but no outcome of the row, and releases the circuit.
	GiveBack(ctx context.Context, o batch.Outcome) error

	// End ends the member's part of the batch and releases its claims. It records where the
	// member wrote its own copy and reports, and its exit code; the rest of end belongs to the
	// batch, see Conclude. A member that leaves early ends without Conclude. A batch that all
	// members leave without it is dead. As for a Run, later calls fail with [ErrEnded].
	End(ctx context.Context, end RunEnd) error
}

// Term is something that all members of a batch must agree on: an option that changes results,
// a version.
type Term struct {
	Name  string `json:"name"`  // as the user knows it, such as --rate; unique
	Value string `json:"value"` // no secret, no personal data
}

// Difference is a term on which a process and a batch differ. A value is empty if that side
// does not have the term.
type Difference struct {
	Name   string
	Theirs string // of the batch
	Ours   string
}

// TermsError says that a batch was started with other terms, so this process cannot join it.
type TermsError struct {
	Run         string // the batch
	Host        string // of the member that started it
	Differences []Difference
}

// Error names the terms that differ, without their values.
func (e *TermsError) Error() string {
	var names []string
	for _, d := range e.Differences {
		names = append(names, d.Name)
	}
	return fmt.Sprintf("ledger: run %s (host %s) was started with other terms: %s", e.Run, e.Host, strings.Join(names, ", "))
}

// Differences compares the terms of a batch with one's own, in the batch's order.
func Differences(theirs, ours []Term) (list []Difference) {
	own := make(map[string]string, len(ours))
	for _, t := range ours {
		own[t.Name] = t.Value
	}
	known := make(map[string]bool, len(theirs))
	for _, t := range theirs {
		known[t.Name] = true
		if own[t.Name] != t.Value {
			list = append(list, Difference{t.Name, t.Value, own[t.Name]})
		}
	}
	for _, t := range ours {
		if !known[t.Name] && t.Value != "" {
			list = append(list, Difference{t.Name, "", t.Value})
		}
	}
	return list
}

// Figures are what one member did for a batch.
type Figures struct {
	Requests  int            `json:"requests"` // sent, retries included
	Retries   int            `json:"retries"`
	Throttled int            `json:"throttled"`
	Slowed    time.Duration  `json:"slowed"`             // spent below the requested rate
	Duration  time.Duration  `json:"duration"`           // of the engine's part
	Statuses  map[int]string `json:"statuses,omitempty"` // see [RunEnd]
	Moved     []int          `json:"moved,omitempty"`    // see [RunEnd]
	Waiting   bool           `json:"waiting,omitempty"`  // see [RunEnd]
}

// MemberSummary is a member of a batch as others see it.
type MemberSummary struct {
	Number       int64
	Host         string // for display
	PID          int
	Version      string
	Started      time.Time // when it joined, UTC
	Seen         time.Time // its last heartbeat, UTC
	Ended        time.Time // UTC; zero unless Status is Ended
	Status       Status    // Running, Ended, Died or, if its claims were given to others, TakenOver
	Leaving      bool      // it claims nothing more, see Member.Leave
	Starter      bool      // it started the batch
	Rows         int       // that it finished; 0 in a BatchState
	Claimed      int       // circuits that it has claimed now
	Figures      Figures
	Final        bool // its figures are final
	ExitCode     int
	Output       string            // its results copy; empty if it wrote none
	OutputSHA256 string            // hex
	Reports      map[string]string // hex SHA-256 by path
}

// BatchState is how far a batch has come.
type BatchState struct {
	Age      time.Duration        // since the batch was started
	Rows     int                  // that have an outcome, for at least one of their steps
	Results  map[sheet.Result]int // of these rows
	Stop     string               // why the batch stops early; empty if it does not
	StopCode string               // see [RunEnd]
	Members  []MemberSummary      // in the order in which they joined
	End      *RunEnd              // how it ended; nil until Conclude
}

// Alive counts the members that are at work on the batch.
func (s BatchState) Alive() (n int) {
	for _, m := range s.Members {
		if m.Status == Running && !m.Leaving {
			n++
		}
	}
	return n
}

// Copy returns the path and the SHA-256 of the run's results copy: of a batch, of the first that a
// member wrote. Both are empty if there is none.
func (r *RunSummary) Copy() (path, sum string) {
	if r.End != nil && r.End.Output != "" {
		return r.End.Output, r.End.OutputSHA256
	}
	for _, m := range r.Members {
		if m.Output != "" {
			return m.Output, m.OutputSHA256
		}
	}
	return "", ""
}

// Files returns the SHA-256 of each copy and report that the run's members wrote, by path.
func (r *RunSummary) Files() map[string]string {
	files := map[string]string{}
	if r.End != nil {
		maps.Copy(files, r.End.Reports)
		files[r.End.Output] = r.End.OutputSHA256
	}
	for _, m := range r.Members {
		maps.Copy(files, m.Reports)
		files[m.Output] = m.OutputSHA256
	}
	delete(files, "")
	return files
}
