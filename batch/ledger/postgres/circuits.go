package postgres

import (
	"github.com/jackc/pgx/v5"

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

// stateColumns are the columns of circuits in the order of scanState and storeState.
const stateColumns = `scope, region, instance_id, place, hash, generation, token, run, result, error_code, request_id, submitted, loa_status,
	pending_run, pending_hash, pending_generation, pending_token, pending_operation, pending_phase, tried, others, pending_accepted`

const (
	loadState = "SELECT " + stateColumns + " FROM loabatch.circuits WHERE scope = $1 AND region = $2 AND instance_id = $3 AND place = $4 FOR UPDATE"
	saveState = "INSERT INTO loabatch.circuits (" + stateColumns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
		ON CONFLICT (scope, instance_id, place, region) DO UPDATE SET hash = excluded.hash, generation = excluded.generation,
		token = excluded.token, run = excluded.run, result = excluded.result, error_code = excluded.error_code, request_id = excluded.request_id,
		submitted = excluded.submitted, loa_status = excluded.loa_status, pending_run = excluded.pending_run, pending_hash = excluded.pending_hash,
		pending_generation = excluded.pending_generation, pending_token = excluded.pending_token, pending_operation = excluded.pending_operation,
		pending_phase = excluded.pending_phase, tried = excluded.tried, others = excluded.others, pending_accepted = excluded.pending_accepted`
	removeState = "DELETE FROM loabatch.circuits WHERE scope = $1 AND region = $2 AND instance_id = $3 AND place = $4"
)

// scanState reads the stateColumns of a row.
func (s *Store) scanState(scan func(...any) error) (batch.Key, ledger.State, error) {
	var key batch.Key
	var state ledger.State
	var scope, place, operation string
	var submitted, tried, accepted, phase int64
	err := scan(&scope, &key.Region, &key.InstanceID, &place, &state.Last.Hash, &state.Last.Generation, &state.Last.Token, &state.Last.Run,
		&state.Result, &state.ErrorCode, &state.RequestID, &submitted, &state.LOAStatus,
		&state.Pending.Run, &state.Pending.Hash, &state.Pending.Generation, &state.Pending.Token, &operation, &phase, &tried, &state.Others, &accepted)
	if err != nil {
		return key, state, err
	}
	state.SubmittedAt, state.Accepted, state.Tried = instant(submitted), instant(accepted), s.toHost(instant(tried))
	state.PendingPhase = ledger.Phase(phase)
	state.PendingOperation, err = batch.ParseOperation(operation)
	return key, state, err
}

// load queues reading the state of a circuit, which stays the zero State if there is none.
func (s *Store) load(b *pgx.Batch, c circuit, into *ledger.State) {
	b.Queue(loadState, c.scope, c.key.Region, c.key.InstanceID, c.place).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var err error
			if _, *into, err = s.scanState(rows.Scan); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// save queues writing the state of a circuit.
func (s *Store) save(b *pgx.Batch, c circuit, state ledger.State) {
	if state == (ledger.State{}) {
		b.Queue(removeState, c.scope, c.key.Region, c.key.InstanceID, c.place)
		return
	}
	b.Queue(saveState, c.scope, c.key.Region, c.key.InstanceID, c.place, state.Last.Hash, state.Last.Generation, state.Last.Token, state.Last.Run,
		string(state.Result), state.ErrorCode, state.RequestID, nanoseconds(state.SubmittedAt), state.LOAStatus,
		state.Pending.Run, state.Pending.Hash, state.Pending.Generation, state.Pending.Token, state.PendingOperation.String(), int64(state.PendingPhase),
		nanoseconds(s.toDatabase(state.Tried)), state.Others, nanoseconds(state.Accepted))
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

// outcomeColumns are the columns of rows in the order of scanOutcome.
const outcomeColumns = `r.hash, r.begun, r.finished, r.row, r.region, r.instance_id, r.result, r.reason, r.error_code, r.request_id, r.token,
	r.generation, r.attempts, r.submitted, r.loa_status, r.operation, r.tried`

// record is a step of a row: its outcome, and what only a record has.
type record struct {
	batch.Outcome
	hash            string
	begun, finished int64
}

// scanRecord reads the outcomeColumns of a row, and the columns that the query has before them.
func scanRecord(scan func(...any) error, before ...any) (r record, err error) {
	var submitted, tried int64
	var operation string
	o := &r.Outcome
	err = scan(append(before, &r.hash, &r.begun, &r.finished, &o.Row, &o.Key.Region, &o.Key.InstanceID, &o.Result, &o.Reason, &o.ErrorCode, &o.RequestID,
		&o.Token, &o.Generation, &o.Attempts, &submitted, &o.LOAStatus, &operation, &tried)...)
	if err != nil {
		return r, err
	}
	o.SubmittedAt, o.Tried = instant(submitted), instant(tried)
	o.Operation, err = batch.ParseOperation(operation)
	if o.Result == "" {
		o.Result, o.Reason = sheet.Unknown, batch.ReasonUnsettled
	}
	return r, err
}

// inOrder lists rows with their steps in order.
const inOrder = " ORDER BY r.run, r.row, r.place <> 'loa', r.place"
