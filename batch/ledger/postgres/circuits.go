package postgres

import (
	"github.com/jackc/pgx/v5"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
)

const (
	loadState = "SELECT " + ledger.StateColumns + " FROM loabatch.circuits WHERE scope = $1 AND region = $2 AND instance_id = $3 AND place = $4 FOR UPDATE"
	saveState = "INSERT INTO loabatch.circuits (" + ledger.StateColumns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
		ON CONFLICT (scope, instance_id, place, region) DO UPDATE SET hash = excluded.hash, generation = excluded.generation,
		token = excluded.token, run = excluded.run, result = excluded.result, error_code = excluded.error_code, request_id = excluded.request_id,
		submitted = excluded.submitted, loa_status = excluded.loa_status, pending_run = excluded.pending_run, pending_hash = excluded.pending_hash,
		pending_generation = excluded.pending_generation, pending_token = excluded.pending_token, pending_operation = excluded.pending_operation,
		pending_phase = excluded.pending_phase, tried = excluded.tried, others = excluded.others, pending_accepted = excluded.pending_accepted`
	removeState = "DELETE FROM loabatch.circuits WHERE scope = $1 AND region = $2 AND instance_id = $3 AND place = $4"
)

// scanState reads the StateColumns of a row.
func (s *Store) scanState(scan func(...any) error) (batch.Key, ledger.State, error) {
	var r ledger.StoredState
	if err := scan(r.Fields()...); err != nil {
		return batch.Key{}, ledger.State{}, err
	}
	key, state, err := r.State()
	state.Tried = s.toHost(state.Tried)
	return key, state, err
}

// load queues reading the state of a circuit, which stays the zero State if there is none.
func (s *Store) load(b *pgx.Batch, of ledger.StateKey, into *ledger.State) {
	b.Queue(loadState, string(of.Scope), of.Key.Region, of.Key.InstanceID, string(of.Place)).Query(func(rows pgx.Rows) error {
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
func (s *Store) save(b *pgx.Batch, of ledger.StateKey, state ledger.State) {
	if state == (ledger.State{}) {
		b.Queue(removeState, string(of.Scope), of.Key.Region, of.Key.InstanceID, string(of.Place))
		return
	}
	state.Tried = s.toDatabase(state.Tried)
	r := state.Store(of)
	b.Queue(saveState, r.Fields()...)
}

// scanStep reads the StepColumns of a row, and the columns that the query has after them.
func scanStep(scan func(...any) error, after ...any) (o batch.Outcome, s ledger.StoredStep, err error) {
	if err = scan(append(s.Fields(), after...)...); err == nil {
		o, err = s.Outcome()
	}
	return o, s, err
}
