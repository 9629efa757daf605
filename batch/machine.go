package batch

import "github.com/loabatch/loabatch/sheet"

// state is what is known of a row and what its next call is. From sendOpen on, a token is open.
type state uint8

const (
	sendFresh    state = iota // nothing was sent under this token
	sendClear                 // what was sent under this token is known not to have been applied
	denied                    // the answer to the last attempt applies to every row
	askFirst                  // nothing is open; an LOA may exist
	askVoid                   // the circuit's LOA was rejected or deleted
	askAccepted               // an application was accepted, and a person asks for another one if its LOA was rejected
	askConflict               // the API says that the LOA is in a state that prevents the operation
	askReady                  // the operation requires an LOA in a certain state
	sendOpen                  // the same again under a token that is open
	askElsewhere              // an application is open in another region and has to be settled first
	askResume                 // an earlier run left this application open
	askRepeat                 // an earlier run left this reapplication open
	askChanged                // an earlier run left another application open: this one waits
	askLost                   // an attempt may have been applied, and attempts are left
	askLast                   // likewise, but none are left
	askRefused                // an attempt was refused after one that may have been applied
	ended                     // the row has its outcome
	states       = iota
)

// open reports whether the row's token, or another one of its circuit, is open.
func (s state) open() bool { return s >= sendOpen && s < ended }

// sends reports whether the next call is an application; otherwise it is a lookup.
func (s state) sends() bool { return s <= denied || s == sendOpen }

// event is the result of a call, or the end of the run.
type event uint8

// Events of an attempt. Over means that no attempt is left.
const (
	evAccepted      event = iota
	evPostponed           // not now; not applied
	evPostponedOver       //
	evLost                // it may have been applied
	evLostOver            //
	evRefused             //
	evConflict            // refused because of the state that the LOA is in
	evMismatch            // refused because the token was used before with other parameters
	evRunFatal            // refused, as any row would be
	evRegionFatal         // refused, as any row of the region would be

	// Events of a lookup. Early means that it was asked within the settling time of the
	// last attempt that may have been applied, so that attempt may still take effect.
	evOurs         // a valid LOA with this row's content, which an attempt of this run may have led to
	evOther        // any other valid LOA
	evEdited       // a valid LOA, but the row was edited after the open or accepted application
	evVoid         // a rejected or deleted LOA
	evVoidRepeat   // likewise, and a person asks to apply again (--reapply)
	evVoidEarly    //
	evNone         // no LOA
	evNoneAccepted // likewise, but an application is known to have been accepted
	evNoneEdited   // likewise, and the row was edited since
	evNoneEarly    //
	evWaiting      // the LOA is not yet in the state in which the operation can be sent
	evLagging      // no valid LOA, which contradicts the answer that led to the lookup; it is to be repeated
	evMute         // no meaningful answer
	evMuteOver     // likewise, and it is not to be repeated

	evInterrupted // the run or the region ends first
	events        = iota
)

// effect is what a transition does besides changing the state.
type effect uint8

const (
	impossible effect = iota // the zero transition: the event does not occur in the state
	call                     // the next call at once
	wait                     // the next call after a backoff
	waitShown                // likewise, and long enough for an effect to show
	waitLast                 // likewise, and longest, since that lookup decides the result
	repeat                   // a new generation is sent
	start                    // the row starts as its own region's past says
	halt                     // the run ends
	haltRegion               // the region's rows end
	finish                   // the row has its outcome
)

// transition is what a state does on an event.
type transition struct {
	to     state
	effect effect
	result sheet.Result // of finish
	reason Reason
}

func ends(result sheet.Result, reason Reason) transition {
	return transition{ended, finish, result, reason}
}

func then(to state, e effect) transition { return transition{to: to, effect: e} }

// The outcomes.
var (
	endSubmitted  = ends(sheet.Submitted, ReasonAccepted)
	endLost       = ends(sheet.Submitted, ReasonAnswerLost)
	endAlready    = ends(sheet.Already, ReasonLOAExists)
	endNotListed  = ends(sheet.Already, ReasonNotListed)
	endInvalid    = ends(sheet.Invalid, ReasonInvalid)
	endRefused    = ends(sheet.Refused, ReasonRefused)
	endVoid       = ends(sheet.Refused, ReasonLOARejected)
	endReview     = ends(sheet.Already, ReasonReview)
	endFailed     = ends(sheet.Failed, ReasonAttempts)
	endUnsettled  = ends(sheet.Unknown, ReasonUnsettled)
	endSettling   = ends(sheet.Unknown, ReasonSettling)
	endUnasked    = ends(sheet.NotAttempted, ReasonUnasked)
	endNotReached = ends(sheet.NotAttempted, ReasonInterrupted)
	endRefusedAll = ends(sheet.NotAttempted, ReasonRefusedAll)
)

// machine is the state machine of a row; the package comment describes it. A lookup that says "none
// there" or "rejected" too early never leads to another token.
var machine = [states][events]transition{
	sendFresh: sending(sendFresh, endNotReached, then(askRefused, call)),
	sendClear: sending(sendClear, endNotReached, endRefused), // a mismatch says nothing new
	denied:    sending(sendFresh, endRefusedAll, then(askRefused, call)),
	sendOpen: {
		evAccepted: endSubmitted, evPostponed: then(sendOpen, wait), evPostponedOver: then(askLast, waitLast),
		evLost: then(askLost, waitShown), evLostOver: then(askLast, waitLast),
		evRefused: then(askRefused, call), evConflict: then(askRefused, call), evMismatch: then(askRefused, call),
		evRunFatal: then(sendOpen, halt), evRegionFatal: then(sendOpen, haltRegion), evInterrupted: endUnsettled,
	},
	askFirst: asking(askFirst, endNotReached, map[event]transition{
		evOurs: endAlready, evOther: endAlready, evVoid: endVoid, evVoidRepeat: then(sendFresh, repeat),
		evNone: then(sendFresh, call), evMuteOver: then(sendFresh, call),
	}),
	askVoid: asking(askVoid, endNotReached, map[event]transition{
		evOurs: endAlready, evOther: endAlready, evVoid: endVoid, evVoidRepeat: then(sendFresh, repeat),
		evNone: endVoid, evMuteOver: endUnasked,
	}),
	askAccepted: asking(askAccepted, endNotReached, map[event]transition{
		evOurs: endAlready, evOther: endAlready, evVoidRepeat: then(sendFresh, repeat), evVoid: endVoid,
		evNoneAccepted: endNotListed, evNone: endNotListed, evMuteOver: endUnasked,
	}),
	askConflict: asking(askConflict, endNotReached, map[event]transition{
		evOurs: endAlready, evOther: endAlready, evVoid: endVoid, evVoidRepeat: endVoid,
		evNone: endRefused, evNoneAccepted: endRefused, evNoneEdited: endRefused, evMuteOver: endRefused,
	}),
	askReady: asking(askReady, endNotReached, map[event]transition{
		evOurs: endAlready, evOther: endAlready, evVoid: endVoid, evNone: then(sendFresh, call), evMuteOver: endUnasked,
	}),
	askElsewhere: asking(askElsewhere, endUnsettled, map[event]transition{
		evWaiting: then(sendFresh, start),
		evOther:   then(sendFresh, start), evVoid: then(sendFresh, start), evVoidRepeat: then(sendFresh, start),
		evNone: then(sendFresh, start), evNoneAccepted: then(sendFresh, start), evNoneEdited: then(sendFresh, start),
		evVoidEarly: endSettling, evNoneEarly: endSettling, evMuteOver: endUnsettled,
	}),
	askResume: asking(askResume, endUnsettled, map[event]transition{
		evOurs: endLost, evOther: endAlready, evVoid: endVoid, evVoidRepeat: then(sendFresh, repeat), evVoidEarly: endSettling,
		evNone: then(sendClear, call), evNoneEarly: then(sendOpen, call), evMuteOver: then(sendOpen, call),
		evNoneAccepted: endNotListed,
	}),
	askRepeat: asking(askRepeat, endUnsettled, map[event]transition{
		evOurs: endLost, evOther: endAlready,
		evVoid: then(sendClear, call), evVoidRepeat: then(sendClear, call), evVoidEarly: then(sendOpen, call),
		evNone: then(sendClear, call), evNoneAccepted: then(sendClear, call), evNoneEdited: then(sendClear, call),
		evNoneEarly: then(sendOpen, call), evMuteOver: then(sendOpen, call),
	}),
	askChanged: asking(askChanged, endUnsettled, map[event]transition{
		evOurs: endAlready, evOther: endAlready, evVoid: endVoid, evVoidRepeat: then(sendFresh, repeat), evVoidEarly: endSettling,
		evNone: then(sendFresh, call), evNoneAccepted: endNotListed, evNoneEarly: endSettling, evMuteOver: endUnsettled,
	}),
	askLost: asking(askLost, endUnsettled, map[event]transition{
		evOurs: endLost, evOther: endAlready, // a void LOA is an older one: this attempt has not arrived, or not yet
		evVoid: then(sendClear, call), evVoidRepeat: then(sendClear, call), evVoidEarly: then(sendOpen, call),
		evNone: then(sendClear, call), evNoneAccepted: then(sendClear, call), evNoneEdited: then(sendClear, call),
		evNoneEarly: then(sendOpen, call), evMuteOver: then(sendOpen, call),
	}),
	askLast: asking(askLast, endUnsettled, map[event]transition{
		evOurs: endLost, evOther: endAlready,
		evVoid: endFailed, evVoidRepeat: endFailed, evVoidEarly: endUnsettled,
		evNone: endFailed, evNoneAccepted: endFailed, evNoneEdited: endFailed, evNoneEarly: endUnsettled, evMuteOver: endUnsettled,
	}),
	askRefused: asking(askRefused, endUnsettled, map[event]transition{
		evOurs: endLost, evOther: endAlready,
		evVoid: endVoid, evVoidRepeat: then(sendFresh, repeat), evVoidEarly: endSettling,
		evNone: endRefused, evNoneAccepted: endRefused, evNoneEdited: endRefused, evNoneEarly: endSettling, evMuteOver: endUnsettled,
	}),
}

// sending is the row of a state in which nothing is open.
func sending(s state, interrupted, mismatch transition) [events]transition {
	return [events]transition{
		evAccepted: endSubmitted, evPostponed: then(s, wait), evPostponedOver: endFailed,
		evLost: then(askLost, waitShown), evLostOver: then(askLast, waitLast),
		evRefused: endRefused, evConflict: then(askConflict, call), evMismatch: mismatch,
		evRunFatal: then(denied, halt), evRegionFatal: then(s, haltRegion), evInterrupted: interrupted,
	}
}

// asking is the row of a state in which the next call is a lookup.
func asking(s state, interrupted transition, own map[event]transition) (row [events]transition) {
	row[evEdited], row[evNoneEdited], row[evWaiting] = endInvalid, endInvalid, endReview
	row[evLagging], row[evMute] = then(s, waitShown), then(s, wait)
	row[evRunFatal], row[evRegionFatal] = then(s, halt), then(s, haltRegion)
	row[evInterrupted] = interrupted
	for e, t := range own {
		row[e] = t
	}
	return row
}

// settles returns the result that a lookup gives the application that an earlier run left open, or
// none.
func (e event) settles() sheet.Result {
	switch e {
	case evOurs, evOther, evEdited:
		return sheet.Already
	case evVoid, evVoidRepeat:
		return sheet.Refused
	case evNone, evNoneAccepted, evNoneEdited, evWaiting:
		return sheet.Failed
	}
	return ""
}
