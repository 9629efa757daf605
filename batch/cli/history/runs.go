// Package history prints what a ledger remembers, as tables, CSV or JSON: its runs, what happened
// to a circuit, and who is waiting for whom.
package history

import (
	"io"
	"strconv"
	"time"

	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/cli/console"
	"github.com/loabatch/loabatch/batch/cli/record"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// Printer prints lists.
type Printer struct {
	Out       io.Writer
	Lines     *console.Lines
	Width     int // of the terminal; 0 without one
	JSON, CSV bool
}

// table prints rows below the names of their columns: as a CSV table, or one per line. On a
// terminal that is too narrow for the lines, only the columns of head are side by side;
// those of below follow on separate lines.
func (p *Printer) table(rows [][]string, head, below []int) error {
	if p.CSV {
		return report.CSVTable(p.Out, rows)
	}
	return report.NarrowTable(p.Out, rows, p.Width, head, below)
}

// begin begins a table with a line of the catalogue.
func (p *Printer) begin(code string) [][]string { return [][]string{p.Lines.Words.Columns(code)} }

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

	OutputSHA256 string   `json:"output_sha256"` // of the copy when it was written; empty if none was
	Accounts     []string `json:"accounts"`      // IDs; account is empty if there are several
	ChangeRef    string   `json:"change_ref"`    // --change-ref
	PlanSHA256   string   `json:"plan_sha256"`   // checksum of the plan that it carried out; empty without one
	TraceID      string   `json:"trace_id"`      // of TRACEPARENT

	PrunedAt *time.Time `json:"pruned_at,omitempty"` // when its rows were removed

	Members []memberLine `json:"members,omitempty"` // the processes that worked on it, in the order in which they joined; only with a ledger that hosts share
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
	if saved, err := record.ReadOptions(r.Options); err == nil { // otherwise report will say so
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

// Run shows a run, and the processes that worked on it.
func (p *Printer) Run(r accounts.Run) error {
	members := lineOf(r).Members
	if p.JSON || !p.CSV || len(members) == 0 {
		if err := p.Runs([]accounts.Run{r}, false); err != nil || p.JSON || len(members) == 0 {
			return err
		}
	}
	rows := p.begin("history-members")
	for _, m := range members {
		rows = append(rows, []string{m.Host, strconv.Itoa(m.PID), report.Stamp(m.JoinedAt), report.Stamp(m.SeenAt), p.Lines.Words.Line("history-" + m.Status), p.exitText(m.ExitCode), strconv.Itoa(m.Rows), m.Output})
	}
	if p.CSV {
		return report.CSVTable(p.Out, rows)
	}
	if _, err := io.WriteString(p.Out, "\n"); err != nil {
		return err
	}
	return p.table(rows, []int{0, 1, 4, 5}, []int{2, 3, 6, 7})
}

// exitText is an exit code in a table, if there is one yet.
func (p *Printer) exitText(code *int) string {
	switch {
	case code != nil:
		return strconv.Itoa(*code)
	case p.CSV:
		return ""
	}
	return "-"
}

// Runs lists runs; narrowed says that not all of them were asked for.
func (p *Printer) Runs(runs []accounts.Run, narrowed bool) error {
	list := make([]runLine, len(runs))
	for i, r := range runs {
		list[i] = lineOf(r)
	}
	if p.JSON {
		return report.Value(p.Out, struct {
			Runs []runLine `json:"runs"`
		}{list})
	}
	if len(list) == 0 && !p.CSV {
		code := "no-runs"
		if narrowed {
			code = "no-such-runs"
		}
		p.Lines.Say(code, nil)
		return nil
	}
	rows := p.begin("history-runs")
	for i, r := range list {
		rows = append(rows, []string{r.RunID, report.Stamp(r.StartedAt), runs[i].Scopes(), p.Lines.Words.Line("history-" + r.Status), p.exitText(r.ExitCode), report.Results(r.Results).In(p.Lines.Words), r.Input})
	}
	return p.table(rows, []int{0, 1, 3, 4}, []int{2, 5, 6})
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
