package cloud

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"
)

// Only one request of the call in progress is sent.
func TestRecordingTransportSendsOneRequest(t *testing.T) {
	sent := 0
	inner := roundTripper(func(*http.Request) (*http.Response, error) { sent++; return nil, io.EOF })
	r, _ := http.NewRequest("POST", "http://127.0.0.1/", nil)
	c := &recordingTransport{transport: inner}
	if _, err := c.RoundTrip(r); !errors.Is(err, errIdle) || sent != 0 {
		t.Errorf("outside a call: %v", err)
	}
	c.current = &exchange{ctx: t.Context()}
	c.RoundTrip(r)
	if _, err := c.RoundTrip(r); !errors.Is(err, errResend) || sent != 1 {
		t.Errorf("a second request: %v, %d sent", err, sent)
	}
}

// The attempt's deadline is the only one: the SDK sets none, neither sooner nor later.
func TestSDKSetsNoDeadline(t *testing.T) {
	var contexts []context.Context
	c := dial(t, answering(200, `{"RequestId":"REQ-1"}`))
	w, err := newWorker(nil, "")
	if err != nil {
		t.Fatal(err)
	}
	w.client.SetTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		contexts = append(contexts, r.Context())
		return w.transport.RoundTrip(r)
	}))
	w.transport.transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		contexts = append(contexts, r.Context())
		return accepting(r)
	})
	c.idle = []*worker{w}
	before := time.Now()
	if _, err := c.Submit(t.Context(), application()); err != nil {
		t.Fatal(err)
	}
	if len(contexts) != 2 {
		t.Fatalf("%d requests seen", len(contexts))
	}
	if at, ok := contexts[0].Deadline(); ok {
		t.Errorf("the SDK set %v", at.Sub(before))
	}
	at, ok := contexts[1].Deadline()
	if in := at.Sub(before); !ok || in < c.timeout || in > c.timeout+time.Minute {
		t.Errorf("the attempt's deadline is in %v (%v), want %v", in, ok, c.timeout)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// transmit sends one answer through a recording transport.
func transmit(t *testing.T, status int, header http.Header, body io.ReadCloser) (*exchange, *http.Response, error) {
	t.Helper()
	x := &exchange{ctx: t.Context()}
	c := &recordingTransport{current: x, transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: header, Body: body, Request: r}, nil
	})}
	r, err := http.NewRequest("POST", "http://127.0.0.1/", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.RoundTrip(r)
	return x, resp, err
}

func TestRecordingTransportKeepsHeadersToItself(t *testing.T) {
	x, resp, err := transmit(t, 307, http.Header{"Location": {"http://127.0.0.1/elsewhere"}, "Date": {"x"}}, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if len(resp.Header) != 0 || x.header.Get("Date") != "x" {
		t.Errorf("headers %v handed on, %v recorded", resp.Header, x.header)
	}
}

// endless is an endless body that counts how much of it is read.
type endless struct{ read, closed int }

func (e *endless) Read(p []byte) (int, error) {
	if e.read += len(p); e.read > 64<<20 {
		return 0, io.EOF
	}
	return len(p), nil
}
func (e *endless) Close() error { e.closed++; return nil }

func TestRecordingTransportReadsWithinBounds(t *testing.T) {
	body := new(endless)
	x, _, err := transmit(t, 200, http.Header{}, body)
	if !errors.Is(err, errBroken) || !errors.Is(x.err, errOversized) || x.answered() {
		t.Errorf("%v, %v", err, x.err)
	}
	if body.read > 2*maxBody || body.closed != 1 {
		t.Errorf("%d bytes read, closed %d times", body.read, body.closed)
	}
}

// One client serves consecutive calls; one in which the SDK panicked is not used again.
func TestClientsAreReused(t *testing.T) {
	status, body := 200, `{"RequestId":"REQ-1"}`
	c := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answering(status, body).ServeHTTP(w, r) }))
	for range 5 {
		if _, err := c.Submit(t.Context(), application()); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.idle) != 1 {
		t.Fatalf("%d clients for one caller", len(c.idle))
	}
	w := c.idle[0]
	status, body = 400, `{"Code":400}`
	if _, err := c.Submit(t.Context(), application()); err == nil {
		t.Fatal("no error")
	}
	if !w.spoilt || len(c.idle) != 0 {
		t.Errorf("spoilt %v, %d clients kept", w.spoilt, len(c.idle))
	}
}

func TestDebugLeak(t *testing.T) {
	for debug, want := range map[string]string{
		"": "", "sdk": "sdk", "http,sdk": "sdk", "tea": "tea", " credential ": "credential", "sdkx": "", "SDK": "", "http": "",
	} {
		got := ""
		if e, ok := errors.AsType[*DebugLeakError](debugLeak(debug)); ok {
			got = e.Value
		}
		if got != want {
			t.Errorf("DEBUG=%q: %q, want %q", debug, got, want)
		}
	}
	debugAtStart = "sdk"
	defer func() { debugAtStart = "" }()
	if _, err := New(Config{Credentials: canaryCredentials()}); err == nil {
		t.Error("New succeeds with DEBUG=sdk")
	}
}
