package postgres_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/ledgertest"
	"github.com/loabatch/loabatch/batch/ledger/postgres"
	"github.com/loabatch/loabatch/batch/ledger/postgres/pgtest"
)

func inspect(t *testing.T, s *postgres.Store) ledger.Server {
	t.Helper()
	found, err := s.Inspect(t.Context())
	must(t, err)
	return found
}

// TestInspect inspects a server for tests, one with an asynchronous standby, and one whose commits
// wait for it.
func TestInspect(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	address := server.Database(t)
	name := nameOf(t, address)
	s := open(t, address, short)
	found := inspect(t, s)
	if found.Version == "" || found.Role != pgtest.Role || found.Super || len(found.Missing) > 0 || found.Encrypted || found.Verified || !found.Local ||
		!found.Durable || found.Commit != "on" || found.Synchronous != "" || found.Standbys != 0 || found.Free < 10 ||
		found.Ahead.Abs() > 20*time.Second || found.RoundTrip <= 0 || found.RoundTrip > 20*time.Second {
		t.Errorf("%+v", found)
	}
	u, err := url.Parse(server.SuperuserURL(name))
	must(t, err)
	if super := inspect(t, open(t, u.String(), short)); !super.Super || super.Role == pgtest.Role {
		t.Errorf("%+v", super)
	}

	standby := server.Standby(t)
	server.Caught(t, standby)
	eventually(t, "the standby", func() bool { return inspect(t, s).Standbys == 1 }) // it may just have lost its connection
	if found := inspect(t, s); found.Synchronous != "" {
		t.Errorf("with a standby: %+v", found)
	}
	server.Query(t, name, "ALTER SYSTEM SET synchronous_standby_names = '*'")
	server.Query(t, name, "ALTER SYSTEM SET fsync = off")
	server.Query(t, name, "SELECT pg_reload_conf()")
	eventually(t, "a synchronous standby", func() bool { return inspect(t, s).Synchronous == "*" })
	if found := inspect(t, s); found.Durable {
		t.Errorf("without fsync: %+v", found)
	}
}

// TestInspectRights uses a ledger as a role that does not own it.
func TestInspectRights(t *testing.T) {
	t.Parallel()
	address := database(t)
	server, name := pgtest.Shared(t), nameOf(t, address)
	s := open(t, address, short)
	server.Query(t, name, "REVOKE DELETE ON loabatch.locks FROM "+pgtest.Role)
	found := inspect(t, s)
	if len(found.Missing) != 1 || !strings.HasPrefix(found.Missing[0], "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA loabatch TO ") {
		t.Fatalf("%q", found.Missing)
	}
	server.Query(t, name, found.Missing[0])
	if found := inspect(t, s); len(found.Missing) > 0 {
		t.Errorf("after the statement: %q", found.Missing)
	}
}

// TestUnwritable makes a server refuse writes in the middle of a run: read-only as after a failover,
// or out of space. Nothing is begun, and the run goes on once writes work again.
func TestUnwritable(t *testing.T) {
	t.Parallel()
	address := database(t)
	server, name := pgtest.Shared(t), nameOf(t, address)
	s := open(t, address, short)
	r, err := s.Start(t.Context(), ledger.RunInfo{ID: "r", Scope: ledger.Real}, ledgertest.Keys(2))
	must(t, err)
	for _, test := range []struct {
		name, break_, mend string
		want               ledger.Kind
	}{
		{"read-only", "ALTER ROLE " + pgtest.Role + " IN DATABASE %s SET default_transaction_read_only = on", "ALTER ROLE " + pgtest.Role + " IN DATABASE %s RESET default_transaction_read_only", ledger.Standby},
		{"full", `CREATE FUNCTION loabatch.full_disk() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no space left'' USING ERRCODE = ''53100''; END';
			CREATE TRIGGER full_disk BEFORE INSERT ON loabatch.rows EXECUTE FUNCTION loabatch.full_disk()`, "DROP TRIGGER full_disk ON loabatch.rows", ledger.Full},
	} {
		server.Query(t, name, strings.ReplaceAll(test.break_, "%s", name))
		if test.name == "read-only" { // applies to new sessions
			s.Pool().Reset()
		}
		err := r.Begin(t.Context(), ledgertest.Application(0))
		if kind := kindOf(t, err); kind != test.want {
			t.Errorf("%s: %v (%s), want %s", test.name, err, kind, test.want)
		}
		if past, err := s.Past(t.Context(), ledger.Real, batch.PlaceLOA, ledgertest.Keys(2)); err != nil || len(past) != 0 {
			t.Errorf("%s: %+v is known, %v", test.name, past, err)
		}
		server.Query(t, name, strings.ReplaceAll(test.mend, "%s", name))
		s.Pool().Reset()
	}
	must(t, r.Begin(context.Background(), ledgertest.Application(0)))
	must(t, r.End(t.Context(), ledger.RunEnd{}))
}
