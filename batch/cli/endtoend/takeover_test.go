package endtoend_test

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/cli"
	"github.com/loabatch/loabatch/batch/cli/clitest"
	"github.com/loabatch/loabatch/batch/ledger/postgres/pgtest"
	"github.com/loabatch/loabatch/batch/simulator"
)

// lookups counts the calls that ask for one LOA after an answer was lost.
func (p *program) lookups() (n int) {
	for _, lane := range p.sim.Stats().Lanes {
		if lane.API == "DescribePhysicalConnectionLOA" {
			n += lane.Requests
		}
	}
	return n
}

// TestTakeOver kills a run with a ledger in a file, moves that into a database, and continues there: no
// circuit is applied for twice, and only what was open is looked up.
func TestTakeOver(t *testing.T) {
	t.Parallel()
	database, file := pgtest.Database(t), "ledger.db"
	const rows = 60
	p := newProgram(t, rows)
	p.gate.let(40)
	killed := p.submit("--rate", "12/10s", "--burst", "7", "--ledger", file) // in each of three regions
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	p.until("the run", func() bool { return p.sim.Stats().Accepted >= 20 })
	living := p.host(database, "history", "--take-over", file, "--yes")
	p.ended(living, 9, "of this ledger is in progress", "Nothing was changed")
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = killed.Wait()
	p.gate.let(math.MaxInt)
	seen := -1
	p.until("the end of what was under way", func() bool { // at the service, which does not know of the kill
		before, stats := seen, p.sim.Stats()
		seen = stats.Requests + stats.Accepted
		if seen != before {
			time.Sleep(time.Second)
		}
		return seen == before
	})
	sent, lookedUp := p.sim.Stats().Accepted, p.lookups()

	p.ended(p.host(database, "history", "--take-over", file), 2, "needs --yes")
	p.ended(p.host(database, "history", "--take-over", "nowhere.db", "--yes"), 2, "there is no ledger nowhere.db")
	p.ended(p.host(database, "history", "--take-over", file, "--prune", "1d"), 2, "--prune")
	p.ended(p.host("other.db", "history", "--take-over", file, "--yes"), 2, "moves a ledger into a database, and other.db is a file")
	for _, name := range []string{"copy.db", "copy.db-wal"} { // as somebody makes a backup
		if content, err := os.ReadFile(p.path(strings.Replace(name, "copy", "ledger", 1))); err == nil {
			if err := os.WriteFile(p.path(name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.CopyFS(p.path("copy.db.locks"), os.DirFS(p.path("ledger.db.locks"))); err != nil {
		t.Fatal(err)
	}
	var asked bytes.Buffer
	exit := cli.Run(t.Context(), cli.Env{
		Args: []string{"history", "--ledger", database, "--take-over", p.path(file)}, Stdin: strings.NewReader("n\n"), StdinTerminal: true,
		Stdout: &asked, Stderr: &asked, Getenv: func(string) string { return "" }, Now: time.Now,
	})
	if text := asked.String(); exit != 0 || !strings.Contains(text, "move the ledger ") || !strings.Contains(text, "nothing was moved") {
		t.Errorf("exit code %d: %s", exit, text)
	}
	moved := p.host(database, "history", "--take-over", file, "--yes", "--json")
	p.ended(moved, 0)
	var taken struct {
		Runs, Circuits, Open int
		Moved                string `json:"moved_to"`
	}
	if err := json.Unmarshal(moved.out.Bytes(), &taken); err != nil || taken.Runs != 1 || taken.Circuits < sent || !strings.HasPrefix(taken.Moved, "postgres://127.0.0.1:") {
		t.Fatalf("%v: %s", err, &moved.out)
	}
	p.ended(p.host(database, "history", "--take-over", file, "--yes"), 2, "was already moved here on", "There is nothing to do")

	// Commands that would send something say where the ledger is now; those that show it still do.
	before := p.sim.Stats().Requests
	for _, args := range [][]string{
		{"submit", "--yes", "-o", "out.xlsx", "in.xlsx"}, {"submit", "--dry-run=online", "in.xlsx"}, {"status", "-o", "out.xlsx", "in.xlsx"}, {"history", "--prune", "1d", "--yes"},
	} {
		p.ended(p.host(file, args...), 2, "this ledger was moved to "+taken.Moved, "Give the address of that database with --ledger")
	}
	if after := p.sim.Stats(); after.Accepted != sent {
		t.Errorf("%d applications were sent, %d requests", after.Accepted-sent, after.Requests-before)
	}
	p.ended(p.host(file, "history"), 0, "in.xlsx")
	p.ended(p.host(database, "history"), 0, "in.xlsx", "died")

	rest := p.host(database, "submit", "--yes", "--rate", "60/1s", "-o", "out.xlsx", "in.xlsx")
	p.ended(rest, 0, "all 60 rows accepted")
	stats := p.sim.Stats()
	if stats.Accepted != rows || stats.Duplicates+stats.SecondTries+stats.Mismatches != 0 {
		t.Errorf("%d accepted, %d twice, %d tried again under another token, %d tokens with other content", stats.Accepted, stats.Duplicates, stats.SecondTries, stats.Mismatches)
	}
	if n := p.lookups() - lookedUp; n > taken.Open {
		t.Errorf("%d lookups for %d applications that were open", n, taken.Open)
	}
	results := map[string]int{}
	for _, row := range clitest.Cells(t, p.path("out.xlsx"), "Result") {
		results[row[0]]++
	}
	if results["ALREADY"] < sent-taken.Open || results["ALREADY"]+results["SUBMITTED"] != rows {
		t.Errorf("%v, and %d had been sent", results, sent)
	}

	// What the database knows from elsewhere is not moved into it: a copy of the file, and circuits.
	p.ended(p.host(database, "history", "--take-over", "copy.db", "--yes"), 2, "already knows the run ", "probably a copy")
	p.ended(p.host("second.db", "submit", "--yes", "--survey", "off", "-o", "second.xlsx", "in.xlsx"), 0)
	p.ended(p.host(database, "history", "--take-over", "second.db", "--yes"), 2, "already knows 60 circuits", "Submit the latest results copies")
	empty := pgtest.Database(t)
	p.ended(p.host(empty, "history", "--take-over", "second.db", "--yes"), 0, "moved second.db into postgres://", "1 run with 60 rows, 60 circuits, 0 applications unsettled")

	checked := p.host(database, "doctor")
	_ = checked.Wait()
	for _, want := range []string{"PostgreSQL ", "as the role loabatch", "does not leave this machine", "a crash of the server may lose", "off the database's clock", "a query takes"} {
		if !strings.Contains(checked.out.String(), want) {
			t.Errorf("no %q: %s", want, &checked.out)
		}
	}
}

// TestFailoverLosesCommits has the database fail over, while a run is under way, to a standby that has lost
// its last commits, or the whole run: applications that were sent and accepted are unknown. What a standby that is waited for
// would have prevented, the survey and the tokens still do: no circuit is applied for twice. The service would accept
// a second application, so nothing but our own code prevents it.
func TestFailoverLosesCommits(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	for _, lost := range []string{"commits", "the run"} {
		t.Run(lost, func(t *testing.T) {
			t.Parallel()
			failOver(t, lost == "the run")
		})
	}
}

func failOver(t *testing.T, wholeRun bool) {
	server := pgtest.Start(t)
	database := server.Database(t)
	const rows = 60
	p := newProgram(t, rows)
	p.sim = simulator.New(simulator.Options{Keys: map[string]string{"id": "secret"}, Quota: -1, AllowDuplicates: true})
	service := newLimited(0)
	p.url = clitest.Serve(t, p.sim, service.watch)
	submit := func(name string) *host {
		return p.host(database, "submit", "--yes", "--rate", "100/1s", "--max-attempts", "20", "--timeout", "10s", "-o", name, "in.xlsx")
	}
	p.ended(p.host(database, "history"), 0) // makes the schema
	standby := server.Standby(t)
	detach := func() {
		server.Caught(t, standby)
		standby.Detach(t)
	}
	known := 10
	if wholeRun {
		known = 0
		detach()
	}
	service.let(known)
	run := submit("1.xlsx")
	p.until("the run", func() bool { return p.sim.Stats().Accepted >= known })
	if !wholeRun {
		detach()
	}
	service.let(known + 12)
	p.until("what will be lost", func() bool { return p.sim.Stats().Accepted >= known+12 })
	server.Crash(t)
	standby.TakeOver(t, server)
	service.let(math.MaxInt)
	late := time.AfterFunc(5*time.Minute, func() { _ = run.Process.Kill() })
	_ = run.Wait() // however it ends, the same command finishes the rest
	if !late.Stop() {
		t.Errorf("the run does not end after a failover: %s", &run.out)
	}
	last := run
	for n := 2; n < 6 && last.ProcessState.ExitCode() != 0; n++ {
		last = submit("2.xlsx")
		_ = last.Wait()
	}
	stats := p.sim.Stats()
	if circuit, n := service.most(); n != 1 {
		t.Errorf("%s was sent under %d tokens", circuit, n)
	}
	if stats.Accepted != rows || stats.Duplicates != 0 || stats.Mismatches != 0 || run.ProcessState.ExitCode() != 0 {
		t.Errorf("%d accepted, %d of them twice, %d tokens with other content\nthe first: %s\nthe last: %s", stats.Accepted, stats.Duplicates, stats.Mismatches, &run.out, &last.out)
	}
}

// limited lets a number of applications through to a service, and notes the tokens of each circuit.
type limited struct {
	mu     sync.Mutex
	more   sync.Cond
	passed int
	limit  int
	tokens map[string]map[string]bool
}

func newLimited(limit int) *limited {
	l := &limited{limit: limit, tokens: map[string]map[string]bool{}}
	l.more.L = &l.mu
	return l
}

// let raises the limit.
func (l *limited) let(limit int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limit = limit
	l.more.Broadcast()
}

// pass returns once an application may go through.
func (l *limited) pass() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.passed >= l.limit {
		l.more.Wait()
	}
	l.passed++
}

func (l *limited) watch(next http.Handler) http.Handler {
	return (&arrivals{contents: map[string]string{}, last: map[string]arrival{}, note: l.note}).watch(next)
}

func (l *limited) note(params url.Values) {
	l.pass()
	l.mu.Lock()
	defer l.mu.Unlock()
	circuit := params.Get("InstanceId")
	if l.tokens[circuit] == nil {
		l.tokens[circuit] = map[string]bool{}
	}
	l.tokens[circuit][params.Get("ClientToken")] = true
}

// most returns the circuit with the most tokens.
func (l *limited) most() (circuit string, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, tokens := range l.tokens {
		if len(tokens) > n {
			circuit, n = id, len(tokens)
		}
	}
	return circuit, n
}
