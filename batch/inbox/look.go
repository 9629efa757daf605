package inbox

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// books are the extensions of the files that are taken for workbooks: the two formats that
// can be read, and those that somebody may take for them, to be told so.
var books = []string{".xlsx", ".xlsm", ".xls", ".xlsb", ".xltx", ".xltm", ".ods", ".et", ".csv"}

// Look lists the workbooks of a folder, by name, and the files that are left out. own
// reports whether a file is one that loabatch wrote, with the bytes that it wrote, and
// reserved whether a name is one that it gives to its reports. now is the time by the clock
// of the folder's file system.
//
// A time of change in the future counts as one just as long ago: the clock that it comes
// from cannot be the one of now.
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
		case isLock(name):
			left.Reason = Lock
		case strings.HasPrefix(name, ".") || !slices.Contains(books, strings.ToLower(filepath.Ext(name))) || reserved(name):
			continue
		case !info.Mode().IsRegular():
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

// isLock reports whether a name is that of the lock file of an open workbook: Excel and WPS
// put ~$ before its name, LibreOffice .~lock. before it and # behind.
func isLock(name string) bool {
	return strings.HasPrefix(name, "~$") || strings.HasPrefix(name, ".~")
}

// examine reads a file once. It returns why the file is left out, or nothing.
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
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return Unreadable, err
	}
	b.SHA256 = hex.EncodeToString(h.Sum(nil))
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
