package hosts

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
)

// Run works on the batches of a run, one for each of its accounts, until they have ended or this
// process leaves them: it is a member of all of them. When drain is closed, the
// members take no more rows, finish what is in flight, give back the rest, and leave; when ctx
// ends, they abandon what is in flight. The caller ends each member in the ledger afterwards,
// by [ledger.Member.End].
//
// MaxFailures and Canary cover the rows of all parts, and a part that reaches a limit stops the
// others. No batch ends until all of them can, and the first one ends last, so a process that
// joins before that finds every part.
//
// An error means that the ledger failed, that others found a member dead (a
// [*ledger.TakenOverError]), or that something panicked (a [*batch.PanicError]). It is that of
// the part that failed first, and ends all parts in this process. The results are returned even
// then, as far as they are known.
func Run(ctx context.Context, drain <-chan struct{}, options []Options) ([]*Result, error) {
	p := &parts{members: make([]*member, len(options)), seen: make([]seenPart, len(options))}
	for i, o := range options {
		if o.Ended != nil {
			p.seen[i].result = &Result{State: *o.Ended, Complete: true}
			continue
		}
		store, ok := o.Store.(database)
		if !ok {
			return nil, errStore
		}
		p.members[i] = newMember(ctx, o, store)
		p.members[i].parts, p.members[i].number = p, i
	}
	var all sync.WaitGroup
	for _, m := range p.members {
		if m != nil {
			all.Go(func() {
				result := &Result{}
				var err error
				defer func() { p.returned(m, result, err) }()
				defer batch.Guard(func(panicked error) { err = panicked })
				result, err = m.run(drain)
			})
		}
	}
	all.Wait()
	results := make([]*Result, len(options))
	for i := range p.seen {
		results[i] = p.seen[i].result
	}
	return results, p.failure
}

// parts are this process's members in the parts of a run.
type parts struct {
	members []*member // nil for a part that had ended before this process joined

	mu      sync.Mutex // of what follows
	seen    []seenPart
	failure error // the first one

	ownFailed atomic.Int64 // rows of all parts that have failed here
}

// seenPart is how far a part has come, as its member last saw it.
type seenPart struct {
	ended  batch.Count      // rows, without those that the plan settled
	stop   batch.StopReason // empty if it does not stop early
	over   bool             // all its rows have outcomes, and the member has nothing in hand
	result *Result          // nil until its member has returned
}

// note records how far the part of a member has come.
func (p *parts) note(m *member) {
	s := seenPart{stop: batch.StopReason(m.last.Stop), over: m.phase == ending && m.idle()}
	if m.counted.Planned {
		s.ended = batch.CountOf(m.last.Results).Without(m.counted.Settled)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen[m.number] = s
}

// returned records how a member has ended. If it failed, the others end too.
func (p *parts) returned(m *member, result *Result, err error) {
	p.mu.Lock()
	p.seen[m.number].result = result
	if p.failure == nil {
		p.failure = err
	}
	p.mu.Unlock()
	for _, other := range p.members {
		if other != nil && other != m {
			if err != nil {
				other.die(err)
			}
			other.wakeUp()
		}
	}
}

// tooManyFailed reports whether the rows of all parts have reached a limit.
func (p *parts) tooManyFailed(limit batch.Limit) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	var ended batch.Count
	for _, s := range p.seen {
		ended.Rows, ended.Failed = ended.Rows+s.ended.Rows, ended.Failed+s.ended.Failed
	}
	return limit.Reached(ended)
}

// failedHere counts a row that has failed in this process, and halts all parts at the limit.
func (p *parts) failedHere(limit batch.Limit) {
	own := batch.Count{Failed: int(p.ownFailed.Add(1))} // without the rows that ended: a percentage is one of the whole
	if !limit.Reached(own) {
		return
	}
	for _, m := range p.members {
		if m != nil {
			m.limits.tooMany.Store(true)
			m.halt()
			m.wakeUp()
		}
	}
}

// limit returns the reason if a limit of the whole run has stopped one of its parts, or "".
func (p *parts) limit() batch.StopReason {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.seen {
		switch s.stop {
		case batch.StopMaxFailures, batch.StopCanary, batch.StopDuration:
			return s.stop
		}
	}
	return ""
}

// stopped reports whether a part hands out no more rows.
func (p *parts) stopped(number int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.seen[number]
	return s.stop != "" || s.over || s.result != nil && s.result.Complete
}

// canary lists the parts of the run for its canary.
func (p *parts) canary() (list []canaryPart) {
	for i, m := range p.members {
		if m != nil {
			list = append(list, canaryPart{batch: m.jobs.batch, queues: m.jobs.queues, stopped: p.stopped(i)})
		}
	}
	return list
}

// wait says whether a part has to wait for the others before it may end.
type wait uint8

const (
	ready   wait = iota
	pending      // another part has rows without an outcome
	gone         // this process has left another part, so it cannot tell
)

// others reports how far the other parts are. The first part also waits for the others to end.
func (p *parts) others(number int) (w wait) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, s := range p.seen {
		switch {
		case i == number:
		case s.result != nil && !s.result.Complete:
			return gone
		case s.result == nil && (number == 0 || !s.over):
			w = pending
		}
	}
	return w
}

// states reads how far all parts have come.
func (p *parts) states(m *member) ([]ledger.BatchState, error) {
	list := make([]ledger.BatchState, len(p.members))
	for i, other := range p.members {
		switch {
		case other == m:
			list[i] = m.last
			continue
		case other == nil:
			list[i] = p.seen[i].result.State // never written again
			continue
		}
		err := m.waits.until(m.life, func() (err error) {
			list[i], err = other.waits.Member.State(m.life)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// leftOver reports whether the parts that this process has left need no more work: all their rows
// have outcomes, or no member is alive.
func (p *parts) leftOver(m *member) (bool, error) {
	states, err := p.states(m)
	if err != nil {
		return false, err
	}
	for i, s := range states {
		other := p.members[i]
		if other != nil && other != m && s.End == nil && s.Rows < other.options.Rows && s.Alive() > 0 {
			return false, nil
		}
	}
	return true, nil
}

// endOf returns the end of a part: what is known of the whole run is kept with the first.
func (p *parts) endOf(m *member) (ledger.RunEnd, error) {
	if m.number > 0 {
		return ledger.RunEnd{Duration: m.last.Age}, nil
	}
	states, err := p.states(m)
	if err != nil {
		return ledger.RunEnd{}, err
	}
	var end ledger.RunEnd
	err = m.until(m.life, func() (err error) {
		end, err = m.options.Conclude(m.life, states)
		return err
	})
	return end, err
}

// waitForOthers makes a part whose rows all have outcomes wait until the other parts are as far.
// If this process has left one of those, it leaves this one too: the remaining hosts end both.
func (m *member) waitForOthers() (goesOn, over bool, err error) {
	switch m.parts.others(m.number) {
	case ready:
		return true, false, nil
	case pending:
		return false, false, nil
	}
	err = m.ledger.Leave(m.life)
	if errors.Is(err, ledger.ErrLast) {
		goesOn, err = m.parts.leftOver(m)
		return goesOn, false, err
	}
	return false, err == nil, err
}
