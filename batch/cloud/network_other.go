//go:build !windows

package cloud

import "syscall"

// The operating system's errors for a connection that cannot be made, or is lost.
const (
	errRefused   = syscall.ECONNREFUSED
	errNoHost    = syscall.EHOSTUNREACH
	errNoNetwork = syscall.ENETUNREACH
	errReset     = syscall.ECONNRESET
	errAborted   = syscall.EPIPE
)
