package durable

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// locksFiles says whether lockFile works on this platform.
const locksFiles = true

// lockFile opens a file and takes its lock, for as long as it stays open. It returns
// errLocked when another holder has it, and an [errors.ErrUnsupported] where the file
// system has no locks. The file can be renamed, read and written meanwhile: what is locked
// is a byte beyond any content.
func lockFile(path string) (*os.File, error) {
	f, err := open(path, windows.GENERIC_READ|windows.GENERIC_WRITE, windows.FILE_FLAG_OPEN_REPARSE_POINT)
	if err != nil {
		return nil, err
	}
	beyond := windows.Overlapped{Offset: 0xfffffffe, OffsetHigh: 0x7fffffff}
	err = windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &beyond)
	switch {
	case err == nil:
		return f, nil
	case errors.Is(err, windows.ERROR_LOCK_VIOLATION), errors.Is(err, windows.ERROR_IO_PENDING):
		err = errLocked
	default:
		err = errors.Join(errors.ErrUnsupported, err)
	}
	return nil, errors.Join(err, f.Close())
}

// lockFolder takes the lock of a folder, like lockFile. Folders cannot be locked, so the lock is a named
// kernel object, made from the identity of the folder. It is visible to all users of this machine,
// but not to other machines.
func lockFolder(path string) (*os.File, error) {
	f, err := open(path, windows.FILE_READ_ATTRIBUTES, windows.FILE_FLAG_BACKUP_SEMANTICS)
	if err != nil {
		return nil, err
	}
	var info windows.ByHandleFileInformation
	err = errors.Join(windows.GetFileInformationByHandle(windows.Handle(f.Fd()), &info), f.Close())
	if err != nil {
		return nil, errors.Join(errors.ErrUnsupported, err)
	}
	name, err := windows.UTF16PtrFromString(fmt.Sprintf(`Global\loabatch-folder-%x-%x-%x`, info.VolumeSerialNumber, info.FileIndexHigh, info.FileIndexLow))
	if err != nil {
		return nil, err
	}
	lock, err := windows.CreateMutex(nil, false, name)
	switch {
	case err == nil:
		return os.NewFile(uintptr(lock), path), nil
	case errors.Is(err, windows.ERROR_ALREADY_EXISTS): // comes with a handle
		return nil, errors.Join(errLocked, windows.CloseHandle(lock))
	case errors.Is(err, windows.ERROR_ACCESS_DENIED): // another user's
		return nil, errLocked
	}
	return nil, errors.Join(errors.ErrUnsupported, err)
}

// open opens an existing file or folder with full sharing.
func open(path string, access, flags uint32) (*os.File, error) {
	return openSharing(path, access, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE, flags)
}

// openSharing opens an existing file or folder and lets others do what share says meanwhile.
func openSharing(path string, access, share, flags uint32) (*os.File, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	h, err := windows.CreateFile(name, access, share, nil, windows.OPEN_EXISTING, flags, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(h), path), nil
}
