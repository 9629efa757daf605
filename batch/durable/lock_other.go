//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package durable

import (
	"errors"
	"os"
)

// locksFiles says whether lockFile works on this platform. On Windows an open file cannot
// be removed, which serves as well.
const locksFiles = false

// lockFile is not supported.
func lockFile(string) (*os.File, error) { return nil, errors.ErrUnsupported }

// lockFolder is not supported.
func lockFolder(string) (*os.File, error) { return nil, errors.ErrUnsupported }
