package sqlite

import (
	"math/bits"
	"path/filepath"
	"syscall"
	"time"
	"unsafe"

	"github.com/loabatch/loabatch/batch/durable"
)

var (
	kernel32                  = syscall.NewLazyDLL("kernel32.dll")
	queryPerformanceCounter   = kernel32.NewProc("QueryPerformanceCounter")
	queryPerformanceFrequency = kernel32.NewProc("QueryPerformanceFrequency")
)

// sinceBoot returns the time since the machine was started. The two calls never fail.
func sinceBoot() time.Duration {
	var count, frequency uint64
	queryPerformanceCounter.Call(uintptr(unsafe.Pointer(&count)))
	queryPerformanceFrequency.Call(uintptr(unsafe.Pointer(&frequency)))
	high, low := bits.Mul64(count, uint64(time.Second))
	quotient, _ := bits.Div64(high, low, frequency)
	return time.Duration(quotient)
}

// bootLine is empty: Windows does not identify boots.
func bootLine() string { return "" }

// network names the share or the drive of a path on a network file system, or returns "" for any other.
// Windows does not tell which one it is.
func network(path string) string {
	if path, err := filepath.Abs(path); err == nil && durable.Remote(path) {
		return filepath.VolumeName(path)
	}
	return ""
}
