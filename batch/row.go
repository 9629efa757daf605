package batch

import (
	"cmp"
	"errors"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// row is one application in progress: a state machine without clock or goroutine. It
// takes the result of each call and decides what comes next.
type row struct {
	app      Application
	slot     int32 // its place among the outcomes
	attempts int   // applications sent in this run
	lookups  int   // failed lookups since the last answered one
	rechecks int   // lookups that contradicted the answer that led to them
	max      int   // bound of attempts and of lookups

	begun      bool         // the ledger knows that it is about to be sent
	lookup     lookupReason // why the next call is a lookup, if it is one
	open       bool         // an attempt since the last answered lookup may have been applied
	unsettled  bool         // an attempt of this run may have been applied
	unanswered bool         // such an attempt had no answer at all
	fatal      bool         // the last attempt got an answer that holds for every row

	code      string    // of the last failure
	requestID string    // of the last answer
	tried     time.Time // when the last application was answered or given up, UTC
	due       time.Time // when the next call may be made; zero means now
}

// lookupReason is why the next call of a row is a lookup.
type lookupReason uint8

const (
	notLooking   lookupReason = iota // the next call is an application
	earlierRun                       // an earlier run may have applied
	lostAnswer                       // an attempt of this run may have been applied
	loaExists                        // the API says that the circuit has an LOA
	attemptsOver                     // attempts ran out and one may have been applied
)

// next is what a row does after a call.
type next struct {
	done       bool          // the row has its outcome
	outcome    Outcome       // when done
	wait       time.Duration // otherwise: how long until its next call
	stop       bool          // the run ends: the answer holds for every row
	stopRegion bool          // the region's rows end: the answer holds for all of them
	code       string        // behind stop and stopRegion
}

// The effect of an unanswered attempt may take a moment to show, so a lookup waits for
// it; the last lookup, which decides the result, waits longest.
const (
	settleTime     = time.Second
	lastSettleTime = 5 * time.Second
)

// maxRechecks is how often a lookup that contradicts the answer that led to it is
// repeated: lookups may lag behind applications.
const maxRechecks = 3

func newRow(a *Application, slot int32, attempts int) *row {
	r := &row{app: *a, slot: slot, max: attempts}
	if a.LookUpFirst {
		r.lookup = earlierRun
	}
	return r
}

// submitted takes the result of an attempt.
func (r *row) submitted(receipt Receipt, err error) next {
	if err == nil {
		r.code, r.requestID = "", receipt.RequestID
		n := r.finish(sheet.Submitted, ReasonAccepted)
		n.outcome.SubmittedAt = receipt.At
		return n
	}
	call := r.failed(err)
	if call.Unsettled || call.Class == MaybeReceived {
		r.open, r.unsettled = true, true
		r.unanswered = r.unanswered || call.Status == 0
	}
	switch call.Class {
	case Refused:
		if call.Code == operations[r.app.Operation].conflict {
			r.lookup = loaExists
			return next{}
		}
		return r.finish(sheet.Refused, ReasonRefused)
	case RunFatal:
		r.fatal = true
		return next{stop: true, code: call.Code}
	case RegionFatal:
		return next{stopRegion: true, code: call.Code}
	}
	return r.later(call)
}

// later decides after an attempt that may succeed if it is repeated.
func (r *row) later(call *CallError) next {
	n := next{wait: backoff(r.attempts, call.Wait)}
	switch {
	case r.attempts < r.max && r.open:
		r.lookup = lostAnswer
		n.wait = max(n.wait, settleTime)
	case r.attempts < r.max:
	case r.unsettled:
		r.lookup = attemptsOver
		n.wait = max(n.wait, lastSettleTime)
	default:
		return r.finish(sheet.Failed, ReasonAttempts)
	}
	return n
}

// lookedUp takes the result of a lookup.
func (r *row) lookedUp(l LOA, ok bool, err error) next {
	if err != nil {
		return r.lookupFailed(err)
	}
	r.lookups, r.open = 0, false
	if !ok {
		return r.foundNone(l)
	}
	state := operations[r.app.Operation].judge(&r.app, l)
	if state == loaVoid {
		return r.foundVoid(l)
	}
	if state == loaOurs && r.unsettled {
		n := r.finishWith(sheet.Submitted, ReasonAnswerLost, l)
		n.outcome.SubmittedAt = r.tried
		return n
	}
	return r.finishWith(sheet.Already, ReasonLOAExists, l)
}

// foundVoid decides when the circuit has an LOA that was rejected or deleted.
func (r *row) foundVoid(l LOA) next {
	switch {
	case r.lookup == earlierRun && r.app.ReapplyRejected:
		r.app = r.app.repeated(l.Status)
		r.lookup = notLooking
		return next{}
	case r.lookup == loaExists && r.unsettled && r.recheck():
		return next{wait: max(backoff(r.rechecks, 0), settleTime)}
	case r.lookup == earlierRun, r.lookup == loaExists:
		return r.finishWith(sheet.Refused, ReasonLOARejected, l)
	}
	return r.foundNone(l) // it is an older one: the attempt of this run did not arrive
}

// foundNone decides when the circuit has no LOA that this row could have made.
func (r *row) foundNone(l LOA) next {
	switch r.lookup {
	case loaExists:
		switch {
		case r.recheck():
			return next{wait: max(backoff(r.rechecks, 0), settleTime)}
		case r.unsettled:
			return r.finish(sheet.Unknown, ReasonUnsettled)
		}
		return r.finish(sheet.Refused, ReasonRefused)
	case attemptsOver:
		if r.unanswered {
			return r.finish(sheet.Unknown, ReasonUnsettled)
		}
		n := r.finish(sheet.Failed, ReasonAttempts)
		n.outcome.LOAStatus = l.Status
		return n
	}
	if r.lookup == earlierRun && r.app.Accepted {
		r.app = r.app.repeated(l.Status)
	}
	r.lookup = notLooking
	return next{}
}

func (r *row) recheck() bool {
	r.rechecks++
	return r.rechecks <= maxRechecks
}

// lookupFailed decides when a lookup failed.
func (r *row) lookupFailed(err error) next {
	code, id := r.code, r.requestID
	call := r.failed(err)
	if r.attempts > 0 {
		r.code, r.requestID = code, id // the row shows the answer to its application
	}
	r.lookups++
	switch {
	case call.Class == RunFatal:
		return next{stop: true, code: call.Code}
	case call.Class == RegionFatal:
		return next{stopRegion: true, code: call.Code}
	case call.Class == Refused && !call.Denied && (r.lookup == earlierRun || r.lookup == lostAnswer):
		r.lookup = notLooking // no answer will come; the token keeps a second application from having an effect
		return next{}
	case call.Class != Refused && r.lookups < r.max:
		return next{wait: backoff(r.lookups, call.Wait)}
	case r.lookup == loaExists && !r.unsettled:
		return r.finish(sheet.Refused, ReasonRefused)
	}
	return r.finish(sheet.Unknown, ReasonUnsettled)
}

// finish gives the row its outcome.
func (r *row) finish(result sheet.Result, reason Reason) next {
	o := r.app.Outcome(result, reason)
	o.Attempts, o.ErrorCode, o.RequestID = r.attempts, r.code, r.requestID
	settled := r.lookup == earlierRun && (result == sheet.Already || result == sheet.Refused)
	if previous := r.app.Previous; settled && previous.Token != "" {
		o.Token, o.Generation = previous.Token, previous.Generation // nothing was sent: the outcome is that of the previous one
	}
	return next{done: true, outcome: o}
}

// finishWith gives the row an outcome that a lookup decided.
func (r *row) finishWith(result sheet.Result, reason Reason, l LOA) next {
	n := r.finish(result, reason)
	n.outcome.LOAStatus = l.Status
	if result != sheet.Refused {
		n.outcome.ErrorCode = ""
	}
	if l.RequestID != "" {
		n.outcome.RequestID = l.RequestID
	}
	if previous := r.app.Previous; r.lookup == earlierRun && result == sheet.Already && previous.Accepted {
		n.outcome.RequestID = cmp.Or(previous.RequestID, n.outcome.RequestID) // the answer that accepted it
		n.outcome.SubmittedAt = previous.At
	}
	return n
}

// interrupted gives the row its outcome when the run or its region ends first.
func (r *row) interrupted(reason Reason) Outcome {
	if r.unsettled || r.app.Open {
		return r.finish(sheet.Unknown, ReasonUnsettled).outcome
	}
	if r.fatal {
		reason = ReasonRefusedAll
	}
	return r.finish(sheet.NotAttempted, reason).outcome
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
