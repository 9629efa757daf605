package ledgertest

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/quota"
)

var quotaKey = quota.Key{Scope: "real:1000000000000001", Region: "cn-hangzhou", API: "ApplyPhysicalConnectionLOA"}

// want asks for requests from a quota of 100 an hour that may all start at once.
func want(process, number uint64, n int, back ...quota.Return) quota.Ask {
	r := quota.Rate{N: 100, Per: time.Hour}
	return quota.Ask{Process: process, Number: number, Rate: r, Burst: r.N, Life: time.Second, Want: n, Returns: back}
}

// oneQuota takes from one quota in several processes at once: together they do not exceed it.
func oneQuota(t *testing.T, open Open) {
	var granted atomic.Int64
	var all sync.WaitGroup
	for process := range uint64(4) {
		s := open(t)
		all.Go(func() {
			for number := range uint64(50) {
				g, err := s.Take(t.Context(), quotaKey, want(process, number, 3))
				if err != nil {
					t.Error(err)
				}
				granted.Add(int64(len(g.Starts)))
			}
		})
	}
	all.Wait()
	if n := granted.Load(); n < 90 || n > 100 { // a share may be left over
		t.Errorf("%d requests were granted, want 100", n)
	}
}

// quotaOutlives gives back in one process what another then takes, and keeps quotas apart.
func quotaOutlives(t *testing.T, open Open) {
	first := open(t)
	g, err := first.Take(t.Context(), quotaKey, want(1, 1, 100))
	must(t, err)
	equal(t, "granted to the first", len(g.Starts), 100)
	_, err = first.Take(t.Context(), quotaKey, want(1, 2, 0, quota.Return{Ask: 1}, quota.Return{Ask: 1}, quota.Return{Ask: 1, Sent: true}))
	must(t, err)
	uses, err := first.InUse(t.Context(), ledger.Scope(quotaKey.Scope), quota.Rate{N: 100, Per: time.Hour})
	must(t, err)
	equal(t, "in use", len(uses) == 1 && uses[0] == quota.InUse{Key: quotaKey, Requests: 98}, true)
	none, err := first.InUse(t.Context(), ledger.Real, quota.Rate{N: 100, Per: time.Hour})
	must(t, err)
	equal(t, "quotas of another scope", len(none), 0)
	must(t, first.Close())
	_, err = first.Take(t.Context(), quotaKey, want(1, 3, 1))
	if !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	g, err = open(t).Take(t.Context(), quotaKey, want(1, 4, 100))
	must(t, err)
	equal(t, "granted after two were given back unsent", len(g.Starts), 2)
	for _, other := range []quota.Key{
		{Scope: "real:1000000000000002", Region: quotaKey.Region, API: quotaKey.API},
		{Scope: quotaKey.Scope, Region: "cn-beijing", API: quotaKey.API},
		{Scope: quotaKey.Scope, Region: quotaKey.Region, API: "DescribePhysicalConnectionLOA"},
	} {
		g, err := open(t).Take(t.Context(), other, want(1, 5, 100))
		must(t, err)
		equal(t, "granted of another quota", len(g.Starts), 100)
	}
}
