//go:build unix && !linux

package ledger

import (
	"context"
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// bootID is not known here; the start times of processes tell boots apart as well.
func bootID() string { return "" }

func machineBoot(id string) string { return id }

// processStart asks ps(1), which every BSD and macOS has with lstart. Where it does
// not answer, only whether the process exists is known.
func processStart(pid int) (started string, running bool) {
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
