package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/cli/book"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/cli/record"
	"github.com/loabatch/loabatch/batch/inbox"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/notify"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/batch/simulator"
	"github.com/loabatch/loabatch/sheet"
)

// history --prune asks at a terminal. Beside a run in progress the ledger keeps its size.
func TestPruneAsks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	a, _ := asking(strings.NewReader(""), nil)
	store, err := a.ledgers.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	start := func(id string, days int) ledger.Run {
		key := batch.Key{Region: "cn-hangzhou", InstanceID: "pc-" + id}
		run, err := store.Start(t.Context(), ledger.RunInfo{ID: id, Scope: ledger.Real, Command: "submit", Started: time.Now().AddDate(0, 0, -days)}, []batch.Key{key})
		if err == nil {
			err = run.Finish(t.Context(), batch.Outcome{Row: 2, Key: key, Result: sheet.NotAttempted, Reason: batch.ReasonInterrupted})
		}
		if err != nil {
			t.Fatal(err)
		}
		return run
	}
	if err := start("old", 500).End(t.Context(), ledger.RunEnd{}); err != nil {
		t.Fatal(err)
	}
	living := start("living", 500)
	// A run over two accounts, of which one has left something open.
	options, err := json.Marshal(record.Options{Accounts: []record.Account{{Account: "1"}, {Account: "2", Profile: "night"}}})
	if err != nil {
		t.Fatal(err)
	}
	for n, result := range []sheet.Result{sheet.Unknown, sheet.NotAttempted} {
		info := ledger.RunInfo{ID: accounts.PartID("both", n), Scope: ledger.Real.ForAccount(number(n)), Command: "submit", Options: options, Started: time.Now().AddDate(0, 0, -450)}
		app := batch.Application{Row: 2 + n, Key: batch.Key{Region: "cn-hangzhou", InstanceID: "pc-both"}, Hash: "h", Token: "t"}
		run, err := store.Start(t.Context(), info, []batch.Key{app.Key})
		if err == nil && result == sheet.Unknown {
			err = run.Begin(t.Context(), app)
		}
		if err == nil {
			err = run.Finish(t.Context(), batch.Outcome{Row: app.Row, Key: app.Key, Token: app.Token, Result: result, Reason: batch.ReasonUnsettled, Tried: time.Now()})
		}
		if err == nil {
			err = run.End(t.Context(), ledger.RunEnd{})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	prune := func(answer, want string, args ...string) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		code := Run(t.Context(), Env{
			Args: append(args, "--ledger", path), Stdin: strings.NewReader(answer), StdinTerminal: true,
			Stdout: &stdout, Stderr: &stderr, Getenv: func(string) string { return "" }, Now: time.Now,
		})
		if printed := stderr.String(); !strings.Contains(printed, want) || (code == 0) != (args[0] == "history") {
			t.Errorf("exit %d: %s", code, printed)
		}
	}
	prune("n\n", "remove 2 rows of 2 runs from before", "history", "--prune", "400d")
	prune("n\n", "nothing was removed", "history", "--prune", "400d")
	prune("y\n", "removed 2 rows of 2 runs from before", "history", "--prune", "400d")
	prune("", "a run is in progress, so the ledger keeps its size", "history", "--prune", "400d")
	prune("", "the rows of run both were removed from the ledger on", "report", "both")
	prune("", "the rows of run old were removed from the ledger on", "report", "old")
	if err := living.End(t.Context(), ledger.RunEnd{}); err != nil {
		t.Fatal(err)
	}
}

// A panic in one workbook of a folder ends only that workbook, which stays in the folder.
func TestPanicOverOneWorkbook(t *testing.T) {
	a, shown := asking(strings.NewReader(""), nil)
	n := &night{app: a, s: &invocation{}, ctx: t.Context(), base: -1} // slicing the claims panics
	a.monitor = &notify.Monitor{}
	n.s.options.Now = time.Now()
	n.s.options.Location = time.UTC
	n.s.flags.validation.maxUnpacked = defaultMaxUnpacked
	in, err := book.Read("../../testdata/clean.xlsx", n.s.options, n.s.flags.validation.limits())
	if err != nil {
		t.Fatal(err)
	}
	ended, reason := n.take(inbox.Book{Path: in.Path, SHA256: in.SHA256}, nil)
	if reason != "" || ended.Exit != exit.Internal || !ended.Again || ended.Halt || !strings.Contains(shown.String(), "internal error") {
		t.Errorf("%+v, %q: %s", ended, reason, shown)
	}
}

// asking is an app on a terminal whose user types the answer, or sends the signal.
func asking(stdin io.Reader, signal os.Signal) (*app, *bytes.Buffer) {
	signals := make(chan os.Signal, 1)
	if signal != nil {
		signals <- signal
	}
	var shown bytes.Buffer
	env := Env{Stdin: stdin, Stderr: &shown, Signals: signals, StdinTerminal: true, Getenv: func(string) string { return "" }}
	return newApp(env, newLines(env, prose.English), nil), &shown
}

// asked returns the question about some applications.
func asked(a *app, n int) func() (string, error) {
	return func() (string, error) {
		return a.question("submit", []sending{{going: n}}, "the VPC API", []*account{{service: &service{account: "1234"}}}), nil
	}
}

func TestConfirm(t *testing.T) {
	for _, c := range []struct {
		answer string
		exit   int // or -1 for a no
	}{
		{"y\n", exit.OK}, {"YES\n", exit.OK}, {" y \n", exit.OK}, {"是\n", exit.OK}, {"ｙ\n", exit.OK}, {"否\n", -1}, {"n\n", -1}, {"\n", -1}, {"", -1}, {"yes please\n", -1},
	} {
		a, shown := asking(strings.NewReader(c.answer), nil)
		err := a.confirm(false, 12, asked(a, 12))
		if got := exit.Of(err); got != c.exit && !(c.exit == -1 && errors.Is(err, errDeclined)) {
			t.Errorf("answer %q: %v, want exit code %d", c.answer, err, c.exit)
		}
		if !strings.Contains(shown.String(), "submit 12 applications as account 1234 to the VPC API?") {
			t.Errorf("asked %q", shown)
		}
	}
}

// The answer no ends the command: nothing is sent, the exit code is 0 and, with --json, there is a document.
func TestDeclinedDocument(t *testing.T) {
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "made-up")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "made-up")
	s := simulator.New(simulator.Options{Keys: map[string]string{"made-up": "made-up"}})
	defer s.Close()
	server := httptest.NewServer(s)
	defer server.Close()
	for _, inputs := range [][]string{{"../../testdata/clean.xlsx"}, {"../../testdata/clean.xlsx", "../../testdata/applications.xlsx"}} {
		folder := t.TempDir()
		var stdout, stderr bytes.Buffer
		code := Run(t.Context(), Env{
			Args:  append([]string{"submit", "--json", "--endpoint", server.URL, "--ledger", filepath.Join(folder, "ledger.db"), "-o", folder}, inputs...),
			Stdin: strings.NewReader("n\n"), StdinTerminal: true, Stdout: &stdout, Stderr: &stderr, Getenv: func(string) string { return "" }, Now: time.Now,
		})
		type document struct {
			Command  string         `json:"command"`
			ExitCode int            `json:"exit_code"`
			Input    string         `json:"input"`
			Output   string         `json:"output"`
			Requests int            `json:"requests"`
			Results  map[string]int `json:"results"`
		}
		var whole struct {
			document
			Runs []document `json:"runs"`
		}
		if err := json.Unmarshal(stdout.Bytes(), &whole); err != nil {
			t.Fatalf("%v: %s%s", err, stdout.String(), stderr.String())
		}
		docs := whole.Runs
		if len(inputs) == 1 {
			docs = []document{whole.document}
		}
		if code != exit.OK || len(docs) != len(inputs) || whole.ExitCode != exit.OK || !strings.Contains(stderr.String(), "nothing was sent") {
			t.Fatalf("exit %d: %s%s", code, stdout.String(), stderr.String())
		}
		for i, d := range docs {
			if d.Command != "submit" || d.Input != inputs[i] || d.Output != "" || d.Requests != 0 || d.Results["SUBMITTED"] != 0 || d.ExitCode != exit.OK {
				t.Errorf("%+v", d)
			}
		}
		if got := s.Stats().Accepted; got != 0 {
			t.Errorf("%d applications were accepted", got)
		}
	}
}

// The question counts rows that the ledger knows as accepted among those that are not sent. It is
// not asked if nothing is to be sent.
func TestQuestionKnowsTheLedger(t *testing.T) {
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "made-up")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "made-up")
	s := simulator.New(simulator.Options{Keys: map[string]string{"made-up": "made-up"}})
	defer s.Close()
	server := httptest.NewServer(s)
	defer server.Close()
	folder := t.TempDir()
	submit := func(input string, more ...string) (int, string) {
		var stderr bytes.Buffer
		code := Run(t.Context(), Env{
			Args:  append([]string{"submit", "--endpoint", server.URL, "--ledger", filepath.Join(folder, "ledger.db"), "-o", folder, input}, more...),
			Stdin: strings.NewReader("n\n"), StdinTerminal: true, Stdout: io.Discard, Stderr: &stderr, Getenv: func(string) string { return "" }, Now: time.Now,
		})
		return code, stderr.String()
	}
	if code, said := submit("../../testdata/clean.xlsx", "--yes"); code != exit.OK {
		t.Fatalf("exit %d: %s", code, said)
	}
	if code, said := submit("../../testdata/clean.xlsx"); code != exit.OK || strings.Contains(said, "to be submitted") {
		t.Errorf("exit %d: %s", code, said)
	}
	if _, said := submit("../../testdata/clean.xlsx", "--reapply"); !strings.Contains(said, "12 of 12 rows are to be submitted") {
		t.Errorf("--reapply: %s", said)
	}
}

func TestConfirmOne(t *testing.T) {
	a, shown := asking(strings.NewReader("y\n"), nil)
	if err := a.confirm(false, 1, asked(a, 1)); err != nil || !strings.Contains(shown.String(), "submit 1 application as") {
		t.Errorf("asked %q: %v", shown, err)
	}
}

// The question says what is sent, what is not, and what is worth a second look.
func TestQuestion(t *testing.T) {
	a, _ := asking(strings.NewReader(""), nil)
	got := a.question("submit", []sending{{
		file: "in.xlsx", sheet: "Circuits", rows: 41, going: 12, warned: 3,
		stay: report.Results{sheet.Invalid: 9, sheet.Skipped: 20}, regions: map[string]int{"cn-hangzhou": 4, "cn-shanghai": 8},
	}}, "the VPC API", []*account{{service: &service{account: "1234"}}})
	const want = `12 of 41 rows are to be submitted, sheet Circuits of in.xlsx
  29 are not: 9 INVALID, 20 SKIPPED
  3 of the rows to be submitted have warnings
  regions: cn-shanghai 8, cn-hangzhou 4
submit 12 applications as account 1234 to the VPC API?`
	if got != want {
		t.Errorf("got %s", got)
	}
}

// The question before completions counts confirmations separately, since they start billing.
func TestQuestionOfCompletions(t *testing.T) {
	a, _ := asking(strings.NewReader(""), nil)
	got := a.question("complete", []sending{{
		file: "in.xlsx", sheet: "Circuits", rows: 41, going: 12, confirmed: 1, warned: 3, stay: report.Results{sheet.Skipped: 29},
	}}, "the VPC API", []*account{{service: &service{account: "1234"}}})
	const want = `12 of 41 rows are to be completed where the LOA is Available, sheet Circuits of in.xlsx
  29 are not: 29 SKIPPED
  3 of the rows to be completed have warnings
  1 circuit is to be confirmed after that, which starts service and billing
report construction as finished for 12 circuits as account 1234 to the VPC API?`
	if got != want {
		t.Errorf("got %s", got)
	}
}

// The question over several accounts has the rows of each.
func TestQuestionOfSeveralAccounts(t *testing.T) {
	a, _ := asking(strings.NewReader(""), nil)
	in := func(rows map[string]int) sending {
		return sending{file: "in.xlsx", sheet: "Circuits", rows: 20, going: 12, accounts: rows}
	}
	got := a.question("submit", []sending{in(map[string]int{"": 2, "night": 10}), in(map[string]int{"night": 12})}, "the VPC API", []*account{
		{service: &service{account: "1"}}, {profile: "night", service: &service{account: "2"}}, {profile: "day", service: &service{account: "3"}}, {profile: "lost"},
	})
	const want = `12 of 20 rows are to be submitted, sheet Circuits of in.xlsx
12 of 20 rows are to be submitted, sheet Circuits of in.xlsx
  account 1 (profile of the run): 2 rows
  account 2 (profile night): 22 rows
submit 24 applications in 2 accounts to the VPC API?`
	if got != want {
		t.Errorf("got %s", got)
	}
}

// An interrupt ends the wait for an answer that does not come.
func TestConfirmInterrupted(t *testing.T) {
	for signal, code := range map[os.Signal]int{os.Interrupt: exit.Interrupted, syscall.SIGTERM: exit.Terminated, syscall.SIGHUP: exit.Terminated} {
		silent, hold := io.Pipe()
		a, _ := asking(silent, signal)
		if got := exit.Of(a.confirm(false, 1, asked(a, 1))); got != code {
			t.Errorf("%v: exit %d, want %d", signal, got, code)
		}
		hold.Close()
	}
}

func TestConfirmNeedsATerminalOrYes(t *testing.T) {
	a, _ := asking(strings.NewReader("y\n"), nil)
	a.env.StdinTerminal = false
	if got := exit.Of(a.confirm(false, 1, asked(a, 1))); got != exit.Usage {
		t.Errorf("without a terminal: exit %d, want %d", got, exit.Usage)
	}
	if err := a.confirm(true, 1, asked(a, 1)); err != nil {
		t.Errorf("with --yes: %v", err)
	}
}

// A panic ends with a line that says where it happened, not with a stack trace.
func TestPanicIsAnInternalError(t *testing.T) {
	for _, crash := range []func(){
		func() { panic("made-up 000000199001010018") },
		func() { var none []int; _ = none[len(none)] },
	} {
		var stdout, stderr bytes.Buffer
		got := Run(context.Background(), Env{
			Args: []string{"validate", "../../testdata/clean.xlsx"}, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
			Getenv: func(string) string { return "" },
			Now: func() time.Time {
				crash()
				return time.Time{}
			},
		})
		printed := stderr.String()
		if got != exit.Internal || !strings.Contains(printed, "internal error: ") || !strings.Contains(printed, "main_test.go:") ||
			strings.Contains(printed, "goroutine") || strings.Contains(printed, "000000199001010018") {
			t.Errorf("exit %d: %s", got, printed)
		}
	}
}

// panicsOnce is a writer that panics at the first write with this text.
type panicsOnce struct {
	text  string
	sends chan struct{} // closed when the log says that something is sent; may be nil

	mu      sync.Mutex
	written bytes.Buffer
	done    bool
}

func (w *panicsOnce) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sends != nil && bytes.Contains(p, []byte("attempt")) {
		close(w.sends)
		w.sends = nil
	}
	if !w.done && bytes.Contains(p, []byte(w.text)) {
		w.done = true
		panic("made-up 000000199001010018")
	}
	return w.written.Write(p)
}

// A panic in a goroutine other than the engine's, or in the log, ends the run cleanly:
// the copy has every row, and the exit code is 1.
func TestPanicBesideTheEngine(t *testing.T) {
	for _, c := range []struct {
		name, text string
		flags      []string
		signal     bool
	}{
		{"progress", "/12", []string{"--progress", "bar"}, false},
		{"log", "attempt", []string{"--log-level", "info", "--log-format", "json"}, false},
		{"signals", "interrupted: ", []string{"--log-level", "info", "--log-format", "json"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			out := filepath.Join(folder, "out.xlsx")
			signals, sends := make(chan os.Signal, 1), make(chan struct{})
			stderr := &panicsOnce{text: c.text}
			if c.signal {
				stderr.sends = sends
				go func() {
					<-sends
					signals <- os.Interrupt
				}()
			}
			var stdout bytes.Buffer
			got := Run(t.Context(), Env{
				Args:  append([]string{"submit", "--simulate", "--rate", "12/3s", "--burst", "1", "-o", out, "../../testdata/clean.xlsx"}, c.flags...),
				Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: stderr, Getenv: func(string) string { return "" }, Now: time.Now,
				Signals: signals,
			})
			stderr.mu.Lock()
			defer stderr.mu.Unlock()
			printed := stderr.written.String()
			if c.signal && got == exit.Interrupted {
				t.Skip("the run ended before the panic")
			}
			if got != exit.Internal || !stderr.done || !strings.Contains(printed, "internal error: string, main_test.go:") || strings.Contains(printed, "000000199001010018") {
				t.Errorf("exit %d: %s%s", got, stdout.String(), printed)
			}
			// A signal's run may have ended before the panic.
			if _, err := os.Stat(out); err != nil || !c.signal && !strings.Contains(stdout.String(), "internal error") {
				t.Errorf("%v: %s", err, stdout.String())
			}
		})
	}
}

// TestEndpointFlag checks that the flag accepts what package cloud accepts, and that each of
// its errors has a sentence.
func TestEndpointFlag(t *testing.T) {
	for _, tc := range []struct{ endpoint, want string }{
		{"", ""},
		{"https://vpc.example.com", ""},
		{"vpc.example.com:8443", ""},
		{"http://127.0.0.1:8080/", ""},
		{"http://LOCALHOST:1", ""},
		{"http://vpc.example.com", "endpoint-plain"},
		{"https://vpc.example.com/path", "endpoint-value"},
		{"https://vpc.example.com:70000", "endpoint-value"},
		{"ftp://vpc.example.com", "endpoint-value"},
		{"https://user:password@vpc.example.com", "endpoint-user"},
		{"https://user:pass#password@vpc.example.com", "endpoint-user"},
		{"https://user:pass/password@vpc.example.com", "endpoint-user"},
	} {
		f := serviceFlags{endpoint: tc.endpoint}
		err := f.checkEndpoint()
		if tc.want == "" {
			if err != nil {
				t.Errorf("%q: %v", tc.endpoint, err)
			}
			continue
		}
		own, ok := errors.AsType[*exit.Error](err)
		if !ok || own.Code != tc.want || own.Exit != exit.Usage {
			t.Errorf("%q: %v, want %s", tc.endpoint, err, tc.want)
			continue
		}
		message, hint := prose.English.Render(own.Code, own.Args)
		if message == "" || hint == "" || strings.Contains(message+hint, "password@") {
			t.Errorf("%q: %q, %q", tc.endpoint, message, hint)
		}
	}
}

// TestDefaultRegionOfAPastRun reads a past run with a region that is not accepted now.
func TestDefaultRegionOfAPastRun(t *testing.T) {
	for _, region := range []string{"cn-newregion-1", "138-1234-5678"} {
		f := validationOf(record.Options{Region: region, Strict: true, Timezone: "UTC", Severity: []string{"circuit-region-unknown=warning"}})
		o, err := f.options(time.Now())
		if err != nil || o.DefaultRegion != region {
			t.Errorf("%s of a past run: %v", region, err)
		}
		if err, ok := errors.AsType[*exit.Error](checkDefaultRegion(&o)); !ok || err.Exit != exit.Usage {
			t.Errorf("%s of a new run: %v", region, err)
		}
	}
}
