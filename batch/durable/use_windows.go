package durable

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/windows"
)

// errNotFolder says that a file is where a folder should be. syscall.ENOTDIR is also the error for a
// missing folder.
const errNotFolder = windows.ERROR_DIRECTORY

// patience is for how long what fails because a program has a file open is tried again: virus
// scanners, indexers and the like open a file for a moment after it was written.
const patience = time.Second

// patiently does something that fails while a program has a file open.
func patiently(do func() error) error {
	for begun := time.Now(); ; time.Sleep(patience / 50) {
		if err := do(); !IsInUse(err) || time.Since(begun) >= patience {
			return err
		}
	}
}

// InUse reports whether a program has the file at a path open, so that it cannot be replaced. Excel
// and WPS let others read it only. Many viewers let it be deleted, too, which is not enough.
func InUse(path string) bool {
	return IsInUse(patiently(func() error { return tryReplacing(path) }))
}

// tryReplacing fails if a program has the file at a path open.
func tryReplacing(path string) error {
	f, err := openSharing(path, windows.DELETE, 0, 0)
	if err == nil {
		err = f.Close()
	}
	return err
}

// replace renames a file over another, if there is one.
func replace(from, to string) error {
	return patiently(func() error {
		return replaceWith(func() error { return os.Rename(from, to) }, func() error { return tryReplacing(to) })
	})
}

// replaceWith calls rename, which is denied, too, if a program has the other file open. If try says
// that no program has, one may just have closed it.
func replaceWith(rename, try func() error) error {
	err := rename()
	if !errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		return err
	}
	if err := try(); IsInUse(err) {
		return err
	}
	return rename()
}

// IsInUse reports whether something failed because a program has the file open.
func IsInUse(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_LOCK_VIOLATION)
}

// Reserved reports whether a name is that of a device, such as CON.xlsx, or of a stream of a file, such as
// a.xlsx:b.
func Reserved(path string) bool { return !filepath.IsLocal(filepath.Base(path)) }

// Absent reports whether the content of a file is not on this machine but at a service such as OneDrive,
// which fetches it when it is read.
func Absent(path string) bool {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return false
	}
	attributes, err := windows.GetFileAttributes(name)
	const elsewhere = windows.FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS | windows.FILE_ATTRIBUTE_RECALL_ON_OPEN | windows.FILE_ATTRIBUTE_OFFLINE
	return err == nil && attributes&elsewhere != 0
}

// MappedDrive returns the drive of a path, such as Z:, if a logged-on user has mapped it to a network
// share: other sessions do not have it.
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

// Remote reports whether an absolute path leads to a network share, by the share's name, reachable or
// not, or by a drive.
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
