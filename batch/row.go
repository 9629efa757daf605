package batch

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// row is one application on its way: a state machine without clock or goroutine,
// which is told what a call came to and says what comes next.
type row struct {
	app      Application
	slot     int32 // its place among the outcomes
	attempts int   // applications sent in this run
	lookups  int   // failed lookups since the last that was answered
	doubts   int   // lookups that contradicted the answer that led to them
	max      int   // bound of attempts and of lookups

	begun     bool // the ledger knows that it is about to be sent
	look      why  // why the next call is a lookup; no when it is an application
	open      bool // an attempt since the last answered lookup may have been applied
	unsettled bool // an attempt of this run may have been applied
	lost      bool // so it is with one that had no answer at all
	fatal     bool // the last attempt got an answer that holds for every row

	code      string    // of the last failure
	requestID string    // of the last answer
	tried     time.Time // when the last application was answered or given up, UTC
	due       time.Time // when the next call may be made; zero means now
}

// why is the reason of a lookup.
type why uint8

const (
	no     why = iota // no lookup: the next call is an application
	past              // an earlier run may have applied
	lost              // an attempt of this run may have been applied
	exists            // the API says that an LOA stands against it
	last              // attempts ran out and one may have been applied
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

func newRow(a *Application, slot int32, attempts int) *row {
	r := &row{app: *a, slot: slot, max: attempts}
	if a.LookUpFirst {
		r.look = past
	}
	return r
}

// end gives the row its outcome.
func (r *row) end(result sheet.Result, reason Reason) next {
	o := r.app.Outcome(result, reason)
	o.Attempts, o.ErrorCode, o.RequestID = r.attempts, r.code, r.requestID
	settled := r.look == past && (result == sheet.Already || result == sheet.Refused)
	if before := r.app.Previous; settled && before.Token != "" {
		o.Token, o.Generation = before.Token, before.Generation // nothing was sent: it is about that one
	}
	return next{done: true, outcome: o}
}

// endWith gives the row an outcome that a lookup decided.
func (r *row) endWith(result sheet.Result, reason Reason, l LOA) next {
	n := r.end(result, reason)
	n.outcome.LOAStatus = l.Status
	if result != sheet.Refused {
		n.outcome.ErrorCode = ""
	}
	if l.RequestID != "" {
		n.outcome.RequestID = l.RequestID
	}
	if before := r.app.Previous; r.look == past && result == sheet.Already && before.Accepted {
		n.outcome.RequestID = cmp.Or(before.RequestID, n.outcome.RequestID) // the answer that accepted it
		n.outcome.SubmittedAt = before.At
	}
	return n
}

// cut gives the row its outcome when the run or its region ends before it does.
func (r *row) cut(reason Reason) Outcome {
	if r.unsettled || r.app.Open {
		return r.end(sheet.Unknown, ReasonUnsettled).outcome
	}
	if r.fatal {
		reason = ReasonRefusedAll
	}
	return r.end(sheet.NotAttempted, reason).outcome
}

// failed takes the fields of a failed call.
func (r *row) failed(err error) *CallError {
	var call *CallError
	if !errors.As(err, &call) {
		call = &CallError{Class: MaybeReceived, Code: "(unclassified)", Unsettled: true}
	}
	r.code = call.Code
	r.requestID = call.RequestID
	return call
}

// Backoff: full jitter under a ceiling that doubles from half a second to twenty
// seconds, so that five attempts last about half a quota window and a fleet of rows
// that failed together comes back spread out.
const (
	backoffBase = 500 * time.Millisecond
	backoffCap  = 20 * time.Second
)

// backoff gives the wait before call n+1 of a row, never below the server's hint.
func backoff(n int, hint time.Duration) time.Duration {
	ceiling := backoffCap
	if shift := max(n-1, 0); shift < 6 {
		ceiling = min(backoffCap, backoffBase<<shift)
	}
	return max(hint, rand.N(ceiling)+time.Millisecond)
}
