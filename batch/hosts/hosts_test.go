package hosts_test

import (
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/ledger/postgres/pgtest"
	"github.com/loabatch/loabatch/sheet"
)

// TestTwoHosts has two hosts share the rows of a workbook.
func TestTwoHosts(t *testing.T) {
	t.Parallel()
	address, e, w := pgtest.Database(t), newEndpoint(), book(120, "cn-hangzhou", "cn-shanghai")
	began := time.Now()
	a := start(t, address, "a", e, w)
	b := start(t, address, "b", e, w)
	ra, rb := a.end(), b.end()
	t.Logf("%v: %d and %d requests, end %+v", time.Since(began), ra.Figures.Requests, rb.Figures.Requests, ra.State.End)
	if d, n := e.doubles(); d != 0 || n != 120 {
		t.Errorf("%d doubles, %d circuits", d, n)
	}
	if n := counts(t, a); n[sheet.Submitted] != 120 {
		t.Errorf("%v", n)
	}
}
