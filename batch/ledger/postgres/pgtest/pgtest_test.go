package pgtest

import (
	"errors"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The shared server gives each test its own database and a role without rights beyond it.
func TestDatabase(t *testing.T) {
	t.Parallel()
	s := Shared(t)
	one, other := Database(t), Database(t)
	if one == other {
		t.Fatalf("both are %s", one)
	}
	for _, c := range []struct{ statement, want string }{
		{"SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls FROM pg_roles WHERE rolname='" + Role + "'", "f"},
		{"SELECT has_database_privilege('" + Role + "', current_database(), 'CREATE')", "t"},
		{"SELECT has_schema_privilege('" + Role + "', 'public', 'CREATE')", "f"},
	} {
		u, _ := url.Parse(one)
		if got := s.Query(t, strings.Trim(u.Path, "/"), c.statement); got != c.want {
			t.Errorf("%s: %s, want %s", c.statement, got, c.want)
		}
	}
}

func TestPrepared(t *testing.T) {
	t.Parallel()
	s, calls := Shared(t), 0
	fill := func(at string) error {
		calls++
		u, err := url.Parse(at)
		if err == nil {
			_, err = s.query(strings.Trim(u.Path, "/"), "CREATE TABLE filled AS SELECT 7 AS n")
		}
		return err
	}
	for range 2 {
		u, _ := url.Parse(Prepared(t, "filled", fill))
		if got := s.Query(t, strings.Trim(u.Path, "/"), "SELECT n FROM filled"); got != "7" {
			t.Errorf("the table has %s", got)
		}
	}
	if calls != 1 {
		t.Errorf("prepared %d times", calls)
	}
}

// What was committed is there after a crash, on the same port.
func TestCrash(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.Query(t, "postgres", "CREATE TABLE kept AS SELECT 7 AS n")
	s.Crash(t)
	if conn, err := net.Dial("tcp", strings.TrimSuffix(hostOf(s), "/")); err == nil {
		conn.Close()
		t.Error("a crashed server accepts connections")
	}
	s.Restart(t)
	s.Query(t, "postgres", "INSERT INTO kept VALUES (8)")
	s.Stop(t)
	s.Restart(t)
	if got := s.Query(t, "postgres", "SELECT n FROM kept ORDER BY n"); got != "7\n8" {
		t.Errorf("after a crash and a restart: %q", got)
	}
	if got := s.Query(t, "postgres", "SHOW fsync"); got != "on" {
		t.Errorf("fsync is %s", got)
	}
}

// A server whose port another program has taken starts on another one, and waits for its port when it restarts.
func TestPortTaken(t *testing.T) {
	t.Parallel()
	s, err := newServer(programs(t))
	if err == nil {
		err = errors.Join(s.initialize(), s.configure(fast))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.close(t) })
	taken := s.Port
	other, err := net.Listen("tcp", hostOf(s))
	if err == nil {
		err = s.launchFirst()
		other.Close()
	}
	if err != nil || s.Port == taken {
		t.Fatalf("it starts on port %d, %d is taken: %v", s.Port, taken, err)
	}
	s.Stop(t)
	if other, err = net.Listen("tcp", hostOf(s)); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(200*time.Millisecond, func() { other.Close() })
	s.Restart(t)
	if got := s.Query(t, "postgres", "SELECT 7"); got != "7" {
		t.Errorf("after the restart: %q", got)
	}
}

// A detached standby takes over without what was committed since, on a new timeline.
func TestTakeOver(t *testing.T) {
	t.Parallel()
	s := Start(t, "fsync=off")
	s.Query(t, "postgres", "CREATE TABLE kept AS SELECT 7 AS n")
	standby := s.Standby(t)
	s.Query(t, "postgres", "INSERT INTO kept VALUES (8)")
	s.Caught(t, standby)
	standby.Detach(t)
	s.Query(t, "postgres", "INSERT INTO kept VALUES (9)")
	s.Crash(t)
	standby.TakeOver(t, s)
	if standby.URL("postgres") != s.URL("postgres") {
		t.Errorf("it moved from %s to %s", s.URL("postgres"), standby.URL("postgres"))
	}
	if got := standby.Query(t, "postgres", "SELECT n FROM kept ORDER BY n"); got != "7\n8" {
		t.Errorf("after the failover: %q", got)
	}
	if got := standby.Query(t, "postgres", "SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"); got != "00000002" {
		t.Errorf("timeline %s", got)
	}
}

func hostOf(s *Server) string {
	u, _ := url.Parse(s.URL("postgres"))
	return u.Host
}

// A frozen server answers nothing, and everything once it is thawed.
func TestFreeze(t *testing.T) {
	t.Parallel()
	s := Start(t, "fsync=off")
	s.Freeze(t)
	answered := make(chan error, 1)
	go func() {
		_, err := s.query("postgres", "SELECT 1")
		answered <- err
	}()
	select {
	case err := <-answered:
		t.Errorf("a frozen server answered: %v", err)
	case <-time.After(300 * time.Millisecond):
		s.Thaw(t)
		if err := <-answered; err != nil {
			t.Error(err)
		}
	}
}

// A killed test binary leaves no server and no folder. The test runs its own binary again.
func TestKilledBinary(t *testing.T) {
	t.Parallel()
	if os.Getenv("PGTEST_KILLED") != "" {
		s := Start(t)
		os.Stdout.WriteString("folder " + s.folder + "\n")
		select {}
	}
	programs(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledBinary$")
	cmd.Env = append(os.Environ(), "PGTEST_KILLED=1")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 1000)
	n, _ := out.Read(buffer)
	cmd.Process.Kill()
	cmd.Wait()
	folder, ok := strings.CutPrefix(strings.TrimSpace(string(buffer[:n])), "folder ")
	if !ok {
		t.Fatalf("it printed %q", buffer[:n])
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is still there", folder)
		}
	}
}
