// Package quicktest runs the tests of packages that mostly wait: for processes, for quotas
// and for the disk.
package quicktest

import (
	"cmp"
	"flag"
	"os"
	"runtime/debug"
	"strconv"
	"testing"
)

// M is what TestMain gets, with a Run for tests that wait.
type M struct {
	*testing.M
	Parallel int // how many tests to run at a time unless -parallel says otherwise; 0 means eight
}

// Run runs the tests, more at a time than there are processors, as they need none while they
// wait. Their temporary folders are in memory if there is room: what a
// test asks of durability it asks of a simulated disk, so syncing a real one proves
// nothing. They and the processes that they start collect garbage later, as most of them
// end before there is much; beyond 1 GiB, as under the race detector, they collect it as it
// comes. It changes neither what GOGC nor what TMPDIR says.
func (m M) Run() int {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", strconv.Itoa(cmp.Or(m.Parallel, 8)))
	}
	if _, given := os.LookupEnv("TMPDIR"); !given {
		if folder := memory(); folder != "" {
			os.Setenv("TMPDIR", folder)
		}
	}
	if _, given := os.LookupEnv("GOGC"); !given {
		os.Setenv("GOGC", "400")
		debug.SetGCPercent(400)
		debug.SetMemoryLimit(1 << 30)
	}
	return m.M.Run()
}
