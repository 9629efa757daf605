package inbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/durable"
)

// months is how many months TestMonths plays, and monthsFrom the seed of the first.
var (
	months     = flag.Int("inbox.months", 100, "months to play")
	monthsFrom = flag.Uint64("inbox.from", 0, "seed of the first month")
)

// TestMonths plays months of nights over a folder in memory. Workbooks arrive, some twice under other
// names, some bad, some still being written; people mend copies and drop them, put finished workbooks
// back and edit one during its run. Every third night is killed before one of its steps. Whatever
// happens, no file is lost or replaced, nothing is moved before its run has ended, no application is
// sent twice, and in the end everything is done.
func TestMonths(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the folder in memory has slashes in its paths, and nothing here depends on the system")
	}
	for i := range uint64(*months) {
		w := newWorld(*monthsFrom + i)
		for night := range 30 {
			w.day()
			w.night(night%3 == 1)
			w.check()
		}
		w.quiet = true
		for range 2 {
			w.pass(time.Hour)
			w.night(false)
		}
		w.check()
		w.finished()
		if len(w.wrong) > 0 {
			t.Fatalf("month %d: %s\n%s", *monthsFrom+i, strings.Join(w.wrong, "\n"), strings.Join(w.log, "\n"))
		}
	}
}

// world is a folder, a ledger and a service in memory. The content of a workbook says how
// its runs end, as a word: ok, invalid, or bad; and which application it makes, as a number.
type world struct {
	rand  *rand.Rand
	now   time.Time
	files map[string]entry // by path
	runs  []*pastRun       // the ledger
	sent  map[string]int   // applications that the service accepted, by number
	known map[string]bool  // those that the ledger knows

	dropped map[string]int // every content that people dropped, minus what they took away
	number  int            // of the next application
	quiet   bool           // nothing goes wrong any more
	steps   int            // left until the night is killed; -1 for never
	log     []string
	wrong   []string
}

type entry struct {
	content string
	changed time.Time
}

// pastRun is a run in the ledger.
type pastRun struct {
	id, sum, output string
	ended           bool
	exit            int
}

func newWorld(seed uint64) *world {
	return &world{
		rand: rand.New(rand.NewPCG(seed, 14)), now: time.Date(2027, 1, 1, 2, 0, 0, 0, time.UTC), steps: -1,
		files: map[string]entry{}, sent: map[string]int{}, known: map[string]bool{}, dropped: map[string]int{},
	}
}

func (w *world) logf(format string, args ...any) { w.log = append(w.log, fmt.Sprintf(format, args...)) }
func (w *world) wrongf(format string, args ...any) {
	w.wrong = append(w.wrong, fmt.Sprintf(format, args...))
}

func sumOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// killed is the value with which a step of a killed night panics.
type killed struct{}

// step is a point at which a night may be killed.
func (w *world) step(what string) {
	if w.steps == 0 {
		w.logf("  killed before: %s", what)
		panic(killed{})
	}
	w.steps--
	w.logf("  %s", what)
}

// List implements [Files].
func (w *world) List(folder string) (list []fs.FileInfo, err error) {
	for _, name := range slices.Sorted(maps.Keys(w.files)) {
		if path.Dir(name) == folder {
			list = append(list, fileInfo{path.Base(name), w.files[name]})
		}
	}
	return list, nil
}

// Open implements [Files].
func (w *world) Open(name string) (File, error) {
	name = filepath.ToSlash(name)
	e, ok := w.files[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return openFile{bytes.NewReader([]byte(e.content)), fileInfo{path.Base(name), e}}, nil
}

// Exists implements [Files].
func (w *world) Exists(name string) bool { _, ok := w.files[filepath.ToSlash(name)]; return ok }

// Move implements [Files].
func (w *world) Move(from, to, sum string) error {
	from, to = filepath.ToSlash(from), filepath.ToSlash(to)
	w.step("move " + from + " to " + to)
	e, ok := w.files[from]
	switch {
	case !ok:
		return fs.ErrNotExist
	case w.Exists(to):
		return fs.ErrExist
	case sumOf(e.content) != sum:
		return durable.ErrChanged
	}
	if !slices.ContainsFunc(w.runs, func(r *pastRun) bool { return r.sum == sum && r.ended && Finished(r.exit) }) && !strings.HasPrefix(e.content, "bad") {
		w.wrongf("%s was moved to %s, but no run has finished with it", from, to)
	}
	delete(w.files, from)
	w.files[to] = e
	return nil
}

type fileInfo struct {
	name string
	entry
}

func (i fileInfo) Name() string       { return i.name }
func (i fileInfo) Size() int64        { return int64(len(i.content)) }
func (i fileInfo) Mode() fs.FileMode  { return 0o600 }
func (i fileInfo) ModTime() time.Time { return i.changed }
func (i fileInfo) IsDir() bool        { return false }
func (i fileInfo) Sys() any           { return nil }

type openFile struct {
	*bytes.Reader
	info fileInfo
}

func (f openFile) Close() error               { return nil }
func (f openFile) Stat() (fs.FileInfo, error) { return f.info, nil }

func (w *world) pass(d time.Duration) { w.now = w.now.Add(d) }

// drop puts a workbook into the folder under a name that is free.
func (w *world) drop(name, content string, ago time.Duration) {
	for w.Exists("in/" + name) {
		name = "x" + name
	}
	w.files["in/"+name] = entry{content, w.now.Add(-ago)}
	w.dropped[content]++
	w.logf("drop %s: %s", name, content)
}

// day is what people do between two nights.
func (w *world) day() {
	w.pass(24 * time.Hour)
	for range w.rand.IntN(4) {
		w.number++
		kind := []string{"ok", "ok", "ok", "invalid", "bad", "fails"}[w.rand.IntN(6)]
		ago := []time.Duration{time.Hour, time.Hour, time.Second, time.Minute}[w.rand.IntN(4)]
		w.drop(fmt.Sprintf("book%d.xlsx", w.rand.IntN(8)), fmt.Sprintf("%s %d", kind, w.number), ago)
	}
	names := slices.Sorted(maps.Keys(w.files))
	for range 2 {
		if len(names) == 0 {
			return
		}
		name := names[w.rand.IntN(len(names))]
		e, ok := w.files[name]
		if !ok || w.rand.IntN(3) > 0 {
			continue
		}
		switch {
		case strings.HasPrefix(e.content, "copy "): // mended and dropped, or dropped as it is
			content := strings.TrimPrefix(e.content, "copy ")
			if w.rand.IntN(2) == 0 {
				w.drop(path.Base(name), "ok mended "+content, time.Hour)
			} else if path.Dir(name) != "in" {
				w.drop("unchanged.xlsx", e.content, time.Hour)
			}
		case path.Dir(name) != "in" && w.rand.IntN(2) == 0: // put back
			delete(w.files, name)
			w.dropped[e.content]--
			w.drop(path.Base(name), e.content, time.Hour)
		default: // the same again under another name
			w.drop(fmt.Sprintf("again%d.xlsx", w.rand.IntN(5)), e.content, time.Hour)
		}
	}
}

// night runs a night over the folder, or a part of one.
func (w *world) night(kill bool) {
	w.steps = -1
	if kill {
		w.steps = w.rand.IntN(12)
	}
	w.logf("night of %s", w.now.Format("2 Jan"))
	defer func() {
		if r := recover(); r != nil && r != any(killed{}) {
			panic(r)
		}
	}()
	own := func(f File, size int64, sum string) bool {
		text := make([]byte, size)
		_, err := f.ReadAt(text, 0)
		return err == nil && strings.HasPrefix(string(text), "copy ")
	}
	books, _, err := Look(w, "in", w.now, own, func(string) bool { return false })
	if err != nil {
		w.wrongf("%v", err)
	}
	n := Night{
		Folders: Folders{In: "in", Done: "done", Failed: "failed"}, Files: w, Past: w.past, Run: w.run,
		Complete: func(b Book, run Ended, _ string) {
			for _, r := range w.runs {
				if r.id == run.RunID && !w.Exists(r.output) {
					w.step("write again " + r.output)
					w.files[r.output] = entry{"copy " + w.files[b.Path].content, w.now}
				}
			}
		},
		Moved: func(b Book, _ Ended, to string, err error) { w.logf("  moved %s to %q: %v", b.Path, to, err) },
		Left:  func(l Left) { w.logf("  left %s: %s, now %s, %v", l.Path, l.Reason, l.MovedTo, l.Err) },
	}
	n.Take(books)
}

func (w *world) past(sum string) (Ended, bool) {
	for _, r := range slices.Backward(w.runs) {
		if r.sum == sum && r.ended && Finished(r.exit) {
			return Ended{RunID: r.id, Exit: r.exit}, true
		}
	}
	return Ended{}, false
}

// run is a run as the command line carries it out.
func (w *world) run(b Book, to func(int) string) (Ended, Reason) {
	e := w.files[b.Path]
	kind, application, _ := strings.Cut(e.content, " ")
	if kind == "bad" {
		if b.Fresh {
			return Ended{}, Writing
		}
		return Ended{Exit: 2}, ""
	}
	w.step("start a run over " + b.Path)
	r := &pastRun{id: fmt.Sprintf("R%d", len(w.runs)), sum: b.SHA256}
	w.runs = append(w.runs, r)
	exit := map[string]int{"ok": 0, "invalid": 4, "fails": 5}[kind]
	if kind == "fails" && (w.quiet || w.rand.IntN(2) == 0) {
		exit = 0 // the service is well again
	}
	if exit == 0 && !w.known[application] {
		w.known[application] = true
		w.step("send " + application)
		w.sent[application]++
	}
	if !w.quiet && w.rand.IntN(15) == 0 {
		w.logf("  somebody edits %s", b.Path)
		w.dropped[e.content]--
		w.number++
		edited := fmt.Sprintf("ok %d", w.number)
		w.dropped[edited]++
		w.files[b.Path] = entry{edited, w.now}
	}
	folder := "in"
	if path := to(exit); path != "" {
		folder = strings.Split(path, "/")[0]
	}
	r.output = folder + "/" + path.Base(b.Path) + ".results-" + r.id + ".xlsx"
	w.step("write " + r.output)
	if w.Exists(r.output) {
		w.wrongf("%s was replaced", r.output)
	}
	w.files[r.output] = entry{"copy " + e.content, w.now}
	w.step("end the run " + r.id)
	r.ended, r.exit = true, exit
	return Ended{RunID: r.id, Exit: exit}, ""
}

// check compares all files with what people dropped, and what was sent.
func (w *world) check() {
	found := map[string]int{}
	for name, e := range w.files {
		if !strings.HasPrefix(e.content, "copy ") || !w.written(name) {
			found[e.content]++
		}
	}
	for content, n := range w.dropped {
		if found[content] != n {
			w.wrongf("%q was dropped %d times but is there %d times", content, n, found[content])
		}
	}
	for application, n := range w.sent {
		if n > 1 {
			w.wrongf("application %s was sent %d times", application, n)
		}
	}
}

// written reports whether a file is a copy that a run wrote.
func (w *world) written(name string) bool {
	return slices.ContainsFunc(w.runs, func(r *pastRun) bool { return r.output == name })
}

// finished checks the folders after quiet nights: the remaining workbooks are copies, and every other one
// is where it belongs, with the copy of a run that has finished with it.
func (w *world) finished() {
	for name, e := range w.files {
		kind, _, _ := strings.Cut(e.content, " ")
		run, ok := w.past(sumOf(e.content))
		want := map[string]string{"ok": "done", "fails": "done", "invalid": "failed", "bad": "failed"}[kind]
		switch {
		case kind == "copy":
		case path.Dir(name) != want:
			w.wrongf("%s, %q, is not in %s", name, e.content, want)
		case kind != "bad" && !ok:
			w.wrongf("%s: no run has finished with it", name)
		case kind != "bad":
			i := slices.IndexFunc(w.runs, func(r *pastRun) bool { return r.id == run.RunID })
			if !w.Exists(w.runs[i].output) {
				w.wrongf("%s: there is no copy of %s", name, run.RunID)
			}
		}
	}
}
