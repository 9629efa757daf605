package sqlite

import (
	"os"
	"strings"
	"time"
)

// process identifies a process, so that it is not mistaken for a later one with the same
// number.
type process struct {
	host    string // name of the machine
	boot    string // scope of its process numbers: the boot and the namespace; empty where unknown
	pid     int
	started string // when it started, in the system's own terms; empty where unknown
}

func thisProcess() process {
	host, _ := os.Hostname()
	return process{host: host, boot: bootID(), pid: os.Getpid()}
}

// alive reports whether the process is alive, as seen from another one. On the same
// machine the operating system knows. A machine of the same name that has rebooted since
// has ended it. For any other machine only the latest heartbeat counts.
func (p process) alive(from process, heartbeat, now time.Time) bool {
	switch {
	case p.host == from.host && p.boot == from.boot:
		started, running := processStart(p.pid)
		return running && (p.started == "" || started == "" || p.started == started)
	case p.host == from.host && machineBoot(p.boot) != machineBoot(from.boot):
		return false
	}
	return now.Sub(heartbeat) < heartbeatTimeout
}

// bootID identifies this boot of the machine and the namespace of our process numbers: a
// container's numbers mean nothing outside it. Only Linux has such an ID; elsewhere it is
// empty, and the start times of processes distinguish boots as well.
func bootID() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	namespace, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + " " + namespace
}

// machineBoot is the part of a boot ID that the whole machine shares.
func machineBoot(id string) string {
	boot, _, _ := strings.Cut(id, " ")
	return boot
}
