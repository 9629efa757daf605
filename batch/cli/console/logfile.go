package console

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync"

	"github.com/loabatch/loabatch/batch/durable"
)

// LogFile is the file that the log is appended to. Like a lost output, a log that can no
// longer be written does not stop a run: a warning says so once, and so does the summary.
type LogFile struct {
	file *os.File
	path string
	warn func(error)

	mu  sync.Mutex
	err error // the first
}

// ErrForeign means that a log file exists and contains something other than text.
var ErrForeign = errors.New("not a text file")

// OpenLogFile opens the log file at a path, or creates it for its owner alone. The error is ErrForeign if the file
// contains something other than text. warn is called once, when a line cannot be written.
func OpenLogFile(path string, warn func(error)) (*LogFile, error) {
	if foreign(path) {
		return nil, ErrForeign
	}
	_, missing := os.Lstat(path)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	if errors.Is(missing, fs.ErrNotExist) {
		if err := durable.Protect(path); err != nil {
			return nil, errors.Join(err, file.Close())
		}
	}
	return &LogFile{file: file, path: path, warn: warn}, nil
}

// Write implements [io.Writer]. It goes on trying, since a disk may have space again.
func (l *LogFile) Write(p []byte) (int, error) {
	if _, err := l.file.Write(p); err != nil {
		l.fail(err)
	}
	return len(p), nil
}

func (l *LogFile) fail(err error) {
	l.mu.Lock()
	first := l.err == nil
	l.err = cmp.Or(l.err, err)
	l.mu.Unlock()
	if first {
		l.warn(err)
	}
}

// Err returns why the log is not complete, or nil. A file that was removed accepts everything
// that is written, and keeps none of it.
func (l *LogFile) Err() error {
	if l == nil {
		return nil
	}
	if _, err := os.Stat(l.path); errors.Is(err, fs.ErrNotExist) {
		l.fail(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Close closes the file.
func (l *LogFile) Close() error { return l.file.Close() }

// foreign reports whether there is a file that is not text, to which no log is appended.
func foreign(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !durable.IsFile(info.Mode()) {
		return false // a new file, or a device
	}
	f, err := os.Open(path)
	if err != nil {
		return false // it may be written, but not read
	}
	defer f.Close()
	start := make([]byte, 512)
	n, _ := io.ReadFull(f, start)
	return slices.Contains(start[:n], 0)
}
