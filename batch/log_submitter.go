package batch

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// logSubmitter writes one line for each attempt. It stands below the quota, so that
// its duration is the call's.
type logSubmitter struct {
	next  Submitter
	log   *slog.Logger // nil means none
	runID string
}

var _ Submitter = (*logSubmitter)(nil)

// Submit implements Submitter.
func (s *logSubmitter) Submit(ctx context.Context, a Application) (Receipt, error) {
	if s.log == nil {
		return s.next.Submit(ctx, a)
	}
	start := time.Now()
	receipt, err := s.next.Submit(ctx, a)
	level, code, id := slog.LevelInfo, "OK", receipt.RequestID
	var call *CallError
	switch {
	case errors.As(err, &call):
		level, code, id = slog.LevelWarn, call.Code, call.RequestID
	case err != nil:
		return receipt, err // nothing was sent
	}
	s.log.LogAttrs(ctx, level, "attempt",
		slog.String("run_id", s.runID),
		slog.Int("row", a.Row),
		slog.String("cell", a.At.String()),
		slog.String("instance_id", a.Key.InstanceID),
		slog.String("region_id", a.Key.Region),
		slog.Int("attempt", a.Attempt),
		slog.String("code", code),
		slog.String("request_id", id),
		slog.Int64("duration_ms", time.Since(start).Milliseconds()))
	return receipt, err
}
