package ledger

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// Scope keeps submissions apart that go to different services.
type Scope string

// The scopes. A service at another address has a scope of its own: see [EndpointScope].
const (
	Real      Scope = "real"      // the VPC API at its own address
	Simulated Scope = "simulated" // the embedded simulator
)

// EndpointScope is the scope of a service at an address of the user's choice.
func EndpointScope(url string) Scope { return Scope("endpoint:" + url) }

// RunInfo is what is known of a run when it starts.
type RunInfo struct {
	ID          string          // unique in the ledger
	Scope       Scope           //
	Command     string          // submit, status, …
	Input       string          // path as it was given
	InputSHA256 string          // hex
	Output      string          // path of the results copy to be written; may be empty
	Account     string          // account ID; may be empty
	Host        string          // for people; empty means this machine's name
	PID         int             // 0 means this process
	Started     time.Time       // UTC; zero means now
	Version     string          // of the program
	Options     json.RawMessage // whatever else is needed to render the run again; no personal data, no secret
}

// RunEnd is how a run ended.
type RunEnd struct {
	Ended     time.Time            `json:"-"` // UTC; zero means now
	ExitCode  int                  `json:"exit_code"`
	Output    string               `json:"output"`    // where the results copy was written; empty when none was
	Stop      string               `json:"stop"`      // why it stopped before its end; empty when it did not
	StopCode  string               `json:"stop_code"` // the API's error code that stopped it
	Requests  int                  `json:"requests"`  // sent, retries included
	Retries   int                  `json:"retries"`   //
	Throttled int                  `json:"throttled"` //
	Slowed    time.Duration        `json:"slowed"`    // spent below the asked rate
	Duration  time.Duration        `json:"duration"`  // of the engine's part
	Results   map[sheet.Result]int `json:"results"`   // counts, filled in by End
}

// Run is a run in progress. It implements [batch.Ledger].
type Run struct {
	store   *Store
	seq     int64
	info    RunInfo
	held    map[batch.Key]struct{}
	halt    chan struct{}
	beating sync.WaitGroup
	ending  sync.Once

	mu    sync.RWMutex
	ended bool
}

var _ batch.Ledger = (*Run)(nil)

// Info gives what the run was started with, defaults filled in.
func (r *Run) Info() RunInfo { return r.info }

// Past tells what is known of circuits from all runs of this run's scope.
func (r *Run) Past(ctx context.Context, keys []batch.Key) (map[batch.Key]batch.Record, error) {
	return r.store.Past(ctx, r.info.Scope, keys)
}

// Begin records an application durably before it is sent. It fails with ErrNotLocked
// for a circuit that the run was not started with, with *TakenOverError when another
// run took this one for dead, and with *Error when the ledger cannot be written.
func (r *Run) Begin(ctx context.Context, a batch.Application) error {
	if _, ok := r.held[a.Key]; !ok {
		return ErrNotLocked
	}
	now := time.Now()
	return r.write(ctx, r.store.writer.do, func(t *transaction) error {
		if err := t.holds(r.seq); err != nil {
			return err
		}
		return t.beginApplication(r.seq, string(r.info.Scope), a, now)
	})
}

// Finish records what came of a row, whether it was begun or not. What a run that was
// taken over has still learnt is recorded too.
func (r *Run) Finish(ctx context.Context, o batch.Outcome) error {
	_, held := r.held[o.Key]
	now := time.Now()
	return r.write(ctx, r.store.writer.doPatiently, func(t *transaction) error {
		return t.finishApplication(r.seq, string(r.info.Scope), o, held, now)
	})
}

func (r *Run) write(ctx context.Context, do func(context.Context, func(*transaction) error) error, apply func(*transaction) error) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.ended {
		return ErrEnded
	}
	return r.store.wrap("write", do(ctx, apply))
}

// holds refuses when the run has lost its locks. It asks once, and again when others
// have written.
func (t *transaction) holds(run int64) error {
	if err, ok := t.known.fenced[run]; ok {
		return err
	}
	var id, by string
	var ended int64
	if err := t.fence.QueryRow(run).Scan(&id, &by, &ended); err != nil {
		return err
	}
	var err error
	switch {
	case by != "":
		err = refusal{&TakenOverError{RunID: id, By: by}}
	case ended != 0:
		err = refusal{ErrEnded}
	}
	t.known.fenced[run] = err
	return err
}

// End records how the run ended and gives its locks back. Calls that are under way
// are awaited; later ones fail with ErrEnded.
func (r *Run) End(ctx context.Context, end RunEnd) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return ErrEnded
	}
	if end.Ended.IsZero() {
		end.Ended = time.Now().UTC()
	}
	err := r.store.writer.do(ctx, func(t *transaction) error { return t.endRun(r.seq, end) })
	if err == nil {
		r.ended = true
		r.stopBeating()
	}
	return r.store.wrap("write", err)
}

// endRun writes the run's end with the counts of its results.
func (t *transaction) endRun(run int64, end RunEnd) error {
	delete(t.known.fenced, run)
	ctx := context.Background()
	results, err := countResults(ctx, t.conn, run)
	if err != nil {
		return err
	}
	end.Results = results
	final, err := json.Marshal(end)
	if err != nil {
		return err
	}
	if _, err := t.conn.ExecContext(ctx, "UPDATE runs SET ended = ?, final = ? WHERE seq = ?", end.Ended.UnixNano(), string(final), run); err != nil {
		return err
	}
	_, err = t.conn.ExecContext(ctx, "DELETE FROM locks WHERE run = ?", run)
	return err
}
