package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/book"
	"github.com/loabatch/loabatch/batch/cli/console"
	"github.com/loabatch/loabatch/batch/cli/doctor"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/files"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/cli/reasons"
	"github.com/loabatch/loabatch/batch/cli/record"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/notify"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/batch/simulator"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// runTool runs a command line to its end, in an empty environment.
func runTool(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = Run(t.Context(), Env{
		Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &err, Getenv: func(string) string { return "" }, Now: time.Now,
	})
	return code, out.String(), err.String()
}

// Without a code, explain lists every rule once, with its severity and a general
// sentence, and likewise everything else, by kind.
func TestExplainAll(t *testing.T) {
	t.Parallel()
	code, listed, _ := runTool(t, "explain")
	for _, r := range sheet.Rules() {
		if n := strings.Count(listed, "\n  "+r.Code+" "); n != 1 {
			t.Errorf("%s is listed %d times", r.Code, n)
		}
		_, line, _ := strings.Cut(listed, "\n  "+r.Code+" ")
		line, _, _ = strings.Cut(line, "\n")
		if words := strings.Fields(line); len(words) < 3 || words[0] != r.Severity.String() {
			t.Errorf("%s: %s", r.Code, line)
		}
	}
	if code != exit.OK || strings.Contains(listed, "{") {
		t.Errorf("exit %d: %s", code, listed)
	}
	_, text, _ := runTool(t, "explain", "--json")
	var lists map[string][]explanation
	if err := json.Unmarshal([]byte(text), &lists); err != nil {
		t.Fatal(err)
	}
	for _, kind := range kinds {
		if len(lists[kind]) == 0 || !strings.Contains(listed, prose.English.Line("explain-kind-"+kind)+"\n") {
			t.Errorf("nothing of %s", kind)
		}
		delete(lists, kind)
	}
	if len(lists) > 0 {
		t.Errorf("unknown kinds: %v", lists)
	}
}

// TestExplainWords explains every word that a copy or the history shows, in the form of
// either language, and every exit code, and says what to do about it.
func TestExplainWords(t *testing.T) {
	t.Parallel()
	type word struct{ name, kind, code string }
	var list []word
	for _, l := range sheet.Languages {
		for _, r := range sheet.AllResults {
			list = append(list, word{l.Result(r), "results", string(r)})
		}
		for _, s := range report.LOAStatuses() {
			list = append(list, word{l.State(s), "loa_statuses", s})
		}
	}
	for _, s := range []ledger.Status{ledger.Running, ledger.Ended, ledger.Died, ledger.TakenOver} {
		for _, c := range []*prose.Catalogue{prose.English, prose.Chinese} {
			list = append(list, word{c.Line("history-" + string(s)), "runs", string(s)})
		}
	}
	for _, e := range statusEntries {
		for _, name := range e.names {
			list = append(list, word{name, "circuit_statuses", name})
		}
	}
	for _, code := range append([]int{exit.OK}, exit.Ranking...) {
		list = append(list, word{"exit " + number(code), "exit_codes", number(code)}, word{number(code), "exit_codes", number(code)})
	}
	for _, w := range list {
		for _, lang := range prose.Languages() {
			code, text, said := runTool(t, "explain", w.name, "--json", "--lang", lang)
			var x explanation
			if err := json.Unmarshal([]byte(text), &x); code != exit.OK || err != nil {
				t.Errorf("%s: exit %d, %v: %s", w.name, code, err, said)
			}
			if x.Code != w.code || x.Kind != w.kind || x.Message == "" || x.Hint == "" {
				t.Errorf("%s: %+v", w.name, x)
			}
		}
	}
}

// suggestedCommand matches a command line of the tool within a sentence: its name, a command,
// and what follows that is not a word of the sentence.
var suggestedCommand = regexp.MustCompile(`loabatch ([a-z]+)((?: (?:show|--?[a-z][a-z-]*(?:=[a-z]+)?|[A-Z]{2,}|'?\{[a-z]+\}'?|[0-9]+|[a-z]+\.xlsx))*)`)

// TestHintsCanBeTyped parses each command line that a message or a hint of the catalogue
// names: the command and its flags exist, and it has the operands it needs.
func TestHintsCanBeTyped(t *testing.T) {
	t.Parallel()
	env := Env{Getenv: func(string) string { return "" }, Stdout: io.Discard, Stderr: io.Discard}
	a := newApp(env, newLines(env, prose.English), nil)
	n := 0
	for _, c := range []*prose.Catalogue{prose.English, prose.Chinese} {
		for _, code := range c.All() {
			e, _ := c.Entry(code)
			if code == "report-html-title" || code == "template-column-check" {
				continue // a title; and what the program does
			}
			for _, m := range suggestedCommand.FindAllStringSubmatch(e.Message+"\n"+e.Hint, -1) {
				line := append([]string{m[1]}, strings.Fields(strings.ReplaceAll(m[2], "'", ""))...)
				cmd, rest, err := a.freshRoot().Find(line)
				if err != nil || !strings.HasPrefix(cmd.CommandPath(), "loabatch "+m[1]) {
					continue // it is about the program, as in "what loabatch printed"
				}
				n++
				if err := cmd.ParseFlags(rest); err != nil && !errors.Is(err, pflag.ErrHelp) {
					t.Errorf("%s: %s: %v", code, m[0], err)
				}
				args := cmd.Flags().Args()
				_, operands, _ := strings.Cut(cmd.Use, " ")
				if err := cmd.ValidateArgs(args); err != nil || len(args) == 0 && operands != "" && operands[0] != '[' {
					t.Errorf("%s: %s: it needs %s (%v)", code, m[0], operands, err)
				}
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d commands found", n)
	}
}

// doctor accepts the same values of --region as submit.
func TestDoctorRegion(t *testing.T) {
	t.Parallel()
	if code, _, printed := runTool(t, "doctor", "--region=-cn-"); code != exit.Usage || !strings.Contains(printed, "--region does not accept -cn-") {
		t.Errorf("exit %d: %s", code, printed)
	}
}

// doctor lists the runs in progress, folders with too little room, and folders that cannot be written to.
func TestDoctorSeesOthers(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.db")
	a := appWith(nil)
	a.lines = newLines(a.env, prose.English)
	store, err := a.ledgers.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if _, err := store.Start(t.Context(), ledger.RunInfo{ID: "20270115-020000-k3f9q", Scope: ledger.Real.ForAccount("1"), Host: "desk", Input: "tonight.xlsx"}, nil); err != nil {
		t.Fatal(err)
	}
	d := &examination{app: a, flags: doctorFlags{service: serviceFlags{ledger: path}}, found: doctor.Findings{Words: prose.English}, s: &invocation{}}
	defer d.s.close()
	checks := d.ledger(t.Context())
	d.found.Folders(append(d.folders, doctor.Folder{Path: t.TempDir(), Size: 1 << 60}, doctor.Folder{Path: filepath.Join(t.TempDir(), "none")}))
	var said strings.Builder
	d.found.Checks = append(d.found.Checks, checks...)
	if err := d.found.Text(&said, 0); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`warn  ledger  run 20270115-020000-k3f9q is in progress on desk, process \d+, since 20.* UTC: tonight.xlsx`,
		`FAIL  folder  .* has only .*iB free, and a run may need 4294967296\.1 GiB`,
		`FAIL  folder  cannot write to .*none: no such file or directory\s+Choose a folder that exists`,
	} {
		if !regexp.MustCompile(want).MatchString(said.String()) {
			t.Errorf("no %q in\n%s", want, said.String())
		}
	}
	if !d.found.Failed {
		t.Error("a full disk does not count as a failure")
	}
}

// TestOneAccountIsLocked has another run hold a circuit of the second account of a workbook:
// nothing is sent in either, and the part of the first is over.
func TestOneAccountIsLocked(t *testing.T) {
	folder := t.TempDir()
	credentials, book, path := filepath.Join(folder, "credentials"), filepath.Join(folder, "in.xlsx"), filepath.Join(folder, "ledger.db")
	t.Setenv("ALIBABA_CLOUD_CREDENTIALS_FILE", credentials)
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "id")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
	if err := os.WriteFile(credentials, []byte("[night]\ntype = access_key\naccess_key_id = night\naccess_key_secret = secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	row := func(id, profile string) []any {
		return []any{id, "cn-hangzhou", "Example Ltd", "MSTP", "Example Builders", "2028-01-14T08:00:00Z", nil, nil, nil, profile}
	}
	var file bytes.Buffer
	if err := xlsx.WriteTemplate(&file, xlsx.Template{
		Words: prose.English, Circuits: [][]any{row("pc-a1", ""), row("pc-b1", "night")},
		Engineers: [][]any{{"*", "Testperson A", "Passport", "X00012345", "Female", "+447700900123"}},
	}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(book, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	sim := simulator.New(simulator.Options{Keys: map[string]string{"id": "secret", "night": "secret"}, Account: "1", Accounts: map[string]string{"night": "2"}})
	server := httptest.NewServer(sim)
	defer server.Close()
	a := appWith(nil)
	store, err := a.ledgers.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	other, err := store.Start(t.Context(), ledger.RunInfo{ID: "20270115-020000-k3f9q.2", Scope: ledger.EndpointScope(server.URL).ForAccount("2")},
		[]batch.Key{{Region: "cn-hangzhou", InstanceID: "pc-b1"}})
	if err != nil {
		t.Fatal(err)
	}
	submit := func() (int, string) {
		code, _, said := runTool(t, "submit", "--yes", "--endpoint", server.URL, "--ledger", path, book)
		return code, said
	}
	if code, said := submit(); code != exit.Locked || !strings.Contains(said, "run 20270115-020000-k3f9q on ") || sim.Stats().Accepted != 0 {
		t.Errorf("exit %d, %d accepted: %s", code, sim.Stats().Accepted, said)
	}
	runs, err := store.Runs(t.Context(), 1)
	if err != nil || runs[0].Status != ledger.Ended || runs[0].End.ExitCode != exit.Locked {
		t.Errorf("the part that was started: %+v, %v", runs, err)
	}
	if err := other.End(t.Context(), ledger.RunEnd{}); err != nil {
		t.Fatal(err)
	}
	if code, said := submit(); code != exit.OK || sim.Stats().Accepted != 2 {
		t.Errorf("exit %d, %d accepted: %s", code, sim.Stats().Accepted, said)
	}
}

func TestSimulatorKeys(t *testing.T) {
	t.Parallel()
	pair := map[string]string{"ALIBABA_CLOUD_ACCESS_KEY_ID": "env", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "hidden"}
	for _, c := range []struct {
		pairs []string
		env   map[string]string
		want  map[string]string // nil for a usage error
	}{
		{nil, nil, map[string]string{simulatedKeyID: simulatedSecret}},
		{nil, pair, map[string]string{"env": "hidden"}},
		{[]string{"a:b", "c:d:e"}, pair, map[string]string{"a": "b", "c": "d:e"}},
		{[]string{"a"}, nil, nil},
		{[]string{":b"}, nil, nil},
		{[]string{"a:"}, nil, nil},
	} {
		got, _, err := appWith(c.env).simulatorKeys(c.pairs)
		if !maps.Equal(got, c.want) || (err == nil) == (c.want == nil) {
			t.Errorf("%q in %v: %v, %v", c.pairs, c.env, got, err)
		}
		if err != nil && (exit.Of(err) != exit.Usage || strings.Contains(err.Error(), "b")) {
			t.Errorf("%q: %v", c.pairs, err)
		}
	}
}

// The simulator prints its URL, serves until the first signal, and then ends well.
func TestServeSimulator(t *testing.T) {
	t.Parallel()
	signals := make(chan os.Signal, 1)
	read, write := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- Run(context.Background(), Env{
			Args: []string{"simulator", "--faults", "503:1%"}, Stdout: write, Stderr: io.Discard, Getenv: func(string) string { return "" }, Now: time.Now, Signals: signals,
		})
	}()
	url, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Get(strings.TrimSpace(url) + "/stats")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("stats: %s", response.Status)
	}
	signals <- syscall.SIGTERM
	if code := <-ended; code != exit.OK {
		t.Errorf("exit %d after the signal", code)
	}
}

func TestSimulatorCannotBeServed(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, c := range []struct{ flag, value, want string }{
		{"--addr", taken.Addr().String(), taken.Addr().String()},
		{"--addr", "0.0.0.0:0", "loopback"},
		{"--key", "no-secret", "key"},
		{"--rate", "often", "often"},
		{"--faults", "nosuch:1%", "nosuch"},
	} {
		if code, _, printed := runTool(t, "simulator", c.flag, c.value); code != exit.Usage || !strings.Contains(printed, c.want) {
			t.Errorf("%s %s: exit %d: %s", c.flag, c.value, code, printed)
		}
	}
}

// A copy that can no longer be written to its path goes to a second place, and the exit
// code says so; if there is no such place, the hint names the ledger.
func TestCopyWithoutItsPlace(t *testing.T) {
	in, err := book.Read(filepath.Join("..", "..", "testdata", "clean.xlsx"), sheet.Options{Location: time.UTC}, book.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	ledgerFlag := filepath.Join(t.TempDir(), "gone", "ledger.db")
	deliver := func(path string) (output, failure, printed, next string, code int) {
		var shown bytes.Buffer
		env := Env{Getenv: func(string) string { return "" }}
		a := newApp(env, console.New(&shown, prose.English, console.Screen{}), nil)
		done := &finished{in: in, outcomes: record.Outcomes(in.Workbook, &ledger.PastRun{}), ledgerFlag: ledgerFlag}
		done.info = runInfo{id: "r1", command: "submit", args: []string{"submit", in.Path}}
		doc := a.deliver(done, files.Target{Path: path}, outputFlags{})
		return doc.Output, doc.Failure, shown.String(), doc.Next().Code, doc.ExitCode
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "out.xlsx")
	if err := os.Mkdir(path, 0o700); err != nil { // the path was free when it was checked
		t.Fatal(err)
	}
	second := filepath.Join(folder, "out.r1-2.xlsx")
	output, failed, printed, next, code := deliver(path)
	if output != second || failed == "" || code != exit.NoCopy || next != "report-next-copy-elsewhere" || !strings.Contains(printed, "written to "+second) {
		t.Errorf("exit %d, output %q, failure %q, next %s: %s", code, output, failed, next, printed)
	}
	if _, err := book.Read(second, sheet.Options{Location: time.UTC}, book.Limits{}); err != nil {
		t.Errorf("the copy in the second place: %v", err)
	}
	t.Setenv("TMPDIR", filepath.Join(folder, "gone"))
	t.Setenv("TMP", filepath.Join(folder, "gone")) // of Windows
	output, failed, printed, _, code = deliver(filepath.Join(folder, "gone", "out.xlsx"))
	if output != "" || failed == "" || code != exit.NoCopy || !strings.Contains(printed, "run: loabatch report --ledger="+ledgerFlag+" r1\n") {
		t.Errorf("exit %d, output %q, failure %q: %s", code, output, failed, printed)
	}
}

// The message of each accepted row of a simulated run says that it was simulated.
func TestSimulatedRowsSaySo(t *testing.T) {
	in, err := book.Read(filepath.Join("..", "..", "testdata", "clean.xlsx"), sheet.Options{Location: time.UTC}, book.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	outcomes := record.Outcomes(in.Workbook, &ledger.PastRun{})
	for i := range outcomes {
		outcomes[i].Result, outcomes[i].Reason = sheet.Submitted, batch.ReasonAccepted
	}
	for words, want := range map[*prose.Catalogue]string{prose.English: "simulated: the API accepted", prose.Chinese: "模拟运行：API 已受理"} {
		done := &finished{in: in, outcomes: outcomes, info: runInfo{command: "submit", simulate: true}}
		for _, a := range document(done, reasons.New(in.Workbook, nil), words).Applications {
			if !strings.HasPrefix(a.Message, want) || strings.Contains(a.Hint, "LOA") {
				t.Errorf("%s: %s", a.Message, a.Hint)
			}
		}
	}
}

// If the account cannot be asked for, the message has the address and says that nothing was sent;
// doctor does not recommend doctor.
func TestUnknownAccountNamesTheAddress(t *testing.T) {
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "made-up")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "made-up")
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"RequestId":"R-1","Code":"InvalidAccessKeyId.NotFound","Message":"made up"}`)
	}))
	defer refusing.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	run := func(endpoint string, args ...string) string {
		var out bytes.Buffer
		Run(t.Context(), Env{
			Args: append(args, "--ledger", filepath.Join(t.TempDir(), "ledger.db")), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Signals: make(chan os.Signal), Now: time.Now,
			Getenv: func(name string) string { return pick(name == "LOABATCH_ENDPOINT", endpoint, "") },
		})
		return out.String()
	}
	submit := []string{"submit", "--yes", "--max-attempts", "1", "-o", t.TempDir(), filepath.Join("..", "..", "testdata", "clean.xlsx")}
	for _, c := range []struct{ endpoint, want string }{{gone.URL, gone.URL + " (LOABATCH_ENDPOINT)"}, {refusing.URL, "rejected the credentials"}} {
		if got := run(c.endpoint, submit...); !strings.Contains(got, c.want) || !strings.Contains(got, "Nothing was sent.") {
			t.Errorf("submit: %s", got)
		}
		if got := run(c.endpoint, "doctor"); !strings.Contains(got, c.want) || strings.Contains(got, "loabatch doctor") {
			t.Errorf("doctor: %s", got)
		}
	}
}

// The log has the events of a run as JSON, with level, time and msg, and the trace that the
// run is a part of.
func TestLogEvents(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	name := filepath.Join(folder, "log.json")
	variables := map[string]string{"TRACEPARENT": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
	code := Run(t.Context(), Env{
		Args:  []string{"submit", "--simulate", "--faults", "throttle:20%", "--log-format", "json", "--log-file", name, "-o", filepath.Join(folder, "out.xlsx"), "../../testdata/applications.xlsx"},
		Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, Getenv: func(v string) string { return variables[v] }, Now: time.Now,
	})
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	events := map[string]map[string]any{}
	for line := range bytes.Lines(text) {
		var e map[string]any
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		for _, key := range []string{"level", "time", "msg", "run_id"} {
			if e[key] == nil {
				t.Errorf("no %s in %s", key, line)
			}
		}
		if e["trace_id"] != "4bf92f3577b34da6a3ce929d0e0e4736" {
			t.Errorf("no trace in %s", line)
		}
		events[e["msg"].(string)] = e
	}
	for _, msg := range []string{"run started", "survey", "attempt", "throttled", "run ended"} {
		if events[msg] == nil {
			t.Errorf("no event %q", msg)
		}
	}
	end := events["run ended"]
	results, _ := end["results"].(map[string]any)
	if end["exit_code"] != float64(code) || results["INVALID"] == nil || !strings.HasSuffix(fmt.Sprint(end["output"]), "out.xlsx") {
		t.Errorf("run ended: %v", end)
	}
}

// A text log says in the user's language what each line is about; the json format keeps the
// names of events.
func TestLogText(t *testing.T) {
	for language, want := range map[string]string{"en": "run started", "zh": "运行开始"} {
		words, _ := prose.For(language)
		a := newApp(Env{}, console.New(io.Discard, words, console.Screen{}), nil)
		for format, want := range map[string]string{"text": want, "json": "run started"} {
			a.env.Stderr = &bytes.Buffer{}
			log, _, err := a.openLog(watchFlags{logFormat: format, logLevel: "debug"})
			if err != nil {
				t.Fatal(err)
			}
			for _, msg := range []string{"run started", "run ended", "survey", "attempt", "throttled", "quota wait", "unheard of"} {
				log.Info(msg, "msg_of", msg)
			}
			if written := fmt.Sprint(a.env.Stderr); !strings.Contains(written, want) || !strings.Contains(written, "unheard of") || language == "zh" && format == "text" && strings.Contains(written, `msg=attempt`) {
				t.Errorf("%s, %s: %s", language, format, written)
			}
		}
	}
}

// The language comes from --lang, else LOABATCH_LANG, else the user's locale, also for
// errors in the flags.
func TestLanguage(t *testing.T) {
	for _, c := range []struct {
		args      string
		variables map[string]string
		system    string
		want      string
	}{
		{"validate", nil, "", "en"},
		{"validate --lang zh", nil, "", "zh"},
		{"validate --lang=zh --no-such-flag", nil, "", "zh"},
		{"validate --no-such-flag --lang zh", nil, "", "zh"},
		{"validate --lang zh --lang en", nil, "", "en"},
		{"validate -- --lang zh", nil, "", "en"},
		{"validate", map[string]string{"LOABATCH_LANG": "zh", "LC_ALL": "en_US.UTF-8"}, "", "zh"},
		{"validate --lang en", map[string]string{"LOABATCH_LANG": "zh"}, "", "en"},
		{"validate", map[string]string{"LANG": "zh_CN.UTF-8"}, "", "zh"},
		{"validate", map[string]string{"LC_MESSAGES": "zh_TW", "LANG": "en_US.UTF-8"}, "", "zh"},
		{"validate", map[string]string{"LC_ALL": "POSIX", "LANG": "zh_CN.UTF-8"}, "", "en"},
		{"validate", map[string]string{"LANG": "fr_FR.UTF-8"}, "", "en"},
		{"validate", nil, "zh-CN", "zh"},
		{"validate", map[string]string{"LANG": "zh_CN.UTF-8"}, "en-US", "en"},
	} {
		env := Env{Args: strings.Fields(c.args), Getenv: func(name string) string { return c.variables[name] }, Language: c.system}
		if got := env.catalogue().Language(); got != c.want {
			t.Errorf("%s with %v, %q: got %s, want %s", c.args, c.variables, c.system, got, c.want)
		}
	}
}

// An unknown language is a usage error, wherever it is named.
func TestUnknownLanguage(t *testing.T) {
	for _, c := range []struct {
		args     []string
		variable string
	}{{[]string{"history", "--lang", "fr"}, ""}, {[]string{"history"}, "zh_CN"}} {
		var stdout, stderr bytes.Buffer
		got := Run(t.Context(), Env{
			Args: c.args, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Now: time.Now,
			Getenv: func(name string) string {
				if name == "LOABATCH_LANG" {
					return c.variable
				}
				return ""
			},
		})
		if got != exit.Usage || !strings.Contains(stderr.String(), "error: --lang does not accept") || !strings.Contains(stderr.String(), "It takes one of: en, zh.") {
			t.Errorf("%q, %q: exit %d: %s", c.args, c.variable, got, stderr.String())
		}
	}
}

// appWith is an app in an environment.
func appWith(variables map[string]string) *app {
	env := Env{Getenv: func(name string) string { return variables[name] }}
	return newApp(env, newLines(env, prose.English), nil)
}

// understood reads a command line as the tool does, its variables too.
func understood(t *testing.T, a *app, line []string) *cobra.Command {
	t.Helper()
	cmd, rest, err := a.freshRoot().Find(line)
	if err == nil {
		err = cmd.ParseFlags(rest)
	}
	if err == nil {
		err = a.bindEnvironment(cmd.Flags())
	}
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return cmd
}

// mode is what a command line would do: submit online simulated.
func mode(t *testing.T, cmd *cobra.Command) string {
	t.Helper()
	words := []string{cmd.Name()}
	if f := cmd.Flag(dryRunFlag); f != nil {
		kind, ok := parseDryRun(f.Value.String())
		if !ok {
			t.Fatalf("--dry-run=%s", f.Value)
		}
		if kind != dryRunOff {
			words = append(words, string(kind))
		}
	}
	if f := cmd.Flag("simulate"); f != nil && f.Value.String() == "true" {
		words = append(words, "simulated")
	}
	return strings.Join(words, " ")
}

// suggested returns the commands that are suggested after a command line.
func suggested(t *testing.T, a *app, line ...string) report.Commands {
	t.Helper()
	cmd := understood(t, a, line)
	info := runInfo{id: "r1", args: settingsLine(cmd, cmd.Flags().Args())}
	if f := cmd.Flag("simulate"); f != nil {
		info.simulate = f.Value.String() == "true"
	}
	return a.commands(info, "in.xlsx", "out.xlsx")
}

// Whatever was given by flag or by variable, a suggested command does what it is
// suggested for in the same environment.
func TestSuggestedModes(t *testing.T) {
	t.Parallel()
	for _, dryRun := range []string{"", "offline", "online", "true", "false"} {
		for _, simulate := range []string{"", "true"} {
			a := appWith(map[string]string{"LOABATCH_DRY_RUN": dryRun, "LOABATCH_SIMULATE": simulate, "LOABATCH_ENDPOINT": "http://127.0.0.1:9"})
			for _, line := range []string{
				"validate in.xlsx", "submit in.xlsx", "submit --dry-run in.xlsx", "submit --dry-run=online in.xlsx", "submit --dry-run=false in.xlsx",
				"submit --simulate in.xlsx", "submit --simulate=false in.xlsx", "submit --simulate --dry-run=online in.xlsx", "status in.xlsx", "status --simulate=false in.xlsx",
			} {
				cmd := understood(t, a, strings.Fields(line))
				own, simulated := mode(t, cmd), ""
				if strings.HasSuffix(own, " simulated") {
					simulated = " simulated"
				}
				got := suggested(t, a, strings.Fields(line)...)
				for _, c := range []struct{ what, line, want string }{
					{"again", got.Again, own},
					{"mended", got.Mended, own},
					{"submit", got.Submit, "submit" + simulated},
					{"status", got.Status, "status" + simulated},
					{"apply", got.Apply, "submit" + simulated},
					{"reapply", got.Reapply, "submit" + simulated},
				} {
					words, err := notify.ParseCommand(c.line)
					if err != nil {
						t.Fatal(err)
					}
					next := understood(t, a, words[1:])
					if words[0] != "loabatch" || mode(t, next) != c.want || next.Flag("endpoint") != nil && next.Flag("endpoint").Value.String() != "http://127.0.0.1:9" {
						t.Errorf("DRY_RUN=%s SIMULATE=%s loabatch %s: %s is %s, which does %q, want %q", dryRun, simulate, line, c.what, c.line, mode(t, next), c.want)
					}
				}
			}
		}
	}
}

// Settings that the environment gives are not repeated; those that differ from it are.
func TestSuggestedCommands(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the commands have the quotes of a POSIX shell; see TestWindowsQuote")
	}
	t.Parallel()
	const to, workbook = ` --endpoint=http://127.0.0.1:9 --expect-account=1 "--ledger=my ledger.db" --profile=night`, ` --region=cn-hangzhou --timezone=Asia/Shanghai`
	const where = `--endpoint|http://127.0.0.1:9|--ledger=my ledger.db|--profile|night|--expect-account=1|--region|cn-hangzhou|--timezone=Asia/Shanghai`
	for _, c := range []struct {
		env   map[string]string
		line  string // separated by |
		which string
		want  string
	}{
		{nil, "submit|--yes|a b.xlsx", "Again", `loabatch submit --yes "a b.xlsx"`},
		{nil, "submit|-qy|-j|4|in.xlsx", "Again", `loabatch submit --concurrency=4 --quiet --yes in.xlsx`},
		{nil, "submit|--rate|300/1m|in.xlsx", "Again", `loabatch submit in.xlsx`},
		{nil, "validate|--strict|$x.xlsx", "Submit", `loabatch submit --strict '$x.xlsx'`},
		{nil, "submit|--dry-run=online|it's.xlsx", "Submit", `loabatch submit "it's.xlsx"`},
		{nil, "submit|--severity|hidden-row=error|--severity=hidden-column=off|in.xlsx", "Again", `loabatch submit --severity=hidden-row=error,hidden-column=off in.xlsx`},
		{nil, "submit|--|-in.xlsx", "Again", `loabatch submit -- -in.xlsx`},
		{nil, "submit|in.xlsx|--|--ledger", "Status", `loabatch status out.xlsx`},
		{nil, "submit|--yes|--force|-o|out.xlsx|in.xlsx", "Mended", `loabatch submit --yes out.xlsx`},
		{nil, "submit|--yes|--force|-o|out.xlsx|in.xlsx", "Submit", `loabatch submit --output=out.xlsx --yes in.xlsx`},
		{nil, "submit|--only|failed|-o|out.xlsx|in.xlsx", "Rest", `loabatch submit out.xlsx`},
		{map[string]string{"LOABATCH_OUTPUT": "out.xlsx"}, "submit|in.xlsx", "Mended", `loabatch submit --output= out.xlsx`},
		{map[string]string{"LOABATCH_OUTPUT": "out.xlsx"}, "submit|in.xlsx", "Status", `loabatch status --output= out.xlsx`},
		{nil, "submit|-o|.|in.xlsx|other.xlsx", "Mended", `loabatch submit --output=. out.xlsx`},
		{map[string]string{"LOABATCH_DRY_RUN": "offline"}, "submit|in.xlsx", "Again", `loabatch submit in.xlsx`},
		{map[string]string{"LOABATCH_DRY_RUN": "offline"}, "submit|in.xlsx", "Submit", `loabatch submit --dry-run=false in.xlsx`},
		{map[string]string{"LOABATCH_DRY_RUN": "offline"}, "validate|in.xlsx", "Submit", `loabatch submit --dry-run=false in.xlsx`},
		{map[string]string{"LOABATCH_STRICT": "1", "LOABATCH_REGION": "cn-beijing"}, "submit|--strict=false|in.xlsx", "Again", `loabatch submit --strict=false in.xlsx`},
		{map[string]string{"LOABATCH_ONLY": "failed"}, "submit|--only=|in.xlsx", "Again", `loabatch submit --only= in.xlsx`},
		{nil, "submit|--yes|-o|x.xlsx|" + where + "|in.xlsx", "Status", "loabatch status" + to + workbook + " out.xlsx"},
		{nil, "submit|--yes|-o|x.xlsx|" + where + "|in.xlsx", "Doctor", "loabatch doctor" + to},
		{nil, "submit|--yes|-o|x.xlsx|" + where + "|in.xlsx", "Report", `loabatch report "--ledger=my ledger.db" r1`},
		{nil, "status|-o|x.xlsx|" + where + "|in.xlsx", "Apply", "loabatch submit" + to + workbook + " out.xlsx"},
		{nil, "status|-o|x.xlsx|" + where + "|in.xlsx", "Reapply", "loabatch submit" + to + " --reapply --region=cn-hangzhou --timezone=Asia/Shanghai out.xlsx"},
	} {
		a := appWith(c.env)
		got := reflect.ValueOf(suggested(t, a, strings.Split(c.line, "|")...)).FieldByName(c.which).String()
		if got != c.want {
			t.Errorf("%v %s: %s is\n%s, want\n%s", c.env, c.line, c.which, got, c.want)
		}
		if c.which == "Again" {
			words, err := notify.ParseCommand(got)
			if err != nil {
				t.Fatal(err)
			}
			again := understood(t, a, words[1:])
			if first := understood(t, a, strings.Split(c.line, "|")); !maps.Equal(values(first), values(again)) || !slices.Equal(first.Flags().Args(), again.Flags().Args()) {
				t.Errorf("%s has other settings than %s", got, c.line)
			}
		}
	}
}

// A command line in the ledger that cannot be parsed, from another version, suggests nothing.
func TestSuggestFromAnUnknownLine(t *testing.T) {
	if got := appWith(nil).commands(runInfo{args: []string{"submit", "--no-longer-there", "in.xlsx"}}, "in.xlsx", ""); got != (report.Commands{}) {
		t.Errorf("%+v", got)
	}
}

// values are the values of a command's flags.
func values(cmd *cobra.Command) map[string]string {
	all := map[string]string{}
	cmd.Flags().VisitAll(func(f *pflag.Flag) { all[f.Name] = flagText(f) })
	return all
}

// TestQuestionOfSteps reads what a command asks before it sends for more than one
// account: the steps, those that start billing, and who is to send how many.
func TestQuestionOfSteps(t *testing.T) {
	a := appWith(nil)
	rows := []sending{{
		file: "in.xlsx", sheet: "Circuits", rows: 4, going: 3, confirmed: 1, stay: report.Results{sheet.Already: 1},
		regions: map[string]int{"cn-hangzhou": 3}, accounts: map[string]int{"one": 2, "two": 1},
	}}
	rows[0].steps[batch.Reapply], rows[0].steps[batch.Complete] = 2, 1
	accounts := []*account{{profile: "one"}, {profile: "two"}, {profile: "idle"}}
	for command, wants := range map[string][]string{
		"advance":  {"2 circuits to apply for again, as their LOAs were rejected", "1 circuit is to be confirmed after that", "take 3 steps in 2 accounts at https://vpc.example.com?"},
		"complete": {"3 of 4 rows are to be completed", "1 circuit is to be confirmed after that", "report construction as finished for 3 circuits in 2 accounts to https://vpc.example.com?"},
	} {
		asked := a.question(command, rows, "https://vpc.example.com", accounts)
		for _, want := range wants {
			if !strings.Contains(asked, want) {
				t.Errorf("%s does not ask %q:\n%s", command, want, asked)
			}
		}
	}
}
