package endtoend_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/cli/clitest"
	"github.com/loabatch/loabatch/batch/ledger/postgres/pgtest"
	"github.com/loabatch/loabatch/batch/simulator"
)

// host is a process of a run that several work on.
type host struct {
	*exec.Cmd
	out printed // both streams
}

// host starts a command with a ledger in a database.
func (p *program) host(ledger string, args ...string) *host {
	h := &host{Cmd: p.command(args...)}
	h.Env = append(h.Env, "LOABATCH_LEDGER="+ledger, "LOABATCH_ENDPOINT="+p.url)
	h.Stdout, h.Stderr = &h.out, &h.out
	if err := h.Start(); err != nil {
		p.Fatal(err)
	}
	return h
}

// printed is what a process has printed so far, on both streams.
type printed struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

func (p *printed) Bytes() []byte { return []byte(p.String()) }

// ended waits for a process, and checks its exit code and that it printed some texts.
func (p *program) ended(h *host, exit int, wants ...string) {
	p.Helper()
	_ = h.Wait() // its exit code is checked
	if got := h.ProcessState.ExitCode(); got != exit {
		p.Errorf("%q: exit %d, want %d", h.Args[1:], got, exit)
	}
	for _, want := range wants {
		if !strings.Contains(h.out.String(), want) {
			p.Errorf("%q: no %q in what it printed", h.Args[1:], want)
		}
	}
	if p.Failed() {
		p.Logf("%q: %s", h.Args[1:], &h.out)
	}
}

// until waits for a condition.
func (p *program) until(what string, condition func() bool) {
	p.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.Fatalf("still waiting for %s", what)
		}
	}
}

// startedRun matches the ID of a run that was started.
var startedRun = regexp.MustCompile(`started run ([0-9a-z-]+)`)

// joined waits until all hosts but one have joined a run. A test that needs several hosts at work lets no more
// applications through to the service before.
func (p *program) joined(hosts ...*host) {
	p.Helper()
	p.until("the other hosts", func() bool {
		n := 0
		for _, h := range hosts {
			if strings.Contains(h.out.String(), "joined run ") {
				n++
			}
		}
		return n >= len(hosts)-1
	})
}

// parts returns the content of a workbook.
func parts(t *testing.T, path string) map[string]string {
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	all := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name] = string(content)
	}
	return all
}

// sameCopy checks that two copies are equal except for their seals.
func sameCopy(t *testing.T, one, other string) {
	t.Helper()
	a, b := parts(t, one), parts(t, other)
	for name, content := range a {
		if b[name] != content && strings.HasPrefix(name, "xl/") {
			t.Errorf("%s differs in %s and %s", name, one, other)
		}
	}
	if len(a) != len(b) {
		t.Errorf("%s has %d parts, and %s %d", one, len(a), other, len(b))
	}
}

// TestHosts has three processes work on one workbook. Each writes the same copy, which report
// writes too, and the password of the database is nowhere.
func TestHosts(t *testing.T) {
	t.Parallel()
	database := pgtest.Database(t)
	address, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := address.User.Password()
	p := newProgram(t, 240)
	p.gate.let(20)
	send := []string{"submit", "--yes", "--rate", "60/3s", "--report", "csv,html,json", "--log-level", "debug", "--metrics-file", p.path("metrics"), "--json"}
	first := p.host(database, append(send, "-o", "1.xlsx", "in.xlsx")...)
	p.until("the run", func() bool { return p.sim.Stats().Accepted > 0 })
	hosts := []*host{first}
	for n := 2; n <= 3; n++ {
		args := append(send[:len(send):len(send)], "--log-file", p.path(fmt.Sprint("log", n)), "-o", fmt.Sprint(n, ".xlsx"), "in.xlsx")
		h := p.host(database, append([]string{args[0], "--ledger", database}, args[1:]...)...)
		p.until("the host", func() bool { return strings.Contains(h.out.String(), "joined run ") })
		hosts = append(hosts, h)
	}
	p.gate.let(math.MaxInt)
	for _, h := range hosts[1:] {
		p.ended(h, 0, "joined run ", "can see the password in --ledger", `"SUBMITTED": 240`)
	}
	p.ended(first, 0, "started run ", `"SUBMITTED": 240`)
	run := startedRun.FindStringSubmatch(first.out.String())[1]
	if stats := p.sim.Stats(); stats.Accepted != 240 || stats.Duplicates != 0 {
		t.Errorf("%d accepted, %d of them twice", stats.Accepted, stats.Duplicates)
	}
	sameCopy(t, p.path("1.xlsx"), p.path("2.xlsx"))
	sameCopy(t, p.path("1.xlsx"), p.path("3.xlsx"))

	again := p.host(database, "report", run, "-o", "again.xlsx")
	p.ended(again, 0, "all 240 rows accepted")
	sameCopy(t, p.path("1.xlsx"), p.path("again.xlsx"))
	shown := p.host(database, "history", run, "--json")
	p.ended(shown, 0)
	var history struct {
		Runs []struct {
			Members []struct {
				Host    string
				PID     int
				Rows    int
				Starter bool
				Output  string
			}
		}
	}
	if err := json.Unmarshal(shown.out.Bytes(), &history); err != nil || len(history.Runs) != 1 || len(history.Runs[0].Members) != 3 {
		t.Fatalf("%v: %s", err, &shown.out)
	}
	rows := 0
	for i, m := range history.Runs[0].Members {
		rows += m.Rows
		if m.Starter != (i == 0) || m.PID == 0 || m.Output != p.path(fmt.Sprint(i+1, ".xlsx")) {
			t.Errorf("member %d: %+v", i+1, m)
		}
	}
	if rows != 240 {
		t.Errorf("the hosts did %d rows", rows)
	}
	table := p.host(database, "history", run)
	p.ended(table, 0, "HOST", "240 SUBMITTED", p.path("3.xlsx"))
	list := p.host(database, "history", run, "--csv")
	p.ended(list, 0, "PROCESS")
	unknown := p.host(database, "history", "20260101-000000-aaaaa")
	p.ended(unknown, 2, "20260101-000000-aaaaa")
	checked := p.host(database, "doctor")
	_ = checked.Wait() // it may warn

	for _, h := range append(hosts, again, shown, table, list, unknown, checked) {
		if strings.Contains(h.out.String(), password) {
			t.Errorf("%q printed the password", h.Args[1:])
		}
	}
	noPassword(t, p.dir, password)
	server, name := pgtest.Shared(t), strings.TrimPrefix(address.Path, "/")
	for _, table := range strings.Fields(server.Query(t, name, "select format('%I.%I', table_schema, table_name) from information_schema.tables where table_schema like 'loabatch%'")) {
		if n := strings.TrimSpace(server.Query(t, name, "select count(*) from "+table+" t where t::text like '%"+password+"%'")); n != "0" {
			t.Errorf("%s has the password in %s rows", table, n)
		}
	}
}

// TestHostsOneFolder has three processes run the same command in one folder, so that they write
// the same files.
func TestHostsOneFolder(t *testing.T) {
	t.Parallel()
	database := pgtest.Database(t)
	p := newProgram(t, 60)
	p.gate.let(0)
	var hosts []*host
	for range 3 {
		hosts = append(hosts, p.host(database, "submit", "--yes", "--rate", "30/1s", "--report", "csv,html,json", "in.xlsx"))
	}
	p.joined(hosts...)
	p.gate.let(math.MaxInt)
	for _, h := range hosts {
		p.ended(h, 0, "all 60 rows accepted")
		if strings.Contains(h.out.String(), "warning") {
			t.Errorf("a host warns: %s", &h.out)
		}
	}
	for _, ext := range []string{"xlsx", "csv", "html", "json"} {
		if files, _ := filepath.Glob(p.path("in.results-*." + ext)); len(files) != 1 {
			t.Errorf("%q", files)
		}
	}
}

// noPassword looks for a password in all files of a folder, and within the workbooks.
func noPassword(t *testing.T, folder, password string) {
	files := 0
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.Contains(string(content), password) {
			t.Errorf("%s has the password", path)
		}
		if filepath.Ext(path) == ".xlsx" {
			for name, part := range parts(t, path) {
				if strings.Contains(part, password) {
					t.Errorf("%s has the password in %s", path, name)
				}
			}
		}
		return nil
	})
	if err != nil || files < 10 {
		t.Errorf("%d files: %v", files, err)
	}
}

// TestHostsDiffer checks that processes that differ from a run do not join it: those with other
// settings, or with another workbook that has one of its circuits.
func TestHostsDiffer(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a run that goes on for long enough to be left")
	}
	t.Parallel()
	database := pgtest.Database(t)
	others := make(chan struct{})
	leave := sync.OnceFunc(func() { close(others) })
	p := newProgramWith(t, 90, func(r simulator.Request) (simulator.Fault, bool) { // the first host is the last to end
		if r.API == "ApplyPhysicalConnectionLOA" && r.InstanceID == "pc-crash00000" && r.N == 1 {
			<-others
		}
		return simulator.Fault{}, false
	})
	t.Cleanup(leave)
	p.gate.let(20)
	send := func(more ...string) *host {
		return p.host(database, append([]string{"submit", "--yes", "--timeout", "5m"}, more...)...)
	}
	first := send("--rate", "5/1s", "-o", "1.xlsx", "in.xlsx")
	p.until("the run", func() bool { return p.sim.Stats().Accepted > 0 })
	other := send("--rate", "20/1s", "--only", "failed,unknown", "--max-failures", "3", "-o", "2.xlsx", "in.xlsx")
	p.ended(other, 2, "cannot join run ", "--rate 5/1s (here 20/1s)", "--max-failures unset (here 3)", "--only unset (here failed,unknown)", "Nothing was sent")
	book := clitest.Circuits(80)
	book[0].Rows = append(book[0].Rows[:1:1], book[0].Rows[40:]...)
	book[1].Rows = append(book[1].Rows[:1:1], book[1].Rows[40:]...)
	if err := os.WriteFile(p.path("other.xlsx"), clitest.Pack(book), 0o600); err != nil {
		t.Fatal(err)
	}
	p.ended(send("--rate", "5/1s", "-o", "3.xlsx", "other.xlsx"), 9, "another run is working on circuits of this workbook")
	early := send("--rate", "5/1s", "--no-wait", "-o", "4.xlsx", "in.xlsx")
	drained := send("--json", "--rate", "5/1s", "-o", "5.xlsx", "in.xlsx")
	p.joined(first, early, drained)
	if err := drained.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	p.gate.let(math.MaxInt)
	p.ended(drained, 130, "gave this host's rows back to run ", "loabatch report ", `"run_id": "`+runOf(first)+`"`)
	p.ended(early, 0, "joined run ", "results are missing for ", "once the run has ended, write its copy:")
	leave()
	p.ended(first, 0, "all 90 rows accepted")
	for _, name := range []string{"2.xlsx", "3.xlsx", "4.xlsx", "5.xlsx"} {
		if _, err := os.Stat(p.path(name)); err == nil {
			t.Errorf("there is a copy %s", name)
		}
	}
}

// TestHostAlone checks that the only host of a run ends it when interrupted, like a run without other
// hosts; the same command finishes the rest.
func TestHostAlone(t *testing.T) {
	t.Parallel()
	database := pgtest.Database(t)
	p := newProgram(t, 60)
	p.gate.let(1)
	h := p.host(database, "submit", "--yes", "--rate", "10/1s", "-o", "1.xlsx", "in.xlsx")
	p.until("the run", func() bool { return p.sim.Stats().Accepted > 0 })
	if err := h.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p.gate.let(math.MaxInt)
	p.ended(h, 143, "NOT_ATTEMPTED", "copy    1.xlsx")
	p.ended(p.host(database, "report", runOf(h), "-o", "again.xlsx"), 0, "NOT_ATTEMPTED")
	sameCopy(t, p.path("1.xlsx"), p.path("again.xlsx"))
	p.ended(p.host(database, "submit", "--yes", "--rate", "60/1s", "-o", "2.xlsx", "in.xlsx"), 0, "all 60 rows accepted")
	if stats := p.sim.Stats(); stats.Accepted != 60 || stats.Duplicates != 0 {
		t.Errorf("%d accepted, %d of them twice", stats.Accepted, stats.Duplicates)
	}
}

// TestHostsSteps takes a workbook through advance and complete on two hosts each.
func TestHostsSteps(t *testing.T) {
	t.Parallel()
	database := pgtest.Database(t)
	p := newProgram(t, 30)
	for _, command := range []string{"advance", "complete"} {
		both := []*host{}
		for n := range 2 {
			both = append(both, p.host(database, command, "--yes", "--rate", "30/1s", "-o", fmt.Sprint(command, n, ".xlsx"), "in.xlsx"))
		}
		for _, h := range both {
			p.ended(h, 0, "run     20")
		}
		if a, b := runOf(both[0]), runOf(both[1]); a == b { // else the first had ended
			sameCopy(t, p.path(command+"0.xlsx"), p.path(command+"1.xlsx"))
		}
	}
	status := p.host(database, "status", "-o", "status.xlsx", "in.xlsx")
	p.ended(status, 0, "30")
	if stats := p.sim.Stats(); stats.Accepted != 30 || stats.Duplicates != 0 {
		t.Errorf("%d accepted, %d of them twice", stats.Accepted, stats.Duplicates)
	}
}

// TestHostsFolder has two hosts work through one folder at the same time.
func TestHostsFolder(t *testing.T) {
	t.Parallel()
	database := pgtest.Database(t)
	p := newProgram(t, 0)
	for _, name := range []string{"in", "done"} {
		if err := os.Mkdir(p.path(name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 3 {
		book := clitest.Circuits(60)
		for i := range book {
			book[i].Rows = append(book[i].Rows[:1:1], book[i].Rows[1+20*n:21+20*n]...)
		}
		path := p.path(fmt.Sprintf("in/book%d.xlsx", n))
		if err := os.WriteFile(path, clitest.Pack(book), 0o600); err != nil {
			t.Fatal(err)
		}
		old := time.Now().Add(-time.Hour) // it is not being written any more
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	p.gate.let(0)
	var hosts []*host
	for range 2 {
		hosts = append(hosts, p.host(database, "submit", "--yes", "--rate", "10/1s", "--in", "in", "--done", "done"))
	}
	p.joined(hosts...)
	p.gate.let(math.MaxInt)
	for _, h := range hosts {
		p.ended(h, 0)
	}
	moved, elsewhere := 0, 0
	for _, h := range hosts {
		if strings.Contains(h.out.String(), "no longer there") || !strings.Contains(h.out.String(), ", 0 left out") {
			t.Errorf("a host left out what the other has moved: %s", &h.out)
		}
		moved += strings.Count(h.out.String(), " was moved to ")
		elsewhere += strings.Count(h.out.String(), " was moved by another host")
	}
	if moved != 3 || elsewhere == 0 {
		t.Errorf("%d moved, %d by another host", moved, elsewhere)
	}
	if joined := strings.Count(hosts[0].out.String()+hosts[1].out.String(), "joined run "); joined == 0 {
		t.Error("no host joined the other")
	}
	if stats := p.sim.Stats(); stats.Accepted != 60 || stats.Duplicates != 0 {
		t.Errorf("%d accepted, %d of them twice", stats.Accepted, stats.Duplicates)
	}
	left, _ := filepath.Glob(p.path("in/*.xlsx"))
	books, _ := filepath.Glob(p.path("done/book?.xlsx"))
	copies, _ := filepath.Glob(p.path("done/book?.results-*.xlsx"))
	if len(left) != 0 || len(books) != 3 || len(copies) != 3 {
		t.Errorf("left %q, moved %q, copies %q", left, books, copies)
	}
}

// newAccounts makes a program whose workbook has n rows of several accounts, the profiles own and second, and of
// as many others as it names: row gives a circuit another ID, if it is not empty, and a profile.
func newAccounts(t *testing.T, n int, row func(i int, id string) (newID, profile string)) *program {
	p := newProgramWith(t, 0, nil)
	p.serve(simulator.Options{Keys: map[string]string{"id": "secret", "id2": "secret2"}, Accounts: map[string]string{"id2": "1000000000000002"}, Quota: -1})
	config := `{"current": "own", "profiles": [
		{"name": "own", "mode": "AK", "access_key_id": "id", "access_key_secret": "secret"},
		{"name": "second", "mode": "AK", "access_key_id": "id2", "access_key_secret": "secret2"}]}`
	if err := os.WriteFile(p.path("config.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	book := clitest.Circuits(n)
	book[0].Rows[0] = append(book[0].Rows[0], "Account")
	for i := 1; i <= n; i++ {
		id, profile := row(i, book[0].Rows[i][0])
		book[0].Rows[i] = append(book[0].Rows[i], profile)
		if id != "" {
			book[0].Rows[i][0], book[1].Rows[i][0] = id, id
		}
	}
	if err := os.WriteFile(p.path("in.xlsx"), clitest.Pack(book), 0o600); err != nil {
		t.Fatal(err)
	}
	p.env = []string{"ALIBABA_CLOUD_CONFIG_FILE=" + p.path("config.json")}
	return p
}

// TestHostsAccountUnusable has rows of an account whose profile is missing end NOT_ATTEMPTED, as on one host. A second
// host joins when the one row of another account has its result, and finds both.
func TestHostsAccountUnusable(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a run that goes on for long enough to be left")
	}
	t.Parallel()
	database := pgtest.Database(t)
	p := newAccounts(t, 32, func(i int, _ string) (string, string) {
		return "", map[int]string{3: "second", 5: "lost", 6: "lost"}[i]
	})
	p.gate.let(16)
	first := p.host(database, "submit", "--yes", "--rate", "4/4s", "--burst", "1", "-o", "1.xlsx", "in.xlsx")
	p.until("rows of both accounts", func() bool {
		list := p.host(database, "history", "--json", "pc-crash00002")
		_ = list.Wait() // the run may not have begun
		return strings.Contains(list.out.String(), `"result": "SUBMITTED"`)
	})
	second := p.host(database, "submit", "--yes", "--rate", "4/4s", "--burst", "1", "-o", "2.xlsx", "in.xlsx")
	p.joined(first, second)
	p.gate.let(math.MaxInt)
	for _, h := range []*host{first, second} {
		p.ended(h, 6, "30 of 32 rows accepted, 2 not attempted", "some of the accounts could not be used", "profile lost: 2 NOT_ATTEMPTED; no credentials found", "second): 1 SUBMITTED")
	}
	if !strings.Contains(second.out.String(), "joined run "+runOf(first)) {
		t.Error("the second host did not join")
	}
	sameCopy(t, p.path("1.xlsx"), p.path("2.xlsx"))
	p.ended(p.host(database, "report", runOf(first), "-o", "again.xlsx"), 0, "some of the accounts could not be used")
	sameCopy(t, p.path("1.xlsx"), p.path("again.xlsx"))
}

// TestHostsAccountLimits has limits count the rows of all accounts, with a ledger in a file as with one that hosts
// share.
func TestHostsAccountLimits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		args []string
		bad  [2]int // the first row that is refused, and the last
		most int    // rows that may be accepted
		want []string
	}{
		// Of each account, fewer rows fail than the limit says.
		{"max-failures", []string{"--max-failures", "10", "--concurrency", "1"}, [2]int{1, 15}, 45, []string{`"stop_reason": "stop-max-failures"`, `"exit_code": 6`}},
		// The first rows are of the first account, so those of the second one have to wait.
		{"canary", []string{"--canary", "3"}, [2]int{3, 3}, 2, []string{`"stop_reason": "stop-canary"`, `"REFUSED": 1`, `"exit_code": 6`}},
	} {
		for _, shared := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s shared %v", test.name, shared), func(t *testing.T) {
				t.Parallel()
				p := newAccounts(t, 60, func(i int, id string) (string, string) {
					profile := []string{"", "second"}[i/8%2]
					if i < test.bad[0] || i > test.bad[1] {
						return "", profile
					}
					return "pc-locked" + strings.TrimPrefix(id, "pc-crash"), profile
				})
				ledger, n := p.path("ledger.db"), 1
				if shared {
					ledger, n = pgtest.Database(t), 2
				}
				p.gate.let(0)
				var hosts []*host
				for i := range n {
					hosts = append(hosts, p.host(ledger, append([]string{"submit", "--yes", "--json", "--survey", "off", "--rate", "5/1s", "-o", fmt.Sprint(i, ".xlsx"), "in.xlsx"}, test.args...)...))
				}
				p.joined(hosts...)
				p.gate.let(math.MaxInt)
				for _, h := range hosts {
					p.ended(h, 6, test.want...)
				}
				if accepted := p.sim.Stats().Accepted; accepted > test.most {
					t.Errorf("%d rows were accepted", accepted)
				}
			})
		}
	}
}

// TestHostsAccounts has two hosts work on a workbook whose rows belong to two accounts, one of
// them under two names, and one alone on it again.
func TestHostsAccounts(t *testing.T) {
	t.Parallel()
	database := pgtest.Database(t)
	p := newAccounts(t, 90, func(i int, _ string) (string, string) { return "", []string{"", "second", "own"}[i/4%3] })
	p.gate.let(10)
	first := p.host(database, "submit", "--yes", "--rate", "5/1s", "-o", "1.xlsx", "in.xlsx")
	p.until("the run", func() bool { return p.sim.Stats().Accepted > 0 })
	second := p.host(database, "submit", "--yes", "--rate", "5/1s", "-o", "2.xlsx", "in.xlsx")
	p.joined(first, second)
	p.gate.let(math.MaxInt)
	for _, h := range []*host{first, second} {
		p.ended(h, 0, "all 90 rows accepted", "1000000000000002 (profile second): 31 SUBMITTED")
	}
	sameCopy(t, p.path("1.xlsx"), p.path("2.xlsx"))
	p.ended(p.host(database, "report", runOf(first), "-o", "again.xlsx"), 0)
	sameCopy(t, p.path("1.xlsx"), p.path("again.xlsx"))
	stats := p.sim.Stats()
	if stats.Accepted != 90 || stats.Duplicates != 0 {
		t.Errorf("%d accepted, %d of them twice", stats.Accepted, stats.Duplicates)
	}

	alone := p.host(database, "submit", "--yes", "--rate", "5/1s", "-o", "alone.xlsx", "in.xlsx")
	p.ended(alone, 0, "started run ", "90  ALREADY")
	p.ended(p.host(database, "report", runOf(alone), "-o", "alone2.xlsx"), 0)
	sameCopy(t, p.path("alone.xlsx"), p.path("alone2.xlsx"))
}

// runOf is the run that a host took part in.
func runOf(h *host) string {
	return regexp.MustCompile(`(started|joined) run ([0-9a-z-]+)`).FindStringSubmatch(h.out.String())[2]
}

// TestDatabaseAway stops the database in the middle of a run, which continues when it is back.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, "fsync=off")
	p := newProgram(t, 90)
	p.gate.let(20)
	h := p.host(server.Database(t), "submit", "--yes", "--rate", "30/1s", "-o", "1.xlsx", "in.xlsx")
	p.until("the run", func() bool { return p.sim.Stats().Accepted > 10 })
	server.Stop(t)
	p.gate.let(math.MaxInt)
	p.until("the warning", func() bool { return strings.Contains(h.out.String(), "does not answer, so nothing more is sent") })
	server.Restart(t)
	p.ended(h, 0, "answers again", "all 90 rows accepted")
	if stats := p.sim.Stats(); stats.Accepted != 90 || stats.Duplicates != 0 {
		t.Errorf("%d accepted, %d of them twice", stats.Accepted, stats.Duplicates)
	}
}

// TestDatabaseAwayAtStart starts commands while the database is down, as in a failover.
func TestDatabaseAwayAtStart(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, "fsync=off")
	database := server.Database(t)
	p := newProgram(t, 30)
	if err := os.Mkdir(p.path("in"), 0o700); err != nil {
		t.Fatal(err)
	}
	server.Stop(t)
	const waits = "is not available; waiting up to 1m for it: "
	submit := func(args ...string) *host {
		return p.host(database, append([]string{"submit", "--yes", "--rate", "30/1s"}, args...)...)
	}
	sent, night, asked := submit("-o", "1.xlsx", "in.xlsx"), submit("--in", "in"), p.host(database, "status", "-o", "status.xlsx", "in.xlsx")
	interrupted := submit("--json", "-o", "2.xlsx", "in.xlsx")
	p.until("all wait", func() bool {
		for _, h := range []*host{sent, night, asked, interrupted} {
			if !strings.Contains(h.out.String(), waits) {
				return false
			}
		}
		return true
	})
	if err := interrupted.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	noWait, history := submit("--no-wait", "-o", "3.xlsx", "in.xlsx"), p.host(database, "history")
	report, doctor := p.host(database, "report", "20270115-020000-k3f9q"), p.host(database, "doctor")
	p.ended(interrupted, 143, "interrupted; nothing was sent", `"exit_code": 143`)
	p.ended(noWait, 2, "cannot open the ledger", "does not answer", "Nothing was sent")
	p.ended(history, 2, "cannot open the ledger", "does not answer")
	p.ended(report, 2, "does not answer")
	p.ended(doctor, 6, "does not answer")
	for _, h := range []*host{noWait, history, report, doctor} {
		if strings.Contains(h.out.String(), "waiting up to") {
			t.Errorf("%q waited: %s", h.Args[1:], &h.out)
		}
	}
	for _, h := range []*host{sent, night, asked} { // those that do wait still do
		if strings.Contains(h.out.String(), "cannot open the ledger") {
			t.Errorf("%q gave up before the others had ended: %s", h.Args[1:], &h.out)
		}
	}
	server.Restart(t)
	p.ended(sent, 0, "answers again after ", "all 30 rows accepted")
	p.ended(night, 0, "answers again after ")
	p.ended(asked, 0, "answers again after ")
	if stats := p.sim.Stats(); stats.Accepted != 30 || stats.Duplicates != 0 {
		t.Errorf("%d accepted, %d of them twice", stats.Accepted, stats.Duplicates)
	}
}

// TestDatabaseFailures checks what commands say about a broken database.
func TestDatabaseFailures(t *testing.T) {
	t.Parallel()
	database := pgtest.Database(t)
	address, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	changed := func(change func(*url.URL)) string {
		u := *address
		change(&u)
		return u.String()
	}
	p := newProgram(t, 1)
	for _, test := range []struct {
		ledger string
		wants  []string
	}{
		{changed(func(u *url.URL) { u.User = url.UserPassword(u.User.Username(), "wrong") }), []string{"rejected the user or the password", "PGPASSFILE"}},
		{changed(func(u *url.URL) { u.Path = "/nowhere" }), []string{"does not have this database", "CREATE DATABASE"}},
		{changed(func(u *url.URL) { u.Host = "127.0.0.1:1" }), []string{"the database server does not answer"}},
		{changed(func(u *url.URL) { u.RawQuery = "sslmode=require" }), []string{"cannot be encrypted", "sslmode"}},
		{changed(func(u *url.URL) { u.Host = "no-such-host.invalid:5432" }), []string{"the database server does not answer: no such host: no-such-host.invalid\n"}},
		{changed(func(u *url.URL) { u.RawQuery = "sslmode=nonsense" }), []string{"the value of sslmode in the address of the ledger, postgres://"}},
		{changed(func(u *url.URL) { u.RawQuery = "sslmode=verify-full&sslrootcert=/nothing" }), []string{"cannot read the file /nothing that the address of the ledger"}},
		{strings.Replace(database, "@", "/@", 1), []string{"cannot read the address of the ledger, postgres://", ":***"}},
	} {
		for _, args := range [][]string{{"history"}, {"submit", "--yes", "-o", "out.xlsx", "in.xlsx"}, {"history", "--lang", "zh"}} {
			wants := test.wants
			if strings.Contains(test.ledger, ":1/") && args[0] == "submit" {
				args = append(args, "--no-wait") // it could be a server that restarts
			}
			if args[len(args)-1] == "zh" {
				wants = nil
			}
			h := p.host(test.ledger, args...)
			p.ended(h, 2, wants...)
			if strings.Contains(h.out.String(), "waiting up to") {
				t.Errorf("%q waited: %s", args, &h.out)
			}
			if password, _ := address.User.Password(); strings.Contains(h.out.String(), password) {
				t.Errorf("%q printed the password: %s", args, &h.out)
			}
		}
	}
	if p.sim.Stats().Accepted > 0 {
		t.Error("something was sent")
	}
	server, name := pgtest.Shared(t), strings.TrimPrefix(address.Path, "/")
	p.ended(p.host(database, "history"), 0, "no runs")
	server.Query(t, name, fmt.Sprintf("revoke all on schema loabatch from %[1]s; alter schema loabatch owner to current_user; revoke usage on schema loabatch from %[1]s", pgtest.Role))
	p.ended(p.host(database, "history"), 2, "lacks a right in the database", "GRANT USAGE ON SCHEMA loabatch TO ")
}

// TestDatabaseRights has commands use a ledger whose tables the role may only read.
func TestDatabaseRights(t *testing.T) {
	t.Parallel()
	database := pgtest.Database(t)
	address, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	server, name := pgtest.Shared(t), strings.TrimPrefix(address.Path, "/")
	p := newProgram(t, 1)
	p.ended(p.host(database, "history"), 0, "no runs")
	server.Query(t, name, fmt.Sprintf("reassign owned by %[1]s to current_user; grant usage on schema loabatch to %[1]s; grant select on all tables in schema loabatch to %[1]s", pgtest.Role))
	const grant = "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA loabatch TO " + pgtest.Role
	p.ended(p.host(database, "history"), 0, "no runs")
	p.ended(p.host(database, "submit", "--yes", "-o", "out.xlsx", "in.xlsx"), 2, "the ledger cannot be used", "lacks a right in the database", "Nothing was sent", grant)
	doctor := p.host(database, "doctor", "in.xlsx")
	p.ended(doctor, 6, grant, "since the ledger, which has the quota, failed")
	for _, wrong := range []string{"DescribePhysicalConnections properly", "Nothing more was sent", "run the same command again"} {
		if strings.Contains(doctor.out.String(), wrong) {
			t.Errorf("doctor says %q: %s", wrong, &doctor.out)
		}
	}
	if p.sim.Stats().Accepted > 0 {
		t.Error("something was sent")
	}
}
