// Package campaign_test plays several hosts on one account: processes that share a ledger in a real
// PostgreSQL and work on one workbook, while processes are killed, frozen and drained, the database
// crashes, and the clocks of the hosts disagree. The service counts what must not happen: circuits applied
// for twice and more requests in a window than the quota has.
package campaign_test

import (
	"testing"

	"github.com/loabatch/loabatch/batch/cli/clitest"
)

func TestMain(m *testing.M) {
	clitest.Main(m, 2, func() bool { removeProgram(); return true })
}

// removeProgram removes what was built for the tests.
var removeProgram = func() {}
