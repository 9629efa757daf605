package console

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

// RunLog writes the events of one run into the log, besides the attempts, which the engine
// writes. The messages are names of events for programs, and are not translated.
type RunLog struct{ *slog.Logger }

// longWait is how long a call must have waited for its quota to be worth a line.
const longWait = 5 * time.Second

// NewRunLog returns the log of a run within that of its command.
func NewRunLog(log *slog.Logger, runID string) *RunLog {
	return &RunLog{log.With(slog.String("run_id", runID))}
}

// traceparent is the form of W3C Trace Context, version 00: trace ID, parent ID, flags.
var traceparent = regexp.MustCompile(`^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$`)

// Traced adds the trace that the run is a part of to every line, and returns its ID. A
// malformed value is ignored, as the standard asks.
func Traced(log *slog.Logger, value string) (traced *slog.Logger, id string) {
	ids := traceparent.FindStringSubmatch(value)
	if ids == nil || strings.Trim(ids[1], "0") == "" || strings.Trim(ids[2], "0") == "" {
		return log, ""
	}
	return log.With(slog.String("trace_id", ids[1]), slog.String("parent_id", ids[2])), ids[1]
}

// Start is what the log says of a run at its start.
type Start struct {
	Command, DryRun string // DryRun is a value of --dry-run
	Simulated       bool
	Account         string
	Input, SHA256   string
	Rows            int
	Version         string // of the program
}

// Started says what runs.
func (l *RunLog) Started(ctx context.Context, s Start) {
	l.LogAttrs(ctx, slog.LevelInfo, "run started",
		slog.String("command", s.Command),
		slog.String("dry_run", s.DryRun),
		slog.Bool("simulated", s.Simulated),
		slog.String("account", s.Account),
		slog.String("input", s.Input),
		slog.String("input_sha256", s.SHA256),
		slog.Int("rows", s.Rows),
		slog.String("version", s.Version),
	)
}

// Ended says how the run ended: counts, exit code and copy.
func (l *RunLog) Ended(ctx context.Context, outcomes []batch.Outcome, end ledger.RunEnd) {
	counts := map[sheet.Result]int{}
	for _, o := range outcomes {
		counts[o.Result]++
	}
	var results []any
	for result, n := range counts {
		results = append(results, slog.Int(string(result), n))
	}
	slices.SortFunc(results, func(a, b any) int { return strings.Compare(a.(slog.Attr).Key, b.(slog.Attr).Key) })
	level := slog.LevelInfo
	if end.ExitCode != 0 {
		level = slog.LevelWarn
	}
	l.LogAttrs(context.WithoutCancel(ctx), level, "run ended",
		slog.Int("exit_code", end.ExitCode),
		slog.Group("results", results...),
		slog.String("output", end.Output),
		slog.String("stop_reason", end.Stop),
		slog.String("stop_code", end.StopCode),
		slog.Int("requests", end.Requests),
		slog.Int("retries", end.Retries),
		slog.Int("throttled", end.Throttled),
		slog.Int64("slowed_ms", end.Slowed.Milliseconds()),
		slog.Int64("duration_ms", end.Duration.Milliseconds()),
	)
}

// waited says that a call waited long for its quota.
func (l *RunLog) waited(ctx context.Context, on quotaName, wait time.Duration) {
	if wait >= longWait {
		l.LogAttrs(ctx, slog.LevelInfo, "quota wait", slog.String("region_id", on.region), slog.String("api", on.api), slog.Int64("wait_ms", wait.Milliseconds()))
	}
}

// throttled says that the API found the quota exceeded, and how long it asked to wait.
func (l *RunLog) throttled(ctx context.Context, on quotaName, err error) {
	call, ok := errors.AsType[*batch.CallError](err)
	if !ok || !call.Throttled {
		return
	}
	l.LogAttrs(context.WithoutCancel(ctx), slog.LevelWarn, "throttled",
		slog.String("region_id", on.region), slog.String("api", on.api), slog.String("code", call.Code),
		slog.String("request_id", call.RequestID), slog.Int64("wait_ms", call.Wait.Milliseconds()))
}

// Surveyor writes one line for each page of a survey by next.
func (l *RunLog) Surveyor(next batch.Surveyor) batch.Surveyor { return &loggedSurveyor{next, l} }

type loggedSurveyor struct {
	next batch.Surveyor
	log  *RunLog
}

var _ batch.Surveyor = (*loggedSurveyor)(nil)

// Survey implements [batch.Surveyor].
func (s *loggedSurveyor) Survey(ctx context.Context, region string, page int, ids []string) (batch.SurveyPage, error) {
	start := time.Now()
	found, err := s.next.Survey(ctx, region, page, ids)
	level, code, id := slog.LevelInfo, "OK", ""
	if call, ok := errors.AsType[*batch.CallError](err); ok {
		level, code, id = slog.LevelWarn, call.Code, call.RequestID
	} else if err != nil {
		return found, err // nothing was sent
	}
	s.log.LogAttrs(ctx, level, "survey",
		slog.String("region_id", region), slog.Int("page", page), slog.Int("pages", found.Pages), slog.Int("circuits", len(found.Circuits)),
		slog.String("code", code), slog.String("request_id", id), slog.Int64("duration_ms", time.Since(start).Milliseconds()))
	return found, err
}
