package doctor_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/cli/doctor"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/ledger"
)

func TestUnread(t *testing.T) {
	got := doctor.Unread("LOABATCH_", []string{
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

// TestDatabase has each thing that may be said of a database server.
func TestDatabase(t *testing.T) {
	good := ledger.Server{Version: "15.8", Role: "loabatch", Encrypted: true, Verified: true, Protocol: "TLS 1.3", Durable: true, Commit: "on",
		RoundTrip: 2 * time.Millisecond, Free: 80}
	for _, test := range []struct {
		change func(*ledger.Server)
		want   []string // those of good that differ are left out
		failed bool
	}{
		{func(*ledger.Server) {}, []string{"ok PostgreSQL 15.8, as the role loabatch", "ok the connection is encrypted (TLS 1.3), and the server's certificate was verified",
			"ok commits are on the server's disk before anything is sent; no standby is connected", "ok 0 seconds off the database's clock", "ok a query takes 2ms"}, false},
		{func(s *ledger.Server) { s.Super, s.Role = true, "postgres" }, []string{"ok PostgreSQL 15.8, as the role postgres", "warn the role postgres is a superuser"}, false},
		{func(s *ledger.Server) { s.Missing = []string{"GRANT a", "GRANT b"} }, []string{"fail the role loabatch lacks rights that a run needs / Have the owner of the database run: GRANT a; GRANT b"}, true},
		{func(s *ledger.Server) { s.Verified = false }, []string{"warn the connection is encrypted (TLS 1.3), but the server's certificate was not verified: another server could pose as it"}, false},
		{func(s *ledger.Server) { s.Encrypted, s.Verified = false, false }, []string{"warn the connection is not encrypted"}, false},
		{func(s *ledger.Server) { s.Encrypted, s.Verified, s.Local = false, false, true }, []string{"ok the connection does not leave this machine"}, false},
		{func(s *ledger.Server) { s.Durable = false }, []string{"fail a crash of the server may lose what was committed"}, true},
		{func(s *ledger.Server) { s.Standbys = 2 }, []string{"warn 2 standbys are connected, and no commit waits for one"}, false},
		{func(s *ledger.Server) { s.Standbys, s.Synchronous = 1, "ANY 1 (*)" }, []string{"ok commits are on the server's disk and wait for a standby (ANY 1 (*); 1 connected)"}, false},
		{func(s *ledger.Server) { s.Synchronous = "*" }, []string{"fail commits wait for a standby (*), and no standby is connected"}, true},
		{func(s *ledger.Server) { s.Standbys, s.Synchronous, s.Commit = 1, "*", "local" }, []string{"warn commits do not wait for a standby, since synchronous_commit is local"}, false},
		{func(s *ledger.Server) { s.Ahead = -3 * time.Minute }, []string{"warn this machine's clock is 3 minutes off the database's"}, false},
		{func(s *ledger.Server) { s.RoundTrip = 200 * time.Millisecond }, []string{"warn a query takes 200ms, which may keep a run below its quota"}, false},
		{func(s *ledger.Server) { s.Free = 1 }, []string{"warn 1 connection is free for ordinary roles"}, false},
	} {
		server := good
		test.change(&server)
		f := doctor.Findings{Words: prose.English}
		f.Database(server)
		var lines []string
		for _, c := range f.Checks {
			line := string(c.State) + " " + c.Message
			if c.State != doctor.OK {
				line += " / " + c.Hint
				if c.Hint == "" {
					t.Errorf("nothing is said of what to do: %s", line)
				}
			}
			lines = append(lines, line)
		}
		for _, want := range test.want {
			if !slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, want) }) {
				t.Errorf("no %q in %q", want, lines)
			}
		}
		if f.Failed != test.failed {
			t.Errorf("failed %t: %q", f.Failed, lines)
		}
	}
}
