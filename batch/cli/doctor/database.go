package doctor

import (
	"strconv"
	"strings"
	"time"

	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/report"
)

const (
	// maxTrip is how long a query may take. A row takes some 13 of them one after another, and its
	// calls of the API half a second; so with 8 rows at a time a region gets its 5 rows a second up to here.
	maxTrip = 80 * time.Millisecond
	// maxAhead is how far clocks may differ without a remark. Nothing depends on it but what people read.
	maxAhead = 5 * time.Second
	// minFree is how many connections should be left: two processes use as many.
	minFree = 20
)

// Database notes what to know about the server of a ledger.
func (f *Findings) Database(server ledger.Server) {
	f.Note(OK, "database", "", "doctor-database", "version", server.Version, "role", server.Role)
	if server.Super {
		f.Note(Warn, "database", "", "doctor-database-super", "role", server.Role)
	}
	if len(server.Missing) > 0 {
		f.Note(Fail, "database", "", "doctor-database-rights", "role", server.Role, "grants", strings.Join(server.Missing, "; "))
	}
	f.transport(server)
	f.durability(server)
	ahead := report.Skew(f.Words, server.Ahead)
	if server.Ahead.Abs() > maxAhead {
		f.Note(Warn, "database", "", "doctor-database-clock-off", "skew", ahead)
	} else {
		f.Note(OK, "database", "", "doctor-database-clock", "skew", ahead)
	}
	trip := server.RoundTrip.Round(time.Microsecond * 10).String()
	if server.RoundTrip > maxTrip {
		f.Note(Warn, "database", "", "doctor-database-slow", "trip", trip)
	} else {
		f.Note(OK, "database", "", "doctor-database-answers", "trip", trip)
	}
	if server.Free < minFree {
		f.Note(Warn, "database", "", "doctor-database-crowded", "free", strconv.Itoa(server.Free))
	}
}

// transport notes how the connection is protected.
func (f *Findings) transport(server ledger.Server) {
	switch {
	case server.Encrypted && server.Verified:
		f.Note(OK, "database", "", "doctor-database-encrypted", "protocol", server.Protocol)
	case server.Local:
		f.Note(OK, "database", "", "doctor-database-local")
	case server.Encrypted:
		f.Note(Warn, "database", "", "doctor-database-unverified", "protocol", server.Protocol)
	default:
		f.Note(Warn, "database", "", "doctor-database-plain")
	}
}

// durability notes whether commits survive a crash and a failover.
func (f *Findings) durability(server ledger.Server) {
	standbys := []string{"standbys", strconv.Itoa(server.Standbys), "names", server.Synchronous, "commit", server.Commit}
	waits := server.Synchronous != "" && server.Commit != "local" && server.Commit != "off"
	if !server.Durable || server.Commit == "off" {
		f.Note(Fail, "database", "", "doctor-database-lossy")
	}
	switch {
	case waits && server.Standbys == 0:
		f.Note(Fail, "database", "", "doctor-database-waits", standbys...)
	case waits:
		f.Note(OK, "database", "", "doctor-database-standby", standbys...)
	case server.Synchronous != "":
		f.Note(Warn, "database", "", "doctor-database-local-commit", standbys...)
	case server.Standbys > 0:
		f.Note(Warn, "database", "", "doctor-database-asynchronous", standbys...)
	case server.Durable:
		f.Note(OK, "database", "", "doctor-database-alone", standbys...)
	}
}
