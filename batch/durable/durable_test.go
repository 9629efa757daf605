package durable

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

// TestWriteFile replaces a file, and leaves it unchanged if the new one is incomplete.
func TestWriteFile(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "file")
	if err := WriteFile(path, text("first"), nil); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	refuse := func(*os.File) error { return broken }
	if err := WriteFile(path, text("second"), refuse); !errors.Is(err, broken) {
		t.Errorf("%v, want the check's error", err)
	}
	if err := WriteFile(path, func(io.Writer) error { return broken }, nil); !errors.Is(err, broken) {
		t.Errorf("%v, want the writer's error", err)
	}
	if got, err := os.ReadFile(path); string(got) != "first" {
		t.Errorf("the file holds %q, %v", got, err)
	}
	checkPrivate(t, path, 0o600)
	if entries, _ := os.ReadDir(folder); len(entries) != 1 {
		t.Errorf("%d files are left in the folder", len(entries))
	}
}

// TestStage replaces a file in two steps, and leaves it unchanged until the second. Nothing that is staged counts
// as left behind, and nothing is left once it is discarded or cannot be committed.
func TestStage(t *testing.T) {
	folder := t.TempDir()
	path, taken := filepath.Join(folder, "file"), filepath.Join(folder, "taken")
	write(t, path, "first")
	if err := os.Mkdir(taken, 0o700); err != nil {
		t.Fatal(err)
	}
	entries := func() int { list, _ := os.ReadDir(folder); return len(list) }
	stage := func(path, content string) *Staged {
		t.Helper()
		s, err := Stage(path, text(content), nil)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	second, third := stage(path, "second"), stage(path, "third")
	if n := RemoveStale(folder); n != 0 || content(path) != "first" || entries() != 4 {
		t.Errorf("%d files removed, the file holds %q, %d files in the folder", n, content(path), entries())
	}
	checkPrivate(t, second.tmp.Name(), 0o600)
	if err := errors.Join(third.Discard(), third.Discard()); err != nil || content(path) != "first" || entries() != 3 {
		t.Errorf("discarded: %v, the file holds %q, %d files in the folder", err, content(path), entries())
	}
	if err := errors.Join(second.Commit(), second.Discard()); err != nil || content(path) != "second" || entries() != 2 {
		t.Errorf("committed: %v, the file holds %q, %d files in the folder", err, content(path), entries())
	}
	checkPrivate(t, path, 0o600)
	if err := stage(taken, "fourth").Commit(); err == nil || entries() != 2 {
		t.Errorf("a folder was replaced: %v, %d files in the folder", err, entries())
	}
	broken := errors.New("broken")
	if s, err := Stage(path, func(io.Writer) error { return broken }, nil); s != nil || !errors.Is(err, broken) || entries() != 2 {
		t.Errorf("staged %v, %v, %d files in the folder", s, err, entries())
	}
	func() {
		defer func() { _ = recover() }()
		_, _ = Stage(path, func(io.Writer) error { panic("broken") }, nil)
	}()
	if content(path) != "second" || entries() != 2 {
		t.Errorf("a panic: the file holds %q, %d files in the folder", content(path), entries())
	}
}

// checkPrivate checks that a file or folder is accessible to its owner alone.
func checkPrivate(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if private, err := Private(path); err != nil || !private {
		t.Errorf("%s: private %v, %v", path, private, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode && runtime.GOOS != "windows" {
		t.Errorf("%v, %v", info, err)
	}
}

// TestShare makes a private file readable for everybody who may read its folder.
func TestShare(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := WriteFile(path, text("text"), Share); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o644 {
		t.Errorf("%v, %v", info, err)
	}
	// On Windows it depends on the folder's permissions, see TestInheritance.
	if private, err := Private(path); err != nil || private && runtime.GOOS != "windows" {
		t.Errorf("private %v, %v", private, err)
	}
}

// TestMkdirAllSyncsEachParent checks which folders hold the name of a new one.
func TestMkdirAllSyncsEachParent(t *testing.T) {
	root := t.TempDir()
	a := filepath.Join(root, "a")
	b := filepath.Join(a, "b")
	if got, want := missingParents(b), []string{a, root}; !slices.Equal(got, want) {
		t.Errorf("parents %q, want %q", got, want)
	}
	if err := MkdirAll(b, 0o700); err != nil {
		t.Fatal(err)
	}
	if got := missingParents(b); len(got) != 0 {
		t.Errorf("parents %q of a folder that exists", got)
	}
	for _, folder := range []string{a, b} {
		checkPrivate(t, folder, 0o700)
	}
	t.Chdir(root)
	if got, want := missingParents(filepath.Join("c", "d")), []string{"c", "."}; !slices.Equal(got, want) {
		t.Errorf("parents %q, want %q", got, want)
	}
}

// TestFileForFolder tells a file in the place of a folder from a folder that is missing.
func TestFileForFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "text")
	below := filepath.Join(file, "new")
	for name, err := range map[string]error{
		"write": WriteFile(below, text("text"), nil), "create": CreateFile(below, text("text"), nil),
		"make": MkdirAll(file, 0o700), "make below": MkdirAll(below, 0o700), "write below": WriteFile(filepath.Join(below, "new"), text("text"), nil),
	} {
		if !errors.Is(err, errNotFolder) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := WriteFile(filepath.Join(filepath.Dir(file), "missing", "new"), text("text"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing folder: %v", err)
	}
}

// TestUnreadableFolder creates files in a folder that may be written but not read: it
// cannot be synchronised, which is not an error.
func TestUnreadableFolder(t *testing.T) {
	if os.Getuid() <= 0 {
		t.Skip("root may read every folder, and Windows has no modes")
	}
	folder := filepath.Join(t.TempDir(), "drop")
	t.Cleanup(func() { os.Chmod(folder, 0o700) }) // or it cannot be removed
	if err := os.Mkdir(folder, 0o300); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(filepath.Join(folder, "file"), text("text"), nil); err != nil {
		t.Error(err)
	}
	if err := MkdirAll(filepath.Join(folder, "new"), 0o700); err != nil {
		t.Error(err)
	}
}

func TestFree(t *testing.T) {
	free, err := Free(t.TempDir())
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("not known on this platform")
	}
	if err != nil || free == 0 || free > 1<<60 {
		t.Errorf("%d bytes free, %v", free, err)
	}
	if _, err := Free(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("a missing folder has space")
	}
}

// TestCreateFile creates a file under a free name, and leaves alone whatever already has the name: a file,
// a folder, or a symbolic link, whose target is not created either.
func TestCreateFile(t *testing.T) {
	folder := t.TempDir()
	path, link, outside := filepath.Join(folder, "file"), filepath.Join(folder, "link"), filepath.Join(t.TempDir(), "outside")
	if err := CreateFile(path, text("first"), nil); err != nil {
		t.Fatal(err)
	}
	taken := []string{path, folder}
	_ = os.Symlink(outside, link) // Wine makes none, without an error
	if _, err := os.Lstat(link); err == nil {
		taken = append(taken, link)
	}
	for _, name := range taken {
		if err := CreateFile(name, text("second"), nil); !errors.Is(err, os.ErrExist) {
			t.Errorf("%s: %v, want an error that the file exists", name, err)
		}
	}
	if got, err := os.ReadFile(path); string(got) != "first" {
		t.Errorf("the file holds %q, %v", got, err)
	}
	if _, err := os.Lstat(outside); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the target of a symbolic link was created: %v", err)
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) != len(taken)-1 {
		t.Errorf("the folder holds %v, %v", left, err)
	}
}

// TestIsFile counts a OneDrive file as an ordinary one, but not a OneDrive folder or a pipe.
func TestIsFile(t *testing.T) {
	for mode, want := range map[fs.FileMode]bool{
		0o600: true, fs.ModeIrregular | 0o600: runtime.GOOS == "windows",
		fs.ModeDir: false, fs.ModeDir | fs.ModeIrregular: false, fs.ModeNamedPipe: false, fs.ModeDevice: false, fs.ModeSymlink: false,
	} {
		if got := IsFile(mode); got != want {
			t.Errorf("%v: %t", mode, got)
		}
	}
}
