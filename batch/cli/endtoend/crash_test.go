package endtoend_test

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/clitest"
	"github.com/loabatch/loabatch/batch/simulator"
)

// crashFaults are the faults of the crash test: a quarter of all calls fail in some way,
// before or after the effect.
const crashFaults = "503:3%,503-after:2%,html:3%,html-after:2%,drop:5%,drop-after:4%,drop-late:1%,throttle:5%,cut:3%,cut-after:2%,hang:0.5%,hang-after:0.5%"

// crashes is the environment variable that makes TestCrash larger: the number of batches,
// each of 1,000 rows and 20 kills. Half of them wait out the settling time instead of
// undoing edits. Most of the time is waiting, so give -parallel the same number.
const crashes = "LOABATCH_CRASHES"

// TestCrash kills runs over real HTTP again and again, at random moments and with faults.
// Between the runs people edit rows, move them from one workbook to another and reorder
// them. Whatever happens, the service accepts each circuit once, sees no token with other
// parameters, and the last copies agree with it row by row.
func TestCrash(t *testing.T) {
	t.Parallel()
	rows, kills, seeds, many := 300, 20, 3, false
	if testing.Short() {
		rows, kills, seeds = 120, 6, 1
	}
	if n := os.Getenv(crashes); n != "" {
		var err error
		if seeds, err = strconv.Atoi(n); err != nil {
			t.Fatalf("%s: %v", crashes, err)
		}
		rows, many = 1000, true
	}
	busy := make(chan struct{}, 6)
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed %d", seed+1), func(t *testing.T) {
			t.Parallel() // most of it is waiting
			busy <- struct{}{}
			defer func() { <-busy }()
			c := newCrash(t, rows, uint64(seed+1))
			killed := c.killUntil(kills)
			results := c.finish()
			c.check(results, false)
			unsettled := c.unsettled(results)
			if many && seed%2 == 0 && len(unsettled) > 0 {
				<-busy
				time.Sleep(batch.SettlingTime + time.Second)
				busy <- struct{}{}
				results = c.finish()
			} else {
				results = c.putBack(results)
			}
			c.check(results, true)
			stats := c.sim.Stats()
			t.Logf("%d rows, %d edits, %d moved, %d kills, %d of them amid sending, %d unsettled after them, %d requests, faults %v, accepted %d, duplicates %d, second tries %d, token mismatches %d, throttled %d, results %v",
				rows, c.edits, c.moves, killed, c.amid, len(unsettled), stats.Requests, stats.Faults, stats.Accepted, stats.Duplicates, stats.SecondTries, stats.Mismatches, stats.Throttled, count(results))
		})
	}
}

// crash is a batch of rows in several workbooks, one service and one ledger that outlive
// the runs.
type crash struct {
	*testing.T
	dir   string
	url   string
	sim   *simulator.Simulator
	rate  string // of the runs
	seen  *arrivals
	rows  []*crashRow
	books [][]*crashRow // the rows of each workbook, in order
	rand  *rand.Rand

	edits, moves int
	amid         int         // kills of runs that had sent something
	calm         atomic.Bool // no more faults; lookups still lag
}

// crashRow is a row as people have it in their workbooks.
type crashRow struct {
	number  int
	version int  // of its content
	edited  bool // it has had more than one
}

// crashVersions is how many versions of a row's content people have.
const crashVersions = 3

// cells returns the cells that tell the versions of a row apart.
func (r *crashRow) cells() (company, si string) {
	return []string{"Example Networks Ltd", "Example Networks Ltd", "Example Carriers Ltd"}[r.version],
		[]string{"Example Build Co", "Example Digging Co", "Example Build Co"}[r.version]
}

// content returns what arrivals record of the row's content.
func (r *crashRow) content() string {
	company, si := r.cells()
	return company + ", " + si
}

func newCrash(t *testing.T, rows int, seed uint64) *crash {
	faults, err := simulator.ParseFaults(crashFaults)
	if err != nil {
		t.Fatal(err)
	}
	c := &crash{T: t, dir: t.TempDir(), rate: "100000/1s", rand: rand.New(rand.NewPCG(seed, 7))}
	options := simulator.Options{
		Keys: map[string]string{"id": "secret"}, Quota: -1, Faults: faults, Seed: seed,
		Late: 300 * time.Millisecond, Lag: 400 * time.Millisecond,
		Script:          func(simulator.Request) (simulator.Fault, bool) { return simulator.Fault{}, c.calm.Load() },
		AllowDuplicates: seed%4 != 1, // nothing but our own code prevents a second application
	}
	if seed%3 == 0 {
		options.Quota, options.Window = 100, time.Second
		c.rate = "100/1s"
	}
	c.sim = simulator.New(options)
	c.seen = &arrivals{contents: map[string]string{}, last: map[string]arrival{}}
	c.url = clitest.Serve(t, c.sim, c.seen.watch)
	for i := range rows {
		c.rows = append(c.rows, &crashRow{number: i})
	}
	c.split()
	c.empty()
	return c
}

// arrivals are the applications that have reached the service.
type arrivals struct {
	mu       sync.Mutex
	contents map[string]string  // by token
	last     map[string]arrival // by circuit
	order    []string           // circuits, the latest last
	changed  int                // applications under a known token with another content
	note     func(url.Values)   // called with each application; may be nil
}

type arrival struct {
	content string
	at      time.Time
}

// watch records the applications on their way to next.
func (a *arrivals) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler) // the client was killed
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		params := r.URL.Query()
		form, _ := url.ParseQuery(string(body)) // next refuses what cannot be parsed
		maps.Copy(params, form)
		if strings.HasSuffix(params.Get("Action"), "ApplyPhysicalConnectionLOA") {
			if a.note != nil {
				a.note(params)
			}
			a.add(params.Get("InstanceId"), params.Get("ClientToken"), params.Get("CompanyName")+", "+params.Get("Si"))
		}
		next.ServeHTTP(w, r)
	})
}

func (a *arrivals) add(circuit, token, content string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if known := a.contents[token]; known != "" && known != content {
		a.changed++
	}
	a.contents[token] = content
	a.last[circuit] = arrival{content, time.Now()}
	a.order = append(a.order, circuit)
}

// count returns the number of applications.
func (a *arrivals) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.order)
}

// recent returns the circuits of the last n applications.
func (a *arrivals) recent(n int) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.order[max(len(a.order)-n, 0):])
}

func (c *crash) path(name string) string { return filepath.Join(c.dir, name) }

// split distributes the rows over two or three workbooks at random.
func (c *crash) split() {
	c.books = make([][]*crashRow, 2+c.rand.IntN(2))
	for _, i := range c.rand.Perm(len(c.rows)) {
		at := c.rand.IntN(len(c.books))
		c.books[at] = append(c.books[at], c.rows[i])
	}
	c.write()
}

// write writes the workbooks as they are now.
func (c *crash) write() {
	for i, rows := range c.books {
		if err := os.WriteFile(c.path(fmt.Sprintf("book%d.xlsx", i)), clitest.Pack(crashBook(rows)), 0o600); err != nil {
			c.Fatal(err)
		}
	}
}

// work is what people do between two runs: they edit some rows, most of them among those
// sent last, undo some edits, move some rows to another workbook, and now and then
// redistribute all rows.
func (c *crash) work() {
	for _, id := range c.seen.recent(8) {
		if c.rand.IntN(2) == 0 {
			c.edit(c.row(id))
		}
	}
	for range 1 + len(c.rows)/100 {
		c.edit(c.rows[c.rand.IntN(len(c.rows))])
	}
	for range 5 {
		from, to := c.rand.IntN(len(c.books)), c.rand.IntN(len(c.books))
		if len(c.books[from]) < 2 {
			continue
		}
		i := c.rand.IntN(len(c.books[from]))
		row := c.books[from][i]
		c.books[from] = slices.Delete(c.books[from], i, i+1)
		c.books[to] = slices.Insert(c.books[to], c.rand.IntN(len(c.books[to])+1), row)
		c.moves++
	}
	if c.rand.IntN(5) == 0 {
		c.split()
		return
	}
	c.write()
}

func (c *crash) edit(r *crashRow) {
	r.version = (r.version + 1 + c.rand.IntN(crashVersions-1)) % crashVersions
	r.edited = true
	c.edits++
}

// row returns the row of a circuit.
func (c *crash) row(id string) *crashRow {
	n, err := strconv.Atoi(strings.TrimPrefix(id, "pc-crash"))
	if err != nil {
		c.Fatal(err)
	}
	return c.rows[n]
}

func (r *crashRow) id() string { return clitest.Circuit{Number: r.number}.ID() }

// crashBook is a workbook of these rows.
func crashBook(rows []*crashRow) []clitest.Sheet {
	circuits := make([]clitest.Circuit, len(rows))
	for i, r := range rows {
		circuits[i].Number = r.number
		circuits[i].Company, circuits[i].Builder = r.cells()
	}
	return clitest.Book(circuits)
}

// command is a run as an operator would start it, always in the same way. It makes few
// attempts: a restart is quicker than the long backoff after many.
func (c *crash) command() *exec.Cmd {
	args := []string{
		"submit", "--endpoint", c.url, "--yes", "--rate", c.rate, "--timeout", "1s", "--max-attempts", "4",
		"--ledger", c.path("ledger.db"), "-o", c.path("out"), "--report", "csv,json", "--log-format", "json", "--log-file", c.path("log.json"),
	}
	for i := range c.books {
		args = append(args, c.path(fmt.Sprintf("book%d.xlsx", i)))
	}
	cmd := exec.Command("loabatch", args...)
	cmd.Env = append(os.Environ(), "ALIBABA_CLOUD_ACCESS_KEY_ID=id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET=secret")
	return cmd
}

// killUntil starts runs and kills each at a random moment or application, until that many were killed
// or three times as many were started. People work on the rows after two of three runs.
func (c *crash) killUntil(kills int) int {
	killed := 0
	for starts := 0; killed < kills && starts < 3*kills; starts++ {
		cmd := c.command()
		if err := cmd.Start(); err != nil {
			c.Fatal(err)
		}
		ended, before := make(chan struct{}), c.seen.count()
		go c.kill(cmd, starts%2 == 0, ended)
		err := cmd.Wait()
		close(ended)
		var exit *exec.ExitError
		if errors.As(err, &exit) && exitCode(exit.ProcessState) == -1 {
			killed++
			if c.seen.count() > before {
				c.amid++
			}
		}
		if starts%3 != 0 {
			c.work()
		}
	}
	return killed
}

// kill kills a run at a random moment after its start, or shortly after a random number
// of its applications reached the service. A run that has nothing more to send is killed too.
func (c *crash) kill(cmd *exec.Cmd, timed bool, ended <-chan struct{}) {
	defer cmd.Process.Kill()
	if timed {
		wait(ended, time.Duration(60+rand.IntN(150))*time.Millisecond)
		return
	}
	more, seen, since := rand.IntN(len(c.rows)/10), c.seen.count(), time.Now()
	idle := time.Duration(len(c.rows)) * 2 * time.Millisecond // to start; then the pause between two applications
	for goal := seen + more; seen <= goal && time.Since(since) < idle; {
		if !wait(ended, time.Millisecond) {
			return
		}
		if now := c.seen.count(); now > seen {
			seen, since, idle = now, time.Now(), 200*time.Millisecond
		}
	}
	wait(ended, time.Duration(rand.IntN(5000))*time.Microsecond)
}

// wait waits that long and reports whether ended is still open.
func wait(ended <-chan struct{}, d time.Duration) bool {
	select {
	case <-ended:
		return false
	case <-time.After(d):
		return true
	}
}

// empty empties the folder of the copies.
func (c *crash) empty() {
	if err := cmp.Or(os.RemoveAll(c.path("out")), os.Mkdir(c.path("out"), 0o700)); err != nil {
		c.Fatal(err)
	}
}

// finish runs to the end, and again as long as a row has to be sent again or looked up.
// After a few seconds the service has no more faults. It returns the results of the last
// run by circuit.
func (c *crash) finish() map[string]crashResult {
	calm := time.AfterFunc(3*time.Second, func() { c.calm.Store(true) })
	defer calm.Stop()
	var results map[string]crashResult
	for range 10 {
		c.empty()
		cmd := c.command()
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !(errors.As(err, &exit) && (exit.ExitCode() == 4 || exit.ExitCode() == 5)) {
			c.Fatalf("%v\n%s", err, out)
		}
		results = c.results()
		again := false
		for id, r := range results {
			again = again || r.result == "FAILED" || r.result == "NOT_ATTEMPTED" || r.result == "UNKNOWN" && !c.waits(id)
		}
		if !again {
			break
		}
	}
	return results
}

// waits reports whether a row may be UNKNOWN: it was edited while an application of its
// former content was open, and that is not older than the settling time.
func (c *crash) waits(id string) bool {
	c.seen.mu.Lock()
	defer c.seen.mu.Unlock()
	last := c.seen.last[id] // without content if a run was killed before it was sent
	return c.row(id).edited && last.content != c.row(id).content() && (last.at.IsZero() || time.Since(last.at) < batch.SettlingTime+time.Minute)
}

// unsettled returns the UNKNOWN rows.
func (c *crash) unsettled(results map[string]crashResult) (ids []string) {
	for id, r := range results {
		if r.result == "UNKNOWN" {
			ids = append(ids, id)
		}
	}
	return ids
}

// putBack undoes the edits of all rows whose present content was not accepted, back to what was
// sent last. If a run was killed before anything was sent, people try all versions.
func (c *crash) putBack(results map[string]crashResult) map[string]crashResult {
	c.calm.Store(true)
	for range crashVersions {
		again := false
		for id, r := range results {
			if r.result == "UNKNOWN" || r.result == "INVALID" {
				c.row(id).restore(c.seen.last[id].content)
				again = true
			}
		}
		if !again {
			break
		}
		c.write()
		results = c.finish()
	}
	for id, r := range results {
		if r.result != "SUBMITTED" && r.result != "ALREADY" {
			c.Errorf("%s is %q with what was sent last", id, r)
		}
	}
	return results
}

// restore goes to the version with that content, or to the next if there is none.
func (r *crashRow) restore(content string) {
	for range crashVersions {
		r.version = (r.version + 1) % crashVersions
		if r.content() == content || content == "" {
			return
		}
	}
}

// check compares what the service accepted with what we promise and with the copies.
// Unless all is settled, rows that wait for the settling time may be UNKNOWN.
func (c *crash) check(results map[string]crashResult, settled bool) {
	stats := c.sim.Stats()
	if stats.Duplicates != 0 || stats.SecondTries != 0 || stats.Mismatches != 0 || stats.Tokenless != 0 || stats.Throttled != 0 || c.seen.changed != 0 {
		c.Errorf("duplicates %d, second tries %d, token mismatches %d, without token %d, throttled %d, tokens with another content %d",
			stats.Duplicates, stats.SecondTries, stats.Mismatches, stats.Tokenless, stats.Throttled, c.seen.changed)
	}
	if len(results) != len(c.rows) {
		c.Errorf("the copies have %d rows with a result, want %d", len(results), len(c.rows))
	}
	accepted := map[string]simulator.CircuitStats{}
	for _, circuit := range stats.Circuits {
		accepted[circuit.InstanceID] = circuit
	}
	for _, row := range c.rows {
		if wrong := c.disagreement(row, results[row.id()], accepted[row.id()], settled); wrong != "" {
			c.Errorf("%s, accepted %d times, last under token %s, is %q: %s",
				row.id(), accepted[row.id()].Accepted, accepted[row.id()].Token, results[row.id()], wrong)
		}
	}
	c.checkPrivacy()
}

// disagreement says how a row's result contradicts what the service accepted.
func (c *crash) disagreement(row *crashRow, r crashResult, accepted simulator.CircuitStats, settled bool) string {
	same := c.seen.contents[accepted.Token] == row.content()
	switch {
	case accepted.Accepted > 1:
		return "accepted more than once"
	case r.result == "UNKNOWN" && !settled:
		if !c.waits(row.id()) {
			return "UNKNOWN, and there is nothing to wait for"
		}
	case accepted.Accepted == 0:
		return "never accepted"
	case r.result == "INVALID":
		if same || r.code != "circuit-changed-after-submission" {
			return "INVALID, and it was not edited after it was accepted"
		}
	case r.result != "SUBMITTED" && r.result != "ALREADY":
		return "neither accepted nor INVALID"
	case !same:
		return "the edit was dropped"
	case r.token != accepted.Token:
		return "another token"
	}
	return ""
}

// crashResult are the result cells of a row.
type crashResult struct{ result, token, code string }

func count(results map[string]crashResult) map[string]int {
	counts := map[string]int{}
	for _, r := range results {
		counts[r.result]++
	}
	return counts
}

// results reads the results of every row from the copies of the last run.
func (c *crash) results() map[string]crashResult {
	paths, err := filepath.Glob(c.path("out/*.xlsx"))
	if err != nil || len(paths) != len(c.books) {
		c.Fatalf("%d workbooks have the copies %q, %v", len(c.books), paths, err)
	}
	results := map[string]crashResult{}
	for _, path := range paths {
		for _, values := range clitest.Cells(c.T, path, "Instance ID", "Result", "Client token used", "Error code") {
			if _, twice := results[values[0]]; twice {
				c.Errorf("%s has two results", values[0])
			}
			results[values[0]] = crashResult{values[1], values[2], values[3]}
		}
	}
	return results
}

// checkPrivacy looks for personal data where it must not be: in the log and the ledger.
func (c *crash) checkPrivacy() {
	names := []string{c.path("log.json"), c.path("ledger.db"), c.path("ledger.db-wal")}
	for _, pattern := range []string{"out/*.csv", "out/*.json"} {
		found, err := filepath.Glob(c.path(pattern))
		if err != nil || len(found) != len(c.books) {
			c.Errorf("%d workbooks have the reports %q, %v", len(c.books), found, err)
		}
		names = append(names, found...)
	}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			c.Fatal(err)
		}
		for _, private := range []string{"Testperson", "E00000007", "139 0000", "secret"} {
			if strings.Contains(string(content), private) {
				c.Errorf("%s holds %q", name, private)
			}
		}
	}
}
