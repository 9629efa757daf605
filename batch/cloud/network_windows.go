package cloud

import "syscall"

// What the operating system says of a connection that cannot be made, or is lost: errors of
// Windows Sockets, https://learn.microsoft.com/windows/win32/winsock/windows-sockets-error-codes-2,
// which are not those of package syscall.
const (
	errRefused   syscall.Errno = 10061 // WSAECONNREFUSED
	errNoHost    syscall.Errno = 10065 // WSAEHOSTUNREACH
	errNoNetwork syscall.Errno = 10051 // WSAENETUNREACH
	errReset     syscall.Errno = 10054 // WSAECONNRESET
	errAborted   syscall.Errno = 10053 // WSAECONNABORTED: by this side, after a reset or without answers
)
