//go:build !unix

package sqlite_test

import (
	"os"
	"testing"
)

// stop does nothing: this system cannot suspend a process.
func stop(*testing.T, *os.Process) {}
