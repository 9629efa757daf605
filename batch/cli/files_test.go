package cli

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/cli/book"
	"github.com/loabatch/loabatch/batch/cli/console"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/files"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/cli/reasons"
	"github.com/loabatch/loabatch/batch/cli/record"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// TestDamageInOtherParts reads a workbook with sound rows and a damaged picture, which
// must be found before anything is sent.
func TestDamageInOtherParts(t *testing.T) {
	const picture = "made-up picture"
	content := withPart(t, filepath.Join("..", "..", "testdata", "clean.xlsx"), "xl/media/picture.png", picture)
	for _, damaged := range []bool{false, true} {
		if damaged {
			content[bytes.Index(content, []byte(picture))] ^= 1
		}
		path := filepath.Join(t.TempDir(), "book.xlsx")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := book.Read(path, sheet.Options{}, book.Limits{})
		var bad *sheet.InputError
		switch {
		case !damaged && err != nil:
			t.Errorf("sound: %v", err)
		case damaged && (!errors.As(err, &bad) || bad.Problems[0].Code != "part-checksum"):
			t.Errorf("damaged: %v", err)
		}
	}
}

// withPart returns a workbook's bytes with one more part, stored as it is.
func withPart(t *testing.T, path, name, content string) []byte {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		if err := w.Copy(f); err != nil {
			t.Fatal(err)
		}
	}
	added, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := added.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestInputIsAFile checks that an input without an end is rejected: reading a pipe waits
// for a writer.
func TestInputIsAFile(t *testing.T) {
	_, err := book.Read(os.DevNull, sheet.Options{}, book.Limits{})
	var own *exit.Error
	if !errors.As(err, &own) || own.Code != "input-no-file" || own.Exit != exit.Usage {
		t.Errorf("a device as input: %v", err)
	}
}

// What will differ in the copy is printed before anything is sent; a note is not printed
// with --quiet.
func TestRemarksOnTheCopy(t *testing.T) {
	in, err := book.Read(filepath.Join("..", "..", "testdata", "clean.xlsx"), sheet.Options{}, book.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	in.Content = withLockedStructure(t, in.Content)
	if err := in.FindObstacles(); err != nil {
		t.Fatal(err)
	}
	for _, quiet := range []bool{false, true} {
		var shown bytes.Buffer
		a := newApp(Env{}, console.New(&shown, prose.English, console.Screen{}), nil)
		a.lines.Quiet = quiet
		a.remarks(in)
		if want := "note: " + in.Path + ": the structure of the workbook is protected"; strings.HasPrefix(shown.String(), want) == quiet {
			t.Errorf("quiet %v: printed %q", quiet, shown.String())
		}
	}
}

// A file's name cannot add a line to an error, nor rewrite the terminal.
func TestErrorsQuoteOnOneLine(t *testing.T) {
	var shown bytes.Buffer
	a := newApp(Env{}, console.New(&shown, prose.English, console.Screen{}), nil)
	a.fail(exit.Failure(exit.Usage, "input-missing", nil, "file", "a\nerror: b\x1b[2J.xlsx"))
	first, _, _ := strings.Cut(shown.String(), "\n")
	if !strings.HasSuffix(first, "a<U+000A>error: b<U+001B>[2J.xlsx") {
		t.Errorf("printed %q", shown.String())
	}
}

// withLockedStructure returns a workbook's bytes with its structure protected.
func withLockedStructure(t *testing.T, content []byte) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		part, err := fs.ReadFile(z, f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name == "xl/workbook.xml" {
			part = bytes.Replace(part, []byte("<sheets>"), []byte(`<workbookProtection lockStructure="1"/><sheets>`), 1)
		}
		p, err := w.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A copy that cannot be written to its path goes beside it, to the folder of this run's
// ledger, or to that of temporary files.
func TestSecondPlaces(t *testing.T) {
	a := newApp(Env{Getenv: os.Getenv}, nil, nil)
	ledger := filepath.Join("var", "night", "ledger.db")
	got := a.secondPlaces(filepath.Join("out", "a.xlsx"), "r1", ledger)
	var want []string
	for _, folder := range []string{"out", filepath.Dir(ledger), os.TempDir()} {
		want = append(want, filepath.Join(folder, "a.r1-2.xlsx"))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// The seal of a copy has the digests of its reports. If one of them cannot be put in its place, those that follow do not
// list it, and nothing else stays in the folder.
func TestReportsBesideTheCopy(t *testing.T) {
	for taken, there := range map[string][]string{"": {"csv", "json", "html"}, "csv": {"json", "html"}, "html": {"csv", "json"}} {
		d := newDelivery(t)
		if taken != "" {
			if err := os.Mkdir(d.report(taken), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		seal := d.write()
		if strings.Contains(d.shown.String(), "cannot write the "+taken) != (taken != "") {
			t.Errorf("%q taken: %s", taken, &d.shown)
		}
		var want []string
		for _, kind := range there {
			want = append(want, d.report(kind))
			sum := files.DigestOf(d.report(kind))
			if sealed := strings.Contains(seal, files.SealLine(kind, sum)); d.done.sums[d.report(kind)] != sum || !sealed && taken == "" {
				t.Errorf("%q taken: the %s report is recorded as %s, want %s; sealed: %s", taken, kind, d.done.sums[d.report(kind)], sum, seal)
			}
		}
		if !slices.Equal(d.doc.Reports, want) {
			t.Errorf("%q taken: %v, want %v", taken, d.doc.Reports, want)
		}
		if taken == "html" { // too late for the JSON report
			want = append(want, d.report(taken))
		}
		var listed struct{ Reports []string }
		text, err := os.ReadFile(d.report("json"))
		if err == nil {
			err = json.Unmarshal(text, &listed)
		}
		if err != nil || !slices.Equal(listed.Reports, want) {
			t.Errorf("%q taken: the JSON report lists %v, want %v; %v", taken, listed.Reports, want, err)
		}
	}
}

// A copy that cannot be put in its place while its reports wait is written once more without them: they may have taken
// its space.
func TestReportsMakeRoom(t *testing.T) {
	each := 0 // how often the rows of an added sheet are asked for when a copy is written
	for _, tries := range []int{1, 2} {
		d := newDelivery(t)
		rows, asked := d.patch.Added[0].Rows, 0
		d.patch.Added[0].Rows = func(yield func([]sheet.PutCell) bool) {
			var err error
			switch asked++; {
			case tries == 2 && asked == 1:
				err = os.Mkdir(d.target.Path, 0o700) // which a file cannot replace
			case tries == 2 && asked == each+1:
				err = os.Remove(d.target.Path)
			}
			if err != nil {
				t.Error(err)
			}
			rows(yield)
		}
		seal := d.write()
		if each = asked / tries; each == 0 || asked != tries*each {
			t.Errorf("%d tries: the rows were asked for %d times", tries, asked)
		}
		for _, kind := range files.Kinds {
			if sum := files.DigestOf(d.report(kind)); !strings.Contains(seal, files.SealLine(kind, sum)) {
				t.Errorf("%d tries: the %s report is %s, sealed: %s", tries, kind, sum, seal)
			}
		}
	}
}

// delivery is a copy that is written with all its reports.
type delivery struct {
	*testing.T
	app    *app
	shown  bytes.Buffer
	done   *finished
	doc    *report.Document
	target files.Target
	patch  sheet.Patch
}

func newDelivery(t *testing.T) *delivery {
	t.Helper()
	in, err := book.Read(filepath.Join("..", "..", "testdata", "clean.xlsx"), sheet.Options{Location: time.UTC}, book.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	d := &delivery{T: t, done: &finished{in: in, outcomes: record.Outcomes(in.Workbook, &ledger.PastRun{}), info: runInfo{id: "r1", command: "submit"}}}
	d.app = newApp(Env{Getenv: func(string) string { return "" }}, console.New(&d.shown, prose.English, console.Screen{}), nil)
	d.doc = document(d.done, reasons.New(in.Workbook, nil), d.app.lines.Words)
	d.doc.Output = filepath.Join(t.TempDir(), "out.xlsx")
	d.target = files.Target{Path: d.doc.Output, Reports: files.Reports(d.doc.Output, files.Kinds)}
	d.patch = d.app.patch(d.done, d.doc, false)
	return d
}

func (d *delivery) report(kind string) string {
	return strings.TrimSuffix(d.target.Path, "xlsx") + kind
}

// write writes the copy and the reports, each in its place, and returns the text of the seal.
func (d *delivery) write() (seal string) {
	d.Helper()
	if _, err := d.app.writeChecked(d.done, d.doc, d.target, d.patch); err != nil {
		d.Fatal(err)
	}
	d.app.writeReports(d.done, d.doc, d.target)
	if all, _ := os.ReadDir(filepath.Dir(d.target.Path)); len(all) != 1+len(files.Kinds) {
		d.Errorf("the folder holds %v", all)
	}
	f, err := os.Open(d.target.Path)
	if err != nil {
		d.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		d.Fatal(err)
	}
	seal, ok := xlsx.Sealed(f, info.Size())
	if !ok || strings.Count(seal, "\n") != len(files.Kinds) {
		d.Errorf("sealed %t: %s", ok, seal)
	}
	return seal
}

// TestDroppedBooks has workbooks take the place of a command: each is validated into a copy
// beside it, which is opened, and nothing is sent, whatever the variables say.
func TestDroppedBooks(t *testing.T) {
	clean, err := os.ReadFile(filepath.Join("..", "..", "testdata", "clean.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "桌面 $(x)")
	named, mistakes, notes := filepath.Join(folder, "申请 表.xlsx"), filepath.Join(folder, "mistakes.xlsx"), filepath.Join(folder, "notes.xlsx")
	sample, err := os.ReadFile(filepath.Join("..", "..", "testdata", "applications.xlsx"))
	if err := errors.Join(err, os.Mkdir(folder, 0o700), os.WriteFile(named, clean, 0o600), os.WriteFile(mistakes, sample, 0o600), os.WriteFile(notes, []byte("text"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		args     []string
		own      bool // the console is that of the program
		fails    bool // nothing can be opened
		desktop  bool
		exit     int
		opened   int
		keys     int
		contains string
	}{
		{"a book", []string{named}, false, false, true, 0, 1, 0, "all 12 rows are valid"},
		{"on Windows", []string{named}, true, false, true, 0, 1, 1, "press any key"},
		{"no desktop", []string{named}, false, false, false, 0, 0, 0, "copy "},
		{"in a task", []string{named}, true, false, false, 0, 0, 0, "copy "},
		{"mistakes", []string{mistakes}, true, false, true, 3, 1, 1, "nothing was sent"},
		{"two", []string{named, mistakes}, true, false, true, 3, 2, 1, "nothing was sent"},
		{"no book", []string{notes, named}, true, false, true, 2, 1, 1, "notes.xlsx"},
		{"a folder", []string{folder}, true, false, true, 2, 0, 1, "is a folder\n  Name the workbook in it."},
		{"a folder, too", []string{named, folder}, true, false, true, 2, 1, 1, "is a folder\n  Name the workbook in it."},
		{"a wrong setting", []string{"--lang", "xx", named}, true, false, true, 2, 0, 1, "xx"},
		{"what next", []string{named}, true, false, true, 0, 1, 1, "to type a command, open a Command Prompt in " + folder},
		{"missing", []string{filepath.Join(folder, "none.xlsx")}, true, false, true, 2, 0, 1, "there is no file"},
		{"nothing opens it", []string{named}, false, true, true, 0, 1, 0, "cannot be shown: no program"},
		{"a command", []string{"version"}, true, false, true, 0, 0, 0, "loabatch"},
		{"no command", []string{"versio"}, true, false, true, 2, 0, 0, "Did you mean"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			keys := 0
			var opened []string
			env := Env{Args: c.args, Stdin: strings.NewReader("yes\n"), Stdout: &out, Stderr: &out, Now: time.Now, OwnConsole: c.own, Program: filepath.Join(folder, "loabatch.exe"), Key: func() { keys++ },
				Getenv: func(name string) string {
					return map[string]string{"LOABATCH_YES": "true", "LOABATCH_ENDPOINT": "http://127.0.0.1:1", "LOABATCH_OUTPUT": "elsewhere.xlsx"}[name]
				}}
			if c.desktop {
				env.Open = func(path string) error {
					opened = append(opened, path)
					if c.fails {
						return errors.New("no program")
					}
					return nil
				}
			}
			code := Run(t.Context(), env)
			if code != c.exit || keys != c.keys || len(opened) != c.opened || !strings.Contains(out.String(), c.contains) {
				t.Errorf("exit %d, %d keys, opened %q: %s", code, keys, opened, &out)
			}
			for _, copied := range opened {
				if filepath.Dir(copied) != folder || !strings.Contains(copied, ".results-") {
					t.Errorf("opened %s", copied)
				}
				if _, err := book.Read(copied, sheet.Options{Location: time.UTC}, book.Limits{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for path, want := range map[string][]byte{named: clean, mistakes: sample} {
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s was changed, %v", path, err)
		}
	}
}

// TestDoubleClick starts the program without arguments in a console of its own.
func TestDoubleClick(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("HOME", filepath.Join(folder, "home"))
	t.Setenv("USERPROFILE", filepath.Join(folder, "home"))
	temp := filepath.Join(folder, "temp")
	for _, name := range []string{"TMPDIR", "TEMP", "TMP"} {
		t.Setenv(name, temp)
	}
	if err := errors.Join(os.Mkdir(filepath.Join(folder, "home"), 0o700), os.MkdirAll(filepath.Join(temp, "Temp1_loabatch.zip"), 0o700)); err != nil {
		t.Fatal(err)
	}
	click := func(program string, own bool) (opened, said string) {
		var out bytes.Buffer
		code := Run(t.Context(), Env{Args: []string{}, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" }, Now: time.Now,
			Program: program, OwnConsole: own, Open: func(path string) error { opened = path; return nil }, Key: func() {}})
		if code != exit.OK {
			t.Errorf("exit %d: %s", code, &out)
		}
		return opened, out.String()
	}
	want := filepath.Join(folder, "loabatch-template.xlsx")
	if opened, said := click(filepath.Join(folder, "loabatch.exe"), false); opened != "" || !strings.Contains(said, "Usage:") {
		t.Errorf("in a shell: opened %q: %s", opened, said)
	}
	if opened, said := click(filepath.Join(folder, "loabatch.exe"), true); opened != want || !strings.Contains(said, "wrote the blank workbook") {
		t.Errorf("opened %q: %s", opened, said)
	}
	filled := []byte("filled in")
	if err := os.WriteFile(want, filled, 0o600); err != nil {
		t.Fatal(err)
	}
	if opened, said := click(filepath.Join(folder, "loabatch.exe"), true); opened != want || !strings.Contains(said, "already exists") {
		t.Errorf("again: opened %q: %s", opened, said)
	}
	if content, err := os.ReadFile(want); err != nil || !bytes.Equal(content, filled) {
		t.Errorf("the template was replaced, %v", err)
	}
	if opened, _ := click(filepath.Join(folder, "none", "loabatch.exe"), true); opened != filepath.Join(folder, "home", "loabatch-template.xlsx") {
		t.Errorf("where nothing can be written: opened %q", opened)
	}
	if runtime.GOOS == "linux" { // where there is a folder that even root cannot write to
		t.Setenv("HOME", "/proc")
		var out bytes.Buffer
		code := Run(t.Context(), Env{Args: []string{}, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" }, Now: time.Now,
			Program: "/proc/loabatch", OwnConsole: true, Key: func() {}})
		if code != exit.Usage || !strings.Contains(out.String(), "cannot write /proc/loabatch-template.xlsx: ") || !strings.Contains(out.String(), "Move loabatch to a folder that you can write to") {
			t.Errorf("exit %d: %s", code, &out)
		}
		t.Setenv("HOME", filepath.Join(folder, "home"))
	}
	if opened, _ := click(filepath.Join(temp, "Temp1_loabatch.zip", "loabatch.exe"), true); opened != filepath.Join(folder, "home", "loabatch-template.xlsx") {
		t.Errorf("within a ZIP file: opened %q", opened)
	}
}

// TestDroppedBesideNothing drops a workbook whose folder cannot be written, even by root: its copy
// goes to the user's folder, or nowhere if that cannot be written either, with advice that works without -o.
func TestDroppedBesideNothing(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("no folder here is sure to be read-only")
	}
	home := t.TempDir()
	f, err := os.Open(filepath.Join("..", "..", "testdata", "clean.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	path := fmt.Sprintf("/proc/self/fd/%d", f.Fd())
	drop := func(home string) (code int, said string) {
		t.Setenv("HOME", home)
		var out bytes.Buffer
		code = Run(t.Context(), Env{Args: []string{path}, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" }, Now: time.Now})
		return code, out.String()
	}
	code, said := drop(home)
	copies, _ := filepath.Glob(filepath.Join(home, "*.results-*.xlsx"))
	if code != exit.OK || len(copies) != 1 || !strings.Contains(said, "the copy cannot be written to /proc/self/fd: ") || !strings.Contains(said, "It is written to "+home) {
		t.Errorf("exit %d, copies %q: %s", code, copies, said)
	}
	code, said = drop("/proc")
	if code != exit.Usage || !strings.Contains(said, "cannot write /proc/self/fd/") || !strings.Contains(said, "check it without a copy: loabatch validate "+path+"\n") {
		t.Errorf("exit %d: %s", code, said)
	}
}
