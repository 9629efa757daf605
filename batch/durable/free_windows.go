package durable

import "golang.org/x/sys/windows"

// Free returns how many bytes the user may still write to the volume of a folder.
func Free(folder string) (uint64, error) {
	name, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return 0, err
	}
	var free uint64
	err = windows.GetDiskFreeSpaceEx(name, &free, nil, nil)
	return free, err
}
