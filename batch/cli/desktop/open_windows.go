package desktop

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// present reports whether this process belongs to the session of somebody who has logged on:
// services, and tasks that run whether or not somebody has, are in session 0.
func present(func(string) string) bool {
	var session uint32
	return windows.ProcessIdToSessionId(windows.GetCurrentProcessId(), &session) == nil && session != 0
}

func open(path string) error {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	return windows.ShellExecute(0, nil, name, nil, nil, windows.SW_SHOWNORMAL)
}

var getConsoleProcessList = windows.NewLazySystemDLL("kernel32.dll").NewProc("GetConsoleProcessList")

// OwnConsole reports whether the console was opened for this process alone, as it is for a
// double click: it closes when the process ends. A shell would be on the list, too.
func OwnConsole() bool {
	var list [2]uint32
	n, _, _ := getConsoleProcessList.Call(uintptr(unsafe.Pointer(&list[0])), uintptr(len(list)))
	return n == 1
}
