package durable

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/windows"
)

// onWine reports whether this is Wine rather than Windows.
func onWine() bool {
	return windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}

// TestOpenOriginalStays moves a file that another program has open to another volume: it stays, and its
// copy is removed.
func TestOpenOriginalStays(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from.xlsx"), filepath.Join(dir, "to.xlsx")
	sum := write(t, from, "book")
	f, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for name, move := range map[string]func(from, to, sum string) error{"move": Move, "across": moveAcross} {
		if err := move(from, to, sum); !errors.Is(err, windows.ERROR_SHARING_VIOLATION) {
			t.Errorf("%s: %v", name, err)
		}
		if content(from) != "book" || content(to) != "(none)" {
			t.Errorf("%s: from %q, to %q", name, content(from), content(to))
		}
	}
}

// TestInheritance checks that files in a private folder are private, and that Share gives a file the
// permissions of its folder.
func TestInheritance(t *testing.T) {
	if onWine() {
		t.Skip("under Wine files do not inherit access control lists")
	}
	folder := filepath.Join(t.TempDir(), "folder")
	if err := MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	checkPrivate(t, file, 0o600)
	if err := WriteFile(file, text("text"), Share); err != nil {
		t.Fatal(err)
	}
	checkPrivate(t, file, 0o600) // its folder grants nothing to others
}

// TestRemote recognises shares by their names. Only Windows can tell whether a drive is one.
func TestRemote(t *testing.T) {
	for path, want := range map[string]bool{
		`\\server\share\ledger.db`: true, `//server/share/ledger.db`: true, `\\?\UNC\server\share\x`: true, `\\?\unc\server\share\x`: true,
		`C:\ledger.db`: false, `\\?\C:\ledger.db`: false, `\\.\C:\ledger.db`: false, `\ledger.db`: false,
	} {
		if got := Remote(path); got != want {
			t.Errorf("%s: %t", path, got)
		}
	}
}

// TestLongPaths writes, replaces, locks and moves files below a path of more than 260 characters.
func TestLongPaths(t *testing.T) {
	folder := t.TempDir()
	for range 4 {
		folder = filepath.Join(folder, strings.Repeat("专线 a", 18))
	}
	if err := MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	checkPrivate(t, folder, 0o700)
	from, to := filepath.Join(folder, "from.xlsx"), filepath.Join(folder, "to.xlsx")
	for range 2 {
		if err := WriteFile(from, text("book"), nil); err != nil {
			t.Fatal(err)
		}
	}
	checkPrivate(t, from, 0o600)
	unlock, locked, err := LockFolder(folder)
	if err != nil || locked {
		t.Fatal(locked, err)
	}
	defer unlock()
	if err := Move(from, to, write(t, from, "book")); err != nil || content(to) != "book" {
		t.Errorf("to %q, %v", content(to), err)
	}
	if _, err := Free(folder); err != nil {
		t.Error(err)
	}
}

// TestOpenForAMoment replaces, creates, moves and removes files that another program has open for a
// moment, as a virus scanner does, whatever it lets others do meanwhile.
func TestOpenForAMoment(t *testing.T) {
	const viewer = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	for _, share := range []uint32{0, windows.FILE_SHARE_READ, viewer} {
		dir := t.TempDir()
		path, moved := filepath.Join(dir, "book.xlsx"), filepath.Join(dir, "moved.xlsx")
		sum := write(t, path, "before")
		hold := func(what string, do func() error) {
			t.Helper()
			f, err := openSharing(path, windows.GENERIC_READ, share, 0)
			if err != nil {
				t.Fatal(err)
			}
			time.AfterFunc(patience/4, func() { f.Close() })
			if err := do(); err != nil {
				t.Errorf("share %d: %s: %v", share, what, err)
			}
			f.Close()
		}
		hold("replace", func() error { return WriteFile(path, text("before"), nil) })
		hold("use", func() error {
			if InUse(path) {
				return errors.New("in use for good")
			}
			return nil
		})
		if share != 0 { // or nobody can read it
			hold("move", func() error { return Move(path, moved, sum) })
		}
	}
}

// TestClosedInBetween has a program close a file just after it kept it from being replaced.
func TestClosedInBetween(t *testing.T) {
	denied := &os.LinkError{Op: "rename", Err: windows.ERROR_ACCESS_DENIED}
	for name, test := range map[string]struct {
		renames []error
		try     error
		want    error
		inUse   bool
	}{
		"closed in between": {renames: []error{denied, nil}},
		"open":              {renames: []error{denied}, try: windows.ERROR_SHARING_VIOLATION, want: windows.ERROR_SHARING_VIOLATION, inUse: true},
		"denied for good":   {renames: []error{denied, denied}, want: windows.ERROR_ACCESS_DENIED},
		"another failure":   {renames: []error{windows.ERROR_DISK_FULL}, want: windows.ERROR_DISK_FULL},
	} {
		calls := 0
		err := replaceWith(func() error { calls++; return test.renames[calls-1] }, func() error { return test.try })
		if !errors.Is(err, test.want) || IsInUse(err) != test.inUse || calls != len(test.renames) {
			t.Errorf("%s: %v after %d calls", name, err, calls)
		}
	}
}

// TestOpenInViewer has a program that lets others do what they like keep a file from being replaced.
func TestOpenInViewer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "book.xlsx")
	write(t, path, "before")
	f, err := open(path, windows.GENERIC_READ, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if !InUse(path) {
		t.Error("it can be replaced")
	}
	if err := WriteFile(path, text("after"), nil); err != nil && !IsInUse(err) {
		t.Error(err)
	}
}
