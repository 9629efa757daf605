package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// writeFile replaces a file atomically:
//
//  1. create a temporary file in the same folder, readable by its owner alone
//  2. write, then check what was written
//  3. fsync the file, close it
//  4. rename it over the target
//  5. fsync the folder
//
// A crash leaves either the old file or the new one. check may be nil.
func writeFile(path string, write func(io.Writer) error, check func(*os.File) error) (err error) {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, ".loabatch-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(tmp.Name()))
		}
	}()
	err = fillFile(tmp, write, check)
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	if err = os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	return syncFolder(dir)
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

// syncFolder makes a rename durable. Systems that cannot sync a folder say so by an
// error that is no fault of the file: it is passed over.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, os.ErrInvalid) && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, os.ErrPermission) {
		return err
	}
	return nil
}
