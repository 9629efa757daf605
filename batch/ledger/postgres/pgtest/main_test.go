package pgtest

import (
	"os"
	"testing"

	"github.com/loabatch/loabatch/batch/quicktest"
)

func TestMain(m *testing.M) { os.Exit(quicktest.M{M: m}.Run()) }
