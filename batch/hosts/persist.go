package hosts

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/quota"
)

// Persist returns the member with its calls repeated until the database answers, or until the
// call's context or ctx ends: then they fail with the database's last error. They may be
// repeated even if their answer was lost. lost is called with the reason when the database is
// found to be away, and with nil when it is back, from any goroutine; it may be nil.
//
// Calls are repeated only while the database is away. Any other error, such as a
// [*ledger.TakenOverError], is returned at once.
func Persist(ctx context.Context, m ledger.Member, lost func(error)) ledger.Member {
	if p, ok := m.(*persistent); ok {
		return p
	}
	return &persistent{Member: m, life: ctx, also: ctx, outage: &outage{lost: lost}}
}

// during returns the member with calls that also end when ctx does.
func (p *persistent) during(ctx context.Context) *persistent {
	return &persistent{Member: p.Member, life: p.life, also: ctx, outage: p.outage}
}

// away reports whether an error says that the database cannot be reached or used for now.
func away(err error) bool {
	failed, ok := errors.AsType[*ledger.Error](err)
	return ok && failed.Kind.MayPass()
}

// Pauses between two attempts to reach the database.
const (
	firstPause = 100 * time.Millisecond
	mostPause  = 2 * time.Second

	// firstSaid is how long the database must have been silent before it is reported as away: a single
	// connection may break.
	firstSaid = time.Second
)

// persistent is a member that waits for the database.
type persistent struct {
	ledger.Member
	life, also context.Context
	*outage
}

// outage is what is known of the database being away.
type outage struct {
	lost func(error)

	mu     sync.Mutex
	reason error     // why the database is away; nil if it is not
	since  time.Time // when it went away
	said   bool
}

// until repeats f until the database answers.
func (p *persistent) until(ctx context.Context, f func() error) error {
	for pause := firstPause; ; pause = min(2*pause, mostPause) {
		err := f()
		if !away(err) {
			p.note(nil, err == nil)
			return err
		}
		p.note(err, false)
		timer := time.NewTimer(pause/2 + rand.N(pause/2))
		select {
		case <-timer.C:
			continue
		case <-ctx.Done():
		case <-p.life.Done():
		case <-p.also.Done():
		}
		timer.Stop()
		return err
	}
}

// note reports that the database has gone away or is back.
func (p *outage) note(err error, answered bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	changed := false
	switch {
	case answered:
		changed = p.said
		p.reason, p.said = nil, false
	case err != nil && p.reason == nil:
		p.reason, p.since = err, time.Now()
	case err != nil && !p.said && time.Since(p.since) >= firstSaid:
		changed, p.said = true, true
	}
	if changed && p.lost != nil {
		p.lost(p.reason)
	}
}

// Patience waits for the database in what a process does outside a batch.
type Patience struct{ waits persistent }

// NewPatience returns a Patience that ends with ctx; lost is that of [Persist].
func NewPatience(ctx context.Context, lost func(error)) *Patience {
	return &Patience{persistent{life: ctx, also: ctx, outage: &outage{lost: lost}}}
}

// Until calls f until the database answers, or until ctx or the patience ends: then it returns what
// the database said last. f may be called again although its answer was only lost.
func (p *Patience) Until(ctx context.Context, f func() error) error { return p.waits.until(ctx, f) }

// Keeper returns a keeper of quotas that waits for the database of k.
func (p *Patience) Keeper(k quota.Keeper) quota.Keeper { return patientKeeper{k, p} }

type patientKeeper struct {
	quota.Keeper
	patience *Patience
}

// Take implements [quota.Keeper].
func (k patientKeeper) Take(ctx context.Context, key quota.Key, ask quota.Ask) (quota.Grant, error) {
	return k.patience.waits.take(ctx, k.Keeper, key, ask)
}

// Past implements [batch.Ledger].
func (p *persistent) Past(ctx context.Context, place batch.Place, keys []batch.Key) (past map[batch.Key]batch.Record, err error) {
	err = p.until(ctx, func() error {
		past, err = p.Member.Past(ctx, place, keys)
		return err
	})
	return past, err
}

// Begin implements [batch.Ledger].
func (p *persistent) Begin(ctx context.Context, a batch.Application) error {
	return p.until(ctx, func() error { return p.Member.Begin(ctx, a) })
}

// Finish implements [batch.Ledger].
func (p *persistent) Finish(ctx context.Context, o batch.Outcome) error {
	return p.until(ctx, func() error { return p.Member.Finish(ctx, o) })
}

// Take implements [quota.Keeper]. Requests are given back only once: if the answer is lost,
// they may have been received.
func (p *persistent) Take(ctx context.Context, key quota.Key, ask quota.Ask) (quota.Grant, error) {
	return p.take(ctx, p.Member, key, ask)
}

func (p *persistent) take(ctx context.Context, k quota.Keeper, key quota.Key, ask quota.Ask) (g quota.Grant, err error) {
	err = p.until(ctx, func() error {
		g, err = k.Take(ctx, key, ask)
		ask.Returns = nil
		return err
	})
	return g, err
}

// Claim implements [ledger.Member].
func (p *persistent) Claim(ctx context.Context, key batch.Key) (ok bool, err error) {
	err = p.until(ctx, func() error {
		ok, err = p.Member.Claim(ctx, key)
		return err
	})
	return ok, err
}

// Release implements [ledger.Member].
func (p *persistent) Release(ctx context.Context, keys ...batch.Key) error {
	return p.until(ctx, func() error { return p.Member.Release(ctx, keys...) })
}

// GiveBack implements [ledger.Member].
func (p *persistent) GiveBack(ctx context.Context, o batch.Outcome) error {
	return p.until(ctx, func() error { return p.Member.GiveBack(ctx, o) })
}

// Leave implements [ledger.Member].
func (p *persistent) Leave(ctx context.Context) error {
	return p.until(ctx, func() error { return p.Member.Leave(ctx) })
}

// Outcomes implements [ledger.Member].
func (p *persistent) Outcomes(ctx context.Context, rows ...int) (outcomes map[int][]batch.Outcome, err error) {
	err = p.until(ctx, func() error {
		outcomes, err = p.Member.Outcomes(ctx, rows...)
		return err
	})
	return outcomes, err
}

// State implements [ledger.Member].
func (p *persistent) State(ctx context.Context) (s ledger.BatchState, err error) {
	err = p.until(ctx, func() error {
		s, err = p.Member.State(ctx)
		return err
	})
	return s, err
}

// Stop implements [ledger.Member].
func (p *persistent) Stop(ctx context.Context, reason, code string) error {
	return p.until(ctx, func() error { return p.Member.Stop(ctx, reason, code) })
}

// Report implements [ledger.Member].
func (p *persistent) Report(ctx context.Context, f ledger.Figures, final bool) error {
	return p.until(ctx, func() error { return p.Member.Report(ctx, f, final) })
}

// Conclude implements [ledger.Member].
func (p *persistent) Conclude(ctx context.Context, end ledger.RunEnd) (frozen *ledger.RunEnd, err error) {
	err = p.until(ctx, func() error {
		frozen, err = p.Member.Conclude(ctx, end)
		return err
	})
	return frozen, err
}

// End implements [ledger.Run].
func (p *persistent) End(ctx context.Context, end ledger.RunEnd) error {
	return p.until(ctx, func() error { return p.Member.End(ctx, end) })
}

// lostFor returns why the database is away if it has been for at least d, and nil otherwise.
func (p *outage) lostFor(d time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reason == nil || time.Since(p.since) < d {
		return nil
	}
	return p.reason
}
