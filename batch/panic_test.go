package batch_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
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

// seams implements every seam of an engine. The method with a given name panics once it has been called
// often enough, before or after its effect.
type seams struct {
	server   *server
	ledger   ledger.Memory
	surveyor *surveyor

	name  string
	after bool
	left  atomic.Int64
}

// at is called by every method, with its name.
func (s *seams) at(name string, after bool) {
	if name == s.name && after == s.after && s.left.Add(-1) == 0 {
		panic("personal: 000000199001010000")
	}
}

func (s *seams) Submit(ctx context.Context, a batch.Application) (batch.Receipt, error) {
	s.at("Submit", false)
	receipt, err := s.server.Submit(ctx, a)
	s.at("Submit", true)
	return receipt, err
}

func (s *seams) Find(ctx context.Context, k batch.Key) (batch.LOA, bool, error) {
	s.at("Find", false)
	l, ok, err := s.server.Find(ctx, k)
	s.at("Find", true)
	return l, ok, err
}

func (s *seams) Survey(ctx context.Context, region string, page int, ids []string) (batch.SurveyPage, error) {
	s.at("Survey", false)
	got, err := s.surveyor.Survey(ctx, region, page, ids)
	s.at("Survey", true)
	return got, err
}

func (s *seams) Past(ctx context.Context, place batch.Place, keys []batch.Key) (map[batch.Key]batch.Record, error) {
	return s.ledger.Past(ctx, place, keys)
}

func (s *seams) Begin(ctx context.Context, a batch.Application) error {
	s.at("Begin", false)
	err := s.ledger.Begin(ctx, a)
	s.at("Begin", true)
	return err
}

func (s *seams) Finish(ctx context.Context, o batch.Outcome) error {
	s.at("Finish", false)
	err := s.ledger.Finish(ctx, o)
	s.at("Finish", true)
	return err
}

func (s *seams) Acquire(context.Context) (func(error), error) {
	s.at("Acquire", false)
	return func(error) { s.at("done", false) }, nil
}

func (s *seams) Slowed() []quota.Span {
	s.at("Slowed", false)
	return nil
}

func (s *seams) quota(string, batch.API) batch.Quota {
	s.at("Quota", false)
	return s
}

func (s *seams) observe(batch.Event) { s.at("Observe", false) }

func (s *seams) surveying(int, int) { s.at("Surveying", false) }

// Enabled, Handle, WithAttrs and WithGroup implement slog.Handler.
func (s *seams) Enabled(context.Context, slog.Level) bool { return true }

func (s *seams) Handle(context.Context, slog.Record) error {
	s.at("log", false)
	return nil
}

func (s *seams) WithAttrs([]slog.Attr) slog.Handler { return s }

func (s *seams) WithGroup(string) slog.Handler { return s }

// engine is an engine that uses only these seams.
func (s *seams) engine() *batch.Engine {
	return &batch.Engine{
		Submitter: s, Finder: s, Surveyor: s, Ledger: s, Quota: s.quota, Observe: s.observe, Surveying: s.surveying, Log: slog.New(s), RunID: "r", Concurrency: 4,
	}
}

// A panic behind any seam ends the run in order: what is in flight is finished, every row has one
// result, and a circuit that has an LOA is never reported as not applied for.
func TestAPanicEndsTheRunInOrder(t *testing.T) {
	const rows = 60
	for _, c := range []struct {
		name string
		after,
		dry bool
	}{
		{name: "Submit"}, {name: "Submit", after: true}, {name: "Find"}, {name: "Find", after: true},
		{name: "Begin"}, {name: "Begin", after: true}, {name: "Finish"}, {name: "Finish", after: true},
		{name: "Acquire"}, {name: "done"}, {name: "Slowed"}, {name: "Quota"}, {name: "Observe"}, {name: "log"},
		{name: "Survey", dry: true}, {name: "Survey", after: true, dry: true}, {name: "Quota", dry: true}, {name: "Acquire", dry: true}, {name: "Observe", dry: true}, {name: "Surveying", dry: true},
	} {
		for _, calls := range []int64{1, 2, 17} {
			name := c.name
			if c.after {
				name += " after its effect"
			}
			if c.dry {
				name += ", dry run"
			}
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := &seams{server: newServer(), surveyor: listed(rows), name: c.name, after: c.after}
					s.left.Store(calls)
					if c.name == "Find" { // every first answer is lost
						s.server.faults = func(a batch.Application) fault {
							if a.Attempt == 1 {
								return fault{effect: before, err: lostAnswer("(timeout)")}
							}
							return fault{}
						}
					}
					w := workbook(rows, "cn-hangzhou", "cn-shanghai")
					started := time.Now()
					sum, err := s.engine().Run(t.Context(), nil, plan.New(w, plan.Options{DryRun: c.dry}))
					if s.left.Load() > 0 {
						if err != nil || calls == 1 {
							t.Errorf("called %d times: %v", calls-s.left.Load(), err)
						}
						return // it was not called so often
					}
					bug, ok := errors.AsType[*batch.PanicError](err)
					if !ok || sum.Stop != batch.StopPanic || !strings.HasPrefix(bug.Error(), "string, panic_test.go:") {
						t.Errorf("stop %q: %v", sum.Stop, err)
					}
					if took := time.Since(started); took > time.Minute {
						t.Errorf("it took %v to stop", took)
					}
					s.check(t, w, sum, c.dry)
				})
			})
		}
	}
}

// check compares the outcomes with what the server did.
func (s *seams) check(t *testing.T, w *sheet.Workbook, sum *batch.Summary, dry bool) {
	t.Helper()
	if len(sum.Outcomes) != len(w.Circuits) {
		t.Fatalf("%d outcomes for %d rows", len(sum.Outcomes), len(w.Circuits))
	}
	past, _ := s.ledger.Past(t.Context(), batch.PlaceLOA, plan.Keys(w))
	for i, o := range sum.Outcomes {
		key := plan.KeyOf(&w.Circuits[i])
		if o.Row != w.Circuits[i].Row || o.Key != key || o.Result == "" || o.Reason == "" {
			t.Errorf("row %d: %+v", w.Circuits[i].Row, o)
		}
		accepted := s.server.accepted[key]
		switch {
		case accepted > 1:
			t.Errorf("row %d was accepted %d times", o.Row, accepted)
		case dry || accepted == 0:
		case o.Result != sheet.Submitted && o.Result != sheet.Unknown:
			t.Errorf("row %d was accepted, but is %s", o.Row, o.Result)
		case !past[key].Open && past[key].Result != sheet.Submitted:
			t.Errorf("row %d was accepted, but the ledger has %+v", o.Row, past[key])
		}
	}
}
