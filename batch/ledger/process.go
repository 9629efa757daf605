package ledger

import (
	"os"
	"time"
)

// process names a process so that it is not mistaken for a later one with the same
// number.
type process struct {
	host    string // name of the machine
	boot    string // what its process numbers are unique in: this boot, this namespace; empty where that is not known
	pid     int
	started string // when it started, in the system's own terms; empty where that is not known
}

func thisProcess() process {
	host, _ := os.Hostname()
	return process{host: host, boot: bootID(), pid: os.Getpid()}
}

// alive tells whether the process lives, as seen from another one. On its own machine
// it is looked at; a machine of the same name that has booted since has ended it; from
// anywhere else only its last sign of life counts.
func (p process) alive(from process, heartbeat, now time.Time) bool {
	switch {
	case p.host == from.host && p.boot == from.boot:
		started, running := processStart(p.pid)
		return running && (p.started == "" || started == "" || p.started == started)
	case p.host == from.host && machineBoot(p.boot) != machineBoot(from.boot):
		return false
	}
	return now.Sub(heartbeat) < silence
}
