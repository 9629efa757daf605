package hosts

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/loabatch/loabatch/batch/ledger"
)

// schema is where River keeps its tables, and we ours beside them.
const schema = "loabatch_river"

// tables are ours: how far the opening of each batch has come. A batch is there until it has
// ended: no one inserts jobs of one that has.
const tables = `
CREATE TABLE IF NOT EXISTS loabatch_river.batches (
	batch     text PRIMARY KEY,
	settled   bigint NOT NULL DEFAULT 0,    -- rows that the plan settled
	failed    bigint NOT NULL DEFAULT 0,    -- of them
	planned   boolean NOT NULL DEFAULT false, -- both are known
	opened    boolean NOT NULL DEFAULT false, -- all regions are
	passed    boolean NOT NULL DEFAULT false  -- the canary, or there is none
);
CREATE TABLE IF NOT EXISTS loabatch_river.regions (
	batch  text NOT NULL,
	region text NOT NULL,
	PRIMARY KEY (batch, region)
)`

// migrationLock is the advisory lock under which the schema is made.
const migrationLock = 0x6c6f6162_61746368 // "loabatch"

// prepare creates River's schema or brings it up to date, and notes the batch.
func (j *jobs) prepare(ctx context.Context) error {
	migrator, err := rivermigrate.New(riverpgxv5.New(j.pool), &rivermigrate.Config{Schema: schema, Logger: quiet})
	if err != nil {
		return err
	}
	all := migrator.AllVersions()
	known := all[len(all)-1].Version
	found, err := version(ctx, j.pool)
	if err == nil && found < known {
		err = j.migrate(ctx, migrator, known)
	}
	switch {
	case err != nil:
		return err
	case found > known:
		return &ledger.Error{Op: "open", Path: "postgres://", Kind: ledger.Newer, Err: ledger.NewerSchema(found, known, "")}
	}
	_, err = j.pool.Exec(ctx, "INSERT INTO loabatch_river.batches (batch) VALUES ($1) ON CONFLICT DO NOTHING", j.batch)
	return err
}

// migrate brings the schema up to date, unless another process has done so meanwhile. It waits for that on a
// connection of its own: many goroutines may wait, and whoever migrates needs one of the pool.
func (j *jobs) migrate(ctx context.Context, migrator *rivermigrate.Migrator[pgx.Tx], known int) error {
	conn, err := pgx.ConnectConfig(ctx, j.pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer func() { // and so unlock
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		_ = conn.Close(ctx)
	}()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		return err
	}
	found, err := version(ctx, conn)
	if err != nil || found >= known {
		return err
	}
	if found == 0 {
		if _, err := conn.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+schema); err != nil {
			return err
		}
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, tables)
	return err
}

// querier is the pool or one of its connections.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// version returns the version of River's schema, 0 if there is none, or not yet our tables.
func version(ctx context.Context, conn querier) (v int, err error) {
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT to_regclass('loabatch_river.regions') IS NOT NULL").Scan(&exists); err != nil || !exists {
		return 0, err
	}
	err = conn.QueryRow(ctx, "SELECT coalesce(max(version), 0) FROM loabatch_river.river_migration WHERE line = 'main'").Scan(&v)
	return v, err
}
