package cloud

import (
	"context"
	"net/http"
	"time"

	"github.com/loabatch/loabatch/batch"
)

// classify says what came of a call, from what was seen on the wire. Unread tells that
// the SDK could not make sense of the answer, which makes an odd one of a success.
// The error is a *batch.CallError, or the caller's context error when nothing was sent
// because of it.
func classify(ctx context.Context, x *exchange, unread bool) (answer, error) {
	if !x.answered() {
		return answer{}, unanswered(ctx, x)
	}
	a := parseAnswer(x.body, x.private)
	e := &batch.CallError{Class: batch.MaybeReceived, Code: a.code, RequestID: a.requestID, Status: x.status, Unsettled: true}
	if x.status/100 == 2 {
		if a.parsed && a.code == "" && a.requestID != "" && !unread {
			return a, nil
		}
		e.Throttled = ruleFor(a.code).throttled
	} else {
		byRule(e)
	}
	if e.Code == "" {
		e.Code = oddCode(x)
	}
	if e.RequestID == "" {
		e.RequestID = x.headerID()
	}
	if e.Throttled || e.Class == batch.TryLater || x.status/100 == 5 {
		e.Wait = waitHint(x.header, time.Now())
	}
	return a, e
}

// byRule sorts an answer that is no success, by its code and status. A 5xx may have
// taken effect whatever its code, unless the quota stopped it before that.
func byRule(e *batch.CallError) {
	r := ruleFor(e.Code)
	switch {
	case r.throttled || e.Status == http.StatusTooManyRequests:
		e.Class, e.Throttled, e.Unsettled = batch.TryLater, true, false
	case e.Status/100 == 4 && e.Code != "":
		e.Class, e.Unsettled = r.class, r.unsettled
	}
}

// oddCode names an answer that has no code of its own.
func oddCode(x *exchange) string {
	switch {
	case x.status == http.StatusTooManyRequests:
		return codeThrottled
	case x.status/100 == 5:
		return codeServerError
	case x.status/100 == 3:
		return codeRedirect
	case len(x.body) == 0:
		return codeEmpty
	}
	return codeOddAnswer
}

// unanswered sorts a call that got no whole answer. Without a connection nothing was
// sent; with one, anything may have been.
func unanswered(ctx context.Context, x *exchange) error {
	if x.gotConn.Load() {
		return &batch.CallError{Class: batch.MaybeReceived, Code: lostCode(ctx, x), RequestID: x.headerID(), Status: x.status, Unsettled: true}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if x.sent == 0 {
		return &batch.CallError{Class: batch.NotSent, Code: codeClient}
	}
	class, code := dialFailure(x)
	return &batch.CallError{Class: class, Code: code}
}
