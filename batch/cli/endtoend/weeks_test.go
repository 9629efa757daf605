package endtoend_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli"
	"github.com/loabatch/loabatch/batch/cli/clitest"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/sqlite"
	"github.com/loabatch/loabatch/batch/simulator"
)

// weeksVariable is the environment variable that makes TestTenWeeks larger: the number of
// circuits, and after a colon the seed of what happens to them.
const weeksVariable = "LOABATCH_WEEKS"

// TestTenWeeks carries circuits from an empty row to the confirmation in ten weeks of
// virtual nights, with one command a night on one book. Rows arrive over the weeks, some with
// a value missing; some LOAs are rejected, once or twice; links expire, answers are lost, and some
// nights are killed. In the end the service, the ledger, the copy and the letters
// agree on every row, nothing took effect twice, and a person was needed once for every
// rejection and for every value that was missing or changed by mistake.
func TestTenWeeks(t *testing.T) {
	t.Parallel()
	circuits, seed := 25, 1
	if testing.Short() {
		circuits = 3
	}
	if text := os.Getenv(weeksVariable); text != "" {
		if n, err := fmt.Sscanf(text, "%d:%d", &circuits, &seed); n == 0 {
			t.Fatalf("%s: %v", weeksVariable, err)
		}
	}
	w := newWeeks(t, circuits, uint64(seed))
	synctest.Test(t, func(t *testing.T) {
		w.T = t
		w.until(time.Date(2027, 1, 4, 0, 0, 0, 0, time.UTC))
		for day := range 70 {
			w.day(day)
		}
		w.check()
	})
}

// weeks is the environment in which loabatch runs: a book, a ledger, a folder of letters, a
// service, and people.
type weeks struct {
	*testing.T
	*wire
	url      string
	sim      *simulator.Simulator
	rand     *rand.Rand
	circuits []*weeksCircuit

	calm atomic.Bool // no more faults

	needed, missing, mistakes, nights, kills int

	unsent int // corrections for which it is not known that they were accepted
}

// weeksCircuit is a row of the book and what happens to it.
type weeksCircuit struct {
	clitest.Circuit
	region     string
	arrives    int    // day
	lacks      string // the header of a column that has no value at first; empty means none
	rejections int    // to come
	building   int    // days from the letter to the end of the construction
	confirm    bool   // the circuit is to be confirmed

	revision  int // of the company's name, after rejections
	available int // day; -1 until its letter is out
	finished  bool
	mistaken  bool // somebody changed what was applied for
}

func newWeeks(t *testing.T, n int, seed uint64) *weeks {
	faults, err := simulator.ParseFaults("503:1%,503-after:2%,drop:1%,drop-after:3%,throttle:1%,cut-after:2%,html-after:1%,Letter/cut:10%,Letter/503:5%")
	if err != nil {
		t.Fatal(err)
	}
	w := &weeks{T: t, rand: rand.New(rand.NewPCG(seed, 13))}
	w.wire = &wire{dir: t.TempDir(), rand: rand.New(rand.NewPCG(seed, 14)), now: time.Date(2027, 1, 4, 0, 0, 0, 0, time.UTC)}
	w.sim = simulator.New(simulator.Options{
		Keys: map[string]string{"id": "secret"}, Quota: -1, Faults: faults, Seed: seed, AllowDuplicates: true, Now: w.clock,
		Script: func(simulator.Request) (simulator.Fault, bool) { return simulator.Fault{}, w.calm.Load() },
	})
	w.wire.sim = w.sim
	server := httptest.NewServer(w.wire)
	t.Cleanup(server.Close)
	w.url = server.URL
	for i := range n {
		c := &weeksCircuit{
			Circuit: clitest.Circuit{Number: i}, region: []string{"cn-hangzhou", "cn-shanghai", "ap-southeast-1"}[i%3],
			arrives: w.rand.IntN(35), building: 1 + w.rand.IntN(10), confirm: w.rand.IntN(4) > 0, available: -1,
		}
		switch w.rand.IntN(20) {
		case 0, 1, 2:
			c.rejections = 1
		case 3:
			c.rejections = 2
		}
		if w.rand.IntN(8) == 0 {
			c.lacks = []string{"Company name", "Line type", "Construction company"}[w.rand.IntN(3)]
			w.missing++
		}
		w.circuits = append(w.circuits, c)
	}
	return w
}

// id is the circuit's ID. Some letters have links that expired.
func (c *weeksCircuit) id() string {
	if c.Number%11 == 5 {
		return fmt.Sprintf("pc-expiredletter%05d", c.Number)
	}
	return c.ID()
}

// day is one day: a night of loabatch, the morning of those who keep the book, and noon at
// Alibaba Cloud and the construction companies.
func (w *weeks) day(day int) {
	midnight := time.Date(2027, 1, 4+day, 0, 0, 0, 0, time.UTC)
	w.until(midnight.Add(2 * time.Hour))
	w.calm.Store(day >= 66)
	if day < 60 && w.rand.IntN(3) == 0 {
		w.killAfter(1 + w.rand.IntN(5+len(w.circuits)/8))
	}
	rows := slices.DeleteFunc(slices.Clone(w.circuits), func(c *weeksCircuit) bool { return c.arrives > day })
	if w.rand.IntN(5) == 0 {
		w.rand.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	}
	doc := w.run("book", rows)
	w.nights++
	w.until(midnight.Add(9 * time.Hour))
	if corrected := w.people(doc); len(corrected) > 0 {
		again := w.run("corrections", corrected, "--reapply")
		w.people(again)
		w.unsent += again.unsent()
	}
	w.until(midnight.Add(12 * time.Hour))
	w.staff(day)
}

// until waits for a time.
func (w *weeks) until(then time.Time) {
	time.Sleep(time.Until(then))
	w.set(then)
}

// write writes a book of circuits.
func (w *weeks) write(path string, all []*weeksCircuit) {
	circuits := clitest.Sheet{Name: "Circuits", Rows: [][]string{{
		"Instance ID", "Region ID", "Company name", "Line type", "Construction company", "Construction time (UTC)",
		"Line code", "Line label", "Line provider", "Line contact", "Construction finished", "Confirm circuit",
	}}}
	engineers := clitest.Sheet{Name: "Engineers", Rows: [][]string{
		{"Instance ID", "Name", "Certificate type", "Certificate number", "Gender", "Contact"},
		{"*", "Testperson A", "Passport", "E00000001", "Female", "+86 139 0000 0000"},
	}}
	for _, c := range all {
		row := []string{c.id(), c.region, fmt.Sprintf("Example Networks %d", c.revision), "FIBRE", "Example Build Co", "2027-06-15T08:00:00Z"}
		if c.mistaken {
			row[3] = "MSTP"
		}
		for i, header := range circuits.Rows[0][:len(row)] {
			if header == c.lacks {
				row[i] = ""
			}
		}
		confirm := "no"
		if c.confirm {
			confirm = "yes"
		}
		if c.finished {
			row = append(row, fmt.Sprintf("CT-%05d", c.Number), fmt.Sprintf("label %d", c.Number), "China Telecom", "+86 138 0000 0000", "yes", confirm)
		}
		circuits.Rows = append(circuits.Rows, row)
	}
	if err := os.WriteFile(path, clitest.Pack([]clitest.Sheet{circuits, engineers}), 0o600); err != nil {
		w.Fatal(err)
	}
}

// weeksDoc is what loabatch reports about a run.
type weeksDoc struct {
	Exit         int `json:"exit_code"`
	Applications []struct {
		ID      string `json:"instance_id"`
		Result  string `json:"result"`
		Code    string `json:"error_code"`
		Message string `json:"message"`
		LOA     string `json:"loa_status"`
	} `json:"applications"`
}

// run writes a book, has loabatch do for each row what can be done, and returns what it says,
// nil if it was killed.
func (w *weeks) run(book string, all []*weeksCircuit, flags ...string) *weeksDoc {
	path := filepath.Join(w.dir, book+".xlsx")
	w.write(path, all)
	var stdout, stderr bytes.Buffer
	args := append([]string{"advance", "--endpoint", w.url, "--yes", "--json", "--max-attempts", "3", "--rate", "100000/1s",
		"--ledger", filepath.Join(w.dir, "ledger.db"), "-o", filepath.Join(w.dir, book+".results.xlsx"), "--download", filepath.Join(w.dir, "letters")}, flags...)
	exit := cli.Run(w.Context(), cli.Env{
		Args: append(args, path), Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
		Getenv: os.Getenv, Now: time.Now,
	})
	if w.killed() {
		w.kills++
		if err := w.restore(); err != nil {
			w.Fatal(err)
		}
		w.killAfter(0)
		return nil
	}
	w.killAfter(0)
	var doc weeksDoc
	if err := json.Unmarshal(stdout.Bytes(), &doc); err != nil || !slices.Contains([]int{0, 3, 4, 5}, exit) {
		w.Fatalf("%s: exit code %d, %v\n%s", book, exit, err, stderr.Bytes())
	}
	return &doc
}

// unsent counts the rows of a run that were neither accepted nor need a person.
func (d *weeksDoc) unsent() (n int) {
	if d == nil {
		return 0
	}
	for _, a := range d.Applications {
		switch a.Result {
		case "UNKNOWN", "FAILED", "NOT_ATTEMPTED":
			n++
		}
	}
	return n
}

// people read what a run reports, and do what it needs them for. It returns the rows that
// they corrected.
func (w *weeks) people(doc *weeksDoc) (corrected []*weeksCircuit) {
	if doc == nil {
		return nil
	}
	for _, a := range doc.Applications {
		i := slices.IndexFunc(w.circuits, func(c *weeksCircuit) bool { return c.id() == a.ID })
		if i < 0 {
			w.Errorf("the document has %q, which the book has not", a.ID)
			continue
		}
		c := w.circuits[i]
		switch a.Result {
		case "INVALID":
			if c.lacks == "" && !c.mistaken {
				w.Errorf("%s is INVALID though nothing is missing: %s", a.ID, a.Message)
			}
			c.lacks, c.mistaken = "", false
		case "REFUSED":
			if a.LOA != simulator.Rejected {
				w.Errorf("%s is REFUSED, and its LOA is %q: %s %s", a.ID, a.LOA, a.Code, a.Message)
			}
			c.revision++
		default:
			continue
		}
		w.needed++
		corrected = append(corrected, c)
	}
	return corrected
}

// staff reviews what has waited for a day and a half, and builds what has its letter. Now and
// then somebody changes a row by mistake.
func (w *weeks) staff(day int) {
	states := map[string]simulator.CircuitStats{}
	for _, s := range w.sim.Stats().Circuits {
		states[s.InstanceID] = s
	}
	for _, c := range w.circuits {
		s := states[c.id()]
		state := ""
		switch {
		case s.LOAStatus == simulator.Applying && w.clock().Sub(s.AcceptedAt) > 36*time.Hour && c.rejections > 0:
			c.rejections--
			state = simulator.Rejected
		case s.LOAStatus == simulator.Applying && w.clock().Sub(s.AcceptedAt) > 36*time.Hour:
			state = simulator.Available
			c.available = day
		case s.LOAStatus == simulator.Completing && !c.confirm && w.rand.IntN(3) == 0:
			state = simulator.Complete
		}
		if state != "" {
			if _, err := w.sim.Review("", c.id(), state); err != nil {
				w.Error(err)
			}
		}
		if c.available >= 0 && day >= c.available+c.building {
			c.finished = true
		}
		if s.Accepted > 0 && state == "" && s.LOAStatus != simulator.Rejected && !c.mistaken && day < 60 && w.rand.IntN(400) == 0 {
			c.mistaken = true
			w.mistakes++
		}
	}
}

// check compares the service, the ledger, the copy and the letters once the weeks are over.
func (w *weeks) check() {
	known, past := w.remembered()
	rows, letters := w.copied(), w.fetched()
	rejected, stats := 0, w.sim.Stats()
	for _, c := range w.circuits {
		lives := w.sim.Life(c.id())
		if len(lives) != 1 {
			w.Errorf("the service knows %d circuits %s", len(lives), c.id())
			continue
		}
		s, key := lives[0], batch.Key{Region: c.region, InstanceID: c.id()}
		rejections := 0
		for _, change := range s.Life {
			if change.LOAStatus == simulator.Rejected {
				rejections++
			}
		}
		if past[key] != rejections {
			w.Errorf("%s was rejected %d times, and the ledger knows of %d", c.id(), rejections, past[key])
		}
		rejected += rejections
		status := "Allocated"
		if c.confirm {
			status = "Confirmed"
		}
		if s.LOAStatus != simulator.Complete || s.Status != status {
			w.Errorf("%s: the service has the LOA %q and the circuit %s: %+v", c.id(), s.LOAStatus, s.Status, s)
		}
		if row := rows[c.id()]; row != [2]string{"ALREADY", s.LOAStatus} {
			w.Errorf("%s: the copy says %q, and the LOA is %q", c.id(), row, s.LOAStatus)
		}
		loa := known[key]
		if loa.Status != s.LOAStatus {
			w.Errorf("%s: the ledger says %q, and the LOA is %q", c.id(), loa.Status, s.LOAStatus)
		}
		if files := letters[c.id()]; len(files) != 1 || files[0] != loa.Letter.SHA256 {
			w.Errorf("%s: the letters %q are there, and the ledger has %q", c.id(), files, loa.Letter.SHA256)
		}
	}
	if len(rows) != len(w.circuits) || len(letters) != len(w.circuits) || len(known) != len(w.circuits) {
		w.Errorf("%d circuits, and %d rows, %d in the ledger, %d with letters", len(w.circuits), len(rows), len(known), len(letters))
	}
	for operation, totals := range map[string]simulator.Totals{"apply": stats.Totals, "complete": stats.Completions, "confirm": stats.Confirmations} {
		if totals.Duplicates != 0 || totals.SecondTries != 0 || totals.Mismatches != 0 {
			w.Errorf("%s: %+v", operation, totals)
		}
	}
	// Where a correction turns out not to have been applied for, the night asks for it again.
	if again := w.needed - rejected - w.missing - w.mistakes; again < 0 || again > w.unsent {
		w.Errorf("a person was needed %d times; there were %d rejections, %d values were missing, %d were changed by mistake, and %d corrections may not have been sent",
			w.needed, rejected, w.missing, w.mistakes, w.unsent)
	}
	w.Logf("%d circuits, %d nights, %d of them killed, %d rejections, %d values missing, %d changed by mistake, %d corrections that may not have been sent, %d requests, applications %+v, completions %+v, confirmations %+v, letters %+v, faults %v",
		len(w.circuits), w.nights, w.kills, rejected, w.missing, w.mistakes, w.unsent, stats.Requests, stats.Totals, stats.Completions, stats.Confirmations, stats.Letters, stats.Faults)
}

// copied returns the result and the status of the LOA of each circuit in the results copy.
func (w *weeks) copied() map[string][2]string {
	rows := map[string][2]string{}
	for _, row := range clitest.Cells(w.T, filepath.Join(w.dir, "book.results.xlsx"), "Instance ID", "Result", "LOA status") {
		rows[row[0]] = [2]string{row[1], row[2]}
	}
	return rows
}

// remembered returns what the ledger knows of each LOA, and how often each was rejected.
func (w *weeks) remembered() (known map[batch.Key]ledger.LOA, rejections map[batch.Key]int) {
	store, err := sqlite.Open(w.Context(), filepath.Join(w.dir, "ledger.db"))
	if err != nil {
		w.Fatal(err)
	}
	defer store.Close()
	known, err = store.LOAs(w.Context(), ledger.EndpointScope(w.url).ForAccount(w.sim.Stats().Account), nil)
	if err != nil {
		w.Fatal(err)
	}
	all, err := store.LOAHistory(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	rejections = map[batch.Key]int{}
	for _, loa := range all {
		if loa.Status == simulator.Rejected {
			rejections[loa.Key]++
		}
	}
	return known, rejections
}

// fetched returns the SHA-256 of the letters of each circuit.
func (w *weeks) fetched() map[string][]string {
	letters := map[string][]string{}
	for name, content := range readTree(filepath.Join(w.dir, "letters")) {
		id := name[strings.Index(name, "pc-"):]
		id = strings.TrimSuffix(id, ".pdf")
		letters[id] = append(letters[id], sum(content))
	}
	return letters
}
