package cli_test

import (
	"bytes"
	"flag"
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

// sentenceFile is the environment variable that names the file in which the tests, and the
// programs that they run, record the code of each sentence that they say.
const sentenceFile = "SENTENCES_SAID"

// recordSentence returns a function that appends each code once to the file.
func recordSentence() func(code string) {
	path, mark := os.Getenv(sentenceFile), "+"
	if path == "" {
		f, err := os.CreateTemp("", "sentences")
		if err != nil {
			panic(err)
		}
		path, mark = f.Name(), "-"
		f.Close()
		os.Setenv(sentenceFile, path)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		panic(err)
	}
	var known sync.Map
	return func(code string) {
		if _, said := known.LoadOrStore(code, true); !said {
			fmt.Fprintln(f, mark+code)
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
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "id")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
	input := filepath.Join(t.TempDir(), "in.xlsx")
	if err := os.WriteFile(input, packWorkbook(crashWorkbook(1)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, code := range prose.English.All() {
		fault, lost := lostCalls[code]
		if !lost && !slices.Contains([]string{"(too-long)", "(tls)", "(web-page)"}, code) && (code[0] == '(' || strings.ToLower(code) == code) {
			continue // not an answer
		}
		t.Run(code, func(t *testing.T) {
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
			var stdout, stderr bytes.Buffer
			cli.Run(t.Context(), cli.Env{
				Args: []string{"submit", "--yes", "--survey", "off", "--max-attempts", "1", "--timeout", "1s", "--endpoint", server.URL,
					"--ledger", filepath.Join(t.TempDir(), "ledger.db"), "-o", filepath.Join(t.TempDir(), "out.xlsx"), input},
				Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Getenv: func(string) string { return "" }, Now: time.Now,
			})
			e, _ := prose.English.Entry(code)
			if said := strings.Join(strings.Fields(stdout.String()+stderr.String()), " "); !strings.Contains(said, e.Message) {
				t.Errorf("%q is not in\n%s%s", e.Message, stdout.String(), stderr.String())
			}
		})
	}
}

// everySentenceSaid reports whether the tests made the commands say every sentence of the
// catalogue, if all of them ran.
func everySentenceSaid() bool {
	path := os.Getenv(sentenceFile)
	whole := true
	flag.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "test.run", "test.skip", "test.short", "test.list":
			whole = whole && f.Value.String() == ""
		}
	})
	text, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	if keep := os.Getenv("SENTENCES_KEEP"); keep != "" {
		os.WriteFile(keep, text, 0o644)
	}
	os.Remove(path)
	if !whole {
		return true
	}
	said := strings.Fields(string(text))
	for _, code := range prose.English.All() {
		if !slices.Contains(said, "+"+code) && !slices.Contains(said, "-"+code) {
			fmt.Fprintln(os.Stderr, "never said:", code)
		}
	}
	return true
}
