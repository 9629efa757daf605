package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
)

const (
	loaColumns = "l.scope, l.region, l.instance_id, l.since, l.status, l.asked, l.company, l.letter, l.letter_sha256" // ledger.LOAColumns
	saveLOA    = "INSERT INTO loabatch.loa_states (" + ledger.LOAColumns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (scope, region, instance_id, since) DO UPDATE SET
		status = excluded.status, asked = excluded.asked, company = excluded.company, letter = excluded.letter, letter_sha256 = excluded.letter_sha256`
	loaLock = 3
)

// loaChunk bounds the LOAs that one transaction records.
const loaChunk = 500

// SawLOAs implements [ledger.LOABook].
func (s *Store) SawLOAs(ctx context.Context, scope ledger.Scope, seen []ledger.LOA) error {
	for part := range slices.Chunk(seen, loaChunk) {
		err := s.changeLOAs(ctx, scope, part, func(known, one ledger.LOA) ledger.LOA {
			one.Since, one.Asked = s.toDatabase(one.Since), s.toDatabase(one.Asked) // whichever host asked later knows better
			next, _ := known.After(one)
			return next
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// loaToHost converts the times of an LOA to this host's clock.
func (s *Store) loaToHost(l ledger.LOA) ledger.LOA {
	l.Since, l.Asked = s.toHost(l.Since), s.toHost(l.Asked)
	return l
}

// KeepLetter implements [ledger.LOABook].
func (s *Store) KeepLetter(ctx context.Context, scope ledger.Scope, key batch.Key, letter ledger.Letter) error {
	return s.changeLOAs(ctx, scope, []ledger.LOA{{Key: key}}, func(known, _ ledger.LOA) ledger.LOA { return known.WithLetter(letter) })
}

// changeLOAs applies a function to what is known of circuits' current LOAs, in the given order,
// and writes what it returns where that differs. One transaction at a time changes those of a
// scope.
func (s *Store) changeLOAs(ctx context.Context, scope ledger.Scope, seen []ledger.LOA, to func(known, one ledger.LOA) ledger.LOA) error {
	keys := make([]batch.Key, len(seen))
	for i := range seen {
		keys[i] = seen[i].Key
	}
	return s.wrap("write", s.transact(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1, hashtext($2))", lockSpace+loaLock, string(scope)); err != nil {
			return err
		}
		known, err := presentLOAs(ctx, tx, scope, keys)
		if err != nil {
			return err
		}
		var b pgx.Batch
		for _, one := range seen {
			before := known[one.Key]
			next := to(before, one)
			if next == before {
				continue
			}
			known[one.Key] = next
			b.Queue(saveLOA, next.Values(scope)...)
		}
		if b.Len() == 0 {
			return nil
		}
		return tx.SendBatch(ctx, &b).Close()
	}))
}

func presentLOAs(ctx context.Context, q querier, scope ledger.Scope, keys []batch.Key) (map[batch.Key]ledger.LOA, error) {
	present := map[batch.Key]ledger.LOA{}
	regions, ids := columnsOf(keys)
	err := each(ctx, q, func(scan func(...any) error) error {
		l, err := ledger.ScanLOA(scan)
		l.Scope = ""
		present[l.Key] = l
		return err
	}, "SELECT DISTINCT ON (l.region, l.instance_id) "+loaColumns+` FROM unnest($2::text[], $3::text[]) AS k (region, id)
		JOIN loabatch.loa_states l ON l.scope = $1 AND l.region = k.region AND l.instance_id = k.id
		ORDER BY l.region, l.instance_id, l.since DESC`, string(scope), regions, ids)
	return present, err
}

// LOAs implements [ledger.LOABook].
func (s *Store) LOAs(ctx context.Context, scope ledger.Scope, keys []batch.Key) (present map[batch.Key]ledger.LOA, err error) {
	if keys != nil {
		err = s.read(ctx, func(ctx context.Context) error {
			if present, err = presentLOAs(ctx, s.pool, scope, keys); err != nil {
				return err
			}
			for key, l := range present {
				present[key] = s.loaToHost(l)
			}
			return nil
		})
		return present, err
	}
	present = map[batch.Key]ledger.LOA{}
	err = s.read(ctx, func(ctx context.Context) error {
		return each(ctx, s.pool, func(scan func(...any) error) error {
			l, err := ledger.ScanLOA(scan)
			l.Scope = ""
			present[l.Key] = s.loaToHost(l)
			return err
		}, "SELECT DISTINCT ON (l.region, l.instance_id) "+loaColumns+" FROM loabatch.loa_states l WHERE l.scope = $1 ORDER BY l.region, l.instance_id, l.since DESC", string(scope))
	})
	return present, err
}

// LOAHistory implements [ledger.LOABook].
func (s *Store) LOAHistory(ctx context.Context) (list []ledger.LOA, err error) {
	err = s.read(ctx, func(ctx context.Context) error {
		return each(ctx, s.pool, func(scan func(...any) error) error {
			l, err := ledger.ScanLOA(scan)
			list = append(list, s.loaToHost(l))
			return err
		}, "SELECT "+loaColumns+" FROM loabatch.loa_states l ORDER BY l.scope, l.region, l.instance_id, l.since")
	})
	return list, err
}
