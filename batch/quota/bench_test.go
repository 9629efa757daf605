package quota

import (
	"testing"
	"time"
)

// BenchmarkAcquire measures the cost of a request below the quota, exchanges included.
func BenchmarkAcquire(b *testing.B) {
	q := New(Rate{maxRate, time.Millisecond}, maxRate)
	b.ReportAllocs()
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			done, err := q.Acquire(b.Context())
			if err != nil {
				b.Error(err)
				return
			}
			done(nil)
		}
	})
}
