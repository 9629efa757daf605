package durable

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// ErrChanged says that a file does not have the content it had before.
var ErrChanged = errors.New("the file was changed")

// Move gives a regular file a new name, which must be free: otherwise it fails with an
// [errors.Is] of [os.ErrExist] and changes nothing. The file must have the SHA-256
// sum, in hex, or Move fails with [ErrChanged].
//
//  1. Within a file system the file is renamed in one step. If the file system cannot rename
//     without replacing, like NFS, the name is first reserved by an empty file. A process
//     that is killed in between leaves that, and the file under its old name.
//  2. To another file system it is copied: written under a temporary name, compared with the
//     sum, synced, and given its name as in 1; then the original is removed. A process that
//     is killed leaves the original, and perhaps the copy too. The copy has the mode (on
//     Windows the permissions of its folder) and the modification time of the original, and
//     belongs to the user of this process. If the original cannot be removed, the copy is.
//
// Both folders are synced.
func Move(from, to, sum string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	found, err := Digest(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if found != sum {
		return ErrChanged
	}
	err = rename(from, to)
	if errors.Is(err, syscall.EXDEV) {
		return moveAcross(from, to, sum)
	}
	if err != nil {
		return err
	}
	return errors.Join(SyncFolder(filepath.Dir(to)), SyncFolder(filepath.Dir(from)))
}

// Digest returns the SHA-256 of what is read, in hex.
func Digest(r io.Reader) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// rename renames a file within a file system without replacing another.
func rename(from, to string) error {
	if err := renameExclusively(from, to); !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return renameReserved(from, to)
}

// renameReserved renames a file to a name that it reserves first, for file systems that cannot refuse to
// replace another file.
func renameReserved(from, to string) error {
	reserved, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(reserved.Close(), os.Rename(from, to)); err != nil {
		return errors.Join(err, os.Remove(to))
	}
	return nil
}

// moveAcross moves a file to another file system.
func moveAcross(from, to, sum string) (err error) {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = src.Close() }() // again, if all goes well
	before, err := src.Stat()
	if err != nil {
		return err
	}
	RemoveStale(filepath.Dir(to))
	tmp, err := createTemporary(filepath.Dir(to))
	if err != nil {
		return err
	}
	defer func() { _ = tmp.release() }() // it has nothing to write
	err = fillFile(tmp.File, func(w io.Writer) error {
		found, err := Digest(io.TeeReader(src, w))
		if err == nil && found != sum {
			err = ErrChanged
		}
		return errors.Join(err, adopt(tmp.File, before))
	}, nil)
	err = errors.Join(err, tmp.Close())
	if err == nil {
		err = errors.Join(os.Chtimes(tmp.Name(), time.Time{}, before.ModTime()), rename(tmp.Name(), to))
	}
	if err != nil {
		return errors.Join(err, removeIfThere(tmp.Name()))
	}
	if err := SyncFolder(filepath.Dir(to)); err != nil {
		return errors.Join(err, os.Remove(to))
	}
	if err := src.Close(); err != nil { // Windows does not remove open files
		return errors.Join(err, os.Remove(to))
	}
	after, err := os.Lstat(from)
	if err == nil && (!os.SameFile(before, after) || after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime())) {
		err = ErrChanged
	}
	if err == nil {
		err = patiently(func() error { return os.Remove(from) })
	}
	if err != nil {
		return errors.Join(err, os.Remove(to))
	}
	return SyncFolder(filepath.Dir(from))
}
