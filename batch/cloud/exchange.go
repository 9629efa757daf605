package cloud

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"
)

// maxBody is how much of an answer is read. The largest honest one, a page of 50
// circuits, has some 60 KB.
const maxBody = 1 << 20

// exchange is what was really seen of one call. The carrier writes it, classify reads
// it; the SDK in between is not asked.
type exchange struct {
	ctx      context.Context // the caller's, with the deadline of the attempt
	private  []string        // values of the request that must not come back in an error
	sent     int             // requests carried; more than one is refused
	gotConn  atomic.Bool     // a connection was obtained: from here on it may have been received
	began    time.Time       // when it was handed to the transport
	ended    time.Time       // when the answer was whole, or the call had failed
	status   int             // 0 when no status line came
	header   http.Header     // nil when no header came
	body     []byte          // up to maxBody+1 bytes
	whole    bool            // the body was read to its end and is within maxBody
	err      error           // why there is no whole answer; its text is never shown
	panicked bool            // the SDK panicked
}

// answered reports whether a whole answer came.
func (x *exchange) answered() bool { return x.status != 0 && x.whole }

// headerID gives the request ID that the gateway wrote into the headers, for answers whose
// body has none; support asks for it.
func (x *exchange) headerID() string {
	return requestID(x.header.Get("X-Acs-Request-Id"), x.private)
}

// clock tells how far the server's clock is ahead of ours, from the Date header, which
// has whole seconds. It reports false when there was none.
func (x *exchange) clock() (time.Duration, bool) {
	at, err := http.ParseTime(x.header.Get("Date"))
	if err != nil {
		return 0, false
	}
	here := x.began.Add(x.ended.Sub(x.began) / 2)
	return at.Add(500 * time.Millisecond).Sub(here).Round(time.Second), true
}
