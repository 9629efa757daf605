package batch

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/loabatch/loabatch/batch/quota"
)

// Class sorts a failed call by what it means for the row and for the run. A call is
// classified once, in package cloud, by type and code, never by searching text.
type Class uint8

// The classes.
const (
	NotSent       Class = iota // no connection was obtained, so the API saw nothing; try later
	TryLater                   // answered: not now (throttled, busy, conflict); try later under the same token
	Refused                    // answered: rejected
	RunFatal                   // answered: rejected, as any row would be (credentials, permission, arrears)
	RegionFatal                // no row of this region can be sent (unknown region, no such host)
	MaybeReceived              // no complete answer, or a 5xx: it may have taken effect; look up, then try later
)

// Proxy names a proxy without its secrets.
type Proxy struct {
	Variable string // the environment variable that sets it
	Host     string // host:port; empty if the variable's value is malformed
}

// String names the proxy for a log.
func (p Proxy) String() string { return strings.TrimSpace(p.Variable + " " + p.Host) }

// String returns the name of the class, for logs.
func (c Class) String() string {
	return [...]string{"not-sent", "try-later", "refused", "run-fatal", "region-fatal", "maybe-received"}[c]
}

// CallError is a failed call. It contains no URL, header or server message, since
// those quote personal data, tokens and keys.
type CallError struct {
	Class     Class
	Code      string        // the API's error code, or ours in brackets, such as (timeout), (connection-reset)
	RequestID string        // may be empty
	Status    int           // HTTP status; 0 if there was no answer
	Throttled bool          // the answer was about the quota
	Wait      time.Duration // the server's hint: a floor for the next attempt, already capped; 0 if it gave none
	Unsettled bool          // the API may hold the application: always so for MaybeReceived, and for *TokenProcessing
	Denied    bool          // permission was refused: Refused as far as the row is concerned; permission.go decides whether it ends the run
	Proxy     Proxy         // that the call would have gone through; set only if no connection was made
	Ahead     time.Duration // how far our clock is ahead of the service's, if the answer says that this is why the call was rejected; else 0
}

var _ quota.Throttling = (*CallError)(nil)

// Throttling implements [quota.Throttling].
func (e *CallError) Throttling() (time.Duration, bool) { return e.Wait, e.Throttled }

// Error returns the fields, for a log.
func (e *CallError) Error() string {
	return fmt.Sprintf("%s: %s (HTTP %d)", e.Class, e.Code, e.Status)
}

// CodeOf returns the code of a failed call, or the text of any other error.
func CodeOf(err error) string {
	if call, ok := errors.AsType[*CallError](err); ok {
		return call.Code
	}
	return strings.TrimSpace(err.Error())
}

// temporary reports whether the same call may succeed later.
func (e *CallError) temporary() bool {
	return e.Class == NotSent || e.Class == TryLater || e.Class == MaybeReceived
}

// conflicts reports whether a refusal says that the LOA or its circuit is in a state that
// prevents an operation.
func (e *CallError) conflicts(o Operation) bool {
	return slices.ContainsFunc(operations[o].conflicts, func(pattern string) bool { return MatchCode(pattern, e.Code) })
}

// MatchCode reports whether an error code matches a pattern, in which one * matches any
// text, even an empty one, such as InvalidRegionId* or Invalid*.Malformed.
func MatchCode(pattern, code string) bool {
	front, back, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == code
	}
	return len(code) >= len(front)+len(back) && strings.HasPrefix(code, front) && strings.HasSuffix(code, back)
}

// contextEnded reports whether an error says that a context ended.
func contextEnded(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// RetryRead makes a call that changes nothing until it gets a final answer, attempts run
// out, or the context ends. It waits between attempts, and returns the last error.
func RetryRead(ctx context.Context, attempts int, call func() error) error {
	return retryRead(ctx, attempts, backoff, call)
}

func retryRead(ctx context.Context, attempts int, wait func(int, time.Duration) time.Duration, call func() error) error {
	for attempt := 1; ; attempt++ {
		err := call()
		var failed *CallError
		if !errors.As(err, &failed) || !failed.temporary() || attempt >= attempts {
			return err
		}
		select {
		case <-time.After(wait(attempt, failed.Wait)):
		case <-ctx.Done():
			return err
		}
	}
}

// Backoff: full jitter under a ceiling that doubles from half a second to twenty seconds,
// so five attempts take about half a quota window, and rows that failed together are
// retried at different times.
const (
	backoffBase = 500 * time.Millisecond
	backoffCap  = 20 * time.Second
)

// backoff returns the wait before call n+1, never below the server's hint.
func backoff(n int, hint time.Duration) time.Duration {
	return max(hint, rand.N(backoffCeiling(n))+time.Millisecond)
}

// backoff is the wait before the row's next call.
func (r *row) backoff(n int, hint time.Duration) time.Duration {
	return backoffOf(r.app.Token, n, hint)
}

// backoffOf is a backoff whose jitter follows from what is retried: calls that failed together are
// retried at different times, and a run can be replayed exactly.
func backoffOf(name string, n int, hint time.Duration) time.Duration {
	h := fnv.New64a()
	h.Write([]byte(name)) // never fails
	jitter := rand.New(rand.NewPCG(h.Sum64(), uint64(n))).Int64N(int64(backoffCeiling(n)))
	return max(hint, time.Duration(jitter)+time.Millisecond)
}

func backoffCeiling(n int) time.Duration {
	if shift := max(n-1, 0); shift < 6 {
		return min(backoffCap, backoffBase<<shift)
	}
	return backoffCap
}
