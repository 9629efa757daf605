package nights

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/batch/cli/console"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/batch/inbox"
	"github.com/loabatch/loabatch/batch/ledger"
)

// run is a run over the workbook of the same bytes as all others here.
func run(id string, end ledger.RunEnd) ledger.RunSummary {
	return ledger.RunSummary{RunInfo: ledger.RunInfo{ID: id, Command: "submit", InputSHA256: "book"}, End: &end}
}

// TestChoose says which run has finished with a workbook: the latest that ended for good.
func TestChoose(t *testing.T) {
	another := run("another", ledger.RunEnd{})
	another.Command = "validate"
	for _, c := range []struct {
		name     string
		runs     []ledger.RunSummary // the latest first
		narrowed bool
		want     string
	}{
		{"the latest", []ledger.RunSummary{run("b", ledger.RunEnd{ExitCode: 4}), run("a", ledger.RunEnd{})}, false, "b"},
		{"stopped early", []ledger.RunSummary{run("b", ledger.RunEnd{ExitCode: 6}), run("a", ledger.RunEnd{})}, false, "a"},
		{"in progress", []ledger.RunSummary{{RunInfo: ledger.RunInfo{ID: "a", Command: "submit", InputSHA256: "book"}}}, false, ""},
		{"rows wait", []ledger.RunSummary{run("a", ledger.RunEnd{Waiting: true})}, false, ""},
		{"rows left out", []ledger.RunSummary{run("a", ledger.RunEnd{LeftOut: make([]ledger.LeftOut, 1)})}, false, ""},
		{"rows left out by both", []ledger.RunSummary{run("a", ledger.RunEnd{LeftOut: make([]ledger.LeftOut, 1)})}, true, "a"},
		{"another command", []ledger.RunSummary{another}, false, ""},
	} {
		p := NewPast(c.runs)
		p.Choose("submit", c.narrowed, func(ledger.RunSummary) bool { return true })
		if got, _ := p.Finished("book"); got.ID != c.want {
			t.Errorf("%s: run %q, want %q", c.name, got.ID, c.want)
		}
		p.Choose("submit", c.narrowed, func(ledger.RunSummary) bool { return false })
		if got, found := p.Finished("book"); found {
			t.Errorf("%s: run %q of another account", c.name, got.ID)
		}
	}
}

// TestFollow moves what a run has written, and leaves what someone has changed.
func TestFollow(t *testing.T) {
	in, done := t.TempDir(), t.TempDir()
	path := func(name string) string { return filepath.Join(in, name) }
	sum := sha256.Sum256([]byte("as written"))
	written := hex.EncodeToString(sum[:])
	if err := errors.Join(os.WriteFile(path("copy.xlsx"), []byte("as written"), 0o600), os.WriteFile(path("report.csv"), []byte("edited"), 0o600)); err != nil {
		t.Fatal(err)
	}
	p := NewPast([]ledger.RunSummary{run("a", ledger.RunEnd{
		Output: path("copy.xlsx"), OutputSHA256: written, Reports: map[string]string{path("report.csv"): written, path("report.html"): written},
	})})
	if p.Follow("another", in, done); !durable.Exists(path("copy.xlsx")) {
		t.Error("the copy of another workbook was moved")
	}
	p.Follow("book", in, done)
	if !p.Wrote(written) || !durable.Exists(filepath.Join(done, "copy.xlsx")) || durable.Exists(path("copy.xlsx")) || !durable.Exists(path("report.csv")) {
		t.Error("the copy did not follow its workbook, or the changed report did")
	}
}

// TestDiary says why workbooks were left out, and counts them.
func TestDiary(t *testing.T) {
	var said strings.Builder
	d := Diary{
		Lines:     console.New(&said, prose.English, console.Screen{}),
		Onwards:   func(path string) string { return "loabatch submit " + path },
		Elsewhere: func(_, sum string) bool { return sum == "elsewhere" },
	}
	d.TellUnmoved("a.xlsx", "elsewhere", fs.ErrNotExist)
	for _, l := range []inbox.Left{
		{Path: "lock", Reason: inbox.Lock},
		{Path: "unreadable.xlsx", Reason: inbox.Unreadable, Err: errors.New("no permission")},
		{Path: "ran.xlsx", Reason: inbox.Ran, Run: inbox.Ended{RunID: "a", Exit: 4}},
		{Path: "moved.xlsx", Reason: inbox.Ran, Run: inbox.Ended{RunID: "a", Exit: 4}, MovedTo: "failed/moved.xlsx"},
		{Path: "gone.xlsx", Reason: inbox.Ran, Run: inbox.Ended{RunID: "a"}, Err: fs.ErrNotExist},
		{Path: "b.xlsx", SHA256: "elsewhere", Reason: inbox.Gone},
		{Path: "c.xlsx", SHA256: "elsewhere", Reason: inbox.Ran, Run: inbox.Ended{RunID: "a"}, Err: fs.ErrNotExist},
		{Path: "full.xlsx", Reason: inbox.Ran, Run: inbox.Ended{RunID: "a"}, Err: errors.New("disk full")},
	} {
		d.TellLeft(l)
	}
	d.End("in")
	for _, want := range []string{"unreadable.xlsx", "no permission", "loabatch submit failed/moved.xlsx", "gone.xlsx was left out: it is no longer there", "disk full",
		"a.xlsx was moved by another host", "b.xlsx was moved by another host", "c.xlsx was moved by another host", "1 moved, 3 moved by other hosts, 5 left out"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("no %q in\n%s", want, said.String())
		}
	}
	if strings.Contains(said.String(), "ran.xlsx") || strings.Contains(said.String(), "lock") {
		t.Errorf("says what needs no saying:\n%s", said.String())
	}
	if d.Moved != 1 || d.Stayed != 5 || d.Others != 3 || !d.Unmoved || len(d.Left) != 8 || d.Left[3].MovedTo == "" {
		t.Errorf("%+v", d)
	}
}
