package endtoend_test

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/windows"

	"github.com/loabatch/loabatch/batch/cli/clitest"
)

// hold opens a file as another program does, until the test ends: share is what that
// program lets others do meanwhile. Excel and WPS let them read.
func hold(t *testing.T, path string, share uint32) (release func()) {
	t.Helper()
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		t.Fatal(err)
	}
	h, err := windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE, share, nil, windows.OPEN_EXISTING, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	release = sync.OnceFunc(func() { windows.CloseHandle(h) })
	t.Cleanup(release)
	return release
}

const (
	excel  = windows.FILE_SHARE_READ
	viewer = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
)

// said runs a command and returns its exit code and what it printed.
func (p *program) said(args ...string) (int, string) {
	cmd := p.command(args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	return p.run(cmd), out.String()
}

// TestInputOpenInExcel reads a workbook that Excel has open, and checks what is said about one
// that no one else may read.
func TestInputOpenInExcel(t *testing.T) {
	t.Parallel()
	p := newProgram(t, 3)
	release := hold(t, p.path("in.xlsx"), excel)
	if exit, said := p.said("submit", "--endpoint", p.url, "--yes", "-o", "out.xlsx", "in.xlsx"); exit != 0 || p.results()["SUBMITTED"] != 3 {
		t.Errorf("exit %d: %s", exit, said)
	}
	release()
	hold(t, p.path("in.xlsx"), 0)
	for _, command := range []string{"validate", "submit", "status"} {
		if exit, said := p.said(command, "in.xlsx"); exit != 2 || !strings.Contains(said, "Close it in Excel, WPS or the program that has it open") {
			t.Errorf("%s: exit %d: %s", command, exit, said)
		}
	}
	if exit, said := p.said("validate", "--in", "."); exit != 2 || !strings.Contains(said, "Close it in Excel") || strings.Contains(said, "permission") {
		t.Errorf("in a folder: exit %d: %s", exit, said)
	}
}

// TestOutputsOpenInExcel writes a copy and its reports beside those that Excel has open: in the
// same folder, with the exit code of the rows, and with advice that names what was written.
func TestOutputsOpenInExcel(t *testing.T) {
	t.Parallel()
	p := newProgram(t, 3)
	args := []string{"submit", "--endpoint", p.url, "--yes", "--report", "csv", "-o", "out.xlsx", "in.xlsx"}
	if exit, said := p.said(args...); exit != 0 {
		t.Fatalf("exit %d: %s", exit, said)
	}
	hold(t, p.path("out.xlsx"), excel)
	hold(t, p.path("out.csv"), excel|windows.FILE_SHARE_WRITE) // that neither shares its removal
	before := content(t, p.path("out.xlsx"))
	exit, said := p.said(args...)
	if exit != 0 || !strings.Contains(said, "out.xlsx is open in another program") || !strings.Contains(said, "out-2.xlsx is written instead") || strings.Contains(said, "another name") {
		t.Errorf("exit %d: %s", exit, said)
	}
	if !strings.Contains(said, "copy    out-2.xlsx") || !strings.Contains(said, "loabatch status") || !strings.Contains(said, " out-2.xlsx\n") {
		t.Errorf("the next step: %s", said)
	}
	if content(t, p.path("out.xlsx")) != before {
		t.Error("the open copy was changed")
	}
	if found := clitest.Cells(t, p.path("out-2.xlsx"), "Result"); len(found) != 3 {
		t.Errorf("%d rows in the copy beside", len(found))
	}
	if _, err := os.Stat(p.path("out-2.csv")); err != nil {
		t.Error(err)
	}
	hold(t, p.path("out-2.xlsx"), viewer)
	hold(t, p.path("out-2.csv"), viewer)
	args[slices.Index(args, "out.xlsx")] = "out-2.xlsx"
	if exit, said := p.said(args...); exit != 0 || !strings.Contains(said, "out-2.xlsx is open in another program") || !strings.Contains(said, "report  out-2-2.csv") {
		t.Errorf("exit %d: %s", exit, said)
	}
}

// TestLogAndLedgerInUse has another program keep everyone from writing the log, or the ledger: the first is
// named, and for the second the command may be tried again.
func TestLogAndLedgerInUse(t *testing.T) {
	t.Parallel()
	p := newProgram(t, 1)
	if err := os.WriteFile(p.path("run.log"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	hold(t, p.path("run.log"), excel)
	if exit, said := p.said("submit", "--endpoint", p.url, "--yes", "--log-file", "run.log", "in.xlsx"); exit != 2 || !strings.Contains(said, "run.log: another program has it open") {
		t.Errorf("exit %d: %s", exit, said)
	}
	if exit, said := p.said("submit", "--endpoint", p.url, "--yes", "-o", "out.xlsx", "in.xlsx"); exit != 0 {
		t.Fatalf("exit %d: %s", exit, said)
	}
	path := filepath.Join(p.path("state"), "loabatch", "ledger.db")
	release := hold(t, path, excel)
	if exit, said := p.said("submit", "--endpoint", p.url, "--yes", "in.xlsx"); exit == 0 || !strings.Contains(said, "another process kept it locked for too long") || !strings.Contains(said, "a program that has the file open") {
		t.Errorf("exit %d: %s", exit, said)
	}
	release()
	hold(t, path, 0)
	if exit, said := p.said("history"); exit == 0 || strings.Contains(said, "Check the disk") {
		t.Errorf("exit %d: %s", exit, said)
	}
}

// TestPlanAndMetricsInUse has another program keep everyone from replacing a plan, which is said, and the
// metrics, which do not affect the run.
func TestPlanAndMetricsInUse(t *testing.T) {
	t.Parallel()
	p := newProgram(t, 1)
	plan := []string{"plan", "--endpoint", p.url, "-o", "plan.json", "in.xlsx"}
	submit := []string{"submit", "--endpoint", p.url, "--yes", "--metrics-file", "loa.prom", "in.xlsx"}
	for _, args := range [][]string{plan, submit} {
		if exit, said := p.said(args...); exit != 0 {
			t.Fatalf("exit %d: %s", exit, said)
		}
	}
	before := content(t, p.path("loa.prom"))
	for _, share := range []uint32{0, excel, viewer} {
		release := hold(t, p.path("plan.json"), share)
		if exit, said := p.said(plan...); exit != 2 || !strings.Contains(said, "cannot write plan.json: another program has it open") {
			t.Errorf("share %d: exit %d: %s", share, exit, said)
		}
		release()
		release = hold(t, p.path("loa.prom"), share)
		if exit, said := p.said(submit...); exit != 0 || !strings.Contains(said, "cannot write the metrics file loa.prom: another program has it open") {
			t.Errorf("share %d: exit %d: %s", share, exit, said)
		}
		release()
	}
	if content(t, p.path("loa.prom")) != before {
		t.Error("the metrics were replaced")
	}
}

// TestPaths uses names that Windows treats specially.
func TestPaths(t *testing.T) {
	t.Parallel()
	p := newProgram(t, 1)
	deep := p.dir
	for range 4 {
		deep = filepath.Join(deep, strings.Repeat("专线 申请 ", 9)+"x")
	}
	if err := os.MkdirAll(deep, 0o700); err != nil {
		t.Fatal(err)
	}
	book, err := os.ReadFile(p.path("in.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	long := filepath.Join(deep, "申请 表.xlsx")
	if err := os.WriteFile(long, book, 0o600); err != nil {
		t.Fatal(err)
	}
	if len(long) <= 260 {
		t.Fatal("the path is short")
	}
	for name, args := range map[string][]string{
		"long":          {long},
		"backslashes":   {`.\in.xlsx`},
		"slashes":       {filepath.ToSlash(p.path("in.xlsx"))},
		"drive, folder": {filepath.VolumeName(p.dir) + strings.TrimPrefix(p.path("in.xlsx"), filepath.VolumeName(p.dir))},
		"prefix":        {`\\?\` + p.path("in.xlsx")},
		"case":          {"IN.XLSX"},
		"trailing dot":  {"in.xlsx."},
		"pattern":       {"*.XLSX"},
		"in a folder":   {filepath.Join(deep, "申请*?.xlsx")},
		"-o long":       {"-o", filepath.Join(deep, "副本.xlsx"), "in.xlsx"},
	} {
		if exit, said := p.said(append([]string{"validate"}, args...)...); exit != 0 {
			t.Errorf("%s: exit %d: %s", name, exit, said)
		}
	}
	for _, args := range [][]string{
		{"-o", "CON.xlsx"}, {"-o", "nul.xlsx"}, {"-o", "lpt1.results.xlsx"}, {"-o", `a?b.xlsx`}, {"-o", `no folder \out.xlsx`}, {"-o", "in.xlsx."}, {"-o", "IN.XLSX"}, {"-o", `\\?\` + p.path("in.xlsx")},
	} {
		if exit, said := p.said(append(append([]string{"validate"}, args...), "in.xlsx")...); exit != 2 || !strings.Contains(said, "error: ") {
			t.Errorf("%s: exit %d: %s", args, exit, said)
		}
	}
	for _, device := range []string{"CON.xlsx", "nul.xlsx"} {
		if exit, said := p.said("validate", device); exit != 2 || !strings.Contains(said, device+" is a pipe or a device, not a file") {
			t.Errorf("exit %d: %s", exit, said)
		}
	}
	for _, path := range []string{"CON.db", "led?er.db"} {
		if exit, said := p.said("history", "--ledger", path); exit != 2 || strings.Contains(said, "Check the disk") {
			t.Errorf("%s: exit %d: %s", path, exit, said)
		}
	}
	for _, flag := range []string{"--log-file", "--ledger", "--metrics-file"} {
		if exit, said := p.said("submit", "--endpoint", p.url, "--yes", flag, "in.xlsx:x", "in.xlsx"); exit != 2 || !strings.Contains(said, flag+" would write to the input in.xlsx") {
			t.Errorf("%s: exit %d: %s", flag, exit, said)
		}
	}
	if exit, said := p.said("validate", "none*.xlsx"); exit != 2 || !strings.Contains(said, "there is no file none*.xlsx") {
		t.Errorf("exit %d: %s", exit, said)
	}
	entries, err := os.ReadDir(p.dir)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(slices.DeleteFunc(entries, func(e os.DirEntry) bool { return e.IsDir() })); n != 1 {
		t.Errorf("%d files, want the input alone", n)
	}
	if content(t, p.path("in.xlsx")) != string(book) {
		t.Error("the input was changed")
	}
}

// TestNetworkShare keeps the workbooks, the copies, the ledger and the folders of a night on a network
// share. LOABATCH_SHARE is its name, such as \\server\share, and LOABATCH_DRIVE a drive that leads there.
func TestNetworkShare(t *testing.T) {
	t.Parallel()
	share, drive := os.Getenv("LOABATCH_SHARE"), os.Getenv("LOABATCH_DRIVE")
	if share == "" || drive == "" {
		t.Skip("no network share and its drive are named in LOABATCH_SHARE and LOABATCH_DRIVE")
	}
	dir, err := os.MkdirTemp(share, "专线 申请 ")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	p := newProgram(t, 3)
	book := content(t, p.path("in.xlsx"))
	p.dir = dir
	for _, folder := range []string{"in", "done", "failed"} {
		if err := os.Mkdir(p.path(folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-time.Hour)
	for _, name := range []string{"in.xlsx", `in\again.xlsx`} {
		if err := os.WriteFile(p.path(name), []byte(book), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(p.path(name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	submit := []string{"submit", "--endpoint", p.url, "--yes", "--ledger", p.path("ledger.db")}
	for _, run := range []struct {
		name string
		args []string
		copy string
		want map[string]int
	}{
		{"folders", []string{"--in", p.path("in"), "--done", p.path("done"), "--failed", p.path("failed")}, `done\again*results*.xlsx`, map[string]int{"SUBMITTED": 3}},
		{"absolute", []string{"--report", "html", "-o", p.path("out.xlsx"), p.path("in.xlsx")}, "out.xlsx", map[string]int{"ALREADY": 3}},
		{"prefix", []string{"-o", `\\?\UNC` + p.path("long.xlsx")[1:], `\\?\UNC` + p.path("in.xlsx")[1:]}, "long.xlsx", map[string]int{"ALREADY": 3}},
		{"its copy", []string{"-o", p.path("again.xlsx"), p.path("out.xlsx")}, "again.xlsx", map[string]int{"ALREADY": 3}},
	} {
		exit, said := p.said(append(slices.Clone(submit), run.args...)...)
		if exit != 0 {
			t.Errorf("%s: exit %d: %s", run.name, exit, said)
			continue
		}
		written, err := filepath.Glob(p.path(run.copy))
		if err != nil || len(written) != 1 {
			t.Fatalf("%s: copies %v, %v: %s", run.name, written, err, said)
		}
		if found := resultsIn(t, written[0]); !maps.Equal(found, run.want) {
			t.Errorf("%s: %v, want %v", run.name, found, run.want)
		}
	}
	if exit, said := p.said("history", "--ledger", p.path("ledger.db")); exit != 0 || strings.Count(said, "3 ALREADY") != 3 {
		t.Errorf("exit %d: %s", exit, said)
	}
	if exit, said := p.said("doctor", "--endpoint", p.url, "--ledger", p.path("ledger.db")); !strings.Contains(said, "network") {
		t.Errorf("exit %d, and the network is not mentioned: %s", exit, said)
	}
	mapped := drive + strings.TrimPrefix(dir, share)
	if exit, said := p.said("doctor", "--endpoint", p.url, "--ledger", mapped+`\ledger.db`, "--in", mapped+`\in`); strings.Count(said, mapped) < 3 ||
		!strings.Contains(said, "is on the network drive "+drive+", which only somebody who is logged on has") || !strings.Contains(said, "is on a network file system ("+drive+")") {
		t.Errorf("exit %d: %s", exit, said)
	}
	if exit, said := p.said("validate", p.path("missing.xlsx")); exit != 2 || !strings.Contains(said, "there is no file") {
		t.Errorf("exit %d: %s", exit, said)
	}
	if content(t, p.path("in.xlsx")) != book {
		t.Error("the input was changed")
	}
	if p.sim.Stats().Accepted != 3 {
		t.Errorf("%d accepted", p.sim.Stats().Accepted)
	}
}

// TestConsoleEvents sends Ctrl-C and Ctrl-Break to the console of a run, which is interrupted cleanly.
// Closing a console cannot be simulated.
func TestConsoleEvents(t *testing.T) {
	t.Parallel()
	const rows = 1000 // for about a minute
	for name, event := range map[string]string{"Ctrl-C": "0", "Ctrl-Break": "1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProgram(t, rows)
			cmd := p.submit("--rate", "40/2s", "--burst", "1")
			cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NO_WINDOW} // a console of its own
			exit, printed := p.during(cmd, func() {
				if out, err := exec.Command("console-event", strconv.Itoa(cmd.Process.Pid), event).CombinedOutput(); err != nil && event == "1" {
					_ = cmd.Process.Kill()
					t.Skipf("Wine 8 sends no Ctrl-Break: %v: %s", err, out)
				} else if err != nil {
					t.Errorf("%v: %s", err, out)
				}
			})
			if exit != 130 || !strings.Contains(printed, "interrupted: starting nothing new") {
				t.Errorf("exit %d: %s", exit, printed)
			}
			counts := p.results()
			if got := counts["SUBMITTED"]; got != p.sim.Stats().Accepted || got+counts["NOT_ATTEMPTED"] != rows || got == rows {
				t.Errorf("%d accepted, and the copy has %v", p.sim.Stats().Accepted, counts)
			}
		})
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
