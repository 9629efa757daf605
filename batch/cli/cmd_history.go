package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/loa"
	"github.com/loabatch/loabatch/batch/cli/reasons"
	"github.com/loabatch/loabatch/batch/cli/record"
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
		Long: `Lists the runs in the ledger, or everything that happened to one circuit. Of one run, it
lists the hosts that worked on it, each with the rows that it did.

With --waiting, lists the circuits that wait for somebody, the longest first: the reviewers,
the construction company, or your own team. Below them is how often each company was
rejected, and how long LOAs had each status. It knows what submit, status, complete and
advance last saw.

With --prune, removes what the ledger has of the rows of old runs instead. What protects
circuits from a second application stays, and so does the list of runs; only their results
copies cannot be written again.

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
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.json && f.csv {
				return exit.Failure(exit.Usage, "json-and-csv", nil)
			}
			after, err := f.after(a.env.Now())
			if err != nil {
				return err
			}
			before, err := f.before(cmd, args, a.env.Now())
			if err == nil {
				err = f.waitingAlone(cmd, args)
			}
			if err != nil {
				return err
			}
			if f.takeOver != "" {
				if err := f.takeOverAlone(cmd, args); err != nil {
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
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&path, "ledger", "", ledgerHelp)
	flags.IntVar(&f.limit, "limit", 20, "the latest `N` runs; 0 is all; with --waiting, the `N` circuits that wait longest (default all)")
	flags.StringVar(&f.since, "since", "", "only what began since `TIME`: 36h, 7d, or a date such as 2027-01-15 (UTC)")
	flags.BoolVar(&f.failed, "failed", false, "only runs that did not exit with 0, or results that are not accepted")
	flags.BoolVar(&f.json, "json", false, jsonHelp)
	flags.BoolVar(&f.csv, "csv", false, "print a CSV table for spreadsheets on stdout")
	flags.BoolVar(&f.waiting, waitingFlag, false, "list the circuits that wait for somebody, the longest first, and the rejections by company")
	flags.StringVar(&f.prune, pruneFlag, "", "remove the rows of runs that are older than `AGE`, such as 400d or 60w, and shrink the ledger")
	flags.StringVar(&f.takeOver, takeOverFlag, "", "move the ledger in `FILE` into the database of --ledger")
	flags.BoolVarP(&f.yes, "yes", "y", false, "with --prune or --take-over, do not ask for confirmation; required without a terminal")
	return cmd
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

// ago returns the time that lies an age before now: days as in 7d, weeks as in 60w, or a duration
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

// before returns the time before which runs are pruned, if that is asked for, and alone.
func (f historyFlags) before(cmd *cobra.Command, args []string, now time.Time) (time.Time, error) {
	if f.prune == "" {
		return time.Time{}, nil
	}
	for _, name := range []string{"since", "failed", "limit", "csv"} {
		if cmd.Flags().Changed(name) {
			return time.Time{}, exit.Failure(exit.Usage, "prune-alone", nil, "other", "--"+name)
		}
	}
	if len(args) > 0 {
		return time.Time{}, exit.Failure(exit.Usage, "prune-alone", nil, "other", args[0])
	}
	t, ok := ago(f.prune, now)
	if !ok {
		return t, exit.Failure(exit.Usage, "prune-value", nil, "value", f.prune)
	}
	return t, nil
}

// waitingAlone rejects flags that say nothing about circuits that wait.
func (f historyFlags) waitingAlone(cmd *cobra.Command, args []string) error {
	if !f.waiting {
		return nil
	}
	for _, name := range []string{"since", "failed", pruneFlag} {
		if cmd.Flags().Changed(name) {
			return exit.Failure(exit.Usage, "waiting-alone", nil, "other", "--"+name)
		}
	}
	if len(args) > 0 {
		return exit.Failure(exit.Usage, "waiting-alone", nil, "other", args[0])
	}
	return nil
}

// takeOverAlone rejects flags that say nothing about a ledger that moves.
func (f historyFlags) takeOverAlone(cmd *cobra.Command, args []string) error {
	for _, name := range []string{"since", "failed", "limit", "csv", waitingFlag, pruneFlag} {
		if cmd.Flags().Changed(name) {
			return exit.Failure(exit.Usage, "take-over-alone", nil, "other", "--"+name)
		}
	}
	if len(args) > 0 {
		return exit.Failure(exit.Usage, "take-over-alone", nil, "other", args[0])
	}
	return nil
}

// runs reads the latest runs that are asked for.
func (f historyFlags) runs(ctx context.Context, store ledger.Store, after time.Time) ([]accounts.Run, error) {
	limit := f.limit
	if f.failed || !after.IsZero() {
		limit = 0 // it counts only those that are listed
	}
	list, err := store.Runs(ctx, limit)
	if err == nil && slices.ContainsFunc(list, func(r ledger.RunSummary) bool { return r.ID != accounts.Whole(r.ID) }) {
		list, err = store.Runs(ctx, 0) // several may be one
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

// listed reports whether an event of a circuit is asked for.
func (f historyFlags) listed(o batch.Outcome, begun, finished, after time.Time) bool {
	good := o.Result == sheet.Submitted || o.Result == sheet.Already
	at := begun
	if at.IsZero() {
		at = finished
	}
	return !at.Before(after) && !(f.failed && good)
}

// runLine is one run in the JSON of history.
type runLine struct {
	RunID       string               `json:"run_id"`
	Command     string               `json:"command"`
	Scope       string               `json:"scope"`
	Status      string               `json:"status"`
	StartedAt   time.Time            `json:"started_at"`
	Account     string               `json:"account"`
	Host        string               `json:"host"`
	PID         int                  `json:"pid"`
	Input       string               `json:"input"`
	InputSHA256 string               `json:"input_sha256"`
	Output      string               `json:"output"`
	ExitCode    *int                 `json:"exit_code"` // null while it runs, or when it died
	Results     map[sheet.Result]int `json:"results"`

	OutputSHA256 string   `json:"output_sha256"` // of the copy as it was written; empty if none was
	Accounts     []string `json:"accounts"`      // IDs; account is empty if there are several
	ChangeRef    string   `json:"change_ref"`    // --change-ref
	PlanSHA256   string   `json:"plan_sha256"`   // checksum of the plan that it kept to; empty without one
	TraceID      string   `json:"trace_id"`      // of TRACEPARENT

	PrunedAt *time.Time `json:"pruned_at,omitempty"` // when its rows were removed

	Members []memberLine `json:"members,omitempty"` // the processes at work on it, in the order in which they joined; of a ledger that hosts share
}

// memberLine is a process that worked on a run, in the JSON of history.
type memberLine struct {
	Host     string     `json:"host"`
	PID      int        `json:"pid"`
	Version  string     `json:"version"`
	Starter  bool       `json:"starter"` // it started the run
	Status   string     `json:"status"`
	JoinedAt time.Time  `json:"joined_at"`
	SeenAt   time.Time  `json:"seen_at"`
	LeftAt   *time.Time `json:"left_at"`   // null while it is at work, or when it died
	ExitCode *int       `json:"exit_code"` // likewise
	Rows     int        `json:"rows"`      // that it finished
	Requests int        `json:"requests"`

	Output       string `json:"output"`
	OutputSHA256 string `json:"output_sha256"`
}

// lineOf is a run in the JSON of history.
func lineOf(r accounts.Run) runLine {
	l := runLine{r.ID, r.Command, string(r.Scope), string(r.Status), r.Started, r.Account, r.Host, r.PID, r.Input, r.InputSHA256, r.Output, nil, r.Results, "", r.Accounts, "", "", "", moment(r.Pruned), nil}
	if saved, err := record.ReadOptions(r.Options); err == nil { // else report will say so
		l.ChangeRef, l.PlanSHA256, l.TraceID = saved.ChangeRef, saved.PlanSHA256, saved.TraceID
	}
	if r.End != nil {
		l.ExitCode = &r.End.ExitCode
		l.Output, l.OutputSHA256 = r.Copy()
	}
	for _, m := range r.Members {
		line := memberLine{m.Host, m.PID, m.Version, m.Starter, string(m.Status), m.Started, m.Seen, moment(m.Ended), nil, m.Rows, m.Figures.Requests, m.Output, m.OutputSHA256}
		if m.Status == ledger.Ended {
			line.ExitCode = &m.ExitCode
		}
		l.Members = append(l.Members, line)
	}
	return l
}

// oneRun shows a run, and the processes that worked on it.
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
	members := lineOf(folded[i]).Members
	if f.json || !f.csv || len(members) == 0 {
		if err := a.printRuns(folded[i:i+1], f); err != nil || f.json || len(members) == 0 {
			return err
		}
	}
	rows := a.header("history-members")
	for _, m := range members {
		rows = append(rows, []string{m.Host, number(m.PID), report.Stamp(m.JoinedAt), report.Stamp(m.SeenAt), a.lines.Words.Line("history-" + m.Status), exitText(m.ExitCode, f), number(m.Rows), m.Output})
	}
	if f.csv {
		return report.CSVTable(a.env.Stdout, rows)
	}
	if _, err := io.WriteString(a.env.Stdout, "\n"); err != nil {
		return err
	}
	return a.historyTable(rows, f, []int{0, 1, 4, 5}, []int{2, 3, 6, 7})
}

// exitText is an exit code in a table; there may be none yet.
func exitText(code *int, f historyFlags) string {
	switch {
	case code != nil:
		return number(*code)
	case f.csv:
		return ""
	}
	return "-"
}

func (a *app) runHistory(ctx context.Context, store ledger.Store, f historyFlags, after time.Time) error {
	runs, err := f.runs(ctx, store, after)
	if err != nil {
		return a.ledgers.Failure(err)
	}
	return a.printRuns(runs, f)
}

// printRuns lists runs.
func (a *app) printRuns(runs []accounts.Run, f historyFlags) error {
	list := make([]runLine, len(runs))
	for i, r := range runs {
		list[i] = lineOf(r)
	}
	if f.json {
		return a.writeJSON(struct {
			Runs []runLine `json:"runs"`
		}{list})
	}
	if len(list) == 0 && !f.csv {
		code := "no-runs"
		if f.failed || f.since != "" {
			code = "no-such-runs"
		}
		a.lines.Say(code, nil)
		return nil
	}
	rows := a.header("history-runs")
	for i, r := range list {
		rows = append(rows, []string{r.RunID, report.Stamp(r.StartedAt), runs[i].Scopes(), a.lines.Words.Line("history-" + r.Status), exitText(r.ExitCode, f), report.Results(r.Results).In(a.lines.Words), r.Input})
	}
	return a.historyTable(rows, f, []int{0, 1, 3, 4}, []int{2, 5, 6})
}

// eventLine is one thing that happened to a circuit, in the JSON of history.
type eventLine struct {
	RunID      string       `json:"run_id"`
	Scope      string       `json:"scope"`
	Region     string       `json:"region_id"`
	SheetRow   int          `json:"sheet_row"`
	Begun      *time.Time   `json:"begun_at"`
	Finished   *time.Time   `json:"finished_at"`
	Result     sheet.Result `json:"result"`
	Message    string       `json:"message"`
	ErrorCode  string       `json:"error_code"`
	RequestID  string       `json:"request_id"`
	Token      string       `json:"client_token"`
	Generation int          `json:"generation"`
	Attempts   int          `json:"attempts"`
	LOAStatus  string       `json:"loa_status"`
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
	list := make([]eventLine, len(events))
	for i, e := range events {
		o := e.Outcome
		message, _ := reasons.New(&sheet.Workbook{}, nil).Message(a.lines.Words, &o)
		list[i] = eventLine{accounts.Whole(e.RunID), string(e.Scope), o.Key.Region, o.Row, moment(e.Begun), moment(e.Finished), o.Result, message,
			o.ErrorCode, o.RequestID, o.Token, o.Generation, o.Attempts, o.LOAStatus}
	}
	if f.json {
		return a.writeJSON(struct {
			InstanceID string      `json:"instance_id"`
			Events     []eventLine `json:"events"`
		}{circuit, list})
	}
	rows := a.header("history-events")
	for _, e := range list {
		rows = append(rows, []string{e.RunID, stampOf(e.Begun), stampOf(e.Finished), number(e.Attempts), a.lines.Words.Vocabulary().Result(e.Result), e.RequestID, e.Token, e.Message})
	}
	return a.historyTable(rows, f, []int{0, 1, 3, 4}, []int{2, 5, 6, 7})
}

// waitingLine is a circuit that waits for somebody, in the JSON of history.
type waitingLine struct {
	InstanceID   string        `json:"instance_id"`
	Region       string        `json:"region_id"`
	Scope        string        `json:"scope"`
	Company      string        `json:"company"`
	LOAStatus    string        `json:"loa_status"`
	Since        time.Time     `json:"since"`
	Days         float64       `json:"days"`
	AskedAt      time.Time     `json:"asked_at"`
	WaitingFor   waiting.Party `json:"waiting_for"`
	Message      string        `json:"message"` // for whom, and for what
	Rejections   int           `json:"rejections"`
	Letter       string        `json:"letter"`
	LetterSHA256 string        `json:"letter_sha256"`
}

// companyLine is what became of a company's applications, in the JSON of history.
type companyLine struct {
	Company     string `json:"company"`
	Circuits    int    `json:"circuits"`
	Reviewed    int    `json:"reviewed"`
	Rejections  int    `json:"rejections"`
	RejectedNow int    `json:"rejected_now"`
}

// stateLine is how long LOAs had a status, in the JSON of history; null if none has left it.
type stateLine struct {
	LOAStatus   string   `json:"loa_status"`
	CircuitsNow int      `json:"circuits_now"`
	Times       int      `json:"times"`
	MedianDays  *float64 `json:"median_days"`
	LongestDays *float64 `json:"longest_days"`
}

// days is a time in days, to a tenth.
func days(d time.Duration) float64 { return math.Round(d.Hours()/24*10) / 10 }

func daysText(n float64) string { return strconv.FormatFloat(n, 'f', 1, 64) }

// waitingHistory lists the circuits that wait for somebody, and what can be learned from how
// long all of them waited.
func (a *app) waitingHistory(ctx context.Context, store ledger.Store, f historyFlags) error {
	history, err := store.LOAHistory(ctx)
	if err != nil {
		return a.ledgers.Failure(err)
	}
	o := waiting.Of(history, a.env.Now())
	if f.limited && f.limit > 0 && len(o.Circuits) > f.limit {
		o.Circuits = o.Circuits[:f.limit]
	}
	lines, companies, states := make([]waitingLine, len(o.Circuits)), make([]companyLine, len(o.Companies)), make([]stateLine, len(o.States))
	for i, c := range o.Circuits {
		lines[i] = waitingLine{c.Key.InstanceID, c.Key.Region, string(c.Scope), c.Company, cmp.Or(c.Status, report.NoLOA), c.Since, days(c.Waits), c.Asked, c.For, loa.Awaits(a.lines.Words, c.Status), c.Rejected, c.Letter.Path, c.Letter.SHA256}
	}
	for i, c := range o.Companies {
		companies[i] = companyLine{c.Name, c.Circuits, c.Reviewed, c.Rejected, c.StillOpen}
	}
	for i, s := range o.States {
		states[i] = stateLine{LOAStatus: cmp.Or(s.Status, report.NoLOA), CircuitsNow: s.Now, Times: s.Times}
		if s.Times > 0 {
			median, longest := days(s.Median), days(s.Longest)
			states[i].MedianDays, states[i].LongestDays = &median, &longest
		}
	}
	if f.json {
		return a.writeJSON(struct {
			AsOf      time.Time     `json:"as_of"`
			Waiting   []waitingLine `json:"waiting"`
			Companies []companyLine `json:"companies"`
			States    []stateLine   `json:"loa_states"`
		}{a.env.Now().UTC().Truncate(time.Second), lines, companies, states})
	}
	if len(history) == 0 && !f.csv {
		a.lines.Say("no-loas", nil)
		return nil
	}
	state := a.lines.Words.Vocabulary().State
	rows := a.header("history-waiting")
	for _, l := range lines {
		rows = append(rows, []string{l.InstanceID, state(l.LOAStatus), report.Stamp(l.Since), daysText(l.Days), l.Message, l.Company, l.Region, number(l.Rejections), l.Scope})
	}
	if f.csv {
		return report.CSVTable(a.env.Stdout, rows)
	}
	if len(lines) == 0 {
		a.lines.Say("no-waiting", nil)
	} else if err := a.historyTable(rows, f, []int{0, 1, 3}, []int{2, 4, 5, 6, 7, 8}); err != nil {
		return err
	}
	rows = a.header("history-companies")
	for _, c := range companies {
		rows = append(rows, []string{cmp.Or(c.Company, "-"), number(c.Circuits), number(c.Reviewed), number(c.Rejections), number(c.RejectedNow)})
	}
	if err := a.below(rows, f); err != nil {
		return err
	}
	rows = a.header("history-states")
	for _, s := range states {
		median, longest := "-", "-"
		if s.Times > 0 {
			median, longest = daysText(*s.MedianDays), daysText(*s.LongestDays)
		}
		rows = append(rows, []string{state(s.LOAStatus), number(s.CircuitsNow), number(s.Times), median, longest})
	}
	return a.below(rows, f)
}

// below prints a table below another one.
func (a *app) below(rows [][]string, f historyFlags) error {
	if _, err := io.WriteString(a.env.Stdout, "\n"); err != nil {
		return err
	}
	return a.historyTable(rows, f, []int{0, 1}, []int{2, 3, 4})
}

// notePruned notes from when on what happened to a circuit may be missing.
func (a *app) notePruned(ctx context.Context, store ledger.Store) error {
	runs, err := store.Runs(ctx, 0)
	if err != nil {
		return a.ledgers.Failure(err)
	}
	for _, r := range runs {
		if !r.Pruned.IsZero() { // the latest of them
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
		return a.writeJSON(struct {
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
		return a.writeJSON(struct {
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

// historyTable prints rows below their header: as a CSV table, or one per line. On a
// terminal that is too narrow for the lines, only the columns of head are side by side, and
// those of below follow on lines of their own.
func (a *app) historyTable(rows [][]string, f historyFlags, head, below []int) error {
	if f.csv {
		return report.CSVTable(a.env.Stdout, rows)
	}
	return report.NarrowTable(a.env.Stdout, rows, a.columns(), head, below)
}

// columns is the width of the terminal on standard output, or 0 without one.
func (a *app) columns() int {
	if !a.env.StdoutTerminal {
		return 0
	}
	columns, _ := a.env.size()
	return columns
}

// header begins a table with a line of the catalogue, whose columns are separated by |.
func (a *app) header(code string) [][]string {
	return [][]string{strings.Split(a.lines.Words.Line(code), "|")}
}

func (a *app) writeJSON(v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := a.env.Stdout.Write(report.EscapeJSON(b.Bytes()))
	return err
}

func stampOf(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return report.Stamp(*t)
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
