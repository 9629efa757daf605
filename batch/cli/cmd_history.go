package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

func (a *app) historyCommand() *cobra.Command {
	var path string
	var limit int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "history [CIRCUIT]",
		Short: "List runs, or everything that happened to one circuit",
		Example: `  loabatch history
  loabatch history pc-bp1abcdefgh`,
		Args: arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			store, err := a.pastLedger(cmd.Context(), path)
			if err != nil {
				return err
			}
			if store == nil {
				return failure(exitUsage, "no-ledger", nil)
			}
			defer store.Close()
			if len(args) == 1 {
				return a.circuitHistory(cmd.Context(), store, args[0], asJSON)
			}
			return a.runHistory(cmd.Context(), store, limit, asJSON)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&path, "ledger", "", ledgerHelp)
	flags.IntVar(&limit, "limit", 20, "the latest `N` runs; 0 is all")
	flags.BoolVar(&asJSON, "json", false, jsonHelp)
	return cmd
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

	OutputSHA256 string `json:"output_sha256"` // of the copy as it was written; empty if none was
}

func (a *app) runHistory(ctx context.Context, store ledger.Store, limit int, asJSON bool) error {
	runs, err := store.Runs(ctx, limit)
	if err != nil {
		return a.ledgerFailure(err)
	}
	list := make([]runLine, len(runs))
	for i, r := range runs {
		list[i] = runLine{r.ID, r.Command, string(r.Scope), string(r.Status), r.Started, r.Account, r.Host, r.PID, r.Input, r.InputSHA256, r.Output, nil, r.Results, ""}
		if r.End != nil {
			list[i].ExitCode, list[i].Output, list[i].OutputSHA256 = &r.End.ExitCode, r.End.Output, r.End.OutputSHA256
		}
	}
	if asJSON {
		return a.writeJSON(struct {
			Runs []runLine `json:"runs"`
		}{list})
	}
	if len(list) == 0 {
		a.lines.say("no-runs", nil)
		return nil
	}
	rows := a.header("history-runs")
	for _, r := range list {
		exit := "-"
		if r.ExitCode != nil {
			exit = number(*r.ExitCode)
		}
		rows = append(rows, []string{r.RunID, stamp(r.StartedAt), r.Scope, r.Status, exit, report.Results(r.Results).String(), r.Input})
	}
	return report.Table(a.env.Stdout, rows)
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

func (a *app) circuitHistory(ctx context.Context, store ledger.Store, circuit string, asJSON bool) error {
	events, err := store.Circuit(ctx, circuit)
	if err != nil {
		return a.ledgerFailure(err)
	}
	if len(events) == 0 && !asJSON {
		return failure(exitUsage, "no-circuit", nil, "circuit", circuit)
	}
	list := make([]eventLine, len(events))
	for i, e := range events {
		o := e.Outcome
		message, _ := newFindings(&sheet.Workbook{}, nil).message(a.lines.words, o)
		list[i] = eventLine{e.RunID, string(e.Scope), o.Key.Region, o.Row, moment(e.Begun), moment(e.Finished), o.Result, message,
			o.ErrorCode, o.RequestID, o.Token, o.Generation, o.Attempts, o.LOAStatus}
	}
	if asJSON {
		return a.writeJSON(struct {
			InstanceID string      `json:"instance_id"`
			Events     []eventLine `json:"events"`
		}{circuit, list})
	}
	rows := a.header("history-events")
	for _, e := range list {
		rows = append(rows, []string{e.RunID, stampOf(e.Begun), stampOf(e.Finished), number(e.Attempts), string(e.Result), e.RequestID, e.Token, e.Message})
	}
	return report.Table(a.env.Stdout, rows)
}

// header begins a table with a line of the catalogue, whose columns are separated by |.
func (a *app) header(code string) [][]string {
	return [][]string{strings.Split(a.lines.words.Line(code), "|")}
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

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

func stampOf(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return stamp(*t)
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
