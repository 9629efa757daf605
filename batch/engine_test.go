package batch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

func TestRunSubmitsEveryRowInSheetOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		w := workbook(90, "cn-hangzhou", "cn-shanghai", "eu-central-1")
		w.Circuits[4].Invalid = true
		seen := 0
		e := &batch.Engine{Submitter: s, Finder: s, Rate: quota.DefaultRate, Observe: func(e batch.Event) {
			seen++
			if e.Done != seen || e.Total != 90 {
				t.Errorf("event %d says %d of %d", seen, e.Done, e.Total)
			}
		}}
		sum, err := e.Run(t.Context(), nil, plan.New(w, plan.Options{}))
		if err != nil || sum.Stop != "" {
			t.Fatalf("error %v, stop %q", err, sum.Stop)
		}
		for i, o := range sum.Outcomes {
			want := sheet.Submitted
			if i == 4 {
				want = sheet.Invalid
			}
			if o.Row != i+2 || o.Result != want {
				t.Errorf("outcome %d is row %d, %s", i, o.Row, o.Result)
			}
		}
		if seen != 90 || sum.Requests != 89 || sum.Retries != 0 || sum.Lookups != 0 {
			t.Errorf("saw %d rows; %+v", seen, sum)
		}
	})
}

// timedLedger records when applications begin.
type timedLedger struct {
	ledger.Memory
	mu    sync.Mutex
	begun map[time.Time]int
}

func (l *timedLedger) Begin(ctx context.Context, a batch.Application) error {
	l.mu.Lock()
	l.begun[time.Now()]++
	l.mu.Unlock()
	return l.Memory.Begin(ctx, a)
}

// Rows are begun together, so the ledger can write them in one commit.
func TestBeginsComeTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.latency = func() time.Duration { return time.Second }
		l := &timedLedger{begun: map[time.Time]int{}}
		e := &batch.Engine{Submitter: s, Finder: s, Ledger: l, Concurrency: 1}
		if _, err := e.Run(t.Context(), nil, plan.New(workbook(10*batch.FreeAhead), plan.Options{})); err != nil {
			t.Fatal(err)
		}
		rows := 0
		for at, n := range l.begun {
			rows += n
			if n < batch.FreeAhead/2 || n > batch.FreeAhead {
				t.Errorf("%d rows begun at %v, want %d to %d", n, at, batch.FreeAhead/2, batch.FreeAhead)
			}
		}
		if rows != 10*batch.FreeAhead {
			t.Errorf("%d rows begun, want %d", rows, 10*batch.FreeAhead)
		}
	})
}

func TestParseLimit(t *testing.T) {
	for text, want := range map[string]batch.Limit{"": {}, "25": {N: 25}, "5%": {Percent: 5}, " 2.5 %": {Percent: 2.5}, "100%": {Percent: 100}} {
		got, err := batch.ParseLimit(text)
		if err != nil || got != want {
			t.Errorf("ParseLimit(%q) = %v, %v", text, got, err)
		}
		if again, err := batch.ParseLimit(got.String()); err != nil || again != want {
			t.Errorf("%q is written as %q", text, got)
		}
	}
	for _, text := range []string{"0", "-1", "0%", "101%", "x", "%", "1.5", "NaN%"} {
		if got, err := batch.ParseLimit(text); err == nil {
			t.Errorf("ParseLimit(%q) = %v, want an error", text, got)
		}
	}
}

var million = flag.Bool("million", false, "schedule as many rows as a sheet can hold")

// accepting is an API that accepts everything after a while.
type accepting struct {
	latency time.Duration
	first   func() // called once, in the middle of the run
	calls   atomic.Int64
}

func (s *accepting) Submit(ctx context.Context, a batch.Application) (batch.Receipt, error) {
	if s.calls.Add(1) == 10_000 && s.first != nil {
		s.first()
	}
	time.Sleep(s.latency)
	return batch.Receipt{RequestID: a.Token, At: time.Now()}, nil
}

func (s *accepting) Find(context.Context, batch.Key) (batch.LOA, bool, error) {
	return batch.LOA{}, false, nil
}

// As many rows as a sheet can hold take 58 hours at the documented quota; -million runs them. The
// goroutines are bounded by the calls in flight, whatever the number of rows.
func TestManyRows(t *testing.T) {
	rows := 50_000
	if *million {
		rows = 1_048_575
	}
	w := workbook(rows)
	synctest.Test(t, func(t *testing.T) {
		goroutines := 0
		s := &accepting{latency: 30 * time.Millisecond, first: func() { goroutines = runtime.NumGoroutine() }}
		e := &batch.Engine{Submitter: s, Finder: s, Rate: quota.DefaultRate}
		start := time.Now()
		sum, err := e.Run(t.Context(), nil, plan.New(w, plan.Options{}))
		if err != nil {
			t.Fatal(err)
		}
		for i, o := range sum.Outcomes {
			if o.Row != i+2 || o.Result != sheet.Submitted {
				t.Fatalf("outcome %d: %+v", i, o)
			}
		}
		if goroutines > 250 {
			t.Errorf("%d goroutines", goroutines)
		}
		ideal := float64(rows) / quota.DefaultRate.PerSecond()
		if took := time.Since(start).Seconds(); took > ideal/0.97 {
			t.Errorf("took %.0f s; at the full quota it takes %.0f s", took, ideal)
		}
	})
}

// One line for each attempt, with exactly these keys, and no personal data.
func TestLogHasOneLineForEachAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.faults = func(a batch.Application) fault {
			if a.Attempt == 1 {
				return fault{err: &batch.CallError{Class: batch.MaybeReceived, Code: "ServiceUnavailable", RequestID: "R-503", Status: 503, Unsettled: true}}
			}
			return fault{}
		}
		var b bytes.Buffer
		e := &batch.Engine{
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
				t.Errorf("the log contains %q", personal)
			}
		}
	})
}

// An unexpected error of a Submitter does not count as an acceptance, whether calls are
// logged or not.
func TestUnclassifiedErrorIsNoAcceptance(t *testing.T) {
	for _, log := range []*slog.Logger{nil, slog.New(slog.DiscardHandler)} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			e := &batch.Engine{Submitter: brokenSubmitter{}, Finder: s, Log: log}
			sum := summarize(t, e, t.Context(), nil, workbook(1))
			addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.Unknown: 1})
		})
	}
}

type brokenSubmitter struct{}

func (brokenSubmitter) Submit(context.Context, batch.Application) (batch.Receipt, error) {
	return batch.Receipt{}, errors.New("unclassified")
}

// What an earlier run left open is looked up before anything new is sent.
func TestOpenRowsComeFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rows = batch.FreeAhead + 50 // more than are read ahead
		s, book := newServer(), workbook(rows)
		open := plan.New(book, plan.Options{}).Applications[rows-1]
		var calls []string
		s.faults = func(a batch.Application) fault { calls = append(calls, "apply "+a.Key.InstanceID); return fault{} }
		s.blind = func(k batch.Key) *batch.CallError { calls = append(calls, "find "+k.InstanceID); return nil }
		past := map[batch.Key]batch.Record{open.Key: {Hash: open.Hash, Token: open.Token, Open: true}}
		e := &batch.Engine{Submitter: s, Finder: s, Concurrency: 1}
		if _, err := e.Run(t.Context(), nil, plan.New(book, plan.Options{Past: past})); err != nil {
			t.Fatal(err)
		}
		if want := "find " + open.Key.InstanceID; calls[0] != want {
			t.Errorf("%q comes first, want %q", calls[0], want)
		}
	})
}
