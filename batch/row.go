package batch

import (
	"cmp"
	"errors"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// SettlingTime is how long after an attempt that may have been applied a lookup must be made for "no
// LOA" to mean that it was not. It is not documented how far lookups lag behind applications, or
// how long the service works on a request whose answer was lost. Gateways give up on a request
// after a minute or two; ten minutes leave a margin, and are not long for a person to wait.
const SettlingTime = 10 * time.Minute

// row is one application in progress: a state machine (machine.go) without a clock or goroutine. It
// takes the result of each call and decides what comes next.
type row struct {
	app      Application
	slot     int32 // its place among the outcomes
	before   int   // steps of the row that were taken before this one
	handed   *Handed
	state    state
	attempts int       // applications sent in this run
	lookups  int       // failed lookups since the last answered one
	rechecks int       // lookups that contradicted the answer that led to them
	max      int       // bound of attempts and of lookups
	started  time.Time // when this run took it up, UTC

	begun    string // the token that the ledger knows to be about to be sent
	mismatch bool   // the API said that the token was used before with other parameters
	older    bool   // the circuit had an LOA before the open application, and lookups may still show it

	code      string    // of the last failure
	requestID string    // of the last answer
	loaStatus string    // from the last lookup
	voidSeen  time.Time // when a lookup first saw that the LOA was rejected or deleted, UTC; zero if none did
	sent      time.Time // when the last attempt of this run that may have been applied was given up, UTC; zero if none was
	tried     time.Time // likewise, of all runs; meaningful while the token is open
	due       time.Time // when the next call may be made; zero means now
}

// next is what a row does after a call.
type next struct {
	done       bool           // the row has its outcome
	outcome    Outcome        // when done
	problem    *sheet.Problem // when done and INVALID
	wait       time.Duration  // otherwise: how long until its next call
	stop       bool           // the run ends: the answer applies to every row
	stopRegion bool           // the region's rows end: the answer applies to all of them
	code       string         // behind stop and stopRegion
}

// The effect of an unanswered attempt may take a moment to show, so a lookup waits for
// it; the last lookup, which decides the result, waits longest.
const (
	showTime     = time.Second
	lastShowTime = 5 * time.Second
)

// maxRechecks is how often a lookup that contradicts the answer that led to it is
// repeated: lookups may lag behind applications.
const maxRechecks = 3

// newRow makes a row in the state in which it starts.
func newRow(a *Application, slot int32, attempts int, now time.Time) *row {
	r := &row{app: *a, slot: slot, max: attempts, started: now}
	r.start()
	return r
}

// start puts the row into the state in which it starts, by what is known of its past.
func (r *row) start() {
	open := r.app.pending()
	r.state, r.tried, r.older = r.app.state(), open.Tried, open.Repeated
	// Without a time, the attempt may have been made as late as now. The same goes for a time in
	// the future: the clock was set back.
	if r.tried.IsZero() || r.tried.After(r.started) {
		r.tried = r.started
	}
	if r.state.open() && open.Own {
		r.sent = r.tried // by this batch
	}
	if c := r.app.Copied(); c != (Copied{}) && (c.Tried.IsZero() || c.Tried.After(r.started)) {
		r.app.Amend().Copied.Tried = r.started
	}
}

// submitted takes the result of an attempt that was answered or given up at a time.
func (r *row) submitted(receipt Receipt, err error, at time.Time) next {
	r.attempts++
	if err == nil {
		r.code, r.requestID = "", receipt.RequestID
		switch {
		case r.state.open():
			r.app.Amend().Settled = Settlement{Token: r.begun, Result: sheet.Already, Seen: r.tried}
		case !r.app.First: // lookups may still show an LOA before it
			r.app.Amend().Settled = Settlement{Token: r.begun, Result: sheet.Already, Seen: at}
		}
		n := r.on(evAccepted, nil)
		n.outcome.SubmittedAt, n.outcome.LOAStatus = receipt.At, ""
		if r.app.Operation.FollowsUp() { // what an application has led to is left to be looked up
			n.outcome.LOAStatus = r.app.Operation.LeadsTo()
		}
		return n
	}
	call := r.failed(err)
	e := r.attempted(call)
	if e == evLost || e == evLostOver {
		r.sent, r.tried = at, at
	}
	r.mismatch = r.mismatch || e == evMismatch
	if e == evMismatch && r.state == sendClear && r.app.Open().Accepted {
		// Only a results copy, of other content, said that the lookup was late enough.
		r.state, r.app.Amend().Settled = sendFresh, Settlement{}
	}
	if e == evMismatch && !r.state.open() {
		r.tried = at // the token was used before, but it is not known when
	}
	return r.on(e, call)
}

// attempted returns the event of a failed attempt.
func (r *row) attempted(call *CallError) event {
	over := r.attempts >= r.max
	switch {
	case call.Class == RunFatal:
		return evRunFatal
	case call.Class == RegionFatal:
		return evRegionFatal
	case call.Class == Refused && call.conflicts(r.app.Operation):
		return evConflict
	case call.Class == Refused && call.Code == CodeMismatch:
		return evMismatch
	case call.Class == Refused:
		return evRefused
	case (call.Unsettled || call.Class == MaybeReceived) && over:
		return evLostOver
	case call.Unsettled || call.Class == MaybeReceived:
		return evLost
	case over:
		return evPostponedOver
	}
	return evPostponed
}

// asks is the circuit that the next lookup is about.
func (r *row) asks() Key {
	key := r.app.Key
	if r.state == askElsewhere {
		key.Region = r.app.Elsewhere.Region
	}
	return key
}

// lookedUp takes the result of a lookup that was made at a time.
func (r *row) lookedUp(l LOA, ok bool, err error, asked time.Time) next {
	if err != nil {
		return r.lookupFailed(err)
	}
	if !ok || r.precedes(l, asked) {
		l = LOA{RequestID: l.RequestID}
	}
	outdated := r.outdated(l, asked)
	if outdated {
		l.Status = r.app.Ended().LOAStatus
	}
	r.lookups, r.loaStatus = 0, l.Status
	e := r.found(l, asked)
	if outdated && e == evVoidRepeat {
		e = evVoid // another ledger may have applied in the meantime
	}
	if settles := e.settles(); r.state == askElsewhere {
		l = LOA{} // not about the circuit in this region
	} else if settles == sheet.Already || r.state.open() && settles != "" {
		r.settle(e, l, asked)
	} else if r.state == askAccepted && r.app.Operation.FollowsUp() && (e == evVoid || e == evWaiting) {
		r.app.Amend().Settled = r.app.superseded(l.Status, asked)
	}
	n := r.on(e, nil)
	if n.done {
		r.decided(&n.outcome, l)
	}
	return n
}

// precedes reports whether a rejected or deleted LOA may be older than the accepted application's,
// which lookups do not show yet.
func (r *row) precedes(l LOA, asked time.Time) bool {
	e := r.app.Ended()
	return r.state == askAccepted && !r.app.Operation.FollowsUp() && Void(l.Status) && (e.Repeated || l.Status == LOADeleted) &&
		asked.Sub(latest(e.At, e.Tried)) < SettlingTime
}

// outdated reports whether a valid status may be older than the rejection that an earlier lookup saw.
func (r *row) outdated(l LOA, asked time.Time) bool {
	e := r.app.Ended()
	return (r.state == askFirst || r.state == askVoid) && Void(e.LOAStatus) && l.Status != "" && !Void(l.Status) &&
		!e.Tried.IsZero() && asked.Sub(e.Tried) < SettlingTime
}

// found returns the event of an answered lookup.
func (r *row) found(l LOA, asked time.Time) event {
	state := operations[r.app.Operation].judge(&r.app, l)
	valid := state == loaOurs || state == loaOther
	early := r.state.open() && asked.Sub(r.tried) < SettlingTime
	stale := early && r.older // the status may be an earlier LOA's, from before its rejection
	r.older = r.older || state == loaVoid
	if state == loaVoid && r.voidSeen.IsZero() && r.state != askElsewhere {
		r.voidSeen = asked.Round(0).UTC()
	}
	r.app.First = r.app.First || r.state == askFirst && state == loaNone
	switch {
	case valid && stale:
		return evVoidEarly
	case valid && r.edited():
		return evEdited
	case state == loaOurs && !r.sent.IsZero():
		return evOurs
	case valid:
		return evOther
	case r.app.Operation.FollowsUp() && !r.state.open() && r.app.recent(asked):
		return r.notShown()
	case state == loaWaiting && !r.state.open():
		return evWaiting
	case (r.state == askConflict || r.state == askRefused && early) && r.rechecks < maxRechecks:
		r.rechecks++
		return evLagging
	case state != loaNone && early:
		return evVoidEarly
	case state == loaWaiting:
		return evWaiting
	case state == loaVoid && r.app.ReapplyRejected:
		return evVoidRepeat
	case state == loaVoid:
		return evVoid
	case early:
		return evNoneEarly
	case r.app.Ended().Accepted && r.app.Ended().Edited:
		return evNoneEdited
	case r.app.Ended().Accepted:
		return evNoneAccepted
	}
	return evNone
}

// notShown is the event of a lookup that may not yet show what was accepted before.
func (r *row) notShown() event {
	switch {
	case r.state != askAccepted:
		return evWaiting
	case r.app.Ended().Edited:
		return evNoneEdited
	}
	return evNoneAccepted
}

// edited reports whether the row differs from the earlier application to which a valid LOA would
// belong.
func (r *row) edited() bool {
	switch r.state {
	case askElsewhere, askFirst, askReady:
		return r.app.Moved != nil
	case askChanged:
		return r.app.Open().Edited
	case askVoid, askAccepted:
		return r.app.Ended().Edited || r.app.Moved != nil
	}
	return false
}

// settle records how a lookup settled the open token, or else the last one.
func (r *row) settle(e event, l LOA, asked time.Time) {
	token := r.app.Ended().Token
	switch {
	case r.begun != "":
		token = r.begun
	case r.state.open():
		token = r.app.Open().Token
	}
	settled := &r.app.Amend().Settled
	*settled = Settlement{Token: token, Result: e.settles(), LOAStatus: l.Status}
	if e.settles() == sheet.Already {
		settled.Seen = latest(r.tried, asked.Round(0).UTC())
		ours := r.state != askConflict && !r.mismatch && operations[r.app.Operation].judge(&r.app, l) == loaOurs
		settled.Other = token == r.app.Token && !ours
	}
	if e.settles() == sheet.Refused {
		settled.Seen = asked.Round(0).UTC()
	}
	if e.settles() == sheet.Failed {
		r.sent = time.Time{} // this run's attempts were not applied either
	}
}

// on makes the transition of an event. call is the failure behind the event, if it was one.
func (r *row) on(e event, call *CallError) next {
	t := machine[r.state][e]
	if t.effect == impossible { // nothing is certain, so nothing more is sent
		t = machine[r.state][evInterrupted]
	}
	r.state = t.to
	switch t.effect {
	case wait:
		return next{wait: r.pause(e, call)}
	case waitShown:
		return next{wait: max(r.pause(e, call), showTime)}
	case waitLast:
		return next{wait: max(r.pause(e, call), lastShowTime)}
	case repeat:
		r.app = r.app.repeated(r.loaStatus)
	case start:
		r.goOn()
	case halt:
		return next{stop: true, code: call.Code}
	case haltRegion:
		return next{stopRegion: true, code: call.Code}
	case finish:
		return r.finish(t.result, t.reason)
	}
	return next{}
}

// goOn starts the row according to its own region's past, once the application in another region is
// settled. If the LOA there was rejected, a lookup tells whether it is this circuit's as well; a
// valid status is then older than the rejection.
func (r *row) goOn() {
	if !Void(r.loaStatus) || r.app.Start > StartAccepted {
		r.app.Moved = nil
	} else if r.app.Start == StartSend {
		r.app.Start = StartFirst
	}
	r.app.Elsewhere, r.loaStatus, r.requestID = nil, "", ""
	r.start()
}

// pause is the backoff before the call that follows an event.
func (r *row) pause(e event, call *CallError) time.Duration {
	switch {
	case e == evLagging:
		return r.backoff(r.rechecks, 0)
	case e == evMute:
		return r.backoff(r.lookups, call.Wait)
	case call != nil:
		return r.backoff(r.attempts, call.Wait)
	}
	return 0
}

// lookupFailed decides what to do after a failed lookup.
func (r *row) lookupFailed(err error) next {
	code, id := r.code, r.requestID
	call := r.failed(err)
	if r.attempts > 0 {
		r.code, r.requestID = code, id // the row keeps showing the answer to its application
	}
	r.lookups++
	switch {
	case call.Class == RunFatal:
		return r.on(evRunFatal, call)
	case call.Class == RegionFatal:
		return r.on(evRegionFatal, call)
	case call.Class == Refused, r.lookups >= r.max: // a refused lookup would be refused again
		return r.on(evMuteOver, call)
	}
	return r.on(evMute, call)
}

// finish gives the row its outcome.
func (r *row) finish(result sheet.Result, reason Reason) next {
	o := r.app.Outcome(result, reason)
	o.Attempts, o.ErrorCode, o.RequestID, o.Settled = r.attempts, r.code, r.requestID, r.app.Settled()
	n := next{done: true}
	switch {
	case reason == ReasonLOARejected && r.app.Operation.FollowsUp() && r.loaStatus != LOARejected:
		o.Reason = ReasonNoLOA
	case reason == ReasonReview && r.begun == "":
		r.app.disown(&o)
	}
	switch result {
	case sheet.Invalid:
		n.problem = cmp.Or(r.app.Moved, r.app.Changed)
		o.Token, o.Generation, o.ErrorCode, o.RequestID = "", 0, n.problem.Code, ""
	case sheet.Unknown:
		o.Tried = r.tried.Round(0)
	case sheet.Refused:
		if r.code == CodeCircuitStatus {
			o.CircuitState = r.app.Status
		}
		if Void(r.loaStatus) {
			o.LOAStatus = r.loaStatus
			o.Settled.Seen = latest(o.Settled.Seen, r.voidSeen)
		}
	}
	r.attribute(&o)
	n.outcome = o
	return n
}

// attribute assigns an outcome for which nothing was sent to the earlier application that it is
// about.
func (r *row) attribute(o *Outcome) {
	earlier := r.app.Ended()
	if r.app.state().open() && o.Reason != ReasonNotListed {
		earlier = r.app.pending()
	}
	if earlier.Region != "" {
		o.Token, o.Generation = "", 0 // not about the circuit in this region
		return
	}
	several := r.begun == "" && earlier.Token == "" && r.app.Copied().Token != ""
	switch {
	case several && (o.Result == sheet.Already || o.Result == sheet.Unknown):
		o.Token, o.Generation = r.app.Copied().Token, r.app.Copied().Generation
		return
	case r.begun == "" && earlier.Token == "" && o.Result == sheet.Already:
		r.app.disown(o)
		return
	case r.begun == "" && earlier.Token == "" && o.Result == sheet.Unknown: // which application is not known
		o.Token, o.Generation = r.app.Circuit.LastRun().ClientToken, 0
		return
	}
	if r.begun != "" || earlier.Token == "" || !o.ConcernsCircuit() {
		return
	}
	o.Token, o.Generation = earlier.Token, earlier.Generation
	if earlier.Accepted && o.Result == sheet.Already {
		o.RequestID, o.SubmittedAt = cmp.Or(earlier.RequestID, o.RequestID), earlier.At
	}
}

// decided adds what a lookup saw to the outcome that it decided.
func (r *row) decided(o *Outcome, l LOA) {
	switch o.Reason {
	case ReasonAnswerLost:
		o.SubmittedAt = r.sent
		fallthrough
	case ReasonLOAExists:
		o.ErrorCode = ""
		fallthrough
	case ReasonLOARejected, ReasonNoLOA, ReasonReview:
		if o.SubmittedAt.IsZero() || o.Reason == ReasonAnswerLost {
			o.RequestID = cmp.Or(l.RequestID, o.RequestID)
		}
	}
	o.LOAStatus = l.Status
}

// interrupted gives the row its outcome when the run or its region ends first.
func (r *row) interrupted(reason Reason) Outcome {
	o := r.on(evInterrupted, nil).outcome
	if o.Reason == ReasonInterrupted {
		o.Reason = reason
	}
	return o
}

// failed records the fields of a failed call.
func (r *row) failed(err error) *CallError {
	var call *CallError
	if !errors.As(err, &call) {
		call = &CallError{Class: MaybeReceived, Code: "(unclassified)", Unsettled: true}
	}
	r.code = call.Code
	r.requestID = call.RequestID
	return call
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
