package clitest

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"

	"golang.org/x/sys/windows"
)

// consoleEvent is the program "console-event PROCESS EVENT": it sends Ctrl-C (0) or Ctrl-Break (1)
// to the console of a process. A process can be attached to one console only, so the
// tests do not do so themselves.
func consoleEvent() {
	kernel := windows.NewLazySystemDLL("kernel32.dll")
	process, err1 := strconv.Atoi(os.Args[1])
	event, err2 := strconv.Atoi(os.Args[2])
	if err1 != nil || err2 != nil {
		os.Exit(2)
	}
	_, _, _ = kernel.NewProc("FreeConsole").Call() // it may have none
	if ok, _, err := kernel.NewProc("AttachConsole").Call(uintptr(process)); ok == 0 {
		fmt.Fprintln(os.Stderr, "AttachConsole:", err)
		os.Exit(1)
	}
	signal.Notify(make(chan os.Signal, 1), os.Interrupt) // which comes to this process, too
	if err := windows.GenerateConsoleCtrlEvent(uint32(event), 0); err != nil {
		fmt.Fprintln(os.Stderr, "GenerateConsoleCtrlEvent:", err)
		os.Exit(1)
	}
}
