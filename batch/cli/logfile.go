package cli

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"sync"
)

// openLog opens the log that the flags ask for. It never holds personal data. By default
// only errors are logged, as the progress and the summary show the rest; the json format
// and a log file have every attempt. The file is nil if the log goes to standard error.
func (a *app) openLog(f watchFlags) (*slog.Logger, *logFile, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.logLevel)); err != nil {
		return nil, nil, failure(exitUsage, "choice", nil, "flag", "log-level", "value", f.logLevel, "choices", "debug, info, warn, error")
	}
	if f.logFormat != "text" && f.logFormat != "json" {
		return nil, nil, failure(exitUsage, "choice", nil, "flag", "log-format", "value", f.logFormat, "choices", "text, json")
	}
	var file *logFile
	out := a.env.Stderr
	if f.logFile != "" {
		opened, err := a.openLogFile(f.logFile)
		if err != nil {
			return nil, nil, err
		}
		file, out = opened, opened
	}
	o := &slog.HandlerOptions{Level: level}
	if f.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(out, o)), file, nil
	}
	if f.logFile == "" && level == slog.LevelInfo {
		o.Level = slog.LevelError
	}
	return slog.New(slog.NewTextHandler(out, o)), file, nil
}

// logFile is the file that the log is appended to. Like a lost output, a log that can no
// longer be written does not stop a run: a warning says so once, and so does the summary.
type logFile struct {
	file *os.File
	path string
	warn func(reason string)

	mu  sync.Mutex
	err error // the first
}

func (a *app) openLogFile(path string) (*logFile, error) {
	if err := checkLogFile(path); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, failure(exitUsage, "log-file", err, "file", path, "reason", cause(err))
	}
	return &logFile{file: file, path: path, warn: func(reason string) {
		a.lines.warn("log-file-lost", map[string]string{"file": path, "reason": reason})
	}}, nil
}

// Write implements [io.Writer]. It goes on trying, since a disk may have space again.
func (l *logFile) Write(p []byte) (int, error) {
	if _, err := l.file.Write(p); err != nil {
		l.fail(err)
	}
	return len(p), nil
}

func (l *logFile) fail(err error) {
	l.mu.Lock()
	first := l.err == nil
	l.err = cmp.Or(l.err, err)
	l.mu.Unlock()
	if first {
		l.warn(cause(err))
	}
}

// failure returns why the log is not complete, or nil. A file that was removed takes
// everything that is written and shows nothing of it.
func (l *logFile) failure() error {
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
func (l *logFile) Close() error { return l.file.Close() }

// checkLogFile refuses to append the log to a file that is not a text.
func checkLogFile(path string) error {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return nil // there is none yet, or it is a device
	}
	f, err := os.Open(path)
	if err != nil {
		return nil // it may be written, but not read
	}
	defer f.Close()
	start := make([]byte, 512)
	n, _ := io.ReadFull(f, start)
	if slices.Contains(start[:n], 0) {
		return failure(exitUsage, "log-file-foreign", nil, "file", path)
	}
	return nil
}
