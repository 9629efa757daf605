package endtoend_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/cli"
	"github.com/loabatch/loabatch/batch/cli/clitest"
	"github.com/loabatch/loabatch/batch/simulator"
	"github.com/loabatch/loabatch/sheet"
)

const (
	github    = "../../../.github/"
	docsAs    = "1234567890123456"      // the account of the documentation
	docsRun   = "20270115-020000-k3f9q" // stands for the latest run there
	docsCount = 25                      // at least so many commands are in it
)

// documents are the pages that users read.
func documents(t *testing.T) []string {
	pages, err := filepath.Glob(github + "docs/*.md")
	if err != nil || len(pages) < 4 {
		t.Fatalf("%d pages beside the README: %v", len(pages), err)
	}
	return append(pages, "../../../README.md")
}

func readText(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// shell is a folder in which the commands of one page are typed one after the other, with a
// simulator as the account. The folders that the documentation names are in it.
type shell struct {
	t   *testing.T
	dir string
	env []string
	sim *simulator.Simulator
}

func newShell(t *testing.T) *shell {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("the documents' commands are for a POSIX shell: ", err)
	}
	dir := t.TempDir()
	s := &shell{t: t, dir: dir}
	for _, name := range []string{"srv/loa", "var/log/loabatch", "etc"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s.fill("srv/loa/tonight.xlsx", "1000", false)
	if err := os.Symlink(filepath.Join(clitest.Root(), "testdata"), filepath.Join(dir, "testdata")); err != nil {
		t.Fatal(err)
	}
	sim := simulator.New(simulator.Options{Keys: map[string]string{"id": "secret"}, Quota: -1, Account: docsAs})
	s.sim = sim
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- sim.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		<-served
	})
	s.env = append(os.Environ(), "XDG_STATE_HOME="+dir+"/state", "LOABATCH_ENDPOINT=http://"+listener.Addr().String(),
		"ALIBABA_CLOUD_ACCESS_KEY_ID=id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET=secret")
	return s
}

// fill writes a workbook of three circuits like one that somebody has filled in. With later, the
// first has a line that is about to be built.
func (s *shell) fill(name, bandwidth string, later bool) {
	s.t.Helper()
	circuit := func(id, mbit string) []string {
		row := []string{id, "cn-hangzhou", "Example Networks Ltd", "FIBRE", "Example Build Co", "2027-03-15T08:00:00Z", mbit}
		if later && id == "pc-example0000000001" {
			row = append(row, "EX-10GE0101NP", "A01-F01-P01", "China Telecom", "+447700900500", "not-yet", "do-not-confirm")
		}
		return row
	}
	s.save(name, []clitest.Sheet{
		{Name: "Circuits", Rows: [][]string{
			{"Instance ID", "Region ID", "Company name", "Line type", "Construction company", "Construction time (UTC)", "Bandwidth (Mbit/s)",
				"Line code", "Line label", "Line provider", "Line contact", "Construction finished", "Confirm circuit"},
			circuit("pc-example0000000001", "1000"), circuit("pc-example0000000002", bandwidth), circuit("pc-example0000000003", "1000"),
		}},
		{Name: "Engineers", Rows: [][]string{
			{"Instance ID", "Name", "Certificate type", "Certificate number", "Gender", "Contact"},
			{"*", "Testperson A", "Passport", "X00000001", "Female", "+86 139 0000 0000"},
		}},
	})
}

// fillChinese writes a Chinese workbook of three circuits.
func (s *shell) fillChinese(name, bandwidth string) {
	s.t.Helper()
	circuit := func(id, mbit string) []string {
		return []string{id, "cn-hangzhou", "样例网络有限公司", "光纤直连", "样例施工公司", "2027年3月15日 16:00:00", mbit}
	}
	s.save(name, []clitest.Sheet{
		{Name: "专线", Rows: [][]string{
			{"实例 ID", "地域 ID", "公司名称", "专线类型", "施工单位", "施工时间 (UTC)", "带宽 (Mbit/s)"},
			circuit("pc-example0000000011", "1000"), circuit("pc-example0000000012", bandwidth), circuit("pc-example0000000013", "1000"),
		}},
		{Name: "施工工程师", Rows: [][]string{
			{"实例 ID", "姓名", "证件类型", "证件号码", "性别", "联系方式"},
			{"*", "张样例", "护照", "X00000001", "女", "+86 139 0000 0000"},
		}},
	})
}

func (s *shell) save(name string, sheets []clitest.Sheet) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), clitest.Pack(sheets), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// here replaces the folders and names in the documentation by those of the test.
func (s *shell) here(command string) string {
	command = strings.NewReplacer(
		"/usr/local/bin/loabatch", "loabatch", "./loabatch", "loabatch", `C:\loa\loabatch.exe`, "loabatch", `C:\loa\inbox\`, s.dir+"/srv/loa/inbox/", `C:\loa\`, s.dir+"/srv/loa/",
		"/srv/loa", s.dir+"/srv/loa", "/var/", s.dir+"/var/", "/etc/", s.dir+"/etc/",
	).Replace(command)
	if strings.Contains(command, docsRun) {
		command = strings.ReplaceAll(command, docsRun, s.lastRun())
	}
	return command
}

func (s *shell) lastRun() string {
	out, _ := s.output("loabatch history --json")
	var history struct {
		Runs []struct {
			RunID string `json:"run_id"`
		} `json:"runs"`
	}
	if err := json.Unmarshal([]byte(out), &history); err != nil || len(history.Runs) == 0 {
		s.t.Fatalf("history has no run: %v\n%s", err, out)
	}
	return history.Runs[0].RunID
}

// output runs a command and returns what it printed and its exit code.
func (s *shell) output(command string) (string, int) {
	cmd := exec.Command("bash", "-c", command)
	cmd.Dir, cmd.Env = s.dir, s.env
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(out), exit.ExitCode()
	}
	if err != nil {
		s.t.Fatalf("%s: %v", command, err)
	}
	return string(out), 0
}

// exitComment is what follows a command that does not exit with 0.
var exitComment = regexp.MustCompile(`\s+#(?: exit (\d+))?.*$`)

// run types a line of the documentation.
func (s *shell) run(line string) {
	s.t.Helper()
	want := 0
	if m := exitComment.FindStringSubmatch(line); m != nil {
		want, _ = strconv.Atoi(m[1])
		line = strings.TrimSuffix(line, m[0])
	}
	command := s.here(line)
	if out, got := s.output(command); got != want {
		s.t.Errorf("%s\nexit code %d, want %d\n%s", command, got, want, out)
	}
}

// export sets what later commands get; the endpoint stays that of the test.
func (s *shell) export(line string) {
	for _, pair := range strings.Fields(line) {
		if !strings.HasPrefix(pair, "LOABATCH_ENDPOINT=") {
			s.env = append(s.env, pair)
		}
	}
}

// prepare does what a page asks the reader to do by hand: fill FILE, 填写 FILE, mend FILE OLD NEW, answer
// y for the next command, or any command. With review, Alibaba Cloud reviews what it has, and expect
// says what the LOA of a circuit is then.
func (s *shell) prepare(words []string) {
	switch words[0] {
	case "fill":
		s.fill(words[1], words[2], len(words) > 3)
	case "review":
		if _, err := s.sim.Review("", "", ""); err != nil {
			s.t.Fatal(err)
		}
	case "填写":
		s.fillChinese(words[1], words[2])
	case "expect":
		if lives := s.sim.Life(words[1]); len(lives) != 1 || lives[0].LOAStatus != words[2] {
			s.t.Errorf("the LOA of %s is not %s: %+v", words[1], words[2], lives)
		}
	case "mend":
		s.mend(filepath.Join(s.dir, words[1]), words[2], words[3])
	case "answer":
		s.env = append(s.env, "LOABATCH_YES=true")
	default:
		s.run(strings.Join(words, " "))
	}
}

// mend corrects a cell of a copy, and saves the copy.
func (s *shell) mend(path, old, text string) {
	edited, err := clitest.Edit([]byte(readText(s.t, path)), old, text)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, edited, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// TestDocumentedCommandsRun types each command in the README and the pages beside it, in
// order, as a reader would. Comments such as <!-- run: fill circuits.xlsx 20480 --> stand for what
// the reader does in between. Go commands are left to .ci/readme.
func TestDocumentedCommandsRun(t *testing.T) {
	t.Parallel()
	commands := 0
	for _, page := range documents(t) {
		s := newShell(t)
		text := strings.ReplaceAll(readText(t, page), "\\\n", "")
		if testing.Short() && strings.HasSuffix(page, "after-the-letter.md") {
			continue // the sandbox that reads letters is slow under the race detector
		}
		fence := ""
		for line := range strings.Lines(text) {
			line = strings.TrimSpace(line)
			if language, ok := strings.CutPrefix(line, "```"); ok {
				fence = language
				continue
			}
			if words, ok := strings.CutPrefix(line, "<!-- run: "); ok {
				s.prepare(strings.Fields(strings.TrimSuffix(words, "-->")))
				continue
			}
			if fence != "sh" && fence != "console" || line == "" {
				continue
			}
			line = strings.TrimPrefix(line, "$ ")
			switch {
			case strings.HasPrefix(line, "go "):
			case strings.HasPrefix(line, "export "):
				s.export(strings.TrimPrefix(line, "export "))
			default:
				commands++
				s.run(line)
			}
		}
	}
	if commands < docsCount {
		t.Errorf("only %d commands were found", commands)
	}
}

// TestPolicyHasEveryAction compares the README's RAM policy with the calls of the program.
func TestPolicyHasEveryAction(t *testing.T) {
	called := map[string]bool{}
	for _, glob := range []string{"../../cloud/*.go", "../../operation.go"} {
		files, _ := filepath.Glob(glob)
		for _, file := range files {
			for _, m := range regexp.MustCompile(`vpc\.Create(\w+)Request\(|\bapi: "(\w+)"`).FindAllStringSubmatch(readText(t, file), -1) {
				if !strings.HasSuffix(file, "_test.go") {
					called["vpc:"+m[1]+m[2]] = true
				}
			}
		}
	}
	want := slices.Sorted(maps.Keys(called))
	got := policyActions(t, readText(t, "../../../README.md"))
	if !slices.Equal(got, want) {
		t.Errorf("the README's policy allows\n %q\nand the program calls\n %q", got, want)
	}
	page := readText(t, github+"docs/permissions.md")
	for _, action := range want {
		if !strings.Contains(page, "`"+action+"`") {
			t.Errorf("the page on permissions does not say what needs %s", action)
		}
	}
	for _, action := range policyActions(t, page) {
		if !called[action] {
			t.Errorf("the least policy has %s, which nothing calls", action)
		}
	}
}

// TestCommandsCallWhatThePageSays runs the commands listed on the page on permissions.
func TestCommandsCallWhatThePageSays(t *testing.T) {
	t.Parallel()
	page := readText(t, github+"docs/permissions.md")
	for _, command := range []string{"submit", "submit --dry-run=online", "status", "template --from-account", "doctor"} {
		allowed := map[string]bool{"GetCallerIdentity": true}
		for _, m := range regexp.MustCompile("(?m)^\\| `"+command+"`[^|]*\\|([^|]*)\\|").FindAllStringSubmatch(page, -1) {
			for _, action := range regexp.MustCompile("`vpc:(\\w+)`").FindAllStringSubmatch(m[1], -1) {
				allowed[action[1]] = true
			}
		}
		s := newShell(t)
		if strings.HasPrefix(command, "submit") || command == "status" {
			command += " srv/loa/tonight.xlsx"
		}
		if out, code := s.output("LOABATCH_YES=true loabatch " + command); code != 0 {
			t.Errorf("%s: exit code %d\n%s", command, code, out)
		}
		called := map[string]bool{}
		for _, lane := range s.sim.Stats().Lanes {
			called[lane.API] = true
		}
		delete(allowed, "DescribePhysicalConnectionLOA") // for a lost answer only
		if !maps.Equal(called, allowed) {
			t.Errorf("%s calls %v, and the page says %v", command, slices.Sorted(maps.Keys(called)), slices.Sorted(maps.Keys(allowed)))
		}
	}
}

// policyActions lists the actions of the first JSON block of a page.
func policyActions(t *testing.T, text string) (actions []string) {
	_, block, _ := strings.Cut(text, "```json\n")
	block, _, _ = strings.Cut(block, "```")
	var policy struct {
		Version   string
		Statement []struct {
			Effect, Resource string
			Action           any
		}
	}
	if err := json.Unmarshal([]byte(block), &policy); err != nil {
		t.Fatal(err)
	}
	for _, s := range policy.Statement {
		switch a := s.Action.(type) {
		case string:
			actions = append(actions, a)
		case []any:
			for _, one := range a {
				actions = append(actions, one.(string))
			}
		}
	}
	slices.Sort(actions)
	return actions
}

// TestDocumentsLinkToWhatIsThere follows the links of the pages within the repository.
func TestDocumentsLinkToWhatIsThere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]*)(#[^)]*)?\)`)
	for _, page := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(readText(t, page), -1) {
			target := page
			if m[1] != "" {
				target = filepath.Join(filepath.Dir(page), m[1])
			}
			if _, err := os.Stat(target); errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s links to %s, which is not there", page, m[1])
				continue
			}
			if m[2] != "" && !slices.Contains(anchors(readText(t, target)), m[2]) {
				t.Errorf("%s links to %s%s, which has no such heading", page, m[1], m[2])
			}
		}
	}
}

// anchors are the headings of a page in the form that links use.
func anchors(text string) (list []string) {
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		list = append(list, "#"+strings.ReplaceAll(regexp.MustCompile(`[^\p{L}\p{N} -]`).ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	return list
}

// TestReadmeSaysWhatIsTrue checks that the README and the reference beside it have every
// command, flag, result, exit code and column of the code.
func TestReadmeSaysWhatIsTrue(t *testing.T) {
	readme := readText(t, "../../../README.md") + readText(t, github+"docs/reference.md")
	want := func(text string) {
		if !strings.Contains(readme, text) {
			t.Errorf("neither the README nor the reference says %s", text)
		}
	}
	commands := regexp.MustCompile(`(?m)^  ([a-z]+) +[A-Z]`).FindAllStringSubmatch(help(t), -1)
	if len(commands) < 10 {
		t.Errorf("only the commands %q were found", commands)
	}
	for _, m := range commands {
		if m[1] != "help" {
			want("`" + m[1])
		}
	}
	flags := regexp.MustCompile(`(?m)^ +(?:-[a-z], )?(--[a-z-]+)`).FindAllStringSubmatch(help(t, "submit"), -1)
	if len(flags) < 40 {
		t.Errorf("only the flags %q were found", flags)
	}
	for _, m := range flags {
		if m[1] != "--help" {
			want(m[1])
		}
	}
	for _, r := range sheet.AllResults {
		want("| `" + string(r) + "` |")
		want("| `" + strings.Replace(sheet.Chinese.Result(r), " ", "` ", 1) + " |") // in the Chinese part
	}
	for code := range 10 {
		want(fmt.Sprintf("| %d |", code))
	}
	want("| 130, 131, 134, 143 |")
	for _, c := range sheet.Columns {
		want("| " + c.Header + " |")
	}
	for _, header := range sheet.ResultHeaders {
		want(header)
	}
}

// help returns what a command says of itself.
func help(t *testing.T, command ...string) string {
	var stdout, stderr bytes.Buffer
	exit := cli.Run(t.Context(), cli.Env{
		Args: append(command, "--help"), Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
		Getenv: func(string) string { return "" }, Now: time.Now,
	})
	if exit != 0 {
		t.Fatalf("exit code %d: %s", exit, stderr.String())
	}
	return stdout.String()
}

// TestReferenceNamesBothLanguages: the reference lists every name of sheets, headers, values and
// result columns in each language.
func TestReferenceNamesBothLanguages(t *testing.T) {
	text := readText(t, github+"docs/reference.md")
	for _, l := range sheet.Languages {
		names := []string{l.SheetName(sheet.CircuitsSheet), l.SheetName(sheet.EngineersSheet), l.AddedName("Guide"), l.AddedName("Errors"), l.AddedName("Summary"), l.CheckHeader()}
		for i := range sheet.Columns {
			names = append(append(names, l.Header(sheet.Columns[i].ID)), l.Values(&sheet.Columns[i])...)
		}
		for id := range sheet.ResultHeaders {
			names = append(names, l.ResultHeader(sheet.ResultColumn(id)))
		}
		for _, name := range names {
			if !strings.Contains(text, name) {
				t.Errorf("the reference does not name %s", name)
			}
		}
	}
}
