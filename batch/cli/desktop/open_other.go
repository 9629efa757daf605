//go:build !windows

package desktop

import (
	"cmp"
	"os/exec"
	"runtime"
)

// present reports whether there is a display. On macOS there is one for every session that is not
// from elsewhere.
func present(getenv func(string) string) bool {
	return runtime.GOOS == "darwin" || cmp.Or(getenv("DISPLAY"), getenv("WAYLAND_DISPLAY")) != ""
}

func open(path string) error {
	program := "xdg-open"
	if runtime.GOOS == "darwin" {
		program = "open"
	}
	return start(exec.Command(program, path))
}

// OwnConsole returns false: a terminal outlives what runs in it, or is set to.
func OwnConsole() bool { return false }
