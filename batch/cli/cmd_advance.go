package cli

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/cli/book"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/files"
	"github.com/loabatch/loabatch/batch/cli/loa"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/cli/reasons"
	"github.com/loabatch/loabatch/batch/cli/watch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/batch/waiting"
	"github.com/loabatch/loabatch/sheet"
)

// advance is the name of the command.
const advance = "advance"

func (a *app) advanceCommand() *cobra.Command {
	var f submitFlags
	cmd := a.sending(&f, &cobra.Command{
		Use:   advance,
		Short: "Take the next step for each circuit, from application to confirmation",
		Long: `Reads the state of each circuit's LOA, and takes the next step that it allows: applies
where there is none; fetches the letter when it is available (--download); reports
construction as finished where the row says yes under Construction finished; confirms the
circuit, which starts its service and billing, where it says yes under Confirm circuit. Every
other row says what it is waiting for and who has to act.

Run the same command on the same workbook every night: no step is ever taken twice. A person
is needed only for LOAs that were rejected, unless --reapply applies for them again, and
for rows with errors.`,
		Example: `  loabatch advance --dry-run=online applications.xlsx
  loabatch advance applications.xlsx               asks for confirmation first
  loabatch advance --yes --download letters --reapply applications.xlsx
  loabatch advance --yes --watch 1h applications.xlsx   until no LOA is under review`,
	})
	flags := cmd.Flags()
	flags.Var(&f.every, watchFlag, "take the next steps again after this long, less often while nothing changes, until no LOA is Applying; needs --yes")
	f.run.registerReapply(flags)
	registerDownload(flags, &f.download)
	return cmd
}

// advanced is the last round of an advance that watches, over one input. Each round is a run of
// its own in the ledger, and in progress until the next one begins. Its LOAs are remembered and
// its letters fetched.
type advanced struct {
	done *finished
	err  error
}

// watchSteps takes the steps of all inputs, round after round, until no LOA is under review. It
// leaves the last round of each input for the caller to deliver.
func (a *app) watchSteps(ctx context.Context, s *invocation, inputs []*book.Input, targets []files.Target) {
	s.rounds = make(map[*book.Input]*advanced, len(inputs))
	waits := 0
	loop, quiet := a.watchLoop(s, &waits)
	end := loop.Run(func() (answer watch.Answer) {
		waits = 0
		s.round++
		answer.Final = true // unless one of the inputs can go on
		for i, in := range inputs {
			before := s.rounds[in]
			if before != nil && before.err != nil {
				continue
			}
			if !a.stepRound(ctx, s, in, &targets[i]) {
				continue
			}
			answer.Final = false
			changed, reviewed := s.rounds[in].since(before)
			loa.SayChanged(a.lines, changed)
			answer.Changed = answer.Changed || len(changed) > 0
			waits += reviewed
		}
		answer.Waiting, *quiet = waits > 0, !answer.Changed
		s.flags.watch.progress = "none" // from the second round on, changes are printed instead
		return answer
	})
	for _, r := range s.rounds {
		if r.err == nil {
			r.done.stoppedWatching(end, s)
		}
	}
}

// stepRound takes the next steps of an input, and reports whether there may be further ones.
func (a *app) stepRound(ctx context.Context, s *invocation, in *book.Input, t *files.Target) bool {
	before := s.rounds[in]
	if before != nil {
		t.RunID = newRunID(a.env.Now())
		if !before.done.shared { // else its circuits are released
			a.endRound(ctx, before.done)
		}
	}
	r := &advanced{}
	s.rounds[in] = r
	r.done, r.err = a.run(ctx, s, in, *t)
	if before != nil && before.done.shared {
		if r.err != nil && r.done.ledger == nil {
			s.rounds[in] = before
			if a.keepRound(s, in, r.err) {
				return true
			}
			s.rounds[in] = r
		}
		a.endRound(ctx, before.done)
	}
	if r.err != nil || ctx.Err() != nil {
		return false
	}
	a.rememberLOAs(ctx, s, r.done)
	a.downloadFor(ctx, s, r.done)
	return r.done.totals.stop == ""
}

// keepRound reports whether a watch goes on although a round could not begin: another run has circuits
// of the input, or a signal came while the database was away. The round before is then the last one.
func (a *app) keepRound(s *invocation, in *book.Input, err error) bool {
	if locked, ok := errors.AsType[*ledger.LockedError](err); ok {
		a.lines.Note("watch-locked", map[string]string{"file": in.Path, "run": accounts.Whole(locked.RunID), "host": locked.Host, "pid": number(locked.PID)})
		return true
	}
	own, ok := errors.AsType[*ledger.Error](err)
	if !ok || !own.Kind.MayPass() || s.signals.exit.Load() == 0 {
		return false
	}
	s.rounds[in].done.left = true // nothing can be recorded
	return true
}

// since lists the LOAs whose status differs from the round before, if there was one, and
// counts those under review.
func (r *advanced) since(before *advanced) (changed []ledger.LOA, reviewed int) {
	for i := range r.done.outcomes {
		l, seen := r.done.seenLOA(i)
		if !seen {
			continue
		}
		if l.Status == batch.LOAApplying {
			reviewed++
		}
		if before == nil {
			continue
		}
		if was, _ := before.done.seenLOA(i); was.Status != l.Status {
			changed = append(changed, l)
		}
	}
	return changed, reviewed
}

// endRound ends a round that is followed by another one.
func (a *app) endRound(ctx context.Context, done *finished) {
	done.waiting = true
	done.end = done.ledgerEnd(done.exitOf(reasons.New(done.in.Workbook, done.problems).Errors).Code(), "")
	a.endRun(ctx, done)
}

// waits reports whether all there is to do about a row is wait.
func waits(o *batch.Outcome) bool {
	return o.LOAStatus != "" && (o.Result == sheet.Already || o.Result == sheet.Skipped && o.Reason == batch.ReasonUnfinished)
}

// describeAdvance names the step of each row of an advance, has waiting rows say what they
// wait for and who has to act, and counts them together with those that wait from now on.
func describeAdvance(done *finished, doc *report.Document, words *prose.Catalogue) {
	if done.info.command != advance {
		return
	}
	counts := map[string]int{} // by status
	for i := range done.outcomes {
		o, app := &done.outcomes[i], &doc.Applications[i]
		app.Operation = o.Operation.String()
		status := o.LOAStatus
		switch {
		case o.Result == sheet.Valid:
			_, app.Hint = words.Render("advance-valid", nil)
			continue
		case o.Result == sheet.Submitted:
			status = o.Operation.LeadsTo()
		case !waits(o):
			continue
		default:
			app.Message, app.Hint = waitMessage(words, status, done.since[o.Row])
		}
		if since := done.since[o.Row]; !since.IsZero() {
			app.LOASince = &report.Instant{Time: since.Truncate(time.Second)}
		}
		party := waiting.For(status)
		app.WaitingFor = string(party)
		if party != waiting.Nobody {
			counts[status]++
		}
	}
	doc.Waiting = nil
	for _, status := range report.LOAStatuses() {
		if n := counts[status]; n > 0 {
			doc.Waiting = append(doc.Waiting, report.Waiting{For: string(waiting.For(status)), Message: loa.Awaits(words, status), Rows: n})
		}
	}
}

// waitMessage says what a row with an LOA of a status waits for, and what to do about it.
func waitMessage(words *prose.Catalogue, status string, since time.Time) (message, hint string) {
	state := words.Vocabulary().State(status)
	if waiting.For(status) == waiting.Nobody {
		return words.Render("advance-done", map[string]string{"loa": state})
	}
	_, hint = words.Render("awaits-"+strings.ToLower(status), nil)
	if since.IsZero() {
		message, _ = words.Render("advance-waits", map[string]string{"loa": state, "awaits": loa.Awaits(words, status)})
		return message, hint
	}
	message, _ = words.Render("advance-waits-since", map[string]string{"loa": state, "since": since.Format(time.DateOnly), "awaits": loa.Awaits(words, status)})
	return message, hint
}

// foresee asks the API for the state of an input's circuits, and replaces what the question says
// about its rows with the steps that they would take now. Its calls count against the run's quota.
func (a *app) foresee(ctx context.Context, s *invocation, in *book.Input, w *sending) error {
	ctx, s.signals = a.watchSignals(ctx)
	mode := s.run.dryRun
	s.run.dryRun = dryRunOnline
	defer func() {
		s.signals.stop()
		for _, set := range s.quotas {
			set.Close()
		}
		s.run.dryRun, s.quotas, s.keeper = mode, nil, nil // the run opens the ledger again
	}()
	done := &finished{in: in, info: runInfo{command: s.command, dryRun: dryRunOnline, started: a.env.Now()}}
	s.divide(done)
	if err := a.planAndRun(ctx, s, done); err != nil {
		return err
	}
	if code := int(s.signals.exit.Load()); code != 0 {
		return exit.Failure(code, "not-confirmed", nil)
	}
	w.going, w.confirmed, w.stay, w.regions, w.accounts = 0, 0, report.Results{}, map[string]int{}, map[string]int{}
	for i, o := range done.outcomes {
		if o.Result != sheet.Valid {
			w.stay[o.Result]++
			continue
		}
		w.going++
		w.regions[o.Key.Region]++
		w.accounts[done.parts[done.partOf(&in.Workbook.Circuits[i])].profile]++
		w.steps[o.Operation]++
		if o.Operation == batch.Confirm {
			w.confirmed++
			if o.Completed {
				w.steps[batch.Complete]++
			}
		}
	}
	return nil
}
