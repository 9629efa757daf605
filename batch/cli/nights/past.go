// Package nights knows which runs in the ledger have finished with which workbook of a nightly
// run's folder (past.go), and reports what was done with each workbook (diary.go). What to do
// with the workbooks is decided in package inbox.
package nights

import (
	"path/filepath"
	"slices"

	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/batch/inbox"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

// Past is what the ledger knows about earlier nights.
type Past struct {
	runs     []ledger.RunSummary          // the latest first
	finished map[string]ledger.RunSummary // with a workbook, by its SHA-256
	copies   map[string]bool              // SHA-256 of results copies and reports when written
}

// NewPast returns what is known from the runs of a ledger, the latest first. None of them counts
// as finished with its workbook before [Past.Choose].
func NewPast(runs []ledger.RunSummary) *Past {
	p := &Past{runs: runs, copies: map[string]bool{}}
	for _, r := range runs {
		for _, sum := range r.Files() {
			p.copies[sum] = true
		}
	}
	return p
}

// Wrote reports whether a run has written a results copy with these bytes.
func (p *Past) Wrote(sum string) bool { return p.copies[sum] }

// Choose chooses the runs that have finished with their workbooks for a command, in the account
// that ofAccount tells. A run that left rows out has not, unless the command itself is limited
// to some of the rows.
func (p *Past) Choose(command string, narrowed bool, ofAccount func(ledger.RunSummary) bool) {
	p.finished = map[string]ledger.RunSummary{}
	for _, r := range slices.Backward(p.runs) { // the latest counts
		if ofAccount(r) && r.Command == command && r.End != nil && inbox.Finished(r.End.ExitCode) && !r.End.Waiting &&
			(len(r.End.LeftOut) == 0 || narrowed) {
			p.finished[r.InputSHA256] = r
		}
	}
}

// Finished returns the run that has finished with a workbook of these bytes.
func (p *Past) Finished(sum string) (ledger.RunSummary, bool) {
	r, ok := p.finished[sum]
	return r, ok
}

// Sent reports whether a run had sent anything.
func (p *Past) Sent(runID string) bool {
	i := slices.IndexFunc(p.runs, func(r ledger.RunSummary) bool { return r.ID == runID })
	return i >= 0 && slices.ContainsFunc([]sheet.Result{sheet.Submitted, sheet.Already, sheet.Refused, sheet.Failed, sheet.Unknown},
		func(r sheet.Result) bool { return p.runs[i].Results[r] > 0 })
}

// Follow moves what earlier nights have written beside a workbook that has left the folder in:
// copies and reports, unless someone has changed them. Paths are absolute.
func (p *Past) Follow(sum, in, folder string) {
	for _, r := range p.runs {
		if r.InputSHA256 != sum || r.End == nil {
			continue
		}
		for path, sum := range r.Files() {
			if filepath.Dir(path) == in {
				_ = durable.Move(path, filepath.Join(folder, filepath.Base(path)), sum) // if that fails, it stays, which does no harm
			}
		}
	}
}
