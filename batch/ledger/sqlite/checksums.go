package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"slices"

	"modernc.org/sqlite"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

// The seal protects a ledger at rest. A killed run leaves its ledger unsealed, and SQLite's
// own check does not look at values. So each state of a circuit, which decides whether an
// application is sent, has a checksum of its own. It is compared whenever the state is read,
// and for all states when a ledger without a seal is opened: then one whose circuit was
// changed into another is found as well.

// rowChecksums is the schema's step to them. 0 means none: an older program that has the
// ledger open still writes rows without one.
const rowChecksums = `
	ALTER TABLE circuits ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
	UPDATE circuits SET checksum = row_checksum(` + checkedColumns + `);`

// checkedColumns are the columns of circuits that its checksum covers, in its order.
const checkedColumns = `scope, region, instance_id, place, hash, generation, token, result, error_code, request_id,
	submitted, loa_status, run, pending_run, pending_hash, pending_generation, pending_token,
	pending_operation, pending_phase, tried`

// laterColumns were added to the schema after rows had checksums. Where they have their
// defaults the checksum is that without them.
const laterColumns = "others, pending_accepted"

// storedState is a row of circuits as it is stored. The driver leaves what the row does not
// have at its zero value, which is the column's default.
type storedState struct {
	scope, region, instanceID, place                   string
	hash, token, result, errorCode, requestID, loa     string
	generation, submitted, run                         int64
	pendingRun, pendingGeneration, pendingPhase, tried int64
	pendingHash, pendingToken, pendingOperation        string
	others                                             string // of the laterColumns, as is accepted
	accepted                                           int64
}

// texts and numbers are the checkedColumns of either type, in their order.
func (s *storedState) texts() [13]string {
	return [...]string{s.scope, s.region, s.instanceID, s.place, s.hash, s.token, s.result, s.errorCode, s.requestID, s.loa,
		s.pendingHash, s.pendingToken, s.pendingOperation}
}

func (s *storedState) numbers() [7]int64 {
	return [...]int64{s.generation, s.submitted, s.run, s.pendingRun, s.pendingGeneration, s.pendingPhase, s.tried}
}

// checksum is the CRC-32C of the row, each text preceded by its length. It is never 0.
func (s *storedState) checksum() int64 { return new(checksummer).of(s) }

// checksummer computes checksums with memory that it keeps.
type checksummer []byte

func (c *checksummer) of(s *storedState) int64 {
	b := (*c)[:0]
	for _, n := range s.numbers() {
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
	}
	for _, text := range s.texts() {
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(text))), text...)
	}
	if s.others != "" || s.accepted != 0 {
		b = append(binary.LittleEndian.AppendUint64(b, uint64(s.accepted)), s.others...)
	}
	*c = b
	return checksumOf(b)
}

// toState is the state that a row holds.
func (s *storedState) toState() (ledger.State, error) {
	operation, err := batch.ParseOperation(s.pendingOperation)
	return ledger.State{
		Last:             ledger.Submission{Run: s.run, Hash: s.hash, Generation: int(s.generation), Token: s.token},
		Pending:          ledger.Submission{Run: s.pendingRun, Hash: s.pendingHash, Generation: int(s.pendingGeneration), Token: s.pendingToken},
		PendingOperation: operation, PendingPhase: ledger.Phase(s.pendingPhase), Tried: instant(s.tried),
		Result: sheet.Result(s.result), ErrorCode: s.errorCode, RequestID: s.requestID,
		SubmittedAt: instant(s.submitted), LOAStatus: s.loa, Others: s.others, Accepted: instant(s.accepted),
	}, err
}

// storedOf is the row of a state.
func storedOf(c circuit, s ledger.State) storedState {
	return storedState{
		scope: c.scope, region: c.key.Region, instanceID: c.key.InstanceID, place: c.place,
		hash: s.Last.Hash, generation: int64(s.Last.Generation), token: s.Last.Token, run: s.Last.Run,
		result: string(s.Result), errorCode: s.ErrorCode, requestID: s.RequestID, submitted: nanoseconds(s.SubmittedAt), loa: s.LOAStatus,
		pendingRun: s.Pending.Run, pendingHash: s.Pending.Hash, pendingGeneration: int64(s.Pending.Generation), pendingToken: s.Pending.Token,
		pendingOperation: s.PendingOperation.String(), pendingPhase: int64(s.PendingPhase), tried: nanoseconds(s.Tried),
		others: s.Others, accepted: nanoseconds(s.Accepted),
	}
}

// checkRows compares all checksums of a ledger, if its schema has them.
func checkRows(ctx context.Context, conn *sql.Conn, version int) error {
	if version <= slices.Index(migrations, rowChecksums) {
		return nil
	}
	columns := checkedColumns
	if version > slices.Index(migrations, otherTokens) {
		columns += ", " + laterColumns
	}
	err := noneDamaged(ctx, conn, "SELECT EXISTS (SELECT 1 FROM circuits WHERE checksum NOT IN (0, row_checksum("+columns+")))")
	if err == nil && version > slices.Index(migrations, loaStates) {
		err = noneDamaged(ctx, conn, damagedLOAs)
	}
	return err
}

// row_checksum makes storedState.checksum available to SQL, with the laterColumns or without.
func init() {
	sqlite.MustRegisterDeterministicScalarFunction("row_checksum", -1, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		if len(args) != 20 && len(args) != 22 {
			return nil, fmt.Errorf("row_checksum of %d columns", len(args))
		}
		text := func(i int) string { s, _ := args[i].(string); return s }
		number := func(i int) int64 { n, _ := args[i].(int64); return n }
		s := storedState{
			scope: text(0), region: text(1), instanceID: text(2), place: text(3), hash: text(4), generation: number(5), token: text(6),
			result: text(7), errorCode: text(8), requestID: text(9), submitted: number(10), loa: text(11), run: number(12),
			pendingRun: number(13), pendingHash: text(14), pendingGeneration: number(15), pendingToken: text(16),
			pendingOperation: text(17), pendingPhase: number(18), tried: number(19),
		}
		if len(args) == 22 {
			s.others, s.accepted = text(20), number(21)
		}
		return s.checksum(), nil
	})
}
