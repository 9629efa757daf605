package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/book"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/cli/reasons"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// errDeclined means that the question was answered with no, which does not make the command fail.
var errDeclined = errors.New("declined")

// sending is what a run would do with one input, for the question before it.
type sending struct {
	file, sheet string
	rows, going int
	steps       [batch.Operations]int // of advance: rows to be sent, by operation; those to be completed and confirmed count in both
	confirmed   int                   // rows to be sent whose circuits are also to be confirmed
	warned      int                   // rows to be sent with warnings, or whose engineers have some
	stay        report.Results        // the others, by the result that they will have
	regions     map[string]int        // of the rows to be sent
	accounts    map[string]int        // likewise, by profile
}

// sendingOf plans an input with what the ledger knows now.
func (a *app) sendingOf(ctx context.Context, s *invocation, in *book.Input) (sending, error) {
	if err := a.openAccounts(ctx, s, in.Workbook); err != nil {
		return sending{}, err
	}
	done := &finished{in: in}
	s.divide(done)
	known, err := a.pastOf(ctx, s, done)
	if err != nil {
		return sending{}, err
	}
	plan := s.plan(ctx, done, known)
	done.endUnusable(plan)
	w := sending{
		file: in.Path, sheet: in.Workbook.CircuitsTable.Sheet, rows: len(in.Workbook.Circuits), going: len(plan.Applications),
		stay: report.Results{}, regions: map[string]int{}, accounts: map[string]int{},
	}
	warned := reasons.NewWarnings(in.Workbook, in.Workbook.Problems)
	for i := range plan.Applications {
		app := &plan.Applications[i]
		w.regions[app.Key.Region]++
		w.accounts[done.parts[done.partOf(app.Circuit)].profile]++
		if app.Confirms() {
			w.confirmed++
		}
		if warned.Of(app.Circuit) {
			w.warned++
		}
	}
	for _, o := range plan.Settled {
		w.stay[o.Result]++
	}
	if s.command == advance {
		err = a.foresee(ctx, s, in, &w)
	}
	return w, err
}

// question renders what a command would send: for each input the rows that are sent and those
// that are not, then the account.
func (a *app) question(command string, inputs []sending, endpoint string, accounts []*account) string {
	words, total, confirmed := a.lines.Words, 0, 0
	line := func(code string, args ...sheet.Arg) string { // as worded for the command
		return words.Line(words.For(code, command), args...)
	}
	going := map[string]int{} // rows by profile
	var lines []string
	for _, in := range inputs {
		total, confirmed = total+in.going, confirmed+in.confirmed
		for profile, n := range in.accounts {
			going[profile] += n
		}
		lines = append(lines, line("confirm-input", sheet.Count("going", in.going), sheet.Count("rows", in.rows),
			sheet.Arg{Name: "sheet", Value: in.sheet}, sheet.Arg{Name: "file", Value: in.file}))
		if len(in.stay) > 0 {
			lines = append(lines, line("confirm-stay", sheet.Count("n", in.rows-in.going), sheet.Arg{Name: "results", Value: in.stay.In(words)}))
		}
		for o, n := range in.steps {
			if n > 0 && batch.Operation(o) != batch.Confirm {
				lines = append(lines, words.Line("confirm-step-"+batch.Operation(o).String(), sheet.Count("n", n)))
			}
		}
		if in.warned > 0 {
			lines = append(lines, line("confirm-warned", sheet.Count("n", in.warned)))
		}
		if len(in.regions) > 0 {
			lines = append(lines, words.Line("confirm-regions", sheet.Arg{Name: "regions", Value: regionList(words, in.regions)}))
		}
	}
	if confirmed > 0 {
		lines = append(lines, words.Line("confirm-billing", sheet.Count("n", confirmed)))
	}
	to := sheet.Arg{Name: "endpoint", Value: endpoint}
	if len(accounts) == 1 {
		lines = append(lines, line("confirm", sheet.Count("count", total), sheet.Arg{Name: "account", Value: accounts[0].id()}, to))
	} else {
		used := 0
		for _, acc := range accounts {
			if n := going[acc.profile]; n > 0 {
				used++
				lines = append(lines, words.Line("confirm-account", sheet.Count("n", n), sheet.Arg{Name: "account", Value: acc.id()}, sheet.Arg{Name: "profile", Value: a.profileName(acc.profile)}))
			}
		}
		lines = append(lines, line("confirm-accounts", sheet.Count("count", total), sheet.Count("n", used), to))
	}
	for i := range lines {
		lines[i] = report.Printable(lines[i])
	}
	return strings.Join(lines, "\n")
}

// regionList names regions with their numbers of rows, the largest first.
func regionList(words *prose.Catalogue, rows map[string]int) string {
	ids := slices.SortedFunc(maps.Keys(rows), func(a, b string) int {
		return cmp.Or(-cmp.Compare(rows[a], rows[b]), cmp.Compare(a, b))
	})
	for i, id := range ids {
		ids[i] = sheet.MaskNumbers(id) + " " + strconv.Itoa(rows[id])
	}
	return words.List(ids)
}

// confirm asks for confirmation before applications are sent, unless --yes was given or
// there is nothing to send. Without a terminal it is an error. The answer no is errDeclined.
func (a *app) confirm(yes bool, applications int, question func() (string, error)) error {
	if yes || applications == 0 {
		return nil
	}
	if !a.env.StdinTerminal {
		return exit.Failure(exit.Usage, "no-terminal-no-yes", nil)
	}
	text, err := question()
	if err != nil || text == "" {
		return err
	}
	signals := a.signals()
	fmt.Fprintf(a.env.Stderr, "%s %s ", text, a.lines.Words.Line("confirm-answers"))
	answers := make(chan string, 1)
	go func() {
		defer batch.Guard(func(err error) {
			a.panicked(err)
			answers <- ""
		})
		answer, _ := bufio.NewReader(a.env.Stdin).ReadString('\n') // the end of input is a no
		answers <- answer
	}()
	select {
	case s := <-signals:
		fmt.Fprintln(a.env.Stderr)
		return exit.Failure(exit.OfSignal(s), "not-confirmed", nil)
	case answer := <-answers:
		switch strings.ToLower(strings.TrimSpace(answer)) {
		case "y", "yes", "是", "ｙ": // the last is what a Chinese input method types
			return nil
		}
	}
	return errDeclined
}

// declined ends a command whose question was answered with no.
func (a *app) declined(s *invocation) error {
	a.lines.Say("not-confirmed", nil)
	if !s.flags.output.json {
		return nil
	}
	docs := make([]report.Document, len(s.paths))
	for i, path := range s.paths {
		docs[i] = report.Document{Command: s.command, Input: path, Version: version()}
	}
	return a.writeDocuments(s, docs)
}
