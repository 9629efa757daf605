//go:build unix

package sqlite

import (
	"os"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// sinceBoot returns the time since the machine was started, by the clock that package time
// uses for durations.
func sinceBoot() time.Duration {
	clock := int32(unix.CLOCK_MONOTONIC)
	if runtime.GOOS == "darwin" {
		clock = 8 // CLOCK_UPTIME_RAW: CLOCK_MONOTONIC advances there while the machine sleeps
	}
	var t unix.Timespec
	if err := unix.ClockGettime(clock, &t); err != nil {
		panic(err) // impossible: every system has the clock
	}
	return time.Duration(t.Nano())
}

// bootLine identifies this boot of the machine; it is empty if the system does not.
func bootLine() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(id))
}
