package sqlite

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

// network names the network file system of a path, or returns "" for any other. Windows does
// not say which it is.
func network(path string) string {
	root, err := windows.UTF16PtrFromString(filepath.VolumeName(path) + `\`)
	if err != nil || windows.GetDriveType(root) != windows.DRIVE_REMOTE {
		return ""
	}
	return "SMB or another"
}
