package endtoend_test

import (
	"encoding/xml"
	"maps"
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
)

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

// TestTaskIsTried runs the doctor that the page has a scheduled task run before its first night: with
// flags that it takes, and the folders of the recipe.
func TestTaskIsTried(t *testing.T) {
	t.Parallel()
	found := regexp.MustCompile(`\bC:\\loa\\loabatch\.exe (doctor [^>]*) > `).FindStringSubmatch(readText(t, github+"docs/unattended.md"))
	if found == nil {
		t.Fatal("the page runs no doctor")
	}
	night := nights(t)["Windows"][0] + " "
	for _, m := range regexp.MustCompile(`--\S+ \S+`).FindAllString(found[1], -1) {
		if !strings.Contains(night, " "+m+" ") {
			t.Errorf("the task has no %s", m)
		}
	}
	s := newShell(t)
	if err := os.MkdirAll(filepath.Join(s.dir, "loa", "inbox", "done"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(s.dir, "loa", "inbox", "failed"), 0o700); err != nil {
		t.Fatal(err)
	}
	s.run("loabatch " + strings.NewReplacer(`C:\`, "", `\`, "/").Replace(found[1]) + " # exit 0")
}

// jobSpec is what the tests check in a Job.
type jobSpec struct {
	Parallelism, Completions int
	CompletionMode           string `yaml:"completionMode"`
	PodFailurePolicy         struct {
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
				Env           []struct{ Name string }
			}
		}
	}
}

// codes are the exit codes of each action.
func (s jobSpec) codes(t *testing.T) map[string][]int {
	rules := map[string][]int{}
	for _, r := range s.PodFailurePolicy.Rules {
		rules[r.Action] = r.OnExitCodes.Values
		if !slices.IsSorted(r.OnExitCodes.Values) {
			t.Errorf("%s: Kubernetes wants the codes in order", r.Action)
		}
	}
	return rules
}

// cronJob is what the tests check in a CronJob.
type cronJob struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Spec       struct {
		ConcurrencyPolicy string                 `yaml:"concurrencyPolicy"`
		JobTemplate       struct{ Spec jobSpec } `yaml:"jobTemplate"`
	}
}

// readManifest reads a file of Kubernetes' that ends with a claim for a volume.
func readManifest(t *testing.T, name string, into any) {
	d := yaml.NewDecoder(strings.NewReader(readText(t, github+"recipes/"+name)))
	if err := d.Decode(into); err != nil {
		t.Fatal(err)
	}
	var claim map[string]any
	if err := d.Decode(&claim); err != nil || claim["kind"] != "PersistentVolumeClaim" {
		t.Errorf("the second document: %v, %v", claim, err)
	}
}

func readCronJob(t *testing.T) (job cronJob) {
	readManifest(t, "cronjob.yaml", &job)
	return job
}

// TestJobIsAWorkQueue: any pod may do any row, each writes its own copy, and the exit codes mean what
// they mean at night, except if the database is away at the start.
func TestJobIsAWorkQueue(t *testing.T) {
	var job struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string
		Spec       jobSpec
	}
	readManifest(t, "job.yaml", &job)
	if job.APIVersion != "batch/v1" || job.Kind != "Job" || job.Spec.Parallelism < 2 || job.Spec.Completions != 0 || job.Spec.CompletionMode != "" || job.Spec.Template.Spec.RestartPolicy != "Never" {
		t.Errorf("%+v", job)
	}
	night := readCronJob(t).Spec.JobTemplate.Spec
	got, want := job.Spec.codes(t), night.codes(t)
	const away = 2 // also of a database that does not answer, as in a failover
	want["FailJob"] = slices.DeleteFunc(want["FailJob"], func(code int) bool { return code == away })
	want["Count"] = slices.Sorted(slices.Values(append(want["Count"], away)))
	if !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("podFailurePolicy: %v, and that of the CronJob %v", got, want)
	}
	container := job.Spec.Template.Spec.Containers[0]
	set := map[string]bool{}
	for _, v := range container.Env {
		set[v.Name] = true
	}
	if !set["LOABATCH_LEDGER"] || !set["POD_NAME"] || !strings.Contains(strings.Join(container.Args, " "), "--output=/srv/loa/circuits.$(POD_NAME).xlsx") {
		t.Errorf("environment %v, arguments %q", set, container.Args)
	}
	s := newShell(t) // the arguments are those of this version, and the night's copy is not there yet
	s.fill("srv/loa/circuits.xlsx", "1000", false)
	words := strings.ReplaceAll(strings.Join(append(container.Command, container.Args...), " "), "$(POD_NAME)", "pod-1")
	s.run(words + " --ledger ledger.db # exit 0")
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
			{func(path string) { s.fill(path, "1000", false) }, "0"}, {nil, "0"},
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

// TestRecipesKnowTheExitCodes checks that schedulers start again what another start may finish
// and leave the rest to people, and that the page on failures explains each code.
func TestRecipesKnowTheExitCodes(t *testing.T) {
	readme := readText(t, "../../../README.md")
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
	rules := spec.codes(t)
	// A pod may continue what the one before it left when its time was up.
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
