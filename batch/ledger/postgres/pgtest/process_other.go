//go:build !unix

package pgtest

import (
	"errors"
	"fmt"
	"os/exec"
	"testing"
)

func installed() (string, error) {
	return "", fmt.Errorf("servers are started on Unix only: %w", errors.ErrUnsupported)
}

type owner struct{}

func ordinary() (*owner, error)  { return nil, nil }
func (*owner) take(string) error { return nil }
func (*owner) run(*exec.Cmd)     {}

// Crash, Stop, Restart, Freeze and Thaw are for Unix only: elsewhere no server starts.
func (*Server) Crash(testing.TB) {}

// Stop is like Crash.
func (*Server) Stop(testing.TB) {}

// Restart is like Crash.
func (*Server) Restart(testing.TB) {}

// Freeze is like Crash.
func (*Server) Freeze(testing.TB) {}

// Thaw is like Crash.
func (*Server) Thaw(testing.TB) {}
