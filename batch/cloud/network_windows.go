package cloud

import "syscall"

// The operating system's errors for a connection that cannot be made, or is lost: those of Windows Sockets,
// https://learn.microsoft.com/windows/win32/winsock/windows-sockets-error-codes-2, which differ from
// those of package syscall.
const (
	errRefused   syscall.Errno = 10061 // WSAECONNREFUSED
	errNoHost    syscall.Errno = 10065 // WSAEHOSTUNREACH
	errNoNetwork syscall.Errno = 10051 // WSAENETUNREACH
	errReset     syscall.Errno = 10054 // WSAECONNRESET
	errAborted   syscall.Errno = 10053 // WSAECONNABORTED: by this side, after a reset or without answers
)
