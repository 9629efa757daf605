package cloud

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/responses"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// The defaults of Config.
const (
	DefaultTimeout     = 15 * time.Second
	DefaultConcurrency = 8
)

// Config says how the API is reached.
type Config struct {
	Endpoint    string        // override, such as http://127.0.0.1:8080; serves every region and API; empty means none
	Timeout     time.Duration // of one attempt in total, connecting and credentials included; 0 means DefaultTimeout
	Concurrency int           // expected calls in flight per region; sizes the idle connections and bounds nothing; 0 means DefaultConcurrency
	Credentials Credentials   // see FindCredentials and StaticCredentials; required
	UserAgent   string        // added to the SDK's own, such as loabatch/1.0; printable ASCII without spaces
}

// Cloud is the API of one account. It implements batch.Submitter, batch.Finder and batch.Surveyor, and is
// safe for concurrent use. Its errors are *batch.CallError, or the context's own if nothing was sent
// because of it.
type Cloud struct {
	endpoint    Endpoint
	timeout     time.Duration
	credentials Credentials
	userAgent   string
	transport   *http.Transport

	mu   sync.Mutex // guards idle, and builds workers one after another
	idle []*worker
}

var (
	_ batch.Submitter = (*Cloud)(nil)
	_ batch.Finder    = (*Cloud)(nil)
	_ batch.Surveyor  = (*Cloud)(nil)
)

// New prepares the calls but makes none. Its errors are *EndpointError for an override that cannot be used,
// *CredentialsError for missing credentials, and *DebugLeakError if the environment would make the SDK
// print secrets.
func New(c Config) (*Cloud, error) {
	if err := DebugLeak(); err != nil {
		return nil, err
	}
	e, err := ParseEndpoint(c.Endpoint)
	if err != nil {
		return nil, err
	}
	if c.Credentials.source == nil {
		return nil, &CredentialsError{}
	}
	if c.Timeout <= 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Concurrency <= 0 {
		c.Concurrency = DefaultConcurrency
	}
	return &Cloud{
		endpoint:    e,
		timeout:     c.Timeout,
		credentials: c.Credentials,
		userAgent:   c.UserAgent,
		// Many regions share the host vpc.aliyuncs.com, or the override.
		transport: newTransport(e, c.Timeout, c.Concurrency*len(knownRegions)),
	}, nil
}

// Close drops the idle connections. Calls in flight go on.
func (c *Cloud) Close() { c.transport.CloseIdleConnections() }

// apiCall is one API call to make.
type apiCall struct {
	host     string // without an override
	region   string
	private  []string // values of the request that must not appear in an error
	request  requests.AcsRequest
	response responses.AcsResponse
}

// vpcCall is a call of the VPC API of a region.
func vpcCall(region string, request requests.AcsRequest, response responses.AcsResponse) *apiCall {
	return &apiCall{host: vpcHost(region), region: region, request: request, response: response}
}

// call makes one call and classifies its result. The exchange is returned even with an error, for its
// headers; it is nil if no call was made.
func (c *Cloud) call(ctx context.Context, api *apiCall) (*exchange, answer, error) {
	if !sheet.ValidRegionID(api.region) {
		return nil, answer{}, &batch.CallError{Class: batch.RegionFatal, Code: codeBadRegion}
	}
	within, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	keys, err := c.credentials.keys(within)
	if err != nil {
		if ctx.Err() != nil {
			return nil, answer{}, ctx.Err()
		}
		return nil, answer{}, &batch.CallError{Class: batch.NotSent, Code: codeCredentials}
	}
	w, err := c.worker()
	if err != nil {
		return nil, answer{}, &batch.CallError{Class: batch.NotSent, Code: codeClient}
	}
	defer c.release(w)
	x := &exchange{ctx: within, private: keys.appendTo(api.private)}
	c.address(api)
	sdkErr := w.do(x, keys, api)
	a, err := classify(ctx, x, sdkErr != nil)
	c.judgeKeys(ctx, keys, err)
	return x, a, err
}

// noTimeout keeps the SDK from a deadline of its own: zero would be its default of 10 s,
// and net/http sets none for a negative value. The transport sets the attempt's.
const noTimeout = -1

// address tells the SDK where to send a request, so it looks up no endpoint itself.
func (c *Cloud) address(api *apiCall) {
	host, scheme := api.host, schemeHTTPS
	if c.endpoint.Host != "" {
		host, scheme = c.endpoint.Host, c.endpoint.scheme()
	}
	api.request.SetDomain(host)
	api.request.SetScheme(scheme)
	api.request.SetReadTimeout(noTimeout)
	api.request.GetQueryParams()["RegionId"] = api.region
}

// worker returns an idle client, building one if there is none.
func (c *Cloud) worker() (*worker, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.idle); n > 0 {
		w := c.idle[n-1]
		c.idle = c.idle[:n-1]
		return w, nil
	}
	return newWorker(c.transport, c.userAgent)
}

// release takes a client back. One that panicked is not used again.
func (c *Cloud) release(w *worker) {
	if w.spoilt {
		return
	}
	c.mu.Lock()
	c.idle = append(c.idle, w)
	c.mu.Unlock()
}
