package endtoend_test

import (
	"math"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/cli/clitest"
	"github.com/loabatch/loabatch/batch/ledger/postgres/pgtest"
)

// newConstruction makes a program whose workbook has n rows that are complete except for the letter: once
// it is there, they can be reported and confirmed.
func newConstruction(t *testing.T, n int) *program {
	p := newProgram(t, n)
	book := clitest.Circuits(n)
	for i := range book[0].Rows {
		more := []string{"L1", "Label", "yes", "yes"}
		if i == 0 {
			more = []string{"Line code", "Line label", "Construction finished", "Confirm circuit"}
		}
		book[0].Rows[i] = append(book[0].Rows[i], more...)
	}
	if err := os.WriteFile(p.path("in.xlsx"), clitest.Pack(book), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// review reviews all LOAs.
func (p *program) review() {
	p.Helper()
	if _, err := p.sim.Review("", "", ""); err != nil {
		p.Fatal(err)
	}
}

// quiet waits until a command that watches has said once more that nothing has changed.
func (p *program) quiet(h *host) {
	p.Helper()
	before := strings.Count(h.out.String(), "next check at ")
	p.until("the next round", func() bool { return strings.Count(h.out.String(), "next check at ") > before })
}

// TestHostsWatch has two hosts advance the same workbook, each in rounds of its own. Whichever comes first takes the
// steps, each of them once, and both end.
func TestHostsWatch(t *testing.T) {
	t.Parallel()
	database := pgtest.Database(t)
	p := newConstruction(t, 20)
	first := p.host(database, "advance", "--yes", "--watch", "1s", "-o", "1.xlsx", "in.xlsx")
	p.quiet(first)
	second := p.host(database, "advance", "--yes", "--watch", "1500ms", "-o", "2.xlsx", "in.xlsx")
	p.quiet(second)
	p.review()
	p.ended(first, 0, "is Complete now", "all 20 rows accepted")
	p.ended(second, 0, "is Complete now", "all 20 rows accepted")
	stats := p.sim.Stats()
	for name, n := range map[string]int{
		"applications": stats.Totals.Calls, "completions": stats.Completions.Calls, "confirmations": stats.Confirmations.Calls,
	} {
		if n != 20 {
			t.Errorf("%d %s were sent", n, name)
		}
	}
}

// TestWatchLocked has another run hold a circuit when a round of a watch is due: that round is left out, and the watch
// goes on.
func TestWatchLocked(t *testing.T) {
	t.Parallel()
	database := pgtest.Database(t)
	p := newProgram(t, 3)
	other := clitest.Book([]clitest.Circuit{{Number: 1}, {Number: 9}})
	if err := os.WriteFile(p.path("other.xlsx"), clitest.Pack(other), 0o600); err != nil {
		t.Fatal(err)
	}
	watching := p.host(database, "advance", "--yes", "--watch", "1s", "-o", "1.xlsx", "in.xlsx")
	p.quiet(watching)
	p.gate.let(0)
	var holding *host
	p.until("the lock", func() bool {
		holding = p.host(database, "submit", "--yes", "--timeout", "5m", "-o", "2.xlsx", "other.xlsx")
		p.until("its start", func() bool { return strings.Contains(holding.out.String(), " run ") })
		if started := strings.Contains(holding.out.String(), "started run "); started {
			return true
		}
		_ = holding.Wait() // it came while the watch had the circuit
		return false
	})
	p.until("two rounds", func() bool { return strings.Count(watching.out.String(), "skipping this round") >= 2 })
	p.gate.let(math.MaxInt)
	p.ended(holding, 0, "2 rows accepted")
	p.quiet(watching)
	p.review()
	p.ended(watching, 0, "run "+runOf(holding)+" of ", "is Available now", "all 3 rows accepted")
}

// TestDatabaseAwayWatching stops the database while commands watch. They go on when it is back, and a signal ends
// them before that, with a copy.
func TestDatabaseAwayWatching(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for calls that end with the database away")
	}
	t.Parallel()
	server := pgtest.Start(t, "fsync=off")
	database := server.Database(t)
	p := newConstruction(t, 3)
	advancing := p.host(database, "advance", "--yes", "--watch", "1s", "-o", "1.xlsx", "in.xlsx")
	p.quiet(advancing)
	asking := p.host(database, "status", "--watch", "1s", "-o", "2.xlsx", "in.xlsx")
	interrupted := []*host{p.host(database, "status", "--watch", "1s", "-o", "3.xlsx", "in.xlsx"), p.host(database, "advance", "--yes", "--watch", "1s", "-o", "4.xlsx", "in.xlsx")}
	for _, h := range append(interrupted, asking) {
		p.quiet(h)
	}
	server.Stop(t)
	for _, h := range append(interrupted, asking, advancing) {
		p.until("the warning", func() bool { return strings.Contains(h.out.String(), "does not answer, so nothing more is sent") })
	}
	began := time.Now()
	for _, h := range interrupted {
		if err := h.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	for _, h := range interrupted {
		p.ended(h, 143, "interrupted")
		if text := h.out.String(); !strings.Contains(text, "copy    ") && !strings.Contains(text, "this host left run") { // in the middle of a round
			t.Errorf("no copy: %s", text)
		}
	}
	if took := time.Since(began); took > 50*time.Second {
		t.Errorf("a signal ended them after %v", took)
	}
	server.Restart(t)
	p.until("that it is back", func() bool { return strings.Contains(asking.out.String(), "answers again") })
	p.review()
	p.ended(advancing, 0, "answers again", "is Complete now", "all 3 rows accepted")
	p.ended(asking, 0, "checked the LOA status of 3 rows", "changed since the last time: ")
}
