package durable

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// renameExclusively renames a file in one step and fails if the new name exists. File
// systems that cannot do so say ENOTSUP (renamex_np(2)).
func renameExclusively(from, to string) error {
	err := unix.RenamexNp(from, to, unix.RENAME_EXCL)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.EINVAL):
		err = errors.ErrUnsupported
	}
	return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
}
