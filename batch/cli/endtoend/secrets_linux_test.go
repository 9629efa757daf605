package endtoend_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/loabatch/loabatch/batch/cli/clitest"
	"github.com/loabatch/loabatch/batch/simulator"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// watcher keeps every file created in some folders, even if it is removed again, by giving each
// a second name in a folder of its own.
type watcher struct {
	*testing.T
	inotify int
	kept    string        // the folder
	last    string        // path of the file that ends the watching
	ended   chan struct{} // closed once that was seen

	folders map[int32]string
	names   map[string]string // path of each file by its second name
}

// newWatcher watches folders, and those made in them.
func newWatcher(t *testing.T, kept string, folders ...string) *watcher {
	fd, err := syscall.InotifyInit1(syscall.IN_CLOEXEC)
	if err != nil {
		t.Skip("no inotify: ", err)
	}
	w := &watcher{
		T: t, inotify: fd, kept: kept, last: filepath.Join(folders[0], "the last one"), ended: make(chan struct{}),
		folders: map[int32]string{}, names: map[string]string{},
	}
	for _, f := range folders {
		w.add(f)
	}
	go w.follow()
	return w
}

func (w *watcher) add(folder string) {
	wd, err := syscall.InotifyAddWatch(w.inotify, folder, syscall.IN_CREATE|syscall.IN_MOVED_TO|syscall.IN_CLOSE_WRITE)
	switch {
	case errors.Is(err, os.ErrNotExist): // removed again
		return
	case err != nil:
		w.Errorf("%s: %v", folder, err)
		return
	}
	w.folders[int32(wd)] = folder
	entries, _ := os.ReadDir(folder) // made before it was watched
	for _, e := range entries {
		w.keep(filepath.Join(folder, e.Name()))
	}
}

// keep gives a file a second name.
func (w *watcher) keep(path string) {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
	case info.IsDir():
		w.add(path)
	case info.Mode().IsRegular():
		name := filepath.Join(w.kept, fmt.Sprint(len(w.names)))
		if os.Link(path, name) == nil {
			w.names[name] = path
		}
	}
}

// follow reads what happens in the folders up to the last file, and alone closes the
// descriptor: closed elsewhere, its number may be another file's by the next read.
func (w *watcher) follow() {
	defer close(w.ended)
	defer func() { _ = syscall.Close(w.inotify) }()
	buf := make([]byte, 1<<16)
	for last := false; !last; {
		n, err := syscall.Read(w.inotify, buf)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			w.Errorf("inotify: %v", err)
			return
		}
		for b := buf[:n]; len(b) >= syscall.SizeofInotifyEvent; {
			folder, length := int32(binary.NativeEndian.Uint32(b)), int(binary.NativeEndian.Uint32(b[12:])) // inotify(7)
			name, _, _ := bytes.Cut(b[syscall.SizeofInotifyEvent:][:length], []byte{0})
			path := filepath.Join(w.folders[folder], string(name))
			w.keep(path)
			last = last || path == w.last
			b = b[syscall.SizeofInotifyEvent+length:]
		}
	}
}

// stop ends the watching once all that happened until now was followed.
func (w *watcher) stop() {
	write(w.T, w.last, "")
	<-w.ended
}

// search looks for texts in the files that were made until stop, and returns the extensions of
// their names.
func (w *watcher) search(texts map[string][]byte) (files map[string]bool) {
	files = map[string]bool{}
	for name, path := range w.names {
		content, err := os.ReadFile(name)
		if err != nil {
			w.Fatal(err)
		}
		files[filepath.Ext(path)] = true
		for what, text := range texts {
			if bytes.Contains(content, text) {
				w.Errorf("%s (%d bytes) holds %s", path, len(content), what)
			}
		}
	}
	return files
}

// secrets are texts that no file may hold: those of any workbook that is not encrypted, the
// password, and the engineers of the sample.
func secrets(t *testing.T) map[string][]byte {
	var wide []byte
	for _, u := range utf16.Encode([]rune(clitest.Password)) {
		wide = binary.LittleEndian.AppendUint16(wide, u)
	}
	texts := map[string][]byte{
		"a ZIP file": []byte("PK\x03\x04"), "a ZIP directory": []byte("PK\x01\x02"), "the name of a part": []byte("xl/worksheets/"),
		"the password": []byte(clitest.Password), "the password in UTF-16": wide,
	}
	content, err := os.ReadFile("../../../testdata/clean.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	book, err := xlsx.Open(bytes.NewReader(content), int64(len(content)), xlsx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	const name, number, contact = 2, 4, 6 // columns
	for row, err := range book.Rows("Engineers") {
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range row.Cells {
			if row.Number > 3 && (c.Col == name || c.Col == number || c.Col == contact) && len(c.Value) > 4 {
				texts["personal data of row "+fmt.Sprint(row.Number)] = []byte(c.Value)
			}
		}
	}
	if len(texts) < 10 {
		t.Fatalf("only %d texts", len(texts))
	}
	return texts
}

// TestNothingDecryptedOnDisk runs commands over an encrypted workbook, some of which are
// killed, and looks into every file that is made beside the workbook, in the folders for
// copies, temporary files and state, at home and in the present folder.
func TestNothingDecryptedOnDisk(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	folder := map[string]string{}
	var watched []string
	for _, name := range []string{"books", "out", "tmp", "state", "home", "here", "kept", "secret"} {
		folder[name] = filepath.Join(root, name)
		if err := os.Mkdir(folder[name], 0o700); err != nil {
			t.Fatal(err)
		}
		if name != "kept" && name != "secret" {
			watched = append(watched, folder[name])
		}
	}
	book := filepath.Join(folder["books"], "book.xlsx")
	encryptTo(t, book)
	line := filepath.Join(folder["secret"], "password")
	write(t, line, clitest.Password+"\n")

	sim := simulator.New(simulator.Options{Keys: map[string]string{"made-up": "made-up"}})
	defer sim.Close()
	server := httptest.NewServer(sim)
	defer server.Close()
	program := func(args ...string) *exec.Cmd {
		cmd := exec.Command("loabatch", append(args, "--password-file", line)...)
		cmd.Dir = folder["here"]
		cmd.Env = []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + folder["home"], "TMPDIR=" + folder["tmp"], "XDG_STATE_HOME=" + folder["state"],
			"ALIBABA_CLOUD_ACCESS_KEY_ID=made-up", "ALIBABA_CLOUD_ACCESS_KEY_SECRET=made-up",
		}
		return cmd
	}
	run := func(args ...string) {
		t.Helper()
		said, err := program(args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%q: %v\n%s", args, err, said)
		}
		if bytes.Contains(said, []byte(clitest.Password)) {
			t.Errorf("%q prints the password:\n%s", args, said)
		}
	}

	w := newWatcher(t, folder["kept"], watched...)
	run("submit", "--simulate", "--report", "csv,json,html", "-o", folder["out"], "--log-file", "log.json", "--log-format", "json", "--log-level", "debug", book)
	run("submit", "--simulate", "--redact", "--report", "html", "-o", filepath.Join(folder["out"], "redacted.xlsx"), book)
	run("validate", "-o", filepath.Join(folder["out"], "checked.xlsx"), book)

	submit := []string{"submit", "--yes", "--endpoint", server.URL, "--report", "csv,json,html", book}
	start := time.Now()
	run(submit...)
	took, killed := time.Since(start), 0
	copies, _ := filepath.Glob(filepath.Join(folder["books"], "*.results-*.xlsx")) // the pattern is well-formed
	for range 8 {
		cmd := program(submit...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(rand.N(took))
		_ = cmd.Process.Kill()
		if exit, ok := errors.AsType[*exec.ExitError](cmd.Wait()); ok && exit.ExitCode() == -1 {
			killed++
		}
	}
	run("status", "--endpoint", server.URL, book)
	_, name, _ := strings.Cut(filepath.Base(copies[0]), ".results-")
	run("report", strings.TrimSuffix(name, ".xlsx"), "-o", filepath.Join(folder["out"], "again.xlsx"))
	t.Logf("%d of 8 runs were killed within %v", killed, took)

	w.stop()
	for kind := range map[string]bool{".xlsx": true, ".csv": true, ".html": true, ".json": true, ".db": true} {
		if !w.search(secrets(t))[kind] {
			t.Errorf("no file %s was made", kind)
		}
	}
}
