package batch_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/quota"
)

// One line for each attempt, with exactly these keys, and nobody's name in it.
func TestLogHasOneLineForEachAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.faults = func(a Application) fault {
			if a.Attempt == 1 {
				return fault{err: &CallError{Class: MaybeReceived, Code: "ServiceUnavailable", RequestID: "R-503", Status: 503, Unsettled: true}}
			}
			return fault{}
		}
		var b bytes.Buffer
		e := &Engine{
			Submitter: s, Finder: s, Rate: quota.Rate{N: 1, Per: 5 * time.Second}, RunID: "night",
			Log: slog.New(slog.NewJSONHandler(&b, nil)),
		}
		summarize(t, e, t.Context(), nil, workbook(2))
		lines := strings.Split(strings.TrimSpace(b.String()), "\n")
		if len(lines) != 4 {
			t.Fatalf("%d lines of 4 attempts:\n%s", len(lines), &b)
		}
		for _, text := range lines {
			var line map[string]any
			if err := json.Unmarshal([]byte(text), &line); err != nil {
				t.Fatal(err)
			}
			keys := slices.Sorted(maps.Keys(line))
			want := []string{"attempt", "cell", "code", "duration_ms", "instance_id", "level", "msg", "region_id", "request_id", "row", "run_id", "time"}
			if !slices.Equal(keys, want) {
				t.Errorf("keys %v", keys)
			}
			first := line["attempt"] == 1.0
			if line["run_id"] != "night" || line["duration_ms"] != 20.0 || (line["code"] == "OK") == first || (line["request_id"] == "R-503") != first {
				t.Errorf("line %s", text)
			}
			if cell := line["cell"]; cell != "Circuits!A2" && cell != "Circuits!A3" {
				t.Errorf("cell %v", cell)
			}
		}
		for _, personal := range []string{"Made Up", "000000199001010000", "00000000000"} {
			if strings.Contains(b.String(), personal) {
				t.Errorf("the log tells %q", personal)
			}
		}
	})
}
