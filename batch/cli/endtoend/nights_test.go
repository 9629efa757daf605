package endtoend_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/cli"
	"github.com/loabatch/loabatch/batch/cli/clitest"
	"github.com/loabatch/loabatch/batch/cli/password"
	"github.com/loabatch/loabatch/batch/simulator"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// nightsVariable is the environment variable that makes TestNights larger: the number of months, of
// thirty nights each. Most of the time is waiting, so give -parallel several.
const nightsVariable = "LOABATCH_MONTHS"

// TestNights runs a folder night after night, over real HTTP and with faults. Workbooks
// arrive, some encrypted, some with invalid rows, some cut off, some twice under other names; people correct
// copies and drop them into the folder, and put finished workbooks back. Two of three nights are killed: at
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

	monitor string      // URL to ping, without the number of the night
	nights  int         // so far
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
	f.url = clitest.Serve(t, f.sim, f.seen.watch)
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

// found returns the workbooks that people dropped, by path: all but unchanged copies of
// loabatch's.
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

// age makes all workbooks too old to be still in the process of being written.
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
		rows := make([]clitest.Circuit, 1+f.rand.IntN(3))
		for i := range rows {
			rows[i].Number = f.rows
			f.rows++
		}
		sheets := clitest.Book(rows)
		kind := f.rand.IntN(6)
		if kind < 2 {
			sheets[0].Rows[1][1] = "nowhere"
		}
		content := clitest.Pack(sheets)
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
		content, secret := clitest.Read(f.T, path)
		content, err := clitest.Edit(content, "nowhere", "cn-shanghai")
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
		f.drop(clitest.Pack(clitest.Book([]clitest.Circuit{{Number: f.rows}}))) // a moment before the night
		f.rows++
	}
}

// encrypted encrypts a workbook with the common password.
func (f *folder) encrypted(content []byte) []byte {
	content, err := clitest.Encrypt(content)
	if err != nil {
		f.Fatal(err)
	}
	f.secret++
	return content
}

// night runs a night, and kills it in one of two ways.
func (f *folder) night(way int) {
	f.nights++
	cmd := exec.Command("loabatch", "submit", "--endpoint", f.url, "--yes", "--rate", "100000/1s", "--timeout", "1s", "--max-attempts", "3",
		"--ledger", f.path("ledger.db"), "--in", f.path("in"), "--done", f.path("done"), "--failed", f.path("failed"), "--json",
		"--ping-url", f.monitor+f.pingPath(), "--metrics-file", f.path("loa.prom"))
	cmd.Env = append(os.Environ(), "ALIBABA_CLOUD_ACCESS_KEY_ID=id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET=secret", password.Variable+"="+clitest.Password)
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
	f.checkReports(exitCode(cmd.ProcessState), stdout.Bytes())
	var exit *exec.ExitError
	switch {
	case err == nil:
	case errors.As(err, &exit) && exitCode(exit.ProcessState) == -1 && way > 0:
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

// pingPath is the path under which a night pings: pings of a night that was killed may arrive
// during the next one.
func (f *folder) pingPath() string { return fmt.Sprintf("/night-%d", f.nights) }

// checkReports compares the pings and the metrics of a night with its exit code, -1 if it was
// killed, and its document.
func (f *folder) checkReports(exit int, document []byte) {
	var pings []string
	for len(f.pinged) > 0 {
		if path, own := strings.CutPrefix(<-f.pinged, f.pingPath()+"/"); own {
			pings = append(pings, "/"+path)
		}
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

// killAt waits until it is time, and then at most a few milliseconds. It reports whether
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
// cannot be read, and that no workbook is missing or duplicated.
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
		book, results := clitest.Cells(f.T, path, "Instance ID", "Region ID"), clitest.Cells(f.T, run.Output, "Instance ID", "Result")
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
