package pgtest

import (
	"fmt"
	"strconv"
	"testing"
	"time"
)

// Standby starts an asynchronous standby of the server, and waits until it follows. It ends with the test.
func (s *Server) Standby(t testing.TB) *Server {
	t.Helper()
	standby, err := newServer(s.programs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { standby.close(t) })
	standby.Password = s.Password
	backup := standby.command("pg_basebackup", "--pgdata", standby.data(), "--write-recovery-conf", "--checkpoint", "fast", "--no-sync",
		"-d", fmt.Sprintf("host=127.0.0.1 port=%d user=%s password=%s", s.Port, superuser, s.Password))
	if out, err := backup.CombinedOutput(); err != nil {
		t.Fatalf("pg_basebackup: %v\n%s", err, out)
	}
	if err := standby.launchFirst(); err != nil {
		t.Fatal(err)
	}
	s.Caught(t, standby)
	return standby
}

// Caught waits until a standby has replayed all that the server has committed.
func (s *Server) Caught(t testing.TB, standby *Server) {
	t.Helper()
	now := s.Query(t, "postgres", "SELECT pg_current_wal_flush_lsn()")
	standby.until(t, "SELECT coalesce(pg_last_wal_replay_lsn() >= '"+now+"', false)")
}

// Detach makes a standby receive nothing more: a failover loses what the server commits from now on.
func (s *Server) Detach(t testing.TB) {
	t.Helper()
	s.Query(t, "postgres", "ALTER SYSTEM SET primary_conninfo = ''")
	s.Query(t, "postgres", "SELECT pg_reload_conf()")
	s.until(t, "SELECT count(*) = 0 FROM pg_stat_wal_receiver")
}

// TakeOver makes a standby the server, on a new timeline and on the port of the former one, which must
// have crashed or stopped: as if an address moved from one machine to another.
func (s *Server) TakeOver(t testing.TB, former *Server) {
	t.Helper()
	s.Stop(t)
	s.Port = former.Port
	s.Restart(t)
	s.Query(t, "postgres", "SELECT pg_promote(true, "+strconv.Itoa(int(patience.Seconds()))+")")
	s.until(t, "SELECT NOT pg_is_in_recovery()")
}

// until waits until a query returns true.
func (s *Server) until(t testing.TB, query string) {
	t.Helper()
	for deadline := time.Now().Add(patience); s.Query(t, "postgres", query) != "t"; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not true after %v: %s\n%s", patience, query, s.Log())
		}
	}
}
