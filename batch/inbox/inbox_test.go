package inbox

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/durable"
)

// put writes a file that was changed some time ago.
func put(t *testing.T, path, content string, ago time.Duration) {
	t.Helper()
	then := time.Now().Add(-ago)
	if err := errors.Join(os.WriteFile(path, []byte(content), 0o600), os.Chtimes(path, then, then)); err != nil {
		t.Fatal(err)
	}
}

// TestLook lists a folder with everything that people and programs leave in one.
func TestLook(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{
		"b.xlsx", "A.XLSM", "old.xls", "list.csv", "wps.et", "late.xlsx", "~$b.xlsx", ".~lock.b.xlsx#", ".~c.xlsx", ".hidden.xlsx", ".loabatch-123.tmp",
		"b.results-x.xlsx", "b.results-x.csv", "letter.pdf", "b.xlsx.part", "b.xlsx~", "b",
	} {
		put(t, filepath.Join(dir, name), name, time.Hour)
	}
	put(t, filepath.Join(dir, "now.xlsx"), "now", 0)
	put(t, filepath.Join(dir, "soon.xlsx"), "soon", QuietTime-2*time.Second)
	put(t, filepath.Join(dir, "ahead.xlsx"), "ahead", -time.Second) // from a clock that is a little ahead
	put(t, filepath.Join(dir, "tomorrow.xlsx"), "tomorrow", -24*time.Hour)
	put(t, filepath.Join(dir, "fresh.xlsx"), "fresh", QuietTime+time.Minute)
	put(t, filepath.Join(dir, "copy.xlsx"), "b.results-x.xlsx", 0)
	linked := os.Symlink("b.xlsx", filepath.Join(dir, "link.xlsx"))
	if _, err := os.Lstat(filepath.Join(dir, "link.xlsx")); err != nil && runtime.GOOS == "windows" {
		t.Skip("Windows lets few users make links; Wine makes none, without an error: ", linked)
	}
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "sub.xlsx"), 0o700), linked); err != nil {
		t.Fatal(err)
	}
	own := func(f File, size int64, sum string) bool {
		text := make([]byte, size)
		_, err := f.ReadAt(text, 0)
		return err == nil && string(text) == "b.results-x.xlsx" && sum != ""
	}
	list, left, err := Look(Disk{}, dir, time.Now(), own, func(name string) bool { return strings.HasSuffix(name, "results-x.csv") })
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, b := range list {
		name := filepath.Base(b.Path)
		if b.Fresh {
			name += " fresh"
		}
		if len(b.SHA256) != 64 {
			t.Errorf("%s has the SHA-256 %q", name, b.SHA256)
		}
		got = append(got, name)
	}
	if want := []string{"A.XLSM", "b.xlsx", "fresh.xlsx fresh", "late.xlsx", "list.csv", "old.xls", "tomorrow.xlsx", "wps.et"}; !slices.Equal(got, want) {
		t.Errorf("workbooks %q\n     want %q", got, want)
	}
	got = nil
	for _, l := range left {
		got = append(got, filepath.Base(l.Path)+" "+string(l.Reason))
	}
	want := []string{".~c.xlsx lock", ".~lock.b.xlsx# lock", "ahead.xlsx writing", "b.results-x.xlsx copy", "copy.xlsx copy", "link.xlsx link", "now.xlsx writing", "soon.xlsx writing", "~$b.xlsx lock"}
	if !slices.Equal(got, want) {
		t.Errorf("left out %q\n    want %q", got, want)
	}
	if _, _, err := Look(Disk{}, filepath.Join(dir, "none"), time.Now(), own, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}

// vanishing is a file system from which files vanish, or that does not let us read them.
type vanishing struct {
	Disk
	open error
}

func (v vanishing) Open(string) (File, error) { return nil, v.open }

// TestUnreadable checks why files that cannot be opened are left out.
func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "b.xlsx"), "b", time.Hour)
	for err, want := range map[error]Reason{fs.ErrPermission: Unreadable, fs.ErrNotExist: Gone} {
		_, left, _ := Look(vanishing{open: err}, dir, time.Now(), nil, func(string) bool { return false })
		if len(left) != 1 || left[0].Reason != want {
			t.Errorf("%v: %v", err, left)
		}
	}
}

// TestFor checks where a workbook goes for each exit code.
func TestFor(t *testing.T) {
	f := Folders{In: "in", Done: "done", Failed: "failed"}
	for exit, want := range map[int]string{0: "done", 1: "", 2: "failed", 3: "failed", 4: "failed", 5: "", 6: "", 7: "", 8: "", 9: "", 130: "", 143: ""} {
		if got := f.For(exit); got != want {
			t.Errorf("exit code %d: %q, want %q", exit, got, want)
		}
	}
}

// TestMeanwhile changes, removes and blocks files while their workbook is run.
func TestMeanwhile(t *testing.T) {
	for _, c := range []struct {
		name  string
		do    func(in, done string) error // during the run
		want  error                       // of the move
		in    string                      // content of in/b.xlsx afterwards
		moved string                      // name in done
	}{
		{"nothing", func(_, _ string) error { return nil }, nil, "", "b.xlsx"},
		{"edited", func(in, _ string) error { return os.WriteFile(in, []byte("edited"), 0o600) }, durable.ErrChanged, "edited", ""},
		{"taken away", func(in, _ string) error { return os.Remove(in) }, fs.ErrNotExist, "", ""},
		{"name taken", func(_, done string) error { return os.WriteFile(filepath.Join(done, "b.xlsx"), nil, 0o600) }, nil, "", "b-2.xlsx"},
		{"folder gone", func(_, done string) error { return os.Remove(done) }, fs.ErrNotExist, "book", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			in, done := filepath.Join(dir, "b.xlsx"), filepath.Join(dir, "done")
			if err := os.Mkdir(done, 0o700); err != nil {
				t.Fatal(err)
			}
			put(t, in, "book", time.Hour)
			books, _, err := Look(Disk{}, dir, time.Now(), func(File, int64, string) bool { return false }, func(string) bool { return false })
			if err != nil || len(books) != 1 {
				t.Fatal(books, err)
			}
			var moved string
			var failed error
			night := Night{
				Folders: Folders{In: dir, Done: done}, Files: Disk{},
				Run: func(_ Book, to func(int) string) (Ended, Reason) {
					if got := to(0); got != filepath.Join(done, "b.xlsx") || to(4) != "" {
						t.Errorf("goes to %q and %q", got, to(4))
					}
					if err := c.do(in, done); err != nil {
						t.Error(err)
					}
					return Ended{RunID: "run"}, ""
				},
				Moved: func(_ Book, _ Ended, to string, err error) { moved, failed = to, err },
			}
			night.Take(books)
			left, _ := os.ReadFile(in)
			if !errors.Is(failed, c.want) || string(left) != c.in || strings.TrimPrefix(moved, done+string(filepath.Separator)) != c.moved {
				t.Errorf("moved to %q, %v; the folder has %q", moved, failed, left)
			}
		})
	}
}

// TestTake goes through a list of known, identical, bad and blocked workbooks.
func TestTake(t *testing.T) {
	var got []string
	add := func(words ...string) { got = append(got, filepath.ToSlash(strings.Join(words, " "))) }
	ends := map[string]Ended{
		"done": {RunID: "R1"}, "failed": {RunID: "R2", Exit: 4}, "locked": {RunID: "R3", Exit: 9}, "bad": {Exit: 2},
		"disk": {Exit: 2, Again: true}, "rest": {RunID: "R4", Exit: 7, Halt: true}, "never": {},
	}
	night := Night{
		Folders: Folders{In: "in", Done: "done", Failed: "failed"}, Files: still{},
		Past: func(sum string) (Ended, bool) { return Ended{RunID: "R0", Exit: 4}, sum == "past" },
		Run: func(b Book, _ func(int) string) (Ended, Reason) {
			add("run", b.Path)
			if b.SHA256 == "half" {
				return Ended{}, Writing
			}
			return ends[b.SHA256], ""
		},
		Complete: func(b Book, run Ended, folder string) { add("complete", b.Path, run.RunID, folder) },
		Moved:    func(b Book, _ Ended, to string, err error) { add("moved", b.Path, to) },
		Left: func(l Left) {
			add(strings.TrimSpace(strings.Join([]string{"left", l.Path, string(l.Reason), l.First, l.Run.RunID, l.MovedTo}, " ")))
		},
	}
	var books []Book
	for _, pair := range [][2]string{
		{"a", "done"}, {"b", "done"}, {"c", "failed"}, {"d", "locked"}, {"e", "locked"}, {"f", "bad"}, {"g", "bad"}, {"h", "disk"}, {"i", "disk"},
		{"j", "half"}, {"k", "half"}, {"l", "past"}, {"m", "rest"}, {"n", "rest"}, {"o", "never"}, {"p", "past"},
	} {
		books = append(books, Book{Path: "in/" + pair[0], SHA256: pair[1]})
	}
	night.Take(books)
	want := []string{
		"run in/a", "moved in/a done/a", "left in/b ran in/a R1 done/b",
		"run in/c", "moved in/c failed/c",
		"run in/d", "left in/e same in/d",
		"run in/f", "moved in/f failed/f", "left in/g ran in/f  failed/g",
		"run in/h", "left in/i same in/h",
		"run in/j", "left in/j writing", "run in/k", "left in/k writing",
		"complete in/l R0 failed", "left in/l ran  R0 failed/l",
		"run in/m", "left in/n same in/m", "left in/o stopped",
		"complete in/p R0 failed", "left in/p ran  R0 failed/p",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// still is a file system in which every move succeeds.
type still struct{ Disk }

func (still) Exists(string) bool              { return false }
func (still) Move(from, to, sum string) error { return nil }
