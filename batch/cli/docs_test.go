package cli_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/loabatch/loabatch/batch/simulator"
)

const (
	github    = "../../.github/"
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
	return append(pages, "../../README.md")
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
	dir := t.TempDir()
	s := &shell{t: t, dir: dir}
	for _, name := range []string{"srv/loa", "var/log/loabatch", "etc"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s.fill("srv/loa/tonight.xlsx", "1000")
	if err := os.Symlink(testdata(t), filepath.Join(dir, "testdata")); err != nil {
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

// fill writes a workbook of three circuits as somebody would have filled it in.
func (s *shell) fill(name, bandwidth string) {
	s.t.Helper()
	circuit := func(id, mbit string) []string {
		return []string{id, "cn-hangzhou", "Example Networks Ltd", "FIBRE", "Example Build Co", "2027-03-15T08:00:00Z", mbit}
	}
	s.save(name, []gridSheet{
		{name: "Circuits", rows: [][]string{
			{"Instance ID", "Region ID", "Company name", "Line type", "Construction company", "Construction time (UTC)", "Bandwidth (Mbit/s)"},
			circuit("pc-example0000000001", "1000"), circuit("pc-example0000000002", bandwidth), circuit("pc-example0000000003", "1000"),
		}},
		{name: "Engineers", rows: [][]string{
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
	s.save(name, []gridSheet{
		{name: "专线", rows: [][]string{
			{"实例 ID", "地域 ID", "公司名称", "专线类型", "施工单位", "施工时间 (UTC)", "带宽 (Mbit/s)"},
			circuit("pc-example0000000011", "1000"), circuit("pc-example0000000012", bandwidth), circuit("pc-example0000000013", "1000"),
		}},
		{name: "施工工程师", rows: [][]string{
			{"实例 ID", "姓名", "证件类型", "证件号码", "性别", "联系方式"},
			{"*", "张样例", "护照", "X00000001", "女", "+86 139 0000 0000"},
		}},
	})
}

func (s *shell) save(name string, sheets []gridSheet) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), packWorkbook(sheets), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// here puts the folders and names of the documentation where they are in the test.
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

// output runs a command, and gives what it printed and its exit code.
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
// y for the next command, or any command.
func (s *shell) prepare(words []string) {
	switch words[0] {
	case "fill":
		s.fill(words[1], words[2])
	case "填写":
		s.fillChinese(words[1], words[2])
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
	edited, err := editCell([]byte(readText(s.t, path)), old, text)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, edited, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// TestDocumentedCommandsRun types each command in the README and the pages beside it, in
// their order, as a reader would. Comments such as <!-- run: fill circuits.xlsx 20480 --> stand for what
// the reader does between them. Commands of Go are left to .ci/readme.
func TestDocumentedCommandsRun(t *testing.T) {
	t.Parallel()
	commands := 0
	for _, page := range documents(t) {
		s := newShell(t)
		text := strings.ReplaceAll(readText(t, page), "\\\n", "")
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

// nights are the commands of the recipes, as they would be started.
func nights(t *testing.T) map[string][]string {
	service := strings.ReplaceAll(readText(t, github+"recipes/loabatch.service"), "\\\n", "")
	start := regexp.MustCompile(`(?m)^ExecStart=(.*)$`).FindStringSubmatch(service)
	found := map[string][]string{"systemd": {strings.ReplaceAll(start[1], "%%", "%")}}
	for _, m := range regexp.MustCompile(`(?m)^[0-9*]+ [0-9*]+ \* \* \*  loabatch  (.*); echo .*$`).FindAllStringSubmatch(readText(t, github+"recipes/loabatch.cron"), -1) {
		if strings.Contains(strings.ReplaceAll(m[1], `\%`, ""), "%") {
			t.Errorf("cron takes the %% in %s for the end of the command", m[1])
		}
		found["cron"] = append(found["cron"], strings.ReplaceAll(m[1], `\%`, "%"))
	}
	var task struct {
		Command   string `xml:"Actions>Exec>Command"`
		Arguments string `xml:"Actions>Exec>Arguments"`
	}
	if err := xml.Unmarshal([]byte(readText(t, github+"recipes/loabatch-task.xml")), &task); err != nil {
		t.Fatal(err)
	}
	found["Windows"] = []string{task.Command + " " + task.Arguments}
	container := readCronJob(t).Spec.JobTemplate.Spec.Template.Spec.Containers[0]
	words := slices.Concat(container.Command, container.Args)
	for i := range words {
		if strings.Contains(words[i], " ") {
			words[i] = "'" + words[i] + "'"
		}
	}
	found["Kubernetes"] = []string{strings.Join(words, " ")}
	return found
}

// cronJob is what the test looks at in a CronJob.
type cronJob struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Spec       struct {
		ConcurrencyPolicy string `yaml:"concurrencyPolicy"`
		JobTemplate       struct {
			Spec struct {
				PodFailurePolicy struct {
					Rules []struct {
						Action      string
						OnExitCodes struct {
							ContainerName, Operator string
							Values                  []int
						} `yaml:"onExitCodes"`
					}
				} `yaml:"podFailurePolicy"`
				Template struct {
					Spec struct {
						RestartPolicy string `yaml:"restartPolicy"`
						Containers    []struct {
							Name, Image   string
							Command, Args []string
						}
					}
				}
			}
		} `yaml:"jobTemplate"`
	}
}

func readCronJob(t *testing.T) (job cronJob) {
	d := yaml.NewDecoder(strings.NewReader(readText(t, github+"recipes/cronjob.yaml")))
	if err := d.Decode(&job); err != nil {
		t.Fatal(err)
	}
	var claim map[string]any
	if err := d.Decode(&claim); err != nil || claim["kind"] != "PersistentVolumeClaim" {
		t.Errorf("the second document: %v, %v", claim, err)
	}
	return job
}

// underSystemd gives a shell what the unit gives its command, and returns what stands for the
// folder of its credentials: the keys come from there, and from nowhere else.
func underSystemd(s *shell) string {
	folder := filepath.Join(s.dir, "credentials")
	if err := os.Mkdir(folder, 0o700); err != nil {
		s.t.Fatal(err)
	}
	keys := "[default]\ntype = access_key\naccess_key_id = id\naccess_key_secret = secret\n"
	service := readText(s.t, github+"recipes/loabatch.service")
	for _, m := range regexp.MustCompile(`LoadCredential=(\w+):`).FindAllStringSubmatch(service, -1) {
		content := map[string]string{"keys": keys, "password": "made up\n"}[m[1]]
		if err := os.WriteFile(filepath.Join(folder, m[1]), []byte(content), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	s.env = slices.DeleteFunc(s.env, func(pair string) bool {
		return strings.HasPrefix(pair, "ALIBABA_CLOUD_") || strings.HasPrefix(pair, "XDG_")
	})
	for _, m := range regexp.MustCompile(`(?m)^Environment=(.*)$`).FindAllStringSubmatch(service, -1) {
		s.env = append(s.env, s.here(strings.ReplaceAll(m[1], "%d", folder)))
	}
	return folder
}

// TestRecipesRun starts each recipe's command in three nights: one with a workbook, one without,
// and one with a file that is not a workbook.
func TestRecipesRun(t *testing.T) {
	t.Parallel()
	recipes := nights(t)
	for _, name := range slices.Sorted(maps.Keys(recipes)) {
		s := newShell(t)
		pinged := make(chan string, 100)
		monitor := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { pinged <- r.URL.Path }))
		t.Cleanup(monitor.Close)
		s.env = append(s.env, "LOABATCH_PING_URL="+monitor.URL)
		if err := os.WriteFile(filepath.Join(s.dir, "etc/loabatch.env"), []byte("LOABATCH_LOG_LEVEL=warn\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, folder := range []string{"srv/loa/inbox/done", "srv/loa/inbox/failed", "var/lib/prometheus/node-exporter"} {
			if err := os.MkdirAll(filepath.Join(s.dir, folder), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		credentials := ""
		if name == "systemd" {
			credentials = underSystemd(s)
			password := regexp.MustCompile(`(?m)^# and (--password-file \S+) below`).FindStringSubmatch(readText(t, github+"recipes/loabatch.service"))
			recipes[name][0] += " " + password[1]
		}
		var pings []string
		for _, night := range []struct {
			put  func(path string)
			exit string
		}{
			{func(path string) { s.fill(path, "1000") }, "0"}, {nil, "0"},
			{func(path string) {
				if err := os.WriteFile(filepath.Join(s.dir, path), []byte("no workbook"), 0o600); err != nil {
					t.Fatal(err)
				}
			}, "2"},
		} {
			if night.put != nil {
				night.put("srv/loa/inbox/book.xlsx")
				yesterday := time.Now().AddDate(0, 0, -1) // nobody is still writing it
				if err := os.Chtimes(filepath.Join(s.dir, "srv/loa/inbox/book.xlsx"), yesterday, yesterday); err != nil {
					t.Fatal(err)
				}
			}
			exit := night.exit
			for _, command := range recipes[name] {
				s.run(strings.ReplaceAll(command, "%d", credentials) + " # exit " + exit)
				pings = append(pings, "/start", "/"+exit)
				exit = "0" // what was left of the night is nothing
			}
		}
		for _, want := range pings {
			if got := <-pinged; got != want {
				t.Errorf("%s: pinged %s, want %s", name, got, want)
			}
		}
		want := map[string]int{"srv/loa/inbox/*.xlsx": 0, "srv/loa/inbox/done/*.xlsx": 2, "srv/loa/inbox/failed/*.xlsx": 1}
		if name == "cron" || name == "systemd" {
			want["srv/loa/last-night.txt"], want["var/lib/prometheus/node-exporter/loabatch.prom"] = 1, 1
		} else {
			want["srv/loa/loabatch.prom"] = 1
		}
		for pattern, n := range want {
			if found, _ := filepath.Glob(filepath.Join(s.dir, pattern)); len(found) != n {
				t.Errorf("%s: %s has %q, want %d", name, pattern, found, n)
			}
		}
	}
	if len(recipes) != 4 || len(recipes["cron"]) != 2 {
		t.Errorf("recipes: %q", recipes)
	}
}

// TestRecipesKnowTheExitCodes checks that schedulers start again what another start may
// finish and leave the rest to a person, and that the page on failures explains each code.
func TestRecipesKnowTheExitCodes(t *testing.T) {
	readme := readText(t, "../../README.md")
	_, table, _ := strings.Cut(readme, "## Exit codes")
	var codes []int
	for _, m := range regexp.MustCompile(`(?m)^\| ([\d, ]+) \|`).FindAllStringSubmatch(table, -1) {
		codes = append(codes, numbers(t, m[1], ", ")...)
	}
	again, person := []int{5, 9, 130, 131, 134, 143}, []int{1, 2, 3, 4, 6, 7, 8}
	if want := slices.Sorted(slices.Values(slices.Concat([]int{0}, again, person))); !slices.Equal(codes, want) {
		t.Fatalf("the README has the exit codes %v, not %v", codes, want)
	}
	service := readText(t, github+"recipes/loabatch.service")
	if got := numbers(t, regexp.MustCompile(`(?m)^RestartPreventExitStatus=(.*)$`).FindStringSubmatch(service)[1], " "); !slices.Equal(got, person) {
		t.Errorf("systemd does not start again after %v, want %v", got, person)
	}
	job := readCronJob(t)
	spec := job.Spec.JobTemplate.Spec
	if job.APIVersion != "batch/v1" || job.Kind != "CronJob" || job.Spec.ConcurrencyPolicy != "Forbid" || spec.Template.Spec.RestartPolicy != "Never" {
		t.Errorf("the CronJob cannot have a podFailurePolicy: %+v", job)
	}
	rules := map[string][]int{}
	for _, r := range spec.PodFailurePolicy.Rules {
		rules[r.Action] = r.OnExitCodes.Values
		if !slices.IsSorted(r.OnExitCodes.Values) {
			t.Errorf("%s: Kubernetes wants the codes in order", r.Action)
		}
	}
	// A pod may take up what the one before it left when its time was over.
	killed := slices.Sorted(slices.Values(append(again, 7, 137)))
	if !slices.Equal(rules["FailJob"], slices.DeleteFunc(slices.Clone(person), func(code int) bool { return code == 7 })) || !slices.Equal(rules["Count"], killed) {
		t.Errorf("podFailurePolicy: %v", rules)
	}
	failures := readText(t, github+"docs/after-a-failure.md")
	for _, code := range codes[1:] {
		if !regexp.MustCompile(`(?m)^## Exit codes? .*\b` + strconv.Itoa(code) + `\b`).MatchString(failures) {
			t.Errorf("the page on failures does not explain %d", code)
		}
	}
}

func numbers(t *testing.T, text, separator string) []int {
	var list []int
	for _, word := range strings.Split(text, separator) {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, n)
	}
	return list
}

// TestUnitsAreValid has systemd, where it is there, read the units.
func TestUnitsAreValid(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd is not installed")
	}
	units := []string{"loabatch.service", "loabatch.timer", "loabatch-failed.service"}
	dir := t.TempDir()
	for _, name := range units {
		text := strings.ReplaceAll(readText(t, github+"recipes/"+name), "/usr/local/bin/loabatch", "/bin/true")
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program, append([]string{"verify", "--man=no"}, units...)...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "SYSTEMD_UNIT_PATH="+dir+":")
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestPolicyHasEveryAction compares the README's RAM policy with the calls of the program.
func TestPolicyHasEveryAction(t *testing.T) {
	called := map[string]bool{}
	for _, glob := range []string{"../cloud/*.go", "../operation.go"} {
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
	got := policyActions(t, readText(t, "../../README.md"))
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

// TestCommandsCallWhatThePageSays starts the commands of the page on permissions.
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

// anchors are the headings of a page, as links name them.
func anchors(text string) (list []string) {
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		list = append(list, "#"+strings.ReplaceAll(regexp.MustCompile(`[^\p{L}\p{N} -]`).ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	return list
}
