package files

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/batch/cli/exit"
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
