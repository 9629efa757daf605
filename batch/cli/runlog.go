package cli

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// runLog writes the events of one run into the log, besides the attempts, which the engine
// writes. The messages are names of events for programs, and are not translated.
type runLog struct{ *slog.Logger }

// longWait is how long a call must have waited for its quota to be worth a line.
const longWait = 5 * time.Second

func (s *invocation) runLog(runID string) *runLog {
	return &runLog{s.log.With(slog.String("run_id", runID))}
}

// traceparent is the form of W3C Trace Context, version 00: trace ID, parent ID, flags.
var traceparent = regexp.MustCompile(`^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$`)

// traced adds the trace that the run is a part of to every line. A malformed value is
// ignored, as the standard asks.
func traced(log *slog.Logger, value string) *slog.Logger {
	ids := traceparent.FindStringSubmatch(value)
	if ids == nil || strings.Trim(ids[1], "0") == "" || strings.Trim(ids[2], "0") == "" {
		return log
	}
	return log.With(slog.String("trace_id", ids[1]), slog.String("parent_id", ids[2]))
}

// started says what runs.
func (l *runLog) started(ctx context.Context, done *finished) {
	l.LogAttrs(ctx, slog.LevelInfo, "run started",
		slog.String("command", done.info.command),
		slog.String("dry_run", string(done.info.dryRun)),
		slog.Bool("simulated", done.info.simulate),
		slog.String("account", done.info.account),
		slog.String("input", done.in.path),
		slog.String("input_sha256", done.in.sha256),
		slog.Int("rows", len(done.in.workbook.Circuits)),
		slog.String("version", version()),
	)
}

// ended says how the run ended: counts, exit code and copy.
func (l *runLog) ended(ctx context.Context, done *finished) {
	counts := map[sheet.Result]int{}
	for _, o := range done.outcomes {
		counts[o.Result]++
	}
	var results []any
	for result, n := range counts {
		results = append(results, slog.Int(string(result), n))
	}
	slices.SortFunc(results, func(a, b any) int { return strings.Compare(a.(slog.Attr).Key, b.(slog.Attr).Key) })
	level := slog.LevelInfo
	if done.end.ExitCode != exitOK {
		level = slog.LevelWarn
	}
	l.LogAttrs(context.WithoutCancel(ctx), level, "run ended",
		slog.Int("exit_code", done.end.ExitCode),
		slog.Group("results", results...),
		slog.String("output", done.end.Output),
		slog.String("stop_reason", done.end.Stop),
		slog.String("stop_code", done.end.StopCode),
		slog.Int("requests", done.end.Requests),
		slog.Int("retries", done.end.Retries),
		slog.Int("throttled", done.end.Throttled),
		slog.Int64("slowed_ms", done.end.Slowed.Milliseconds()),
		slog.Int64("duration_ms", done.end.Duration.Milliseconds()),
	)
}

// waited says that a call waited long for its quota.
func (l *runLog) waited(ctx context.Context, on quotaName, wait time.Duration) {
	if wait >= longWait {
		l.LogAttrs(ctx, slog.LevelInfo, "quota wait", slog.String("region_id", on.region), slog.String("api", on.api), slog.Int64("wait_ms", wait.Milliseconds()))
	}
}

// throttled says that the API found the quota exceeded, and how long it asked to wait.
func (l *runLog) throttled(ctx context.Context, on quotaName, err error) {
	call, ok := errors.AsType[*batch.CallError](err)
	if !ok || !call.Throttled {
		return
	}
	l.LogAttrs(context.WithoutCancel(ctx), slog.LevelWarn, "throttled",
		slog.String("region_id", on.region), slog.String("api", on.api), slog.String("code", call.Code),
		slog.String("request_id", call.RequestID), slog.Int64("wait_ms", call.Wait.Milliseconds()))
}

// loggedSurveyor writes one line for each page of a survey.
type loggedSurveyor struct {
	next batch.Surveyor
	log  *runLog
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
