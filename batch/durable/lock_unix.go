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
	return lock(f)
}

// lockFolder opens a folder and takes its lock, like lockFile.
func lockFolder(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	return lock(f)
}

// lock takes the lock of an open file, or closes it.
func lock(f *os.File) (*os.File, error) {
	var err error
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
