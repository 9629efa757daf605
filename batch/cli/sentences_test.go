package cli_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"log"
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
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/cli"
	"github.com/loabatch/loabatch/batch/cli/clitest"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/ledger/sqlite/lossytest"
	"github.com/loabatch/loabatch/batch/simulator"
)

// lostCalls has the simulator's fault that causes each reason for a lost call.
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
	if err := os.WriteFile(input, clitest.Pack(clitest.Circuits(1)), 0o600); err != nil {
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

// TestMeanwhile changes something during a run: each case happens at the first application,
// whose answer waits for it.
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

// TestFolderMeanwhile changes something in a folder while its first workbook is processed.
func TestFolderMeanwhile(t *testing.T) {
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "id")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
	for _, c := range []struct {
		name string
		exit int
		want []string
		do   func(folder string) error
	}{
		{"taken away", 0, []string{"in/a.xlsx was left out: it is no longer there", "in/b.xlsx was moved to"}, func(folder string) error { return os.Remove(folder + "/in/a.xlsx") }},
		{"edited", 0, []string{"in/a.xlsx was changed while it was processed, so it was not moved"}, func(folder string) error { return os.WriteFile(folder+"/in/a.xlsx", nil, 0o600) }},
		{"next taken away", 0, []string{"in/a.xlsx was moved to", "in/b.xlsx was left out: it is no longer there"}, func(folder string) error { return os.Remove(folder + "/in/b.xlsx") }},
		{"next edited", 0, []string{"in/b.xlsx was left for the next run: it has changed since this one started"}, func(folder string) error {
			return os.Rename(folder+"/other.xlsx", folder+"/in/b.xlsx")
		}},
		{"done gone", 5, []string{"cannot move ", "in/a.xlsx: no such file or directory", "Run again: the workbook is moved then"}, func(folder string) error { return os.Remove(folder + "/done") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			then := time.Now().Add(-time.Hour)
			for i, name := range []string{"in/a.xlsx", "in/b.xlsx", "other.xlsx", "copies/", "done/"} {
				path := filepath.Join(folder, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if strings.HasSuffix(name, "/") {
					if err := os.MkdirAll(path, 0o700); err != nil {
						t.Fatal(err)
					}
				} else if err := errors.Join(os.WriteFile(path, clitest.Pack(clitest.Circuits(1+i)), 0o600), os.Chtimes(path, then, then)); err != nil {
					t.Fatal(err)
				}
			}
			var once sync.Once
			var args []string
			var second string
			sim := simulator.New(simulator.Options{Keys: map[string]string{"id": "secret"}, Quota: -1, Script: func(r simulator.Request) (simulator.Fault, bool) {
				if r.API == "ApplyPhysicalConnectionLOA" {
					once.Do(func() {
						second = runSaid(t, nil, args...)
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
			args = []string{"submit", "--yes", "--endpoint", server.URL, "--in", folder + "/in", "--done", folder + "/done", "-o", folder + "/copies", "--ledger", filepath.Join(folder, "ledger.db")}
			var stdout, stderr bytes.Buffer
			exit := cli.Run(t.Context(), cli.Env{Args: args, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Getenv: func(string) string { return "" }, Now: time.Now})
			said := saidIn(stdout.String() + stderr.String())
			for _, want := range c.want {
				if exit != c.exit || !strings.Contains(said, want) {
					t.Errorf("exit code %d, no %q in %s", exit, want, said)
				}
			}
			if want := "another run is processing the folder"; !strings.Contains(second, want) {
				t.Errorf("a second run at once: no %q in %s", want, second)
			}
		})
	}
}

// TestFolderQuestion asks once before the workbooks of a folder are sent. Those that a run
// has finished with, or that cannot be read, are not part of the question.
func TestFolderQuestion(t *testing.T) {
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "id")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
	sim := simulator.New(simulator.Options{Keys: map[string]string{"id": "secret"}, Quota: -1})
	defer sim.Close()
	server := httptest.NewServer(sim)
	defer server.Close()
	folder := t.TempDir()
	then := time.Now().Add(-time.Hour)
	add := func(name string, content []byte) {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.WriteFile(path, content, 0o600), os.Chtimes(path, then, then)); err != nil {
			t.Fatal(err)
		}
	}
	answer := func(text string) string {
		return runSaid(t, func(e *cli.Env) { e.StdinTerminal, e.Stdin = true, strings.NewReader(text) },
			"submit", "--json", "--endpoint", server.URL, "--in", folder, "--ledger", filepath.Join(folder, "ledger.db"))
	}
	add("a.xlsx", clitest.Pack(clitest.Circuits(2)))
	add("b.xlsx", []byte("not a workbook"))
	for _, want := range []string{"2 of 2 rows", "a.xlsx", "submit 2 applications", "nothing was sent", `"reason":"stopped"`, `"exit_code": 0`} {
		if said := answer("n\n"); !strings.Contains(said, want) || sim.Stats().Accepted > 0 {
			t.Errorf("no %q in %s", want, said)
		}
	}
	if said := answer("y\n"); !strings.Contains(said, `"exit_code": 4`) || sim.Stats().Accepted != 2 {
		t.Errorf("accepted %d: %s", sim.Stats().Accepted, said)
	}
	add("c.xlsx", clitest.Pack(clitest.Circuits(2)))                                                                // finished
	add("d.xlsx", clitest.Pack(append(clitest.Circuits(2), clitest.Sheet{Name: "Notes", Rows: [][]string{{"x"}}}))) // nothing new in it
	if said := answer(""); strings.Contains(said, "y/N") || !strings.Contains(said, `"ALREADY": 2`) {
		t.Errorf("nothing is to be sent, and it said %s", said)
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
	return saidIn(stdout.String() + stderr.String())
}

// saidIn returns what was said on one line, with the slashes of other systems on Windows.
func saidIn(text string) string {
	return filepath.ToSlash(strings.Join(strings.Fields(text), " "))
}

// noticing is a writer that does something once, when a certain text is written.
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

// TestSimulatedMeanwhile stops simulated runs early, and removes their folder.
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
	t.Run("folded", func(t *testing.T) {
		t.Parallel()
		said := runSaid(t, func(e *cli.Env) { e.StdoutTerminal, e.Size = true, func() (int, int) { return 80, 28 } },
			"validate", "--severity", "circuit-time-past=off", filepath.Join("..", "..", "testdata", "applications.xlsx"))
		if !strings.Contains(said, "add -o FILE for a copy that lists them all") {
			t.Error(said)
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

// TestBrokenLedger makes the disk under the ledger fail, before a run or after its first
// application was sent, in each of the ways that SQLite distinguishes.
func TestBrokenLedger(t *testing.T) {
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "id")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
	const internal, permission, busy, readOnly, io, full = 2, 3, 5, 8, 10, 13 // SQLite's result codes
	for _, c := range []struct {
		name   string
		code   int
		during bool
		want   []string
	}{
		{"full", full, false, []string{"cannot open the ledger", "the disk is full", "Free up some space, or put the ledger elsewhere with --ledger. Nothing was sent."}},
		{"permission", permission, false, []string{"permission denied", "Check the permissions of the file and its folder"}},
		{"busy", busy, false, []string{"another process kept it locked for too long", "Look for a hung process"}},
		{"read-only", readOnly, false, []string{"the file, its folder or its file system is read-only"}},
		{"io", io, false, []string{"reading or writing it failed", "Check the disk."}},
		{"other", internal, false, []string{"Check the file, or use another ledger with --ledger."}},
		{"during", full, true, []string{"the ledger failed: the disk is full", "Nothing more was sent. Free up some space, or put the ledger elsewhere with --ledger. Then run",
			"the ledger could not be written; nothing more was sent",
			"the ledger could not record how the run ended: the disk is full"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel() // waits for a busy ledger
			folder := t.TempDir()
			disk, err := lossytest.New(folder, rand.New(rand.NewPCG(1, 1)))
			if err != nil {
				t.Fatal(err)
			}
			if !c.during {
				disk.Refuse(c.code)
			}
			sim := simulator.New(simulator.Options{Keys: map[string]string{"id": "secret"}, Quota: -1, Script: func(r simulator.Request) (simulator.Fault, bool) {
				if r.API == "ApplyPhysicalConnectionLOA" {
					disk.Refuse(c.code)
				}
				return simulator.Fault{}, false
			}})
			defer sim.Close()
			server := httptest.NewServer(sim)
			defer server.Close()
			said := runSaid(t, nil, "submit", "--yes", "-j", "1", "--endpoint", server.URL, "-o", filepath.Join(t.TempDir(), "out.xlsx"),
				"--ledger", filepath.Join(folder, "ledger.db"), "../../testdata/clean.xlsx")
			for _, want := range c.want {
				if !strings.Contains(said, want) {
					t.Errorf("no %q in %s", want, said)
				}
			}
		})
	}
}

// TestNowhereToWrite takes away every place for the copy of a simulated run.
func TestNowhereToWrite(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	folder := filepath.Join(t.TempDir(), "out")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	said := runSaid(t, func(e *cli.Env) {
		e.Stderr = &noticing{Writer: e.Stderr, text: "run started", do: func() {
			os.Setenv("TMPDIR", filepath.Join(folder, "gone"))
			os.RemoveAll(folder)
		}}
	}, "submit", "--simulate", "--log-level", "info", "--log-format", "json", "--rate", "6/1s", "--burst", "1", "-o", filepath.Join(folder, "out.xlsx"), "../../testdata/clean.xlsx")
	for _, want := range []string{"cannot write the results copy to ", "then simulate it again"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in %s", want, said)
		}
	}
}

// TestForgottenLOA has the API forget the LOA of an application that was accepted.
func TestForgottenLOA(t *testing.T) {
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "id")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
	var sim atomic.Pointer[simulator.Simulator]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { sim.Load().ServeHTTP(w, r) }))
	defer server.Close()
	folder := t.TempDir()
	said := ""
	for _, reapply := range []string{"false", "true"} {
		fresh := simulator.New(simulator.Options{Keys: map[string]string{"id": "secret"}, Quota: -1})
		defer fresh.Close()
		sim.Store(fresh)
		said = runSaid(t, nil, "submit", "--yes", "--json", "--reapply="+reapply, "--endpoint", server.URL, "-o", filepath.Join(folder, "out.xlsx"),
			"--ledger", filepath.Join(folder, "ledger.db"), "../../testdata/clean.xlsx")
	}
	if want := "an earlier run's application was accepted, but the API lists no LOA now; nothing was sent"; !strings.Contains(said, want) {
		t.Errorf("no %q in %s", want, said)
	}
}

// TestPasswordAsked asks for a password at a terminal; see batch/cli/password for the rest.
func TestPasswordAsked(t *testing.T) {
	t.Parallel()
	content, err := clitest.Encrypt(zipOf(zip.Deflate, partsOfBook(t, "")))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "book.xlsx")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	said := runSaid(t, func(e *cli.Env) {
		e.Password = func() (string, error) { return clitest.Password, nil }
	}, "validate", path)
	if want := "password of " + filepath.ToSlash(path) + " (not shown):"; !strings.Contains(said, want) || !strings.Contains(said, "all 2 rows are valid") {
		t.Errorf("no %q in %s", want, said)
	}
}

// TestLongRun has runs take minutes and hours by the clock; the terminal is closed in the meantime.
func TestLongRun(t *testing.T) {
	t.Parallel()
	for step, want := range map[time.Duration]string{time.Minute: ", 1m", time.Hour: ", 1h"} {
		signals := make(chan os.Signal, 1)
		var later atomic.Int64
		said := runSaid(t, func(e *cli.Env) {
			e.Signals = signals
			start := time.Now()
			e.Now = func() time.Time { return start.Add(time.Duration(later.Load())) }
			e.Stderr = &noticing{Writer: e.Stderr, text: "run started", do: func() { later.Store(int64(step)); signals <- syscall.SIGHUP }}
		}, "submit", "--simulate", "--log-level", "info", "--log-format", "json", "--rate", "20/1s", "--burst", "1", "-o", filepath.Join(t.TempDir(), "out.xlsx"), "../../testdata/clean.xlsx")
		for _, want := range []string{want, "the terminal was closed; the run goes on", "all 12 rows accepted"} {
			if !strings.Contains(said, want) {
				t.Errorf("no %q in %s", want, said)
			}
		}
	}
}

// TestTableInTheWay checks a workbook in which a table without headers covers the results of
// an earlier run.
func TestTableInTheWay(t *testing.T) {
	t.Parallel()
	parts := partsOfBook(t, "J1=Result; K1=Message; J2=REFUSED; K2=x; J3=REFUSED; K3=x")
	put("xl/tables/table1.xml", `<table xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" id="1" name="Odd" displayName="Odd" ref="J2:K3">`+
		`<tableColumns count="2"><tableColumn id="1" name="a"/><tableColumn id="2" name="b"/></tableColumns></table>`)(parts)
	put("xl/worksheets/_rels/sheet1.xml.rels", `<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`+
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/table" Target="../tables/table1.xml"/></Relationships>`)(parts)
	swap(firstSheet, "</sheetData>", `</sheetData><tableParts count="1"><tablePart xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rId1"/></tableParts>`)(parts)
	swap(typesPart, "</Types>", `<Override PartName="/xl/tables/table1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.table+xml"/></Types>`)(parts)
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "in.xlsx"), zipOf(zip.Deflate, parts), 0o600); err != nil {
		t.Fatal(err)
	}
	said := runSaid(t, nil, "validate", "--json", "-o", filepath.Join(folder, "out.xlsx"), filepath.Join(folder, "in.xlsx"))
	if want := `"code":"copy-table-in-the-way"`; !strings.Contains(said, want) {
		t.Errorf("no %s in %s", want, said)
	}
}

// TestHopelessBook has more errors than are listed one by one.
func TestHopelessBook(t *testing.T) {
	t.Parallel()
	grid := clitest.Circuits(4100)
	for i := range grid[0].Rows[1:] {
		grid[0].Rows[1+i][1] = "nowhere"
		grid[0].Rows[1+i][2] = ""
	}
	folder := t.TempDir()
	input := filepath.Join(folder, "in.xlsx")
	if err := os.WriteFile(input, clitest.Pack(grid), 0o600); err != nil {
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

// sayers are the functions that print a sentence of the catalogue: which argument is its
// code, and where the names and values that fill it begin; either pairs, or one map.
var sayers = map[string]struct{ code, args int }{
	"Failure": {1, 3}, "check": {3, 4}, "Error": {0, 1}, "Warn": {0, 1}, "Note": {0, 1}, "Say": {0, 1}, "Render": {0, 1},
}

// TestEverySentenceIsComplete checks each place that prints a sentence by its code: the
// catalogue has the sentence, and each of its placeholders is filled.
func TestEverySentenceIsComplete(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	rooms, err := filepath.Glob("*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range append(files, rooms...) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(source, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			how, ok := sayers[called(call)]
			if !ok || len(call.Args) <= how.code {
				return true
			}
			for _, code := range texts(call.Args[how.code]) {
				found++
				checkSentence(t, name, code, given(call.Args[min(how.args, len(call.Args)):]))
			}
			return true
		})
	}
	if found < 220 {
		t.Errorf("only %d sentences were found", found)
	}
}

// placeholder matches a placeholder of a sentence.
var placeholder = regexp.MustCompile(`\{([a-z]+)[:}]`)

func checkSentence(t *testing.T, file, code string, names []string) {
	e, ok := prose.English.Entry(code)
	if !ok {
		t.Errorf("%s: the catalogue has no sentence %s", file, code)
		return
	}
	for _, m := range placeholder.FindAllStringSubmatch(e.Message+e.Hint, -1) {
		if !slices.Contains(names, m[1]) {
			t.Errorf("%s: %s has the placeholder {%s}, but gets only %q", file, code, m[1], names)
		}
	}
}

func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// texts returns a string, or those that pick chooses from.
func texts(e ast.Expr) []string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if s, err := strconv.Unquote(e.Value); err == nil {
			return []string{s}
		}
	case *ast.CallExpr:
		if called(e) == "pick" {
			return slices.Concat(texts(e.Args[1]), texts(e.Args[2]))
		}
	}
	return nil
}

// given lists the names that are given: the first of each pair, or the keys of a map.
func given(args []ast.Expr) []string {
	var names []string
	if len(args) == 1 {
		if m, ok := args[0].(*ast.CompositeLit); ok {
			for _, kv := range m.Elts {
				names = append(names, texts(kv.(*ast.KeyValueExpr).Key)...)
			}
			return names
		}
	}
	for i := 0; i < len(args); i += 2 {
		names = append(names, texts(args[i])...)
	}
	return names
}

// unsaid lists the sentences that the tests do not make a command say, by the reason why.
var unsaid = map[string][]string{
	"the copy's check of itself, which only a bug or a bad disk fails; see sheet/xlsx and its rooms": {
		"copy-cell-differs", "copy-element-order", "copy-links-differ", "copy-list-count", "copy-listed-twice", "copy-note-differs",
		"copy-opening-differs", "copy-part-differs", "copy-part-found", "copy-part-lost", "copy-part-untyped", "copy-rows-differ",
	},
	"found earlier under another code, and checked again where it would do harm": {
		"copy-cell-reference", "copy-row-number", "copy-sheet-twice", "copy-folder-entry", "sheet-not-listed", "(bad-region)", "(client)", "ledger-open-token",
	},
	"a file of 64 MiB and more; see sheet/xlsx/internal":                             {"part-many-strings", "part-too-large", "row-long"},
	"an Errors sheet of more than a million rows; see batch/report":                  {"report-more-rows"},
	"a file that cannot be read; commands read it into memory before, see batch/cli": {"file-unreadable", "part-unreadable"},
	"a file that a program on Windows has open: elsewhere its lock file tells":       {"output-open", "input-in-use", "cause-in-use"},
	"names and shares that only Windows has, and files that OneDrive keeps":          {"cause-name-characters", "cause-no-share", "cause-cloud", "cause-no-opener", "file-fetched", "doctor-mapped-drive"},
	"a database server of each kind; see batch/cli/doctor and batch/ledger/postgres": {
		"doctor-database-super", "doctor-database-rights", "doctor-database-encrypted", "doctor-database-unverified", "doctor-database-plain", "doctor-database-alone",
		"doctor-database-standby", "doctor-database-asynchronous", "doctor-database-local-commit", "doctor-database-waits", "doctor-database-clock-off",
		"doctor-database-slow", "doctor-database-crowded",
	},
	"a database that fails while a ledger is moved into it; see batch/ledger/sqlite":                     {"take-over-failed"},
	"a network file system; see batch/ledger/sqlite":                                                     {"doctor-ledger-network"},
	"a disk that does not say how much room it has":                                                      {"doctor-folder"},
	"a quota of the disk, and a folder that appears while it is being made":                              {"cause-quota", "cause-exist"},
	"a name server, a network or a route that fails in the middle of a run; see batch/cloud":             {"(canceled)", "(dns)", "(network)"},
	"a source of keys, or the value of a variable, that fails half a minute into a run; see batch/cloud": {"(credentials)", "(proxy-url)"},
	"said every 30 seconds; see batch/cli/console":                                                       {"progress", "progress-more", "progress-survey", "progress-survey-more"},
	"a place where the order of what is measured is not certain; see batch/cli/console":                  {"progress-rate", "progress-rate-minute", "progress-left", "progress-wait"},
	"a monitoring service that cannot be reached; see batch/notify":                                      {"cause-certificate", "cause-no-answer", "cause-no-connection", "cause-no-host", "cause-proxy"},
	"a command of --on-finish that takes minutes":                                                        {"on-finish-late"},
	"a disk that fills up in a dry run, or for every place of a copy; see batch/report and commands_test.go": {
		"report-head-no-copy", "report-head-no-copy-dry", "report-next-copy", "report-next-copy-dry",
	},
	"a server that fails in ways that a test would have to break it for, or a process that is stopped for long; see batch/ledger/postgres and batch/cli/campaign": {
		"ledger-standby", "ledger-old-server", "ledger-server-full", "ledger-server-busy", "ledger-server-database", "ledger-server-corrupt", "ledger-server-other", "ledger-failed",
		"ledger-rights-unknown", "hosts-taken", "hosts-silence", "hosts-duration", "hosts-lost", "hosts-stopped",
	},
	"a database that is away for longer than a minute; see batch/cli/database": {"ledger-open-waited"},
	"a ledger that is damaged, of a later version, in the hands of another run or without the right to lock; see batch/cli/ledgers": {
		"ledger-corrupt", "ledger-newer", "ledger-taken", "ledger-database", "cause-read-only",
	},
	"a ledger of an older version": {"changed-source"},
	"a letter that takes a minute, a disk that fills up under it, and an LOA without a link to it; see batch/letters and batch/cli/download": {
		"letter-timeout", "letter-disk-full", "letter-no-link",
	},
	"a ledger that fails when everything has been sent; see batch/cli/download":                                           {"letter-unsaved", "loas-unread"},
	"a confirmation whose answers are lost, or an LOA that is gone after a step; see batch/completion_test and histories": {"reason-loa-rejected-confirm", "reason-not-listed-complete", "reason-not-listed-confirm", "reason-review-confirm", "reason-unsettled-confirm"},
	"a screen that has room for the causes and not for the problems; see batch/report":                                    {"report-all-problems"},
}

// everySentenceSaid reports whether the tests made the commands say every sentence of the
// catalogue except those of unsaid. It is asked for by SENTENCES=all, with all tests.
func everySentenceSaid() bool {
	if os.Getenv("SENTENCES") != "all" {
		return true
	}
	if out, err := exec.Command("go", "test", "-count=1", "./endtoend").CombinedOutput(); err != nil { // they say some, too
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
	}
	folder := os.Getenv(clitest.SentenceFolder)
	defer os.RemoveAll(folder)
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
		if said[code] && excused[code] {
			fmt.Fprintf(os.Stderr, "excused, and said: %s\n", code)
		}
		delete(excused, code)
	}
	for code := range excused {
		fmt.Fprintf(os.Stderr, "there is no sentence %s to excuse\n", code)
		complete = false
	}
	return complete
}

// TestAdvanceAsks checks that the question of advance counts the steps by kind, from the state of
// the circuits in the API now, and that the answer no takes none.
func TestAdvanceAsks(t *testing.T) {
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "made-up")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "made-up")
	s := simulator.New(simulator.Options{Keys: map[string]string{"made-up": "made-up"}})
	defer s.Close()
	server := httptest.NewServer(s)
	defer server.Close()
	folder := t.TempDir()
	book := filepath.Join(folder, "book.xlsx")
	rows := [][]string{{"Instance ID", "Region ID", "Company name", "Line type", "Construction company", "Construction time (UTC)", "Line code", "Line label", "Construction finished", "Confirm circuit"}}
	for i, finished := range []string{"", "yes", "yes", "yes"} {
		rows = append(rows, []string{fmt.Sprintf("pc-asked%06d", i), "cn-hangzhou", "Example Networks", "FIBRE", "Example Build", "2090-03-15T08:00:00Z", "C-1", "L-1", finished, []string{"", "yes", "no", "yes"}[i]})
	}
	rows[1][0] = "pc-allocated01"
	content := clitest.Pack([]clitest.Sheet{{Name: "Circuits", Rows: rows}, {Name: "Engineers", Rows: [][]string{
		{"Instance ID", "Name", "Certificate type", "Certificate number", "Gender", "Contact"}, {"*", "Testperson A", "Passport", "E00000001", "Male", "+86 139 0000 0000"},
	}}})
	if err := os.WriteFile(book, content, 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(answer string, args ...string) string {
		t.Helper()
		var stderr bytes.Buffer
		exit := cli.Run(t.Context(), cli.Env{
			Args:  append(args, "--endpoint", server.URL, "--ledger", filepath.Join(folder, "ledger.db"), "-o", filepath.Join(folder, "out.xlsx"), book),
			Stdin: strings.NewReader(answer), StdinTerminal: true, Stdout: io.Discard, Stderr: &stderr, Getenv: func(string) string { return "" }, Now: time.Now,
		})
		if exit != 0 {
			t.Fatalf("exit code %d: %s", exit, &stderr)
		}
		return stderr.String()
	}
	if shown := run("n\n", "advance"); !strings.Contains(shown, "4 circuits to apply for") || !strings.Contains(shown, "take 4 steps as account") || s.Stats().Accepted != 0 {
		t.Errorf("%d accepted, asked: %s", s.Stats().Accepted, shown)
	}
	run("y\n", "advance")
	if shown := run("", "advance"); strings.Contains(shown, "?") {
		t.Errorf("asked though all wait: %s", shown)
	}
	if _, err := s.Review("", "", ""); err != nil {
		t.Fatal(err)
	}
	shown := run("y\n", "advance")
	for _, want := range []string{"3 of 4 rows take a step now", "3 circuits to report as finished", "2 circuits are to be confirmed after that, which starts service and billing"} {
		if !strings.Contains(shown, want) {
			t.Errorf("the question has no %q: %s", want, shown)
		}
	}
}
