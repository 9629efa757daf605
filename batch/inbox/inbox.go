// Package inbox runs the workbooks of a folder, night after night, and then moves them to where
// they belong. It is a policy over a file system, and does not look into workbooks.
//
//  1. Look lists the workbooks by name. Lock files, unchanged results copies, anything that is not
//     a regular file, and files that may still be being written are left out (look.go).
//     Subfolders are not entered.
//  2. Take goes through the list (night.go). A workbook is identified by its SHA-256, whatever its
//     name. It is run unless a run has finished with the same bytes: then it is only moved,
//     as a night that was killed would have done after the run.
//  3. A run has finished with a workbook if it ended with one of the codes of
//     [Folders.For]. Any other workbook stays for the next night.
//
// Nothing is remembered here: what a night has done is in the ledger, which the caller asks. So a
// night may be killed at any point, and the next one does the rest. A workbook is moved only after
// the end of its run is in the ledger, only with the bytes that were run, and never over another
// file. The caller prevents two nights at once.
package inbox

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/loabatch/loabatch/batch/durable"
)

// Folders are the folders of a night, as the user named them.
type Folders struct {
	In     string // where workbooks arrive
	Done   string // for those that ended with 0; empty if they stay
	Failed string // for those that ended with 2, 3 or 4; empty if they stay
}

// Finished reports whether a run that ended with this exit code is the last of its workbook. Otherwise
// the same bytes are run again: rows are left, or the run stopped early.
func Finished(exit int) bool { return exit == 0 || exit >= 2 && exit <= 4 }

// For returns the folder for a workbook whose run ended with this exit code; it is empty if
// the workbook stays where it is.
func (f Folders) For(exit int) string {
	switch {
	case exit == 0:
		return f.Done
	case Finished(exit):
		return f.Failed
	}
	return ""
}

// Files is the file system. Its errors are those of package os.
type Files interface {
	// List lists the contents of a folder, by name, without following symbolic links.
	List(folder string) ([]fs.FileInfo, error)
	// Open opens a file to read it.
	Open(path string) (File, error)
	// Exists reports whether there is anything under a name.
	Exists(path string) bool
	// Move gives a file a new name, which must be free, or fails with fs.ErrExist. It fails with
	// [durable.ErrChanged] if the file's SHA-256 is not sum.
	Move(from, to, sum string) error
}

// File is a file that is open.
type File interface {
	io.Reader
	io.ReaderAt
	io.Closer
	Stat() (fs.FileInfo, error)
}

// Disk is the file system of the machine.
type Disk struct{}

// List implements [Files]. A file that goes away meanwhile is not listed.
func (Disk) List(folder string) ([]fs.FileInfo, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	list := make([]fs.FileInfo, 0, len(entries))
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			list = append(list, info)
		}
	}
	return list, nil
}

// Open implements [Files].
func (Disk) Open(path string) (File, error) { return os.Open(path) }

// Exists implements [Files].
func (Disk) Exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// Move implements [Files].
func (Disk) Move(from, to, sum string) error { return durable.Move(from, to, sum) }

// Book is a workbook in the folder, as it was when it was examined.
type Book struct {
	Path   string
	SHA256 string // hex
	Fresh  bool   // changed a short time ago: if it cannot be read, it may be incomplete
}

// Reason says why a file was left out; it is a code.
type Reason string

// The reasons.
const (
	Lock       Reason = "lock"       // the lock file of an open workbook
	Own        Reason = "copy"       // an unchanged results copy
	Link       Reason = "link"       // a symbolic link, a device or the like
	Writing    Reason = "writing"    // changed a moment ago, or incomplete and changed recently
	Unreadable Reason = "unreadable" // the file system does not let us read it
	Gone       Reason = "gone"       // no longer there
	Changed    Reason = "changed"    // changed after it was examined
	Same       Reason = "same"       // the same bytes as a workbook earlier in the night
	Ran        Reason = "ran"        // a run has finished with these bytes
	Stopped    Reason = "stopped"    // the night stopped before its turn
)

// Left is a file that was left out, and where it is now.
type Left struct {
	Path    string
	SHA256  string // hex; of a workbook
	Reason  Reason
	Err     error  // why it cannot be read or moved
	First   string // for Same: the path of the earlier one
	Run     Ended  // that has finished with these bytes
	MovedTo string // empty if it stayed
}

// numbered returns the n-th name that a file may have in a folder: its own, then with a number appended.
func numbered(folder, name string, n int) string {
	if n > 1 {
		ext := filepath.Ext(name)
		name = strings.TrimSuffix(name, ext) + "-" + strconv.Itoa(n) + ext
	}
	return filepath.Join(folder, name)
}

// How long a file must not have been changed, by the clock of its file system.
const (
	// QuietTime must have passed before a file is touched. Programs that write a workbook in several
	// steps do so within a second or two, and file times are exact to two seconds at worst (FAT).
	// It is short since nothing depends on it: an incomplete workbook cannot be read, and one that
	// changes afterwards is not moved.
	QuietTime = 10 * time.Second
	// FreshTime must have passed before a file that cannot be read as a workbook counts as
	// damaged. A transfer that has stalled for so long has been given up: no program waits ten
	// minutes for the next byte.
	FreshTime = 10 * time.Minute
)
