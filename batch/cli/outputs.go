package cli

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/loabatch/loabatch/batch/cli/exit"

	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// What a command may write:
//
//  1. Never an input, and no file twice, whatever the names: claims compares the files.
//  2. Only regular files. A symbolic link is followed, and a note says so.
//  3. Instead of an existing file only what loabatch wrote and no one has changed since,
//     unless --force: a copy has a seal (see [xlsx.Seal]), which lists the digests of its
//     reports, and the ledger keeps the digests too.
//  4. Not a file that a program has open, but one beside it (besideOpen).
//
// All of it is checked before anything is sent, and the third again when the file is written.

// claims are the files of one command: its inputs and what it writes.
type claims []claim

type claim struct {
	flag string // that names the file; "" for an input
	path string
}

// read adds an input.
func (c *claims) read(path string) { *c = append(*c, claim{"", path}) }

// password adds the password file, if there is one, which nothing may be written to.
func (c *claims) password(path string) {
	if path != "" {
		*c = append(*c, claim{"--" + passwordFlag, path})
	}
}

// write adds a file that will be written, unless it is one of the others.
func (c *claims) write(flag, path string) error {
	for _, other := range *c {
		switch {
		case !sameFile(other.path, path):
		case other.flag == "" && flag == outputFlag:
			return exit.Failure(exit.Usage, "output-is-input", nil, "file", other.path)
		case other.flag == "":
			return exit.Failure(exit.Usage, "file-is-input", nil, "flag", flag, "file", other.path)
		default:
			return exit.Failure(exit.Usage, "file-twice", nil, "flag", flag, "other", other.flag, "file", path)
		}
	}
	*c = append(*c, claim{flag, path})
	return nil
}

// claimOutputs decides where the reports of an input go, and checks whether the copy, if there is
// to be one, and the reports can be written. recorded asks the ledger about reports.
func (a *app) claimOutputs(c *claims, in *input, t *target, f outputFlags, recorded func(path, sum string) bool) error {
	if t.path != "" {
		if err := a.claimFree(c, outputFlag, &t.path); err != nil {
			return err
		}
		if err := checkOutput(in, t.path, t.force); err != nil {
			return err
		}
	}
	t.reports = reportFiles(cmp.Or(t.path, copyPath(in.path, "", false, t.runID)), f.reports)
	for i := range t.reports {
		r := &t.reports[i]
		r.path = a.follow(r.path)
		if err := a.claimFree(c, "--report "+r.kind, &r.path); err != nil {
			return err
		}
	}
	return checkReports(t.reports, t.path, t.force, recorded)
}

// claimFree claims the file at a path or, if a program has it open, one beside it, which the
// path becomes.
func (a *app) claimFree(c *claims, flag string, path *string) error {
	if err := c.write(flag, *path); err != nil {
		return err
	}
	free := a.besideOpen(*path)
	if free == *path {
		return nil
	}
	*path = free
	return c.write(flag, free)
}

// outputFlag is the flag that names the results copy.
const outputFlag = "-o"

// sameFile reports whether both paths are the same file: hard and symbolic links and other
// spellings of a name included, on file systems that take them for the same. Where neither
// exists, names that differ only in case count as the same.
func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	switch {
	case errX == nil && errY == nil:
		return os.SameFile(x, y)
	case errX == nil || errY == nil:
		return false
	}
	a, b = followed(a), followed(b)
	if !strings.EqualFold(filepath.Base(a), filepath.Base(b)) {
		return false
	}
	x, errX = os.Stat(filepath.Dir(a))
	y, errY = os.Stat(filepath.Dir(b))
	if errX == nil && errY == nil {
		return os.SameFile(x, y)
	}
	return a == b
}

// followed returns where a path leads, through symbolic links, also if nothing is there.
func followed(path string) string {
	const most = 40 // links, as on Linux
	for range most {
		target, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(target) {
			folder := filepath.Dir(path)
			if real, err := filepath.EvalSymlinks(folder); err == nil {
				folder = real // a target such as ../x starts there
			}
			target = filepath.Join(folder, target)
		}
		path = target
	}
	return path
}

// follow returns the file to write for a path that the user named, and notes where a
// symbolic link leads.
func (a *app) follow(path string) string {
	target := followed(path)
	if target != path {
		a.lines.Note("output-link", map[string]string{"file": path, "target": target})
	}
	return target
}

// reportFile is a report to be written.
type reportFile struct {
	kind, path string
	found      string // digest of the file that it may replace; "" for none
}

// reportFiles returns the reports beside a copy.
func reportFiles(beside string, kinds []string) []reportFile {
	base := strings.TrimSuffix(beside, filepath.Ext(beside))
	var list []reportFile
	for _, kind := range reportKinds {
		if slices.Contains(kinds, kind) {
			list = append(list, reportFile{kind: kind, path: base + "." + kind})
		}
	}
	return list
}

// checkReplace reports why a file may not be written to a path because of what is there.
// An empty file may always be replaced: mktemp makes one.
func checkReplace(path string, force bool, ours func(content *os.File, size int64) bool) error {
	if runtime.GOOS == "windows" && !filepath.IsLocal(filepath.Base(path)) { // CON.xlsx and the like
		return exit.Failure(exit.Usage, "output-no-file", nil, "file", path)
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return exit.Failure(exit.Usage, "output-unwritable", err, "file", path, "reason", exit.Cause(err))
	case info.IsDir():
		return exit.Failure(exit.Usage, "output-folder", nil, "file", path)
	case !info.Mode().IsRegular():
		return exit.Failure(exit.Usage, "output-no-file", nil, "file", path)
	case force || info.Size() == 0:
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return exit.Failure(exit.Usage, "output-foreign", err, "file", path)
	}
	defer f.Close()
	if !ours(f, info.Size()) {
		return exit.Failure(exit.Usage, "output-foreign", nil, "file", path)
	}
	return nil
}

// isSealed reports whether a file is a copy as it was written.
func isSealed(f *os.File, size int64) bool {
	_, ok := xlsx.Sealed(f, size)
	return ok
}

// checkReports checks whether reports may be written, beside a copy at path, and keeps the
// digests of those that they replace. recorded asks the ledger.
func checkReports(reports []reportFile, copyPath string, force bool, recorded func(path, sum string) bool) error {
	var seal string
	if f, err := os.Open(copyPath); err == nil {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			seal, _ = xlsx.Sealed(f, info.Size())
		}
		f.Close()
	}
	for i := range reports {
		r := &reports[i]
		err := checkReplace(r.path, force, func(f *os.File, _ int64) bool {
			r.found = digest(f)
			return r.found != "" && (strings.Contains(seal, sealLine(r.kind, r.found)) || recorded(r.path, r.found))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// sealLine is the line about a report in the seal of its copy.
func sealLine(kind, sum string) string { return kind + " " + sum + "\n" }

// digest returns the SHA-256 of a file in hex, or "" if it cannot be read.
func digest(r io.Reader) string {
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}

// fileDigest is digest for a path.
func fileDigest(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	return digest(f)
}

// recorded returns a function that reports whether the ledger knows of a run that wrote
// these bytes to this path.
func (a *app) recorded(ctx context.Context, ledgerFlag string) func(path, sum string) bool {
	return func(path, sum string) bool {
		store, err := a.ledgers.Past(ctx, ledgerFlag)
		if err != nil || store == nil {
			return false
		}
		defer store.Close()
		runs, err := store.Runs(ctx, 0)
		path = absolute(path)
		return err == nil && slices.ContainsFunc(runs, func(r ledger.RunSummary) bool { return r.Files()[path] == sum })
	}
}

// absolute returns the path as the ledger keeps it.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil && path != "" {
		return abs
	}
	return path
}
