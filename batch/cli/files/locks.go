package files

import (
	"bytes"
	"cmp"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/loabatch/loabatch/batch/cli/console"
	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/batch/inbox"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// Distinct returns the inputs without lock files of open workbooks, which a pattern such as
// *.xlsx also matches, and without further names of the same file. Both are noted. If there are
// only lock files, they are kept, and are errors.
func Distinct(lines *console.Lines, paths []string) []string {
	if runtime.GOOS == "windows" {
		paths = matching(paths)
	}
	var distinct, locks []string
	var infos []os.FileInfo
	for _, path := range paths {
		if IsLock(path) {
			locks = append(locks, path)
			continue
		}
		info, err := os.Stat(path)
		i := slices.IndexFunc(infos, func(other os.FileInfo) bool { return other != nil && info != nil && os.SameFile(info, other) })
		if err != nil {
			i = slices.Index(distinct, path)
		}
		if i >= 0 {
			lines.Note("input-twice", map[string]string{"file": path, "first": distinct[i]})
			continue
		}
		distinct, infos = append(distinct, path), append(infos, info)
	}
	if len(distinct) == 0 {
		return paths
	}
	for _, path := range locks {
		lines.Note("input-lock-passed", map[string]string{"file": path})
	}
	return distinct
}

// matching puts the files that patterns such as *.xlsx name in their place, as shells do on other
// systems: those of Windows pass them on, and there no name contains such characters. Only the last
// element of a path may be a pattern. One that no file matches stays. Dots and spaces at the end of a path
// are removed.
func matching(paths []string) (all []string) {
	for _, path := range paths {
		before := len(all)
		folder, pattern := filepath.Split(path)
		if strings.ContainsAny(pattern, "*?") {
			pattern = strings.ToLower(strings.ReplaceAll(pattern, "[", "[[]"))
			entries, _ := os.ReadDir(cmp.Or(folder, "."))
			for _, e := range entries {
				if match, _ := filepath.Match(pattern, strings.ToLower(e.Name())); match && !e.IsDir() {
					all = append(all, folder+e.Name())
				}
			}
		}
		if len(all) == before {
			all = append(all, trimmed(path))
		}
	}
	return all
}

// trimmed returns a path without the dots and spaces at its end, which Windows ignores: they would hide
// the extension, which decides that of the copy. A path that begins with \\?\ is taken literally.
func trimmed(path string) string {
	folder, name := filepath.Split(path)
	if name = strings.TrimRight(name, ". "); name == "" || strings.HasPrefix(path, `\\?\`) {
		return path
	}
	return folder + name
}

// IsLock reports whether a path is the lock file that Excel, WPS or LibreOffice keeps
// beside an open workbook. A real workbook is not one, whatever its name.
func IsLock(path string) bool {
	if !inbox.IsLock(filepath.Base(path)) {
		return false
	}
	if info, err := os.Stat(path); err != nil || !durable.IsFile(info.Mode()) {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return true // on Windows, no other program can read it
	}
	defer f.Close()
	start := make([]byte, 4)
	n, _ := io.ReadFull(f, start)
	start = start[:n]
	return !bytes.HasPrefix(start, []byte("PK\x03\x04")) && !bytes.HasPrefix(start, []byte("\xD0\xCF\x11\xE0"))
}

// LockOf returns the lock file that Excel, WPS or LibreOffice keeps beside a file while it is
// open, or "". A program that crashed may have left it behind.
func LockOf(path string) string {
	folder, name := filepath.Split(path)
	for _, lock := range []string{".~lock." + name + "#", "~$" + name, ".~" + name} {
		if lock = folder + lock; IsLock(lock) {
			return lock
		}
	}
	return ""
}

// Near returns the workbook in the same folder whose name is most like that of a missing one, or "".
// A link that leads nowhere is missing, too.
func Near(path string) string {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return ""
	}
	base, near, least := []rune(strings.ToLower(filepath.Base(path))), "", 3
	for _, e := range entries {
		name := e.Name()
		extension := strings.ToLower(filepath.Ext(name))
		if e.IsDir() || name == filepath.Base(path) || !slices.Contains(xlsx.Extensions, extension) || IsLock(filepath.Join(filepath.Dir(path), name)) {
			continue
		}
		if d := sheet.Distance(base, []rune(strings.ToLower(name))); d < least {
			near, least = name, d
		}
	}
	if near == "" {
		return ""
	}
	return filepath.Join(filepath.Dir(path), near)
}
