package hosts

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// rowJob is the job of one row.
type rowJob struct {
	Batch   string `json:"batch"`
	Row     int    `json:"row"`
	Region  string `json:"region"`
	Circuit string `json:"circuit"`
	Survey  *seen  `json:"survey,omitempty"`
}

// seen is what the survey of the batch found out about a circuit.
type seen struct {
	Status         string `json:"status"`
	BusinessStatus string `json:"business_status,omitempty"`
	LOAStatus      string `json:"loa_status,omitempty"`
}

// Kind implements [river.JobArgs].
func (rowJob) Kind() string { return "row" }

func (j rowJob) key() batch.Key { return batch.Key{Region: j.Region, InstanceID: j.Circuit} }

// state is what the engine needs to know of the survey.
func (j rowJob) state() *batch.CircuitState {
	if j.Survey == nil {
		return nil
	}
	return &batch.CircuitState{InstanceID: j.Circuit, Status: j.Survey.Status, BusinessStatus: j.Survey.BusinessStatus, LOAStatus: j.Survey.LOAStatus}
}

// jobs are the jobs of one batch.
type jobs struct {
	pool   *pgxpool.Pool
	batch  string
	queues []string // of its regions
	client *river.Client[pgx.Tx]
}

// queueOf names the queue of a region of a batch. River allows few characters in names.
func queueOf(batch, region string) string {
	sum := sha256.Sum256([]byte(batch + "\x00" + region))
	return fmt.Sprintf("batch-%x", sum[:12])
}

// progress is how far the hand-out of a batch has come.
type progress struct {
	Settled                 batch.Count // rows that the plan settled
	Known                   bool        // the batch is there: it has begun and not ended
	Planned, Opened, Passed bool
	Waiting                 bool // there are jobs that nobody works on
	Running                 bool // there are jobs that somebody works on
}

// over reports whether there is no job left.
func (p progress) over() bool { return p.Opened && !p.Waiting && !p.Running }

// progress reads how far the hand-out has come.
func (j *jobs) progress(ctx context.Context) (p progress, err error) {
	err = j.pool.QueryRow(ctx, `SELECT b.settled, b.failed, b.planned, b.opened, b.passed,
		EXISTS (SELECT 1 FROM loabatch_river.river_job WHERE queue = ANY($2) AND state IN ('available', 'pending', 'retryable', 'scheduled')),
		EXISTS (SELECT 1 FROM loabatch_river.river_job WHERE queue = ANY($2) AND state = 'running')
		FROM loabatch_river.batches b WHERE b.batch = $1`, j.batch, j.queues).Scan(&p.Settled.Rows, &p.Settled.Failed, &p.Planned, &p.Opened, &p.Passed, &p.Waiting, &p.Running)
	p.Known = err == nil
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return p, err
}

// planned notes what the plan settled, the first time.
func (j *jobs) planned(ctx context.Context, settled batch.Count, canary bool) error {
	_, err := j.pool.Exec(ctx, "UPDATE loabatch_river.batches SET settled = $2, failed = $3, planned = true, passed = NOT $4 WHERE batch = $1 AND NOT planned",
		j.batch, settled.Rows, settled.Failed, canary)
	return err
}

// regions lists the regions that are open.
func (j *jobs) regions(ctx context.Context) (map[string]bool, error) {
	rows, _ := j.pool.Query(ctx, "SELECT region FROM loabatch_river.regions WHERE batch = $1", j.batch)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	open := map[string]bool{}
	for _, name := range names {
		open[name] = true
	}
	return open, err
}

// Priorities of jobs: rows that may have been sent come before the rest.
const (
	openFirst = 1
	theRest   = 2
)

// open inserts the jobs of a region, once.
func (j *jobs) open(ctx context.Context, region string, rows []batch.Offered, canary bool) error {
	params := make([]river.InsertManyParams, len(rows))
	for i := range rows {
		a := &rows[i].Application
		job := rowJob{Batch: j.batch, Row: a.Row, Region: a.Key.Region, Circuit: a.Key.InstanceID}
		if s := rows[i].State; s != nil {
			job.Survey = &seen{Status: s.Status, BusinessStatus: s.BusinessStatus, LOAStatus: s.LOAStatus}
		}
		priority := theRest
		if a.Start.LooksUp() || a.Elsewhere != nil {
			priority = openFirst
		}
		params[i] = river.InsertManyParams{Args: job, InsertOpts: &river.InsertOpts{Queue: queueOf(j.batch, region), Priority: priority, Pending: canary, MaxAttempts: maxAttempts}}
	}
	return pgx.BeginFunc(ctx, j.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `INSERT INTO loabatch_river.regions (batch, region) SELECT batch, $2 FROM loabatch_river.batches WHERE batch = $1 FOR SHARE
			ON CONFLICT DO NOTHING`, j.batch, region)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		for some := range slices.Chunk(params, 5000) {
			if _, err := j.client.InsertManyFastTx(ctx, tx, some); err != nil {
				return err
			}
		}
		// River schedules them by this host's clock but fetches them by the database's.
		_, err = tx.Exec(ctx, "UPDATE loabatch_river.river_job SET scheduled_at = now() WHERE queue = $1 AND scheduled_at > now()", queueOf(j.batch, region))
		return err
	})
}

// opened records that all regions are open.
func (j *jobs) opened(ctx context.Context) error {
	_, err := j.pool.Exec(ctx, "UPDATE loabatch_river.batches SET opened = true WHERE batch = $1", j.batch)
	return err
}

// reopen makes all regions open again, if no job is left although some rows have no outcome.
func (j *jobs) reopen(ctx context.Context) error {
	return pgx.BeginFunc(ctx, j.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE loabatch_river.batches SET opened = false WHERE batch = $1 AND opened
			AND NOT EXISTS (SELECT 1 FROM loabatch_river.river_job WHERE queue = ANY($2) AND finalized_at IS NULL)`, j.batch, j.queues)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		_, err = tx.Exec(ctx, "DELETE FROM loabatch_river.regions WHERE batch = $1", j.batch)
		return err
	})
}

// reinsert inserts a job again under a new ID. The old job is cancelled,
// so whatever a client still writes about it has no effect.
const reinsert = `
	INSERT INTO loabatch_river.river_job (args, kind, queue, priority, max_attempts, metadata, scheduled_at, state)
	SELECT args, kind, queue, priority, max_attempts, metadata, scheduled_at, 'available' FROM old`

// putBack gives the job of a row back, to be taken first once the delay is over. After a failover that lost commits,
// another job may have its ID.
func (j *jobs) putBack(ctx context.Context, id int64, row int, delay time.Duration) error {
	_, err := j.pool.Exec(ctx, `WITH old AS (
		UPDATE loabatch_river.river_job SET state = 'cancelled', finalized_at = now()
		WHERE id = $1 AND state = 'running' AND args->>'batch' = $4 AND (args->>'row')::bigint = $5
		RETURNING args, kind, queue, $3::smallint AS priority, max_attempts, metadata, CASE WHEN $2 > 0 THEN now() + $2 * interval '1 microsecond' ELSE scheduled_at END AS scheduled_at)`+reinsert,
		id, delay.Microseconds(), openFirst, j.batch, row)
	return err
}

// takeBack gives back the jobs of clients whose members are dead or have left, to be taken first.
func (j *jobs) takeBack(ctx context.Context, clients []string) (int, error) {
	tag, err := j.pool.Exec(ctx, `WITH old AS (
		UPDATE loabatch_river.river_job SET state = 'cancelled', finalized_at = now()
		WHERE queue = ANY($1) AND state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = ANY($2)
		RETURNING args, kind, queue, $3::smallint AS priority, max_attempts, metadata, scheduled_at)`+reinsert, j.queues, clients, openFirst)
	return int(tag.RowsAffected()), err
}

// strayAfter is how long a job must have been in progress before it counts as stray. A member has
// a job in hand as soon as it has fetched it.
const strayAfter = 10 * time.Second

// strays gives back the jobs that the database says a client has, except those whose rows it really
// has in hand. After a failover that lost commits, jobs that it has ended are in progress again.
func (j *jobs) strays(ctx context.Context, client string, inHand []int) (int, error) {
	tag, err := j.pool.Exec(ctx, `WITH old AS (
		UPDATE loabatch_river.river_job SET state = 'cancelled', finalized_at = now()
		WHERE queue = ANY($1) AND state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = $2
			AND attempted_at < now() - $5 * interval '1 microsecond' AND (args->>'row')::bigint <> ALL($4)
		RETURNING args, kind, queue, $3::smallint AS priority, max_attempts, metadata, scheduled_at)`+reinsert, j.queues, client, openFirst, inHand, strayAfter.Microseconds())
	return int(tag.RowsAffected()), err
}

// complete ends the job of a row that has its outcome.
func (j *jobs) complete(ctx context.Context, id int64, row int, o batch.Outcome) error {
	_, err := j.pool.Exec(ctx, `UPDATE loabatch_river.river_job SET state = 'completed', finalized_at = now(),
		metadata = metadata || jsonb_build_object('result', $2::text, 'attempts', $3::int)
		WHERE id = $1 AND state = 'running' AND args->>'batch' = $4 AND (args->>'row')::bigint = $5`, id, string(o.Result), o.Attempts, j.batch, row)
	return err
}

// cancel cancels all jobs that nobody works on.
func (j *jobs) cancel(ctx context.Context) error {
	_, err := j.pool.Exec(ctx, `UPDATE loabatch_river.river_job SET state = 'cancelled', finalized_at = now()
		WHERE queue = ANY($1) AND state IN ('available', 'pending', 'retryable', 'scheduled')`, j.queues)
	return err
}

// remove removes a batch that has ended.
func (j *jobs) remove(ctx context.Context) error {
	return pgx.BeginFunc(ctx, j.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "DELETE FROM loabatch_river.batches WHERE batch = $1", j.batch); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM loabatch_river.regions WHERE batch = $1", j.batch); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "DELETE FROM loabatch_river.river_job WHERE queue = ANY($1)", j.queues)
		return err
	})
}

// canaryPart is a part of a run, for its canary.
type canaryPart struct {
	batch   string
	queues  []string
	stopped bool // it hands out no rows
}

// admit lets as many rows be taken as the canary needs, in sheet order over all parts of the run,
// and the rest once it has passed. It reports whether one of them rules that out. It waits until
// the rows of every part are known.
func (j *jobs) admit(ctx context.Context, need int, parts []canaryPart) (failed bool, err error) {
	var batches, queues []string
	for _, p := range parts {
		batches, queues = append(batches, p.batch), append(queues, p.queues...)
	}
	err = pgx.BeginFunc(ctx, j.pool, func(tx pgx.Tx) error {
		due, err := j.canaryDue(ctx, tx, parts, batches)
		if err != nil || !due {
			return err
		}
		trial, err := j.trial(ctx, tx, need, queues)
		if err != nil {
			return err
		}
		more := trial.More()
		switch {
		case trial.Failed:
			failed = true
			return nil
		case trial.Passed():
			more = trial.Left
			if _, err := tx.Exec(ctx, "UPDATE loabatch_river.batches SET passed = true WHERE batch = ANY($1)", batches); err != nil {
				return err
			}
		}
		if more == 0 {
			return nil
		}
		_, err = tx.Exec(ctx, `UPDATE loabatch_river.river_job SET state = 'available' WHERE id IN (
			SELECT id FROM loabatch_river.river_job WHERE queue = ANY($1) AND state = 'pending' ORDER BY (args->>'row')::bigint LIMIT $2)`, queues, more)
		return err
	})
	return failed, err
}

// canaryDue locks the parts of a run, and reports whether the canary has yet to pass and the rows
// of all parts are known.
func (j *jobs) canaryDue(ctx context.Context, tx pgx.Tx, parts []canaryPart, batches []string) (bool, error) {
	opened, passed := map[string]bool{}, false
	rows, _ := tx.Query(ctx, "SELECT batch, opened, passed FROM loabatch_river.batches WHERE batch = ANY($1) ORDER BY batch FOR UPDATE", batches)
	var name string
	var open, over bool
	_, err := pgx.ForEachRow(rows, []any{&name, &open, &over}, func() error {
		opened[name] = open
		passed = passed || name == j.batch && over
		return nil
	})
	if err != nil || passed {
		return false, err
	}
	for _, p := range parts {
		if !opened[p.batch] && !p.stopped {
			return false, nil
		}
	}
	return true, nil
}

// trial reads how far the canary has come.
func (j *jobs) trial(ctx context.Context, tx pgx.Tx, need int, queues []string) (batch.Trial, error) {
	trial := batch.Trial{Need: need}
	rows, _ := tx.Query(ctx, `SELECT state, CASE state WHEN 'completed' THEN coalesce(metadata->>'result', '') ELSE '' END,
		state = 'completed' AND coalesce((metadata->>'attempts')::int, 0) > 0, count(*)
		FROM loabatch_river.river_job WHERE queue = ANY($1) GROUP BY 1, 2, 3`, queues)
	var state string
	var result sheet.Result
	var sent bool
	var n int
	_, err := pgx.ForEachRow(rows, []any{&state, &result, &sent, &n}, func() error {
		switch state {
		case "available", "retryable", "running", "scheduled":
			trial.UnderWay += n
		case "pending":
			trial.Left += n
		case "completed":
			trial.Ended(result, sent, n)
		}
		return nil
	})
	return trial, err
}
