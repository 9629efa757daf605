package batch

import "github.com/loabatch/loabatch/sheet"

// found is told what a lookup came to.
func (r *row) found(l LOA, ok bool, err error) next {
	if err != nil {
		return r.blind(err)
	}
	r.lookups, r.open = 0, false
	switch {
	case !ok:
		return r.absent(l)
	case Void(l.Status):
		return r.void(l)
	}
	return r.standing(l)
}

// standing decides when the circuit has an LOA: ours, if this run may have applied for
// it and it says the same.
func (r *row) standing(l LOA) next {
	if r.unsettled && sameContent(&r.app, l) {
		n := r.endWith(sheet.Submitted, ReasonAnswerLost, l)
		n.outcome.SubmittedAt = r.tried
		return n
	}
	return r.endWith(sheet.Already, ReasonLOAExists, l)
}

// void decides when the circuit has an LOA that was rejected or deleted.
func (r *row) void(l LOA) next {
	switch {
	case r.look == past && r.app.ReapplyRejected:
		r.app = r.app.reapplied(l.Status)
		r.look = no
		return next{}
	case r.look == exists && r.unsettled && r.doubt():
		return next{wait: max(backoff(r.doubts, 0), settleTime)}
	case r.look == past, r.look == exists:
		return r.endWith(sheet.Refused, ReasonLOARejected, l)
	}
	return r.absent(l) // it is an older one: the attempt of this run did not arrive
}

// absent decides when the circuit has no LOA that this row could have made.
func (r *row) absent(l LOA) next {
	switch r.look {
	case exists:
		switch {
		case r.doubt():
			return next{wait: max(backoff(r.doubts, 0), settleTime)}
		case r.unsettled:
			return r.end(sheet.Unknown, ReasonUnsettled)
		}
		return r.end(sheet.Refused, ReasonRefused)
	case last:
		if r.lost {
			return r.end(sheet.Unknown, ReasonUnsettled)
		}
		n := r.end(sheet.Failed, ReasonAttempts)
		n.outcome.LOAStatus = l.Status
		return n
	}
	if r.look == past && r.app.Accepted {
		r.app = r.app.reapplied(l.Status)
	}
	r.look = no
	return next{}
}

// maxDoubts is how often a lookup is repeated that contradicts the answer that led to
// it: what lookups tell may lag behind what was applied for.
const maxDoubts = 3

func (r *row) doubt() bool {
	r.doubts++
	return r.doubts <= maxDoubts
}

// blind decides when a lookup failed.
func (r *row) blind(err error) next {
	before, id := r.code, r.requestID
	call := r.failed(err)
	if r.attempts > 0 {
		r.code, r.requestID = before, id // the row shows what its application came to
	}
	r.lookups++
	switch {
	case call.Class == RunFatal:
		return next{stop: true, code: call.Code}
	case call.Class == RegionFatal:
		return next{stopRegion: true, code: call.Code}
	case call.Class == Refused && (r.look == past || r.look == lost):
		r.look = no // no answer will come; the token keeps a second application from having an effect
		return next{}
	case call.Class != Refused && r.lookups < r.max:
		return next{wait: backoff(r.lookups, call.Wait)}
	case r.look == exists && !r.unsettled:
		return r.end(sheet.Refused, ReasonRefused)
	}
	return r.end(sheet.Unknown, ReasonUnsettled)
}
