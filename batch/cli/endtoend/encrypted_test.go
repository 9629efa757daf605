package endtoend_test

import (
	"bytes"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/cli"
	"github.com/loabatch/loabatch/batch/cli/clitest"
	"github.com/loabatch/loabatch/batch/cli/password"
	"github.com/loabatch/loabatch/batch/simulator"
)

// encryptTo encrypts a workbook of the repository's samples.
func encryptTo(t *testing.T, path string) {
	t.Helper()
	content, err := os.ReadFile("../../../testdata/clean.xlsx")
	if err == nil {
		content, err = clitest.Encrypt(content)
	}
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(content))
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestAsked checks that commands ask for the password at a terminal, but not if nobody can answer
// or --yes was given.
func TestAsked(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var books []string
	for _, name := range []string{"a.xlsx", "b.xlsx"} {
		books = append(books, filepath.Join(folder, name))
		encryptTo(t, books[len(books)-1])
	}
	for _, c := range []struct {
		name, answer, want string
		args               []string
		terminal           bool
		asks, exit         int
	}{
		{"right", clitest.Password, "password of " + books[0] + " (not shown): \n", []string{"validate"}, true, 1, 0},
		{"wrong", "other", "the password does not open the workbook", []string{"validate"}, true, 1, 2},
		{"nothing", "", "is encrypted with a password", []string{"validate"}, true, 1, 2},
		{"nobody", clitest.Password, "--password-file FILE or in the variable LOABATCH_PASSWORD", []string{"validate"}, false, 0, 2},
		{"simulated", clitest.Password, "password of", []string{"submit", "--simulate", "-o", folder}, true, 1, 0},
		{"yes", clitest.Password, "is encrypted with a password", []string{"submit", "--simulate", "--yes", "-o", folder}, true, 0, 2},
	} {
		asked := 0
		var stdout, stderr bytes.Buffer
		env := cli.Env{
			Args: append(c.args, books...), Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Now: time.Now,
			Getenv: func(string) string { return "" }, StdinTerminal: c.terminal,
		}
		if c.terminal {
			env.Password = func() (string, error) { asked++; return c.answer, nil }
		}
		exit := cli.Run(t.Context(), env)
		shown := stdout.String() + stderr.String()
		if exit != c.exit || asked != c.asks || !strings.Contains(shown, c.want) || strings.Contains(shown, clitest.Password) {
			t.Errorf("%s: exit code %d, asked %d times:\n%s", c.name, exit, asked, shown)
		}
	}
}

// TestNotInherited has a helper of the credentials library, which inherits the environment,
// look for the password.
func TestNotInherited(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no shell: ", err)
	}
	home := t.TempDir()
	helper := filepath.Join(home, "helper")
	write(t, helper, "env >"+filepath.Join(home, "environment")+"\necho '{\"mode\":\"AK\",\"access_key_id\":\"made-up\",\"access_key_secret\":\"made-up\"}'\n")
	if err := os.Mkdir(filepath.Join(home, ".aliyun"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(home, ".aliyun", "config.json"),
		`{"current":"default","profiles":[{"name":"default","mode":"External","process_command":"sh `+helper+`"}]}`)
	book := filepath.Join(home, "book.xlsx")
	encryptTo(t, book)
	sim := simulator.New(simulator.Options{Keys: map[string]string{"made-up": "made-up"}})
	defer sim.Close()
	server := httptest.NewServer(sim)
	defer server.Close()
	cmd := exec.Command("loabatch", "submit", "--yes", "--endpoint", server.URL, book)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_STATE_HOME=" + home, password.Variable + "=" + clitest.Password, "MADE_UP=1"}
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	environment, err := os.ReadFile(filepath.Join(home, "environment"))
	if err != nil || !bytes.Contains(environment, []byte("MADE_UP=1")) || bytes.Contains(environment, []byte(clitest.Password)) || bytes.Contains(environment, []byte(password.Variable)) {
		t.Errorf("the helper has %q, %v", environment, err)
	}
}
