//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package durable

import (
	"errors"
	"os"
	"syscall"
)

// locksFiles says whether lockFile works on this platform.
const locksFiles = true

// lockFile opens a file and takes its lock, for as long as it stays open. It returns
// errLocked when another holder has it, and an [errors.ErrUnsupported] where the file
// system has no locks. It opens for writing, which NFS requires for a lock (flock(2)).
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err != syscall.EINTR {
			break
		}
	}
	switch err {
	case nil:
		return f, nil
	case syscall.EWOULDBLOCK:
		err = errLocked
	default:
		err = errors.Join(errors.ErrUnsupported, err)
	}
	return nil, errors.Join(err, f.Close())
}
