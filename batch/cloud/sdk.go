package cloud

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
)

// noProxy is what the SDK is told instead of HTTP_PROXY, HTTPS_PROXY and NO_PROXY. It
// would read them for every call, fail on values that it cannot parse, quoting them, and
// then not use them, since the carrier hides the transport.
const noProxy = "http://proxy.invalid"

var errPanicked = errors.New("cloud: the SDK panicked")

// worker is one client of the SDK with the carrier it sends through. One goroutine uses
// it at a time.
type worker struct {
	client  *sdk.Client
	carrier *carrier
	keys    *keyHolder
	spoilt  bool // the SDK panicked in it
}

// newWorker builds a client. The SDK fills global maps while it does, so that the
// caller must let one be built after another.
func newWorker(transport http.RoundTripper, userAgent string) (*worker, error) {
	w := &worker{carrier: &carrier{transport: transport}, keys: new(keyHolder)}
	config := sdk.NewConfig().WithScheme(schemeHTTPS).WithAutoRetry(false).WithUserAgent(userAgent)
	config.MaxRetryTime = 0
	config.Transport = w.carrier
	client, err := sdk.NewClientWithOptions(identityRegion, config, w.keys)
	if err != nil {
		return nil, err
	}
	client.SetHttpProxy(noProxy)
	client.SetHttpsProxy(noProxy)
	client.SetNoProxy("-")
	client.SetCloseTrace(true)
	w.client = client
	return w, nil
}

// do makes one call. What came of it stands in the exchange; the error only says that
// the SDK was not content, and is not to be shown.
func (w *worker) do(x *exchange, keys keys, q *question) (err error) {
	w.keys.set(keys)
	w.carrier.current = x
	defer func() {
		w.carrier.current = nil
		w.keys.set(noKeys)
		if recover() != nil {
			w.spoilt, x.panicked, err = true, true, errPanicked
		}
	}()
	return w.client.DoAction(q.request, q.response)
}

// keyHolder is the provider that a client signs with: it gives the keys of the call in
// progress and never looks for any.
type keyHolder struct {
	mu   sync.Mutex
	keys keys
}

func (h *keyHolder) set(k keys) {
	h.mu.Lock()
	h.keys = k
	h.mu.Unlock()
}

// GetCredentials implements the SDK's CredentialsProvider.
func (h *keyHolder) GetCredentials() (*credentials.Credentials, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return &credentials.Credentials{
		AccessKeyId:     h.keys.id,
		AccessKeySecret: h.keys.secret,
		SecurityToken:   h.keys.token,
		ProviderName:    h.GetProviderName(),
	}, nil
}

// GetProviderName implements the SDK's CredentialsProvider; it is sent as a header.
func (h *keyHolder) GetProviderName() string { return "loabatch" }

var (
	errIdle      = errors.New("cloud: a request outside of a call")
	errResend    = errors.New("cloud: a second request for one call")
	errBroken    = errors.New("cloud: no whole answer")
	errOversized = errors.New("cloud: the answer is too long")
)

// carrier is the RoundTripper of one worker. The SDK gets it as its transport, so that
// it cannot reach into the http.Transport behind it, which all workers share. It puts
// each request under the context of the call, the SDK having none of its own (see
// noTimeout), reads the answer within bounds, and records everything in the current
// exchange.
type carrier struct {
	transport http.RoundTripper
	current   *exchange // of the call in progress; nil between calls
}

// RoundTrip carries one request. A second one for the same call, be it a redirect or a
// retry, is refused: it would go past the quota, or to another host.
func (c *carrier) RoundTrip(req *http.Request) (*http.Response, error) {
	x := c.current
	if x == nil {
		return nil, errIdle
	}
	x.sent++
	if x.sent > 1 {
		return nil, errResend
	}
	ctx := httptrace.WithClientTrace(x.ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { x.gotConn.Store(true) },
	})
	x.began = time.Now()
	resp, err := c.transport.RoundTrip(req.WithContext(ctx))
	if err == nil {
		err = x.read(resp)
	}
	x.ended = time.Now()
	if err != nil {
		x.err = err
		return nil, errBroken
	}
	return replay(req, x), nil
}

// read takes in the whole answer, up to maxBody.
func (x *exchange) read(resp *http.Response) error {
	defer resp.Body.Close()
	x.status, x.header = resp.StatusCode, resp.Header
	var err error
	x.body, err = io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return err
	}
	if len(x.body) > maxBody {
		return errOversized
	}
	x.whole = true
	return nil
}

// replay gives the SDK the recorded answer without its headers, which it has no use
// for but would write out for a log that is off. Above all it has no Location:
// net/http would follow it, turning a 302 into a GET that looks like success and
// posting the signed URL of a 307 to another host.
func replay(req *http.Request, x *exchange) *http.Response {
	return &http.Response{
		Status: http.StatusText(x.status), StatusCode: x.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(bytes.NewReader(x.body)), ContentLength: int64(len(x.body)),
		Request: req,
	}
}

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

// HazardError says that the environment would make a library print secrets.
type HazardError struct {
	Variable string // DEBUG
	Value    string // the offending word: sdk, credential, tea or dara
}

// Error gives the variable and the word.
func (e *HazardError) Error() string { return e.Variable + "=" + e.Value + " would print secrets" }

// debugWords are the words of DEBUG that make a library print URLs, headers and bodies,
// with keys, tokens and personal data, to standard output: the SDK's, the credentials
// library's, and those of the libraries underneath it. Each reads DEBUG while it is
// initialised, before main, so that unsetting it later changes nothing: the
// program must refuse to go on, or start again without it.
var debugWords = []string{"sdk", "credential", "tea", "dara"}

// debugAtStart is what the libraries saw.
var debugAtStart = os.Getenv("DEBUG")

// Hazard reports, as a *HazardError, whether the environment that the program was started
// in makes a library print secrets. New refuses to run then.
func Hazard() error { return hazard(debugAtStart) }

func hazard(debug string) error {
	for word := range strings.SplitSeq(debug, ",") {
		for _, bad := range debugWords {
			if strings.TrimSpace(word) == bad {
				return &HazardError{Variable: "DEBUG", Value: bad}
			}
		}
	}
	return nil
}
