package cli

import (
	"io"
	"log/slog"
	"os"
)

// logger opens the log that the flags ask for. Its lines are for machines and never hold
// personal data. At a desk, where nothing of this was asked for, it tells errors only:
// the progress and the summary tell the rest. The json format and a log file have every
// attempt.
func (f *watchFlags) logger(stderr io.Writer) (*slog.Logger, io.Closer, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.logLevel)); err != nil {
		return nil, nil, failure(exitUsage, "choice", nil, "flag", "log-level", "value", f.logLevel, "choices", "debug, info, warn, error")
	}
	if f.logFormat != "text" && f.logFormat != "json" {
		return nil, nil, failure(exitUsage, "choice", nil, "flag", "log-format", "value", f.logFormat, "choices", "text, json")
	}
	out, closer := stderr, io.Closer(io.NopCloser(nil))
	if f.logFile != "" {
		file, err := os.OpenFile(f.logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, nil, failure(exitUsage, "log-file", err, "file", f.logFile, "reason", cause(err))
		}
		out, closer = file, file
	}
	o := &slog.HandlerOptions{Level: level}
	if f.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(out, o)), closer, nil
	}
	if f.logFile == "" && level == slog.LevelInfo {
		o.Level = slog.LevelError
	}
	return slog.New(slog.NewTextHandler(out, o)), closer, nil
}
