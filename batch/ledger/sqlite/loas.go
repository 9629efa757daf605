package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
)

// loaStates is the step of the schema for observed LOAs: a row for each status of each circuit's LOA
// ([ledger.LOA]). There are few for each circuit, and none is ever deleted.
const loaStates = `CREATE TABLE loa_states (
		scope         TEXT    NOT NULL,
		region        TEXT    NOT NULL,
		instance_id   TEXT    NOT NULL,
		since         INTEGER NOT NULL,
		status        TEXT    NOT NULL,
		asked         INTEGER NOT NULL,
		company       TEXT    NOT NULL,
		letter        TEXT    NOT NULL,
		letter_sha256 TEXT    NOT NULL,
		checksum      INTEGER NOT NULL,
		PRIMARY KEY (scope, region, instance_id, since)
	) STRICT, WITHOUT ROWID;`

const (
	soundLOA    = "checksum = columns_checksum(" + ledger.LOAColumns + ")"
	damagedLOAs = "SELECT EXISTS (SELECT 1 FROM loa_states WHERE NOT " + soundLOA + ")"
	saveLOA     = "INSERT OR REPLACE INTO loa_states (" + ledger.LOAColumns + `, checksum)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, columns_checksum(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9))`
	readLOA    = "SELECT " + ledger.LOAColumns + ", " + soundLOA
	presentLOA = readLOA + " FROM loa_states WHERE scope = ? AND region = ? AND instance_id = ? ORDER BY since DESC LIMIT 1"
	loaHistory = readLOA + " FROM loa_states ORDER BY scope, region, instance_id, since"
)

// loaChunk bounds the LOAs that one transaction records, about 20 milliseconds of work.
const loaChunk = 500

// scanLOA reads what readLOA selects.
func scanLOA(scan func(...any) error) (ledger.LOA, error) {
	var sound bool
	l, err := ledger.ScanLOA(scan, &sound)
	if err == nil && !sound {
		err = errChecksum
	}
	return l, err
}

// SawLOAs implements [ledger.Store].
func (s *Store) SawLOAs(ctx context.Context, scope ledger.Scope, seen []ledger.LOA) error {
	for part := range slices.Chunk(seen, loaChunk) {
		err := s.writer.do(ctx, func(t *transaction) error {
			for _, one := range part {
				err := t.changeLOA(ctx, scope, one.Key, func(known ledger.LOA) ledger.LOA {
					next, _ := known.After(one)
					return next
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return s.wrap("write", err)
		}
	}
	return nil
}

// KeepLetter implements [ledger.Store].
func (s *Store) KeepLetter(ctx context.Context, scope ledger.Scope, key batch.Key, letter ledger.Letter) error {
	return s.wrap("write", s.writer.do(ctx, func(t *transaction) error {
		return t.changeLOA(ctx, scope, key, func(known ledger.LOA) ledger.LOA { return known.WithLetter(letter) })
	}))
}

// changeLOA applies a function to what is known of a circuit's current LOA and writes the result, if
// that differs.
func (t *transaction) changeLOA(ctx context.Context, scope ledger.Scope, key batch.Key, to func(ledger.LOA) ledger.LOA) error {
	known, err := scanLOA(t.presentLOA.QueryRowContext(ctx, string(scope), key.Region, key.InstanceID).Scan)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	next := to(known)
	if next == known {
		return nil
	}
	next.Key = key
	_, err = t.saveLOA.ExecContext(ctx, next.Values(scope)...)
	return err
}

// LOAs implements [ledger.Store].
func (s *Store) LOAs(ctx context.Context, scope ledger.Scope, keys []batch.Key) (map[batch.Key]ledger.LOA, error) {
	present := map[batch.Key]ledger.LOA{}
	latest := func(scan func(...any) error) error { // they are sorted by time
		l, err := scanLOA(scan)
		l.Scope = ""
		present[l.Key] = l
		return err
	}
	if keys == nil {
		err := each(ctx, s.read, latest, readLOA+" FROM loa_states WHERE scope = ? ORDER BY since", string(scope))
		return present, s.wrap("read", err)
	}
	for _, k := range groupByRegion(keys) {
		err := each(ctx, s.read, latest, readLOA+` FROM json_each(?) k CROSS JOIN loa_states l
			ON l.scope = ? AND l.region = ? AND l.instance_id = k.value ORDER BY l.since`, k.json(), string(scope), k.region)
		if err != nil {
			return nil, s.wrap("read", err)
		}
	}
	return present, nil
}

// LOAHistory implements [ledger.Store].
func (s *Store) LOAHistory(ctx context.Context) ([]ledger.LOA, error) {
	var list []ledger.LOA
	err := each(ctx, s.read, func(scan func(...any) error) error {
		l, err := scanLOA(scan)
		list = append(list, l)
		return err
	}, loaHistory)
	return list, s.wrap("read", err)
}
