package simulator

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// When tells whether a call that meets a fault has its effect.
type When uint8

// The three ways.
const (
	Before When = iota // the fault comes before the effect: there never is one
	After              // the call has its effect, then the fault keeps that from the client
	Late               // the fault comes first, the effect after it, once the client has its answer or has given up
)

var whenNames = [...]string{"before", "after", "late"}

// String gives the word that the plan's grammar uses.
func (w When) String() string { return whenNames[w] }

// Fault is one thing that goes wrong with a call: what the client sees, and whether the
// call had its effect. The zero Fault is none.
type Fault struct {
	Kind string        // one of the kinds that FaultHelp lists; empty means no fault
	When When          //
	Hold time.Duration // for hang and stall: the answer comes after all, so much later; 0 means never
}

// String gives the fault in the plan's grammar, such as drop-after.
func (f Fault) String() string {
	if f.Hold > 0 {
		return fmt.Sprintf("%s-%s=%s", f.Kind, f.When, f.Hold)
	}
	return f.Kind + "-" + f.When.String()
}

// kind is one way to bend an answer.
type kind struct {
	help  string
	usual usual
	holds bool // takes a duration
	bend  func(*exchange)
}

// usual tells when a fault comes that is named without -before, -after or -late.
type usual uint8

const (
	either  usual = iota // before or after, as a coin falls for each call
	denying              // before: the answer says that nothing was done
	telling              // after: the answer says that it was done
)

// exchange is a request and the place for its answer.
type exchange struct {
	s     *Simulator
	w     http.ResponseWriter
	r     *http.Request
	c     *call
	fault Fault
	a     answer // the true one after the effect, else that of a success which never was
}

// kinds are the faults by name.
var kinds = map[string]kind{
	"500":        {"500 InternalError", either, false, refusing(500, "InternalError", "The request processing has failed due to some unknown error.")},
	"503":        {"503 ServiceUnavailable", either, false, refusing(503, "ServiceUnavailable", "The request has failed due to a temporary failure of the server.")},
	"html":       {"a gateway's 502 page in HTML", either, false, page(502, "text/html", "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><center><h1>502 Bad Gateway</h1></center></body>\r\n</html>\r\n")},
	"504":        {"a gateway's 504 in plain text", either, false, page(504, "text/plain", "upstream request timeout")},
	"429":        {"429 in plain text with x-acs-retry-after: 200 (ms)", denying, false, tooMany},
	"throttle":   {"400 Throttling.User with x-ratelimit-user-api, TimeLeft 200 ms", denying, false, throttle},
	"busy":       {"400 SystemBusy", denying, false, refusing(400, "SystemBusy", "The system is busy. Please try again later.")},
	"conflict":   {"400 OperationConflict", denying, false, refusing(400, "OperationConflict", "Request was denied due to conflict with a previous request.")},
	"processing": {"403 LastTokenProcessing", either, false, refusing(403, "LastTokenProcessing", "The last token request is processing.")},
	"drop":       {"the connection is closed without an answer", either, false, func(*exchange) { abort() }},
	"reset":      {"the connection is reset without an answer", either, false, reset},
	"cut":        {"the answer breaks off in the middle of its body", either, false, cut},
	"hang":       {"no answer, or after =DURATION the true one", either, true, hang},
	"stall":      {"half an answer, the rest never, or after =DURATION", either, true, stall},
	"empty":      {"200 with an empty body", either, false, page(200, "application/json", "")},
	"204":        {"204 without a body", either, false, page(204, "", "")},
	"null":       {"200 with null for a body", either, false, page(200, "application/json", "null")},
	"idless":     {"200 with an object that has no RequestId", either, false, page(200, "application/json", "{}")},
	"code200":    {"200 that carries the code InternalError", either, false, refusing(200, "InternalError", "The request processing has failed due to some unknown error.")},
	"spelling":   {"the true answer with requestId for RequestId", telling, false, spelling},
	"types":      {"500 whose Code is a number and whose Message is an object", either, false, page(500, "application/json", `{"RequestId":17,"HostId":[],"Code":500,"Message":{"text":"failed"}}`)},
	"idtype":     {"200 whose RequestId is a number", either, false, page(200, "application/json", `{"RequestId":17}`)},
	"redirect":   {"307 to another host", either, false, redirect},
	"huge":       {"200 with 4 MiB of JSON", either, false, huge},
}

// FaultHelp lists the faults, one a line, for a command's help.
var FaultHelp = faultHelp()

func faultHelp() string {
	var b strings.Builder
	for _, name := range kindNames() {
		fmt.Fprintf(&b, "  %-11s %s\n", name, kinds[name].help)
	}
	return b.String()
}

// perform answers a call as its fault tells.
func (s *Simulator) perform(w http.ResponseWriter, r *http.Request, c *call, f Fault) {
	x := &exchange{s: s, w: w, r: r, c: c, fault: f, a: accept(c, nil)}
	switch {
	case f.Kind == "":
		x.a = s.work(c)
		s.send(w, c, x.a)
		return
	case f.When == After:
		x.a = s.work(c)
	case f.When == Late:
		s.pause(c)
		defer s.later(func() { s.work(c) })
	default:
		s.pause(c)
	}
	kinds[f.Kind].bend(x)
}

// later does something after the time that Options.Late gives, unless the simulator is
// closed before.
func (s *Simulator) later(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.late.Go(func() {
		if s.sleep(s.o.Late) {
			do()
		}
	})
}

// refusing answers with an error in the service's form.
func refusing(status int, code, message string) func(*exchange) {
	return func(x *exchange) {
		ref := refusal{status: status, code: code, message: message}
		write(x.w, x.c, ref.answer(x.c))
	}
}

// page answers with bytes that are not the service's.
func page(status int, contentType, body string) func(*exchange) {
	return func(x *exchange) {
		if contentType != "" {
			x.w.Header().Set("Content-Type", contentType)
		}
		x.w.WriteHeader(status)
		_, _ = x.w.Write([]byte(body)) // the client may have left
	}
}

// faultWait is how long the throttling faults ask the client to wait.
const faultWait = 200 * time.Millisecond

func throttle(x *exchange) {
	write(x.w, x.c, throttled(x.s.o.Quota, faultWait-time.Millisecond).answer(x.c))
}

func tooMany(x *exchange) {
	x.w.Header().Set("x-acs-retry-after", strconv.FormatInt(faultWait.Milliseconds(), 10))
	page(http.StatusTooManyRequests, "text/plain", "too many requests")(x)
}

// abort ends the connection without another byte.
func abort() { panic(http.ErrAbortHandler) }

// reset ends the connection so that the client's kernel reports a reset.
func reset(x *exchange) {
	conn, _, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		abort() // no connection to reset, as under an httptest.ResponseRecorder
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // if it fails, the connection is closed in the common way
	}
	_ = conn.Close()
}

// half writes the header and half of the body that it announces.
func half(x *exchange) {
	h := x.w.Header()
	h.Set("Content-Type", "application/json;charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(x.a.body)))
	x.w.WriteHeader(x.a.status)
	_, _ = x.w.Write(x.a.body[:len(x.a.body)/2]) // the client may have left
	_ = http.NewResponseController(x.w).Flush()
}

func cut(x *exchange) {
	half(x)
	abort()
}

func hang(x *exchange) {
	if !x.wait() {
		abort()
	}
	write(x.w, x.c, x.held())
}

func stall(x *exchange) {
	x.a = x.held()
	half(x)
	if !x.wait() {
		abort()
	}
	_, _ = x.w.Write(x.a.body[len(x.a.body)/2:]) // the client may have left
}

// held is the answer that comes after a hold: the true one, or where there was no effect
// an error that leaves that open.
func (x *exchange) held() answer {
	if x.fault.When == After || x.fault.Hold == 0 {
		return x.a
	}
	ref := refusal{status: http.StatusServiceUnavailable, code: "ServiceUnavailable", message: "The request has failed due to a temporary failure of the server."}
	return ref.answer(x.c)
}

// wait waits for the hold to pass, without end if there is none. It reports false when
// the client or the simulator ended first.
func (x *exchange) wait() bool {
	var held <-chan time.Time
	if x.fault.Hold > 0 {
		t := time.NewTimer(x.fault.Hold)
		defer t.Stop()
		held = t.C
	}
	select {
	case <-held:
		return true
	case <-x.r.Context().Done():
	case <-x.s.done:
	}
	return false
}

// spelling answers as the service sometimes does; it is a success all the same.
func spelling(x *exchange) {
	page(x.a.status, "application/json", strings.Replace(string(x.a.body), `"RequestId"`, `"requestId"`, 1))(x)
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
