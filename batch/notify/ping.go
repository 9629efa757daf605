package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/network"
)

// The ping is that of healthchecks.io, which others have taken over: GET URL/start when a
// job starts, and GET URL/CODE with its exit code, 0 to 255, when it ends, 0 meaning
// success (https://healthchecks.io/docs/http_api/). Nothing else is sent.

// Limits of the pings. A monitor allows minutes of grace, so a ping that is lost for good
// should be rare, and a second of delay means nothing.
const (
	pingTries   = 3
	pingTimeout = 5 * time.Second
	pingPause   = time.Second
	pingLimit   = 15 * time.Second // of what is left to do once the command has ended
)

// ErrPingURL says that a URL cannot be pinged.
var ErrPingURL = errors.New("not an https URL")

// ParsePingURL reads a URL to ping: https, or http to a loopback address. The error does not
// repeat it: whoever knows the URL can ping.
func ParsePingURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return nil, ErrPingURL
	case u.Scheme == "https", u.Scheme == "http" && network.IsLoopback(u.Hostname()):
		u.Fragment, u.RawFragment = "", ""
		return u, nil
	}
	return nil, ErrPingURL
}

// errProxy says that a proxy variable is not the URL of a proxy.
var errProxy = errors.New("malformed proxy")

// pinger sends the pings of one command, in order, in the background.
type pinger struct {
	url    *url.URL
	agent  string
	client *http.Client
	pause  time.Duration
	limit  time.Duration

	going  context.Context
	giveUp context.CancelFunc
	exit   chan int      // buffered: how the command ended
	ended  chan struct{} // closed when it has ended: its start is not tried again
	done   chan struct{} // closed when nothing is left to do; then failed may be read
	failed []Failure
}

func newPinger(u *url.URL, version string) *pinger {
	transport := http.DefaultTransport.(*http.Transport).Clone() // it reads the proxy variables
	transport.DisableKeepAlives = true
	transport.Proxy = func(r *http.Request) (*url.URL, error) {
		proxy, err := http.ProxyFromEnvironment(r)
		if err != nil {
			return nil, errProxy // err has the value, which may have a password
		}
		return proxy, nil
	}
	p := &pinger{
		url: u, agent: "loabatch/" + version, pause: pingPause, limit: pingLimit,
		client: &http.Client{Transport: transport, Timeout: pingTimeout, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // a sign-in page may answer for the service, which then knows nothing
		}},
		exit: make(chan int, 1), ended: make(chan struct{}), done: make(chan struct{}),
	}
	p.going, p.giveUp = context.WithCancel(context.Background())
	return p
}

// start begins to ping.
func (p *pinger) start() {
	go func() {
		defer close(p.done)
		defer batch.Guard(func(err error) { p.fail("ping-end-failed", err) })
		if err := p.ping("start", p.ended); err != nil {
			p.fail("ping-start-failed", err)
		}
		if err := p.ping(strconv.Itoa(<-p.exit), nil); err != nil {
			p.fail("ping-end-failed", err)
		}
	}()
}

// end says how the command ended. What is left to do gets a limit.
func (p *pinger) end(exit int) {
	p.exit <- exit
	close(p.ended)
	time.AfterFunc(p.limit, p.giveUp)
}

// wait waits until nothing is left to do, and returns what went wrong. It takes no longer than
// the limit.
func (p *pinger) wait(ctx context.Context) []Failure {
	select {
	case <-p.done:
		return p.failed
	case <-ctx.Done():
		return nil
	}
}

func (p *pinger) fail(code string, err error) {
	p.failed = append(p.failed, Failure{Code: code, Args: map[string]string{"host": p.url.Hostname(), "reason": pingCause(err)}})
}

// ping pings one path, again if another try may help, but not after enough is closed.
func (p *pinger) ping(path string, enough <-chan struct{}) error {
	for try := 1; ; try++ {
		err := p.send(path)
		var answer answerError
		if err == nil || try == pingTries || errors.As(err, &answer) && !answer.again() {
			return err
		}
		select {
		case <-enough:
			return err
		case <-p.going.Done():
			return err
		case <-time.After(time.Duration(try) * p.pause):
		}
	}
}

// answerError is an answer that says that nothing was noted.
type answerError struct {
	status  int
	unknown bool // the service has no such check
}

// Error returns the status.
func (e answerError) Error() string { return fmt.Sprintf("HTTP status %d", e.status) }

// again reports whether the same request may get another answer soon.
func (e answerError) again() bool {
	return e.status >= 500 || e.status == http.StatusTooManyRequests || e.status == http.StatusRequestTimeout
}

// send sends one ping.
func (p *pinger) send(path string) error {
	r, err := http.NewRequestWithContext(p.going, http.MethodGet, p.url.JoinPath(path).String(), nil)
	if err != nil {
		return err
	}
	r.Header.Set("User-Agent", p.agent)
	resp, err := p.client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	start := make([]byte, 64)
	n, _ := io.ReadFull(resp.Body, start)
	// healthchecks.io answers "OK (not found)" for a check that it does not have.
	unknown := strings.Contains(string(start[:n]), "(not found)") || resp.StatusCode == http.StatusNotFound
	if resp.StatusCode/100 != 2 || unknown {
		return answerError{resp.StatusCode, unknown}
	}
	return nil
}

// pingCause says why a ping failed, for {reason}, without the URL and without that of a
// proxy, which the errors of net/http repeat.
func pingCause(err error) string {
	var answer answerError
	var dns *net.DNSError
	var op *net.OpError
	var certificate *tls.CertificateVerificationError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &answer) && answer.unknown:
		return "cause-no-check"
	case errors.As(err, &answer):
		return answer.Error()
	case errors.As(err, &certificate):
		return "cause-certificate"
	case errors.Is(err, errProxy), network.ProxyFailed(err):
		return "cause-proxy"
	case errors.Is(err, context.Canceled), errors.As(err, &timeout) && timeout.Timeout():
		return "cause-no-answer"
	case errors.As(err, &dns):
		return "cause-no-host"
	case errors.As(err, &op):
		return "cause-no-connection"
	}
	return "cause-no-answer"
}
