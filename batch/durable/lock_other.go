//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package durable

import (
	"errors"
	"os"
)

// locksFiles says whether lockFile works on this platform.
const locksFiles = false

// lockFile is not supported.
func lockFile(string) (*os.File, error) { return nil, errors.ErrUnsupported }

// lockFolder is not supported.
func lockFolder(string) (*os.File, error) { return nil, errors.ErrUnsupported }
