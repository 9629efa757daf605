package postgres_test

import (
	"flag"
	"os"
	"testing"

	"github.com/loabatch/loabatch/batch/quicktest"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("test.bench").Value.String() != "" {
		os.Exit(m.Run()) // benchmarks measure the disk too
	}
	os.Exit(quicktest.M{M: m}.Run())
}
