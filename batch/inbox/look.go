package inbox

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/loabatch/loabatch/batch/durable"
)

// books are the extensions of files that count as workbooks: the two formats that can be read, and others
// that somebody may mistake for them, to report them.
var books = []string{".xlsx", ".xlsm", ".xls", ".xlsb", ".xltx", ".xltm", ".ods", ".et", ".csv"}

// IsBook reports whether a file counts as a workbook, by the extension of its name.
func IsBook(name string) bool { return slices.Contains(books, strings.ToLower(filepath.Ext(name))) }

// Look lists the workbooks of a folder, by name, and the files that are left out. own reports whether
// loabatch wrote a file with these bytes, and reserved whether it gives such names to its reports.
// now is the time by the clock of the folder's file system.
//
// A modification time in the future counts as just as far in the past: it comes from another clock
// than now.
func Look(files Files, folder string, now time.Time, own func(f File, size int64, sum string) bool, reserved func(name string) bool) ([]Book, []Left, error) {
	entries, err := files.List(folder)
	if err != nil {
		return nil, nil, err
	}
	var list []Book
	var out []Left
	for _, info := range entries {
		name := info.Name()
		left := Left{Path: filepath.Join(folder, name)}
		switch {
		case info.IsDir():
			continue
		case IsLock(name):
			left.Reason = Lock
		case strings.HasPrefix(name, ".") || !IsBook(name) || reserved(name):
			continue
		case !durable.IsFile(info.Mode()):
			left.Reason = Link
		default:
			book := Book{Path: left.Path}
			if left.Reason, left.Err = examine(files, &book, now, own); left.Reason == "" {
				list = append(list, book)
				continue
			}
		}
		out = append(out, left)
	}
	return list, out, nil
}

// IsLock reports whether a name is that of an open workbook's lock file: Excel and WPS put ~$ before its
// name, LibreOffice .~lock. before and # after it.
func IsLock(name string) bool {
	return strings.HasPrefix(name, "~$") || strings.HasPrefix(name, ".~")
}

// examine reads a file once. It returns why the file is left out, or "".
func examine(files Files, b *Book, now time.Time, own func(File, int64, string) bool) (Reason, error) {
	f, err := files.Open(b.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return Gone, nil
	}
	if err != nil {
		return Unreadable, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Unreadable, err
	}
	if b.SHA256, err = durable.Digest(f); err != nil {
		return Unreadable, err
	}
	if own(f, info.Size(), b.SHA256) {
		return Own, nil
	}
	age := now.Sub(info.ModTime()).Abs()
	if age < QuietTime {
		return Writing, nil
	}
	b.Fresh = age < FreshTime
	return "", nil
}
