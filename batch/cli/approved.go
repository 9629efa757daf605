package cli

import (
	"cmp"
	"context"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/approval"
	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/cli/approve"
	"github.com/loabatch/loabatch/batch/cli/book"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/record"
	"github.com/loabatch/loabatch/sheet"
)

// approved is a plan that a run has to carry out.
type approved struct {
	*approval.Plan
	path, sum string
}

// adoptPlan reads the plan that a command is to carry out, if any. The settings that decide
// what is sent are taken from the plan unless the command line or a variable sets them: those
// are compared later. If the command line names no workbooks, they are expected beside the plan.
func (a *app) adoptPlan(cmd *cobra.Command, f *submitFlags, paths []string) ([]string, error) {
	path := f.run.plan
	if path == "" {
		return paths, nil
	}
	if f.folder.in != "" {
		return nil, exit.Failure(exit.Usage, "plan-with-folder", nil)
	}
	if mode, _ := parseDryRun(f.run.dryRun); mode == dryRunOffline {
		return nil, exit.Failure(exit.Usage, "plan-offline", nil, "file", path)
	}
	p, sum, err := approve.Read(path)
	if err != nil {
		return nil, err
	}
	for _, setting := range p.Settings {
		flag := cmd.Flag(setting.Name)
		if flag == nil || flag.Changed || flagText(flag) == setting.Value {
			continue // the comparison finds settings that this program does not know
		}
		if err := cmd.Flags().Set(setting.Name, setting.Value); err != nil {
			return nil, exit.Failure(exit.Usage, "plan-damaged", err, "file", path)
		}
	}
	if f.watch.changeRef == "" {
		f.watch.changeRef = p.ChangeRef
	}
	f.approved = &approved{p, path, sum}
	if len(paths) > 0 {
		return paths, nil
	}
	for _, w := range p.Workbooks {
		paths = append(paths, filepath.Join(filepath.Dir(path), filepath.Base(w.Name)))
	}
	return paths, nil
}

// maxDifferences is how many changes are listed.
const maxDifferences = 100

// checkPlan makes the plan of a run again, and returns what has changed since it was approved
// as an error. The rules of the engine cover what happens between this and the sending.
func (a *app) checkPlan(ctx context.Context, s *invocation, inputs []*book.Input) error {
	was := s.flags.approved
	now := a.newPlan(s, s.command, was.Checks)
	var all []*prediction
	books := make([]approve.Book, len(inputs))
	for i, in := range inputs {
		books[i] = approve.Book{Path: in.Path, Workbook: in.Workbook}
	}
	if len(inputs) == len(was.Workbooks) {
		for i, in := range inputs {
			p, err := a.predict(ctx, s, in)
			switch {
			case err != nil:
				return err
			case p.done.totals.stop == batch.StopInterrupted:
				return exit.Failure(cmp.Or(p.done.totals.signal, exit.Interrupted), "not-confirmed", nil)
			case !p.known():
				code := exit.Stopped
				if p.done.totals.stop == "" {
					code = exit.Unfinished
				}
				return exit.Failure(code, "plan-unchecked", nil, "file", was.path)
			}
			checks := approval.Checks{}
			if in.SHA256 != was.Workbooks[i].SHA256 {
				checks = was.Checks // in this case they may differ
			}
			all, now.Workbooks = append(all, p), append(now.Workbooks, p.workbook(checks))
		}
	}
	begun, err := a.runsOf(ctx, s, was.sum)
	if err != nil {
		return err
	}
	differences := approval.Compare(was.Plan, now, func(workbook int, r approval.Row) bool {
		return all[workbook].past.hasRun(batch.Key{Region: r.RegionID, InstanceID: r.InstanceID}, begun)
	})
	if len(differences) == 0 {
		return nil
	}
	changed := &sheet.InputError{}
	for _, d := range differences[:min(len(differences), maxDifferences)] {
		changed.Problems = append(changed.Problems, approve.Problem(a.lines.Words, d, was.Plan, books))
	}
	end := sheet.Problem{Code: "plan-changed", Severity: sheet.Error, Args: []sheet.Arg{{Name: "plan", Value: was.path}, sheet.Count("n", len(differences))}}
	changed.Problems = append(changed.Problems, end)
	return changed
}

// runsOf finds the runs that have carried out a plan with this checksum. They may have been
// stopped: what is left of the plan is still approved.
func (a *app) runsOf(ctx context.Context, s *invocation, sum string) (map[string]bool, error) {
	if s.store == nil {
		return nil, nil
	}
	runs, err := s.store.Runs(ctx, 0)
	if err != nil {
		return nil, a.ledgers.Failure(err)
	}
	begun := map[string]bool{}
	for _, r := range runs {
		if saved, err := record.ReadOptions(r.Options); err == nil && saved.PlanSHA256 == sum {
			begun[accounts.Whole(r.ID)] = true
		}
	}
	return begun, nil
}

// hasRun reports whether what is known about a circuit comes from one of these runs.
func (k *known) hasRun(key batch.Key, runs map[string]bool) bool {
	if r, found := k.past[key]; found && runs[r.RunID] {
		return true
	}
	for _, past := range k.later {
		if r, found := past[key]; found && runs[r.RunID] {
			return true
		}
	}
	return false
}

// planSum is the checksum of the plan that the command carries out, or "".
func (s *invocation) planSum() string {
	if s.flags.approved == nil {
		return ""
	}
	return s.flags.approved.sum
}
