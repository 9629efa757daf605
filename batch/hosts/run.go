package hosts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
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

// missingFor is how long rows must have had no job before they are handed out again.
const missingFor = 5 * time.Second

var (
	errStore = errors.New("hosts: the ledger cannot be shared by several hosts")
	errPlan  = errors.New("hosts: the plan of a row does not cover exactly one row")
)

// database is the ledger in which rows are handed out.
type database interface {
	Pool() *pgxpool.Pool
	Failure(error) error
}

// phase is how far a member has come.
type phase uint8

const (
	working  phase = iota
	leaving        // the batch goes on without it
	stopping       // the batch does not go on
	ending         // all rows have outcomes
)

// member is this process at work on a batch. The goroutine of loop owns the fields that are not
// marked otherwise.
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
	drained atomic.Bool // the caller wants the process to end
	late    atomic.Bool // the time of the batch is up
	tooMany atomic.Bool // this member alone has reached MaxFailures

	feeds   map[string]chan batch.Handed
	fed     chan struct{} // closed when the engine has returned
	feeding opening       // then: its result
	river   chan struct{} // closed when River has stopped
	opening chan opening  // receives when the opening has ended; nil while there is none
	opened  *batch.Summary

	phase    phase
	decided  chan struct{} // closed when it is known whether rows in hand are given back
	stopped  atomic.Bool   // then: they are not, since the batch is stopped
	why      batch.StopReason
	code     string
	ahead    time.Duration
	timer    *time.Timer // of MaxDuration; nil if there is none
	timed    bool        // it is set by the age of the batch
	left     bool        // the ledger has let it leave while others have the last rows in hand
	closed   time.Time   // when it finished the rows that a stopped batch had not reached; zero if it did not
	missing  time.Time   // since when there are rows without a job; zero if there are none
	started  time.Time
	reported time.Time
	last     ledger.BatchState
	counted  progress

	wake chan struct{}
	rows atomic.Int64 // that have ended, as far as known

	ownFailed atomic.Int64 // rows that failed here

	mu        sync.Mutex // guards the fields below
	failure   error
	inHand    map[int]bool
	problems  []sheet.Problem
	figures   ledger.Figures
	observing sync.Mutex
}

// Run works on a batch until it has ended or this member leaves it. When drain is closed, the
// member takes no more rows, finishes what is in flight, gives back the rest, and leaves; when ctx ends, it
// abandons what is in flight. The caller ends the member in the ledger afterwards, by
// [ledger.Member.End].
//
// An error means that the ledger failed, that others found this member dead (a
// [*ledger.TakenOverError]), or that something panicked (a [*batch.PanicError]). The result is
// returned even then, as far as it is known.
func Run(ctx context.Context, drain <-chan struct{}, o Options) (*Result, error) {
	store, ok := o.Store.(database)
	if !ok {
		return &Result{}, errStore
	}
	m := newMember(ctx, o, store)
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
		err = m.until(m.life, func() error { return m.jobs.client.Start(context.WithoutCancel(ctx)) })
	}
	if err != nil {
		return &Result{}, m.reason(err)
	}
	m.start()
	return m.loop()
}

func newMember(ctx context.Context, o Options, store database) *member {
	m := &member{
		options: o, calls: ctx, feeds: map[string]chan batch.Handed{}, inHand: map[int]bool{}, started: time.Now(), reported: time.Now(),
		fed: make(chan struct{}), river: make(chan struct{}), decided: make(chan struct{}), wake: make(chan struct{}, 1),
		driver: riverpgxv5.New(store.Pool()), store: store, jobs: &jobs{pool: store.Pool(), batch: o.Member.Info().ID},
	}
	m.figures.Statuses = map[int]string{}
	if m.options.Log == nil {
		m.options.Log = quiet
	}
	m.life, m.die = context.WithCancelCause(context.WithoutCancel(ctx))
	m.going, m.halt = context.WithCancel(m.life)
	m.waits = Persist(m.life, o.Member, nil).(*persistent).during(m.life)
	m.ledger = m.waits
	for _, region := range o.Regions {
		m.feeds[region] = make(chan batch.Handed)
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

// start starts the engine, and the goroutine that stops River when it is time.
func (m *member) start() {
	e := m.counts()
	e.Ledger, e.Offer, e.Canary, e.MaxFailures, e.MaxDuration, e.Observe = rowLedger{m.ledger}, nil, 0, batch.Limit{}, 0, m.observe
	e.Feed = map[string]<-chan batch.Handed{}
	for region, rows := range m.feeds {
		e.Feed[region] = rows
	}
	go func() {
		defer m.wakeUp()
		defer close(m.fed)
		defer batch.Guard(func(err error) { m.feeding.err = err })
		m.feeding.summary, m.feeding.err = e.Run(m.calls, m.going.Done(), &batch.Plan{})
		m.halt()
	}()
	go func() {
		defer m.wakeUp()
		defer close(m.river)
		defer batch.Guard(m.fail)
		<-m.going.Done()
		if m.jobs.client.Stop(m.life) != nil {
			ctx, cancel := context.WithTimeout(context.Background(), grace)
			defer cancel()
			_ = m.jobs.client.StopAndCancel(ctx)
		}
	}()
}

// loop follows the batch until the member's part in it has ended.
func (m *member) loop() (*Result, error) {
	for {
		began := time.Now()
		state, err := m.ledger.State(m.life)
		if err == nil {
			m.last = state
			m.rows.Store(int64(state.Rows))
			err = m.until(m.life, func() (err error) {
				m.counted, err = m.jobs.progress(m.life)
				return err
			})
		}
		over := false
		if err == nil {
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
	<-m.fed
	<-m.river
	var lost error
	switch {
	case err == nil || errors.As(err, new(*ledger.TakenOverError)) || errors.As(err, new(*batch.PanicError)):
	case m.calls.Err() != nil: // the caller asked for it
		m.why, err = batch.StopInterrupted, nil
	case away(m.reason(err)) && m.drained.Load():
		m.why, lost, err = batch.StopInterrupted, err, nil
	case away(m.reason(err)) && m.late.Load():
		m.why, lost, err = batch.StopDuration, err, nil
	}
	r := &Result{Lost: lost, State: m.last, Complete: m.last.End != nil, Stop: m.why, StopCode: m.code, Ahead: m.ahead, Figures: m.report(), Problems: m.problems}
	if r.Complete {
		r.Stop, r.StopCode = "", ""
	}
	if m.opened != nil {
		r.NoSurvey = m.opened.NoSurvey
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

// step does what is due, and reports whether the member's part is over.
func (m *member) step() (over bool, err error) {
	for _, self := range m.last.Members {
		if self.Number == m.ledger.Number() && self.Status == ledger.TakenOver {
			return false, &ledger.TakenOverError{RunID: m.jobs.batch, By: m.jobs.batch}
		}
	}
	if m.last.End != nil {
		return true, nil
	}
	if err := m.takeBack(); err != nil {
		return false, err
	}
	if err := m.reportNow(); err != nil {
		return false, err
	}
	if err := m.engines(); err != nil {
		return false, err
	}
	if m.phase == working || m.phase == leaving {
		if m.last.Stop != "" {
			m.become(stopping)
		} else if m.complete() {
			m.become(ending)
		}
	}
	switch m.phase {
	case working:
		return false, m.handOut()
	case leaving:
		return m.leave()
	case stopping:
		return false, m.close()
	}
	return m.conclude()
}

// complete reports whether all rows have outcomes.
func (m *member) complete() bool { return m.last.Rows >= m.options.Rows && m.counted.over() }

// become changes the phase. No row is taken any more.
func (m *member) become(p phase) {
	m.phase = p
	m.halt()
	select {
	case <-m.decided:
	default:
		m.stopped.Store(p == stopping)
		close(m.decided)
	}
}

// handOut does what is due while rows are handed out.
func (m *member) handOut() error {
	if !m.timed {
		m.timed = true
		m.setTimer(m.last.Age)
	}
	switch {
	case m.late.Load():
		return m.stop(batch.StopDuration, "")
	case m.tooMany.Load() || m.tooManyFailed():
		return m.stop(batch.StopMaxFailures, "")
	case m.drained.Load():
		m.why = cmp.Or(m.why, batch.StopInterrupted)
	}
	if m.why != "" {
		if len(m.others()) > 0 {
			m.become(leaving)
			m.wakeUp()
			return nil
		}
		return m.stop(m.why, m.code)
	}
	switch {
	case !m.counted.Opened:
		m.startOpening()
		return nil
	case m.counted.over():
		return m.reopen()
	}
	m.missing = time.Time{}
	if m.options.Engine.Canary > 0 && !m.counted.Passed {
		if err := m.admit(); err != nil {
			return err
		}
	}
	if m.options.NoWait && !m.counted.Waiting && m.hands() == 0 {
		return m.leaveEarly()
	}
	return nil
}

// startOpening opens the batch if this member is the opener.
func (m *member) startOpening() {
	if !m.opener() || m.opening != nil {
		return
	}
	m.opening = make(chan opening, 1)
	go func(to chan<- opening) {
		defer m.wakeUp()
		defer batch.Guard(m.fail)
		to <- m.open(m.life)
	}(m.opening)
}

// admit lets the rows of the canary be taken, or stops the batch.
func (m *member) admit() error {
	failed := false
	err := m.until(m.life, func() (err error) {
		failed, err = m.jobs.admit(m.life, m.options.Engine.Canary)
		return err
	})
	if err != nil || !failed {
		return err
	}
	return m.stop(batch.StopCanary, "")
}

// leaveEarly leaves the batch while others have the last rows in hand.
func (m *member) leaveEarly() error {
	err := m.ledger.Leave(m.life)
	if errors.Is(err, ledger.ErrLast) { // they may be dead
		return nil
	}
	if err == nil {
		m.left = true
		m.become(leaving)
		m.wakeUp()
	}
	return err
}

// reopen repeats the opening for rows that have neither an outcome nor a job. There are none unless
// somebody deleted jobs. The ledger counts the rows of a large batch only from time to time.
func (m *member) reopen() error {
	if m.missing.IsZero() {
		m.missing = time.Now()
	}
	if !m.opener() || time.Since(m.missing) < missingFor {
		return nil
	}
	m.missing = time.Time{}
	m.options.Log.Warn("rows without a job are handed out again", slog.Int("rows", m.options.Rows-m.last.Rows))
	return m.until(m.life, func() error { return m.jobs.reopen(m.life) })
}

// setTimer sets when the batch is to stop, given its age. Until the database says how old it is,
// its time counts from now.
func (m *member) setTimer(age time.Duration) {
	bound := m.options.Engine.MaxDuration
	if bound <= 0 {
		return
	}
	if m.timer != nil {
		if m.timer.Stop() {
			m.timer.Reset(max(1, bound-age))
		}
		return
	}
	m.timer = time.AfterFunc(max(1, bound-age), func() {
		defer batch.Guard(m.fail)
		m.late.Store(true)
		m.halt()
		m.wakeUp()
		m.giveUp(overtime)
	})
	context.AfterFunc(m.life, func() { m.timer.Stop() })
}

// giveUp ends the member if the database is away after a time: whatever is due then cannot be done.
func (m *member) giveUp(after time.Duration) {
	for wait := after; ; wait = beat {
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-m.life.Done():
			timer.Stop()
			return
		}
		if err := m.waits.lostFor(after / 2); err != nil {
			m.die(err)
		}
	}
}

// tooManyFailed reports whether the batch has reached MaxFailures.
func (m *member) tooManyFailed() bool {
	failed := 0
	for result, n := range m.last.Results {
		if batch.Fails(result) {
			failed += n
		}
	}
	return m.counted.Planned && m.options.Engine.MaxFailures.Reached(failed-m.counted.Failed, m.last.Rows-m.counted.Settled)
}

// stop stops the batch for all members.
func (m *member) stop(why batch.StopReason, code string) error {
	if err := m.ledger.Stop(m.life, string(why), code); err != nil {
		return err
	}
	m.become(stopping)
	m.wakeUp()
	return nil
}

// engines handles engines that have ended.
func (m *member) engines() error {
	select {
	case o := <-m.opening:
		m.opening = nil
		if o.summary != nil {
			m.opened = o.summary
			m.add(o.summary)
		}
		if err := m.ended(o); err != nil {
			return err
		}
	default:
	}
	select {
	case <-m.fed:
		if m.feeding.summary != nil {
			m.add(m.feeding.summary)
			o := m.feeding
			m.feeding = opening{}
			return m.ended(o)
		}
		return m.feeding.err
	default:
		return nil
	}
}

// ended records why an engine has stopped by itself.
func (m *member) ended(o opening) error {
	if panicked, ok := errors.AsType[*batch.PanicError](o.err); ok {
		m.options.Log.Error("panic", slog.String("reason", panicked.Error()))
		m.why = cmp.Or(m.why, batch.StopPanic)
		m.fail(panicked)
		return nil
	}
	if o.err != nil {
		return o.err
	}
	if s := o.summary; s != nil && s.Stop != "" && s.Stop != batch.StopInterrupted && m.why == "" {
		m.why, m.code, m.ahead = s.Stop, s.StopCode, s.Ahead
		m.halt()
	}
	return nil
}

// add adds the figures of an engine that has ended.
func (m *member) add(s *batch.Summary) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.figures.Slowed = max(m.figures.Slowed, s.Slowed)
	if m.opened == s {
		m.problems = append(m.problems, s.Problems...)
	}
}

// takeBack inserts again the jobs of members that are dead or have left, and those that the
// database wrongly says this one has in hand.
func (m *member) takeBack() error {
	var gone []string
	for _, other := range m.last.Members {
		if !alive(other) && other.Number != m.ledger.Number() {
			gone = append(gone, clientOf(other.Number))
		}
	}
	return m.until(m.life, func() error {
		n, err := m.jobs.strays(m.life, clientOf(m.ledger.Number()), m.rowsInHand())
		if n > 0 {
			m.options.Log.Warn("the database has lost the outcomes of rows, so they are handed out again", slog.Int("rows", n))
		}
		if err != nil || len(gone) == 0 {
			return err
		}
		n, err = m.jobs.takeBack(m.life, gone)
		if n > 0 {
			m.options.Log.Info("rows of other hosts taken over", slog.Int("rows", n))
		}
		return err
	})
}

// others lists the members at work on the batch beside this one.
func (m *member) others() (list []int64) {
	for _, other := range m.last.Members {
		if alive(other) && !other.Leaving && other.Number != m.ledger.Number() {
			list = append(list, other.Number)
		}
	}
	return list
}

// opener reports whether this member is the one that opens and closes the batch: the first of
// those at work on it.
func (m *member) opener() bool {
	others := m.others()
	return len(others) == 0 || m.ledger.Number() < slices.Min(others)
}

// idle reports whether the member has nothing in hand and starts nothing new.
func (m *member) idle() bool {
	for _, over := range []chan struct{}{m.fed, m.river} {
		select {
		case <-over:
		default:
			return false
		}
	}
	return m.opening == nil && m.hands() == 0
}

// leave ends the member's part in a batch that goes on. If no one else is at work on it by now, it is stopped.
func (m *member) leave() (over bool, err error) {
	if !m.idle() {
		return false, nil
	}
	if err := m.ledger.Report(m.life, m.report(), true); err != nil {
		return false, err
	}
	if m.last, err = m.ledger.State(m.life); err != nil {
		return false, err
	}
	if m.last.Stop != "" || m.last.End != nil || m.complete() { // the next step deals with it
		return false, nil
	}
	if m.left {
		return true, nil
	}
	err = m.ledger.Leave(m.life)
	if errors.Is(err, ledger.ErrLast) {
		return false, m.stop(m.why, m.code)
	}
	return err == nil, err
}

// conclude writes how the batch ended, once all members have given their figures.
func (m *member) conclude() (over bool, err error) {
	if !m.idle() {
		return false, nil
	}
	if err := m.ledger.Report(m.life, m.report(), true); err != nil {
		return false, err
	}
	if m.last, err = m.ledger.State(m.life); err != nil || slices.ContainsFunc(m.last.Members, unreported) {
		return false, err
	}
	end, err := m.options.Conclude(m.life, m.last)
	if err != nil {
		return false, err
	}
	frozen, err := m.ledger.Conclude(m.life, end)
	if err != nil || frozen == nil {
		return false, err
	}
	if m.last, err = m.ledger.State(m.life); err != nil {
		return false, err
	}
	m.last.End = frozen
	if removed := m.jobs.remove(m.life); removed != nil {
		m.options.Log.Debug("jobs are left", slog.String("reason", removed.Error()))
	}
	return true, err
}

// unreported reports whether a member that is alive has yet to give its final figures.
func unreported(s ledger.MemberSummary) bool {
	return alive(s) && !s.Leaving && !s.Final
}

// alive reports whether a member is at work on the batch. A silent one is dead only once its claims
// have been given to others: after an outage, all are silent.
func alive(s ledger.MemberSummary) bool { return s.Status == ledger.Running || s.Status == ledger.Died }

// hands is how many rows are in hand.
func (m *member) hands() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.inHand)
}

// rowsInHand lists the rows in hand.
func (m *member) rowsInHand() []int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.AppendSeq(make([]int, 0, len(m.inHand)), maps.Keys(m.inHand))
}

// fail ends the member with an error.
func (m *member) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failure == nil {
		m.failure = err
	}
	m.wakeUp()
}

func (m *member) failed() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.failure
}

// wakeUp makes the loop read the batch's state soon.
func (m *member) wakeUp() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// plan makes a plan, waiting for the database.
func (m *member) plan(ctx context.Context, f func(context.Context) (*batch.Plan, error)) (p *batch.Plan, err error) {
	err = m.waits.until(ctx, func() error {
		p, err = f(ctx)
		return err
	})
	return p, err
}

// planRow does so for one row.
func (m *member) planRow(ctx context.Context, row int) (*batch.Plan, error) {
	return m.plan(ctx, func(ctx context.Context) (*batch.Plan, error) { return m.options.PlanRow(ctx, row) })
}

// until repeats f, which reads or writes the tables of the hand-out, until the database answers.
func (m *member) until(ctx context.Context, f func() error) error {
	return m.waits.until(ctx, func() error { return m.store.Failure(f()) })
}

// clientOf names the client of a member in River.
func clientOf(number int64) string { return fmt.Sprintf("member-%d", number) }
