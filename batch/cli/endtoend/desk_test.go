package endtoend_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/ledger/postgres/pgtest"
)

// deskBlocks are the commands for trying it on one machine: to set it up, for each terminal, the run, and after it.
func deskBlocks(t *testing.T) (blocks [][]string) {
	_, section, _ := strings.Cut(readText(t, github+"docs/several-hosts.md"), "## Try it on one machine\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, m := range regexp.MustCompile("(?s)```text\n(.*?)```").FindAllStringSubmatch(section, -1) {
		blocks = append(blocks, strings.Split(strings.TrimSpace(m[1]), "\n"))
	}
	if len(blocks) != 4 || len(blocks[2]) != 3 {
		t.Fatalf("the try has %d blocks: %q", len(blocks), blocks)
	}
	return blocks
}

// TestTryOnOneDesk types what the page on several hosts shows for one machine, with three processes as the
// terminals. One of them is killed. The server is one for tests; TestDeskServer types its own commands.
func TestTryOnOneDesk(t *testing.T) {
	t.Parallel()
	database := pgtest.Database(t)
	blocks := deskBlocks(t)
	s := newShell(t)
	for _, line := range blocks[1] { // where the database and the service are is the test's business
		s.export(strings.TrimPrefix(line, "export "))
	}
	s.env = append(s.env, "LOABATCH_LEDGER="+database)
	start := func(line string) *exec.Cmd {
		cmd := exec.Command("bash", "-c", "exec "+strings.Replace(exitComment.ReplaceAllString(line, ""), "5/10s", "5/4s", 1)) // or it takes half a minute
		cmd.Dir, cmd.Env = s.dir, s.env
		out, err := os.Create(filepath.Join(s.dir, "out-"+strconv.Itoa(len(line))))
		if err == nil {
			cmd.Stdout, cmd.Stderr = out, out
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	said := func(cmd *exec.Cmd) string { return readText(t, cmd.Stdout.(*os.File).Name()) }
	wait := func(what string, is func() bool) {
		for begun := time.Now(); !is(); time.Sleep(50 * time.Millisecond) {
			if time.Since(begun) > time.Minute {
				t.Fatalf("still waiting for %s", what)
			}
		}
	}
	one := start(blocks[2][0])
	wait("the run", func() bool { return strings.Contains(said(one), "started run ") })
	two, three := start(blocks[2][1]), start(blocks[2][2])
	wait("the others", func() bool {
		return strings.Contains(said(two), "joined run ") && strings.Contains(said(three), "joined run ")
	})
	if err := three.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for _, cmd := range []*exec.Cmd{one, two, three} {
		_ = cmd.Wait() // its exit code is checked
	}
	if one.ProcessState.ExitCode() != 4 || two.ProcessState.ExitCode() != 4 {
		t.Errorf("%s\n%s", said(one), said(two))
	}
	sameCopy(t, filepath.Join(s.dir, "one.xlsx"), filepath.Join(s.dir, "two.xlsx"))
	if stats := s.sim.Stats(); stats.Accepted != 30 || stats.Duplicates != 0 {
		t.Errorf("%d accepted, %d twice", stats.Accepted, stats.Duplicates)
	}
	s.run(blocks[3][0])
}

// TestDeskServer types the commands that start a server on one machine. PostgreSQL refuses to run as root.
func TestDeskServer(t *testing.T) {
	t.Parallel()
	pgtest.Shared(t) // skips without a server
	if os.Getuid() == 0 {
		t.Skip("PostgreSQL does not run as root")
	}
	lines := deskBlocks(t)[0]
	dir := t.TempDir()
	port, err := pgtest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	script := strings.ReplaceAll(strings.Join(lines[:len(lines)-1], "\n"), "5433", strconv.Itoa(port))
	cmd := exec.Command("bash", "-ec", script+"\npg_ctl -D pg -m fast stop")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
