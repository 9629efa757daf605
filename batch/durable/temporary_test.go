package durable

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

// TestRemoveStale leaves everything that is in use, not ours, or not a regular file.
func TestRemoveStale(t *testing.T) {
	if !locksFiles {
		t.Skip("files cannot be locked here")
	}
	dir := t.TempDir()
	create := func(name string, age time.Duration) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		when := time.Now().Add(-age)
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
		return path
	}
	stays := []string{
		".loabatch-.tmp", ".loabatch-12x.tmp", "loabatch-12.tmp", ".loabatch-12.tmp.xlsx", ".loabatch-results.xlsx", // not ours
		".loabatch-77",     // of an older version, but not old enough
		".loabatch-88.tmp", // locked
		".loabatch-folder", ".loabatch-99.tmp",
	}
	for _, name := range stays[:7] {
		create(name, time.Hour)
	}
	for _, name := range []string{".loabatch-1.tmp", ".loabatch-22.tmp"} {
		create(name, 0)
	}
	create(".loabatch-333", 25*time.Hour)
	lock, err := lockFile(filepath.Join(dir, ".loabatch-88.tmp"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	target := create("target.xlsx", 100*time.Hour)
	stays = append(stays, "target.xlsx")
	if err := errors.Join(os.Mkdir(filepath.Join(dir, ".loabatch-folder"), 0o700), os.Mkdir(filepath.Join(dir, ".loabatch-99.tmp"), 0o700)); err != nil {
		t.Fatal(err)
	}
	err = os.Symlink(target, filepath.Join(dir, ".loabatch-100.tmp"))
	if _, missing := os.Lstat(filepath.Join(dir, ".loabatch-100.tmp")); err == nil && missing == nil { // Wine makes none, without an error
		stays = append(stays, ".loabatch-100.tmp")
	} else if runtime.GOOS != "windows" { // Windows lets few users make links
		t.Fatal(err)
	}
	if n := RemoveStale(dir); n != 3 {
		t.Errorf("removed %d files, want 3", n)
	}
	var left []string
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		left = append(left, e.Name())
	}
	slices.Sort(stays)
	if !slices.Equal(left, stays) {
		t.Errorf("left: %q\nwant: %q", left, stays)
	}
	if n := RemoveStale(filepath.Join(dir, "missing")); n != 0 {
		t.Errorf("removed %d files of a folder that does not exist", n)
	}
}

// A file that is being written is not removed, not even between its last byte and its
// final name.
func TestWritersRemoveNoFileInUse(t *testing.T) {
	dir := t.TempDir()
	files := 50 // of each writer
	if runtime.GOOS == "windows" {
		files = 10 // where a lock takes a hundred times as long under Wine
	}
	stop := make(chan struct{})
	var sweepers sync.WaitGroup
	for range 2 {
		sweepers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					RemoveStale(dir)
				}
			}
		})
	}
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := range files {
				path := filepath.Join(dir, fmt.Sprintf("copy-%d-%d.xlsx", w, i))
				if err := WriteFile(path, text("whole"), func(*os.File) error { RemoveStale(dir); return nil }); err != nil {
					t.Errorf("%v", err)
				}
				if got, err := os.ReadFile(path); string(got) != "whole" {
					t.Errorf("%q, %v", got, err)
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	sweepers.Wait()
	if entries, _ := os.ReadDir(dir); len(entries) != 4*files {
		t.Errorf("%d files, want %d", len(entries), 4*files)
	}
}

// TestKilledWriter kills a process that is writing, or has staged a file: the old file is whole, and what the process
// left is removed afterwards, and not before.
func TestKilledWriter(t *testing.T) {
	if !locksFiles {
		t.Skip("files cannot be locked here")
	}
	wait := func() {
		fmt.Println("writing")
		time.Sleep(time.Minute)
	}
	if path := os.Getenv("DURABLE_TEST_WRITE"); path != "" {
		_ = WriteFile(path, func(w io.Writer) error {
			_, _ = io.WriteString(w, "half")
			wait()
			return nil
		}, nil)
		return
	}
	if path := os.Getenv("DURABLE_TEST_STAGE"); path != "" {
		if _, err := Stage(path, text("new"), nil); err == nil {
			wait()
		}
		return
	}
	for _, step := range []string{"WRITE", "STAGE"} {
		dir := t.TempDir()
		path := filepath.Join(dir, "copy.xlsx")
		write(t, path, "old")
		writer := command(t, "TestKilledWriter", "DURABLE_TEST_"+step+"="+path)
		if n := RemoveStale(dir); n != 0 {
			t.Errorf("%s: removed %d files of a process that is alive", step, n)
		}
		if err := writer.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = writer.Wait()
		if entries, _ := os.ReadDir(dir); len(entries) != 2 || content(path) != "old" {
			t.Fatalf("%s: %d files in the folder, want 2; the old one holds %q", step, len(entries), content(path))
		}
		if err := WriteFile(path, text("whole"), nil); err != nil {
			t.Fatal(err)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 1 || content(path) != "whole" {
			t.Errorf("%s: %v, the file holds %q", step, entries, content(path))
		}
	}
}

func TestCheckFolder(t *testing.T) {
	dir := t.TempDir()
	if err := CheckFolder(dir); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("%v", entries)
	}
	if err := CheckFolder(filepath.Join(dir, "missing")); err == nil {
		t.Error("a folder that does not exist was accepted")
	}
}

// command starts a test of this binary in a new process, and waits for its first line.
func command(t *testing.T, test, env string) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run", "^"+test+"$")
	c.Env = append(os.Environ(), env)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() })
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return c
}
