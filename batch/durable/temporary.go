package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A temporary file is locked from its creation until it has its final name. The kernel drops the lock
// when its holder dies, so a file that can be locked was left behind by a killed process. Earlier
// versions did not lock theirs, which have no suffix: those are left alone for a day.
const (
	tempPrefix  = ".loabatch-"
	tempSuffix  = ".tmp"
	unlockedAge = 24 * time.Hour
)

// errLocked says that another process, or another part of this one, holds a file's lock.
var errLocked = errors.New("the file is locked")

// LockFolder takes the lock of a folder until unlock is called or the process ends.
// locked says that another process, or another part of this one, holds it. Where folders cannot be
// locked, as on NFS, it always succeeds; on Windows the lock is visible only on this machine.
func LockFolder(dir string) (unlock func(), locked bool, err error) {
	f, err := lockFolder(dir)
	switch {
	case err == nil:
		return func() { f.Close() }, false, nil
	case errors.Is(err, errLocked):
		return nil, true, nil
	case errors.Is(err, errors.ErrUnsupported):
		return func() {}, false, nil
	}
	return nil, false, err
}

// temporary is a file that is not complete yet.
type temporary struct {
	*os.File
	lock *os.File // holds the lock; nil where locks are not supported
}

// createTemporary creates a new file in a folder, readable only by its owner.
func createTemporary(dir string) (*temporary, error) {
	for {
		f, err := os.CreateTemp(dir, tempPrefix+"*"+tempSuffix)
		if err != nil {
			return nil, folderError(dir, err)
		}
		if err := Protect(f.Name()); err != nil {
			return nil, errors.Join(err, f.Close(), removeIfThere(f.Name()))
		}
		lock, err := lockFile(f.Name())
		if errors.Is(err, errors.ErrUnsupported) {
			return &temporary{File: f}, nil
		}
		if err == nil && isFile(f, f.Name()) {
			return &temporary{f, lock}, nil
		}
		// RemoveStale came before the lock: it has removed the file, or will.
		if lock != nil {
			lock.Close()
		}
		if err := errors.Join(f.Close(), removeIfThere(f.Name())); err != nil {
			return nil, err
		}
	}
}

// release gives up the lock.
func (t *temporary) release() error {
	if t.lock == nil {
		return nil
	}
	return t.lock.Close()
}

// isFile reports whether a path still names an open file.
func isFile(f *os.File, path string) bool {
	open, errOpen := f.Stat()
	named, errNamed := os.Lstat(path)
	return errOpen == nil && errNamed == nil && os.SameFile(open, named)
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// CheckFolder checks that files can be created in a folder.
func CheckFolder(dir string) error {
	_, err := FolderTime(dir)
	return err
}

// FolderTime returns the time that the file system of a folder gives to a new file. On a network drive it
// is the server's. It fails if no file can be created.
func FolderTime(dir string) (time.Time, error) {
	t, err := createTemporary(dir)
	if err != nil {
		return time.Time{}, err
	}
	var now time.Time
	info, err := t.Stat()
	if err == nil {
		now = info.ModTime()
	}
	err = errors.Join(err, t.Close(), patiently(func() error { return os.Remove(t.Name()) }))
	return now, errors.Join(err, t.release())
}

// RemoveStale removes the temporary files that killed processes have left in a folder, and returns how many
// there were. It touches nothing that may be in use or was not made by WriteFile. What cannot be
// examined or removed stays.
func RemoveStale(dir string) (removed int) {
	folder, err := os.Open(dir)
	if err != nil {
		return 0
	}
	defer folder.Close()
	for {
		names, err := folder.Readdirnames(512)
		for _, name := range names {
			if isTemporary(name) && removeStale(filepath.Join(dir, name)) {
				removed++
			}
		}
		if err != nil {
			return removed
		}
	}
}

// isTemporary reports whether WriteFile makes such names: a number between prefix and suffix, or without
// the suffix.
func isTemporary(name string) bool {
	number, ok := strings.CutPrefix(name, tempPrefix)
	number = strings.TrimSuffix(number, tempSuffix)
	return ok && number != "" && strings.Trim(number, "0123456789") == ""
}

// removeStale removes a temporary file unless it is in use.
func removeStale(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	old := time.Since(info.ModTime()) >= unlockedAge
	if !old && (!locksFiles || !strings.HasSuffix(path, tempSuffix)) {
		return false
	}
	if !locksFiles {
		return os.Remove(path) == nil // old enough
	}
	lock, err := lockFile(path)
	if err != nil {
		return false
	}
	defer lock.Close()
	return isFile(lock, path) && os.Remove(path) == nil
}
