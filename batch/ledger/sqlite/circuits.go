package sqlite

import (
	"database/sql"
	"errors"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
)

// scanState reads the StateColumns of a row and compares its checksum, which follows them, if it has
// one.
func scanState(scan func(...any) error) (batch.Key, ledger.State, error) {
	var r ledger.StoredState
	var checksum int64
	err := scan(append(r.Fields(), &checksum)...)
	if err == nil && checksum != 0 && checksum != new(checksummer).of(&r) {
		err = errChecksum
	}
	if err != nil {
		return batch.Key{}, ledger.State{}, err
	}
	key, s, err := r.State()
	return key, s.Upgrade(), err
}

// beginApplication records that a run begins a row, unless another application for its
// circuit is open.
func (t *transaction) beginApplication(run int64, c ledger.StateKey, a batch.Application, now time.Time) error {
	if err := t.beginCircuit(run, c, a); err != nil {
		return err
	}
	b := ledger.StoredStep{Run: run, Row: int64(a.Row), Begun: now.UnixNano(), Region: a.Key.Region, InstanceID: a.Key.InstanceID, Hash: a.Hash, Operation: a.Operation.String()}
	_, err := t.beginRow.exec(run, b.Row, b.Region, b.InstanceID, a.Hash, int64(a.Generation), a.Token, b.Begun, b.Operation, t.checksums.begun(&b), string(c.Place))
	return err
}

// beginCircuit makes the application the pending one of its circuit. Most circuits are
// new to the ledger, and the insert itself finds out.
func (t *transaction) beginCircuit(run int64, c ledger.StateKey, a batch.Application) error {
	if a.Copied() != (batch.Copied{}) { // it leaves more than a pending submission
		return t.change(c, func(s ledger.State) (ledger.State, error) { return s.Begin(run, a) })
	}
	fresh, err := ledger.State{}.Begin(run, a)
	if err != nil {
		return rejection{err}
	}
	p := fresh.Store(c)
	added, err := t.addPending.exec(p.PendingRun, p.PendingHash, p.PendingGeneration, p.PendingToken, p.PendingOperation,
		p.Scope, p.Region, p.InstanceID, p.Place, t.checksums.of(&p))
	switch {
	case err != nil:
		return err
	case added == 1:
		t.cache.put(c, fresh)
		return nil
	}
	return t.change(c, func(s ledger.State) (ledger.State, error) { return s.Begin(run, a) })
}

// finishApplication records the outcome of a row. held says whether the run was given the
// circuit's lock, which it may have lost since.
func (t *transaction) finishApplication(run int64, c ledger.StateKey, o batch.Outcome, held bool, now time.Time) error {
	if err := t.writeOutcome(run, o, t.cache.pending[c].Pending.Run == run, now); err != nil || !ledger.MayChange(&o) {
		return err
	}
	if held {
		err := t.holds(run)
		if _, rejected := errors.AsType[rejection](err); err != nil && !rejected {
			return err
		}
		held = err == nil
	}
	return t.change(c, func(s ledger.State) (ledger.State, error) { return s.Finish(run, o, held), nil })
}

// writeOutcome records an outcome in the run's rows. begun says that the row should already exist.
func (t *transaction) writeOutcome(run int64, o batch.Outcome, begun bool, now time.Time) error {
	f := ledger.StoreStep(run, &o, now)
	values := [...]any{f.Token, f.Generation, f.Finished, f.Result, f.Reason, f.ErrorCode, f.RequestID, f.Attempts, f.Submitted, f.LOAStatus,
		f.Tried, t.checksums.finished(&f), run, f.Row, string(o.Operation.Place()), f.Region, f.InstanceID, f.Operation, int64(0)}
	const update, last = 15, 18
	if begun {
		if changed, err := t.updateRow.exec(values[:update]...); err != nil || changed == 1 {
			return err
		}
	}
	values[last] = t.checksums.begun(&f)
	_, err := t.finishRow.exec(values[:]...)
	return err
}

// change applies a function to the state of a circuit and writes the state back if it
// differs.
func (t *transaction) change(c ledger.StateKey, to func(ledger.State) (ledger.State, error)) error {
	before, ok := t.cache.pending[c]
	if !ok {
		var err error
		_, before, err = scanState(t.load.QueryRow(string(c.Scope), c.Key.Region, c.Key.InstanceID, string(c.Place)).Scan)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	after, err := to(before)
	if err != nil {
		return rejection{err}
	}
	if after != before {
		if err := t.store(c, after); err != nil {
			return err
		}
	}
	t.cache.put(c, after)
	return nil
}

// store writes the state of a circuit.
func (t *transaction) store(c ledger.StateKey, s ledger.State) error {
	if s == (ledger.State{}) {
		_, err := t.remove.exec(string(c.Scope), c.Key.Region, c.Key.InstanceID, string(c.Place))
		return err
	}
	r := s.Store(c)
	values := [...]any{r.Hash, r.Generation, r.Token, r.Result, r.ErrorCode, r.RequestID, r.Submitted, r.LOA, r.Run,
		r.Scope, r.Region, r.InstanceID, r.Place, int64(0),
		r.PendingRun, r.PendingHash, r.PendingGeneration, r.PendingToken, r.PendingOperation, r.PendingPhase, r.Tried, r.Others, r.Accepted}
	const checksum, short = 13, 14
	if s.Pending == (ledger.Submission{}) && s.Tried.IsZero() && s.Others == "" {
		r.PendingOperation, r.PendingPhase = "", 0 // as the statement leaves them
		values[checksum] = t.checksums.of(&r)
		_, err := t.saveWithoutPending.exec(values[:short]...)
		return err
	}
	values[checksum] = t.checksums.of(&r)
	_, err := t.save.exec(values[:]...)
	return err
}
