package durable

import (
	"errors"
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"
)

// errNotFolder says that a file is where a folder should be. syscall.ENOTDIR says the same of
// a folder that is missing.
const errNotFolder = windows.ERROR_DIRECTORY

// InUse reports whether a program has the file at a path open and lets nobody replace it. Excel
// lets others read it only.
func InUse(path string) bool {
	f, err := open(path, windows.DELETE, 0)
	if err == nil {
		_ = f.Close()
	}
	return IsInUse(err)
}

// IsInUse reports whether something failed because a program has the file open.
func IsInUse(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_LOCK_VIOLATION)
}

// Absent reports whether the content of a file is not on this machine but with a service such
// as OneDrive, which fetches it when it is read.
func Absent(path string) bool {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return false
	}
	attributes, err := windows.GetFileAttributes(name)
	const elsewhere = windows.FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS | windows.FILE_ATTRIBUTE_RECALL_ON_OPEN | windows.FILE_ATTRIBUTE_OFFLINE
	return err == nil && attributes&elsewhere != 0
}

// MappedDrive returns the drive of a path, such as Z:, if it is a name that somebody who has
// logged on has given to a network share: no one else has it.
func MappedDrive(path string) string {
	path, err := filepath.Abs(path)
	if err != nil {
		return ""
	}
	if drive := filepath.VolumeName(path); len(drive) == len("Z:") && Remote(path) {
		return drive
	}
	return ""
}

// Remote reports whether an absolute path leads to a network share: by the share's name, whether
// it can be reached or not, or by a drive.
func Remote(path string) bool {
	volume := filepath.VolumeName(path)
	if upper := strings.ToUpper(volume); strings.HasPrefix(upper, `\\?\UNC`) || strings.HasPrefix(upper, `\\.\UNC`) {
		return true
	}
	if strings.HasPrefix(volume, `\\`) && !strings.HasPrefix(volume, `\\?\`) && !strings.HasPrefix(volume, `\\.\`) {
		return true
	}
	root, err := windows.UTF16PtrFromString(volume + `\`)
	return err == nil && windows.GetDriveType(root) == windows.DRIVE_REMOTE
}
