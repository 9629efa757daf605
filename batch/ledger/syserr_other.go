//go:build !unix

package ledger

import (
	"errors"
	"syscall"
)

// Windows system error codes, https://learn.microsoft.com/windows/win32/debug/system-error-codes.
const (
	errorWriteProtect   = syscall.Errno(19)
	errorHandleDiskFull = syscall.Errno(39)
	errorDiskFull       = syscall.Errno(112)
)

func isReadOnlyFileSystem(err error) bool { return errors.Is(err, errorWriteProtect) }

func isFull(err error) bool {
	return errors.Is(err, errorHandleDiskFull) || errors.Is(err, errorDiskFull)
}
