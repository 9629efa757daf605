package quicktest

import "syscall"

// memory returns a folder in memory, or "" if there is none with room for the tests.
func memory() string {
	const folder, room = "/dev/shm", 1 << 30
	var info syscall.Statfs_t
	if err := syscall.Statfs(folder, &info); err != nil || info.Bavail*uint64(info.Bsize) < room {
		return ""
	}
	return folder
}
