package notify

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestParsePingURL(t *testing.T) {
	for _, text := range []string{
		"https://hc-ping.com/5f1b", "https://user:pw@monitor.example.com:8443/x?create=1", "http://127.0.0.1:8000/ping", "http://[::1]/ping", "http://localhost/ping",
	} {
		if _, err := ParsePingURL(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{
		"", "hc-ping.com/5f1b", "http://hc-ping.com/5f1b", "http://10.0.0.1/", "http://127.0.0.1.example.com/", "https:///x", "https:x", "ftp://127.0.0.1/x", "https://a b/\x7f", "file:///etc/passwd",
	} {
		if u, err := ParsePingURL(text); err == nil {
			t.Errorf("%q is pinged as %v", text, u)
		} else if strings.Contains(err.Error(), "5f1b") {
			t.Errorf("the error repeats the URL: %v", err)
		}
	}
}

// service is one that is pinged: it gives its answers in turn, the last one for ever.
type service struct {
	*httptest.Server
	mu      sync.Mutex
	answers []func(http.ResponseWriter)
	got     []string
}

func serve(t *testing.T, answers ...func(http.ResponseWriter)) *service {
	s := &service{answers: answers}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.got = append(s.got, r.Method+" "+r.URL.RequestURI())
		var answer func(http.ResponseWriter)
		if len(s.answers) > 0 {
			answer = s.answers[0]
		}
		if len(s.answers) > 1 {
			s.answers = s.answers[1:]
		}
		s.mu.Unlock()
		if answer != nil {
			answer(w)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func status(code int) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { w.WriteHeader(code) }
}

// pinged pings a service as a command does that ends at once.
func pinged(t *testing.T, address string) []Failure {
	u, err := ParsePingURL(address)
	if err != nil {
		t.Fatal(err)
	}
	p := newPinger(u, "1")
	p.pause = time.Millisecond
	p.start()
	p.end(5)
	return p.wait(t.Context())
}

func TestPings(t *testing.T) {
	ok := status(http.StatusOK)
	notFound := func(w http.ResponseWriter) { _, _ = w.Write([]byte("OK (not found)")) }
	moved := func(w http.ResponseWriter) {
		w.Header().Set("Location", "/sign-in")
		w.WriteHeader(http.StatusFound)
	}
	cut := func(http.ResponseWriter) { panic(http.ErrAbortHandler) }
	for name, c := range map[string]struct {
		answers []func(http.ResponseWriter)
		path    string
		want    []string
		failed  []string
	}{
		"well":          {nil, "/id", []string{"/id/start", "/id/5"}, nil},
		"a query":       {nil, "/id/?create=1", []string{"/id/start?create=1", "/id/5?create=1"}, nil},
		"a fragment":    {nil, "/a%2Fb#c", []string{"/a%2Fb/start", "/a%2Fb/5"}, nil},
		"no path":       {nil, "", []string{"/start", "/5"}, nil},
		"again":         {[]func(http.ResponseWriter){ok, status(503), status(429), ok}, "/id", []string{"/id/start", "/id/5", "/id/5", "/id/5"}, nil},
		"broken":        {[]func(http.ResponseWriter){ok, cut}, "/id", []string{"/id/start", "/id/5", "/id/5", "/id/5"}, []string{"ping-end-failed cause-no-answer"}},
		"unknown check": {[]func(http.ResponseWriter){notFound}, "/id", []string{"/id/start", "/id/5"}, []string{"ping-start-failed cause-no-check", "ping-end-failed cause-no-check"}},
		"wrong path":    {[]func(http.ResponseWriter){status(404)}, "/id", []string{"/id/start", "/id/5"}, []string{"ping-start-failed cause-no-check", "ping-end-failed cause-no-check"}},
		"forbidden":     {[]func(http.ResponseWriter){ok, status(403)}, "/id", []string{"/id/start", "/id/5"}, []string{"ping-end-failed HTTP status 403"}},
		"a sign-in":     {[]func(http.ResponseWriter){ok, moved}, "/id", []string{"/id/start", "/id/5"}, []string{"ping-end-failed HTTP status 302"}},
		"ends well":     {[]func(http.ResponseWriter){status(400), ok}, "/id", []string{"/id/start", "/id/5"}, []string{"ping-start-failed HTTP status 400"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, c.answers...)
			var failed []string
			for _, f := range pinged(t, s.URL+c.path) {
				failed = append(failed, f.Code+" "+f.Args["reason"])
				if f.Args["host"] != "127.0.0.1" {
					t.Errorf("host %q", f.Args["host"])
				}
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			for i := range s.got {
				s.got[i] = strings.TrimPrefix(s.got[i], "GET ")
			}
			if !slices.Equal(s.got, c.want) || !slices.Equal(failed, c.failed) {
				t.Errorf("pinged %q, failed %q", s.got, failed)
			}
		})
	}
}

// TestPingsWaitForNobody checks that a service that takes connections and says nothing costs
// no more than the limit, that the start of a command that has ended is not tried again, and
// that a signal ends the wait at once.
func TestPingsWaitForNobody(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	u := &url.URL{Scheme: "http", Host: l.Addr().String(), Path: "/id"}
	p := newPinger(u, "1")
	p.limit = 50 * time.Millisecond
	p.start()
	p.end(0)
	failed := p.wait(t.Context())
	if len(failed) != 2 || failed[0].Args["reason"] != "cause-no-answer" || failed[1].Code != "ping-end-failed" {
		t.Errorf("%v", failed)
	}
	p = newPinger(u, "1")
	p.start()
	p.end(0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if failed := p.wait(ctx); failed != nil {
		t.Errorf("%v", failed)
	}
	p.giveUp()
	<-p.done
}

// TestPingCauses checks that a reason never has a URL or an address with a password.
func TestPingCauses(t *testing.T) {
	tls := httptest.NewUnstartedServer(http.NotFoundHandler())
	tls.Config.ErrorLog = log.New(io.Discard, "", 0)
	tls.StartTLS()
	defer tls.Close()
	for address, want := range map[string]string{
		tls.URL + "/secret":                                    "cause-certificate",
		"http://127.0.0.1:1/secret":                            "cause-no-connection",
		"https://user:secret@nobody.invalid/secret?key=secret": "cause-no-host",
	} {
		failed := pinged(t, address)
		if len(failed) != 2 {
			t.Errorf("%s: %v", address, failed)
			continue
		}
		for _, f := range failed {
			if f.Args["reason"] != want && !(want == "cause-no-host" && f.Args["reason"] == "cause-no-answer") {
				t.Errorf("%s: %v, want %s", address, f, want)
			}
			for _, value := range f.Args {
				if strings.Contains(value, "secret") {
					t.Errorf("the failure has the secret: %v", f)
				}
			}
		}
	}
	if got := pingCause(&url.Error{Op: "Get", URL: "secret", Err: errProxy}); got != "cause-proxy" {
		t.Errorf("a malformed proxy: %s", got)
	}
	for op, want := range map[string]string{"proxyconnect": "cause-proxy", "socks connect": "cause-proxy", "dial": "cause-no-connection"} {
		if got := pingCause(&url.Error{Op: "Get", URL: "secret", Err: &net.OpError{Op: op}}); got != want {
			t.Errorf("%s: %s, want %s", op, got, want)
		}
	}
}
