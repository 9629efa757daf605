package simulator

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// When says whether a call with a fault takes effect, and when.
type When uint8

// The values of When.
const (
	Before When = iota // the fault prevents the effect
	After              // the call takes effect, then the fault hides that from the client
	Late               // the call takes effect only after the client has its answer or has given up
)

var whenNames = [...]string{"before", "after", "late"}

// String returns the word for w in the syntax of ParseFaults.
func (w When) String() string { return whenNames[w] }

// Fault is what the simulator injects into a call: what the client sees, and whether the
// call takes effect. The zero Fault means none.
type Fault struct {
	Kind string        // one of the kinds in FaultHelp; empty means no fault
	When When          // whether and when the call takes effect
	Hold time.Duration // hang and stall only: delay before the rest of the answer; 0 means it never comes
}

// String returns the fault in the syntax of ParseFaults, such as drop-after.
func (f Fault) String() string {
	if f.Hold > 0 {
		return fmt.Sprintf("%s-%s=%s", f.Kind, f.When, f.Hold)
	}
	return f.Kind + "-" + f.When.String()
}

// kind is a kind of fault.
type kind struct {
	help      string
	usual     usual
	takesHold bool // accepts =DURATION
	inject    func(*exchange)
}

// usual is the default When of a kind.
type usual uint8

const (
	either    usual = iota // Before or After, at random for each call
	denying                // Before: the answer says that nothing was done
	affirming              // After: the answer says that it was done
)

// exchange is a request with a fault and the writer for its answer.
type exchange struct {
	s     *Simulator
	w     http.ResponseWriter
	r     *http.Request
	c     *call
	fault Fault
	a     answer // the real one after an effect, otherwise a success that never happened
}

// kinds holds the kinds of faults by name.
var kinds = map[string]kind{
	"500":         {"500 InternalError", either, false, errorAnswer(500, "InternalError", "The request processing has failed due to some unknown error.")},
	"503":         {"503 ServiceUnavailable", either, false, errorAnswer(503, "ServiceUnavailable", "The request has failed due to a temporary failure of the server.")},
	"html":        {"a gateway's 502 page in HTML", either, false, rawAnswer(502, "text/html", "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><center><h1>502 Bad Gateway</h1></center></body>\r\n</html>\r\n")},
	"504":         {"a gateway's 504 in plain text", either, false, rawAnswer(504, "text/plain", "upstream request timeout")},
	"429":         {"429 in plain text with x-acs-retry-after: 200 (ms)", denying, false, tooMany},
	"throttle":    {"400 Throttling.User with x-ratelimit-user-api, TimeLeft 200 ms", denying, false, throttle},
	"busy":        {"400 SystemBusy", denying, false, errorAnswer(400, "SystemBusy", "The system is busy. Please try again later.")},
	"conflict":    {"400 OperationConflict", denying, false, errorAnswer(400, "OperationConflict", "Request was denied due to conflict with a previous request.")},
	"processing":  {"403 LastTokenProcessing", either, false, errorAnswer(403, "LastTokenProcessing", "The last token request is processing.")},
	"drop":        {"the connection is closed without an answer", either, false, func(*exchange) { abort() }},
	"reset":       {"the connection is reset without an answer", either, false, reset},
	"cut":         {"the answer is cut off in the middle of its body", either, false, cut},
	"hang":        {"no answer, or with =DURATION a delayed one", either, true, hang},
	"stall":       {"half an answer, and the rest never or after =DURATION", either, true, stall},
	"empty":       {"200 with an empty body", either, false, rawAnswer(200, "application/json", "")},
	"204":         {"204 without a body", either, false, rawAnswer(204, "", "")},
	"null":        {"200 with the body null", either, false, rawAnswer(200, "application/json", "null")},
	"idless":      {"200 with an object without RequestId", either, false, rawAnswer(200, "application/json", "{}")},
	"code200":     {"200 with the code InternalError", either, false, errorAnswer(200, "InternalError", "The request processing has failed due to some unknown error.")},
	"hollow":      {"200 with nothing but a RequestId", affirming, false, hollow},
	"unlisted":    {"400 with a code that no page lists", denying, false, errorAnswer(400, "InvalidOperation.Unlisted", "The operation is invalid.")},
	"unallocated": {"400 IncorrectStatus.PhysicalConnection", denying, false, errorAnswer(400, "IncorrectStatus.PhysicalConnection", "The status of the physical connection is incorrect.")},
	"spelling":    {"the real answer with requestId instead of RequestId", affirming, false, spelling},
	"types":       {"500 whose Code is a number and whose Message is an object", either, false, rawAnswer(500, "application/json", `{"RequestId":17,"HostId":[],"Code":500,"Message":{"text":"failed"}}`)},
	"idtype":      {"200 whose RequestId is a number", either, false, rawAnswer(200, "application/json", `{"RequestId":17}`)},
	"redirect":    {"307 to another host", either, false, redirect},
	"huge":        {"200 with 4 MiB of JSON", either, false, huge},
}

// FaultHelp lists the kinds of faults, one per line, for a command's help.
var FaultHelp = faultHelp()

func faultHelp() string {
	var b strings.Builder
	for _, name := range kindNames() {
		fmt.Fprintf(&b, "  %-11s %s\n", name, kinds[name].help)
	}
	return b.String()
}

// respond answers a call with its fault, if any.
func (s *Simulator) respond(w http.ResponseWriter, r *http.Request, c *call, f Fault) {
	x := &exchange{s: s, w: w, r: r, c: c, fault: f, a: accept(c, nil)}
	switch {
	case f.Kind == "":
		x.a = s.execute(c)
		s.send(w, c, x.a)
		return
	case f.When == After:
		x.a = s.execute(c)
	case f.When == Late:
		s.pause(c)
		defer s.later(func() { s.execute(c) })
	default:
		s.pause(c)
	}
	kinds[f.Kind].inject(x)
}

// later calls do after Options.Late, unless the simulator is closed first.
func (s *Simulator) later(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.late.Go(func() {
		defer s.guard()
		if s.sleep(s.o.Late) {
			do()
		}
	})
}

// errorAnswer answers with an error in the service's format.
func errorAnswer(status int, code, message string) func(*exchange) {
	return func(x *exchange) {
		ref := refusal{status: status, code: code, message: message}
		write(x.w, x.c, ref.answer(x.c))
	}
}

// rawAnswer answers with a body that is not in the service's format.
func rawAnswer(status int, contentType, body string) func(*exchange) {
	return func(x *exchange) {
		if contentType != "" {
			x.w.Header().Set("Content-Type", contentType)
		}
		x.w.WriteHeader(status)
		_, _ = x.w.Write([]byte(body)) // the client may have left
	}
}

// faultWait is the waiting time in the answers of the throttling faults.
const faultWait = 200 * time.Millisecond

func throttle(x *exchange) {
	write(x.w, x.c, throttled(x.s.o.Quota, faultWait-time.Millisecond).answer(x.c))
}

func tooMany(x *exchange) {
	x.w.Header().Set("x-acs-retry-after", strconv.FormatInt(faultWait.Milliseconds(), 10))
	rawAnswer(http.StatusTooManyRequests, "text/plain", "too many requests")(x)
}

// abort closes the connection without sending another byte.
func abort() { panic(http.ErrAbortHandler) }

// reset closes the connection with a TCP reset.
func reset(x *exchange) {
	conn, _, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		abort() // no connection to reset, as under an httptest.ResponseRecorder
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // on failure the connection is closed normally
	}
	_ = conn.Close()
}

// writeHalf writes the header and half of the body that it announces.
func writeHalf(x *exchange) {
	h := x.w.Header()
	h.Set("Content-Type", "application/json;charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(x.a.body)))
	x.w.WriteHeader(x.a.status)
	_, _ = x.w.Write(x.a.body[:len(x.a.body)/2]) // the client may have left
	_ = http.NewResponseController(x.w).Flush()
}

func cut(x *exchange) {
	writeHalf(x)
	abort()
}

func hang(x *exchange) {
	if !x.wait() {
		abort()
	}
	write(x.w, x.c, x.delayedAnswer())
}

func stall(x *exchange) {
	x.a = x.delayedAnswer()
	writeHalf(x)
	if !x.wait() {
		abort()
	}
	_, _ = x.w.Write(x.a.body[len(x.a.body)/2:]) // the client may have left
}

// delayedAnswer is the answer after a hold: the real one, or if there was no effect, an
// error that does not say so.
func (x *exchange) delayedAnswer() answer {
	if x.fault.When == After || x.fault.Hold == 0 {
		return x.a
	}
	ref := refusal{status: http.StatusServiceUnavailable, code: "ServiceUnavailable", message: "The request has failed due to a temporary failure of the server."}
	return ref.answer(x.c)
}

// wait waits for the hold to pass, forever if there is none. It returns false if the client
// leaves or the simulator is closed first.
func (x *exchange) wait() bool {
	var elapsed <-chan time.Time
	if x.fault.Hold > 0 {
		t := time.NewTimer(x.fault.Hold)
		defer t.Stop()
		elapsed = t.C
	}
	select {
	case <-elapsed:
		return true
	case <-x.r.Context().Done():
	case <-x.s.done:
	}
	return false
}

// hollow answers with a success that has no content, whatever the call.
func hollow(x *exchange) { write(x.w, x.c, accept(x.c, nil)) }

// spelling answers with a success spelled as the service sometimes does.
func spelling(x *exchange) {
	rawAnswer(x.a.status, "application/json", strings.Replace(string(x.a.body), `"RequestId"`, `"requestId"`, 1))(x)
}

func redirect(x *exchange) {
	x.w.Header().Set("Location", "http://elsewhere.example.invalid"+x.r.URL.RequestURI())
	x.w.WriteHeader(http.StatusTemporaryRedirect)
}

func huge(x *exchange) {
	x.w.Header().Set("Content-Type", "application/json;charset=utf-8")
	fill := []byte(strings.Repeat("x", 64<<10))
	_, err := fmt.Fprintf(x.w, `{"RequestId":%q,"Padding":"`, x.c.id)
	for i := 0; i < 64 && err == nil; i++ {
		_, err = x.w.Write(fill)
	}
	if err == nil {
		_, _ = x.w.Write([]byte(`"}`)) // the client may have left
	}
}
