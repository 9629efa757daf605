//go:build unix

package sqlite

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// processStart returns when a process started, in the system's own terms, and whether it
// is running. A zombie is not.
func processStart(pid int) (started string, running bool) {
	if runtime.GOOS == "linux" {
		return statStart(pid)
	}
	return psStart(pid)
}

// statStart reads the start time in clock ticks since boot: field 22 of /proc/PID/stat,
// proc_pid_stat(5).
func statStart(pid int) (started string, running bool) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", false
	}
	// The command's name, field 2, is in parentheses and may contain anything.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return "", false
	}
	return fields[19], true
}

// psStart asks ps(1), which has lstart on macOS and every BSD. Where it gives no answer,
// only the existence of the process is known.
func psStart(pid int) (started string, running bool) {
	if err := syscall.Kill(pid, 0); err != nil && !errors.Is(err, syscall.EPERM) {
		return "", false
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	ps := exec.CommandContext(ctx, "ps", "-o", "lstart=", "-p", strconv.Itoa(pid))
	ps.Env = []string{"LC_ALL=C", "TZ=UTC", "PATH=/bin:/usr/bin"}
	out, err := ps.Output()
	if err != nil {
		return "", true
	}
	return strings.Join(strings.Fields(string(out)), " "), true
}
