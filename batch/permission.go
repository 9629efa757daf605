package batch

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// permission decides what a refused permission means. It concerns the account, and ends the run, if
// the first deniedCircuits circuits, or all if there are fewer, are refused permission and no
// application has been accepted. Otherwise it concerns the circuit: the row is REFUSED and the
// rest go on. Until one of the two is known, such rows wait without holding a call. If neither is
// known after the last answer, it concerns the account if every application was refused.
type permission struct {
	run     *run
	need    int // circuits refused permission after which it concerns the account
	verdict atomic.Int32

	early chan struct{} // a slot for each application sent before the first answer other than a refused permission
	open  chan struct{} // closed once any number may be sent at a time
	first sync.Once     // starts the timer that closes open
	once  sync.Once     // closes open

	mu     sync.Mutex
	mixed  bool           // an application got another answer
	denied map[Key]string // the code that each circuit was refused with
	held   []finishedRow  // refused permission, until the verdict; fewer than need
	since  time.Time      // when the first of held arrived
}

// The verdicts.
const (
	undecided   int32 = iota
	circuitOnly       // a refused permission concerns its circuit alone
	wholeAccount
)

const (
	// deniedCircuits is how many circuits must be refused permission before any is
	// accepted. A policy may exclude single circuits, but is unlikely to exclude the first
	// three and not the rest.
	deniedCircuits = 3
	// earlyCalls is how many applications go out before the first answer: as many as one
	// region has in flight by default, so a run over one region starts at full speed.
	earlyCalls = defaultConcurrency
	// earlyTime is how long the first answer may hold up other applications: a region
	// that hangs must not stop the others.
	earlyTime = time.Second
)

// newPermissions makes one for each place of the run's applications: an account may be permitted to
// apply but not to confirm.
func newPermissions(r *run) map[Place]*permission {
	rows := map[Place]int{}
	for i := range r.plan.Applications {
		for a := &r.plan.Applications[i]; a != nil; a = a.Then {
			rows[a.Operation.Place()]++
		}
	}
	if r.engine.Feed != nil { // what will come is not known
		for _, o := range operations {
			rows[o.place] = deniedCircuits
		}
	}
	permissions := make(map[Place]*permission, len(rows))
	for place, n := range rows {
		permissions[place] = newPermission(r, n)
	}
	return permissions
}

func newPermission(r *run, applications int) *permission {
	return &permission{
		run: r, need: min(deniedCircuits, applications), denied: map[Key]string{},
		early: make(chan struct{}, max(deniedCircuits, min(earlyCalls, r.engine.CallsAtOnce()))), open: make(chan struct{}),
	}
}

// admit waits until an application may be sent. Until the first answer other than a refused
// permission, a run sends no more than earlyCalls, so an account without permission finds out
// after a few requests.
func (p *permission) admit(waiting context.Context) error {
	p.first.Do(func() { time.AfterFunc(earlyTime, p.admitAll) })
	select {
	case <-p.open:
	case p.early <- struct{}{}:
	case <-waiting.Done():
		return waiting.Err()
	}
	return nil
}

func (p *permission) admitAll() { p.once.Do(func() { close(p.open) }) }

// answered takes the result of an attempt.
func (p *permission) answered(k Key, err error) {
	var call *CallError
	if err != nil && !errors.As(err, &call) || p.verdict.Load() == circuitOnly {
		return // nothing was sent, or it no longer matters
	}
	if call != nil && call.Denied {
		p.refused(k, call.Code)
		return
	}
	p.admitAll()
	p.mu.Lock()
	p.mixed = true
	delete(p.denied, k)
	var rows []finishedRow
	if err == nil {
		rows = p.decide(circuitOnly)
	}
	p.mu.Unlock()
	p.record(rows)
}

// refused handles an answer that refuses permission.
func (p *permission) refused(k Key, code string) {
	p.mu.Lock()
	p.denied[k] = code
	var rows []finishedRow
	if len(p.denied) >= p.need && p.verdict.Load() == undecided {
		p.run.halt(StopFatal, code)
		rows = p.decide(wholeAccount)
	}
	p.mu.Unlock()
	p.record(rows)
}

// decide sets the verdict, unless it was set before, and returns the rows that waited for it. The
// caller holds the mutex.
func (p *permission) decide(verdict int32) []finishedRow {
	if !p.verdict.CompareAndSwap(undecided, verdict) {
		return nil
	}
	rows := p.held
	p.held = nil
	return rows
}

// finish passes on the outcome of an application, or holds it until the verdict.
func (p *permission) finish(row finishedRow) {
	p.mu.Lock()
	_, denied := p.denied[row.outcome.Key]
	hold := denied && row.outcome.Result == sheet.Refused && p.verdict.Load() == undecided
	if hold {
		if len(p.held) == 0 {
			p.since = time.Now()
		}
		p.held = append(p.held, row)
	}
	p.mu.Unlock()
	if !hold {
		p.record([]finishedRow{row})
	}
}

// end sets the verdict once no more answers will come: if permission was refused for every
// application that was sent, it concerns the account.
func (p *permission) end() {
	p.mu.Lock()
	verdict := circuitOnly
	if !p.mixed {
		verdict = wholeAccount
	}
	var rows []finishedRow
	if len(p.held) > 0 {
		rows = p.decide(verdict)
	}
	p.mu.Unlock()
	if len(rows) > 0 && verdict == wholeAccount {
		p.run.halt(StopFatal, rows[0].outcome.ErrorCode)
	}
	p.record(rows)
}

// record hands rows to the ledger. If the whole account was refused, the row counts as not attempted
// for the next run.
func (p *permission) record(rows []finishedRow) {
	account := p.verdict.Load() == wholeAccount
	for _, row := range rows {
		if row.outcome.Reason == ReasonRefusedAll && strings.HasPrefix(row.outcome.ErrorCode, "(") {
			row.outcome.Reason = ReasonStopped // not an answer of the API: the row did not get that far
		}
		if account && row.outcome.Result == sheet.Refused && p.wasDenied(row.outcome.Key) {
			row.outcome.Result, row.outcome.Reason = sheet.NotAttempted, ReasonRefusedAll
		}
		if account && row.handed != nil && row.outcome.Reason == ReasonRefusedAll {
			guarded(p.run.panicked, func() { row.handed.Back(row.outcome) })
			continue
		}
		p.run.finished <- row
	}
}

// heldFor returns how long rows have been waiting for the verdict.
func (p *permission) heldFor() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.held) == 0 {
		return 0
	}
	return time.Since(p.since)
}

func (p *permission) wasDenied(k Key) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, denied := p.denied[k]
	return denied
}

// permissionSubmitter passes the result of every attempt to the run's permission. It is above the
// quota, so an application that waits for the first answers uses none of it.
type permissionSubmitter struct {
	next        Submitter
	permissions map[Place]*permission
	waiting     context.Context // ends the wait but not the call
}

var _ Submitter = (*permissionSubmitter)(nil)

// Submit implements Submitter. An error of the wait is the context's.
func (s *permissionSubmitter) Submit(ctx context.Context, a Application) (Receipt, error) {
	permission := s.permissions[a.Operation.Place()]
	if err := permission.admit(s.waiting); err != nil {
		return Receipt{}, err
	}
	receipt, err := s.next.Submit(ctx, a)
	permission.answered(a.Key, err)
	return receipt, err
}
