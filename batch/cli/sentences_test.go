package cli_test

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/cli"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/simulator"
)

// sentenceFolder is the environment variable that names the folder in which the tests, and the
// programs that they run, record the code of each sentence that they say, in a file for each.
const sentenceFolder = "SENTENCES_SAID"

// recordSentence returns a function that writes each code once to a file of this process.
func recordSentence() func(code string) {
	folder := os.Getenv(sentenceFolder)
	if folder == "" {
		var err error
		if folder, err = os.MkdirTemp("", "sentences"); err != nil {
			panic(err)
		}
		os.Setenv(sentenceFolder, folder)
	}
	f, err := os.CreateTemp(folder, "")
	if err != nil {
		return func(string) {} // the tests have ended before this program
	}
	var known sync.Map
	return func(code string) {
		if _, said := known.LoadOrStore(code, true); !said {
			fmt.Fprintln(f, code)
		}
	}
}

// lostCalls has the fault of the simulator that gives each reason for a lost call.
var lostCalls = map[string]string{
	"(timeout)": "hang", "(connection-reset)": "reset", "(empty-answer)": "empty", "(oversized-answer)": "huge",
	"(throttled)": "429", "(redirect)": "redirect", "(server-error)": "504", "(odd-answer)": "idless",
	"(no-answer)": "drop", "(cut-off)": "cut",
}

// TestAnswers has submit say what each error code of the API means, and each way of getting
// no answer at all.
func TestAnswers(t *testing.T) {
	if testing.Short() {
		t.Skip("a run for each of a hundred answers")
	}
	t.Parallel()
	input := filepath.Join(t.TempDir(), "in.xlsx")
	if err := os.WriteFile(input, packWorkbook(crashWorkbook(1)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range append(prose.English.All(), "InvalidTimeStamp.Expired behind", "InvalidTimeStamp.Expired ahead") {
		code, clock, _ := strings.Cut(name, " ")
		skew := map[string]time.Duration{"behind": time.Hour, "ahead": -time.Hour}[clock]
		fault, lost := lostCalls[code]
		if !lost && !slices.Contains([]string{"(too-long)", "(tls)", "(web-page)"}, code) && (code[0] == '(' || strings.ToLower(code) == code) {
			continue // not an answer
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := simulator.New(simulator.Options{Keys: map[string]string{"id": "secret"}, Quota: -1, Script: func(r simulator.Request) (simulator.Fault, bool) {
				return simulator.Fault{Kind: fault}, lost && r.API == "ApplyPhysicalConnectionLOA"
			}})
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case lost || r.FormValue("Action") != "ApplyPhysicalConnectionLOA":
					sim.ServeHTTP(w, r)
				case code == "(too-long)":
					w.WriteHeader(http.StatusRequestURITooLong)
				case code == "(web-page)":
					fmt.Fprint(w, "<html><body>Sign in first</body></html>")
				default:
					w.Header().Set("Content-Type", "application/json")
					w.Header().Set("Date", time.Now().Add(skew).UTC().Format(http.TimeFormat))
					w.WriteHeader(http.StatusBadRequest)
					fmt.Fprintf(w, `{"RequestId":"R-1","Code":%q,"Message":"made up"}`, strings.ReplaceAll(code, "*", "Madeup"))
				}
			}))
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			if server.Start(); code == "(tls)" {
				server.Close()
				server = httptest.NewTLSServer(sim)
				server.Config.ErrorLog = log.New(io.Discard, "", 0)
			}
			t.Cleanup(server.Close)
			t.Cleanup(sim.Close)
			timeout := "1m" // a busy machine is slow to answer
			if fault == "hang" {
				timeout = "1s"
			}
			var stdout, stderr bytes.Buffer
			cli.Run(t.Context(), cli.Env{
				Args: []string{"submit", "--yes", "--survey", "off", "--max-attempts", "1", "--timeout", timeout, "--endpoint", server.URL,
					"--ledger", filepath.Join(t.TempDir(), "ledger.db"), "-o", filepath.Join(t.TempDir(), "out.xlsx"), input},
				Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Getenv: func(string) string { return "" }, Now: time.Now,
			})
			e, _ := prose.English.Entry(code)
			if clock != "" {
				e.Message = clock + " of the service's; nothing more was sent"
				if clock == "behind" {
					e.Message = "behind the service's; nothing more was sent"
				}
			}
			if said := strings.Join(strings.Fields(stdout.String()+stderr.String()), " "); !strings.Contains(said, e.Message) {
				t.Errorf("%q is not in\n%s%s", e.Message, stdout.String(), stderr.String())
			}
		})
	}
}

// TestMeanwhile changes something while a run is under way: each case is done at the first
// application, whose answer waits for it.
func TestMeanwhile(t *testing.T) {
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "id")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
	for _, c := range []struct {
		name, want string
		do         func(folder string) error
	}{
		{"report", "cannot write the html report to", func(folder string) error { return os.Mkdir(filepath.Join(folder, "out.html"), 0o700) }},
		{"copy", "12 of 12 rows accepted; the results copy was written elsewhere", os.RemoveAll},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "out")
			if err := os.Mkdir(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			var once sync.Once
			sim := simulator.New(simulator.Options{Keys: map[string]string{"id": "secret"}, Quota: -1, Script: func(r simulator.Request) (simulator.Fault, bool) {
				if r.API == "ApplyPhysicalConnectionLOA" {
					once.Do(func() {
						if err := c.do(folder); err != nil {
							t.Error(err)
						}
					})
				}
				return simulator.Fault{}, false
			}})
			defer sim.Close()
			server := httptest.NewServer(sim)
			defer server.Close()
			said := runSaid(t, nil, "submit", "--yes", "--endpoint", server.URL, "--report", "html", "-o", filepath.Join(folder, "out.xlsx"),
				"--ledger", filepath.Join(t.TempDir(), "ledger.db"), "../../testdata/clean.xlsx")
			if !strings.Contains(said, c.want) {
				t.Errorf("no %q in %s", c.want, said)
			}
		})
	}
}

// runSaid runs a command line in an empty environment and returns what it printed on both
// streams, its words parted by single blanks.
func runSaid(t *testing.T, change func(*cli.Env), args ...string) string {
	var stdout, stderr bytes.Buffer
	env := cli.Env{Args: args, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Getenv: func(string) string { return "" }, Now: time.Now}
	if change != nil {
		change(&env)
	}
	cli.Run(t.Context(), env)
	return strings.Join(strings.Fields(stdout.String()+stderr.String()), " ")
}

// noticing is a writer that does something once when a text is written.
type noticing struct {
	io.Writer
	text string
	do   func()
	once sync.Once
}

func (n *noticing) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(n.text)) {
		n.once.Do(n.do)
	}
	return n.Writer.Write(p)
}

// TestSimulatedMeanwhile ends simulated runs before their time, and takes their folder away.
func TestSimulatedMeanwhile(t *testing.T) {
	t.Parallel()
	t.Run("signals", func(t *testing.T) {
		t.Parallel()
		signals := make(chan os.Signal, 2)
		said := runSaid(t, func(e *cli.Env) {
			e.Signals = signals
			e.Stderr = &noticing{Writer: e.Stderr, text: "run started", do: func() { signals <- os.Interrupt; signals <- os.Interrupt }}
		}, "submit", "--simulate", "--log-level", "info", "--log-format", "json", "--faults", "ApplyPhysicalConnectionLOA/hang:100%", "-o", filepath.Join(t.TempDir(), "out.xlsx"), "../../testdata/clean.xlsx")
		if !strings.Contains(said, "quit at once; no results copy was written Run the same command again.") {
			t.Error(said)
		}
	})
	t.Run("copy", func(t *testing.T) {
		t.Parallel()
		folder := filepath.Join(t.TempDir(), "out")
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		said := runSaid(t, func(e *cli.Env) {
			e.Stderr = &noticing{Writer: e.Stderr, text: "run started", do: func() { os.RemoveAll(folder) }}
		}, "submit", "--simulate", "--log-level", "info", "--log-format", "json", "--rate", "6/1s", "--burst", "1", "-o", filepath.Join(folder, "out.xlsx"), "../../testdata/clean.xlsx")
		for _, want := range []string{"12 of 12 rows accepted; the results copy was written elsewhere", "written elsewhere: ", "name another file with -o, then simulate it again"} {
			if !strings.Contains(said, want) {
				t.Errorf("no %q in %s", want, said)
			}
		}
	})
	t.Run("bar", func(t *testing.T) {
		t.Parallel()
		said := runSaid(t, func(e *cli.Env) {
			e.StderrTerminal, e.Size = true, func() (int, int) { return 120, 40 }
		}, "submit", "--simulate", "--progress", "bar", "--rate", "20/4s", "--burst", "8", "--max-attempts", "2",
			"--faults", "ApplyPhysicalConnectionLOA/busy:60%", "-o", filepath.Join(t.TempDir(), "out.xlsx"), "../../testdata/clean.xlsx")
		for _, want := range []string{"/12", "failed", "retried", "left"} {
			if !strings.Contains(said, want) {
				t.Errorf("no %q in %s", want, said)
			}
		}
	})
}

// TestHopelessBook has more errors than are listed one by one.
func TestHopelessBook(t *testing.T) {
	t.Parallel()
	grid := crashWorkbook(4100)
	for i := range grid[0].rows[1:] {
		grid[0].rows[1+i][1] = "nowhere"
		grid[0].rows[1+i][2] = ""
	}
	folder := t.TempDir()
	input := filepath.Join(folder, "in.xlsx")
	if err := os.WriteFile(input, packWorkbook(grid), 0o600); err != nil {
		t.Fatal(err)
	}
	said := runSaid(t, nil, "validate", "--report", "html", "-o", filepath.Join(folder, "out.xlsx"), input)
	if want := "are counted here but not listed one by one"; !strings.Contains(said, want) {
		t.Errorf("no %q in %s", want, said)
	}
	said = runSaid(t, nil, "validate", input)
	if want := "more: add -o FILE for a copy that lists them all"; !strings.Contains(said, want) {
		t.Errorf("no %q in %s", want, said)
	}
}

// unsaid lists the sentences that the tests do not make a command say, by the reason why.
var unsaid = map[string][]string{
	"the copy's check of itself, which only a bug or a bad disk fails; see sheet/xlsx and its rooms": {
		"copy-cell-differs", "copy-element-order", "copy-links-differ", "copy-list-count", "copy-listed-twice", "copy-note-differs",
		"copy-opening-differs", "copy-part-differs", "copy-part-found", "copy-part-lost", "copy-part-untyped", "copy-rows-differ",
	},
	"found earlier under another code, and checked again where it would do harm": {
		"copy-cell-reference", "copy-row-number", "copy-sheet-twice", "sheet-not-listed", "(bad-region)", "(client)", "ledger-open-token", "reason-invalid",
	},
	"a table or a folder that no program puts there; see sheet/xlsx": {"copy-table-in-the-way", "copy-folder-entry"},
	"a file of 64 MiB and more; see sheet/xlsx/internal":             {"part-many-strings", "part-too-large", "row-long", "report-more-rows"},
	"a disk, a file system or a user that a test cannot have; see batch/ledger/sqlite and sheet/xlsx/internal/read": {
		"file-unreadable", "part-unreadable", "ledger-busy", "ledger-end", "ledger-full", "ledger-io", "ledger-other", "ledger-permission",
		"ledger-read-only", "reason-ledger-failed", "stop-ledger", "doctor-ledger-network", "doctor-warn", "copy-failed-simulated",
		"cause-exist", "cause-folder", "cause-io", "cause-name", "cause-permission", "source-failed",
	},
	"a network, a name server or a proxy that fails in the middle of a run; see batch/cloud": {
		"(canceled)", "(credentials)", "(dns)", "(network)", "(no-such-host)", "(unreachable)", "(proxy)", "(proxy-answer)", "(proxy-redirect)",
		"(proxy-sign-in)", "(proxy-url)", "report-proxy",
	},
	"a monitoring service that cannot be reached; see batch/notify":                 {"cause-certificate", "cause-no-answer", "cause-no-connection", "cause-no-host", "cause-proxy"},
	"an API that forgets an LOA; see batch":                                         {"reason-not-listed"},
	"said every 30 seconds; see batch/cli/console":                                  {"progress", "progress-more"},
	"a place where the order of what is measured is not certain":                    {"progress-rate-minute", "progress-wait", "progress-rate", "progress-left"},
	"a terminal that goes away, where the tests may not be told of it":              {"terminal-lost"},
	"a run of minutes or hours":                                                     {"elapsed-minutes", "elapsed-hours", "on-finish-late"},
	"a run that is under way elsewhere, or was killed; see batch/ledger/ledgertest": {"history-died", "history-running", "history-taken-over"},
	"an engineer of more than three circuits; see batch/report":                     {"more-circuits"},
}

// everySentenceSaid reports whether the tests made the commands say every sentence of the
// catalogue except those of unsaid. It is asked for by SENTENCES=all, with all tests.
func everySentenceSaid() bool {
	folder := os.Getenv(sentenceFolder)
	defer os.RemoveAll(folder)
	if os.Getenv("SENTENCES") != "all" {
		return true
	}
	said, excused := map[string]bool{}, map[string]bool{}
	files, _ := filepath.Glob(filepath.Join(folder, "*")) // the pattern is well-formed
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			panic(err)
		}
		for code := range strings.Lines(string(text)) {
			said[strings.TrimSuffix(code, "\n")] = true
		}
	}
	for _, codes := range unsaid {
		for _, code := range codes {
			excused[code] = true
		}
	}
	complete := true
	for _, code := range prose.English.All() {
		if !said[code] && !excused[code] {
			fmt.Fprintf(os.Stderr, "no test makes a command say %s\n", code)
			complete = false
		}
		delete(excused, code)
	}
	for code := range excused {
		fmt.Fprintf(os.Stderr, "there is no sentence %s to excuse\n", code)
		complete = false
	}
	return complete
}
