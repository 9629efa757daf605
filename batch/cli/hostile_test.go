package cli

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// hostile is what a service, or whoever answers in its place, may write where a status, an
// account or a request ID belongs: it clears a terminal (twice), reverses the direction of
// writing, breaks lines and starts a formula.
const hostile = "=1+1\x1b[2J\u009b2J\u202e\u2028\x7f\r\nforged line"

// hostileService answers every call so.
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
	input, err := filepath.Abs("../../testdata/clean.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	ledger := in("ledger.db")
	run := func(args ...string) string {
		var stdout, stderr bytes.Buffer
		Run(context.Background(), Env{
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
