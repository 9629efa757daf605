package cli

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/cli/book"
	"github.com/loabatch/loabatch/batch/cli/console"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/files"
	"github.com/loabatch/loabatch/batch/cli/reasons"
	"github.com/loabatch/loabatch/batch/cli/record"
	"github.com/loabatch/loabatch/batch/hosts"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// A run on a ledger that several hosts share may be the work of several processes:
//
//  1. This process starts the run or, if one over the same bytes is in progress, joins it
//     (join). Both must mean the same by it: terms lists what decides the results.
//  2. It works on the rows that it is handed (work, and package hosts).
//  3. Once all rows have results, whoever did them, each process reads them back from the
//     ledger, as report does, and delivers its own copy (finish). All are equal.
//
// A process that leaves before that, since it was interrupted, its credentials are rejected, or
// with --no-wait nothing is left for it to do, writes no copy (leave).

// together is the part of this process in a run over one input.
type together struct {
	*app
	s       *invocation
	done    *finished
	store   ledger.Shared
	target  files.Target
	members []ledger.Member      // of the parts; nil for those in over
	over    []*ledger.BatchState // of parts that had ended before this process joined; else nil
	shown   *console.Progress

	lost      func(error) // says that the database is away, or with nil that it is back
	endQuotas func()
	log       *console.RunLog

	tokens map[string]int // that rows have chosen, with the first of these rows

	mu    sync.Mutex
	ended []batch.Count // rows of each part, whoever worked on them
}

// runTogether carries out a run with the other hosts that work on the same input.
func (a *app) runTogether(ctx context.Context, s *invocation, done *finished, t files.Target, store ledger.Shared) error {
	r := &together{app: a, lost: s.away, s: s, done: done, store: store, target: t, tokens: map[string]int{}, ended: make([]batch.Count, len(done.parts))}
	for i := range done.in.Workbook.Circuits {
		c := &done.in.Workbook.Circuits[i]
		if _, taken := r.tokens[c.ClientToken]; !taken {
			r.tokens[c.ClientToken] = c.Row
		}
	}
	for {
		if err := r.join(ctx); err != nil {
			return err
		}
		results, err := r.work(ctx)
		if taken, ok := errors.AsType[*ledger.TakenOverError](err); ok && ctx.Err() == nil {
			// This process was stopped for so long that the others took it for dead.
			a.lines.Warn("hosts-taken", map[string]string{"run": accounts.Whole(taken.RunID)})
			if past, err := store.Run(ctx, done.info.id); err == nil && past.End != nil {
				return r.finish(ctx, results)
			}
			r.leaveParts(ctx)
			done.info.id = newRunID(a.env.Now()) // should the run have died since
			continue
		}
		if ctx.Err() != nil {
			return nil // the caller says so
		}
		if panicked, ok := errors.AsType[*batch.PanicError](err); ok {
			return exit.Bug(panicked)
		}
		if err != nil {
			return a.ledgers.FailureSince(err)
		}
		if left := leftPart(results); left != nil {
			return r.leave(ctx, left)
		}
		return r.finish(ctx, results)
	}
}

// leftPart returns a part that this process has left while the run goes on, preferably one that says
// why. It returns nil if the run has ended.
func leftPart(results []*hosts.Result) (left *hosts.Result) {
	for _, r := range results {
		if !r.Complete && (left == nil || left.Stop == "" && left.Lost == nil) {
			left = r
		}
	}
	return left
}

// leaveParts leaves the parts in which this process was not presumed dead, before it joins all of
// them again.
func (r *together) leaveParts(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, endTimeout)
	defer cancel()
	for _, m := range r.members {
		if m == nil {
			continue
		}
		if err := m.Leave(ctx); err == nil || errors.Is(err, ledger.ErrLast) {
			_ = m.End(ctx, ledger.RunEnd{}) // or else it is found dead
		}
	}
}

// quotaTimeout is how long a process that has no more rows waits for a database that does not
// answer, to give back what is left of its share of the quotas.
const quotaTimeout = 2 * time.Second

// join starts the parts of a run or joins them, and says which.
func (r *together) join(ctx context.Context) error {
	s, done := r.s, r.done
	keys, terms := done.division.Keys(done.in.Workbook), r.terms()
	all := s.ledgerInfo(done, r.target, r.anywhere(done.info.args))
	r.members, r.over = make([]ledger.Member, len(done.parts)), make([]*ledger.BatchState, len(done.parts))
	life, end := context.WithCancel(ctx)
	r.endQuotas = func() {
		defer end()
		late := time.AfterFunc(quotaTimeout, end)
		defer late.Stop()
		for _, p := range done.parts {
			if p.quotas != nil {
				p.quotas.Close()
			}
		}
	}
	seen := map[ledger.Scope]bool{}
	for n, p := range done.parts {
		info := s.partInfo(all, done, n)
		if seen[info.Scope] { // several profiles of one account: each is a run of its own
			info.InputSHA256 += "." + strconv.Itoa(n+1)
		}
		seen[info.Scope] = true
		p.run, p.quotas = nil, nil
		member, err := r.joinPart(ctx, info, terms, p.locks(keys[n]))
		if n > 0 && errors.Is(err, ledger.ErrRunExists) {
			if r.over[n], err = r.endedPart(ctx, info.ID); err == nil {
				continue
			}
		}
		if err != nil {
			r.endQuotas()
			failed := r.joinFailure(err)
			done.shared = true
			done.end = ledger.RunEnd{ExitCode: exit.Of(failed)}
			r.endRun(ctx, done)
			return failed
		}
		if n == 0 {
			done.info.id = member.Info().ID
		}
		r.members[n] = hosts.Persist(ctx, member, r.lost)
		p.run = r.members[n]
		if p.failure == nil {
			p.quotas = quota.NewSet(hosts.Persist(life, member, r.lost), string(info.Scope), quota.Limits{Rate: s.pace.rate, Burst: s.pace.burst, Life: time.Duration(s.flags.service.timeout)})
		}
	}
	done.ledger, done.shared = done.parts[0].run, true
	by, joined := r.members[0].Joined()
	switch {
	case s.round > 1: // of an advance that watches: only changes are of interest
	case joined:
		r.lines.Note("hosts-joined", map[string]string{"run": done.info.id, "host": by.Host, "pid": number(by.PID), "since": report.Stamp(by.Started) + " UTC"})
	default:
		r.lines.Note("hosts-started", map[string]string{"run": done.info.id})
	}
	return nil
}

// joinPart joins a part of a run. If the database goes away in between, it waits as a run in progress
// does, unless nobody is to wait for others.
func (r *together) joinPart(ctx context.Context, info ledger.RunInfo, terms []ledger.Term, keys []batch.Key) (member ledger.Member, err error) {
	join := func() error {
		member, err = r.store.Join(ctx, info, terms, keys)
		return err
	}
	if r.s.flags.run.noWait {
		err = join()
	} else {
		err = r.s.patiently(ctx, join)
	}
	if err == nil {
		r.lost(nil)
	}
	return member, err
}

// endedPart reads a part of a run that has ended while the first part is about to.
func (r *together) endedPart(ctx context.Context, id string) (*ledger.BatchState, error) {
	past, err := r.store.Run(ctx, id)
	if err != nil {
		return nil, err
	}
	if past.End == nil {
		return nil, ledger.ErrRunExists
	}
	return &ledger.BatchState{Rows: len(past.Rows), Stop: past.End.Stop, StopCode: past.End.StopCode, Members: past.Members, End: past.End}, nil
}

// joinFailure turns the error of a join into one for the user. Nothing was sent.
func (r *together) joinFailure(err error) error {
	if own, ok := errors.AsType[*ledger.Error](err); ok && own.Kind.MayPass() {
		if interrupted := int(r.s.signals.exit.Load()); interrupted != 0 {
			return exit.Failure(interrupted, "left-early", err)
		}
		failed := r.ledgers.NotOpened(r.s.flags.service.ledger, err)
		if late, ok := errors.AsType[*exit.Error](failed); ok && r.s.left(r.env.Now()) == 1 {
			late.Exit = exit.Duration
		}
		return failed
	}
	terms, ok := errors.AsType[*ledger.TermsError](err)
	if !ok {
		return r.ledgers.Failure(err)
	}
	differences := make([]string, len(terms.Differences))
	for i, d := range terms.Differences {
		none := r.lines.Words.Line("hosts-term-none")
		differences[i] = r.lines.Words.Line("hosts-term", sheet.Arg{Name: "name", Value: d.Name},
			sheet.Arg{Name: "theirs", Value: cmp.Or(d.Theirs, none)}, sheet.Arg{Name: "ours", Value: cmp.Or(d.Ours, none)})
	}
	return exit.Failure(exit.Usage, "hosts-terms", err, "run", accounts.Whole(terms.Run), "host", terms.Host, "differences", r.lines.Words.List(differences))
}

// terms lists what decides the results of a run, so that a row has the same result whichever
// process it is handed to, and all copies are equal.
func (r *together) terms() []ledger.Term {
	f, s := &r.s.flags, r.s
	ids := make([]string, len(r.done.parts))
	for i, p := range r.done.parts {
		if ids[i] = p.account; p.failure != nil {
			ids[i] = p.failure.Code
		}
	}
	list := []ledger.Term{
		{Name: "loabatch", Value: version()}, // also how content and tokens are derived
		{Name: "--rate", Value: s.pace.rate.String()},
		{Name: "--max-attempts", Value: number(f.run.maxAttempts)},
		{Name: "--max-failures", Value: f.run.maxFailures},
		{Name: "--max-duration", Value: f.run.maxDuration.String()},
		{Name: "--canary", Value: number(f.run.canary)},
		{Name: "--change-ref", Value: f.watch.changeRef},
		{Name: "--plan", Value: s.planSum()},
		{Name: "account", Value: strings.Join(ids, ",")},
	}
	for _, d := range s.decisive() {
		values := strings.Split(d.Value, ",") // of a list, in any order
		slices.Sort(values)
		list = append(list, ledger.Term{Name: "--" + d.Name, Value: strings.Join(slices.Compact(values), ",")})
	}
	return append(list, hosts.Terms()...)
}

// work works on the rows of all parts at the same time.
func (r *together) work(ctx context.Context) ([]*hosts.Result, error) {
	s, done := r.s, r.done
	r.shown = r.lines.Progress(s.flags.watch.progress, len(done.in.Workbook.Circuits), r.panicked)
	defer r.shown.Finish()
	r.log = console.NewRunLog(s.log, done.info.id)
	r.log.Started(ctx, console.Start{
		Command: done.info.command, Account: done.info.account,
		Input: done.in.Path, SHA256: done.in.SHA256, Rows: len(done.in.Workbook.Circuits), Version: version(),
	})
	parts := make([]hosts.Options, len(done.parts))
	for n := range parts {
		parts[n] = r.options(n)
	}
	results, err := hosts.Run(ctx, s.signals.drain, parts)
	for _, p := range done.parts {
		if p.quotas == nil {
			continue
		}
		uses := p.quotas.Uses()
		for i := range uses {
			uses[i].Key.Scope = "" // with several accounts the fullest window counts
		}
		r.monitor.Used(uses)
	}
	r.endQuotas()
	return results, err
}

// options are what this process works on a part with.
func (r *together) options(n int) hosts.Options {
	if r.over[n] != nil {
		return hosts.Options{Ended: r.over[n]}
	}
	done := r.done
	rows, regions := 0, map[string]bool{}
	for i := range done.in.Workbook.Circuits {
		if c := &done.in.Workbook.Circuits[i]; done.partOf(c) == n {
			rows++
			regions[c.RegionID] = true
		}
	}
	return hosts.Options{
		Store: r.store, Member: r.members[n], Engine: r.partEngine(r.s, done, done.parts[n], r.shown, r.log),
		Rows: rows, Regions: slices.Sorted(maps.Keys(regions)), NoWait: r.s.flags.run.noWait, Log: r.s.log,
		Plan:     func(ctx context.Context) (*batch.Plan, error) { return r.planPart(ctx, n) },
		PlanRow:  r.planRow,
		Conclude: r.conclude,
		Progress: func(state ledger.BatchState) { r.progress(n, state) },
	}
}

// progress shows how far a part has come, whoever worked on it.
func (r *together) progress(n int, state ledger.BatchState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended[n] = batch.CountOf(state.Results)
	var all batch.Count
	for _, part := range r.ended {
		all.Rows, all.Failed = all.Rows+part.Rows, all.Failed+part.Failed
	}
	r.shown.Batch(all.Rows, all.Failed)
}

// planPart plans the rows of a part with their past as it is now.
func (r *together) planPart(ctx context.Context, n int) (*batch.Plan, error) {
	p, _, err := r.planAll(ctx, r.done)
	if err != nil {
		return nil, err
	}
	part := func(row int) int { return r.done.partOf(r.done.in.Workbook.CircuitAt(row)) }
	rows := p.Split(len(r.done.parts), part)[n]
	for _, problem := range p.Problems {
		if part(problem.At.Row) == n {
			rows.Problems = append(rows.Problems, problem)
		}
	}
	return rows, nil
}

func (r *together) planAll(ctx context.Context, done *finished) (*batch.Plan, known, error) {
	known, err := r.s.pastOf(ctx, done)
	if err != nil {
		return nil, known, err
	}
	o := r.s.planOptions(known)
	o.Valid, o.Batch = r.s.valid(ctx, done, known.past), r.done.info.id
	p := plan.New(done.in.Workbook, o)
	done.endUnusable(p)
	return p, known, nil
}

// planRow plans one row with its past as it is now, apart from all others. Which rows are left
// out or withheld has been decided by then.
func (r *together) planRow(ctx context.Context, row int) (*batch.Plan, error) {
	book := *r.done.in.Workbook
	circuit := *book.CircuitAt(row)
	if r.tokens[circuit.ClientToken] != row {
		circuit.ClientToken = "" // an earlier row has it
	}
	book.Circuits, book.Problems = []sheet.Circuit{circuit}, nil // the problems are of other rows: this one is valid
	in, done := *r.done.in, *r.done
	in.Workbook, done.in = &book, &in
	known, err := r.s.pastOf(ctx, &done)
	if err != nil {
		return nil, err
	}
	o := r.s.planOptions(known)
	o.Batch, o.Only, o.AllOrNothing = r.done.info.id, nil, false
	return plan.New(&book, o), nil
}

// conclude makes the end of the run from what the ledger has of it: whichever process does,
// it is the same, except for what an earlier run's files on this host tell of changed rows.
func (r *together) conclude(ctx context.Context, parts []ledger.BatchState) (ledger.RunEnd, error) {
	past, saved, err := r.pastRun(ctx, r.store, r.done.info.id)
	if err != nil {
		return ledger.RunEnd{}, err
	}
	past.End = &ledger.RunEnd{Stop: parts[0].Stop, StopCode: parts[0].StopCode, Duration: parts[0].Age, Statuses: map[int]string{}}
	for _, state := range parts {
		for _, m := range state.Members {
			maps.Copy(past.End.Statuses, m.Figures.Statuses)
			past.End.Moved = append(past.End.Moved, m.Figures.Moved...)
		}
		if len(parts) > 1 {
			past.End.Parts = append(past.End.Parts, ledger.PartEnd{Stop: state.Stop, StopCode: state.StopCode})
		}
	}
	slices.Sort(past.End.Moved)
	past.End.Moved = slices.Compact(past.End.Moved)
	if why, _ := record.Stop(past.End); why == batch.StopInterrupted {
		past.End.ExitCode = int(r.s.signals.exit.Load())
	}
	done := restored(r.done.in, past, saved)
	r.adopt(done)
	p, known, err := r.planAll(ctx, done)
	if err != nil {
		return ledger.RunEnd{}, err
	}
	keepEarlier(done, p)
	invalid := map[int]bool{}
	for _, o := range done.outcomes {
		invalid[o.Row] = o.Result == sheet.Invalid
	}
	p.Problems = slices.DeleteFunc(p.Problems, func(problem sheet.Problem) bool { return !invalid[problem.At.Row] })
	r.traceChanges(ctx, r.s, done, p, known.past)
	found := reasons.New(done.in.Workbook, done.problems)
	done.waiting = len(document(done, found, r.lines.Words).Waiting) > 0
	code := done.exitOf(found.Errors).Code()
	if !done.waiting {
		_, done.filed = r.target.Along(code)
	}
	return done.ledgerEnd(code, ""), nil
}

// keepEarlier has the rows that were left out keep the result that they had before.
func keepEarlier(done *finished, p *batch.Plan) {
	earlier := map[int]sheet.Result{}
	for _, o := range p.Settled {
		if o.Result == sheet.Skipped {
			earlier[o.Row] = o.Earlier
		}
	}
	for i := range done.outcomes {
		if o := &done.outcomes[i]; o.Result == sheet.Skipped {
			o.Earlier = cmp.Or(earlier[o.Row], o.Earlier)
		}
	}
}

// adopt gives a run that was read from the ledger what this process has opened for it.
func (r *together) adopt(done *finished) {
	for i, p := range done.parts {
		if i < len(r.done.parts) {
			p.run, p.opened, p.quotas = r.done.parts[i].run, r.done.parts[i].opened, r.done.parts[i].quotas
		}
	}
	done.ledger, done.ledgerFlag, done.info.args = r.done.ledger, r.done.ledgerFlag, r.done.info.args
}

// finish reads the run back from the ledger, with what all processes have done.
func (r *together) finish(ctx context.Context, results []*hosts.Result) error {
	return r.read(ctx, func(past *ledger.PastRun, saved record.Options) {
		done := restored(r.done.in, past, saved)
		r.adopt(done)
		*r.done = *done
		for _, result := range results {
			if result != nil && result.NoSurvey != "" {
				r.lines.Warn("survey-denied", map[string]string{"code": result.NoSurvey})
			}
		}
		r.done.logFailure = r.logFailure(r.s)
	})
}

// leave has this process leave a run that goes on, and says why.
func (r *together) leave(ctx context.Context, result *hosts.Result) error {
	command := r.suggest("report", settings{ledgerFlag: r.done.ledgerFlag}, r.done.info.id)
	if result.Lost != nil {
		code := exit.Duration
		if result.Stop == batch.StopInterrupted {
			code = cmp.Or(int(r.s.signals.exit.Load()), exit.Internal)
		}
		r.done.left = true // nothing can be recorded
		return exit.Failure(code, "hosts-lost", result.Lost, "run", r.done.info.id, "command", command)
	}
	switch result.Stop {
	case "":
	case batch.StopInterrupted:
		return exit.Failure(cmp.Or(int(r.s.signals.exit.Load()), exit.Internal), "hosts-interrupted", nil, "run", r.done.info.id, "command", command)
	case batch.StopDuration:
		return exit.Failure(exit.Duration, "hosts-duration", nil, "run", r.done.info.id, "command", command)
	default:
		return exit.Failure(exit.Stopped, "hosts-stopped", nil, "run", r.done.info.id, "reason", r.lines.Words.Line(string(result.Stop), sheet.Arg{Name: "code", Value: result.StopCode}), "command", command)
	}
	return r.read(ctx, func(past *ledger.PastRun, saved record.Options) {
		rows := len(r.done.in.Workbook.Circuits)
		done := restored(partly(r.done.in, past, r.inHand(ctx)), past, saved)
		r.adopt(done)
		*r.done = *done
		r.done.totals.duration = r.env.Now().Sub(r.done.info.started)
		r.done.goesOn = true
		r.lines.Note("hosts-left", map[string]string{"run": r.done.info.id, "left": number(rows - len(r.done.outcomes)), "rows": number(rows)})
	})
}

// inHand reports about rows that the ledger shows as UNKNOWN whether a process still has them in
// hand.
func (r *together) inHand(ctx context.Context) func(row int) bool {
	unknown := map[int]bool{}
	for _, m := range r.members {
		if m == nil { // its part has ended
			continue
		}
		steps, err := m.Outcomes(ctx)
		if err != nil {
			continue // they count as in hand
		}
		for row, list := range steps {
			unknown[row] = list[len(list)-1].Result == sheet.Unknown
		}
	}
	return func(row int) bool { return !unknown[row] }
}

// partly is an input with those of its rows alone that a run has finished so far.
func partly(in *book.Input, past *ledger.PastRun, inHand func(row int) bool) *book.Input {
	ended := map[int]bool{}
	for _, o := range past.Rows {
		ended[o.Row] = o.Result != sheet.Unknown || !inHand(o.Row)
	}
	book, part := *in.Workbook, *in
	book.Circuits = nil
	for _, c := range in.Workbook.Circuits {
		if ended[c.Row] {
			book.Circuits = append(book.Circuits, c)
		}
	}
	part.Workbook = &book
	return &part
}

// read reads the run, as soon as the database answers. A signal does not end the wait: what was sent is
// still to be reported.
func (r *together) read(ctx context.Context, use func(*ledger.PastRun, record.Options)) error {
	var past *ledger.PastRun
	var saved record.Options
	err := hosts.NewPatience(ctx, r.lost).Until(ctx, func() (err error) {
		past, saved, err = r.pastRun(ctx, r.store, r.done.info.id)
		return err
	})
	switch {
	case ctx.Err() != nil:
		return nil // the caller says so
	case err != nil:
		return err
	}
	r.lost(nil)
	use(past, saved)
	return nil
}

// patience waits for the database in what is not part of a run.
type patience = hosts.Patience

// bePatient makes the rest of a command wait for a database that goes away, until a signal or the end
// of --max-duration. What is part of a run waits by itself.
func (a *app) bePatient(ctx context.Context, s *invocation) {
	if _, shared := s.store.(ledger.Shared); !shared {
		return
	}
	var life context.Context
	life, s.impatient = context.WithCancel(ctx)
	s.closers = append(s.closers, closeFunc(s.impatient))
	if bound := time.Duration(s.flags.run.maxDuration); bound > 0 {
		late := time.AfterFunc(bound-a.env.Now().Sub(s.started), s.impatient)
		context.AfterFunc(life, func() { late.Stop() })
	}
	go func() {
		defer batch.Guard(a.panicked)
		select {
		case <-s.signals.drain:
			s.impatient()
		case <-life.Done():
		}
	}()
	s.away = a.ledgers.SayAway()
	s.patience = hosts.NewPatience(life, s.away)
}

// patiently calls f, again and again while the database is away if that is waited for.
func (s *invocation) patiently(ctx context.Context, f func() error) error {
	if s.patience == nil {
		return f()
	}
	return s.patience.Until(ctx, f)
}
