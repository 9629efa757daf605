package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

func (a *app) explainCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "explain [CODE]",
		Short: "Explain a problem code or an API error code, and what to do about it",
		Example: `  loabatch explain                                   every rule with its severity
  loabatch explain circuit-bandwidth-range
  loabatch explain IncorrectStatus.PhysicalConnectionLOA`,
		Args: arguments(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.explainAll(asJSON)
			}
			return a.explain(args[0], asJSON)
		},
		ValidArgsFunction: func(_ *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			return a.lines.Words.Codes(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, jsonHelp)
	return cmd
}

// explanation is an entry of the catalogue in the JSON of explain.
type explanation struct {
	Code     string `json:"code"`
	Severity string `json:"severity,omitempty"` // of a rule
	Message  string `json:"message"`
	Why      string `json:"why"`
	Hint     string `json:"hint"`
	Wrong    string `json:"wrong"`
	Right    string `json:"right"`
	Source   string `json:"source"`
}

func explanationOf(code string, e prose.Entry) explanation {
	x := explanation{code, "", prose.General(e.Message), prose.General(e.Why), prose.General(e.Hint), prose.General(e.Wrong), prose.General(e.Right), e.Source}
	if r, ok := sheet.RuleByCode(code); ok {
		x.Severity = r.Severity.String()
	}
	return x
}

// explainAll lists the rules of the sheets with their default severity.
func (a *app) explainAll(asJSON bool) error {
	var rows [][]string
	var list []explanation
	for _, r := range sheet.Rules() {
		e, _ := a.lines.Words.Entry(r.Code)
		rows = append(rows, []string{r.Code, a.lines.Words.Line("report-severity-" + r.Severity.String()), prose.General(e.Message)})
		list = append(list, explanationOf(r.Code, e))
	}
	if asJSON {
		return a.writeJSON(struct {
			Rules []explanation `json:"rules"`
		}{list})
	}
	return report.Table(a.env.Stdout, rows)
}

// explain prints the entry of a code, regardless of case, or else of its family.
func (a *app) explain(code string, asJSON bool) error {
	print := func(code string, e prose.Entry) error {
		if asJSON {
			return a.writeJSON(explanationOf(code, e))
		}
		a.printEntry(a.env.Stdout, code, e)
		return nil
	}
	for _, known := range a.lines.Words.Codes() {
		if strings.EqualFold(strings.Trim(known, "()"), strings.Trim(code, "()")) {
			e, _ := a.lines.Words.Entry(known)
			return print(known, e)
		}
	}
	if e, ok := a.lines.Words.Family(code); ok {
		return print(code, e)
	}
	if near := nearest(code, a.lines.Words.Codes()); near != "" {
		return failure(exitUsage, "unknown-code-near", nil, "code", code, "near", near)
	}
	return failure(exitUsage, "unknown-code", nil, "code", code)
}

func (a *app) printEntry(w io.Writer, code string, e prose.Entry) {
	fmt.Fprintln(w, report.Printable(code))
	if r, ok := sheet.RuleByCode(code); ok {
		a.field(w, "severity", a.lines.Words.Line("report-severity-"+r.Severity.String()))
	}
	a.field(w, "means", e.Message)
	a.field(w, "why", e.Why)
	a.field(w, "to-do", e.Hint)
	a.field(w, "wrong", e.Wrong)
	a.field(w, "right", e.Right)
	a.field(w, "source", e.Source)
}

func (a *app) field(w io.Writer, label, text string) {
	if text != "" {
		line := fmt.Sprintf("  %s %s", report.Pad(a.lines.Words.Line("explain-"+label), 9), strings.ReplaceAll(prose.General(text), "\n", "\n            "))
		fmt.Fprintln(w, report.Wrap(line, a.columns(), 12))
	}
}
