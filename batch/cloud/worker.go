package cloud

import (
	"errors"
	"net/http"
	"sync"

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
