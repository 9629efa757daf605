//go:build !windows

package desktop

import (
	"cmp"
	"os/exec"
	"runtime"
	"time"

	"github.com/loabatch/loabatch/batch"
)

// present reports whether there is a display. On macOS every session that is not remote has one.
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

// OwnConsole returns false: a terminal outlives what runs in it, or is configured to.
func OwnConsole() bool { return false }

// patience is how long a program that opens files may take to say that it cannot. xdg-open
// may stay for as long as what it starts.
const patience = 2 * time.Second

// start starts a program that opens files.
func start(c *exec.Cmd) error {
	if err := c.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() {
		defer batch.Guard(func(err error) { ended <- err })
		ended <- c.Wait()
	}()
	select {
	case err := <-ended:
		return err
	case <-time.After(patience):
		return nil
	}
}
