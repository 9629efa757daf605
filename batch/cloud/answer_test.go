package cloud

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
)

// wireAnswer is an answer as written by a server, and how it must be classified.
type wireAnswer struct {
	name   string
	status int
	header map[string]string
	body   string
	want   batch.CallError // zero means accepted
}

// answeredAs returns the error for an answer with a code.
func answeredAs(class batch.Class, status int, code string) batch.CallError {
	return batch.CallError{Class: class, Status: status, Code: code, RequestID: "REQ-1", Unsettled: class == batch.MaybeReceived}
}

// odd returns the error for an answer that is not one of the API's.
func odd(status int, code string) batch.CallError {
	return batch.CallError{Class: batch.MaybeReceived, Status: status, Code: code, Unsettled: true}
}

// withCode is the body of an error as the API writes it.
func withCode(code string) string {
	return fmt.Sprintf(`{"RequestId":"REQ-1","HostId":"vpc.aliyuncs.com","Code":%q,"Message":"for people","Recommend":"https://example.com/"}`, code)
}

func throttledAs(status int, code string, wait time.Duration) batch.CallError {
	e := answeredAs(batch.TryLater, status, code)
	e.Throttled, e.Wait = true, wait
	return e
}

func deniedAs(code string) batch.CallError {
	e := answeredAs(batch.Refused, 403, code)
	e.Denied = true
	return e
}

func unsettled(e batch.CallError) batch.CallError { e.Unsettled = true; return e }

// wireAnswers holds every kind of answer, including odd ones. TestRules has every code.
var wireAnswers = []wireAnswer{
	{"accepted", 200, nil, `{"RequestId":"REQ-1"}`, batch.CallError{}},
	{"accepted, other spelling", 200, nil, `{"requestId":"REQ-1"}`, batch.CallError{}},
	{"accepted, empty code", 200, nil, `{"RequestId":"REQ-1","Code":""}`, batch.CallError{}},
	{"accepted, null code", 200, nil, `{"RequestId":"REQ-1","Code":null}`, batch.CallError{}},
	{"accepted, 201", 201, nil, `{"RequestId":"REQ-1","More":{"Code":"inner"}}`, batch.CallError{}},

	// what the SDK calls success
	{"empty 200", 200, nil, ``, odd(200, codeEmpty)},
	{"204", 204, nil, ``, odd(204, codeEmpty)},
	{"null", 200, nil, `null`, odd(200, codeOddAnswer)},
	{"empty object", 200, nil, `{}`, odd(200, codeOddAnswer)},
	{"array", 200, nil, `[]`, odd(200, codeOddAnswer)},
	{"200 with a code", 200, nil, withCode("InternalError"), answeredAs(batch.MaybeReceived, 200, "InternalError")},
	{"200 with the quota's code", 200, nil, withCode("Throttling.User"), func() batch.CallError {
		e := answeredAs(batch.MaybeReceived, 200, "Throttling.User")
		e.Throttled = true
		return e
	}()},
	{"200 without a request ID", 200, nil, `{"Code":"","Message":"ok"}`, odd(200, codeOddAnswer)},
	{"200 with a malformed request ID", 200, nil, `{"RequestId":"a b\nc"}`, odd(200, codeOddAnswer)},
	{"200 with a number for a request ID", 200, nil, `{"RequestId":17}`, odd(200, codeOddAnswer)},
	{"200 with an object for a request ID", 200, nil, `{"RequestId":{"a":1}}`, odd(200, codeOddAnswer)},
	{"200 with a number for a code", 200, nil, `{"RequestId":"REQ-1","Code":200}`, odd(200, codeOddAnswer)},
	{"200 HTML", 200, nil, `<html><body>login</body></html>`, odd(200, codeWebPage)},
	{"200 cut JSON", 200, nil, `{"RequestId":"REQ-1`, odd(200, codeOddAnswer)},
	{"200 two documents", 200, nil, `{"RequestId":"REQ-1"}{"RequestId":"REQ-2"}`, odd(200, codeOddAnswer)},
	{"200 deep", 200, nil, strings.Repeat(`{"a":`, 20000), odd(200, codeOddAnswer)},

	// what makes the SDK panic
	{"400 with a number for a code", 400, nil, `{"Code":400}`, odd(400, codeOddAnswer)},
	{"400 with an object for a message", 400, nil, `{"RequestId":"REQ-1","Code":"IllegalParam.Si","Message":{"a":1}}`, answeredAs(batch.Refused, 400, "IllegalParam.Si")},
	{"403 with a text for a detail", 403, nil, `{"RequestId":"REQ-1","Code":"NoPermission","AccessDeniedDetail":"x"}`, deniedAs("NoPermission")},

	// 4xx
	{"400 refused", 400, nil, withCode("IllegalParam.Bandwidth"), answeredAs(batch.Refused, 400, "IllegalParam.Bandwidth")},
	{"400 unknown code", 400, nil, withCode("NeverHeardOf"), answeredAs(batch.Refused, 400, "NeverHeardOf")},
	{"400 without a request ID", 400, nil, `{"Code":"IllegalParam.Si"}`, batch.CallError{Class: batch.Refused, Status: 400, Code: "IllegalParam.Si"}},
	{"400 with a malformed code", 400, nil, `{"RequestId":"REQ-1","Code":"a b"}`, odd(400, codeOddAnswer)},
	{"400 code with a placeholder", 400, nil, withCode("IncorrectStatus.%s"), answeredAs(batch.Refused, 400, "IncorrectStatus.%s")},
	{"400 nothing but a placeholder", 400, nil, withCode("%s"), odd(400, codeOddAnswer)},
	{"400 empty", 400, nil, ``, odd(400, codeEmpty)},
	{"403 HTML", 403, nil, `<html>forbidden</html>`, odd(403, codeWebPage)},
	{"page by its type", 200, map[string]string{"Content-Type": "text/html; charset=utf-8"}, `please sign in`, odd(200, codeWebPage)},
	{"404 HTML", 404, nil, `<html>not found</html>`, odd(404, codeWebPage)},
	{"407", 407, nil, ``, odd(407, codeEmpty)},

	// the quota
	{"throttled", 400, map[string]string{"x-ratelimit-user-api": "Limit:1,Remain:0,TimeLeft:2000"}, withCode("Throttling.User"), throttledAs(400, "Throttling.User", 2*time.Second)},
	{"throttled 503", 503, map[string]string{"Retry-After": "3"}, withCode("Throttling"), throttledAs(503, "Throttling", 3*time.Second)},
	{"413 HTML", 413, nil, `<html>too large</html>`, batch.CallError{Class: batch.Refused, Status: 413, Code: codeTooLong}},
	{"414 empty", 414, nil, ``, batch.CallError{Class: batch.Refused, Status: 414, Code: codeTooLong}},
	{"431 HTML", 431, nil, `<html>too large</html>`, batch.CallError{Class: batch.Refused, Status: 431, Code: codeTooLong}},
	{"414 with a code", 414, nil, withCode("IllegalParam.Si"), answeredAs(batch.Refused, 414, "IllegalParam.Si")},
	{"429 with a code", 429, map[string]string{"x-acs-retry-after": "1500"}, withCode("Busy"), throttledAs(429, "Busy", 1500*time.Millisecond)},
	{"429 without a code", 429, nil, `slow down`, batch.CallError{Class: batch.TryLater, Status: 429, Code: codeThrottled, Throttled: true}},

	// try later
	{"token processing", 403, nil, withCode("LastTokenProcessing"), unsettled(answeredAs(batch.TryLater, 403, "LastTokenProcessing"))},
	{"conflict", 409, map[string]string{"x-acs-retry-after": "100"}, withCode("TaskConflict"), func() batch.CallError {
		e := answeredAs(batch.TryLater, 409, "TaskConflict")
		e.Wait = 100 * time.Millisecond
		return e
	}()},

	// 5xx may have taken effect, whatever the code
	{"500", 500, nil, withCode("InternalError"), answeredAs(batch.MaybeReceived, 500, "InternalError")},
	{"500 with a refusal's code", 500, nil, withCode("IllegalParam.Si"), answeredAs(batch.MaybeReceived, 500, "IllegalParam.Si")},
	{"502 HTML", 502, nil, `<html>bad gateway</html>`, odd(502, codeServerError)},
	{"503", 503, map[string]string{"Retry-After": "2"}, withCode("ServiceUnavailable"), func() batch.CallError {
		e := answeredAs(batch.MaybeReceived, 503, "ServiceUnavailable")
		e.Wait = 2 * time.Second
		return e
	}()},
	{"504 empty", 504, nil, ``, odd(504, codeServerError)},
	{"502 with a request ID", 502, map[string]string{"x-acs-request-id": "REQ-1"}, ``, answeredAs(batch.MaybeReceived, 502, codeServerError)},

	// 3xx
	{"302", 302, map[string]string{"Location": "/elsewhere"}, ``, odd(302, codeRedirect)},
	{"307", 307, map[string]string{"Location": "/elsewhere"}, `{"RequestId":"REQ-1"}`, func() batch.CallError {
		e := odd(307, codeRedirect)
		e.RequestID = "REQ-1"
		return e
	}()},
	{"304", 304, nil, ``, odd(304, codeRedirect)},

	// more than is read
	{"200 of 2 MiB", 200, nil, `{"RequestId":"REQ-1","pad":"` + strings.Repeat("x", 2<<20) + `"}`, odd(200, codeOversized)},
}

func (a wireAnswer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(a.status)
	w.Write([]byte(a.body))
}

// submitOnce sends an application to a server, which must see exactly one request.
func submitOnce(t *testing.T, server http.Handler) error {
	t.Helper()
	var requests atomic.Int32
	c := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		server.ServeHTTP(w, r)
	}))
	_, err := c.Submit(t.Context(), application())
	if requests.Load() != 1 {
		t.Errorf("%d requests, want exactly 1", requests.Load())
	}
	return err
}

func TestAnswers(t *testing.T) {
	for _, a := range wireAnswers {
		t.Run(a.name, func(t *testing.T) {
			err := submitOnce(t, a)
			if a.want == (batch.CallError{}) {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if got := callError(t, err); *got != a.want {
				t.Errorf("got  %+v\nwant %+v", *got, a.want)
			}
		})
	}
}

// lostCall is a server that never answers completely, and how that must be classified.
type lostCall struct {
	name  string
	serve http.HandlerFunc
	want  batch.CallError
}

// hijack takes the connection, writes raw bytes and closes it.
func hijack(w http.ResponseWriter, raw string, reset bool) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	conn.Write([]byte(raw))
	if reset {
		conn.(*net.TCPConn).SetLinger(0)
	}
	conn.Close()
}

var lostCalls = []lostCall{
	{"closed without an answer", func(w http.ResponseWriter, _ *http.Request) { hijack(w, "", false) }, odd(0, codeNoAnswer)},
	{"reset without an answer", func(w http.ResponseWriter, _ *http.Request) { hijack(w, "", true) }, odd(0, codeReset)},
	{"cut in the status line", func(w http.ResponseWriter, _ *http.Request) { hijack(w, "HTTP/1.1 20", false) }, odd(0, codeNetwork)},
	{"cut in the headers", func(w http.ResponseWriter, _ *http.Request) { hijack(w, "HTTP/1.1 200 OK\r\nContent-Le", false) }, odd(0, codeNetwork)},
	{"cut in the body", func(w http.ResponseWriter, _ *http.Request) {
		hijack(w, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"RequestId\":\"REQ-1\"}", false)
	}, odd(200, codeCutOff)},
	{"cut in a chunk", func(w http.ResponseWriter, _ *http.Request) {
		hijack(w, "HTTP/1.1 503 no\r\nX-Acs-Request-Id: REQ-1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", false)
	}, answeredAs(batch.MaybeReceived, 503, codeCutOff)},
	{"414, its page cut off", func(w http.ResponseWriter, _ *http.Request) {
		hijack(w, "HTTP/1.1 414 Request-URI Too Large\r\nContent-Type: text/html\r\nContent-Length: 170\r\n\r\n<html>", true)
	}, batch.CallError{Class: batch.Refused, Status: 414, Code: codeTooLong}},
	{"413, its page endless", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		_, _ = io.WriteString(w, strings.Repeat("<p>too large</p>", maxBody/10))
	}, batch.CallError{Class: batch.Refused, Status: 413, Code: codeTooLong}},
	{"not HTTP", func(w http.ResponseWriter, _ *http.Request) { hijack(w, "SSH-2.0-OpenSSH_9.9\r\n", false) }, odd(0, codeNetwork)},
	{"endless headers", func(w http.ResponseWriter, _ *http.Request) {
		hijack(w, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 1<<20), false)
	}, odd(0, codeNetwork)},
}

func TestLostCalls(t *testing.T) {
	for _, l := range lostCalls {
		t.Run(l.name, func(t *testing.T) {
			if got := callError(t, submitOnce(t, l.serve)); *got != l.want {
				t.Errorf("got  %+v\nwant %+v", *got, l.want)
			}
		})
	}
}

// With an untrusted certificate, nothing was sent.
func TestUntrustedCertificate(t *testing.T) {
	reached := false
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	s.Config.ErrorLog = quiet
	t.Cleanup(s.Close)
	_, err := cloudAt(t, s.URL).Submit(t.Context(), application())
	if got := callError(t, err); *got != (batch.CallError{Class: batch.NotSent, Code: codeTLS}) || reached {
		t.Errorf("got %+v, reached %v", *got, reached)
	}
	c := cloudAt(t, s.URL)
	c.transport.TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig
	if _, err := c.Submit(t.Context(), application()); err == nil || !reached {
		t.Errorf("with its certificate trusted: error %v, reached %v", err, reached)
	}
}
