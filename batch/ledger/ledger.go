// Package ledger defines the ledger: the durable record of what was sent and how it was
// answered. Thanks to it, no circuit is applied for twice, and a killed run can be
// continued.
//
// The package contains what all ledgers have in common, and no database:
//
//   - [Store] and [Run] are the interfaces; their comments are the contract. [Shared] and
//     [Member] extend them for a ledger that several hosts use at once.
//   - [State] is the state machine of one circuit: how each event changes what is known, above
//     all which application is open, since no other may be begun meanwhile.
//   - [Error] and the other errors are what callers act on.
//   - What is stored (stored.go) is the same in every backend: a backend reads and writes it.
//   - ledgertest is the contract as a test suite, which every backend runs.
//
// A backend records four things: runs, the rows of each run, the state of each
// circuit, which follows from the rows by the rules of State, and the observed states of each
// circuit's [LOA]. A row that takes several steps has a record of each, and its circuit a state
// for each place. A run's results copy can be written again from its rows.
//
// A run locks its circuits when it starts. The locks of a holder that has died are taken
// over. If that holder turns out to be alive after all, its next Begin fails with
// [*TakenOverError], so it sends nothing more.
//
// A ledger also keeps the quotas of all its users ([quota.Keeper]).
//
// A scope (scope.go) separates submissions to different services and accounts: a simulated
// submission never counts as a real one, or vice versa.
//
// A ledger holds no personal data: no person's name, certificate number or contact. Of the
// content that was sent it keeps only a hash.
package ledger

import (
	"context"
	"encoding/json"
	"os"
	"sync"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

// Store is an open ledger. It is safe for concurrent use, and any number of processes may have
// the same ledger open. A failure of the ledger itself is an [*Error].
type Store interface {
	// Start records a new run and locks its circuits for it, atomically. If another
	// live run of the same scope holds one of them, Start fails with [*LockedError]; the
	// locks of a dead run are taken over. It fails with [ErrRunExists] if the ID is in
	// use. Without keys the run locks nothing and may begin nothing.
	Start(ctx context.Context, info RunInfo, keys []batch.Key) (Run, error)

	// Past returns what is known of circuits at a place, from all runs of a scope, and in
	// every region. Circuits that the ledger does not know are absent from the map. Past
	// takes no lock: a run that sends must ask after Start.
	//
	// If the run that left an application open was killed before it recorded its last attempt,
	// the record has an upper bound: when the run was certainly dead.
	Past(ctx context.Context, scope Scope, place batch.Place, keys []batch.Key) (map[batch.Key]batch.Record, error)

	// Scopes lists the scopes in which anything is known of any circuit, sorted.
	Scopes(ctx context.Context) ([]Scope, error)

	// Runs lists the runs of all scopes, the latest first; limit 0 or below means all.
	Runs(ctx context.Context, limit int) ([]RunSummary, error)

	// Run reads one run with its rows. A row that was begun but never finished is
	// UNKNOWN; rows that a killed run never reached are absent. Run fails with [ErrNoRun]
	// if the ID is unknown.
	Run(ctx context.Context, id string) (*PastRun, error)

	// Circuit lists everything that happened to a circuit, in all scopes and regions, the
	// earliest first, with each step of a row.
	Circuit(ctx context.Context, instanceID string) ([]Event, error)

	// LOABook remembers the observed states of LOAs.
	LOABook

	// Prune deletes the rows of the runs that started before a time, unless they are in
	// progress or have left an application open, and gives the space back unless a run is
	// in progress. What Past and [Seen] return stays the same, and so do the runs and their
	// counts, the LOAs and the quotas. A Prune that failed may be repeated.
	//
	// If there are any rows to delete, confirm is called with their number and runs first,
	// unless it is nil; if it returns an error, Prune deletes nothing and returns it.
	Prune(ctx context.Context, before time.Time, confirm func(Pruned) error) (Pruned, error)

	// Check reads the whole ledger for damage and commits once to prove that it can be
	// written.
	Check(ctx context.Context) (Health, error)

	// InUse lists the quotas of a scope in which requests count now, given their rate, sorted
	// by region and API. It takes nothing.
	InUse(ctx context.Context, scope Scope, rate quota.Rate) ([]quota.InUse, error)

	// Take serves the quotas of all processes that have the ledger open. Its scope is that of
	// the runs that use the quota. A take is not lost when its process is killed.
	quota.Keeper

	// Close finishes the writes in progress and closes the ledger; later writes fail with
	// [ErrClosed]. Runs that have not ended are dead from then on: the next run may take
	// over their circuits.
	Close() error
}

// Run is a run in progress. It is safe for concurrent use.
type Run interface {
	// Ledger is what the engine needs. Past covers all runs of this run's scope.
	//
	// Begin fails with [ErrNotLocked] if the run was not started with the circuit, with
	// [*batch.OpenTokenError] while another token of it is open, with [*TakenOverError] if
	// another run has taken over this one, with [ErrEnded] after End, and with [*Error] if the
	// ledger cannot be written. If its context ends first, nothing is written.
	//
	// Finish accepts rows that were never begun. It also accepts outcomes from a run that was
	// taken over; [State.Finish] decides how they count.
	batch.Ledger

	// Info returns what the run was started with, with defaults filled in.
	Info() RunInfo

	// End records how the run ended and releases its locks. It waits for calls in
	// progress; later ones fail with [ErrEnded]. An End that failed may be repeated.
	End(ctx context.Context, end RunEnd) error
}

// Lifetime has the calls of a run or member fail once it has ended, as [Run.End] says.
type Lifetime struct {
	mu    sync.RWMutex
	ended bool
}

// During makes a call unless the run has ended.
func (l *Lifetime) During(call func() error) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.ended {
		return ErrEnded
	}
	return call()
}

// End makes the call that ends the run, once those in progress have returned.
func (l *Lifetime) End(call func() error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return ErrEnded
	}
	err := call()
	l.ended = err == nil
	return err
}

// RunInfo is what is known of a run when it starts.
type RunInfo struct {
	ID          string          // unique in the ledger
	Scope       Scope           //
	Command     string          // submit, status, …
	Input       string          // path as given
	InputSHA256 string          // hex
	Output      string          // path of the results copy to be written; may be empty
	Account     string          // account ID; may be empty
	Host        string          // for display; empty means this machine's name
	PID         int             // 0 means this process
	Started     time.Time       // UTC; zero means now
	Version     string          // of the program
	Options     json.RawMessage // whatever else is needed to render the run again; no personal data, no secret
}

// WithDefaults fills in Host, PID and Started where they are zero.
func (i RunInfo) WithDefaults() RunInfo {
	if i.Host == "" {
		i.Host, _ = os.Hostname()
	}
	if i.PID == 0 {
		i.PID = os.Getpid()
	}
	if i.Started.IsZero() {
		i.Started = time.Now()
	}
	i.Started = i.Started.UTC()
	return i
}

// RunEnd is how a run ended.
type RunEnd struct {
	Ended        time.Time            `json:"-"` // UTC; zero means now
	ExitCode     int                  `json:"exit_code"`
	Output       string               `json:"output"`        // path of the results copy; empty if none was written
	OutputSHA256 string               `json:"output_sha256"` // hex, of the results copy as it was written
	Reports      map[string]string    `json:"reports"`       // hex SHA-256 of each report file as it was written, by path
	Stop         string               `json:"stop"`          // why it stopped early; empty if it did not
	StopCode     string               `json:"stop_code"`     // the API's error code that stopped it
	Requests     int                  `json:"requests"`      // sent, retries included
	Retries      int                  `json:"retries"`       //
	Throttled    int                  `json:"throttled"`     //
	Slowed       time.Duration        `json:"slowed"`        // time spent below the requested rate
	Duration     time.Duration        `json:"duration"`      // of the engine's part
	Results      map[sheet.Result]int `json:"results"`       // counts, filled in by End

	Parts   []PartEnd     `json:"parts,omitempty"`    // of a run over several accounts: how each part ended
	Ahead   time.Duration `json:"ahead,omitempty"`    // how far this machine's clock is ahead, if that stopped the run
	Filed   string        `json:"filed,omitempty"`    // where the workbook was to be moved after the run; empty if nowhere
	LeftOut []LeftOut     `json:"left_out,omitempty"` // what --only left out, in the order of the rows
	Moved   []int         `json:"moved,omitempty"`    // rows whose changed region did not hold them back, since its severity is below error
	Changed []Changed     `json:"changed,omitempty"`  // rows that were changed after they were accepted, in sheet order

	Waiting bool `json:"waiting,omitempty"` // rows are waiting for somebody, and a later run may take them further

	Statuses map[int]string `json:"statuses,omitempty"` // of the circuits whose status the API rejected, by row
}

// WithDefaults fills in what Ended means when it is zero.
func (e RunEnd) WithDefaults() RunEnd {
	if e.Ended.IsZero() {
		e.Ended = time.Now().UTC()
	}
	return e
}

// WithoutRows is what stays known of a run whose rows are deleted.
func (e RunEnd) WithoutRows() RunEnd {
	e.LeftOut, e.Moved = nil, nil
	return e
}

// Changed is a row that was changed after its application was accepted.
type Changed struct {
	Row     int      `json:"row"`
	Run     string   `json:"run"`               // that accepted it
	File    string   `json:"file,omitempty"`    // that contains what was sent; empty if none was found
	Cells   []string `json:"cells,omitempty"`   // that differ from it
	Removed []string `json:"removed,omitempty"` // the cells there of engineers who have been removed
}

// PartEnd is how one account's part of a run ended.
type PartEnd struct {
	Stop     string `json:"stop"`
	StopCode string `json:"stop_code"`
}

// LeftOut is a series of consecutive rows that were left out, and the last result that they
// all had before.
type LeftOut struct {
	First   int          `json:"first"`
	Last    int          `json:"last"`
	Earlier sheet.Result `json:"earlier"`
}

// Status is the state of a run.
type Status string

// The states of a run.
const (
	Running   Status = "running"    // its process is alive, as far as is known
	Ended     Status = "ended"      // it recorded how it ended
	Died      Status = "died"       // its process is gone without recording how it ended
	TakenOver Status = "taken-over" // it was presumed dead, and another run took over
)

// RunSummary is one line of the history.
type RunSummary struct {
	RunInfo
	Status  Status
	TakenBy string               // the run that took over, if Status is TakenOver
	End     *RunEnd              // nil unless Status is Ended
	Results map[sheet.Result]int // counts of the rows finished so far
	Pruned  time.Time            // when its rows were deleted, UTC; zero if they were not
	Members []MemberSummary      // of a batch ([Shared]), in the order in which they joined; nil for any other run
}

// PastRun is a run with everything that it recorded. With the input, this is enough to write
// the results copy again.
type PastRun struct {
	RunSummary
	Rows []batch.Outcome // by sheet row: of each, the step that it shows
}

// Event is what one run did with one circuit.
type Event struct {
	RunID    string
	Scope    Scope
	Command  string
	Hash     string    // of the content that was begun; empty if nothing was
	Begun    time.Time // UTC; zero if the row was never begun
	Finished time.Time // UTC; zero if it was never finished
	Outcome  batch.Outcome
}

// Seen reports whether the last run over a circuit in a scope found it to have an LOA, given the
// circuit's events. There is no other record of an LOA that was not applied for here.
func Seen(events []Event, scope Scope, key batch.Key) (seen bool) {
	for _, e := range events {
		if e.Scope == scope && e.Outcome.Key == key && e.Outcome.Result != sheet.Skipped && !e.Outcome.Operation.FollowsUp() {
			seen = e.Outcome.Result == sheet.Already
		}
	}
	return seen
}

// Pruned is what [Store.Prune] did.
type Pruned struct {
	Runs                  []string // IDs of those whose rows were deleted, the earliest first
	Rows                  int      // deleted
	SizeBefore, SizeAfter int64    // of the ledger, in bytes
	Running               bool     // a run was in progress, so the space was not given back
}

// Health is what [Store.Check] found.
type Health struct {
	Path   string        // of the ledger
	Size   int64         // in bytes
	Schema int           // version
	Runs   int           // recorded
	Open   int           // applications that are begun but not settled, in all scopes
	Locked int           // circuits that runs hold now, dead runs included
	Commit time.Duration // how long one durable commit took

	// Network names the file system if it is a network file system, on which a ledger in a file
	// is safe only while a single machine uses it. It is empty for any other, or if not known.
	Network string
}
