package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

func write(t *testing.T, path, content string) string {
	t.Helper()
	if err := errors.Join(os.WriteFile(path, []byte(content), 0o640), os.Chmod(path, 0o640)); err != nil { // whatever the umask
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sum, err := Digest(f)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func content(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return "(none)"
	}
	return string(text)
}

// TestMove moves a file in each way, and never over another file.
func TestMove(t *testing.T) {
	ways := map[string]func(from, to, sum string) error{"move": Move, "across": moveAcross}
	for name, move := range ways {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			from, to := filepath.Join(dir, "from.xlsx"), filepath.Join(dir, "to.xlsx")
			sum := write(t, from, "book")
			long := time.Now().Add(-time.Hour).Truncate(time.Second)
			if err := os.Chtimes(from, long, long); err != nil {
				t.Fatal(err)
			}
			write(t, to, "another")
			if err := move(from, to, sum); !errors.Is(err, fs.ErrExist) {
				t.Errorf("over another file: %v", err)
			}
			if err := os.Remove(to); err != nil {
				t.Fatal(err)
			}
			if err := move(from, to, sum[1:]+"0"); !errors.Is(err, ErrChanged) {
				t.Errorf("a changed file: %v", err)
			}
			if content(from) != "book" || content(to) != "(none)" {
				t.Errorf("after failures: from %q, to %q", content(from), content(to))
			}
			if err := move(from, filepath.Join(dir, "none", "to.xlsx"), sum); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("into no folder: %v", err)
			}
			if err := move(from, to, sum); err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(to)
			if err != nil || content(to) != "book" || content(from) != "(none)" || runtime.GOOS != "windows" && info.Mode().Perm() != 0o640 || !info.ModTime().Equal(long) {
				t.Errorf("from %q, to %q, %v, %v", content(from), content(to), info, err)
			}
			if entries, _ := os.ReadDir(dir); len(entries) != 1 {
				t.Errorf("%d files are left", len(entries))
			}
		})
	}
}

// TestRenameReserved renames a file if only a reserved name keeps another from being replaced, and
// reserves none if there is nothing to rename.
func TestRenameReserved(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from.xlsx"), filepath.Join(dir, "to.xlsx")
	write(t, from, "book")
	write(t, to, "another")
	if err := renameReserved(from, to); !errors.Is(err, fs.ErrExist) || content(from) != "book" || content(to) != "another" {
		t.Errorf("over another file: %v, from %q, to %q", err, content(from), content(to))
	}
	if err := os.Remove(to); err != nil {
		t.Fatal(err)
	}
	if err := renameReserved(filepath.Join(dir, "none"), to); !errors.Is(err, fs.ErrNotExist) || content(to) != "(none)" {
		t.Errorf("no file: %v, to %q", err, content(to))
	}
	if err := renameReserved(from, to); err != nil || content(from) != "(none)" || content(to) != "book" {
		t.Errorf("%v, from %q, to %q", err, content(from), content(to))
	}
}

// TestMoveToAnotherFileSystem moves a file to the memory of the machine.
func TestMoveToAnotherFileSystem(t *testing.T) {
	other, err := os.MkdirTemp("/dev/shm", "durable")
	if err != nil || runtime.GOOS == "windows" { // under Wine it may exist, on the same volume
		t.Skip("there is no /dev/shm")
	}
	defer os.RemoveAll(other)
	from, to := filepath.Join(t.TempDir(), "from.xlsx"), filepath.Join(other, "to.xlsx")
	sum := write(t, from, "book")
	if err := Move(from, to, sum); err != nil || content(to) != "book" || content(from) != "(none)" {
		t.Errorf("from %q, to %q, %v", content(from), content(to), err)
	}
}

// TestOriginalStays moves a file out of a folder from which it cannot be removed: it stays, and its copy
// is removed.
func TestOriginalStays(t *testing.T) {
	if os.Getuid() <= 0 {
		t.Skip("root may remove every file, and Windows has no modes")
	}
	dir := t.TempDir()
	from, to := filepath.Join(dir, "in", "from.xlsx"), filepath.Join(dir, "to.xlsx")
	if err := os.Mkdir(filepath.Dir(from), 0o700); err != nil {
		t.Fatal(err)
	}
	sum := write(t, from, "book")
	if err := os.Chmod(filepath.Dir(from), 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(filepath.Dir(from), 0o700)
	if err := moveAcross(from, to, sum); !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
	if content(from) != "book" || content(to) != "(none)" {
		t.Errorf("from %q, to %q", content(from), content(to))
	}
}

// TestLockFolder locks a folder once, and again when it has been unlocked.
func TestLockFolder(t *testing.T) {
	if !locksFiles {
		t.Skip("folders cannot be locked here")
	}
	dir := t.TempDir()
	unlock, locked, err := LockFolder(dir)
	if err != nil || locked {
		t.Fatal(locked, err)
	}
	if _, locked, err := LockFolder(dir); err != nil || !locked {
		t.Errorf("a folder that is locked: %v, %v", locked, err)
	}
	unlock()
	unlock, locked, err = LockFolder(dir)
	if err != nil || locked {
		t.Fatal(locked, err)
	}
	unlock()
	if _, _, err := LockFolder(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// TestFolderTime asks a folder for the time.
func TestFolderTime(t *testing.T) {
	dir := t.TempDir()
	now, err := FolderTime(dir)
	if off := time.Since(now).Abs(); err != nil || off > time.Minute {
		t.Errorf("%v off, %v", off, err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("%d files are left", len(entries))
	}
}
