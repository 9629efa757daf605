package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"slices"

	"modernc.org/sqlite"

	"github.com/loabatch/loabatch/batch/ledger"
)

// The seal protects a ledger at rest. A killed run leaves its ledger unsealed, and SQLite's
// own check does not look at values. So each state of a circuit, which decides whether an
// application is sent, has its own checksum. It is verified whenever the state is read, and
// for all states when a ledger without a seal is opened: that also finds a state whose circuit
// was changed into another.

// rowChecksums is the step of the schema that adds them. 0 means none: an older program that has
// the ledger open still writes rows without one.
const rowChecksums = `
	ALTER TABLE circuits ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
	UPDATE circuits SET checksum = row_checksum(` + checkedColumns + `);`

// checkedColumns are the columns of circuits that its checksum covers: the first ones of
// [ledger.StateColumns].
const checkedColumns = `scope, region, instance_id, place, hash, generation, token, result, error_code, request_id,
	submitted, loa_status, run, pending_run, pending_hash, pending_generation, pending_token,
	pending_operation, pending_phase, tried`

// laterColumns were added to the schema after rows had checksums. If they have their defaults,
// the checksum does not cover them.
const laterColumns = "others, pending_accepted"

// checksummer computes checksums with memory that it keeps.
type checksummer []byte

// of is the CRC-32C of a state: the numbers, then the texts, each preceded by its length. It is
// never 0.
func (c *checksummer) of(s *ledger.StoredState) int64 {
	b := (*c)[:0]
	for _, n := range [...]int64{s.Generation, s.Submitted, s.Run, s.PendingRun, s.PendingGeneration, s.PendingPhase, s.Tried} {
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
	}
	for _, text := range [...]string{s.Scope, s.Region, s.InstanceID, s.Place, s.Hash, s.Token, s.Result, s.ErrorCode, s.RequestID, s.LOA,
		s.PendingHash, s.PendingToken, s.PendingOperation} {
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(text))), text...)
	}
	if s.Others != "" || s.Accepted != 0 {
		b = append(binary.LittleEndian.AppendUint64(b, uint64(s.Accepted)), s.Others...)
	}
	*c = b
	return checksumOf(b)
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

// row_checksum makes checksummer.of available to SQL, with the laterColumns or without.
func init() {
	sqlite.MustRegisterDeterministicScalarFunction("row_checksum", -1, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		if len(args) != 20 && len(args) != 22 {
			return nil, fmt.Errorf("row_checksum of %d columns", len(args))
		}
		var s ledger.StoredState
		for i, field := range s.Fields()[:len(args)] {
			switch field := field.(type) {
			case *string:
				*field, _ = args[i].(string)
			case *int64:
				*field, _ = args[i].(int64)
			}
		}
		return new(checksummer).of(&s), nil
	})
}
