package hosts

import (
	"cmp"
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
)

// The shortest and longest time between two readings of the batch's state, and how long a member goes
// on after its context has ended, or after the batch's time is up while the database is away.
const (
	beat      = time.Second
	leastBeat = 50 * time.Millisecond
	grace     = 2 * time.Second
	overtime  = 10 * time.Second
	patience  = 4 * time.Second
)

var (
	errStore = errors.New("hosts: the ledger cannot be shared by several hosts")
	errPlan  = errors.New("hosts: the plan of a row does not cover exactly one row")
)

// database is the ledger in which rows are handed out.
type database interface {
	Pool() *pgxpool.Pool
	Failure(error) error
	Skew() time.Duration
}

// member is this process at work on a batch. One goroutine, loop, owns the fields without a remark.
type member struct {
	options Options
	store   database
	ledger  ledger.Member // waits for the database
	waits   *persistent   // likewise
	jobs    *jobs
	driver  *riverpgxv5.Driver

	calls context.Context // of calls in flight: the caller's
	life  context.Context // of the database: it outlives calls by the grace period
	die   context.CancelCauseFunc

	going   context.Context // ends when no row may be taken any more; any goroutine may end it
	halt    context.CancelFunc
	drained atomic.Bool   // the caller wants the process to end
	decided chan struct{} // closed when it is known whether rows in hand are given back
	stopped cause         // then: why they are not, since the batch is stopped; zero if they are

	phase   phase
	cause   cause
	left    bool      // the ledger has let it leave, while others have the last rows in hand
	closed  time.Time // when it finished the rows that a stopped batch had not reached; zero if it did not
	missing time.Time // since when there are rows without a job, or the jobs do not know the batch; zero if neither is so
	last    ledger.BatchState
	counted progress

	engines engines
	river   chan struct{} // closed when River has stopped
	limits  limits
	parts   *parts  // of the run
	number  int     // of this part among them
	hand    hand    // safe for any goroutine, as what follows
	figures figures //
	rows    shown   //
	wake    chan struct{}
	failure atomic.Pointer[error]
}

// cause is why a member leaves the batch; its why is empty while it does not.
type cause struct {
	why   batch.StopReason
	code  string
	ahead time.Duration // as in [batch.Summary]
}

// run is the part of the member in its batch.
func (m *member) run(drain <-chan struct{}) (*Result, error) {
	defer m.die(nil)
	defer m.halt()
	m.setTimer(0)
	go func() {
		defer batch.Guard(m.fail)
		m.follow(drain)
	}()
	err := m.until(m.life, func() error { return m.jobs.prepare(m.life) })
	if err == nil {
		err = m.client()
	}
	if err == nil {
		err = m.until(m.life, func() error { return m.jobs.client.Start(context.WithoutCancel(m.calls)) })
	}
	if err != nil {
		close(m.engines.fed)
		close(m.river)
		return m.result(err)
	}
	m.start()
	return m.loop()
}

func newMember(ctx context.Context, o Options, store database) *member {
	m := &member{
		options: o, calls: ctx, store: store, driver: riverpgxv5.New(store.Pool()), jobs: &jobs{pool: store.Pool(), batch: o.Member.Info().ID},
		engines: engines{feeds: map[string]chan batch.Handed{}, fed: make(chan struct{})}, limits: limits{Limits: o.Engine.Limits},
		hand: hand{rows: map[int]bool{}}, figures: newFigures(), rows: shown{all: o.Rows, to: o.Engine.Observe},
		river: make(chan struct{}), decided: make(chan struct{}), wake: make(chan struct{}, 1),
	}
	if m.options.Log == nil {
		m.options.Log = quiet
	}
	m.life, m.die = context.WithCancelCause(context.WithoutCancel(ctx))
	m.going, m.halt = context.WithCancel(m.life)
	m.waits = Persist(m.life, o.Member, nil).(*persistent).during(m.life)
	m.ledger = m.waits
	for _, region := range o.Regions {
		m.engines.feeds[region] = make(chan batch.Handed)
		m.jobs.queues = append(m.jobs.queues, queueOf(m.jobs.batch, region))
	}
	return m
}

// follow stops the member when it is drained or its context ends.
func (m *member) follow(drain <-chan struct{}) {
	select {
	case <-drain:
		m.drained.Store(true)
		m.halt()
		m.wakeUp()
		go func() {
			defer batch.Guard(m.fail)
			m.giveUp(patience)
		}()
	case <-m.calls.Done():
	case <-m.life.Done():
		return
	}
	select {
	case <-m.calls.Done():
	case <-m.life.Done():
		return
	}
	m.drained.Store(true)
	m.halt()
	m.wakeUp()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-timer.C:
		m.die(context.Cause(m.calls))
	case <-m.life.Done():
	}
}

// loop follows the batch until the member's part in it has ended.
func (m *member) loop() (*Result, error) {
	for {
		began := time.Now()
		state, err := m.ledger.State(m.life)
		if err == nil {
			m.last = state
			m.rows.ended.Store(int64(state.Rows))
			err = m.until(m.life, func() (err error) {
				m.counted, err = m.jobs.progress(m.life)
				return err
			})
		}
		over := false
		if err == nil {
			m.parts.note(m)
			if m.options.Progress != nil {
				m.options.Progress(state)
			}
			over, err = m.step()
		}
		if err = cmp.Or(err, m.failed()); err != nil || over {
			return m.result(err)
		}
		m.pause(began)
	}
}

// pause waits until the batch's state is due to be read again.
func (m *member) pause(began time.Time) {
	timer := time.NewTimer(beat)
	defer timer.Stop()
	select {
	case <-timer.C:
		return
	case <-m.wake:
	case <-m.life.Done():
		return
	}
	if rest := leastBeat - time.Since(began); rest > 0 {
		timer.Reset(rest)
		select {
		case <-timer.C:
		case <-m.life.Done():
		}
	}
}

// result is what Run returns. If there is an error, rows in hand are left to others.
func (m *member) result(err error) (*Result, error) {
	m.halt()
	if err != nil {
		m.die(err)
	}
	select {
	case <-m.decided:
	default:
		close(m.decided)
	}
	<-m.engines.fed
	<-m.river
	var lost error
	switch {
	case err == nil || errors.As(err, new(*ledger.TakenOverError)) || errors.As(err, new(*batch.PanicError)):
	case m.calls.Err() != nil: // the caller wanted it so
		m.cause.why, err = batch.StopInterrupted, nil
	case away(m.reason(err)) && m.drained.Load():
		m.cause.why, lost, err = batch.StopInterrupted, err, nil
	case away(m.reason(err)) && m.limits.late.Load():
		m.cause.why, lost, err = batch.StopDuration, err, nil
	}
	r := &Result{Lost: lost, State: m.last, Complete: m.last.End != nil, Stop: m.cause.why, StopCode: m.cause.code, Ahead: m.cause.ahead, Figures: m.figures.report(), Problems: m.figures.problems}
	if r.Complete {
		r.Stop, r.StopCode = "", ""
	}
	if m.engines.opened != nil {
		r.NoSurvey = m.engines.opened.NoSurvey
	}
	return r, m.reason(err)
}

// reason is why the member ended with an error: the first error, from which the others follow.
func (m *member) reason(err error) error {
	if err == nil {
		return nil
	}
	if cause := context.Cause(m.life); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// fail ends the member with an error.
func (m *member) fail(err error) {
	m.failure.CompareAndSwap(nil, &err)
	m.wakeUp()
}

func (m *member) failed() error {
	if err := m.failure.Load(); err != nil {
		return *err
	}
	return nil
}

// wakeUp makes the loop read the batch's state soon.
func (m *member) wakeUp() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// until repeats what reads or writes the tables of the hand-out until the database answers. If a failover has lost
// the tables, they are made once more, unless it has lost the run as well.
func (m *member) until(ctx context.Context, f func() error) error {
	err := m.answered(ctx, f)
	if failed, ok := errors.AsType[*ledger.Error](err); !ok || failed.Kind != ledger.Corrupt {
		return err
	}
	if _, err := m.ledger.State(ctx); err != nil {
		return err
	}
	if err := m.answered(ctx, func() error { return m.jobs.prepare(ctx) }); err != nil {
		return err
	}
	return m.answered(ctx, f)
}

// answered repeats what reads or writes those tables until the database answers.
func (m *member) answered(ctx context.Context, f func() error) error {
	return m.waits.until(ctx, func() error { return m.store.Failure(f()) })
}
