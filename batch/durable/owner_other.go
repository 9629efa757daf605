//go:build !windows

package durable

import "os"

// Protect makes a new file or folder private to its owner where its mode does not, as on Windows.
// Elsewhere it does nothing.
func Protect(string) error { return nil }

// Share lets every user read a file that was created for its owner alone, whatever the umask.
func Share(f *os.File) error { return f.Chmod(0o644) }

// adopt gives a file the permissions of another.
func adopt(f *os.File, other os.FileInfo) error { return f.Chmod(other.Mode().Perm()) }

// Private reports whether nobody but its owner may read a file or folder.
func Private(path string) (bool, error) {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Perm()&0o077 == 0, err
}
