package cli

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/cli/reasons"
	"github.com/loabatch/loabatch/batch/cli/shell"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

func (a *app) explainCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "explain [WORD]",
		Short: "Explain a result, a status, an exit code or an error code, and what to do about it",
		Example: `  loabatch explain                                   everything that it explains, by kind
  loabatch explain REFUSED
  loabatch explain exit 4
  loabatch explain circuit-bandwidth-range
  loabatch explain IncorrectStatus.PhysicalConnectionLOA`,
		Args: arguments(0, 3),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.explainAll(asJSON)
			}
			return a.explain(strings.Join(args, " "), asJSON)
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, s := range a.subjects() {
				if len(args) == 0 {
					names = append(names, s.name)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, jsonHelp)
	return cmd
}

// subject is something that can be explained.
type subject struct {
	kind  string   // the list that it is in, a key of the JSON; empty for messages, which are in none
	name  string   // as it is typed: REFUSED, 4, circuit-bandwidth-range
	entry string   // its code in the catalogue
	shown string   // the name as the user's language shows it
	also  []string // other names
}

// statusEntries has the statuses of a circuit, by what they mean for an application.
var statusEntries = []struct {
	entry string
	names []string
}{
	{"status-before", batch.StatusesBefore}, {"status-allocated", []string{batch.StatusAllocated}}, {"status-after", batch.StatusesAfter},
	{"status-final", []string{"Canceled", "Allocation Failed", "Terminated"}}, {"status-locked", []string{"FinancialLocked", "SecurityLocked"}},
}

// exitEntries has the entries of the exit codes that do not have one of their own.
var exitEntries = map[int]string{
	exit.Interrupted: "exit-signal", exit.Quit: "exit-signal", exit.Aborted: "exit-signal", exit.Terminated: "exit-signal", exit.Killed: "exit-killed",
}

// kinds are the lists of what can be explained, in the order in which they are shown.
var kinds = []string{"results", "loa_statuses", "circuit_statuses", "runs", "exit_codes", "rules", "api_codes", "lost_calls"}

// subjects lists all that can be explained, kind by kind; messages come last.
func (a *app) subjects() []subject {
	list := append(a.shownTerms(), exits()...)
	used := map[string]bool{reasons.Unlisted: true}
	for _, s := range list {
		used[s.entry] = true
	}
	for _, r := range sheet.Rules() {
		list, used[r.Code] = append(list, subject{"rules", r.Code, r.Code, r.Code, nil}), true
	}
	for _, kind := range []string{"api_codes", "lost_calls", ""} {
		for _, code := range a.lines.Words.Codes() {
			if !used[code] && kindOf(code) == kind {
				list = append(list, subject{kind, code, code, code, []string{strings.Trim(code, "()")}})
			}
		}
	}
	return list
}

// shownTerms are the words that copies, reports and the history show.
func (a *app) shownTerms() (list []subject) {
	words, shown := a.lines.Words, a.lines.Words.Vocabulary()
	for _, r := range sheet.AllResults {
		list = append(list, subject{"results", string(r), "report-step-" + strings.ToLower(string(r)), shown.Result(r), nil})
	}
	for _, s := range report.LOAStatuses() {
		list = append(list, subject{"loa_statuses", s, "report-loa-" + strings.ToLower(s), shown.State(s), nil})
	}
	unasked := words.Line("state-not-asked")
	list = append(list, subject{"loa_statuses", unasked, "report-loa-unasked", unasked, nil})
	for _, e := range statusEntries {
		for _, name := range e.names {
			list = append(list, subject{"circuit_statuses", name, e.entry, name, nil})
		}
	}
	for _, s := range []ledger.Status{ledger.Running, ledger.Ended, ledger.Died, ledger.TakenOver} {
		var also []string
		for _, lang := range prose.Languages() {
			other, _ := prose.For(lang)
			also = append(also, other.Line("history-"+string(s)))
		}
		list = append(list, subject{"runs", string(s), "run-" + string(s), words.Line("history-" + string(s)), also})
	}
	return list
}

// exits are the exit codes, and 137, which shells report for SIGKILL.
func exits() (list []subject) {
	for _, code := range slices.Sorted(slices.Values(append([]int{exit.OK, exit.Killed}, exit.Ranking...))) {
		name := number(code)
		entry := cmp.Or(exitEntries[code], "exit-"+name)
		list = append(list, subject{"exit_codes", name, entry, name, []string{"exit " + name, "exit code " + name, "退出码 " + name, "退出码" + name}})
	}
	return list
}

// apiCode matches what an error code of the API looks like, and the patterns of families.
var apiCode = regexp.MustCompile(`^[A-Z*][A-Za-z0-9*_-]*([.:][A-Za-z0-9*_-]+)*$`)

// kindOf returns the kind of a code of the catalogue that is not a rule's.
func kindOf(code string) string {
	switch {
	case apiCode.MatchString(code):
		return "api_codes"
	case code[0] == '(':
		return "lost_calls"
	}
	return ""
}

// find returns what a name means, in upper or lower case. A code of the API that is not
// listed has the entry of its family, or else that of unlisted codes.
func (a *app) find(name string) (subject, error) {
	list := a.subjects()
	name = strings.Trim(name, "()")
	result, state := string(sheet.ParseResult(name)), sheet.ParseState(name)
	for _, s := range list {
		for _, known := range append([]string{s.name, s.shown}, s.also...) {
			if strings.EqualFold(known, name) || s.kind == "results" && known == result || s.kind == "loa_statuses" && known == state {
				return s, nil
			}
		}
	}
	if _, ok := a.lines.Words.Family(name); ok {
		return subject{"api_codes", name, name, name, nil}, nil
	}
	var names []string
	for _, s := range list {
		names = append(names, s.name)
	}
	switch near := nearest(name, names); {
	case near != "" && name != "": // an empty name is a prefix of every other
		return subject{}, exit.Failure(exit.Usage, "unknown-code-near", nil, "code", name, "near", shell.Quote(near))
	case apiCode.MatchString(name):
		return subject{"api_codes", name, reasons.Unlisted, name, nil}, nil
	}
	return subject{}, exit.Failure(exit.Usage, "unknown-code", nil, "code", name)
}

// explanation is an entry of the catalogue in the JSON of explain.
type explanation struct {
	Code     string `json:"code"`
	Kind     string `json:"kind,omitempty"`
	Severity string `json:"severity,omitempty"` // of a rule
	Message  string `json:"message"`
	Why      string `json:"why"`
	Hint     string `json:"hint"`
	Wrong    string `json:"wrong"`
	Right    string `json:"right"`
	Source   string `json:"source"`
}

// explanation makes the explanation of a subject from its entry.
func (s subject) explanation(e prose.Entry) explanation {
	x := explanation{s.name, s.kind, "", prose.General(e.Message), prose.General(e.Why), prose.General(e.Hint), prose.General(e.Wrong), prose.General(e.Right), e.Source}
	if r, ok := sheet.RuleByCode(s.entry); ok {
		x.Severity = r.Severity.String()
	}
	return x
}

// severity is the severity of a rule in the user's language, or "".
func (a *app) severity(x explanation) string {
	if x.Severity == "" {
		return ""
	}
	return a.lines.Words.Line("report-severity-" + x.Severity)
}

// explainAll lists what can be explained, by kind.
func (a *app) explainAll(asJSON bool) error {
	lists, rows := map[string][]explanation{}, map[string][][]string{}
	for _, s := range a.subjects() {
		e, _ := a.lines.Words.Entry(s.entry)
		x := s.explanation(e)
		row := []string{"  " + s.shown, x.Message}
		if x.Severity != "" {
			row = []string{"  " + s.shown, a.severity(x), x.Message}
		}
		lists[s.kind], rows[s.kind] = append(lists[s.kind], x), append(rows[s.kind], row)
	}
	delete(lists, "")
	if asJSON {
		return report.Value(a.env.Stdout, lists)
	}
	for i, kind := range kinds {
		if i > 0 {
			fmt.Fprintln(a.env.Stdout)
		}
		fmt.Fprintln(a.env.Stdout, a.lines.Words.Line("explain-kind-"+kind))
		if err := report.WrappedTable(a.env.Stdout, rows[kind], a.columns()); err != nil {
			return err
		}
	}
	return nil
}

// explain prints what a name means.
func (a *app) explain(name string, asJSON bool) error {
	s, err := a.find(name)
	if err != nil {
		return err
	}
	x := s.explanation(a.lines.Words.Explain(s.entry))
	if asJSON {
		return report.Value(a.env.Stdout, x)
	}
	w := a.env.Stdout
	fmt.Fprintln(w, report.Printable(s.shown))
	a.field(w, "severity", a.severity(x))
	a.field(w, "means", x.Message)
	a.field(w, "why", x.Why)
	a.field(w, "to-do", x.Hint)
	a.field(w, "wrong", x.Wrong)
	a.field(w, "right", x.Right)
	a.field(w, "source", x.Source)
	return nil
}

func (a *app) field(w io.Writer, label, text string) {
	if text != "" {
		line := fmt.Sprintf("  %s %s", report.Pad(a.lines.Words.Line("explain-"+label), 9), strings.ReplaceAll(text, "\n", "\n            "))
		fmt.Fprintln(w, report.Wrap(line, a.columns(), 12))
	}
}
