package cli_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/loabatch/loabatch/batch/cli"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/quicktest"
	"github.com/loabatch/loabatch/batch/simulator"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// scriptCommands are the commands of the scripts beyond those of testscript:
//
//	exits CODE PROGRAM ARG...   runs a program and wants this exit code
//	serve [KEY=VALUE...]        serves a simulator: faults=PLAN, denied=API, billing=off, clock=AHEAD, doubles=on, lag=DURATION; sets URL, its ADDRESS and the credentials
//	answer [API FAULT...]       gives the next calls of an API these faults, in this order, and all later ones the last; without an API, ends all faults
//	age STATE                   sets the state of every LOA that is Applying
//	circuits FILE N             makes a workbook of N circuits in three regions
//	edit FILE                   saves a workbook as another program would, with a note in a cell
//	stats                       prints what the simulator saw: accepted, duplicates, throttled …
//	nopersonal FILE INPUT       wants no personal value of the input's engineers in the file, zip parts included
//	lastrun FILE                sets RUN to the latest run in the JSON of history
//	rows FILE SHEET HEADER...   prints these columns of every row of a sheet, separated by |
//	sheets FILE                 prints the names of its sheets
//	workbook FILE TEXT          makes a workbook from text: [Sheet], then rows of cells separated by |
//	samecopy FILE FILE          wants two workbooks of the same parts with the same bytes
//	next CODE                   runs the command that the last output suggests and wants this exit code
//	chinese FILE...             wants no English in these outputs and files but names, codes and the like
//	proxy STATUS                serves a proxy that answers everything so, and sets HTTPS_PROXY
//	monitor [STATUS]            serves what is pinged, which answers so, and sets PING
//	pings                       prints what was pinged since the last pings
//	vast FILE                   makes a file larger than any workbook, with nothing in it
//	jsonkey FILE KEY...         prints values of a JSON document's top level
var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){
	"exits":      wantExit,
	"serve":      serveSimulator,
	"answer":     setAnswers,
	"age":        ageLOAs,
	"circuits":   makeCircuits,
	"stats":      printStats,
	"nopersonal": wantNoPersonal,
	"lastrun":    setLastRun,
	"rows":       printRows,
	"sheets":     printSheets,
	"jsonkey":    printJSONKeys,
	"workbook":   makeWorkbook,
	"edit":       editWorkbook,
	"samecopy":   wantSameCopy,
	"next":       runNext,
	"chinese":    wantChinese,
	"proxy":      serveProxy,
	"monitor":    serveMonitor,
	"pings":      printPings,
	"vast":       makeVast,
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

func openBook(ts *testscript.TestScript, name string) *xlsx.Book {
	matches, _ := filepath.Glob(ts.MkAbs(name))
	if len(matches) != 1 {
		ts.Fatalf("%s matches %d files", name, len(matches))
	}
	content, err := os.ReadFile(matches[0])
	ts.Check(err)
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
			cols = headerColumns(row, wanted)
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

func headerColumns(row sheet.Row, wanted []string) []int {
	var cols []int
	for _, header := range wanted {
		i := slices.IndexFunc(row.Cells, func(c sheet.Cell) bool { return c.Value == header })
		if i < 0 {
			return nil
		}
		cols = append(cols, row.Cells[i].Col)
	}
	return cols
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
	var sheets []gridSheet
	for line := range strings.Lines(ts.ReadFile(args[1])) {
		line = strings.TrimRight(line, "\n")
		if name, ok := strings.CutPrefix(line, "["); ok {
			sheets = append(sheets, gridSheet{name: strings.TrimSuffix(name, "]")})
			continue
		}
		last := &sheets[len(sheets)-1]
		last.rows = append(last.rows, strings.Split(line, "|"))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), packWorkbook(sheets), 0o600))
}

// serveSimulator serves a simulator of the script's own until the script ends.
func serveSimulator(ts *testscript.TestScript, _ bool, args []string) {
	o := simulator.Options{Keys: map[string]string{"id": "secret"}, Quota: -1, Late: 50 * time.Millisecond}
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, "=")
		switch key {
		case "faults":
			plan, err := simulator.ParseFaults(value)
			ts.Check(err)
			o.Faults = plan
		case "denied":
			o.Denied = []string{value}
		case "clock":
			ahead, err := time.ParseDuration(value)
			ts.Check(err)
			o.Now = func() time.Time { return time.Now().Add(ahead) }
		case "circuit": // REGION/ID/BANDWIDTH/LOCATION/STATUS/LOA
			f := strings.Split(value, "/")
			mbit, err := strconv.Atoi(f[2])
			ts.Check(err)
			o.Circuits = append(o.Circuits, simulator.Circuit{Region: f[0], InstanceID: f[1], Bandwidth: mbit, PeerLocation: f[3], Status: f[4], LOA: f[5]})
		case "billing":
			o.BillingOff = value == "off"
		case "lag":
			lag, err := time.ParseDuration(value)
			ts.Check(err)
			o.Lag = lag
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

// printStats asks the simulator over HTTP, as a person would.
func printStats(ts *testscript.TestScript, _ bool, _ []string) {
	response, err := http.Get(ts.Getenv("URL") + "/stats")
	ts.Check(err)
	defer response.Body.Close()
	var stats simulator.Stats
	ts.Check(json.NewDecoder(response.Body).Decode(&stats))
	fmt.Fprintf(ts.Stdout(), "accepted=%d duplicates=%d second_tries=%d mismatches=%d throttled=%d\n",
		stats.Accepted, stats.Duplicates, stats.SecondTries, stats.Mismatches, stats.Throttled)
}

// makeCircuits writes a workbook of that many valid circuits.
func makeCircuits(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), packWorkbook(crashWorkbook(n)), 0o600))
}

// editWorkbook saves a workbook with another company in its first row.
func editWorkbook(ts *testscript.TestScript, _ bool, args []string) {
	edited, err := editCell([]byte(ts.ReadFile(args[0])), "Example Networks Ltd", "Example Networks Plc")
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), edited, 0o600))
}

// editCell packs the parts of a workbook anew, and replaces a text of the first sheet once.
func editCell(content []byte, old, text string) ([]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		part, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		if f.Name == "xl/worksheets/sheet1.xml" {
			part = bytes.Replace(part, []byte(old), []byte(text), 1)
		}
		to, err := w.Create(f.Name)
		if err != nil {
			return nil, err
		}
		if _, err := to.Write(part); err != nil {
			return nil, err
		}
	}
	err = w.Close()
	return packed.Bytes(), err
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
	content := []byte(ts.ReadFile(name))
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
	wantExit(ts, false, []string{args[0], "sh", "-c", command})
	fmt.Fprintf(ts.Stdout(), "%s\n%s", command, ts.ReadFile("stdout"))
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
	var cols []int
	found := 0
	l := sheet.English
	for _, s := range book.Sheets() {
		if s.Name == sheet.Chinese.SheetName(sheet.EngineersSheet) {
			l = sheet.Chinese
		}
	}
	for row, err := range book.Rows(l.SheetName(sheet.EngineersSheet)) {
		ts.Check(err)
		if cols == nil {
			cols = headerColumns(row, []string{l.Header(sheet.EngineerName), l.Header(sheet.EngineerCertificateNo), l.Header(sheet.EngineerContact)})
			continue
		}
		for _, cell := range row.Cells {
			if slices.Contains(cols, cell.Col) && len(cell.Value) > 3 && bytes.Contains(content, []byte(cell.Value)) {
				found++
			}
		}
	}
	if (found > 0) != neg {
		ts.Fatalf("%s holds %d personal values", args[0], found)
	}
}

// everyPart returns the bytes of a file, and of its parts if it is a workbook.
func everyPart(ts *testscript.TestScript, name string) []byte {
	content := []byte(ts.ReadFile(name))
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
func TestMain(m *testing.M) {
	prose.English.Watch(recordSentence())
	testscript.Main(inEnglish{quicktest.M{M: m, Parallel: 32}}, map[string]func(){
		"loabatch": func() { os.Exit(cli.Main()) },
	})
}

// inEnglish runs tests that expect English, whatever the language of this machine, with the
// keys that the simulators of tests know, whatever credentials it has.
type inEnglish struct{ quicktest.M }

func (m inEnglish) Run() int {
	os.Setenv("LC_ALL", "C")
	os.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "id")
	os.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
	os.Unsetenv("LOABATCH_LANG")
	code := m.M.Run()
	if !everySentenceSaid() {
		code = max(code, 1)
	}
	return code
}

// TestScripts runs the behaviours in testdata/script, one file each.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata/script",
		ContinueOnError:     os.Getenv("KEEP_GOING") != "",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("GOGC", os.Getenv("GOGC"))
			env.Setenv("XDG_STATE_HOME", env.Getenv("WORK")+"/state")
			env.Setenv("TESTDATA", testdata(t))
			env.Setenv(sentenceFolder, os.Getenv(sentenceFolder))
			return nil
		},
		Cmds: scriptCommands,
	})
}
