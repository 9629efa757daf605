//go:build unix

package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// installed returns the folder that has initdb, postgres and psql.
func installed() (string, error) {
	folders := []string{os.Getenv(variable)}
	if path, err := exec.LookPath("initdb"); err == nil {
		folders = append(folders, filepath.Dir(path))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/bin", "/usr/libexec/postgresql*", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin",
	} {
		found, _ := filepath.Glob(pattern)
		slices.Reverse(found)
		folders = append(folders, found...)
	}
	for _, folder := range folders {
		if filepath.IsAbs(folder) && hasPrograms(folder) {
			return folder, nil
		}
	}
	return "", errors.New("PostgreSQL is not installed: no folder has initdb, postgres and psql (on Debian: apt-get install postgresql)")
}

func hasPrograms(folder string) bool {
	for _, name := range []string{"initdb", "postgres", "psql"} {
		if _, err := exec.LookPath(filepath.Join(folder, name)); err != nil {
			return false
		}
	}
	return true
}

// owner is the user as whom the server runs, nil for the user who runs the tests.
type owner struct{ uid, gid int }

// ordinary returns the user for the server: PostgreSQL refuses root.
func ordinary() (*owner, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		return &owner{uid, gid}, errors.Join(err1, err2)
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

// take gives a file to the user.
func (o *owner) take(path string) error {
	if o == nil {
		return nil
	}
	return os.Chown(path, o.uid, o.gid)
}

// run makes a command run as the user, in its own process group: Ctrl-C is for the tests.
func (o *owner) run(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if o != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(o.uid), Gid: uint32(o.gid)}
	}
}

// children returns the processes of the server apart from the postmaster.
func (s *Server) children() (pids []int, err error) {
	out, err := exec.Command("ps", "-A", "-o", "pid=", "-o", "ppid=").Output()
	if err != nil {
		return nil, fmt.Errorf("ps: %w", err)
	}
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) == 2 && f[1] == strconv.Itoa(s.postmaster.Process.Pid) {
			pid, err := strconv.Atoi(f[0])
			if err != nil {
				return nil, err
			}
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// signalAll stops the postmaster, so it starts no process meanwhile, and sends a signal to its
// children and then to it.
func (s *Server) signalAll(signal syscall.Signal) error {
	if err := s.postmaster.Process.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	pids, err := s.children()
	if err != nil {
		return err
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return s.postmaster.Process.Signal(signal)
}

// Crash kills all processes of the server at once, as a power cut does except for the disk.
func (s *Server) Crash(t testing.TB) {
	t.Helper()
	must(t, s.signalAll(syscall.SIGKILL))
	must(t, s.gone())
}

// Stop shuts the server down, ending its connections, as an administrator's restart does.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	must(t, s.postmaster.Process.Signal(syscall.SIGINT))
	must(t, s.gone())
}

// Restart starts the server again after Crash or Stop, on the same port and with the same data, and
// waits until it accepts connections.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	err := s.launch()
	for deadline := time.Now().Add(patience); err != nil && time.Now().Before(deadline) && s.hindered(); {
		time.Sleep(50 * time.Millisecond)
		err = s.launch()
	}
	must(t, err)
}

// Freeze suspends all processes of the server: connections stay open and nothing is answered, as
// when the network or the disk hangs. Thaw resumes them.
func (s *Server) Freeze(t testing.TB) {
	t.Helper()
	must(t, s.signalAll(syscall.SIGSTOP))
}

// Thaw resumes the processes of a frozen server.
func (s *Server) Thaw(t testing.TB) {
	t.Helper()
	must(t, s.signalAll(syscall.SIGCONT))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
