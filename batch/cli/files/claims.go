// Package files decides which files a command may write, and what they are called.
//
//  1. An input is never written, nor is a file written twice, whatever names they go by: Claims
//     compares the files.
//  2. Only regular files. A symbolic link is followed, and a note says so.
//  3. An existing file is replaced only if loabatch wrote it and no one has changed it since,
//     unless --force is given: a copy has a seal (see [xlsx.Seal]), which lists the digests of
//     its reports, and the ledger keeps the digests too.
//  4. In place of a file that another program has open, one beside it is written (BesideOpen).
//
// All of it is checked before anything is sent, and the third again when the file is written.
package files

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/loabatch/loabatch/batch/cli/console"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/durable"
)

// Claims are the files of one command: its inputs and what it writes.
type Claims []claim

type claim struct {
	flag string // that names the file; "" for an input
	path string
}

// Read adds an input.
func (c *Claims) Read(path string) { *c = append(*c, claim{"", path}) }

// Keep adds a file that a flag names and that must not be written to, if there is one.
func (c *Claims) Keep(flag, path string) {
	if path != "" {
		*c = append(*c, claim{flag, path})
	}
}

// Write adds a file that will be written, unless it is one of the others.
func (c *Claims) Write(flag, path string) error {
	for _, other := range *c {
		switch {
		case !Same(other.path, path):
		case other.flag == "" && flag == CopyFlag:
			return exit.Failure(exit.Usage, "output-is-input", nil, "file", other.path)
		case other.flag == "":
			return exit.Failure(exit.Usage, "file-is-input", nil, "flag", flag, "file", other.path)
		default:
			return exit.Failure(exit.Usage, "file-twice", nil, "flag", flag, "other", other.flag, "file", path)
		}
	}
	*c = append(*c, claim{flag, path})
	return nil
}

// CopyFlag is the flag that names the results copy.
const CopyFlag = "-o"

// Same reports whether both paths are the same file, including hard and symbolic links and,
// on file systems that treat them as equal, other spellings of a name. If neither exists, names
// that differ only in case count as the same. A stream of a file (see whole) is the file.
func Same(a, b string) bool {
	a, b = whole(a), whole(b)
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	switch {
	case errX == nil && errY == nil:
		return os.SameFile(x, y)
	case errX == nil || errY == nil:
		return false
	}
	a, b = followed(a), followed(b)
	if !strings.EqualFold(filepath.Base(a), filepath.Base(b)) {
		return false
	}
	x, errX = os.Stat(filepath.Dir(a))
	y, errY = os.Stat(filepath.Dir(b))
	if errX == nil && errY == nil {
		return os.SameFile(x, y)
	}
	return a == b
}

// whole returns the path of the file that a stream such as a.xlsx:b belongs to on Windows, and any other
// path as it is.
func whole(path string) string {
	folder, name := filepath.Split(path)
	if file, _, stream := strings.Cut(name, ":"); runtime.GOOS == "windows" && stream && file != "" {
		return folder + file
	}
	return path
}

// followed returns where a path leads, through symbolic links, even if nothing is there.
func followed(path string) string {
	const most = 40 // links, as on Linux
	for range most {
		target, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(target) {
			folder := filepath.Dir(path)
			if real, err := filepath.EvalSymlinks(folder); err == nil {
				folder = real // a target such as ../x starts there
			}
			target = filepath.Join(folder, target)
		}
		path = target
	}
	return path
}

// Follow returns the file to write for a path that the user named, and notes where a
// symbolic link leads.
func Follow(lines *console.Lines, path string) string {
	target := followed(path)
	if target != path {
		lines.Note("output-link", map[string]string{"file": path, "target": target})
	}
	return target
}

// CheckReplace reports why the file at a path must not be replaced. An empty file always may:
// mktemp creates one.
func CheckReplace(path string, force bool, ours func(content *os.File, size int64) bool) error {
	if durable.Reserved(path) {
		return exit.Failure(exit.Usage, "output-no-file", nil, "file", path)
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return exit.Failure(exit.Usage, "output-unwritable", err, "file", path, "reason", exit.Cause(err))
	case info.IsDir():
		return exit.Failure(exit.Usage, "output-folder", nil, "file", path)
	case !durable.IsFile(info.Mode()):
		return exit.Failure(exit.Usage, "output-no-file", nil, "file", path)
	case force || info.Size() == 0:
		return nil
	}
	f, err := os.Open(path)
	switch {
	case durable.IsInUse(err):
		return exit.Failure(exit.Usage, "output-unwritable", err, "file", path, "reason", exit.Cause(err))
	case err != nil:
		return exit.Failure(exit.Usage, "output-foreign", err, "file", path)
	}
	defer f.Close()
	if !ours(f, info.Size()) {
		return exit.Failure(exit.Usage, "output-foreign", nil, "file", path)
	}
	return nil
}

// Digest returns the SHA-256 of a file in hex, or "" if it cannot be read.
func Digest(r io.Reader) string {
	sum, _ := durable.Digest(r)
	return sum
}

// DigestOf is Digest for a path.
func DigestOf(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	return Digest(f)
}

// Absolute returns the path as the ledger keeps it.
func Absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil && path != "" {
		return abs
	}
	return path
}
