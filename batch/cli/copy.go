package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/files"
	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

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

// encrypted makes and verifies a copy in memory. It returns a function that writes it encrypted,
// and one that checks that the file decrypts to the same copy. Nothing else goes to disk.
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

// writeChecked is writeCopy, but fails if the file at the path must not be replaced: it may have
// changed since it was checked.
func (a *app) writeChecked(in *input, path string, force bool, patch sheet.Patch, seal string) (sum string, err error) {
	if files.CheckReplace(path, force, files.Sealed) != nil {
		return "", errors.New(a.lines.Words.Line("output-changed"))
	}
	return writeCopy(in, path, patch, seal)
}

// placeCopy writes the copy to its path or, if that has become impossible since it was
// checked (open in another program, changed by someone, folder gone, disk full), to a second
// place. It returns where the copy is, "" for nowhere, and why it is not at path.
func (a *app) placeCopy(done *finished, t files.Target, patch sheet.Patch, seal string) (written string, first error) {
	in, runID := done.in, done.info.id
	sum, first := a.writeChecked(in, t.Path, t.Force, patch, seal)
	if first == nil {
		done.wrote(t.Path, sum)
		a.copies = append(a.copies, t.Path)
		return t.Path, nil
	}
	for _, second := range a.secondPlaces(t.Path, runID, done.ledgerFlag) {
		if _, err := os.Lstat(second); err == nil {
			continue // not our file, or the input
		}
		if sum, err := writeCopy(in, second, patch, ""); err == nil {
			done.wrote(second, sum)
			a.copies = append(a.copies, second)
			a.lines.Warn("copy-second-place", map[string]string{"file": t.Path, "reason": exit.Cause(first), "second": second})
			return second, first
		}
	}
	if done.info.simulate {
		a.lines.Warn("copy-failed-simulated", map[string]string{"file": t.Path, "reason": exit.Cause(first)})
		return "", first
	}
	command := a.suggest("report", settings{"ledger": done.ledgerFlag}, runID)
	a.lines.Warn("copy-failed", map[string]string{"file": t.Path, "reason": exit.Cause(first), "command": command})
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
	if ledger, err := a.ledgers.File(ledgerFlag); err == nil && ledger != "" {
		places = append(places, filepath.Join(filepath.Dir(ledger), name))
	}
	return append(places, filepath.Join(os.TempDir(), name))
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
		path = files.Absolute(path)
		return err == nil && slices.ContainsFunc(runs, func(r ledger.RunSummary) bool { return r.Files()[path] == sum })
	}
}
