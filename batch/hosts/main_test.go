package hosts_test

import (
	"os"
	"testing"

	"github.com/loabatch/loabatch/batch/quicktest"
)

func TestMain(m *testing.M) { os.Exit(quicktest.M{M: m, Parallel: 16}.Run()) }
