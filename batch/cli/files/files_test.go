package files

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/durable"
)

// TestSameFile compares files under different names, whether they exist or not.
func TestSameFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs links")
	}
	folder := t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	for _, err := range []error{
		os.WriteFile(at("a.xlsx"), []byte("a"), 0o600), os.WriteFile(at("b.xlsx"), []byte("b"), 0o600),
		os.Link(at("a.xlsx"), at("hard.xlsx")), os.Symlink("a.xlsx", at("link.xlsx")), os.Symlink("link.xlsx", at("chain.xlsx")),
		os.Mkdir(at("real"), 0o700), os.Symlink("real", at("folder")), os.Symlink("real/new.xlsx", at("dangling.xlsx")),
		os.Symlink("../up.xlsx", at("real/up.xlsx")), os.Symlink("loop.xlsx", at("loop.xlsx")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(folder)
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"a.xlsx", "a.xlsx", true}, {"a.xlsx", "./a.xlsx", true}, {"a.xlsx", at("a.xlsx"), true}, {"a.xlsx", "hard.xlsx", true},
		{"a.xlsx", "link.xlsx", true}, {"hard.xlsx", "chain.xlsx", true}, {"a.xlsx", "b.xlsx", false}, {"a.xlsx", "new.xlsx", false},
		{"new.xlsx", "new.xlsx", true}, {"new.xlsx", at("new.xlsx"), true}, {"new.xlsx", "NEW.xlsx", true}, {"new.xlsx", "other.xlsx", false},
		{"real/new.xlsx", "folder/new.xlsx", true}, {"real/new.xlsx", "dangling.xlsx", true}, {"folder/up.xlsx", "up.xlsx", true},
		{"real/new.xlsx", "new.xlsx", false}, {"loop.xlsx", "a.xlsx", false}, {"none/new.xlsx", "none/new.xlsx", true}, {"none/new.xlsx", "new.xlsx", false},
	} {
		if got := Same(c.a, c.b); got != c.same {
			t.Errorf("%s and %s: same %v, want %v", c.a, c.b, got, c.same)
		}
		if got := Same(c.b, c.a); got != c.same {
			t.Errorf("%s and %s: same %v, want %v", c.b, c.a, got, c.same)
		}
	}
}

// TestClaims compares every kind of output with the inputs and with each other.
func TestClaims(t *testing.T) {
	folder := t.TempDir()
	in, second := filepath.Join(folder, "in.xlsx"), filepath.Join(folder, "second.xlsx")
	for _, path := range []string{in, second} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	flags := []string{CopyFlag, "--report csv", "--log-file", "--ledger", "--metrics-file"}
	for _, flag := range flags {
		for _, path := range []string{in, second, filepath.Join(folder, ".", "in.xlsx")} {
			var c Claims
			c.Read(in)
			c.Read(second)
			err := c.Write(flag, path)
			if exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "is-input") {
				t.Errorf("%s %s: %v", flag, path, err)
			}
		}
		for _, other := range flags {
			var c Claims
			c.Read(in)
			if err := c.Write(other, filepath.Join(folder, "new")); err != nil {
				t.Error(err)
			}
			if err := c.Write(flag, filepath.Join(folder, "new")); exit.Of(err) != exit.Usage {
				t.Errorf("%s like %s: %v", flag, other, err)
			}
			if err := c.Write(flag, filepath.Join(folder, "else")); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestCopyPath checks where copies go by default; names do not grow from run to run.
func TestCopyPath(t *testing.T) {
	for _, c := range []struct{ in, output, want string }{
		{"dir/a.xlsx", "", "dir/a.results-20270115-020000-abcde.xlsx"},
		{"a.xlsm", "", "a.results-20270115-020000-abcde.xlsm"},
		{"a.results-20261231-020000-zzzzz.xlsx", "", "a.results-20270115-020000-abcde.xlsx"},
		{"a.results-of-may.xlsx", "", "a.results-of-may.results-20270115-020000-abcde.xlsx"},
		{"a.xlsx", "out.xlsx", "out.xlsx"},
	} {
		if got := CopyPath(c.in, c.output, false, "20270115-020000-abcde"); got != filepath.FromSlash(c.want) {
			t.Errorf("CopyPath(%q, %q) = %q, want %q", c.in, c.output, got, c.want)
		}
	}
	if got := CopyPath("x/a.xlsx", "out", true, "r"); got != filepath.FromSlash("out/a.results-r.xlsx") {
		t.Errorf("with several inputs: %q", got)
	}
}

// TestTargetOf has the files of a run that was joined named after it.
func TestTargetOf(t *testing.T) {
	own := Target{RunID: "r1", Path: "out/a.results-r1.xlsx", Reports: []Report{{Kind: "csv", Path: "out/a.results-r1.csv"}}}
	joined := own.Of("r2")
	if joined.RunID != "r2" || joined.Path != filepath.FromSlash("out/a.results-r2.xlsx") || joined.Reports[0].Path != filepath.FromSlash("out/a.results-r2.csv") {
		t.Errorf("%+v", joined)
	}
	if own.Reports[0].Path != "out/a.results-r1.csv" {
		t.Errorf("the target itself has changed: %+v", own)
	}
	moved, to := Target{Path: "in/a.xlsx", Reports: own.Reports, To: func(int) string { return filepath.Join("done", "b.xlsx") }}.Along(0)
	if to != filepath.Join("done", "b.xlsx") || moved.Path != filepath.Join("done", "a.xlsx") || moved.Reports[0].Path != filepath.Join("done", "a.results-r1.csv") {
		t.Errorf("%+v, %s", moved, to)
	}
}

// TestStaged renders each report once, whether it is staged or written at once, and leaves no other file in the folder.
func TestStaged(t *testing.T) {
	folder := t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	calls := 0
	render := func(w io.Writer) error {
		calls++
		_, err := io.WriteString(w, "report")
		return err
	}
	want := Digest(strings.NewReader("report"))
	var s Staged
	write := func(path string, render func(io.Writer) error) string {
		sum, err := s.Write(path, render)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		return sum
	}
	for i, step := range []struct {
		do    func(path string, render func(io.Writer) error) string
		name  string
		calls int
		there bool
	}{
		{s.Stage, "a.csv", 1, false}, {s.Sum, "a.csv", 0, false}, {write, "a.csv", 0, true}, {write, "a.csv", 1, true},
		{s.Sum, "b.csv", 1, false}, {s.Stage, "b.csv", 1, false}, {s.Stage, "missing/c.csv", 1, false},
	} {
		calls = 0
		if sum := step.do(at(step.name), render); sum != want || calls != step.calls || durable.Exists(at(step.name)) != step.there {
			t.Errorf("step %d, %s: %s after %d calls, there: %t", i+1, step.name, sum, calls, !step.there)
		}
	}
	if n := s.Discard(); n != 1 || s.Discard() != 0 {
		t.Errorf("%d reports were staged", n)
	}
	if left, _ := os.ReadDir(folder); len(left) != 1 {
		t.Errorf("the folder holds %v", left)
	}
	full := errors.New("no space")
	never := func(io.Writer) error { return full }
	if sum := s.Stage(at("b.csv"), never) + s.Sum(at("b.csv"), never); sum != "" || s.Discard() != 0 {
		t.Errorf("a report that cannot be rendered has the digest %s", sum)
	}
	if _, err := s.Write(at("b.csv"), never); !errors.Is(err, full) {
		t.Errorf("a report that cannot be rendered was written: %v", err)
	}
	s.Stage(at("a.csv"), render)
	space := false
	write(at("b.csv"), func(w io.Writer) error {
		if !space {
			space = true
			return full
		}
		return render(w)
	})
	if DigestOf(at("b.csv")) != want || s.Discard() != 0 {
		t.Error("what is staged did not make room")
	}
}

// TestMatching puts files in the place of patterns, as shells do.
func TestMatching(t *testing.T) {
	folder := t.TempDir() + string(filepath.Separator)
	for _, name := range []string{"a.xlsx", "B.XLSX", "[1] 表.xlsx", "c.csv"} {
		if err := os.WriteFile(folder+name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(folder+"d.xlsx", 0o700); err != nil {
		t.Fatal(err)
	}
	for pattern, want := range map[string][]string{
		"*.xlsx": {"B.XLSX", "[1] 表.xlsx", "a.xlsx"}, "?.XLSX": {"B.XLSX", "a.xlsx"}, "[1]*": {"[1] 表.xlsx"}, "a.xlsx": {"a.xlsx"}, "[ab].xlsx": {"[ab].xlsx"}, "*.xls": {"*.xls"},
		"a.xlsx.": {"a.xlsx"}, "a.xlsm. .": {"a.xlsm"}, "..": {".."},
	} {
		for i := range want {
			want[i] = folder + want[i]
		}
		if got := matching([]string{folder + pattern, "x"}); !slices.Equal(got, append(want, "x")) {
			t.Errorf("%s: %q, want %q", pattern, got, want)
		}
	}
	for path, want := range map[string]string{`\\?\C:\a.xlsx.`: `\\?\C:\a.xlsx.`, ". .": ". .", "b.xlsx ": "b.xlsx"} {
		if got := matching([]string{path}); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	t.Chdir(folder)
	if got := matching([]string{"*.csv"}); !slices.Equal(got, []string{"c.csv"}) {
		t.Errorf("%q", got)
	}
}
