package cli

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/batch/cli/exit"

	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// checkOutput checks before anything is sent that the copy can be written: its folder exists
// and is writable, and nothing there is in the way. Temporary copies that a run which was
// killed has left there are removed.
func checkOutput(in *input, path string, force bool) error {
	if want := extension(in.path); !strings.EqualFold(filepath.Ext(path), want) {
		return exit.Failure(exit.Usage, "output-extension", nil, "file", path, "extension", want)
	}
	if err := checkReplace(path, force, isSealed); err != nil {
		return err
	}
	durable.RemoveStale(filepath.Dir(path))
	if err := durable.CheckFolder(filepath.Dir(path)); err != nil {
		return exit.Failure(exit.Usage, "output-unwritable", err, "file", path, "reason", exit.Cause(err))
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

// writeCopy writes the input with the patch to path. The copy is verified and sealed before
// it is renamed to path. It returns the digest of the file.
func writeCopy(in *input, path string, patch sheet.Patch, seal string) (sum string, err error) {
	write := func(w io.Writer) error {
		src, size := in.reader()
		return xlsx.Copy(w, src, size, patch)
	}
	verify := func(r io.ReaderAt, size int64) error {
		src, srcSize := in.reader()
		return xlsx.Verify(r, size, src, srcSize, patch)
	}
	if in.encryption != nil {
		if write, verify, err = encrypted(in.encryption, write, verify); err != nil {
			return "", err
		}
	}
	err = durable.WriteFile(path, write, func(f *os.File) error {
		info, err := f.Stat()
		if err != nil {
			return err
		}
		if err := verify(f, info.Size()); err != nil {
			return err
		}
		sum, err = xlsx.Seal(f, info.Size(), seal)
		return err
	})
	return sum, err
}

// encrypted makes and verifies a copy in memory. It returns what writes it encrypted, and
// what checks that the file decrypts to the same copy. Nothing else goes to disk.
func encrypted(e *xlsx.Encryption, write func(io.Writer) error, verify func(io.ReaderAt, int64) error) (func(io.Writer) error, func(io.ReaderAt, int64) error, error) {
	var plain bytes.Buffer
	if err := write(&plain); err != nil {
		return nil, nil, err
	}
	if err := verify(bytes.NewReader(plain.Bytes()), int64(plain.Len())); err != nil {
		return nil, nil, err
	}
	sum := sha256.Sum256(plain.Bytes())
	writeEncrypted := func(w io.Writer) error {
		err := e.Encrypt(w, plain.Bytes()) // in place
		plain = bytes.Buffer{}
		return err
	}
	verifyEncrypted := func(r io.ReaderAt, size int64) error { return e.Verify(r, size, sum) }
	return writeEncrypted, verifyEncrypted, nil
}

// writeChecked is writeCopy, unless what is at the path must not be replaced: it may have
// changed since it was checked.
func (a *app) writeChecked(in *input, path string, force bool, patch sheet.Patch, seal string) (sum string, err error) {
	if checkReplace(path, force, isSealed) != nil {
		return "", errors.New(a.lines.Words.Line("output-changed"))
	}
	return writeCopy(in, path, patch, seal)
}

// placeCopy writes the copy to its path or, if that has become impossible since it was
// checked (open in another program, changed by someone, folder gone, disk full), to a second
// place. It returns where the copy is, "" for nowhere, and the error that kept it from path.
func (a *app) placeCopy(done *finished, t target, patch sheet.Patch, seal string) (written string, first error) {
	in, runID := done.in, done.info.id
	sum, first := a.writeChecked(in, t.path, t.force, patch, seal)
	if first == nil {
		done.wrote(t.path, sum)
		a.copies = append(a.copies, t.path)
		return t.path, nil
	}
	for _, second := range a.secondPlaces(t.path, runID, done.ledgerFlag) {
		if _, err := os.Lstat(second); err == nil {
			continue // it is not ours, or it is the input
		}
		if sum, err := writeCopy(in, second, patch, ""); err == nil {
			done.wrote(second, sum)
			a.copies = append(a.copies, second)
			a.lines.Warn("copy-second-place", map[string]string{"file": t.path, "reason": exit.Cause(first), "second": second})
			return second, first
		}
	}
	if done.info.simulate {
		a.lines.Warn("copy-failed-simulated", map[string]string{"file": t.path, "reason": exit.Cause(first)})
		return "", first
	}
	command := a.suggest("report", settings{"ledger": done.ledgerFlag}, runID)
	a.lines.Warn("copy-failed", map[string]string{"file": t.path, "reason": exit.Cause(first), "command": command})
	return "", first
}

// besideOpen returns the path itself or, if a program has the file there open and would
// neither show nor keep what replaces it, the next free name in the same folder, and says so.
func (a *app) besideOpen(path string) string {
	if _, err := os.Lstat(path); err != nil {
		return path
	}
	lock, said := lockOf(path), "output-open-locked"
	if lock == "" {
		if !durable.InUse(path) {
			return path
		}
		said = "output-open"
	}
	ext := filepath.Ext(path)
	for n := 2; ; n++ {
		second := strings.TrimSuffix(path, ext) + "-" + strconv.Itoa(n) + ext
		if _, err := os.Lstat(second); err != nil { // one that cannot be written is found later
			a.lines.Warn(said, map[string]string{"file": path, "lock": lock, "second": second})
			return second
		}
	}
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
	if ledger, err := a.ledgers.File(ledgerFlag); err == nil && ledger != "" {
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
