package postgres

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/network"
)

var _ ledger.Inspector = (*Store)(nil)

// queries is how many queries measure the round trip and the difference of the clocks.
const queries = 5

// Inspect implements [ledger.Inspector].
func (s *Store) Inspect(ctx context.Context) (ledger.Server, error) {
	var server ledger.Server
	err := s.attempt(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		server = transport(conn.Conn())
		if err := ask(ctx, conn, &server); err != nil {
			return err
		}
		if err := missing(ctx, conn, &server); err != nil {
			return err
		}
		return compare(ctx, conn, &server)
	})
	return server, s.wrap("check", err)
}

// transport returns how a connection is protected.
func transport(conn *pgx.Conn) (server ledger.Server) {
	raw := conn.PgConn().Conn()
	if host, _, err := net.SplitHostPort(raw.RemoteAddr().String()); err == nil {
		server.Local = network.IsLoopback(host)
	} else {
		server.Local = raw.RemoteAddr().Network() == "unix"
	}
	encrypted, ok := raw.(*tls.Conn)
	if !ok {
		return server
	}
	server.Encrypted, server.Protocol = true, tls.VersionName(encrypted.ConnectionState().Version)
	if c := conn.Config().TLSConfig; c != nil { // verify-full; with less, the driver skips this verification
		server.Verified = !c.InsecureSkipVerify
	}
	return server
}

// ask reads the settings that decide whether a commit survives a crash, and what is free.
func ask(ctx context.Context, q querier, server *ledger.Server) error {
	return q.QueryRow(ctx, `SELECT current_setting('server_version'), current_user, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
		current_setting('fsync')::boolean AND current_setting('full_page_writes')::boolean,
		current_setting('synchronous_commit'), current_setting('synchronous_standby_names'),
		(SELECT count(*) FROM pg_stat_replication),
		greatest(0, current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
			- (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' OR backend_type IS NULL AND datid IS NOT NULL))`).
		Scan(&server.Version, &server.Role, &server.Super, &server.Durable, &server.Commit, &server.Synchronous, &server.Standbys, &server.Free)
}

// rights are those that the ledger needs on each kind of object in its schemas.
const rights = `SELECT format('GRANT CREATE ON DATABASE %I TO %I', current_database(), current_user) AS grant, 0 AS n
		WHERE NOT has_database_privilege(current_database(), 'CREATE') AND to_regnamespace('loabatch_river') IS NULL
	UNION ALL SELECT format('GRANT USAGE ON SCHEMA %I TO %I', n.nspname, current_user), 1
		FROM pg_namespace n WHERE n.nspname IN ('loabatch', 'loabatch_river') AND NOT has_schema_privilege(n.oid, 'USAGE')
	UNION ALL SELECT DISTINCT format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO %I', n.nspname, current_user), 2
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('loabatch', 'loabatch_river') AND c.relkind IN ('r', 'p')
			AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))
	UNION ALL SELECT DISTINCT format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO %I', n.nspname, current_user), 3
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('loabatch', 'loabatch_river') AND CASE c.relkind WHEN 'S' THEN NOT has_sequence_privilege(c.oid, 'USAGE') END
			AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'i')
	ORDER BY n`

// missing lists the rights that the role lacks.
func missing(ctx context.Context, q querier, server *ledger.Server) error {
	return each(ctx, q, func(scan func(...any) error) error {
		var grant string
		var n int
		err := scan(&grant, &n)
		server.Missing = append(server.Missing, grant)
		return err
	}, rights)
}

// compare measures the round trip and the difference of the clocks, by the fastest query.
func compare(ctx context.Context, q querier, server *ledger.Server) error {
	var trips []time.Duration
	for range queries {
		before := time.Now()
		var now time.Time
		if err := q.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now); err != nil {
			return err
		}
		trip := time.Since(before)
		if len(trips) == 0 || trip < slices.Min(trips) {
			server.Ahead = now.Round(0).Sub(before.Round(0).Add(trip / 2))
		}
		trips = append(trips, trip)
	}
	slices.Sort(trips)
	server.RoundTrip = trips[queries/2]
	return nil
}
