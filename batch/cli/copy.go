package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/files"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// writeChecked writes the copy and stages its reports. It fails if the file at the path must not be
// replaced: it may have changed since it was checked.
func (a *app) writeChecked(done *finished, doc *report.Document, t files.Target, patch sheet.Patch) (sum string, err error) {
	if files.CheckReplace(t.Path, t.Force, files.Sealed) != nil {
		return "", errors.New(a.lines.Words.Line("output-changed"))
	}
	sum, err = done.in.WriteCopy(t.Path, patch, func() string { return a.sealText(done, *doc, t.Reports, done.staged.Stage) })
	if err != nil && done.staged.Discard() > 0 { // they may have taken the copy's space
		sum, err = done.in.WriteCopy(t.Path, patch, func() string { return a.sealText(done, *doc, t.Reports, done.staged.Sum) })
	}
	return sum, err
}

// placeCopy writes the copy to its path or, if that has become impossible since it was
// checked (open in another program, changed by someone, folder gone, disk full), to a second
// place. It returns where the copy is, "" for nowhere, and why it is not at path.
func (a *app) placeCopy(done *finished, doc *report.Document, t files.Target, patch sheet.Patch) (written string, first error) {
	in, runID := done.in, done.info.id
	sum, first := a.writeChecked(done, doc, t, patch)
	if first == nil {
		done.wrote(t.Path, sum)
		a.copies = append(a.copies, t.Path)
		return t.Path, nil
	}
	for _, second := range a.secondPlaces(t.Path, runID, done.ledgerFlag) {
		if _, err := os.Lstat(second); err == nil {
			continue // not our file, or the input
		}
		if sum, err := in.WriteCopy(second, patch, func() string { return "" }); err == nil {
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
