package sqlite

import (
	"strconv"
	"syscall"
)

const (
	processQueryLimitedInformation = 0x1000
	stillActive                    = 259
)

// processStart returns when a process was created (GetProcessTimes) and whether it is
// running. A process that may not be opened still exists.
func processStart(pid int) (started string, running bool) {
	handle, err := syscall.OpenProcess(processQueryLimitedInformation, false, uint32(pid))
	if err != nil {
		return "", err == syscall.ERROR_ACCESS_DENIED
	}
	defer syscall.CloseHandle(handle)
	var code uint32
	if err := syscall.GetExitCodeProcess(handle, &code); err != nil || code != stillActive {
		return "", false
	}
	var creation, exit, kernel, user syscall.Filetime
	if err := syscall.GetProcessTimes(handle, &creation, &exit, &kernel, &user); err != nil {
		return "", true
	}
	return strconv.FormatInt(creation.Nanoseconds(), 10), true
}
