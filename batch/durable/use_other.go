//go:build !windows

package durable

import (
	"os"
	"syscall"
)

// errNotFolder says that a file is where a folder should be.
const errNotFolder = syscall.ENOTDIR

// InUse is known on Windows only: elsewhere a file can be replaced while it is open.
func InUse(string) bool { return false }

func patiently(do func() error) error { return do() }

func replace(from, to string) error { return os.Rename(from, to) }

// IsInUse is known on Windows only.
func IsInUse(error) bool { return false }

// Reserved is known on Windows only.
func Reserved(string) bool { return false }

// Absent is known on Windows only.
func Absent(string) bool { return false }

// MappedDrive is known on Windows only.
func MappedDrive(string) string { return "" }
