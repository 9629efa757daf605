package exit

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// causes are the catalogue's codes for errors of the operating system. Those of Windows, with numbers of their own, are in
// windowsCauses.
var causes = map[syscall.Errno]string{
	syscall.ENOENT: "cause-not-exist", syscall.EEXIST: "cause-exist", syscall.EACCES: "cause-permission", syscall.ENOSPC: "cause-full",
	syscall.EROFS: "cause-read-only", syscall.EISDIR: "cause-folder", syscall.ENOTDIR: "cause-no-folder",
	syscall.EADDRINUSE: "cause-address-in-use", syscall.EDQUOT: "cause-quota", syscall.ENAMETOOLONG: "cause-name", syscall.EPIPE: "cause-pipe", syscall.EIO: "cause-io",
}

// windowsCauses are those for the errors of Windows,
// https://learn.microsoft.com/windows/win32/debug/system-error-codes.
var windowsCauses = map[syscall.Errno]string{
	2: "cause-not-exist", 3: "cause-not-exist", 53: "cause-no-share", 67: "cause-no-share",
	5: "cause-permission", 19: "cause-read-only", 32: "cause-in-use", 33: "cause-in-use", 39: "cause-full", 112: "cause-full",
	80: "cause-exist", 183: "cause-exist", 123: "cause-name-characters", 206: "cause-name", 267: "cause-no-folder", 1295: "cause-quota",
	109: "cause-pipe", 232: "cause-pipe", 1117: "cause-io", 10048: "cause-address-in-use", 1155: "cause-no-opener",
	// ERROR_CLOUD_FILE_…: OneDrive or a similar program keeps the file elsewhere.
	362: "cause-cloud", 386: "cause-cloud", 388: "cause-cloud", 389: "cause-cloud", 391: "cause-in-use", 393: "cause-cloud", 398: "cause-cloud", 404: "cause-cloud", 426: "cause-cloud",
}

// Cause returns why the operating system could not do something, for the catalogue's
// {reason}: a code of the catalogue, or else the message of the system. Neither contains
// the path, which our own message has.
func Cause(err error) string {
	var path *fs.PathError
	var link *os.LinkError
	var call *os.SyscallError
	var name *net.DNSError
	switch {
	case errors.As(err, &name):
		return name.Err + ": " + name.Name
	case errors.As(err, &call): // of the network
		err = call.Err
	case errors.As(err, &path):
		err = path.Err
	case errors.As(err, &link):
		err = link.Err
	}
	if errno, ok := err.(syscall.Errno); ok { //nolint:errorlint // what wraps it has more to say
		known := causes[errno]
		if runtime.GOOS == "windows" {
			known = windowsCauses[errno]
		}
		if known != "" {
			return known
		}
	}
	lines := strings.Split(err.Error(), "\n") // of several addresses of a server
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(slices.Compact(lines), " ")
}
