package cli_test

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"html"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/loabatch/loabatch/batch/cli/clitest"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/batch/simulator"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// scriptCommands are the commands of the scripts beyond those of testscript:
//
//	exits CODE PROGRAM ARG...   runs a program and wants this exit code
//	serve [KEY=VALUE...]        serves a simulator: faults=PLAN, denied=API, account=KEY:ID (with the secret "secret"), quota=N/DURATION, billing=off, clock=AHEAD, doubles=on, lag=DURATION, review=DURATION (after which LOAs are reviewed), letters=DURATION (for which links to letters are valid); sets URL, its ADDRESS and the credentials
//	answer [API FAULT...]       gives the next calls of an API these faults, in this order, and all later ones the last; without an API, ends all faults
//	age STATE                   sets the state of every LOA that is Applying
//	review [ID [STATE]]         reviews all LOAs that await it, or one, or sets its state
//	life ID                     prints the states that a circuit and its LOA had, and what set them
//	circuits FILE N             makes a workbook of N circuits in three regions
//	aged FILE...                makes files that were changed an hour ago
//	minutes N FILE...           makes files that were changed N minutes ago
//	encrypt FILE                encrypts a workbook with a made-up password
//	edit FILE                   saves a workbook as another program would, with a note in a cell
//	stats                       prints what the simulator saw: accepted, duplicates, throttled …
//	nopersonal FILE INPUT       wants no personal value of the input in the file, zip parts included
//	lastrun FILE                sets RUN to the latest run in the JSON of history
//	rows FILE SHEET HEADER...   prints these columns of every row of a sheet, separated by |; "" is the next column
//	sheets FILE                 prints the names of its sheets
//	workbook FILE TEXT          makes a workbook from text: [Sheet], then rows of cells separated by |
//	samecopy FILE FILE          wants two workbooks of the same parts with the same bytes
//	next CODE                   runs the command that the last output suggests and wants this exit code
//	chinese FILE...             wants no English in these outputs and files but names, codes and the like
//	proxy STATUS                serves a proxy that answers everything so, and sets HTTPS_PROXY
//	tunnel N STATUS             serves a simulator at https://example.com behind a proxy that connects N times, and then answers so, or with STATUS gone is not there; sets HTTPS_PROXY and the credentials
//	monitor [STATUS]            serves what is pinged, which answers so, and sets PING
//	pings                       prints what was pinged since the last pings
//	vast FILE                   makes a file larger than any workbook, with nothing in it
//	eventually PATTERN PROGRAM ARG...   runs a program until its output matches
//	jsonkey FILE KEY...         prints values of a JSON document's top level
var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){
	"exits":    wantExit,
	"serve":    serveSimulator,
	"answer":   setAnswers,
	"age":      ageLOAs,
	"review":   reviewLOAs,
	"life":     printLife,
	"circuits": makeCircuits,
	"aged": func(ts *testscript.TestScript, _ bool, files []string) {
		ageFiles(ts, false, append([]string{"60"}, files...))
	},
	"minutes":    ageFiles,
	"stats":      printStats,
	"nopersonal": wantNoPersonal,
	"lastrun":    setLastRun,
	"rows":       printRows,
	"sheets":     printSheets,
	"jsonkey":    printJSONKeys,
	"workbook":   makeWorkbook,
	"encrypt":    encryptWorkbook,
	"edit":       editWorkbook,
	"samecopy":   wantSameCopy,
	"next":       runNext,
	"chinese":    wantChinese,
	"proxy":      serveProxy,
	"tunnel":     serveTunnel,
	"monitor":    serveMonitor,
	"pings":      printPings,
	"vast":       makeVast,
	"eventually": runUntil,
}

func testdata(t *testing.T) string {
	dir, err := filepath.Abs("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func wantExit(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if code != want {
		ts.Fatalf("exit code %d, wanted %d", code, want)
	}
}

// runUntil runs a program again and again, for at most a minute.
func runUntil(ts *testscript.TestScript, _ bool, args []string) {
	pattern, err := regexp.Compile(args[0])
	ts.Check(err)
	for range 600 {
		_ = ts.Exec(args[1], args[2:]...) // it may fail at first
		if pattern.MatchString(ts.ReadFile("stdout")) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	ts.Fatalf("no match for %s", args[0])
}

func openBook(ts *testscript.TestScript, name string) *xlsx.Book {
	matches, _ := filepath.Glob(ts.MkAbs(name))
	if len(matches) != 1 {
		ts.Fatalf("%s matches %d files", name, len(matches))
	}
	content, err := os.ReadFile(matches[0])
	ts.Check(err)
	content = decrypted(ts, content)
	book, err := xlsx.Open(bytes.NewReader(content), int64(len(content)), xlsx.Limits{})
	ts.Check(err)
	return book
}

func printSheets(ts *testscript.TestScript, _ bool, args []string) {
	book := openBook(ts, args[0])
	for _, s := range book.Sheets() {
		fmt.Fprintln(ts.Stdout(), s.Name)
	}
}

// printRows finds the header row as the first that has all the headers.
func printRows(ts *testscript.TestScript, _ bool, args []string) {
	book, wanted := openBook(ts, args[0]), args[2:]
	var cols []int
	for row, err := range book.Rows(args[1]) {
		ts.Check(err)
		if cols == nil {
			cols = clitest.Columns(row, wanted)
			continue
		}
		if !slices.ContainsFunc(row.Cells, func(c sheet.Cell) bool { return !c.Formula }) {
			continue // a row of the template that is still empty
		}
		values := make([]string, len(cols))
		for i, col := range cols {
			if j := slices.IndexFunc(row.Cells, func(c sheet.Cell) bool { return c.Col == col }); j >= 0 {
				values[i] = row.Cells[j].Value
			}
		}
		fmt.Fprintf(ts.Stdout(), "%d|%s\n", row.Number, strings.Join(values, "|"))
	}
	if cols == nil {
		ts.Fatalf("sheet %s of %s has no row with the headers %q", args[1], args[0], wanted)
	}
}

func printJSONKeys(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	var doc map[string]json.RawMessage
	ts.Check(json.Unmarshal([]byte(text), &doc))
	for _, key := range args[1:] {
		value, ok := doc[key]
		if !ok {
			ts.Fatalf("no key %s", key)
		}
		fmt.Fprintf(ts.Stdout(), "%s=%s\n", key, value)
	}
}

// makeWorkbook writes the text as a workbook: the text of every cell unchanged.
func makeWorkbook(ts *testscript.TestScript, _ bool, args []string) {
	var sheets []clitest.Sheet
	for line := range strings.Lines(ts.ReadFile(args[1])) {
		line = strings.TrimRight(line, "\n")
		if name, ok := strings.CutPrefix(line, "["); ok {
			sheets = append(sheets, clitest.Sheet{Name: strings.TrimSuffix(name, "]")})
			continue
		}
		last := &sheets[len(sheets)-1]
		last.Rows = append(last.Rows, strings.Split(line, "|"))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), clitest.Pack(sheets), 0o600))
}

// serveSimulator serves a simulator of the script's own until the script ends.
func serveSimulator(ts *testscript.TestScript, _ bool, args []string) {
	o := simulator.Options{Keys: map[string]string{"id": "secret"}, Accounts: map[string]string{}, Quota: -1, Late: 50 * time.Millisecond}
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, "=")
		switch key {
		case "faults":
			plan, err := simulator.ParseFaults(value)
			ts.Check(err)
			o.Faults = plan
		case "denied":
			o.Denied = []string{value}
		case "quota":
			rate, err := quota.ParseRate(value)
			ts.Check(err)
			o.Quota, o.Window = rate.N, rate.Per
		case "account":
			id, account, _ := strings.Cut(value, ":")
			o.Keys[id], o.Accounts[id] = "secret", account
		case "clock":
			ahead, err := time.ParseDuration(value)
			ts.Check(err)
			o.Now = func() time.Time { return time.Now().Add(ahead) }
		case "circuit": // REGION/ID/BANDWIDTH/LOCATION/STATUS/LOA[/ACCOUNT]
			f := strings.Split(value, "/")
			mbit, err := strconv.Atoi(f[2])
			ts.Check(err)
			f = append(f, "")
			o.Circuits = append(o.Circuits, simulator.Circuit{Account: f[6], Region: f[0], InstanceID: f[1], Bandwidth: mbit, PeerLocation: f[3], Status: f[4], LOA: f[5]})
		case "billing":
			o.BillingOff = value == "off"
		case "lag":
			lag, err := time.ParseDuration(value)
			ts.Check(err)
			o.Lag = lag
		case "review", "letters":
			after, err := time.ParseDuration(value)
			ts.Check(err)
			*map[string]*time.Duration{"review": &o.Review, "letters": &o.LetterLife}[key] = after
		case "doubles":
			o.AllowDuplicates = value == "on"
		default:
			ts.Fatalf("no option %s", key)
		}
	}
	scripted := &answers{}
	if o.Faults.String() == "" {
		o.Script = scripted.next
	}
	sim := simulator.New(o)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- sim.Serve(ctx, listener) }()
	ts.Defer(func() {
		cancel()
		<-served
	})
	ts.Setenv("URL", "http://"+listener.Addr().String())
	ts.Setenv("ADDRESS", listener.Addr().String())
	scriptedAnswers.Store("http://"+listener.Addr().String(), scripted)
	ts.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "id")
	ts.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
}

func serveProxy(ts *testscript.TestScript, _ bool, args []string) {
	status, err := strconv.Atoi(args[0])
	ts.Check(err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://sign-in.example.com/")
		w.WriteHeader(status)
	}))
	ts.Defer(server.Close)
	ts.Setenv("HTTPS_PROXY", server.URL)
}

func serveTunnel(ts *testscript.TestScript, _ bool, args []string) {
	left, err := strconv.Atoi(args[0])
	ts.Check(err)
	sim := simulator.New(simulator.Options{Keys: map[string]string{"id": "secret"}, Quota: -1})
	ts.Defer(sim.Close)
	service := httptest.NewTLSServer(sim)
	ts.Defer(service.Close)
	var mu sync.Mutex
	var proxy *httptest.Server
	proxy = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		left--
		connects := left >= 0
		if left <= 0 && args[1] == "gone" {
			_ = proxy.Listener.Close()
		}
		mu.Unlock()
		if !connects {
			status, _ := strconv.Atoi(args[1])
			w.Header().Set("Location", "http://sign-in.example.com/")
			w.WriteHeader(status)
			return
		}
		there, err := net.Dial("tcp", service.Listener.Addr().String())
		if err != nil {
			return // the client will say so
		}
		here, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n")
		go func() {
			_, _ = io.Copy(there, here)
			there.Close()
		}()
		_, _ = io.Copy(here, there)
		here.Close()
	}))
	ts.Defer(proxy.Close)
	ca := ts.MkAbs("ca.pem")
	ts.Check(os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: service.Certificate().Raw}), 0o600))
	ts.Setenv("SSL_CERT_FILE", ca)
	ts.Setenv("HTTPS_PROXY", proxy.URL)
	ts.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "id")
	ts.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
}

// monitors holds the channel of what was pinged, by its URL.
var monitors sync.Map

func serveMonitor(ts *testscript.TestScript, _ bool, args []string) {
	status := http.StatusOK
	if len(args) > 0 {
		var err error
		status, err = strconv.Atoi(args[0])
		ts.Check(err)
	}
	pinged := make(chan string, 1000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		pinged <- fmt.Sprintf("%s %s %s%s", r.Method, r.URL, r.UserAgent()[:len("loabatch")], body)
		w.WriteHeader(status)
	}))
	ts.Defer(server.Close)
	ts.Setenv("PING", server.URL+"/ping-secret")
	monitors.Store(ts.Getenv("PING"), pinged)
}

func printPings(ts *testscript.TestScript, _ bool, _ []string) {
	v, _ := monitors.Load(ts.Getenv("PING"))
	for pinged := v.(chan string); len(pinged) > 0; {
		fmt.Fprintln(ts.Stdout(), <-pinged)
	}
}

func makeVast(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte("PK"), 0o600))
	ts.Check(os.Truncate(ts.MkAbs(args[0]), 1<<30+1))
}

// answers are the faults that a script gives to the next calls of each API.
type answers struct {
	mu    sync.Mutex
	byAPI map[string][]simulator.Fault
}

// scriptedAnswers holds the *answers of each simulator by its URL.
var scriptedAnswers sync.Map

func (a *answers) next(r simulator.Request) (simulator.Fault, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := a.byAPI[r.API]
	if len(list) == 0 {
		return simulator.Fault{}, false
	}
	if len(list) > 1 {
		a.byAPI[r.API] = list[1:]
	}
	return list[0], true
}

func setAnswers(ts *testscript.TestScript, _ bool, args []string) {
	v, _ := scriptedAnswers.Load(ts.Getenv("URL"))
	a := v.(*answers)
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(args) == 0 {
		a.byAPI = nil
		return
	}
	var list []simulator.Fault
	for _, word := range args[1:] {
		var f simulator.Fault // as if there were none
		if word != "ok" {
			plan, err := simulator.ParseFaults(word + ":100%")
			ts.Check(err)
			f = plan.Shares[0].Fault
		}
		list = append(list, f)
	}
	if a.byAPI == nil {
		a.byAPI = map[string][]simulator.Fault{}
	}
	a.byAPI[args[0]] = list
}

func ageLOAs(ts *testscript.TestScript, _ bool, args []string) {
	response, err := http.Post(ts.Getenv("URL")+"/age?state="+args[0], "", nil)
	ts.Check(err)
	ts.Check(response.Body.Close())
}

// ageFiles sets the times of files back.
func ageFiles(ts *testscript.TestScript, _ bool, args []string) {
	minutes, err := strconv.Atoi(args[0])
	ts.Check(err)
	then := time.Now().Add(-time.Duration(minutes) * time.Minute)
	for _, pattern := range args[1:] {
		files, _ := filepath.Glob(ts.MkAbs(pattern))
		if len(files) == 0 {
			ts.Fatalf("there is no %s", pattern)
		}
		for _, file := range files {
			ts.Check(os.Chtimes(file, then, then))
		}
	}
}

// reviewLOAs has the simulator review LOAs.
func reviewLOAs(ts *testscript.TestScript, _ bool, args []string) {
	v := url.Values{}
	for i, arg := range args {
		v.Set([]string{"instance", "state"}[i], arg)
	}
	response, err := http.Post(ts.Getenv("URL")+"/review?"+v.Encode(), "", nil)
	ts.Check(err)
	defer response.Body.Close()
	if n, err := io.ReadAll(response.Body); err != nil || response.StatusCode != http.StatusOK || string(n) == "0\n" {
		ts.Fatalf("no LOA was reviewed: %s %v", n, err)
	}
}

// readStats asks the simulator over HTTP, as a person would.
func readStats(ts *testscript.TestScript, query string) (stats simulator.Stats) {
	response, err := http.Get(ts.Getenv("URL") + "/stats" + query)
	ts.Check(err)
	defer response.Body.Close()
	ts.Check(json.NewDecoder(response.Body).Decode(&stats))
	return stats
}

// printLife prints the states of a circuit.
func printLife(ts *testscript.TestScript, _ bool, args []string) {
	for _, c := range readStats(ts, "?instance="+args[0]).Circuits {
		for _, change := range c.Life {
			fmt.Fprintln(ts.Stdout(), cmp.Or(change.By, "first"), cmp.Or(change.LOAStatus, "-"), change.Status)
		}
	}
}

func printStats(ts *testscript.TestScript, _ bool, _ []string) {
	stats := readStats(ts, "")
	fmt.Fprintf(ts.Stdout(), "accepted=%d duplicates=%d second_tries=%d mismatches=%d throttled=%d\n",
		stats.Accepted, stats.Duplicates, stats.SecondTries, stats.Mismatches, stats.Throttled)
	if c := stats.Completions; c.Calls > 0 {
		fmt.Fprintf(ts.Stdout(), "completions accepted=%d duplicates=%d second_tries=%d\n", c.Accepted, c.Duplicates, c.SecondTries)
	}
	if c := stats.Confirmations; c.Calls > 0 {
		fmt.Fprintf(ts.Stdout(), "confirmations accepted=%d duplicates=%d second_tries=%d\n", c.Accepted, c.Duplicates, c.SecondTries)
	}
	if l := stats.Letters; l.Requests > 0 {
		fmt.Fprintf(ts.Stdout(), "letters served=%d expired=%d\n", l.Served, l.Expired)
	}
	accepted := map[string]int{}
	for _, c := range stats.Circuits {
		accepted[c.Account] += c.Accepted
	}
	for _, account := range slices.Sorted(maps.Keys(accepted)) {
		fmt.Fprintf(ts.Stdout(), "account %s accepted=%d\n", account, accepted[account])
	}
}

// makeCircuits writes a workbook of that many valid circuits.
func makeCircuits(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), clitest.Pack(clitest.Circuits(n)), 0o600))
}

// editWorkbook saves a workbook with another company in its first row.
func editWorkbook(ts *testscript.TestScript, _ bool, args []string) {
	edited, err := clitest.Edit([]byte(ts.ReadFile(args[0])), "Example Networks Ltd", "Example Networks Plc")
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), edited, 0o600))
}

// encryptWorkbook encrypts a workbook as one that another program encrypted.
func encryptWorkbook(ts *testscript.TestScript, _ bool, args []string) {
	content, err := clitest.Encrypt([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), content, 0o600))
}

// decrypted returns the workbook in an encrypted file, or the bytes of any other.
func decrypted(ts *testscript.TestScript, content []byte) []byte {
	if !xlsx.Encrypted(bytes.NewReader(content), int64(len(content))) {
		return content
	}
	plain, _, err := clitest.Decrypt(content)
	ts.Check(err)
	return plain
}

// wantSameCopy compares two packages part by part.
func wantSameCopy(ts *testscript.TestScript, neg bool, args []string) {
	a, b := partsOf(ts, args[0]), partsOf(ts, args[1])
	var differ []string
	for name := range a {
		if a[name] != b[name] {
			differ = append(differ, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			differ = append(differ, name)
		}
	}
	slices.Sort(differ)
	if neg != (len(differ) > 0) {
		ts.Fatalf("%s and %s differ in %q", args[0], args[1], differ)
	}
}

// partsOf reads the parts of a package by name.
func partsOf(ts *testscript.TestScript, name string) map[string]string {
	content := decrypted(ts, []byte(ts.ReadFile(name)))
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	ts.Check(err)
	parts := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		ts.Check(err)
		part, err := io.ReadAll(r)
		ts.Check(err)
		parts[f.Name] = string(part)
	}
	return parts
}

// runNext runs the last line of the last output that is a command, in a shell, as someone
// who pastes it would.
func runNext(ts *testscript.TestScript, _ bool, args []string) {
	command := ""
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "loabatch ") {
			command = line
		}
	}
	if command == "" {
		ts.Fatalf("no command is suggested")
	}
	wantExit(ts, false, append([]string{args[0]}, shell(command)...))
	fmt.Fprintf(ts.Stdout(), "%s\n%s", command, ts.ReadFile("stdout"))
}

// shell returns the command and arguments that run a line in a shell. The lines of Windows
// have no other quotes than ".
func shell(line string) []string {
	if runtime.GOOS != "windows" {
		return []string{"sh", "-c", line}
	}
	var words []string
	for _, m := range regexp.MustCompile(`(?:"[^"]*"|[^" ])+`).FindAllString(line, -1) {
		words = append(words, strings.ReplaceAll(m, `"`, ""))
	}
	return words
}

// setLastRun reads the first run of history's JSON, which is the latest.
func setLastRun(ts *testscript.TestScript, _ bool, args []string) {
	var history struct {
		Runs []struct {
			RunID string `json:"run_id"`
		} `json:"runs"`
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &history))
	ts.Setenv("RUN", history.Runs[0].RunID)
}

// wantNoPersonal looks for the values of the personal columns of an input.
func wantNoPersonal(ts *testscript.TestScript, neg bool, args []string) {
	content := everyPart(ts, args[0])
	book := openBook(ts, args[1])
	found := 0
	l := sheet.English
	for _, s := range book.Sheets() {
		if s.Name == sheet.Chinese.SheetName(sheet.EngineersSheet) {
			l = sheet.Chinese
		}
	}
	for _, id := range []sheet.SheetID{sheet.CircuitsSheet, sheet.EngineersSheet} {
		headers := map[string]bool{}
		for _, c := range sheet.Columns {
			if c.Sheet == id && c.Personal {
				headers[l.Header(c.ID)] = true
			}
		}
		personal := map[int]bool{}
		for row, err := range book.Rows(l.SheetName(id)) {
			ts.Check(err)
			for _, cell := range row.Cells {
				if headers[cell.Value] {
					personal[cell.Col] = true
				} else if personal[cell.Col] && len(cell.Value) > 3 && bytes.Contains(content, []byte(cell.Value)) {
					found++
				}
			}
		}
	}
	if (found > 0) != neg {
		ts.Fatalf("%s holds %d personal values", args[0], found)
	}
}

// everyPart returns the bytes of a file, and of its parts if it is a workbook.
func everyPart(ts *testscript.TestScript, name string) []byte {
	content := decrypted(ts, []byte(ts.ReadFile(name)))
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return content
	}
	for _, f := range z.File {
		r, err := f.Open()
		ts.Check(err)
		part, err := io.ReadAll(r)
		ts.Check(err)
		content = append(content, part...)
	}
	return content
}

var update = flag.Bool("update", false, "rewrite the golden text in the scripts")

// TestMain lets the scripts run loabatch as a process of its own.
func TestMain(m *testing.M) { clitest.Main(m, 32, everySentenceSaid) }

// TestScripts runs the behaviours in testdata/script, one file each.
func TestScripts(t *testing.T) {
	t.Parallel()
	folder := "../../testdata/script"
	if runtime.GOOS == "windows" {
		folder = windowsScripts(t, folder)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 folder,
		ContinueOnError:     os.Getenv("KEEP_GOING") != "",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("GOGC", os.Getenv("GOGC"))
			env.Setenv("XDG_STATE_HOME", env.Getenv("WORK")+"/state")
			env.Setenv("TESTDATA", testdata(t))
			env.Setenv(clitest.SentenceFolder, os.Getenv(clitest.SentenceFolder))
			return nil
		},
		Cmds: scriptCommands,
	})
}

// windowsScripts returns a folder with the scripts as they are for Windows: a slash in a pattern
// stands for a backslash, too. Left out are scripts with commands of a POSIX shell, if there is none.
func windowsScripts(t *testing.T, folder string) string {
	scripts, err := filepath.Glob(filepath.Join(folder, "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	pattern := regexp.MustCompile(`(?m)^((?:\[\S+\] )?!? ?(?:stdout|stderr|grep) )(.*)$`)
	_, noShell := exec.LookPath("sh")
	to := t.TempDir()
	for _, path := range scripts {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		commands, files, some := strings.Cut(string(content), "\n-- ")
		if noShell != nil && strings.Contains(commands, "sh -c") {
			t.Logf("%s: left out, since there is no POSIX shell", filepath.Base(path))
			continue
		}
		commands = pattern.ReplaceAllStringFunc(commands, func(line string) string {
			m := pattern.FindStringSubmatch(line)
			return m[1] + strings.ReplaceAll(m[2], "/", `[/\\]`)
		})
		commands = strings.ReplaceAll(commands, "[symlink]", "[unix]") // Wine says that it makes links, and makes none
		if some {
			commands += "\n-- " + files
		}
		if err := os.WriteFile(filepath.Join(to, filepath.Base(path)), []byte(commands), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// wantChinese wants no English in what was printed (stdout, stderr) or written, but for
// words that are the same in every language.
func wantChinese(ts *testscript.TestScript, _ bool, args []string) {
	found := false
	for _, name := range args {
		var chunks []string
		switch content := readOne(ts, name); filepath.Ext(name) {
		case ".xlsx":
			chunks = workbookTexts(ts, content)
		case ".html":
			chunks = pageTexts(string(content))
		case ".csv":
			records, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(content, []byte("\ufeff")))).ReadAll()
			ts.Check(err)
			chunks = slices.Concat(records...)
		case ".json":
			for _, m := range jsonSentence.FindAllStringSubmatch(string(content), -1) {
				chunks = append(chunks, m[2])
			}
		default:
			chunks = strings.Split(string(content), "\n")
		}
		for _, chunk := range chunks {
			if spelling(chunk) {
				continue
			}
			for _, word := range strayWords(chunk) {
				ts.Logf("%s: %q in %q", name, word, chunk)
				found = true
			}
		}
	}
	if found {
		ts.Fatalf("there are English words")
	}
}

// spelling reports whether a text is, as a whole, one of the spellings of a column's values
// that the formulas of the template accept.
func spelling(text string) bool {
	return slices.ContainsFunc(sheet.Columns, func(c sheet.Column) bool { return slices.Contains(c.Spellings(), text) })
}

// readOne reads the one file that a pattern matches, or an output of the last command.
func readOne(ts *testscript.TestScript, name string) []byte {
	if name == "stdout" || name == "stderr" {
		return []byte(ts.ReadFile(name))
	}
	matches, _ := filepath.Glob(ts.MkAbs(name))
	if len(matches) != 1 {
		ts.Fatalf("%s matches %d files", name, len(matches))
	}
	return []byte(ts.ReadFile(matches[0]))
}

var (
	jsonSentence  = regexp.MustCompile(`"(message|hint)": ?"((?:[^"\\]|\\.)*)"`)
	workbookText  = regexp.MustCompile(`(?s)<(?:\w+:)?t(?: [^>]*)?>(.*?)</(?:\w+:)?t>|<sheet [^>]*name="([^"]*)"|(?:prompt|error|promptTitle|errorTitle)="([^"]*)"`)
	pageHidden    = regexp.MustCompile(`(?s)<style>.*?</style>`)
	pageAttribute = regexp.MustCompile(`(?:aria-label|title|alt)="([^"]*)"`)
	pageTag       = regexp.MustCompile(`<[^>]*>`)
)

// workbookTexts returns the texts of a workbook that people see: cells, notes, names of
// sheets, prompts and the titles of charts.
func workbookTexts(ts *testscript.TestScript, content []byte) (texts []string) {
	parts, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	ts.Check(err)
	for _, part := range parts.File {
		if !strings.HasPrefix(part.Name, "xl/") || !strings.HasSuffix(part.Name, ".xml") {
			continue
		}
		r, err := part.Open()
		ts.Check(err)
		text, err := io.ReadAll(r)
		ts.Check(err)
		for _, m := range workbookText.FindAllStringSubmatch(string(text), -1) {
			texts = append(texts, html.UnescapeString(m[1]+m[2]+m[3]))
		}
	}
	return texts
}

// apiName matches names of the API's making, such as ApplyPhysicalConnectionLOA.
var apiName = regexp.MustCompile(`^[A-Z][a-z]+([A-Z]+[a-z]*)+$`)

// pageTexts returns the texts of a page that people see or hear.
func pageTexts(page string) (texts []string) {
	page = pageHidden.ReplaceAllString(page, "")
	for _, m := range pageAttribute.FindAllStringSubmatch(page, -1) {
		texts = append(texts, html.UnescapeString(m[1]))
	}
	for text := range strings.SplitSeq(pageTag.ReplaceAllString(page, "\n"), "\n") {
		texts = append(texts, html.UnescapeString(text))
	}
	return texts
}

// commandWords are the commands, which may follow the program's name or be all there is.
var commandWords = strings.Fields("template validate submit status complete advance plan report history simulator explain doctor version")

// latinWords are the words that are the same in Chinese: names, formats, units and values of
// the API and of flags.
var latinWords = wordSet(`loabatch API VPC LOA ID UTC SHA CSV JSON HTML Excel WPS LibreOffice Token RAM STS AccessKey SDK SQLite URL NTP PDF ISO IANA ASCII GB SDH DEBUG README devel
	RULE FILE DURATION PORT N error warning off offline online true false yes no auto always never bar plain none
	Mbit s ms MiB PC IDC IDCard Passport Male Female MSTP MPLSVPN FIBRE Other pc cn arn acs environment oidc uri y N
	OK InstanceId RegionId EcsTest HK Unicode Asia DNS Secret SIGINT SIGQUIT SIGABRT SIGTERM SIGKILL`)

func wordSet(list string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(list) {
		set[word] = true
	}
	for _, r := range sheet.AllResults {
		set[string(r)] = true
	}
	for _, c := range sheet.Columns {
		set[c.Parameter] = true
	}
	for _, s := range strings.Fields("Applying Accept Available Rejected Completing Complete Deleted") {
		set[s] = true
	}
	for _, s := range strings.Fields("Initial Approved Allocating Allocated Confirmed Enabled Canceled Allocation Failed Terminated") {
		set[s] = true
	}
	return set
}

// strayWords returns the English words of a text: runs of letters that are not allowed, nor
// within a code, a flag, a path, a variable or anything else that has figures or marks.
func strayWords(text string) (stray []string) {
	text = strings.TrimSpace(text)
	if command, rest, _ := strings.Cut(text, "（"); slices.Contains(commandWords, command) {
		text = rest
	}
	runs := strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || r > unicode.MaxLatin1 || strings.ContainsRune(`"|`, r)
	})
	for i, run := range runs {
		word := strings.Trim(run, "()[],;:!?'")
		_, code := prose.English.Entry(word)
		_, lost := prose.English.Entry("(" + word + ")")
		switch {
		case strings.ContainsFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' && r != '.' }):
		case strings.Contains(strings.TrimRight(word, "."), "."):
		case apiName.MatchString(word):
		case len(word) < 2 || latinWords[strings.TrimRight(word, ".")]:
		case i > 0 && runs[i-1] == "loabatch" && slices.Contains(commandWords, word):
		case code && strings.Contains(run, "["+word):
		case lost && strings.HasPrefix(run, "("):
		default:
			stray = append(stray, word)
		}
	}
	return stray
}

// TestStrayWords checks that English sentences and labels are found, and names are not.
func TestStrayWords(t *testing.T) {
	for text, want := range map[string][]string{
		"专线!G2  错误  the region is missing":         {"the", "region", "is", "missing"},
		"copy    out.xlsx":                         {"copy"},
		"运行: 3 requests, 1.4s":                     {"requests"},
		"请运行：loabatch validate 申请表.xlsx":           nil,
		"请运行 loabatch submit --reapply 或查看 report": {"report"},
		"submit":        nil,
		"SUBMITTED 已受理": nil,
		"阿里云 VPC API：ApplyPhysicalConnectionLOA":                  nil,
		"请在控制台核对。 [InvalidInstanceId.NotFound] [OperationDenied]": nil,
	} {
		if got := strayWords(text); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
