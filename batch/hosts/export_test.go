package hosts

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
)

// MakeTables makes the tables as the first host of a batch does.
func MakeTables(ctx context.Context, pool *pgxpool.Pool) error {
	j := &jobs{pool: pool, batch: "none"}
	if err := j.prepare(ctx); err != nil {
		return err
	}
	_, err := pool.Exec(ctx, "DELETE FROM loabatch_river.batches")
	return err
}
