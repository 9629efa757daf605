// Package pgtest starts real PostgreSQL servers for tests: the programs that are installed on
// this machine, as an ordinary user, on a loopback port, in a temporary folder.
//
//	url := pgtest.Database(t)    // an empty database on the server that this test binary shares
//	s := pgtest.Start(t)         // a durable server for this test, to crash, freeze and fail over to a Standby
//
// The shared server starts with the first test that asks for it. It does not sync its files,
// since it is never restarted. A server of [Start] has the default settings, and so syncs each
// commit, which costs nothing if $TMPDIR is in memory: a crash here is one of processes. Tests
// get the URL of an ordinary role that may connect to its database and create schemas in it,
// and nothing else: what works with it needs no superuser.
//
// All servers of a test binary are copies of one cluster, as initdb takes about a second. So
// they have the same passwords and the same system identifier.
//
// A server ends with its test, and the shared one with the test binary, however that ends: a
// shell holds the other end of a pipe, and when the pipe is closed it stops the server and
// removes its folder.
//
// The programs are looked for in the folder that LOABATCH_POSTGRES names, then on the PATH, then
// where distributions install them, the newest version first. Without them the tests are
// skipped, and one line on standard error says so, unless LOABATCH_POSTGRES is "required": then
// they fail, except on Windows. To install them: apt-get install postgresql (or postgresql-15),
// dnf install postgresql-server, brew install postgresql; no server has to run.
//
// PostgreSQL refuses to run as root. Tests that run as root start it as the user postgres or
// else nobody, who must then be able to enter the temporary folder ($TMPDIR).
package pgtest

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"
)

// variable is the environment variable that names the folder of PostgreSQL's programs, or is
// "required" to make tests fail without them.
const variable = "LOABATCH_POSTGRES"

// The roles of every server.
const (
	Role      = "loabatch" // in the URLs: an ordinary role that may create schemas in its databases
	superuser = "postgres"
)

// programs returns the folder of the server's programs, or skips or fails the test.
func programs(t testing.TB) string {
	t.Helper()
	folder, err := installed()
	switch {
	case err == nil:
	case os.Getenv(variable) == "required" && !errors.Is(err, errors.ErrUnsupported):
		t.Fatalf("%v, and %s=required", err, variable)
	default:
		said.Do(func() {
			fmt.Fprintf(os.Stderr, "NOT TESTED: tests that need PostgreSQL are skipped: %v\n", err)
		})
		t.Skipf("SKIPPED, NOT TESTED: %v", err)
	}
	return folder
}

var said sync.Once

// shared is the server of this test binary.
var shared struct {
	sync.Mutex
	server *Server
	err    error
}

// fast are settings under which nothing needs to survive a crash.
var fast = []string{"fsync=off", "full_page_writes=off", "autovacuum=off", "max_connections=500"}

// sharedServer starts the shared server once.
func sharedServer(t testing.TB) *Server {
	t.Helper()
	folder := programs(t)
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = start(folder, fast)
	}
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.server
}

// Database returns the URL of a new, empty database on the shared server, as an ordinary role.
// It is dropped when the test ends.
func Database(t testing.TB) string {
	t.Helper()
	return sharedServer(t).Database(t)
}

// Prepared is Database with content: a copy of a database that prepare filled once for each name
// and test binary. prepare has to close its connections.
func Prepared(t testing.TB, name string, prepare func(url string) error) string {
	t.Helper()
	s := sharedServer(t)
	if err := s.prepare("prepared_"+name, prepare); err != nil {
		t.Fatal(err)
	}
	return s.database(t, "prepared_"+name)
}

// Shared returns the shared server, for its queries as a superuser. Never stop it.
func Shared(t testing.TB) *Server {
	t.Helper()
	return sharedServer(t)
}

// Start starts a server for this test alone that may be stopped, crashed and frozen. Settings are
// lines of postgresql.conf, such as "synchronous_commit=off". Unless they say otherwise, it
// syncs as PostgreSQL does.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	s, err := start(programs(t), settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.close(t) })
	return s
}

// URL returns the URL of a database as the ordinary role.
func (s *Server) URL(database string) string { return s.url(Role, database) }

// SuperuserURL returns the URL of a database as a superuser.
func (s *Server) SuperuserURL(database string) string { return s.url(superuser, database) }

func (s *Server) url(role, database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(role, s.Password), Path: "/" + database,
		Host: fmt.Sprintf("127.0.0.1:%d", s.Port), RawQuery: "sslmode=disable",
	}
	return u.String()
}
