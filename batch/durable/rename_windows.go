package durable

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// renameExclusively renames a file in one step and fails if the new name exists.
func renameExclusively(from, to string) error {
	old, err := windows.UTF16PtrFromString(from)
	if err != nil {
		return err
	}
	name, err := windows.UTF16PtrFromString(to)
	if err != nil {
		return err
	}
	err = patiently(func() error { return windows.MoveFileEx(old, name, windows.MOVEFILE_WRITE_THROUGH) })
	switch {
	case err == nil:
		return nil
	case errors.Is(err, windows.ERROR_NOT_SAME_DEVICE):
		err = syscall.EXDEV
	}
	return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
}
