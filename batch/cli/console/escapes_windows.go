package console

import (
	"os"

	"golang.org/x/sys/windows"
)

// Escapes reports whether a terminal acts on escape sequences, and has it do so if it can:
// Windows Terminal does, the console of cmd.exe and PowerShell only when asked, and that of
// Windows before version 10 never.
func Escapes(f *os.File) bool {
	h := windows.Handle(f.Fd())
	var mode uint32
	if windows.GetConsoleMode(h, &mode) != nil {
		return true // no console: a terminal of another kind, such as that of Git for Windows
	}
	const on = windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING
	return mode&on != 0 || windows.SetConsoleMode(h, mode|on) == nil
}
