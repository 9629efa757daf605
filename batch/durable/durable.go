// Package durable writes files and creates folders that are still there, whole and under
// their names, after a power cut.
package durable

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// WriteFile replaces the file at path in one step:
//
//  1. create a temporary file in the same folder, readable by its owner alone (0600, and [Protect])
//  2. write, then check what was written
//  3. fsync the file, close it
//  4. rename it over the target, which no program may have open on Windows
//  5. fsync the folder
//
// A crash leaves the old file or the new one, never half of either. It may leave the
// temporary file, which the next WriteFile in that folder removes. check may be nil; it
// may read the file from any offset.
func WriteFile(path string, write func(io.Writer) error, check func(*os.File) error) error {
	return writeFile(path, write, check, replace)
}

// CreateFile is [WriteFile] for a name that no file has yet: if one does, a symbolic link
// included, it fails with an [errors.Is] of [os.ErrExist] and changes nothing.
func CreateFile(path string, write func(io.Writer) error, check func(*os.File) error) error {
	return writeFile(path, write, check, rename)
}

func writeFile(path string, write func(io.Writer) error, check func(*os.File) error, rename func(from, to string) error) error {
	s, err := Stage(path, write, check)
	if err != nil {
		return err
	}
	return s.commit(rename)
}

// A Staged file has its content, and is still to replace the file at its path.
type Staged struct {
	path string
	tmp  *temporary // nil once it is committed or discarded
}

// Stage does the first three steps of [WriteFile]: the temporary file is complete and durable, and
// the file at path is as it was. If Stage fails, no temporary file is left.
//
// The caller commits or discards what is staged, in this process: once the process has ended, the
// temporary file is one that was left behind.
func Stage(path string, write func(io.Writer) error, check func(*os.File) error) (s *Staged, err error) {
	dir := filepath.Dir(path)
	RemoveStale(dir)
	tmp, err := createTemporary(dir)
	if err != nil {
		return nil, err
	}
	s = &Staged{path, tmp}
	complete := false
	defer func() {
		if !complete { // it may have panicked
			_ = tmp.Close()
			err = errors.Join(err, s.Discard())
			s = nil
		}
	}()
	err = errors.Join(fillFile(tmp.File, write, check), tmp.Close())
	complete = err == nil
	return s, err
}

// Commit does the other steps of [WriteFile]. If the file cannot be renamed, it is discarded.
func (s *Staged) Commit() error { return s.commit(replace) }

func (s *Staged) commit(rename func(from, to string) error) error {
	if err := rename(s.tmp.Name(), s.path); err != nil {
		return errors.Join(err, s.Discard())
	}
	_ = s.tmp.release() // nothing was written through it
	s.tmp = nil
	return SyncFolder(filepath.Dir(s.path))
}

// Discard removes the temporary file. After Commit or Discard it does nothing.
func (s *Staged) Discard() error {
	if s.tmp == nil {
		return nil
	}
	err := os.Remove(s.tmp.Name())
	_ = s.tmp.release()
	s.tmp = nil
	return err
}

func fillFile(f *os.File, write func(io.Writer) error, check func(*os.File) error) error {
	if err := write(f); err != nil {
		return err
	}
	if check != nil {
		if err := check(f); err != nil {
			return err
		}
	}
	return f.Sync()
}

// MkdirAll is [os.MkdirAll], and fsyncs the parent of each folder that it creates. A private folder
// is protected (see [Protect]).
func MkdirAll(path string, mode fs.FileMode) error {
	parents := missingParents(path)
	if err := os.MkdirAll(path, mode); err != nil {
		return folderError(path, err)
	}
	for _, parent := range parents {
		if mode&0o077 == 0 {
			if err := Protect(path); err != nil {
				return err
			}
		}
		path = parent
		if err := SyncFolder(parent); err != nil {
			return err
		}
	}
	return nil
}

// missingParents lists the parent of each folder that is missing on the way to path, the
// deepest first.
func missingParents(path string) []string {
	var parents []string
	for parent := filepath.Dir(path); parent != path; path, parent = parent, filepath.Dir(parent) {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		parents = append(parents, parent)
	}
	return parents
}

// folderError says that a file is in the place of a folder on the way to path. Windows has the same
// error for a missing folder.
func folderError(path string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for parent := ""; parent != path; path, parent = filepath.Dir(path), path {
		if info, statErr := os.Stat(path); statErr == nil {
			if !info.IsDir() {
				err = &fs.PathError{Op: "open", Path: path, Err: errNotFolder}
			}
			break
		}
	}
	return err
}

// SyncFolder makes the names in a folder durable, if possible: some file systems do not
// support it (EINVAL, see fsync(2)), a folder that may be written but not read cannot be
// opened, and Windows has no such call.
func SyncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(path)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) {
		err = nil
	}
	return errors.Join(err, d.Close())
}

// IsFile reports whether a mode is that of an ordinary file, not that of a pipe, say, which may never end.
// On Windows a file that OneDrive or a similar program manages may be irregular: it is a reparse point
// whose tag package os does not know.
func IsFile(mode fs.FileMode) bool {
	return mode.IsRegular() || runtime.GOOS == "windows" && mode.Type() == fs.ModeIrregular
}

// Exists reports whether there is a file at a path, following links.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
