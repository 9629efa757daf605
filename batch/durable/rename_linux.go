package durable

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// renameExclusively renames a file in one step and fails if the new name exists. File
// systems that cannot do so say EINVAL (rename(2)), and kernels before 3.15 ENOSYS.
func renameExclusively(from, to string) error {
	err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.EINVAL):
		err = errors.ErrUnsupported
	}
	return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
}
