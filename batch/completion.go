package batch

import (
	"slices"
	"strings"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// Complete and Confirm are the steps after an application. Both require an LOA in a certain state,
// and take it to the next:
//
//	Complete  Available to Completing. Lookups show line code and label of the completion.
//	Confirm   Completing to Complete, and the circuit from Allocated to Confirmed.
//
// An LOA in the earlier state shows that the operation has had no effect, as a missing LOA does
// for Apply.

// codeNotAvailable says that the LOA is not in a state in which construction can be
// reported as finished.
const codeNotAvailable = "OperationDenied.LOAStatusNotAllowComplete"

// codeUnfinished matches the refusals for a circuit whose construction was not reported as finished.
const codeUnfinished = "OperationUnsupported.*"

// completeContent is the content of Complete.
func completeContent(d *digest, a *Application) {
	c := a.Circuit
	d.text("loabatch completion 1")
	d.text(c.LineCode)
	d.text(c.LineLabel)
	d.text(c.LineProvider)
	d.text(c.LineContact.Reveal())
}

// confirmContent is the content of Confirm, whose only parameter is the circuit.
func confirmContent(d *digest, _ *Application) { d.text("loabatch confirmation 1") }

// judgeCompleted says what an LOA means for the report that construction is finished.
func judgeCompleted(a *Application, l LOA) loaState {
	switch l.Status {
	case "", LOARejected, LOADeleted:
		return loaVoid
	case LOAAvailable:
		return loaNone
	case LOACompleting, LOAComplete:
		if emptyOrEqual(l.LineCode, a.Circuit.LineCode) && emptyOrEqual(l.LineLabel, a.Circuit.LineLabel) {
			return loaOurs
		}
		return loaOther
	}
	return loaWaiting
}

// judgeConfirmed says what an LOA and its circuit mean for a confirmation. The API does not show who
// confirmed a circuit.
func judgeConfirmed(_ *Application, l LOA) loaState {
	switch {
	case confirmed(l.CircuitStatus, l.Status):
		return loaOurs
	case l.Status == "" || Void(l.Status):
		return loaVoid
	case l.Status == LOACompleting || l.Status == LOAComplete:
		return loaNone
	}
	return loaWaiting
}

// confirmed reports whether a circuit was confirmed. If its own status is not known, that of its LOA
// tells.
func confirmed(circuitStatus, loaStatus string) bool {
	if circuitStatus == "" {
		return loaStatus == LOAComplete
	}
	return slices.Contains(StatusesAfter, circuitStatus)
}

// loaOf is a circuit's LOA as a survey shows it.
func loaOf(s CircuitState) LOA { return LOA{Status: s.LOAStatus, CircuitStatus: s.Status} }

// FollowsUp reports whether the operation is about an LOA that exists, and not an
// application for one.
func (o Operation) FollowsUp() bool { return o.Place() != PlaceLOA }

// unfit is the outcome of a step that the row cannot take.
func (a *Application) unfit() Outcome {
	o := a.Outcome(sheet.Invalid, ReasonInvalid)
	o.Token, o.Generation, o.ErrorCode = "", 0, a.Unfit
	return o
}

// recent reports whether a lookup may still show an LOA as it was before Ended was accepted.
func (a *Application) recent(asked time.Time) bool {
	if a.Start != StartAccepted && !a.Renewed {
		return false
	}
	return asked.Sub(latest(a.Ended().At, a.Ended().Tried)) < SettlingTime
}

// superseded says that the LOA of Ended is gone: it was void, or has been applied for again since.
func (a *Application) superseded(loaStatus string, asked time.Time) Settlement {
	return Settlement{Token: a.Ended().Token, Result: sheet.Refused, LOAStatus: loaStatus, Seen: asked.Round(0).UTC()}
}

// goesOn reports whether the next step of a row is to be taken after one has ended: it succeeded, or
// had been taken before, and the LOA is in the right state.
func (a *Application) goesOn(o *Outcome) bool {
	switch {
	case a.Then == nil, a.Then.Unfit != "" && o.LOAStatus != LOAAvailable:
		return false
	case o.Result == sheet.Submitted:
		return a.Then.Operation == Confirm && a.Operation == Complete
	case o.Result != sheet.Already || o.Reason == ReasonReview || o.Reason == ReasonNotListed:
		return false
	}
	switch o.LOAStatus {
	case LOAAvailable:
		return a.Then.Operation == Complete
	case LOACompleting, LOAComplete:
		return true
	}
	return false
}

// next is the next step of a row after this one has ended with an outcome. Right after a completion
// was accepted, there is no need to ask whether the circuit can be confirmed, or to consider a
// confirmation from before that completion.
func (a *Application) next(o *Outcome) Application {
	step := *a.Then
	if o.Result != sheet.Submitted {
		return step
	}
	switch step.Start {
	case StartReady:
		step.Start = StartSend
	case StartAccepted:
		step.Start, step.Generation = StartSend, step.Ended().Generation+1
		step.Amend().Ended.Accepted = false
		step.Token = step.DeriveToken()
	}
	return step
}

// Confirms reports whether the row's steps lead to the confirmation of its circuit.
func (a *Application) Confirms() bool {
	for ; a != nil; a = a.Then {
		if a.Operation == Confirm {
			return true
		}
	}
	return false
}

// Shown folds the outcomes of a row's steps into the one that the row shows: that of the last step
// that did something. Attempts are summed over the steps.
func Shown(before, o Outcome) Outcome {
	attempts := before.Attempts + o.Attempts
	if before.Result == sheet.Submitted && (o.Result == sheet.Already || o.Result == sheet.NotAttempted) {
		o = before
	}
	o.Completed = o.Completed || before.Completed || o.Operation == Confirm && before.Operation == Complete && before.Result == sheet.Submitted
	o.Attempts = attempts
	return o
}

func predictComplete(a *Application, s CircuitState) Outcome {
	return predictStep(a, s, judgeCompleted(a, loaOf(s)), codeNotAvailable)
}

func predictConfirm(a *Application, s CircuitState) Outcome {
	o := predictStep(a, s, judgeConfirmed(a, loaOf(s)), CodeCircuitStatus)
	if o.Result == sheet.Valid && s.Status != StatusAllocated {
		o.Result, o.Reason, o.ErrorCode, o.CircuitState = sheet.Blocked, ReasonNotAllocated, CodeCircuitStatus, s.Status
	}
	return o
}

// predictStep predicts a step after the application, given what the LOA means for it.
func predictStep(a *Application, s CircuitState, state loaState, conflict string) Outcome {
	o := a.Outcome(sheet.Blocked, ReasonNoCircuit)
	o.LOAStatus = s.LOAStatus
	if s.InstanceID == "" {
		o.ErrorCode = CodeNoCircuit
		return o
	}
	switch state {
	case loaVoid:
		o.Reason, o.ErrorCode = ReasonNoLOA, conflict
		if s.LOAStatus == LOARejected {
			o.Reason = ReasonLOARejected
		}
	case loaWaiting:
		o.Result, o.Reason = sheet.Already, ReasonReview
	case loaOurs, loaOther:
		o.Result, o.Reason = sheet.Already, ReasonLOAExists
	default:
		o.Result, o.Reason = sheet.Valid, ReasonValid
	}
	return o
}

// Outdone reports whether an outcome says no more than a results copy already shows by a token: that
// of a later step, or that of the same step if the outcome has no token.
func (o *Outcome) Outdone(token string) bool {
	shown, follows := OperationOf(token)
	if o.Result == sheet.Unknown {
		return shown.step() > o.Operation.step() && o.Token == "" // it is about what the copy claims
	}
	return o.Result == sheet.Already && (shown.step() > o.Operation.step() || follows && shown == o.Operation && o.Token == "")
}

// OperationOf returns the operation for which a token was derived, if the token names it; those of
// applications do not.
func OperationOf(token string) (Operation, bool) {
	for o := range Operation(Operations) {
		if uuid, named := strings.CutPrefix(token, operations[o].salt+"-"); named && o.FollowsUp() && Derived(uuid) {
			return o, true
		}
	}
	return Apply, false
}
