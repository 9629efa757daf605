package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/ledgertest"
	"github.com/loabatch/loabatch/batch/ledger/postgres"
	"github.com/loabatch/loabatch/batch/ledger/postgres/pgtest"
	"github.com/loabatch/loabatch/batch/quota"
)

// durable is a ledger on a server that syncs each commit.
func durable(b *testing.B) *postgres.Store {
	return open(b, pgtest.Start(b).Database(b), postgres.Silence)
}

// BenchmarkRow does what a member does for a row, 8 rows at a time: claim, past, begin, finish.
func BenchmarkRow(b *testing.B) {
	s := durable(b)
	m, err := s.Join(b.Context(), ledger.RunInfo{ID: "one", Scope: ledger.Real, InputSHA256: "book"}, nil, ledgertest.Keys(b.N))
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	rows := make(chan int)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range rows {
				if err := row(b.Context(), m, i); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range b.N {
		rows <- i
	}
	close(rows)
	all.Wait()
}

func row(ctx context.Context, m ledger.Member, i int) error {
	a := ledgertest.Application(i)
	_, err := m.Claim(ctx, a.Key)
	if err == nil {
		_, err = m.Past(ctx, a.Operation.Place(), ledgertest.Keys(i + 1)[i:])
	}
	if err == nil {
		err = m.Begin(ctx, a)
	}
	if err == nil {
		err = m.Finish(ctx, ledgertest.Accepted(i, time.Now()))
	}
	return err
}

// BenchmarkTake takes from a quota as a member does, which is also a heartbeat and a fence.
func BenchmarkTake(b *testing.B) {
	m, err := durable(b).Join(b.Context(), ledger.RunInfo{ID: "one", Scope: ledger.Real, InputSHA256: "book"}, nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	key := quota.Key{Scope: "real", Region: "cn-hangzhou", API: "ApplyPhysicalConnectionLOA"}
	b.ResetTimer()
	for i := range b.N {
		_, err := m.Take(b.Context(), key, quota.Ask{Process: 1, Number: uint64(i), Rate: quota.Rate{N: 300, Per: time.Minute}, Burst: 60, Life: time.Second, Want: 1})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLarge joins a batch of 100,000 circuits, whose state another member then reads.
func BenchmarkLarge(b *testing.B) {
	s := durable(b)
	keys := ledgertest.Keys(100000)
	b.ResetTimer()
	for i := range b.N {
		start := time.Now()
		info := ledger.RunInfo{ID: fmt.Sprint(i), Scope: ledger.Scope(fmt.Sprint(i)), InputSHA256: "book"}
		m, err := s.Join(b.Context(), info, nil, keys)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(start).Seconds(), "s/join")
		_, err = s.Pool().Exec(b.Context(), `INSERT INTO loabatch.rows (run, row, place, member, region, instance_id, finished, result)
			SELECT max(u.seq), n, 'loa', $1, 'cn-hangzhou', 'pc-' || n, 1, 'SUBMITTED' FROM loabatch.runs u, generate_series(1, 100000) n GROUP BY n`, m.Number())
		if err != nil {
			b.Fatal(err)
		}
		start = time.Now()
		if _, err := m.State(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(start).Seconds(), "s/state")
		start = time.Now()
		if _, err := m.Past(b.Context(), "loa", keys); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(start).Seconds(), "s/past")
		start = time.Now()
		if err := m.End(b.Context(), ledger.RunEnd{}); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(start).Seconds(), "s/end")
	}
}
