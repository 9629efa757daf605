package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// migrations are the steps from an empty file to the current schema; step i leads to version i+1.
// A released step is never changed: a schema change is a new step. A version above the highest
// known one is an error. A new file skips most of them, see newLedger.
//
// Times are nanoseconds since 1970 UTC, 0 meaning none. Unknown texts are empty, so no
// column is ever NULL and a row reads back as it was written.
var migrations = []string{
	`CREATE TABLE runs (
		seq             INTEGER PRIMARY KEY AUTOINCREMENT,
		id              TEXT    NOT NULL UNIQUE,
		scope           TEXT    NOT NULL,
		command         TEXT    NOT NULL,
		input           TEXT    NOT NULL,
		input_sha256    TEXT    NOT NULL,
		output          TEXT    NOT NULL,
		account         TEXT    NOT NULL,
		version         TEXT    NOT NULL,
		options         TEXT    NOT NULL,
		started         INTEGER NOT NULL,
		host            TEXT    NOT NULL,
		pid             INTEGER NOT NULL,
		process_started TEXT    NOT NULL,
		boot            TEXT    NOT NULL,
		heartbeat       INTEGER NOT NULL,
		taken_by        TEXT    NOT NULL DEFAULT '',
		ended           INTEGER NOT NULL DEFAULT 0,
		final           TEXT    NOT NULL DEFAULT ''
	) STRICT;

	CREATE TABLE rows (
		run          INTEGER NOT NULL REFERENCES runs (seq),
		row          INTEGER NOT NULL,
		region       TEXT    NOT NULL,
		instance_id  TEXT    NOT NULL,
		hash         TEXT    NOT NULL DEFAULT '',
		generation   INTEGER NOT NULL DEFAULT 0,
		token        TEXT    NOT NULL DEFAULT '',
		begun        INTEGER NOT NULL DEFAULT 0,
		finished     INTEGER NOT NULL DEFAULT 0,
		result       TEXT    NOT NULL DEFAULT '',
		reason       TEXT    NOT NULL DEFAULT '',
		error_code   TEXT    NOT NULL DEFAULT '',
		request_id   TEXT    NOT NULL DEFAULT '',
		attempts     INTEGER NOT NULL DEFAULT 0,
		submitted    INTEGER NOT NULL DEFAULT 0,
		loa_status   TEXT    NOT NULL DEFAULT '',
		PRIMARY KEY (run, row)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX rows_by_circuit ON rows (instance_id);

	CREATE TABLE circuits (
		scope              TEXT    NOT NULL,
		region             TEXT    NOT NULL,
		instance_id        TEXT    NOT NULL,
		hash               TEXT    NOT NULL,
		generation         INTEGER NOT NULL,
		token              TEXT    NOT NULL,
		result             TEXT    NOT NULL,
		error_code         TEXT    NOT NULL,
		request_id         TEXT    NOT NULL,
		submitted          INTEGER NOT NULL,
		loa_status         TEXT    NOT NULL,
		run                INTEGER NOT NULL,
		pending_run        INTEGER NOT NULL,
		pending_hash       TEXT    NOT NULL,
		pending_generation INTEGER NOT NULL,
		pending_token      TEXT    NOT NULL,
		PRIMARY KEY (scope, region, instance_id)
	) STRICT, WITHOUT ROWID;

	CREATE TABLE locks (
		scope       TEXT    NOT NULL,
		region      TEXT    NOT NULL,
		instance_id TEXT    NOT NULL,
		run         INTEGER NOT NULL REFERENCES runs (seq),
		PRIMARY KEY (scope, region, instance_id)
	) STRICT, WITHOUT ROWID;`,

	// A circuit has one state for each place (see [batch.Operation.Place]), and one lock
	// for all of them. A row of version 1 does not say by which operation it was sent.
	// The default of place lets a run of an older program that is in progress go on.
	`ALTER TABLE rows ADD COLUMN operation TEXT NOT NULL DEFAULT '';

	CREATE TABLE circuits_2 (
		scope              TEXT    NOT NULL,
		region             TEXT    NOT NULL,
		instance_id        TEXT    NOT NULL,
		place              TEXT    NOT NULL DEFAULT 'loa',
		hash               TEXT    NOT NULL,
		generation         INTEGER NOT NULL,
		token              TEXT    NOT NULL,
		result             TEXT    NOT NULL,
		error_code         TEXT    NOT NULL,
		request_id         TEXT    NOT NULL,
		submitted          INTEGER NOT NULL,
		loa_status         TEXT    NOT NULL,
		run                INTEGER NOT NULL,
		pending_run        INTEGER NOT NULL,
		pending_hash       TEXT    NOT NULL,
		pending_generation INTEGER NOT NULL,
		pending_token      TEXT    NOT NULL,
		PRIMARY KEY (scope, region, instance_id, place)
	) STRICT, WITHOUT ROWID;
	INSERT INTO circuits_2 (scope, region, instance_id, hash, generation, token, result, error_code, request_id, submitted,
		loa_status, run, pending_run, pending_hash, pending_generation, pending_token)
		SELECT scope, region, instance_id, hash, generation, token, result, error_code, request_id, submitted,
		loa_status, run, pending_run, pending_hash, pending_generation, pending_token FROM circuits;
	DROP TABLE circuits;
	ALTER TABLE circuits_2 RENAME TO circuits;`,

	canonicalScopes,
	processColumns,
	markLedger,
	quotaTable,
	openTokens,
	rowChecksums,
	otherTokens,
	historyChecksums,
	prunedRuns,
	loaStates,
	rowPlaces,
	movedTable,
}

// otherTokens adds what is known of tokens that are neither the last nor the pending one: those
// that ended before, and those of results copies ([ledger.State.Others], [ledger.State.Accepted]).
// If the ledger knows that there is an LOA but not the content with which it was applied for, it
// no longer keeps a token: the row's results copy shows which it was.
const otherTokens = `
	ALTER TABLE circuits ADD COLUMN others           TEXT    NOT NULL DEFAULT '';
	ALTER TABLE circuits ADD COLUMN pending_accepted INTEGER NOT NULL DEFAULT 0;
	UPDATE circuits SET others = token, token = '' WHERE hash = '' AND token != '' AND result = 'ALREADY';
	UPDATE circuits SET checksum = row_checksum(` + checkedColumns + `, others, pending_accepted) WHERE others != '';`

// openTokens adds what is known of an open submission: its operation, how far it has come
// ([ledger.Phase]) and when its last attempt was made. With the defaults, what an older
// program recorded as begun is begun here; an UNKNOWN one is converted by
// [ledger.State.Upgrade]. A row keeps the time for its results copy.
const openTokens = `
	ALTER TABLE circuits ADD COLUMN pending_operation TEXT    NOT NULL DEFAULT '';
	ALTER TABLE circuits ADD COLUMN pending_phase     INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE circuits ADD COLUMN tried             INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE rows     ADD COLUMN tried             INTEGER NOT NULL DEFAULT 0;`

// rowPlaces gives a row of a run one record for each place, as circuits have: a row may take several
// steps. A run of an older program that is in progress can no longer write, and stops.
const rowPlaces = `
	CREATE TABLE rows_2 (
		run         INTEGER NOT NULL REFERENCES runs (seq),
		row         INTEGER NOT NULL,
		place       TEXT    NOT NULL DEFAULT 'loa',
		region      TEXT    NOT NULL,
		instance_id TEXT    NOT NULL,
		hash        TEXT    NOT NULL DEFAULT '',
		generation  INTEGER NOT NULL DEFAULT 0,
		token       TEXT    NOT NULL DEFAULT '',
		begun       INTEGER NOT NULL DEFAULT 0,
		finished    INTEGER NOT NULL DEFAULT 0,
		result      TEXT    NOT NULL DEFAULT '',
		reason      TEXT    NOT NULL DEFAULT '',
		error_code  TEXT    NOT NULL DEFAULT '',
		request_id  TEXT    NOT NULL DEFAULT '',
		attempts    INTEGER NOT NULL DEFAULT 0,
		submitted   INTEGER NOT NULL DEFAULT 0,
		loa_status  TEXT    NOT NULL DEFAULT '',
		operation   TEXT    NOT NULL DEFAULT '',
		tried       INTEGER NOT NULL DEFAULT 0,
		begun_checksum    INTEGER NOT NULL DEFAULT 0,
		finished_checksum INTEGER NOT NULL DEFAULT 0,
		PRIMARY KEY (run, row, place)
	) STRICT, WITHOUT ROWID;
	INSERT INTO rows_2 (run, row, region, instance_id, hash, generation, token, begun, finished, result, reason, error_code, request_id,
		attempts, submitted, loa_status, operation, tried, begun_checksum, finished_checksum)
		SELECT run, row, region, instance_id, hash, generation, token, begun, finished, result, reason, error_code, request_id,
		attempts, submitted, loa_status, operation, tried, begun_checksum, finished_checksum FROM rows;
	DROP TABLE rows;
	ALTER TABLE rows_2 RENAME TO rows;
	CREATE INDEX rows_by_circuit ON rows (instance_id);`

// consolidated is how many of the steps newLedger contains. Later ones are applied to a new file one
// by one, as to an existing one.
const consolidated = 14

// newLedger has the effect of the consolidated steps on an empty file, in a fraction of their time.
// TestNewLedgerIsAMigratedOne compares the two.
const newLedger = markLedger + `;
	CREATE TABLE runs (
		seq          INTEGER PRIMARY KEY AUTOINCREMENT,
		id           TEXT    NOT NULL UNIQUE,
		scope        TEXT    NOT NULL,
		command      TEXT    NOT NULL,
		input        TEXT    NOT NULL,
		input_sha256 TEXT    NOT NULL,
		output       TEXT    NOT NULL,
		account      TEXT    NOT NULL,
		version      TEXT    NOT NULL,
		options      TEXT    NOT NULL,
		started      INTEGER NOT NULL,
		host         TEXT    NOT NULL,
		pid          INTEGER NOT NULL,
		heartbeat    INTEGER NOT NULL,
		taken_by     TEXT    NOT NULL DEFAULT '',
		ended        INTEGER NOT NULL DEFAULT 0,
		final        TEXT    NOT NULL DEFAULT '',
		checksum      INTEGER NOT NULL DEFAULT 0,
		beat_checksum INTEGER NOT NULL DEFAULT 0,
		end_checksum  INTEGER NOT NULL DEFAULT 0,
		pruned        INTEGER NOT NULL DEFAULT 0
	) STRICT;

	CREATE TABLE rows (
		run         INTEGER NOT NULL REFERENCES runs (seq),
		row         INTEGER NOT NULL,
		place       TEXT    NOT NULL DEFAULT 'loa',
		region      TEXT    NOT NULL,
		instance_id TEXT    NOT NULL,
		hash        TEXT    NOT NULL DEFAULT '',
		generation  INTEGER NOT NULL DEFAULT 0,
		token       TEXT    NOT NULL DEFAULT '',
		begun       INTEGER NOT NULL DEFAULT 0,
		finished    INTEGER NOT NULL DEFAULT 0,
		result      TEXT    NOT NULL DEFAULT '',
		reason      TEXT    NOT NULL DEFAULT '',
		error_code  TEXT    NOT NULL DEFAULT '',
		request_id  TEXT    NOT NULL DEFAULT '',
		attempts    INTEGER NOT NULL DEFAULT 0,
		submitted   INTEGER NOT NULL DEFAULT 0,
		loa_status  TEXT    NOT NULL DEFAULT '',
		operation   TEXT    NOT NULL DEFAULT '',
		tried       INTEGER NOT NULL DEFAULT 0,
		begun_checksum    INTEGER NOT NULL DEFAULT 0,
		finished_checksum INTEGER NOT NULL DEFAULT 0,
		PRIMARY KEY (run, row, place)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX rows_by_circuit ON rows (instance_id);

	CREATE TABLE locks (
		scope       TEXT    NOT NULL,
		region      TEXT    NOT NULL,
		instance_id TEXT    NOT NULL,
		run         INTEGER NOT NULL REFERENCES runs (seq),
		PRIMARY KEY (scope, region, instance_id)
	) STRICT, WITHOUT ROWID;

	CREATE TABLE circuits (
		scope              TEXT    NOT NULL,
		region             TEXT    NOT NULL,
		instance_id        TEXT    NOT NULL,
		place              TEXT    NOT NULL DEFAULT 'loa',
		hash               TEXT    NOT NULL,
		generation         INTEGER NOT NULL,
		token              TEXT    NOT NULL,
		result             TEXT    NOT NULL,
		error_code         TEXT    NOT NULL,
		request_id         TEXT    NOT NULL,
		submitted          INTEGER NOT NULL,
		loa_status         TEXT    NOT NULL,
		run                INTEGER NOT NULL,
		pending_run        INTEGER NOT NULL,
		pending_hash       TEXT    NOT NULL,
		pending_generation INTEGER NOT NULL,
		pending_token      TEXT    NOT NULL,
		pending_operation  TEXT    NOT NULL DEFAULT '',
		pending_phase      INTEGER NOT NULL DEFAULT 0,
		tried              INTEGER NOT NULL DEFAULT 0,
		checksum           INTEGER NOT NULL DEFAULT 0,
		others             TEXT    NOT NULL DEFAULT '',
		pending_accepted   INTEGER NOT NULL DEFAULT 0,
		PRIMARY KEY (scope, region, instance_id, place)
	) STRICT, WITHOUT ROWID;

	` + quotaTable + loaStates + movedTable

// migrate brings the file up to date in one transaction. If it already is, it is only read. If two
// processes migrate at once, the second finds the work done.
func migrate(ctx context.Context, conn *sql.Conn, steps []string) error {
	found, err := schemaVersion(ctx, conn)
	if err != nil || found == len(steps) {
		return err
	}
	if found > len(steps) {
		return newer(ctx, conn, found, len(steps))
	}
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := applyMigrations(ctx, conn, steps); err != nil {
		rollBack(conn)
		return err
	}
	_, err = conn.ExecContext(ctx, "COMMIT")
	return err
}

// applyMigrations applies the missing steps within the open transaction.
func applyMigrations(ctx context.Context, conn *sql.Conn, steps []string) error {
	found, err := schemaVersion(ctx, conn)
	if err != nil {
		return err
	}
	if found > len(steps) {
		return newer(ctx, conn, found, len(steps))
	}
	if found == 0 {
		_, err := conn.ExecContext(ctx, `CREATE TABLE schema_version (
			version INTEGER PRIMARY KEY, applied INTEGER NOT NULL, checked INTEGER NOT NULL DEFAULT 0) STRICT`)
		if err != nil {
			return err
		}
	}
	if _, err := conn.ExecContext(ctx, removeSeal); err != nil {
		return err
	}
	if found == 0 && len(steps) >= consolidated {
		if _, err := conn.ExecContext(ctx, newLedger); err != nil {
			return fmt.Errorf("new ledger: %w", err)
		}
		_, err := conn.ExecContext(ctx, `WITH RECURSIVE step (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM step WHERE n < ?)
			INSERT INTO schema_version (version, applied) SELECT n, ? FROM step`, consolidated, time.Now().UnixNano())
		if err != nil {
			return err
		}
		found = consolidated
	}
	for i := found; i < len(steps); i++ {
		if _, err := conn.ExecContext(ctx, steps[i]); err != nil {
			return fmt.Errorf("schema version %d: %w", i+1, err)
		}
		_, err := conn.ExecContext(ctx, "INSERT INTO schema_version (version, applied) VALUES (?, ?)", i+1, time.Now().UnixNano())
		if err != nil {
			return err
		}
	}
	return nil
}

// schemaVersion reads the file's version: 0 for an empty file. A file with tables but
// without a version belongs to another program.
func schemaVersion(ctx context.Context, conn *sql.Conn) (int, error) {
	var ours, tables int
	err := conn.QueryRowContext(ctx, `SELECT count(*) FILTER (WHERE name = 'schema_version'), count(*)
		FROM sqlite_schema WHERE type = 'table'`).Scan(&ours, &tables)
	switch {
	case err != nil:
		return 0, err
	case ours == 0 && tables > 0:
		return 0, errDatabase
	case ours == 0:
		return 0, nil
	}
	var version int
	err = conn.QueryRowContext(ctx, "SELECT coalesce(max(version), 0) FROM schema_version").Scan(&version)
	return version, err
}

// rollBack ends the transaction after a failure. Its own error adds nothing: SQLite has already
// rolled back, or the connection is broken anyway.
func rollBack(conn *sql.Conn) {
	_, _ = conn.ExecContext(context.Background(), "ROLLBACK")
}
