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

// noProxy is passed to the SDK in place of HTTP_PROXY, HTTPS_PROXY and NO_PROXY. It would read them for every
// call, fail on values that it cannot parse, quoting them, and then not use them, since it does not see
// the http.Transport.
const noProxy = "http://proxy.invalid"

var (
	errPanicked  = errors.New("cloud: the SDK panicked")
	errIdle      = errors.New("cloud: request outside a call")
	errResend    = errors.New("cloud: second request for one call")
	errBroken    = errors.New("cloud: no complete answer")
	errOversized = errors.New("cloud: the answer is too long")
)

// worker is one client of the SDK with the transport through which it sends. One goroutine uses it at a
// time.
type worker struct {
	client    *sdk.Client
	transport *recordingTransport
	keys      *keyHolder
	spoilt    bool // the SDK panicked in it
}

// newWorker builds a client. The SDK fills global maps meanwhile, so the caller must not build two at once.
func newWorker(transport http.RoundTripper, userAgent string) (*worker, error) {
	w := &worker{transport: &recordingTransport{transport: transport}, keys: new(keyHolder)}
	config := sdk.NewConfig().WithScheme(schemeHTTPS).WithAutoRetry(false).WithUserAgent(userAgent)
	config.MaxRetryTime = 0
	config.Transport = w.transport
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

// do makes one call. Its result is in the exchange; the error only says that the SDK
// rejected the answer, and must not be shown.
func (w *worker) do(x *exchange, keys keys, api *apiCall) (err error) {
	w.keys.set(keys)
	w.transport.current = x
	defer func() {
		w.transport.current = nil
		w.keys.set(noKeys)
		if recover() != nil {
			w.spoilt, x.panicked, err = true, true, errPanicked
		}
	}()
	return w.client.DoAction(api.request, api.response)
}

// keyHolder is the provider with which a client signs: it returns the keys of the call in progress and never
// looks for any.
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

// recordingTransport is the RoundTripper of one worker. The SDK gets it as its transport,
// so it cannot reach the http.Transport behind it, which all workers share. It puts each
// request under the context of the call, since the SDK uses no contexts (see noTimeout),
// reads the answer within bounds, and records everything in the current exchange.
type recordingTransport struct {
	transport http.RoundTripper
	current   *exchange // of the call in progress; nil between calls
}

// RoundTrip sends one request. A second one for the same call, whether a redirect or a
// retry, is refused: it would bypass the quota, or go to another host.
func (t *recordingTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	x := t.current
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
	x.host = req.URL.Host
	x.began = time.Now()
	resp, err := t.transport.RoundTrip(req.WithContext(ctx))
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

// maxBody is how much of an answer is read. The largest genuine one, a page of 50
// circuits, has some 60 KB.
const maxBody = 1 << 20

// exchange is what was seen on the wire during one call. The transport writes it and classify reads it,
// bypassing the SDK in between.
type exchange struct {
	ctx      context.Context // the caller's, with the deadline of the attempt
	private  []string        // values of the request that must not appear in an error
	sent     int             // requests sent; more than one is refused
	host     string          // of the request
	gotConn  atomic.Bool     // a connection was obtained: from then on the request may have been received
	began    time.Time       // when the request was handed to the transport
	ended    time.Time       // when the answer was complete, or the call had failed
	status   int             // 0 if no status line came
	header   http.Header     // nil if no header came
	body     []byte          // at most maxBody+1 bytes
	whole    bool            // the body was read to its end and is within maxBody
	err      error           // why there is no complete answer; its text is never shown
	panicked bool            // the SDK panicked
}

// read reads the whole answer, up to maxBody.
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

// replay gives the SDK the recorded answer without its headers, which it does not need
// but would format for a log that is off. Above all it has no Location: net/http would
// follow it, turning a 302 into a GET that looks like success and posting the signed URL
// of a 307 to another host.
func replay(req *http.Request, x *exchange) *http.Response {
	return &http.Response{
		Status: http.StatusText(x.status), StatusCode: x.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(bytes.NewReader(x.body)), ContentLength: int64(len(x.body)),
		Request: req,
	}
}

// answered reports whether the answer is complete.
func (x *exchange) answered() bool { return x.status != 0 && x.whole }

// headerID returns the request ID that the gateway wrote into the headers, for answers
// without one in the body; support asks for it.
func (x *exchange) headerID() string {
	return requestID(x.header.Get("X-Acs-Request-Id"), x.private)
}

// clock reports how far the server's clock is ahead of ours, from the Date header, which has whole seconds.
// It reports false if there was none.
func (x *exchange) clock() (time.Duration, bool) {
	at, err := http.ParseTime(x.header.Get("Date"))
	if err != nil {
		return 0, false
	}
	here := x.began.Add(x.ended.Sub(x.began) / 2)
	return at.Add(500 * time.Millisecond).Sub(here).Round(time.Second), true
}

// DebugLeakError says that the environment would make a library print secrets.
type DebugLeakError struct {
	Variable string // DEBUG
	Value    string // the offending word: sdk, credential, tea or dara
}

// Error names the variable and the word.
func (e *DebugLeakError) Error() string { return e.Variable + "=" + e.Value + " would print secrets" }

// debugWords are the words of DEBUG that make a library print URLs, headers and bodies,
// with keys, tokens and personal data, to standard output: the SDK's, the credentials
// library's, and those of the libraries underneath it. Each reads DEBUG while it is
// initialised, before main, so unsetting it later changes nothing: the program must
// refuse to go on, or start again without it.
var debugWords = []string{"sdk", "credential", "tea", "dara"}

// debugAtStart is the value that the libraries saw.
var debugAtStart = os.Getenv("DEBUG")

// DebugLeak returns a *DebugLeakError if the environment in which the program was started makes a library
// print secrets. New then fails.
func DebugLeak() error { return debugLeak(debugAtStart) }

func debugLeak(debug string) error {
	for word := range strings.SplitSeq(debug, ",") {
		for _, bad := range debugWords {
			if strings.TrimSpace(word) == bad {
				return &DebugLeakError{Variable: "DEBUG", Value: bad}
			}
		}
	}
	return nil
}
