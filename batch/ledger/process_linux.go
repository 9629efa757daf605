package ledger

import (
	"bytes"
	"os"
	"strconv"
	"strings"
)

// bootID names this boot of the machine and the namespace of our process numbers: a
// container's numbers mean nothing outside of it.
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

// processStart tells when a process started, in clock ticks since boot: field 22 of
// /proc/PID/stat, proc_pid_stat(5). A zombie does not run any more.
func processStart(pid int) (started string, running bool) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", false
	}
	// The command's name, field 2, is in parentheses and may hold anything.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return "", false
	}
	return fields[19], true
}
