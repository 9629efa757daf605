package hosts

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

// River's settings. Its rescue and its timeout are backstops: rows end by the engine's own rules,
// and the ledger's heartbeat is the lease. A job that runs out of attempts would be lost, and a failed one is due
// at once.
const (
	maxAttempts  = 1000
	jobTimeout   = 10 * time.Minute
	rescueAfter  = 11 * time.Minute
	fetchPause   = 50 * time.Millisecond
	pollInterval = time.Second

	claimedDelay = time.Second     // before a job is taken again if another member has its circuit
	inHandDelay  = 5 * time.Second // or if this member has its row in hand, since River did not wait for it
)

// ahead is how many rows a member has in hand for each call that it may make: some wait for an
// answer or the end of a pause while the next are read.
const ahead = 2

// atOnce retries at once, by the database's clock: the row itself has not failed.
type atOnce struct{ database }

// NextRetry implements [river.ClientRetryPolicy].
func (a atOnce) NextRetry(*rivertype.JobRow) time.Time { return time.Now().Add(a.Skew()) }

// never is the schedule of maintenance that the database does by itself.
type never struct{}

// Next implements [river.PeriodicSchedule].
func (never) Next(t time.Time) time.Time { return t.AddDate(100, 0, 0) }

// quiet is River's log: the member itself reports an outage, once.
var quiet = slog.New(slog.DiscardHandler)

// worker works on jobs.
type worker struct {
	river.WorkerDefaults[rowJob]
	member *member
}

// Work implements [river.Worker]. It never returns an error, and returns only once the database
// has the result of the job, or the member has to end without it.
func (w *worker) Work(_ context.Context, job *river.Job[rowJob]) error {
	defer batch.Guard(w.member.fail)
	w.member.work(job)
	return nil
}

// handedBack is what the engine says about a row: its outcome, or what that would have been.
type handedBack struct {
	outcome batch.Outcome
	done    bool // the ledger has it
}

// work has a row sent, and ends its job.
func (m *member) work(job *river.Job[rowJob]) {
	ctx, row := m.life, job.Args.Row
	if !m.hand.take(row) {
		m.putBack(job, inHandDelay)
		return
	}
	defer m.drop(row)
	shown, fate, err := m.send(ctx, job.Args)
	switch {
	case err != nil:
		m.fail(err)
	case fate == finished:
		m.end(job, shown)
		return
	case fate == claimed:
		m.putBack(job, claimedDelay)
		return
	case fate == overtaken:
		m.returnRow(job)
		return
	}
	<-m.decided
	if fate == notReached && m.stopped.why != "" {
		if shown.Reason == batch.ReasonInterrupted { // all that the engine knows
			shown.Reason, shown.ErrorCode = m.stopped.why.Reason(), cmp.Or(shown.ErrorCode, m.stopped.code)
		}
		if err := m.ledger.Finish(ctx, shown); err != nil {
			m.fail(err)
			return
		}
		m.end(job, shown)
		return
	}
	if fate == notReached {
		_ = m.ledger.GiveBack(ctx, shown) // if this fails, a lookup tells whether it was sent
	}
	m.returnRow(job)
}

// fate is what happened to a row in hand.
type fate uint8

const (
	untouched  fate = iota // nothing was done, or what was done is not known
	claimed                // by another member
	overtaken              // the ledger has a different state by now, so it is taken up again
	notReached             // the engine stopped first
	finished               // it has its outcome
)

// send has a row sent by the engine.
func (m *member) send(ctx context.Context, job rowJob) (shown batch.Outcome, f fate, err error) {
	if m.going.Err() != nil {
		return shown, untouched, nil
	}
	ok, err := m.ledger.Claim(ctx, job.key())
	switch {
	case err != nil && m.going.Err() != nil: // it has left the batch
		return shown, untouched, nil
	case err != nil || !ok:
		return shown, claimed, err
	}
	plan, err := m.planRow(ctx, job.Row)
	if err != nil {
		return shown, untouched, err
	}
	// After the plan: a member that was found dead may finish the row in the meantime, and the
	// plan would take that for an earlier run's.
	steps, err := m.ledger.Outcomes(ctx, job.Row)
	done := steps[job.Row]
	switch {
	case err != nil:
		return shown, untouched, err
	case len(plan.Applications) == 1 && !plan.Applications[0].Finished(done):
		return m.feed(job, &plan.Applications[0])
	case len(done) > 0:
		return batch.ShownOf(done), finished, nil
	case len(plan.Settled) == 1:
		return plan.Settled[0], finished, m.ledger.Finish(ctx, plan.Settled[0])
	}
	return shown, untouched, errPlan
}

// feed hands a row to the engine and waits for its result.
func (m *member) feed(job rowJob, a *batch.Application) (batch.Outcome, fate, error) {
	back := make(chan handedBack, 1)
	row := batch.Handed{
		Application: *a, State: job.state(),
		Done: func(o batch.Outcome, p *sheet.Problem) {
			m.figures.found(p)
			back <- handedBack{o, true}
		},
		Back: func(o batch.Outcome) { back <- handedBack{o, false} },
	}
	select {
	case m.engines.feeds[job.Region] <- row:
	case <-m.going.Done():
		return batch.Outcome{}, untouched, nil
	case <-m.engines.fed:
		return batch.Outcome{}, untouched, nil
	}
	var b handedBack
	select {
	case b = <-back:
	case <-m.engines.fed:
		select {
		case b = <-back:
		default: // a panic lost it
			return batch.Outcome{}, untouched, nil
		}
	}
	if b.done {
		return b.outcome, finished, nil
	}
	if b.outcome.Row == 0 {
		return b.outcome, overtaken, nil
	}
	return b.outcome, notReached, nil
}

// rowLedger makes the engine hand back a row that another member, found dead, has finished after
// all, and one whose claim was lost in a failover of the database.
type rowLedger struct{ ledger.Member }

// Begin implements [batch.Ledger].
func (l rowLedger) Begin(ctx context.Context, a batch.Application) error {
	err := l.Member.Begin(ctx, a)
	if errors.Is(err, ledger.ErrFinished) || errors.Is(err, ledger.ErrNotLocked) {
		return batch.ErrEndedElsewhere
	}
	return err
}

// end completes a job and gives its circuit back to the batch.
func (m *member) end(job *river.Job[rowJob], o batch.Outcome) {
	if err := m.until(m.life, func() error { return m.jobs.complete(m.life, job.ID, job.Args.Row, o) }); err != nil {
		m.fail(err)
		return
	}
	if err := m.ledger.Release(m.life, job.Args.key()); err != nil {
		m.fail(err)
	}
}

// returnRow gives a row back, to be taken at once.
func (m *member) returnRow(job *river.Job[rowJob]) {
	_ = m.ledger.Release(m.life, job.Args.key()) // if this fails, it is released when the member ends
	m.putBack(job, 0)
}

// putBack gives a job back. If that fails, others do it once this member has ended.
func (m *member) putBack(job *river.Job[rowJob], delay time.Duration) {
	if err := m.until(m.life, func() error { return m.jobs.putBack(m.life, job.ID, job.Args.Row, delay) }); err != nil {
		m.fail(err)
	}
}

// drop notes that a row is not in hand any more.
func (m *member) drop(row int) {
	if m.hand.drop(row) == 0 || m.limits.Canary > 0 {
		m.wakeUp()
	}
}

// hand is the rows in hand.
type hand struct {
	mu   sync.Mutex
	rows map[int]bool
}

// take adds a row, and reports false if it already was in hand.
func (h *hand) take(row int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.rows[row] {
		return false
	}
	h.rows[row] = true
	return true
}

// drop removes a row, and returns how many are left.
func (h *hand) drop(row int) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.rows, row)
	return len(h.rows)
}

func (h *hand) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.rows)
}

func (h *hand) list() []int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.AppendSeq(make([]int, 0, len(h.rows)), maps.Keys(h.rows))
}

// client makes the River client that works on the batch's jobs.
func (m *member) client() (err error) {
	queues := map[string]river.QueueConfig{}
	for _, region := range m.options.Regions {
		queues[queueOf(m.jobs.batch, region)] = river.QueueConfig{MaxWorkers: ahead * m.options.Engine.CallsAtOnce()}
	}
	// River compares what the database's clock said when a job was taken with this host's clock. One that is ahead would
	// rescue all jobs in progress again and again.
	rescue := rescueAfter + max(0, -m.store.Skew())
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{member: m})
	m.jobs.client, err = river.NewClient(m.driver, &river.Config{
		ID: clientOf(m.ledger.Number()), Schema: schema, Queues: queues, Workers: workers, Logger: quiet,
		MaxAttempts: maxAttempts, RetryPolicy: atOnce{m.store}, JobTimeout: jobTimeout, RescueStuckJobsAfter: rescue,
		FetchCooldown: fetchPause, FetchPollInterval: pollInterval, ReindexerSchedule: never{},
		CompletedJobRetentionPeriod: -1, CancelledJobRetentionPeriod: -1, DiscardedJobRetentionPeriod: -1, // the batch removes them
	})
	return err
}
