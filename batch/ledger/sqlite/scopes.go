package sqlite

import (
	"database/sql/driver"

	"modernc.org/sqlite"

	"github.com/loabatch/loabatch/batch/ledger"
)

// canonicalScopes is the step of the schema after which scopes no longer depend on how an endpoint
// was spelled (see [ledger.EndpointScope]).
//
// States of one circuit that now coincide are merged by two rules. An acceptance survives: the
// last submission is the latest accepted one, else the latest unsettled one, else the latest.
// An open token survives: the pending submission is the latest that was begun but not finished
// or that ended UNKNOWN, unless its token was accepted, which settles it. A state holds two
// submissions. If more than two tokens of one circuit are open, the latest two are kept: a
// lookup that settles these settles the earlier ones too.
//
// A run in progress whose scope is respelled is taken over, so it sends nothing more: it would
// go on writing under the old scope.
const canonicalScopes = `
	CREATE TABLE spellings (scope TEXT PRIMARY KEY, canonical TEXT NOT NULL) STRICT;
	INSERT INTO spellings SELECT scope, min(canonical_scope(scope, account)) FROM runs GROUP BY scope;
	DELETE FROM spellings WHERE scope = canonical;

	CREATE TABLE parts AS
		WITH states AS (SELECT coalesce(s.canonical, c.scope) AS target, s.canonical IS NULL AS own, c.*
			FROM circuits c LEFT JOIN spellings s ON s.scope = c.scope)
		SELECT target AS scope, region, instance_id, place, own, result = 'UNKNOWN' AS open, 0 AS pending,
			hash, generation, token, result, error_code, request_id, submitted, loa_status, run
			FROM states WHERE run != 0
		UNION ALL
		SELECT target, region, instance_id, place, own, 1, 1,
			pending_hash, pending_generation, pending_token, 'UNKNOWN', '', '', 0, '', pending_run
			FROM states WHERE pending_run != 0;
	CREATE TABLE met AS
		SELECT coalesce(s.canonical, c.scope) AS scope, region, instance_id, place
		FROM circuits c LEFT JOIN spellings s ON s.scope = c.scope GROUP BY 1, 2, 3, 4 HAVING count(*) > 1;
	CREATE UNIQUE INDEX met_circuit ON met (scope, region, instance_id, place);
	DELETE FROM parts WHERE (scope, region, instance_id, place) NOT IN met;
	CREATE INDEX parts_circuit ON parts (scope, region, instance_id, place);
	DELETE FROM parts WHERE open AND EXISTS (SELECT 1 FROM parts p WHERE p.scope = parts.scope AND p.region = parts.region
		AND p.instance_id = parts.instance_id AND p.place = parts.place AND p.token = parts.token AND p.result IN ('SUBMITTED', 'ALREADY'));
	CREATE TABLE unsettled AS SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY scope, region, instance_id, place
		ORDER BY pending DESC, own DESC, run DESC) AS n FROM parts WHERE open) WHERE n = 1;
	CREATE INDEX unsettled_circuit ON unsettled (scope, region, instance_id, place);
	DELETE FROM parts WHERE open AND EXISTS (SELECT 1 FROM unsettled p WHERE p.scope = parts.scope AND p.region = parts.region
		AND p.instance_id = parts.instance_id AND p.place = parts.place AND p.token = parts.token);
	CREATE TABLE ended AS SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY scope, region, instance_id, place
		ORDER BY result IN ('SUBMITTED', 'ALREADY') DESC, open DESC, run DESC) AS n FROM parts) WHERE n = 1;
	CREATE INDEX ended_circuit ON ended (scope, region, instance_id, place);

	DELETE FROM circuits WHERE (coalesce((SELECT canonical FROM spellings s WHERE s.scope = circuits.scope), scope),
		region, instance_id, place) IN met;
	UPDATE circuits SET scope = (SELECT canonical FROM spellings s WHERE s.scope = circuits.scope)
		WHERE scope IN (SELECT scope FROM spellings);
	INSERT INTO circuits (scope, region, instance_id, place, hash, generation, token, result, error_code, request_id,
		submitted, loa_status, run, pending_run, pending_hash, pending_generation, pending_token)
		SELECT m.scope, m.region, m.instance_id, m.place,
			coalesce(e.hash, ''), coalesce(e.generation, 0), coalesce(e.token, ''), coalesce(e.result, ''), coalesce(e.error_code, ''),
			coalesce(e.request_id, ''), coalesce(e.submitted, 0), coalesce(e.loa_status, ''), coalesce(e.run, 0),
			coalesce(u.run, 0), coalesce(u.hash, ''), coalesce(u.generation, 0), coalesce(u.token, '')
		FROM met m
		LEFT JOIN ended e ON e.scope = m.scope AND e.region = m.region AND e.instance_id = m.instance_id AND e.place = m.place
		LEFT JOIN unsettled u ON u.scope = m.scope AND u.region = m.region AND u.instance_id = m.instance_id AND u.place = m.place;

	UPDATE runs SET taken_by = 'upgrade' WHERE ended = 0 AND taken_by = '' AND scope IN (SELECT scope FROM spellings);
	DELETE FROM locks WHERE scope IN (SELECT scope FROM spellings);
	UPDATE runs SET scope = (SELECT canonical FROM spellings s WHERE s.scope = runs.scope)
		WHERE scope IN (SELECT scope FROM spellings);
	DROP TABLE ended; DROP TABLE unsettled; DROP TABLE met; DROP TABLE parts; DROP TABLE spellings;`

// canonical_scope makes [ledger.Scope.Canonical] available to the step.
func init() {
	sqlite.MustRegisterDeterministicScalarFunction("canonical_scope", 2, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		scope, _ := args[0].(string)
		account, _ := args[1].(string)
		return string(ledger.Scope(scope).Canonical(account)), nil
	})
}
