package pgtest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server is a running PostgreSQL server. Its methods fail the test if the server does not obey.
// They may be called from several goroutines, but Crash, Stop, Freeze and their opposites only
// one at a time.
type Server struct {
	Port     int    // on 127.0.0.1, the same after a restart
	Password string // of both roles, random for each test binary
	Version  string // as printed by "postgres --version"

	programs, folder string
	owner            *owner
	watch            io.WriteCloser // the watchdog's standard input
	watchdog         *exec.Cmd

	postmaster *exec.Cmd
	ended      chan struct{} // closed when the postmaster has ended

	mu       sync.Mutex // guards the fields below
	count    int        // of databases
	prepared map[string]error
}

// patience is how long a server may take to start or to stop. It takes a second, and recovery
// after a crash not much longer, but machines that run tests are busy.
const patience = time.Minute

// watchdogScript reads each new process ID of the postmaster, 0 while it does not run. When the
// pipe is closed, for whatever reason, it stops the server at once and removes its folder.
const watchdogScript = `while read -r line; do pid=$line; done
if [ "${pid:-0}" != 0 ]; then
  for child in $(ps -A -o pid= -o ppid= | awk -v p="$pid" '$2 == p { print $1 }'); do kill -CONT "$child" 2>/dev/null; done
  kill -QUIT "$pid" 2>/dev/null; kill -CONT "$pid" 2>/dev/null
  n=0; while kill -0 "$pid" 2>/dev/null && [ $n -lt 100 ]; do sleep 0.1; n=$((n+1)); done
fi
rm -rf "$1"`

// start makes a cluster and starts a server on it.
func start(programs string, settings []string) (*Server, error) {
	s, err := newServer(programs)
	if err != nil {
		return nil, err
	}
	if err := cmp.Or(s.initialize(), s.configure(settings), s.launchFirst()); err != nil {
		s.watch.Close()
		return nil, err
	}
	return s, nil
}

// newServer makes the folder of a server and starts its watchdog.
func newServer(programs string) (*Server, error) {
	s := &Server{programs: programs, Password: rand.Text(), prepared: map[string]error{}}
	var err error
	if s.owner, err = ordinary(); err != nil {
		return nil, err
	}
	if s.folder, err = os.MkdirTemp("", "loabatch-postgres-"); err != nil {
		return nil, err
	}
	if err := s.owner.take(s.folder); err != nil {
		return nil, err
	}
	if s.Port, err = FreePort(); err != nil {
		return nil, err
	}
	s.watchdog = s.command("sh", "-c", watchdogScript, "sh", s.folder)
	if s.watch, err = s.watchdog.StdinPipe(); err != nil {
		return nil, err
	}
	return s, s.watchdog.Start()
}

// command is a program run as the server's user, detached from this terminal.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	if path := filepath.Join(s.programs, name); name != "sh" {
		name = path
	}
	cmd := exec.Command(name, args...)
	cmd.Dir = s.folder
	cmd.Env = append(environment(), "HOME="+s.folder, "PGPASSWORD="+s.Password, "PGCONNECT_TIMEOUT=30")
	s.owner.run(cmd)
	return cmd
}

// environment returns the environment without PostgreSQL's variables, and in English.
func environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PG") || strings.HasPrefix(v, "LC_") })
	return append(env, "LC_ALL=C")
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

// pristine is the cluster that all servers of this test binary start from.
var pristine struct {
	sync.Mutex
	cluster *Server // never launched
}

// initialize makes the cluster, a copy of the pristine one.
func (s *Server) initialize() error {
	pristine.Lock()
	defer pristine.Unlock()
	if pristine.cluster == nil || pristine.cluster.programs != s.programs {
		cluster, err := newServer(s.programs)
		if err != nil {
			return err
		}
		if err := cluster.initdb(); err != nil {
			cluster.watch.Close()
			return err
		}
		pristine.cluster = cluster
	}
	s.Password = pristine.cluster.Password
	return run(s.command("sh", "-c", `exec cp -R "$1" "$2"`, "sh", pristine.cluster.data(), s.data()), "")
}

// initdb makes a cluster with its roles.
func (s *Server) initdb() error {
	secret := filepath.Join(s.folder, "password")
	if err := cmp.Or(os.WriteFile(secret, []byte(s.Password+"\n"), 0o600), s.owner.take(secret)); err != nil {
		return err
	}
	return cmp.Or(
		run(s.command("initdb", "--pgdata", s.data(), "--username", superuser, "--pwfile", secret,
			"--auth", "scram-sha-256", "--encoding", "UTF8", "--no-locale", "--no-sync"), ""),
		run(s.command("postgres", "--single", "-D", s.data(), "-F", "postgres"), "CREATE ROLE "+Role+" LOGIN PASSWORD '"+s.Password+"'\n"),
	)
}

// run runs a command with an input.
func run(cmd *exec.Cmd, input string) error {
	cmd.Stdin = strings.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(cmd.Path), err, out)
	}
	return nil
}

// configure writes the settings. A test's come last and so override the others.
func (s *Server) configure(settings []string) error {
	lines := append([]string{
		"", "listen_addresses='127.0.0.1'", "unix_socket_directories=''", "max_connections=200",
		"shared_buffers='32MB'", "wal_level=replica", "hot_standby=on", "log_line_prefix='%m [%p] '", "timezone='UTC'",
		"dynamic_shared_memory_type=mmap", // in the folder: a killed server leaves nothing elsewhere
	}, settings...)
	f, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(strings.Join(lines, "\n") + "\n")
	return cmp.Or(err, f.Close())
}

// launchFirst launches the server. If another program has taken its port, the server gets another one.
func (s *Server) launchFirst() error {
	err := s.launch()
	for range 5 {
		if err == nil || !s.hindered() {
			break
		}
		if s.Port, err = FreePort(); err == nil {
			err = s.launch()
		}
	}
	return err
}

// hindered reports whether the log says that the server could not start because of another process, one of a
// killed server that is still exiting or one that uses the port, and empties the log if so.
func (s *Server) hindered() bool {
	log := s.Log()
	if !strings.Contains(log, "is still in use") && !strings.Contains(log, "Address already in use") {
		return false
	}
	return os.Truncate(s.logFile(), 0) == nil
}

// launch starts the postmaster and waits until it accepts connections.
func (s *Server) launch() error {
	log, err := os.OpenFile(s.logFile(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := s.command("postgres", "-D", s.data(), "-p", strconv.Itoa(s.Port))
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // it may have been killed
	}()
	s.postmaster, s.ended = cmd, ended
	fmt.Fprintln(s.watch, cmd.Process.Pid)
	return s.ready()
}

// ready waits until the eighth line of the postmaster's lock file says that it accepts connections,
// as pg_ctl does.
func (s *Server) ready() error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		select {
		case <-s.ended:
			return fmt.Errorf("the server ended as it started\n%s", s.Log())
		default:
		}
		content, _ := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
		lines := strings.Split(string(content), "\n")
		if len(lines) > 7 && lines[0] == strconv.Itoa(s.postmaster.Process.Pid) && strings.TrimSpace(lines[7]) == "ready" {
			return nil
		}
	}
	return fmt.Errorf("the server did not start in %v\n%s", patience, s.Log())
}

// gone waits until the postmaster has ended.
func (s *Server) gone() error {
	select {
	case <-s.ended:
		_, err := fmt.Fprintln(s.watch, 0)
		return err
	case <-time.After(patience):
		return fmt.Errorf("the server did not stop in %v\n%s", patience, s.Log())
	}
}

// close ends the server and removes its folder.
func (s *Server) close(t testing.TB) {
	if t.Failed() {
		t.Logf("the end of PostgreSQL's log:\n%s", s.Log())
	}
	s.watch.Close()
	if err := s.watchdog.Wait(); err != nil {
		t.Errorf("the watchdog of PostgreSQL: %v", err)
	}
}

func (s *Server) logFile() string { return filepath.Join(s.folder, "log") }

// Log returns the end of the server's log.
func (s *Server) Log() string {
	content, err := os.ReadFile(s.logFile())
	if err != nil {
		return err.Error()
	}
	return string(content[max(0, len(content)-8000):])
}

// Query runs a statement as a superuser and returns its result as unaligned text: rows on
// lines, columns separated by |.
func (s *Server) Query(t testing.TB, database, statement string) string {
	t.Helper()
	out, err := s.query(database, statement)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// query runs statements one after the other on one connection.
func (s *Server) query(database string, statements ...string) (string, error) {
	args := []string{"-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", strconv.Itoa(s.Port),
		"-U", superuser, "-d", database}
	for _, statement := range statements {
		args = append(args, "-c", statement)
	}
	out, err := s.command("psql", args...).Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(statements, "; "), err, bytes.TrimSpace(exit.Stderr))
	}
	return strings.TrimSuffix(string(out), "\n"), err
}

// Database returns the URL of a new, empty database, as the ordinary role. It is dropped when the
// test ends, if the server still runs.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	return s.database(t, "template0")
}

// database makes a copy of a template.
func (s *Server) database(t testing.TB, template string) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock() // a template is copied by one connection at a time
	s.count++
	name := fmt.Sprintf("test%d", s.count)
	if err := s.create(name, template); err != nil {
		t.Fatal(err)
	}
	if s == shared.server { // another server's database goes with its folder
		t.Cleanup(func() { _, _ = s.query("postgres", "DROP DATABASE "+name+" WITH (FORCE)") })
	}
	return s.URL(name)
}

// create makes a database in which the ordinary role may create schemas.
func (s *Server) create(name, template string) error {
	_, err := s.query("postgres", "CREATE DATABASE "+name+" TEMPLATE "+template, "GRANT CREATE, CONNECT, TEMPORARY ON DATABASE "+name+" TO "+Role)
	return err
}

// prepare makes a template unless it exists.
func (s *Server) prepare(name string, fill func(url string) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err, known := s.prepared[name]
	if !known {
		if err = s.create(name, "template0"); err == nil {
			err = fill(s.URL(name))
		}
		s.prepared[name] = err
	}
	return err
}

// The ports of servers lie below those that any system gives to outgoing connections and to listeners that
// ask for none (from 32768 on Linux, from 49152 on others, RFC 6335): while a server is down, nobody takes its port.
const (
	firstPort = 15000
	endPort   = 32768
)

// FreePort returns a loopback port that is free now, at random.
func FreePort() (port int, err error) {
	for range 100 {
		port = firstPort + mathrand.IntN(endPort-firstPort)
		var listener net.Listener
		if listener, err = new(net.ListenConfig).Listen(context.Background(), "tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, listener.Close()
		}
	}
	return 0, err
}
