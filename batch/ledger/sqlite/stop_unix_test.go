//go:build unix

package sqlite_test

import (
	"os"
	"syscall"
	"testing"
)

// stop suspends a process, as a debugger or a full machine would.
func stop(t *testing.T, p *os.Process) {
	t.Helper()
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
}
