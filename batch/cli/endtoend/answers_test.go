package endtoend_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/cli"
	"github.com/loabatch/loabatch/sheet"
)

// session is an API together with the source of its session keys. The first session is
// revoked after some applications, though its keys claim to be good for an hour.
type session struct {
	mu       sync.Mutex
	fetched  int
	good     int // applications until the first session is revoked
	bad      bool
	tokens   map[string][]string // of each circuit, in order
	accepted map[string]int
	rejected int
}

// ServeHTTP implements http.Handler.
func (s *session) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.URL.Path == "/keys" {
		s.fetched++
		fmt.Fprintf(w, `{"Code":"Success","AccessKeyId":"id-%d","AccessKeySecret":"secret","SecurityToken":"token","Expiration":%q}`,
			s.fetched, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
		return
	}
	q := r.URL.Query()
	revoked := q.Get("AccessKeyId") == "id-1" && s.good <= 0 || s.bad && s.good <= 0
	circuit := q.Get("InstanceId")
	if q.Get("Action") == "ApplyPhysicalConnectionLOA" {
		s.tokens[circuit] = append(s.tokens[circuit], q.Get("ClientToken"))
	}
	switch {
	case revoked:
		s.rejected++
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"RequestId":"R-1","Code":"InvalidSecurityToken.Expired","Message":"for people"}`)
	case q.Get("Action") == "GetCallerIdentity":
		fmt.Fprint(w, `{"RequestId":"R-1","AccountId":"1000000000000001","Arn":"acs:ram::1:user/u","IdentityType":"RAMUser"}`)
	case q.Get("Action") == "ApplyPhysicalConnectionLOA":
		s.good--
		s.accepted[circuit]++
		fmt.Fprint(w, `{"RequestId":"R-1"}`)
	default:
		fmt.Fprint(w, `{"RequestId":"R-1","TotalCount":0}`)
	}
}

// If a session is revoked during a run, a new one is fetched once, and the rows continue under their
// tokens. If the new one is rejected, too, the run ends, and the source is not asked again.
func TestSessionIsRevokedDuringARun(t *testing.T) {
	for _, bad := range []bool{false, true} {
		s := &session{good: 2, bad: bad, tokens: map[string][]string{}, accepted: map[string]int{}}
		server := httptest.NewServer(s)
		for _, name := range []string{"ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_OIDC_TOKEN_FILE", "ALIBABA_CLOUD_CONFIG_FILE"} {
			t.Setenv(name, "")
		}
		t.Setenv("HOME", t.TempDir())
		t.Setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
		t.Setenv("ALIBABA_CLOUD_CREDENTIALS_URI", server.URL+"/keys")
		dir := t.TempDir()
		input, err := filepath.Abs("../../../testdata/clean.xlsx")
		if err != nil {
			t.Fatal(err)
		}
		var stdout, stderr bytes.Buffer
		exit := cli.Run(context.Background(), cli.Env{
			Args:  []string{"submit", "--yes", "--json", "--endpoint", server.URL, "--ledger", filepath.Join(dir, "ledger.db"), "-o", filepath.Join(dir, "out.xlsx"), input},
			Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Getenv: func(string) string { return "" }, Now: time.Now, Signals: make(chan os.Signal),
		})
		server.Close()
		var doc struct {
			Rows     int                  `json:"rows"`
			Results  map[sheet.Result]int `json:"results"`
			StopCode string               `json:"stop_code"`
		}
		if err := json.Unmarshal(stdout.Bytes(), &doc); err != nil {
			t.Fatalf("%v: %s%s", err, stdout.String(), stderr.String())
		}
		if s.rejected == 0 || s.fetched != 2 {
			t.Errorf("bad %v: %d calls were rejected, keys were fetched %d times", bad, s.rejected, s.fetched)
		}
		switch {
		case bad && (exit != 6 || doc.StopCode != "InvalidSecurityToken.Expired"):
			t.Errorf("exit %d, stopped by %q", exit, doc.StopCode)
		case !bad && (exit != 0 || doc.Results[sheet.Submitted] != doc.Rows):
			t.Errorf("exit %d, %v of %d rows", exit, doc.Results, doc.Rows)
		}
		for circuit, tokens := range s.tokens {
			for _, token := range tokens {
				if token != tokens[0] {
					t.Errorf("%s was sent under %q", circuit, tokens)
				}
			}
			if s.accepted[circuit] > 1 {
				t.Errorf("%s was accepted %d times", circuit, s.accepted[circuit])
			}
		}
	}
}

// The duration of a run is its own, however long the other inputs of the command took.
func TestDurationIsTheRunsOwn(t *testing.T) {
	input, err := filepath.Abs("../../../testdata/clean.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(input)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var inputs []string
	for _, name := range []string{"a.xlsx", "b.xlsx", "c.xlsx"} {
		inputs = append(inputs, filepath.Join(dir, name))
		if err := os.WriteFile(inputs[len(inputs)-1], content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var stdout, stderr bytes.Buffer
	clock := time.Now()
	exit := cli.Run(context.Background(), cli.Env{
		Args:  append([]string{"submit", "--simulate", "--json", "--rate", "300/1m", "-o", dir}, inputs...),
		Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Getenv: func(string) string { return "" }, Signals: make(chan os.Signal),
		Now: func() time.Time { clock = clock.Add(10 * time.Second); return clock }, // every look at the clock takes this long
	})
	var doc struct {
		Runs []struct {
			DurationSeconds float64   `json:"duration_seconds"`
			StartedAt       time.Time `json:"started_at"`
		} `json:"runs"`
	}
	if err := json.Unmarshal(stdout.Bytes(), &doc); err != nil || len(doc.Runs) != 3 {
		t.Fatalf("exit %d, %v: %s", exit, err, stderr.String())
	}
	for i, run := range doc.Runs {
		if run.DurationSeconds > 1.5*doc.Runs[0].DurationSeconds || i > 0 && !run.StartedAt.After(doc.Runs[i-1].StartedAt) {
			t.Errorf("run %d took %v s from %v", i, run.DurationSeconds, run.StartedAt)
		}
	}
}

// hostile is what a service, or whoever answers in its place, may write where a status, an
// account or a request ID belongs: it clears a terminal (twice), reverses the direction of
// writing, breaks lines and starts a formula.
const hostile = "=1+1\x1b[2J\u009b2J\u202e\u2028\x7f\r\nforged line"

// hostileService answers every call with that.
func hostileService(w http.ResponseWriter, r *http.Request) {
	text, q := strconv.Quote(hostile), r.URL.Query()
	text = strings.NewReplacer(`\x1b`, `\u001b`, `\x7f`, `\u007f`).Replace(text)
	body := map[string]string{
		"GetCallerIdentity": `{"RequestId":"R-1","AccountId":%[1]s,"Arn":%[1]s,"IdentityType":%[1]s}`,
		"DescribeRegions":   `{"RequestId":"R-1","Regions":{"Region":[{"RegionId":%[1]s}]}}`,
		"DescribePhysicalConnections": `{"RequestId":"R-1","TotalCount":1,"PhysicalConnectionSet":{"PhysicalConnectionType":[
			{"PhysicalConnectionId":"` + q.Get("Filter.1.Value.1") + `","Status":%[1]s,"BusinessStatus":"Normal","LoaStatus":""},
			{"PhysicalConnectionId":"` + q.Get("Filter.1.Value.2") + `","Status":"Allocated","BusinessStatus":%[1]s,"LoaStatus":""},
			{"PhysicalConnectionId":"` + q.Get("Filter.1.Value.3") + `","Status":"Allocated","BusinessStatus":"Normal","LoaStatus":%[1]s}]}}`,
		"DescribePhysicalConnectionLOA":      `{"RequestId":"R-1","PhysicalConnectionLOAType":{"Status":%[1]s,"CompanyName":%[1]s}}`,
		"ApplyPhysicalConnectionLOA":         `{"RequestId":%[1]s,"Code":"IncorrectStatus.PhysicalConnectionLOA","Message":%[1]s}`,
		"GetPhysicalConnectionServiceStatus": `{"RequestId":"R-1","Code":%[1]s,"Message":%[1]s}`,
	}[q.Get("Action")]
	if strings.Contains(body, `"Code"`) {
		w.WriteHeader(http.StatusBadRequest)
	}
	fmt.Fprintf(w, body, text)
}

// TestHostileAnswers runs every command that shows what the service says.
func TestHostileAnswers(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(hostileService))
	defer server.Close()
	dir := t.TempDir()
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "made-up")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "made-up")
	input, err := filepath.Abs("../../../testdata/clean.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	ledger := in("ledger.db")
	run := func(args ...string) string {
		var stdout, stderr bytes.Buffer
		cli.Run(context.Background(), cli.Env{
			Args: args, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
			Getenv: func(string) string { return "" }, Now: time.Now, Signals: make(chan os.Signal),
		})
		mustBePlain(t, strings.Join(args[:min(2, len(args))], " ")+" (stdout)", stdout.String())
		mustBePlain(t, strings.Join(args[:min(2, len(args))], " ")+" (stderr)", stderr.String())
		return stdout.String()
	}
	run("doctor", "--endpoint", server.URL, "--ledger", ledger)
	run("submit", "--dry-run=online", "--endpoint", server.URL, "--ledger", ledger, "-o", in("dry.xlsx"), "--report", "csv,json,html", input)
	run("submit", "--dry-run=online", "--json", "--endpoint", server.URL, "--ledger", ledger, input)
	for _, format := range []string{"text", "json"} {
		out := run("submit", "--yes", "--endpoint", server.URL, "--ledger", ledger, "-o", in(format+".xlsx"), "--report", "csv,json,html",
			"--log-format", format, "--log-file", in(format+".log"), input)
		if !strings.Contains(out, "row") {
			t.Errorf("no summary: %q", out)
		}
	}
	run("status", "--endpoint", server.URL, "-o", in("status.xlsx"), "--report", "csv,json,html", in("text.xlsx"))
	run("status", "--json", "--endpoint", server.URL, "-o", in("status2.xlsx"), in("text.xlsx"))
	if list := run("history", "--ledger", ledger); !strings.Contains(list, "forged line") {
		t.Errorf("the account is not in the history: %q", list)
	}
	run("history", "--json", "--ledger", ledger)
	run("history", "--ledger", ledger, "pc-bp1clean001")
	err = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		switch filepath.Ext(path) {
		case ".csv", ".json", ".html", ".log":
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			mustBePlain(t, filepath.Base(path), string(text))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func mustBePlain(t *testing.T, what, text string) {
	t.Helper()
	for _, c := range "\x1b\u009b\u202e\u2028\x7f" {
		if at := strings.IndexRune(text, c); at >= 0 {
			t.Errorf("%s has U+%04X in %q", what, c, text[max(0, at-60):min(len(text), at+20)])
		}
	}
	if strings.Contains(text, "\nforged line") || strings.Contains(text, "\n=1+1") || strings.Contains(text, ",=1+1") {
		t.Errorf("%s has a forged line or a formula", what)
	}
}
