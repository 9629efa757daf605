package batch

import (
	"fmt"
	"time"

	"github.com/loabatch/loabatch/batch/quota"
)

var _ quota.Throttling = (*CallError)(nil)

// Class sorts a failed call by what it means for the row and for the run. A call is
// classified once, at the rim, by type and code, never by searching text.
type Class uint8

// The classes.
const (
	NotSent       Class = iota // no connection was obtained: the API surely saw nothing; try later
	TryLater                   // answered: not now (throttled, busy, conflict); try later under the same token
	Refused                    // answered: no, for good
	RunFatal                   // answered: no, for every row (credentials, permission, arrears)
	RegionFatal                // no row of this region can be sent (unknown region, no such host)
	MaybeReceived              // no whole answer, or a 5xx: it may have taken effect; look up, then try later
)

// String gives the class's name for logs.
func (c Class) String() string {
	return [...]string{"not-sent", "try-later", "refused", "run-fatal", "region-fatal", "maybe-received"}[c]
}

// CallError is a failed call. It holds fields only: no URL, no header and no message
// of the server, since those quote personal data, tokens and keys.
type CallError struct {
	Class     Class
	Code      string        // the API's error code, or ours in brackets, such as (timeout), (connection-reset)
	RequestID string        // may be empty
	Status    int           // HTTP status; 0 when there was no answer
	Throttled bool          // the answer was about the quota
	Wait      time.Duration // the server's hint: a floor for the next attempt, already capped; 0 when it gave none
	Unsettled bool          // the API may hold the application: always so for MaybeReceived, and for *TokenProcessing
}

// Throttling implements [quota.Throttling].
func (e *CallError) Throttling() (time.Duration, bool) { return e.Wait, e.Throttled }

// Error gives the fields for a log.
func (e *CallError) Error() string {
	return fmt.Sprintf("%s: %s (HTTP %d)", e.Class, e.Code, e.Status)
}
