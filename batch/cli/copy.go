package cli

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// checkOutput finds before anything is sent that the copy could not be written: a
// path that is the input, a folder that is missing or not writable.
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
	probe, err := os.CreateTemp(filepath.Dir(path), ".loabatch-*")
	if err != nil {
		return failure(exitUsage, "output-unwritable", err, "file", path, "reason", cause(err))
	}
	probe.Close()
	if err := os.Remove(probe.Name()); err != nil {
		return failure(exitUsage, "output-unwritable", err, "file", path, "reason", cause(err))
	}
	return nil
}

// extension is what the copy's name must end in: programs refuse a workbook with macros
// under another name than .xlsm, and one without under that.
func extension(input string) string {
	if strings.EqualFold(filepath.Ext(input), ".xlsm") {
		return ".xlsm"
	}
	return ".xlsx"
}

// writeCopy writes the input with the patch to path, verified before it takes its
// name.
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
			return xlsx.Verify(f, info.Size(), patch)
		})
}

// placeCopy writes the copy to path, or, when that has become impossible since it was
// checked (open in another program, folder gone, disk full), to a second place. It
// gives where the copy is, "" for nowhere, and why it is not where it was wanted.
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
	a.lines.warn("copy-failed", map[string]string{"file": path, "reason": cause(first), "run": runID, "input": in.path})
	return "", first
}

// secondPlaces lists where a copy may go when its own place fails: another name in
// the same folder, the ledger's folder, the folder for temporary files.
func (a *app) secondPlaces(path, runID, ledgerFlag string) []string {
	ext := filepath.Ext(path)
	name := strings.TrimSuffix(filepath.Base(path), ext)
	if !strings.Contains(name, runID) {
		name += "." + runID // copies of other runs that had no place are not overwritten
	}
	name += "-2" + ext
	places := []string{filepath.Join(filepath.Dir(path), name)}
	if ledger, err := a.ledgerPath(ledgerFlag); err == nil {
		places = append(places, filepath.Join(filepath.Dir(ledger), name))
	}
	return append(places, filepath.Join(os.TempDir(), name))
}
