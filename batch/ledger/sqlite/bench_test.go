//go:build unix

package sqlite_test

import (
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/ledgertest"
	"github.com/loabatch/loabatch/batch/ledger/sqlite"
	"github.com/loabatch/loabatch/batch/quota"
)

// BenchmarkRows begins and finishes rows; each Begin and each Finish is durable.
func BenchmarkRows(b *testing.B) {
	for _, writers := range []int{1, 8, 64, 128} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) { benchmarkRows(b, writers) })
	}
}

func benchmarkRows(b *testing.B, writers int) {
	s := open(b, filepath.Join(b.TempDir(), "ledger.db"))
	run, err := s.Start(b.Context(), ledger.RunInfo{ID: "bench", Scope: ledger.Real}, ledgertest.Keys(b.N))
	if err != nil {
		b.Fatal(err)
	}
	applications := make([]batch.Application, b.N)
	outcomes := make([]batch.Outcome, b.N)
	for i := range applications {
		applications[i], outcomes[i] = ledgertest.Application(i), ledgertest.Accepted(i, time.Now())
	}
	work := make(chan int, writers)
	done := make(chan error, writers)
	commits, writes := s.Commits()
	cpu := processorTime()
	b.ReportAllocs()
	b.ResetTimer()
	for range writers {
		go func() { done <- beginAndFinish(b, run, work, applications, outcomes) }()
	}
	for i := range b.N {
		work <- i
	}
	close(work)
	for range writers {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	cpu = processorTime() - cpu
	commitsNow, writesNow := s.Commits()
	commits, writes = commitsNow-commits, writesNow-writes
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(commits)/b.Elapsed().Seconds(), "commits/s")
	b.ReportMetric(float64(writes)/float64(commits), "writes/commit")
	b.ReportMetric(float64(cpu.Microseconds())/float64(b.N), "cpu-µs/row")
}

func beginAndFinish(b *testing.B, run ledger.Run, work <-chan int, applications []batch.Application, outcomes []batch.Outcome) error {
	for i := range work {
		if err := run.Begin(b.Context(), applications[i]); err != nil {
			return err
		}
		if err := run.Finish(b.Context(), outcomes[i]); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkWorkbook measures the calls that take a whole workbook, of 100,000 circuits.
func BenchmarkWorkbook(b *testing.B) {
	const rows = 100_000
	s := open(b, filepath.Join(b.TempDir(), "ledger.db"))
	keys := ledgertest.Keys(rows)
	fill(b, s, rows)
	step := map[string]time.Duration{}
	for i := 0; b.Loop(); i++ {
		clock := time.Now()
		lap := func(name string) {
			step[name] += time.Since(clock)
			clock = time.Now()
		}
		run, err := s.Start(b.Context(), ledger.RunInfo{ID: fmt.Sprint("bench", i), Scope: ledger.Real}, keys)
		if err != nil {
			b.Fatal(err)
		}
		lap("start-ms")
		past, err := run.Past(b.Context(), batch.PlaceLOA, keys)
		if err != nil || len(past) != rows {
			b.Fatal(len(past), err)
		}
		lap("past-ms")
		if err := run.End(b.Context(), ledger.RunEnd{}); err != nil {
			b.Fatal(err)
		}
		lap("end-ms")
		old, err := s.Run(b.Context(), "fill")
		if err != nil || len(old.Rows) != rows {
			b.Fatal(err)
		}
		lap("run-ms")
		if _, err := s.Check(b.Context()); err != nil {
			b.Fatal(err)
		}
		lap("check-ms")
	}
	for name, took := range step {
		b.ReportMetric(float64(took.Milliseconds())/float64(b.N), name)
	}
}

// fill records a run with the given number of accepted rows.
func fill(b *testing.B, s *sqlite.Store, rows int) {
	b.Helper()
	run, err := s.Start(b.Context(), ledger.RunInfo{ID: "fill", Scope: ledger.Real}, ledgertest.Keys(rows))
	if err != nil {
		b.Fatal(err)
	}
	const writers = 256
	done := make(chan error, writers)
	for w := range writers {
		go func() {
			var err error
			for i := w; i < rows && err == nil; i += writers {
				if err = run.Begin(b.Context(), ledgertest.Application(i)); err == nil {
					err = run.Finish(b.Context(), ledgertest.Accepted(i, time.Now()))
				}
			}
			done <- err
		}()
	}
	for range writers {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	if err := run.End(b.Context(), ledger.RunEnd{}); err != nil {
		b.Fatal(err)
	}
}

// processorTime is the CPU time of this process, user and system.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkTake takes from a quota of 300 requests a minute that is in full use.
func BenchmarkTake(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "ledger.db"))
	for i := range uint64(b.N) {
		ask := quota.Ask{Process: 1, Number: i, Rate: quota.DefaultRate, Burst: 60, Life: time.Second, Want: 4}
		for n := range 4 {
			ask.Returns = append(ask.Returns, quota.Return{Ask: i - 1, Sent: true, Answered: time.Duration(i%1000*60+uint64(n)) * time.Millisecond})
		}
		if _, err := s.Take(b.Context(), quota.Key{Scope: "real", Region: "cn-hangzhou"}, ask); err != nil {
			b.Fatal(err)
		}
	}
}
