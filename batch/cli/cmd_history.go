package cli

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/history"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/batch/waiting"
	"github.com/loabatch/loabatch/sheet"
)

func (a *app) historyCommand() *cobra.Command {
	var path string
	var f historyFlags
	cmd := &cobra.Command{
		Use:   "history [CIRCUIT | RUN]",
		Short: "List runs, or everything that happened to one circuit; prune old runs",
		Long: `Lists the runs in the ledger, or everything that happened to one circuit. For one run, it
lists the hosts that worked on it and the rows that each did.

With --waiting, lists the circuits that wait for somebody, the longest first: the reviewers,
the construction company, or your own team. Below them it shows how often each company was
rejected, and how long LOAs stayed in each status. It knows what submit, status, complete
and advance last saw.

With --prune, removes the rows of old runs from the ledger instead. What protects circuits
from a second application stays, and so does the list of runs; only their results copies
cannot be written again.

With --take-over, moves the ledger in a file into the database that --ledger names, once,
with everything in it.`,
		Example: `  loabatch history
  loabatch history --since 7d --failed
  loabatch history pc-bp1abcdefgh
  loabatch history --waiting
  loabatch history --prune 400d
  loabatch history --ledger postgres://loabatch@db.example.com/loabatch --take-over ledger.db`,
		Args:              arguments(0, 1),
		ValidArgsFunction: a.completeCircuits,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.history(cmd, args, path, f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&path, "ledger", "", ledgerHelp)
	flags.IntVar(&f.limit, "limit", 20, "list the latest `N` runs; with --waiting, the N circuits that wait longest, by default all of them; 0 means all")
	flags.StringVar(&f.since, "since", "", "list only what began since `TIME`: 36h, 7d, or a date such as 2027-01-15 (UTC)")
	flags.BoolVar(&f.failed, "failed", false, "list only runs that did not exit with 0, or events that were not accepted")
	flags.BoolVar(&f.json, "json", false, jsonHelp)
	flags.BoolVar(&f.csv, "csv", false, "print a CSV table for spreadsheets on stdout")
	flags.BoolVar(&f.waiting, waitingFlag, false, "list the circuits that wait for somebody, the longest first, and the rejections by company")
	flags.StringVar(&f.prune, pruneFlag, "", "remove the rows of runs that are older than `AGE`, such as 400d or 60w, and shrink the ledger")
	flags.StringVar(&f.takeOver, takeOverFlag, "", "move the ledger in `FILE` into the database of --ledger")
	flags.BoolVarP(&f.yes, "yes", "y", false, "with --prune or --take-over, do not ask for confirmation; required without a terminal")
	return cmd
}

// history lists, prunes or moves what the ledger at a path knows, as the flags say.
func (a *app) history(cmd *cobra.Command, args []string, path string, f historyFlags) error {
	if f.json && f.csv {
		return exit.Failure(exit.Usage, "json-and-csv", nil)
	}
	after, err := f.after(a.env.Now())
	if err != nil {
		return err
	}
	before, err := f.before(cmd, args, a.env.Now())
	if err == nil && f.waiting {
		err = alone(cmd, args, "waiting-alone", "since", "failed", pruneFlag)
	}
	if err != nil {
		return err
	}
	if f.takeOver != "" {
		if err := alone(cmd, args, "take-over-alone", "since", "failed", "limit", "csv", waitingFlag, pruneFlag); err != nil {
			return err
		}
		return a.takeOver(cmd.Context(), path, f)
	}
	open := a.ledgers.Shown
	if f.prune != "" {
		open = a.ledgers.Past
	}
	store, err := open(cmd.Context(), path)
	if err != nil {
		return err
	}
	if store == nil {
		return exit.Failure(exit.Usage, "no-ledger", nil)
	}
	defer store.Close()
	if f.prune != "" {
		return a.prune(cmd.Context(), store, f, before)
	}
	if f.limited = cmd.Flags().Changed("limit"); f.waiting {
		return a.waitingHistory(cmd.Context(), store, f)
	}
	if len(args) == 1 && isRunID(accounts.Whole(args[0])) {
		return a.oneRun(cmd.Context(), store, accounts.Whole(args[0]), f)
	}
	if len(args) == 1 {
		return a.circuitHistory(cmd.Context(), store, args[0], f, after)
	}
	return a.runHistory(cmd.Context(), store, f, after)
}

// historyFlags choose what history lists, and how.
type historyFlags struct {
	limit             int
	since             string
	failed, json, csv bool
	prune, takeOver   string
	waiting, yes      bool
	limited           bool // --limit was given
}

// waitingFlag is the name of the flag.
const waitingFlag = "waiting"

// pruneFlag is the name of the flag.
const pruneFlag = "prune"

// takeOverFlag is the name of the flag.
const takeOverFlag = "take-over"

// after returns the time that --since names; zero means the beginning.
func (f historyFlags) after(now time.Time) (time.Time, error) {
	if f.since == "" {
		return time.Time{}, nil
	}
	if t, ok := ago(f.since, now); ok {
		return t, nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04", time.RFC3339} {
		if t, err := time.Parse(layout, f.since); err == nil {
			return t, nil
		}
	}
	return time.Time{}, exit.Failure(exit.Usage, "since-value", nil, "value", f.since)
}

// ago returns the time that is a given age before now: days as in 7d, weeks as in 60w, or a duration
// such as 36h.
func ago(age string, now time.Time) (time.Time, bool) {
	for unit, days := range map[string]int{"d": 1, "w": 7} {
		if number, ok := strings.CutSuffix(age, unit); ok {
			n, err := strconv.Atoi(number)
			return now.AddDate(0, 0, -n*days), err == nil && n > 0 && n < 100000
		}
	}
	d, err := time.ParseDuration(age)
	return now.Add(-d), err == nil && d > 0
}

// before returns the time before which runs are pruned, if --prune is given, which must be alone.
func (f historyFlags) before(cmd *cobra.Command, args []string, now time.Time) (time.Time, error) {
	if f.prune == "" {
		return time.Time{}, nil
	}
	if err := alone(cmd, args, "prune-alone", "since", "failed", "limit", "csv"); err != nil {
		return time.Time{}, err
	}
	t, ok := ago(f.prune, now)
	if !ok {
		return t, exit.Failure(exit.Usage, "prune-value", nil, "value", f.prune)
	}
	return t, nil
}

// alone rejects, with the sentence of a code, arguments and flags that say nothing about what is
// asked for.
func alone(cmd *cobra.Command, args []string, code string, others ...string) error {
	for _, name := range others {
		if cmd.Flags().Changed(name) {
			return exit.Failure(exit.Usage, code, nil, "other", "--"+name)
		}
	}
	if len(args) > 0 {
		return exit.Failure(exit.Usage, code, nil, "other", args[0])
	}
	return nil
}

// runs reads the latest runs that are asked for.
func (f historyFlags) runs(ctx context.Context, store ledger.Store, after time.Time) ([]accounts.Run, error) {
	limit := f.limit
	if f.failed || !after.IsZero() {
		limit = 0 // only runs that are listed count
	}
	list, err := store.Runs(ctx, limit)
	if err == nil && slices.ContainsFunc(list, func(r ledger.RunSummary) bool { return r.ID != accounts.Whole(r.ID) }) {
		list, err = store.Runs(ctx, 0) // several may be parts of one
	}
	if err != nil {
		return nil, err
	}
	runs := slices.DeleteFunc(accounts.Fold(list), func(r accounts.Run) bool {
		good := r.Status == ledger.Running || r.End != nil && r.End.ExitCode == exit.OK
		return r.Started.Before(after) || f.failed && good
	})
	if f.limit > 0 && len(runs) > f.limit {
		runs = runs[:f.limit]
	}
	return runs, nil
}

// listed reports whether an event of a circuit is to be listed.
func (f historyFlags) listed(o batch.Outcome, begun, finished, after time.Time) bool {
	good := o.Result == sheet.Submitted || o.Result == sheet.Already
	at := begun
	if at.IsZero() {
		at = finished
	}
	return !at.Before(after) && !(f.failed && good)
}

// printer prints what history lists.
func (a *app) printer(f historyFlags) *history.Printer {
	return &history.Printer{Out: a.env.Stdout, Lines: a.lines, Width: a.columns(), JSON: f.json, CSV: f.csv}
}

// oneRun shows a run.
func (a *app) oneRun(ctx context.Context, store ledger.Store, id string, f historyFlags) error {
	runs, err := store.Runs(ctx, 0)
	if err != nil {
		return a.ledgers.Failure(err)
	}
	folded := accounts.Fold(runs)
	i := slices.IndexFunc(folded, func(r accounts.Run) bool { return r.ID == id })
	if i < 0 {
		return exit.Failure(exit.Usage, "no-run", nil, "run", id)
	}
	return a.printer(f).Run(folded[i])
}

func (a *app) runHistory(ctx context.Context, store ledger.Store, f historyFlags, after time.Time) error {
	runs, err := f.runs(ctx, store, after)
	if err != nil {
		return a.ledgers.Failure(err)
	}
	return a.printer(f).Runs(runs, f.failed || f.since != "")
}

func (a *app) circuitHistory(ctx context.Context, store ledger.Store, circuit string, f historyFlags, after time.Time) error {
	events, err := store.Circuit(ctx, circuit)
	if err != nil {
		return a.ledgers.Failure(err)
	}
	if err := a.notePruned(ctx, store); err != nil {
		return err
	}
	if len(events) == 0 && !f.json {
		return exit.Failure(exit.Usage, "no-circuit", nil, "circuit", circuit)
	}
	events = slices.DeleteFunc(events, func(e ledger.Event) bool { return !f.listed(e.Outcome, e.Begun, e.Finished, after) })
	return a.printer(f).Circuit(circuit, events)
}

// waitingHistory lists the circuits that wait for somebody, and statistics of how long all
// circuits have waited.
func (a *app) waitingHistory(ctx context.Context, store ledger.Store, f historyFlags) error {
	known, err := store.LOAHistory(ctx)
	if err != nil {
		return a.ledgers.Failure(err)
	}
	o := waiting.Of(known, a.env.Now())
	if f.limited && f.limit > 0 && len(o.Circuits) > f.limit {
		o.Circuits = o.Circuits[:f.limit]
	}
	return a.printer(f).Waiting(o, len(known) > 0, a.env.Now())
}

// notePruned notes up to when events of a circuit may be missing.
func (a *app) notePruned(ctx context.Context, store ledger.Store) error {
	runs, err := store.Runs(ctx, 0)
	if err != nil {
		return a.ledgers.Failure(err)
	}
	for _, r := range runs {
		if !r.Pruned.IsZero() { // the latest pruned run
			a.lines.Note("history-pruned", map[string]string{"date": r.Started.UTC().Format(time.DateOnly)})
			return nil
		}
	}
	return nil
}

// prune removes the rows of old runs from the ledger, after asking.
func (a *app) prune(ctx context.Context, store ledger.Store, f historyFlags, before time.Time) error {
	date := before.UTC().Format(time.DateOnly)
	pruned, err := store.Prune(ctx, before, func(due ledger.Pruned) error {
		if !f.yes && !a.env.StdinTerminal {
			return exit.Failure(exit.Usage, "prune-no-yes", nil)
		}
		return a.confirm(f.yes, due.Rows, func() (string, error) {
			return a.lines.Words.Line("prune-question", sheet.Count("rows", due.Rows), sheet.Count("runs", wholeRuns(due.Runs)), sheet.Arg{Name: "date", Value: date}), nil
		})
	})
	own, _ := errors.AsType[*exit.Error](err)
	switch {
	case errors.Is(err, errDeclined):
		a.lines.Say("prune-declined", nil)
		return nil
	case own != nil:
		return own
	case err != nil:
		return a.ledgers.Failure(err)
	}
	runs := wholeRuns(pruned.Runs)
	if f.json {
		return report.Value(a.env.Stdout, struct {
			PrunedBefore time.Time `json:"pruned_before"`
			Runs         int       `json:"runs"`
			Rows         int       `json:"rows"`
			SizeBefore   int64     `json:"size_before"`
			SizeAfter    int64     `json:"size_after"`
			InProgress   bool      `json:"run_in_progress"`
		}{before.UTC(), runs, pruned.Rows, pruned.SizeBefore, pruned.SizeAfter, pruned.Running})
	}
	a.lines.Say("pruned", map[string]string{"rows": number(pruned.Rows), "runs": number(runs), "date": date, "size": megabytes(pruned.SizeAfter), "was": megabytes(pruned.SizeBefore)})
	if pruned.Running {
		a.lines.Note("prune-running", nil)
	}
	return nil
}

// takeOver has the ledger in a database take over the one in a file, after asking.
func (a *app) takeOver(ctx context.Context, flag string, f historyFlags) error {
	taken, to, err := a.ledgers.TakeOver(ctx, flag, f.takeOver, func(to string) error {
		if !f.yes && !a.env.StdinTerminal {
			return exit.Failure(exit.Usage, "take-over-no-yes", nil)
		}
		return a.confirm(f.yes, 1, func() (string, error) {
			return a.lines.Words.Line("take-over-question", sheet.Arg{Name: "file", Value: f.takeOver}, sheet.Arg{Name: "to", Value: to}), nil
		})
	})
	if errors.Is(err, errDeclined) {
		a.lines.Say("take-over-declined", nil)
		return nil
	} else if err != nil {
		return err
	}
	if f.json {
		return report.Value(a.env.Stdout, struct {
			Source   string    `json:"source"`
			MovedTo  string    `json:"moved_to"`
			MovedAt  time.Time `json:"moved_at"`
			Runs     int       `json:"runs"`
			Rows     int       `json:"rows"`
			Circuits int       `json:"circuits"`
			Open     int       `json:"open"`
		}{taken.Source, to, taken.At.UTC(), taken.Runs, taken.Rows, taken.Circuits, taken.Open})
	}
	a.lines.Say("taken-over", map[string]string{"file": f.takeOver, "to": to, "runs": number(taken.Runs), "rows": number(taken.Rows),
		"circuits": number(taken.Circuits), "open": number(taken.Open)})
	return nil
}

// wholeRuns counts runs of the ledger as people see them, with all their parts.
func wholeRuns(ids []string) int {
	whole := map[string]bool{}
	for _, id := range ids {
		whole[accounts.Whole(id)] = true
	}
	return len(whole)
}

// megabytes is a size for people.
func megabytes(n int64) string { return strconv.FormatFloat(float64(n)/1e6, 'f', 1, 64) + " MB" }
