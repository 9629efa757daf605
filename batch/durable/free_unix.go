//go:build darwin || linux

package durable

import "syscall"

// Free returns how many bytes a user without privileges may still write to the file system
// of a folder. It fails with [errors.ErrUnsupported] where the platform does not say.
func Free(folder string) (uint64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil
}
