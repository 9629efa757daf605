package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/approval"
	"github.com/loabatch/loabatch/batch/cli"
	"github.com/loabatch/loabatch/batch/cli/clitest"
)

// runLine runs one command line.
func runLine(t *testing.T, args ...string) (exit int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	exit = cli.Run(t.Context(), cli.Env{
		Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &err, Getenv: func(string) string { return "" }, Now: time.Now,
	})
	return exit, out.String(), err.String()
}

// TestPlanOfAnother has submit carry out plans that were made for something else: another command,
// account or contact. What differs is named, and nothing is sent.
func TestPlanOfAnother(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	book, made := filepath.Join(dir, "book.xlsx"), filepath.Join(dir, "made.json")
	if err := os.WriteFile(book, clitest.Pack(clitest.Circuits(3)), 0o600); err != nil {
		t.Fatal(err)
	}
	if exit, _, stderr := runLine(t, "plan", "--simulate", "-o", made, book); exit != 0 {
		t.Fatalf("exit %d: %s", exit, stderr)
	}
	content, err := os.ReadFile(made)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*approval.Plan)
		says   string
	}{
		"none":    {func(*approval.Plan) {}, ""},
		"command": {func(p *approval.Plan) { p.Command = "complete" }, "the plan is for loabatch complete, not for loabatch submit"},
		"account": {func(p *approval.Plan) { p.Workbooks[0].Rows[1].Account = "42" }, "A3: the account is 1000000000000001; in the plan it is 42"},
		"contact": {func(p *approval.Plan) { p.Workbooks[0].Rows[1].Personal, p.Workbooks[0].SHA256 = "abcd", "00" }, "A3: a contact of this row has changed"},
		"setting": {func(p *approval.Plan) {
			p.Settings = append(p.Settings, approval.Setting{Name: "unheard-of", Value: "yes"})
		}, "--unheard-of is nothing; in the plan it is yes"},
		"wrong":   {func(p *approval.Plan) { p.Settings[6].Value = "perhaps" }, "--survey does not accept perhaps"},
		"boolean": {func(p *approval.Plan) { p.Settings[2].Value = "perhaps" }, "has changed since it was written"},
	} {
		p, _, err := approval.Decode(bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		c.change(p)
		var b bytes.Buffer
		if _, err := approval.Encode(&b, p); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name+".json")
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		exit, _, stderr := runLine(t, "submit", "--simulate", "--plan", path, "-o", filepath.Join(dir, name+".xlsx"), book)
		switch {
		case c.says == "" && exit != 0:
			t.Errorf("%s: exit %d: %s", name, exit, stderr)
		case c.says != "" && (exit != 2 || !strings.Contains(stderr, c.says)):
			t.Errorf("%s: exit %d, want %s: %s", name, exit, c.says, stderr)
		}
		if _, err := os.Stat(filepath.Join(dir, name+".xlsx")); (err == nil) != (c.says == "") {
			t.Errorf("%s: copy: %v", name, err)
		}
	}
}

// TestPlanUnchecked has the API fail when a plan is to be compared: nothing is sent.
func TestPlanUnchecked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	book, made := filepath.Join(dir, "book.xlsx"), filepath.Join(dir, "made.json")
	if err := os.WriteFile(book, clitest.Pack(clitest.Circuits(3)), 0o600); err != nil {
		t.Fatal(err)
	}
	if exit, _, stderr := runLine(t, "plan", "--simulate", "-o", made, book); exit != 0 {
		t.Fatalf("exit %d: %s", exit, stderr)
	}
	exit, stdout, stderr := runLine(t, "submit", "--simulate", "--faults", "DescribePhysicalConnections/503:100%", "--max-attempts", "1", "--plan", made, book)
	if exit != 5 || !strings.Contains(stderr, "nothing was sent: not every row could be predicted") || stdout != "" {
		t.Errorf("exit %d: %s%s", exit, stdout, stderr)
	}
}
