package sqlite

import (
	"database/sql"
	"errors"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

// circuit identifies a state within the ledger: a circuit in one scope, at the place of an
// operation.
type circuit struct {
	scope string
	key   batch.Key
	place string
}

// stateColumns are the columns of circuits in the order of scanState.
const stateColumns = checkedColumns + ", " + laterColumns + ", checksum"

// scanState reads the stateColumns of a row and compares its checksum, if it has one.
func scanState(scan func(...any) error) (batch.Key, ledger.State, error) {
	var r storedState
	var checksum int64
	err := scan(&r.scope, &r.region, &r.instanceID, &r.place, &r.hash, &r.generation, &r.token, &r.result, &r.errorCode, &r.requestID,
		&r.submitted, &r.loa, &r.run, &r.pendingRun, &r.pendingHash, &r.pendingGeneration, &r.pendingToken,
		&r.pendingOperation, &r.pendingPhase, &r.tried, &r.others, &r.accepted, &checksum)
	if err == nil && checksum != 0 && checksum != r.checksum() {
		err = errChecksum
	}
	if err != nil {
		return batch.Key{}, ledger.State{}, err
	}
	s, err := r.toState()
	return batch.Key{Region: r.region, InstanceID: r.instanceID}, s.Upgrade(), err
}

// beginApplication records that a run begins a row, unless another application for its
// circuit is open.
func (t *transaction) beginApplication(run int64, c circuit, a batch.Application, now time.Time) error {
	if err := t.beginCircuit(run, c, a); err != nil {
		return err
	}
	begun := begunRow{run: run, row: int64(a.Row), begun: now.UnixNano(), region: a.Key.Region, instanceID: a.Key.InstanceID, hash: a.Hash, operation: a.Operation.String()}
	_, err := t.beginRow.exec(run, begun.row, begun.region, begun.instanceID, a.Hash, int64(a.Generation), a.Token, begun.begun, begun.operation,
		t.checksums.begun(&begun), string(a.Operation.Place()))
	return err
}

// beginCircuit makes the application the pending one of its circuit. Most circuits are
// new to the ledger, and the insert itself finds out.
func (t *transaction) beginCircuit(run int64, c circuit, a batch.Application) error {
	if a.Copied() != (batch.Copied{}) { // it leaves more than a pending submission
		return t.change(c, func(s ledger.State) (ledger.State, error) { return s.Begin(run, a) })
	}
	fresh, err := ledger.State{}.Begin(run, a)
	if err != nil {
		return rejection{err}
	}
	p := storedOf(c, fresh)
	added, err := t.addPending.exec(p.pendingRun, p.pendingHash, p.pendingGeneration, p.pendingToken, p.pendingOperation,
		p.scope, p.region, p.instanceID, p.place, t.checksums.of(&p))
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
func (t *transaction) finishApplication(run int64, c circuit, o batch.Outcome, held bool, now time.Time) error {
	if err := t.writeOutcome(run, o, t.cache.pending[c].Pending.Run == run, now); err != nil || !concernsCircuit(o) {
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

// writeOutcome records an outcome in the run's rows. begun says that the row should exist
// already.
func (t *transaction) writeOutcome(run int64, o batch.Outcome, begun bool, now time.Time) error {
	f := finishedRowOf(run, &o, now.UnixNano())
	values := [...]any{f.token, f.generation, f.finished, f.result, f.reason, f.errorCode, f.requestID, f.attempts, f.submitted, f.loaStatus,
		f.tried, t.checksums.finished(&f), run, f.row, string(o.Operation.Place()), o.Key.Region, o.Key.InstanceID, o.Operation.String(), int64(0)}
	const update, last = 15, 18
	if begun {
		if changed, err := t.updateRow.exec(values[:update]...); err != nil || changed == 1 {
			return err
		}
	}
	values[last] = t.checksums.begun(&begunRow{run: run, row: f.row, region: o.Key.Region, instanceID: o.Key.InstanceID, operation: o.Operation.String()})
	_, err := t.finishRow.exec(values[:]...)
	return err
}

// concernsCircuit reports whether an outcome can change what is known of its circuit. A
// row that was invalid, left out or only predicted cannot, unless a lookup saw its LOA.
func concernsCircuit(o batch.Outcome) bool {
	switch o.Result {
	case sheet.Invalid, sheet.Skipped, sheet.Valid, sheet.Blocked:
		return o.LOAStatus != "" || o.Settled.Result != ""
	}
	return true
}

// change applies a function to the state of a circuit and writes the state back if it
// differs.
func (t *transaction) change(c circuit, to func(ledger.State) (ledger.State, error)) error {
	before, ok := t.cache.pending[c]
	if !ok {
		var err error
		_, before, err = scanState(t.load.QueryRow(c.scope, c.key.Region, c.key.InstanceID, c.place).Scan)
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
func (t *transaction) store(c circuit, s ledger.State) error {
	if s == (ledger.State{}) {
		_, err := t.remove.exec(c.scope, c.key.Region, c.key.InstanceID, c.place)
		return err
	}
	r := storedOf(c, s)
	values := [...]any{r.hash, r.generation, r.token, r.result, r.errorCode, r.requestID, r.submitted, r.loa, r.run,
		r.scope, r.region, r.instanceID, r.place, int64(0),
		r.pendingRun, r.pendingHash, r.pendingGeneration, r.pendingToken, r.pendingOperation, r.pendingPhase, r.tried, r.others, r.accepted}
	const checksum, short = 13, 14
	if s.Pending == (ledger.Submission{}) && s.Tried.IsZero() && s.Others == "" {
		r.pendingOperation, r.pendingPhase = "", 0 // as the statement leaves them
		values[checksum] = t.checksums.of(&r)
		_, err := t.saveWithoutPending.exec(values[:short]...)
		return err
	}
	values[checksum] = t.checksums.of(&r)
	_, err := t.save.exec(values[:]...)
	return err
}
