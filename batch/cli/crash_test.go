package cli_test

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli"
	"github.com/loabatch/loabatch/batch/cli/password"
	"github.com/loabatch/loabatch/batch/simulator"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// crashFaults are the faults of the crash test: a quarter of all calls fail in some way,
// before or after the effect.
const crashFaults = "503:3%,503-after:2%,html:3%,html-after:2%,drop:5%,drop-after:4%,drop-late:1%,throttle:5%,cut:3%,cut-after:2%,hang:0.5%,hang-after:0.5%"

// crashes is the environment variable that makes TestCrash larger: the number of batches,
// each of 1,000 rows and 20 kills. Half of them wait out the settling time instead of
// putting edits back. Most of it is waiting, so give as many to -parallel.
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

// crashVersions is how many versions people know of a row's content.
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
	c.url = serve(t, c.sim, c.seen.watch)
	for i := range rows {
		c.rows = append(c.rows, &crashRow{number: i})
	}
	c.split()
	c.empty()
	return c
}

// serve serves a simulator, as wrapped, until the test ends and returns its URL.
func serve(t *testing.T, sim *simulator.Simulator, wrap ...func(http.Handler) http.Handler) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	serve := func() error { return sim.Serve(ctx, listener) }
	for _, w := range wrap {
		server := &http.Server{Handler: w(sim)}
		context.AfterFunc(ctx, func() { sim.Close(); server.Close() })
		serve = func() error {
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		}
	}
	go func() { served <- serve() }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return "http://" + listener.Addr().String()
}

// arrivals are the applications that have reached the service.
type arrivals struct {
	mu       sync.Mutex
	contents map[string]string  // by token
	last     map[string]arrival // by circuit
	order    []string           // circuits, the last one last
	changed  int                // applications under a known token with another content
}

type arrival struct {
	content string
	at      time.Time
}

// watch records the applications that are on their way to next.
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
		if err := os.WriteFile(c.path(fmt.Sprintf("book%d.xlsx", i)), packWorkbook(crashBook(rows)), 0o600); err != nil {
			c.Fatal(err)
		}
	}
}

// work is what people do between two runs: they edit some rows, most of them among those
// that were sent last, they edit some back, they move some to another workbook, and now
// and then they split everything anew.
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

func (r *crashRow) id() string { return fmt.Sprintf("pc-crash%05d", r.number) }

// crashWorkbook has rows circuits in three regions, each with an engineer of its own.
func crashWorkbook(rows int) []gridSheet {
	var all []*crashRow
	for i := range rows {
		all = append(all, &crashRow{number: i})
	}
	return crashBook(all)
}

// crashBook is a workbook of these rows.
func crashBook(rows []*crashRow) []gridSheet {
	circuits := gridSheet{name: "Circuits", rows: [][]string{{"Instance ID", "Region ID", "Company name", "Line type", "Construction company", "Construction time (UTC)"}}}
	engineers := gridSheet{name: "Engineers", rows: [][]string{{"Instance ID", "Name", "Certificate type", "Certificate number", "Gender", "Contact"}}}
	regions := []string{"cn-hangzhou", "cn-shanghai", "ap-southeast-1"}
	for _, r := range rows {
		company, si := r.cells()
		circuits.rows = append(circuits.rows, []string{r.id(), regions[r.number%3], company, "FIBRE", si, "2027-03-15T08:00:00Z"})
		engineers.rows = append(engineers.rows, []string{r.id(), fmt.Sprintf("Testperson %d", r.number), "Passport", fmt.Sprintf("E%08d", r.number), "Female", "+86 139 0000 0000"})
	}
	return []gridSheet{circuits, engineers}
}

// command is a run as an operator would start it, every time in the same way. It makes
// few attempts: restarting is quicker than the long backoff after many.
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
		if errors.As(err, &exit) && exit.ExitCode() == -1 {
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

// kill kills a run at a random moment from its start, or else shortly after a random number
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

// empty makes the folder of the copies anew.
func (c *crash) empty() {
	if err := cmp.Or(os.RemoveAll(c.path("out")), os.Mkdir(c.path("out"), 0o700)); err != nil {
		c.Fatal(err)
	}
}

// finish runs to the end, and again as long as a row is to be sent again or asked about.
// After some seconds the service has no more faults. It returns the results of the last
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

// putBack puts back the edits of all rows that were not accepted as they are, to what was
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

// disagreement says what a row's result has against what the service accepted.
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
		for _, values := range circuitCells(c.T, path, "Instance ID", "Result", "Client token used", "Error code") {
			if _, twice := results[values[0]]; twice {
				c.Errorf("%s has two results", values[0])
			}
			results[values[0]] = crashResult{values[1], values[2], values[3]}
		}
	}
	return results
}

// circuitCells reads the cells under some headers of sheet Circuits.
func circuitCells(t *testing.T, path string, headers ...string) (rows [][]string) {
	content, _ := readPlain(t, path)
	book, err := xlsx.Open(bytes.NewReader(content), int64(len(content)), xlsx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var cols []int
	for row, err := range book.Rows("Circuits") {
		if err != nil {
			t.Fatal(err)
		}
		if cols == nil {
			cols = headerColumns(row, headers)
			continue
		}
		values := make([]string, len(cols))
		for i, col := range cols {
			if j := slices.IndexFunc(row.Cells, func(cell sheet.Cell) bool { return cell.Col == col }); j >= 0 {
				values[i] = row.Cells[j].Value
			}
		}
		rows = append(rows, values)
	}
	return rows
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

// nightsVariable is the environment variable that makes TestNights larger: the number of months, of
// thirty nights each. Most of it is waiting, so give several to -parallel.
const nightsVariable = "LOABATCH_MONTHS"

// TestNights runs a folder night after night, over real HTTP and with faults. Workbooks
// arrive, some encrypted, some with invalid rows, some cut off, some twice under other names; people mend
// copies and drop them, and put finished workbooks back. Two of three nights are killed: at
// a random moment, after an application, or just after a copy was written. Whatever
// happens, no workbook is lost, nothing is moved before its run has ended, the service
// accepts each circuit once, and in the end every row has a result in the copy of its workbook.
// Every ping and metric is true. Now and then the ledger's rows are pruned.
func TestNights(t *testing.T) {
	t.Parallel()
	months, nights := 1, 12
	if testing.Short() {
		nights = 4
	}
	if n := os.Getenv(nightsVariable); n != "" {
		var err error
		if months, err = strconv.Atoi(n); err != nil {
			t.Fatalf("%s: %v", nightsVariable, err)
		}
		nights = 30
	}
	busy := make(chan struct{}, 4)
	for month := range months {
		t.Run(fmt.Sprintf("month %d", month+1), func(t *testing.T) {
			t.Parallel()
			busy <- struct{}{}
			defer func() { <-busy }()
			f := newFolder(t, uint64(month+1))
			for night := range nights {
				f.day()
				f.night(night % 3)
				f.checkMoved()
			}
			f.calm.Store(true)
			for range 3 {
				f.age()
				f.night(0)
			}
			f.checkMoved()
			f.check()
			stats := f.sim.Stats()
			t.Logf("%d nights, %d killed (%d amid sending, %d after a copy, %d between the end of a run and the move), %d workbooks dropped, %d of them again, %d put back, %d mended, %d encrypted, %d times pruned, %d requests, accepted %d, duplicates %d, mismatches %d",
				nights+3, f.killed, f.amid, f.late, f.between, f.books, f.again, f.back, f.mended, f.secret, f.pruned, stats.Requests, stats.Accepted, stats.Duplicates, stats.Mismatches)
		})
	}
}

// folder is a folder of workbooks, a service and a ledger that outlive the nights.
type folder struct {
	*testing.T
	dir, url string
	sim      *simulator.Simulator
	seen     *arrivals
	rand     *rand.Rand
	calm     atomic.Bool

	dropped map[string]int  // how often each content was dropped, by SHA-256
	done    map[string]bool // copies that were mended
	rows    int             // circuits so far

	monitor string      // URL to ping
	pinged  chan string // what was pinged
	success string      // the line of the last success in the metrics

	books, again, back, mended, secret, killed, amid, late, between, pruned int
}

func newFolder(t *testing.T, seed uint64) *folder {
	faults, err := simulator.ParseFaults("503:2%,503-after:2%,drop:2%,drop-after:2%,throttle:2%,cut-after:1%")
	if err != nil {
		t.Fatal(err)
	}
	f := &folder{T: t, dir: t.TempDir(), rand: rand.New(rand.NewPCG(seed, 14)), dropped: map[string]int{}, done: map[string]bool{}}
	f.sim = simulator.New(simulator.Options{
		Keys: map[string]string{"id": "secret"}, Quota: -1, Faults: faults, Seed: seed, Late: 100 * time.Millisecond, AllowDuplicates: true,
		Script: func(simulator.Request) (simulator.Fault, bool) { return simulator.Fault{}, f.calm.Load() },
	})
	f.seen = &arrivals{contents: map[string]string{}, last: map[string]arrival{}}
	f.url = serve(t, f.sim, f.seen.watch)
	f.pinged = make(chan string, 100)
	monitor := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { f.pinged <- r.URL.Path }))
	t.Cleanup(monitor.Close)
	f.monitor = monitor.URL
	for _, name := range []string{"in", "done", "failed"} {
		if err := os.Mkdir(f.path(name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func (f *folder) path(name string) string { return filepath.Join(f.dir, name) }

// drop puts a workbook into the folder, under a name that may have been used before.
func (f *folder) drop(content []byte) {
	name := fmt.Sprintf("in/book%d.xlsx", f.rand.IntN(12))
	for _, err := os.Stat(f.path(name)); err == nil; _, err = os.Stat(f.path(name)) {
		name = strings.TrimSuffix(name, ".xlsx") + "x.xlsx"
	}
	if err := os.WriteFile(f.path(name), content, 0o600); err != nil {
		f.Fatal(err)
	}
	f.dropped[sum(content)]++
	f.books++
}

func sum(content []byte) string { return fmt.Sprintf("%x", sha256.Sum256(content)) }

// found returns the workbooks that people dropped, by path: all that are not copies as
// loabatch wrote them.
func (f *folder) found(folders ...string) map[string][]byte {
	books := map[string][]byte{}
	for _, folder := range folders {
		paths, _ := filepath.Glob(f.path(folder + "/*.xlsx"))
		for _, path := range paths {
			content, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			if _, sealed := xlsx.Sealed(bytes.NewReader(content), int64(len(content))); !sealed {
				books[path] = content
			}
		}
	}
	return books
}

// age makes all workbooks older than those that may still be being written.
func (f *folder) age() {
	then := time.Now().Add(-time.Hour)
	for path := range f.found("in") {
		if err := os.Chtimes(path, then, then); err != nil {
			f.Fatal(err)
		}
	}
}

// day is what people do between two nights.
func (f *folder) day() {
	for range 1 + f.rand.IntN(2) {
		rows := make([]*crashRow, 1+f.rand.IntN(3))
		for i := range rows {
			rows[i] = &crashRow{number: f.rows}
			f.rows++
		}
		sheets := crashBook(rows)
		kind := f.rand.IntN(6)
		if kind < 2 {
			sheets[0].rows[1][1] = "nowhere"
		}
		content := packWorkbook(sheets)
		switch {
		case kind == 2:
			content = content[:len(content)-100]
		case f.rand.IntN(6) == 0:
			content = f.encrypted(content)
		}
		f.drop(content)
	}
	books := f.found("in", "done", "failed")
	for _, path := range slices.Sorted(maps.Keys(books)) {
		switch filed := filepath.Base(filepath.Dir(path)) != "in"; {
		case f.rand.IntN(20) == 0:
			f.drop(books[path])
			f.again++
		case filed && f.rand.IntN(20) == 0:
			if err := os.Rename(path, f.path(fmt.Sprintf("in/back%d.xlsx", f.back))); err != nil {
				f.Fatal(err)
			}
			f.back++
		}
	}
	copies, _ := filepath.Glob(f.path("failed/*.results-*.xlsx"))
	for _, path := range copies {
		if f.done[path] || f.rand.IntN(2) == 0 {
			continue
		}
		f.done[path] = true
		content, secret := readPlain(f.T, path)
		content, err := editCell(content, "nowhere", "cn-shanghai")
		if err != nil {
			f.Fatal(err)
		}
		if secret {
			content = f.encrypted(content)
		}
		f.drop(content)
		f.mended++
	}
	if f.rand.IntN(4) == 0 {
		f.prune()
	}
	f.age()
	if f.rand.IntN(4) == 0 {
		f.drop(packWorkbook(crashBook([]*crashRow{{number: f.rows}}))) // a moment before the night
		f.rows++
	}
}

// encrypted encrypts a workbook with the password of all.
func (f *folder) encrypted(content []byte) []byte {
	content, err := encryptBytes(content)
	if err != nil {
		f.Fatal(err)
	}
	f.secret++
	return content
}

// readPlain reads a workbook, which may be encrypted.
func readPlain(t *testing.T, path string) (content []byte, secret bool) {
	content, err := os.ReadFile(path)
	if err == nil && xlsx.Encrypted(bytes.NewReader(content), int64(len(content))) {
		secret = true
		content, _, err = decryptBytes(content)
	}
	if err != nil {
		t.Fatal(err)
	}
	return content, secret
}

// night runs a night, and kills it in one of two ways.
func (f *folder) night(way int) {
	cmd := exec.Command("loabatch", "submit", "--endpoint", f.url, "--yes", "--rate", "100000/1s", "--timeout", "1s", "--max-attempts", "3",
		"--ledger", f.path("ledger.db"), "--in", f.path("in"), "--done", f.path("done"), "--failed", f.path("failed"), "--json",
		"--ping-url", f.monitor, "--metrics-file", f.path("loa.prom"))
	cmd.Env = append(os.Environ(), "ALIBABA_CLOUD_ACCESS_KEY_ID=id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET=secret", password.Variable+"="+madeUpPassword)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	before, copies := f.seen.count(), f.copies()
	if err := cmd.Start(); err != nil {
		f.Fatal(err)
	}
	ended, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		switch {
		case way == 1 && f.killAt(ended, func() bool { return f.copies() > copies }):
			f.late++
		case way == 2 && f.killAt(ended, func() bool { return f.seen.count() > before+1 }):
			f.amid++
		default:
			return
		}
		cmd.Process.Kill()
	}()
	err := cmd.Wait()
	close(ended)
	<-watched
	f.checkReports(cmd.ProcessState.ExitCode(), stdout.Bytes())
	var exit *exec.ExitError
	switch {
	case err == nil:
	case errors.As(err, &exit) && exit.ExitCode() == -1 && way > 0:
		f.killed++
	case errors.As(err, &exit) && slices.Contains([]int{2, 3, 4, 5}, exit.ExitCode()):
	default:
		f.Errorf("%v\n%s%s", err, stdout.Bytes(), stderr.Bytes())
	}
}

// prune removes the rows of all runs from the ledger.
func (f *folder) prune() {
	if _, err := os.Stat(f.path("ledger.db")); err != nil {
		return
	}
	var out bytes.Buffer
	exit := cli.Run(f.Context(), cli.Env{
		Args: []string{"history", "--prune", "1ms", "--yes", "--ledger", f.path("ledger.db")}, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out,
		Getenv: func(string) string { return "" }, Now: time.Now,
	})
	if exit != 0 {
		f.Errorf("pruning ended with %d: %s", exit, out.Bytes())
	}
	f.pruned++
}

// metric matches a line of the metrics of real runs of submit: name, further labels, value.
var metric = regexp.MustCompile(`(?m)^loabatch_(\w+)\{command="submit",mode="real"(.*)\} (\S+)$`)

// checkReports compares the pings and the metrics of a night with its exit code, -1 if it was
// killed, and its document.
func (f *folder) checkReports(exit int, document []byte) {
	var pings []string
	for len(f.pinged) > 0 {
		pings = append(pings, <-f.pinged)
	}
	var doc struct {
		Runs []struct {
			Results map[string]int `json:"results"`
		} `json:"runs"`
	}
	text, _ := os.ReadFile(f.path("loa.prom"))
	values, rows, success := map[string]string{}, map[string]int{}, ""
	for _, m := range metric.FindAllSubmatch(text, -1) {
		name, labels, value := string(m[1]), string(m[2]), string(m[3])
		switch result := regexp.MustCompile(`result="(\w+)"`).FindStringSubmatch(labels); {
		case result != nil:
			n, _ := strconv.Atoi(value)
			rows[result[1]] += n
		case name == "last_success_timestamp_seconds":
			success = value
		default:
			values[name] = value
		}
	}
	switch {
	case exit == -1: // what is known of it is its start, or all if it was killed too late
		if len(pings) > 0 && pings[0] != "/start" || len(pings) > 2 {
			f.Errorf("a night that was killed pinged %q", pings)
		}
		f.success = success
		return
	case !slices.Equal(pings, []string{"/start", fmt.Sprintf("/%d", exit)}):
		f.Errorf("exit code %d: pinged %q", exit, pings)
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		f.Fatalf("%v: %s", err, document)
	}
	want := map[string]int{}
	for _, r := range doc.Runs {
		for result, n := range r.Results {
			want[result] += n
		}
	}
	for result, n := range want {
		if rows[result] != n {
			f.Errorf("the metrics have %d rows %s, and the document %d", rows[result], result, n)
		}
	}
	if values["exit_code"] != strconv.Itoa(exit) || values["workbooks"] != strconv.Itoa(len(doc.Runs)) {
		f.Errorf("exit code %d, %d runs, and the metrics %v", exit, len(doc.Runs), values)
	}
	if (exit == 0) != (success == values["last_end_timestamp_seconds"]) || exit != 0 && success != f.success {
		f.Errorf("exit code %d: the last success was at %q, and is at %q: %v", exit, f.success, success, values)
	}
	f.success = success
}

// killAt waits until it is time, and then some milliseconds at most. It reports whether
// the program is still running.
func (f *folder) killAt(ended <-chan struct{}, due func() bool) bool {
	for !due() {
		if !wait(ended, time.Millisecond/2) {
			return false
		}
	}
	return wait(ended, time.Duration(rand.IntN(1500))*time.Microsecond)
}

// copies counts the results copies.
func (f *folder) copies() int {
	paths, _ := filepath.Glob(f.path("*/*.results-*.xlsx"))
	return len(paths)
}

// pastRun is a run in the history.
type pastRun struct {
	Sum    string `json:"input_sha256"`
	Exit   *int   `json:"exit_code"`
	Output string `json:"output"`
}

// history returns the last run that has finished with each content.
func (f *folder) history() map[string]pastRun {
	var stdout, stderr bytes.Buffer
	exit := cli.Run(f.Context(), cli.Env{
		Args: []string{"history", "--json", "--limit", "0", "--ledger", f.path("ledger.db")}, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
		Getenv: func(string) string { return "" }, Now: time.Now,
	})
	var list struct {
		Runs []pastRun `json:"runs"`
	}
	if err := json.Unmarshal(stdout.Bytes(), &list); exit != 0 || err != nil {
		f.Fatalf("exit code %d, %v: %s", exit, err, stderr.Bytes())
	}
	runs := map[string]pastRun{}
	for _, r := range slices.Backward(list.Runs) {
		if r.Exit != nil && (*r.Exit == 0 || *r.Exit == 3 || *r.Exit == 4) {
			runs[r.Sum] = r
		}
	}
	return runs
}

// checkMoved checks that a run has finished with every workbook that was moved, unless it
// cannot be read, and that no workbook is missing or there too often.
func (f *folder) checkMoved() {
	runs := f.history()
	books, there := f.found("in", "done", "failed"), map[string]int{}
	for path, content := range books {
		there[sum(content)]++
		_, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
		if xlsx.Encrypted(bytes.NewReader(content), int64(len(content))) {
			err = nil
		}
		run, finished := runs[sum(content)]
		want := "failed"
		if finished && *run.Exit == 0 {
			want = "done"
		}
		at := filepath.Base(filepath.Dir(path))
		if at == "in" && finished && f.dropped[sum(content)] == 1 && strings.HasPrefix(filepath.Base(path), "book") {
			f.between++
		}
		if at != "in" && (at != want || err == nil && !finished) {
			f.Errorf("%s: finished %v, %v", path, finished, err)
		}
	}
	if !maps.Equal(there, f.dropped) {
		f.Errorf("the folders hold %v, and %v were dropped", there, f.dropped)
	}
}

// check compares the folders with the service once nothing is left to do.
func (f *folder) check() {
	if left := f.found("in"); len(left) > 0 {
		f.Errorf("%d workbooks are still in the folder", len(left))
	}
	accepted, stats := map[string]int{}, f.sim.Stats()
	for _, circuit := range stats.Circuits {
		accepted[circuit.InstanceID] = circuit.Accepted
	}
	if stats.Duplicates != 0 || stats.SecondTries != 0 || stats.Mismatches != 0 || f.seen.changed != 0 {
		f.Errorf("duplicates %d, second tries %d, token mismatches %d, tokens with another content %d", stats.Duplicates, stats.SecondTries, stats.Mismatches, f.seen.changed)
	}
	runs, applied := f.history(), map[string]bool{}
	for path, content := range f.found("done", "failed") {
		run, finished := runs[sum(content)]
		if !finished {
			continue // it cannot be read
		}
		book, results := circuitCells(f.T, path, "Instance ID", "Region ID"), circuitCells(f.T, run.Output, "Instance ID", "Result")
		if len(book) != len(results) {
			f.Errorf("%s has %d rows, and its copy %s %d", path, len(book), run.Output, len(results))
			continue
		}
		for i, row := range book {
			want := []string{"SUBMITTED", "ALREADY"}
			if row[1] == "nowhere" {
				want = []string{"INVALID"}
			} else {
				applied[row[0]] = true
			}
			if results[i][0] != row[0] || !slices.Contains(want, results[i][1]) {
				f.Errorf("%s: row %q has the result %q", path, row, results[i])
			}
		}
	}
	for circuit := range applied {
		if accepted[circuit] != 1 {
			f.Errorf("%s was accepted %d times", circuit, accepted[circuit])
		}
	}
	if len(accepted) != len(applied) {
		f.Errorf("the service accepted %d circuits, and %d were to be applied for", len(accepted), len(applied))
	}
}

// gridSheet is a sheet as rows of texts.
type gridSheet struct {
	name string
	rows [][]string
}

// packWorkbook makes the smallest workbook that holds the sheets: inline strings, no
// styles, no shared strings. The tests make their inputs with it, so each shows what its
// input holds.
func packWorkbook(sheets []gridSheet) []byte {
	const spreadsheet = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	parts := map[string]string{
		"_rels/.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + office + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
	}
	types := `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>`
	book := `<workbook ` + spreadsheet + ` xmlns:r="` + office + `"><sheets>`
	rels := `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId0" Type="` + office + `/styles" Target="styles.xml"/>`
	for i, s := range sheets {
		n := i + 1
		types += fmt.Sprintf(`<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`, n)
		book += fmt.Sprintf(`<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, escaped(s.name), n, n)
		rels += fmt.Sprintf(`<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, n, office, n)
		parts[fmt.Sprintf("xl/worksheets/sheet%d.xml", n)] = `<worksheet ` + spreadsheet + `><sheetData>` + gridRows(s.rows) + `</sheetData></worksheet>`
	}
	parts["[Content_Types].xml"] = types + `</Types>`
	parts["xl/workbook.xml"] = book + `</sheets></workbook>`
	parts["xl/_rels/workbook.xml.rels"] = rels + `</Relationships>`
	parts["xl/styles.xml"] = `<styleSheet ` + spreadsheet + `><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs></styleSheet>`

	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	for _, name := range []string{"[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"} {
		addPart(z, name, parts[name])
		delete(parts, name)
	}
	for i := range sheets {
		name := fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1)
		addPart(z, name, parts[name])
	}
	z.Close()
	return packed.Bytes()
}

func addPart(z *zip.Writer, name, content string) {
	pack(z, zip.Store, name, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`+"\n"+content)
}

// pack adds a part to a package, where tests have no need of it without compression, which
// takes longer than reading the part does.
func pack(z *zip.Writer, method uint16, name, content string) {
	w, _ := z.CreateHeader(&zip.FileHeader{Name: name, Method: method}) // writing to memory does not fail
	_, _ = w.Write([]byte(content))
}

func gridRows(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		fmt.Fprintf(&b, `<row r="%d">`, i+1)
		for j, value := range row {
			if value != "" {
				fmt.Fprintf(&b, `<c r="%s%d" t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>`, sheet.ColName(j+1), i+1, escaped(value))
			}
		}
		b.WriteString(`</row>`)
	}
	return b.String()
}

func escaped(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s))
	return b.String()
}
