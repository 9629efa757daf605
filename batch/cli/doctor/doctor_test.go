package doctor_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/batch/cli/doctor"
	"github.com/loabatch/loabatch/batch/cli/prose"
)

func TestUnread(t *testing.T) {
	got := doctor.Unread([]string{
		"PATH=/bin", "LOABATCH_RATE=1/1m", "LOABATCH_RAET=1/1m", "loabatch_rate=1/1m", "LOABATCH_RUN_ID=x", "LOABATCH_", "LOABATCH_RAET=again",
	}, []string{"LOABATCH_RATE", "LOABATCH_LANG"})
	if want := []string{"LOABATCH_", "LOABATCH_RAET", "loabatch_rate"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestFindings(t *testing.T) {
	f := doctor.Findings{Words: prose.English}
	f.Add(doctor.OK, "proxy", "", "doctor-proxy-none", nil)
	f.Add(doctor.Warn, "ledger", "night", "doctor-ledger-network", map[string]string{"system": "NFS"})
	if f.Failed {
		t.Error("a warning is a failure")
	}
	f.Add(doctor.Fail, "account", "profile 13812345678", "doctor-account-failed", map[string]string{"address": "x", "meaning": "y"})
	if !f.Failed || f.Checks[0].Hint != "" || f.Checks[1].Hint == "" || strings.Contains(f.Checks[2].Where, "13812345678") {
		t.Errorf("%+v", f)
	}
	var text strings.Builder
	if err := f.Text(&text, 0); err != nil {
		t.Fatal(err)
	}
	if want := "warn  ledger   night: the ledger is on a network file system (NFS)\n"; !strings.Contains(text.String(), want) {
		t.Errorf("no %q in\n%s", want, text.String())
	}
}

func TestRoom(t *testing.T) {
	for _, test := range []struct {
		size int64
		want string
	}{{0, "64 MiB"}, {1 << 20, "68 MiB"}, {1 << 30, "4.1 GiB"}, {-1, "64 MiB"}} {
		if got := doctor.Bytes(doctor.Room(test.size)); got != test.want {
			t.Errorf("%d bytes need %s, want %s", test.size, got, test.want)
		}
	}
	if got := doctor.Bytes(2048); got != "2 KiB" {
		t.Error(got)
	}
}
