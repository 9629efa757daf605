package cli

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// checkOutput checks before anything is sent that the copy can be written: the path is
// not the input, and its folder exists and is writable. Temporary copies that a run which
// was killed has left there are removed.
func checkOutput(in *input, path string) error {
	if sameFile(in.path, path) {
		return failure(exitUsage, "output-is-input", nil, "file", in.path)
	}
	if want := extension(in.path); !strings.EqualFold(filepath.Ext(path), want) {
		return failure(exitUsage, "output-extension", nil, "file", path, "extension", want)
	}
	if isFolder(path) {
		return failure(exitUsage, "output-folder", nil, "file", path)
	}
	durable.RemoveStale(filepath.Dir(path))
	if err := durable.CheckFolder(filepath.Dir(path)); err != nil {
		return failure(exitUsage, "output-unwritable", err, "file", path, "reason", cause(err))
	}
	return nil
}

// extension returns the extension that the copy must have: programs refuse to open a
// workbook with macros unless it is named .xlsm, and one without if it is.
func extension(input string) string {
	if strings.EqualFold(filepath.Ext(input), ".xlsm") {
		return ".xlsm"
	}
	return ".xlsx"
}

// writeCopy writes the input with the patch to path. The copy is verified before it is
// renamed to path.
func writeCopy(in *input, path string, patch sheet.Patch) error {
	return durable.WriteFile(path,
		func(w io.Writer) error {
			src, size := in.reader()
			return xlsx.Copy(w, src, size, patch)
		},
		func(f *os.File) error {
			info, err := f.Stat()
			if err != nil {
				return err
			}
			src, size := in.reader()
			return xlsx.Verify(f, info.Size(), src, size, patch)
		})
}

// placeCopy writes the copy to path or, if that has become impossible since it was checked
// (open in another program, folder gone, disk full), to a second place. It returns where
// the copy is, "" for nowhere, and the error that kept it from path.
func (a *app) placeCopy(done *finished, path string, patch sheet.Patch) (written string, first error) {
	in, runID := done.in, done.info.id
	first = writeCopy(in, path, patch)
	if first == nil {
		return path, nil
	}
	for _, second := range a.secondPlaces(path, runID, done.ledgerFlag) {
		if sameFile(in.path, second) {
			continue
		}
		if writeCopy(in, second, patch) == nil {
			a.lines.warn("copy-second-place", map[string]string{"file": path, "reason": cause(first), "second": second})
			return second, first
		}
	}
	command := a.suggest("report", settings{"input": in.path, "ledger": done.ledgerFlag, "output": "FILE"}, runID)
	a.lines.warn("copy-failed", map[string]string{"file": path, "reason": cause(first), "command": command})
	return "", first
}

// secondPlaces lists where to write a copy that cannot be written to its path: under
// another name in the same folder, in the ledger's folder, in the folder for temporary
// files.
func (a *app) secondPlaces(path, runID, ledgerFlag string) []string {
	ext := filepath.Ext(path)
	name := strings.TrimSuffix(filepath.Base(path), ext)
	if !strings.Contains(name, runID) {
		name += "." + runID // keeps the copies of other runs apart
	}
	name += "-2" + ext
	places := []string{filepath.Join(filepath.Dir(path), name)}
	if ledger, err := a.ledgerPath(ledgerFlag); err == nil {
		places = append(places, filepath.Join(filepath.Dir(ledger), name))
	}
	return append(places, filepath.Join(os.TempDir(), name))
}

// resultsName matches the default name of a results copy, without its extension.
var resultsName = regexp.MustCompile(`\.results-[0-9]{8}-[0-9]{6}-[0-9a-z]{5}$`)

// copyPath returns the path of the results copy: -o itself; a file in -o if that is a
// folder or there are several inputs; otherwise beside the input, named after the run. The
// run's ID replaces that of a results copy used as input, or names would grow every night.
func copyPath(in, output string, several bool, runID string) string {
	base := filepath.Base(in)
	ext := filepath.Ext(base)
	name := resultsName.ReplaceAllString(strings.TrimSuffix(base, ext), "") + ".results-" + runID + extension(in)
	switch {
	case output == "":
		return filepath.Join(filepath.Dir(in), name)
	case several || isFolder(output):
		return filepath.Join(output, name)
	}
	return output
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// sameFile reports whether both paths are the same file, following links.
func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	if errX == nil && errY == nil {
		return os.SameFile(x, y)
	}
	absX, _ := filepath.Abs(a)
	absY, _ := filepath.Abs(b)
	return absX == absY
}
