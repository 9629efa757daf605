package batch

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// survey reads the state of circuits of one region.
type survey struct {
	run     *run
	region  string
	missing map[string]bool
	found   map[string]CircuitState
}

// newSurvey makes a survey of the circuits of some applications.
func newSurvey(r *run, region string, rows []int32) *survey {
	s := &survey{run: r, region: region, missing: make(map[string]bool, len(rows)), found: make(map[string]CircuitState, len(rows))}
	for _, n := range rows {
		s.missing[r.plan.Applications[n].Key.InstanceID] = true
	}
	r.surveying(len(s.missing), 0)
	return s
}

// read asks for the circuits in whichever way takes fewer requests: by ID, or page by page through
// all circuits of the region, whose number the first page tells. Circuits that the listing does
// not contain are then asked for by ID, since a listing may lag behind or change between two
// pages. What was found before an error is kept.
func (s *survey) read(ctx context.Context) error {
	defer func() { s.run.surveying(0, len(s.missing)) }()
	if byID(len(s.missing)) > 1 {
		if err := s.list(ctx); err != nil {
			return err
		}
	}
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(s.missing)), SurveyIDs) {
		if err := s.ask(ctx, ids); err != nil {
			return err
		}
	}
	return nil
}

// byID is how many requests it takes to ask for circuits by ID.
func byID(circuits int) int { return (circuits + SurveyIDs - 1) / SurveyIDs }

// list reads the listing of all circuits of the region for as long as that is the cheaper way to find
// what is missing.
func (s *survey) list(ctx context.Context) error {
	return readPages(func(page int) (int, error) { return s.page(ctx, page, nil) },
		func(left int) bool { return left < byID(len(s.missing)) })
}

// ask reads the circuits with the given IDs. No answer needs more pages than there are IDs.
func (s *survey) ask(ctx context.Context, ids []string) error {
	return readPages(func(page int) (int, error) {
		pages, err := s.page(ctx, page, ids)
		return min(pages, len(ids)), err
	}, func(int) bool { return true })
}

// page reads one page, retrying until it is answered or attempts run out. It returns how many pages
// there are.
func (s *survey) page(ctx context.Context, page int, ids []string) (int, error) {
	var got SurveyPage
	wait := func(n int, hint time.Duration) time.Duration { return backoffOf(s.region, n, hint) }
	err := retryRead(s.run.going, s.run.engine.attempts(), wait, func() (err error) {
		got, err = s.request(ctx, page, ids)
		return err
	})
	if err != nil {
		return 0, err
	}
	before := len(s.missing)
	for _, c := range got.Circuits {
		if s.missing[c.InstanceID] {
			s.found[c.InstanceID] = c
			delete(s.missing, c.InstanceID)
		}
	}
	s.run.surveying(0, before-len(s.missing))
	return got.Pages, nil
}

// request makes one request, once the quota allows it, unless the run was stopped.
func (s *survey) request(ctx context.Context, page int, ids []string) (SurveyPage, error) {
	done, err := acquire(s.run.going, s.run.quota(s.region, SurveyAPI))
	if err != nil {
		s.run.quotaFailed(err)
		return SurveyPage{}, err
	}
	got, err := s.run.engine.Surveyor.Survey(ctx, s.region, page, ids)
	guarded(s.run.panicked, func() { done(err) })
	var call *CallError
	if err == nil || errors.As(err, &call) { // otherwise nothing was sent
		s.run.requests.Add(1)
		s.run.lookups.Add(1)
	}
	s.run.count(err)
	return got, err
}

// survey reads the state of the region's circuits before anything is sent. A circuit whose LOA is
// valid is not applied for, whatever the ledger knows about it, nor is one whose LOA was
// rejected, unless a person asks for it. A circuit that the account does not list is applied for,
// since the API decides. Rows that start with a lookup that settles something are left out: it
// tells more than a survey. Only applications that the ledger does not know depend on the survey:
// if it fails they are not sent, unless the account lacks permission to read the circuits.
func (g *region) survey() *survey {
	if !g.run.engine.Survey || g.run.engine.Surveyor == nil {
		return nil
	}
	asked := slices.DeleteFunc(slices.Clone(g.queue), func(i int32) bool { return !g.run.plan.Applications[i].surveyed() })
	s := newSurvey(g.run, g.name, asked)
	err := s.read(g.ctx)
	var call *CallError
	denied := errors.As(err, &call) && call.Denied
	switch {
	case denied:
		g.run.surveyDenied.CompareAndSwap(nil, &call.Code)
	case call != nil && call.Class == RunFatal:
		g.run.halt(StopFatal, call.Code)
	case call != nil && call.Class == RegionFatal:
		g.code = call.Code
		g.stop()
	}
	if g.going.Err() != nil {
		return s // finishRest ends the queue
	}
	g.queue = slices.DeleteFunc(g.queue, func(i int32) bool {
		taken, ended := g.withhold(&g.run.plan.Applications[i], s, call, err != nil && !denied, finishedRow{slot: g.run.slots[i]})
		if !ended && taken > 0 {
			g.before[i] = taken
		}
		return ended
	})
	return s
}

// withhold finishes the steps of a row that are not taken because of a survey, or of its failure call.
// It reports how many they are and whether they are all. The row goes on with the rest.
func (g *region) withhold(a *Application, s *survey, call *CallError, failed bool, row finishedRow) (taken int, ended bool) {
	for {
		outcome, ends := withheld(a, s, failed)
		if !ends {
			return row.before, false
		}
		if call != nil && outcome.Result == sheet.NotAttempted {
			outcome.ErrorCode, outcome.RequestID = call.Code, call.RequestID
		}
		row.outcome, row.ran, row.goesOn = outcome, true, a.goesOn(&outcome)
		g.run.finished <- row
		if !row.goesOn {
			g.run.group.canary.ended(&outcome)
			return row.before, true
		}
		*a = a.next(&outcome)
		row.before++
	}
}

// surveyed reports whether a row is part of the survey. If a lookup goes unanswered, the row is sent
// unless the ledger knows something that forbids it. So rows are left out only if the ledger
// knows their circuit in their region.
func (a *Application) surveyed() bool {
	switch a.Start {
	case StartReady:
		return true
	case StartAccepted:
		return !a.Recorded || a.Then != nil || a.Operation.FollowsUp()
	}
	return !a.Start.LooksUp() || a.Start == StartFirst || !a.Recorded
}

// withheld returns the outcome of an application that is not sent because of a survey, and
// reports whether there is one.
func withheld(a *Application, s *survey, failed bool) (Outcome, bool) {
	state, found := s.found[a.Key.InstanceID]
	a.First = found && state.LOAStatus == ""
	if found {
		a.Status = Predict(*a, state).CircuitState
	}
	switch {
	case a.Unfit != "":
		return a.unfit(), true
	case !a.surveyed():
	case a.Operation.FollowsUp():
		return withheldStep(a, state, found)
	case found && a.Elsewhere != nil:
		a.seen(state.LOAStatus)
	case state.LOAStatus != "" && !Void(state.LOAStatus) && a.Changed != nil: // a lookup decides
	case state.LOAStatus != "" && !Void(state.LOAStatus):
		o := a.Outcome(sheet.Already, ReasonLOAExists)
		o.LOAStatus = state.LOAStatus
		// Lookups may show an older LOA for a while.
		o.Settled = Settlement{Token: cmp.Or(a.Open().Token, a.Ended().Token), Result: sheet.Already, LOAStatus: state.LOAStatus, Seen: time.Now().Round(0).UTC()}
		a.disown(&o)
		if e := a.Ended(); e.Accepted && a.Recorded && a.Start == StartAccepted {
			o.Token, o.Generation, o.RequestID, o.SubmittedAt = e.Token, e.Generation, e.RequestID, e.At
		}
		return o, true
	case state.LOAStatus == LOARejected && !a.ReapplyRejected && !a.Start.LooksUp():
		o := a.Outcome(sheet.Refused, ReasonLOARejected)
		o.LOAStatus = state.LOAStatus
		return o, true
	case failed && !found && !a.Recorded:
		return newRow(a, 0, 1, time.Now().UTC()).interrupted(ReasonUnasked), true
	}
	return Outcome{}, false
}

// withheldStep is withheld for a step after the application. Whatever the survey does not show beyond
// doubt is left to a lookup.
func withheldStep(a *Application, s CircuitState, found bool) (Outcome, bool) {
	now := time.Now()
	state := operations[a.Operation].judge(a, loaOf(s))
	valid := state == loaOurs || state == loaOther
	switch {
	case !found || a.Elsewhere != nil || valid && (a.Changed != nil || a.Moved != nil):
		return Outcome{}, false
	case state == loaNone:
		if a.Start == StartReady && !a.Recorded && !a.Renewed {
			a.Start = StartSend
		}
		return Outcome{}, false
	case !valid && (a.Start >= StartResume || a.recent(now)):
		return Outcome{}, false
	}
	o := a.Outcome(sheet.Already, ReasonLOAExists)
	o.LOAStatus = s.LOAStatus
	switch state {
	case loaWaiting:
		o.Reason = ReasonReview
	case loaVoid:
		o.Result, o.Reason = sheet.Refused, ReasonNoLOA
		if s.LOAStatus == LOARejected {
			o.Reason = ReasonLOARejected
		}
	default:
		o.Settled = Settlement{Token: cmp.Or(a.Open().Token, a.Ended().Token), Result: sheet.Already, LOAStatus: s.LOAStatus, Seen: now.Round(0).UTC()}
	}
	if a.Start == StartAccepted && !valid {
		o.Settled = a.superseded(s.LOAStatus, now)
	}
	a.disown(&o)
	return o, true
}

// disown removes the token from an outcome about an LOA that existed before anything was sent, unless
// the past says that the token was sent.
func (a *Application) disown(o *Outcome) {
	if o.Token != a.Circuit.LastRun().ClientToken && o.Token != a.Open().Token && o.Token != a.Ended().Token {
		o.Token, o.Generation = "", 0
	}
}

// seen sets how a row that waits for another region starts afterwards, given its circuit's LOA in a
// survey: a valid one is as good as a recorded acceptance, and a rejected one needs a person's
// consent.
func (a *Application) seen(loaStatus string) {
	switch {
	case loaStatus == "" || loaStatus == LOADeleted:
	case !Void(loaStatus):
		a.Start = StartAccepted
	case !a.Start.LooksUp():
		a.Start = StartVoid
	}
}
