package ledger_test

import (
	"os"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/ledger"
)

func TestRunInfoDefaults(t *testing.T) {
	host, _ := os.Hostname()
	got := ledger.RunInfo{}.WithDefaults()
	if got.Host != host || got.PID != os.Getpid() || time.Since(got.Started).Abs() > time.Minute || got.Started.Location() != time.UTC {
		t.Errorf("without values: %+v", got)
	}
	given := ledger.RunInfo{Host: "elsewhere", PID: 7, Started: time.Date(2027, 3, 15, 8, 0, 0, 0, time.UTC)}
	if got := given.WithDefaults(); got.Host != given.Host || got.PID != given.PID || !got.Started.Equal(given.Started) {
		t.Errorf("with values: %+v, want %+v", got, given)
	}
}
