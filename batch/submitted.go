package batch

import (
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// submitted is told what an attempt came to.
func (r *row) submitted(receipt Receipt, err error) next {
	if err == nil {
		r.code, r.requestID = "", receipt.RequestID
		n := r.end(sheet.Submitted, ReasonAccepted)
		n.outcome.SubmittedAt = receipt.At
		return n
	}
	call := r.failed(err)
	if call.Unsettled || call.Class == MaybeReceived {
		r.open, r.unsettled = true, true
		r.lost = r.lost || call.Status == 0
	}
	switch call.Class {
	case Refused:
		if call.Code == codeLOAExists {
			r.look = exists
			return next{}
		}
		return r.end(sheet.Refused, ReasonRefused)
	case RunFatal:
		r.fatal = true
		return next{stop: true, code: call.Code}
	case RegionFatal:
		return next{stopRegion: true, code: call.Code}
	}
	return r.later(call)
}

// What an unanswered attempt does may take a moment to show: a lookup waits for it, the
// last one, on which the result hangs, longest.
const (
	settleTime     = time.Second
	lastSettleTime = 5 * time.Second
)

// later decides after an attempt that may succeed another time.
func (r *row) later(call *CallError) next {
	n := next{wait: backoff(r.attempts, call.Wait)}
	switch {
	case r.attempts < r.max && r.open:
		r.look = lost
		n.wait = max(n.wait, settleTime)
	case r.attempts < r.max:
	case r.unsettled:
		r.look = last
		n.wait = max(n.wait, lastSettleTime)
	default:
		return r.end(sheet.Failed, ReasonAttempts)
	}
	return n
}
